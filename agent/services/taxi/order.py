"""One taxi order: its phases, and what is known of it and of its car."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from agent.services.taxi.messages import WithCar

Phase = Literal[
    "idle",
    "destination",
    "confirm",
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
KNOWN_UPSTREAM = ("requested", "accepted", "reassigning", "arrived")
DRAFT = ("destination", "confirm")
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


def blank(state: TaxiState, destination: str = "", *, again: bool = False) -> TaxiState:
    """No order, but what is known of this kiosk stays known."""
    return TaxiState(destination=destination, recent=state.recent, again=again)


def with_car(state: TaxiState, told: WithCar) -> TaxiState:
    """Take over what upstream tells of the car; what it leaves out stays as it was."""
    words = {name: word for name in _CAR if (word := getattr(told, name))}
    minutes = state.minutes if told.minutes is None else max(1, round(told.minutes))
    return msgspec.structs.replace(state, minutes=minutes, **words)


def without_car(state: TaxiState) -> TaxiState:
    return msgspec.structs.replace(state, minutes=0, **dict.fromkeys(_CAR, ""))


_CAR = ("plate", "driver", "colour", "model", "spot")
