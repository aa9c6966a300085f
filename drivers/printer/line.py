"""The way to a printer: a serial port, or the node of a USB printer."""

from __future__ import annotations

import contextlib
import os
import select
from types import TracebackType
from typing import Protocol, Self

from agent.contract.driver import DriverUnavailable
from drivers.bus import tap
from drivers.bus.serial_line import SerialLine

WRITE_S = 1.0
"""How long a USB printer may take nothing."""


_FLOOD = 64
"""Reads after which a node that never ceases to send is left to itself."""


class Line(Protocol):
    """What both ways have in common; see `SerialLine`."""

    def take(self, seconds: float) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def opened(port: str, baud: int) -> Line:
    """The printer at *port*: by *baud* where it is a serial port.

    Raises:
        DriverUnavailable: it is missing, not ours to open, or in use.
    """
    with contextlib.suppress(OSError):  # a serial port says better what is wrong
        node = os.open(port, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        if not os.isatty(node):
            return UsbLine(port, node)
        os.close(node)
    return SerialLine(port, baud)


class UsbLine:
    """An open node such as /dev/usb/lp0; many of them can only be written to."""

    def __init__(self, port: str, node: int) -> None:
        self._port = port
        self._node = node

    def take(self, seconds: float) -> bytes:
        """What comes first within *seconds*; empty when nothing does."""
        if not select.select([self._node], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self._node, 4096)
        except OSError:  # nothing after all, or a node that cannot be read
            return b""
        tap.note(self._port, "<", data)
        return data

    def write(self, data: bytes) -> None:
        """Put *data* on the wire.

        Raises:
            DriverUnavailable: the printer was pulled out, or takes nothing.
        """
        left = memoryview(data)
        while left:
            if not select.select([], [self._node], [], WRITE_S)[1]:
                raise DriverUnavailable(
                    f"{self._port} takes nothing; look at the printer's paper, cover and lamps"
                )
            try:
                left = left[os.write(self._node, left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise DriverUnavailable(
                    f"{self._port} was lost while writing ({error}); check the plug and the cable"
                ) from error
        tap.note(self._port, ">", data)

    def flush(self) -> None:
        """Forget what has come and was not read."""
        for _ in range(_FLOOD):
            if not self.take(0):
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._node)
