"""Orders to devices: which of them last, and what is refused."""

from __future__ import annotations

import math

import msgspec
import pytest

from agent.contract import orders
from agent.contract.orders import (
    Beep,
    Blink,
    Headset,
    Listen,
    Look,
    Order,
    Speak,
    States,
    Switch,
    Volume,
    checked,
)

KINDS = [
    kind
    for kind in vars(orders).values()
    if isinstance(kind, type) and issubclass(kind, Order) and kind is not Order
]


def test_the_last_state_of_each_kind_is_kept() -> None:
    """What replaces a state without lasting itself (a beep) leaves none; acts leave all."""
    states = States()
    for order in (Switch(True), Look(False), Blink(), Headset(True), Speak("x"), Volume(1)):
        states.note(order)
    assert list(states) == [Look(False), Blink(), Headset(True)]
    states.note(Beep(2))
    assert list(states) == [Look(False), Headset(True)]


def test_a_blink_that_ends_is_an_act() -> None:
    assert Blink().lasts and not Blink(times=3).lasts
    assert Switch(False).lasts and Look(True).lasts
    assert not Speak("x").lasts


@pytest.mark.parametrize(
    "order",
    [
        Switch("on"),  # type: ignore[arg-type]
        Blink(on_s=0),
        Blink(on_s=math.nan),
        Blink(times=0),
        Beep(-1),
        Speak(1),  # type: ignore[arg-type]
        Speak("x" * 5000),
        Speak("x", urgency=3),  # type: ignore[arg-type]
        Speak("x", rate=math.inf),
        Listen(("x",), longest_s=900),
        Volume(step=1000),
    ],
)
def test_a_wrong_order_is_refused(order: Order) -> None:
    with pytest.raises(msgspec.ValidationError):
        checked(order)


def test_orders_cross_a_process_boundary() -> None:
    """Each is told from the others by its tag."""
    assert len({kind.__struct_config__.tag for kind in KINDS}) == len(KINDS)
    decode = msgspec.msgpack.Decoder(orders.union(tuple(KINDS))).decode
    for order in (Switch(True), Blink(times=2), Speak("车到了", rate=1.5), Listen(("好",))):
        assert decode(msgspec.msgpack.encode(order)) == order
