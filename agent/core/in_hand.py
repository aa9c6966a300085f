"""What was being handled when the process ended: so that nothing ends it again and again."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path
from typing import NamedTuple

from agent.contract.signals import Signal
from agent.messages import Command, Due

log = logging.getLogger(__name__)


class _Blame(NamedTuple):
    in_hand: list[str]
    ended: dict[str, int]


class InHand:
    """Remembers, across the end of the process, what was being handled when it ended.

    Only what comes again after a start is of interest: a command, a reminder, a service's start.
    The file is not synced: what ends the process leaves the operating system and so the file as
    it is, and a power cut is nobody's fault.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "in_hand.json"
        blame = self._read()
        self._ended = blame.ended
        for key in blame.in_hand:
            self._ended[key] = self._ended.get(key, 0) + 1
            log.error("process ended while handling key=%s times=%d", key, self._ended[key])
        if blame.in_hand:
            self._write([])

    def ended(self, key: str) -> int:
        """How often in succession the process has ended while *key* was handled."""
        return self._ended.get(key, 0)

    def begin(self, keys: list[str]) -> None:
        """*keys* are about to be handled."""
        if keys:
            self._write(keys)

    def release(self, keys: list[str]) -> None:
        """They are not being handled any more, though they may be again."""
        if keys:
            self._write([])

    def finish(self, keys: list[str]) -> None:
        """They were handled, or set aside."""
        if keys:
            for key in keys:
                self._ended.pop(key, None)
            self._write([])

    def _write(self, keys: list[str]) -> None:
        body = json.dumps({"in_hand": keys, "ended": self._ended})
        with contextlib.suppress(OSError):  # without it a start is only less wise
            self._path.write_text(body, encoding="utf-8")

    def _read(self) -> _Blame:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            in_hand = [str(key) for key in content["in_hand"]]
            ended = {str(key): int(count) for key, count in content["ended"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return _Blame([], {})
        return _Blame(in_hand, ended)


def returning(signal: Signal) -> str:
    """Under which name *signal* comes again when the process ends over it; empty: it does not."""
    match signal:
        case Command(command_id=command_id):
            return f"command/{command_id}"
        case Due(service=service, name=name):
            return f"due/{service}/{name}"
    return ""


def start_of(service: str) -> str:
    """Under which name the start of *service* comes again."""
    return f"start/{service}"
