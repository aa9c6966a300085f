"""The kiosk speaks: alarm before answer before information, never two at once."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import select
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.orders import Headset, Order, Prepare, Speak, StopSpeaking, Volume
from agent.contract.signals import DeviceBack, Spoken
from drivers.voice import Unspeakable
from drivers.voice.player import PlayerFailed, Playing
from drivers.voice.turns import ALARM, Turns, Utterance

if TYPE_CHECKING:
    from drivers.voice.repertoire import Repertoire
    from drivers.voice.sound import Sound

_log = logging.getLogger(__name__)

_IDLE = 2.0
"""Seconds between looks at *stop*, should nobody wake us."""
_PLAYER_GRACE = 5.0
"""Seconds that a player may take beyond the length of the sound."""
_QUIETEST_DB = -30.0
_TOGETHER_S = 20.0
"""Seconds of sound that are rendered before the first of them sounds, at most."""
_BUSY_S = {0: 2.0, 1: 2.0, 2: 15.0}
"""Seconds for which a sound card that another program has is asked again, by urgency."""
_AGAIN_S = 0.1
"""Seconds between two such attempts."""


class SpeakerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `[speaker]` may say in kiosk.toml."""

    device: str = ""
    """ALSA name of the loudspeaker (`aplay -L` lists them); empty: the system's default."""
    headset: str = ""
    """ALSA name of the headset; empty: there is none, all speech is on the loudspeaker."""
    volume_db: Annotated[float, msgspec.Meta(ge=_QUIETEST_DB, le=0)] = -6.0
    """Volume for each new resident, in dB below full."""
    step_db: Annotated[float, msgspec.Meta(ge=1, le=10)] = 6.0
    """How much one press of "louder" or "softer" changes it."""
    ceiling_db: Annotated[float, msgspec.Meta(ge=_QUIETEST_DB, le=0)] = 0.0
    """Never louder than this, for the neighbours' sleep."""
    rate: Annotated[float, msgspec.Meta(ge=0.6, le=1.6)] = 1.0
    """Pace: 0.6 slow, 1.0 three to four syllables a second, 1.6 fast. The pitch stays."""
    recordings: str = ""
    """Folder of phrases spoken by a person, each file named by its words: 车到了，请上车。.wav"""
    rendered: str = ""
    """Folder of sentences that `linli voice render` has rendered ahead; empty: rendered in the
    cache's folder."""
    cache_mb: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 64
    """Room on disk for fixed phrases that were rendered ahead."""
    player: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("aplay", "-q")
    """Program that plays a WAV file; `-D device` and the file are added."""

    def __post_init__(self) -> None:
        if self.volume_db > self.ceiling_db:
            raise ValueError(
                f"volume_db {self.volume_db} is above ceiling_db {self.ceiling_db}; lower it"
            )


class _Arrived(NamedTuple):
    """An order, and when it came (boot-time clock, seconds)."""

    order: Order
    at: float


