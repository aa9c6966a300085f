"""Frames of electricity meters by DL/T 645-2007; those of 1997 are recognised and named.

``68 | address, 6 bytes BCD, low byte first | 68 | control | length | data + 33H each | sum | 16``,
after up to a few wake bytes ``FE``. The sum is of all bytes from the first 68 on, modulo 256.

Only what reads can be built here. Control 14 writes, 15 to 1B set the meter, and 1C switches the
resident's power off: `Read` has no such member, and nothing else makes a frame.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

WAKE = b"\xfe\xfe\xfe\xfe"
WILDCARD = "AAAAAAAAAAAA"
"""Whoever is alone on the line answers to this address."""
LONGEST = 200
"""Bytes of data that an answer may carry."""
_FRAME = 12
"""Bytes of a frame without its data."""
_OFFSET = 0x33


class Read(enum.IntEnum):
    """The only control codes that this kiosk can send."""

    DATA = 0x11
    FOLLOWING = 0x12
    ADDRESS = 0x13


class Frame(NamedTuple):
    """One whole frame with a right sum."""

    address: str
    """12 digits as printed on the meter; A where a wildcard stands."""
    control: int
    data: bytes
    """Without the offset, as on the wire: low byte first."""


class Item(NamedTuple):
    """A number that a meter holds, and how it is written."""

    size: int
    """Bytes of BCD."""
    decimals: int
    quantity: str
    unit: str
    part: str = ""
    signed: bool = False
    """The top bit is the sign."""
    scale: float = 1.0
    """Factor from what the meter counts in to *unit*."""


ITEMS: dict[int, Item] = {
    0x00000000: Item(4, 2, "energy", "kW.h", "combined", signed=True),
    0x00010000: Item(4, 2, "energy", "kW.h"),
    0x02010100: Item(2, 1, "voltage", "V", "a"),
    0x02010200: Item(2, 1, "voltage", "V", "b"),
    0x02010300: Item(2, 1, "voltage", "V", "c"),
    0x02020100: Item(3, 3, "current", "A", "a", signed=True),
    0x02020200: Item(3, 3, "current", "A", "b", signed=True),
    0x02020300: Item(3, 3, "current", "A", "c", signed=True),
    0x02030000: Item(3, 4, "power", "W", signed=True, scale=1000),
    0x02060000: Item(2, 3, "power_factor", "1", signed=True),
    0x02800002: Item(2, 2, "frequency", "Hz"),
}
"""Data identifiers → what they say. Frequency is from memory of the standard, not checked."""

NUMBER = 0x04000402
"""Data identifier of the meter's own number, 12 digits."""


def request(address: str, control: Read, data: bytes = b"") -> bytes:
    """A frame that asks; *address* is 12 digits or `WILDCARD`.

    Raises:
        ValueError: *control* is not one that reads, or the address is none.
    """
    control = Read(control)
    if len(address) != 12 or (not address.isdecimal() and address != WILDCARD):
        raise ValueError(f"a meter's address has 12 digits, got {address!r}")
    body = b"\x68" + bytes.fromhex(address)[::-1] + b"\x68" + bytes([control, len(data)])
    body += bytes((byte + _OFFSET) & 0xFF for byte in data)
    return WAKE + body + bytes([sum(body) & 0xFF]) + b"\x16"


def ask_item(address: str, item: int) -> bytes:
    """The frame that asks for one data identifier."""
    return request(address, Read.DATA, item.to_bytes(4, "little"))


def ask_address() -> bytes:
    """The frame that asks the only meter on a line for its address."""
    return request(WILDCARD, Read.ADDRESS)


def frames(received: bytes) -> list[Frame]:
    """All whole frames in *received*, in order, whatever is around them; never raises."""
    found = []
    at = received.find(0x68)
    while at >= 0:
        frame, end = _frame(received, at)
        if frame is not None:
            found.append(frame)
        at = received.find(0x68, end if frame is not None else at + 1)
    return found


def value(item: int, data: bytes) -> float | None:
    """The number that *data* (as in a frame) says of *item*, in its unit.

    None: it is of another item, has another length, or is no BCD: a meter fills what it does not
    have with FF.
    """
    form = ITEMS[item]
    if data[:4] != item.to_bytes(4, "little") or len(data) != 4 + form.size:
        return None
    digits = bytearray(data[:3:-1])
    negative = form.signed and digits[0] & 0x80
    if negative:
        digits[0] &= 0x7F
    written = digits.hex()
    if not written.isdecimal():
        return None
    number: float = round(int(written) / 10**form.decimals * form.scale, form.decimals)
    return -number if negative else number


def answer_to(address: str, item: int, frame: Frame) -> float | str | None:
    """What *frame* answers to a question for *item*: a number, or why there is none.

    None: it answers something else: another meter, another item, a question (its own echo).
    """
    if address not in (WILDCARD, frame.address):
        return None
    if frame.control in (0x81, 0xC1) and len(frame.data) >= 1:
        return "speaks DL/T 645-1997; this driver reads 2007"
    if frame.control == 0xD1:
        return f"refuses, error {frame.data[:1].hex() or 'without a code'}"
    if frame.control not in (0x91, 0xB1) or frame.data[:4] != item.to_bytes(4, "little"):
        return None
    number = value(item, frame.data)
    return "has no such number" if number is None else number


def answered(address: str, item: int, received: bytes) -> float | str | None:
    """The first answer to a question for *item* in *received*; None while there is none."""
    told = (answer_to(address, item, frame) for frame in frames(received))
    return next((one for one in told if one is not None), None)


def _frame(received: bytes, at: int) -> tuple[Frame | None, int]:
    head = received[at : at + 10]
    if len(head) < 10 or head[7] != 0x68 or head[9] > LONGEST:
        return None, at
    end = at + _FRAME + head[9]
    whole = received[at:end]
    if len(whole) < _FRAME + head[9] or whole[-1] != 0x16 or whole[-2] != sum(whole[:-2]) & 0xFF:
        return None, at
    address = whole[6:0:-1].hex().upper()
    data = bytes((byte - _OFFSET) & 0xFF for byte in whole[10:-2])
    return Frame(address, head[8], data), end
