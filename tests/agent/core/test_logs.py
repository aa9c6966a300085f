"""The log under attack: floods, forged lines, terminal codes, passwords."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from agent.core.dead_letters import cause, described
from agent.core.logs import BURST, EVERY_S, Flood, Lines


class Journal:
    """A logger with our filter and format, a clock that is set by hand, and what was written."""

    def __init__(self) -> None:
        self.now = 0.0
        self.written = io.StringIO()
        handler = logging.StreamHandler(self.written)
        handler.setFormatter(Lines("%(levelname)s %(name)s %(message)s"))
        handler.addFilter(Flood(lambda: self.now))
        self.log = logging.Logger("x")
        self.log.addHandler(handler)

    @property
    def lines(self) -> list[str]:
        return self.written.getvalue().splitlines()


@pytest.fixture
def journal() -> Iterator[Journal]:
    yield Journal()


def test_a_flood_is_counted_and_its_neighbours_are_written(journal: Journal) -> None:
    """One kind, whatever fills its holes, is written BURST times; others as ever."""
    for number in range(10_000):
        journal.log.warning("page refused from=%d", number)
    journal.log.error("the store is full")
    assert len(journal.lines) == BURST + 1
    assert "counted, not written" in journal.lines[BURST - 1]
    assert journal.lines[-1] == "ERROR x the store is full"
    journal.now += EVERY_S
    journal.log.warning("page refused from=%d", 1)
    assert journal.lines[-1].endswith(f"[{10_000 - BURST} more of this kind were held back]")
    journal.log.warning("page refused from=%d", 2)
    assert journal.lines[-1] == "WARNING x page refused from=2"


def test_kinds_without_end_cost_no_memory(journal: Journal) -> None:
    """A text that differs each time is a kind each time: none is kept for ever."""
    (flood,) = journal.log.handlers[0].filters
    assert isinstance(flood, Flood)
    for number in range(5_000):
        journal.log.info(f"kind {number}")
    assert len(flood._kinds) <= 512


def test_a_line_cannot_be_forged_or_obeyed_by_a_terminal(journal: Journal) -> None:
    """New lines, escape sequences and direction marks of what is logged are written out."""
    journal.log.info("reason=%s", "a\n<0>EMERG linli fire\x1b[2J\u202eb")
    assert journal.lines == ["INFO x reason=a\\n<0>EMERG linli fire\\x1b[2J\\u202eb"]
    journal.log.info("reason=%s", "x" * 1_000_000)
    assert len(journal.lines[-1]) < 2_100


def test_no_password_is_written_in_messages_or_tracebacks(journal: Journal) -> None:
    """Whoever logs an address, and whatever exception has one in its text."""
    journal.log.info("camera=%s", "rtsp://admin:hun@t/er2@10.0.0.9/1?pwd=hunter2")
    try:
        raise OSError("cannot open http://root:hunter2@10.0.0.9/snap?user=a&password=hunter2")
    except OSError:
        journal.log.exception("capture failed")
    assert "hunter2" not in journal.written.getvalue()
    assert "er2" not in journal.written.getvalue()
    assert "10.0.0.9" in journal.lines[0]


@pytest.mark.parametrize(
    "secret",
    [
        "rtsp://admin:hunter2@10.0.0.9/1",
        "http://h/x?token=hunter2",
        "Authorization: Bearer hunter2",
    ],
)
def test_a_secret_in_an_exception_is_in_no_letter_and_no_record(secret: str) -> None:
    """What was set aside says what it was, without it: it lies in a file and goes upstream."""
    for text in (cause(OSError(f"cannot open {secret}")), described({"url": secret})):
        assert "hunter2" not in text and "hidden" in text
