"""Frames of DFRobot's URM sensors on RS-485: ``55 AA | address | length | command | data | sum``.

The sum is of all bytes before it, modulo 256 (https://wiki.dfrobot.com/sen0153/docs/20887).
"""

from __future__ import annotations

HEAD = b"\x55\xaa"
DISTANCE = 0x02
"""Command that asks for the distance."""
NO_ECHO = 0xFFFF
"""The distance when nothing came back."""


def ask(address: int) -> bytes:
    """The frame that asks the sensor at *address* for its distance."""
    frame = HEAD + bytes([address, 0, DISTANCE])
    return frame + bytes([sum(frame) & 0xFF])


def answered(address: int, received: bytes) -> int | None:
    """The distance that *address* tells in *received*, in the sensor's own unit.

    None while there is no whole answer of this sensor; never raises.
    """
    at = received.find(HEAD)
    while at >= 0:
        frame = received[at : at + 8]
        right = len(frame) == 8 and frame[7] == sum(frame[:7]) & 0xFF
        if right and frame[2:5] == bytes([address, 2, DISTANCE]):
            return frame[5] << 8 | frame[6]
        at = received.find(HEAD, at + 1)
    return None
