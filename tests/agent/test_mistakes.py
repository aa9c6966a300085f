"""A hundred and more mistakes of technicians: each is said with its place and its remedy."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.configuration import load
from config.files import LARGEST

CONFIG = Path(__file__).parents[2] / "config"
MISTAKES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text(encoding="utf-8"))
_NEAR = 6
"""Lines: no further apart than a table is long."""
NUMBERED = list(enumerate(MISTAKES["mistake"], 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A kiosk's configuration: the packaged files, with a folder for drop-ins."""
    for name in ("kiosk.toml", "places.toml"):
        (tmp_path / name).write_bytes((CONFIG / name).read_bytes())
    (tmp_path / "kiosk.d").mkdir()
    return tmp_path


def said(folder: Path, machine: Path | None = None) -> list[str]:
    """All that `linli check` says; cautions begin with !."""
    found = load(folder / "kiosk.toml", models=folder / "MODELS", machine=machine or folder)
    sentences = [*map(str, found.problems), *(f"!{caution}" for caution in found.cautions)]
    return [sentence.replace(f"{folder}/", "") for sentence in sentences]


def relative(sentence: str, changed: int) -> str:
    """The sentence with what other changes of the packaged files would alter left open: lines as
    their distance from the *changed* one, where that is small, and lists of all there is."""

    def near(match: re.Match[str]) -> str:
        distance = int(match[1]) - changed
        return f".toml:{f'@{distance:+d}' if abs(distance) <= _NEAR else 'LINE'}: "

    sentence = re.sub(r"\.toml:(\d+): ", near, sentence)
    sentence = re.sub(r"column (?:[4-9]\d|\d{3})", "column END", sentence)
    sentence = re.sub(r"(Known (?:types|keys): )[^.]*", r"\1…", sentence)
    sentence = re.sub(r"(must be one of )('[^']*', ){6,}'[^']*'", r"\1…", sentence)
    return re.sub(r"(type = … \(one of )[^)]*", r"\1…", sentence)


@pytest.mark.parametrize("mistake", [m for _, m in NUMBERED], ids=[str(n) for n, _ in NUMBERED])
def test_a_mistake_is_said_with_place_and_remedy(mistake: dict[str, Any], folder: Path) -> None:
    """Exactly these sentences: nothing is hidden, and nothing is made up behind it."""
    path = folder / mistake["file"]
    text = path.read_text(encoding="utf-8")
    assert mistake["old"] in text
    changed = text[: text.index(mistake["old"])].count("\n") + 1
    path.write_text(text.replace(mistake["old"], mistake["new"], 1), encoding="utf-8")
    assert [relative(sentence, changed) for sentence in said(folder)] == mistake["says"]


def test_every_sentence_has_a_place_and_a_remedy() -> None:
    """A file, and at least two sentences: what is wrong, and what to do."""
    for mistake in MISTAKES["mistake"]:
        for sentence in mistake["says"]:
            assert re.match(r"!?(kiosk|places)\.toml(:(@[+-]\d|LINE))?: ", sentence), sentence


# -- files ---------------------------------------------------------------------------------


def in_gbk(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))


def in_utf16(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_huge(path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(LARGEST + 1)


def as_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", ["kiosk.toml", "places.toml", "kiosk.d/10-site.toml"])
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (in_gbk, "this is GBK text, not UTF-8. Save it as UTF-8: iconv -f GBK -t UTF-8"),
        (in_utf16, "this is UTF-16 text, not UTF-8. Save it as UTF-8: iconv -f UTF-16"),
        (as_pipe, "this is a pipe, socket or device. Put a text file there."),
        (as_folder, "this is a folder. Put a text file there."),
        (as_huge, "this file has 1,048,577 bytes; at most 1,048,576 are read."),
        (as_nothing, "no such file or directory. Check the path and its rights."),
    ],
)
def test_a_file_that_is_no_text_is_refused_at_once(
    folder: Path, name: str, spoil: Callable[[Path], None], sentence: str
) -> None:
    """Whichever file it is and whatever lies there; nothing is waited for."""
    path = folder / name
    if not path.exists():
        path.write_text('[bins.north]\nname = "北门"\n', encoding="utf-8")
    spoil(path)
    if name == "places.toml" and spoil is as_nothing:
        assert said(folder) == []  # as if there were none: the packaged places
        return
    assert any(f"{name}: {sentence}" in one for one in said(folder)), said(folder)


def test_other_mistakes_of_a_file_in_gbk_are_found_too(folder: Path) -> None:
    """The encoding is one problem, what stands in the file another."""
    path = folder / "kiosk.toml"
    path.write_text(
        path.read_text().replace("pin = 5 ", "pin = 55 ").replace("pin = 5\n", "pin = 55\n")
    )
    in_gbk(path)
    sentences = said(folder)
    assert len(sentences) == 2
    assert "drivers.key_up.pin: must be a whole number" in sentences[1]


