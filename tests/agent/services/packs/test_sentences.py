"""A text is read sentence by sentence, and nothing of it is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.services.packs.sentences import sentences

_TEXT = st.text(st.sampled_from("你好ab C1。！？.!?…，,“”\"'「」（） \n")) | st.text()


@given(_TEXT)
def test_the_sentences_are_the_text(text: str) -> None:
    """Joined they are what was written, to the last blank."""
    assert "".join(sentences(text)) == text


@given(_TEXT)
def test_each_sentence_can_be_said(text: str) -> None:
    """None is a mere mark, so that none is waited for in vain."""
    found = sentences(text)
    if any(character.isalnum() for character in text):
        assert all(any(character.isalnum() for character in one) for one in found)
    else:
        assert len(found) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您好。要出门吗？按一下！", ["您好。", "要出门吗？", "按一下！"]),
        ("他说：“车到了。”大家上车。", ["他说：“车到了。”", "大家上车。"]),
        ("“真的吗？！”，他问。好。", ["“真的吗？！”，他问。", "好。"]),
        ("等一等……车来了。", ["等一等……车来了。"]),
        ("（请先看清车牌。）再上车。", ["（请先看清车牌。）", "再上车。"]),
        ("没有句号", ["没有句号"]),
        ("第一行\n第二行。\n\n第三行", ["第一行\n", "第二行。\n\n", "第三行"]),
        ("收费3.5元。电话95128。", ["收费3.5元。", "电话95128。"]),
        ("Press Enter. A taxi comes.", ["Press Enter. ", "A taxi comes."]),
        ('"Stop!" he said. "Why?" she asked.', ['"Stop!" he said. ', '"Why?" she asked.']),
        ("Ask Mr. Wang at No. 5. Thank you.", ["Ask Mr. Wang at No. 5. ", "Thank you."]),
        ("It costs 3.50 yuan, i.e. little. Good.", ["It costs 3.50 yuan, i.e. little. ", "Good."]),
        ("1. Press Enter.\n2. Wait.", ["1. Press Enter.\n", "2. Wait."]),
        ("Wait... It comes.", ["Wait... ", "It comes."]),
        ("", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    """Quotation marks stay with their sentence; numbers and abbreviations are no ends."""
    assert list(sentences(text)) == expected
