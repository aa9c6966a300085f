"""A kiosk with everything that its services can have: settings for each of them."""

from __future__ import annotations

from pathlib import Path

from agent.configuration import Configuration, load

PACKAGED = Path(__file__).parents[2] / "config" / "kiosk.toml"

ESTATE = """
[buses.meters]
port = "/dev/serial/by-id/meters"

[drivers.meter]
type = "household_meter"
bus = "meters"
address = "002241020208"
[drivers.pile_meter]
type = "household_meter"
bus = "meters"
address = "002241020209"
[drivers.tank]
type = "modbus"
bus = "meters"
address = 7
[drivers.tank.registers.left]
register = 0
quantity = "volume"
unit = "l"
[drivers.pile]
type = "charging_pile"
broker = "mqtt://127.0.0.1:1"
from_pile = "piles/p2/up"
to_pile = "piles/p2/down"
[drivers.door]
type = "contact"
pin = 2
[drivers.pir]
type = "motion"
pin = 3
[drivers.pir_room]
type = "motion"
pin = 4
[drivers.light]
type = "relay"
pin = 7
[drivers.cuff]
type = "health_meter"
address = "00:11:22:33:44:55"
kind = "blood_pressure"
[drivers.warm]
type = "health_meter"
address = "00:11:22:33:44:56"
kind = "temperature"
[drivers.jack]
type = "contact"
pin = 8

[power.home]
name = "3号楼201"
device = "meter"
consent_until = 2099-12-31
[doors.home]
name = "3号楼201王阿姨家"
device = "door"
alone_until = 2099-12-31
motion = ["pir"]
[visits.home]
name = "3号楼201王阿姨"
devices = ["door", "meter", "camera"]
consent_until = 2099-12-31
[piles.p1]
name = "1号桩"
device = "pile_meter"
[piles.p2]
name = "2号桩"
device = "pile"
[rooms.tennis]
name = "乒乓球室"
presence = ["pir_room"]
light = "light"
places = 4
[readings.tank]
name = "水箱"
device = "tank"
quantity = "volume"
step = 20
below = 50
back = 20
hold_s = 600
task = "给水箱加水"
[health]
cuff = "cuff"
thermometer = "warm"
headset = "jack"
"""


def estate(folder: Path) -> Configuration:
    """The configuration, from a file in *folder*."""
    path = folder / "kiosk.toml"
    path.write_text(PACKAGED.read_text(encoding="utf-8") + ESTATE, encoding="utf-8")
    found = load(path)
    assert found.settings is not None, found.problems
    return found
