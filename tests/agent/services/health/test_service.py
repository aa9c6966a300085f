"""健康云: large on the screen, spoken only into a headset, kept and sent by consent alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.contract.signals import Contact, Measured, Signal
from agent.effects import Record, Show
from agent.messages import Action, DeviceDown, ResidentKnown, VisitOver
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
    assert shown(journey).private
    journey.send(Contact(source="jack", closed=True))
    assert shown(journey).phrases == "health.pressure.aloud" and not shown(journey).private
    measures(journey, 200, systolic=120, diastolic=80)
    assert shown(journey).phrases == "health.pressure.aloud"
    journey.send(DeviceDown(source="jack", reason="unplugged"))
    assert shown(journey).phrases == "health.pressure" and shown(journey).private


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


@pytest.mark.parametrize("doubt", ["moved", "loose", "position", "moved+irregular"])
def test_what_the_meter_doubts_is_measured_again(journey: Journey, doubt: str) -> None:
    for quantity, value in (("systolic", 150.0), ("diastolic", 90.0)):
        journey.send(
            Measured(source="cuff", quantity=quantity, value=value, unit="1", part=doubt, at=100)
        )
    assert journey.screen == "health.unclear"


# -- consent --------------------------------------------------------------------------------


def offered(journey: Journey) -> list[str]:
    return [choice.action for choice in shown(journey).choices]


@pytest.fixture
def known() -> Journey:
    """Somebody with a card has asked to measure, where the health cloud keeps for a month."""
    journey = Journey(Health(replace(SETTINGS, keep_days=30)))
    journey.send(ResidentKnown(mark="m1"))
    chooses(journey, "health.open")
    return journey


def test_kept_until_they_leave(journey: Journey) -> None:
    """By consent: the next reading stands above the last one; nobody who comes later sees it."""
    measures(journey, 100, systolic=150, diastolic=95, pulse=80)
    chooses(journey, "health.keep")
    assert offered(journey) == ["health.keep.visit", "health.keep.not"]
    chooses(journey, "health.keep.visit")
    chooses(journey, "health.again")
    measures(journey, 400, systolic=135, diastolic=85)
    assert [row.value for row in shown(journey).view.rows] == ["150/95"]  # type: ignore[union-attr]
    chooses(journey, "home")
    chooses(journey, "health.open")
    measures(journey, 600, systolic=120, diastolic=80)
    assert not shown(journey).view.rows  # type: ignore[union-attr]
    assert not journey.records()


def test_sent_by_consent_alone(known: Journey) -> None:
    """The question names the days, what is first offered lets nothing out, and then it is one
    record without a name."""
    measures(known, 100, systolic=150, diastolic=95, pulse=80)
    chooses(known, "health.keep")
    assert offered(known) == ["health.keep.visit", "health.keep.send", "health.keep.not"]
    assert shown(known).values["days"] == 30
    assert [c.action for c in shown(known).choices if c.costly] == ["health.keep.send"]
    assert not known.records()
    known.send(Action(action="health.keep.send", service="health", id="press-9"))
    [record] = known.records()
    assert record.kind == "health.measured" and record.data == {
        "reading": "press-9", "resident": "m1", "keep_days": 30,
        "systolic": 150.0, "diastolic": 95.0, "pulse": 80.0, "body_temperature": None,
    }  # fmt: skip
    assert known.screen == "health.sent"
    chooses(known, "health.keep.send")
    assert len(known.records()) == 1


@pytest.mark.parametrize(
    "who", [ResidentKnown(mark="m2"), ResidentKnown(mark=""), VisitOver()], ids=str
)
def test_nobodys_reading_is_sent_as_anothers(known: Journey, who: Signal) -> None:
    """Another card, or the end of the visit, forgets what was measured before."""
    measures(known, 100, systolic=150, diastolic=95)
    chooses(known, "health.keep")
    known.send(who)
    chooses(known, "health.keep.send")
    assert not known.records() and not known.state.values


def test_what_is_sent_is_what_was_asked_about(known: Journey) -> None:
    """A reading that comes while somebody is asked (the next one in the row) changes nothing."""
    measures(known, 100, systolic=150, diastolic=95)
    chooses(known, "health.keep")
    measures(known, 130, systolic=190, diastolic=99)
    assert known.screen == "health.keep"
    known.send(Action(action="health.keep.send", service="health", id="press-9"))
    measures(known, 160, systolic=188, diastolic=98)
    assert known.records()[0].data["systolic"] == 150
    assert known.screen == "health.sent" and not known.state.values


def test_without_a_card_or_an_agreed_time_nothing_can_be_sent(known: Journey) -> None:
    """Whatever is chosen: the choice is not there, and does nothing."""
    known.send(VisitOver())
    chooses(known, "health.open")
    measures(known, 100, body_temperature=36.5)
    chooses(known, "health.keep")
    chooses(known, "health.keep.send")
    assert not known.records()


@given(
    st.lists(
        st.sampled_from(
            ("health.open", "health.again", "health.keep", "health.keep.visit", "health.keep.not",
             "back", "home", "measure", "warm", "restart", "card", "over")
        ),
        max_size=30,
    )
)  # fmt: skip
def test_nothing_is_kept_without_consent(life: list[str]) -> None:
    """No record of anything, nothing on the disk, nothing left when they have gone."""
    journey = Journey(Health(replace(SETTINGS, keep_days=30)))
    for n, what in enumerate(life):
        match what:
            case "measure":
                measures(journey, n * 60.0, systolic=130, diastolic=85)
            case "warm":
                measures(journey, n * 60.0, body_temperature=36.5)
            case "restart":
                journey.restart()
            case "card":
                journey.send(ResidentKnown(mark="m1"))
            case "over":
                journey.send(VisitOver())
            case _:
                chooses(journey, what)
        assert journey.service.durable(journey.state) == journey.service.initial()
        if what in ("home", "card", "over"):
            assert not journey.state.values and not journey.state.kept
    assert not [effect for effect in journey.effects if isinstance(effect, Record)]
