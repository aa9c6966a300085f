"""One order: from the press to the car, and never a word that is not known to be true.

The phases follow what upstream has said, not what we hope: `requesting` until upstream has
the request, `unknown` whenever it cannot be known whether an order stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from agent.contract.orders import Switch
from agent.contract.signals import Printed, Signal
from agent.dialogue.views import Values
from agent.effects import (
    Drive,
    Effect,
    Hide,
    Recede,
    Record,
    Remind,
    Say,
    Show,
    Urgency,
    Withdraw,
    rejected,
)
from agent.messages import (
    Action,
    Command,
    Due,
    LinkChanged,
    RecordDelivered,
    RecordUndelivered,
    Started,
)
from agent.services.taxi import screens
from agent.services.taxi.choosing import choose, counted
from agent.services.taxi.messages import (
    AboutOrder,
    Accepted,
    Arrived,
    Cancelled,
    Completed,
    Delayed,
    NoCar,
    OnBoard,
    OrderBoarded,
    OrderCancelled,
    OrderRequested,
    OrderTimed,
    OrderVerify,
    OrderWidened,
    PassengerLate,
    Reassigning,
    Searching,
    UnknownOrder,
)
from agent.services.taxi.order import (
    DRAFT,
    FOUND,
    KNOWN_UPSTREAM,
    NEEDS,
    OVER,
    UNDER_WAY,
    UNSENT,
    Phase,
    Place,
    TaxiState,
    blank,
    with_car,
    without_car,
)
from agent.services.taxi.settings import TaxiSettings

_LOST = 30.0
"""Seconds without a link after which the state of an order counts as unknown."""
_THANKS = 15.0
"""Seconds for which the last screen of a ride stays."""
_WAITING_CAR = 600.0
"""Seconds after which an arrived car's screen is freed, should upstream say no more."""
_FORGOTTEN = 7200.0
"""Seconds after which an order of which nothing more is heard is dropped."""
_SEARCHES = 5
"""Times `search_s` after which a search that found no car is given up."""
RECENT = "recent"
"""The reminder that is about the kiosk, and not about one order."""
_RECENT_S = 600.0
"""Seconds after an order during which another one from home is asked about."""
_SLIPS = 3
"""Slips that are printed for one order."""
_OVER_FOR = 300.0
"""Seconds after which nobody needs to know any more how an order ended."""
_MEASURED = 50
"""Orders from which is known how long a car usually takes here."""
_ASKED_FOR = 45.0
"""Seconds without an answer after which a car that was found is waited for."""
_TIMERS = ("offline", "search", "minute", "repeat", "lost", "ask", "end")


