"""The one-key taxi of a kiosk: orders of several residents, each a `Riding` of its own.

One order is in front: it has the screen. Others wait behind it; when something happens to one
of them it comes to the front, unless somebody is just ordering, or is asked whether a car is to be
cancelled: then it is only said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec.structs import replace

from agent.contract.orders import Switch
from agent.contract.signals import Printed, Signal
from agent.effects import Drive, Effect, Hide, Recede, Remind, Say, Show, Urgency
from agent.messages import (
    Action,
    Command,
    Due,
    LinkChanged,
    RecordDelivered,
    RecordUndelivered,
    Started,
)
from agent.services.taxi.messages import AboutOrder
from agent.services.taxi.order import (
    AT_ONCE,
    DRAFT,
    UNDER_WAY,
    Place,
    TaxiState,
    blank,
    remembering,
)
from agent.services.taxi.riding import RECENT, Riding
from agent.services.taxi.settings import TaxiSettings


class Taxi:
    """Calls cars to this kiosk and tells what became of each."""

    name: ClassVar[str] = "taxi"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Action,
        Due,
        LinkChanged,
        RecordDelivered,
        RecordUndelivered,
        Command,
        Printed,
    )

    def __init__(
        self,
        settings: TaxiSettings,
        pickup: Place,
        places: Mapping[str, Place],
        favourites: Sequence[str],
    ) -> None:
        """Serve one spot; the arguments are those of `Riding`."""
        self._riding = Riding(settings, pickup, places, favourites)

    def initial(self) -> TaxiState:
        """No order."""
        return TaxiState()

    def durable(self, state: TaxiState) -> TaxiState:
        """Orders outlast a restart; a draft does not, for its resident may have left."""
        return blank(state) if state.phase in DRAFT else replace(state, asking=False)

    def step(self, state: TaxiState, signal: Signal) -> tuple[TaxiState, list[Effect]]:
        """Answer one signal. Signals that do not fit the phase change nothing."""
        match signal:
            case Started() | LinkChanged():
                return self._everybody(state, signal)
            case Action(action="taxi.another") if can_order_another(state):
                return self._front(_set_aside(state), replace(signal, action="taxi.call"))
            case Action(action="taxi.other") if state.others:
                state = _in_front(state, state.others[0])
                return self._front(state, replace(signal, action="taxi.wait"))
        slot = _slot(state, signal)
        if isinstance(signal, Due):
            signal = replace(signal, name=signal.name.partition(".")[0])
        behind = next((one for one in state.others if one.slot == slot), None)
        if behind is None:
            return self._front(state, signal)
        return self._behind(state, behind, signal)

    def _front(self, state: TaxiState, signal: Signal) -> tuple[TaxiState, list[Effect]]:
        after, effects = self._riding.step(state, signal)
        effects = _tagged(after, effects)
        if after.phase != "idle" or not after.others:
            return after, effects
        # The next one that waits takes its place, in the background.
        after = _in_front(after, after.others[0])
        kept = [effect for effect in effects if not isinstance(effect, Hide)]
        return after, [*kept, self._riding.show(after, silent=True), Recede()]

    def _behind(
        self, state: TaxiState, order: TaxiState, signal: Signal
    ) -> tuple[TaxiState, list[Effect]]:
        front = replace(state, others=tuple(one for one in state.others if one is not order))
        after, effects = self._riding.step(remembering(front, order), signal)
        effects = _tagged(replace(after, others=(state,)), effects)
        front = remembering(after, front)
        shown = any(isinstance(effect, Show) and not effect.silent for effect in effects)
        if after.phase == "idle":
            kept = [effect for effect in effects if not isinstance(effect, Hide)]
            return front, kept
        if shown and front.phase not in DRAFT and not front.asking:
            return _in_front(replace(front, others=(*front.others, _alone(after))), after), effects
        kept = [effect for effect in effects if not isinstance(effect, Show | Hide | Recede)]
        said = [self._news(after)] if shown else []
        return replace(front, others=(*front.others, _alone(after))), [*kept, *said]

    def _everybody(self, state: TaxiState, signal: Signal) -> tuple[TaxiState, list[Effect]]:
        effects: list[Effect] = []
        for order in state.others:
            state, more = self._behind(state, order, signal)
            effects += [one for one in more if not isinstance(one, Show | Hide | Recede)]
        state, more = self._front(state, signal)
        return state, [*effects, *more]

    def _news(self, order: TaxiState) -> Say:
        known = {"accepted": "plate_again", "arrived": "arrived_again"}
        phrase = f"taxi.{known.get(order.phase, 'news')}"
        return Say(phrase, self._riding.values(order), Urgency.ANSWER)


def can_order_another(state: TaxiState) -> bool:
    """Whether another resident may order while this one waits."""
    return state.phase in UNDER_WAY and len(state.others) + 1 < AT_ONCE


def _slot(state: TaxiState, signal: Signal) -> int:
    """Of the order that *signal* is about; that in front where it says nothing."""
    match signal:
        case Due(name=name) if name != RECENT:
            number = name.partition(".")[2]
            return int(number) if number else 0
        case Command(data=AboutOrder(order=order)):
            subject = order
        case RecordDelivered(subject=subject) | RecordUndelivered(subject=subject):
            pass
        case Printed(job=subject):
            pass
        case _:
            return state.slot
    return next((one.slot for one in state.others if one.order == subject), state.slot)


def _alone(order: TaxiState) -> TaxiState:
    """An order without what is known of the kiosk; nobody is asked about it in the background."""
    return remembering(TaxiState(), replace(order, asking=False))


def _set_aside(state: TaxiState) -> TaxiState:
    """Nothing in front: the order that was waits behind."""
    others = (*state.others, _alone(state))
    taken = {one.slot for one in others}
    slot = next(n for n in range(AT_ONCE) if n not in taken)
    return blank(replace(state, others=others, slot=slot, recent=True))


def _in_front(state: TaxiState, order: TaxiState) -> TaxiState:
    """*order*, which waits behind, before the one that was in front."""
    others = tuple(one for one in state.others if one.slot != order.slot)
    if state.phase in UNDER_WAY and state.slot != order.slot:
        others = (*others, _alone(state))
    return replace(remembering(state, order), others=others)


def _tagged(state: TaxiState, effects: Sequence[Effect]) -> list[Effect]:
    """Reminders that come back to this order, and a lamp that is lit while any car is awaited."""
    awaited = any(one.phase in UNDER_WAY for one in state.others)
    tagged: list[Effect] = []
    for effect in effects:
        match effect:
            case Remind(name=name) if state.slot and name != RECENT:
                effect = replace(effect, name=f"{name}.{state.slot}")
            case Drive(order=Switch(on=False)) if awaited:
                continue
        tagged.append(effect)
    return tagged
