"""A charging pile, overheard through its operator's broker."""

from __future__ import annotations

import threading
from typing import Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Charging, Measured
from drivers.broker.listening import BrokerSettings, listen
from drivers.charging.ocpp import Tap

Topic = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^[^#+]+$")]


class ChargingPileSettings(BrokerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One connector of a pile. Its operator's central system, or a tap before it, publishes each
    text frame of OCPP 1.6-J as it is; the kiosk only listens."""

    measures: ClassVar[frozenset[str]] = frozenset({"power", "energy"})

    from_pile: Topic
    """Topic of the frames that the pile sends."""
    to_pile: Topic
    """Topic of the frames that it is sent."""
    connector: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    """Number of the connector, from 1."""
    idle_w: Annotated[float, msgspec.Meta(ge=1, le=5000)] = 100.0
    """Watts below which a car that "charges" for ten minutes is full. Electric bicycles: 20."""


class ChargingPile:
    """Emits `Charging` at the start and at each change, and `Measured` power and energy.

    After a start, and when the pile misses two heartbeats, the state is unknown: piles tell
    changes, and do not repeat them.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Charging, Measured)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: ChargingPileSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Listen until *stop* is set.

        Raises:
            DriverUnavailable: no broker, or refused by it.
        """
        settings, boot = self._settings, self._clock.boot
        tap = Tap(settings.connector, settings.idle_w, boot())
        told: tuple[str, str] | None = None
        for message in listen(settings, [settings.from_pile, settings.to_pile], stop):
            if message is not None and not message.retained:
                from_pile = message.topic == settings.from_pile
                for reading in tap.heard(from_pile, message.payload, boot()):
                    unit = "W" if reading.quantity == "power" else "kW.h"
                    emit(
                        Measured(
                            source=self.name,
                            quantity=reading.quantity,
                            value=reading.value,
                            unit=unit,
                        )
                    )
            tap.look(boot())
            if (tap.state, tap.reason) != told:
                told = tap.state, tap.reason
                emit(Charging(source=self.name, state=tap.state, reason=tap.reason))
