"""What stands on the screens of the taxi, phase by phase."""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

from agent.dialogue.views import (
    AnyView,
    Chip,
    Confirm,
    Count,
    List,
    Phrase,
    Progress,
    Row,
    Status,
    Values,
    Words,
)
from agent.effects import Choice, Show, Slip, Utterance, Wish
from agent.services.taxi.choosing import looking
from agent.services.taxi.order import AT_ONCE, DRAFT, NEEDS, OVER, UNDER_WAY, Place, TaxiState
from agent.services.taxi.settings import TaxiSettings

CALL = Choice("taxi.call", icon="street", look="primary")
_HELPERS = ("taxi", "guard")
"""Telephone numbers that help when no car can be had here."""
_CANCEL = Choice("taxi.cancel", icon="cross", look="quiet")
_REALLY = Choice("taxi.cancel", costly=True, icon="cross")
_ANSWERS = (
    Utterance("taxi.really", (Wish("taxi.cancel"),)),
    Utterance("taxi.keep", (Wish("taxi.wait"),)),
)
"""To the question whether a car is to be cancelled."""
_MINUTES = Phrase("unit.minutes")
_ICONS = {
    "cancelling": "cross",
    "cancelled": "cross",
    "completed": "heart",
    "no_car": "taxi",
    "offline": "unplugged",
    "expired": "clock",
    "refused": "cross",
    "unknown": "search",
}
_CHIPS = {
    "accepted": "coming",
    "arrived": "arrived",
    "requesting": "looking",
    "requested": "looking",
    "reassigning": "looking",
    "offline": "looking",
    "unknown": "unsure",
}


def show(
    state: TaxiState,
    pickup: Place,
    places: Mapping[str, Place],
    favourites: Sequence[str],
    *,
    settings: TaxiSettings,
    silent: bool,
) -> Show:
    """The screen of an order.

    Args:
        state: the order.
        pickup: where the kiosk stands.
        places: all that a resident may name, by id.
        favourites: ids of those with a large button.
        settings: of the service.
        silent: only values have changed.
    """
    phase = state.phase
    if phase == "places":
        return _places(state, places)
    searched = phase == "requested" and state.searches > 0
    helpless = searched or phase in ("no_car", "offline", "expired", "refused", "unknown")
    given = values(state, pickup, places, settings)
    return Show(
        _screen(state, searched),
        given,
        _choices(state, places, favourites),
        idle_out=searched or state.asking or phase in (*DRAFT, *OVER, "cancelling"),
        silent=silent,
        view=_view(state, pickup, places, searched),
        focus=_focus(state),
        utterances=_said(state, places),
        phones=_HELPERS if helpless else (),
        chip=_chip(state, given),
        unsure="label.unconfirmed" if phase not in DRAFT else "",
        phrases=_phrases(state),
    )


def _places(state: TaxiState, places: Mapping[str, Place]) -> Show:
    found = looking(state.choosing, places, state.often)
    return Show(
        found.screen,
        found.values,
        found.choices,
        idle_out=True,
        view=found.view,
        utterances=utterances(places.values()),
    )


def _screen(state: TaxiState, searched: bool) -> str:
    if state.asking:
        return "taxi.cancel_question"
    return "taxi.no_car_yet" if searched else f"taxi.{state.phase}"


def _said(state: TaxiState, places: Mapping[str, Place]) -> tuple[Utterance, ...]:
    if state.asking:
        return _ANSWERS
    return utterances(places.values()) if state.phase == "destination" else ()


def _phrases(state: TaxiState) -> str:
    """Other words for the same screen."""
    if state.asking:
        return ""
    if state.phase == "arrived" and state.late:
        return "taxi.passenger_late"
    return "taxi.on_board" if state.phase == "completed" and state.aboard else ""


def values(
    state: TaxiState, pickup: Place, places: Mapping[str, Place], settings: TaxiSettings
) -> dict[str, str | int | float]:
    """What the phrases of an order may mention."""
    destination = places.get(state.destination)
    valid = round(settings.valid_s / 60)
    return {
        "place": pickup.name,
        "destination": destination.name if destination else "",
        "plate": state.plate,
        "minutes": (valid if state.phase == "offline" else state.minutes) or "",
        "elapsed": state.waited or "",
        "elsewhere": settings.elsewhere,
        "driver": state.driver,
        "colour": state.colour,
        "model": state.model,
        "spot": state.spot,
        "by": state.by,
        "reason": state.reason,
        "second": "yes" if _second(state) else "",
        "clock": _clock(state),
        "usual": _usual(state),
        "wider": "yes" if state.widened else "",
        **{need: "yes" if need in state.needs else "" for need in NEEDS},
    }


def _clock(state: TaxiState) -> str:
    """The time of day at which the car comes, as ``10:25``; empty where nobody knows it."""
    if state.epoch is None or not state.due_at:
        return ""
    due = datetime.datetime.fromtimestamp(state.epoch + state.due_at)
    return f"{due.hour}:{due.minute:02}"


_ENOUGH = 5
"""Orders before which nothing is said of how long it usually takes…"""
_GOOD_NEWS_S = 300.0
"""…and seconds above which nothing is said of it either: it would help nobody."""


def _usual(state: TaxiState) -> int | str:
    """Minutes to a car that half of the orders here did not exceed, where that is good news."""
    if len(state.waits) < _ENOUGH or (half := statistics.median(state.waits)) > _GOOD_NEWS_S:
        return ""
    return max(1, math.ceil(half / 60))


def utterances(places: Iterable[Place], *first: Wish) -> tuple[Utterance, ...]:
    """Naming any place asks for a ride to it; *first* leads to where that can be chosen."""
    return tuple(
        Utterance("taxi.to", (*first, Wish("taxi.to", place.id)), {"place": name})
        for place in places
        for name in place.names
    )


