"""Any Modbus RTU device, by a map of its registers that a technician writes in kiosk.toml."""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers import life
from drivers.bus.member import MemberSettings, poll
from drivers.bus.owner import Bus, Unanswered

Kind = Literal["u16", "s16", "u32", "s32", "f32"]

_PLAUSIBLE = 1e12


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number in the device's registers."""

    register: Annotated[int, Meta(ge=0, le=0xFFFF)]
    """Its address, counted from 0. Sheets that write 40001 or 30001 mean register 0."""
    quantity: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9_]{0,31}$",
            description="up to 32 small letters, digits and underscores, a letter first",
        ),
    ]
    """What it is: ``voltage``, ``temperature``, ``distance``, or a word of your own."""
    unit: Annotated[str, Meta(max_length=16)]
    """UCUM code of what comes out after *scale*: V, A, W, kW.h, Hz, Cel, mm, %, or 1 for none."""
    kind: Kind = "u16"
    """u16 and s16 are one register, u32, s32 and f32 (a float) two."""
    low_word_first: bool = False
    """For two registers: the first one is the lower half. The sheet says so, or try."""
    scale: Annotated[float, Meta(ge=-1e6, le=1e6)] = 1.0
    """Factor from what the register counts to *unit*: 0.1 where it counts tenths."""
    offset: Annotated[float, Meta(ge=-1e6, le=1e6)] = 0.0
    """Added after *scale*."""
    invalid: tuple[int, ...] = ()
    """Contents, as an unsigned number, that mean that there is no reading: 65535, say."""


class ModbusSettings(MemberSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Modbus RTU device. It is only read: functions 3 and 4."""

    address: Annotated[int, Meta(ge=1, le=247)]
    """Its address on the bus, 1 to 247."""
    function: Literal[3, 4] = 3
    """3 reads holding registers, 4 input registers."""
    registers: Annotated[dict[str, Register], Meta(min_length=1, max_length=64)]
    """Its numbers by short names of your own; the name comes with each reading."""
    frozen_h: life.Hours = 0.0
    """Hours of exactly equal voltage after which the device counts as hanging: 6 for the mains,
    which move all day. 0: never, as a battery may be still."""

    @property
    def measures(self) -> frozenset[str]:
        """The quantities that it measures."""
        return frozenset(one.quantity for one in self.registers.values())


class Pzem004tSettings(MemberSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PZEM-004T, version 3 or 4: voltage, current, power and energy of one line, 9600 baud."""

    address: Annotated[int, Meta(ge=1, le=248)] = 248
    """Its address, 1 to 247; 248 where it is alone on its bus."""
    frozen_h: life.Hours = 6.0
    """Hours of exactly equal voltage after which it counts as hanging: the mains move by tenths of
    a volt all day. 0: never."""
    measures: ClassVar[frozenset[str]] = frozenset(
        {"voltage", "current", "power", "energy", "frequency", "power_factor"}
    )


PZEM_REGISTERS = {
    "voltage": Register(register=0, quantity="voltage", unit="V", scale=0.1),
    "current": Register(
        register=1, quantity="current", unit="A", kind="u32", low_word_first=True, scale=0.001
    ),
    "power": Register(
        register=3, quantity="power", unit="W", kind="u32", low_word_first=True, scale=0.1
    ),
    "energy": Register(
        register=5, quantity="energy", unit="kW.h", kind="u32", low_word_first=True, scale=0.001
    ),
    "frequency": Register(register=7, quantity="frequency", unit="Hz", scale=0.1),
    "power_factor": Register(register=8, quantity="power_factor", unit="1", scale=0.01),
}
"""https://itsmanual.com/innovatorsguru/ac-communication-v3-0"""


class ModbusDevice:
    """Emits one `Measured` for each register of the map; one that is refused is invalid."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: ModbusSettings, site: Site) -> None:
        self.name = name
        self._settings: MemberSettings = settings
        self._function = settings.function
        self._registers: Mapping[str, Register] = settings.registers
        self._site = site
        self._unmoved = life.Unmoved(site.clock, settings.frozen_h)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Ask until *stop* is set.

        Raises:
            DriverUnavailable: no bus, no port, or the device does not answer, or hangs.
        """
        poll(self.name, self._site, self._settings, self._living, emit, stop)

    def _living(self, bus: Bus) -> list[Measured]:
        device = f"the device at {self._settings.bus}, address {self._settings.address}"
        return life.mains(self._read(bus), self._unmoved, device)

    def _read(self, bus: Bus) -> Iterator[Measured]:
        device = _Device(bus, self.name, self._settings.address, self._function)
        for part, register in self._registers.items():
            words = device.read(register.register, 2 if register.kind.endswith("32") else 1)
            number = None if words is None else decoded(register, words)
            yield Measured(
                source=self.name,
                quantity=register.quantity,
                value=number,
                unit=register.unit,
                part=part,
                missing="invalid" if number is None else "",
            )


class Pzem004t(ModbusDevice):
    """A PZEM-004T: the same with its own map."""

    def __init__(self, name: str, settings: Pzem004tSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._function = 4
        self._registers = PZEM_REGISTERS
        self._site = site
        self._unmoved = life.Unmoved(site.clock, settings.frozen_h)


def decoded(register: Register, words: list[int]) -> float | None:
    """The number in *words*, in the register's unit; None where there is none."""
    ordered = words[::-1] if register.low_word_first else words
    raw = b"".join(word.to_bytes(2, "big") for word in ordered)
    if int.from_bytes(raw, "big") in register.invalid:
        return None
    form = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">f"}[register.kind]
    number = struct.unpack(form, raw)[0] * register.scale + register.offset
    if not math.isfinite(number) or abs(number) > _PLAUSIBLE:
        return None
    return float(f"{number:.9g}")  # 225.7 and not 225.70000000000002


class _Device:
    """Registers of one device, by minimalmodbus over our bus."""

    def __init__(self, bus: Bus, member: str, address: int, function: int) -> None:
        import minimalmodbus

        self._refusals = (minimalmodbus.SlaveReportedException, minimalmodbus.IllegalRequestError)
        self._failures = minimalmodbus.ModbusException
        self._function = function
        self._instrument = minimalmodbus.Instrument(_Port(bus, member), address)

    def read(self, register: int, count: int) -> list[int] | None:
        """The contents; None where the device refuses to tell them.

        Raises:
            Unanswered: no answer, or one that is none.
        """
        try:
            words: list[int] = self._instrument.read_registers(register, count, self._function)
            return words
        except self._refusals:
            return None
        except self._failures as error:
            raise Unanswered(f"an answer that is none: {error}") from error


class _Port:
    """What minimalmodbus takes for a serial port: one question and its answer on the bus."""

    is_open = True
    timeout = 1.0

    def __init__(self, bus: Bus, member: str) -> None:
        self.port, self.baudrate = bus.settings.port, bus.settings.baud
        self._bus = bus
        self._member = member
        self._request = b""

    def reset_input_buffer(self) -> None:
        """The bus does it."""

    reset_output_buffer = open = close = reset_input_buffer

    def write(self, request: bytes) -> None:
        self._request = request

    def read(self, count: int) -> bytes:
        def answer(received: bytes) -> bytes | None:
            # A refusal is shorter than an answer: look at its bit first
            whole = 5 if len(received) > 1 and received[1] & 0x80 else count
            return received[:whole] if len(received) >= whole else None

        return self._bus.ask(self._member, self._request, answer)
