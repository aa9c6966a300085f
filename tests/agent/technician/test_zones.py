"""`linli zones` without its page: which camera, what it sees, what is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.configuration import Settings, load
from agent.contract.driver import Site
from agent.technician.zones import ZoneDesk, choose_camera
from config.reader import Layer, understand
from drivers import SETTINGS
from drivers.camera import CameraSettings
from drivers.vision.zones import Zone
from hw_mocks.devices.camera import MockCamera
from hw_mocks.pins import MockPins
from kiosk_ui.zones import Drawn, Unable

HEAD = """
[kiosk]
id = "test-01"
place = "xinjing-sancun"
[upstream]
url = "http://127.0.0.1:8482"
"""
HALL = """
[drivers.hall]
type = "camera"
source = "/dev/video77"
"""
BED = Drawn(name='床 "A" \\', kind="bed", polygon=[(0.2, 0.6), (0.7, 0.6), (0.4567, 1)])
DOOR = Drawn(name="门", kind="private", polygon=[(0.7, 0), (1, 0), (1, 1)])
BOW = Drawn(name="窗", kind="private", polygon=[(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A kiosk.toml with one camera, and the folder of its drop-ins."""
    (tmp_path / "kiosk.d").mkdir()
    return written(tmp_path / "kiosk.toml", HEAD + HALL)


def written(path: Path, text: str) -> Path:
    """The file, with *text* in it."""
    path.write_text(text, encoding="utf-8")
    return path


def settings_of(path: Path) -> Settings:
    """What is in force."""
    settings = load(path).settings
    assert settings is not None
    return settings


def desk(path: Path, drop_in: str | None = None, site: Site | None = None) -> ZoneDesk:
    """The desk of the hall's camera; *drop_in* is a name in kiosk.d."""
    target = path.with_suffix(".d") / drop_in if drop_in else None
    site = site or Site(path.parent, path.parent)
    return ZoneDesk(path, settings_of(path), "hall", site, target)


def zones_of(path: Path) -> list[Zone]:
    """The zones of the hall's camera that are in force."""
    hall = settings_of(path).drivers["hall"].settings
    assert isinstance(hall, CameraSettings)
    return hall.zones


# -- which camera --------------------------------------------------------------------------


def test_the_only_camera_need_not_be_named(path: Path) -> None:
    """One camera is meant by saying nothing, or by its name."""
    assert choose_camera(settings_of(path), None) == "hall"
    assert choose_camera(settings_of(path), "hall") == "hall"


@pytest.mark.parametrize(
    ("drivers", "words", "said"),
    [
        ("", [], "no camera in the configuration. Add [drivers.camera]"),
        (HALL, ["--camera", "hal"], "no camera 'hal' under [drivers]. Did you mean 'hall'?"),
        (HALL + HALL.replace("hall", "room"), [], "several cameras. Add --camera: hall, room."),
        (HALL.replace("source", "sauce"), [], "Did you mean 'source'?"),
        (HALL, ["--write", "zones.toml"], "kiosk.d/60-zones.toml"),
    ],
)
def test_wrong_input_is_explained(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    drivers: str,
    words: list[str],
    said: str,
) -> None:
    """No camera, several, an unknown name, a bad file, a useless drop-in: exit 2 and a remedy."""
    path = written(tmp_path / "kiosk.toml", HEAD + drivers)
    assert main(["zones", "--config", str(path), *words]) == 2
    assert said in capsys.readouterr().err


