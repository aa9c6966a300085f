"""The wiring of one kiosk as a picture: the header, every wire with its colour, every plug."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from msgspec.structs import asdict

from agent.dialogue.settings import KeyLampSettings
from config.addresses import shown_value
from config.build import Chosen
from config.header import PLACES, POWER, place_of
from drivers.bus.owner import BusSettings

_COLOURS = ("#c62828", "#1565c0", "#2e7d32", "#ef6c00", "#6a1b9a", "#00838f", "#5d4037", "#ad1457")
_COLOUR_NAMES = ("红", "蓝", "绿", "橙", "紫", "青", "棕", "粉")
_KEYS = {"up": "上键", "down": "下键", "enter": "确认键", "back": "返回键", "help": "求助键"}
_WHAT = {
    "button": "按键",
    "lamp": "灯",
    "buzzer": "蜂鸣器",
    "relay": "继电器",
    "contact": "触点",
    "ultrasonic_gpio": "超声测距",
}
_HOW = {
    "button": "另一端接 GND",
    "contact": "另一端接 GND",
    "lamp": "经三极管或继电器板，不可直接接",
    "buzzer": "经三极管或继电器板，不可直接接",
    "relay": "继电器板信号端",
    "trigger": "接传感器 Trig",
    "echo": "接传感器 Echo，5 V：必须经 1 kΩ / 2 kΩ 分压",
}
_ROW, _TOP, _PAD = 26, 90, 9
_LEFT, _RIGHT = 560, 620
"""x of the header's two rows of pads: odd places on the left."""
_WIDTH = 1180


class Wire(NamedTuple):
    """One wire from a pin to a device."""

    place: int
    gpio: int
    text: str


def wires(drivers: Mapping[str, Chosen], lit: KeyLampSettings) -> list[Wire]:
    """Every wire on the header, in the order of its places.

    Args:
        drivers: the devices, by their names.
        lit: the lamps in the keys.
    """
    keys = {lamp: _KEYS[key] for key, lamp in asdict(lit).items() if lamp}
    found = []
    for name, chosen in drivers.items():
        for key in ("pin", "trigger", "echo"):
            gpio = getattr(chosen.settings, key, None)
            if not isinstance(gpio, int):
                continue
            what = _KEYS.get(getattr(chosen.settings, "key", ""), _WHAT.get(chosen.type, ""))
            what = f"{keys[name]}里的{what}" if name in keys else what
            how = _HOW.get(key if key != "pin" else chosen.type, "")
            found.append(Wire(place_of(gpio), gpio, f"{what} {name}：{how}" if how else name))
    return sorted(found)


def plugs(
    drivers: Mapping[str, Chosen], buses: Mapping[str, BusSettings] | None = None
) -> list[tuple[str, str]]:
    """What is plugged in elsewhere: the name of each device or bus, and where."""
    found = []
    for bus, line in (buses or {}).items():
        members = "、".join(
            f"{name}（地址 {getattr(chosen.settings, 'address', '')}）"
            for name, chosen in drivers.items()
            if getattr(chosen.settings, "bus", "") == bus
        )
        how = "RS-485：A 接 A，B 接 B，一台接一台，两头各 120 Ω"
        found.append((bus, f"USB 串口 {line.port}，{line.baud} 波特（{how}）：{members}"))
    for name, chosen in drivers.items():
        settings: Any = chosen.settings
        if port := getattr(settings, "port", ""):
            protocol = getattr(settings, "protocol", chosen.type)
            if chosen.type == "slip_printer":
                how = "USB" if "/usb/" in port else "RS-232 或 USB 串口"
                found.append((name, f"小票打印机 {how} {port}，另接电源"))
                continue
            found.append((name, f"USB 串口 {port}（{protocol}：5 V、GND，传感器 TX 接 RX）"))
        elif chosen.type in ("camera", "scanner_camera"):
            source = str(settings.source)
            shown = shown_value(source)
            found.append((name, f"摄像头 {shown if '://' not in source else f'网络 {shown}'}"))
        elif chosen.type == "speaker":
            found.append((name, f"喇叭 {settings.device or '系统默认声卡'}"))
        elif chosen.type == "microphone":
            found.append((name, f"麦克风 {settings.device or '系统默认声卡'}"))
    return found


def draw_wiring(
    kiosk: str,
    drivers: Mapping[str, Chosen],
    lit: KeyLampSettings,
    buses: Mapping[str, BusSettings] | None = None,
) -> str:
    """The picture as SVG, to be printed on one page; the arguments are those of `wires` and
    `plugs`."""
    listed, plugged = wires(drivers, lit), plugs(drivers, buses)
    height = _TOP + 20 * _ROW + 50 + 24 * max(len(plugged), 1) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="Noto Sans CJK SC, sans-serif" '
        'font-size="13">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(30, 36, f"接线图 {kiosk}", size=22),
        _text(30, 60, "树莓派 40 针排针，第 1 脚在 SD 卡一侧、靠内。先断电，再接线。"),
        f'<rect x="{_LEFT - 20}" y="{_TOP - 8}" width="{_RIGHT - _LEFT + 40}" '
        f'height="{20 * _ROW + 4}" rx="8" fill="#263238"/>',
        *_header(),
        *_wires(listed),
        _text(30, _TOP + 20 * _ROW + 36, "插在 USB、网络和声卡上的：", size=15),
    ]
    for number, (name, where) in enumerate(plugged):
        parts.append(_text(50, _TOP + 20 * _ROW + 62 + 24 * number, f"{name}：{where}"))
    return "\n".join([*parts, "</svg>", ""])


def _header() -> Iterator[str]:
    for place in range(1, 41):
        x, y = _at(place)
        power = POWER.get(place, "")
        fill = "#000" if power == "GND" else "#d32f2f" if power else "#fdd835"
        yield f'<circle cx="{x}" cy="{y}" r="{_PAD}" fill="{fill}" stroke="#fff"/>'
        colour = "#fff" if power else "#000"
        yield _text(x, y + 4, str(place), size=9, anchor="middle", fill=colour)


def _wires(listed: list[Wire]) -> Iterator[str]:
    used = {wire.place for wire in listed}
    for number, wire in enumerate(listed):
        colour = number % len(_COLOURS)
        yield from _wire(
            wire.place,
            f"{wire.text}　{_COLOUR_NAMES[colour]}线　GPIO{wire.gpio}　第 {wire.place} 脚",
            _COLOURS[colour],
        )
    for place in range(1, 41):
        if place not in used:
            said = POWER.get(place) or f"GPIO{PLACES[place]}"
            yield from _wire(place, said, "#b0bec5")


def _wire(place: int, text: str, colour: str) -> Iterator[str]:
    x, y = _at(place)
    odd = place % 2 == 1
    end = x - 60 if odd else x + 60
    yield (
        f'<line x1="{x - _PAD if odd else x + _PAD}" y1="{y}" x2="{end}" y2="{y}" '
        f'stroke="{colour}" stroke-width="{2 if colour == "#b0bec5" else 4}"/>'
    )
    yield _text(end - 8 if odd else end + 8, y + 4, text, anchor="end" if odd else "start", size=12)


def _at(place: int) -> tuple[int, int]:
    return (_LEFT if place % 2 else _RIGHT), _TOP + 8 + (place - 1) // 2 * _ROW


def _text(
    x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", fill: str = "#111"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(text)}</text>'
    )
