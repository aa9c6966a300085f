"""Sending what waits, lane by lane, until upstream has acknowledged it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import ClassVar, NamedTuple

from agent.clock import Clock
from agent.contract import Attempted, Delivered, DriverUnavailable, Emit, Refused
from agent.outbox import Depth, Outbox, Outgoing
from agent.uplink.link import Backoff, Link
from agent.uplink.transport import (
    Answer,
    Failure,
    Rejected,
    Stale,
    Transport,
)
from agent.uplink.wire import Encoder, Receipt, batch

log = logging.getLogger(__name__)

_URGENT = 0
"""The lane of taxi orders and falls."""

_BATCH_RECORDS = 100
"""Records in a batch at the most: what is urgent waits for one such batch, never longer."""

_BATCH_BYTES = 64 * 1024
"""JSON bytes that one lane may put into a batch; a single larger record goes alone."""

_SHARE_RECORDS, _SHARE_BYTES = 5, 8 * 1024
"""What each less urgent lane may add, so that none starves."""

_PAGE = 25
"""Records read from the disk at once: bounds the memory when records are large."""

_IDLE, _HELD = 0.5, 0.1
"""Seconds between looks at the store: nothing waits; the kernel still has to bury a record."""

_LONGEST_PAUSE, _LONGEST_URGENT_PAUSE, _SHORTEST_PAUSE = 30.0, 3.0, 0.2
"""Seconds between attempts after failures; with something urgent waiting; for a new urgent one."""

_LONGEST_RETRY_AFTER, _LONGEST_URGENT_RETRY_AFTER = 60.0, 10.0
"""Seconds for which upstream's wish to be left alone is followed; with something urgent waiting."""

_TOMBSTONE_PAUSE = 60.0
"""Seconds for which a lane rests when upstream refuses even a tombstone."""


class _Parcel(NamedTuple):
    """A record ready to be sent."""

    record: Outgoing
    event: bytes


