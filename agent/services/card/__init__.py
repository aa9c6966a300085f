"""Residents' cards: nobody has to say who they are."""

from __future__ import annotations

from agent.services.card.messages import COMMANDS
from agent.services.card.service import Cards
from agent.services.card.settings import CardSettings
from agent.services.service_type import ServiceType

SERVICE = ServiceType(
    build=lambda here: Cards(here.settings, here.languages),
    table="card",
    settings=CardSettings,
    default=CardSettings,
    commands=COMMANDS,
)
