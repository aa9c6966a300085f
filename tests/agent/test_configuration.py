"""kiosk.toml as a whole: the packaged one is right, and mistakes are all explained at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from agent.cli import main
from agent.configuration import keep, load
from kiosk_ui.phrases import FOLDER as PHRASES

PACKAGED = Path(__file__).parents[2] / "config" / "kiosk.toml"

MISTAKES = """
[kiosk]
id = "gate 7"
place = "xinjing-sanchun"
idle = 60
[upstream]
url = "http://example.com"
[taxi]
lamp = "bin_1"
valid_s = 600
[bins.north]
name = "北门"
device = "bin1"
empty_mm = 300
full_mm = 1800
[drivers.bin_1]
type = "ultrasonic_serial"
port = "/dev/ttyUSB0"
protocol = "a02"
[drivers.key_up]
type = "buton"
pin = 5
[drivers.key_enter]
type = "button"
pin = 6
key = "Enter"
[drivers.key_back]
type = "button"
pin = 6
key = "back"
"""


def test_packaged_configuration_is_right() -> None:
    """What a technician copies has no mistake in it."""
    configuration = load(PACKAGED)
    assert configuration.problems == ()
    assert configuration.settings is not None


def test_every_mistake_is_listed_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`linli check` names file, line, place, value and remedy of each mistake, and exits 2."""
    path = tmp_path / "kiosk.toml"
    path.write_text(MISTAKES)
    assert main(["check", "--config", str(path)]) == 2
    printed = capsys.readouterr().out
    for line in (
        "kiosk.toml:3: kiosk.id:",
        "Did you mean 'xinjing-sancun'?",
        "Did you mean 'idle_s'?",
        "kiosk.toml:6: upstream:",
        "kiosk.toml:9: taxi.lamp: there is no lamp, buzzer or relay of this name",
        "kiosk.toml:10: taxi.valid_s:",
        "kiosk.toml:13: bins.north.device: there is no distance sensor of this name",
        "Did you mean 'button'?",
        "Did you mean 'enter'?",
        "kiosk.toml:29: drivers.key_back.pin: taken already by drivers.key_enter.pin",
    ):
        assert line in printed, printed


def test_missing_file_is_said_with_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong --config is a sentence, not a traceback."""
    assert main(["check", "--config", str(tmp_path / "kiosk.toml")]) == 2
    assert "kiosk.toml" in capsys.readouterr().out


def test_show_config_names_the_line_of_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    """`linli show-config` prints each value with the file and line it comes from, or default."""
    assert main(["show-config", "--config", str(PACKAGED)]) == 0
    printed = capsys.readouterr().out
    assert "bins.north.empty_mm" in printed and "kiosk.toml:" in printed
    assert "bins.south.clear_percent" in printed and "default" in printed


def test_last_good_configuration_steps_in(tmp_path: Path) -> None:
    """A configuration that worked stays in force when the file is then broken."""
    path = tmp_path / "kiosk.toml"
    path.write_text(PACKAGED.read_text())
    keep(load(path), tmp_path)
    path.write_text(MISTAKES)
    configuration = load(path, kept=tmp_path)
    assert configuration.problems
    assert configuration.settings is not None
    assert configuration.settings.kiosk.id == "bxj-demo-01"


def test_kept_configuration_is_not_taken_from_a_file_with_mistakes(tmp_path: Path) -> None:
    """Running on the last good configuration does not overwrite it with a bad one."""
    path = tmp_path / "kiosk.toml"
    path.write_text(MISTAKES)
    keep(load(path), tmp_path)
    assert load(path, kept=tmp_path).settings is None


def test_own_places_lie_beside_kiosk_toml(tmp_path: Path) -> None:
    """A places.toml beside kiosk.toml is used, and its mistakes are listed too."""
    path = tmp_path / "kiosk.toml"
    path.write_text(PACKAGED.read_text())
    (tmp_path / "places.toml").write_text('favourites = ["x"]\n')
    problems = [str(problem) for problem in load(path).problems]
    assert any("places.toml" in problem for problem in problems)


def test_keys_under_their_old_names_still_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kiosk.toml of an older release goes on working; `linli check` says the new names."""
    path = tmp_path / "kiosk.toml"
    text = PACKAGED.read_text()
    for line in ('camera_lamp = "lamp_camera"', 'microphone_lamp = "lamp_listen"', 'shutter = ""'):
        text = text.replace(line, "")
    text = text.replace("[fall]", '[fall]\ncamera_lamp = "lamp_camera"\nshutter = "door"')
    text = text.replace("[speech]", '[speech]\nlamp = "lamp_listen"', 1)
    text += '[drivers.door]\ntype = "contact"\npin = 16\n'
    path.write_text(text)
    configuration = load(path)
    assert [str(problem) for problem in configuration.problems] == []
    privacy = configuration.settings.privacy  # type: ignore[union-attr]
    assert privacy.shutter == "door"
    assert (privacy.camera_lamp, privacy.microphone_lamp) == ("lamp_camera", "lamp_listen")
    assert main(["check", "--config", str(path)]) == 0
    assert "fall.shutter: is now called privacy.shutter" in capsys.readouterr().out


def test_last_good_is_the_whole_set(tmp_path: Path) -> None:
    """A typo in places.toml: this site's own places, articles and words stay in force."""
    path = tmp_path / "kiosk.toml"
    path.write_text(PACKAGED.read_text())
    places = tmp_path / "places.toml"
    places.write_text(
        PACKAGED.with_name("places.toml").read_text().replace('"62580000"', '"62580001"')
    )
    (tmp_path / "articles.toml").write_text(
        '[[article]]\nid = "own"\ntitle = "本站"\nparagraphs = ["本站的话。"]\n'
    )
    words = tmp_path / "phrases"
    shutil.copytree(PHRASES, words)
    kept = tmp_path / "data"
    keep(load(path), kept)
    places.write_text("favourites = [\n")
    shutil.rmtree(words)
    configuration = load(path, kept=kept)
    assert configuration.from_last_good
    assert configuration.places is not None
    assert "62580001" in [phone.number for phone in configuration.places.phone]
    assert [article.id for article in configuration.articles.article] == ["own"]
    assert kept in configuration.phrases.parents
    assert "places.toml" in str(configuration.problems[0])


def test_what_an_earlier_version_kept_is_used_with_sound_files_beside(tmp_path: Path) -> None:
    """last-good.json had kiosk.toml alone; with broken places there is then no last good set."""
    path = tmp_path / "kiosk.toml"
    path.write_text(MISTAKES)
    layers = [[str(path), PACKAGED.read_text()]]
    (tmp_path / "last-good.json").write_bytes(msgspec.json.encode(layers))
    configuration = load(path, kept=tmp_path)
    assert configuration.settings is not None
    assert configuration.settings.kiosk.id == "bxj-demo-01"
    (tmp_path / "places.toml").write_text("favourites = [\n")
    assert load(path, kept=tmp_path).settings is None


def test_buses_and_their_members(tmp_path: Path) -> None:
    """A bus's port is its own, and a member names a bus that there is."""
    path = tmp_path / "kiosk.toml"
    more = """
[buses.meters]
port = "/dev/ttyUSB0"
[drivers.bin_9]
type = "ultrasonic_serial"
port = "/dev/ttyUSB0"
"""
    path.write_text(PACKAGED.read_text() + more)
    assert any("taken already by buses.meters.port" in str(one) for one in load(path).problems)
