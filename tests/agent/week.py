"""A week of a whole kiosk but for its hardware: services, dialogue, kernel and store, quickly.

A plan says at which hour which signal comes. Time is moved from one moment at which something is
due to the next, on one thread. *Troubles* are put into the same plan: the daemon is killed, the
machine is switched off for some minutes, upstream cannot be reached, the clock is wrong. What
upstream has in the end must be the same.
"""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent.app import _furniture, _services
from agent.configuration import Configuration
from agent.contract.orders import Order
from agent.contract.signals import Charging, Contact, Measured, Presence, Signal
from agent.core.clock import Clock
from agent.core.inbox import Inbox
from agent.core.kernel import Kernel
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
from agent.dialogue.conversation import Conversation
from agent.dialogue.dialogue import Dialogue
from agent.dialogue.grammar import Grammar
from agent.dialogue.snapshot import Snapshot
from agent.dialogue.stage import Stage
from agent.messages import Action, Command, Delivered, LinkChanged
from agent.services.packs.format import Pack
from kiosk_ui.phrases import Catalogue
from tests.agent.journal import READER

MONDAY = 1_767_542_400.0
"""0:00 of a Monday in Shanghai."""
HOUR, WEEK_H = 3600.0, 7 * 24.0
"""Seconds of an hour, hours of a week."""
_STANDING = (Contact, Presence, Charging)
"""What devices tell again when the daemon starts: how things are."""
_BEAT_S = 1200.0
"""Mere looks around come so seldom."""
_EARLY_H = 0.25
"""It ends so long before midnight: what comes with the last stroke is not counted."""
_SHORTEST_S = 1e-6
"""Less is lost in the sum of a week."""
_WORDS = Catalogue()


class Told(NamedTuple):
    """A command of upstream; its data from what upstream has heard so far."""

    kind: str
    data: Callable[[Week], Mapping[str, Any]]


class Touched(NamedTuple):
    """What a resident chooses, by the id of the choice."""

    action: str


Step = Signal | Told | Touched
Plan = Sequence[tuple[float, Step]]
"""Hours since Monday 0:00, and what happens then."""


class Meter(NamedTuple):
    """A device that measures."""

    reading: Measured
    """One without a value."""
    minutes: float
    """Between two of them."""
    value: Callable[[float], float | None]
    """At an hour of the week; None: it is silent."""


class Trouble(NamedTuple):
    """Something goes wrong."""

    hour: float
    what: str
    """``kill``, ``off``, ``offline``, ``online``, ``wrong``, ``right``, ``step``, ``back``."""


class Event(NamedTuple):
    """What upstream has got."""

    kind: str
    subject: str
    data: dict[str, Any]


class _Hand(Clock):
    """Time that the week moves."""

    def __init__(self, week: Week) -> None:
        super().__init__()
        self._week = week
        self.passed = 0.0
        """Seconds since Monday 0:00."""
        self.began = -10_000.0
        """Of this boot."""
        self.boot_id = "boot-0"
        self.right, self.ahead = True, 0.0

    def boot(self) -> float:
        return self.passed - self.began

    def wall(self) -> float:
        return MONDAY + self.passed + self.ahead if self.right else self.boot()

    @property
    def trusted(self) -> bool:
        return self.right

    def wait_for(
        self,
        condition: threading.Condition,
        holds: Callable[[], bool],
        due: float | None = None,
        beat: float | None = None,
    ) -> bool:
        return holds() or self._week.move(_BEAT_S if due is None else min(due, _BEAT_S))