def _second(state: TaxiState) -> bool:
    """Another car right after one: never by going on pressing the same key."""
    return state.phase == "confirm" and state.recent and not state.again


def _focus(state: TaxiState) -> str:
    if _second(state):
        return "taxi.back"
    return "home" if (state.phase, state.by) == ("cancelled", "user") else ""


def _choices(
    state: TaxiState, places: Mapping[str, Place], favourites: Sequence[str]
) -> tuple[Choice, ...]:
    phase = state.phase
    if phase == "destination":
        # First what asks for nothing: the focus rests on no place that nobody chose.
        driver = Choice("taxi.to.driver", icon="steering", look="primary")
        more = Choice("taxi.more", icon="list", look="quiet")
        return (driver, *(Choice("taxi.to", places[id].short, value=id) for id in favourites), more)
    if phase == "confirm":
        yes = Choice("taxi.confirm", costly=True, icon="check", look="primary")
        return (yes, Choice("taxi.back", icon="back"), Choice("taxi.needs", icon="plus"))
    if phase == "needs":
        needed = Choice("taxi.needed", icon="check", look="primary")
        return (needed, *(_need(need, need in state.needs) for need in NEEDS))
    if state.asking:
        return (Choice("taxi.wait", icon="clock", look="primary"), _REALLY)
    if phase == "arrived":
        return (Choice("taxi.boarded", icon="check", look="primary"), _CANCEL, *_others(state))
    if phase in UNDER_WAY:
        # First what does no harm: an impatient second press must not cancel the car.
        return (Choice("taxi.wait", icon="clock"), _CANCEL, *_others(state))
    if phase in ("no_car", "cancelled", "expired", "refused"):
        return (Choice("taxi.again", icon="again", look="primary"), Choice("home"))
    return ()


def _need(need: str, chosen: bool) -> Choice:
    label = Phrase("label.need.chosen" if chosen else "label.need", {"need": need})
    return Choice("taxi.need", label, value=need, icon="check" if chosen else "")


def _others(state: TaxiState) -> Iterator[Choice]:
    """The kiosk is there for the next resident while this one waits."""
    if state.others:
        yield Choice("taxi.other", icon="next", look="quiet")
    if len(state.others) + 1 < AT_ONCE:
        yield Choice("taxi.another", icon="taxi", look="quiet")


def _view(state: TaxiState, pickup: Place, places: Mapping[str, Place], searched: bool) -> AnyView:
    match state.phase:
        case "destination":
            return List()
        case "confirm":
            to = places.get(state.destination)
            where: Words = to.name if to else Phrase("label.to.driver")
            rows = [
                Row(Phrase("label.from"), pickup.name, "pin"),
                Row(Phrase("label.to"), where, "flag"),
            ]
            if state.needs:
                asked = {need: "yes" if need in state.needs else "" for need in NEEDS}
                rows.append(Row(Phrase("label.needs"), Phrase("label.needs.of", asked), "plus"))
            return Confirm(tuple(rows))
        case "needs":
            return List()
        case "requesting" | "requested" | "reassigning" if not searched:
            waited = Count(Phrase("label.waited"), state.waited, _MINUTES)
            facts = tuple(_facts(state, places))
            return Progress("scene", count=waited if state.waited else None, facts=facts)
        case "accepted":
            left = Count(Phrase("label.arrives"), state.minutes, _MINUTES)
            counted = left if state.minutes else None
            facts = tuple(_facts(state, places))
            return Progress(badge=state.plate, count=counted, facts=facts, code=_slip(state))
        case "arrived":
            facts = tuple(_facts(state, places))
            return Progress(badge=state.plate, facts=facts, code=_slip(state))
    return Status("clock" if searched else _ICONS.get(state.phase, ""))


def _facts(state: TaxiState, places: Mapping[str, Place]) -> Iterator[Words]:
    """What is known of the order and of its car, and stays on the screen while one waits."""
    if state.spot:
        yield Phrase("label.spot", {"spot": state.spot})
    if state.colour:
        yield Phrase("label.colour", {"colour": state.colour})
    if state.model:
        yield state.model
    if state.driver:
        yield Phrase("label.driver", {"driver": state.driver})
    if clock := _clock(state):
        yield Phrase("label.due", {"clock": clock})
    if destination := places.get(state.destination):
        yield Phrase("label.going", {"destination": destination.short})


def _slip(state: TaxiState) -> Words:
    """Plate and time, to take away on a phone."""
    if not state.plate or state.asking:
        return ""
    return Phrase("label.slip", {"plate": state.plate, "clock": _clock(state)})


def slip(state: TaxiState, pickup: Place, printer: str) -> Slip:
    """What to keep in the hand while waiting; who finds it learns nothing of who ordered."""
    lines = (
        Phrase("label.due", {"clock": clock}) if (clock := _clock(state)) else "",
        Phrase("label.spot", {"spot": state.spot}) if state.spot else "",
        " ".join(filter(None, (state.colour, state.model))),
        Phrase("label.slip.here", {"place": pickup.name}),
        Phrase("label.slip.look"),
        Phrase("label.slip.change"),
    )
    return Slip(
        printer, state.order, Phrase("label.slip.title"), state.plate, lines, code=_slip(state)
    )


def _chip(state: TaxiState, given: Values) -> Chip | None:
    if state.phase in OVER:
        return Chip(Phrase("label.chip.over"), "taxi")
    name = _CHIPS.get(state.phase)
    return Chip(Phrase(f"label.chip.{name}", given), "taxi") if name else None