def test_one_error_of_syntax_hides_no_mistake_of_another_file(folder: Path) -> None:
    """A list that is not closed in one file; in the others everything is found."""
    path = folder / "kiosk.toml"
    path.write_text(path.read_text().replace("[bins.south]", "x = [1,\n[bins.south]"))
    (folder / "kiosk.d" / "10.toml").write_text(
        '[taxi]\nvalid = 5\n[drivers.key_six]\ntype = "button"\npin = 5\nkey = "help"\n'
    )
    places = folder / "places.toml"
    places.write_text(places.read_text().replace('"tongren",', '"tongrem",'))
    sentences = " ".join(said(folder))
    assert "a list is not closed" in sentences
    assert "10.toml:2: taxi.valid: unknown key" in sentences
    assert "10.toml:5: drivers.key_six.pin: taken already by drivers.key_up.pin" in sentences
    assert "places.toml:23: favourites[1]: there is no place of this name" in sentences
    assert len(said(folder)) == 4


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("10-site.tml", "does not end in .toml. Rename it to 10-site.toml"),
        ("10-site.toml.bak", "does not end in .toml. Rename it to 10-site.toml"),
        ("10-site.TOML", "does not end in .toml. Rename it to 10-site.toml"),
    ],
)
def test_a_drop_in_that_is_not_read_is_said(folder: Path, name: str, sentence: str) -> None:
    """A name that does not end in .toml: the file is not read, and the technician learns it."""
    (folder / "kiosk.d" / name).write_text("")
    (one,) = said(folder)
    assert one.startswith(f"!kiosk.d/{name}: this is not read")
    assert sentence in one


def test_a_file_in_place_of_the_folder_is_said(folder: Path) -> None:
    """kiosk.d is a file: what is in it is not read."""
    (folder / "kiosk.d").rmdir()
    (folder / "kiosk.d").write_text("[kiosk]\n")
    (one,) = said(folder)
    assert one.startswith("kiosk.d: this is not a folder, so it is not read.")


# -- the machine ---------------------------------------------------------------------------


def with_pin(folder: Path, pin: int) -> list[str]:
    path = folder / "kiosk.toml"
    path.write_text(path.read_text().replace("pin = 5\n", f"pin = {pin}\n"))
    return said(folder)


@pytest.mark.parametrize(
    ("pin", "line", "bus"),
    [
        (2, "dtparam=i2c_arm=on", "I2C"),
        (8, "dtparam = spi=on # display", "SPI"),
        (15, "enable_uart=1", "UART"),
        (4, "dtoverlay=w1-gpio,gpiopin=4", "1-Wire"),
    ],
)
def test_pins_that_the_pi_itself_uses(folder: Path, pin: int, line: str, bus: str) -> None:
    """config.txt tells whether a bus is on: then its pins are taken, else they are free."""
    firmware = folder / "boot" / "firmware"
    firmware.mkdir(parents=True)
    (firmware / "config.txt").write_text(f"# {line}\n")
    assert with_pin(folder, pin) == []
    (firmware / "config.txt").write_text(f"{line}\n")
    (one,) = said(folder)
    assert f"GPIO{pin} is used by {bus}, which is switched on; got {pin}." in one
    assert "Use another pin, or switch" in one


def test_a_serial_port_on_the_header_takes_its_pins(folder: Path) -> None:
    """A sensor on /dev/serial0 and a key on GPIO14 do not go together."""
    path = folder / "kiosk.toml"
    path.write_text(path.read_text().replace("/dev/serial/by-id/usb-bin_1", "/dev/serial0"))
    (one,) = with_pin(folder, 14)
    assert "GPIO14 is used by UART" in one


def test_the_same_device_under_two_names(folder: Path) -> None:
    """Two adapters of one identity: both names lead to one device."""
    links = folder / "dev" / "serial" / "by-id"
    links.mkdir(parents=True)
    for name in ("usb-bin_1", "usb-bin_2"):
        (links / name).symlink_to("../../ttyUSB0")
    (one,) = said(folder)
    assert "drivers.bin_2.port: this is the same device as drivers.bin_1.port" in one


def test_a_camera_by_number_and_by_name(folder: Path) -> None:
    """0 and /dev/video0 are one camera."""
    (folder / "kiosk.d" / "hall.toml").write_text('[drivers.hall]\ntype = "camera"\nsource = "0"\n')
    (one,) = said(folder)
    assert "drivers.hall.source: this is the same device as drivers.camera.source" in one


def test_a_token_that_the_service_may_not_read(folder: Path) -> None:
    """What root can open says nothing about the service."""
    token = folder / "token"
    token.mkdir()
    path = folder / "kiosk.toml"
    path.write_text(path.read_text().replace('token_file = ""', f'token_file = "{token}"'))
    (one,) = said(folder)
    assert "upstream.token_file: this is no file" in one
    assert "sudo install -o linli -g linli -m 600" in one


def test_cautions_have_a_status_of_their_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0: all is well; 1: the kiosk starts, but look; 2: it does not."""
    path = folder / "kiosk.toml"
    words = ["check", "--config", str(path), "--models", str(folder)]
    assert main(words) == 0
    assert "all is well" in capsys.readouterr().out
    text = path.read_text()
    path.write_text(text.replace('guard_phone = ""', 'guard_phone = "12"'))
    assert main(words) == 1
    assert "the kiosk starts, but look at the above" in capsys.readouterr().out
    path.write_text(text.replace('guard_phone = ""', "guard_phone = 12"))
    assert main(words) == 2
