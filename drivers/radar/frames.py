"""What the fall radars MR60FDA1 and R60A send.

Source: https://wiki.seeedstudio.com/Radar_MR60FDA1/ (the check is a plain sum there and in both
published frames, though one public driver calls it a CRC).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

HEAD, TAIL = b"\x53\x59", b"\x54\x43"
LONGEST_DATA = 64
"""Bytes of data that a frame may carry. What falls need carries one, a model number 15."""
FRAME = 9
"""Bytes of a frame without its data: head, control, command, length, sum, tail."""

Kind = Literal["presence", "motion", "movement", "fall", "dwell"]

_REPORTS: dict[tuple[int, int], tuple[Kind, int]] = {
    (0x80, 0x01): ("presence", 1),
    (0x80, 0x02): ("motion", 2),
    (0x80, 0x03): ("movement", 100),
    (0x83, 0x01): ("fall", 1),
    (0x83, 0x05): ("dwell", 1),
}
"""Control and command → what it tells of, and its greatest value."""


class Frame(NamedTuple):
    """One whole frame with a right sum."""

    control: int
    command: int
    data: bytes


class Report(NamedTuple):
    """What the radar says of the room."""

    kind: Kind
    value: int
    """presence, fall, dwell (somebody stays in one place): 0 no, 1 yes. motion: 0 nobody, 1
    somebody still, 2 somebody moving. movement: 0 to 100."""


def report(frame: Frame) -> Report | None:
    """What *frame* says; None for other frames, and for values that do not exist."""
    kind, most = _REPORTS.get((frame.control, frame.command), (None, 0))
    if kind is None or len(frame.data) != 1 or frame.data[0] > most:
        return None
    return Report(kind, frame.data[0])


class RadarParser:
    """``53 59``, control, command, length (high byte first), data, sum, ``54 43``.

    The sum is the low byte of the sum of everything before it. Takes bytes in pieces of any
    size, never raises and keeps less than one longest frame. A frame is looked for backwards
    from each tail, so a false head never holds back what follows it. Promised: every whole
    frame is found that does not overlap a chance match, as soon as its last byte is there.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames completed by *data*, oldest first."""
        buffer = self._rest + data
        frames = []
        begin = 0
        tail = buffer.find(TAIL)
        while tail >= 0:
            frame = _ending(buffer, begin, tail)
            if frame is not None:
                frames.append(frame)
                begin = tail + len(TAIL)
            tail = buffer.find(TAIL, tail + 1)
        self._rest = buffer[max(begin, len(buffer) - (FRAME + LONGEST_DATA - 1)) :]
        return frames


def _ending(buffer: bytes, begin: int, tail: int) -> Frame | None:
    """The longest frame that begins at *begin* or later and whose tail is at *tail*."""
    head = buffer.find(HEAD, max(begin, tail - (FRAME - 2) - LONGEST_DATA), tail)
    while 0 <= head <= tail - (FRAME - 2):
        length = int.from_bytes(buffer[head + 4 : head + 6], "big")
        right = buffer[tail - 1] == sum(buffer[head : tail - 1]) & 0xFF
        if right and head + FRAME - 2 + length == tail:
            return Frame(buffer[head + 2], buffer[head + 3], buffer[head + 6 : tail - 1])
        head = buffer.find(HEAD, head + 1, tail)
    return None
