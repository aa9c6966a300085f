"""The bytes of fall radars."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.radar.frames import (
    FRAME,
    LONGEST_DATA,
    Frame,
    RadarParser,
    Report,
    report,
)
from hw_mocks.serial_lines import radar_frame

FALL = "53 59 83 01 00 01 01 32 54 43"
CLEAR = "53 59 83 01 00 01 00 31 54 43"
DWELL = "53 59 83 05 00 01 01 36 54 43"

frames = st.builds(
    Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=LONGEST_DATA)
)


def read(*pieces: bytes) -> list[Frame]:
    """All frames of a stream that comes in these pieces."""
    parser = RadarParser()
    return [frame for piece in pieces for frame in parser.feed(piece)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """*data* in pieces."""
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


def sent(frame: Frame) -> bytes:
    """*frame* on the wire."""
    return radar_frame(*frame)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        # Published: queries of firmware and device id, and the reset
        ("53 59 02 A4 00 01 0F 62 54 43", [Frame(2, 0xA4, b"\x0f")]),
        ("53 59 02 A1 00 01 0F 5F 54 43", [Frame(2, 0xA1, b"\x0f")]),
        ("53 59 01 02 00 01 0F BF 54 43", [Frame(1, 2, b"\x0f")]),
        ("53 59 80 01 00 01 00 2E 54 43", [Frame(0x80, 1, b"\x00")]),
        ("53 59 80 81 00 01 0F BD 54 43", [Frame(0x80, 0x81, b"\x0f")]),
        # Computed from the rule
        (FALL, [Frame(0x83, 1, b"\x01")]),
        (CLEAR, [Frame(0x83, 1, b"\x00")]),
        (DWELL, [Frame(0x83, 5, b"\x01")]),
        ("53 59 01 01 00 00 AE 54 43", [Frame(1, 1, b"")]),
        # A wrong sum, a wrong tail, a length that lies, half a frame
        ("53 59 83 01 00 01 01 33 54 43", []),
        ("53 59 83 01 00 01 01 32 54 44", []),
        ("53 59 83 01 00 02 01 33 54 43", []),
        ("53 59 83 01 00 01 01 32 54", []),
        ("", []),
        # Found after all of these: a head alone, a head with an endless length, half a frame
        (f"53 {FALL}", [Frame(0x83, 1, b"\x01")]),
        (f"53 59 80 03 FF FF {FALL}", [Frame(0x83, 1, b"\x01")]),
        (f"53 59 80 03 00 20 {FALL}", [Frame(0x83, 1, b"\x01")]),
        (f"53 59 83 01 00 01 {FALL} {CLEAR}", [Frame(0x83, 1, b"\x01"), Frame(0x83, 1, b"\x00")]),
        # Head and tail as data
        ("53 59 80 04 00 02 53 59 DE 54 43", [Frame(0x80, 4, b"SY")]),
        ("53 59 80 04 00 02 54 43 C9 54 43", [Frame(0x80, 4, b"TC")]),
    ],
)
def test_vectors(stream: str, expected: list[Frame]) -> None:
    """Every known frame and every trap, whole and byte by byte."""
    data = bytes.fromhex(stream)
    assert read(data) == expected
    assert read(*(bytes([byte]) for byte in data)) == expected


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (Frame(0x80, 1, b"\x01"), Report("presence", 1)),
        (Frame(0x80, 2, b"\x02"), Report("motion", 2)),
        (Frame(0x80, 3, b"\x64"), Report("movement", 100)),
        (Frame(0x83, 1, b"\x01"), Report("fall", 1)),
        (Frame(0x83, 5, b"\x00"), Report("dwell", 0)),
        (Frame(0x80, 3, b"\x65"), None),
        (Frame(0x83, 1, b"\x02"), None),
        (Frame(0x83, 1, b""), None),
        (Frame(0x83, 1, b"\x01\x01"), None),
        (Frame(0x83, 2, b"\x01"), None),
        (Frame(0x02, 0xA4, b"\x0f"), None),
    ],
)
def test_reports(frame: Frame, expected: Report | None) -> None:
    """Only values that the maker names mean something."""
    assert report(frame) == expected


@settings(deadline=None)
@given(st.binary(max_size=300), st.lists(frames, max_size=4), st.lists(st.integers(0, 600)))
def test_chunking_does_not_matter(junk: bytes, some: list[Frame], places: list[int]) -> None:
    """Any cutting of any bytes gives the same frames, and less than a frame is kept."""
    data = junk + b"".join(map(sent, some)) + junk
    parser = RadarParser()
    pieces = [frame for piece in cut(data, places) for frame in parser.feed(piece)]
    assert pieces == read(data)
    assert len(parser._rest) < FRAME + LONGEST_DATA


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=80).map(lambda junk: junk.replace(b"T", b"")), min_size=1),
    st.lists(frames.filter(lambda frame: b"T" not in frame.data), min_size=1),
    st.binary(max_size=40),
)
def test_frames_among_junk(junk: list[bytes], some: list[Frame], suffix: bytes) -> None:
    """No head, length or half a frame in junk hides a frame, and nothing takes one back."""
    stream = b"".join(piece + sent(frame) for piece, frame in zip(itertools.cycle(junk), some))
    assert read(stream + suffix)[: len(some)] == some


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"SY", b"TC", b"S", b"C", b"\x00\x01", b"\x83\x01"])))
def test_nothing_is_made_up(pieces: list[bytes]) -> None:
    """Each frame stands in the stream, in order, without overlap."""
    stream = b"".join(pieces)
    at = 0
    for frame in read(stream):
        found = stream.find(sent(frame), at)
        assert found >= at
        at = found + len(sent(frame))
