"""What goes upstream next: lanes in the order of their urgency, within limits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from agent.core.clock import Clock
from agent.core.store.outbox import Depth, Outbox, Outgoing
from agent.records import RecordData
from agent.uplink.wire import Encoder

URGENT = 0
"""The lane of what somebody waits for."""

ALL = (0, 1, 2, 3)

BATCH_RECORDS = 100
"""Records in a batch at the most: what is urgent waits for one such batch, never longer."""

BATCH_BYTES = 64 * 1024
"""JSON bytes that one lane may put into a batch; a single larger record goes alone."""

_SHARE_RECORDS, _SHARE_BYTES = 5, 8 * 1024
"""What each less urgent lane may add, so that none starves."""

_PAGE = 25
"""Records read from the disk at once: bounds the memory when records are large."""

_REST = 60.0
"""Seconds for which a lane rests when one record of it is larger than the way to upstream takes."""


class Parcel(NamedTuple):
    """A record ready to be sent."""

    record: Outgoing
    event: bytes


class Lanes:
    """The records that wait, as far as upstream has not acknowledged them.

    A lane stops at a record that expired or was refused, until the kernel has put a tombstone
    in its place: nothing is sent too late, and nothing is skipped.
    """

    def __init__(
        self,
        outbox: Outbox,
        kiosk: str,
        clock: Clock,
        kinds: Iterable[type[RecordData]] = (),
        lanes: Collection[int] = ALL,
    ) -> None:
        self._lanes = lanes
        self._outbox = outbox
        self._encoder = Encoder(kiosk, outbox.epoch, clock, kinds)
        self._clock = clock
        self._acked: dict[int, int] = {}
        """By lane: acknowledged, though the kernel may not have committed that yet."""
        self._refused: set[tuple[int, int]] = set()
        """Reported to the kernel, not yet buried by it."""
        self._damaged: list[Outgoing] = []
        self._resting: dict[int, float] = {}
        """By lane: boot-time clock until which it is left alone."""

    def acknowledge(self, lane: int, sequence: int) -> bool:
        """Upstream has *lane* up to *sequence*; True when that is news."""
        if sequence <= self._acked.get(lane, 0):
            return False
        self._acked[lane] = sequence
        return True

    def refuse(self, lane: int, sequence: int) -> None:
        """Hold *lane* at this record until it is a tombstone."""
        self._refused.add((lane, sequence))

    def damaged(self) -> list[Outgoing]:
        """Records that were found to be damaged since the last call; their lanes are held."""
        found, self._damaged = self._damaged, []
        return found

    def rest(self, lane: int) -> None:
        """Leave *lane* alone for a minute: its next record is too large for the way."""
        self._resting[lane] = self._clock.boot() + _REST

    def newest_urgent(self) -> int:
        """Sequence of the newest record in the urgent lane; 0 where that is not ours to send."""
        return 0 if URGENT not in self._lanes else _last(self._outbox.depths()[URGENT])

    def urgent_waits(self) -> bool:
        """Whether upstream lacks anything of the urgent lane, which is ours to send."""
        return URGENT in self._lanes and self._lacks(self._outbox.depths()[URGENT])

    def waiting(self) -> list[int]:
        """Lanes with something to send, most urgent first."""
        now = self._clock.boot()
        return [
            depth.lane
            for depth in self._outbox.depths()
            if depth.lane in self._lanes
            and self._lacks(depth)
            and self._resting.get(depth.lane, 0) <= now
        ]

    def _lacks(self, depth: Depth) -> bool:
        return _last(depth) > max(depth.acked, self._acked.get(depth.lane, 0))

    def gather(self, lanes: Sequence[int], limit: int, size: int = BATCH_BYTES) -> list[Parcel]:
        """The next batch, at most *limit* records and about *size* bytes of JSON: all that fits
        of the first of *lanes*, a small share of each other; empty when all of them are held."""
        parcels: list[Parcel] = []
        for position, lane in enumerate(lanes):
            room = limit - len(parcels)
            if parcels:
                parcels += self._of_lane(
                    lane, min(room, _SHARE_RECORDS), min(size, _SHARE_BYTES), False
                )
            else:
                kept = _SHARE_RECORDS * (len(lanes) - position - 1)
                parcels += self._of_lane(lane, max(1, room - kept), size, True)
        return parcels

    def _of_lane(self, lane: int, most: int, size: int, oversize: bool) -> list[Parcel]:
        """Up to *most* records and *size* bytes of *lane*, the first even when it is larger
        if *oversize*."""
        parcels: list[Parcel] = []
        after = self._acked.get(lane, 0)
        while len(parcels) < most:
            page = self._outbox.pending(lane, after, min(_PAGE, most - len(parcels)))
            for record in page:
                if self._held(record):
                    return parcels
                event = self._encoder.encode(record)
                size -= len(event)
                if size < 0 and (parcels or not oversize):
                    return parcels
                parcels.append(Parcel(record, event))
                after = record.last
            if not page:
                break
        return parcels[:most]

    def _held(self, record: Outgoing) -> bool:
        """True when the kernel has to put a tombstone here first."""
        place = record.lane, record.sequence
        if record.fate is None:
            if place not in self._refused and not record.intact:
                self._refused.add(place)
                self._damaged.append(record)
            return place in self._refused or self._expired(record)
        self._refused.discard(place)
        return False

    def _expired(self, record: Outgoing) -> bool:
        if record.fate is not None or record.expires is None:
            return False
        return record.boot_id != self._clock.boot_id or record.expires <= self._clock.boot()


def _last(depth: Depth) -> int:
    """Sequence of the newest record of a lane."""
    return depth.acked + depth.waiting
