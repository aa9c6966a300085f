"""The units: what systemd thinks of them, and that they fit the program and its installer."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.cli import main
from agent.paths import MODELS

PROJECT = Path(__file__).parents[2]
UNITS = sorted((PROJECT / "systemd").glob("*.service"))
DAEMON = PROJECT / "systemd" / "linli.service"
BROWSER = PROJECT / "systemd" / "linli-browser.service"
EXPOSURE = 2.0
"""Of `systemd-analyze security`: 0 is locked up, 10 is wide open."""

Unit = dict[str, list[str]]


def parsed(path: Path) -> Unit:
    """Every key of a unit with all its values, in their order."""
    unit: Unit = {}
    text = path.read_text(encoding="utf-8").replace("\\\n", "")
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        unit.setdefault(key, []).append(value)
    return unit


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, which says what it does not like on either stream."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    return subprocess.run(
        [program, "--no-pager", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=30,
    )


def in_words(unit: Path) -> str:
    return unit.stem


@pytest.mark.parametrize("path", UNITS, ids=in_words)
def test_systemd_understands_every_line(path: Path, tmp_path: Path) -> None:
    """No key is unknown, no value wrong; the programs of a kiosk are not on this machine."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(), flags=re.MULTILINE)
    copy = tmp_path / path.name
    copy.write_text(text)
    said = analyze("verify", "--man=no", str(copy)).stdout
    assert [line for line in said.splitlines() if path.name in line] == []


@pytest.mark.parametrize("path", UNITS, ids=in_words)
def test_it_is_locked_up(path: Path) -> None:
    """The exposure that systemd computes stays within the limit."""
    said = analyze("security", "--offline=true", str(path)).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) <= EXPOSURE, said


@pytest.mark.parametrize("path", [DAEMON, BROWSER], ids=in_words)
def test_it_comes_back_for_ever(path: Path) -> None:
    """Whatever ends it, it is started again, however often that was."""
    unit = parsed(path)
    assert unit["Restart"] == ["always"]
    assert unit["StartLimitIntervalSec"] == ["0"]
    assert float(unit["RestartSec"][0]) <= 2


def test_the_daemon_waits_for_nothing() -> None:
    """A kiosk without network, and with a wrong clock, starts all the same."""
    unit = parsed(DAEMON)
    waits_for = " ".join(unit.get("After", []) + unit.get("Wants", []) + unit.get("Requires", []))
    assert "network" not in waits_for
    assert "time" not in waits_for


def test_a_device_may_be_plugged_in_at_any_time() -> None:
    """The module of each class of devices that it may open is loaded before it starts: systemd
    looks a class up when the unit starts, and refuses what it does not know then."""
    unit = parsed(DAEMON)
    modules = {
        "char-ttyUSB": "usbserial",
        "char-ttyACM": "cdc_acm",
        "char-video4linux": "videodev",
        "char-alsa": "snd",
    }
    built_in = {"char-gpiochip", "char-ttyAMA", "char-ttyS", "char-input", "char-usb"}
    for allowed in unit["DeviceAllow"]:
        kind = allowed.split()[0]
        if kind not in built_in:
            for key in ("Wants", "After"):
                assert f"modprobe@{modules[kind]}.service" in " ".join(unit[key])


def test_what_is_no_serial_port_may_be_opened_too() -> None:
    """Scanners that type, USB keypads and the headset's jack; printers on USB (/dev/usb/lp0)."""
    allowed = parsed(DAEMON)["DeviceAllow"]
    assert {"char-input rw", "char-usb rw"} <= set(allowed)
    install = (DAEMON.parents[1] / ".ci" / "install").read_text(encoding="utf-8")
    groups = re.search(r"^user linli \S+ (.*)$", install, re.MULTILINE)
    assert groups and {"input", "lp"} <= set(groups[1].split())


def test_every_command_looks_for_models_where_the_unit_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What `linli models fetch` fetches is where `linli run` reads, without an option."""
    command = parsed(DAEMON)["ExecStart"][0].split()
    assert command[command.index("--models") + 1] == str(MODELS)
    for name in ("run", "models", "doctor", "zones"):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert f"[{MODELS}]" in capsys.readouterr().out


def test_the_daemon_is_watched() -> None:
    """systemd waits for its word that it is ready, and ends it when it falls silent."""
    unit = parsed(DAEMON)
    assert unit["Type"] == ["notify"]
    assert 5 <= float(unit["WatchdogSec"][0]) <= 60


def test_the_daemon_is_started_with_words_that_it_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each option of the unit's command is one that `linli run --help` lists."""
    command = parsed(DAEMON)["ExecStart"][0].split()
    with pytest.raises(SystemExit):
        main([command[1], "--help"])
    known = re.findall(r"--[a-z-]+", capsys.readouterr().out)
    assert {word for word in command if word.startswith("--")} <= set(known)


def test_no_picture_reaches_the_disk_behind_our_back() -> None:
    """Neither by a core dump nor by swapped memory."""
    unit = parsed(DAEMON)
    assert unit["LimitCORE"] == ["0"]
    assert unit["MemorySwapMax"] == ["0"]


def test_the_browser_reaches_this_machine_only() -> None:
    """The page is all that the browser can load, and the graphics card all that it can open."""
    unit = parsed(BROWSER)
    assert unit["IPAddressDeny"] == ["any"]
    assert unit["IPAddressAllow"] == ["localhost"]
    assert unit["DeviceAllow"] == ["char-drm rw"]
    assert unit["User"] != parsed(DAEMON)["User"]
