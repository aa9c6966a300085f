"""What upstream learns of the packs, and what it may say about what was sent from one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Id, Lane, RecordData, Retention, Text

Name = Annotated[str, Meta(max_length=80)]
Code = Annotated[str, Meta(pattern="^[0-9]{6}$")]
Mark = Annotated[str, Meta(pattern="^([0-9a-f]{32})?$")]
"""Made of a resident's card, which nobody can make of it."""
Start = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")]
"""When a slot begins, in local time."""
Count = Annotated[int, Meta(ge=0, le=10_000_000)]


class PackRecord(RecordData, frozen=True):
    """Base of all records that come of a pack."""

    retention: ClassVar[Retention] = Retention(days=7)

    pack: Name
    item: Name
    version: Annotated[int, Meta(ge=1)]
    """Of the pack that was in force."""


class FormSent(PackRecord, frozen=True, omit_defaults=True):
    """A form was filled in and checked by whom it is from."""

    kind: ClassVar[str] = "form.sent"
    retention: ClassVar[Retention] = Retention(session=True)
    classification: ClassVar[Literal["confidential"]] = "confidential"
    form: Id
    code: Code
    """By which it can be followed."""
    answers: dict[str, list[str]]
    """Names of questions → what was answered: names of choices, digits, a date."""
    keep_days: Annotated[int, Meta(ge=0, le=1096)]
    """What the resident was told: days after which upstream erases it."""
    card: Mark = ""
    """By which it can be followed, too, where the resident has wished it."""


class FormFollowed(PackRecord, frozen=True):
    """Somebody asks at this kiosk what became of a form that may be from another one."""

    kind: ClassVar[str] = "form.followed"
    code: Code


class CardFollowed(PackRecord, frozen=True):
    """Somebody asks what became of all that was sent with their card, from any kiosk."""

    kind: ClassVar[str] = "card.followed"
    retention: ClassVar[Retention] = Retention(session=True)
    classification: ClassVar[Literal["confidential"]] = "confidential"
    card: Mark


class BookingRequested(PackRecord, frozen=True, omit_defaults=True):
    """Somebody wants a slot; it is theirs only once upstream says so."""

    kind: ClassVar[str] = "booking.requested"
    retention: ClassVar[Retention] = Retention(session=True)
    classification: ClassVar[Literal["confidential"]] = "confidential"
    booking: Id
    code: Code
    location: Name
    start: Start
    minutes: Annotated[int, Meta(ge=1, le=480)]
    card: Mark = ""
    """By which it can be followed and given back, too, where the resident has wished it."""


class BookingCancelled(PackRecord, frozen=True):
    """Whoever had a slot gives it back."""

    kind: ClassVar[str] = "booking.cancelled"
    booking: Id


class PollCounted(PackRecord, frozen=True):
    """Votes at this kiosk since the last such record: totals, never who or when."""

    kind: ClassVar[str] = "poll.counted"
    ballot: Name
    votes: dict[str, Count]
    """Names of choices → votes."""


class OutreachAnswered(PackRecord, frozen=True):
    """Somebody answered the questions of an outreach, or stopped them."""

    kind: ClassVar[str] = "outreach.answered"
    classification: ClassVar[Literal["confidential"]] = "confidential"
    outreach: Id
    answers: dict[str, list[str]]
    stopped: bool
    """They do not want to be asked again."""
    person: bool
    """Somebody should come or call."""


class TaskDone(PackRecord, frozen=True):
    """A member of the staff says what became of a task."""

    kind: ClassVar[str] = "task.done"
    lane: ClassVar[Lane] = Lane.TASK
    task: Id
    outcome: Name
    by: Name
    """Hash of the code that they signed in with."""


class PacksTaken(RecordData, frozen=True):
    """A set of packs is in force."""

    kind: ClassVar[str] = "packs.taken"
    versions: dict[str, Count]


class PacksRefused(RecordData, frozen=True):
    """A set of packs was not taken; the one before stays in force."""

    kind: ClassVar[str] = "packs.refused"
    reason: Text


RECORDS: tuple[type[RecordData], ...] = (
    FormSent,
    FormFollowed,
    CardFollowed,
    BookingRequested,
    BookingCancelled,
    PollCounted,
    OutreachAnswered,
    TaskDone,
    PacksTaken,
    PacksRefused,
)

Note = Annotated[str, Meta(max_length=120, extra={"residents": True})]
"""Shown and spoken to residents as what the office says."""


class AboutForm(CommandData, frozen=True):
    """Base of all commands about a form."""

    about: ClassVar[str] = "form"

    form: Id
    note: Note = ""


