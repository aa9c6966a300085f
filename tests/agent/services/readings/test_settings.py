"""A technician adds a device that nobody knew, with kiosk.toml and the wiring page alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.configuration import load
from tests.agent.estate import ESTATE, PACKAGED

WIRING = Path(__file__).parents[4] / "drivers" / "README.md"
[WATER] = [
    block
    for block in re.findall(r"```toml\n(.*?)```", WIRING.read_text(encoding="utf-8"), re.DOTALL)
    if "[readings.water]" in block
]


def said(folder: Path, text: str) -> list[str]:
    """What `linli check` says of the packaged file with *text* behind it; without its place."""
    path = folder / "kiosk.toml"
    path.write_text(PACKAGED.read_text(encoding="utf-8") + text, encoding="utf-8")
    found = load(path)
    problems = [*found.problems, *found.cautions]
    return [str(problem).partition(": ")[2] for problem in problems]


def test_the_example_of_the_wiring_page_is_right(tmp_path: Path) -> None:
    """Nothing is said of it."""
    assert said(tmp_path, WATER) == []


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("register = 6", "register = 40007", "Write register = 6, and function = 3 under"),
        ("register = 6", "register = 30007", "Write register = 6, and function = 4 under"),
        ("scale = 0.001}\nbattery", "scale = 0,001}\nbattery", "no comma. Write scale = 0.001."),
        ('unit = "m3/h"', 'unit = "m³/h"', "Write it in letters: m3/h."),
        ('quantity = "battery"', 'quantity = "Battery"', "small letters, digits and underscores"),
        ('quantity = "pressure"\nstep', 'quantity = "presure"\nstep', "Did you mean 'pressure'?"),
        ('device = "water"', 'device = "watr"', "Did you mean 'water'?"),
        ('bus = "water"', 'bus = "watre"', "Did you mean 'water'?"),
        ("below = 0.15", "", "task is set, but no limit"),
        ("below = 0.15", "below = 0.15\nabove = 0.1", "nothing lies between them"),
        ('quantity = "battery"', 'quantity = "pressure"', "2 registers of water are pressure"),
        ("step = 0.05", 'register = "preasure"', "Did you mean 'pressure'?"),
    ],
)
def test_each_slip_is_told_with_its_remedy(tmp_path: Path, old: str, new: str, hint: str) -> None:
    """What a stranger to it writes: numbers and units as in the sheet, a comma, a wrong name."""
    assert old in WATER
    told = said(tmp_path, WATER.replace(old, new, 1))
    wanted = hint.replace("Write register", "write register")
    assert any(wanted in one for one in told), told


def test_what_is_measured_on_people_is_refused(tmp_path: Path) -> None:
    """A cuff's values are recorded nowhere; of a household's meter it is said that they stay."""
    health = '[readings.x]\nname = "x"\ndevice = "cuff"\nquantity = "systolic"\n'
    assert any("no device of this name" in one for one in said(tmp_path, ESTATE + health))
    home = '[readings.x]\nname = "x"\ndevice = "meter"\nquantity = "power"\n'
    assert any("stays in the kiosk" in one for one in said(tmp_path, ESTATE + home))
