"""What whoever waits is told, and how several wait at the same time."""

from __future__ import annotations

import msgspec
import pytest

from agent.contract.orders import Switch
from agent.effects import Drive, Say, Show
from agent.messages import (
    Action,
    Command,
    Due,
    LinkChanged,
    RecordDelivered,
    RecordUndelivered,
)
from agent.services.taxi.order import TaxiState
from agent.services.taxi.service import Taxi
from agent.services.taxi.settings import TaxiSettings
from tests.agent.journal import Journey, told
from tests.agent.services.taxi.test_service import HERE, HOSPITAL
from tests.kiosk_ui.samples import WORDS

NOON = 1_795_924_800.0
"""Some wall clock."""


def journey(**settings: object) -> Journey:
    """A kiosk's taxi service."""
    made = TaxiSettings(lamp="lamp_taxi", **settings)  # type: ignore[arg-type]
    return Journey(Taxi(made, HERE, {"tongren": HOSPITAL}, ["tongren"]))


def order(journey: Journey, id: str, *, first: str = "taxi.call", at: float = 100.0) -> None:
    """Order a car to no place; upstream has it."""
    for action in (first, "taxi.to.driver", "taxi.confirm"):
        journey.send(Action(service="taxi", action=action, id=id, at=at, wall=NOON + at))
    journey.send(RecordDelivered(kind="taxi.requested", subject=id))


def at(seconds: float, kind: str, **data: object) -> Command:
    """A word of upstream at that time."""
    return msgspec.structs.replace(told(kind, "c", **data), at=seconds)


def newest(journey: Journey) -> Show:
    """The newest claim."""
    return [effect for effect in journey.effects if isinstance(effect, Show)][-1]


def said(journey: Journey) -> list[str]:
    """Phrases that the last signal had spoken."""
    return [effect.phrase for effect in journey.latest if isinstance(effect, Say)]


