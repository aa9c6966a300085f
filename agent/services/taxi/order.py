"""One taxi order: its phases, and what is known of it and of its car."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from agent.services.taxi.messages import WithCar

Phase = Literal[
    "idle",
    "destination",
    "places",
    "confirm",
    "needs",
    "requesting",
    "offline",
    "requested",
    "accepted",
    "reassigning",
    "arrived",
    "cancelling",
    "unknown",
    "no_car",
    "cancelled",
    "expired",
    "refused",
    "completed",
]

UNDER_WAY = ("requesting", "offline", "requested", "accepted", "reassigning", "arrived", "unknown")
"""Phases with an order that a car may come for."""
UNSENT = ("requesting", "offline")
FOUND = ("accepted", "arrived")
"""Phases with a car of which is known that it comes, or waits."""
KNOWN_UPSTREAM = ("requested", "accepted", "reassigning", "arrived")
DRAFT = ("destination", "places", "confirm", "needs")
AT_ONCE = 3
"""Orders of several residents that may wait at the same time."""
OVER = ("no_car", "cancelled", "expired", "refused", "completed")


class Place(NamedTuple):
    """A place as the taxi service needs it."""

    id: str
    name: str
    short: str
    """As it stands on a button."""
    gcj02: tuple[float, float]
    """Longitude and latitude in degrees, GCJ-02: what dispatch systems in China take."""
    names: tuple[str, ...] = ()
    """All that residents call it."""
    kind: str = ""
    """As in places.toml."""


class Choosing(msgspec.Struct, frozen=True):
    """Where somebody is on the way to a place."""

    at: str = ""
    """``kinds``, ``find``, or a group of places; empty: at the favourites."""
    typed: str = ""
    """Keys of the search so far."""
    n: int = 0
    """Which screen of a list."""
    listed: bool = False
    """What was found is listed, though it is much."""


NEEDS = ("wheelchair", "guide_dog", "luggage", "boarding", "two_cars")
"""What an order may ask for: a car that takes a wheelchair; a guide dog; luggage; help to get in;
two cars at once."""


class TaxiState(msgspec.Struct, frozen=True):
    """The one order of this kiosk, from draft to goodbye."""

    phase: Phase = "idle"
    order: str = ""
    """Idempotency key of the order: the id of the press that confirmed it."""
    destination: str = ""
    """Id of a place; empty: the passenger tells the driver."""
    revision: int = 0
    """Of upstream's last word on this order; an older one that comes late is ignored."""
    plate: str = ""
    minutes: int = 0
    """Until the car comes."""
    waited: int = 0
    """Minutes since the request."""
    driver: str = ""
    colour: str = ""
    model: str = ""
    spot: str = ""
    by: str = ""
    """Who cancelled: user, driver, dispatch."""
    reason: str = ""
    """Why upstream refused."""
    searches: int = 0
    """How often `search_s` has passed without a car."""
    recent: bool = False
    """A car was ordered here a short while ago: another one is asked about."""
    again: bool = False
    """This order was asked for in so many words after another one came to nothing."""
    choosing: Choosing = Choosing()
    needs: tuple[str, ...] = ()
    """Some of `NEEDS`."""
    late: bool = False
    """The car waits, and the driver has said that the passenger is late."""
    asking: bool = False
    """A car was found, and the resident is asked whether it is really to be cancelled."""
    aboard: bool = False
    """The passenger has just got in, rather than arrived."""
    widened: bool = False
    """Another class of cars is looked for too."""
    slips: tuple[str, ...] = ()
    """Plates for which a slip was printed."""
    slot: int = 0
    """Tells orders that wait at the same time from each other."""
    asked_at: float = -1.0
    """Boot-time clock in seconds at the press that ordered; negative: not known."""
    car_s: float = -1.0
    """Seconds from that press to the car that was found; negative: none so far."""
    due_at: float = 0.0
    """Boot-time clock in seconds at which the car should be there; 0: not known."""
    epoch: float | None = None
    """Wall clock in seconds when the boot-time clock was 0; None: not known."""
    often: dict[str, int] = {}
    """How often each place was gone to from here, the most recent one last."""
    waits: tuple[float, ...] = ()
    """Seconds from the press to the car, of the latest orders."""
    others: tuple[TaxiState, ...] = ()
    """Orders of other residents that wait in the background."""


_OF_THE_KIOSK = ("recent", "epoch", "often", "waits", "others")
"""What is not about one order."""


def remembering(kiosk: TaxiState, order: TaxiState) -> TaxiState:
    """*order* with what *kiosk* knows beside its own order."""
    known = {name: getattr(kiosk, name) for name in _OF_THE_KIOSK}
    return msgspec.structs.replace(order, **known)


def blank(state: TaxiState, destination: str = "", *, again: bool = False) -> TaxiState:
    """No order, but what is known of this kiosk stays known."""
    fresh = TaxiState(destination=destination, again=again, slot=state.slot)
    return remembering(state, fresh)


def with_car(state: TaxiState, told: WithCar, at: float) -> TaxiState:
    """Take over what upstream tells of the car *at* that time; what it leaves out stays."""
    words = {name: word for name in _CAR if (word := getattr(told, name))}
    if told.minutes is None:
        return msgspec.structs.replace(state, **words)
    minutes, due_at = max(1, round(told.minutes)), at + 60 * told.minutes
    return msgspec.structs.replace(state, minutes=minutes, due_at=due_at, **words)


def without_car(state: TaxiState) -> TaxiState:
    """As before a car was found."""
    nothing = dict.fromkeys(_CAR, "")
    return msgspec.structs.replace(state, minutes=0, due_at=0.0, late=False, **nothing)


_CAR = ("plate", "driver", "colour", "model", "spot")
