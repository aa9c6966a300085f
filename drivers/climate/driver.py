"""Sensors of temperature and humidity that the kernel reads: DS18B20, SHT3x, and IIO ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers import life
from drivers.climate.files import Climate, Fault, humidity, one_wire, plausible, thousandths

Kind = Literal["one_wire", "hwmon", "iio"]

FAULTS = 3
"""Readings in a row that are none after which the sensor counts as broken."""
AGAIN_S = 2.0
"""Seconds before a reading that was none is repeated: cheap sensors often fail once."""
JUMP_C = 5.0
"""A change of more from one reading to the next is read again before it is believed."""

_FILES = {
    "hwmon": ("temp1_input", "humidity1_input"),
    "iio": ("in_temp_input", "in_humidityrelative_input"),
}


class ClimateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensor that a driver of the kernel reads; switch that on in /boot/firmware/config.txt."""

    folder: Annotated[str, msgspec.Meta(min_length=1, extra={"claims": "folder"})]
    """one_wire: /sys/bus/w1/devices/28-…; hwmon: /sys/class/hwmon, with *chip*; iio:
    /sys/bus/iio/devices/iio:device0."""
    kind: Kind = "one_wire"
    """one_wire: DS18B20. hwmon: SHT3x. iio: SHT2x, Si7021, HDC, DHT11."""
    chip: str = ""
    """hwmon: what the file ``name`` of its folder says, sht3x; folders have no fixed numbers."""
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 60.0
    """Seconds from one reading to the next."""
    with_humidity: bool = False
    """Whether it measures humidity too."""
    frozen_h: life.Hours = 24.0
    """Hours of exactly equal readings after which the sensor counts as hanging: it counts in
    sixteenths of a degree or finer, and no room is as still for a day. 0: never."""

    @property
    def measures(self) -> frozenset[str]:
        """The quantities that it measures."""
        return frozenset({"temperature", "humidity"} if self.with_humidity else {"temperature"})


class ClimateSensor:
    """Emits `Measured` temperature, and humidity where there is one, per interval."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: ClimateSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock
        self._unmoved = life.Unmoved(site.clock, settings.frozen_h)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Read until *stop* is set.

        Raises:
            DriverUnavailable: the sensor is not there, gave no reading three times in a row, or
                hangs.
        """
        before: float | None = None
        faults = 0
        while not stop.is_set():
            try:
                now = self._read()
                if before is not None and abs(now.celsius - before) > JUMP_C:
                    before = None  # believed when it is so again
                    raise Fault(f"a jump to {now.celsius:g} °C")
            except Fault as fault:
                faults += 1
                if faults >= FAULTS:
                    raise DriverUnavailable(f"{self._settings.folder}: {fault}") from fault
                self._clock.wait(stop, due=AGAIN_S)
                continue
            before, faults = now.celsius, 0
            self._unmoved.judge(now.celsius, f"{self._settings.folder}: the temperature in °C")
            for signal in self._signals(now):
                emit(signal)
            self._clock.wait(stop, due=self._settings.interval_s)

    def _signals(self, now: Climate) -> Iterator[Measured]:
        yield Measured(source=self.name, quantity="temperature", value=now.celsius, unit="Cel")
        if now.percent is not None:
            yield Measured(source=self.name, quantity="humidity", value=now.percent, unit="%")

    def _read(self) -> Climate:
        settings = self._settings
        try:
            folder = self._folder()
            if settings.kind == "one_wire":
                return Climate(one_wire((folder / "w1_slave").read_text()))
            warmth, damp = _FILES[settings.kind]
            celsius = plausible(thousandths((folder / warmth).read_text()))
            if not settings.with_humidity:
                return Climate(celsius)
            return Climate(celsius, humidity(thousandths((folder / damp).read_text())))
        except FileNotFoundError as error:
            raise DriverUnavailable(
                f"{error.filename} is not there; check the wires and the dtoverlay line in "
                "/boot/firmware/config.txt"
            ) from error
        except OSError as error:
            raise Fault(f"the kernel cannot read it ({error.strerror}); check the wires") from error

    def _folder(self) -> Path:
        folder = Path(self._settings.folder)
        if self._settings.kind != "hwmon" or not self._settings.chip:
            return folder
        for one in sorted(folder.glob("hwmon*")):
            if (one / "name").read_text().strip() == self._settings.chip:
                return one
        raise DriverUnavailable(
            f"no chip {self._settings.chip!r} in {folder}; see: grep . {folder}/hwmon*/name"
        )
