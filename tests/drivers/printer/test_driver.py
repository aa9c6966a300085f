"""The driver of slip printers, on a pseudo-terminal and on a node that is only written to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.orders import Print
from agent.contract.signals import Printed
from drivers.printer import driver as module
from drivers.printer.driver import SlipPrinter, SlipPrinterSettings
from hw_mocks.devices.printer import MockPrinter, Paper58
from tests.drivers.running import Running, site
from tests.waiting import wait_for

ASKED = 8
"""Questions of one look."""
SLIP = Print("order-1", "您叫的车", "沪A·D1234", ("大约10:25到",), "车牌沪A·D1234")


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that is at once done."""
    monkeypatch.setattr(module, "PRINTS_S", 0.1)
    monkeypatch.setattr(module, "STEP_S", 0.05)
    monkeypatch.setattr(module, "LOOK_S", 0.1)


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[MockPrinter]:
    printer = MockPrinter(tmp_path / "printer")
    yield printer
    printer.close()


def driver(printer: MockPrinter, **settings: object) -> SlipPrinter:
    made = SlipPrinterSettings(port=str(printer.line.link), **settings)  # type: ignore[arg-type]
    return SlipPrinter("printer", made, site())


def ready(printer: MockPrinter) -> None:
    """The driver has asked all that it asks."""
    before = printer.asked
    wait_for(lambda: printer.asked >= before + ASKED)


def test_a_slip_is_printed_once_and_told(printer: MockPrinter) -> None:
    """What lies before the printer is told, and not before it does."""
    made = driver(printer)
    with Running(made) as running:
        ready(printer)
        made.command(SLIP)
        wait_for(lambda: running.signals == [Printed(source="printer", job="order-1")])
    [slip] = printer.slips
    assert "沪A·D1234" in slip and "[车牌沪A·D1234]" in slip


@pytest.mark.parametrize(
    ("change", "says"),
    [({"paper": "out"}, "out of paper"), ({"cover": "open"}, "cover open")],
)
@pytest.mark.parametrize("late", [False, True])
def test_trouble_is_told_with_its_remedy(
    printer: MockPrinter, change: dict[str, str], says: str, late: bool
) -> None:
    """Before anybody needs it; also of a printer that answers the question before."""
    printer.late = late
    made = driver(printer)
    with Running(made) as running:
        ready(printer)
        printer.set(change)
        assert says in running.why()


@pytest.mark.parametrize("late", [False, True])
def test_a_printer_that_is_well_is_believed(printer: MockPrinter, late: bool) -> None:
    """Also one with a nearly empty roll, and one whose answers are late by one question."""
    printer.late = late
    printer.set({"paper": "low"})
    made = driver(printer)
    with Running(made) as running:
        ready(printer)
        made.command(SLIP)
        wait_for(running.has_emitted)
        assert not running.gave_up


def test_paper_that_ends_within_a_slip(printer: MockPrinter) -> None:
    """No claim that it lies ready; nothing is printed a second time when paper is back."""
    printer.ends_after = 1
    made = driver(printer)
    with Running(made) as running:
        ready(printer)
        made.command(SLIP)
        assert "out of paper" in running.why()
        assert not running.signals
    printer.set({"paper": "enough"})
    with Running(made) as running:
        ready(printer)
        made.command(Print("second"))
        wait_for(running.has_emitted)
    assert sum("沪A·D1234" in slip for slip in printer.slips) == 1


def test_what_comes_while_it_is_down_is_dropped(
    printer: MockPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for it any more; and what stood on it is in no log."""
    printer.set({"cover": "open"})
    made = driver(printer)
    with Running(made) as running:
        made.command(SLIP)
        assert "cover open" in running.why()
    printer.set({"cover": "shut"})
    with Running(made):
        ready(printer)
        for n in range(20):  # nor more than a few at a time
            made.command(Print(f"job {n}", large="沪A·D9999"))
    assert "沪A·D1234" not in "".join(printer.slips)
    assert "order-lost" in caplog.text and "沪A" not in caplog.text


def test_a_printer_that_says_nothing(printer: MockPrinter) -> None:
    """No answer is not "paper fine"; with answers = false it is only written to."""
    printer.answers = False
    with Running(driver(printer)) as running:
        assert "does not answer" in running.why(10)
    made = driver(printer, answers=False)
    with Running(made) as running:
        made.command(SLIP)
        wait_for(lambda: printer.slips)
    assert not running.signals, "nobody knows whether it was printed"


def test_unplugged(printer: MockPrinter) -> None:
    made = driver(printer)
    with Running(made) as running:
        ready(printer)
        printer.connect(False)
        assert "was lost" in running.why()


def test_a_usb_node_that_is_only_written_to(tmp_path: Path) -> None:
    """/dev/usb/lp0 is no serial port: the same bytes, without one."""
    node = tmp_path / "lp0"
    os.mkfifo(node)
    held = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    made = SlipPrinter("printer", SlipPrinterSettings(port=str(node), answers=False), site())
    paper = Paper58()

    def printed() -> list[str]:
        with contextlib.suppress(BlockingIOError):
            paper.feed(os.read(held, 4096))
        return paper.slips

    with Running(made):
        made.command(SLIP)
        wait_for(printed)
    os.close(held)
    assert "沪A·D1234" in paper.slips[0]


def test_an_order_that_comes_before_its_first_look_waits(printer: MockPrinter) -> None:
    """`linli accept` asks for a slip as soon as the driver is started."""
    made = driver(printer)
    made.command(SLIP)
    with Running(made) as running:
        wait_for(running.has_emitted)
    assert len(printer.slips) == 1
