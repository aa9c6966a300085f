"""Another maker's terminal: posts the signed events that the bench wishes."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drivers.intake.events import signature
from hw_mocks.devices import Stand

WORDS = {"intake_http": frozenset({"set"}), "intake_mqtt": frozenset[str]()}


class MockTerminal:
    """Knows the secret, and posts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._file = folder / "secret"
        self._file.write_text(secrets.token_hex(32))
        self._file.chmod(0o600)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self._last: dict[str, Any] = {"present": False}
        self.plugged = True

    def wired(self) -> Mapping[str, Any]:
        return {"port": self._port, "listen": "127.0.0.1", "secret_file": str(self._file)}

    def connect(self, plugged: bool) -> None:
        self.plugged = plugged

    def state(self) -> Mapping[str, Any]:
        return self._last

    def set(self, values: Mapping[str, Any]) -> None:
        event = {"kind": "presence", **values} if set(values) == {"present"} else dict(values)
        if "kind" not in event:
            raise ValueError(f"it takes present, or an event with its kind; got {dict(values)}")
        self._last = dict(values)
        self.post(event)

    def post(self, event: Mapping[str, Any]) -> None:
        """Tell *event*; nobody hears it while no kiosk listens."""
        message = {"nonce": secrets.token_hex(16), "at": time.time(), "event": event}
        body = json.dumps(message).encode()
        signed = signature(self._file.read_bytes(), body)
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/", body, {"X-Linli-Signature": signed}
        )
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5):
            pass

    def close(self) -> None:
        """Nothing runs."""


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockTerminal | None:
    """A terminal that posts; one behind a broker has no stand-in."""
    return MockTerminal(stand.folder / name) if settings["type"] == "intake_http" else None
