"""Falls: the question, the alarm, the helper."""

from __future__ import annotations

from collections.abc import Iterator

from agent.services.fall.messages import COMMANDS, RECORDS
from agent.services.fall.service import Falls
from agent.services.fall.settings import FallSettings
from agent.services.service_type import Capabilities, ServiceType
from config.checks import refers_if_given
from config.explain import Mistake


def _check(settings: FallSettings, devices: Capabilities) -> Iterator[Mistake]:
    yield from refers_if_given(("fall", "lamp"), settings.lamp, devices, "switch")
    yield from refers_if_given(("fall", "buzzer"), settings.buzzer, devices, "switch")


SERVICE = ServiceType(
    build=lambda here: Falls(here.settings),
    table="fall",
    settings=FallSettings,
    default=FallSettings,
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
)
