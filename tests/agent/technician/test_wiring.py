"""The wiring page is drawn from kiosk.toml: every pin, every plug, nothing secret."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from agent.cli import main
from config.header import PLACES, POWER, place_of

PACKAGED = Path(__file__).parents[3] / "config" / "kiosk.toml"

WATER = """
[buses.water]
port = "/dev/serial/by-id/usb-rs485"
[drivers.water]
type = "modbus"
bus = "water"
address = 12
[drivers.water.registers.flow]
register = 0
quantity = "flow"
unit = "m3/h"
"""


def texts(svg: str) -> list[str]:
    """All words of the picture."""
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.text]


def test_every_wire_has_its_place_and_colour(tmp_path: Path) -> None:
    """A key on GPIO5 is place 29; each wire names device, colour, pin and place."""
    out = tmp_path / "wiring.svg"
    assert main(["wiring", "--config", str(PACKAGED), "--out", str(out)]) == 0
    said = texts(out.read_text(encoding="utf-8"))
    (up,) = [text for text in said if "key_up" in text]
    assert up.startswith("上键 key_up：另一端接 GND")
    assert "GPIO5　第 29 脚" in up
    assert any("lamp_alarm：经三极管或继电器板，不可直接接" in text for text in said)
    assert any("bin_1：USB 串口 /dev/serial/by-id/usb-bin_1" in text for text in said)


def test_a_bus_names_its_devices_and_their_addresses(tmp_path: Path) -> None:
    """Whoever pulls the two wires sees where they go."""
    path, out = tmp_path / "kiosk.toml", tmp_path / "wiring.svg"
    path.write_text(PACKAGED.read_text(encoding="utf-8") + WATER, encoding="utf-8")
    assert main(["wiring", "--config", str(path), "--out", str(out)]) == 0
    said = texts(out.read_text(encoding="utf-8"))
    assert any("A 接 A" in text and "water（地址 12）" in text for text in said)


def test_a_lamp_in_a_key_is_named_after_it(tmp_path: Path) -> None:
    """Whoever solders it sees which key it belongs to."""
    path = tmp_path / "kiosk.toml"
    text = PACKAGED.read_text(encoding="utf-8")
    path.write_text(text.replace('back = ""', 'back = "lamp_taxi"'), encoding="utf-8")
    out = tmp_path / "wiring.svg"
    assert main(["wiring", "--config", str(path), "--out", str(out)]) == 0
    said = texts(out.read_text(encoding="utf-8"))
    assert any(text.startswith("返回键里的灯 lamp_taxi：") for text in said)


def test_passwords_of_cameras_are_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page hangs in the box."""
    path = tmp_path / "kiosk.toml"
    text = PACKAGED.read_text(encoding="utf-8")
    path.write_text(text.replace("/dev/video0", "rtsp://admin:geheim@10.0.0.9/live"))
    assert main(["wiring", "--config", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "10.0.0.9/live" in printed
    assert "geheim" not in printed


def test_the_header_is_whole() -> None:
    """Forty places: 28 pins and 12 of power and ground, each pin once."""
    assert sorted([*PLACES, *POWER]) == list(range(1, 41))
    assert sorted(PLACES.values()) == list(range(28))
    assert place_of(17) == 11
