"""The stand-in upstream: what a real one must do too, and its moods."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from agent.uplink.wire import batch
from hw_mocks.ledger import Event, Ledger
from hw_mocks.upstream import Upstream
from tests.waiting import wait_for

EPOCH = str(uuid.uuid4())


def event(sequence: int, lane: int = 0, kind: str = "bin.full", **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "urn:linli:kiosk:k-01",
        "type": f"linli.{kind}",
        "time": "2026-11-22T12:00:00.000Z",
        "data": data,
        "sequence": str(sequence),
        "lane": lane,
        "epoch": EPOCH,
        "timetrusted": True,
    }


def post(upstream: Upstream, *events: dict[str, Any], timeout: float = 5) -> requests.Response:
    return requests.post(
        f"{upstream.url}/v1/events",
        batch([msgspec.json.encode(one) for one in events]),
        headers={"Content-Encoding": "gzip"},
        timeout=timeout,
    )


def test_events_are_kept_once_and_acknowledged_without_gaps() -> None:
    """The answer is the highest contiguous sequence of each lane; gaps show until filled."""
    with Upstream() as upstream:
        assert post(upstream, event(1), event(2), event(1, lane=2)).json()["ack"] == {
            "0": 2,
            "2": 1,
        }
        assert post(upstream, event(2), event(5)).json()["ack"]["0"] == 2
        assert upstream.duplicates == 1
        assert upstream.gaps == [(0, 3, 4)]
        tombstone = event(3, kind="tombstone", first=3, last=4, reason="evicted")
        assert post(upstream, tombstone).json()["ack"]["0"] == 5
        assert upstream.gaps == []


def test_an_upstream_younger_than_the_kiosk_begins_where_it_is_told() -> None:
    """A kiosk whose earlier records went elsewhere is not held up, and that is noted."""
    with Upstream() as upstream:
        assert post(upstream, event(43)).json()["ack"] == {"0": 43}
        assert upstream.report(0)["missing_before"] == [(0, 43)]


@given(st.permutations(range(2, 16)), st.lists(st.integers(1, 15), max_size=10))
def test_order_and_repetition_do_not_matter(order: list[int], again: list[int]) -> None:
    """However events arrive, each is kept once and in the end all are acknowledged."""
    ledger = Ledger()
    # The first one tells the ledger where the lane begins.
    for sequence in [1, *order, *again]:
        ledger.add(
            Event(
                kind="x.y",
                data={},
                subject="",
                lane=1,
                sequence=sequence,
                source="s",
                epoch="e",
                id="",
                time="",
                timetrusted=True,
                expirytime="",
                arrived=0.0,
            )
        )
        have = {kept.sequence for kept in ledger.events}
        first_missing = next(n for n in range(1, 17) if n not in have)
        assert ledger.acknowledged("s", "e") == {"1": first_missing - 1}
    assert len(ledger.events) == 15
    assert ledger.duplicates == len(again)
    assert ledger.gaps() == []


def test_moods() -> None:
    """Each mode does what it is called, and the server is well again afterwards."""
    with Upstream() as upstream:
        upstream.mode = "error"
        assert post(upstream, event(1)).status_code == 503
        upstream.mode = "refuse"
        assert post(upstream, event(1)).status_code == 422
        upstream.refuse_kinds = frozenset({"taxi.requested"})
        assert post(upstream, event(1)).status_code == 200
        assert post(upstream, event(2), event(3, kind="taxi.requested")).status_code == 422
        upstream.mode = "drop_replies"
        with pytest.raises(requests.ConnectionError):
            post(upstream, event(2))
        assert len(upstream.received) == 2
        upstream.mode = "offline"
        with pytest.raises(requests.ConnectionError, match="refused"):
            post(upstream, event(3))
        upstream.mode = "slow"
        upstream.slow_s = 0.2
        began = time.monotonic()
        assert post(upstream, event(3)).status_code == 200
        assert time.monotonic() - began >= 0.2
        upstream.mode = "online"
        assert post(upstream, event(4)).json()["ack"] == {"0": 4}
        with pytest.raises(ValueError, match="no mode 'angry'; one of online"):
            upstream.mode = "angry"  # type: ignore[assignment]


def test_a_waiting_poll_is_cut_when_the_network_goes() -> None:
    """Going offline ends open connections at once."""
    with Upstream() as upstream:
        outcome: list[object] = []

        def poll() -> None:
            try:
                outcome.append(requests.get(f"{upstream.url}/v1/commands?wait=30", timeout=40))
            except requests.RequestException as error:
                outcome.append(error)

        thread = threading.Thread(target=poll)
        thread.start()
        wait_for(lambda: upstream.polls)
        upstream.mode = "offline"
        thread.join(2)
        assert isinstance(outcome[0], requests.ConnectionError)


def test_commands_are_repeated_until_acknowledged() -> None:
    """The cursor of the next poll acknowledges; without it the same is said again."""
    with Upstream() as upstream:
        command = upstream.send_command("taxi.no_car", {"order": "a"}, expires_in=60)
        url = f"{upstream.url}/v1/commands"
        first = requests.get(url, timeout=5).json()
        assert [said["id"] for said in first["commands"]] == [command]
        assert 50 < first["commands"][0]["expires_in"] <= 60
        assert requests.get(url, timeout=5).json()["commands"][0]["id"] == command
        assert requests.get(f"{url}?after=x-9", timeout=5).json()["commands"][0]["id"] == command
        assert not upstream.fetched(command)
        after = requests.get(f"{url}?after={first['cursor']}", timeout=5).json()
        assert after == {"cursor": first["cursor"], "commands": []}
        assert upstream.fetched(command)
        assert requests.get(url, timeout=5).json()["commands"] == []


def test_commands_are_about_the_latest_order_or_fall() -> None:
    """Where a command does not say what it is about, it is about what came last."""
    with Upstream() as upstream:
        post(
            upstream,
            event(1, kind="taxi.requested", order="first"),
            event(2, kind="taxi.requested", order="second"),
            event(3, kind="fall.alarm", fall="f"),
        )
        upstream.send_command("taxi.accepted", {"plate": "沪A·D2057"})
        upstream.send_command("fall.accepted")
        upstream.send_command("taxi.arrived", {"order": "first"})
        said = requests.get(f"{upstream.url}/v1/commands", timeout=5).json()["commands"]
        assert [one["data"] for one in said] == [
            {"plate": "沪A·D2057", "order": "second"},
            {"fall": "f"},
            {"order": "first"},
        ]


def test_waiting_for_a_record() -> None:
    """The first match is returned, now or later; otherwise the error says what there was."""
    with Upstream() as upstream:
        later = threading.Timer(0.1, post, (upstream, event(1, bin={"name": "north", "mm": 5})))
        later.start()
        found = upstream.wait_for_record("bin.full", {"bin": {"name": "north"}})
        later.join(5)  # it has its answer before the server goes: else the next test is blamed
        assert found.data["bin"]["mm"] == 5
        with pytest.raises(TimeoutError, match=r"no bin.full with .*south.*got \['bin.full'\]"):
            upstream.wait_for_record("bin.full", {"bin": "south"}, timeout=0)


def test_a_token_when_one_is_wanted() -> None:
    """Without the right token nothing is taken and nothing said."""
    with Upstream(token="secret") as upstream:
        assert post(upstream, event(1)).status_code == 401
        assert requests.get(f"{upstream.url}/v1/commands", timeout=5).status_code == 401
        assert upstream.received == []


@pytest.mark.parametrize(
    "body", [b"", b"[", b"{}", b"[1]", b'[{"specversion":"0.3"}]', b'[{"specversion":"1.0"}]']
)
def test_what_is_no_batch_is_refused(body: bytes) -> None:
    """Anything but a batch of complete events is 400, and the server lives on."""
    with Upstream() as upstream:
        url = f"{upstream.url}/v1/events"
        assert requests.post(url, body, timeout=5).status_code == 400
        headers = {"Content-Encoding": "gzip"}
        assert requests.post(url, body, headers=headers, timeout=5).status_code == 400


def test_people_can_look() -> None:
    """The page and its JSON show what came and what was said."""
    with Upstream() as upstream:
        post(upstream, event(1, bin="north"))
        upstream.send_command("taxi.no_car")
        assert "<table>" in requests.get(upstream.url, timeout=5).text
        report = requests.get(f"{upstream.url}/v1/records?after=0", timeout=5).json()
        assert report["records"][0]["kind"] == "bin.full"
        assert report["commands"][0]["fetched"] is False
        assert requests.get(f"{upstream.url}/v1/records?after=1", timeout=5).json()["records"] == []
        assert requests.get(f"{upstream.url}/else", timeout=5).status_code == 404
