"""An input device that is ours alone: nobody else, the page least of all, sees its keys."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

import msgspec

from agent.contract.driver import DriverUnavailable
from drivers.bus import tap
from drivers.input.events import EVENT, Event, EventParser

log = logging.getLogger(__name__)

InputDevice = Annotated[str, msgspec.Meta(min_length=1, extra={"claims": "input device"})]
"""Path of the keyboard's input device. Prefer /dev/input/by-id/…-event-kbd, or by-path/… where two
are alike."""

_EVIOCGRAB = 0x40044590
_KEY_BYTES = 96
_EVIOCGKEY = 0x80004518 | _KEY_BYTES << 16
"""Ioctl that reads which keys are down, one bit each."""
_REST_S, _RESTS = 0.05, 20
"""A key that is down while its device is grabbed stays down for everybody else: it is waited for,
one second at most."""
_INPUTS = Path("/sys/class/input")


class Bell:
    """Wakes who waits for events; as old as its driver, for `wake` may come at any time."""

    def __init__(self) -> None:
        self.descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def ring(self) -> None:
        """Let `Grabbed.events` return. May be called from any thread."""
        os.eventfd_write(self.descriptor, 1)

    def hush(self) -> None:
        """It has been heard."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.descriptor)

    def __del__(self) -> None:
        os.close(self.descriptor)


class Grabbed:
    """Input nodes of one device, open and grabbed; use it in a ``with``.

    A USB device may have several nodes, and types on each of them: all are grabbed.
    """

    def __init__(self, device: str, bell: Bell, stop: threading.Event) -> None:
        """Open and grab.

        Raises:
            DriverUnavailable: there is no such device, it is another's, or may not be opened.
        """
        self._device = device
        self._bell = bell
        self._nodes: dict[int, EventParser] = {}
        try:
            for node in (Path(device), *_siblings(Path(device))):
                descriptor = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                self._nodes[descriptor] = EventParser()
                _grab(descriptor, stop)
        except OSError as error:
            self.close()
            raise DriverUnavailable(f"{device}: {_REMEDY.get(error.errno or 0, error)}") from error

    def events(self, seconds: float | None) -> list[Event]:
        """What comes first within *seconds*; empty when nothing does, or when the bell rings.

        Raises:
            DriverUnavailable: the device was pulled out.
        """
        ready, _, _ = select.select([self._bell.descriptor, *self._nodes], [], [], seconds)
        if self._bell.descriptor in ready:
            self._bell.hush()
        return [event for node in self._nodes if node in ready for event in self._read(node)]

    def _read(self, node: int) -> Iterator[Event]:
        try:
            data = os.read(node, 64 * EVENT.size)
        except BlockingIOError:
            return
        except OSError as error:
            raise DriverUnavailable(f"{self._device} was pulled out; plug it in again") from error
        if not data:
            raise DriverUnavailable(f"{self._device} was pulled out; plug it in again")
        tap.note(self._device, "<", data)
        yield from self._nodes[node].feed(data)

    def close(self) -> None:
        """Give all back; closing a node also ends its grab."""
        for descriptor in self._nodes:
            os.close(descriptor)
        self._nodes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


_REMEDY = {
    errno.ENOENT: "is not there; plug it in and compare with: ls /dev/input/by-id",
    errno.EACCES: "may not be opened; add the user of the service to the group input",
    errno.EBUSY: "is grabbed by another program or driver; name each device once",
    errno.ENODEV: "was pulled out; plug it in again",
}


def _grab(descriptor: int, stop: threading.Event) -> None:
    try:
        down = bytearray(_KEY_BYTES)
        for _ in range(_RESTS):
            fcntl.ioctl(descriptor, _EVIOCGKEY, down)
            if not any(down) or stop.wait(_REST_S):
                break
        fcntl.ioctl(descriptor, _EVIOCGRAB, 1)
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EINVAL):
            raise
        log.warning("no input device of the kernel: nobody else reads it, and nothing is grabbed")


def _siblings(device: Path) -> Iterator[Path]:
    """The other input nodes of the USB device that *device* belongs to."""
    node = device.resolve().name
    place = (_INPUTS / node).resolve()
    for folder in place.parents if place.exists() else ():
        if (folder / "idVendor").exists():
            names = {one.name for one in folder.rglob("event[0-9]*")} - {node}
            yield from (Path("/dev/input") / name for name in sorted(names))
            return