def test_missing_camera_is_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A device that is not there ends the command with 1 and the reason."""
    assert main(["zones", "--config", str(path), "--models", str(path.parent)]) == 1
    shown = capsys.readouterr()
    assert "'/dev/video77' is not there; check the camera's cable" in shown.err
    assert "systemctl stop linli" in shown.err
    assert "linli models fetch" in shown.out


def test_busy_camera_says_to_stop_the_kiosk(tmp_path: Path) -> None:
    """A device that another program holds gives no picture: who that may be is said."""
    path = written(tmp_path / "kiosk.toml", HEAD + HALL.replace("/dev/video77", "99"))
    with pytest.raises(Unable, match=r"no picture.*another program.*systemctl stop linli"):
        desk(path).look([])


def test_passwords_are_not_shown(tmp_path: Path) -> None:
    """The address of a camera that does not answer is shown without its password."""
    address = "rtsp://admin:geheim@127.0.0.1:9/live"
    path = written(tmp_path / "kiosk.toml", HEAD + HALL.replace("/dev/video77", address))
    with pytest.raises(Unable, match=r"127\.0\.0\.1:9/live.*no picture") as caught:
        desk(path).look([])
    assert "geheim" not in str(caught.value)


# -- looking -------------------------------------------------------------------------------


@pytest.fixture
def mock() -> Iterator[MockCamera]:
    """A camera that shows an empty room."""
    camera = MockCamera()
    yield camera
    camera.close()


def test_private_zones_are_not_looked_at(mock: MockCamera, tmp_path: Path) -> None:
    """The room is drawn, black in a private zone; with a flawed one nothing is."""
    path = written(tmp_path / "kiosk.toml", HEAD + HALL.replace("/dev/video77", mock.url))
    whole = Drawn(name="全", kind="private", polygon=[(0, 0), (1, 0), (1, 1), (0, 1)])
    assert desk(path).look([])["lines"]
    assert desk(path).look([whole])["lines"] == []
    with pytest.raises(Unable, match="Mend the private zones first"):
        desk(path).look([BOW])


def test_the_shutter_is_obeyed(mock: MockCamera, tmp_path: Path) -> None:
    """Behind a closed privacy shutter nothing is looked at; behind an open one it is."""
    shutter = '[drivers.shutter]\ntype = "contact"\npin = 16\n[fall]\nshutter = "shutter"\n'
    fall = HEAD + HALL.replace("/dev/video77", mock.url) + shutter
    pins = MockPins()
    path = written(tmp_path / "kiosk.toml", fall)
    closed = desk(path, site=Site(tmp_path, tmp_path, pins.factory))
    with pytest.raises(Unable, match=r"shutter is closed\. Open it"):
        closed.look([])
    pins.press(16)
    assert closed.look([])["lines"]


def test_mounting_gives_a_guide(mock: MockCamera, tmp_path: Path) -> None:
    """Where it is known how the camera hangs, standing bodies come with the sketch."""
    source = HEAD + HALL.replace("/dev/video77", mock.url)
    path = written(tmp_path / "kiosk.toml", source)
    assert "guide" not in desk(path).look([])
    written(path, source + "[drivers.hall.mounting]\nheight_m = 2.4\ntilt_deg = 10\n")
    marks = desk(path).look([])["guide"]
    assert [metres for metres, _, _ in marks["bodies"]] == [4.0, 6.0]
    assert 0 < marks["horizon"] < 0.5


def test_half_a_mounting_names_what_is_missing(tmp_path: Path) -> None:
    """All or nothing: the key that is not there is told, with what it may be."""
    path = written(
        tmp_path / "kiosk.toml", HEAD + HALL + "[drivers.hall.mounting]\ntilt_deg = 10\n"
    )
    problems = [str(problem) for problem in load(path).kiosk.problems]
    assert len(problems) == 1
    assert "the key 'height_m' is missing" in problems[0]
    assert "Add height_m = … (a number from 0.5 to 6)" in problems[0]


# -- checking and writing ------------------------------------------------------------------


def test_toml_reads_back_as_drawn(path: Path) -> None:
    """What the page shows is exactly what the reader of kiosk.toml takes, rounded to 1/1000."""
    verdict = desk(path).check([BED, DOOR])
    assert verdict.flaws == []
    layers = [Layer("kiosk.toml", HEAD + HALL), Layer("60-zones.toml", verdict.toml)]
    hall = understand(layers, Settings, registry=SETTINGS).require().drivers["hall"].settings
    assert isinstance(hall, CameraSettings)
    assert [(zone.name, zone.kind) for zone in hall.zones] == [(BED.name, "bed"), ("门", "private")]
    assert hall.zones[0].polygon == [(0.2, 0.6), (0.7, 0.6), (0.457, 1)]
    pasted = HEAD + HALL + verdict.toml
    assert understand([Layer("kiosk.toml", pasted)], Settings, registry=SETTINGS).problems == ()


def test_flaws_name_their_zone_and_the_remedy(path: Path) -> None:
    """There is no TOML until every zone is right; each flaw is told as `linli check` would."""
    table = Drawn(name="", kind="tabel", polygon=[(0, 0), (2, 0), (1, 1)])
    verdict = desk(path).check([BED, BOW, table])
    assert verdict.toml == ""
    assert [flaw.zone for flaw in verdict.flaws] == [1, 2]
    assert verdict.flaws[0].text == (
        "zone '窗': its lines cross. Set the corners in their order around the place."
    )
    assert "kind must be one of" in verdict.flaws[1].text
    assert "polygon must be a number from 0 to 1" in verdict.flaws[1].text


def test_written_zones_are_in_force(path: Path) -> None:
    """The drop-in replaces the zones of kiosk.toml, again and again; none at all is possible."""
    old = '[[drivers.hall.zones]]\nname = "旧"\nkind = "sofa"\npolygon = [[0, 0], [1, 0], [1, 1]]\n'
    written(path, HEAD + HALL + old)
    mine = desk(path, "60-zones.toml")
    assert [zone.name for zone in mine.zones] == ["旧"]
    said = mine.write([BED, DOOR])
    assert "systemctl restart linli" in said
    assert [zone.name for zone in zones_of(path)] == [BED.name, "门"]
    desk(path, "60-zones.toml").write([])
    assert zones_of(path) == []


def test_nothing_wrong_is_written(path: Path) -> None:
    """Zones with flaws do not reach the disk."""
    with pytest.raises(Unable, match="mend the zones first"):
        desk(path, "60-zones.toml").write([BOW])
    assert list(path.with_suffix(".d").iterdir()) == []


def test_other_settings_are_not_overwritten(path: Path) -> None:
    """A drop-in that holds anything else, another camera's zones too, is refused and kept."""
    drop_in = written(path.with_suffix(".d") / "60-zones.toml", "[drivers.hall]\nwidth = 320\n")
    with pytest.raises(ValueError, match=r"holds more than the zones of hall; .*60-zones-hall"):
        desk(path, "60-zones.toml")
    mine = desk(path, "70-mine.toml")
    mine.write([BED])
    written(path.with_suffix(".d") / "70-mine.toml", '[kiosk]\nid = "other"\n')
    with pytest.raises(Unable, match=r"Not written: .*holds more"):
        mine.write([DOOR])
    assert drop_in.read_text() == "[drivers.hall]\nwidth = 320\n"


def test_a_later_file_is_named(path: Path) -> None:
    """Where a later drop-in has zones of its own, the file and line are told."""
    later = path.with_suffix(".d") / "90-last.toml"
    written(later, "\n[drivers.hall]\nzones = []\n")
    with pytest.raises(Unable, match=r"without effect: .*90-last\.toml:3 overrules it; remove"):
        desk(path, "60-zones.toml").write([BED])
