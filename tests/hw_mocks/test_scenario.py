"""Scenario files: what they may hold, and what is said about the mistakes in them."""

from __future__ import annotations

import re
import typing
import wave
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import Key
from agent.records import CommandReader
from agent.services.registry import REGISTRY
from hw_mocks import words
from hw_mocks.cli import main
from hw_mocks.scenario import BadScenario, Scenario, Step, load
from hw_mocks.workbench import packaged


def _load(folder: Path, text: str) -> Scenario:
    file = folder / "a.toml"
    file.write_text(dedent(text), encoding="utf-8")
    return load(file, packaged(), None)


def _mistakes(folder: Path, text: str) -> list[tuple[int, str]]:
    """Line and text of each mistake."""
    with pytest.raises(BadScenario) as caught:
        _load(folder, text)
    found = []
    for line in str(caught.value).splitlines():
        match = re.fullmatch(r".*/a\.toml:(\d+): (.*)", line)
        assert match, line
        found.append((int(match[1]), match[2]))
    return found


def test_steps_know_their_line_and_text(tmp_path: Path) -> None:
    """A step is told by its line and as it stands in the file."""
    scenario = _load(
        tmp_path,
        """\
        title = "two steps"
        [[step]]
        press = "up"
        [[step]]
        record = {kind = "bin.full", data = {bin = "north", percent = 90}}
        within = 7
        """,
    )
    assert [(move.line, move.text, move.within) for move in scenario.moves] == [
        (3, 'press = "up"', 20.0),
        (5, 'record = {kind = "bin.full", data = {bin = "north", percent = 90}}', 7.0),
    ]


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    """One reading finds every unknown step, key and device, and helps with the spelling."""
    text = """\
        title = "wrong"
        [[step]]
        pres = "enter"
        [[step]]
        press = "entr"
        [[step]]
        unplug = "bin_3"
        [[step]]
        screen = "taxi.confrm"
        [[step]]
        press = "up"
        screen = "home"
        [[step]]
        lamp = {device = "key_up", on = true}
        [[step]]
        within = 3
        """
    assert [line for line, _ in _mistakes(tmp_path, text)] == [3, 5, 7, 9, 10, 14, 15]
    told = "\n".join(text for _, text in _mistakes(tmp_path, text))
    for helpful in (
        "Did you mean 'press'?",
        "Did you mean 'enter'?",
        "Did you mean 'bin_2'?",
        "Did you mean 'taxi.confirm'?",
        "has press and screen",
        "does not work on a device of type 'button'",
        "does and expects nothing",
    ):
        assert helpful in told


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("wait = 1\nwithin = 3", "wait expects nothing"),
        ("silent = 6\nwithin = 2", "do not fit"),
        ('bytes = {device = "bin_1", hex = "F"}', "two hexadecimal digits"),
        ('bytes = {device = "camera", hex = "FF"}', "does not work on"),
        ('camera = {device = "camera", play = "no.mp4"}', "no such clip"),
        ('record = {kind = "bin.ful"}', "Did you mean 'bin.full'?"),
        ('upstream = "of"', "must be one of"),
        ("kill = false", "must be true"),
        ("wait = -1", "must be a number from 0"),
        ('speak = "no.wav"', "no such clip"),
        ("hear = {minimum_rms = 30}", "must be a number"),
        ('hear = {minimum_rms = 0.1, device = "defalt"}', "Did you mean 'default'?"),
        ('hold = {key = "enter"}', "the key 'seconds' is missing"),
        ('distance = {device = "bin_1", mm = "far"}', "must be"),
        ('unplug = "key_up"', "It works on: bin_1, bin_2, camera, speaker"),
    ],
)
def test_a_step_that_cannot_be_done_is_refused(tmp_path: Path, step: str, complaint: str) -> None:
    """A step that could never be played is refused before anything is started."""
    told = _mistakes(tmp_path, f'title = "x"\n[[step]]\n{step}\n')
    assert any(complaint in text for _, text in told), told


def test_settings_are_checked_as_those_of_a_kiosk(tmp_path: Path) -> None:
    """[settings] takes what kiosk.toml takes, in its limits."""
    text = """\
        title = "x"
        [settings.taxi]
        serch_s = 40
        [settings.fall]
        answer_s = 1
        [[step]]
        press = "up"
        """
    (unknown, first), (small, second) = _mistakes(tmp_path, text)
    assert (unknown, small) == (3, 5)
    assert "Did you mean 'search_s'?" in first
    assert "from 10 to 120" in second


def test_settings_may_add_a_device(tmp_path: Path) -> None:
    """A device that [settings] adds can be used in a step."""
    scenario = _load(
        tmp_path,
        """\
        title = "x"
        [settings.drivers.well]
        type = "ultrasonic_gpio"
        trigger = 20
        echo = 21
        [[step]]
        distance = {device = "well", mm = 400}
        """,
    )
    assert scenario.uses == {"well"}


