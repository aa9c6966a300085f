"""Looking through the whole file beside the work, after an end that was none."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from agent.contract.driver import Emit
from agent.core.store.connection import check, damaged, read_only
from agent.messages import StoreDamaged

_STEPS = 10_000
"""Instructions of SQLite between looks whether to stop: some milliseconds."""


class StoreCheck:
    """Checks the store once, where that is worth it, and reports what is spoiled."""

    name = "store-check"
    isolated: ClassVar[bool] = False

    def __init__(self, path: Path, wanted: bool) -> None:
        """Args:
        wanted: whether the store was left without a word; else there is nothing to do.
        """
        self._path = path
        self._wanted = wanted

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Check, then wait for *stop*."""
        if self._wanted:
            self._wanted = False
            try:
                with closing(read_only(self._path)) as db:
                    db.set_progress_handler(stop.is_set, _STEPS)
                    check(db)
            except sqlite3.Error as error:
                if damaged(error):
                    emit(StoreDamaged(source=self.name, reason=str(error)))
        stop.wait()