class FormAccepted(AboutForm, frozen=True):
    """The office works on it."""

    kind: ClassVar[str] = "form.accepted"


class FormIncomplete(AboutForm, frozen=True):
    """Something is missing; `note` says what."""

    kind: ClassVar[str] = "form.incomplete"
    example: ClassVar[Mapping[str, Any]] = {"note": "请带户口簿来窗口。"}


class FormDone(AboutForm, frozen=True):
    """It is finished."""

    kind: ClassVar[str] = "form.done"
    example: ClassVar[Mapping[str, Any]] = {"note": "卡可以来拿了。"}


class FormRefused(AboutForm, frozen=True):
    """It cannot be done; `note` says why."""

    kind: ClassVar[str] = "form.refused"


class FormFound(CommandData, frozen=True):
    """The answer to ``form.followed``, or one of those to ``card.followed``."""

    kind: ClassVar[str] = "form.found"
    example: ClassVar[Mapping[str, Any]] = {"code": "123456", "stage": "accepted", "what": "约律师"}
    code: Code
    stage: Literal["sent", "accepted", "incomplete", "done", "refused"]
    what: Annotated[str, Meta(max_length=60, extra={"residents": True})] = ""
    note: Note = ""
    card: Mark = ""
    """As it was asked; shown only while whoever has asked is still here."""


class AboutBooking(CommandData, frozen=True):
    """Base of all commands about a booking."""

    about: ClassVar[str] = "booking"

    booking: Id
    note: Note = ""


class BookingConfirmed(AboutBooking, frozen=True):
    """The slot is theirs."""

    kind: ClassVar[str] = "booking.confirmed"


class BookingRefused(AboutBooking, frozen=True):
    """Somebody else has it, or it is closed."""

    kind: ClassVar[str] = "booking.refused"


class BookingFound(CommandData, frozen=True):
    """A booking among the answers to ``form.followed`` and ``card.followed``."""

    kind: ClassVar[str] = "booking.found"
    about: ClassVar[str] = "booking"
    example: ClassVar[Mapping[str, Any]] = {
        "code": "123456",
        "stage": "accepted",
        "pack": "ecircle",
        "item": "venues",
        "what": "一号活动室",
        "start": "2026-12-01T09:00",
    }
    booking: Id
    """As in ``booking.requested``: by it the booking is given back."""
    code: Code
    stage: Literal["sent", "accepted", "refused"]
    """sent: nobody has said yet whether the slot is theirs."""
    pack: Name
    item: Name
    start: Start
    what: Annotated[str, Meta(max_length=60, extra={"residents": True})] = ""
    """The place; its time is `start`, which the kiosk puts into the resident's language."""
    note: Note = ""
    card: Mark = ""
    """As in ``form.found``."""


class SlotsTaken(CommandData, frozen=True):
    """How many parties have a slot, counting all kiosks."""

    kind: ClassVar[str] = "slots.taken"
    example: ClassVar[Mapping[str, Any]] = {
        "pack": "ecircle",
        "item": "venues",
        "location": "room-1",
        "start": "2026-12-01T09:00",
        "parties": 1,
    }
    pack: Name
    item: Name
    location: Name
    start: Start
    parties: Annotated[int, Meta(ge=0, le=500)]


class TaskGiven(CommandData, frozen=True):
    """A task for the staff of an item of kind ``task``."""

    kind: ClassVar[str] = "task.given"
    about: ClassVar[str] = "task"
    example: ClassVar[Mapping[str, Any]] = {"item": "visits", "what": "三村12号：门磁一天没有动"}
    task: Id
    item: Name
    what: Annotated[str, Meta(min_length=1, max_length=120, extra={"residents": True})]
    """Shown to staff who have signed in."""


class StaffCodes(CommandData, frozen=True):
    """Who may sign in: SHA-256 of ``<kiosk's id>:<code>`` in hexadecimal, for each."""

    kind: ClassVar[str] = "staff.codes"
    example: ClassVar[Mapping[str, Any]] = {"codes": []}
    codes: Annotated[
        tuple[Annotated[str, Meta(pattern="^[0-9a-f]{64}$")], ...], Meta(max_length=200)
    ]


COMMANDS: tuple[type[CommandData], ...] = (
    FormAccepted,
    FormIncomplete,
    FormDone,
    FormRefused,
    FormFound,
    BookingConfirmed,
    BookingRefused,
    BookingFound,
    SlotsTaken,
    TaskGiven,
    StaffCodes,
)
