"""OCPP 1.6-J between a charging pile and its operator, overheard for one connector.

``[2, id, action, {}]`` asks, ``[3, id, {}]`` answers and names no action, so a question is kept
until its answer comes from the other side. Nothing can be built here, only read. Card numbers are
never looked at.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from agent.contract.signals import ChargingState

LONGEST_ID = 36
MOST = 64
"""Questions without an answer, and transactions, that are kept."""
SETTLE_S = 60.0
"""A pause of charging has to last so long: piles flap between charging and suspended."""
IDLE_S = 600.0
"""Charging without power for so long is no charging: some piles never say that the car is full."""
BEAT_S = 300.0
"""Between heartbeats, where the operator has not said another time."""

STATES: dict[str, ChargingState] = {
    "Available": "free",
    "Preparing": "preparing",
    "Charging": "charging",
    "SuspendedEVSE": "paused",
    "SuspendedEV": "finished",
    "Finishing": "finished",
    "Reserved": "reserved",
    "Unavailable": "closed",
    "Faulted": "fault",
}
_SLOW = frozenset({"charging", "paused", "finished"})
"""Between these a pile flaps; all others count at once."""

_Id = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_Word = Annotated[str, Meta(max_length=64)]


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    connector_id: _Id
    status: _Word
    error_code: _Word = "NoError"


class _Start(msgspec.Struct, frozen=True, rename="camel"):
    connector_id: _Id


class _Started(msgspec.Struct, frozen=True, rename="camel"):
    transaction_id: _Id


class _Stop(msgspec.Struct, frozen=True, rename="camel"):
    transaction_id: _Id
    reason: _Word = "Local"


class _Booted(msgspec.Struct, frozen=True, rename="camel"):
    interval: Annotated[int, Meta(ge=0, le=86_400)] = 0


class _Sample(msgspec.Struct, frozen=True, rename="camel"):
    value: _Word
    measurand: _Word = "Energy.Active.Import.Register"
    unit: _Word = "Wh"
    phase: _Word = ""


class _Samples(msgspec.Struct, frozen=True, rename="camel"):
    sampled_value: Annotated[list[_Sample], Meta(max_length=200)] = []


class _Meter(msgspec.Struct, frozen=True, rename="camel"):
    connector_id: _Id
    meter_value: Annotated[list[_Samples], Meta(max_length=200)] = []


class Reading(NamedTuple):
    """What the pile's own meter says."""

    quantity: Literal["power", "energy"]
    value: float
    """W or kW.h."""


class Tap:
    """What one connector of a pile does, by what is overheard; times are boot-time seconds."""

    def __init__(self, connector: int, idle_w: float, at: float) -> None:
        self.state: ChargingState = "unknown"
        self.reason = ""
        """Of a fault, in OCPP's word."""
        self._connector = connector
        self._idle_w = idle_w
        self._heard = at
        self._beat_s = BEAT_S
        self._coming: tuple[ChargingState, float] | None = None
        self._idle_since: float | None = None
        self._energy: float | None = None
        self._asked: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._transactions: OrderedDict[int, int] = OrderedDict()

    def heard(self, from_pile: bool, frame: bytes, at: float) -> list[Reading]:
        """Fold in one text frame; what is no OCPP changes nothing. Never raises."""
        try:
            match msgspec.json.decode(frame):
                case [2, str(number), str(action), dict(payload)] if from_pile:
                    self._heard = at
                    return self._call(number[:LONGEST_ID], action, payload, at)
                case [3, str(number), dict(payload)] if not from_pile:
                    self._result(number[:LONGEST_ID], payload)
                case [3 | 4, *_] if from_pile:
                    self._heard = at
                case [4, str(number), *_]:
                    self._asked.pop(number[:LONGEST_ID], None)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # not ours to correct
        return []

    def look(self, at: float) -> None:
        """Let time do its part: what has settled, what idles, what is silent."""
        if self._coming is not None and at - self._coming[1] >= SETTLE_S:
            self.state, self._coming = self._coming[0], None
        idle = self._idle_since is not None and at - self._idle_since >= IDLE_S
        if self.state == "charging" and idle:
            self.state = "finished"
        if at - self._heard > 2 * self._beat_s:
            self.state, self.reason, self._coming = "unknown", "", None

    def _call(self, number: str, action: str, payload: Any, at: float) -> list[Reading]:
        match action:
            case "StatusNotification":
                self._status(msgspec.convert(payload, _Status), at)
            case "StartTransaction":
                self._ask(number, action, msgspec.convert(payload, _Start).connector_id)
            case "BootNotification":
                self._ask(number, action, 0)
                self.state, self._coming = "unknown", None
            case "StopTransaction":
                stop = msgspec.convert(payload, _Stop)
                if self._transactions.pop(stop.transaction_id, None) == self._connector:
                    self._enter("free" if stop.reason == "EVDisconnected" else "finished", at)
            case "MeterValues":
                return self._metered(msgspec.convert(payload, _Meter), at)
        return []

    def _ask(self, number: str, action: str, connector: int) -> None:
        self._asked[number] = action, connector
        if len(self._asked) > MOST:
            self._asked.popitem(last=False)

    def _result(self, number: str, payload: Any) -> None:
        action, connector = self._asked.pop(number, ("", 0))
        if action == "BootNotification":
            self._beat_s = msgspec.convert(payload, _Booted).interval or BEAT_S
        elif action == "StartTransaction":
            transaction = msgspec.convert(payload, _Started).transaction_id
            if transaction >= 0:  # -1 is what several piles call all that began offline
                self._transactions[transaction] = connector
                if len(self._transactions) > MOST:
                    self._transactions.popitem(last=False)

    def _status(self, told: _Status, at: float) -> None:
        state = STATES.get(told.status)
        whole = told.connector_id == 0 and state in ("closed", "fault")
        if state is None or not (whole or told.connector_id == self._connector):
            return
        self.reason = told.error_code if state == "fault" else ""
        self._enter(state, at)

    def _enter(self, state: ChargingState, at: float) -> None:
        if state != "charging":
            self._idle_since = None
        if state == self.state:
            self._coming = None
        elif state in _SLOW and self.state in _SLOW:
            if self._coming is None or self._coming[0] != state:
                self._coming = state, at
        else:
            self.state, self._coming = state, None

    def _metered(self, meter: _Meter, at: float) -> list[Reading]:
        if meter.connector_id != self._connector:
            return []
        found = [
            reading
            for samples in meter.meter_value
            for sample in samples.sampled_value
            if (reading := _reading(sample)) is not None
        ]
        for reading in found:
            if reading.quantity == "power":
                idle = reading.value < self._idle_w
                self._idle_since = (self._idle_since or at) if idle else None
            elif reading.value != self._energy:
                # The register moves, whatever the power is said to be
                moved, self._energy = self._energy is not None, reading.value
                self._idle_since = at if moved and self._idle_since else self._idle_since
        return found


def _reading(sample: _Sample) -> Reading | None:
    quantities: dict[str, Literal["power", "energy"]] = {
        "Power.Active.Import": "power",
        "Energy.Active.Import.Register": "energy",
    }
    quantity = quantities.get(sample.measurand)
    factors = {"power": {"W": 1.0, "Wh": 1.0, "kW": 1000.0}, "energy": {"Wh": 0.001, "kWh": 1.0}}
    factor = factors[quantity].get(sample.unit) if quantity else None
    if quantity is None or factor is None or sample.phase:
        return None
    try:
        value = float(sample.value) * factor
    except ValueError:
        return None
    return Reading(quantity, float(f"{value:.9g}")) if 0 <= value <= 1e9 else None
