"""The tables [rooms.x] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Called, Table

Hour = Annotated[float, Meta(ge=0, le=24)]


class RoomSettings(Table, frozen=True):
    """A sports ground or a room of the neighbourhood."""

    name: Called
    """What residents call it: "乒乓球室"."""
    presence: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Motion or presence sensors in it, under [drivers]."""
    places: Annotated[int, Meta(ge=0, le=1000)] = 0
    """How many people or parties it takes, where its booking system says how many are taken
    (``room.taken``); 0: it is free or in use."""
    light: str = ""
    """Relay of its light; empty: none is switched."""
    open_from: Hour = 0.0
    """Hour of the day from which it is open…"""
    open_to: Hour = 24.0
    """…until this one; afterwards the light goes out, whoever is there: neighbours sleep."""
    dark_from: Hour = 16.0
    """Hour of the day from which light is needed…"""
    dark_to: Hour = 8.0
    """…until this one: on the shortest day it is dark from 16:55 to 6:50 in Shanghai."""
    linger_min: Annotated[float, Meta(ge=1, le=240)] = 10.0
    """Minutes without movement after which nobody is there: players rest on a bench for five."""
