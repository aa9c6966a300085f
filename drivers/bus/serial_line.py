"""An open serial port, with its failures in words that a technician can act on."""

from __future__ import annotations

import contextlib
import errno
import select
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Literal, Self, TypeVar

from agent.contract.clock import Silence
from agent.contract.driver import DriverUnavailable
from drivers.bus import socket, tap

Parity = Literal["none", "even", "odd"]

READ_BYTES = 4096
"""At most this much is taken at once; a serial port in Linux holds no more."""
REST_S = 0.25
"""Pause between two reads: what a sensor sends meanwhile waits in the kernel, and waking for each
of its bytes would be most of what an idle kiosk does."""
WRITE_S = 1.0
"""How long one write may take."""

_REMEDIES = {
    errno.ENOENT: "is not there; check the USB cable and compare with ls /dev/serial/by-id",
    errno.EACCES: "may not be opened; add the user of the service to the group dialout",
    errno.EAGAIN: "is in use by another program or driver; give each sensor its own port",
    errno.EBUSY: "is in use by another program or driver; give each sensor its own port",
}

T = TypeVar("T")


def decoded(
    read: Callable[[], bytes],
    feed: Callable[[bytes], Sequence[T]],
    silence: Silence,
    complaint: Callable[[int], str],
    stop: threading.Event,
) -> Iterator[Sequence[T]]:
    """What *feed* makes of each look at a line, also when that is nothing, until *stop* is set.

    Raises:
        DriverUnavailable: nothing was made of all that came in a whole *silence*; the text is
            *complaint* of so many bytes.
    """
    strays = 0
    while not stop.is_set():
        data = read()
        found = feed(data)
        if found:
            silence.heard()
            strays = 0
        else:
            strays += len(data)
            if silence.over:
                raise DriverUnavailable(complaint(strays))
        yield found


class SerialLine:
    """An open port, 8 data bits, 1 stop bit, ours alone. Close it, or use it in a ``with``.

    Raises:
        DriverUnavailable: the port is missing, not ours to open, in use or not a serial port.
    """

    def __init__(self, port: str, baud: int, parity: Parity = "none") -> None:
        import termios

        import serial

        # termios.error is no OSError: it comes when the device goes while it is being opened
        self._failures = (serial.SerialException, OSError, termios.error)
        self._port = port
        try:
            self._serial = serial.Serial(
                port,
                baud,
                parity=parity[0].upper(),
                timeout=0,
                write_timeout=WRITE_S,
                exclusive=True,
            )
        except self._failures as error:
            remedy = _REMEDIES.get(
                getattr(error, "errno", None) or 0,
                f"cannot be opened as a serial port ({error}); check `port` in kiosk.toml",
            )
            raise DriverUnavailable(f"{port} {remedy}") from error
        socket.noted(port)

    def read(self, stop: threading.Event, rest_s: float = REST_S) -> bytes:
        """What has come within *rest_s* seconds, at most `READ_BYTES`; empty when nothing has.

        Raises:
            DriverUnavailable: the device was pulled out.
        """
        stop.wait(rest_s)
        with self._told("reading"):
            data: bytes = self._serial.read(READ_BYTES)
        tap.note(self._port, "<", data)
        return data

    def take(self, seconds: float) -> bytes:
        """What comes first within *seconds*, at most `READ_BYTES`; empty when nothing has.

        Raises:
            DriverUnavailable: the device was pulled out.
        """
        with self._told("reading"):
            # Not by another `timeout`: each one sets the port up anew
            if not select.select([self._serial.fileno()], [], [], seconds)[0]:
                return b""
            data: bytes = self._serial.read(max(1, min(self._serial.in_waiting, READ_BYTES)))
        tap.note(self._port, "<", data)
        return data

    def write(self, data: bytes) -> None:
        """Put *data* on the wire.

        Raises:
            DriverUnavailable: the device was pulled out, or takes nothing.
        """
        with self._told("writing"):
            self._serial.write(data)
        tap.note(self._port, ">", data)

    def flush(self) -> None:
        """Forget what has come and was not read.

        Raises:
            DriverUnavailable: the device was pulled out.
        """
        with self._told("reading"):
            self._serial.reset_input_buffer()

    def close(self) -> None:
        """Give the port back."""
        self._serial.close()

    @contextlib.contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise DriverUnavailable(
                f"{self._port} was lost while {doing} ({error}); check the plug and the cable"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._serial.close()
