"""Every configured place can be reached, with few large keys."""

from __future__ import annotations

import pytest

from agent.effects import Choice, Show
from agent.messages import Action, RecordDelivered
from agent.services.initials import KEYS, fits, keys_of
from agent.services.taxi.order import NEEDS
from tests.agent.journal import Journey
from tests.kiosk_ui.samples import SURROUNDINGS, service

PLACES = {place.id: place for place in SURROUNDINGS["taxi"].places.place}
HERE = SURROUNDINGS["taxi"].kiosk.place


def press(journey: Journey, action: str, value: str = "", id: str = "") -> Show:
    """Choose; the screen that is shown then."""
    journey.send(Action(service="taxi", action=action, value=value, id=id))
    return [effect for effect in journey.latest if isinstance(effect, Show)][-1]


def listed(journey: Journey, show: Show) -> set[str]:
    """Places on this list, whatever number of screens it has."""
    found: set[str] = set()
    for _ in range(9):
        found |= {choice.value for choice in show.choices if choice.action == "taxi.to"}
        if all(choice.action != "taxi.next" for choice in show.choices):
            break
        show = press(journey, "taxi.next")
    return found


def test_all_places_are_reached_by_kinds() -> None:
    """Under the kinds stands each place but this one, six at most on a screen."""
    found: set[str] = set()
    journey = Journey(service("taxi"))
    press(journey, "taxi.call")
    kinds: list[Choice] = list(press(journey, "taxi.more").choices)
    for kind in (choice.value for choice in kinds if choice.action == "taxi.kind"):
        show = press(journey, "taxi.kind", kind)
        assert len(show.choices) <= 8
        found |= listed(journey, show)
        press(journey, "back")
    assert found == PLACES.keys() - {HERE}


@pytest.mark.parametrize("place", [place for place in PLACES if place != HERE])
def test_each_place_is_found_by_initials(place: str) -> None:
    """Every place is listed after few keys of its initials."""
    journey = Journey(service("taxi"))
    press(journey, "taxi.call")
    press(journey, "taxi.more")
    show = press(journey, "taxi.find")
    for key in keys_of(PLACES[place].name)[-1][:4]:
        if place in {choice.value for choice in show.choices}:
            break
        show = press(journey, "taxi.letters", key)
    if place not in {choice.value for choice in show.choices}:
        show = press(journey, "taxi.list")
    assert place in listed(journey, show)
    press(journey, "taxi.to", place)
    assert journey.screen == "taxi.confirm" and journey.state.destination == place


@pytest.mark.parametrize(
    ("name", "letters"),
    [("长宁路", "cn"), ("长宁路", "zn"), ("长风公园", "cf"), ("长风公园", "zf")]
    + [("单曾乐", way) for way in ("dcl", "szy", "czy", "dzl")],
)
def test_both_readings_are_found(name: str, letters: str) -> None:
    """Who reads 长 as zhang finds the place too."""
    typed = "".join(str(next(n for n, k in enumerate(KEYS) if one in k)) for one in letters)
    assert fits([name], typed)


def test_where_people_go_often_comes_first() -> None:
    """Rides are counted by place, without persons; the list is there from the first ride on."""
    journey = Journey(service("taxi"))
    press(journey, "taxi.call")
    show = press(journey, "taxi.more")
    assert "often" not in {choice.value for choice in show.choices}
    press(journey, "back")
    for n, place in enumerate(("huashan", "tongren", "tongren")):
        press(journey, "taxi.to", place)
        press(journey, "taxi.confirm", id=f"press-{n}")
        press(journey, "taxi.cancel")
        journey.send(RecordDelivered(kind="taxi.cancelled", subject=f"press-{n}"))
        press(journey, "taxi.call")
    press(journey, "taxi.more")
    show = press(journey, "taxi.kind", "often")
    assert [choice.value for choice in show.choices] == ["tongren", "huashan"]
    journey.restart()
    assert journey.state.often == {"huashan": 1, "tongren": 2}


def test_needs_are_on_the_request() -> None:
    """What somebody needs is chosen beside the question, confirmed by voice, and sent."""
    journey = Journey(service("taxi"))
    press(journey, "taxi.call")
    press(journey, "taxi.to.driver")
    press(journey, "taxi.needs")
    for need in NEEDS:
        press(journey, "taxi.need", need)
    press(journey, "taxi.need", "luggage")
    show = press(journey, "taxi.needed")
    assert (show.screen, show.values["luggage"], show.values["wheelchair"]) == (
        "taxi.confirm",
        "",
        "yes",
    )
    press(journey, "taxi.confirm", id="p")
    [record] = journey.records("taxi.requested")
    assert record.data["needs"] == ["wheelchair", "guide_dog", "boarding", "two_cars"]
