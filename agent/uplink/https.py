"""Upstream over HTTPS: batches by POST, commands by long polling."""

from __future__ import annotations

import io
import logging
import stat
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import requests

from agent.settings import UpstreamSettings
from agent.uplink.abandon import Abandoned, abandonable
from agent.uplink.transport import (
    Answer,
    Busy,
    Failure,
    Misconfigured,
    Rejected,
    Stale,
    Unanswered,
    Unreached,
)
from agent.uplink.wire import (
    BATCH_TYPE,
    Commands,
    Receipt,
    decode_commands,
    decode_receipt,
    source,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

_SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Debian's certificate authorities; requests alone would use those that it was shipped with."""

_LARGEST_REPLY = 1 << 20
"""Bytes; more than this no honest upstream has to say at once."""

_NAME_LOOKUP = 30.0
"""Seconds for the name look-up, which has no time-out of its own."""

_UNAUTHORISED = (401, 403)


class _Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Body(io.BytesIO):
    """A request body that looks at the clock when the connection stands, and knows whether any
    of it has left."""

    def __init__(self, content: bytes, fresh: Callable[[], bool]) -> None:
        super().__init__(content)
        self.begun = False
        self._fresh = fresh

    def read(self, size: int | None = -1, /) -> bytes:
        if not self.begun and not self._fresh():
            raise Stale
        self.begun = True
        return super().read(size)


class Https:
    """A `Transport` over two kept-alive connections, one to send and one to poll."""

    def __init__(self, settings: UpstreamSettings, kiosk: str) -> None:
        self.kiosk = kiosk
        self._url = settings.url.rstrip("/")
        self._timeout = settings.timeout_s
        credentials = _Credentials(settings)
        self._sending = _Line(settings, credentials)
        self._polling = _Line(settings, credentials)

    def send(
        self, batch: bytes, fresh: Callable[[], bool], stop: threading.Event
    ) -> Answer[Receipt]:
        """See `Transport.send`."""
        reply = self._sending.exchange(
            requests.Request(
                "POST",
                f"{self._url}/v1/events",
                headers={"Content-Type": BATCH_TYPE, "Content-Encoding": "gzip"},
            ),
            lambda: _Body(batch, fresh),
            self._timeout,
            stop,
        )
        return _answer(reply, decode_receipt)

    def poll(self, after: str, wait_s: float, stop: threading.Event) -> Answer[Commands]:
        """See `Transport.poll`."""
        reply = self._polling.exchange(
            requests.Request(
                "GET",
                f"{self._url}/v1/commands",
                params={"after": after, "wait": f"{wait_s:g}", "source": source(self.kiosk)},
            ),
            lambda: None,
            wait_s + self._timeout,
            stop,
        )
        return _answer(reply, decode_commands)


class _Line:
    """One kept-alive connection, used by one thread."""

    def __init__(self, settings: UpstreamSettings, credentials: _Credentials) -> None:
        self._connect_timeout = settings.timeout_s
        self._credentials = credentials
        self._session: requests.Session | None = None

    def exchange(
        self,
        request: requests.Request,
        body: Callable[[], _Body | None],
        timeout: float,
        stop: threading.Event,
    ) -> _Reply:
        """Send *request* and read the whole reply.

        Raises:
            Stale: the body was withdrawn.
            Failure: there is no reply.
        """
        if self._session is not None:
            try:
                return self._attempt(self._session, request, body(), timeout, stop)
            except _Closed:
                # Upstream closed the idle connection in the very moment that we used it. To
                # send again is safe: what arrives twice is recognised by its sequence.
                log.debug("connection was closed while idle")
        return self._attempt(self._credentials.session(), request, body(), timeout, stop)

    def _attempt(
        self,
        session: requests.Session,
        request: requests.Request,
        body: _Body | None,
        timeout: float,
        stop: threading.Event,
    ) -> _Reply:
        # Only a session that has just answered is used again.
        reused, self._session = session is self._session, None
        request.data = body or []
        began = time.monotonic()

        def work() -> _Reply:
            return _request(session, request, (self._connect_timeout, timeout))

        try:
            reply = abandonable(work, stop, self._connect_timeout + timeout + _NAME_LOOKUP)
        except (requests.RequestException, OSError, Abandoned) as error:
            hung_up = isinstance(_cause(error), ConnectionError)
            if reused and hung_up and time.monotonic() - began < 1:
                raise _Closed from error
            raise _failure(error, sent=body is not None and body.begun) from error
        # Where the token was refused, a new session reads it anew.
        self._session = None if reply.status in _UNAUTHORISED else session
        return reply


class _Closed(Exception):
    """Upstream had closed the kept-alive connection."""


class _Credentials:
    """Makes sessions that know the token and whom to trust."""

    def __init__(self, settings: UpstreamSettings) -> None:
        self._token_file = Path(settings.token_file) if settings.token_file else None
        self._ca_file = settings.ca_file
        self._warned = False

    def session(self) -> requests.Session:
        """A new session; the token is read anew, so that it can be replaced at any time.

        Raises:
            Misconfigured: a file is missing or holds something else.
        """
        session = requests.Session()
        session.trust_env = False
        session.verify = self._authorities()
        session.headers["User-Agent"] = "linli"
        token = self._token()
        if token:
            session.headers["Authorization"] = f"Bearer {token}"
        return session

    def _authorities(self) -> str | bool:
        if self._ca_file:
            if not Path(self._ca_file).is_file():
                raise Misconfigured(f"ca_file {self._ca_file} is not there; copy it or correct it")
            return self._ca_file
        return str(_SYSTEM_AUTHORITIES) if _SYSTEM_AUTHORITIES.exists() else True

    def _token(self) -> str:
        path = self._token_file
        if path is None:
            return ""
        try:
            token = path.read_text(encoding="ascii").strip()
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise Misconfigured(f"token_file {path}: {reason}; put the token there") from error
        if not token or not token.isprintable() or " " in token:
            raise Misconfigured(f"token_file {path} does not hold one token on one line")
        if mode & (stat.S_IRWXG | stat.S_IRWXO) and not self._warned:
            self._warned = True
            log.warning("token can be read by others path=%s remedy='chmod 600 %s'", path, path)
        return token


def _request(
    session: requests.Session, request: requests.Request, timeout: tuple[float, float]
) -> _Reply:
    prepared = session.prepare_request(request)
    with session.send(prepared, timeout=timeout, stream=True, allow_redirects=False) as response:
        body = bytearray()
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > _LARGEST_REPLY:
                raise requests.ConnectionError(f"reply is longer than {_LARGEST_REPLY} bytes")
    return _Reply(response.status_code, response.headers, bytes(body))


def _cause(error: BaseException) -> BaseException:
    while error.__context__ is not None:
        error = error.__context__
    return error


def _failure(error: Exception, sent: bool) -> Failure:
    text = str(_cause(error)) or type(_cause(error)).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return Misconfigured(f"{text}; check ca_file, and the time of day")
    if isinstance(error, Abandoned):
        text = "no answer in time"
    return Unanswered(text) if sent else Unreached(text)


def _answer(reply: _Reply, decode: Callable[[bytes], T]) -> Answer[T]:
    """The content of a good reply.

    Raises:
        Failure: what its status means.
    """
    wall = _http_date(reply.headers.get("Date"))
    status = f"HTTP {reply.status}"
    match reply.status:
        case 200:
            try:
                return Answer(decode(reply.body), wall)
            except msgspec.MsgspecError as error:
                raise Unanswered(f"upstream's answer is not understood: {error}") from error
        case 400 | 413 | 422:
            raise Rejected(_reason(reply.body) or status)
        case code if code in _UNAUTHORISED:
            raise Misconfigured(f"{status}: upstream does not accept the token; check token_file")
        case 429:
            raise Busy(status, _retry_after(reply, wall))
        case 408:
            raise Unanswered(status)
        case code if code >= 500:
            raise Unanswered(status, _retry_after(reply, wall))
        case _:
            raise Misconfigured(f"{status}: this is not upstream; check url")


def _reason(body: bytes) -> str:
    """Upstream's words about a refusal: ``{"reason": …}``, or the text itself, shortened."""
    try:
        return msgspec.json.decode(body, type=dict[str, str])["reason"]
    except (msgspec.MsgspecError, KeyError):
        return " ".join(body.decode("utf-8", "replace").split())[:200]


def _retry_after(reply: _Reply, wall: float | None) -> float:
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
