"""Proves that nothing of what a kiosk recorded is missing, altered or out of order.

    linli verify FILE…            python verify.py FILE…

Each FILE holds events as upstream keeps them (a JSON array, or one event or batch per line, also
gzipped), or is the store of a kiosk (``linli.db``). This module needs nothing but Python 3.9, so
that upstream can take it as it is; the store itself computes its chain with the functions below.

The chain, for each epoch and lane::

    c = SHA-256(salt ‖ canonical([id, kind, subject, data]))
    h = SHA-256(h_before ‖ sequence as 8 bytes, big-endian ‖ c),   h_0 = SHA-256("linli/lane")

`canonical` is the JSON Canonicalization Scheme (RFC 8785). An event carries `salt` and `chain` (h),
both in hex; a tombstone carries `commitment` (c) in place of the record. Whoever erases a record
erases its salt with it and keeps c: the chain holds, and nothing can be guessed from it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

_quoted = json.encoder.encode_basestring

TOMBSTONE = "linli.tombstone"
EPOCH = "linli.store.epoch"
"""Types of the events that have a meaning here."""


def canonical(value: Any) -> str:
    """*value* as canonical JSON (RFC 8785).

    Raises:
        ValueError: it has a number that JSON does not know.
        TypeError: it is no JSON.
    """
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: str(key).encode("utf-16-be"))
        return "{" + ",".join(f"{_string(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def _string(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no text")
    return _quoted(text)


def _number(value: float) -> str:
    """As ECMAScript writes it (RFC 8785 §3.2.2.3)."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), int(exponent) + len(digits)
    if len(text) <= point <= 21:
        text += "0" * (point - len(text))
    elif 0 < point <= 21:
        text = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + text
    else:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        text = f"{text[0]}{fraction}e{point - 1:+d}"
    return "-" * sign + text


def commitment(salt: bytes, id: str, kind: str, subject: str, data: str) -> bytes:
    """c of a record; *data* is canonical JSON, *kind* without the prefix ``linli.``."""
    names = f"{_string(id)},{_string(kind)},{_string(subject)}"
    return sha256(salt + f"[{names},{data}]".encode("utf-8", "surrogatepass")).digest()


def genesis(lane: int) -> bytes:
    """h before the first record of a lane. An epoch goes on where the one before had come to."""
    return sha256(f"linli/{lane}".encode()).digest()


def link(before: bytes, sequence: int, commitment: bytes) -> bytes:
    """h of the record *sequence*, behind *before*."""
    return sha256(before + sequence.to_bytes(8, "big") + commitment).digest()


class Entry(NamedTuple):
    """One event as far as the chain is concerned."""

    first: int
    last: int
    chain: bytes | None
    """None: written by software that knew no chain."""
    commitment: bytes | None
    """None for a range that was given up."""
    id: str
    fate: str
    """Empty, ``erased``, or the reason of a tombstone."""
    where: str


@dataclass
class Stream:
    """What was found of one lane in one epoch of one kiosk."""

    source: str
    epoch: str
    lane: int
    entries: dict[int, Entry] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proven: int = 0
    unproven: int = 0

    def add(self, entry: Entry) -> None:
        """Take *entry*; one that contradicts an earlier one is a fault."""
        known = self.entries.setdefault(entry.first, entry)
        if known.chain is None or entry.chain is None:
            if known.chain is None and entry.chain is not None:
                self.entries[entry.first] = entry
        elif known.last == entry.last and known.chain != entry.chain:
            self.faults.append(
                f"{entry.first} is there twice and differs: {known.where} and {entry.where}"
            )
        elif entry.last > known.last:
            self.entries[entry.first] = entry

    def check(self, partial: bool = False) -> None:
        """Walk along the chain. *partial*: what is before the first entry is not looked for."""
        before: bytes | None = genesis(self.lane)
        expected = 1
        for first, entry in sorted(self.entries.items()):
            if entry.last < expected:
                if entry.fate == "" and entry.chain is not None:
                    self.faults.append(f"{first} is hidden by a tombstone of a range")
                continue
            if first > expected:
                if not (partial and expected == 1):
                    self.faults.append(f"{_range(expected, first - 1)} missing")
                before = None
            expected = entry.last + 1
            before = self._follow(before, entry)

    def _follow(self, before: bytes | None, entry: Entry) -> bytes | None:
        if entry.fate not in ("", "erased"):
            self.notes.append(f"{_range(entry.first, entry.last)} {entry.fate}")
        if entry.chain is None:
            self.unproven += entry.last - entry.first + 1
            return None
        if entry.commitment is None:
            self.unproven += entry.last - entry.first + 1
        elif before is not None and link(before, entry.last, entry.commitment) != entry.chain:
            self.faults.append(f"{entry.first} altered, or not of this history: {entry.where}")
        else:
            self.proven += 1
        return entry.chain


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


