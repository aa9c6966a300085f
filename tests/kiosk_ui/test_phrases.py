"""The catalogue of phrases."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.stage import Stage
from agent.effects import Choice
from kiosk_ui.phrases import Catalogue, Value
from tests.kiosk_ui.samples import SCREENS, WORDS, phrases, sample


def write(folder: Path, **files: str) -> Path:
    """A folder of catalogues."""
    for language, text in files.items():
        (folder / f"{language}.toml").write_text(text, encoding="utf-8")
    return folder


def test_catalogues_agree() -> None:
    """All catalogues have the same phrases with the same values."""
    assert WORDS.problems() == []
    assert WORDS.languages == ("zh-CN", "en", "ja")


@pytest.mark.parametrize("language", WORDS.languages)
def test_every_screen_has_words(language: str) -> None:
    """Every screen has a title and a text, and every choice a label, in each language."""
    for screen in SCREENS:
        shown = sample(screen, language)
        assert WORDS.has(language, f"{phrases(screen)}.title")
        assert WORDS.has(language, f"{phrases(screen)}.text")
        assert shown.title and all(item.label for item in (*shown.items, *shown.bar))


def test_values_are_filled_in() -> None:
    """A value stands where its name was."""
    values: dict[str, Value] = {"label": "一键叫车", "n": 1, "count": 8}
    assert WORDS.text("zh-CN", "say.focus", values) == "一键叫车，第1项，共8项，按键"


def test_optional_part_is_left_out() -> None:
    """A part in square brackets goes when its value is empty or was not given."""
    with_time = WORDS.text("zh-CN", "say.taxi.plate_again", {"plate": "沪A12345", "minutes": 3})
    empty = WORDS.text("zh-CN", "say.taxi.plate_again", {"plate": "沪A12345", "minutes": ""})
    absent = WORDS.text("zh-CN", "say.taxi.plate_again", {"plate": "沪A12345"})
    assert with_time == "车牌是，沪A12345。大约3分钟到。"
    assert empty == absent == "车牌是，沪A12345。"


def test_coded_value_gets_its_words() -> None:
    """A value that the catalogue has words for is replaced by them, any other stands as it is."""
    text = WORDS.text("en", "screen.taxi.cancelled.text", {"by": "driver"})
    assert text.startswith("The driver cancelled, not you. ")
    assert WORDS.text("en", "screen.taxi.cancelled.text", {"by": "X"}).startswith("X. ")


def test_missing_phrase_or_value_is_named() -> None:
    """A KeyError names the phrase and what is missing."""
    with pytest.raises(KeyError, match=r"say\.nothing: the phrase is missing"):
        WORDS.text("en", "say.nothing")
    with pytest.raises(KeyError, match=r"say\.focus: label is missing"):
        WORDS.text("en", "say.focus", {})


def test_first_language_stands_in(tmp_path: Path) -> None:
    """A phrase that a language lacks is given in the first one, and `problems` tells it."""
    folder = write(tmp_path, **{"zh-CN": '[say]\na = "甲{n}"\nb = "乙"', "ja": '[say]\na = "あ"'})
    words = Catalogue(folder)
    assert words.text("ja", "say.b") == words.text("xx", "say.b") == "乙"
    assert words.text("ja", "say.a") == "あ"
    assert not words.has("ja", "say.b")
    lacking, differing = words.problems()
    assert "ja.toml: say.b: not there" in lacking
    assert "ja.toml: say.a: mentions []; must be ['n']" in differing


def test_own_words_older_than_the_names_of_languages(tmp_path: Path) -> None:
    """A site's own two catalogues still say on the key what they said before."""
    own = {"zh-CN": '[action]\nlanguage = "English"', "en": '[action]\nlanguage = "中文"'}
    words = Catalogue(write(tmp_path, **own))
    for language, name in (("zh-CN", "English"), ("en", "中文")):
        stage = Stage(words, place="", language=language, home=(), phones={})
        assert stage.label(Choice("language")) == name


