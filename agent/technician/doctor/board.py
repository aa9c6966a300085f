"""The board itself: processor, memory, power, heat, clock, disk and pins."""

from __future__ import annotations

import os
import platform
import shutil
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.core.clock import Clock
from agent.technician.doctor.finding import Finding, Machine
from config.build import Chosen
from config.rights import READ, WRITE, obstacle

_LEAST_FREE = 200_000_000
"""Bytes of free disk below which a technician should look what fills it."""
_LEAST_MEMORY = 1_800_000_000
"""Bytes: a Pi with 2 GB shows a little less."""
_HOT_C = 80.0
"""Degrees Celsius at which a Raspberry Pi slows down."""
_WORN = 8
"""Of the steps of a card's wear, 1 to 10 (JEDEC eMMC 5.0, DEVICE_LIFE_TIME_EST)."""

_THROTTLED = {
    0: ("the supply's voltage is too low now", "use the Pi's own power supply and a short cable"),
    1: ("the processor is slowed down now", "see to the power supply and to cooling"),
    2: ("the processor is throttled now", "see to the power supply and to cooling"),
    16: ("the voltage was too low since the start", "use the Pi's own power supply"),
    18: ("the processor was throttled since the start", "see to the power supply and to cooling"),
}
"""Bits of get_throttled, from the Raspberry Pi documentation."""


def examine_board(machine: Machine, data: Path, drivers: Mapping[str, Chosen]) -> Iterator[Finding]:
    """All of the board; *drivers* tell whether pins are needed."""
    yield from _processor(machine)
    yield from _power(machine)
    yield from _heat(machine)
    yield from _disk(machine, data)
    yield from _card(machine)
    yield _clock(Clock())
    yield from _pins(machine, drivers)


def _processor(machine: Machine) -> Iterator[Finding]:
    if struct.calcsize("P") == 4:
        yield Finding(
            "broken",
            "system",
            f"the programs are 32-bit (the kernel says {platform.machine()})",
            "install the 64-bit Raspberry Pi OS",
        )
    for line in machine.read("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            size = int(line.split()[1]) * 1024
            text = f"{size / 1e9:.1f} GB of memory"
            if size < _LEAST_MEMORY:
                yield Finding("broken", "system", text, "the kiosk needs a Pi with 2 GB or more")
            else:
                yield Finding("ok", "system", text)


def _power(machine: Machine) -> Iterator[Finding]:
    flags = machine.read("/sys/devices/platform/soc/soc:firmware/get_throttled")
    if flags:
        bits = int(flags, 16)
        seen = [words for bit, words in _THROTTLED.items() if bits >> bit & 1]
        for text, remedy in seen:
            yield Finding("look", "power", text, remedy)
        if not seen:
            yield Finding("ok", "power", "enough since the start")
        return
    for alarm in sorted(machine.at("/sys/class/hwmon").glob("*/in0_lcrit_alarm")):
        low = alarm.read_text().strip() == "1"
        if low:
            yield Finding("look", "power", *_THROTTLED[0])
        else:
            yield Finding("ok", "power", "enough now")


def _heat(machine: Machine) -> Iterator[Finding]:
    reading = machine.read("/sys/class/thermal/thermal_zone0/temp")
    if not reading.lstrip("-").isdigit():
        return
    degrees = int(reading) / 1000
    text = f"{degrees:.0f} °C"
    if degrees >= _HOT_C:
        yield Finding("look", "heat", text, "give the Pi air, a heat sink or a fan")
    else:
        yield Finding("ok", "heat", text)


def _disk(machine: Machine, data: Path) -> Iterator[Finding]:
    folder = next(p for p in (data, *data.parents) if p.exists())
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / 1e9:.1f} GB free at {folder}"
    if usage.free > _LEAST_FREE:
        yield Finding("ok", "disk", text)
    else:
        remedy = "look what fills it: sudo du -xh / | sort -h | tail"
        yield Finding("broken" if usage.free < 1_000_000 else "look", "disk", text, remedy)
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        remedy = "look for the cause with dmesg; a worn card must be replaced"
        yield Finding("broken", "disk", f"{folder} is read-only", remedy)
    elif folder == data and machine.user.uid != 0:
        barred = obstacle(data, machine.user, WRITE)
        if barred is not None:
            remedy = f"sudo chown -R {machine.user.name}: {data}"
            text = f"user {machine.user.name} may not write {barred}"
            yield Finding("broken", "disk", text, remedy)
    elif folder != data:
        yield Finding("look", "disk", f"there is no {data} yet", "it comes with the first start")


def _card(machine: Machine) -> Iterator[Finding]:
    """What the kernel knows of the card: its wear, where it tells, and errors on it."""
    for path in sorted(machine.at("/sys/block").glob("mmcblk*/device/life_time")):
        steps = [int(step, 16) for step in path.read_text().split()]
        worst = max(steps, default=0)
        text = f"{worst * 10} % of the card's life is used"
        if worst >= _WORN:
            yield Finding("look", "card", text, "replace it before it fails")
        elif worst:
            yield Finding("ok", "card", text)
    for path in sorted(machine.at("/sys/fs/ext4").glob("*/errors_count")):
        count = path.read_text().strip()
        if count not in ("", "0"):
            text = f"{count} errors of the file system on {path.parent.name}"
            yield Finding("broken", "card", text, "copy the data folder, then replace the card")


def _clock(clock: Clock) -> Finding:
    if clock.trusted:
        return Finding("ok", "clock", "confirmed by a time server")
    return Finding("look", "clock", "not confirmed; records say so until upstream has been reached")


def _pins(machine: Machine, drivers: Mapping[str, Chosen]) -> Iterator[Finding]:
    used = [n for n, c in drivers.items() if hasattr(c.settings, "pin") or _echo(c)]
    if not used:
        return
    chips = sorted(machine.at("/dev").glob("gpiochip*"))
    board = machine.read("/proc/device-tree/model") or "this machine"
    if not chips:
        text = f"{board} has no GPIO pins, and {len(used)} drivers need some"
        yield Finding("broken", "pins", text, "run on a Raspberry Pi, or try it with: make run")
        return
    for chip in chips[:1]:
        barred = obstacle(chip, machine.user, READ | WRITE)
        if barred is None:
            yield Finding("ok", "pins", f"{chip} may be used")
            return
        remedy = f"sudo usermod -aG gpio {machine.user.name}, then restart linli"
        yield Finding("broken", "pins", f"user {machine.user.name} may not use {barred}", remedy)


def _echo(chosen: Chosen) -> bool:
    return hasattr(chosen.settings, "trigger") or hasattr(chosen.settings, "echo")
