"""Movable boxes: moved is never taken for emptied or full, and a word puts all right again."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import Located, Measured, Signal
from agent.effects import Record
from agent.messages import Due
from agent.services.bins.service import Bins
from agent.services.bins.settings import BinSettings
from agent.services.bins.standing import Spot, metres
from tests.agent.journal import Journey, told

BOX = BinSettings(name="移动箱", device="box", empty_mm=1800, full_mm=300)
EVERY_S = 1200.0
"""A wireless sensor is seldom heard."""
DEGREE_M = math.pi * 6_371_000 / 180


class Box:
    """A box with a wireless sensor."""

    def __init__(self, settings: BinSettings = BOX) -> None:
        self.journey = Journey(Bins({"box": settings}))
        self.at = 1000.0
        self._count = 0

    def sees(self, mm: float | None, uplinks: int = 1) -> None:
        for _ in range(uplinks):
            self.at += EVERY_S
            missing = "invalid" if mm is None else ""
            self._tell(Measured(quantity="distance", value=mm, unit="mm", missing=missing))  # type: ignore[arg-type]

    def is_at(self, north_m: float, accuracy: float = 10.0) -> None:
        self._tell(
            Located(latitude=31.22 + north_m / DEGREE_M, longitude=121.37, accuracy=accuracy)
        )

    def tilts(self, tilted: bool) -> None:
        self._tell(Measured(quantity="tilted", value=float(tilted), unit="1"))

    def says(self, quantity: str, value: float, unit: str) -> None:
        self._tell(Measured(quantity=quantity, value=value, unit=unit))

    def lies(self) -> None:
        """It has been tilted for long."""
        self.tilts(True)
        self.due("tilt")

    def due(self, what: str) -> None:
        self.journey.send(Due(service="bins", name=f"{what}.box", at=self.at))

    def word(self) -> None:
        """Somebody says that it stands empty."""
        self.journey.send(told("bin.measure", "word", bin="box"))

    def kinds(self) -> list[str]:
        return [r.kind for r in self.journey.records() if r.kind != "bin.level"]

    @property
    def levels(self) -> list[int]:
        return [record.data["percent"] for record in self.journey.records("bin.level")]

    def _tell(self, signal: Signal) -> None:
        self._count += 1
        kind = type(signal)
        given = {name: getattr(signal, name) for name in signal.__struct_fields__}
        self.journey.send(
            kind(**{**given, "source": "box", "at": self.at, "id": f"s{self._count}"})
        )


@pytest.fixture
def box() -> Box:
    """At home, known to be empty."""
    box = Box()
    box.is_at(0)
    box.sees(1795, 12)
    assert box.levels == [0]
    return box


def test_a_box_that_was_moved_has_no_level_until_it_is_measured(box: Box) -> None:
    """Told once, with how far; no task from the old geometry, also after a restart; then a word
    and quiet readings, and the new depth is the one that counts."""
    box.is_at(400)
    box.is_at(405)
    [moved] = box.journey.records("bin.moved")
    assert moved.data["metres"] == 405 and moved.data["by"] == "position"
    assert "重新测空箱" in moved.data["reason"]
    box.journey.restart()
    box.is_at(900)
    box.sees(310, 40)
    assert box.kinds() == ["bin.moved"] and box.levels == [0]
    box.word()
    box.sees(1500, 3)
    [measured] = box.journey.records("bin.measured")
    assert measured.data["empty_mm"] == 1500
    box.sees(1500, 12)
    box.sees(900, 20)
    assert box.levels[-1] == 50
    assert box.kinds() == ["bin.moved", "bin.measured"]
    box.journey.restart()
    box.is_at(900)
    box.is_at(905)
    box.sees(320, 20)
    assert box.kinds() == ["bin.moved", "bin.measured", "bin.full"]


@pytest.mark.parametrize(
    "fixes",
    [
        pytest.param([(40, 10)] * 9, id="as far as houses bend a fix"),
        pytest.param([(2000, 10), (5, 10)] * 9, id="one bad fix, now and then"),
        pytest.param([(300, 500)] * 9, id="a network that says that it does not know well"),
        pytest.param([(2000, 10), (-3000, 10)] * 2, id="now here, now there: a broken receiver"),
    ],
)
def test_what_is_no_move(box: Box, fixes: list[tuple[float, float]]) -> None:
    for north_m, accuracy in fixes:
        box.is_at(north_m, accuracy)
        box.sees(1795)
    assert box.kinds() == []


def test_a_lid_that_stands_open_is_no_move_and_no_level(box: Box) -> None:
    """What it sees meanwhile counts for nothing; a sensor that is tilted for an hour does."""
    box.tilts(True)
    assert box.journey.reminders["tilt.box"] == 3600
    box.sees(310, 40)
    box.sees(None, 40)
    box.tilts(False)
    assert "tilt.box" not in box.journey.reminders
    box.sees(1795, 12)
    assert box.kinds() == []
    box.lies()
    box.due("tilt")
    [moved] = box.journey.records("bin.moved")
    assert moved.data["by"] == "tilt" and moved.data["metres"] is None


def test_an_open_task_is_closed_by_the_crew(box: Box) -> None:
    """The box was taken away full: its task goes on until somebody says what became of it."""
    box.sees(320, 20)
    box.lies()
    box.tilts(False)
    box.sees(1795, 20)
    assert box.kinds() == ["bin.full", "bin.moved"]
    box.word()
    box.sees(1700, 4)
    assert box.kinds() == ["bin.full", "bin.moved", "bin.measured", "bin.emptied"]
    assert box.journey.records("bin.emptied")[0].data["by"] == "crew"


def test_a_box_that_is_not_empty_is_not_measured(box: Box) -> None:
    """Who said so learns why; a box whose sensor is silent for a day too."""
    box.lies()
    box.tilts(False)
    box.word()
    box.sees(350, 5)
    [refused] = box.journey.records("command.rejected")
    assert "350 mm" in refused.data["reason"] and refused.data["id"] == "word"
    box.word()
    box.due("measure")
    assert box.kinds().count("command.rejected") == 2
    box.journey.send(told("bin.measure", "other", bin="nowhere"))
    assert box.kinds().count("command.rejected") == 3
    box.sees(1795, 20)
    assert box.levels == [0]


def test_a_new_depth_in_kiosk_toml_is_a_word_too(box: Box) -> None:
    """The technician measured it by hand: what was learnt before is forgotten."""
    box.lies()
    box.tilts(False)
    state = box.journey.state
    again = Box(BinSettings(name="移动箱", device="box", empty_mm=1600, full_mm=300))
    again.journey.state, again.at = state, box.at
    again.sees(1600, 12)
    assert again.levels == [0]


def test_a_box_that_was_never_moved_can_be_measured_too(box: Box) -> None:
    """And stays as it was when that fails."""
    box.word()
    box.sees(350, 5)
    box.sees(1795, 20)
    box.sees(320, 20)
    assert box.kinds() == ["command.rejected", "bin.full"]


def test_battery_and_signal_are_told_once(box: Box) -> None:
    """Three low values in a row; again only after they were well."""
    for value in (14, 14, 90, 14, 14, 14, 3, 2):
        box.says("battery", value, "%")
    for value in (-119, -125, -120, -121):
        box.says("signal", value, "dBm")
    weak = [r.data for r in box.journey.records("bin.weak")]
    assert [(one["what"], one["value"]) for one in weak] == [("battery", 14), ("signal", -120)]
    assert "电池快没电了（14%）" in weak[0]["reason"]
    box.journey.restart()
    for value in (16, 14, 14, 14):
        box.says("battery", value, "%")
    assert len(box.journey.records("bin.weak")) == 2
    for value in (95, 14, 14, 14):
        box.says("battery", value, "%")
    assert len(box.journey.records("bin.weak")) == 3


STEPS = st.one_of(
    st.tuples(st.just("sees"), st.sampled_from([None, 250.0, 320.0, 900.0, 1500.0, 1795.0]),
              st.integers(1, 20)),
    st.tuples(st.just("is_at"), st.sampled_from([0.0, 10.0, 400.0, 410.0, 5000.0])),
    st.tuples(st.just("tilts"), st.booleans()),
    st.tuples(st.just("due"), st.sampled_from(["tilt", "measure", "task", "level"])),
    st.tuples(st.just("word")),
    st.tuples(st.just("says"), st.just("battery"), st.floats(0, 100), st.just("%")),
)  # fmt: skip


@given(st.lists(STEPS, max_size=40), st.lists(st.integers(0, 40), max_size=3))
def test_from_moved_to_measured_there_is_no_level_and_no_new_task(
    steps: list[tuple[object, ...]], restarts: list[int]
) -> None:
    """Whatever happens in whatever order, with restarts; and a move is told once until then."""
    box = Box()
    moved = False
    for n, (what, *arguments) in enumerate(steps):
        if n in restarts:
            box.journey.restart()
        before = len(box.journey.effects)
        getattr(box, str(what))(*arguments)
        for effect in box.journey.effects[before:]:
            if not isinstance(effect, Record):
                continue
            if effect.kind == "bin.moved":
                assert not moved
                moved = True
            elif effect.kind == "bin.measured":
                moved = False
            elif effect.kind in ("bin.full", "bin.level"):
                assert not moved
            elif effect.kind == "bin.emptied" and moved:
                raise AssertionError("only the crew ends a task of a box that was moved")


def test_metres() -> None:
    """A hundredth of a degree in the north and in the east of Shanghai."""
    here = Spot(31.22, 121.37, 0)
    assert metres(here, here) == 0
    assert metres(here, Spot(31.23, 121.37, 0)) == pytest.approx(1112, abs=1)
    assert metres(here, Spot(31.22, 121.38, 0)) == pytest.approx(951, abs=1)
