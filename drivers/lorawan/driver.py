"""A battery sensor on LoRaWAN, heard through its network server's broker."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.signals import DeviceBack, Located, Measured
from drivers.broker.listening import BrokerSettings, Message, listen
from drivers.lorawan.payloads import Model, told
from drivers.lorawan.uplinks import Network, Place, Refused, Uplink, place, uplink
from drivers.ultrasonic.reading import bounded, distance

log = logging.getLogger(__name__)

COPIES = 32
"""Uplinks that are remembered: a frame that two gateways heard may come twice, and late."""
_TOPICS = {
    "chirpstack": (
        "application/+/device/{eui}/event/up",
        "application/+/device/{eui}/event/location",
    ),
    "tts": ("v3/+/devices/+/up", "v3/+/devices/+/location/solved"),
}


class LorawanSettings(BrokerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A distance sensor whose uplinks the network server publishes over MQTT."""

    measures: ClassVar[frozenset[str]] = frozenset({"distance"})

    eui: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Fa-f]{16}$", extra={"claims": "DevEUI"})]
    """The 16 digits and letters on the sensor (DevEUI)."""
    model: Model
    """em310, em400, em500 (Milesight UDL, TLD); ldds20, ldds45, ldds75, llds12 (Dragino)."""
    network: Network = "chirpstack"
    """Whose messages these are: chirpstack, or tts (The Things Stack)."""
    topic: str = ""
    """MQTT topic of its uplinks; empty: the usual ones of the network server, with positions."""
    min_mm: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 30
    """Readings at or below this are too near: the blind zone."""
    max_mm: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 10_000
    """Readings at or beyond this are no echo."""
    silence_h: Annotated[float, msgspec.Meta(ge=0.1, le=720)] = 13.0
    """Hours without an uplink after which the sensor is lost: two of its intervals, and one."""


class Lorawan:
    """Emits `Measured` distance, battery, signal strength, temperature, and whether it is tilted;
    `Located` where its network or itself knows where it is.

    A tilted sensor measures no distance: its lid is open, or the bin lies on its side or is being
    moved. What that means for the bin is for who knows the bin.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured, Located, DeviceBack)
    accepts: ClassVar[Accepts] = ()
    settles: ClassVar[float] = 30 * 86_400.0
    """Listening proves nothing: only an uplink tells that the sensor is back."""

    def __init__(self, name: str, settings: LorawanSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock
        self._silence = site.clock.silence(settings.silence_h * 3600)
        self._copies: deque[str] = deque(maxlen=COPIES)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Listen until *stop* is set.

        Raises:
            DriverUnavailable: no broker, refused by it, or no uplink for too long.
        """
        settings = self._settings
        usual = [one.format(eui=settings.eui.lower()) for one in _TOPICS[settings.network]]
        topics = [settings.topic] if settings.topic else usual
        told_silent = self._silence.over
        reached = False
        for message in listen(settings, topics, stop):
            if message is None and not reached and not told_silent:
                emit(DeviceBack(source=self.name))  # the broker was away, not the sensor
            reached = True
            if message is not None:
                for signal in self._signals(message):
                    emit(signal)
                    told_silent = False
            elif self._silence.over and not told_silent:
                raise DriverUnavailable(
                    f"no uplink of {settings.eui} for {settings.silence_h:g} h; look at its "
                    "battery, at the gateway, and at the device's page in the network server"
                )

    def _signals(self, message: Message) -> Iterator[Measured | Located]:
        if message.retained:
            return  # nobody knows how old it is
        try:
            yield from self._located(place(self._settings.network, message.payload))
            up = uplink(self._settings.network, message.payload)
        except Refused as refused:
            log.debug("uplink refused driver=%s reason=%s", self.name, refused)
            return
        if up.eui != self._settings.eui.lower() or up.copy in self._copies:
            return
        self._copies.append(up.copy)
        self._silence.heard()
        yield from self._measured(up)

    def _located(self, where: Place | None) -> Iterator[Located]:
        if where is None or where.eui != self._settings.eui.lower():
            return
        copy = f"position {where.copy}"
        if copy in self._copies:
            return
        self._copies.append(copy)
        yield Located(
            source=self.name,
            latitude=where.latitude,
            longitude=where.longitude,
            accuracy=where.accuracy,
        )

    def _measured(self, up: Uplink) -> Iterator[Measured]:
        said = told(self._settings.model, up.port, up.payload)
        values = (
            ("battery", said.battery_percent, "%"),
            ("battery", said.battery_volts, "V"),
            ("temperature", said.celsius, "Cel"),
            ("tilted", None if said.tilted is None else float(said.tilted), "1"),
            ("signal", up.dbm, "dBm"),
        )
        for quantity, value, unit in values:
            if value is not None:
                yield Measured(source=self.name, quantity=quantity, value=value, unit=unit)
        reading = said.distance
        if isinstance(reading, int):
            reading = bounded(reading, self._settings.min_mm, self._settings.max_mm)
        if reading is not None:
            yield distance(self.name, reading)
