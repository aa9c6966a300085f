"""The gate: a driver tells what it declares, in its own name, in bounds, and not too fast."""

from __future__ import annotations

import math
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.contract.clock import BootClock
from agent.contract.signals import Contact, Measured, PersonDown, Scanned, Signal, Spoken
from agent.core.gate import Gate

NEAR = Measured(source="radar", quantity="distance", value=5, unit="mm")
FALL = PersonDown(source="radar", track=0, confidence=0.7, reason="radar")


@pytest.fixture
def gate() -> Gate:
    return Gate("radar", (PersonDown, Measured, Spoken), BootClock())


def test_its_own_signals_pass(gate: Gate) -> None:
    assert gate.admit(FALL) == FALL
    assert gate.refused == 0


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (Contact(source="radar", closed=True), "Contact is not among"),
        (PersonDown(source="door", track=0, confidence=0.7, reason="radar"), "'door'"),
        (PersonDown(source="radar", track=0, confidence=math.nan, reason="radar"), "confidence"),
        (PersonDown(source="radar", track=0, confidence=7, reason="radar"), "confidence"),
        (PersonDown(source="radar", track="x", confidence=0.5, reason="radar"), "track"),  # type: ignore[arg-type]
        (PersonDown(source="radar", track=0, confidence=0.5, reason="hearsay"), "reason"),  # type: ignore[arg-type]
        (replace(NEAR, at=math.inf), "no time"),
        (replace(NEAR, at=math.nan), "no time"),
        (replace(NEAR, id="x" * 65), "65 characters"),
        (Measured(source="radar", quantity="distance", value=math.inf, unit="mm"), "value"),
        (PersonDown(source="radar", track=2**70, confidence=0.5, reason="radar"), "track"),
        (Spoken(source="radar", text="x", state="began", utterance="u" * 201), "utterance"),
        (Measured(source="radar", quantity="Q!", value=1, unit="mm"), "quantity"),
    ],
)
def test_what_does_not_fit_is_refused_counted_and_said(
    gate: Gate, signal: Signal, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert gate.admit(signal) is None
    assert gate.refused == 1
    assert "signal refused driver=radar" in caplog.text and reason in caplog.text


def test_a_flood_of_readings_does_not_cost_a_fall(gate: Gate) -> None:
    """Beyond the burst readings are refused; the fall passes."""
    for _ in range(1000):
        gate.admit(NEAR)
    assert 0 < 1000 - gate.refused < 400
    assert gate.admit(FALL) == FALL


def test_what_is_refused_is_said_once_a_minute(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(50):
        gate.admit(Contact(source="radar", closed=True))
    assert gate.refused == 50 and len(caplog.records) == 1


@settings(deadline=None)
@given(st.floats(), st.one_of(st.integers(), st.floats(), st.text(), st.none()))
def test_nothing_passes_with_a_wrong_time_or_value(at: float, value: object) -> None:
    """Arbitrary fields never raise; what passes is of the declared kind and not of the future."""
    contact = Contact(source="x", at=at, closed=value)  # type: ignore[arg-type]
    passed = Gate("x", (Contact,), BootClock()).admit(contact)
    if passed is not None:
        assert isinstance(passed, Contact) and 0 <= passed.at <= time.time()
        assert isinstance(passed.closed, bool)


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[2Jx", "x\u202ey", "a\nb", "a\u2028b", "\u200b"])
def test_a_code_holds_nothing_that_is_not_printed(text: str) -> None:
    """A code may have taken over the child that read it: what that tells is looked at again."""
    with pytest.raises(ValueError, match="cannot be printed"):
        Scanned(source="radar", at=1.0, text=text)
    told = msgspec.msgpack.encode({"signal": "scanned", "source": "radar", "text": text})
    with pytest.raises(msgspec.ValidationError, match="cannot be printed"):
        msgspec.msgpack.decode(told, type=Scanned)
