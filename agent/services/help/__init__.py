"""人工帮助: a person comes, or at least says so."""

from __future__ import annotations

from agent.services.help.messages import COMMANDS, RECORDS
from agent.services.help.service import Help
from agent.services.service_type import ServiceType

SERVICE = ServiceType(
    build=lambda here: Help(),
    records=RECORDS,
    commands=COMMANDS,
    answers=("help",),
)
