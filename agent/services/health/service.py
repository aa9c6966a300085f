"""健康云: a reading large on the screen, spoken only into a headset, and forgotten.

A reading is taken only while somebody has asked for it, so what a cuff remembers of others is
never shown. It is gone with the next one, when they leave, after a silence, and at a restart.
With consent it stays until they leave, to compare; with consent of somebody who has shown a card
before they measured it is recorded for upstream, which keeps it for the days that were told.
Another card, or its end, forgets what was measured: it would be sent as somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Contact, Measured, Signal
from agent.dialogue.views import Phrase, Row, Status
from agent.effects import Choice, Effect, Hide, Record, Show
from agent.messages import Action, DeviceDown, ResidentKnown, Started, VisitOver
from agent.services.health.messages import HealthMeasured
from agent.services.health.settings import HealthSettings

OPEN = Choice("health.open", icon="heart")
_AGAIN = Choice("health.again", icon="again")
_TOGETHER_S = 10.0
"""Seconds within which the values of one measurement come."""
_PRESSURES, _TEMPERATURES, _PULSES = (40, 280), (32, 43), (20, 250)
"""What somebody can have; else the device was not put on well."""

Band = Literal["normal", "high", "low", "extreme", "fever", "extreme_fever"]
Screen = Literal[
    "",
    "health.waiting",
    "health.pressure",
    "health.temperature",
    "health.unclear",
    "health.keep",
    "health.kept",
    "health.sent",
]
_READ = ("health.pressure", "health.temperature")
_TAKES = ("health.waiting", "health.unclear", *_READ)
"""Screens on which a reading is awaited: what comes while somebody is asked whether one may be
kept is not what they are asked about."""
_KEEP = Choice("health.keep", icon="list", look="quiet")
_HOME = Choice("home", icon="home")
_SPOILED = frozenset({"moved", "loose", "position"})
"""What a meter says against its own reading, so that it does not count."""
_KEPT = 3
"""Readings that stay to be compared."""


class HealthState(msgspec.Struct, frozen=True):
    """One resident's visit."""

    screen: Screen = ""
    plugged: bool = False
    """A headset is in."""
    values: dict[str, float] = {}
    """Of this measurement, by quantity."""
    at: float = 0.0
    """When the first of them came, in boot-time seconds."""
    irregular: bool = False
    """The meter says that the pulse was."""
    kept: tuple[dict[str, float], ...] = ()
    """Earlier readings of this visit, by consent; the latest is the first."""
    resident: str = ""
    """Names who has shown a card to upstream; empty: nobody has."""


