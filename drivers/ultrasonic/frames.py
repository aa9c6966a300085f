"""What serial ultrasonic distance sensors send, in the sensor's own unit (mm or cm).

Parsers take bytes in pieces of any size, never raise and never keep more than one frame.
"""

from __future__ import annotations

from typing import Protocol

from drivers.ultrasonic.reading import Reading

A02_REACH = 10_000
"""No sensor of the A02 family measures farther, in either unit; see `A02Parser`."""

A02_NO_TARGET = frozenset({0x0000, 0xFFFD, 0xFFFE, 0xFFFF})
"""Values that mean "no usable echo": 0 on A02YYUW and JSN-SR04T; the others on newer
DYP sensors, by their manuals (no capture seen)."""


class Parser(Protocol):
    """Turns bytes into readings."""

    def feed(self, data: bytes) -> list[Reading]:
        """The readings completed by *data*, oldest first."""


class A02Parser:
    """A02YYUW, SEN0311, SEN0312, SEN0627 and JSN-SR04T in mode 2: ``FF H L SUM``.

    The value is ``H * 256 + L``, SUM the low byte of ``FF + H + L``
    (https://wiki.dfrobot.com/sen0311/docs/21651). FF can also be H, L or SUM, and a sum of
    one byte is weak, so a window also needs a value that such a sensor can send. Without
    that, a steady 511 mm (``FF 01 FF FF``) read from its last byte on is 65281 mm for ever.

    Promised: every frame that does not overlap a chance match is found, whatever is around
    it; after garbage a repeated reading is found at its second frame at the latest.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Reading]:
        """The readings completed by *data*, oldest first."""
        buffer = self._rest + data
        readings: list[Reading] = []
        at = buffer.find(0xFF)
        while 0 <= at <= len(buffer) - 4:
            _, high, low, check = buffer[at : at + 4]
            value = high << 8 | low
            if check == (0xFF + high + low) & 0xFF and (
                value <= A02_REACH or value in A02_NO_TARGET
            ):
                readings.append("no_echo" if value in A02_NO_TARGET else value)
                at += 4
            else:
                at += 1
            at = buffer.find(0xFF, at)
        self._rest = buffer[at:] if at >= 0 else b""
        return readings


class MaxBotixParser:
    """MaxBotix HRXL (``R1234\\r``, mm) and XL (``R123\\r``, cm): an R, the digits, a return.

    Some models (HRUSB) send a space before the return; stray FF bytes inside a frame are dropped;
    anything else breaks it. Zero is no range: the sensor has no result yet. Promised: exactly
    the frames that are whole are found, whatever is around them.
    """

    def __init__(self, digits: int) -> None:
        self._length = digits
        self._digits: bytearray | None = None

    def feed(self, data: bytes) -> list[Reading]:
        """The readings completed by *data*, oldest first."""
        readings: list[Reading] = []
        for byte in data:
            if byte == 0xFF:
                continue
            if byte == ord("R"):
                self._digits = bytearray()
            elif self._digits is None:
                continue
            elif byte in b"0123456789" and len(self._digits) < self._length:
                self._digits.append(byte)
            else:
                if byte == ord(" ") and len(self._digits) == self._length:
                    continue
                if byte == ord("\r") and len(self._digits) == self._length:
                    readings.append(int(self._digits) or "probing")
                self._digits = None
        return readings
