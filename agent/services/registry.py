"""All services of a kiosk, in the order in which they hear each signal.

Who adds one writes a folder beside this file and a line here.
"""

from __future__ import annotations

from agent.services import bins, devices, fall, help, packs, privacy, taxi
from agent.services.service_type import ServiceType

REGISTRY: dict[str, ServiceType] = {
    "devices": devices.SERVICE,
    "fall": fall.SERVICE,
    "help": help.SERVICE,
    "watch": privacy.SERVICE,
    "taxi": taxi.SERVICE,
    "bins": bins.SERVICE,
    "packs": packs.SERVICE,
}
"""Name of the service, which its stored state keeps, → its type."""
