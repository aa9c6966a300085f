"""What the presence radars HLK-LD2410, B and C report. There is no checksum.

``F4 F3 F2 F1 | length | type | AA | body | 55 00 | F8 F7 F6 F5``, low byte first; type 02 with 13
bytes, or 01 (engineering) with 35. Answers to commands come between them and are skipped.
"""

from __future__ import annotations

HEAD, TAIL = b"\xf4\xf3\xf2\xf1", b"\xf8\xf7\xf6\xf5"
_LENGTHS = {0x0D: 0x02, 0x23: 0x01}
"""Length of what is between it and the tail → the type that has it."""
_STATES = {0: False, 1: True, 2: True, 3: True}
"""Nobody, moving, still, both; 4 to 6 is calibration. Only this decides: distances and energies
stay at their last values when nobody is there."""


class Ld2410Parser:
    """Bytes in pieces of any size in; never raises and keeps less than one frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bool | None]:
        """Whether somebody is there, for each frame completed by *data*, oldest first; None for
        a frame that does not say."""
        buffer = self._rest + data
        told: list[bool | None] = []
        at = buffer.find(HEAD)
        while at >= 0:
            length = int.from_bytes(buffer[at + 4 : at + 6], "little")
            if len(buffer) < at + 6 or (
                length in _LENGTHS and len(buffer) < at + 6 + length + len(TAIL)
            ):
                break  # not all there yet
            body = buffer[at + 6 : at + 6 + length]
            tail = buffer[at + 6 + length : at + 6 + length + len(TAIL)]
            if (
                length in _LENGTHS
                and tail == TAIL
                and body[0] == _LENGTHS[length]
                and body[1] == 0xAA
                and body[-2:] == b"\x55\x00"
            ):
                told.append(_STATES.get(body[2]))
                at = buffer.find(HEAD, at + 6 + length + len(TAIL))
            else:
                at = buffer.find(HEAD, at + 1)
        self._rest = buffer[at:] if at >= 0 else buffer[-(len(HEAD) - 1) :]
        return told
