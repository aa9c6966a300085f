"""Commands from upstream: at least once, forgotten there only when they are safe here."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from agent.contract.signals import Signal
from agent.messages import Command, CommandRejected, LinkChanged
from agent.services.taxi.messages import Accepted
from agent.settings import UpstreamSettings
from agent.uplink.commands import CommandPoll
from agent.uplink.https import Https
from agent.uplink.link import Link
from hw_mocks.upstream import Upstream
from tests.agent.journal import READER
from tests.agent.uplink.malformed import MALFORMED
from tests.agent.uplink.rig import TestClock
from tests.agent.uplink.scripted import Scripted, reply
from tests.waiting import wait_for


class Poll:
    """A poll on a thread, and a kernel that commits when told to."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.commits = threading.Event()
        self.commits.set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, url: str) -> None:
        transport = Https(UpstreamSettings(url=url), "k-01")
        poll = CommandPoll(transport, READER, Link(), TestClock(), self.commits.wait)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=poll.run, args=(self.signals.append, self._stop))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
            assert not self._thread.is_alive()

    @property
    def commands(self) -> list[Command]:
        return [signal for signal in self.signals if isinstance(signal, Command)]

    @property
    def rejected(self) -> list[CommandRejected]:
        return [signal for signal in self.signals if isinstance(signal, CommandRejected)]


@pytest.fixture
def poll() -> Iterator[Poll]:
    """A poll that is not started yet."""
    running = Poll()
    yield running
    running.stop()


def test_commands_arrive_at_once_and_in_order(poll: Poll, upstream: Upstream) -> None:
    """A command interrupts the long poll, carries its data, and is acknowledged."""
    poll.start(upstream.url)
    wait_for(lambda: upstream.polls)
    first = upstream.send_command("taxi.accepted", {"order": "a", "plate": "沪A·D2057"})
    wait_for(lambda: upstream.fetched(first), timeout=1)
    second = upstream.send_command("taxi.arrived", {"order": "a"})
    wait_for(lambda: upstream.fetched(second), timeout=1)
    assert [command.command_id for command in poll.commands] == [first, second]
    assert poll.commands[0].kind == "taxi.accepted"
    assert poll.commands[0].data == Accepted(order="a", plate="沪A·D2057")


def test_a_command_is_acknowledged_only_when_it_is_committed(
    poll: Poll, upstream: Upstream
) -> None:
    """A kill between hearing and committing only makes upstream say it again."""
    poll.commits.clear()
    poll.start(upstream.url)
    command = upstream.send_command("taxi.arrived", {"order": "a"})
    wait_for(lambda: poll.commands)
    poll.stop()
    assert not upstream.fetched(command)
    poll.commits.set()
    poll.start(upstream.url)
    wait_for(lambda: upstream.fetched(command))
    assert [heard.command_id for heard in poll.commands] == [command, command]


def test_a_command_that_came_too_late_is_dropped(poll: Poll, upstream: Upstream) -> None:
    """What has expired on arrival is acknowledged and not obeyed; upstream learns of that."""
    late = upstream.send_command("taxi.accepted", {"order": "a"}, expires_in=0)
    good = upstream.send_command("taxi.arrived", {"order": "a"}, expires_in=60)
    poll.start(upstream.url)
    wait_for(lambda: upstream.fetched(good))
    assert upstream.fetched(late)
    assert [command.command_id for command in poll.commands] == [good]
    assert poll.commands[0].deadline is not None
    [rejected] = poll.rejected
    assert (rejected.command_id, rejected.place) == (late, "expires_in")


def test_a_lost_answer_is_repeated(poll: Poll, upstream: Upstream) -> None:
    """When the reply to a poll is lost, nothing counts as acknowledged."""
    upstream.mode = "drop_replies"
    command = upstream.send_command("taxi.arrived", {"order": "a"})
    poll.start(upstream.url)
    wait_for(lambda: poll.signals)
    assert not upstream.fetched(command)
    upstream.mode = "online"
    wait_for(lambda: upstream.fetched(command))
    assert len(poll.commands) == 1


def test_commands_given_while_the_network_was_gone(poll: Poll, upstream: Upstream) -> None:
    """A poll that is cut is noticed at once; what was said meanwhile is heard afterwards."""
    poll.start(upstream.url)
    wait_for(lambda: upstream.polls)
    upstream.mode = "offline"
    wait_for(lambda: LinkChanged(source="uplink", online=False) in poll.signals)
    upstream.send_command("taxi.arrived", {"order": "a"})
    upstream.mode = "online"
    wait_for(lambda: poll.commands)
    changes = [signal.online for signal in poll.signals if isinstance(signal, LinkChanged)]
    assert changes == [True, False, True]


