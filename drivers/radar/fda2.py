"""What the fall radars MR60FDA2 and HLK-LD6002C send.

``01 | number, 2 | length, 2 | type, 2 | check | data | check``, high byte first; each check is the
inverted exclusive or of what it follows; without data there is no second one. (ESPHome's
component was read for it.)
"""

from __future__ import annotations

from drivers.radar.frames import LONGEST_DATA, Frame, Report

HEAD = 0x01
_HEADER = 8


class Fda2Parser:
    """Bytes in pieces of any size in, frames out; never raises and keeps less than one longest
    frame. 01 is a common byte: only a header with a right check begins a frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames completed by *data*, oldest first; control and command are the type's
        bytes."""
        buffer = self._rest + data
        frames = []
        at = buffer.find(HEAD)
        while 0 <= at <= len(buffer) - _HEADER:
            header = buffer[at : at + _HEADER]
            length = int.from_bytes(header[3:5], "big")
            end = at + _HEADER + (length + 1 if length else 0)
            if check(header[:-1]) != header[-1] or length > LONGEST_DATA:
                at = buffer.find(HEAD, at + 1)
                continue
            if len(buffer) < end:
                break
            body = buffer[at + _HEADER : end]
            if not length or check(body[:-1]) == body[-1]:
                frames.append(Frame(header[5], header[6], body[:-1]))
                at = buffer.find(HEAD, end)
            else:
                at = buffer.find(HEAD, at + 1)
        self._rest = buffer[at:] if at >= 0 else b""
        return frames


def report(frame: Frame) -> Report | None:
    """What *frame* says; None for other frames, and for values that do not exist."""
    kind = {(0x0E, 0x02): "fall", (0x0F, 0x09): "presence"}.get((frame.control, frame.command))
    if kind is None or len(frame.data) != 1 or frame.data[0] > 1:
        return None
    return Report("fall" if kind == "fall" else "presence", frame.data[0])


def check(data: bytes) -> int:
    """The byte that follows *data*."""
    mixed = 0
    for byte in data:
        mixed ^= byte
    return ~mixed & 0xFF
