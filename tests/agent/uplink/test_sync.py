"""Sending records: every failure of the network, against real sockets."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
import threading
import time
import tracemalloc

import pytest

from agent.contract.driver import DriverUnavailable
from agent.effects import Lane
from agent.messages import Attempted, Delivered, LinkChanged, Refused
from agent.settings import UpstreamSettings
from agent.uplink import link, network
from agent.uplink.https import Https
from agent.uplink.sync import Uplink
from agent.uplink.transport import Unreached
from hw_mocks.upstream import Upstream
from tests.agent.uplink.rig import Rig
from tests.agent.uplink.scripted import Asked, Cut, Scripted, acknowledge, reply
from tests.waiting import wait_for


def kinds(upstream: Upstream) -> list[str]:
    return [event.kind for event in upstream.received]


def test_records_arrive_once_and_in_order(rig: Rig, upstream: Upstream) -> None:
    """What is committed reaches upstream in its order and is reported delivered."""
    rig.start(upstream.url)
    for number in range(5):
        rig.record("bin.level", Lane.TELEMETRY, {"step": number})
    wait_for(lambda: rig.waiting() == 0)
    assert [event.data["step"] for event in upstream.received] == [0, 1, 2, 3, 4]
    assert [event.sequence for event in upstream.received] == [1, 2, 3, 4, 5]
    assert rig.of(Delivered)[-1].sequence == 5
    assert upstream.duplicates == 0
    assert [signal.online for signal in rig.of(LinkChanged)] == [True]


def test_what_was_recorded_offline_arrives_when_the_network_is_back(
    rig: Rig, upstream: Upstream
) -> None:
    """Nothing is lost or reordered offline; the loss is told once, the return once."""
    upstream.mode = "offline"
    rig.start(upstream.url)
    rig.record("bin.level", Lane.TELEMETRY, count=250)
    rig.record("taxi.requested", Lane.LIFE, expires_in=180)
    wait_for(lambda: rig.of(LinkChanged))
    assert not rig.of(Attempted), "nobody listened, so nothing can have arrived"
    upstream.mode = "online"
    wait_for(lambda: rig.waiting() == 0)
    assert kinds(upstream)[0] == "taxi.requested"
    levels = [event.sequence for event in upstream.received if event.kind == "bin.level"]
    assert levels == list(range(1, 251))
    assert [signal.online for signal in rig.of(LinkChanged)] == [False, True]


def test_a_lost_reply_leads_to_a_repetition_that_upstream_recognises(
    rig: Rig, upstream: Upstream
) -> None:
    """Records whose reply was lost are reported as attempted, sent again, and kept once."""
    upstream.mode = "drop_replies"
    rig.start(upstream.url)
    rig.record("taxi.requested", Lane.LIFE, expires_in=180)
    wait_for(lambda: rig.of(Attempted))
    assert (rig.of(Attempted)[0].lane, rig.of(Attempted)[0].sequence) == (0, 1)
    assert not rig.of(Delivered)
    upstream.mode = "online"
    wait_for(lambda: rig.waiting() == 0)
    assert kinds(upstream) == ["taxi.requested"]
    assert upstream.duplicates >= 1
    assert len(rig.of(Attempted)) == 1, "told once, not at each attempt"


@pytest.mark.parametrize(
    "broken",
    [
        reply(500),
        reply(502, "<html>bad gateway</html>"),
        reply(200, "<html>please log in</html>"),
        Cut(reply(200, '{"ack": {"0": 1}', length=100)),
        reply(200, '{"ack": {"0": "many"}}'),
        None,
    ],
    ids=["500", "502", "login-page", "cut-in-the-body", "nonsense", "hang-up"],
)
def test_an_answer_that_cannot_be_relied_upon(rig: Rig, broken: bytes | None) -> None:
    """The record may have arrived: it is reported as attempted and sent again."""
    with Scripted([broken]) as server:
        rig.start(server.url)
        rig.record("taxi.requested", Lane.LIFE)
        wait_for(lambda: rig.waiting() == 0)
        assert len(server.asked) == 2
        assert server.asked[0].events == server.asked[1].events
        assert [(signal.lane, signal.sequence) for signal in rig.of(Attempted)] == [(0, 1)]


def test_no_answer_in_time(rig: Rig) -> None:
    """A server that keeps silent costs a time-out, and the record counts as attempted."""
    with Scripted([b""]) as server:
        rig.start(server.url, timeout_s=1.0)
        rig.record("taxi.requested", Lane.LIFE)
        wait_for(lambda: rig.waiting() == 0)
        assert len(rig.of(Attempted)) == 1
        assert 0.9 < server.asked[1].at - server.asked[0].at < 2.5


def test_upstream_asks_for_patience(rig: Rig) -> None:
    """429 with Retry-After is obeyed, and is no loss of the link."""
    with Scripted([reply(429, "", "Retry-After: 1")]) as server:
        rig.start(server.url)
        rig.record("bin.full")
        wait_for(lambda: rig.waiting() == 0)
        assert server.asked[1].at - server.asked[0].at >= 1.0
        assert not rig.of(Attempted)
        assert [signal.online for signal in rig.of(LinkChanged)] == [True]


def test_one_bad_record_does_not_block_the_rest(rig: Rig, upstream: Upstream) -> None:
    """A batch refused as a whole is divided until the single offender is found."""
    upstream.refuse_kinds = frozenset({"bin.strange"})
    upstream.mode = "refuse"
    rig.record("bin.full", count=30)
    rig.record("bin.strange")
    rig.record("bin.full", count=30)
    rig.start(upstream.url)
    wait_for(lambda: rig.waiting() == 0)
    assert kinds(upstream) == ["bin.full"] * 30 + ["tombstone"] + ["bin.full"] * 30
    [refused] = rig.of(Refused)
    assert (refused.lane, refused.sequence) == (1, 31)
    assert refused.reason == "bin.strange is not wanted here"
    assert upstream.received[30].data["reason"] == "refused"
    assert upstream.gaps == []


def test_everything_is_refused(rig: Rig, upstream: Upstream) -> None:
    """Each record is reported by itself, and a tombstone takes its place."""
    upstream.mode = "refuse"
    rig.record("bin.full", count=5)
    rig.record("taxi.requested", Lane.LIFE)
    rig.start(upstream.url)
    wait_for(lambda: rig.waiting() == 0)
    assert sorted((r.lane, r.sequence) for r in rig.of(Refused)) == [
        (0, 1),
        *((1, n) for n in range(1, 6)),
    ]
    assert set(kinds(upstream)) == {"tombstone"}


def test_a_record_refused_beside_good_ones(rig: Rig) -> None:
    """Upstream may name single records in a good answer; those behind them go on."""
    verdict = {"ack": {"1": 1}, "refused": [{"lane": 1, "sequence": 2, "reason": "no such bin"}]}
    with Scripted([reply(200, json.dumps(verdict))]) as server:
        rig.record("bin.full", count=3)
        rig.start(server.url)
        wait_for(lambda: rig.waiting() == 0)
        [refused] = rig.of(Refused)
        assert (refused.sequence, refused.reason) == (2, "no such bin")
        types = [event["type"] for event in server.asked[1].events]
        assert types == ["linli.tombstone", "linli.bin.full"]


def test_a_refused_tombstone_blocks_nothing(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """It is left out, the mistake is logged, its own lane and all others go on at once."""
    with Scripted([reply(422, '{"reason": "no"}')] * 2) as server:
        rig.start(server.url)
        rig.record("bin.full")
        wait_for(lambda: len(server.asked) == 2)
        rig.record("bin.emptied")
        rig.record("taxi.requested", Lane.LIFE)
        wait_for(lambda: rig.waiting() == 0)
        types = [event["type"] for asked in server.asked[2:] for event in asked.events]
        assert sorted(types) == ["linli.bin.emptied", "linli.taxi.requested"]
    assert "upstream refuses a tombstone, left out lane=1 sequence=1 reason=no" in caplog.text


def test_a_proxy_that_takes_only_small_batches(rig: Rig) -> None:
    """Its 413 is no verdict: batches shrink, every record arrives, none is refused."""

    def answer(asked: Asked) -> bytes:
        return reply(413, "<html>") if len(asked.events) > 7 else acknowledge(asked)

    with Scripted([answer] * 200) as server:
        rig.record("bin.full", count=60, data={"text": "x" * 200})
        rig.start(server.url)
        wait_for(lambda: rig.waiting() == 0, timeout=20)
    assert rig.of(Refused) == []


def test_what_is_urgent_does_not_wait_for_slow_bulk(rig: Rig) -> None:
    """Upstream takes 3 s for a batch of levels: an order is there in a fraction of that."""
    held = threading.Event()

    def slow(asked: Asked) -> bytes:
        if asked.events[0]["lane"] != 0:
            held.wait(5)
        return acknowledge(asked)

    with Scripted([slow] * 50) as server:
        rig.start(server.url, apart=True)
        rig.record("bin.level", Lane.TELEMETRY, count=300)
        wait_for(lambda: server.asked)
        began = time.monotonic()
        rig.record("taxi.requested", Lane.LIFE)
        wait_for(lambda: [d for d in rig.of(Delivered) if d.lane == 0])
        assert time.monotonic() - began < 2
        assert not [d for d in rig.of(Delivered) if d.lane == 2]
        held.set()
        wait_for(lambda: rig.waiting() == 0)
    assert len({asked.connection for asked in server.asked}) == 2


def test_bulk_keeps_to_its_share_of_the_line(rig: Rig) -> None:
    """At 500 bytes a second 3 batches of levels take their time; a task between them does not."""
    with Scripted() as server:
        rig.record("bin.level", Lane.TELEMETRY, count=300, data={"text": "x" * 40})
        began = time.monotonic()
        rig.start(server.url, bulk_bytes_s=500)
        wait_for(lambda: server.asked)
        rig.record("bin.full")
        wait_for(lambda: [d for d in rig.of(Delivered) if d.lane == 1])
        assert len(server.asked) <= 3
        wait_for(lambda: rig.waiting() == 0, timeout=40)
        sent = sum(len(asked.body) for asked in server.asked[:-1])
        assert time.monotonic() - began >= 0.8 * sent / 500
        assert sent > 1000


def test_a_change_of_the_network_ends_a_pause(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interface is back: nobody waits for the next attempt."""
    monkeypatch.setattr("agent.uplink.link.random.uniform", lambda low, high: high)
    with Scripted([reply(503)] * 8) as server:
        rig.start(server.url)
        rig.record("bin.full")
        wait_for(lambda: len(server.asked) == 4)  # the next attempt would be in 4 s
        began = time.monotonic()

        rig.link.network_changed()  # perhaps before the answer was read: that counts as well
        wait_for(lambda: len(server.asked) == 5, timeout=3)
        assert time.monotonic() - began < 3


