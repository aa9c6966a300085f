"""What a service asks for. Effects are plain data; the kernel carries them out after the commit."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from agent.contract.orders import Order
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
    text: str = ""
    """The label itself, where it comes from data (a place name) and not from the phrases."""
    costly: bool = False
    """A mere "yes" that was heard is asked again: noise must not order a taxi."""


class Show(Effect, frozen=True):
    """Claim the screen for this service. The claim of higher urgency is drawn; a newer claim
    of the same service replaces its older one; `Hide` gives it back."""

    screen: str
    """Screen id: names the phrases ``screen.<id>.title|text|say`` and the page's layout."""
    values: Mapping[str, str | int | float] = {}
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


class Hide(Effect, frozen=True):
    """Give the screen back."""


class Say(Effect, frozen=True):
    """Speak the phrase ``say.<phrase>``. A change of screen speaks by itself; this is for more."""

    phrase: str
    values: Mapping[str, str | int | float] = {}
    urgency: Urgency = Urgency.INFORMATION


class Drive(Effect, frozen=True):
    """Tell a driver to act; *device* is its name in kiosk.toml."""

    device: str
    order: Order


class Remind(Effect, frozen=True):
    """Send `Due(name)` to this service after *after* seconds; survives a restart.

    Asking again for the same name replaces it; ``after=None`` forgets it.
    """

    name: str
    after: float | None
