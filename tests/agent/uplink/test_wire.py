"""Records as CloudEvents: every attribute, tombstones, and time on a machine without a clock."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.ids import uuid7
from agent.core.store.outbox import Outgoing
from agent.services.taxi.messages import OrderRequested
from agent.uplink.wire import (
    Encoder,
    NotUnderstood,
    batch,
    decode_commands,
    decode_receipt,
    decode_verdict,
)
from tests.agent.uplink.rig import TestClock

EPOCH = uuid7()


def outgoing(clock: TestClock, **changes: Any) -> Outgoing:
    return Outgoing(
        lane=0,
        sequence=42,
        id=uuid7(),
        kind="taxi.requested",
        subject="order-1",
        data='{"order": "order-1", "needs": ["轮椅"]}',
        wall=clock.wall(),
        boot=clock.boot(),
        boot_id=clock.boot_id,
        trusted=True,
        expires=None,
        fate=None,
        last=42,
    )._replace(**changes)


def encode(clock: TestClock, record: Outgoing) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(Encoder("k-01", EPOCH, clock).encode(record))
    return event


def seconds(event: dict[str, Any], attribute: str = "time") -> float:
    return datetime.fromisoformat(event[attribute]).timestamp()


def test_a_record_as_an_event() -> None:
    """All attributes that the protocol asks for, and the data as it was recorded."""
    clock = TestClock()
    clock.believed = True
    record = outgoing(clock, expires=clock.boot() + 120)
    event = encode(clock, record)
    assert seconds(event) == pytest.approx(record.wall, abs=0.01)
    assert seconds(event, "expirytime") == pytest.approx(clock.wall() + 120, abs=0.5)
    del event["time"], event["expirytime"]
    assert event == {
        "specversion": "1.0",
        "id": record.id,
        "source": "urn:linli:kiosk:k-01",
        "type": "linli.taxi.requested",
        "subject": "order-1",
        "datacontenttype": "application/json",
        "data": {"order": "order-1", "needs": ["轮椅"]},
        "sequence": "0000000000000000042",
        "lane": 0,
        "epoch": EPOCH,
        "timetrusted": True,
    }


def test_a_tombstone() -> None:
    """It stands at the record's place under an id of its own, the same at each attempt."""
    clock = TestClock()
    record = outgoing(clock, fate="expired", expires=clock.boot() - 1)
    event = encode(clock, record)
    assert event["type"] == "linli.tombstone"
    assert event["data"] == {
        "first": 42,
        "last": 42,
        "reason": "expired",
        "id": record.id,
        "kind": "taxi.requested",
    }
    assert event["sequence"] == "0000000000000000042"
    assert "expirytime" not in event
    assert event["id"] != record.id
    assert event["id"] == encode(clock, record)["id"]
    uuid.UUID(event["id"])


def test_the_tombstone_of_a_range() -> None:
    """An evicted range has neither time nor kind."""
    clock = TestClock()
    record = Outgoing(2, 5, "", "", "", "{}", 0.0, 0.0, "", False, None, "evicted", 90)
    event = encode(clock, record)
    assert event["data"] == {"first": 5, "last": 90, "reason": "evicted"}
    assert "time" not in event


@given(ago=st.floats(0, 1e6), wrong=st.floats(-1e9, 1e9), trusted_now=st.booleans())
def test_time_is_corrected_within_a_boot(ago: float, wrong: float, trusted_now: bool) -> None:
    """A date noted with a wrong clock is corrected once the clock is right, not before."""
    clock = TestClock()
    clock.believed = trusted_now
    happened = clock.wall() - ago
    record = outgoing(clock, trusted=False, wall=1e9 + wrong, boot=clock.boot() - ago)
    event = encode(clock, record)
    assert event["timetrusted"] is trusted_now
    expected = happened if trusted_now else record.wall
    assert seconds(event) == pytest.approx(expected, abs=1)


def test_time_of_an_earlier_boot_stays_doubtful() -> None:
    """How long the machine was off is unknown: the date stays as noted, and doubtful."""
    clock = TestClock()
    clock.believed = True
    record = outgoing(clock, trusted=False, wall=86_400.0, boot_id="another")
    event = encode(clock, record)
    assert event["time"] == "1970-01-02T00:00:00.000Z"
    assert event["timetrusted"] is False


def test_a_wrong_clock_sends_no_deadline() -> None:
    """A deadline in 1970 would make upstream throw a good request away."""
    clock = TestClock()
    clock.believed = False
    assert "expirytime" not in encode(clock, outgoing(clock, expires=clock.boot() + 120))


def test_sequences_order_as_text() -> None:
    """As the CloudEvents extension demands: "9" comes before "10"."""
    clock = TestClock()
    numbers = (9, 10, 99, 100, 2**63 - 1)
    sent = [encode(clock, outgoing(clock, sequence=n, last=n))["sequence"] for n in numbers]
    assert sent == sorted(sent) and [int(text) for text in sent] == list(numbers)


def test_an_event_says_what_it_is() -> None:
    """Its schema, how grave and how private it is; a kind of an earlier software says nothing."""
    clock = TestClock()
    encoder = Encoder("k-01", EPOCH, clock, (OrderRequested,))
    event = json.loads(encoder.encode(outgoing(clock)))
    assert event["dataschema"] == "urn:linli:record:taxi.requested:v1"
    assert (event["severitynumber"], event["severitytext"]) == (9, "INFO")
    assert event["dataclassification"] == "confidential"
    for silent in (outgoing(clock, kind="old.kind"), outgoing(clock, fate="expired")):
        assert "dataschema" not in json.loads(encoder.encode(silent))


def test_a_batch_is_small_on_the_wire() -> None:
    """A hundred readings take a fraction of their size, and unpack to the same."""
    clock = TestClock()
    encoder = Encoder("k-01", EPOCH, clock)
    events = [encoder.encode(outgoing(clock, sequence=n, last=n)) for n in range(1, 101)]
    packed = batch(events)
    assert json.loads(gzip.decompress(packed)) == [json.loads(event) for event in events]
    assert len(packed) < sum(map(len, events)) / 5


@given(st.binary() | st.text().map(str.encode) | st.from_type(dict).map(repr).map(str.encode))
def test_answers_are_read_or_refused(body: bytes) -> None:
    """Whatever upstream answers, it is understood or raises the one error that is expected."""
    for decode in (decode_receipt, decode_commands, decode_verdict):
        try:
            decode(body)
        except NotUnderstood:
            continue
