"""Sending what waits, lane by lane, until upstream has acknowledged it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import ClassVar

from agent.contract.driver import DriverUnavailable, Emit
from agent.core.clock import Clock
from agent.core.store.connection import damaged
from agent.core.store.outbox import Outbox, Replaced
from agent.messages import Attempted, Damaged, Delivered, Refused, StoreDamaged
from agent.records import Lane, RecordData
from agent.uplink.lanes import ALL, BATCH_BYTES, BATCH_RECORDS, URGENT, Lanes, Parcel
from agent.uplink.link import BESIDE, Backoff, Link
from agent.uplink.transport import (
    Answer,
    Failure,
    Rejected,
    Stale,
    TooLarge,
    Transport,
)
from agent.uplink.wire import Receipt, RefusedRecord, batch

log = logging.getLogger(__name__)

_IDLE, _HELD = 1.0, 0.1
"""Seconds between looks at the store without being woken: nothing waits; the kernel still has to
bury a record."""

_LONGEST_PAUSE, _LONGEST_URGENT_PAUSE, _SHORTEST_PAUSE = 30.0, 3.0, 0.2
"""Seconds between attempts after failures; with something urgent waiting; for a new urgent one."""

_LONGEST_RETRY_AFTER, _LONGEST_URGENT_RETRY_AFTER = 60.0, 10.0
"""Seconds for which upstream's wish to be left alone is followed; with something urgent waiting."""


