"""Bin sensors on LoRaWAN: their network server's messages, on a broker of our own."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hw_mocks.broker import MOSQUITTO, MockBroker
from hw_mocks.devices import Stand

WORDS = {"lorawan": frozenset({"distance", "set", "plug", "unplug"})}
EVERY_S = 2.0
"""A real one sends a few times a day."""


class MockLorawan:
    """A Milesight EM400 behind ChirpStack, or a Dragino LDDS."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], mm: int) -> None:
        self.broker = MockBroker(folder)
        self._eui = str(settings["eui"]).lower()
        self._model = str(settings["model"])
        self._values: dict[str, Any] = {"mm": mm, "battery": 92, "tilted": False}
        self._where: tuple[float, float] | None = None
        self._counter = 0
        self.plugged = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mock {folder.name}")
        self._thread.start()

    @property
    def mm(self) -> int | None:
        """What it measures; None when no echo comes back."""
        found: int | None = self._values["mm"]
        return found

    def wired(self) -> Mapping[str, Any]:
        return {"broker": self.broker.url, "network": "chirpstack", "topic": ""}

    def connect(self, plugged: bool) -> None:
        self.plugged = plugged

    def state(self) -> Mapping[str, Any]:
        return dict(self._values)

    def set(self, values: Mapping[str, Any]) -> None:
        if {"latitude", "longitude"} & set(values):
            values = dict(values)
            latitude, longitude = values.pop("latitude", None), values.pop("longitude", None)
            if not isinstance(latitude, float) or not isinstance(longitude, float):
                raise ValueError("give both latitude and longitude, in degrees: 31.2201, 121.3702")
            self._where = latitude, longitude
        for key, value in values.items():
            nothing = key == "mm" and value in (None, "none")
            if key not in self._values or not (nothing or isinstance(value, int | float)):
                raise ValueError(
                    f"it takes mm, battery, tilted, latitude and longitude; got {key} = {value!r}"
                )
        self._values.update({k: None if v == "none" else v for k, v in values.items()})
        self.send()

    def measure(self, mm: int | None) -> None:
        """Measure this from now on."""
        self.set({"mm": mm})

    def send(self) -> None:
        """One uplink, now."""
        self._counter += 1
        message = {
            "deviceInfo": {"devEui": self._eui},
            "fCnt": self._counter,
            "fPort": 2 if "dds" in self._model else 85,
            "data": base64.b64encode(self._payload()).decode(),
            "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -87, "snr": 9.5}],
        }
        topic = f"application/1/device/{self._eui}/event/up"
        with contextlib.suppress(OSError):
            self.broker.publish(topic, json.dumps(message).encode())
            if self._where is not None:
                self._locate(*self._where)

    def _locate(self, latitude: float, longitude: float) -> None:
        """Where the network has found it."""
        message = {
            "deduplicationId": f"position-{self._counter}",
            "deviceInfo": {"devEui": self._eui},
            "location": {
                "latitude": latitude,
                "longitude": longitude,
                "source": "GEO_RESOLVER_GNSS",
                "accuracy": 20,
            },
        }
        topic = f"application/1/device/{self._eui}/event/location"
        self.broker.publish(topic, json.dumps(message).encode())

    def _payload(self) -> bytes:
        mm, battery = self._values["mm"], int(self._values["battery"])
        if "dds" in self._model:
            return b"\x0d\x3b" + int(mm or 0).to_bytes(2, "big") + b"\0\0\0\1"
        told = (0xFFFD if mm is None else int(mm)).to_bytes(2, "little")
        distance, tilt = (b"\x04", b"\x05") if self._model == "em400" else (b"\x03", b"\x04")
        position = (
            b"" if self._model == "em500" else tilt + bytes([0, bool(self._values["tilted"])])
        )
        return bytes([1, 0x75, battery]) + distance + b"\x82" + told + position

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            if self.plugged:
                self.send()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.broker.close()


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockLorawan | None:
    """The sensor on its bin; None without mosquitto."""
    return None if MOSQUITTO is None else MockLorawan(stand.folder / name, settings, stand.sees)