def test_a_clip_is_looked_for_beside_the_file_first(tmp_path: Path) -> None:
    """Relative clips are those beside the scenario, then those of the data folder."""
    store = tmp_path / "falls"
    store.mkdir()
    for place in (store / "a.mp4", store / "b.mp4", tmp_path / "b.mp4"):
        place.touch()
    file = tmp_path / "a.toml"
    steps = [f'[[step]]\ncamera = {{device = "camera", play = "{name}.mp4"}}\n' for name in "ab"]
    file.write_text('title = "x"\n' + "".join(steps))
    moves = load(file, packaged(), store).moves
    assert [move.argument.play for move in moves] == [str(store / "a.mp4"), str(tmp_path / "b.mp4")]


def _say(file: Path, hz: int = 16_000) -> Path:
    """A WAV file with a moment of silence."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, hz, 0, "NONE", ""))
        sound.writeframes(bytes(320))
    return file


def test_what_is_spoken_is_looked_for_in_the_data_folder(tmp_path: Path) -> None:
    """Recordings are beside the scenario, or in speech/ beside the films."""
    (tmp_path / "data" / "falls").mkdir(parents=True)
    said = _say(tmp_path / "data" / "speech" / "words" / "是.wav")
    file = tmp_path / "a.toml"
    file.write_text('title = "x"\n[[step]]\nspeak = "words/是.wav"\n')
    scenario = load(file, packaged(), tmp_path / "data" / "falls")
    assert [move.argument for move in scenario.moves] == [said]
    assert scenario.speaks


@pytest.mark.parametrize("broken", ["rate", "kind"])
def test_what_the_microphone_cannot_say_is_refused(tmp_path: Path, broken: str) -> None:
    """Another rate, or no sound at all, is a mistake of the file and not of the kiosk."""
    sound = tmp_path / "a.wav"
    if broken == "rate":
        _say(sound, 44_100)
    else:
        sound.write_text("hello")
    told = _mistakes(tmp_path, 'title = "x"\n[[step]]\nspeak = "a.wav"\n')
    assert any(("16000" if broken == "rate" else "no WAV file") in text for _, text in told)


PRINTER = """
[settings.drivers.printer]
type = "slip_printer"
port = "/dev/usb/lp0"
"""


def test_every_example_of_the_words_is_a_step(tmp_path: Path) -> None:
    """`linli-sim words` shows nothing that a file could not hold, and no step is left out."""
    assert [*words.ACTION_STEPS, *words.EXPECT_STEPS] == list(Step.__struct_fields__[:-1])
    (tmp_path / "Subject1_Fall_13.mp4").touch()
    _say(tmp_path / "words" / "是.wav")
    for word, (example, _) in {**words.ACTION_STEPS, **words.EXPECT_STEPS}.items():
        (move,) = _load(tmp_path, f'title = "x"\n{PRINTER}\n[[step]]\n{example}\n').moves
        assert move.word == word


def test_the_words_are_those_of_the_daemon() -> None:
    """Keys, records and commands are the ones that drivers and services use."""
    hints = typing.get_type_hints(Key, include_extras=True)
    assert set(words.KEYS) == set(typing.get_args(hints["key"]))
    assert {"taxi.requested", "fall.alarm", "bin.full", "command.rejected"} <= set(words.RECORDS)
    assert words.RECORDS["bin.level"] == "bin, percent, mm, full_in_h"
    reader = CommandReader(kind for one in REGISTRY.values() for kind in one.commands)
    for kind, data in words.COMMANDS.items():
        about = words.about(kind)
        named = {about: "x"} if about else {}
        assert reader.read(kind, {**named, **data}).kind == kind


def test_words_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody can write a scenario from what the command prints."""
    assert main(["words"]) == 0
    printed = capsys.readouterr().out
    for word in ("key_help", "taxi.to.tongren", "fall.question", "bin.restored", "drop_replies"):
        assert word in printed


def test_bad_files_are_refused_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With mistakes in any file the exit status is 2 and no kiosk is started."""
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('title = "x"\n[[step]]\npress = "up"\n')
    bad.write_text('title = "x"\n[[step]]\npress = "upp"\n')
    assert main(["run", str(good), str(bad), str(tmp_path / "none.toml")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{bad}:3: " in told.err
    assert "none.toml: no such file" in told.err
    assert main(["run", "--check", str(good)]) == 0


_LINES = st.lists(
    st.sampled_from(
        [
            "[[step]]",
            "[settings]",
            'title = "x"',
            'press = "up"',
            "press = 3",
            "wait = nan",
            "within = 2",
            'lamp = {device = "x"}',
            "record = []",
            "[settings.drivers]",
            "step = 3",
            'camera = {device = "bin_1", play = "/"}',
            "drivers = 1",
            "x.y = 2",
        ]
    )
    | st.text(max_size=30),
    max_size=12,
)


@given(_LINES)
def test_no_text_is_too_strange(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """Whatever is written, it is a scenario or is refused with reasons."""
    file = tmp_path_factory.getbasetemp() / "strange.toml"
    file.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    try:
        load(file, packaged(), None)
    except BadScenario as error:
        assert str(error).strip()
