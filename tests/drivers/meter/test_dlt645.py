"""Frames of DL/T 645-2007: published ones, spoiled ones, and that nothing here can switch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.meter import dlt645
from drivers.meter.dlt645 import ITEMS, NUMBER, Frame, Read, answer_to, frames, request, value

ONE = "68 01 00 00 00 00 00 68 "


def one(text: str) -> Frame:
    [frame] = frames(bytes.fromhex(text))
    return frame


def test_ask_the_address() -> None:
    """Published."""
    asked = bytes.fromhex("FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16")
    assert dlt645.ask_address() == asked


@pytest.mark.parametrize(
    ("frame", "address"),
    [
        ("68 01 00 00 00 00 00 68 93 06 34 33 33 33 33 33 9D 16", "000000000001"),
        ("68 08 02 02 41 22 00 68 93 06 3B 35 35 74 55 33 79 16", "002241020208"),
    ],
)
def test_addresses(frame: str, address: str) -> None:
    """Published: the meter answers with its number, in the frame and in its data."""
    told = one(frame)
    assert (told.address, told.control, told.data[::-1].hex()) == (address, 0x93, address)


@pytest.mark.parametrize(
    ("asked", "address", "item"),
    [
        ("FE FE FE FE 68 08 02 02 41 22 00 68 11 04 35 37 33 37 2A 16", "002241020208", NUMBER),
        ("FE FE FE FE 68 25 04 03 02 01 00 68 11 04 33 33 34 33 E1 16", "000102030425", 0x00010000),
        ("FE FE FE FE 68 01 00 00 00 00 00 68 11 04 33 33 34 33 B3 16", "000000000001", 0x00010000),
        ("FE FE FE FE 68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16", "000000000161", 0x00010000),
        ("FE FE FE FE 68 61 01 00 00 00 00 68 11 04 33 34 34 35 17 16", "000000000161", 0x02010100),
        ("FE FE FE FE 68 03 20 12 22 20 65 68 11 04 33 33 33 33 8D 16", "652022122003", 0x00000000),
        ("FE FE FE FE 68 18 20 12 22 20 65 68 11 04 33 32 34 35 A4 16", "652022122018", 0x0201FF00),
    ],
)
def test_questions(asked: str, address: str, item: int) -> None:
    """Published (the wake bytes before some of them are ours)."""
    assert dlt645.ask_item(address, item) == bytes.fromhex(asked)


@pytest.mark.parametrize(
    ("frame", "item", "number"),
    [
        ("68 25 04 03 02 01 00 68 91 08 33 33 34 33 75 39 45 33 8B 16", 0x00010000, 1206.42),
        (ONE + "91 08 33 33 34 33 59 B3 55 44 DC 16", 0x00010000, 112280.26),
        ("68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16", 0x00010000, 0.26),
        ("68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16", 0x02010100, 100.1),
        ("68 03 20 12 22 20 65 68 91 08 33 33 33 33 33 33 33 33 DD 16", 0x00000000, 0.0),
        # computed from the rule, no capture seen
        (ONE + "91 06 33 34 34 35 34 55 C1 16", 0x02010100, 220.1),
        (ONE + "91 07 33 34 35 35 67 45 33 19 16", 0x02020100, 1.234),
        (ONE + "91 07 33 34 35 35 67 45 B3 99 16", 0x02020100, -1.234),
        (ONE + "91 07 33 33 36 35 48 5A 33 0F 16", 0x02030000, 271.5),
    ],
)
def test_answers(frame: str, item: int, number: float) -> None:
    told = one(frame)
    assert value(item, told.data) == number
    assert answer_to(told.address, item, told) == number
    assert answer_to("999999999999", item, told) is None
    assert answer_to(told.address, 0x02800002, told) is None


def test_a_block_of_three_phases_is_a_whole_frame() -> None:
    """Published: A 0.0, B 0.0, C 239.4 V; the answer begins with wake bytes, too."""
    told = one("FE FE FE FE 68 18 20 12 22 20 65 68 91 0A 33 32 34 35 33 33 33 33 C7 56 13 16")
    assert told.data == bytes.fromhex("00FF0102 0000 0000 9423")


def test_error_and_old_protocol_are_named() -> None:
    assert answer_to("000000000001", 0x00010000, one(ONE + "D1 01 35 D8 16")) == "refuses, error 02"
    old = one("68 03 00 00 00 00 00 68 81 04 44 E9 33 34 EC 16")
    assert "1997" in str(answer_to("000000000003", 0x00010000, old))


def test_no_number_is_no_zero() -> None:
    """A meter fills what it does not have with FF."""
    empty = Frame("000000000001", 0x91, bytes.fromhex("00000100 FFFFFFFF"))
    assert answer_to("000000000001", 0x00010000, empty) == "has no such number"


@pytest.mark.parametrize(
    "spoiled",
    [
        ONE + "91 06 33 34 34 35 34 55 C2 16",  # sum
        ONE + "91 06 33 34 34 35 34 55 C1 17",  # end
        ONE + "91 09 33 34 34 35 34 55 C1 16",  # longer than its bytes
        ONE + "91 06 33 34 34 35 34 55 C1",
        ONE + "91 FF 33 34",
    ],
)
def test_spoiled_frames_are_none(spoiled: str) -> None:
    assert frames(bytes.fromhex(spoiled)) == []


def test_frames_back_to_back_and_behind_false_beginnings() -> None:
    """68 inside the data, an echo of our own question, and two frames in one read."""
    good = bytes.fromhex(ONE + "91 06 33 34 34 35 34 55 C1 16")
    asked = dlt645.ask_item("000000000001", 0x02010100)
    found = frames(b"\x68\x68" + asked + good + b"\x16\x68" + good)
    assert [frame.control for frame in found] == [0x11, 0x91, 0x91]
    assert answer_to("000000000001", 0x02010100, found[0]) is None


@settings(deadline=None)
@given(st.integers(0, 0xFF), st.binary(max_size=20))
def test_nothing_but_reading_can_be_built(control: int, data: bytes) -> None:
    """Control codes that write, set or switch raise; the wire sees 11, 12 and 13 alone."""
    if control in (0x11, 0x12, 0x13):
        assert request("000000000001", Read(control), data)[12] == control
    else:
        with pytest.raises(ValueError):
            request("000000000001", control, data)  # type: ignore[arg-type]
    assert {int(one) for one in Read} == {0x11, 0x12, 0x13}


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    """Nothing raises, and what is found has a right sum."""
    for frame in frames(data):
        for item in ITEMS:
            answer_to(dlt645.WILDCARD, item, frame)


@settings(deadline=None)
@given(st.sampled_from(sorted(ITEMS)), st.data(), st.binary(max_size=30))
def test_every_number_comes_back(item: int, data: st.DataObject, junk: bytes) -> None:
    form = ITEMS[item]
    limit = 10 ** (2 * form.size) // (10 if form.signed else 1) * (8 if form.signed else 1)
    counted = data.draw(st.integers(0, limit - 1))
    written = bytes.fromhex(str(counted).zfill(2 * form.size))[::-1]
    body = bytes((b + 0x33) & 0xFF for b in item.to_bytes(4, "little") + written)
    frame = bytes.fromhex(ONE) + bytes([0x91, len(body)]) + body
    whole = frame + bytes([sum(frame) & 0xFF, 0x16])
    told = frames(whole)[0]
    assert value(item, told.data) == pytest.approx(counted / 10**form.decimals * form.scale)
    assert told in frames(junk.replace(b"\x68", b"") + whole)
