"""What goes over the wire: records as CloudEvents 1.0 batches, and upstream's answers."""

from __future__ import annotations

import gzip
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from agent.core.clock import Clock
from agent.core.store.outbox import Outgoing
from agent.foreign import cleaned
from agent.records import Id, RecordData, rejected_by, schema_id, shortened
from agent.uplink.elements import commands, elements, members

log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH_TYPE = "application/cloudevents-batch+json"
"""Media type of a batch (CloudEvents 1.0, HTTP protocol binding §3.3)."""

TOMBSTONE = "linli.tombstone"
"""Type of the event that stands for records that will not be sent."""


_LONGEST_ID, _LONGEST_KIND = 200, 100
"""Characters of what names a command and its kind."""

Chain = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 in hex."""

LaneSequence = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""A place in a lane, as SQLite can store it."""


class CloudEvent(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One event in JSON format (CloudEvents 1.0).

    From `sequence` on they are extension attributes: `sequence`, `expirytime`, `severity`,
    `dataclassification` as documented beside the specification, the others our own.
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str = ""
    time: str | UnsetType = UNSET
    datacontenttype: str
    dataschema: str = ""
    """Names the schema of `data`, see `agent.schemas`."""
    data: msgspec.Raw
    sequence: str
    """Gap-free within source, epoch and lane; 19 digits, so that it orders as text too."""
    lane: int
    epoch: str
    timetrusted: bool
    """False when the kiosk's wall clock may have been wrong at `time`."""
    expirytime: str | UnsetType = UNSET
    """After this moment upstream must not act on it any more."""
    severitynumber: int = 0
    severitytext: str = ""
    """As OpenTelemetry counts."""
    dataclassification: str = ""
    chain: str = ""
    """Proves all of the lane up to here, in hex; see `agent.core.store.verify`."""
    salt: str = ""
    """Makes the record's commitment, in hex; whoever erases the record erases it too."""
    commitment: str = ""
    """In hex, of a record in whose place a tombstone goes."""


class Tombstone(msgspec.Struct, omit_defaults=True):
    """Says why the records `first` to `last` of a lane will never come."""

    first: int
    last: int
    reason: str
    """``expired``, ``withdrawn``, ``refused``, ``damaged``; of ranges: ``evicted``, ``lost`` (with
    the disk), ``earlier`` (sent in the epoch before)."""
    id: str = ""
    """The record's own id; empty for a range."""
    kind: str = ""


class RefusedRecord(msgspec.Struct):
    """A record that upstream will never take."""

    lane: Annotated[int, Meta(ge=0, le=3)]
    sequence: LaneSequence
    reason: str = ""
    """For technicians."""
    for_residents: str = ""
    """What the resident may see and hear of it."""


class Verdict(msgspec.Struct):
    """Upstream refuses a whole batch: the body of its 400, 413 or 422."""

    reason: str
    for_residents: str = ""


class Receipt(msgspec.Struct):
    """Upstream's answer to a batch."""

    ack: dict[int, int]
    """Highest contiguous sequence that upstream has, by lane."""
    refused: list[RefusedRecord] = []
    chain: dict[int, Chain] = {}
    """By lane: the `chain` of the event at `ack`, so that the kiosk sees whether its history and
    upstream's are one. An upstream that knows no chain leaves it out."""


class IncomingCommand(msgspec.Struct):
    """One command as upstream sends it."""

    id: Id
    kind: Annotated[str, Meta(min_length=1, max_length=_LONGEST_KIND)]
    data: dict[str, Any] | None = None
    expires_in: float | None = None
    """Seconds for which it is still meaningful; None: always."""


class _Named(msgspec.Struct):
    id: str | int | float | None = None
    kind: str | int | float | None = None


class RawCommand(NamedTuple):
    """One command, not yet read: it may be anything."""

    body: bytes
    expires_in: float | None = None
    """Seconds that the way to us has left it; None: it says nothing of that."""


class Commands(NamedTuple):
    """Upstream's answer to a poll."""

    cursor: str
    """Opaque; sent back with the next poll, it acknowledges `commands`."""
    commands: list[RawCommand]


class NotUnderstood(ValueError):
    """An answer that is not upstream's: a login page, say."""


_LONGEST_CURSOR = 1_000
"""Characters; a cursor goes into the address of the next poll."""

_LANES = {"0": 0, "1": 1, "2": 2, "3": 3}

_json = msgspec.json.Encoder()
_decode_chain = msgspec.json.Decoder(Chain).decode
_decode_sequence = msgspec.json.Decoder(LaneSequence, strict=False).decode
_decode_refused = msgspec.json.Decoder(RefusedRecord, strict=False).decode
_decode_verdict = msgspec.json.Decoder(Verdict).decode
_decode_named = msgspec.json.Decoder(_Named).decode
_decode_command = msgspec.json.Decoder(IncomingCommand).decode
_decode_cursor = msgspec.json.Decoder(str).decode


def decode_receipt(body: bytes) -> Receipt:
    """Read upstream's answer to a batch; what is wrong in it is left out, and logged.

    Raises:
        NotUnderstood: it is something else.
    """
    try:
        parts = members(body)
        acks = members(parts[b'"ack"'])
        refusals = elements(parts.get(b'"refused"', b"[]"))
    except (ValueError, KeyError) as error:
        raise NotUnderstood(f"not a receipt: {error}") from error
    ack = _by_lane(acks, _decode_sequence, "acknowledgement")
    if acks and not ack:
        raise NotUnderstood("not a receipt: no acknowledgement is understood")
    refused: list[RefusedRecord] = []
    for element in refusals:
        try:
            one = _decode_refused(element)
        except (msgspec.MsgspecError, RecursionError) as error:
            log.warning("receipt: refusal not understood error=%s", shortened(str(error)))
            continue
        one.reason, one.for_residents = shortened(one.reason), cleaned(one.for_residents)
        refused.append(one)
    return Receipt(ack, refused, _chains(parts.get(b'"chain"', b"{}")))


def _chains(body: bytes) -> dict[int, str]:
    try:
        found = members(body)
    except ValueError as error:
        log.warning("receipt: chain not understood error=%s", shortened(str(error)))
        return {}
    return _by_lane(found, _decode_chain, "chain")


def _by_lane(found: Mapping[bytes, bytes], decode: Callable[[bytes], T], what: str) -> dict[int, T]:
    """What is said of each lane; what is not understood is left out, and logged."""
    understood: dict[int, T] = {}
    for key, value in found.items():
        try:
            understood[_LANES[key.decode("ascii", "replace").strip('"')]] = decode(value)
        except (KeyError, msgspec.MsgspecError, RecursionError):
            log.warning("receipt: %s not understood lane=%r", what, key[:20])
    return understood


def decode_verdict(body: bytes) -> Verdict:
    """Read why upstream refuses a batch for good.

    Raises:
        NotUnderstood: it is something else, so no verdict.
    """
    try:
        verdict = _decode_verdict(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise NotUnderstood(f"not a verdict: {error}") from error
    return Verdict(shortened(verdict.reason), cleaned(verdict.for_residents))


def decode_commands(body: bytes) -> Commands:
    """Read upstream's answer to a poll; its commands are not looked at yet.

    Raises:
        NotUnderstood: it is something else.
    """
    try:
        parts = members(body)
        cursor = _decode_cursor(parts[b'"cursor"'])
        found = commands(parts.get(b'"commands"', b"[]"))
    except (ValueError, KeyError) as error:
        raise NotUnderstood(f"not an answer to a poll: {error}") from error
    if len(cursor) > _LONGEST_CURSOR:
        log.warning("cursor is too long, not used characters=%d", len(cursor))
        cursor = ""
    return Commands(cursor, [RawCommand(element) for element in found])


def named(body: bytes) -> tuple[str, str]:
    """Id and kind of what is no command, as far as they can be read, to answer it by."""
    try:
        given = _decode_named(body)
    except (msgspec.MsgspecError, RecursionError):
        return "", ""
    return (
        shortened(str(given.id or ""), _LONGEST_ID),
        shortened(str(given.kind or ""), _LONGEST_KIND),
    )


def decode_command(body: bytes) -> IncomingCommand:
    """Read a single command.

    Raises:
        Rejected: it is something else.
    """
    try:
        return _decode_command(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise rejected_by(error) from error


def source(kiosk: str) -> str:
    """The CloudEvents source of a kiosk."""
    return f"urn:linli:kiosk:{kiosk}"


def batch(events: Sequence[bytes]) -> bytes:
    """Encoded events as one gzipped JSON array."""
    return gzip.compress(b"[" + b",".join(events) + b"]", compresslevel=6, mtime=0)


class Encoder:
    """Turns what waits in the outbox into CloudEvents of one kiosk."""

    def __init__(
        self,
        kiosk: str,
        epoch: str,
        clock: Clock,
        kinds: Iterable[type[RecordData]] = (),
    ) -> None:
        """Args:
        kinds: declarations of what is sent; an event of another kind says less about itself.
        """
        self._kinds = {kind.kind: kind for kind in kinds}
        self._source = source(kiosk)
        self._epoch = epoch
        self._clock = clock

    def encode(self, record: Outgoing) -> bytes:
        """*record* as JSON: as itself, or as a tombstone where it has a fate."""
        time, trusted = self._time(record)
        entombed = record.fate is not None
        declared = self._kinds.get(record.kind)
        return _json.encode(
            CloudEvent(
                specversion="1.0",
                id=self._tombstone_id(record) if entombed else record.id,
                source=self._source,
                type=TOMBSTONE if entombed else f"linli.{record.kind}",
                subject=record.subject,
                time=time,
                datacontenttype="application/json",
                data=msgspec.Raw(_tombstone(record) if entombed else record.data.encode()),
                sequence=f"{record.sequence:019d}",
                lane=record.lane,
                epoch=self._epoch,
                timetrusted=trusted,
                expirytime=UNSET if entombed else self._expiry(record),
                **({} if entombed or declared is None else _about(declared)),
                chain=_hex(record.chain),
                salt="" if entombed else _hex(record.salt),
                commitment=_hex(record.commitment) if entombed else "",
            )
        )

    def _tombstone_id(self, record: Outgoing) -> str:
        # Not the record's own: the record may have arrived already, and one id is one event.
        return str(uuid.uuid5(uuid.UUID(self._epoch), f"{record.lane}/{record.sequence}"))

    def _time(self, record: Outgoing) -> tuple[str | UnsetType, bool]:
        if not record.boot_id:  # a range: many records, no one time
            return UNSET, False
        if not record.trusted and record.boot_id == self._clock.boot_id and self._clock.trusted:
            # The clock was set since: the boot clock tells how long ago that was.
            return _rfc3339(self._clock.wall() - (self._clock.boot() - record.boot)), True
        return _rfc3339(record.wall), bool(record.trusted)

    def _expiry(self, record: Outgoing) -> str | UnsetType:
        # With a wrong clock the moment would be wrong too, and a good request thrown away.
        if record.expires is None or not self._clock.trusted:
            return UNSET
        return _rfc3339(self._clock.wall() + (record.expires - self._clock.boot()))


def _about(kind: type[RecordData]) -> dict[str, Any]:
    return {
        "dataschema": schema_id(kind),
        "severitynumber": int(kind.severity),
        "severitytext": kind.severity.name,
        "dataclassification": kind.classification,
    }


def _hex(value: bytes | None) -> str:
    return "" if value is None else value.hex()


def _tombstone(record: Outgoing) -> bytes:
    assert record.fate is not None
    return _json.encode(
        Tombstone(record.sequence, record.last, record.fate, id=record.id, kind=record.kind)
    )


def _rfc3339(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
