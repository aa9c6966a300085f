"""A sub-district's server for one kiosk: real HTTP on the loopback address, and all its moods."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Self, get_args

from agent.core.ids import uuid7
from hw_mocks import words
from hw_mocks.ledger import Event, Ledger
from hw_mocks.upstream_http import Server

Mode = Literal["online", "offline", "slow", "error", "refuse", "drop_replies"]
"""online; offline: nobody listens, open connections are cut; slow: replies late; error: 503;
refuse: 422, for good; drop_replies: does what it is asked, then hangs up without a word."""


class SentCommand(NamedTuple):
    """A command on its way to the kiosk."""

    id: str
    kind: str
    data: Mapping[str, Any]
    expires: float | None
    """On the monotonic clock."""


class Upstream:
    """Keeps what it gets (in memory), sends commands, and can be told to misbehave.

    Use as a context manager, or call `close`.
    """

    def __init__(self, port: int = 0, token: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.refuse_kinds: frozenset[str] | None = None
        """Kinds that mode ``refuse`` refuses; None: all but tombstones."""
        self._ahead = 0.0
        """Seconds by which its clocks were advanced."""
        self.slow_s = 3.0
        """Seconds by which mode ``slow`` replies late."""
        self._token = token
        self._tls = tls
        self._mode: Mode = "online"
        self._switching = threading.Lock()
        self._change = threading.Condition()
        self._ledger = Ledger()
        self._commands: list[SentCommand] = []
        self._fetched = 0
        self._polls = 0
        # A cursor of an earlier life of this server must not acknowledge commands of this one.
        self._life = uuid7()[-8:]
        self._listeners: list[Callable[[Event], None]] = []
        self._closed = False
        self._server: Server | None = self._listen(port)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Base address."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and cut all connections; harmless when repeated."""
        with self._switching:
            self._closed = True
            self._hang_up()

    # -- for the person or scenario that plays with it -------------------------------------

    @property
    def mode(self) -> Mode:
        """How it behaves; takes effect at once, also for a poll that waits."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"no mode {mode!r}; one of {', '.join(get_args(Mode))}")
        with self._switching:
            with self._change:
                self._mode = mode
                self._change.notify_all()
            if mode == "offline":
                self._hang_up()
            elif self._server is None and not self._closed:
                self._server = self._listen(self.port)

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self._ahead += seconds

    def wall(self) -> float:
        """Upstream's time of day, seconds since 1970."""
        return time.time() + self._ahead

    def monotonic(self) -> float:
        """Seconds of a clock that never steps back."""
        return time.monotonic() + self._ahead

    @property
    def received(self) -> list[Event]:
        """Events in the order of arrival, each once."""
        with self._change:
            return list(self._ledger.events)

    @property
    def duplicates(self) -> int:
        """How many events arrived again."""
        return self._ledger.duplicates

    @property
    def gaps(self) -> list[tuple[int, int, int]]:
        """``(lane, first, last)`` of what is missing between events that have arrived."""
        with self._change:
            return self._ledger.gaps()

    def wait_for_record(
        self, kind: str, data: Mapping[str, Any] | None = None, timeout: float = 5.0
    ) -> Event:
        """The first event of *kind* that carries at least *data*, now or within *timeout* s.

        Raises:
            TimeoutError: there was none; names what there was.
        """

        def find() -> Event | None:
            events = self._ledger.events
            return next((e for e in events if e.kind == kind and e.contains(data or {})), None)

        with self._change:
            self._change.wait_for(find, timeout)
            event = find()
            kinds = [event.kind for event in self._ledger.events]
        if event is None:
            raise TimeoutError(f"no {kind} with {dict(data or {})} in {timeout:g} s; got {kinds}")
        return event

    def send_command(
        self, kind: str, data: Mapping[str, Any] | None = None, expires_in: float | None = None
    ) -> str:
        """Tell the kiosk something; returns the command's id.

        Args:
            kind: ``taxi.accepted``, say.
            data: where it lacks the order (or fall) that it is about, the latest is filled in.
            expires_in: seconds for which it is meaningful; None: always.
        """
        content = dict(data or {})
        about = words.about(kind)
        expires = None if expires_in is None else self.monotonic() + expires_in
        with self._change:
            if about is not None and about not in content:
                content[about] = self._latest(about)
            command = SentCommand(uuid7(), kind, content, expires)
            self._commands.append(command)
            self._change.notify_all()
        return command.id

    def repeat_command(self, command_id: str) -> None:
        """Send an earlier command again, under the same id."""
        with self._change:
            self._commands.append(next(c for c in self._commands if c.id == command_id))
            self._change.notify_all()

    def fetched(self, command_id: str) -> bool:
        """True when the kiosk has acknowledged the command."""
        with self._change:
            return any(c.id == command_id for c in self._commands[: self._fetched])

    @property
    def polls(self) -> int:
        """How many polls wait for a command now."""
        return self._polls

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call *listener* with each new event, on the thread that received it."""
        self._listeners.append(listener)

    def report(self, after: int) -> dict[str, Any]:
        """What a person wants to see: records behind the first *after*, commands, troubles."""
        with self._change:
            return {
                "mode": self._mode,
                "records": [_plain(event) for event in self._ledger.events[after:]],
                "commands": [
                    {"id": c.id, "kind": c.kind, "data": c.data, "fetched": n < self._fetched}
                    for n, c in enumerate(self._commands)
                ],
                "duplicates": self._ledger.duplicates,
                "gaps": self._ledger.gaps(),
                "missing_before": [
                    (stream[2], first) for stream, first in self._ledger.missing_before.items()
                ],
            }

    # -- for the HTTP side -----------------------------------------------------------------

    def welcomes(self, authorization: str) -> bool:
        """Whether the header ``Authorization`` carries the token, if one is wanted."""
        return not self._token or authorization == f"Bearer {self._token}"

    def refuses(self, events: list[Event]) -> str:
        """Why this batch is refused for good; empty when it is not."""
        if self._mode != "refuse":
            return ""
        for event in events:
            if event.kind != "tombstone" and (
                self.refuse_kinds is None or event.kind in self.refuse_kinds
            ):
                return f"{event.kind} is not wanted here"
        return ""

    def take(self, events: list[Event]) -> dict[str, dict[str, Any]]:
        """Keep *events*, tell listeners of the new ones, and return how far each lane is, with
        the chain there."""
        with self._change:
            fresh = [event for event in events if self._ledger.add(event)]
            ack: dict[str, int] = {}
            chain: dict[str, str] = {}
            for source, epoch in {(event.source, event.epoch) for event in events}:
                ack |= self._ledger.acknowledged(source, epoch)
                chain |= self._ledger.chains(source, epoch)
            self._change.notify_all()
        for event in fresh:
            for listener in self._listeners:
                listener(event)
        return {"ack": ack, "chain": chain}

    def linger(self) -> None:
        """Wait as mode ``slow`` does, until the mode changes."""
        with self._change:
            self._change.wait_for(lambda: self._mode != "slow" or self._closed, self.slow_s)

    def await_commands(self, after: str, wait: float) -> dict[str, Any]:
        """Commands behind cursor *after*, as soon as there are any or after *wait* seconds."""
        with self._change:
            mode = self._mode
            life, _, number = after.partition("-")
            if life == self._life and number.isdigit():
                self._fetched = max(self._fetched, min(int(number), len(self._commands)))
            begin = self._fetched
            self._polls += 1
            self._change.wait_for(
                lambda: len(self._commands) > begin or self._mode != mode or self._closed, wait
            )
            self._polls -= 1
            return {
                "cursor": f"{self._life}-{len(self._commands)}",
                "commands": [self._on_the_wire(command) for command in self._commands[begin:]],
            }

    # -- inside ----------------------------------------------------------------------------

    def _on_the_wire(self, command: SentCommand) -> dict[str, Any]:
        content: dict[str, Any] = {"id": command.id, "kind": command.kind, "data": command.data}
        if command.expires is not None:
            content["expires_in"] = round(command.expires - self.monotonic(), 3)
        return content

    def _latest(self, about: str) -> Any:
        for event in reversed(self._ledger.events):
            if about in event.data:
                return event.data[about]
        return ""

    def _listen(self, port: int) -> Server:
        server = Server(port, self, self._tls)
        threading.Thread(
            target=server.serve_forever, args=(0.1,), name="upstream", daemon=True
        ).start()
        return server

    def _hang_up(self) -> None:
        with self._change:
            self._change.notify_all()
        if self._server is not None:
            self._server.hang_up()
            self._server = None


def _plain(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}