class Verifier:
    """Collects events of any number of kiosks, then judges."""

    def __init__(self) -> None:
        self.streams: dict[tuple[str, str, int], Stream] = {}
        self.epochs: dict[str, dict[str, Any]] = {}
        """By epoch: the data of the event that began it."""
        self._partial: set[tuple[str, str, int]] = set()

    def read(self, path: Path) -> None:
        """Take all that *path* holds.

        Raises:
            OSError, ValueError, sqlite3.Error: it cannot be read.
        """
        with path.open("rb") as file:
            start = file.read(16)
        if start == b"SQLite format 3\x00":
            self._read_store(path)
            return
        with gzip.open(path, "rb") if start[:2] == b"\x1f\x8b" else path.open("rb") as file:
            text = file.read().decode()
        for number, event in _events(text):
            try:
                self._add_event(event, f"{path}:{number}")
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path}:{number}: no event of a kiosk: {error!r}") from error

    def _stream(self, source: str, epoch: str, lane: int) -> Stream:
        key = source, epoch, lane
        return self.streams.setdefault(key, Stream(*key))

    def _add_event(self, event: dict[str, Any], where: str) -> None:
        sequence, data = int(event["sequence"]), event["data"]
        chain = bytes.fromhex(event["chain"]) if event.get("chain") else None
        c = bytes.fromhex(event["commitment"]) if event.get("commitment") else None
        last, fate = sequence, "" if c is None else "erased"
        if event["type"] == TOMBSTONE:
            last, fate = int(data["last"]), str(data["reason"])
        elif event.get("salt"):
            kind = event["type"].removeprefix("linli.")
            salt = bytes.fromhex(event["salt"])
            c = commitment(salt, event["id"], kind, event.get("subject", ""), canonical(data))
        if event["type"] == EPOCH:
            self.epochs[event["epoch"]] = data
        entry = Entry(sequence, last, chain, c, event["id"], fate, where)
        self._stream(event["source"], event["epoch"], int(event["lane"])).add(entry)

    def _read_store(self, path: Path) -> None:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        [epoch] = db.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
        rows = db.execute(
            "SELECT lane, sequence, salt, commitment, chain, id, kind, subject, data, fate"
            " FROM links LEFT JOIN records USING (lane, sequence)"
        )
        for lane, sequence, salt, c, chain, id, kind, subject, data, fate in rows:
            self._partial.add(("", epoch, lane))
            where, stream = f"{path} #{sequence}", self._stream("", epoch, lane)
            if not any(c):  # where the chain begins, or an evicted range ends
                stream.add(Entry(sequence, sequence, chain, None, "", "before the chain", where))
                continue
            if id is not None and salt is not None:
                try:
                    found = commitment(salt, id, kind, subject, canonical(json.loads(data)))
                except (TypeError, ValueError):
                    found = b""
                if found != c:
                    stream.faults.append(f"{sequence} altered: {where}")
            state = "erased" if salt is None else fate or ""
            stream.add(Entry(sequence, sequence, chain, c, id or "", state, where))
        for lane, sequence, id, fate in db.execute(
            "SELECT lane, sequence, id, fate FROM records LEFT JOIN links USING (lane, sequence)"
            " WHERE chain IS NULL"  # of software that knew no chain
        ):
            self._partial.add(("", epoch, lane))
            where = f"{path} #{sequence}"
            entry = Entry(sequence, sequence, None, None, id or "", fate or "", where)
            self._stream("", epoch, lane).add(entry)
        for lane, first, last in db.execute("SELECT lane, first, last FROM gaps"):
            chain = self._chain_at(db, lane, last)
            self._stream("", epoch, lane).entries[first] = Entry(
                first, last, chain, None, "", "evicted", str(path)
            )
        db.close()

    def _chain_at(self, db: sqlite3.Connection, lane: int, sequence: int) -> bytes | None:
        row = db.execute(
            "SELECT chain FROM links WHERE lane = ? AND sequence = ?", (lane, sequence)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def judge(self) -> bool:
        """Check every stream; True when there is no fault."""
        self._join_store()
        for key, stream in self.streams.items():
            stream.check(partial=key in self._partial)
        return not any(stream.faults for stream in self.streams.values())

    def _join_store(self) -> None:
        """A store does not know its kiosk's name: give it that of the events of its epoch."""
        for key in [key for key in self.streams if not key[0]]:
            named = next((k for k in self.streams if k[0] and k[1:] == key[1:]), None)
            if named is not None:
                alone = self.streams.pop(key)
                for entry in alone.entries.values():
                    self.streams[named].add(entry)
                self.streams[named].faults += alone.faults

    def report(self) -> Iterator[str]:
        """What was found, in plain sentences."""
        for stream in self.streams.values():
            name = f"{stream.source or 'store'} epoch {stream.epoch} lane {stream.lane}"
            last = max((entry.last for entry in stream.entries.values()), default=0)
            yield f"{name}: up to {last}; {stream.proven} proven, {stream.unproven} not provable"
            yield from (f"  note: {note}" for note in stream.notes)
            yield from (f"  FAULT: {fault}" for fault in stream.faults)
        for epoch, data in self.epochs.items():
            yield f"epoch {epoch} follows {data.get('before')}: {data.get('reason')}"
            for lane in data.get("lanes", ()):
                yield (
                    f"  lane {lane['lane']} of it had come to {lane['last']}, acknowledged"
                    f" {lane['acked']}; sent again {lane['again']}, lost {lane['lost']}"
                )


def _events(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Events with the number of their line."""
    try:
        whole = json.loads(text)
    except ValueError:
        lines: Iterable[tuple[int, Any]] = (
            (number, json.loads(line))
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip()
        )
    else:
        lines = [(1, whole)]
    for number, value in lines:
        for event in value if isinstance(value, list) else [value]:
            yield number, event


def verify(files: Sequence[Path]) -> int:
    """Print what the *files* prove; returns 0 all is proven, 1 faults, 2 a file is unreadable."""
    verifier, unread = Verifier(), False
    for path in files:
        try:
            verifier.read(path)
        except (OSError, ValueError, sqlite3.Error) as error:
            print(f"{path}: cannot be read: {error}", file=sys.stderr)
            unread = True
    well = verifier.judge()
    for line in verifier.report():
        print(line)
    unproven = sum(stream.unproven for stream in verifier.streams.values())
    if not well:
        print("NOT proven")
    elif unproven:
        print(f"no fault: all is proven but {unproven} that carry no proof, see the notes")
    else:
        print("proven: nothing is missing, altered or out of order")
    return 2 if unread else 0 if well else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Verify the files named on the command line."""
    parser = argparse.ArgumentParser(prog="verify", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    return verify(parser.parse_args(argv).files)


if __name__ == "__main__":
    sys.exit(main())
