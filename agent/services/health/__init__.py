"""健康云: blood pressure and temperature, measured beside the kiosk; kept only by consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.effects import Choice
from agent.services.health.messages import RECORDS
from agent.services.health.service import OPEN, Health
from agent.services.health.settings import HealthSettings
from agent.services.service_type import Capabilities, ServiceType, Surroundings
from config.checks import refers_if_given
from config.explain import Mistake


def _check(settings: HealthSettings, devices: Capabilities) -> Iterator[Mistake]:
    for key, can in (
        ("cuff", "systolic"),
        ("thermometer", "body_temperature"),
        ("headset", "contact"),
    ):
        yield from refers_if_given(("health", key), getattr(settings, key), devices, can)


def _home(here: Surroundings) -> Sequence[Choice]:
    return (OPEN,) if here.settings.cuff or here.settings.thermometer else ()


SERVICE = ServiceType(
    build=lambda here: Health(here.settings),
    table="health",
    settings=HealthSettings,
    default=HealthSettings,
    check=_check,
    home=_home,
    records=RECORDS,
)
