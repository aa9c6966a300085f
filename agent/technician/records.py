"""`linli records`: what was recorded for upstream, for people to read, and to erase."""

from __future__ import annotations

import json
import math
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.core import dead_letters
from agent.core.store.erasing import erase
from agent.core.store.outbox import Outbox, Outgoing, Replaced
from agent.services.taxi.charts import AIM_S

_FOLLOW = 0.3
"""Seconds between looks at the store in `linli records --follow`."""


_MEASURED = 2000
"""Records of a lane, at the most, from which it is told how long a car takes here."""


def list_records(data: Path, limit: int, follow: bool) -> int:
    """Print the newest *limit* records, and with *follow* each new one; returns the exit status.

    Whatever the file is like, what is wrong with it is one sentence.
    """
    seen: dict[int, int] = {}
    while True:
        try:
            with closing(Outbox(data / "linli.db")) as outbox:
                _list(outbox, seen, limit, follow)
                if not follow and (spent := waits(outbox.recent({}, _MEASURED))):
                    print(spent)
        except Replaced:  # another epoch: what was seen is numbered anew or gone
            seen.clear()
            continue
        except (OSError, sqlite3.Error) as error:
            print(_sentence(data / "linli.db", error), file=sys.stderr)
            return 2
        return 0


def _list(outbox: Outbox, seen: dict[int, int], limit: int, follow: bool) -> None:
    while True:
        acked = {depth.lane: depth.acked for depth in outbox.depths()}
        for record in outbox.recent(seen, limit):
            seen[record.lane] = max(record.sequence, seen.get(record.lane, 0))
            print(_line(record, acked[record.lane]), flush=True)
        if not follow:
            return
        time.sleep(_FOLLOW)


def waits(records: Iterable[Outgoing]) -> str:
    """How long it took from the press to the car and to boarding, as `taxi.timed` records say;
    empty: there are none."""
    found = [_object(one.data) for one in records if one.kind == "taxi.timed" and not one.erased]
    if not found:
        return ""
    parts = [f"{len(found)} orders (aim: a car within {AIM_S} s)"]
    for name, what in (("to_car_s", "to the car"), ("to_boarding_s", "to boarding")):
        spans = [one[name] for one in found if isinstance(one.get(name), int | float)]
        if spans:
            median, p95 = middle_and_late(spans)
            parts.append(f"{what}: median {median:.0f} s, p95 {p95:.0f} s, n {len(spans)}")
    return "; ".join(parts)


def middle_and_late(spans: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile of *spans*, which are not empty."""
    ordered = sorted(spans)
    return statistics.median(ordered), ordered[math.ceil(0.95 * len(ordered)) - 1]


def _object(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _line(record: Outgoing, acked: int) -> str:
    try:
        when = datetime.fromtimestamp(record.wall).isoformat(" ", "milliseconds")
    except (OverflowError, OSError, TypeError, ValueError):
        when = f"{record.wall!r:<23}"
    fate = record.fate or ("sent" if record.sequence <= acked else "waiting")
    if record.erased:
        content = "(erased)"
    elif record.intact:
        content = record.data
    else:
        content = f"(damaged) {record.data}"
    return (
        f"{when}{' ' if record.trusted else '?'} lane {record.lane} #{record.sequence:<6}"
        f" {fate:<8} {record.kind:<16} {content}"
    )


def erase_records(data: Path, subject: str | None) -> int:
    """Erase the content of everything that upstream has, or of what is about *subject*; returns
    the exit status. What waits is owed to upstream and stays; it is said how much that is."""
    path = data / "linli.db"
    try:
        erased = erase(path, subject)
        letters = dead_letters.erase(data, subject)
    except (OSError, sqlite3.Error) as error:
        print(_sentence(path, error), file=sys.stderr)
        return 2
    print(
        f"erased {erased.records} records, {letters} dead letters and {erased.copies} damaged"
        " copies of the store"
    )
    if erased.waiting:
        print(f"{erased.waiting} wait for upstream; erase again when they are delivered")
    return 0


def _sentence(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"{path} is not there; is --data right?"
    if "no such table: links" in str(error) or "no such table: receipts" in str(error):
        return f"{path} was last used by older software; start the kiosk once, then ask again."
    return (
        f"{path} cannot be read: {error}. May you read it? A running kiosk salvages a damaged"
        " store by itself; `linli doctor` looks at the card."
    )
