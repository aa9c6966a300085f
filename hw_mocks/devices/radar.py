"""Radars: send that nobody moves, or is there, until the bench says otherwise."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hw_mocks.devices import Device, Stand
from hw_mocks.devices.serial import OnItsLine, SerialDevice
from hw_mocks.serial_lines import HZ

WORDS = {
    "fall_radar": frozenset({"bytes", "unplug", "plug"}),
    "presence_radar": frozenset({"set", "unplug", "plug"}),
}


def ld2410(state: int) -> bytes:
    """A report of an LD2410: 0 nobody, 1 moving, 2 still, 3 both. The rest stays as it was."""
    body = bytes([0x02, 0xAA, state]) + bytes.fromhex("45 00 3E 00 00 3A 00 00 55 00")
    return bytes.fromhex("F4F3F2F1") + len(body).to_bytes(2, "little") + body + b"\xf8\xf7\xf6\xf5"


class MockPresenceRadar(OnItsLine):
    """An LD2410 over somebody or nobody."""

    def __init__(self, link: Path) -> None:
        super().__init__(link)
        self.present = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mock {link.name}")
        self._thread.start()

    def state(self) -> Mapping[str, Any]:
        return {"present": self.present}

    def set(self, values: Mapping[str, Any]) -> None:
        present = values.get("present")
        if set(values) != {"present"} or present not in (True, False):
            raise ValueError(f"a presence radar takes present, true or false; got {dict(values)}")
        self.present = bool(present)

    def _run(self) -> None:
        while not self._stop.wait(1 / HZ):
            self.line.send(ld2410(2 if self.present else 0))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.line.close()


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> Device:
    """A radar in an empty room."""
    if settings["type"] == "presence_radar":
        return MockPresenceRadar(stand.folder / name)
    return SerialDevice(stand.folder / name, "radar", None)
