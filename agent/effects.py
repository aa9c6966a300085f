"""What a service asks for. Effects are plain data; the kernel carries them out after the commit."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Literal

import msgspec

from agent.contract.orders import Order
from agent.contract.signals import Signal
from agent.dialogue.views import AnyView, Chip, Status, Values, Words
from agent.records import Lane as Lane
from agent.records import RecordData, RejectedCommand


class Urgency(enum.IntEnum):
    """Who may interrupt whom, on the screen and in speech; higher wins."""

    INFORMATION = 0
    ANSWER = 1
    """The answer to a key or a touch."""
    ALARM = 2


class Effect(msgspec.Struct, frozen=True):
    """Base of all effects."""


class Record(Effect, frozen=True):
    """Something that upstream must learn; on disk before anybody is told that it happened."""

    data: RecordData
    subject: str = ""
    """What it is about: an order, a fall, a bin. Echoed in `RecordDelivered`."""
    expires_in: float | None = None
    """Seconds from the signal after which it must not be sent any more."""

    @property
    def kind(self) -> str:
        """Dotted, noun first: ``taxi.requested``."""
        return self.data.kind

    @property
    def lane(self) -> Lane:
        """How urgent it is."""
        return self.data.lane


def rejected(command_id: str, kind: str, place: str, reason: str) -> Record:
    """The answer to a command that had no effect: it did not fit, or came too late."""
    return Record(
        RejectedCommand(id=command_id, command=kind, place=place, reason=reason), command_id
    )


class Withdraw(Effect, frozen=True):
    """Take back a lane-0 record that has certainly not been sent; else nothing happens.

    When it succeeds, `RecordUndelivered` follows in the same commit.
    """

    kind: str
    subject: str


class Choice(msgspec.Struct, frozen=True):
    """One thing a resident can choose on a screen."""

    action: str
    """Comes back as `Action.action`; its label is the phrase ``action.<action>``."""
    text: Words = ""
    """The label itself, where it comes from data (a place name), or another phrase."""
    costly: bool = False
    """A mere "yes" that was heard is asked again, and hammering on the keys does not choose it:
    noise must not order a taxi."""
    value: str = ""
    """Which one, where several have the same action; comes back as `Action.value`."""
    icon: str = ""
    look: Literal["plain", "primary", "quiet", "chip"] = "plain"

    @property
    def id(self) -> str:
        """How it is named from outside."""
        return self.wish.id

    @property
    def wish(self) -> Wish:
        """What whoever chooses it wants."""
        return Wish(self.action, self.value)


class Wish(msgspec.Struct, frozen=True):
    """What a resident wants done: an action, and which one."""

    action: str
    value: str = ""

    @property
    def id(self) -> str:
        """``<action>.<value>``, or the action alone."""
        return f"{self.action}.{self.value}" if self.value else self.action


class Utterance(msgspec.Struct, frozen=True):
    """Something that may be said on a screen beside the labels of its choices."""

    phrase: str
    """``hear.<phrase>`` holds the ways to say it."""
    wishes: tuple[Wish, ...]
    """Done one after the other, each on the screen that the one before leads to."""
    values: Values = {}
    """What the phrase mentions."""


class Show(Effect, frozen=True):
    """Claim a screen for this service. A newer claim of the same service replaces its older one;
    `Hide` gives it up, `Recede` leaves it to run in the background.

    An alarm is always drawn. Else one service is in the foreground: the one that answers what a
    resident chose, or that has news while nobody does anything else.
    """

    screen: str
    """Screen id: names the phrases ``screen.<id>.title|text|say``."""
    values: Values = {}
    """What the phrases of this screen may mention."""
    choices: tuple[Choice, ...] = ()
    urgency: Urgency = Urgency.ANSWER
    idle_out: bool = False
    """Nobody waits here: after a silence the kiosk asks, then sends Action("home", by="idle")."""
    silent: bool = False
    """Do not speak: only the values changed."""
    language: str = ""
    """Tag of what is spoken, where it is not the resident's: an article."""
    rate: float = 1.0
    """How much faster than usual it is spoken."""
    view: AnyView = Status()
    """What kind of screen it is; see `agent.dialogue.views`."""
    words: tuple[Words, Words, Words] | None = None
    """Title, text and what is spoken (empty: title and text), where they come from data and not
    from the phrases of the screen."""
    phrases: str = ""
    """Screen id whose phrases are used, where one screen has several sets of words."""
    focus: str = ""
    """Id of the choice that has the focus first; empty: the first one."""
    keys: Mapping[str, str] = {}
    """What "help", "back" and "home" mean here where it is not the usual: an action. It is the
    same for the key, the button of the bar, and the spoken word."""
    pressing: bool = False
    """Whoever is asked may be unable to come to the keys: their answer is listened for again and
    again until the service decides, and the help key acts as soon as it goes down."""
    utterances: tuple[Utterance, ...] = ()
    """What else may be said."""
    phones: tuple[str, ...] = ()
    """Kinds of telephone numbers to be offered, in this order: "guard", "emergency", "hotline",
    "taxi"…; ``{phones}`` in the screen's phrases reads the first ones. Empty: none."""
    chip: Chip | None = None
    """What stands for it on the home screen while it runs in the background; None: nothing, and
    its news is not spoken there."""
    private: bool = False
    """What stands here is for the eyes of whoever stands before it: nothing but the words that are
    meant to be spoken is said, whoever asks to have the screen read out."""
    unsure: str = ""
    """Phrase that says that this screen may not hold, when the page has lost the daemon."""
    utterance: str = ""
    """Comes back in `Spoken.utterance` when this screen is spoken."""
    glance: Words = ""
    """How things stand, in a sentence for whoever passes by: the idle home screen has it until the
    service shows or hides something else. Nothing about a person, and nothing for which somebody
    waits: that is a chip alone."""


