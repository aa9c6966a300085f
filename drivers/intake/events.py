"""What another terminal may tell, and how it proves that it is the one.

A message is the JSON of an `Envelope`, and the HMAC-SHA256 (64 hex digits) of exactly these bytes
with the secret that both sides hold. It counts once, and within five minutes of its time.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import Meta

from agent.contract.driver import DriverUnavailable
from agent.contract.signals import (
    Contact,
    Fraction,
    Measured,
    PersonDown,
    PersonUp,
    Presence,
    Signal,
)

EMITS = (Presence, Contact, Measured, PersonDown, PersonUp)
Kind = Literal["presence", "contact", "measured", "person-down", "person-up"]
Takes = Annotated[tuple[Kind, ...], Meta(min_length=1)]
"""The events that this terminal may tell of; others are refused."""

LONGEST = 8192
"""Bytes of a message."""
WINDOW_S = 300.0
"""How far the clocks of both sides may be apart."""
SKEW_S = 5.0
"""What was signed longer than this before we began to listen is a replay: we could not hear it."""
RATE, BURST = 10.0, 20.0
"""Messages a second for long, and at once. Falls are never counted."""
MOST_NONCES = 20_000
SHORTEST_SECRET = 32


class Refused(Exception):
    """The message does not count; `status` is what HTTP calls it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Event(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True
):
    pass


class PresenceEvent(_Event, frozen=True, tag="presence"):
    """Somebody is there, or nobody."""

    present: bool

    def signal(self, source: str) -> Signal:
        return Presence(source=source, present=self.present)


class ContactEvent(_Event, frozen=True, tag="contact"):
    """A door or lid."""

    closed: bool
    tampered: bool = False

    def signal(self, source: str) -> Signal:
        return Contact(source=source, closed=self.closed, tampered=self.tampered)


class MeasuredEvent(_Event, frozen=True, tag="measured"):
    """One reading; *unit* is a UCUM code."""

    quantity: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    value: Annotated[float, Meta(ge=-1e12, le=1e12)]
    unit: Annotated[str, Meta(max_length=16)]
    part: Annotated[str, Meta(max_length=32)] = ""

    def signal(self, source: str) -> Signal:
        return Measured(
            source=source, quantity=self.quantity, value=self.value, unit=self.unit, part=self.part
        )


class PersonDownEvent(_Event, frozen=True, tag="person-down"):
    """Somebody fell; *person* tells people apart, as far as the terminal can."""

    confidence: Fraction
    person: Annotated[int, Meta(ge=0, le=1_000_000)] = 0

    def signal(self, source: str) -> Signal:
        return PersonDown(
            source=source, track=self.person, confidence=self.confidence, reason="terminal"
        )


class PersonUpEvent(_Event, frozen=True, tag="person-up"):
    """The same person stands again."""

    person: Annotated[int, Meta(ge=0, le=1_000_000)] = 0

    def signal(self, source: str) -> Signal:
        return PersonUp(source=source, track=self.person)


Event = Union[PresenceEvent, ContactEvent, MeasuredEvent, PersonDownEvent, PersonUpEvent]  # noqa: UP007


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message."""

    nonce: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{16,64}$")]
    """Never used before by this terminal."""
    at: Annotated[float, Meta(ge=0, le=1e11)]
    """Seconds since 1970 when it was signed."""
    event: Event


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Envelope)


def signature(secret: bytes, body: bytes) -> str:
    """What proves *body*."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def secret_of(path: str) -> bytes:
    """The secret in a file, without white space around it.

    Raises:
        DriverUnavailable: it is not there, too short, or others can read it.
    """
    try:
        secret = Path(path).read_bytes().strip()
        mode = Path(path).stat().st_mode
    except OSError as error:
        raise DriverUnavailable(
            f"{path}: {error.strerror}; make it with: openssl rand -hex 32"
        ) from error
    if mode & 0o007:
        raise DriverUnavailable(f"{path} can be read by everybody; chmod 600 {path}")
    if len(secret) < SHORTEST_SECRET:
        raise DriverUnavailable(
            f"{path} has {len(secret)} characters, at least {SHORTEST_SECRET} are needed; make it "
            "with: openssl rand -hex 32"
        )
    return secret


class Intake:
    """Lets the messages of one terminal through, each once."""

    def __init__(
        self,
        source: str,
        secret: bytes,
        takes: tuple[Kind, ...],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._source, self._secret, self._takes, self._wall = source, secret, takes, wall
        self._began = self._filled = wall()
        self._tokens = BURST
        self._nonces: OrderedDict[str, float] = OrderedDict()

    def admit(self, signed: str, body: bytes) -> Signal:
        """What the message tells.

        Raises:
            Refused: it is not this terminal's, comes again or too late, too often, or tells what
                it may not.
        """
        if len(body) > LONGEST:
            raise Refused(413, f"at most {LONGEST} bytes")
        right = signature(self._secret, body)
        if not hmac.compare_digest(right.encode(), signed.strip().lower().encode()):
            raise Refused(401, "the signature is not right")
        try:
            told: Envelope = _decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(422, str(error)) from error
        kind = type(told.event).__struct_config__.tag
        now = self._wall()
        if abs(now - told.at) > WINDOW_S or told.at < self._began - SKEW_S:
            raise Refused(401, f"signed {now - told.at:.0f} s ago by the kiosk's clock")
        if kind not in self._takes:
            raise Refused(403, f"{kind} is not among what this terminal may tell")
        self._once(told.nonce, now)
        if not isinstance(told.event, PersonDownEvent | PersonUpEvent):
            self._seldom(now)
        return told.event.signal(self._source)

    def _once(self, nonce: str, now: float) -> None:
        if nonce in self._nonces:
            raise Refused(409, "this nonce was used before")
        self._nonces[nonce] = now
        oldest = next(iter(self._nonces))
        while now - self._nonces[oldest] > 2 * WINDOW_S or len(self._nonces) > MOST_NONCES:
            del self._nonces[oldest]
            oldest = next(iter(self._nonces))

    def _seldom(self, now: float) -> None:
        self._tokens = min(BURST, self._tokens + max(0.0, now - self._filled) * RATE)
        self._filled = now
        if self._tokens < 1:
            raise Refused(429, f"more than {RATE:g} a second")
        self._tokens -= 1
