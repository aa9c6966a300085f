"""An operator's MQTT broker: a mosquitto of our own on the loopback address."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from paho.mqtt.publish import single

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
"""The program, from Debian's package mosquitto; None where that is not installed."""
START_S = 10.0


class MockBroker:
    """Runs until it is closed; may be stopped and started again. *rules* of mosquitto.conf."""

    def __init__(self, folder: Path, *rules: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        # A broker started by root becomes another user, who may not read our folder
        lines = ["user root", f"listener {self.port} 127.0.0.1"]
        self._file = folder / "mosquitto.conf"
        self._file.write_text("\n".join([*lines, *(rules or ("allow_anonymous true",))]) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Its address as kiosk.toml has it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert MOSQUITTO is not None, "apt-get install mosquitto"
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._file)], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_S
        while not self._listens():
            assert time.monotonic() < deadline, "mosquitto does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(5)
            self._process = None

    close = stop

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Send one message to whoever listens."""
        single(topic, payload, hostname="127.0.0.1", port=self.port, retain=retain)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
