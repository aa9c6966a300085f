"""The kiosk hears: only when it is asked to, only what fits the screen, never itself."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import select
import threading
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.orders import Cancel, CheckPhrases, Headset, Listen, Order, Speaking
from agent.contract.signals import DeviceBack, Heard, Listening
from drivers.hearing.capture import Capture, CaptureFailed

if TYPE_CHECKING:
    from drivers.hearing.ear import Ear

_log = logging.getLogger(__name__)

MODELS = ("vosk-model-small-cn-0.22", "whisper-base")
"""For Mandarin, the better one on a card first."""
_IDLE = 0.25
"""Seconds between looks at *stop*, should no sound come."""
_DOZE = 0.1
"""Seconds for which sound may wait while nobody is asked anything."""
_SPEECH_S = 60.0
"""No speech takes longer: a loudspeaker that broke in the middle must not leave us deaf."""


class MicrophoneSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the driver `microphone` may say in kiosk.toml."""

    device: str = ""
    """ALSA name of the microphone (`arecord -L` lists them; one that begins with plughw can
    always be used); empty: the system's default."""
    headset: str = ""
    """ALSA name of the headset's microphone; empty: there is none."""
    model: str = ""
    """The folder in the models folder that understands the language: a vosk model, or
    ``whisper-base``. Empty, or ``vosk-model-small-cn-0.22``: that, or, where it is not there,
    ``whisper-base``."""
    language: str = "zh-CN"
    """The language of that model."""
    recorder: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = (
        "arecord", "-q", "-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1", "-F", "20000",
        "-B", "500000",
    )  # fmt: skip
    """Program that writes 16 kHz 16-bit mono samples to its output; `-D device` is added."""


class Microphone:
    """Owns the microphone; one thread captures, judges and recognises.

    Sound is read all the time, to know the noise and to notice a lost microphone, and
    forgotten at once; only a listening keeps it, in memory, until its result.
    """

    isolated: ClassVar[bool] = True
    sole: ClassVar[bool] = True
    uses: ClassVar[tuple[str, ...]] = ("/dev/snd",)
    emits: ClassVar[Emits] = (Heard, Listening, DeviceBack)
    accepts: ClassVar[Accepts] = (Listen, Cancel, Speaking, Headset, CheckPhrases)

    def __init__(self, name: str, settings: MicrophoneSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        # Every kiosk.toml of old names vosk's model; without it the other engine does as well.
        named = settings.model not in ("", MODELS[0])
        names = (settings.model,) if named else MODELS
        there = (name for name in names if (site.models / name).is_dir())
        self._model = next(there, names[0])
        self._folder = site.models / self._model
        self._clock = site.clock
        self._on_headset = False
        self._speaking_until = 0.0
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def command(self, order: Order) -> None:
        self._orders.put(order)
        os.eventfd_write(self._wake, 1)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        settings = self._settings
        if not self._folder.is_dir():
            raise DriverUnavailable(f"{self._folder} is not there; {self._fetch}")
        ear: Ear | None = None
        try:
            while not stop.is_set():
                with Capture(self._recorder()) as capture:
                    # The microphone first: without one there is no use in loading the model.
                    while not stop.is_set() and not (any(capture.frames(_IDLE)) and capture.alive):
                        pass
                    if stop.is_set():
                        return
                    if ear is None:
                        ear = self._ear(emit)
                        emit(DeviceBack(source=self.name))  # loading takes long, on a card
                    self._attend(capture, ear, stop)
        except CaptureFailed as error:
            raise DriverUnavailable(
                f"{settings.recorder[0]}: {error}; check the microphone (arecord -l) and the keys "
                f"recorder, device and headset of {self.name!r}"
            ) from error
        finally:
            if ear is not None:
                ear.cancel()
            # An answer that nobody could hear is not waited for later.
            self._obey(None, None)

    def _ear(self, emit: Emit) -> Ear:
        from drivers.hearing.ear import Ear
        from drivers.hearing.engines import load
        from drivers.hearing.recogniser import EngineMissing, ModelFailed

        try:
            recogniser = load(self._folder)
        except ModelFailed as error:
            raise DriverUnavailable(
                f"{self._folder} is damaged; delete it, then {self._fetch} ({error})"
            ) from error
        except EngineMissing as error:
            raise DriverUnavailable(str(error)) from error
        return Ear(
            recogniser, lambda signal: emit(msgspec.structs.replace(signal, source=self.name))
        )

    def _attend(self, capture: Capture, ear: Ear, stop: threading.Event) -> None:
        """Listen until *stop* is set or the other microphone is to be used."""
        recorder = self._recorder()
        while not stop.is_set():
            self._mute(ear, capture)
            self._obey(ear, capture)
            if recorder != self._recorder():
                return
            if not ear.asked:
                select.select([self._wake], [], [], _DOZE)
            for frame in capture.frames(_IDLE, self._wake):
                ear.take(frame)

    def _mute(self, ear: Ear, capture: Capture) -> None:
        """Let the kiosk not hear itself; in a headset's microphone it cannot."""
        deaf = self._clock.boot() < self._speaking_until and not self._on_headset
        if ear.deaf != deaf:
            if ear.deaf:
                capture.discard()  # what waits is the kiosk's own voice
            ear.deafen(deaf)

    def _obey(self, ear: Ear | None, capture: Capture | None) -> None:
        """Carry out the orders that came; without an *ear*, those that are still meaningful."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        while not self._orders.empty():
            match self._orders.get_nowait():
                case Speaking(on):
                    self._speaking_until = self._clock.boot() + _SPEECH_S if on else 0.0
                case Headset(plugged):
                    self._on_headset = plugged
                case (Listen() | Cancel() | CheckPhrases()) as order if ear is not None:
                    self._ask(order, ear)
            if ear is not None and capture is not None:
                self._mute(ear, capture)

    def _ask(self, order: Listen | Cancel | CheckPhrases, ear: Ear) -> None:
        known = isinstance(order, Cancel) or order.language == self._settings.language
        if not known:
            _log.warning("no model for this language microphone=%s order=%s", self.name, order)
        match order:
            case Cancel():
                ear.cancel()
            case Listen(phrases, patience_s, longest_s):
                ear.ask(phrases if known else (), patience_s, longest_s)
            case CheckPhrases(phrases) if known:
                ear.check(phrases)

    @property
    def _fetch(self) -> str:
        other = "" if self._settings.model else f", or {MODELS[1]}"
        return f"fetch it with: linli models fetch {self._model}{other}"

    def _recorder(self) -> list[str]:
        """The recorder's command line."""
        settings = self._settings
        private = self._on_headset and settings.headset
        device = settings.headset if private else settings.device
        return [*settings.recorder, *(("-D", device) if device else ())]
