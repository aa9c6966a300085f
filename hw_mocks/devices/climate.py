"""Sensors of temperature and humidity: files as the kernel shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hw_mocks.devices import Stand

WORDS = {"climate": frozenset({"set", "unplug", "plug"})}


class MockClimate:
    """The folder of one sensor."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self._kind = folder, kind
        self.values: dict[str, float] = {"celsius": 20.0, "percent": 50.0}
        self.plugged = True
        self._write()

    def wired(self) -> Mapping[str, Any]:
        return {"folder": str(self.folder), "chip": ""}

    def connect(self, plugged: bool) -> None:
        self.plugged = plugged
        self._write()

    def state(self) -> Mapping[str, Any]:
        return dict(self.values)

    def set(self, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            if key not in self.values or not isinstance(value, int | float):
                raise ValueError(f"a number for celsius or percent; got {key} = {value!r}")
        self.values.update(values)
        self._write()

    def close(self) -> None:
        """Nothing runs."""

    def _write(self) -> None:
        files = self._files()
        self.folder.mkdir(exist_ok=True)
        for name, text in files.items():
            path = self.folder / name
            if not self.plugged:
                path.unlink(missing_ok=True)
                continue
            fresh = path.with_suffix(".new")
            fresh.write_text(text)
            fresh.replace(path)

    def _files(self) -> dict[str, str]:
        milli = {key: str(round(value * 1000)) for key, value in self.values.items()}
        if self._kind == "hwmon":
            return {"temp1_input": milli["celsius"], "humidity1_input": milli["percent"]}
        if self._kind == "iio":
            return {
                "in_temp_input": milli["celsius"],
                "in_humidityrelative_input": milli["percent"],
            }
        raw = round(self.values["celsius"] * 16).to_bytes(2, "little", signed=True)
        return {"w1_slave": w1_slave(raw + bytes.fromhex("4B 46 7F FF 0E 10"))}


def w1_slave(scratchpad: bytes) -> str:
    """The two lines for eight bytes whose check is right."""
    check = 0
    for byte in scratchpad:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ (0x8C if check & 1 else 0)
    shown = " ".join(f"{byte:02x}" for byte in (*scratchpad, check))
    milli = round(int.from_bytes(scratchpad[:2], "little", signed=True) / 16 * 1000)
    return f"{shown} : crc={check:02x} YES\n{shown} t={milli}\n"


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockClimate:
    """A sensor in a room."""
    return MockClimate(stand.folder / name, settings.get("kind", "one_wire"))