class Uplink:
    """Sends records in batches, most urgent lane first, again and again until acknowledged.

    Nothing is sent past its deadline, and nothing is skipped: a lane stops at a record that
    expired or was refused until the kernel has put a tombstone in its place.
    """

    isolated: ClassVar[bool] = False

    def __init__(
        self,
        outbox: Path,
        transport: Transport,
        link: Link,
        clock: Clock,
        kinds: Iterable[type[RecordData]] = (),
        lanes: Collection[int] = ALL,
        bulk_bytes_s: float = 0.0,
    ) -> None:
        """Args:
        outbox: path of the store.
        kinds: declarations of the records in it.
        lanes: those that it sends. What is urgent has an uplink of its own: a slow upstream
            or a slow network may take its time with the rest.
        bulk_bytes_s: ceiling for telemetry and bulk, in bytes a second; 0: none.
        """
        self._lanes = lanes
        self._bulk_bytes_s = bulk_bytes_s
        self.name = "uplink" if URGENT in lanes else "uplink.bulk"
        self._kinds = tuple(kinds)
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
            while not stop.is_set():
                with closing(Outbox(self._path)) as outbox, suppress(Replaced):
                    _Courier(
                        outbox,
                        self._transport,
                        self._link,
                        self._clock,
                        emit,
                        self._wake,
                        stop,
                        self._kinds,
                        self._lanes,
                        self._bulk_bytes_s,
                    ).run()
        except sqlite3.Error as error:
            if damaged(error):
                emit(StoreDamaged(source=self.name, reason=str(error)))
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
        kinds: Iterable[type[RecordData]],
        lanes: Collection[int],
        bulk_bytes_s: float,
    ) -> None:
        self._lanes = Lanes(outbox, transport.kiosk, clock, kinds, lanes)
        self._ours = lanes
        self._bulk_bytes_s = bulk_bytes_s
        self._bulk_at = 0.0
        """Boot-time clock before which telemetry and bulk wait for their share of the line."""
        self._urgent = URGENT in lanes
        self._part = "sending" if self._urgent else BESIDE
        self._transport = transport
        self._link = link
        self._clock = clock
        self._emit = emit
        self._wake = wake
        self._stop = stop
        self._backoff = Backoff()
        self._epoch = outbox.epoch
        self._sent = {depth.lane: depth.acked + depth.waiting for depth in outbox.depths()}
        """By lane: the last sequence that ever left, or may have done so in an earlier life."""
        self._attempted: dict[int, int] = {}
        self._recoveries = 0
        """By lane: the last sequence reported as perhaps arrived."""
        self._limit, self._size = BATCH_RECORDS, BATCH_BYTES
        self._urgent_seen = 0
        """Last sequence of the urgent lane when the latest batch was gathered."""
        self._gap_told = False

    def run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self._urgent_seen = self._lanes.newest_urgent()
            lanes = self._lanes.waiting()
            rest = self._bulk_at - self._clock.boot()
            if rest > 0 and lanes and lanes[0] >= Lane.TELEMETRY:
                self._clock.wait(self._wake, due=rest)
                continue
            parcels = self._lanes.gather(lanes, self._limit, self._size)
            for record in self._lanes.damaged():
                self._emit(
                    Damaged(
                        source="uplink",
                        lane=record.lane,
                        sequence=record.sequence,
                        epoch=self._epoch,
                    )
                )
            if parcels:
                self._deliver(parcels)
            else:
                self._clock.wait(self._wake, beat=_HELD if lanes else _IDLE)

    def _deliver(self, parcels: list[Parcel]) -> None:
        deadlines = [p.record.expires for p in parcels if p.record.fate is None]
        first = min((expires for expires in deadlines if expires is not None), default=None)

        def valid_for() -> float | None:
            return None if first is None else first - self._clock.boot()

        self._recoveries = self._link.recoveries  # news from here on ends the pause after it
        try:
            packed = batch([p.event for p in parcels])
            if self._bulk_bytes_s and parcels[0].record.lane >= Lane.TELEMETRY:
                self._bulk_at = self._clock.boot() + len(packed) / self._bulk_bytes_s
            answer = self._transport.send(packed, valid_for, self._stop, self._urgent)
        except Stale:
            self._clock.wait(self._wake, beat=_HELD)
        except Rejected as rejected:
            self._link.worked(self._part, self._emit)
            self._narrow(parcels, rejected)
        except TooLarge as failure:
            self._link.failed(self._part, failure, self._emit)
            self._shrink(parcels, failure)
        except Failure as failure:
            if failure.arrived:
                self._tell_attempted(parcels)
            if self._stop.is_set():
                return
            self._link.failed(self._part, failure, self._emit)
            self._pause(failure.retry_after)
        else:
            self._link.worked(self._part, self._emit)
            self._note(answer, parcels)

    def _note(self, answer: Answer[Receipt], parcels: list[Parcel]) -> None:
        """Take over what upstream says it has."""
        if answer.wall is not None:
            self._clock.compare(answer.wall)
        self._note_sent(parcels)
        within = {(p.record.lane, p.record.sequence) for p in parcels if p.record.fate is None}
        progress = False
        for refused in answer.content.refused:
            if (refused.lane, refused.sequence) in within:
                self._tell_refused(refused)
                progress = True
        for lane, sequence in sorted(answer.content.ack.items()):
            # What never left cannot have arrived: our history is not the one upstream knows.
            # Of lanes that another uplink sends, only that one knows what has left.
            if lane not in self._ours:
                continue
            unsent = sequence > self._sent[lane]
            chain = answer.content.chain.get(lane, "")
            if unsent or self._lanes.acknowledge(lane, sequence):
                self._emit(
                    Delivered(
                        source="uplink",
                        lane=lane,
                        sequence=sequence,
                        chain=chain,
                        epoch=self._epoch,
                        unsent=unsent,
                    )
                )
                progress = progress or not unsent
        if progress:
            self._backoff.reset()
            self._gap_told = False
            self._limit = min(BATCH_RECORDS, 2 * self._limit)
            return
        if not self._gap_told:
            self._gap_told = True
            log.error(
                "upstream acknowledges nothing ack=%s sent=%s remedy='look for a gap upstream'",
                answer.content.ack,
                self._sent,
            )
        self._pause()

    def _shrink(self, parcels: list[Parcel], failure: TooLarge) -> None:
        """Send less at once from now on; one record that is too large by itself waits alone."""
        if len(parcels) > 1:
            self._size = max(1, min(self._size, sum(len(p.event) for p in parcels)) // 2)
            log.warning("batches made smaller bytes=%d reason=%s", self._size, failure)
            return
        record = parcels[0].record
        log.error(
            "record is too large for the way lane=%d sequence=%d reason=%s",
            record.lane,
            record.sequence,
            failure,
        )
        self._lanes.rest(record.lane)

    def _narrow(self, parcels: list[Parcel], verdict: Rejected) -> None:
        """Halve the batch until the one record is found that upstream will not take."""
        if len(parcels) > 1:
            self._limit = len(parcels) // 2
            return
        self._limit = BATCH_RECORDS
        record = parcels[0].record
        if record.fate is None:
            self._tell_refused(
                RefusedRecord(record.lane, record.sequence, str(verdict), verdict.for_residents)
            )
            return
        # There is nothing in it that could be lost, and nothing else that could be said.
        log.error(
            "upstream refuses a tombstone, left out lane=%d sequence=%d reason=%s",
            record.lane,
            record.sequence,
            verdict,
        )
        if self._lanes.acknowledge(record.lane, record.last):
            self._emit(
                Delivered(
                    source="uplink", lane=record.lane, sequence=record.last, epoch=self._epoch
                )
            )

    def _tell_refused(self, refused: RefusedRecord) -> None:
        self._lanes.refuse(refused.lane, refused.sequence)
        self._emit(
            Refused(
                source="uplink",
                lane=refused.lane,
                sequence=refused.sequence,
                reason=refused.reason or "no reason given",
                for_residents=refused.for_residents,
                epoch=self._epoch,
            )
        )

    def _tell_attempted(self, parcels: list[Parcel]) -> None:
        for lane, sequence in self._note_sent(parcels).items():
            if sequence > self._attempted.get(lane, 0):
                self._attempted[lane] = sequence
                self._emit(
                    Attempted(source="uplink", lane=lane, sequence=sequence, epoch=self._epoch)
                )

    def _note_sent(self, parcels: list[Parcel]) -> dict[int, int]:
        """Remember what has left; returns the last sequence in *parcels* by lane."""
        last = {parcel.record.lane: parcel.record.last for parcel in parcels}
        for lane, sequence in last.items():
            self._sent[lane] = max(sequence, self._sent.get(lane, 0))
        return last

    # -- waiting ---------------------------------------------------------------------------

    def _pause(self, retry_after: float = 0.0) -> None:
        """Wait before the next attempt; a new urgent record or news from the poll ends it."""
        if self._lanes.urgent_waits():
            longest, obeyed = _LONGEST_URGENT_PAUSE, _LONGEST_URGENT_RETRY_AFTER
        else:
            longest, obeyed = _LONGEST_PAUSE, _LONGEST_RETRY_AFTER
        began = self._clock.boot()
        until = began + self._backoff.pause(longest, min(retry_after, obeyed))
        soonest = began + max(_SHORTEST_PAUSE, min(retry_after, _LONGEST_URGENT_RETRY_AFTER))
        seen = self._urgent_seen
        while not self._stop.is_set() and (left := until - self._clock.boot()) > 0:
            newer = self._lanes.newest_urgent()
            if newer > seen or self._link.recoveries > self._recoveries:
                seen, self._recoveries = newer, self._link.recoveries
                until = min(until, soonest)
            else:
                self._clock.wait(self._wake, beat=min(left, _IDLE))
                self._wake.clear()
