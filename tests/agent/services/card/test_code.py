"""Codes of cards: what the district has signed is read, whatever else there is is refused."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import Scanned
from agent.services.card.code import CONTEXT, MAX_LENGTH, PREFIX, Card, Reason, Refused, read
from agent.services.card.settings import CardSettings
from tests.agent.services.card.district import KEY, SETTINGS, STRANGER, code, line

KEYS = SETTINGS.public_keys()
NEEDS = ["视力", "听力", "言语", "肢体", "智力", "精神", "多重"]
CARDS = st.builds(
    Card,
    id=st.binary(min_size=16, max_size=16),
    expires=st.integers(0, 65535),
    language=st.sampled_from(["", "zh-CN", "en", "ja", "ko"]),
    text_size=st.integers(0, 2),
    contrast=st.booleans(),
    speech=st.sampled_from(["usual", "guided", "silent"]),
    pace=st.integers(-3, 3),
    needs=st.lists(st.sampled_from(NEEDS), unique=True).map(tuple),
    serial=st.integers(0, 255),
)
CARD = Card(bytes(range(16)), 20_800, "en", 2, True, "guided", -1, ("视力",))


def reason(text: str, today: int | None = None) -> Reason:
    """Why *text* is refused."""
    with pytest.raises(Refused) as refused:
        read(text, KEYS, today)
    return refused.value.reason


@given(CARDS)
def test_what_was_signed_is_read(card: Card) -> None:
    """Every card there can be fits into what a scanner passes on, and comes back as it was."""
    text = code(card)
    assert len(text) <= MAX_LENGTH
    assert (
        read(msgspec.json.decode(msgspec.json.encode(Scanned(text=text)))["text"], KEYS, 0) == card
    )


@given(CARDS, st.data())
def test_a_changed_character_is_never_a_card(card: Card, data: st.DataObject) -> None:
    """Not even one that decodes to the same bytes; a piece cut off or added neither."""
    text = code(card)
    at = data.draw(st.integers(0, len(text) - 1))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .\n"
    other = data.draw(st.sampled_from([one for one in letters if one != text[at]]))
    for changed in (
        text[:at] + other + text[at + 1 :],
        text[:at],
        text[at:] if at else text + text,
        text + other,
        text + "=" * (-(len(text) - len(PREFIX)) % 4 or 4),
    ):
        with pytest.raises(Refused):
            read(changed, KEYS, 0)


@given(st.text(max_size=512))
def test_whatever_else_is_scanned_is_no_card(text: str) -> None:
    """Nothing raises anything but a refusal with a reason."""
    assert reason(text) in ("other", "unreadable")
    assert reason(PREFIX + text) in ("unreadable", "unset", "unknown", "forged")


@given(st.binary(max_size=180))
def test_whatever_bytes_are_signed_only_a_card_is_one(body: bytes) -> None:
    """A district that signs something else by mistake (a name, say) has made no card."""
    key = bytes.fromhex(KEYS[0].id)[::-1]
    raw = key + KEY.sign(CONTEXT + body) + body
    text = PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert reason(text) == "unreadable"


def test_an_index_of_packs_signed_by_the_same_key_is_no_card() -> None:
    """The signature is over what a card begins with, too."""
    body = msgspec.msgpack.encode(CARD)
    raw = bytes.fromhex(KEYS[0].id)[::-1] + KEY.sign(body) + body
    assert reason(PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")) == "forged"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://qr.alipay.com/bax01234", "other"),
        ("wxp://f2f0abc", "other"),
        ("6901234567892", "other"),
        ("310105195001011234", "other"),
        ("llk1." + code(CARD)[5:], "other"),
        ("LLK1.", "unreadable"),
        ("LLK1.AAAA", "unreadable"),
        ("LLK1." + "A" * 507, "unreadable"),
        (code(CARD, STRANGER), "unknown"),
        (code(CARD, STRANGER, claims=KEY), "forged"),
    ],
)
def test_each_refusal_has_its_reason(text: str, why: str) -> None:
    """A pay code, an address, a cracker, an identity card, a torn card, another's, a forged one."""
    assert reason(text) == why


def test_a_card_is_good_on_its_last_day() -> None:
    """And expired on the next; without the time of day nothing expires."""
    text = code(CARD)
    assert read(text, KEYS, 20_800) == read(text, KEYS, None) == CARD
    assert reason(text, 20_801) == "expired"


def test_without_keys_no_card_is_taken() -> None:
    """And a wrong key is a mistake of the technician's, not of a resident's."""
    with pytest.raises(Refused, match="unset"):
        read(code(CARD), (), 0)
    with pytest.raises(ValueError, match="keys: a public key has 42 bytes"):
        CardSettings(keys=("nonsense",))
    rotated = CardSettings(keys=(line(STRANGER), line(KEY))).public_keys()
    assert read(code(CARD), rotated, 0) == read(code(CARD, STRANGER), rotated, 0)
