"""The real daemon with the workbench's pins in place of a Pi's.

    python -m hw_mocks.daemon --pins SOCKET [arguments of `linli run`]

It ends when its standard input is closed: with the workbench, whatever becomes of that.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import agent.cli
from hw_mocks.pin_bridge import PinBridge
from hw_mocks.pins import MockPins


def main(arguments: list[str]) -> int:
    """Run until told to stop; the exit status is the daemon's own."""
    parser = argparse.ArgumentParser(prog="hw_mocks.daemon")
    parser.add_argument("--pins", type=Path, required=True, help="socket of the workbench")
    options, rest = parser.parse_known_args(arguments)
    threading.Thread(target=_end_with_workbench, name="leash", daemon=True).start()
    pins = MockPins()
    with PinBridge(pins, options.pins):
        return agent.cli.main(["run", *rest], pin_factory=pins.factory)


def _end_with_workbench() -> None:
    while os.read(sys.stdin.fileno(), 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
