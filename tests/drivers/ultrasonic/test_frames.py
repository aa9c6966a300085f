"""The bytes of serial ultrasonic sensors."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.ultrasonic.frames import A02_REACH, A02Parser, MaxBotixParser, Parser
from drivers.ultrasonic.reading import Reading
from hw_mocks.serial_lines import encode


def read(parser: Parser, *pieces: bytes) -> list[Reading]:
    """All readings of a stream that comes in these pieces."""
    return [reading for piece in pieces for reading in parser.feed(piece)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """*data* in pieces."""
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


def a02(value: int) -> bytes:
    """The frame of a raw value."""
    return encode("a02", value)


@pytest.mark.parametrize(
    ("stream", "readings"),
    [
        # Published: SEN0311 and SEN0627 manuals
        ("FF 07 A1 A7", [1953]),
        ("FF 01 A1 A1", [417]),
        # Computed from the rule
        ("FF 00 00 FF", ["no_echo"]),
        ("FF FF FD FB", ["no_echo"]),
        ("FF FF FE FC", ["no_echo"]),
        ("FF FF FF FD", ["no_echo"]),
        # Traps: FF as H, L or SUM
        ("FF FF 07 A1 A7", [1953]),
        ("07 A1 A7 FF 07 A1 A7", [1953]),
        ("FF FF 00 FE FF 07 A1 A7", [1953]),
        ("FF 01 FF FF", [511]),
        ("FF FF 01 FF FF FF 01 FF FF", [511, 511]),
        # A wrong sum, a cut frame
        ("FF 07 A1 A8", []),
        ("FF 07 FF 07 A1 A7", [1953]),
        ("FF 07 A1", []),
        ("", []),
    ],
)
def test_a02_vectors(stream: str, readings: list[Reading]) -> None:
    """Every known frame and every resynchronisation trap, whole and byte by byte."""
    data = bytes.fromhex(stream)
    assert read(A02Parser(), data) == readings
    assert read(A02Parser(), *cut(data, list(range(len(data))))) == readings


def test_a02_repeated_reading_is_never_misread() -> None:
    """A steady stream entered at any byte gives its value only, and at most one frame late."""
    for value in range(1, A02_REACH + 1):
        frame = a02(value)
        for phase in range(4):
            readings = A02Parser().feed((frame * 5)[phase:])
            assert set(readings) == {value}, (value, phase)
            assert len(readings) >= 4, (value, phase)


@settings(deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=20))
def test_a02_chunking_does_not_matter(data: bytes, places: list[int]) -> None:
    """Any cutting of any bytes gives the same readings, and at most 3 bytes are kept."""
    parser = A02Parser()
    assert read(parser, *cut(data, places)) == read(A02Parser(), data)
    assert len(parser._rest) <= 3


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=8).map(lambda junk: junk.replace(b"\xff", b"")), min_size=1),
    st.lists(st.integers(1, A02_REACH), min_size=1),
    st.binary(max_size=20),
)
def test_a02_frames_among_junk(junk: list[bytes], values: list[int], suffix: bytes) -> None:
    """Junk without FF hides no frame, and nothing that follows takes one back."""
    stream = b"".join(piece + a02(value) for piece, value in zip(itertools.cycle(junk), values))
    assert A02Parser().feed(stream + suffix)[: len(values)] == values


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(1, A02_REACH))
def test_a02_after_any_garbage(garbage: bytes, value: int) -> None:
    """After any garbage whatever a repeated reading is found, the first one missed at most."""
    readings = A02Parser().feed(garbage + a02(value) * 3)
    assert readings[-2:] == [value, value]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_a02_readings_are_real_frames(data: bytes) -> None:
    """Each reading stands in the stream with a right sum, in order, without overlap."""
    at = 0
    for reading in A02Parser().feed(data):
        assert isinstance(reading, int) or reading == "no_echo"
        raws = (0, 0xFFFD, 0xFFFE, 0xFFFF) if reading == "no_echo" else (reading,)
        found = [place for raw in raws if (place := data.find(a02(raw), at)) >= 0]
        assert found
        at = min(found) + 4


@pytest.mark.parametrize(
    ("digits", "stream", "readings"),
    [
        (4, b"R1234\r", [1234]),
        (3, b"R123\r", [123]),
        (4, b"R5000\rR9999\rR0300\r", [5000, 9999, 300]),
        (4, b"R0000\r", ["probing"]),
        (4, b"R0480 \r", [480]),
        # Stray FF bytes, at every place
        (4, b"\xffR\xff12\xff34\xff\r\xff", [1234]),
        # Entered in the middle, cut off, too long, too short, of the other unit
        (4, b"34\rR1234\r", [1234]),
        (4, b"R12R1234\r", [1234]),
        (4, b"R12345\rR1234\r", [1234]),
        (4, b"R123\r", []),
        (3, b"R1234\r", []),
        (4, b"R12x4\rR\rR1234\n", []),
        # The banner that it sends when power comes on
        (4, b"HRXL-MaxSonar-WR\rPN:MB7360\rR1234\r", [1234]),
    ],
)
def test_maxbotix_vectors(digits: int, stream: bytes, readings: list[Reading]) -> None:
    """Known texts and broken ones, whole and byte by byte."""
    assert read(MaxBotixParser(digits), stream) == readings
    pieces = cut(stream, list(range(len(stream))))
    assert read(MaxBotixParser(digits), *pieces) == readings


@settings(deadline=None)
@given(
    st.binary(max_size=40),
    st.lists(st.integers(1, 9999), min_size=1),
    st.binary(max_size=40),
    st.lists(st.integers(0, 300), max_size=20),
)
def test_maxbotix_whole_frames_are_found(
    prefix: bytes, values: list[int], suffix: bytes, places: list[int]
) -> None:
    """Whatever stands around whole frames, all of them are found, in any cutting."""
    frames = b"".join(b"R%04d\r" % value for value in values)
    before = MaxBotixParser(4).feed(prefix)
    readings = read(MaxBotixParser(4), *cut(prefix + frames + suffix, places))
    assert readings[len(before) : len(before) + len(values)] == values


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_maxbotix_keeps_no_more_than_a_frame(data: bytes) -> None:
    """No bytes make the parser raise, or keep more than the digits of one frame."""
    parser = MaxBotixParser(4)
    parser.feed(data)
    assert len(parser._digits or b"") <= 4