class Riding:
    """Calls a car to this kiosk and tells what became of it."""

    def __init__(
        self,
        settings: TaxiSettings,
        pickup: Place,
        places: Mapping[str, Place],
        favourites: Sequence[str],
    ) -> None:
        """Serve one spot.

        Args:
            settings: times, and the lamp.
            pickup: where this kiosk stands.
            places: all that a resident may name, by id.
            favourites: ids of those with a large button, in their order.
        """
        self._settings = settings
        self._pickup = pickup
        self._places = places
        self._favourites = favourites

    def step(self, state: TaxiState, signal: Signal) -> tuple[TaxiState, list[Effect]]:
        """Answer one signal. Signals that do not fit the phase change nothing."""
        after, effects = self._step(state, signal)
        return self._measured(state, after, signal.at, effects)

    def _step(self, state: TaxiState, signal: Signal) -> tuple[TaxiState, list[Effect]]:
        match signal:
            case Started():
                return self._resume(state, signal)
            case Action():
                return self._action(state, signal)
            case Due(name=name):
                return self._due(state, name)
            case LinkChanged(online=online):
                return self._link(state, online)
            case Printed(job=state.order) if state.phase in ("accepted", "arrived"):
                return state, [Say("taxi.slip")]
            case RecordDelivered(kind=kind, subject=state.order):
                return self._delivered(state, kind)
            case RecordUndelivered(kind="taxi.requested", subject=state.order):
                return self._undelivered(state, signal)
            case Command(data=AboutOrder() as data):
                return self._command(state, signal, data)
        return state, []

    # -- what the resident does ------------------------------------------------------------

    def _action(self, state: TaxiState, signal: Action) -> tuple[TaxiState, list[Effect]]:
        action, phase = signal.action, state.phase
        if action == "taxi.call" and (phase == "idle" or phase in OVER):
            return self._go(blank(state), "destination")
        if action == "taxi.again" and phase in OVER:
            return self._go(blank(state, destination=state.destination, again=True), "confirm")
        if action == "taxi.to.driver" and phase == "destination":
            return self._go(blank(state), "confirm")
        looks = phase in ("destination", "places")
        if action == "taxi.to" and looks and signal.value in self._places:
            return self._go(blank(state, destination=signal.value), "confirm")
        if looks and (choosing := choose(state.choosing, action, signal.value)):
            return self._go(replace(state, choosing=choosing), "places")
        if action == "back" and phase == "places":
            return self._go(blank(state), "destination")
        if phase in ("confirm", "needs") and action.startswith("taxi.need"):
            return self._need(state, action, signal.value)
        if action == "back" and phase == "needs":
            return self._go(state, "confirm")
        if action == "taxi.confirm" and phase == "confirm":
            return self._request(state, signal)
        if action in ("taxi.back", "back") and phase == "confirm":
            return self._go(blank(state), "destination")
        if action == "taxi.cancel" and phase in FOUND and not state.asking:
            return self._ask(state)
        if action == "taxi.cancel" and phase in UNDER_WAY:
            return self._cancel(state)
        if action in ("taxi.wait", "taxi.call") and phase in UNDER_WAY:
            return self._go(state, phase)
        if action == "back" and state.asking:
            return self._go(state, phase)
        if action == "taxi.boarded" and phase == "arrived":
            boarded = Record(OrderBoarded(order=state.order), state.order)
            state, effects = self._thank(state, aboard=True)
            return state, [boarded, *effects]
        if action in ("home", "back"):
            if phase in (*DRAFT, *OVER, "cancelling"):
                return self._end(state)  # what was recorded is sent all the same
            if phase in UNDER_WAY:
                return self._leave(state, signal)
        return state, []

    def _leave(self, state: TaxiState, signal: Action) -> tuple[TaxiState, list[Effect]]:
        """The order goes on in the background; "back" alone does not lose a car from sight."""
        stay = Say("taxi.stay", urgency=Urgency.ANSWER)
        if signal.action == "back" and not state.searches:
            return state, [stay]
        state, unasked = self._wait_on(state)
        return state, [*unasked, Recede(), *([] if signal.by == "idle" else [stay])]

    def _need(self, state: TaxiState, action: str, need: str) -> tuple[TaxiState, list[Effect]]:
        if action == "taxi.needs" and state.phase == "confirm":
            return self._go(state, "needs")
        if action == "taxi.needed" and state.phase == "needs":
            return self._go(state, "confirm")
        if action != "taxi.need" or need not in NEEDS or state.phase != "needs":
            return state, []
        has = need not in state.needs
        chosen = {*state.needs, need} if has else {*state.needs} - {need}
        state = replace(state, needs=tuple(one for one in NEEDS if one in chosen))
        said = Say(f"taxi.need.{'on' if has else 'off'}", {"need": need}, Urgency.ANSWER)
        return state, [self.show(state, silent=True), said]

    def _request(self, draft: TaxiState, signal: Action) -> tuple[TaxiState, list[Effect]]:
        destination = self._places.get(draft.destination)
        state = replace(
            blank(draft, destination=draft.destination),
            order=signal.id,
            needs=draft.needs,
            asked_at=signal.at,
            epoch=None if signal.wall is None else signal.wall - signal.at,
            often=counted(draft.often, draft.destination),
        )
        data = OrderRequested(
            order=state.order,
            pickup=self._pickup.id,
            pickup_name=self._pickup.name,
            pickup_gcj02=self._pickup.gcj02,
            destination=state.destination,
            destination_name=destination.name if destination else "",
            destination_gcj02=destination.gcj02 if destination else UNSET,
            needs=state.needs,
        )
        record = Record(data, state.order, expires_in=self._settings.valid_s)
        state, effects = self._go(replace(state, recent=True), "requesting")
        return state, [
            record,
            *effects,
            *self._lamp(True),
            Remind("offline", self._settings.offline_after_s),
            Remind("end", _FORGOTTEN),
            Remind(RECENT, _RECENT_S),
        ]

    def _ask(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        """A car that was found is not lost by one press of an unsteady hand."""
        state = replace(state, asking=True)
        return state, [self.show(state), Remind("ask", _ASKED_FOR)]

    def _wait_on(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        """Take the question back, if there is one: nobody has answered it."""
        if not state.asking:
            return state, []
        state = replace(state, asking=False)
        return state, [self.show(state, silent=True)]

    def _cancel(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        # What has not left the kiosk never will; the cancellation goes all the same, for the
        # request may be on its way at this moment.
        unsent = [Withdraw("taxi.requested", state.order)] if state.phase in UNSENT else []
        state, effects = self._go(state, "cancelling")
        return state, [self._cancellation(state), *effects, *unsent]

    # -- what becomes of the request -------------------------------------------------------

    def _delivered(self, state: TaxiState, kind: str) -> tuple[TaxiState, list[Effect]]:
        if kind == "taxi.requested" and state.phase in (*UNSENT, "unknown"):
            state, effects = self._go(state, "requested")
            timers = [Remind("search", self._settings.search_s), Remind("minute", 60.0)]
            return state, [*effects, *timers]
        if kind == "taxi.cancelled" and state.phase == "cancelling":
            return self._over(replace(state, by="user"), "cancelled")
        return state, []

    def _undelivered(
        self, state: TaxiState, signal: RecordUndelivered
    ) -> tuple[TaxiState, list[Effect]]:
        if signal.refused and state.phase in (*UNSENT, "cancelling", "unknown"):
            state = replace(state, reason=signal.for_residents)
            return self._over(state, "refused")
        if state.phase in UNSENT:
            if signal.attempted:
                return self._doubt(state)
            return self._over(state, "expired")
        if state.phase == "cancelling" and not signal.attempted:
            return self._over(replace(state, by="user"), "cancelled")
        return state, []

    def _link(self, state: TaxiState, online: bool) -> tuple[TaxiState, list[Effect]]:
        if not online:
            if state.phase == "requesting":
                return self._go(state, "offline")
            if state.phase in KNOWN_UPSTREAM:
                return state, [Remind("lost", _LOST)]
        elif state.phase == "offline":
            state, effects = self._go(state, "requesting")
            return state, [*effects, Remind("offline", self._settings.offline_after_s)]
        elif state.phase in (*KNOWN_UPSTREAM, "unknown"):
            return state, [self._verify(state), Remind("lost", None)]
        return state, []

    def _doubt(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        state, effects = self._go(state, "unknown")
        return state, [self._verify(state), *effects]

    def _resume(self, state: TaxiState, signal: Started) -> tuple[TaxiState, list[Effect]]:
        epoch = None if signal.wall is None else signal.wall - signal.at
        state = replace(state, epoch=epoch)
        if signal.rebooted:  # the boot-time clock began anew
            state = replace(state, asked_at=-1.0, due_at=0.0)
        if state.phase == "idle":
            return state, self._lamp(False)
        if signal.rebooted and state.phase in KNOWN_UPSTREAM:
            state, effects = self._doubt(state)
            return state, [*effects, *self._lamp(True)]
        effects = [self.show(state), *self._lamp(state.phase in UNDER_WAY)]
        if state.phase in (*KNOWN_UPSTREAM, "unknown"):
            effects.append(self._verify(state))
        return state, effects

    # -- what upstream says ----------------------------------------------------------------

    def _command(
        self, state: TaxiState, command: Command, data: AboutOrder
    ) -> tuple[TaxiState, list[Effect]]:
        def refuse(place: str, reason: str) -> tuple[TaxiState, list[Effect]]:
            return state, [rejected(command.command_id, command.kind, place, reason)]

        if data.order != state.order or state.order == "":
            return refuse("data.order", "no such order, or it is over")
        if data.revision is not None:
            if data.revision < state.revision:
                return refuse("data.revision", f"older than {state.revision}, which came before")
            state = replace(state, revision=data.revision)
        if state.phase in OVER:
            if isinstance(data, OnBoard | Completed | NoCar | Cancelled | UnknownOrder):
                return state, []  # that it is over is known
            if state.phase == "completed":
                return refuse("data.order", "the order is over: completed")
            # A car for somebody who was told that none comes: let it not come.
            return state, [self._cancellation(state)]
        if state.phase == "cancelling" and not isinstance(data, Cancelled | UnknownOrder):
            return state, []
        match data:
            case Accepted():
                if state.phase == "arrived" and data.plate == state.plate:
                    return state, []  # overtaken by "arrived"
                return self._accepted(with_car(state, data, command.at))
            case Delayed() if state.phase == "accepted":
                state = with_car(state, data, command.at)
                said = Say("taxi.delayed", self.values(state), Urgency.ANSWER)
                return state, [self.show(state, silent=True), said]
            case Reassigning():
                return self._go(without_car(state), "reassigning")
            case Arrived() | PassengerLate():
                state = with_car(state, data, command.at)
                here = isinstance(data, PassengerLate)
                state = replace(state, late=here, minutes=0, due_at=0.0)
                state, effects = self._go(state, "arrived")
                repeat = Remind("repeat", self._settings.repeat_s)
                state, slip = self._slip(state)
                return state, [*effects, *slip, repeat, Remind("end", _WAITING_CAR)]
            case OnBoard() | Completed():
                return self._thank(state, aboard=isinstance(data, OnBoard))
            case NoCar():
                return self._over(without_car(state), "no_car")
            case Cancelled(by=by):
                return self._over(replace(without_car(state), by=by), "cancelled")
            case UnknownOrder():
                if state.phase == "cancelling":
                    return self._over(replace(state, by="user"), "cancelled")
                return self._over(without_car(state), "expired")
            case Searching() if state.phase in ("unknown", "reassigning"):
                return self._go(without_car(state), "requested")
        return state, []

    def _thank(self, state: TaxiState, *, aboard: bool) -> tuple[TaxiState, list[Effect]]:
        state, effects = self._over(replace(state, aboard=aboard), "completed")
        return state, [*effects, Remind("end", _THANKS)]

    def _accepted(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        state, effects = self._go(state, "accepted")
        repeat = Remind("repeat", self._settings.repeat_s)
        state, slip = self._slip(state)
        return state, [*effects, *slip, repeat, Remind("minute", 60.0)]

    def _slip(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        """A slip by itself, as a resident expects of a printer: one for each car, and not on and
        on where upstream cannot make up its mind."""
        plate, printer = state.plate, self._settings.printer
        if not printer or not plate or plate in state.slips or len(state.slips) >= _SLIPS:
            return state, []
        state = replace(state, slips=(*state.slips, plate))
        return state, [screens.slip(state, self._pickup, printer)]

    # -- time ------------------------------------------------------------------------------

    def _due(self, state: TaxiState, name: str) -> tuple[TaxiState, list[Effect]]:
        match name, state.phase:
            case "offline", "requesting":
                return self._go(state, "offline")
            case "lost", "requested" | "accepted" | "reassigning" | "arrived":
                return self._doubt(state)
            case "recent", _:  # RECENT
                return replace(state, recent=False), []
            case "search", "requested":
                return self._still_looking(replace(state, searches=state.searches + 1))
            case "minute", "requested":
                state = replace(state, waited=state.waited + 1)
                return state, [self.show(state, silent=True), Remind("minute", 60.0)]
            case "minute", "accepted":
                soon = state.minutes == 2
                state = replace(state, minutes=max(1, state.minutes - 1))
                shown = [self.show(state, silent=True), Remind("minute", 60.0)]
                last = Say("taxi.one_minute", self.values(state), Urgency.ANSWER)
                return state, [*shown, *([last] if soon else [])]
            case "repeat", "accepted" | "arrived":
                phrase = "taxi.plate_again" if state.phase == "accepted" else "taxi.arrived_again"
                phrase = "taxi.late_again" if state.late else phrase
                told = Say(phrase, self.values(state), Urgency.INFORMATION)
                # Nothing is said of a car of which nothing is known.
                again = [told] if state.plate or state.minutes or state.phase == "arrived" else []
                return state, [*again, Remind("repeat", self._settings.repeat_s)]
            case "ask", _:
                return self._wait_on(state)
            case "end", _:
                return self._end(state)
        return state, []

    def _still_looking(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        """No car for long: say so, offer other ways; in the end do without."""
        if state.searches >= _SEARCHES:
            state, effects = self._over(state, "no_car")
            return state, [self._cancellation(state), *effects]
        wider: list[Effect] = []
        if self._settings.widen and not state.widened:
            state = replace(state, widened=True)
            data = OrderWidened(order=state.order, request_class=self._settings.widen)
            wider = [Record(data, state.order)]
        return state, [*wider, self.show(state), Remind("search", self._settings.search_s)]

    def _measured(
        self, before: TaxiState, after: TaxiState, at: float, effects: list[Effect]
    ) -> tuple[TaxiState, list[Effect]]:
        """Note how long the car took, and send it when the order is over."""
        if not after.order or after.order != before.order:
            return after, effects
        known = 0 <= after.asked_at <= at
        if known and after.car_s < 0 and after.phase in ("accepted", "arrived"):
            waits = (*after.waits, at - after.asked_at)[-_MEASURED:]
            after = replace(after, car_s=at - after.asked_at, waits=waits)
        if after.phase in OVER and before.phase not in OVER:
            aboard = known and after.phase == "completed"
            timed = OrderTimed(
                outcome=after.phase,
                to_car_s=round(after.car_s, 1) if after.car_s >= 0 else None,
                to_boarding_s=round(at - after.asked_at, 1) if aboard else None,
            )
            effects = [*effects, Record(timed, after.order)]
        return after, effects

    # -- what is shown and sent ------------------------------------------------------------

    def _go(self, state: TaxiState, phase: Phase) -> tuple[TaxiState, list[Effect]]:
        state = replace(state, phase=phase, asking=False)
        return state, [self.show(state)]

    def _over(self, state: TaxiState, phase: Phase) -> tuple[TaxiState, list[Effect]]:
        state, effects = self._go(state, phase)
        timers = (Remind(name, None) for name in _TIMERS)
        return state, [*effects, *self._lamp(False), *timers, Remind("end", _OVER_FOR)]

    def _end(self, state: TaxiState) -> tuple[TaxiState, list[Effect]]:
        timers = (Remind(name, None) for name in _TIMERS)
        return blank(state), [Hide(), *self._lamp(False), *timers]

    def show(self, state: TaxiState, silent: bool = False) -> Show:
        """The screen of this order."""
        return screens.show(
            state,
            self._pickup,
            self._places,
            self._favourites,
            settings=self._settings,
            silent=silent,
        )

    def values(self, state: TaxiState) -> Values:
        """What phrases about this order may mention."""
        return screens.values(state, self._pickup, self._places, self._settings)

    def _cancellation(self, state: TaxiState) -> Record:
        by_user = state.phase == "cancelling" or (state.phase, state.by) == ("cancelled", "user")
        why = "user" if by_user else "over"
        return Record(OrderCancelled(order=state.order, reason=why), state.order)

    def _verify(self, state: TaxiState) -> Record:
        return Record(OrderVerify(order=state.order), state.order)

    def _lamp(self, on: bool) -> list[Effect]:
        return [Drive(self._settings.lamp, Switch(on))] if self._settings.lamp else []
