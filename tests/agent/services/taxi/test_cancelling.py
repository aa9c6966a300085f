"""A car that was found is given up only after a question."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import Signal
from agent.effects import Recede, Record, Show
from agent.messages import Action, Due, Started
from agent.services.taxi.messages import OrderCancelled
from tests.agent.dialogue.residents import Residents
from tests.agent.journal import Journey, told
from tests.agent.services.taxi.test_service import SIGNALS, action
from tests.agent.services.taxi.test_waiting import journey, newest, order, said

QUESTION = "taxi.cancel_question"
FOUND = ("taxi.accepted", "taxi.arrived", "taxi.passenger_late")


def cancelled(one: Journey) -> int:
    """Cancellations by the resident so far."""
    return sum(record.data["reason"] == "user" for record in one.records("taxi.cancelled"))


def found(kind: str = "taxi.accepted") -> Journey:
    """A journey for which a car has been found."""
    one = journey()
    order(one, "press-2")
    one.send(told(kind, order="press-2", plate="沪A·D3642", minutes=4, spot="大门左边"))
    return one


@pytest.fixture
def asked() -> Journey:
    """The question is open."""
    one = found()
    one.send(action("taxi.cancel"))
    return one


@pytest.mark.parametrize("kind", FOUND)
def test_a_found_car_is_asked_about(kind: str) -> None:
    """One press asks and cancels nothing, with the focus on what does no harm; a second one of
    the same choice cancels."""
    one = found(kind)
    one.send(action("taxi.cancel"))
    show = newest(one)
    assert (one.screen, show.phrases, show.silent) == (QUESTION, "", False)
    assert [choice.action for choice in show.choices] == ["taxi.wait", "taxi.cancel"]
    assert show.focus == "" and cancelled(one) == 0
    one.send(action("taxi.cancel"))
    assert one.screen == "taxi.cancelling" and cancelled(one) == 1


def test_the_question_tells_which_car_it_is(asked: Journey) -> None:
    """Plate, minutes and spot stand there, without a code to take away."""
    view = newest(asked).view
    assert view.badge == "沪A·D3642" and view.count.number == 4 and not view.code  # type: ignore[union-attr]
    assert newest(asked).values["spot"] == "大门左边"


@pytest.mark.parametrize("kind", ["", "taxi.reassigning"])
def test_before_a_car_is_found_one_press_cancels(kind: str) -> None:
    """Nothing is lost by it, so nothing is asked."""
    one = journey() if not kind else found()
    if kind:
        one.send(told(kind, order="press-2"))
    else:
        order(one, "press-2")
    one.send(action("taxi.cancel"))
    assert one.screen == "taxi.cancelling" and cancelled(one) == 1


@pytest.mark.parametrize("name", ["taxi.wait", "back"])
def test_who_waits_on_keeps_the_car(asked: Journey, name: str) -> None:
    """Waiting on, or "back": the car's own screen, spoken again, and nothing is sent."""
    asked.send(action(name))
    assert asked.screen == "taxi.accepted" and not newest(asked).silent
    asked.send(Due(service="taxi", name="ask"))
    assert asked.latest == [] and cancelled(asked) == 0


def test_silence_keeps_the_car(asked: Journey) -> None:
    """Nobody answers for long: the car's screen comes back, and one press asks again."""
    assert asked.reminders["ask"] == 45.0
    asked.send(Due(service="taxi", name="ask"))
    assert asked.screen == "taxi.accepted"
    asked.send(action("taxi.cancel"))
    assert asked.screen == QUESTION and cancelled(asked) == 0


def test_home_keeps_the_car(asked: Journey) -> None:
    """The order goes on in the background, and comes back without the question."""
    asked.send(action("home"))
    assert Recede() in asked.latest and newest(asked).screen == "taxi.accepted"
    assert newest(asked).silent and not asked.state.asking


