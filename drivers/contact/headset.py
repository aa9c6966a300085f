"""Whether a headset is plugged in: a jack that the sound card watches, or a USB headset."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import select
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.signals import Contact

_log = logging.getLogger(__name__)

_CARDS = Path("/proc/asound")
"""Has a link of its ALSA name for each card that is there."""
_LOOK_S = 0.1
"""Seconds between looks for the card: the speech follows within 0.3 s."""
_IDLE_S = 5.0
_EVENT = struct.Struct("llHHi")
"""`struct input_event` of <linux/input.h>: time, type, code, value."""
_EV_SW, _SYN_DROPPED = 5, 3
_SWITCHES = (0x02, 0x04, 0x07)
"""SW_HEADPHONE_INSERT, SW_MICROPHONE_INSERT, SW_JACK_PHYSICAL_INSERT."""
_EVIOCGSW = 0x8002451B
"""Ioctl that reads the state of all switches, here into two bytes."""


class HeadsetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A headset's jack, a USB headset, or both."""

    jack: str = ""
    """Input device of the sound card's jack, such as
    ``/dev/input/by-path/platform-soc_sound-event``; empty: none."""
    card: str = ""
    """ALSA name of the USB headset while it is plugged in (`cat /proc/asound/cards`, the word in
    brackets); empty: none."""

    def __post_init__(self) -> None:
        if not self.jack and not self.card:
            raise ValueError("a headset has a jack or a card; give one of them")
        if self.card and ("/" in self.card or self.card.startswith(".")):
            raise ValueError(
                f"card = '{self.card}' is no name of a card; give the word in brackets"
            )


class HeadsetContact:
    """Emits `Contact`, closed while a headset is plugged in: at the start and at each change."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Contact,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: HeadsetSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def wake(self) -> None:
        """See `Wakeful`."""
        os.eventfd_write(self._woken, 1)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Watch until *stop* is set.

        Raises:
            DriverUnavailable: there is no such input device, or it is gone.
        """
        told: bool | None = None
        with self._opened() as jack:
            inside = _inserted(jack) if jack is not None else set()
            while not stop.is_set():
                card = bool(self._settings.card) and (_CARDS / self._settings.card).exists()
                plugged = card or bool(inside)
                if plugged != told:
                    told = plugged
                    emit(Contact(source=self.name, closed=plugged))
                descriptors = [self._woken] if jack is None else [self._woken, jack]
                ready, _, _ = select.select(
                    descriptors, [], [], _LOOK_S if self._settings.card else _IDLE_S
                )
                if self._woken in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.eventfd_read(self._woken)
                if jack is not None and jack in ready:
                    inside = self._events(jack, inside)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int | None]:
        if not self._settings.jack:
            yield None
            return
        try:
            jack = os.open(self._settings.jack, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise DriverUnavailable(
                f"{self._settings.jack}: {error.strerror}; name the input device of the sound "
                "card's jack (ls -l /dev/input/by-path), and add the user to the group input"
            ) from error
        try:
            yield jack
        finally:
            os.close(jack)

    def _events(self, jack: int, inside: set[int]) -> set[int]:
        """What is plugged in after the events that came."""
        try:
            came = os.read(jack, 64 * _EVENT.size)
        except BlockingIOError:
            return inside
        except OSError as error:
            raise DriverUnavailable(f"{self._settings.jack} is gone: {error.strerror}") from error
        if not came:
            raise DriverUnavailable(f"{self._settings.jack} is gone")
        for _, _, kind, code, value in _EVENT.iter_unpack(
            came[: len(came) // _EVENT.size * _EVENT.size]
        ):
            if kind == 0 and code == _SYN_DROPPED:
                return _inserted(jack)
            if kind == _EV_SW and code in _SWITCHES:
                inside = inside | {code} if value else inside - {code}
        return inside


def _inserted(jack: int) -> set[int]:
    """Which of the switches are closed now."""
    state = bytearray(2)
    try:
        fcntl.ioctl(jack, _EVIOCGSW, state)
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EINVAL):
            raise DriverUnavailable(f"the jack cannot be read: {error.strerror}") from error
        _log.warning("no switches to read; waiting for the first event")
    bits = int.from_bytes(state, "little")
    return {code for code in _SWITCHES if bits >> code & 1}
