"""What another machine wrote: bounded, visible, without links and numbers, in its own place."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.foreign import LONGEST, cleaned
from agent.records import CommandReader
from agent.services.registry import REGISTRY
from agent.uplink.wire import decode_receipt, decode_verdict
from kiosk_ui.phrases import FOLDER, Catalogue

NUMBERS = ("021-62345678", "13800001111", "12345")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("王师傅", "王师傅"),
        ("王师傅 13912345678", "王师傅"),
        ("请打139-1234-5678退款", "请打 退款"),
        ("请打１３９１２３４５６７８", "请打"),
        ("请打一三九一二三四五六七八", "请打"),
        ("请打幺三九 幺二三四 五六七八", "请打"),
        ("请打1·3·9·1·2·3·4·5·6·7·8", "请打"),
        ("请打+86 (139) 1234 5678", "请打"),
        ("客服95533", "客服"),
        ("400-820-8820", ""),
        ("请打021-62345678", "请打021-62345678"),
        ("请打（021）6234 5678", "请打(021)6234 5678"),
        ("请打12345", "请打12345"),
        ("有危险打120", "有危险打120"),
        ("看 https://evil.example/a?b=c 领钱", "看 领钱"),
        ("看evil.com领钱", "看 领钱"),
        ("上www.evil.example", "上"),
        ("加 boss@evil.example", "加"),
        ("到10.0.0.9:8080/x", "到"),
        ("evil．ｃｏｍ", ""),
        ("2026-11-29 09:00到窗口", "2026-11-29 09:00到窗口"),
        ("2026年11月29日9:00到窗口", "2026年11月29日9:00到窗口"),
        ("编号 123456", "编号 123456"),
        ("白色 荣威ERX5", "白色 荣威ERX5"),
        ("沪A·D3642", "沪A·D3642"),
        ("沪AD12345", "沪AD12345"),
        ("沪A95533", "沪A95533"),
        ("看 https://evil.example。", "看 。"),
        ("去支付宝.网址/x", ""),
        ("打1\ufe0f\u20e33\ufe0f\u20e39\ufe0f\u20e3-1\ufe0f\u20e32345678好", "打 好"),
        ("打❶❸❾❶❷❸❹❺❻❼❽", "打"),
        ("打〡〣〩〡〢〣〤〥〦〧〨", "打"),
        ("打壹參玖壹貳參肆伍陸柒捌", "打"),
        ("打幺三勾 幺两三 四五六拐八", "打"),
        ("打١٣٩١٢٣٤٥٦٧٨", "打"),
        ("打l39 I234 5678", "打"),
        ("打O21-6234 56O8", "打"),
        ("打138....0013....8000", "打"),
        ("打138/0013|8000", "打"),
        ("打138～0013＃8000", "打"),
        ("打1 0 0 8 6", "打"),
        ("打九 五 五 八 八", "打"),
        ("打95-588", "打"),
        ("看bit.ly/3xYz", "看"),
        ("看t.co/abc", "看"),
        ("看evil.ru", "看"),
        ("看evil.xn--p1ai/x", "看"),
        ("看evil点com", "看"),
        ("看evil dot com", "看"),
        ("看evil[.]com", "看"),
        ("打1\u115f3\u115f9\u115f1\u31642\uffa03\u28004\u034f5\ufe0f678好", "打 好"),
        ("先拨139再拨1234最后5678", "先拨"),
        ("打139加1234加5678", "打"),
        ("打021转7234转5678", "打"),
        ("打400和820和8820", "打"),
        ("打l39 З234 5678", "打"),
        ("call one three nine one two three four", "call"),
        ("打yao san jiu yao er san si wu", "打"),
        ("加微信号abc123456", "加"),
        ("加V信: evil_123", "加"),
        ("QQ 12345678", ""),
        ("微信支付12.50元", "微信支付12.50元"),
        ("看evil。ru", "看"),
        ("看evil(dot)com", "看"),
        ("\u3164\u2800\u115f", ""),
        ("400元到500元，1200步", "400元到500元,1200步"),
        ("three of one and two of four", "three of one and two of four"),
        ("Dr.Wang", "Dr.Wang"),
        ("王师傅。公司的车", "王师傅。公司的车"),
        ("8.5km 2.0L 12.50元，等3分钟", "8.5km 2.0L 12.50元,等3分钟"),
        ("8:30、9:30、10:30", "8:30、9:30、10:30"),
        ("08:30-11:00，13:30-17:00", "08:30-11:00,13:30-17:00"),
        ("3号楼2单元501室，12-301", "3号楼2单元501室,12-301"),
        ("\u202e退款\u2066x\u200b\u2028y\x00\x1b[2J", "退款x y[2J"),
        ("a" + "\u0301" * 50, "á\u0301\u0301"),
        ("第一行\n第二行\t完", "第一行 第二行 完"),
    ],
)
def test_what_is_left(text: str, left: str) -> None:
    assert cleaned(text, NUMBERS) == left


@given(st.text(max_size=400))
def test_it_is_short_visible_and_stays_so(text: str) -> None:
    """Whatever comes; and what is clean is not changed again."""
    left = cleaned(text)
    assert len(left) <= LONGEST
    assert not any(
        unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for char in left
    )
    assert not re.search(r"https?://|\d{7}", left)


def test_what_is_long_costs_nothing() -> None:
    """A megabyte of anything, at once."""
    began = time.process_time()
    for text in ("长" * 1_000_000, "1 " * 500_000, "a." * 500_000, "\u0301" * 1_000_000):
        assert len(cleaned(text)) <= LONGEST
    assert time.process_time() - began < 1


def test_every_field_for_residents_is_cleaned() -> None:
    """Of every kind of command, also those to come: it stands with the field."""
    kinds = [kind for type_ in REGISTRY.values() for kind in type_.commands]
    reader = CommandReader(kinds, NUMBERS)
    evil = "x\u202e 13912345678"
    checked = 0
    for kind in kinds:
        for name in reader._shown[kind]:
            data = dict(kind.example) | {name: evil}
            if kind.about:
                data[kind.about] = "o-1"
            assert getattr(reader.read(kind.kind, data), name) == "x"
            checked += 1
    assert checked >= 8


def test_why_upstream_refuses_is_cleaned_too() -> None:
    body = '{"reason": "r", "for_residents": "请打13912345678\u202e"}'.encode()
    assert decode_verdict(body).for_residents == "请打"
    receipt = b'{"ack": {}, "refused": [{"lane": 0, "sequence": 1, "for_residents": "a.com b"}]}'
    assert decode_receipt(receipt).refused[0].for_residents == "b"


@pytest.mark.parametrize("language", Catalogue(FOLDER).languages)
def test_no_title_is_made_of_foreign_words(language: str) -> None:
    """The kiosk's own headings are its own: who said the rest stands beside it."""
    foreign = re.compile(r"\{(helper|driver|reason|note|what|spot|model|colour)\}")
    for file in (FOLDER / language).glob("*.toml"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith(("title", '"chip.')):
                assert not foreign.search(line), f"{file.name}: {line}"
            if re.search(r"\{(helper|reason|note)\}", line) and not line.startswith('"packs.task'):
                assert re.search("说[，：]|says|説明：|から[、：]", line), f"{file.name}: {line}"
