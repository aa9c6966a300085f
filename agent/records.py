"""What crosses the border to upstream: records that go out, commands that come in.

Each kind is a frozen struct beside the service that it belongs to, in
``services/<name>/messages.py``, with units and bounds; how urgent a record is, how long it is kept
and how grave it is stand with it. A command that does not fit its struct is refused here, with the
place and the reason. ``agent/schemas`` is made of these declarations.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import msgspec
import msgspec.inspect
from msgspec import Meta

from agent.foreign import cleaned

_LONGEST_REASON = 200
"""Characters of a reason; longer ones are cut."""

_DEEPEST = 16
"""Levels of nesting in a command's data."""

_EXACT = 2.0**53
"""Beyond this a float is no exact integer."""

Id = Annotated[str, Meta(min_length=1, max_length=200)]
"""Names an order, a fall, a command; opaque to whom it was not made by."""

Revision = Annotated[int, Meta(ge=0, le=2**53)]
"""Counts what was said about one thing: a lower one that comes late is older."""

Minutes = Annotated[float, Meta(ge=0, le=600, description="In minutes.")]
"""Minutes until somebody comes; ten hours at the most."""


LONGEST_TEXT = 500

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
"""A sentence or two, for people who work with what the kiosk reports; see `shortened`."""


class Lane(enum.IntEnum):
    """Urgency of a record on its way upstream; lower goes first."""

    LIFE = 0
    """Taxi orders and falls."""
    TASK = 1
    """Alarms and tasks."""
    TELEMETRY = 2
    BULK = 3


class Severity(enum.IntEnum):
    """How grave it is, in the numbers of OpenTelemetry's logs (CloudEvents `severitynumber`)."""

    DEBUG = 5
    INFO = 9
    WARN = 13
    ERROR = 17
    FATAL = 21


class Retention(NamedTuple):
    """How long the kiosk keeps a record that upstream has."""

    days: float = 0.0
    """0: only until it is delivered."""
    session: bool = False
    """Its content is erased when the resident's session ends and it is delivered, if not sooner."""


