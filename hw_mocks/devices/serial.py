"""What stand-ins on a serial line, or on a bus, have in common."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hw_mocks.bus import MockBus
from hw_mocks.serial_lines import MockSerialLine, UltrasonicStream
from hw_mocks.serial_lines import Protocol as Sends

PAUSE_S = 2.0
"""After bytes from the bench a sensor's own readings pause for so long: less than the driver's
patience with a silent line."""


class OnItsLine:
    """A device that has a serial line for itself."""

    def __init__(self, link: Path) -> None:
        self.line = MockSerialLine(link)

    @property
    def plugged(self) -> bool:
        return self.line.plugged

    def wired(self) -> Mapping[str, Any]:
        return {"port": str(self.line.link)}

    def connect(self, plugged: bool) -> None:
        if plugged:
            self.line.plug()
        else:
            self.line.unplug()


class SerialDevice(OnItsLine):
    """Sends its frames on a pseudo-terminal, ten times a second."""

    def __init__(self, link: Path, sends: Sends, mm: int | None) -> None:
        super().__init__(link)
        self._stream = UltrasonicStream(self.line, sends, mm)
        self._pause: threading.Timer | None = None

    @property
    def mm(self) -> int | None:
        """What it measures; None when no echo comes back."""
        return self._stream.mm

    def state(self) -> Mapping[str, Any]:
        return {}

    def set(self, values: Mapping[str, Any]) -> None:
        raise ValueError(f"it has no value that can be set, got {', '.join(values)}")

    def send(self, data: bytes) -> None:
        """Put *data* on the wire in place of readings."""
        if self._pause is not None:
            self._pause.cancel()
        self._stream.fault = "silent"
        self.line.send(data)
        self._pause = threading.Timer(PAUSE_S, self.resume)
        self._pause.daemon = True
        self._pause.start()

    def resume(self) -> None:
        """Send readings again."""
        self._stream.fault = ""

    def measure(self, mm: int | None) -> None:
        """Measure this from now on."""
        self._stream.mm = mm
        self.resume()

    def close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._stream.close()
        self.line.close()


class BusDevice:
    """A device on a bus with values that the bench can change."""

    def __init__(self, bus: MockBus, name: str, values: dict[str, Any]) -> None:
        self.values = values
        self._bus, self._name = bus, name
        self.connect(True)

    @property
    def plugged(self) -> bool:
        return self._bus.has(self._name)

    def wired(self) -> Mapping[str, Any]:
        return {}

    def connect(self, plugged: bool) -> None:
        if plugged:
            self._bus.attach(self._name, self.answer)
        else:
            self._bus.detach(self._name)

    def state(self) -> Mapping[str, Any]:
        return dict(self.values)

    def set(self, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            if key not in self.values or not isinstance(value, int | float):
                known = ", ".join(self.values)
                raise ValueError(f"a number for one of {known}; got {key} = {value!r}")
        self.values.update(values)

    def close(self) -> None:
        self.connect(False)

    def answer(self, request: bytes) -> bytes | None:
        """What it says to *request*; None when that is for another."""
        raise NotImplementedError
