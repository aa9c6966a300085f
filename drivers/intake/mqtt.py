"""Another terminal's signed events on a broker's topic."""

from __future__ import annotations

import logging
import threading
from typing import Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from drivers.broker.listening import BrokerSettings, listen
from drivers.intake.events import EMITS, Intake, Refused, Takes, secret_of

log = logging.getLogger(__name__)


class IntakeMqttSettings(BrokerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The topic to which another terminal publishes: a line with the HMAC, then the JSON."""

    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^[^#+]+$")]
    """One topic, without wildcards: each terminal has its own, and its own secret."""
    secret_file: Annotated[str, msgspec.Meta(min_length=1)]
    """File with the secret of both sides, 32 characters or more: openssl rand -hex 32."""
    takes: Takes
    """The events that this terminal may tell of."""


class IntakeMqtt:
    """Emits what the terminal tells."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = EMITS
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: IntakeMqttSettings, site: Site) -> None:
        self.name = name
        self._settings = settings

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Listen until *stop* is set.

        Raises:
            DriverUnavailable: no secret, no broker, or refused by it.
        """
        intake = Intake(self.name, secret_of(self._settings.secret_file), self._settings.takes)
        for message in listen(self._settings, [self._settings.topic], stop):
            if message is None:
                continue
            signed, _, body = message.payload.partition(b"\n")
            try:
                emit(intake.admit(signed.decode("ascii", "replace"), body))
            except Refused as refused:
                log.warning("event refused driver=%s reason=%s", self.name, refused)