def test_surplus_phrase_is_a_problem(tmp_path: Path) -> None:
    """A phrase that only one language has is told."""
    words = Catalogue(write(tmp_path, **{"zh-CN": "", "en": '[say]\na = "a"'}))
    assert "en.toml: say.a: not in zh-CN.toml" in words.problems()[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[say", "correct the file"),
        ("[say]\na = 1", "say.a: must be a text"),
        ('[say]\na = "{n"', "say.a: unmatched"),
        ('[say]\na = "[x[y]]"', "say.a: unmatched or nested"),
        ('[say]\na = "{N}"', "say.a: unmatched"),
        ('["say.a"]\nb = "1"\n[say."a"]\nb = "2"', "say.a.b: there twice"),
    ],
)
def test_faulty_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """A file that cannot be used is refused with its name, the phrase and the fault."""
    with pytest.raises(ValueError, match=r"zh-CN\.toml") as caught:
        Catalogue(write(tmp_path, **{"zh-CN": text}))
    assert complaint in str(caught.value)


def test_first_catalogue_must_be_there(tmp_path: Path) -> None:
    """Without the first language nothing can be shown."""
    with pytest.raises(ValueError, match=r"no zh-CN\.toml"):
        Catalogue(tmp_path)


@given(st.text(), st.text())
def test_values_are_never_read_as_phrases(plate: str, minutes: str) -> None:
    """Braces and brackets within a value stay what they are."""
    text = WORDS.text("zh-CN", "say.taxi.plate_again", {"plate": plate, "minutes": minutes})
    head = f"车牌是，{plate}。" if plate else ""
    tail = f"大约{minutes}分钟到。" if minutes else ""
    assert text == f"{head}{tail}".strip()


@pytest.mark.parametrize("phrase", sorted(set(map(phrases, SCREENS))))
def test_spoken_words_have_no_signs(phrase: str) -> None:
    """What is spoken in Chinese consists of words and plain punctuation only."""
    for part in ("title", "text", "say"):
        if WORDS.has("zh-CN", f"{phrase}.{part}"):
            spoken = WORDS.text("zh-CN", f"{phrase}.{part}", dict.fromkeys(NAMES, "甲"))
            assert not set(spoken) & set("“”\"'()（）<>/*#·—-…~%")


NAMES = (
    "kind",
    *("place", "destination", "plate", "helper", "minutes", "elapsed", "reason", "by", "spot"),
    *("phones", "second", "title", "sentence", "n", "count", "mute", "number", "days"),
    *("band", "systolic", "diastolic", "temperature"),
)


def test_a_screen_is_read_as_whole_sentences() -> None:
    """Without words of its own for the voice, a screen is read as title and text."""
    words = Catalogue()
    assert words.spoken("zh-CN", "taxi.cancelling") == "正在取消。正在通知出租车公司，请稍等。"
    assert words.spoken("zh-CN", "idle.question").startswith("您还要用吗？不按键")


def test_what_never_changes_can_be_rendered_ahead() -> None:
    """Fixed phrases are finished sentences, one for each screen without values."""
    words = Catalogue()
    for language in words.languages:
        fixed = words.fixed(language)
        assert words.spoken(language, "fall.question") in fixed
        assert words.text(language, "say.fall.again") in fixed
        assert not any("{" in text for text in fixed)


def test_owners_of_phrases_have_files_of_their_own(tmp_path: Path) -> None:
    """The files of a language's folder are one catalogue; the same phrase in two is refused."""
    for language, text in (("zh-CN", "你好"), ("en", "Hello")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "a.toml").write_text(f'[say]\na = "{text}"\n', encoding="utf-8")
    (tmp_path / "zh-CN" / "b.toml").write_text('[say]\nb = "再见"\n', encoding="utf-8")
    words = Catalogue(tmp_path)
    assert (words.text("zh-CN", "say.a"), words.text("zh-CN", "say.b")) == ("你好", "再见")
    (problem,) = words.problems()
    assert "en/b.toml: say.b: not there; translate it from zh-CN/b.toml" in problem
    (tmp_path / "zh-CN" / "c.toml").write_text('[say]\na = "您好"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"c\.toml: say\.a: there already in .*a\.toml"):
        Catalogue(tmp_path)
