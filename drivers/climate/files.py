"""What the kernel's files say of temperature and humidity: one-wire, hwmon and IIO."""

from __future__ import annotations

from typing import NamedTuple

LEAST_C, MOST_C = -40.0, 80.0
"""Outdoors in Shanghai nothing is colder or hotter; a sensor that says so is wrong."""

_POWER_UP = 85.0
_COUNT_LEFT = 0x0C
"""Byte 6 of the scratchpad with the value after power-up; a true 85.0 has 10h there."""


class Fault(ValueError):
    """The file holds no reading; the text says why."""


class Climate(NamedTuple):
    """One reading."""

    celsius: float
    percent: float | None = None
    """Relative humidity, where the sensor measures it."""


def one_wire(text: str) -> float:
    """Degrees of a DS18B20 from the text of its file ``w1_slave``.

    Two lines: nine bytes, ``: crc=xx YES``, and the bytes with ``t=`` in thousandths. The bytes
    are judged, not ``t=``: after a bad transfer it shows the last good value.

    Raises:
        Fault: a bad transfer, a sensor without power, or none.
    """
    first = text.splitlines()[0] if text.strip() else ""
    words = first.split()
    try:
        scratchpad = bytes(int(word, 16) for word in words[:9])
    except ValueError:
        raise Fault("the kernel shows no bytes of the sensor") from None
    if len(scratchpad) != 9 or not first.endswith("YES") or crc8(scratchpad) != 0:
        raise Fault("bytes were spoiled on the wire; shorten it, or look at its 4.7 kΩ resistor")
    if not any(scratchpad):
        raise Fault("the wire is shorted to ground")
    celsius = int.from_bytes(scratchpad[:2], "little", signed=True) / 16
    if celsius == _POWER_UP and scratchpad[6] == _COUNT_LEFT:
        raise Fault("85 °C is what it says after power-up: it lost power while measuring")
    return plausible(celsius)


def thousandths(text: str) -> float:
    """The number of a file that counts thousandths (hwmon, IIO).

    Raises:
        Fault: the file is empty (it is converting) or holds no number.
    """
    try:
        return int(text.strip()) / 1000
    except (ValueError, OverflowError):
        raise Fault(f"no number but {text.strip()[:20]!r}") from None


def plausible(celsius: float) -> float:
    """The temperature itself.

    Raises:
        Fault: it is none that can be here.
    """
    if not LEAST_C <= celsius <= MOST_C:
        raise Fault(f"{celsius:g} °C cannot be: too little power, or a broken sensor")
    return celsius


def humidity(percent: float) -> float:
    """The humidity itself.

    Raises:
        Fault: it is not between 0 and 100.
    """
    if not 0 <= percent <= 100:
        raise Fault(f"{percent:g} % cannot be")
    return percent


def crc8(data: bytes) -> int:
    """CRC-8 of Maxim; 0 for bytes that end with their own."""
    check = 0
    for byte in data:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ (0x8C if check & 1 else 0)
    return check
