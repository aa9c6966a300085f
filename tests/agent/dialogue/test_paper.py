"""Slips in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.contract.orders import Print, checked
from agent.dialogue.paper import written
from agent.dialogue.views import Phrase
from agent.effects import Slip

WORDS = st.one_of(st.text(max_size=600), st.builds(Phrase, st.text(max_size=600)))
SLIPS = st.builds(
    Slip, st.just("printer"), st.just("job"), WORDS, st.text(max_size=99),
    st.lists(WORDS, max_size=90).map(tuple), WORDS,
)  # fmt: skip


def said(words: str | Phrase) -> str:
    return words.id if isinstance(words, Phrase) else words


@given(SLIPS)
def test_every_slip_is_an_order_that_printers_take(slip: Slip) -> None:
    """However long the words are; a code is whole or not there."""
    order = checked(written(slip, said))
    assert isinstance(order, Print)
    assert order.code in ("", said(slip.code))


def test_lines_without_words_are_left_out() -> None:
    slip = Slip("printer", "job", Phrase("title"), "沪A·D1234", ("", Phrase("due"), ""), "code")
    assert written(slip, said) == Print("job", "title", "沪A·D1234", ("due",), "code")