class Uplink:
    """Sends records in batches, most urgent lane first, again and again until acknowledged.

    Nothing is sent past its deadline, and nothing is skipped: a lane stops at a record that
    expired or was refused until the kernel has put a tombstone in its place.
    """

    name = "uplink"
    isolated: ClassVar[bool] = False

    def __init__(self, outbox: Path, transport: Transport, link: Link, clock: Clock) -> None:
        self._path = outbox
        self._transport = transport
        self._link = link
        self._clock = clock
        self._wake = threading.Event()

    def wake(self) -> None:
        """Records were committed. Returns at once, may be called from any thread."""
        self._wake.set()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Send until *stop* is set.

        Raises:
            DriverUnavailable: the store cannot be read.
        """
        try:
            with closing(Outbox(self._path)) as outbox:
                _Courier(
                    outbox, self._transport, self._link, self._clock, emit, self._wake, stop
                ).run()
        except sqlite3.Error as error:
            raise DriverUnavailable(
                f"{self._path} cannot be read: {error}; restart, or look at the card"
            ) from error


class _Courier:
    """One run of the uplink: what it has sent so far, and how that went."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        link: Link,
        clock: Clock,
        emit: Emit,
        wake: threading.Event,
        stop: threading.Event,
    ) -> None:
        self._outbox = outbox
        self._transport = transport
        self._link = link
        self._clock = clock
        self._emit = emit
        self._wake = wake
        self._stop = stop
        self._encoder = Encoder(transport.kiosk, outbox.epoch, clock)
        self._backoff = Backoff()
        self._acked: dict[int, int] = {}
        """By lane: acknowledged, though the kernel may not have committed that yet."""
        self._sent: dict[int, int] = {}
        """By lane: the last sequence that ever left."""
        self._attempted: dict[int, int] = {}
        """By lane: the last sequence reported as perhaps arrived."""
        self._refused: set[tuple[int, int]] = set()
        """Reported to the kernel, not yet buried by it."""
        self._resting: dict[int, float] = {}
        """By lane: boot-time clock until which it is left alone."""
        self._limit = _BATCH_RECORDS
        self._urgent_seen = 0
        """Last sequence of the urgent lane when the latest batch was gathered."""
        self._gap_told = False

    def run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            lanes = self._waiting()
            parcels = self._gather(lanes)
            if parcels:
                self._deliver(parcels)
            else:
                self._wake.wait(_HELD if lanes else _IDLE)

    # -- what goes next --------------------------------------------------------------------

    def _waiting(self) -> list[int]:
        """Lanes with something to send, most urgent first."""
        now = self._clock.boot()
        depths = self._outbox.depths()
        self._urgent_seen = _last(depths[_URGENT])
        return [
            depth.lane
            for depth in depths
            if depth.waiting
            and _last(depth) > self._acked.get(depth.lane, 0)
            and self._resting.get(depth.lane, 0) <= now
        ]

    def _gather(self, lanes: list[int]) -> list[_Parcel]:
        """The next batch: all that fits of the first lane, a small share of each other."""
        parcels: list[_Parcel] = []
        for position, lane in enumerate(lanes):
            room = self._limit - len(parcels)
            if parcels:
                parcels += self._of_lane(lane, min(room, _SHARE_RECORDS), _SHARE_BYTES, False)
            else:
                kept = _SHARE_RECORDS * (len(lanes) - position - 1)
                parcels += self._of_lane(lane, max(1, room - kept), _BATCH_BYTES, True)
        return parcels

    def _of_lane(self, lane: int, most: int, size: int, oversize: bool) -> list[_Parcel]:
        """Up to *most* records and *size* bytes of *lane*, the first even when it is larger
        if *oversize*."""
        parcels: list[_Parcel] = []
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
                parcels.append(_Parcel(record, event))
                after = record.last
            if not page:
                break
        return parcels[:most]

    def _held(self, record: Outgoing) -> bool:
        """True when the kernel has to put a tombstone here first."""
        place = record.lane, record.sequence
        if record.fate is None:
            return place in self._refused or self._expired(record)
        self._refused.discard(place)
        return False

    def _expired(self, record: Outgoing) -> bool:
        if record.fate is not None or record.expires is None:
            return False
        return record.boot_id != self._clock.boot_id or record.expires <= self._clock.boot()

    # -- sending ---------------------------------------------------------------------------

    def _deliver(self, parcels: list[_Parcel]) -> None:
        deadlines = [p.record.expires for p in parcels if p.record.fate is None]
        first = min((expires for expires in deadlines if expires is not None), default=None)

        def valid_for() -> float | None:
            return None if first is None else first - self._clock.boot()

        try:
            answer = self._transport.send(batch([p.event for p in parcels]), valid_for, self._stop)
        except Stale:
            return
        except Rejected as rejected:
            self._link.worked("sending", self._emit)
            self._narrow(parcels, str(rejected))
        except Failure as failure:
            if failure.arrived:
                self._tell_attempted(parcels)
            if self._stop.is_set():
                return
            self._link.failed("sending", failure, self._emit)
            self._pause(failure.retry_after)
        else:
            self._link.worked("sending", self._emit)
            self._note(answer, parcels)

    def _note(self, answer: Answer[Receipt], parcels: list[_Parcel]) -> None:
        """Take over what upstream says it has."""
        if answer.wall is not None:
            self._clock.compare(answer.wall)
        self._note_sent(parcels)
        within = {(p.record.lane, p.record.sequence) for p in parcels if p.record.fate is None}
        for refused in answer.content.refused:
            if (refused.lane, refused.sequence) in within:
                self._tell_refused(refused.lane, refused.sequence, refused.reason)
        progress = bool(answer.content.refused)
        for lane, sequence in sorted(answer.content.ack.items()):
            # What never left cannot have arrived, whatever upstream says.
            sequence = min(sequence, self._sent.get(lane, 0))
            if sequence > self._acked.get(lane, 0):
                self._acked[lane] = sequence
                self._emit(Delivered(source="uplink", lane=lane, sequence=sequence))
                progress = True
        if progress:
            self._backoff.reset()
            self._gap_told = False
            self._limit = min(_BATCH_RECORDS, 2 * self._limit)
            return
        if not self._gap_told:
            self._gap_told = True
            log.error(
                "upstream acknowledges nothing ack=%s sent=%s remedy='look for a gap upstream'",
                answer.content.ack,
                self._sent,
            )
        self._pause()

    def _narrow(self, parcels: list[_Parcel], reason: str) -> None:
        """Halve the batch until the one record is found that upstream will not take."""
        if len(parcels) > 1:
            self._limit = len(parcels) // 2
            return
        self._limit = _BATCH_RECORDS
        record = parcels[0].record
        if record.fate is None:
            self._tell_refused(record.lane, record.sequence, reason)
            return
        log.error(
            "upstream refuses a tombstone lane=%d sequence=%d reason=%s",
            record.lane,
            record.sequence,
            reason,
        )
        self._resting[record.lane] = self._clock.boot() + _TOMBSTONE_PAUSE

    def _tell_refused(self, lane: int, sequence: int, reason: str) -> None:
        self._refused.add((lane, sequence))
        self._emit(Refused(source="uplink", lane=lane, sequence=sequence, reason=reason))

    def _tell_attempted(self, parcels: list[_Parcel]) -> None:
        for lane, sequence in self._note_sent(parcels).items():
            if sequence > self._attempted.get(lane, 0):
                self._attempted[lane] = sequence
                self._emit(Attempted(source="uplink", lane=lane, sequence=sequence))

    def _note_sent(self, parcels: list[_Parcel]) -> dict[int, int]:
        """Remember what has left; returns the last sequence in *parcels* by lane."""
        last = {parcel.record.lane: parcel.record.last for parcel in parcels}
        for lane, sequence in last.items():
            self._sent[lane] = max(sequence, self._sent.get(lane, 0))
        return last

    # -- waiting ---------------------------------------------------------------------------

    def _pause(self, retry_after: float = 0.0) -> None:
        """Wait before the next attempt; a new urgent record or news from the poll ends it."""
        urgent = self._outbox.depths()[_URGENT]
        if _last(urgent) > max(urgent.acked, self._acked.get(_URGENT, 0)):
            longest, obeyed = _LONGEST_URGENT_PAUSE, _LONGEST_URGENT_RETRY_AFTER
        else:
            longest, obeyed = _LONGEST_PAUSE, _LONGEST_RETRY_AFTER
        began = self._clock.boot()
        until = began + self._backoff.pause(longest, min(retry_after, obeyed))
        soonest = began + max(_SHORTEST_PAUSE, min(retry_after, _LONGEST_URGENT_RETRY_AFTER))
        recoveries = self._link.recoveries
        seen = self._urgent_seen
        while not self._stop.is_set() and (left := until - self._clock.boot()) > 0:
            newer = _last(self._outbox.depths()[_URGENT])
            if newer > seen or self._link.recoveries > recoveries:
                seen, recoveries = newer, self._link.recoveries
                until = min(until, soonest)
            else:
                self._wake.wait(min(left, _IDLE))
                self._wake.clear()


def _last(depth: Depth) -> int:
    """Sequence of the newest record of a lane."""
    return depth.acked + depth.waiting
