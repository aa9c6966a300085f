"""The real daemon with the workbench's pins in place of a Pi's, and a clock that can be moved.

    python -m hw_mocks.daemon --pins SOCKET --clock SOCKET [arguments of `linli run`]

It ends when its standard input is closed: with the workbench, whatever becomes of that.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

import agent.cli
from hw_mocks.clock_wire import ClockServer
from hw_mocks.moved_clock import Moved, MovedClock
from hw_mocks.pin_bridge import PinBridge
from hw_mocks.pins import MockPins


def main(arguments: list[str]) -> int:
    """Run until told to stop; the exit status is the daemon's own."""
    parser = argparse.ArgumentParser(prog="hw_mocks.daemon")
    parser.add_argument("--pins", type=Path, required=True, help="socket of the workbench")
    parser.add_argument("--clock", type=Path, required=True, help="socket to move its clock by")
    parser.add_argument("--moved", type=Path, help="file: how far the clock was moved before")
    options, rest = parser.parse_known_args(arguments)
    threading.Thread(target=_end_with_workbench, name="leash", daemon=True).start()
    pins = MockPins()
    clock = ObeyedClock(_moved(options.moved), options.clock)
    with PinBridge(pins, options.pins):
        return agent.cli.main(["run", *rest], pin_factory=pins.factory, clock=clock)


class ObeyedClock(MovedClock):
    """The daemon's clock, which its child processes follow."""

    def __init__(self, moved: Moved, path: Path) -> None:
        super().__init__(moved)
        self.child = ("-m", "hw_mocks.child", str(path))
        self._server = ClockServer(self, path)


def _moved(file: Path | None) -> Moved:
    if file is None or not file.exists():
        return Moved()
    return msgspec.json.decode(file.read_bytes(), type=Moved)


def _end_with_workbench() -> None:
    while os.read(sys.stdin.fileno(), 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
