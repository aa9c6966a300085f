"""What a reply means, by its HTTP status (which upstream uses over MQTT as well)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar

from agent.uplink.transport import Answer, Busy, Misconfigured, Rejected, TooLarge, Unanswered
from agent.uplink.wire import NotUnderstood, decode_verdict

T = TypeVar("T")

UNAUTHORISED = (401, 403)
"""Statuses that say: not with this token."""


JSON = "application/json"
"""Media type of upstream's answers; over MQTT, where it need not be declared, taken for granted."""


class Reply(NamedTuple):
    """A whole reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def interpret(reply: Reply, decode: Callable[[bytes], T]) -> Answer[T]:
    """The content of a good reply, read by *decode*.

    Raises:
        Failure: what its status means.
    """
    wall = _http_date(reply.headers.get("Date"))
    status = f"HTTP {reply.status}"
    match reply.status:
        case 200:
            try:
                return Answer(decode(reply.body), wall)
            except NotUnderstood as error:
                raise Unanswered(f"upstream's answer is not understood: {error}") from error
        case 400 | 413 | 422:
            raise _verdict(reply, status)
        case code if code in UNAUTHORISED:
            raise Misconfigured(f"{status}: upstream does not accept the token; check token_file")
        case 429:
            raise Busy(status, _retry_after(reply, wall))
        case 408:
            raise Unanswered(status)
        case code if code >= 500:
            raise Unanswered(status, _retry_after(reply, wall))
        case _:
            raise Misconfigured(f"{status}: this is not upstream; check url")


def _verdict(reply: Reply, status: str) -> Rejected | Unanswered | TooLarge:
    """Upstream's own word that it will never take this, or the word of something in between.

    A proxy, a captive portal or a firewall answers with the same statuses, but with a page of
    its own: only ``{"reason": …}`` declared as JSON is a verdict.
    """
    kind = reply.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()
    if kind == JSON or kind.endswith("+json"):
        try:
            verdict = decode_verdict(reply.body)
        except NotUnderstood:
            pass
        else:
            return Rejected(verdict.reason or status, verdict.for_residents)
    text = f"{status} from something that is not upstream ({kind or 'no media type'})"
    return TooLarge(text) if reply.status == 413 else Unanswered(text)


def _retry_after(reply: Reply, wall: float | None) -> float:
    """Seconds to wait (RFC 9110 §10.2.3); a date is measured by upstream's own clock."""
    value = reply.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _http_date(value)
    return max(0.0, until - wall) if until is not None and wall is not None else 0.0


def _http_date(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except (ValueError, OverflowError):
        return None
