"""Pages: where somebody is in the packs, what stands there, and where a choice leads.

A kind of item says what its pages show and what becomes of a choice; the service keeps the way
back. All of it is pure: what a kind needs to know of the kiosk is in `Here`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from agent.dialogue.views import AnyView, Phrase, Words, joined
from agent.effects import Choice, Utterance
from agent.records import RecordData
from agent.services.packs.format import Item, Manifest, in_language
from agent.services.packs.format import Words as PackWords

_DIGITS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)

AT_ONCE = 6
"""Large choices on one screen."""

Thing = TypeVar("Thing")
OfKind = TypeVar("OfKind", bound=Item, contravariant=True)


class Page(msgspec.Struct, frozen=True):
    """Where somebody is."""

    kind: str
    """A kind of item, or ``services``, ``pack``, ``find``, ``follow``."""
    pack: str = ""
    item: str = ""
    at: str = ""
    """Inside the item: an entry, a group, a location, a step of a form."""
    day: str = ""
    n: int = 0
    """Which screen of a list, which sentence of a text, which question."""
    typed: str = ""
    """Digits or letters so far."""
    answers: dict[str, tuple[str, ...]] = {}
    """What was answered so far."""
    mistake: str = ""
    """Id of the phrase that says why the last answer was not taken."""


class Held(msgspec.Struct, frozen=True):
    """Something that was sent from here and of which more is to be heard."""

    id: str
    """Of its record."""
    code: str
    """Six digits by which a resident asks for it."""
    pack: str
    item: str
    what: str
    """In words: the title, or place and time."""
    stage: str = "kept"
    """``kept`` (here only), ``sent`` (upstream has it), ``accepted``, ``incomplete``, ``done``,
    ``refused``."""
    note: str = ""
    """What upstream says of it, for residents."""
    slot: str = ""
    """``pack/item/location/start`` of a booking."""
    start: str = ""
    """When what is booked begins, in local time; `what` is then the place alone."""

    @property
    def booked(self) -> str:
        """When it begins; empty: it is no booking."""
        return self.start or self.slot.rpartition("/")[2]

    @property
    def record(self) -> str:
        """Id of what was sent, here or elsewhere."""
        return self.id.rpartition("/")[2]

    @property
    def named(self) -> Words:
        """What it is, in words."""
        if not self.start:
            return self.what
        day, _, time = self.start.partition("T")
        when = moment_in_words(datetime.date.fromisoformat(day), time)
        return joined((self.what, when), "list")


class Tally(msgspec.Struct, frozen=True):
    """Votes, or supporters, counted at this kiosk."""

    counts: dict[str, int] = {}
    reported: dict[str, int] = {}
    version: int = 1
    """Of the pack in which the last of them was given."""


class Memory(msgspec.Struct, frozen=True):
    """What the service remembers beyond a visit."""

    held: tuple[Held, ...] = ()
    taken: dict[str, int] = {}
    """Slots that others have, by ``pack/item/location/start``: how many parties."""
    tallies: dict[str, Tally] = {}
    """By ``pack/item/ballot``."""
    opened: dict[str, int] = {}
    """How often each pack was opened: what is used much comes first."""
    tasks: dict[str, tuple[str, str]] = {}
    """Open tasks for staff by id: item, and what is to be done."""
    codes: tuple[str, ...] = ()
    """Of staff, as salted hashes that upstream sends."""


class Here(NamedTuple):
    """What a kind may know."""

    kiosk: str
    """Its id."""
    pack: Manifest
    items: Mapping[str, Item]
    texts: Mapping[str, str]
    memory: Memory
    visit: frozenset[str]
    """What this visitor has done that counts once per visit."""
    language: str
    now: datetime.datetime | None
    """Local time; None while the clock is not to be trusted."""
    online: bool
    signal: str
    """Id of what is being answered: what it causes is named after it."""
    mute: bool
    """There is no loudspeaker."""
    pace: int
    """Of reading aloud: 0 to 4, 2 is usual."""
    needs: frozenset[str] = frozenset()
    """Of whoever is here, as far as they have shown them: what is for them comes first."""
    mark: str = ""
    """By which they may have followed what they send; empty: they have shown no card."""
    prints: bool = False
    """There is a slip printer, and nothing is known to be wrong with it."""
    alone: bool = False
    """A headset is in: nobody else hears what is spoken."""

    def word(self, words: PackWords) -> str:
        """Words of the pack in the resident's language."""
        return in_language(words, self.language)


