"""Who may look: the privacy shutter; the lamps that say who looks and who listens; whether
speech is private: the headset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from agent.contract.orders import Headset, Look, Switch
from agent.contract.signals import CameraWatch, Contact, DeviceBack, Listening, Looking, Signal
from agent.effects import Drive, Effect, Guide, Pass
from agent.messages import DeviceDown, HeardAlone, Started
from agent.services.privacy.settings import PrivacySettings


class WatchState(msgspec.Struct, frozen=True):
    """What the shutter allows, and which cameras look."""

    allowed: bool = False
    """The shutter's contact is closed: the shutter is open, cameras may look."""
    looking: tuple[str, ...] = ()


class Watch:
    """Cameras look only while the shutter's contact says, now, that they may.

    The contact is closed while the shutter is open. So a closed shutter, a cut wire, a lost
    contact and a kiosk that has just started all mean "do not look"; nothing is remembered
    across a restart, for the contact reports itself within a moment. A camera that comes back
    is told again. Without a shutter in kiosk.toml cameras look all the time.
    """

    name: ClassVar[str] = "watch"
    vital: ClassVar[bool] = True
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Contact,
        CameraWatch,
        Looking,
        Listening,
        DeviceDown,
        DeviceBack,
    )

    def __init__(
        self, settings: PrivacySettings, cameras: Sequence[str], voices: Sequence[str] = ()
    ) -> None:
        """Watch over the drivers named *cameras*; *voices* follow the headset."""
        self._settings = settings
        self._cameras = tuple(cameras)
        self._voices = tuple(voices)

    def initial(self) -> WatchState:
        """Nobody may look, nobody looks."""
        return WatchState()

    def durable(self, state: WatchState) -> WatchState:
        """Nothing: what was allowed before a restart need not be so after it."""
        return self.initial()

    def step(self, state: WatchState, signal: Signal) -> tuple[WatchState, list[Effect]]:
        """Answer one signal."""
        shutter, headset = self._settings.shutter, self._settings.headset
        match signal:
            case Contact(source=source, closed=plugged) if source == headset != "":
                led = [Drive(voice, Headset(plugged)) for voice in self._voices]
                told = Pass(HeardAlone(on=plugged))
                return state, [*led, told, *([Guide()] if plugged else [])]
            case DeviceDown(source=source) if source == headset != "":
                led = [Drive(voice, Headset(False)) for voice in self._voices]
                return state, [*led, Pass(HeardAlone(on=False))]
            case Started():
                return state, self._tell(self._cameras, state.allowed)
            case Contact(source=source, closed=closed) if source == shutter != "":
                return replace(state, allowed=closed), self._tell(self._cameras, closed)
            case DeviceDown(source=source) if source == shutter != "":
                return replace(state, allowed=False), self._tell(self._cameras, False)
            case DeviceBack(source=source) if source in self._cameras:
                return state, self._tell((source,), state.allowed)
            case CameraWatch(source=source, looking=looking):
                return self._looks(state, source, looking)
            case Looking(source=source, on=on):
                return self._looks(state, source, on)
            case DeviceDown(source=source) if source in state.looking:
                return self._looks(state, source, False)
            case Listening(on=on):
                return state, self._light(self._settings.microphone_lamp, on)
        return state, []

    def _tell(self, cameras: Sequence[str], look: bool) -> list[Effect]:
        if not self._settings.shutter:
            return []
        return [Drive(camera, Look(look)) for camera in cameras]

    def _looks(
        self, state: WatchState, camera: str, looking: bool
    ) -> tuple[WatchState, list[Effect]]:
        others = tuple(one for one in state.looking if one != camera)
        state = replace(state, looking=(*others, camera) if looking else others)
        return state, self._light(self._settings.camera_lamp, bool(state.looking))

    def _light(self, lamp: str, on: bool) -> list[Effect]:
        return [Drive(lamp, Switch(on))] if lamp else []
