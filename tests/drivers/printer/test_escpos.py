"""Bytes of ESC/POS: published vectors, text from anywhere, and what a printer says of itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.contract.orders import Print
from drivers.printer.escpos import (
    ORDER,
    asking,
    code_of,
    encoded,
    is_status,
    nearly_out,
    picture_of,
    slip,
    trouble,
    wrapped,
)
from hw_mocks.devices.printer import Paper58


def test_published_vectors() -> None:
    """frames of python-escpos and of GB18030."""
    assert code_of("BXJ1:AB23") == bytes.fromhex(
        "1D286B040031413200 1D286B0300314306 1D286B0300314531"
        "1D286B0C00315030 42584A313A41423233 1D286B0300315130"
    )
    assert encoded("您好，门禁") == bytes.fromhex("C4FABAC3A3ACC3C5BDFB")
    assert encoded("囍龘") == bytes.fromhex("87D6FD93")
    assert encoded("㐀") == encoded("□"), "four bytes, which cheap printers lack"
    assert asking(4) == bytes.fromhex("100404")


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        (1, 0x12, ""), (1, 0x1A, "offline"), (2, 0x12, ""), (2, 0x16, "cover"),
        (2, 0x32, "paper"), (3, 0x12, ""), (3, 0x1A, "cutter"), (3, 0x32, "switch it off"),
        (3, 0x52, "by itself"), (4, 0x12, ""), (4, 0x1E, ""), (4, 0x72, "out of paper"),
        (4, 0x7E, "out of paper"),
    ],
)  # fmt: skip
def test_what_a_status_says(question: int, status: int, says: str) -> None:
    """The bits of Epson's manual; a roll that is nearly at its end is no trouble yet."""
    assert is_status(status)
    found = trouble(question, status)  # type: ignore[arg-type]
    assert says in found if says else not found
    assert nearly_out(0x1E) and nearly_out(0x7E) and not nearly_out(0x12)


def test_other_bytes_are_no_status() -> None:
    """An echo of the question, Xon and Xoff, the head of the automatic status."""
    assert not any(map(is_status, b"\x10\x04\x11\x13\x00\xff\x90A"))


REAL_TIME = re.compile(b"\x10[\x04\x05\x14][\x01-\x08]")
"""Is obeyed wherever it stands."""
ORDERS = st.builds(
    Print,
    st.text(max_size=9),
    st.text(max_size=60),
    st.text(max_size=40),
    st.lists(st.text(max_size=80), max_size=6).map(tuple),
    st.text(st.characters(codec="utf-8"), max_size=60),
)


@given(ORDERS, st.integers(16, 64), st.booleans())
@example(Print(code="x\x10\x14\x02y"), 48, True)
@example(Print("", "\x1b@\x1dV\x00", "沪A\x10\x04\x01", ("x\ny", "\u202e㐀")), 32, True)
def test_no_text_is_a_command(order: Print, columns: int, cutter: bool) -> None:
    """Whatever upstream writes, one slip comes out, and no line is wider than the paper."""
    paper = Paper58()
    sent = slip(order, columns, code="command", cutter=cutter)
    assert not REAL_TIME.search(slip(order, columns, code="picture", cutter=cutter))
    paper.feed(sent + b"\x1d\x56\x00" * (not cutter))
    assert paper.unknown == b""
    assert not REAL_TIME.search(sent)
    [printed] = paper.slips
    for line in printed.split("[")[0].replace("«", "").replace("»", "").splitlines():
        assert len(line.encode("gb18030")) <= columns


@given(st.text(max_size=200), st.integers(8, 64))
def test_nothing_is_lost_by_wrapping(text: str, columns: int) -> None:
    assert "".join(wrapped(text, columns)) == text


def test_a_slip_as_a_resident_reads_it() -> None:
    """Plate large, lines in their order, the code at the end."""
    order = Print("o", "您叫的车", "沪A·D1234", ("大约10:25到", "停在大门口"), "车牌沪A·D1234")
    paper = Paper58()
    paper.feed(slip(order, 32, code="command", cutter=True))
    [printed] = paper.slips
    assert re.sub(r"\s+", " ", printed) == (
        "您叫的车 «沪A·D1234 »大约10:25到 停在大门口 [车牌沪A·D1234]"
    )


def test_a_code_as_a_picture() -> None:
    """For printers that would print the command as text: rows of whole bytes, all there."""
    picture = picture_of("BXJ1:AB23")
    across, down = (int.from_bytes(picture[at : at + 2], "little") for at in (4, 6))
    assert len(picture) == 8 + across * down
    assert down == (21 + 8) * 6
    paper = Paper58()
    paper.feed(slip(Print(code="x"), 32, code="picture", cutter=True))
    assert paper.slips == ["[picture]"]


def test_a_code_is_as_large_as_the_paper_allows() -> None:
    """Six dots a module, fewer for a long one, and none that a phone could not read."""
    one = b"\x1d\x28\x6b\x03\x00\x31\x43"
    made = {n: slip(Print(code="x" * n), 32, code="command", cutter=True) for n in (9, 99, 400)}
    assert [data[data.index(one) + 7] for data in list(made.values())[:2]] == [6, 6]
    assert made[400][made[400].index(one) + 7] == 4
    narrow = slip(Print(code="x" * 400), 16, code="command", cutter=True)
    assert one not in narrow
    picture = slip(Print(code="x" * 250), 48, code="picture", cutter=True)
    at = picture.index(b"\x1d\x76\x30") + 4
    assert int.from_bytes(picture[at : at + 2], "little") * 8 <= 48 * 12


def test_begin_and_end() -> None:
    """As it was switched on, Chinese on; six lines and a cut, or six lines to be torn off."""
    made = slip(Print("x"), 32, code="none", cutter=True)
    assert made.startswith(bytes.fromhex("1B40 1C26"))
    assert made.endswith(bytes.fromhex("1B64061D5600"))
    assert slip(Print("x"), 32, code="none", cutter=False).endswith(bytes.fromhex("1B6406"))


def test_every_question_has_its_words() -> None:
    assert sorted(ORDER) == [1, 2, 3, 4]