class Week:
    """Plays one plan."""

    def __init__(
        self,
        configuration: Configuration,
        plan: Plan,
        meters: Sequence[Meter] = (),
        troubles: Sequence[Trouble] = (),
        packs: Mapping[str, Pack] | None = None,
        weeks: int = 1,
    ) -> None:
        self.received: list[Event] = []
        self._configuration = configuration
        self._packs = packs or {}
        self._clock = _Hand(self)
        self._agenda: list[tuple[float, int, object]] = []
        self._count = 0
        for hour, step in plan:
            self._put(hour * HOUR, step)
        for meter in meters:
            self._put(0.0, meter)
        for trouble in troubles:
            self._put(trouble.hour * HOUR, trouble)
        self._put((weeks * WEEK_H - _EARLY_H) * HOUR, None)
        self._standing: dict[tuple[str, type[Signal]], Signal] = {}
        self._online, self._sent = True, dict.fromkeys(range(4), 0)
        self._news = self._over = False
        self.refused: list[str] = []
        """What was touched and not offered."""

    def latest(self, kind: str) -> Mapping[str, Any]:
        """Data of the newest record of this kind that upstream has."""
        return next(event.data for event in reversed(self.received) if event.kind == kind)

    def play(self) -> list[Event]:
        """All that upstream has got in the end."""
        with tempfile.TemporaryDirectory(dir=_memory()) as folder:
            while not self._over:
                self._live(Path(folder))
            self._pump(Path(folder))
        return self.received

    # -- a life of the daemon --------------------------------------------------------------

    def _live(self, folder: Path) -> None:
        self._path = folder / "linli.db"
        self._inbox = Inbox(self._clock)
        store = open_store(self._path, self._clock).store
        furniture = _furniture(self._configuration, _WORDS, self._packs)
        settings = self._configuration.settings
        assert settings is not None
        stage = Stage(
            _WORDS,
            place=furniture.place,
            language=settings.kiosk.language,
            home=furniture.home,
            phones=furniture.phones,
        )
        dialogue = Dialogue(
            stage,
            Conversation(_WORDS, Grammar(_WORDS), furniture.speech, ""),
            idle_s=furniture.idle_s,
            microphone="",
        )
        services = _services(self._configuration, self._packs, _WORDS)
        kernel = Kernel(services, dialogue, store, self._inbox, self._clock, self, folder)
        self._stop = threading.Event()
        self._news = True
        kernel.run(self._stop, self._ready)
        store.close()

    def _ready(self) -> None:
        self._inbox.put(LinkChanged(source="uplink", online=self._online))
        for signal in self._standing.values():
            self._inbox.put(signal)

    def move(self, seconds: float) -> bool:
        """The kernel waits: let time pass until something happens, *seconds* at the most."""
        if self._news and self._online and self._pump(self._path.parent):
            return True
        clock = self._clock
        at, _, step = self._agenda[0]
        if at > clock.passed + seconds:
            clock.passed += max(seconds, _SHORTEST_S)
            return False
        heappop(self._agenda)
        clock.passed = max(clock.passed, at)
        self._take(step)
        return True

    def _take(self, step: object) -> None:
        match step:
            case None:
                self._over = True
                self._end()
            case Trouble():
                self._suffer(step.what)
            case Told(kind=kind, data=data):
                self._count += 1
                read = READER.read(kind, data(self))
                self._inbox.put(Command(source="upstream", command_id=f"c{self._count}", data=read))
            case Touched(action=action):
                if action not in self._offered:
                    self.refused.append(action)
                self._inbox.put(Action(source="page", action=action))
            case Signal():
                if isinstance(step, _STANDING):
                    self._standing[step.source, type(step)] = step
                self._inbox.put(step)
            case Meter(reading, minutes, value):
                now = self._clock.passed
                measured = value(now / HOUR)
                if measured is not None:
                    told = msgspec.structs.replace(reading, value=measured, missing="")
                    self._inbox.put(told)
                self._put(now + minutes * 60, step)
            case _:
                raise TypeError(f"{step!r} is no step")

    def _suffer(self, what: str) -> None:
        clock = self._clock
        match what:
            case "kill":
                self._end()
            case "off":  # ten minutes later it has booted anew
                self._end()
                clock.passed += 600
                clock.began = clock.passed - 30
                clock.boot_id = f"boot-{clock.began:.0f}"
            case "offline" | "online":
                self._online = what == "online"
                self._news = True
                self._inbox.put(LinkChanged(source="uplink", online=self._online))
            case "wrong" | "right":
                clock.right = what == "right"
            case "step" | "back":
                clock.ahead = 90.0 if what == "step" else 0.0

    def _end(self) -> None:
        self._stop.set()
        self._inbox.wake()

    def _put(self, at: float, step: object) -> None:
        self._count += 1
        heappush(self._agenda, (at, self._count, step))

    # -- upstream --------------------------------------------------------------------------

    def _pump(self, folder: Path) -> bool:
        """Take what waits, and acknowledge it."""
        self._news, found = False, False
        outbox = Outbox(folder / "linli.db")
        for lane in range(4):
            for record in outbox.pending(lane, self._sent[lane], 1000):
                self._sent[lane] = record.last
                found = True
                if record.fate is None:
                    data = msgspec.json.decode(record.data)
                    self.received.append(Event(record.kind, record.subject, data))
                self._inbox.put(Delivered(source="uplink", lane=lane, sequence=record.last))
        outbox.close()
        return found

    # -- the kernel's outside --------------------------------------------------------------

    def drive(self, device: str, order: Order) -> None:
        """Nothing is driven."""

    def show(self, snapshot: Snapshot) -> None:
        """What may be chosen now."""
        self._offered = [item.action for item in (*snapshot.items, *snapshot.bar)]

    def tell(self, role: str, order: Order) -> None:
        """Nobody hears."""

    def send(self) -> None:
        """Records wait."""
        self._news = True

    def alive(self) -> None:
        """It lives."""

    _offered: Sequence[str] = ()


