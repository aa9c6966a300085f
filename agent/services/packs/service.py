"""Packs: one service for all content, forms, bookings and votes of the district.

It keeps the way back, the memory beyond a visit, and what is read aloud; what stands on a page and
where a choice leads is the matter of each kind of item. A set of packs is replaced whole: who reads
then keeps what they read until they leave it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from agent.contract.signals import (
    DeviceBack,
    Listening,
    PersonDown,
    Printed,
    Signal,
    Spoken,
)
from agent.effects import Effect, Hide, Record, Remind, Say, Show, Slip, Urgency
from agent.messages import (
    Action,
    Command,
    DeviceDown,
    Due,
    HeardAlone,
    LanguageChanged,
    LinkChanged,
    PacksRefusal,
    PacksReplaced,
    RecordDelivered,
    RecordUndelivered,
    ResidentKnown,
    Started,
    VisitOver,
)
from agent.services.packs.finding import (
    READING,
    Found,
    Shelved,
    everything,
    find_scene,
    pack_scene,
    services_scene,
)
from agent.services.packs.following import CARDED, follow_choice, follow_scene, found, told
from agent.services.packs.format import Item, Pack, in_language
from agent.services.packs.hearing import heard
from agent.services.packs.kinds.programme import ProgrammeItem, Programmes
from agent.services.packs.messages import (
    BookingCancelled,
    BookingFound,
    FormFound,
    PacksRefused,
    PacksTaken,
    PollCounted,
)
from agent.services.packs.page import Held, Here, Memory, Page, Scene, Tally, Turn
from agent.services.packs.reading import USUAL
from agent.services.packs.registry import KINDS, kind_of

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_RESUME = 2.0
"""Seconds of quiet after which a sentence that was cut off is said again."""
_REPORT = 3600.0
"""Seconds for which votes are gathered: one alone would tell who gave it."""
_HELD = 200
"""Forms and bookings of which more is to be heard; the oldest is forgotten first."""
_DEEPEST = 40
"""Pages on the way back."""


class PacksState(msgspec.Struct, frozen=True):
    """Where somebody is, and what is remembered."""

    trail: tuple[Page, ...] = ()
    """The way back; the last is shown."""
    visit: tuple[str, ...] = ()
    """What this visitor has done that counts once per visit."""
    memory: Memory = Memory()
    language: str = "zh-CN"
    pace: int = USUAL
    mute: bool = False
    """There is no loudspeaker."""
    online: bool = True
    wall: float | None = None
    """Seconds since the epoch when somebody last did something; None: not to be trusted."""
    needs: tuple[str, ...] = ()
    """Of whoever is here, as far as they have shown them."""
    silent: bool = False
    """Nothing is spoken to whoever is here."""
    prints: bool = False
    """There is a printer, and nothing is known to be wrong with it."""
    printing: str = ""
    """Id of the slip that was asked for last, until it lies ready."""
    reminders: tuple[str, ...] = ()
    """What they want to be told of while they are here: ``broadcast/pack/item/id``."""
    mark: str = ""
    """By which they may have followed what they send; empty: they have shown no card."""
    carded: tuple[Held, ...] = ()
    """What upstream says was sent with their card."""
    alone: bool = False
    """A headset is in: nobody else hears what is spoken."""


class Packs:
    """Services → pack → item → its pages, and back."""

    name: ClassVar[str] = "packs"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Action,
        Command,
        Due,
        LanguageChanged,
        LinkChanged,
        PacksReplaced,
        PacksRefusal,
        RecordDelivered,
        RecordUndelivered,
        ResidentKnown,
        HeardAlone,
        VisitOver,
        Spoken,
        Listening,
        PersonDown,
        DeviceDown,
        DeviceBack,
        Printed,
    )

    def __init__(
        self, packs: Mapping[str, Pack], kiosk: str, speaker: str, printer: str = ""
    ) -> None:
        """Serve a set of packs.

        Args:
            packs: by id.
            kiosk: its id.
            speaker: name of the loudspeaker; empty: there is none.
            printer: name of the slip printer; empty: there is none.
        """
        self._kiosk = kiosk
        self._printer = printer
        self._speaker = speaker
        self._next: Mapping[str, Pack] | None = None
        self._stock(packs)

    def _stock(self, packs: Mapping[str, Pack]) -> None:
        self._packs = dict(packs)
        self._shelved: dict[str, dict[str, Shelved]] = {}
        self._found: dict[str, tuple[Found, ...]] = {}

    def initial(self) -> PacksState:
        """Nobody is here."""
        return PacksState(mute=not self._speaker)

    def durable(self, state: PacksState) -> PacksState:
        """What was begun goes on after a restart, until the visit ends; a card is shown again."""
        return replace(_unknown(state), alone=False)

    def step(self, state: PacksState, signal: Signal) -> tuple[PacksState, list[Effect]]:
        """Answer one signal. What does not fit the page changes nothing."""
        match signal:
            case Started(wall=wall):
                state = replace(state, wall=wall, prints=bool(self._printer), printing="")
                return self._voice(state, mute=not self._speaker)
            case Action():
                state = replace(state, language=signal.language or state.language, wall=signal.wall)
                return self._action(state, signal)
            case LanguageChanged(language=language):
                state = replace(state, language=language)
                return state, [self._show(state)] if state.trail else []
            case LinkChanged(online=online):
                return replace(state, online=online), []
            case ResidentKnown(needs=needs, silent=silent, mark=mark):
                return self._known(replace(state, needs=needs, silent=silent, mark=mark))
            case HeardAlone(on=on):
                return self._known(replace(state, alone=on)) if on != state.alone else (state, [])
            case VisitOver():
                state, shown = self._known(_unknown(state))
                forget: list[Effect] = [Remind(name, None) for name in state.reminders]
                return replace(state, reminders=()), [*forget, *shown]
            case Due(name=name) if name in state.reminders:
                left = tuple(one for one in state.reminders if one != name)
                return replace(state, reminders=left), self._reminder(name)
            case PacksReplaced(packs=packs, versions=versions):
                own = {id: pack for id, pack in self._packs.items() if id == READING}
                self._next = {**packs, **own}
                taken = PacksTaken(versions=dict(versions))
                return self._restock(state), [Record(taken)]
            case PacksRefusal(reason=reason):
                return state, [Record(PacksRefused(reason=reason))]
            case Command():
                return self._command(state, signal)
            case RecordDelivered(kind="form.sent" | "booking.requested", subject=subject):
                return self._hear(state, subject, "sent", "")
            case RecordUndelivered(
                kind="form.sent" | "booking.requested", subject=subject, refused=refused
            ) if refused:
                return self._hear(state, subject, "refused", "")
            case Due(name="report"):
                return self._report(state)
            case DeviceDown(source=source) if source == self._printer and state.prints:
                return self._known(replace(state, prints=False, printing=""))
            case DeviceBack(source=source) if source == self._printer and not state.prints:
                return self._known(replace(state, prints=bool(self._printer)))
            case Printed(job=state.printing) if state.printing:
                return replace(state, printing=""), [Say("packs.printed", urgency=Urgency.ANSWER)]
            case DeviceDown(source=source) if source == self._speaker and not state.mute:
                return self._voice(state, mute=True)
            case DeviceBack(source=source) if source == self._speaker and state.mute:
                return self._voice(state, mute=False)
        return self._reading(state, signal)

    # -- choices ---------------------------------------------------------------------------

    def _action(self, state: PacksState, signal: Action) -> tuple[PacksState, list[Effect]]:
        choice, value = signal.action, signal.value
        if choice in ("packs.services", "reading.open"):
            pack = "reading" if choice == "reading.open" else ""
            return self._enter(state, (self._first(pack, state, signal.id),))
        if choice == "packs.open":
            return self._open(state, value, signal.id)
        if not state.trail:
            return state, []
        if choice == "home":
            return self._leave(state)
        page = state.trail[-1]
        if choice == "back":
            return self._back(state)
        if choice == "packs.more":
            return self._enter(state, (*state.trail[:-1], replace(page, n=page.n + 1)))
        if choice == "reading.of":
            return self._open(state, f"{page.pack}/{value}", signal.id)
        turn = self._turn(state, page, choice, value, signal.id)
        if turn is None:
            return state, []
        if turn.paper is not None:  # the page stays, and is not read once more
            slip = Slip(self._printer, signal.id, turn.paper.title, lines=turn.paper.lines)
            said = Say("packs.printing", urgency=Urgency.ANSWER)
            return replace(state, printing=signal.id), [slip, said]
        return self._take(state, page, turn)

    def _turn(
        self, state: PacksState, page: Page, choice: str, value: str, signal: str
    ) -> Turn | None:
        match page.kind, choice:
            case "services", "packs.find":
                return Turn(Page("find"))
            case "services", "packs.follow":
                return Turn(Page("follow"))
            case "find", "packs.letters" if value.isdigit() and int(value) < 6:
                return Turn(replace(page, typed=page.typed + value, n=0), replaces=True)
            case "find", "packs.list":
                return Turn(replace(page, day="list", n=0), replaces=True)
            case "find", "packs.erase":
                return Turn(replace(page, typed=page.typed[:-1], day="", n=0), replaces=True)
            case "follow", _:
                known, now = _with_card(state), _local(state)
                return follow_choice(page, choice, value, known, state.mark, now)
        item = self._item(page)
        if item is None:
            return None
        return KINDS[page.kind].serve.choose(
            item, page, choice, value, self._here(state, page, signal)
        )

    def _take(self, state: PacksState, page: Page, turn: Turn) -> tuple[PacksState, list[Effect]]:
        effects: list[Effect] = [Record(data, about) for data, about in turn.records]
        memory = turn.memory or state.memory
        if turn.hold is not None:
            memory = replace(memory, held=(*memory.held, turn.hold)[-_HELD:])
        if turn.gives_back is not None:
            effects.append(self._given_back(turn.gives_back))
            memory = replace(memory, held=_without(turn.gives_back, memory.held))
            state = replace(state, carded=_without(turn.gives_back, state.carded))
        if turn.memory is not None and memory.tallies != state.memory.tallies:
            effects.append(Remind("report", _REPORT))
        visit = (*state.visit, turn.visited) if turn.visited else state.visit
        pace = state.pace if turn.pace is None else turn.pace
        state = replace(state, memory=memory, visit=visit, pace=pace)
        if turn.leaves:
            trail = tuple(p for p in state.trail if (p.pack, p.item) != (page.pack, page.item))
            if turn.page is not None:
                trail = (*trail, turn.page)
            state, shown = self._enter(state, trail) if trail else self._leave(state)
        elif turn.page is None:
            state, shown = self._back(state)
        else:
            fresh = self._opened(turn.page, state)
            before = state.trail[:-1] if turn.replaces else state.trail
            state, shown = self._enter(state, (*before, fresh))
        if turn.say:
            effects.append(Say(turn.say))
        if turn.remind is not None:
            name, seconds = turn.remind
            effects.append(Remind(name, seconds))
            state = replace(state, reminders=tuple(dict.fromkeys((*state.reminders, name))))
        return state, [*effects, *shown]

    def _given_back(self, held: Held) -> Record:
        pack = self._packs.get(held.pack)
        version = pack.manifest.version if pack else 1
        record = BookingCancelled(
            pack=held.pack, item=held.item, version=version, booking=held.record
        )
        return Record(record, held.record)

    def _opened(self, page: Page, state: PacksState) -> Page:
        """A page that leads to another item begins at that item's first page."""
        item = self._item(page)
        if item is not None and not page.at and page.kind in KINDS and page.kind == "form":
            return KINDS[page.kind].serve.open(item, page, self._here(state, page, ""))
        return page

    def _open(self, state: PacksState, value: str, signal: str) -> tuple[PacksState, list[Effect]]:
        pack, _, rest = value.partition("/")
        item, _, entry = rest.partition("/")
        if pack not in self._packs or (item and item not in self._packs[pack].items):
            return state, []
        opened = {**state.memory.opened, pack: state.memory.opened.get(pack, 0) + 1}
        state = replace(state, memory=replace(state.memory, opened=opened))
        page = self._first(pack, state, signal, item)
        if entry:
            page = replace(page, at=entry)
        trail = state.trail or (self._first("", state, signal),)
        return self._enter(state, (*trail, page))

    def _first(self, pack: str, state: PacksState, signal: str, item: str = "") -> Page:
        """The first page of a pack, or of one of its items."""
        if not pack or pack not in self._packs:
            return Page("services")
        items = self._packs[pack].items
        if not item and len(items) > 1:
            return Page("pack", pack)
        item = item or next(iter(items))
        kind = kind_of(items[item])
        page = Page(kind, pack, item)
        return KINDS[kind].serve.open(items[item], page, self._here(state, page, signal))

    # -- the way ---------------------------------------------------------------------------

    def _enter(self, state: PacksState, trail: tuple[Page, ...]) -> tuple[PacksState, list[Effect]]:
        state = replace(state, trail=trail[-_DEEPEST:])
        return state, [self._show(state), Remind("resume", None)]

    def _back(self, state: PacksState) -> tuple[PacksState, list[Effect]]:
        if len(state.trail) <= 1:
            return self._leave(state)
        return self._enter(state, state.trail[:-1])

    def _leave(self, state: PacksState) -> tuple[PacksState, list[Effect]]:
        """The visit is over: nothing of it is left."""
        state = self._restock(replace(state, trail=(), visit=(), pace=USUAL))
        return state, [Hide(), Remind("resume", None)]

    def _restock(self, state: PacksState) -> PacksState:
        if self._next is not None and not state.trail:
            self._stock(self._next)
            self._next = None
        return state

    # -- what upstream says ----------------------------------------------------------------

    def _command(self, state: PacksState, command: Command) -> tuple[PacksState, list[Effect]]:
        one = command.data
        if isinstance(one, FormFound | BookingFound) and one.card:
            if one.card != state.mark:  # whoever has asked has gone
                return state, []
            return self._known(replace(state, carded=found(state.carded, one, CARDED)))
        memory, effects = heard(state.memory, command)
        return self._changed(state, memory, effects)

    def _hear(
        self, state: PacksState, id: str, stage: str, note: str
    ) -> tuple[PacksState, list[Effect]]:
        early = [one for one in state.memory.held if one.id == id and one.stage == "kept"]
        if not early:
            return state, []
        memory = replace(state.memory, held=told(state.memory.held, id, stage, note))
        return self._changed(state, memory, [])

    def _changed(
        self, state: PacksState, memory: Memory, effects: list[Effect]
    ) -> tuple[PacksState, list[Effect]]:
        if memory == state.memory:
            return state, effects
        before = self._scene(state) if state.trail else None
        state = replace(state, memory=memory)
        if state.trail and self._scene(state) != before:
            return state, [*effects, self._show(state)]
        return state, effects

    def _report(self, state: PacksState) -> tuple[PacksState, list[Effect]]:
        effects: list[Effect] = []
        tallies: dict[str, Tally] = {}
        for key, tally in state.memory.tallies.items():
            pack, item, ballot = key.split("/", 2)
            fresh = {
                name: count - tally.reported.get(name, 0)
                for name, count in tally.counts.items()
                if count > tally.reported.get(name, 0)
            }
            tallies[key] = replace(tally, reported=tally.counts)
            if fresh:
                data = PollCounted(
                    pack=pack, item=item, version=tally.version, ballot=ballot, votes=fresh
                )
                effects.append(Record(data, key))
        return replace(state, memory=replace(state.memory, tallies=tallies)), effects

    def _reminder(self, name: str) -> list[Effect]:
        _, pack, item, broadcast = name.split("/")
        found = self._packs[pack].items.get(item) if pack in self._packs else None
        if not isinstance(found, ProgrammeItem):  # the pack was replaced by one without it
            return []
        title = Programmes().titled(found, broadcast)
        return [Say("packs.begins", {"title": title}, Urgency.ANSWER)] if title else []

    # -- reading aloud ---------------------------------------------------------------------

    def _reading(self, state: PacksState, signal: Signal) -> tuple[PacksState, list[Effect]]:
        if not state.trail or not (reads := self._scene(state).utterance):
            return state, []
        match signal:
            case Spoken(utterance=said, state="finished") if said == reads:
                return self._read_on(state, "reading.finished")
            case Spoken(state="began") | Listening(on=True):
                return state, [Remind("resume", None)]
            case Spoken() | Listening():
                return state, [Remind("resume", _RESUME)]
            case Due(name="resume"):
                return state, [self._show(state)]
            case PersonDown():
                return self._read_on(state, "reading.pause")
        return state, []

    def _read_on(self, state: PacksState, choice: str) -> tuple[PacksState, list[Effect]]:
        page = state.trail[-1]
        turn = self._turn(state, page, choice, "", "")
        return self._take(state, page, turn) if turn is not None else (state, [])

    def _voice(self, state: PacksState, mute: bool) -> tuple[PacksState, list[Effect]]:
        """The loudspeaker went or came, or all began anew: reading waits to be asked for."""
        if state.trail and self._scene(state).utterance:
            state, _ = self._read_on(state, "reading.pause")
        state = replace(state, mute=mute)
        return state, [self._show(state)] if state.trail else []

    def _known(self, state: PacksState) -> tuple[PacksState, list[Effect]]:
        """What is for whoever is here comes first from now on, and what cannot be done is gone."""
        return state, [self._show(state)] if state.trail else []

    # -- what is shown ---------------------------------------------------------------------

    def _item(self, page: Page) -> Item | None:
        pack = self._packs.get(page.pack)
        item = pack.items.get(page.item) if pack else None
        return item if item is not None and kind_of(item) == page.kind else None

    def _here(self, state: PacksState, page: Page, signal: str) -> Here:
        pack = self._packs[page.pack]
        now = (
            datetime.datetime.fromtimestamp(state.wall, _SHANGHAI)
            if state.wall is not None
            else None
        )
        return Here(
            kiosk=self._kiosk,
            pack=pack.manifest,
            items=pack.items,
            texts=pack.texts,
            memory=state.memory,
            visit=frozenset(state.visit),
            language=state.language,
            now=now,
            online=state.online,
            signal=signal,
            mute=state.mute or state.silent,
            pace=state.pace,
            needs=frozenset(state.needs),
            mark=state.mark,
            prints=state.prints,
            alone=state.alone,
        )

    def shelved(self, language: str) -> Mapping[str, Shelved]:
        """The packs as they are found, in *language*."""
        if language not in self._shelved:
            self._shelved[language] = {
                id: Shelved(
                    in_language(pack.manifest.title, language),
                    pack.manifest.aliases,
                    pack.listings,
                    pack.keys,
                    pack.manifest.on_top,
                    pack.manifest.group,
                    "工作人员" in pack.manifest.needs,
                    pack.manifest.needs,
                )
                for id, pack in self._packs.items()
                if id != "reading"
            }
        return self._shelved[language]

    def found(self, language: str) -> tuple[Found, ...]:
        """All that can be opened, in *language*."""
        if language not in self._found:
            self._found[language] = everything(self.shelved(language), language)
        return self._found[language]

    def _scene(self, state: PacksState) -> Scene:
        page, language, needs = state.trail[-1], state.language, frozenset(state.needs)
        match page.kind:
            case "services":
                opened = state.memory.opened
                return services_scene(self.shelved(language), opened, page, language, needs)
            case "find":
                return find_scene(self.found(language), page)
            case "follow":
                return follow_scene(page, _with_card(state), state.mark, _local(state))
            case "pack" if page.pack in self._packs:
                return pack_scene(self._packs[page.pack], page, language, needs)
        item = self._item(page)
        if item is None:  # the pack was replaced by one that has it no more
            return services_scene(self.shelved(language), {}, Page("services"), language)
        return KINDS[page.kind].serve.scene(item, page, self._here(state, page, ""))

    def _show(self, state: PacksState) -> Show:
        scene = self._scene(state)
        kind = type(scene.view).__name__.lower()
        return Show(
            scene.screen or f"packs.{kind}",
            {},
            scene.choices,
            idle_out=not scene.stays,
            language=scene.language,
            rate=scene.rate,
            view=scene.view,
            words=(scene.title, scene.text, scene.say),
            focus=scene.focus,
            utterances=scene.utterances,
            utterance=scene.utterance,
            private=scene.private,
        )


def _unknown(state: PacksState) -> PacksState:
    return replace(state, needs=(), silent=False, mark="", carded=())


def _without(gone: Held, held: Sequence[Held]) -> tuple[Held, ...]:
    """All but what was given back, however it was found."""
    return tuple(one for one in held if one.record != gone.record)


def _local(state: PacksState) -> str:
    """Local time as bookings have it; empty: not to be trusted."""
    if state.wall is None:
        return ""
    return datetime.datetime.fromtimestamp(state.wall, _SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def _with_card(state: PacksState) -> Memory:
    """What is known here, and what upstream has said of whoever has shown a card."""
    return replace(state.memory, held=(*state.carded, *state.memory.held))
