"""The privacy shutter, and the lamps that say that a camera looks or the microphone listens."""

from __future__ import annotations

from collections.abc import Iterator

from agent.services.privacy.service import Watch
from agent.services.privacy.settings import PrivacySettings
from agent.services.service_type import Capabilities, ServiceType
from config.checks import refers_if_given
from config.explain import Mistake


def _check(settings: PrivacySettings, devices: Capabilities) -> Iterator[Mistake]:
    for key in ("camera_lamp", "microphone_lamp"):
        yield from refers_if_given(("privacy", key), getattr(settings, key), devices, "switch")
    for key in ("shutter", "headset"):
        yield from refers_if_given(("privacy", key), getattr(settings, key), devices, "contact")


SERVICE = ServiceType(
    build=lambda here: Watch(
        here.settings, here.able("look"), (*here.able("speaker"), *here.able("microphone"))
    ),
    table="privacy",
    settings=PrivacySettings,
    default=PrivacySettings,
    check=_check,
)