class Hide(Effect, frozen=True):
    """Give the screen back."""

    glance: Words = ""
    """As in `Show`."""


class Recede(Effect, frozen=True):
    """Leave the foreground; the claim goes on in the background."""


class Guide(Effect, frozen=True):
    """Somebody finds their way by ear from now on: a headset was plugged in."""


class Adapt(Effect, frozen=True):
    """From now on look and speak as the resident who is here needs it, until they have gone.

    Without values: as a new resident expects it.
    """

    on: bool = False
    """Somebody's wishes are in force: they are asked before these are taken back."""
    language: str = ""
    """Empty, or one that the kiosk does not have: its own."""
    text_size: int = 0
    contrast: bool = False
    guided: bool = False
    """They find their way by ear."""
    silent: bool = False
    """They need no speech: only alarms are spoken."""
    pace: int = 0
    """Steps slower (below 0) or faster."""


class Say(Effect, frozen=True):
    """Speak the phrase ``say.<phrase>``. A change of screen speaks by itself; this is for more."""

    phrase: str
    values: Values = {}
    urgency: Urgency = Urgency.INFORMATION
    phones: tuple[str, ...] = ()
    """Kinds of telephone numbers that ``{phones}`` reads, in this order."""


class Drive(Effect, frozen=True):
    """Tell a driver to act; *device* is its name in kiosk.toml."""

    device: str
    order: Order


class Slip(Effect, frozen=True):
    """Print something to take away, in the language of whoever stands there."""

    device: str
    """Printer in kiosk.toml."""
    job: str
    """Comes back in `Printed`, where the printer says that it was printed."""
    title: Words
    large: str = ""
    lines: tuple[Words, ...] = ()
    """Empty ones are left out."""
    code: Words = ""
    """What stands in the QR code."""


class Remind(Effect, frozen=True):
    """Send `Due(name)` to this service after *after* seconds; survives a restart.

    Asking again for the same name replaces it; ``after=None`` forgets it.
    """

    name: str
    after: float | None


class Pass(Effect, frozen=True):
    """Tell a fact to the services that listen for it, in the same commit."""

    fact: Signal
