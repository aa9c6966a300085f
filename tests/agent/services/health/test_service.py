"""健康云: large on the screen, spoken only into a headset, kept by nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import Contact, Measured
from agent.effects import Record, Show
from agent.messages import Action
from agent.services.health.service import Band, Health
from agent.services.health.settings import HealthSettings
from tests.agent.journal import Journey

SETTINGS = HealthSettings(cuff="cuff", thermometer="ear", headset="jack")


def measures(journey: Journey, at: float = 100.0, **values: float | None) -> None:
    """What a device sends of one measurement."""
    for quantity, value in values.items():
        journey.send(
            Measured(
                source="ear" if quantity == "body_temperature" else "cuff",
                quantity=quantity,
                value=value,
                unit="1",
                missing="" if value is not None else "invalid",
                at=at,
            )
        )


def chooses(journey: Journey, action: str) -> None:
    journey.send(Action(action=action, service="health"))


@pytest.fixture
def journey() -> Journey:
    """Somebody has asked to measure."""
    journey = Journey(Health(SETTINGS))
    chooses(journey, "health.open")
    return journey


def shown(journey: Journey) -> Show:
    return [effect for effect in journey.effects if isinstance(effect, Show)][-1]


@pytest.mark.parametrize(
    ("high", "low", "band"),
    [
        (120, 80, "normal"),
        (140, 80, "high"),
        (120, 90, "high"),
        (89, 62, "low"),
        (180, 85, "extreme"),
        (150, 110, "extreme"),
    ],
)
def test_blood_pressure_lies_in_a_band(journey: Journey, high: int, low: int, band: Band) -> None:
    """The higher of both decides; the extreme ones come with the emergency number."""
    measures(journey, systolic=high, diastolic=low, pulse=70)
    show = shown(journey)
    assert (show.screen, show.values["systolic"], show.values["band"]) == (
        "health.pressure",
        high,
        band,
    )
    assert show.phones == (("emergency",) if band == "extreme" else ())


def test_temperature_too(journey: Journey) -> None:
    """37.3 is a fever, 41 an emergency."""
    for warm, band in ((36.6, "normal"), (37.3, "fever"), (41.2, "extreme_fever")):
        measures(journey, body_temperature=warm)
        assert shown(journey).values["band"] == band


def test_numbers_are_spoken_into_a_headset_alone(journey: Journey) -> None:
    """Without one the words are those that name no number."""
    measures(journey, systolic=120, diastolic=80)
    assert shown(journey).phrases == "health.pressure"
    journey.send(Contact(source="jack", closed=True))
    measures(journey, 200, systolic=120, diastolic=80)
    assert shown(journey).phrases == "health.pressure.aloud"
    journey.send(Contact(source="jack", closed=False))
    measures(journey, 300, systolic=120, diastolic=80)
    assert shown(journey).phrases == "health.pressure"


def test_what_nobody_can_have_is_measured_again(journey: Journey) -> None:
    """A loose cuff, values of two measurements, none at all."""
    for at, high, low in ((100, 80, 120), (200, 300, 90), (300, None, 80)):
        measures(journey, at, systolic=high, diastolic=low)
        assert journey.screen == "health.unclear"
    measures(journey, 400, systolic=120)
    measures(journey, 500, diastolic=80)
    assert journey.screen == "health.unclear"


def test_nothing_is_shown_that_nobody_asked_for() -> None:
    """What a cuff remembers of somebody else is not shown to who comes next."""
    journey = Journey(Health(SETTINGS))
    measures(journey, systolic=120, diastolic=80)
    assert journey.effects == []


@given(
    st.lists(
        st.sampled_from(("health.open", "health.again", "home", "measure", "warm", "restart")),
        max_size=30,
    )
)
def test_nothing_is_kept(life: list[str]) -> None:
    """No record of anything, nothing on the disk, nothing left when they have gone."""
    journey = Journey(Health(SETTINGS))
    for n, what in enumerate(life):
        match what:
            case "measure":
                measures(journey, n * 60.0, systolic=130, diastolic=85)
            case "warm":
                measures(journey, n * 60.0, body_temperature=36.5)
            case "restart":
                journey.restart()
            case _:
                chooses(journey, what)
        assert journey.service.durable(journey.state) == journey.service.initial()
        if what == "home":
            assert not journey.state.values
    assert not [effect for effect in journey.effects if isinstance(effect, Record)]
