"""`linli doctor` advises a technician: one line a finding, with what was seen and what to do."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.technician.doctor.examine import examine
from agent.technician.doctor.finding import Finding, Machine
from config.rights import User

PACKAGED = Path(__file__).parents[3] / "config" / "kiosk.toml"
SERVICE = User("linli", 12345, frozenset({54321}))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine on which everything is well, as far as files can tell."""
    for path, text in {
        "proc/meminfo": "MemTotal:  3885000 kB\n",
        "proc/asound/cards": " 0 [Device         ]: USB-Audio - USB Audio\n",
        "proc/asound/pcm": "00-00: USB Audio : : playback 1 : capture 1\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
        "sys/class/thermal/thermal_zone0/temp": "51000\n",
        "sys/block/mmcblk0/device/life_time": "0x01 0x01\n",
        "sys/fs/ext4/mmcblk0p2/errors_count": "0\n",
        "dev/gpiochip0": "",
        "dev/ttyUSB0": "",
        "dev/ttyUSB1": "",
        "dev/video0": "",
    }.items():
        written(tmp_path, path, text)
        (tmp_path / path).chmod(0o666)
    by_id = tmp_path / "dev" / "serial" / "by-id"
    by_id.mkdir(parents=True)
    for number in (1, 2):
        (by_id / f"usb-bin_{number}").symlink_to(f"../../ttyUSB{number - 1}")
    return opened(tmp_path)


def opened(folder: Path) -> Path:
    """The folder, such that another user may enter it."""
    for one in (folder, *list(folder.parents)[:3]):
        if one != Path("/tmp"):
            one.chmod(0o755)
    return folder


def written(root: Path, path: str, text: str) -> Path:
    """A file of the machine."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def found(root: Path, config: str | None = None) -> list[Finding]:
    """What the doctor finds on the machine at *root*."""
    path = root / "kiosk.toml"
    path.write_text(PACKAGED.read_text() if config is None else config)
    user = SERVICE
    return list(examine(path, root / "data", root / "models", Machine(root, user)))


def lines(root: Path, config: str | None = None) -> str:
    """The same as text."""
    return "\n".join(map(str, found(root, config)))


def changed(old: str, new: str) -> str:
    """The packaged configuration with one change."""
    text = PACKAGED.read_text()
    assert old in text
    return text.replace(old, new, 1)


def test_what_is_broken_comes_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a desk without devices: each one missing is named, with what to do; exit status 1."""
    words = ["--config", str(PACKAGED), "--data", str(tmp_path), "--models", str(tmp_path)]
    assert main(["doctor", *words]) == 1
    printed = capsys.readouterr().out
    assert "ok      configuration" in printed
    assert "usb-bin_1 is not there; check cable and power" in printed
    assert "linli models fetch movenet-multipose-lightning-fp16" in printed
    assert f"--models {tmp_path}" in printed
    assert "broken  upstream: http://127.0.0.1:8482" in printed


def test_it_says_what_is_kept_of_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the kiosk keeps is said in plain words, pictures first: none."""
    main(["doctor", "--config", str(PACKAGED), "--data", str(tmp_path)])
    assert "pictures: none" in capsys.readouterr().out


def test_findings_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list of objects, each with verdict, place, what was seen, and the remedy."""
    main(["doctor", "--json", "--config", str(PACKAGED), "--data", str(tmp_path)])
    findings = json.loads(capsys.readouterr().out)
    assert {"verdict", "place", "seen", "remedy"} == set(findings[0])
    assert any(one["place"] == "bin_1" and one["verdict"] == "broken" for one in findings)


def test_devices_that_are_there_are_well(root: Path) -> None:
    """Nothing of the board, its devices and its sound is broken on a machine that is well."""
    said = found(root)
    broken = {one.place for one in said if one.verdict == "broken"}
    assert {place for place in broken if not place.startswith(("model", "upstream"))} == set()


