"""One foreground, a way back, and what runs in the background; and hands that hammer on keys."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import asdict

from agent.messages import Command
from agent.services.taxi.messages import Accepted
from tests.agent.dialogue.residents import Residents


@pytest.fixture
def kiosk() -> Residents:
    return Residents()


@pytest.fixture
def waiting(kiosk: Residents) -> Residents:
    """Somebody waits for a car."""
    for action in ("taxi.call", "taxi.to.driver", "taxi.confirm"):
        kiosk.touch(action)
    assert kiosk.screen == "taxi.requested"
    return kiosk


def accepted(kiosk: Residents) -> Command:
    order = kiosk.kinds("taxi.requested")[-1].subject
    data = Accepted(order=order, plate="沪A·D1234", minutes=3)
    return Command(command_id="c", data=data, at=kiosk.now)


def test_who_waits_leaves_the_kiosk_to_the_next(waiting: Residents) -> None:
    """The next resident can do anything else; the order stands as a button on the home screen."""
    waiting.touch("home")
    assert waiting.screen == "home" and "resume.taxi" in waiting.offered
    waiting.touch("reading.open")
    assert waiting.screen.startswith("reading")
    waiting.said()
    waiting.give(accepted(waiting))
    assert waiting.screen.startswith("reading")  # not pushed aside…
    assert any("沪A" in text for text in waiting.said())  # …but told
    waiting.touch("home")
    assert any("3" in item.label for item in waiting.shown.items)
    waiting.touch("resume.taxi")
    assert waiting.screen == "taxi.accepted"


def test_news_come_to_the_screen_when_nobody_uses_it(waiting: Residents) -> None:
    """A car that was found takes the home screen."""
    waiting.touch("home")
    waiting.give(accepted(waiting))
    assert waiting.screen == "taxi.accepted"


def test_minutes_that_pass_take_no_screen(waiting: Residents) -> None:
    """What only changes its values stays in the background."""
    waiting.touch("home")
    waiting.wait(50)
    waiting.touch("larger")
    waiting.wait(50)
    assert waiting.screen == "home"


def test_back_leads_to_where_one_was(waiting: Residents) -> None:
    """Help lies over the order; "back" from it leads to the order, not home."""
    waiting.touch("help")
    assert waiting.screen == "help"
    waiting.key("back")
    assert waiting.screen == "taxi.requested"


def test_home_leads_home_from_any_depth(waiting: Residents) -> None:
    """Help over an order: one press of home, and both are buttons there."""
    waiting.touch("help")
    waiting.touch("home")
    assert waiting.screen == "home"
    assert {"resume.taxi", "resume.help"} <= set(waiting.offered)


def test_a_search_without_a_car_frees_the_screen(waiting: Residents) -> None:
    """After `search_s` and a silence the kiosk is at home; the order goes on."""
    waiting.wait(181)
    assert waiting.screen == "taxi.no_car_yet"
    waiting.wait(90)
    assert waiting.screen == "home" and "resume.taxi" in waiting.offered
    waiting.wait(1200)
    assert asdict(waiting.kinds("taxi.cancelled")[0].data)["reason"] == "over"


def test_a_second_call_leads_to_the_first(waiting: Residents) -> None:
    """While an order is under way the key shows it and orders nothing."""
    waiting.touch("home")
    waiting.touch("taxi.call")
    assert waiting.screen == "taxi.requested"
    assert len(waiting.kinds("taxi.requested")) == 1


@pytest.mark.parametrize("pace", [0.15, 0.4, 0.6, 1.1, 2.0])
def test_enter_again_and_again(kiosk: Residents, pace: float) -> None:
    """One car at the most, without a destination, and none is cancelled."""
    for _ in range(min(round(300 / pace), 500)):
        kiosk.key("enter", after=pace)
    orders = kiosk.kinds("taxi.requested")
    assert len(orders) <= 1
    assert all(asdict(order.data)["destination"] == "" for order in orders)
    assert not [r for r in kiosk.kinds("taxi.cancelled") if asdict(r.data)["reason"] == "user"]


@pytest.mark.parametrize("seed", range(6))
def test_a_child_on_the_keys(kiosk: Residents, seed: int) -> None:
    """Five minutes of any keys order at most one car."""
    chance = random.Random(seed)
    for _ in range(600):
        kiosk.key(chance.choice(["up", "down", "enter", "back", "help"]), chance.uniform(0.1, 0.9))
    assert len(kiosk.kinds("taxi.requested")) <= 1


def test_whoever_goes_slowly_is_served(kiosk: Residents) -> None:
    """After hammering, a press that comes after a pause counts; the kiosk says so."""
    kiosk.touch("taxi.call")
    kiosk.touch("taxi.to.driver")
    for _ in range(16):
        kiosk.key("down", after=0.3)
    for _ in range(16 % len(kiosk.offered)):
        kiosk.key("up", after=0.3)
    assert kiosk.offered[kiosk.shown.focus] == "taxi.confirm"
    kiosk.said()
    kiosk.key("enter", after=1.0)
    assert not kiosk.kinds("taxi.requested") and "请慢慢按" in kiosk.said()[-1]
    kiosk.key("enter", after=3.5)
    assert len(kiosk.kinds("taxi.requested")) == 1