def test_an_upstream_that_starts_anew(poll: Poll, upstream: Upstream) -> None:
    """A cursor of its earlier life acknowledges nothing of its new one."""
    poll.start(upstream.url)
    first = upstream.send_command("taxi.accepted", {"order": "a"})
    wait_for(lambda: upstream.fetched(first))
    upstream.close()
    with Upstream(port=upstream.port) as anew:
        second = anew.send_command("taxi.arrived", {"order": "a"})
        wait_for(lambda: anew.fetched(second), timeout=10)
    assert [command.command_id for command in poll.commands] == [first, second]


def test_the_first_poll_returns_at_once(poll: Poll) -> None:
    """At the start and after an outage nobody waits 25 s to learn that upstream is there; a poll
    that has an answer is followed by one that waits."""
    empty = reply(200, '{"cursor": "c", "commands": []}')
    with Scripted([empty, empty, reply(503), empty]) as server:
        poll.start(server.url)
        wait_for(lambda: len(server.asked) >= 5, timeout=10)
        poll.stop()
    waits = [re.search(r"wait=(\d+)", asked.head) for asked in server.asked]
    assert [found and found[1] for found in waits[:5]] == ["0", "25", "25", "0", "25"]


@pytest.mark.parametrize("bad", MALFORMED)
def test_a_malformed_command_condemns_no_other(poll: Poll, bad: bytes) -> None:
    """It is answered with place and reason; the good one behind it works, and the poll goes on."""
    good = b'{"id": "good", "kind": "taxi.arrived", "data": {"order": "a"}}'
    body = b'{"cursor": "c-7", "commands": [' + bad + b", " + good + b"]}"
    with Scripted([reply(200, body)]) as server:
        poll.start(server.url)
        wait_for(lambda: len(server.asked) > 1)
        poll.stop()
    assert [command.command_id for command in poll.commands] == ["good"]
    [rejected] = poll.rejected
    assert rejected.reason and len(rejected.reason) <= 200
    assert "after=c-7" in server.asked[1].head


def test_a_cursor_that_is_too_long_is_not_sent_back(poll: Poll) -> None:
    """What came with it is heard; the next poll begins anew rather than with a long address."""
    command = {"id": "good", "kind": "taxi.arrived", "data": {"order": "a"}}
    body = json.dumps({"cursor": "x" * 20_000, "commands": [command]})
    with Scripted([reply(200, body)]) as server:
        poll.start(server.url)
        wait_for(lambda: len(server.asked) > 1)
        poll.stop()
    assert len(poll.commands) == 1
    assert "after=&" in server.asked[1].head


@pytest.mark.parametrize("body", ['{"cursor": ""}', '{"cursor": "N", "commands": []}', "[]"])
def test_an_upstream_that_does_not_wait(poll: Poll, body: str) -> None:
    """Immediate empty or senseless answers do not become a busy loop."""
    with Scripted([reply(200, body.replace("N", str(n))) for n in range(100)]) as server:
        poll.start(server.url)
        until = time.monotonic() + 1
        wait_for(lambda: time.monotonic() > until)
        assert 1 <= len(server.asked) < 10
        poll.stop()


def _flood(number: int, commands: list[dict[str, str]]) -> str:
    return msgspec.json.encode({"cursor": f"c{number}", "commands": commands}).decode()


def test_an_upstream_that_floods_has_to_wait(poll: Poll) -> None:
    """A thousand commands at once are taken; with more it waits, and nothing is lost."""
    replies = [
        reply(200, _flood(n, [{"id": f"{n}-{m}", "kind": "no.such"} for m in range(700)]))
        for n in range(9)
    ]
    with Scripted(replies) as server:
        poll.start(server.url)
        wait_for(lambda: len(poll.rejected) == 1400)
        until = time.monotonic() + 1
        wait_for(lambda: time.monotonic() > until)
        assert len(server.asked) == 2
        poll.stop()


def test_a_stop_ends_a_long_poll(poll: Poll, upstream: Upstream) -> None:
    """The driver ends within a second, though upstream would answer in 25 s."""
    poll.start(upstream.url)
    wait_for(lambda: upstream.polls)
    began = time.monotonic()
    poll.stop()
    assert time.monotonic() - began < 1