def test_it_goes_on_behind_a_mistake_in_the_configuration(root: Path) -> None:
    """A wrong language and a wrong pin; the devices are looked at all the same."""
    said = lines(
        root, changed('language = "zh-CN"', 'language = "xx"').replace("pin = 5", "pin = 77")
    )
    assert "kiosk.language" in said
    assert "drivers.key_up.pin" in said
    assert "ok      bin_1: /dev/serial/by-id/usb-bin_1 is there" in said
    assert "upstream: http://127.0.0.1:8482" in said


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        (
            "sys/devices/platform/soc/soc:firmware/get_throttled",
            "50005",
            "power: the supply's voltage is too low now; use the Pi's own power supply",
        ),
        ("sys/class/thermal/thermal_zone0/temp", "84500", "heat: 84 °C; give the Pi air"),
        ("sys/block/mmcblk0/device/life_time", "0x09 0x01", "card: 90 % of the card's life"),
        ("sys/fs/ext4/mmcblk0p2/errors_count", "3", "card: 3 errors of the file system"),
        ("proc/meminfo", "MemTotal: 950000 kB\n", "system: 1.0 GB of memory; the kiosk needs"),
        ("proc/asound/cards", "--- no soundcards ---\n", "speaker: there is no sound card"),
        ("proc/asound/pcm", "00-00: x : : playback 1\n", "microphone: no sound card has capture"),
    ],
)
def test_faults_of_the_machine(root: Path, path: str, text: str, says: str) -> None:
    """Each is found by what the kernel tells, and comes with its remedy."""
    written(root, path, text)
    assert says in lines(root)


def test_rights_are_judged_as_the_service_has_them(root: Path) -> None:
    """Root may use everything; the service may not use what its groups do not allow."""
    for name in ("gpiochip0", "ttyUSB0"):
        (root / "dev" / name).chmod(0o660)
    said = lines(root)
    assert "pins: user linli may not use" in said
    assert "sudo usermod -aG gpio linli, then restart linli" in said
    assert "bin_1: user linli may not use" in said
    assert "sudo usermod -aG dialout linli" in said


def test_no_pins(root: Path) -> None:
    """A machine without GPIO, and drivers that need it."""
    (root / "dev" / "gpiochip0").unlink()
    assert "has no GPIO pins, and 10 drivers need some; run on a Raspberry Pi" in lines(root)


def test_a_sound_card_of_another_name(root: Path) -> None:
    """The name in the configuration is not one of those that are there."""
    config = changed('device = ""', 'device = "plughw:CARD=Camera,DEV=0"')
    assert "there is no sound card 'Camera' for device" in lines(root, config)


def test_adapters_of_one_identity(root: Path) -> None:
    """Two CH340 without serial numbers: by-id cannot tell them apart."""
    for number in (0, 1):
        usb = root / "sys" / "devices" / f"usb{number}"
        written(usb, "idVendor", "1a86")
        written(usb, "idProduct", "7523")
        tty = root / "sys" / "class" / "tty" / f"ttyUSB{number}"
        tty.mkdir(parents=True)
        (tty / "device").symlink_to(usb)
    said = lines(root)
    assert "ttyUSB0 and ttyUSB1 have the same identity (1a86:7523)" in said
    assert "ls -l /dev/serial/by-path" in said


def test_what_is_plugged_in_and_not_configured(root: Path) -> None:
    """A third adapter, and a second camera."""
    written(root, "dev/ttyUSB2", "")
    (root / "dev" / "serial" / "by-id" / "usb-third").symlink_to("../../ttyUSB2")
    camera = root / "sys" / "devices" / "usb1" / "video4"
    written(camera, "index", "0")
    written(camera, "name", "HD Webcam")
    (root / "sys" / "class" / "video4linux").mkdir(parents=True)
    (root / "sys" / "class" / "video4linux" / "video4").symlink_to(camera)
    said = lines(root)
    assert "usb-third is plugged in and not configured; add a driver with this port" in said
    assert "camera HD Webcam at /dev/video4 is not configured" in said


def test_a_model_that_nobody_knows(root: Path) -> None:
    """The configured model is looked for, not only those of the manifest."""
    said = lines(root, changed('model = ""', 'model = "vosk-model-xx"'))
    assert "model vosk-model-xx" in said
    assert "linli models list" in said


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens who is no kiosk."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken(root: Path, taken: int) -> None:
    """Another program answers, or says nothing, where the page should be."""
    said = lines(root, changed("port = 8480", f"port = {taken}"))
    assert f"page 127.0.0.1:{taken}: another program has this port; end it" in said


def test_a_stream_that_is_dead(root: Path) -> None:
    """Nobody answers at the address of a camera; its password is not shown."""
    said = lines(root, changed('"/dev/video0"', '"rtsp://admin:geheim@127.0.0.1:9/live"'))
    assert "broken  camera: " in said
    assert "geheim" not in said


def test_a_token_file_that_is_missing(root: Path) -> None:
    """Upstream is asked with its real credentials."""
    said = lines(root, changed('token_file = ""', f'token_file = "{root}/token"'))
    assert "upstream.token_file: there is no such file" in said
    assert "sudo install -o linli -g linli -m 600" in said
    assert f"token_file {root}/token: No such file or directory" in said
