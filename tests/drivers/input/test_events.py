"""Key events of scanners that type, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.input.events import EVENT, Event, EventParser, Typing
from drivers.scanner.frames import LONGEST, Code, Found
from hw_mocks.devices.input import MockKeyboard

A1_B2 = [
    (42, 1), (30, 1), (30, 0), (42, 0), (2, 1), (2, 0), (12, 1), (12, 0), (42, 1), (48, 1),
    (48, 0), (42, 0), (3, 1), (3, 0), (28, 1), (28, 0),
]  # fmt: skip


def typed(keys: list[tuple[int, int]], typing: Typing | None = None) -> list[str]:
    """The codes that come of key codes and values; what is left at the end is one too."""
    return [one.text for one in found(keys, typing) if isinstance(one, Code)]


def found(keys: list[tuple[int, int]], typing: Typing | None = None) -> list[Found]:
    """The same, and what is refused."""
    typing = typing or Typing()
    told: list[Found | None] = []
    for code, value in keys:
        told += [typing.feed(Event(1, code, value)), typing.feed(Event(0, 0, 0))]
    return [one for one in (*told, typing.silence()) if one]


def tap(*codes: int) -> list[tuple[int, int]]:
    return [(code, value) for code in codes for value in (1, 0)]


def test_the_usual_sequence() -> None:
    assert typed(A1_B2) == ["A1-B2"]


def test_shift_up_before_the_letter() -> None:
    assert typed([(42, 1), (30, 1), (42, 0), (30, 0), *tap(28)]) == ["A"]


def test_shift_held_right_shift_and_capitals() -> None:
    assert typed([(54, 1), *tap(30, 48), (54, 0), *tap(28)]) == ["AB"]
    assert typed([*tap(58), *tap(30, 2), *tap(58), *tap(48), *tap(28)]) == ["A1b"]


def test_tails() -> None:
    """Enter, the keypad's Enter, Tab, Enter twice, Enter and Ctrl-J, or none."""
    for tail in (tap(28), tap(96), tap(15), tap(28, 28), [*tap(28), (29, 1), *tap(36), (29, 0)]):
        assert typed([*tap(30), *tail, *tap(48), *tail]) == ["a", "b"]
    assert typed(tap(30)) == ["a"]


def test_keypad_digits() -> None:
    assert typed(tap(79, 80, 81, 82, 98, 83, 28)) == ["1230/."]


def test_published_boot_keyboard_reports() -> None:
    """Usages of usb_barcode_scanner#7: NumLock first, shift as modifier 02 for the colon."""
    usages = bytes.fromhex(
        "53 0B 17 17 13 16 33 38 38 15 08 19 13 04 1C 37 18 0E 38 22 1F 1E 27 26 23 1E 25 28"
    )
    letters = [30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20,
               22, 47, 17, 45, 21, 44]  # fmt: skip
    codes = {4 + at: code for at, code in enumerate(letters)}
    codes |= {0x1E + at: 2 + at for at in range(10)}
    codes |= {0x28: 28, 0x33: 39, 0x37: 52, 0x38: 53, 0x53: 69}
    keys: list[tuple[int, int]] = []
    for usage in usages:
        one = tap(codes[usage])
        keys += [(42, 1), *one, (42, 0)] if usage == 0x33 else one
    assert typed(keys) == ["https://revpay.uk/52109618"]


def test_decimal_codes_behind_alt() -> None:
    """KP0 KP6 KP5 while Alt is held is an A."""
    assert typed([*tap(69), (56, 1), *tap(82, 77, 76), (56, 0), *tap(28)]) == ["A"]
    assert typed([(56, 1), *tap(82, 79, 81), (56, 0), *tap(30, 28)]) == []  # 013: a return


def test_a_crafted_code_presses_nothing() -> None:
    """Control, function and arrow keys in a code refuse it as a whole; the next one is well."""
    for keys in ([(29, 1), *tap(22), (29, 0)], tap(59), tap(103), tap(1), [(125, 1), (125, 0)]):
        typing = Typing()
        assert found([*tap(30), *keys, *tap(48, 28)], typing) == ["no_text"]
        assert typed(A1_B2, typing) == ["A1-B2"]


def test_too_long() -> None:
    """Refused once, and to its end; the next one is well."""
    assert found(tap(*[30] * (LONGEST + 1), 28, 2, 28)) == ["too_long", Code("1")]
    assert typed(tap(*[30] * LONGEST, 28)) == ["a" * LONGEST]


def test_lost_events_drop_the_code() -> None:
    """After SYN_DROPPED nothing counts until the next report."""
    typing = Typing()
    typing.feed(Event(1, 42, 1))
    typing.feed(Event(1, 30, 1))
    assert typing.feed(Event(0, 3, 0)) == "no_text"
    typing.feed(Event(1, 48, 1))
    typing.feed(Event(0, 0, 0))
    assert typed(tap(2, 28), typing) == ["1"]


def test_the_slash_of_the_keypad_and_the_caret() -> None:
    assert typed([*tap(98), (42, 1), *tap(7), (42, 0), *tap(28)]) == ["/^"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 767), st.integers(-1, 3))))
def test_any_events(events: list[tuple[int, int, int]]) -> None:
    """Nothing raises; what comes out can be printed and has a length."""
    typing = Typing()
    for event in events:
        code = typing.feed(Event(*event))
        text = code.text if isinstance(code, Code) else ""
        assert text.isprintable() and len(text) <= LONGEST


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60))
def test_what_is_typed_comes_back(text: str) -> None:
    keys: list[tuple[int, int]] = []

    class Paper(MockKeyboard):
        def __init__(self) -> None:
            pass

        def send(self, sent: Iterable[tuple[int, int]]) -> None:
            keys.extend(sent)

    Paper().type(text)
    assert typed(keys) == [text]


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(1, 30))
def test_bytes_in_pieces(data: bytes, size: int) -> None:
    """However they are cut, the same events."""
    pieces = EventParser()
    cut = [e for at in range(0, len(data), size) for e in pieces.feed(data[at : at + size])]
    assert cut == list(EventParser().feed(data))
    assert len(cut) == len(data) // EVENT.size
