"""The judge of our speech judges fairly."""

from __future__ import annotations

import pytest

from tests.bench.judge_speech import catalogue, error


@pytest.mark.parametrize(
    ("text", "heard", "mistakes"),
    [
        ("车到了，请上车。", "車到了,請上車", 0),
        ("车到了，请上车。", "车到了请下车", 1),
        ("车到了，请上车。", "车到了上车", 1),
        ("车到了。", "", 3),
        ("正在叫车", "正在较车", 0),
        ("不对，重选", "不對,重選", 0),
        ("车牌沪A·D1234", "车牌户A D1234", 0),
        ("车牌沪A·D1234", "車牌護AD1234", 0),
        ("请打120。", "請打一二零", 0),
        ("请打120。", "请打1-2-0", 0),
        ("大约5分钟到", "大约五分钟到", 0),
        ("还有12分钟", "还有12分钟", 0),
        ("最高31℃，20%。", "最高三十一度,百分之二十", 0),
        ("邻里", "Lin Li", 0),
    ],
)
def test_only_pronunciation_counts(text: str, heard: str, mistakes: int) -> None:
    """Homophones, traditional characters and the spelling of figures do not."""
    assert error(text, heard)[0] == mistakes


def test_the_catalogue_is_complete_and_filled_in() -> None:
    """Nothing is left of its notation."""
    phrases = catalogue()
    assert len(phrases) > 50
    assert not [text for text in phrases if set("[]{}") & set(text)]