class Health:
    """Shows what a health device measures, to whoever has asked for it."""

    name: ClassVar[str] = "health"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Action,
        Measured,
        Contact,
        DeviceDown,
        ResidentKnown,
        VisitOver,
    )

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
                return self._plugged(state, closed)
            case DeviceDown(source=source) if source == settings.headset != "":
                return self._plugged(state, False)
            case ResidentKnown(mark=mark):
                return self._forget(state, mark)
            case VisitOver():
                return self._forget(state, "")
            case Action(action="health.open" | "health.again"):
                kept = state.kept if state.screen else ()
                fresh = HealthState(plugged=state.plugged, kept=kept, resident=state.resident)
                return self._show(replace(fresh, screen="health.waiting"))
            case Action(action=action) if state.screen in (*_READ, "health.keep"):
                return self._kept(state, action, signal.id)
            case Action():
                return self._left(state), [Hide()]
            case Measured(source=source) if state.screen in _TAKES and source in (
                settings.cuff,
                settings.thermometer,
            ):
                return self._measured(state, signal)
        return state, []

    def _plugged(self, state: HealthState, plugged: bool) -> tuple[HealthState, list[Effect]]:
        changed = plugged != state.plugged
        state = replace(state, plugged=plugged)
        return self._show(state) if changed and state.screen in _READ else (state, [])

    def _left(self, state: HealthState) -> HealthState:
        return HealthState(plugged=state.plugged, resident=state.resident)

    def _forget(self, state: HealthState, resident: str) -> tuple[HealthState, list[Effect]]:
        """Whoever was here has gone, or somebody else has come."""
        after = HealthState(plugged=state.plugged, resident=resident)
        return after, [Hide()] if state.screen else []

    def _kept(self, state: HealthState, action: str, id: str) -> tuple[HealthState, list[Effect]]:
        """Whether, and how long, this reading stays."""
        asking, values = state.screen == "health.keep", state.values
        if action == "health.keep" and not asking:
            return self._show(replace(state, screen="health.keep"))
        if asking and action in ("health.keep.not", "back"):
            return self._show(replace(state, screen=_screen(values)))
        if asking and action == "health.keep.visit":
            kept = (values, *state.kept)[:_KEPT]
            return self._show(replace(state, screen="health.kept", kept=kept, values={}))
        if asking and action == "health.keep.send" and self._may_send(state):
            data = HealthMeasured(
                reading=id, resident=state.resident, keep_days=self._settings.keep_days, **values
            )
            state, shown = self._show(replace(state, screen="health.sent", values={}))
            return state, [Record(data, id), *shown]
        return self._left(state), [Hide()]

    def _may_send(self, state: HealthState) -> bool:
        return bool(self._settings.keep_days and state.resident)

    def _measured(self, state: HealthState, signal: Measured) -> tuple[HealthState, list[Effect]]:
        cuff = signal.source == self._settings.cuff
        known = ("systolic", "diastolic", "pulse") if cuff else ("body_temperature",)
        if signal.quantity not in known:
            return state, []
        fresh = signal.at - state.at > _TOGETHER_S
        values = {} if fresh else dict(state.values)
        state = replace(state, at=signal.at if fresh else state.at)
        doubts = frozenset(signal.part.split("+"))
        if signal.value is None or doubts & _SPOILED:
            return self._show(replace(state, screen="health.unclear", values={}))
        values[signal.quantity] = signal.value
        state = replace(state, values=values, irregular="irregular" in doubts)
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
        return self._show(replace(state, screen=_screen(values)))

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
        read = state.screen in _READ
        band = self.band(state.values) if read else "normal"
        values: dict[str, str | int | float] = {
            "systolic": round(state.values.get("systolic", 0)) or "",
            "diastolic": round(state.values.get("diastolic", 0)) or "",
            "temperature": round(state.values.get("body_temperature", 0), 1) or "",
            "band": band if read else "",
            "days": self._settings.keep_days or "",
            "send": "yes" if self._may_send(state) else "",
        }
        # Everybody in the lobby hears the loudspeaker: numbers are for the headset alone.
        aloud = ".aloud" if read and state.plugged else ""
        shown = Show(
            state.screen,
            values,
            self._choices(state),
            idle_out=True,
            view=Status("heart", tuple(_rows(state) if read else ())),
            phrases=f"{state.screen}{aloud}",
            private=read and not state.plugged,
            phones=("emergency",) if band in ("extreme", "extreme_fever") else (),
        )
        return state, [shown]

    def _choices(self, state: HealthState) -> tuple[Choice, ...]:
        match state.screen:
            case "health.waiting":
                return ()
            case "health.keep":
                # First what lets nothing out
                visit = Choice("health.keep.visit", icon="clock", look="primary")
                send = Choice("health.keep.send", costly=True, icon="check")
                no = Choice("health.keep.not", icon="cross")
                return (visit, *((send,) if self._may_send(state) else ()), no)
            case "health.pressure" | "health.temperature":
                return (_AGAIN, _KEEP, _HOME)
        return (_AGAIN, _HOME)


def _screen(values: Mapping[str, float]) -> Screen:
    """Of a whole reading."""
    return "health.temperature" if "body_temperature" in values else "health.pressure"


def _rows(state: HealthState) -> Iterator[Row]:
    """What stands below a reading."""
    if pulse := state.values.get("pulse"):
        yield Row(Phrase("label.health.pulse"), f"{pulse:.0f}")
    if state.irregular:
        yield Row(Phrase("label.health.irregular"), Phrase("label.health.irregular.do"))
    for before in state.kept:
        warm = before.get("body_temperature")
        value = f"{warm:.1f}" if warm else f"{before['systolic']:.0f}/{before['diastolic']:.0f}"
        yield Row(Phrase("label.health.before"), value)


def _within(value: float | None, bounds: tuple[float, float]) -> bool:
    return value is None or bounds[0] <= value <= bounds[1]