def test_the_system_tells_of_the_network(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch is woken by what the operating system says, and ends at once when told to."""
    network.listen().close()  # it can be asked here at all
    system, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    monkeypatch.setattr(network, "listen", lambda: told)
    watch, stop = network.NetworkWatch(rig.link), threading.Event()
    thread = threading.Thread(target=watch.run, args=(rig.emit, stop))
    thread.start()
    with system:
        for change in range(1, 3):
            system.send(b"a route")
            wait_for(lambda change=change: rig.link.recoveries == change)  # type: ignore[misc]
        stop.set()
        watch.wake()
        thread.join(2)
    assert not thread.is_alive()


def test_a_stale_request_is_never_sent(rig: Rig, upstream: Upstream) -> None:
    """Past its deadline a record stays; its lane waits for the tombstone, others do not."""
    upstream.mode = "offline"
    rig.start(upstream.url)
    rig.record("taxi.requested", Lane.LIFE, expires_in=180)
    rig.record("fall.alarm", Lane.LIFE)
    rig.record("bin.full")
    rig.clock.passed = 181
    upstream.mode = "online"
    upstream.wait_for_record("bin.full")
    assert kinds(upstream) == ["bin.full"]
    rig.expire()
    wait_for(lambda: rig.waiting() == 0)
    assert kinds(upstream) == ["bin.full", "tombstone", "fall.alarm"]
    tombstone = upstream.received[1]
    assert tombstone.data["reason"] == "expired"
    assert tombstone.data["kind"] == "taxi.requested"


def test_a_request_from_before_a_reboot_is_never_sent(rig: Rig, upstream: Upstream) -> None:
    """How long the machine was off is unknown, so a deadline counts as passed."""
    rig.record("taxi.requested", Lane.LIFE, expires_in=180)
    rig.record("bin.full")
    rig.clock.boot_id = "another"
    rig.start(upstream.url)
    upstream.wait_for_record("bin.full")
    rig.expire()
    wait_for(lambda: rig.waiting() == 0)
    assert kinds(upstream) == ["bin.full", "tombstone"]


def test_an_evicted_range_is_told(rig: Rig, upstream: Upstream) -> None:
    """What had to give way on a full disk leaves one tombstone, and no gap."""
    rig.record("bin.level", Lane.TELEMETRY, count=100)
    rig.evict(Lane.TELEMETRY)
    rig.evict(Lane.TELEMETRY)
    rig.start(upstream.url)
    wait_for(lambda: rig.waiting() == 0)
    tombstones = [event.data for event in upstream.received if event.kind == "tombstone"]
    assert [(t["first"], t["last"], t["reason"]) for t in tombstones] == [
        (1, 10, "evicted"),
        (11, 19, "evicted"),
    ]
    assert upstream.gaps == []
    assert len(upstream.received) == 83


def test_urgent_records_overtake_a_backlog(rig: Rig, upstream: Upstream) -> None:
    """A fall waits for one batch of telemetry at the most."""
    rig.record("bin.level", Lane.TELEMETRY, count=20_000)
    rig.start(upstream.url)
    wait_for(lambda: upstream.received)
    rig.record("fall.alarm", Lane.LIFE)
    before = len(upstream.received)
    upstream.wait_for_record("fall.alarm")
    assert kinds(upstream).index("fall.alarm") <= before + 2 * 100


def test_less_urgent_lanes_do_not_starve(rig: Rig) -> None:
    """Each batch of urgent records carries a few of every other lane."""
    with Scripted() as server:
        for lane in Lane:
            rig.record("x.y", lane, count=300)
        rig.start(server.url)
        wait_for(lambda: server.asked)
        lanes = [event["lane"] for event in server.asked[0].events]
        assert lanes == [0] * 85 + [1] * 5 + [2] * 5 + [3] * 5


def test_a_large_record_goes_by_itself(rig: Rig) -> None:
    """Batches are limited in bytes; what is larger than the limit still goes, alone."""
    with Scripted() as server:
        rig.record("x.small", Lane.LIFE)
        rig.record("x.large", Lane.BULK, {"blob": "x" * 200_000})
        rig.record("x.medium", Lane.BULK, {"blob": "x" * 30_000}, count=4)
        rig.start(server.url)
        wait_for(lambda: rig.waiting() == 0)
        batches = [[event["type"] for event in asked.events] for asked in server.asked]
        assert batches == [
            ["linli.x.small"],
            ["linli.x.large"],
            ["linli.x.medium"] * 2,
            ["linli.x.medium"] * 2,
        ]


def test_a_hundred_thousand_waiting_records_cost_no_memory(rig: Rig) -> None:
    """The first batch leaves at once and in bounded memory, however long the backlog."""
    rig.record("bin.level", Lane.TELEMETRY)
    with sqlite3.connect(rig.path) as db:
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
            " INSERT INTO records SELECT lane, i, id, kind, subject, data, wall, boot, boot_id,"
            " trusted, expires, fate, reason FROM records, n WHERE lane = 2 AND sequence = 1"
        )
        db.execute("UPDATE lanes SET next = 100001 WHERE lane = 2")
    db.close()
    tracemalloc.start()
    with Scripted() as server:
        began = time.monotonic()
        rig.start(server.url)
        wait_for(lambda: server.asked)
        _, peak = tracemalloc.get_traced_memory()
        took = time.monotonic() - began
        rig.stop()
    # Python 3.11 may crash if it ends while another thread unpacks: CPython issue 128679.
    tracemalloc.stop()
    assert took < 2
    assert peak < 3_000_000
    assert len(server.asked[0].events) == 100


def test_a_new_urgent_record_ends_the_pause(
    rig: Rig, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After failures the uplink waits, but for a taxi it tries again at once."""
    monkeypatch.setattr(link, "_FIRST_PAUSE", 30.0)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    upstream.mode = "offline"
    rig.start(upstream.url)
    rig.record("bin.full")
    wait_for(lambda: rig.of(LinkChanged))
    upstream.mode = "online"
    rig.record("taxi.requested", Lane.LIFE)
    upstream.wait_for_record("taxi.requested", timeout=1)


def test_urgent_records_do_not_make_a_hot_loop(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many urgent records against a failing upstream are not as many attempts."""
    monkeypatch.setattr(link, "_FIRST_PAUSE", 30.0)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    with Scripted([reply(503)] * 1000) as server:
        rig.start(server.url)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            rig.record("fall.alarm", Lane.LIFE)
        assert len(server.asked) <= 7


def test_news_from_the_poll_ends_the_pause(
    rig: Rig, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When commands are heard again, what waits is sent without delay."""
    monkeypatch.setattr(link, "_FIRST_PAUSE", 30.0)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    upstream.mode = "offline"
    rig.start(upstream.url)
    rig.record("bin.full")
    wait_for(lambda: rig.of(LinkChanged))
    upstream.mode = "online"
    rig.link.failed("commands", Unreached("no network"), rig.emit)
    rig.link.worked("commands", rig.emit)
    upstream.wait_for_record("bin.full", timeout=2)


def test_an_upstream_that_mixes_up_its_kiosks(rig: Rig) -> None:
    """What never left does not count as delivered, whatever upstream acknowledges."""
    with Scripted([reply(200, '{"ack": {"0": 900, "1": 900, "7": 1}}')]) as server:
        rig.record("bin.full", count=150)
        rig.start(server.url)
        wait_for(lambda: rig.waiting() == 0)
    told = rig.of(Delivered)
    assert {(d.lane, d.sequence) for d in told if d.unsent} == {(0, 900), (1, 900)}
    assert [(d.lane, d.sequence) for d in told if not d.unsent] == [(1, 100), (1, 150)]


def test_an_upstream_with_a_gap(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """An answer without progress is no reason to hurry, and is logged once."""
    with Scripted([reply(200, '{"ack": {}}')] * 3) as server:
        rig.record("bin.full")
        rig.start(server.url)
        wait_for(lambda: rig.waiting() == 0, timeout=10)
        assert len(server.asked) == 4
    assert caplog.text.count("upstream acknowledges nothing") == 1


def test_a_restarted_uplink_sends_again(rig: Rig) -> None:
    """What was not acknowledged before the daemon died is sent again after it."""
    with Scripted([b""]) as server:
        rig.record("bin.full")
        rig.start(server.url)
        wait_for(lambda: server.asked)
        rig.stop()
        rig.start(server.url)
        wait_for(lambda: rig.waiting() == 0)
        assert server.asked[0].events == server.asked[1].events


def test_a_stop_does_not_wait_for_upstream(rig: Rig) -> None:
    """The uplink ends within a second though upstream keeps silent, and says what is unsure."""
    with Scripted([b""]) as server:
        rig.record("taxi.requested", Lane.LIFE)
        rig.start(server.url, timeout_s=60.0)
        wait_for(lambda: server.asked)
        began = time.monotonic()
        rig.stop()
        assert time.monotonic() - began < 1
        assert len(rig.of(Attempted)) == 1


def test_a_store_that_is_not_there(rig: Rig) -> None:
    """The supervisor is told which file cannot be read."""
    missing = rig.path.with_name("missing.db")
    transport = Https(UpstreamSettings(url="http://127.0.0.1:1"), "k-01")
    uplink = Uplink(missing, transport, rig.link, rig.clock)
    with pytest.raises(DriverUnavailable, match=r"missing\.db"):
        uplink.run(rig.emit, threading.Event())


def test_a_wrong_clock_is_noticed(rig: Rig) -> None:
    """Upstream's Date header tells whether the wall clock is right."""
    with Scripted(
        [
            lambda asked: acknowledge(asked).replace(
                b"\r\n\r\n", b"\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n\r\n", 1
            )
        ]
    ) as server:
        rig.clock.compare(rig.clock.wall())
        assert rig.clock.trusted
        rig.record("bin.full")
        rig.clock.wrong = -50 * 365 * 86400
        rig.start(server.url)
        wait_for(lambda: rig.waiting() == 0)
        assert not rig.clock.trusted


def test_failures_are_logged_once(
    rig: Rig, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning when upstream is lost, one line when it is back."""
    caplog.set_level(logging.INFO)
    upstream.mode = "error"
    rig.start(upstream.url)
    rig.record("fall.alarm", Lane.LIFE)
    wait_for(lambda: len(rig.of(LinkChanged)) == 1)
    upstream.mode = "offline"
    upstream.mode = "online"
    wait_for(lambda: rig.waiting() == 0)
    assert caplog.text.count("upstream fails part=sending") == 1
    assert caplog.text.count("upstream works part=sending") == 1
