"""电力哨: a household's electricity is not as it always is, so somebody should ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Measured, Signal
from agent.effects import Effect, Pass, Record, Remind, rejected
from agent.messages import Command, Concern, DeviceDown, Due, Started
from agent.records import shortened
from agent.services.almanac import Almanac
from agent.services.power.messages import (
    Away,
    Feedback,
    PowerAlarm,
    PowerCleared,
    PowerHeard,
    PowerRemoved,
    PowerSilent,
)
from agent.services.power.settings import PowerSettings
from agent.services.power.watch import Change, Live, Watch, less_sensitive, metered, powered
from agent.services.removed import REASON, parted

_CLOCK_S = 3600.0
"""Seconds between looks at the wall clock."""
_LOOKS = 6
"""Looks at a meter within the silence after which it is told: one in which nothing came begins
to be reckoned."""
_CASES = 8
"""Cases of a household for which feedback is still understood."""


class PowerState(msgspec.Struct, frozen=True):
    """All households by their short names."""

    households: dict[str, Watch] = {}
    almanac: Almanac = Almanac()


class Power:
    """Watches the meters of households that have agreed; what they use stays in the kiosk."""

    name: ClassVar[str] = "power"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (Started, Due, Measured, DeviceDown, Command)

    def __init__(self, households: Mapping[str, PowerSettings]) -> None:
        self._settings = households
        self._of_device = {one.device: name for name, one in households.items()}

    def initial(self) -> PowerState:
        """Nothing is known of anybody."""
        return PowerState()

    def durable(self, state: PowerState) -> PowerState:
        """Changes once an hour and household, and with each alarm."""
        households = {name: replace(one, live=Live()) for name, one in state.households.items()}
        return replace(state, households=households)

    def step(self, state: PowerState, signal: Signal) -> tuple[PowerState, list[Effect]]:
        """Fold in one signal."""
        match signal:
            case Started(at=at, wall=wall, rebooted=rebooted):
                return self._started(state, state.almanac.told(at, wall, rebooted))
            case Due(name="clock", at=at, wall=wall):
                state = replace(state, almanac=state.almanac.told(at, wall))
                return state, [Remind("clock", _CLOCK_S)]
            case Due(name=name, at=at):
                name = name.removeprefix("silent.")
                if name not in self._settings:
                    return self._without_removed(state)
                ended = self._ended(self._settings[name], state.almanac, at)
                watch = state.households.get(name, Watch())
                watch, effects = self._heard(name, watch, at, ended)
            case Measured(source=source) if source in self._of_device:
                name = self._of_device[source]
                before = state.households.get(name, Watch())
                watch, effects = self._measured(name, before, signal, state.almanac)
                if watch is before:
                    return state, effects
            case Command(data=Feedback(case=case, right=right)):
                return self._feedback(state, signal, case, right)
            case Command(data=Away(household=name, hours=hours)):
                hour = state.almanac.hour(signal.at)
                if name not in self._settings or hour is None:
                    why = "there is no such household" if hour else "the time of day is not known"
                    return state, [rejected(signal.command_id, signal.kind, "data.household", why)]
                before = state.households.get(name, Watch())
                watch, effects = replace(before, away_until=hour + round(hours)), []
            case _:
                return state, []
        return replace(state, households={**state.households, name: watch}), effects

    def _started(self, state: PowerState, almanac: Almanac) -> tuple[PowerState, list[Effect]]:
        state, effects = self._without_removed(state)
        effects += [Remind("clock", _CLOCK_S)] if self._settings else []
        households = dict[str, Watch]()
        for name, settings in self._settings.items():
            watch = state.households.get(name, Watch())
            if watch.patience_min != settings.silent_min:  # none is under way, or another
                watch = replace(watch, patience_min=settings.silent_min, quiet=True)
                effects.append(Remind(f"silent.{name}", settings.silent_min * 60))
            households[name] = replace(watch, live=Live())
        return PowerState(households, almanac), effects

    def _without_removed(self, state: PowerState) -> tuple[PowerState, list[Effect]]:
        kept, gone = parted(state.households, self._settings)
        ended = (
            Record(PowerRemoved(household=name, case=case, what=what, reason=REASON), case)
            for name, watch in gone.items()
            for what, case in watch.open.items()
        )
        return replace(state, households=kept), [*ended]

    # -- readings --------------------------------------------------------------------------

    def _measured(
        self, name: str, watch: Watch, signal: Measured, almanac: Almanac
    ) -> tuple[Watch, list[Effect]]:
        settings, value, at = self._settings[name], signal.value, signal.at
        if value is None or self._ended(settings, almanac, at):
            return watch, []
        effects: list[Effect] = []
        patience = settings.silent_min
        if watch.quiet or watch.patience_min != patience:
            watch = replace(watch, quiet=False, patience_min=patience)
            effects.append(Remind(f"silent.{name}", patience * 60 / _LOOKS))
        watch = replace(watch, live=replace(watch.live, heard_at=at))
        if watch.silent:
            watch = replace(watch, silent=False)
            effects.append(Record(PowerHeard(household=name), name))
        changes: list[Change] = []
        if signal.quantity == "energy":
            hour = almanac.hour(at)
            if hour is not None:
                watch, changes = metered(watch, hour, value, settings)
        elif signal.quantity == "power":
            watts = value * 1000 if signal.unit == "kW" else value
            watch, changes = powered(watch, at, watts, settings)
        for change in changes:
            watch, told = self._tell(name, watch, change, signal.id)
            effects += told
        return watch, effects

    def _ended(self, settings: PowerSettings, almanac: Almanac, at: float) -> bool:
        """The household's consent is over."""
        hour = almanac.hour(at)
        day = settings.consent_until.toordinal() - _EPOCH
        return hour is not None and hour // 24 > day

    def _tell(
        self, name: str, watch: Watch, change: Change, identity: str
    ) -> tuple[Watch, list[Effect]]:
        settings, what = self._settings[name], change.what
        if not change.reason:
            case = watch.open[what]
            still = {k: v for k, v in watch.open.items() if k != what}
            over = Concern(device=settings.device, cause="power", case=case, over=True)
            cleared = PowerCleared(household=name, case=case, what=what)
            return replace(watch, open=still), [Record(cleared, case), Pass(over)]
        case = f"{what}-{identity}"
        reason = shortened(change.reason)
        watch = replace(
            watch,
            open={**watch.open, what: case},
            cases=(*watch.cases, (case, what))[-_CASES:],
        )
        alarm = PowerAlarm(household=name, name=settings.name, case=case, what=what, reason=reason)
        concern = Concern(device=settings.device, cause="power", case=case, reason=reason)
        return watch, [Record(alarm, case), Pass(concern)]

    def _heard(self, name: str, watch: Watch, at: float, ended: bool) -> tuple[Watch, list[Effect]]:
        """Look whether the meter still gives readings; of no matter once the consent has ended."""
        settings = self._settings[name]
        watch = replace(watch, patience_min=settings.silent_min)
        patience, heard = settings.silent_min * 60, watch.live.heard_at
        if heard is None and not watch.quiet:  # it may have come just before the restart
            return replace(watch, quiet=True), [Remind(f"silent.{name}", patience)]
        if heard is not None and (left := patience - (at - heard)) > 0:
            look = patience / _LOOKS
            quiet = at - heard >= look
            watch = replace(watch, quiet=quiet)
            return watch, [Remind(f"silent.{name}", max(1.0, left) if quiet else look)]
        effects: list[Effect] = [Remind(f"silent.{name}", patience)]
        if not watch.silent and not ended:
            watch = replace(watch, silent=True)
            reason = f"{settings.name}的电表{patience / 60:.0f}分钟没有读数"
            effects.append(Record(PowerSilent(household=name, reason=reason), name))
        return watch, effects

    # -- what people say -------------------------------------------------------------------

    def _feedback(
        self, state: PowerState, command: Command, case: str, right: bool
    ) -> tuple[PowerState, list[Effect]]:
        for name, watch in state.households.items():
            eased = less_sensitive(watch, case)
            if eased is not None:
                kept = watch if right else eased
                return replace(state, households={**state.households, name: kept}), []
        why = "there was no such alarm lately"
        return state, [rejected(command.command_id, command.kind, "data.case", why)]


_EPOCH = 719163
"""1970-01-01 as an ordinal."""
