"""The kiosk hears: only when it is asked to, only what fits the screen, never itself."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec

from agent.contract import DriverUnavailable, Emit, Heard, Listening, Site
from drivers.hearing import FRAME_S, Sound
from drivers.hearing.capture import Capture, CaptureFailed
from drivers.hearing.window import Stage, Surroundings, Window

if TYPE_CHECKING:
    from drivers.hearing.recogniser import Hearing, Recogniser

_log = logging.getLogger(__name__)

_IDLE = 0.25
"""Seconds between looks at *stop*, should no sound come."""
_PRE_ROLL_S = 0.4
"""Of the sound before an utterance was noticed: its soft beginning is in there."""
_ECHO_S = 0.2
"""Seconds for which the room still sounds after the kiosk has spoken."""
_SPEECH_S = 60.0
"""No speech takes longer: a loudspeaker that broke in the middle must not leave us deaf."""
_NOISE_S = 0.25
"""What is no word and no longer than this was a cough or a door, and is not worth a question."""

_Ended = Literal["utterance", "silence", "cancelled", "speaking", "unable"]


class MicrophoneSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the driver `microphone` may say in kiosk.toml."""

    device: str = ""
    """ALSA name of the microphone (`arecord -L` lists them; one that begins with plughw can
    always be used); empty: the system's default."""
    headset: str = ""
    """ALSA name of the headset's microphone; empty: there is none."""
    model: str = "vosk-model-small-cn-0.22"
    """The folder in the models folder that understands the language."""
    language: str = "zh-CN"
    """The language of that model."""
    recorder: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = (
        "arecord", "-q", "-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1", "-F", "20000",
        "-B", "500000",
    )  # fmt: skip
    """Program that writes 16 kHz 16-bit mono samples to its output; `-D device` is added."""


class _Listen(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="listen"
):
    phrases: tuple[str, ...]
    patience_s: Annotated[float, msgspec.Meta(ge=0.2, le=5)] = 1.2
    longest_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 8.0
    language: str = "zh-CN"


class _Cancel(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="cancel"
):
    pass


class _Speaking(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="speaking"
):
    on: bool


class _Headset(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="headset"
):
    plugged: bool


class _Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="check"):
    phrases: tuple[str, ...]
    language: str = "zh-CN"


_Order = _Listen | _Cancel | _Speaking | _Headset | _Check


class Microphone:
    """Owns the microphone; one thread captures, judges and recognises.

    Commands: ``listen`` (phrases, patience_s, longest_s, language) for one utterance,
    ``cancel``, ``speaking`` (on: the kiosk speaks), ``headset`` (plugged), ``check`` (phrases
    that will be listened for: reports those that the model cannot understand).

    Sound is read all the time, to know the noise and to notice a lost microphone, and
    forgotten at once; only a listening keeps it, in memory, until its result.
    """

    isolated: ClassVar[bool] = True

    def __init__(self, name: str, settings: MicrophoneSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._folder = site.models / settings.model
        self._on_headset = False
        self._speaking_until = 0.0
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def command(self, action: Mapping[str, Any]) -> None:
        try:
            order = msgspec.convert(dict(action), _Order)
        except msgspec.ValidationError as error:
            _log.error("no such command microphone=%s action=%r error=%s", self.name, action, error)
            return
        self._orders.put(order)
        os.eventfd_write(self._wake, 1)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        settings = self._settings
        fetch = f"fetch it with: linli models fetch {settings.model}"
        if not self._folder.is_dir():
            raise DriverUnavailable(f"{self._folder} is not there; {fetch}")
        try:
            # The microphone first: without one there is no use in loading the model.
            with Capture(self._recorder()):
                pass
            from drivers.hearing.recogniser import ModelFailed, Recogniser

            ear = _Ear(self.name, settings.language, Recogniser(self._folder), emit)
            while not stop.is_set():
                self._hear(ear, stop)
        except ModelFailed as error:
            raise DriverUnavailable(f"{self._folder} is damaged; delete it, then {fetch}") from error
        except CaptureFailed as error:
            raise DriverUnavailable(
                f"{settings.recorder[0]}: {error}; check the microphone (arecord -l) and the keys "
                f"recorder, device and headset of {self.name!r}"
            ) from error
        finally:
            # What was asked of a microphone that is gone is not listened for later.
            self._obey(None)