class Scene(NamedTuple):
    """What stands on a page."""

    view: AnyView
    title: Words
    text: Words = ""
    say: Words = ""
    """What is spoken, where it is not title and text."""
    choices: tuple[Choice, ...] = ()
    utterances: tuple[Utterance, ...] = ()
    focus: str = ""
    language: str = ""
    """Of what is spoken, where it is not the resident's."""
    rate: float = 1.0
    utterance: str = ""
    """Comes back when it was spoken."""
    screen: str = ""
    """Id of the screen; empty: ``packs.<kind of view>``."""
    stays: bool = False
    """Somebody listens: no question whether they are still there."""
    private: bool = False
    """As in `agent.effects.Show`: what is personal stands there, and is not read out."""


class Paper(NamedTuple):
    """What is printed to be taken away."""

    title: str
    lines: tuple[Words, ...]


class Turn(NamedTuple):
    """What becomes of a choice."""

    page: Page | None = None
    """Where it leads; None: one page back."""
    replaces: bool = False
    """The way back skips the page before."""
    leaves: bool = False
    """It is over: out of the item, with all that was answered in it, to `page` if there is one."""
    records: tuple[tuple[RecordData, str], ...] = ()
    """With what each is about."""
    hold: Held | None = None
    gives_back: Held | None = None
    """A booking that its holder does not want any more."""
    memory: Memory | None = None
    visited: str = ""
    say: str = ""
    """Id of a phrase that is spoken."""
    pace: int | None = None
    paper: Paper | None = None
    """Is printed; then nothing else happens, and the page stays."""
    remind: tuple[str, float] | None = None
    """Say something after so many seconds, if they are still here: see `Packs`."""


class Kind(Protocol[OfKind]):
    """How a kind of item is served."""

    def open(self, item: OfKind, page: Page, here: Here) -> Page:
        """Its first page; *page* has pack and item in it."""

    def scene(self, item: OfKind, page: Page, here: Here) -> Scene:
        """What stands on *page*."""

    def choose(self, item: OfKind, page: Page, choice: str, value: str, here: Here) -> Turn | None:
        """What becomes of a choice; None: it has no meaning here."""


def listed(
    page: Page, choices: Sequence[Choice], at_once: int = AT_ONCE
) -> tuple[tuple[Choice, ...], Words]:
    """The choices on screen ``page.n`` of a longer list, and which screen that is.

    The last choice leads on, and after the last screen to the first again.
    """
    screens = max(1, -(-len(choices) // at_once))
    n = page.n % screens
    shown = tuple(choices[n * at_once : (n + 1) * at_once])
    if screens == 1:
        return shown, ""
    more = Choice("packs.more", icon="next", look="quiet")
    return (*shown, more), Phrase("label.packs.page", {"n": n + 1, "count": screens})


def first_for(
    needs: frozenset[str], things: Iterable[Thing], of: Callable[[Thing], Iterable[str]]
) -> list[Thing]:
    """*things* in their order, those first that are for somebody with *needs*."""
    return sorted(things, key=lambda thing: needs.isdisjoint(of(thing)))


def digit_pad() -> tuple[Choice, ...]:
    """The ten digits, as a telephone has them, and the key that takes one back."""
    digits = (Choice("packs.digit", str(n), value=str(n), look="quiet") for n in _DIGITS)
    return (*digits, Choice("packs.erase", icon="back", look="quiet"))


def sentence(text: Words) -> Words:
    """With a stop behind it, as the resident's language has it, where it has none of its own."""
    if isinstance(text, str) and (not text or text[-1] in _STOPS):
        return text
    return Phrase("label.packs.stop", {"text": text})


_STOPS = "。！？.!?"


def day_in_words(day: datetime.date, how: str = "day") -> Phrase:
    """As people say it: ``label.packs.<how>``."""
    return Phrase(
        f"label.packs.{how}", {"month": day.month, "date": day.day, "weekday": day.weekday()}
    )


def moment_in_words(day: datetime.date, time: str) -> Phrase:
    """A day, and a time of it."""
    return Phrase("label.packs.moment", {"day": day_in_words(day), "time": time})


def dated(source: str, as_of: str, verified: bool, invented: bool) -> Words:
    """How sure something is, in words for residents."""
    if invented:
        return Phrase("label.packs.sample")
    if not source or source.startswith("from memory"):
        return Phrase("label.packs.unproven")
    if verified:
        return Phrase("label.packs.verified", {"date": as_of})
    return Phrase("label.packs.as_of", {"date": as_of})