def _memory() -> str | None:
    """A folder that needs no syncs, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def troubles(seed: int, plan: Plan, weeks: int = 1) -> list[Trouble]:
    """Three kills, two times without power, a night and a day without network, a clock that is
    wrong and one that steps: at moments by *seed*, none in the middle of what people do.

    A command comes when there is a network, a resident does not go on after a restart where they
    were, and what happens while the machine is off is not seen: nothing of that is put there.
    """
    chance, end = random.Random(seed), weeks * WEEK_H
    busy = sorted({0.0, end, *(hour for hour, _ in plan)})
    people = sorted({0.0, end, *(h for h, step in plan if not isinstance(step, Signal))})
    found = [Trouble(_moment(chance, busy, 0.03), "kill") for _ in range(3)]
    for _ in range(2):
        hour = _moment(chance, busy, 0.5)
        found.append(Trouble(hour, "off"))
        if chance.random() < 0.5:  # no time server for a while
            found += [Trouble(hour - 0.01, "wrong"), Trouble(hour + 0.3, "right")]
    for begins, ends in (
        ("offline", "online"), ("offline", "online"), ("wrong", "right"), ("step", "back")
    ):  # fmt: skip
        start, until = _gap(chance, people)
        found += [Trouble(start, begins), Trouble(until, ends)]
    return found


def _moment(chance: random.Random, busy: Sequence[float], room: float) -> float:
    """Somewhere between two events, *room* hours away from both."""
    gaps = [(a + room, b - room) for a, b in pairwise(busy) if b - a > 2 * room]
    return chance.uniform(*chance.choice(gaps))


def _gap(chance: random.Random, people: Sequence[float]) -> tuple[float, float]:
    """A time in which nobody does anything: up to half a day."""
    gaps = [(a + 0.1, b - 0.1) for a, b in pairwise(people) if b - a > 1]
    start, end = chance.choice(gaps)
    begun = chance.uniform(start, max(start, end - 0.5))
    return begun, min(end, begun + chance.uniform(0.5, 12))


Said = tuple[str, dict[str, Any]]
"""Kind and data of a record, without what names a single week."""


def told(events: Sequence[Event], kinds: Sequence[str]) -> list[Said]:
    """What *events* say of these *kinds*, one kind after the other, for lanes overtake each other;
    without what names a single week, and the same state of a thing told twice in a row once."""
    found: list[Said] = []
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, data in _without_names(events):
        if not kind.startswith(tuple(kinds)) or kind in _SAMPLES:
            continue
        thing = next((str(data[key]) for key in _THINGS if key in data), "")
        if kind in _STATES and last.get((kind, thing)) == data:
            continue
        last[kind, thing] = data
        found.append((kind, data))
    return sorted(found, key=lambda said: said[0])


_THINGS = ("pile", "room")
_STATES = ("pile.changed", "room.changed")
_SAMPLES = ("bin.level", "reading.value")
"""Which values are told depends on the very moment of a reading."""
_NAMES = (
    "task",
    "case",
    "visit",
    "order",
    "fall",
    "help",
    "id",
    "form",
    "code",
    "percent",
    "value",
)


def _without_names(events: Sequence[Event]) -> Iterator[Said]:
    for event in events:
        data = {key: value for key, value in event.data.items() if key not in _NAMES}
        yield event.kind, data
