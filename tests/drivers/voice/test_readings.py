"""How figures, names, places and characters with several readings are read.

Each line of ``readings/KIND.tsv`` is a text and its reading: in Chinese characters, Latin
letters standing for their names, for kinds with figures; in pinyin for kinds without.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.voice.mandarin import phrases, read, to_bopomofo
from drivers.voice.names import SURNAMES
from drivers.voice.text import LONGEST, PIECE, cleaned, pieces
from drivers.voice.wording import LETTERS, spelled, worded
from drivers.voice.wording.plates import PROVINCES

FOLDER = Path(__file__).with_name("readings")
IN_PINYIN = ("surnames", "places", "polyphones")


def lines(*kinds: str) -> list[tuple[str, str]]:
    return [
        (text, reading)
        for kind in kinds
        for line in (FOLDER / f"{kind}.tsv").read_text(encoding="utf-8").splitlines()
        for text, _, reading in [line.partition("\t")]
    ]


def plain(text: str) -> str:
    """Without pauses and punctuation."""
    return re.sub(r"\W", "", text)


@pytest.mark.parametrize(
    ("text", "reading"),
    lines(
        *(
            file.stem
            for file in sorted(FOLDER.glob("*.tsv"))
            if file.stem not in (*IN_PINYIN, "differ")
        )
    ),
)
def test_figures_are_read_as_people_say_them(text: str, reading: str) -> None:
    """Plates and numbers of every writing."""
    wanted = "".join(LETTERS.get(letter, letter) for letter in reading)
    assert plain(worded(text)) == plain(wanted)


@pytest.mark.parametrize(("text", "reading"), lines(*IN_PINYIN))
def test_characters_are_read_as_their_words_ask(text: str, reading: str) -> None:
    """Names, places, and characters with several readings."""
    said = [s.base for phrase in phrases(text) for word in phrase.words for s in word]
    assert said == [to_bopomofo(f"{one}1") for one in reading.split()]


@pytest.mark.parametrize("before", ["", "请找", "司机", "谢谢", "小", "您好，"])
@pytest.mark.parametrize(
    "name",
    [
        "仇",
        "查",
        "翟",
        "朴",
        "任",
        "区",
        "解",
        "单",
        "曾",
        "盖",
        "乐",
        "缪",
        "覃",
        "尉迟",
        "万俟",
        "单于",
        "令狐",
    ],
)
def test_a_surname_before_any_title(name: str, before: str) -> None:
    """After whatever introduces a person, before what people are called."""
    if before == "小" and (len(name) > 1 or name in "区解"):
        return  # these are other words
    titles = (
        "先生 女士 小姐 师傅 老师 医生 护士 阿姨 叔叔 大爷 大妈 大伯 爷爷 奶奶 阿婆 老伯 老太 同志 "
        "主任 书记 院长 经理 站长 所长 队长 组长 楼组长 警官 律师 教授 药师 工程师 会计 社工 保安 "
        "护工 志愿者 太太 同学 老板 总 工 姐 哥 家属 管理员 网格员 民警 邻居"
    )
    wanted = [to_bopomofo(one).strip("ˊˇˋ˙") for one in SURNAMES[name].split()]
    for title in titles.split():
        said = [s.base for p in phrases(f"{before}{name}{title}") for w in p.words for s in w]
        at = len(phrases_of(before))
        assert said[at : at + len(wanted)] == wanted, title


def phrases_of(text: str) -> list[str]:
    return [s.base for p in phrases(text) for w in p.words for s in w]


@pytest.mark.parametrize(("shown", "readings"), lines("differ"))
def test_what_pypinyin_would_read_otherwise(shown: str, readings: str) -> None:
    """The reviewed list (`tests.bench.list_readings`) is what is said."""
    theirs, ours = readings.split("\t")
    text, at = shown.replace("[", "").replace("]", ""), shown.index("[")
    assert theirs != ours
    assert read(text)[1][at] == ours


_SEPARATORS = ("", " ", "·", "•", "‧", "・", "-", "－", ".", "．", "—")


@given(
    st.sampled_from([one for one in PROVINCES if one not in "藏蒙"]),
    st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXY"),
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=6),
    st.sampled_from(_SEPARATORS),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "车牌", "您的车牌是：", "请上", "（"]),
    st.sampled_from(["", "。", "，请上车", "到了", "）", " 5分钟到"]),
)
def test_every_plate_is_spelled(
    province: str, city: str, rest: str, dot: str, wide: bool, low: bool, before: str, after: str
) -> None:
    """Of any province, with any sign in it, in full width or small letters, in a sentence."""
    plate = f"{city}{dot}{rest}"
    plate = plate.lower() if low else plate
    if wide:
        plate = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in plate)
    wanted = province + spelled(city) + spelled(rest)
    assert plain(wanted) in plain(worded(before + province + plate + after))


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", "+86 ", "+86-", "(+86)"]),
    st.sampled_from(["", " ", "-", "－", "–", "."]),
    st.sampled_from([(3, 4, 4), (3, 8), (11,)]),
)
def test_every_mobile_number_is_spelled(
    number: str, country: str, sign: str, sizes: tuple[int, ...]
) -> None:
    """In its usual groups, with and without the country's code."""
    groups, at = [], 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    wanted = ("加八六" if country else "") + plain(spelled(number))
    joined = sign.join(groups) if sizes != (3, 8) else "".join(groups)
    assert plain(worded(f"请打{country}{joined}。")) == f"请打{wanted}"


@given(st.text(st.characters(), max_size=60))
@example("\u212a\u0130\u0131\u017f")
@example("车\ud800到\udfff了\u202e\u200b\ufeff\x00\x1b[31m")
@example("½¾²③㎡ⅣⅫ٣๓𝟙🚕👨‍👩‍👧")
@example("1:2:3:4-5-6/7/8/9..%%¥¥€--~~**")
def test_no_character_costs_more_than_itself(text: str) -> None:
    """Whatever comes from outside: no figure and no Latin letter is left, nothing fails."""
    assert not re.search(r"[0-9A-Za-z]", worded(text))
    phrases(text)


@pytest.mark.parametrize("odd", ["\u0130", "🚕", "\ud83d", "\x07", "\u202e", "\u200b", "\ufffd"])
def test_the_rest_of_the_sentence_is_said(odd: str) -> None:
    """An odd character between the others is left out."""
    assert plain(worded(f"车{odd}到了。")).replace("艾", "") == "车到了"


def test_letters_of_other_shapes_are_letters() -> None:
    """The sign for kelvin, a dotted capital I, full width, an accent."""
    assert plain(worded("\u212a座")) == plain(worded("K座"))
    assert plain(worded("\u0130座")) == plain(worded("I座"))
    assert plain(worded("Ａ座")) == plain(worded("é座")).replace("衣", "诶")


@given(st.text("车到了，。！？\n ab1🚕", max_size=400))
def test_a_long_text_is_cut_where_one_breathes(text: str) -> None:
    """Nothing is lost, and no piece is long."""
    cut = pieces(text)
    assert "".join(cut) == text
    assert all(len(piece) <= PIECE for piece in cut)


def test_a_text_without_end_is_bounded() -> None:
    """Of 30,000 characters without a stop a few minutes are said, in small pieces."""
    cut = pieces("王" * 30_000)
    assert sum(map(len, cut)) == LONGEST
    assert max(map(len, cut)) <= PIECE


@given(st.text(st.characters(), max_size=40))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Clean text is clean."""
    once = cleaned(text)
    assert cleaned(once) == once
