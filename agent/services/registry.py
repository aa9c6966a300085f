"""All services of a kiosk, in the order in which they hear each signal.

Who adds one writes a folder beside this file and a line here.
"""

from __future__ import annotations

from importlib import import_module

from agent.services.service_type import ServiceType


def _type(folder: str) -> ServiceType:
    service: ServiceType = import_module(f"agent.services.{folder}").SERVICE
    return service


REGISTRY: dict[str, ServiceType] = {
    "devices": _type("devices"),
    "fall": _type("fall"),
    "help": _type("help"),
    "card": _type("card"),
    "watch": _type("privacy"),
    "taxi": _type("taxi"),
    "bins": _type("bins"),
    "power": _type("power"),
    "doors": _type("doors"),
    "visits": _type("visits"),
    "piles": _type("piles"),
    "rooms": _type("rooms"),
    "readings": _type("readings"),
    "health": _type("health"),
    "packs": _type("packs"),
}
"""Name of the service, which its stored state keeps, → its type."""
