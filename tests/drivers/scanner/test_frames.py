"""What scanners send: published codes and answers, and anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.scanner.frames import (
    ALIVE,
    DONE,
    HEARTBEAT,
    LONGEST,
    SETUP_OFF,
    Code,
    Found,
    ScannerParser,
    bounded,
    crc,
)


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        ("38 37 31 31 32 31 38 39 37 32 38 37 35 0D", [Code("8711218972875")]),
        ("5D 45 30 38 37 31 31 32 31 38 39 37 32 38 37 35 0D", [Code("8711218972875", "EAN13")]),
        ("03 00 0A 30 33 32 31 35 36 33 38 34 30", [Code("0321563840")]),
        # an answer and a code joined; its "31" is no code
        ("02 00 00 01 00 33 31 36 39 31 0D", [Code("691")]),
        ("03 00 00 01 00 33 31 36 39 31 0D", [Code("691")]),
        ("36 39 31 0D 0A 36 39 32 0D 0A", [Code("691"), Code("692")]),
        ("36 39 31 09", [Code("691")]),
        ("5C 30 30 30 30 32 36 42 58 4A 31 0D", [Code("BXJ1")]),
        ("C4 FA BA C3 0D", [Code("您好")]),  # GB18030
        ("E6 82 A8 E5 A5 BD 0D", [Code("您好")]),  # UTF-8
        ("1B 5B 41 0D", []),  # a key of a keyboard
        ("0D 0A", []),
    ],
)
def test_codes(sent: str, codes: list[Code]) -> None:
    """In one piece and byte by byte."""
    assert ScannerParser().feed(bytes.fromhex(sent)) == codes
    parser = ScannerParser()
    told = [code for byte in bytes.fromhex(sent) for code in parser.feed(bytes([byte]))]
    assert told == codes


def test_a_code_without_a_tail_ends_with_silence() -> None:
    parser = ScannerParser()
    assert parser.feed(b"BXJ1:AB23") == []
    assert parser.silence() == [Code("BXJ1:AB23")]
    assert parser.silence() == []


def test_commands() -> None:
    """The checksums of published commands and answers."""
    assert crc(HEARTBEAT[2:-2]) == 0x301A
    assert crc(bytes.fromhex("07 01 00 2A 02")) == 0xD80F
    assert crc(bytes.fromhex("09 01 00 00 00")) == 0xDEC8
    assert crc(bytes.fromhex("08 02 00 2A 39 01")) == 0xA7EA
    assert crc(bytes.fromhex("00 00 02 39 01")) == 0xC14C
    assert crc(DONE[1:-2]) == crc(ALIVE[1:-2]) == 0x3331
    assert SETUP_OFF[:6] == bytes.fromhex("7E 00 08 01 00 03")


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\u202e", "\x1b", "\u200b", "\ue000"])
def test_what_cannot_be_seen_is_refused(char: str) -> None:
    """Also what begins a new line: a code is one."""
    assert ScannerParser().feed(f"1234{char}4567\r".encode()) == ["no_text"]


def test_noise_is_no_code() -> None:
    """Nobody is told of a few stray bytes, a piece of an answer or an empty line."""
    parser = ScannerParser()
    for noise in (b"\xff\x00\xfe", ALIVE[:6], b"  \r\n", b"\x03\x00"):
        assert [*parser.feed(noise), *parser.silence()] == []


def test_what_is_too_long_is_refused_out_loud() -> None:
    """Once and to its end, with a tail, behind a length or without either."""
    parser = ScannerParser()
    assert parser.feed(b"x" * 300 + b"\r") == ["too_long"]
    assert parser.feed(b"y" * 5000) == ["too_long"] and parser.pending
    assert parser.feed(b"y" * 9 + b"\r\n691\r") == [Code("691")]
    assert parser.feed(b"\x03\x0b\xb8" + b"z" * 3000 + b"\x03\x00\x03691") == [
        "too_long",
        Code("691"),
    ]
    assert parser.feed(b"y" * 2000) == ["too_long"]
    assert parser.silence() == [] and parser.feed(b"691\r") == [Code("691")]


@pytest.mark.parametrize("size", [1, 3, 50])
@pytest.mark.parametrize("code", ["BXJ1:AB23", "y" * 2000])
def test_an_answer_behind_a_code_without_a_tail_ends_it(code: str, size: int) -> None:
    """Somebody scans while the heartbeat is answered: neither is lost."""
    parser, stream = ScannerParser(), code.encode() + ALIVE + b"691\r"
    told = [
        one for at in range(0, len(stream), size) for one in parser.feed(stream[at : at + size])
    ]
    assert told == [Code(code) if len(code) < LONGEST else "too_long", Code("691")]
    assert parser.answers == 1


_CODES = st.lists(
    st.tuples(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=9),
        st.sampled_from((1, 28, 29, 113, 114, 300, 400)),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(_CODES, st.sampled_from(("tail", "length", "silence")), st.integers(1, 4000))
def test_nothing_after_a_code_that_is_too_long_is_lost_or_joined(
    parts: list[tuple[str, int]], ends: str, size: int
) -> None:
    """Codes of 1 to 3,600 characters in any order, however they end and are cut: each is told,
    or refused once, in its place."""
    texts = [part * times for part, times in parts]
    parser, told = ScannerParser(), list[Found]()
    streams = [text.encode() for text in texts]
    if ends == "tail":
        streams = [b"".join(one + b"\r\n" for one in streams)]
    if ends == "length":
        streams = [b"".join(b"\x03" + len(one).to_bytes(2, "big") + one for one in streams)]
    for stream in streams:
        for at in range(0, len(stream), size):
            told += parser.feed(stream[at : at + size])
        told += parser.silence()
    assert told == [Code(text) if len(text) <= LONGEST else "too_long" for text in texts]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=20))
def test_any_bytes(pieces: list[bytes]) -> None:
    """Never raises; what is told can be printed and is short."""
    parser = ScannerParser()
    for piece in pieces:
        for code in (*parser.feed(piece), *(parser.silence() if not piece else ())):
            if isinstance(code, str):
                continue  # refused
            assert (0 < len(code.text) <= 256 and code.text.isprintable()) or " " in code.text


@settings(deadline=None)
@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=200))
def test_every_plain_code_comes_back(text: str) -> None:
    assert ScannerParser().feed(text.encode() + b"\r") == [Code(text)]


@pytest.mark.parametrize("answer", ["04 D0 00 00 FF 2C", "05 D1 00 00 06 FF 24"])
def test_answers_of_the_other_dialect_are_no_codes(answer: str) -> None:
    """GM72: taken off, also in front of a code."""
    parser = ScannerParser()
    assert parser.feed(bytes.fromhex(answer) + b"691\r") == [Code("691")]
    assert parser.answers == 1


@pytest.mark.parametrize("size", [1, 3, 50])
def test_an_answer_with_data_glued_to_a_code(size: int) -> None:
    """Its own ``33 31`` or data is no part of the code."""
    parser = ScannerParser()
    stream = bytes.fromhex("02 00 00 02 39 01 C1 4C 36 39 31 0D 02 00 00 01 00 33 31 38 37 0D")
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [one for piece in pieces for one in parser.feed(piece)] == [Code("691"), Code("87")]
    assert parser.answers == 2


@pytest.mark.parametrize(
    "command",
    [
        "7E 00 07 01 00 2A 02 D8 0F",
        "7E 00 08 02 00 2A 39 01 A7 EA",
        "7E 00 09 01 00 00 00 DE C8",
        "7E 00 0A 01 00 00 00 30 1A",
    ],
)
def test_published_checks_of_commands(command: str) -> None:
    assert crc(bytes.fromhex(command)[2:]) == 0


def test_commands_that_are_sent() -> None:
    """Unchecked where nobody has published the check."""
    assert bytes.fromhex("7E 00 08 01 00 03 02 AB CD") == SETUP_OFF
    assert bytes.fromhex("7E 00 0A 01 00 00 00 30 1A") == HEARTBEAT


@pytest.mark.parametrize("char", ["\0", "\u202e", "\u200b", "\ue000", "\u2028", "\ud800"])
def test_hidden_characters_are_no_code_whoever_reads_them(char: str) -> None:
    """A picture's reader and a keyboard give text, not bytes: what the border refuses is refused
    before it, out loud."""
    assert bounded(f"a{char}b", "QR") == "no_text"