def test_the_time_of_day_of_the_car_is_told() -> None:
    """Minutes become a time of day where the wall clock is known, and nothing where it is not."""
    known, unknown = journey(), journey()
    order(known, "a")
    known.send(at(160.0, "taxi.accepted", order="a", plate="沪A·D3642", minutes=5))
    clock = str(newest(known).values["clock"])
    hour, minute = map(int, clock.split(":"))
    assert (hour * 60 + minute) % 60 == int((NOON + 160 + 300) // 60) % 60
    for action in ("taxi.call", "taxi.to.driver", "taxi.confirm"):
        unknown.send(Action(service="taxi", action=action, id="a", at=100.0))
    unknown.send(at(160.0, "taxi.accepted", order="a", plate="沪A·D3642", minutes=5))
    assert newest(unknown).values["clock"] == ""


def test_nothing_that_is_missing_is_announced() -> None:
    """A car without a plate: no "车牌是，" in any language, on any screen or repetition."""
    one = journey()
    order(one, "a")
    for kind in ("taxi.accepted", "taxi.arrived", "taxi.passenger_late"):
        one.send(told(kind, "c", order="a"))
        values = newest(one).values
        for language, word in (("zh-CN", "车牌是"), ("en", "plate is")):
            screen = newest(one).phrases or newest(one).screen
            assert word not in WORDS.spoken(language, screen, values)
            for phrase in ("plate_again", "arrived_again", "late_again", "one_minute"):
                assert word not in WORDS.text(language, f"say.taxi.{phrase}", values)


def test_the_last_minute_is_spoken_once() -> None:
    """At one minute who sits down is asked to get ready."""
    one = journey()
    order(one, "a")
    one.send(told("taxi.accepted", "c", order="a", plate="沪A·D3642", minutes=2))
    one.send(Due(service="taxi", name="minute"))
    assert said(one) == ["taxi.one_minute"]
    one.send(Due(service="taxi", name="minute"))
    assert said(one) == []


def test_a_late_passenger_is_called() -> None:
    """The driver waits: said at once, and again and again."""
    one = journey()
    order(one, "a")
    one.send(told("taxi.passenger_late", "c", order="a", plate="沪A·D3642"))
    assert (newest(one).screen, newest(one).phrases) == ("taxi.arrived", "taxi.passenger_late")
    one.send(Due(service="taxi", name="repeat"))
    assert said(one) == ["taxi.late_again"]


def test_on_board_says_where_to_sit() -> None:
    """Who is in hears of the belt; who has arrived is thanked."""
    one = journey()
    order(one, "a")
    one.send(told("taxi.arrived", "c", order="a", plate="沪A·D3642"))
    one.send(told("taxi.on_board", "c", order="a"))
    assert (newest(one).screen, newest(one).phrases) == ("taxi.completed", "taxi.on_board")


def test_a_search_is_widened_where_it_is_configured() -> None:
    """After `search_s` another class will do too, once; without the setting nothing is asked."""
    wide, plain = journey(widen="any"), journey()
    for one in (wide, plain):
        order(one, "a")
        for _ in range(2):
            one.send(Due(service="taxi", name="search"))
    [record] = wide.records("taxi.widened")
    assert record.data == {"order": "a", "request_class": "any"}
    assert newest(wide).values["wider"] == "yes" and newest(wide).screen == "taxi.no_car_yet"
    assert plain.records("taxi.widened") == []


def test_how_long_it_took_is_measured_and_sent() -> None:
    """From the press to the car and to boarding; after five orders good news is shown."""
    one = journey()
    for n in range(6):
        order(one, f"o{n}", at=1000.0 * n)
        assert (newest(one).values["usual"] == "") == (n < 5)
        one.send(at(1000.0 * n + 200, "taxi.accepted", order=f"o{n}", minutes=3))
        one.send(at(1000.0 * n + 400, "taxi.on_board", order=f"o{n}"))
        one.send(Due(service="taxi", name="end"))
    timed = one.records("taxi.timed")
    assert len(timed) == 6
    assert timed[0].data == {"outcome": "completed", "to_car_s": 200.0, "to_boarding_s": 400.0}


def test_a_search_without_a_car_is_counted_too() -> None:
    """What came to nothing is sent as that, with no time to a car."""
    one = journey()
    order(one, "a")
    one.send(told("taxi.no_car", "c", order="a"))
    assert [record.data for record in one.records("taxi.timed")] == [
        {"outcome": "no_car", "to_car_s": None, "to_boarding_s": None}
    ]


def test_a_second_resident_orders_while_the_first_waits() -> None:
    """Two orders, each with its own words of upstream, its own reminders, one lamp."""
    one = journey()
    order(one, "a")
    order(one, "b", first="taxi.another")
    assert [record.subject for record in one.records("taxi.requested")] == ["a", "b"]
    assert one.state.order == "b" and [other.order for other in one.state.others] == ["a"]
    one.send(told("taxi.accepted", "c1", order="a", plate="沪A·D1111", minutes=3))
    assert one.state.order == "a" and newest(one).values["plate"] == "沪A·D1111"
    one.send(Due(service="taxi", name="search.1"))
    assert one.state.order == "b" and one.state.searches == 1
    one.send(told("taxi.no_car", "c2", order="b"))
    assert Drive("lamp_taxi", Switch(False)) not in one.latest
    one.send(told("taxi.arrived", "c3", order="a"))
    assert newest(one).screen == "taxi.arrived" and one.state.order == "a"
    one.send(told("taxi.completed", "c4", order="a"))
    assert Drive("lamp_taxi", Switch(False)) in one.latest
    assert not one.state.others


def test_a_draft_is_not_pushed_aside_by_news_of_another_order() -> None:
    """Who is just choosing hears of the other car, and goes on choosing."""
    one = journey()
    order(one, "a")
    one.send(Action(service="taxi", action="taxi.another"))
    assert one.screen == "taxi.destination"
    one.send(told("taxi.accepted", "c", order="a", plate="沪A·D1111", minutes=3))
    assert said(one) == ["taxi.plate_again"] and one.state.phase == "destination"
    one.send(Action(service="taxi", action="home"))
    assert one.state.order == "a" and one.state.phase == "accepted"


def test_three_wait_at_most() -> None:
    """A fourth order is not offered."""
    one = journey()
    order(one, "a")
    order(one, "b", first="taxi.another")
    order(one, "c", first="taxi.another")
    assert "taxi.another" not in {choice.action for choice in newest(one).choices}
    one.send(Action(service="taxi", action="taxi.another"))
    assert one.state.order == "c" and len(one.state.others) == 2
    seen = set()
    for _ in range(3):
        seen.add(one.state.order)
        one.send(Action(service="taxi", action="taxi.other"))
    assert seen == {"a", "b", "c"}


def test_a_stored_order_of_before_goes_on() -> None:
    """A state written without the new fields is read, and its car still comes."""
    old = b'{"phase":"requested","order":"a","destination":"tongren","recent":true}'
    one = journey()
    one.state = msgspec.json.decode(old, type=TaxiState)
    one.send(told("taxi.accepted", "c", order="a", plate="沪A·D1111", minutes=3))
    assert one.screen == "taxi.accepted"


def test_req_32_cancel_is_two_presses_away_wherever_it_can_be() -> None:
    """While an order is under way it is the second choice, after one that does no harm."""
    one = journey()
    order(one, "a")
    for kind in ("taxi.accepted", "taxi.delayed", "taxi.reassigning", "taxi.accepted"):
        one.send(told(kind, "c", order="a"))
        assert newest(one).choices[1].action == "taxi.cancel"
    for kind in ("taxi.arrived", "taxi.passenger_late"):
        one.send(told(kind, "c", order="a"))
        assert newest(one).choices[1].action == "taxi.cancel"


@pytest.mark.parametrize("language", WORDS.languages)
def test_where_else_a_car_can_be_called_is_shown_and_spoken(language: str) -> None:
    """Without network, too late, or refused: where configured, the next place and the way to it;
    else not a word of it, and never while this kiosk can serve."""
    way = "新泾六村南门，出门向左两百米"
    for elsewhere in (way, ""):
        one = journey(elsewhere=elsewhere)
        seen = {}
        for end in ("offline", "expired", "refused", "no_car"):
            order(one, end)
            lost = RecordUndelivered(kind="taxi.requested", subject=end, attempted=False)
            one.state = msgspec.structs.replace(one.state, phase="requesting")
            match end:
                case "offline":
                    one.send(LinkChanged(online=False))
                case "expired":
                    one.send(lost)
                case "refused":
                    one.send(msgspec.structs.replace(lost, refused="no", for_residents="停运"))
                case "no_car":
                    one.send(told("taxi.no_car", "c", order=end))
            show = newest(one)
            assert show.screen == f"taxi.{end}"
            text = WORDS.text(language, f"screen.{show.screen}.text", show.values)
            spoken = WORDS.spoken(language, show.screen, {**show.values, "phones": "120"})
            seen[end] = (way in text, way in spoken, "[" in text + spoken)
            one.send(told("taxi.cancelled", "c", order=end, by="dispatch"))
            one.send(Due(service="taxi", name="end"))
        there = elsewhere == way
        assert set(seen.values()) <= {(there, there, False), (False, False, False)}
        assert seen["offline"] == seen["expired"] == seen["refused"] == (there, there, False)
        assert seen["no_car"] == (False, False, False)
