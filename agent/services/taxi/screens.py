"""What stands on the screens of the taxi, phase by phase."""

from __future__ import annotations

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
from agent.effects import Choice, Show, Utterance, Wish
from agent.services.taxi.order import DRAFT, OVER, UNDER_WAY, Place, TaxiState

CALL = Choice("taxi.call", icon="street", look="primary")
_HELPERS = ("taxi", "guard")
"""Telephone numbers that help when no car can be had here."""
_CANCEL = Choice("taxi.cancel", icon="cross", look="quiet")
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
    valid: int,
    silent: bool,
) -> Show:
    """The screen of an order.

    Args:
        state: the order.
        pickup: where the kiosk stands.
        places: all that a resident may name, by id.
        favourites: ids of those with a large button.
        valid: minutes for which an unsent request is good.
        silent: only values have changed.
    """
    phase = state.phase
    searched = phase == "requested" and state.searches > 0
    helpless = searched or phase in ("no_car", "offline", "expired", "refused", "unknown")
    given = values(state, pickup, places, valid)
    return Show(
        "taxi.no_car_yet" if searched else f"taxi.{phase}",
        given,
        _choices(state, places, favourites),
        idle_out=searched or phase in (*DRAFT, *OVER, "cancelling"),
        silent=silent,
        view=_view(state, pickup, places, searched),
        focus=_focus(state),
        utterances=utterances(places.values()) if phase == "destination" else (),
        phones=_HELPERS if helpless else (),
        chip=_chip(state, given),
        unsure="label.unconfirmed" if phase not in DRAFT else "",
    )


def values(
    state: TaxiState, pickup: Place, places: Mapping[str, Place], valid: int
) -> dict[str, str | int | float]:
    """What the phrases of an order may mention."""
    destination = places.get(state.destination)
    return {
        "place": pickup.name,
        "destination": destination.name if destination else "",
        "plate": state.plate,
        "minutes": (valid if state.phase == "offline" else state.minutes) or "",
        "elapsed": state.waited or "",
        "driver": state.driver,
        "colour": state.colour,
        "model": state.model,
        "spot": state.spot,
        "by": state.by,
        "reason": state.reason,
        "second": "yes" if _second(state) else "",
    }


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
        return (driver, *(Choice("taxi.to", places[id].short, value=id) for id in favourites))
    if phase == "confirm":
        yes = Choice("taxi.confirm", costly=True, icon="check", look="primary")
        return (yes, Choice("taxi.back", icon="back"))
    if phase == "arrived":
        return (Choice("taxi.boarded", icon="check", look="primary"), _CANCEL)
    if phase in UNDER_WAY:
        # First what does no harm: an impatient second press must not cancel the car.
        return (Choice("taxi.wait", icon="clock"), _CANCEL)
    if phase in ("no_car", "cancelled", "expired", "refused"):
        return (Choice("taxi.again", icon="again", look="primary"), Choice("home"))
    return ()


def _view(state: TaxiState, pickup: Place, places: Mapping[str, Place], searched: bool) -> AnyView:
    match state.phase:
        case "destination":
            return List()
        case "confirm":
            to = places.get(state.destination)
            where: Words = to.name if to else Phrase("label.to.driver")
            return Confirm(
                (
                    Row(Phrase("label.from"), pickup.name, "pin"),
                    Row(Phrase("label.to"), where, "flag"),
                )
            )
        case "requesting" | "requested" | "reassigning" if not searched:
            waited = Count(Phrase("label.waited"), state.waited, _MINUTES)
            return Progress("scene", count=waited if state.waited else None)
        case "accepted":
            left = Count(Phrase("label.arrives"), state.minutes, _MINUTES)
            counted = left if state.minutes else None
            return Progress(badge=state.plate, count=counted, facts=tuple(_facts(state)))
        case "arrived":
            return Progress(badge=state.plate, facts=tuple(_facts(state)))
    return Status("clock" if searched else _ICONS.get(state.phase, ""))


def _facts(state: TaxiState) -> Iterator[Words]:
    if state.spot:
        yield Phrase("label.spot", {"spot": state.spot})
    yield from filter(None, (state.colour, state.model))
    if state.driver and not state.spot:
        yield Phrase("label.driver", {"driver": state.driver})


def _chip(state: TaxiState, given: Values) -> Chip | None:
    if state.phase in OVER:
        return Chip(Phrase("label.chip.over"), "taxi")
    name = _CHIPS.get(state.phase)
    return Chip(Phrase(f"label.chip.{name}", given), "taxi") if name else None
