"""Hearing what upstream has to say, by long polling."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from typing import ClassVar

from agent.contract.driver import Emit
from agent.core.clock import Clock
from agent.messages import Command, CommandRejected
from agent.records import CommandReader, Rejected
from agent.uplink.link import Backoff, Link
from agent.uplink.transport import Failure, Transport
from agent.uplink.wire import RawCommand, decode_command, named

log = logging.getLogger(__name__)

_WAIT = 25.0
"""Seconds for which upstream may keep a poll open: below the time-out of usual proxies."""

_SETTLE = 0.5
"""Seconds between looks at *stop* while the kernel commits."""

_LONGEST_PAUSE = 5.0
"""Seconds between attempts: a car that arrives is no use to know half a minute late."""

_LONGEST_RETRY_AFTER = 60.0
"""Seconds for which upstream's wish to be left alone is followed."""

_LOOK = 0.25
"""Seconds between looks for news from sending, which end a pause."""

_QUICK = 1.0
"""Seconds that a poll without news takes at least: an upstream that ignores `wait` must not
keep the kiosk busy."""

_RATE, _BURST = 50.0, 1_000.0
"""Commands a second that are taken for long, and at once: with more, upstream has to wait, and
neither the store nor the journal fills up. A whole estate after an outage has a hundredth."""


class CommandPoll:
    """Emits each command of upstream, at least once; the kernel knows repetitions by their id.

    What is no command is emitted too, as `CommandRejected`, and what stands behind it is read.
    """

    name = "commands"
    isolated: ClassVar[bool] = False

    def __init__(
        self,
        transport: Transport,
        reader: CommandReader,
        link: Link,
        clock: Clock,
        settle: Callable[[float], bool],
    ) -> None:
        """Args:
        reader: knows the kinds of commands.
        settle: waits so many seconds until all that was emitted is committed; False: not yet.
        """
        self._transport = transport
        self._reader = reader
        self._link = link
        self._clock = clock
        self._settle = settle

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Poll until *stop* is set."""
        backoff = Backoff()
        cursor, wait = "", 0.0
        allowed, asked = _BURST, self._clock.boot()
        while not stop.is_set():
            before, asked = asked, self._clock.boot()
            allowed = min(_BURST, allowed + _RATE * (asked - before))
            recoveries = self._link.recoveries  # news from here on ends the pause after it
            try:
                answer = self._transport.poll(cursor, wait, stop)
            except Failure as failure:
                wait = 0.0  # the first answer after an outage is news by itself
                if not stop.is_set():
                    self._link.failed("commands", failure, emit)
                    retry_after = min(failure.retry_after, _LONGEST_RETRY_AFTER)
                    self._pause(backoff.pause(_LONGEST_PAUSE, retry_after), recoveries, stop)
                continue
            self._link.worked("commands", emit)
            backoff.reset()
            first, wait = wait == 0.0, _WAIT
            if answer.wall is not None:
                self._clock.compare(answer.wall)
            for raw in answer.content.commands:
                emit(self.read(raw))
            # The next poll acknowledges: upstream forgets them, so they must be on the disk.
            while answer.content.commands and not self._settle(_SETTLE):
                if stop.is_set():
                    return
            repeated = answer.content.cursor == cursor
            if repeated if answer.content.commands else not first:
                self._clock.wait(stop, beat=max(0.0, _QUICK - (self._clock.boot() - asked)))
            cursor = answer.content.cursor
            allowed -= len(answer.content.commands)
            if allowed < 0:
                log.warning("upstream sends more than is taken commands=%d", -allowed)
                self._clock.wait(stop, beat=-allowed / _RATE)

    def read(self, raw: RawCommand) -> Command | CommandRejected:
        """The command in *raw*, or what is to be said about it."""
        command_id, kind = "", ""
        mark = f"rejected/{hashlib.sha256(raw.body).hexdigest()}"
        try:
            incoming = decode_command(raw.body)
            command_id, kind = incoming.id, incoming.kind
            data = self._reader.read(kind, incoming.data or {})
            left = [s for s in (raw.expires_in, incoming.expires_in) if s is not None]
            if left and min(left) <= 0:
                mark = f"late/{command_id}"  # what it says of its time changes with each repetition
                raise Rejected("expires_in", "came after its time")
        except Rejected as rejected:
            if not command_id:
                command_id, kind = named(raw.body)
            return CommandRejected(
                source="upstream",
                command_id=command_id,
                mark=mark,
                kind=kind,
                place=rejected.place,
                reason=rejected.reason,
            )
        deadline = self._clock.boot() + min(left) if left else None
        return Command(source="upstream", command_id=command_id, data=data, deadline=deadline)

    def _pause(self, seconds: float, recoveries: int, stop: threading.Event) -> None:
        until = self._clock.boot() + seconds
        while self._link.recoveries == recoveries and (left := until - self._clock.boot()) > 0:
            if self._clock.wait(stop, beat=min(_LOOK, left)):
                return
