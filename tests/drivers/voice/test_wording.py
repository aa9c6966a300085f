"""Figures as people say them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.voice.wording import BREATHLESS, GROUP, cardinal, worded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("车牌沪A·D1234", "车牌沪诶 弟幺二三四"),
        ("车牌 沪AD12345", "车牌 沪诶 弟幺二三四五"),
        ("粤B12345", "粤必 幺二三四五"),
        ("请打电话叫车：62580000。", "请打电话叫车：六二五八 零零零零。"),
        ("电话021-62580000", "电话零二幺 六二五八 零零零零"),
        ("13812345678", "幺三八 幺二三四 五六七八"),
        ("请打120。", "请打幺二零。"),
        ("急救120，报警110", "急救幺二零，报警幺幺零"),
        ("12345热线", "幺二三四五热线"),
        ("一共120元", "一共一百二十元"),
        ("还有120米", "还有一百二十米"),
        ("8:05出发", "八点零五分出发"),
        ("14:30到", "十四点三十分到"),
        ("2:00", "两点整"),
        ("8:00-11:30", "八点整到十一点三十分"),
        ("2.5km", "二点五公里"),
        ("¥12.50", "十二元五角"),
        ("12.05元", "十二元零五分"),
        ("0.5元", "五角"),
        ("2元", "两元"),
        ("2辆车，12辆车", "两辆车，十二辆车"),
        ("大约2分钟", "大约两分钟"),
        ("3-5分钟", "三到五分钟"),
        ("2.5公里", "二点五公里"),
        ("可能是20%", "可能是百分之二十"),
        ("-5℃", "零下五度"),
        ("31℃", "三十一度"),
        ("3号楼1203室", "三号楼幺二零三室"),
        ("925路", "九二五路"),
        ("2026年11月2日", "二零二六年十一月二日"),
        ("2026-11-02", "二零二六年十一月二日"),
        ("1,200人", "一千二百人"),
        ("007", "零零七"),
        ("B超", "必超"),
        ("没有数字。", "没有数字。"),
    ],
)
def test_figures_are_read_as_people_say_them(text: str, said: str) -> None:
    """Groups are shown here as spaces, spelled characters as one run."""
    assert worded(text).replace(BREATHLESS, "").replace(GROUP, " ") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "零"),
        (10, "十"),
        (11, "十一"),
        (101, "一百零一"),
        (110, "一百一十"),
        (1203, "一千二百零三"),
        (2000, "两千"),
        (10_005, "一万零五"),
        (20_200, "两万零二百"),
        (110_000, "十一万"),
        (100_000_000, "一亿"),
        (120_000_012, "一亿两千万零一十二"),
    ],
)
def test_numbers_are_said_in_full(number: int, said: str) -> None:
    """With 零 for a gap, 两 before thousands, and no 一 before a leading 十."""
    assert cardinal(number) == said


@given(st.text(st.sampled_from("0123456789.,:-/%¥元路室年月A沪打电话·辆2℃ ")))
def test_nothing_unreadable_is_left(text: str) -> None:
    """Whatever the figures, no digit and no Latin letter remains, and nothing fails."""
    assert not re.search(r"[0-9A-Za-z]", worded(text))


@pytest.mark.parametrize(
    "text",
    [
        "沪A·D" + "1" * 500 + ".1", "¥" + "1" * 40 + "元", "D1" * 250 + ".5", "1-" * 250 + "1.1",
        "1," * 250, "1.1" * 200, "(" * 500 + "1", "A-1" * 200 + "A", "1 至 " * 150, "+1/" * 200,
    ],
)  # fmt: skip
def test_no_row_of_figures_keeps_the_voice_busy(text: str) -> None:
    """However long and odd: said, in time that is nothing."""
    began = time.process_time()
    assert worded(text)
    assert time.process_time() - began < 1.0
