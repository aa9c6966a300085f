"""健康云: a reading large on the screen, spoken only into a headset, and forgotten.

Nothing is recorded, stored or sent: the kiosk does not know who measures. A reading is taken only
while somebody has asked for it, so what a cuff remembers of others is never shown; it is gone when
they leave, after a silence, and at a restart.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Contact, Measured, Signal
from agent.dialogue.views import Phrase, Row, Status
from agent.effects import Choice, Effect, Hide, Show
from agent.messages import Action, DeviceDown, Started
from agent.services.health.settings import HealthSettings

OPEN = Choice("health.open", icon="heart")
_AGAIN = Choice("health.again", icon="again")
_TOGETHER_S = 10.0
"""Seconds within which the values of one measurement come."""
_PRESSURES, _TEMPERATURES, _PULSES = (40, 280), (32, 43), (20, 250)
"""What somebody can have; else the device was not put on well."""

Band = Literal["normal", "high", "low", "extreme", "fever", "extreme_fever"]
Screen = Literal["", "health.waiting", "health.pressure", "health.temperature", "health.unclear"]


class HealthState(msgspec.Struct, frozen=True):
    """One resident's visit."""

    screen: Screen = ""
    plugged: bool = False
    """A headset is in."""
    values: dict[str, float] = {}
    """Of this measurement, by quantity."""
    at: float = 0.0
    """When the first of them came, in boot-time seconds."""


class Health:
    """Shows what a health device measures, to whoever has asked for it."""

    name: ClassVar[str] = "health"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (Started, Action, Measured, Contact, DeviceDown)

    def __init__(self, settings: HealthSettings) -> None:
        self._settings = settings

    def initial(self) -> HealthState:
        """Nobody measures."""
        return HealthState()

    def durable(self, state: HealthState) -> HealthState:
        """Nothing of anybody's health reaches the disk."""
        return self.initial()

    def step(self, state: HealthState, signal: Signal) -> tuple[HealthState, list[Effect]]:
        """Answer one signal."""
        settings = self._settings
        match signal:
            case Contact(source=source, closed=closed) if source == settings.headset != "":
                return replace(state, plugged=closed), []
            case DeviceDown(source=source) if source == settings.headset != "":
                return replace(state, plugged=False), []
            case Action(action="health.open" | "health.again"):
                return self._show(HealthState("health.waiting", state.plugged))
            case Action():
                return HealthState(plugged=state.plugged), [Hide()]
            case Measured(source=source) if state.screen and source in (
                settings.cuff,
                settings.thermometer,
            ):
                return self._measured(state, signal)
        return state, []

    def _measured(self, state: HealthState, signal: Measured) -> tuple[HealthState, list[Effect]]:
        cuff = signal.source == self._settings.cuff
        known = ("systolic", "diastolic", "pulse") if cuff else ("body_temperature",)
        if signal.quantity not in known:
            return state, []
        fresh = signal.at - state.at > _TOGETHER_S
        values = {} if fresh else dict(state.values)
        state = replace(state, at=signal.at if fresh else state.at)
        if signal.value is None:
            return self._show(replace(state, screen="health.unclear", values={}))
        values[signal.quantity] = signal.value
        state = replace(state, values=values)
        high, low = values.get("systolic"), values.get("diastolic")
        warm, pulse = values.get("body_temperature"), values.get("pulse")
        if warm is None and (high is None or low is None):
            return state, []
        clear = (
            _within(high, _PRESSURES)
            and _within(low, _PRESSURES)
            and (high is None or low is None or high > low)
            and _within(warm, _TEMPERATURES)
            and _within(pulse, _PULSES)
        )
        if not clear:
            return self._show(replace(state, screen="health.unclear", values={}))
        screen: Screen = "health.temperature" if warm is not None else "health.pressure"
        return self._show(replace(state, screen=screen))

    def band(self, values: dict[str, float]) -> Band:
        """Where a reading lies; for orientation, never a diagnosis."""
        settings = self._settings
        warm = values.get("body_temperature")
        if warm is not None:
            if warm >= settings.extreme_fever:
                return "extreme_fever"
            return "fever" if warm >= settings.fever else "normal"
        high, low = values["systolic"], values["diastolic"]
        if high >= settings.extreme_systolic or low >= settings.extreme_diastolic:
            return "extreme"
        if high >= settings.high_systolic or low >= settings.high_diastolic:
            return "high"
        if high < settings.low_systolic or low < settings.low_diastolic:
            return "low"
        return "normal"

    def _show(self, state: HealthState) -> tuple[HealthState, list[Effect]]:
        read = state.screen in ("health.pressure", "health.temperature")
        band = self.band(state.values) if read else "normal"
        values: dict[str, str | int | float] = {
            "systolic": round(state.values.get("systolic", 0)) or "",
            "diastolic": round(state.values.get("diastolic", 0)) or "",
            "temperature": round(state.values.get("body_temperature", 0), 1) or "",
            "band": band if read else "",
        }
        pulse = state.values.get("pulse")
        rows = (Row(Phrase("label.health.pulse"), f"{pulse:.0f}"),) if read and pulse else ()
        # Everybody in the lobby hears the loudspeaker: numbers are for the headset alone.
        aloud = ".aloud" if read and state.plugged else ""
        shown = Show(
            state.screen,
            values,
            (_AGAIN, Choice("home", icon="home")) if state.screen != "health.waiting" else (),
            idle_out=True,
            view=Status("heart", rows),
            phrases=f"{state.screen}{aloud}",
            phones=("emergency",) if band in ("extreme", "extreme_fever") else (),
        )
        return state, [shown]


def _within(value: float | None, bounds: tuple[float, float]) -> bool:
    return value is None or bounds[0] <= value <= bounds[1]