class Speaker:
    """Owns the loudspeaker (and headset); one thread renders, plays and stops.

    Emits `Spoken` when an utterance begins and ends, `DeviceBack` when the player has played.
    """

    isolated: ClassVar[bool] = True
    sole: ClassVar[bool] = True
    uses: ClassVar[tuple[str, ...]] = ("/dev/snd",)
    emits: ClassVar[Emits] = (Spoken, DeviceBack)
    accepts: ClassVar[Accepts] = (Speak, StopSpeaking, Volume, Headset, Prepare)

    def __init__(self, name: str, settings: SpeakerSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._rendered = Path(settings.rendered or site.cache / "rendered")
        self._volume_db = settings.volume_db
        self._on_headset = False
        self._turns = Turns()
        self._fixed: deque[tuple[str, str]] = deque()
        self._preparing: Iterator[None] | None = None
        self._orders: queue.SimpleQueue[_Arrived] = queue.SimpleQueue()
        self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def command(self, order: Order) -> None:
        self._orders.put(_Arrived(order, self._site.clock.boot()))
        self.wake()

    def wake(self) -> None:
        """See `Wakeful`."""
        os.eventfd_write(self._woken, 1)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        from drivers.voice.cache import PhraseCache
        from drivers.voice.repertoire import NoVoice, Repertoire, open_voices

        settings = self._settings
        try:
            voices = open_voices(settings.recordings, self._rendered)
        except NoVoice as error:
            raise DriverUnavailable(f"no voice: {error}") from error
        cache = PhraseCache(self._site.cache / "speech", settings.cache_mb << 20)
        repertoire = Repertoire(voices, cache, settings.rate)
        try:
            self._try_player(stop)
            emit(DeviceBack(source=self.name))
            while not stop.is_set():
                self._obey()
                if utterance := self._turns.take(self._site.clock.boot()):
                    self._speak(utterance, repertoire, emit, stop)
                    self._turns.ended()
                elif self._fixed or self._preparing:
                    self._prepare(repertoire)
                else:
                    select.select([self._woken], [], [], _IDLE)
        except PlayerFailed as error:
            raise DriverUnavailable(
                f"{settings.player[0]}: {error}; check the sound card (aplay -l) and the keys "
                f"player, device and headset of {self.name!r}"
            ) from error
        finally:
            # Speech that had to wait for a repair would only confuse.
            self._obey()
            self._turns = Turns()

    def _obey(self) -> bool:
        """Carry out the orders that came; true when what sounds now must cease."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._woken)
        cease = False
        while not self._orders.empty():
            order, asked = self._orders.get_nowait()
            match order:
                case Speak(text, language, urgency, rate, id):
                    cease |= self._turns.add(Utterance(text, language, urgency, asked, rate, id))
                case StopSpeaking():
                    self._turns.silence()
                    cease = True
                case Volume(reset=True):
                    self._volume_db = self._settings.volume_db
                case Volume(step=step):
                    wanted = self._volume_db + step * self._settings.step_db
                    self._volume_db = max(_QUIETEST_DB, min(wanted, self._settings.ceiling_db))
                case Headset(plugged):
                    # Private words must not go on where everybody hears them.
                    cease |= plugged != self._on_headset
                    self._on_headset = plugged
                case Prepare(phrases, language):
                    # Some voices are loaded with their first sentence: nobody is to wait for it.
                    self._fixed.extendleft((text, language) for text in phrases[:1])
                    self._fixed.extend((text, language) for text in phrases[1:])
        return cease

    def _speak(
        self, utterance: Utterance, repertoire: Repertoire, emit: Emit, stop: threading.Event
    ) -> None:
        """Render and play, some seconds at a time; who interrupts waits for one part at most."""
        text, id = utterance.text, utterance.id
        sounds = repertoire.sounds(text, utterance.language, utterance.rate)
        began = finished = False
        ready: list[Sound] = []
        try:
            while True:
                sound = next(sounds, None)
                if self._obey():
                    break
                ready += [sound] if sound else []
                if sound and sum(one.seconds for one in ready) < _TOGETHER_S:
                    continue
                if ready:
                    played = self._play(ready, utterance, emit, stop, not began)
                    began, ready = True, []
                    if not played:
                        break
                if sound is None:
                    finished = True
                    break
        except Unspeakable as error:
            _log.error("not spoken speaker=%s text=%r reason=%s", self.name, text[:200], error)
        except PlayerFailed:
            emit(Spoken(source=self.name, text=text, state="stopped", utterance=id))
            raise
        if began or finished:
            state: Literal["finished", "stopped"] = "finished" if finished else "stopped"
            emit(Spoken(source=self.name, text=text, state=state, utterance=id))

    def _play(
        self,
        sounds: list[Sound],
        utterance: Utterance,
        emit: Emit,
        stop: threading.Event,
        first: bool,
    ) -> bool:
        """Let it sound to its end; false when it was silenced before.

        A sound card that is busy is asked again: what is urgent is not lost to a moment.
        """
        from drivers.voice.sound import gained, joined, to_wav

        sound = joined(sounds)
        wav = to_wav(gained(sound, self._gain_db(utterance.urgency)), utterance.text)
        give_up = time.monotonic() + _BUSY_S[utterance.urgency]
        while True:
            try:
                with Playing(self._player(utterance.urgency), wav) as playing:
                    if first:
                        emit(
                            Spoken(
                                source=self.name,
                                text=utterance.text,
                                state="began",
                                utterance=utterance.id,
                            )
                        )
                        first = False
                    return self._attend(playing, sound.seconds + _PLAYER_GRACE, stop)
            except PlayerFailed as error:
                if not error.busy or time.monotonic() > give_up or stop.is_set():
                    raise
                _log.warning("sound card busy speaker=%s text=%r", self.name, utterance.text[:40])
            select.select([self._woken], [], [], _AGAIN_S)
            if self._obey():
                return False

    def _attend(self, playing: Playing, at_most: float, stop: threading.Event) -> bool:
        """Stay with the player to its end; false when it was silenced before."""
        give_up = time.monotonic() + at_most  # sound takes its own time, whatever the clock does
        while not playing.wait(_IDLE, self._woken):
            if self._obey() or stop.is_set():
                playing.stop()
                return False
            if time.monotonic() > give_up:
                raise PlayerFailed(f"it did not end within {at_most:.0f} s")
        return True

    def _prepare(self, repertoire: Repertoire) -> None:
        """Render one part of what is to be rendered ahead."""
        if self._preparing is None:
            text, language = self._fixed.popleft()
            self._preparing = repertoire.prepare(text, language)
        try:
            if next(self._preparing, self) is self:
                self._preparing = None
        except Unspeakable as error:
            self._preparing = None
            _log.error("not prepared speaker=%s reason=%s", self.name, error)

    def _try_player(self, stop: threading.Event) -> None:
        """Play a moment of silence, so that a missing sound card is known before it is needed."""
        from drivers.voice.sound import Sound, silence, to_wav

        with Playing(self._player(ALARM), to_wav(Sound(silence(0.02, 22050), 22050), "")) as trial:
            self._attend(trial, _PLAYER_GRACE, stop)

    def _player(self, urgency: int) -> list[str]:
        """The player's command line. An alarm is for everybody: never only in a headset."""
        settings = self._settings
        private = self._on_headset and settings.headset and urgency != ALARM
        device = settings.headset if private else settings.device
        return [*settings.player, *(("-D", device) if device else ())]

    def _gain_db(self, urgency: int) -> float:
        """An alarm is at least as loud as the technician chose, whatever a resident chose."""
        if urgency == ALARM:
            return max(self._volume_db, self._settings.volume_db)
        return self._volume_db
