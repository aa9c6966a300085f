"""The chain: what was recorded can be proven, and what was done to it shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import Clock
from agent.core.store import verify as verifying
from agent.core.store.content import encode
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
from agent.core.store.store import Store
from agent.core.store.verify import canonical, verify
from agent.effects import Lane
from agent.uplink.wire import Encoder
from tests.agent.recording import record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (1e21, "1e+21"), (1e20, f"1{0:020}"),
        (333333333.33333329, "333333333.3333333"), (1e30, "1e+30"), (4.50, "4.5"), (2e-3, "0.002"),
        (1e-27, "1e-27"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0.000001, "0.000001"), (1e-7, "1e-7"), (9007199254740992.0, "9007199254740992"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_rfc_8785_has_them(number: float, text: str) -> None:
    """Among them the examples of its appendix B."""
    assert canonical(number) == text


def test_keys_are_in_the_order_of_rfc_8785() -> None:
    """The example of §3.2.3: by UTF-16 code units."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    expected = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys, 0)))) == expected


@given(JSON)
def test_stored_data_is_canonical(value: Any) -> None:
    """The quick way to encode comes to what the slow one does, and is stable."""
    text = encode({"value": value})
    assert text == canonical({"value": value})
    assert canonical(json.loads(text)) == text


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "linli.db", Clock()).store
    yield store
    store.close()


def put(store: Store, count: int, lane: Lane = Lane.LIFE) -> None:
    with store.transaction():
        for number in range(count):
            data = {"n": number, "share": number / 7, "text": "三村"}
            store.append(record("bin.level", data, "north", lane), Clock().boot())


def sent(store: Store) -> list[dict[str, Any]]:
    """The events that go upstream of all that waits."""
    outbox = Outbox(store.path)
    encoder = Encoder("k-01", outbox.epoch, store.clock)
    try:
        return [
            json.loads(encoder.encode(one)) for lane in Lane for one in outbox.pending(lane, 0, 999)
        ]
    finally:
        outbox.close()


def proven(folder: Path, *batches: list[dict[str, Any]]) -> int:
    files = []
    for number, batch in enumerate(batches):
        files.append(folder / f"events{number}.jsonl")
        files[-1].write_text("\n".join(map(json.dumps, batch)), "utf-8")
    return verify(files)


def test_what_was_sent_is_proven(store: Store, tmp_path: Path) -> None:
    """Across expiry, refusal, eviction and a restart; the store proves it as well."""
    put(store, 20)
    put(store, 50, Lane.TELEMETRY)
    with store.transaction():
        store.set_aside(0, 3, "no")
    store.evict(Lane.TELEMETRY)
    first = sent(store)
    with store.transaction():
        store.acknowledge(0, 20)
        store.acknowledge(2, 50)
    store.close()
    again = open_store(store.path, Clock()).store
    put(again, 5)
    second = sent(again)
    again.close()
    assert proven(tmp_path, first, second) == 0
    assert proven(tmp_path, second, first, first) == 0
    assert verify([again.path]) == 0


def _drop(events: list[dict[str, Any]]) -> None:
    del events[4]


def _swap(events: list[dict[str, Any]]) -> None:
    events[4]["sequence"], events[5]["sequence"] = events[5]["sequence"], events[4]["sequence"]


def _alter(events: list[dict[str, Any]]) -> None:
    events[4]["data"]["n"] = 99


def _rename(events: list[dict[str, Any]]) -> None:
    events[4]["type"] = "linli.bin.full"


def _hide(events: list[dict[str, Any]]) -> None:
    data = {"first": 5, "last": 5, "reason": "expired"}
    events[4] |= {"type": "linli.tombstone", "data": data, "commitment": "11" * 32}
    del events[4]["salt"]


def _forge(events: list[dict[str, Any]]) -> None:
    events[4]["chain"] = "00" * 32


@pytest.mark.parametrize("deed", [_drop, _swap, _alter, _rename, _hide, _forge])
def test_what_was_done_to_it_shows(store: Store, tmp_path: Path, deed: Any) -> None:
    """A record missing, out of order, altered, renamed, hidden by a tombstone; a chain forged."""
    put(store, 10)
    events = sent(store)
    assert proven(tmp_path, events) == 0
    deed(events)
    assert proven(tmp_path, events) == 1


def test_erased_content_is_still_proven_but_cannot_be_guessed(store: Store, tmp_path: Path) -> None:
    """Upstream erases data and salt and keeps the commitment: the chain holds."""
    put(store, 10)
    events = sent(store)
    c = verifying.commitment(
        bytes.fromhex(events[4]["salt"]), events[4]["id"], "bin.level", "north",
        canonical(events[4]["data"]),
    )  # fmt: skip
    events[4] |= {"data": {}, "subject": "", "commitment": c.hex()}
    del events[4]["salt"]
    assert proven(tmp_path, events) == 0


def test_an_epoch_follows_the_one_before(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new epoch names the old one and what is sent again; both are proven together."""
    put(store, 10)
    first, before = sent(store), store.epoch
    with store.transaction():
        store.acknowledge(0, 6)
    with store.transaction():
        store.begin_epoch("a test")
    put(store, 2)
    second = sent(store)
    assert proven(tmp_path, first, second) == 0
    said = capsys.readouterr().out
    assert f"follows {before}: a test" in said
    assert "acknowledged 6; sent again 4, lost 0" in said
    life = [event for event in second if event["lane"] == 0]
    assert life[0]["data"] == {"first": 1, "last": 6, "reason": "earlier"}
    assert [event["id"] for event in life[1:5]] == [event["id"] for event in first[6:10]]


def test_two_histories_of_one_number_are_a_fault(store: Store, tmp_path: Path) -> None:
    """A cloned card: the same lane went on in two ways."""
    put(store, 5)
    ours = sent(store)
    with store.transaction():
        store._db.execute("DELETE FROM records WHERE sequence = 5 AND lane = 0")
        store._db.execute("DELETE FROM links WHERE sequence = 5 AND lane = 0")
        store._lanes.of[0].next = 5
        store._lanes.of[0].head = bytes.fromhex(ours[3]["chain"])
    put(store, 1)
    theirs = sent(store)
    assert proven(tmp_path, theirs) == 0
    assert proven(tmp_path, ours, theirs) == 1


def test_upstream_needs_nothing_but_python(store: Store, tmp_path: Path) -> None:
    """The file runs alone, isolated from this project and everything installed."""
    put(store, 3)
    file = tmp_path / "events.json"
    file.write_text(json.dumps(sent(store)), "utf-8")
    alone = tmp_path / "verify.py"
    alone.write_text(Path(verifying.__file__).read_text("utf-8"), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", "-S", alone, file], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    assert "proven" in ran.stdout
    broken = tmp_path / "broken.json"
    broken.write_text("<html>", "utf-8")
    assert verify([file, broken]) == 2


def test_a_record_that_is_a_struct_is_canonical_too() -> None:
    """Its keys in their order, not in that of its class: else upstream computes another proof."""

    class Level(msgspec.Struct):
        percent: int
        bin: str

    assert encode(Level(0, "north")) == canonical({"percent": 0, "bin": "north"})
    assert encode([Level(0, "north")]) == '[{"bin":"north","percent":0}]'