class RecordData(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records. A field may be added with a default; none changes its meaning."""

    kind: ClassVar[str]
    """Dotted, noun first: ``taxi.requested``."""
    schema_version: ClassVar[int] = 1
    """A field that has to change makes a new one."""
    lane: ClassVar[Lane] = Lane.TASK
    severity: ClassVar[Severity] = Severity.INFO
    retention: ClassVar[Retention] = Retention(days=30)
    classification: ClassVar[Literal["internal", "confidential", "restricted"]] = "internal"
    """CloudEvents `dataclassification`: confidential is about a person, restricted about their
    health."""


class RejectedCommand(RecordData, frozen=True):
    """A command had no effect: it did not fit, or came too late."""

    kind: ClassVar[str] = "command.rejected"
    severity: ClassVar[Severity] = Severity.WARN

    id: str
    """The command's; empty when it could not be read."""
    command: str = msgspec.field(name="kind")
    """Its kind, as upstream wrote it."""
    place: str
    """Where in the command: ``data.minutes``; empty: the whole."""
    reason: Text


class DeadLetter(RecordData, frozen=True):
    """Something in the kiosk could not be handled and was set aside; the rest goes on."""

    kind: ClassVar[str] = "kiosk.dead_letter"
    severity: ClassVar[Severity] = Severity.ERROR

    part: str
    """The service that failed, or the part of the daemon."""
    signal: str
    """What it failed at."""
    cause: Text


class LaneBefore(msgspec.Struct, frozen=True):
    """What became of one lane of the epoch before."""

    lane: int
    last: int
    """Sequence of its last record."""
    acked: int
    """Upstream had acknowledged everything up to here."""
    chain: str
    """The chain at `last`, in hex."""
    again: int
    """Records that are sent again, under their own ids."""
    lost: int
    """Records that could not be read any more."""


class NewEpoch(RecordData, frozen=True):
    """The kiosk's store begins anew: the card or a file was damaged, or put back from a copy."""

    kind: ClassVar[str] = "store.epoch"
    severity: ClassVar[Severity] = Severity.ERROR

    before: str
    """The epoch that ended; empty: its name was lost."""
    reason: Text
    lanes: tuple[LaneBefore, ...]


class CommandData(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands. A field that upstream leaves out, or sends as null, is absent."""

    kind: ClassVar[str]
    """Dotted, noun first: ``taxi.accepted``."""
    schema_version: ClassVar[int] = 1
    """A field that has to change makes a new kind."""
    about: ClassVar[str] = ""
    """The field that names the order, fall or task it is about; empty: about none."""
    example: ClassVar[Mapping[str, Any]] = {}
    """Data without `about`: for the schemas, and to begin with at the bench."""


def schema_id(kind: type[RecordData | CommandData]) -> str:
    """The URI that names the schema of *kind*: CloudEvents `dataschema`."""
    way = "record" if issubclass(kind, RecordData) else "command"
    return f"urn:linli:{way}:{kind.kind}:v{kind.schema_version}"


class Rejected(ValueError):
    """A command that does not fit."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        """Where in the command: ``data.minutes``."""
        self.reason = shortened(reason, _LONGEST_REASON)
        """What is wrong there, for who wrote the command."""


class CommandReader:
    """Knows all kinds of commands."""

    def __init__(self, kinds: Iterable[type[CommandData]], numbers: Iterable[str] = ()) -> None:
        """*numbers*: the telephone numbers that words for residents may name."""
        self._kinds = {kind.kind: kind for kind in kinds}
        self._numbers = tuple(numbers)
        self._shown = {kind: tuple(_for_residents(kind)) for kind in self._kinds.values()}

    def read(self, kind: str, data: Mapping[str, Any]) -> CommandData:
        """The command of *kind* with *data* as JSON has it: null is absent, 3.0 is 3.

        Raises:
            Rejected: there is no such kind, or *data* is not what it takes.
        """
        struct = self._kinds.get(kind)
        if struct is None:
            near = difflib.get_close_matches(kind[:100], self._kinds, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise Rejected("kind", f"no such kind of command{meant}")
        try:
            return self._clean(msgspec.convert(_plain(data, _DEEPEST), struct))
        except msgspec.ValidationError as error:
            raise Rejected(*_place(str(error), "data")) from error

    def _clean(self, command: CommandData) -> CommandData:
        """What residents will see is not refused but cleaned: the car still comes."""
        shown = self._shown[type(command)]
        words = {name: cleaned(getattr(command, name), self._numbers) for name in shown}
        return msgspec.structs.replace(command, **words) if words else command


def _for_residents(kind: type[CommandData]) -> Iterator[str]:
    """The fields that are shown to residents: declared so by ``extra={"residents": True}``."""
    for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
        declared = field.type
        extra = declared.extra if isinstance(declared, msgspec.inspect.Metadata) else None
        if extra and extra.get("residents"):
            yield field.name


def rejected_by(error: msgspec.MsgspecError | RecursionError) -> Rejected:
    """What was wrong with a whole command that could not be decoded."""
    if isinstance(error, RecursionError):
        return Rejected("", "nested too deeply")
    return Rejected(*_place(str(error), ""))


def shortened(text: str, most: int = LONGEST_TEXT) -> str:
    """*text* on one line, at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _plain(value: Any, levels: int) -> Any:
    """*value* with integers for integral floats, and without what is null."""
    if isinstance(value, float) and abs(value) <= _EXACT and value.is_integer():
        return int(value)
    if not isinstance(value, dict | list):
        return value
    if not levels:
        raise Rejected("data", f"nested more than {_DEEPEST} levels deep")
    if isinstance(value, list):
        return [_plain(one, levels - 1) for one in value]
    return {name: _plain(one, levels - 1) for name, one in value.items() if one is not None}


def _place(message: str, within: str) -> tuple[str, str]:
    """msgspec's ``… - at `$.minutes` `` as place and reason."""
    reason, _, path = message.partition(" - at `$")
    inner = path.rstrip("`").lstrip(".")
    return ".".join(part for part in (within, inner) if part), reason