@pytest.mark.parametrize(
    ("kind", "screen"),
    [
        ("taxi.accepted", "taxi.accepted"),
        ("taxi.arrived", "taxi.arrived"),
        ("taxi.passenger_late", "taxi.arrived"),
        ("taxi.reassigning", "taxi.reassigning"),
        ("taxi.on_board", "taxi.completed"),
        ("taxi.no_car", "taxi.no_car"),
        ("taxi.cancelled", "taxi.cancelled"),
        ("taxi.unknown_order", "taxi.expired"),
    ],
)
def test_news_replaces_the_question(asked: Journey, kind: str, screen: str) -> None:
    """What upstream says of the car has its own screen at once."""
    asked.send(told(kind, order="press-2"))
    assert asked.screen == screen and not asked.state.asking and cancelled(asked) == 0


def test_a_delay_is_told_within_the_question(asked: Journey) -> None:
    """Who wonders whether to wait hears that it takes longer, and sees how long."""
    asked.send(told("taxi.delayed", order="press-2", minutes=9))
    assert said(asked) == ["taxi.delayed"]
    assert asked.screen == QUESTION and newest(asked).values["minutes"] == 9


def test_a_restart_asks_nothing(asked: Journey) -> None:
    """Who was asked may have gone: the car is shown."""
    asked.restart()
    asked.send(Started(rebooted=False))
    assert asked.screen == "taxi.accepted"


def test_news_of_another_order_waits_until_the_answer() -> None:
    """The second press must never fall on another resident's car."""
    one = found()
    order(one, "b", first="taxi.another")
    one.send(told("taxi.accepted", order="b", plate="沪A·D2222", minutes=6))
    one.send(action("taxi.cancel"))
    assert one.screen == QUESTION and one.state.order == "b"
    one.send(told("taxi.arrived", order="press-2", plate="沪A·D3642"))
    assert said(one) == ["taxi.arrived_again"] and one.state.order == "b"
    assert not [effect for effect in one.latest if isinstance(effect, Show)]
    one.send(action("taxi.cancel"))
    assert [record.subject for record in one.records("taxi.cancelled")] == ["b"]


def test_what_an_ear_is_told() -> None:
    """By ear the question names the car and both choices; "back" says that it still comes."""
    kiosk = Residents()
    for name in ("taxi.call", "taxi.to.driver", "taxi.confirm"):
        kiosk.touch(name)
    id = kiosk.services["taxi"].state.order
    kiosk.give(told("taxi.accepted", order=id, plate="沪A·D3642", minutes=4))
    kiosk.said()
    kiosk.key("down")
    kiosk.key("enter")
    question = kiosk.said()[-1]
    for words in ("真的不要了吗", "沪A·D3642", "4分钟", "继续等车", "取消叫车", "第1项"):
        assert words in question
    kiosk.key("back")
    assert kiosk.screen == "taxi.accepted" and "叫到车了" in kiosk.said()[-1]
    for key in ("down", "enter", "down", "enter"):
        kiosk.key(key)
    assert len(kiosk.kinds("taxi.cancelled")) == 1


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(SIGNALS, st.just(Due(service="taxi", name="ask"))), max_size=40))
def test_no_found_car_is_lost_without_an_answer(signals: list[Signal]) -> None:
    """Whatever happens in whatever order: a resident's cancellation comes of a press of
    "cancel"; where a car was known to come, only on the question; the question is asked only
    then, and every word about the order but a delay ends it."""
    one = journey()
    for signal in signals:
        before = one.state
        one.send(signal)
        sent = [e.data for e in one.latest if isinstance(e, Record)]
        user = [d for d in sent if isinstance(d, OrderCancelled) and d.reason == "user"]
        under_way = before.phase not in ("cancelled", "cancelling")
        if user and under_way:
            assert isinstance(signal, Action) and signal.action == "taxi.cancel"
            assert before.asking or before.phase not in ("accepted", "arrived")
        if one.state.asking:
            assert one.state.phase in ("accepted", "arrived") and one.screen == QUESTION
        elif any(isinstance(effect, Show) for effect in one.latest):
            assert one.screen != QUESTION
        assert not (before.asking and one.state.asking and one.state.phase != before.phase)
