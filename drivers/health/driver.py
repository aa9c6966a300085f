"""A blood pressure meter or thermometer that sends over Bluetooth when somebody has measured."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers.health.values import (
    BloodPressure,
    Refused,
    Temperature,
    blood_pressure,
    temperature,
)

log = logging.getLogger(__name__)

Told = BloodPressure | Temperature

SCAN_S = 10.0
"""How long one look for the meter takes: it is awake for some seconds after a measurement."""
QUIET_S = 2.0
"""After so long without another value the meter has sent all that it had stored."""
CONNECTED_S = 30.0
"""No meter stays longer."""
LOOK_S = 0.25
_CHARACTERISTICS = {
    "blood_pressure": "00002a35-0000-1000-8000-00805f9b34fb",
    "temperature": "00002a1c-0000-1000-8000-00805f9b34fb",
}


class HealthMeterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A meter of the Bluetooth services 1810 (blood pressure) or 1809 (temperature).

    It is paired once by hand: bluetoothctl, `scan on`, `pair` with its address, `trust`.
    """

    address: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$", extra={"claims": "Bluetooth address"}
        ),
    ]
    """Its Bluetooth address, as `bluetoothctl devices` shows it."""
    kind: Literal["blood_pressure", "temperature"] = "blood_pressure"
    """What it measures."""

    @property
    def measures(self) -> frozenset[str]:
        """The quantities that it measures."""
        if self.kind == "temperature":
            return frozenset({"body_temperature"})
        return frozenset({"systolic", "diastolic", "pulse"})


class HealthMeter:
    """Emits `Measured` systolic, diastolic and pulse, or body temperature, of each measurement.

    A meter may send all that it has stored, of everybody who used it: only the newest counts,
    and only once. What the meter doubts itself (it was moved, the cuff was loose) stands in
    `part`. Nothing of it is logged.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: HealthMeterSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._last: Told | None = None

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Wait for the meter until *stop* is set.

        Raises:
            DriverUnavailable: this machine has no Bluetooth, or it is off.
        """
        try:
            asyncio.run(self._wait(emit, stop))
        except ImportError as error:
            raise DriverUnavailable(
                "Bluetooth needs the package bleak: pip install 'linli[health]'"
            ) from error

    async def _wait(self, emit: Emit, stop: threading.Event) -> None:
        import bleak

        while not stop.is_set():
            try:
                finding = asyncio.ensure_future(
                    bleak.BleakScanner.find_device_by_address(self._settings.address, SCAN_S)
                )
                meter = await _unless(stop, finding)
            except (bleak.exc.BleakError, OSError, EOFError) as error:
                raise DriverUnavailable(
                    f"Bluetooth cannot be used ({error}); check bluetoothctl show, and that the "
                    "service may use it (group bluetooth)"
                ) from error
            if meter is None:
                continue
            with contextlib.suppress(bleak.exc.BleakError, TimeoutError, OSError, EOFError):
                values = await self._values(bleak.BleakClient(meter), stop)
                for signal in self._newest(values):
                    emit(signal)

    async def _values(self, client: Any, stop: threading.Event) -> list[bytes]:
        """What the meter sends; it is indicated, and cannot be read."""
        values: list[bytes] = []
        clock = asyncio.get_running_loop().time
        async with client:
            began = clock()
            last = began + CONNECTED_S

            def came(_: object, data: bytearray) -> None:
                nonlocal last
                values.append(bytes(data))
                last = clock()

            await client.start_notify(_CHARACTERISTICS[self._settings.kind], came)
            while not stop.is_set() and client.is_connected:
                if clock() - last > QUIET_S or clock() - began > CONNECTED_S:
                    break
                await asyncio.sleep(min(LOOK_S, QUIET_S / 4))
        return values

    def _newest(self, values: list[bytes]) -> Iterator[Measured]:
        read = blood_pressure if self._settings.kind == "blood_pressure" else temperature
        told: list[Told] = []
        for data in values:
            try:
                told.append(read(data))
            except Refused as refused:
                log.warning("measurement refused driver=%s reason=%s", self.name, refused)
        if not told:
            return
        # The last one of those that are equally new: a clock that was never set tells nothing
        newest = max(enumerate(told), key=lambda one: (one[1].taken or datetime.min, one[0]))[1]
        if newest.taken is not None and newest == self._last:
            return
        self._last = newest
        yield from self._signals(newest)

    def _signals(self, told: Told) -> Iterator[Measured]:
        if isinstance(told, Temperature):
            yield self._measured("body_temperature", told.celsius, "Cel", "")
            return
        doubts = "+".join(told.doubts)
        yield self._measured("systolic", told.systolic, "mm[Hg]", doubts)
        yield self._measured("diastolic", told.diastolic, "mm[Hg]", doubts)
        if told.pulse is not None:
            yield self._measured("pulse", told.pulse, "/min", doubts)

    def _measured(self, quantity: str, value: float | None, unit: str, part: str) -> Measured:
        missing: Literal["", "invalid"] = "invalid" if value is None else ""
        return Measured(
            source=self.name, quantity=quantity, value=value, unit=unit, part=part, missing=missing
        )


async def _unless(stop: threading.Event, finding: asyncio.Future[Any]) -> Any:
    """What *finding* gives; None once *stop* is set."""
    while not stop.is_set():
        done, _ = await asyncio.wait([finding], timeout=LOOK_S)
        if done:
            return finding.result()
    finding.cancel()
    return None
