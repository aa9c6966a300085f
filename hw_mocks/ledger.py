"""What an upstream keeps of a kiosk: every event once, and how far it has come in each lane."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from agent.core.store.verify import canonical, commitment, genesis, link
from agent.uplink.wire import TOMBSTONE, Tombstone


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it arrived."""

    kind: str
    """Without the prefix ``linli.``; ``tombstone`` for one."""
    data: dict[str, Any]
    subject: str
    lane: int
    sequence: int
    source: str
    epoch: str
    id: str
    time: str
    timetrusted: bool
    expirytime: str
    chain: str = ""
    link: tuple[bytes | None, bytes | None] = (None, None)
    """Commitment and chain, as far as it carries what they are made of."""
    arrived: float
    """Seconds since 1970."""

    def contains(self, data: Mapping[str, Any]) -> bool:
        """True when *data* is a subset of what the event carries."""
        return _subset(data, self.data)

    @property
    def stale(self) -> bool:
        """True when it arrived past its deadline, from some buffer on the way."""
        return (
            bool(self.expirytime)
            and self.timetrusted
            and datetime.fromisoformat(self.expirytime).timestamp() < self.arrived
        )


class Ledger:
    """Deduplicates by source, epoch, lane and sequence, and knows what is missing."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        """In the order of arrival, without repetitions."""
        self.duplicates = 0
        """Events that arrived again."""
        self.missing_before: dict[tuple[str, str, int], int] = {}
        """By source, epoch and lane: sequences before this one were never seen, because this
        upstream is younger than the kiosk's records."""
        self._lanes: dict[tuple[str, str, int], _Lane] = {}

    def add(self, event: Event) -> bool:
        """Keep *event*; False when it was here before."""
        stream = event.source, event.epoch, event.lane
        first = last = event.sequence
        if event.kind == _TOMBSTONE_KIND:
            last = msgspec.convert(event.data, Tombstone).last
        lane = self._lanes.get(stream)
        if lane is None:
            lane = self._lanes[stream] = _Lane(first - 1, event.lane)
            if first > 1:
                self.missing_before[stream] = first
        if not lane.add(first, last, event):
            self.duplicates += 1
            return False
        self.events.append(event)
        return True

    def acknowledged(self, source: str, epoch: str) -> dict[str, int]:
        """Highest contiguous sequence by lane."""
        return {
            str(lane): state.contiguous
            for (of, life, lane), state in sorted(self._lanes.items())
            if (of, life) == (source, epoch)
        }

    def chains(self, source: str, epoch: str) -> dict[str, str]:
        """By lane, the chain at `acknowledged`, computed from what is kept here: so that it
        differs where the kiosk's history is another one. Lanes without a chain are left out."""
        return {
            str(lane): state.head.hex()
            for (of, life, lane), state in sorted(self._lanes.items())
            if (of, life) == (source, epoch) and state.head is not None and state.contiguous
        }

    def gaps(self) -> list[tuple[int, int, int]]:
        """``(lane, first, last)`` of what is missing between events that have arrived."""
        return [
            (stream[2], *gap) for stream, lane in sorted(self._lanes.items()) for gap in lane.gaps()
        ]


class _Lane:
    """Which sequences are here: all up to `contiguous`, and some ranges beyond."""

    def __init__(self, contiguous: int, lane: int) -> None:
        self.contiguous = contiguous
        self.head = genesis(lane) if contiguous == 0 else None
        """The chain at `contiguous`; None: not known."""
        self._beyond: dict[int, int] = {}
        self._links: dict[int, tuple[bytes | None, bytes | None]] = {}

    def add(self, first: int, last: int, event: Event) -> bool:
        if last <= self.contiguous or self._beyond.get(first, 0) >= last:
            return False
        self._beyond[first], self._links[first] = last, event.link
        for start in sorted(self._beyond):
            if start > self.contiguous + 1:
                break
            end, (proof, chain) = self._beyond.pop(start), self._links.pop(start)
            if end <= self.contiguous:
                continue
            if proof is None or self.head is None:  # a range, or where a chain begins
                self.head = chain
            else:
                self.head = link(self.head, end, proof)
            self.contiguous = end
        return True

    def gaps(self) -> list[tuple[int, int]]:
        found = []
        expected = self.contiguous + 1
        for start, last in sorted(self._beyond.items()):
            if start > expected:
                found.append((expected, start - 1))
            expected = max(expected, last + 1)
        return found


def read_event(raw: Mapping[str, Any], arrived: float) -> Event:
    """An event out of a CloudEvents batch.

    Raises:
        KeyError, ValueError: an attribute is missing or malformed.
    """
    if raw["specversion"] != "1.0":
        raise ValueError(f"specversion is {raw['specversion']!r}")
    return msgspec.convert(
        {
            "kind": raw["type"].removeprefix("linli."),
            "data": raw["data"],
            "subject": raw.get("subject", ""),
            "lane": raw["lane"],
            "sequence": int(raw["sequence"]),
            "source": raw["source"],
            "epoch": raw["epoch"],
            "id": raw["id"],
            "time": raw.get("time", ""),
            "timetrusted": raw["timetrusted"],
            "expirytime": raw.get("expirytime", ""),
            "chain": raw.get("chain", ""),
            "link": _link(raw),
            "arrived": arrived,
        },
        Event,
    )


def _link(raw: Mapping[str, Any]) -> tuple[bytes | None, bytes | None]:
    if not raw.get("chain"):
        return None, None
    proof = bytes.fromhex(raw["commitment"]) if raw.get("commitment") else None
    if raw.get("salt"):
        kind, subject = raw["type"].removeprefix("linli."), raw.get("subject", "")
        salt, data = bytes.fromhex(raw["salt"]), canonical(raw["data"])
        proof = commitment(salt, raw["id"], kind, subject, data)
    return proof, bytes.fromhex(raw["chain"])


_TOMBSTONE_KIND = TOMBSTONE.removeprefix("linli.")


def _subset(part: Any, whole: Any) -> bool:
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and _subset(value, whole[key]) for key, value in part.items())
    return bool(part == whole)
