"""What the store makes of upstream's words, and of time: delivered, refused, expired, disowned."""

from __future__ import annotations

import logging
from typing import NamedTuple

from agent.contract.signals import DeviceBack, Signal
from agent.core.clock import Clock
from agent.core.ids import uuid7
from agent.core.store.store import NotOurs, Settled, Store
from agent.effects import Lane
from agent.messages import (
    Attempted,
    Damaged,
    Delivered,
    DeviceDown,
    RecordDelivered,
    RecordUndelivered,
    Refused,
)

log = logging.getLogger(__name__)


class Before(NamedTuple):
    """What a burst that the store did not take is put back to."""

    attempted: dict[int, int]
    disowned: str
    expiry: float | None


class Receipts:
    """Keeps what of the records is known upstream. Used by the kernel's thread only."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # Whether an earlier life of the daemon sent these is not known, so perhaps it did.
        self._attempted = store.last_sequences()
        self._disowned = ""  # epoch begun because upstream had acknowledged what was not ours
        self.expiry: float | None = None
        """Boot-time clock at which the next record passes its deadline."""
        self.anew = False
        """An epoch was begun since this was last looked at: everything waits to be sent again."""

    def attempted(self, lane: int) -> int:
        """The last sequence of *lane* that may have reached upstream."""
        return self._attempted[lane]

    def note_expiry(self) -> None:
        """Look when the next record passes its deadline."""
        self.expiry = self._store.next_expiry()

    def note_sequences(self) -> None:
        """Records of another life were written: perhaps they were sent."""
        self._attempted |= self._store.last_sequences()

    def keep(self) -> Before:
        """What all this is now."""
        return Before(self._attempted.copy(), self._disowned, self.expiry)

    def restore(self, before: Before) -> None:
        """As it was."""
        self._attempted, self._disowned, self.expiry = before

    def derived(self, signal: Signal) -> list[Signal]:
        """What the store makes of a word from upstream, as services want to hear it."""
        if isinstance(signal, Delivered | Attempted | Refused | Damaged) and signal.epoch not in (
            "",
            self._store.epoch,
        ):
            return []  # about sequences that mean something else by now
        match signal:
            case Delivered(lane=lane, sequence=sequence, chain=chain):
                try:
                    if signal.unsent:
                        raise NotOurs(f"lane {lane}: {sequence} acknowledged, which was never sent")
                    settled = self._store.acknowledge(lane, sequence, bytes.fromhex(chain))
                except NotOurs as not_ours:
                    return self._disown(signal, str(not_ours))
                return [
                    RecordDelivered(
                        source="kernel", at=signal.at, kind=record.kind, subject=record.subject
                    )
                    for record in settled
                    if lane == Lane.LIFE
                ]
            case Attempted(lane=lane, sequence=sequence):
                self._attempted[lane] = max(sequence, self._attempted[lane])
            case Damaged(lane=lane, sequence=sequence):
                reason = f"record {sequence} of lane {lane} is damaged and was set aside"
                damaged = self._store.set_aside(lane, sequence, reason, "damaged")
                if damaged is not None:
                    log.error("record damaged lane=%d sequence=%d", lane, sequence)
                    return [*_alarm(signal, reason), self.undelivered(damaged, signal.at, "")]
            case Refused(lane=lane, sequence=sequence, reason=reason):
                refused = self._store.set_aside(lane, sequence, reason)
                if refused is not None:
                    log.warning("record refused kind=%s reason=%s", refused.kind, reason)
                    return [self.undelivered(refused, signal.at, reason, signal.for_residents)]
        return []

    def _disown(self, signal: Signal, reason: str) -> list[Signal]:
        """Upstream knows another history than ours: tell everything again, under a new name."""
        if self._disowned == self._store.epoch and not self._store.confirmed:
            # It says so of the new one too. Then it is upstream that is confused.
            log.error("receipt is not about our records, ignored reason=%s", reason)
            return []
        self._store.begin_epoch(reason)
        self._disowned = self._store.epoch
        self.anew = True
        self._attempted |= self._store.last_sequences()
        return _alarm(signal, f"records are sent again in a new epoch: {reason}")

    def expired(self) -> list[Signal]:
        """What passed its deadline since the last look."""
        now = self._clock.boot()
        if self.expiry is None or now < self.expiry:
            return []
        return [self.undelivered(record, now, "") for record in self._store.expire(now)]

    def undelivered(
        self, record: Settled, at: float, reason: str, for_residents: str = ""
    ) -> Signal:
        """That *record* will not be delivered, as services want to hear it."""
        return RecordUndelivered(
            source="kernel",
            at=at,
            kind=record.kind,
            subject=record.subject,
            attempted=not reason and record.sequence <= self._attempted[record.lane],
            refused=reason,
            for_residents=for_residents,
        )


def _alarm(signal: Signal, reason: str) -> list[Signal]:
    """Upstream and the technician learn of something about the store that is over already."""
    return [
        DeviceDown(source="store", at=signal.at, id=uuid7(), reason=reason),
        DeviceBack(source="store", at=signal.at, id=uuid7()),
    ]
