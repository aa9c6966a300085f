"""Upstream over HTTPS: batches by POST, commands by long polling."""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable

import requests
from urllib3.exceptions import HTTPError

from agent.records import shortened
from agent.settings import UpstreamSettings
from agent.uplink.abandon import Abandoned, abandonable
from agent.uplink.credentials import Credentials
from agent.uplink.cutting import CuttingAdapter
from agent.uplink.reply import UNAUTHORISED, Reply, interpret
from agent.uplink.transport import (
    Answer,
    Failure,
    Misconfigured,
    Stale,
    Unanswered,
    Unreached,
    ValidFor,
    expired,
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

_LARGEST_REPLY = 1 << 20
"""Bytes; more than this no honest upstream has to say at once."""

_NAME_LOOKUP = 30.0
"""Seconds for the name look-up, which has no time-out of its own."""


class _Body(io.BytesIO):
    """A request body that looks at the clock when the connection stands, and knows whether any
    of it has left."""

    def __init__(self, content: bytes, valid_for: ValidFor) -> None:
        super().__init__(content)
        self.begun = False
        self._valid_for = valid_for

    def read(self, size: int | None = -1, /) -> bytes:
        if not self.begun and expired(self._valid_for):
            raise Stale
        self.begun = True
        return super().read(size)


class Https:
    """A `Transport` over three kept-alive connections: for what is urgent, for all else that is
    sent, and to poll."""

    def __init__(self, settings: UpstreamSettings, kiosk: str) -> None:
        self.kiosk = kiosk
        self._url = settings.address.base
        self._login = settings.address.login
        self._timeout = settings.timeout_s
        credentials = Credentials(settings)
        self._sending = {urgent: _Line(settings, credentials) for urgent in (True, False)}
        self._polling = _Line(settings, credentials)

    def send(
        self, batch: bytes, valid_for: ValidFor, stop: threading.Event, urgent: bool = True
    ) -> Answer[Receipt]:
        """See `Transport.send`."""
        reply = self._sending[urgent].exchange(
            requests.Request(
                "POST",
                f"{self._url}/v1/events",
                headers={"Content-Type": BATCH_TYPE, "Content-Encoding": "gzip"},
                auth=self._login,
            ),
            lambda: _Body(batch, valid_for),
            self._timeout,
            stop,
        )
        return interpret(reply, decode_receipt)

    def poll(self, after: str, wait_s: float, stop: threading.Event) -> Answer[Commands]:
        """See `Transport.poll`."""
        reply = self._polling.exchange(
            requests.Request(
                "GET",
                f"{self._url}/v1/commands",
                params={"after": after, "wait": f"{wait_s:g}", "source": source(self.kiosk)},
                auth=self._login,
            ),
            lambda: None,
            wait_s + self._timeout,
            stop,
        )
        return interpret(reply, decode_commands)


class _Line:
    """One kept-alive connection, used by one thread."""

    def __init__(self, settings: UpstreamSettings, credentials: Credentials) -> None:
        self._connect_timeout = settings.timeout_s
        self._credentials = credentials
        self._session: requests.Session | None = None

    def exchange(
        self,
        request: requests.Request,
        body: Callable[[], _Body | None],
        timeout: float,
        stop: threading.Event,
    ) -> Reply:
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
        return self._attempt(self._open(), request, body(), timeout, stop)

    def _open(self) -> requests.Session:
        return open_session(self._credentials)

    def _attempt(
        self,
        session: requests.Session,
        request: requests.Request,
        body: _Body | None,
        timeout: float,
        stop: threading.Event,
    ) -> Reply:
        # Only a session that has just answered is used again.
        reused, self._session = session is self._session, None
        request.data = body or []
        began = time.monotonic()

        def work() -> Reply:
            return _request(session, request, (self._connect_timeout, timeout))

        try:
            reply = abandonable(work, stop, self._connect_timeout + timeout + _NAME_LOOKUP)
        except Stale:
            session.close()  # half a request stands on its connection
            raise
        except (requests.RequestException, HTTPError, ValueError, OSError, Abandoned) as error:
            if isinstance(error, Abandoned):
                _cut(session)
            session.close()
            hung_up = isinstance(_cause(error), ConnectionError)
            if reused and hung_up and time.monotonic() - began < 1:
                raise _Closed from error
            raise _failure(error, sent=body is not None and body.begun) from error
        # Where the token was refused, a new session reads it anew.
        self._session = None if reply.status in UNAUTHORISED else session
        return reply


def _cut(session: requests.Session) -> None:
    for adapter in session.adapters.values():
        if isinstance(adapter, CuttingAdapter):
            adapter.cut()


def open_session(credentials: Credentials) -> requests.Session:
    """A new session; the token is read anew, so that it can be replaced at any time.

    Raises:
        Misconfigured: a file that the settings name is missing or holds something else.
    """
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, CuttingAdapter())
    session.verify = credentials.authorities() or True
    session.headers["User-Agent"] = "linli"
    token = credentials.token()
    if token:
        session.headers["Authorization"] = f"Bearer {token}"
    return session


class _Closed(Exception):
    """Upstream had closed the kept-alive connection."""


def _request(
    session: requests.Session, request: requests.Request, timeout: tuple[float, float]
) -> Reply:
    prepared = session.prepare_request(request)
    with session.send(prepared, timeout=timeout, stream=True, allow_redirects=False) as response:
        body = bytearray()
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > _LARGEST_REPLY:
                raise requests.ConnectionError(f"reply is longer than {_LARGEST_REPLY} bytes")
    return Reply(response.status_code, response.headers, bytes(body))


def _cause(error: BaseException) -> BaseException:
    while error.__context__ is not None:
        error = error.__context__
    return error


def _failure(error: Exception, sent: bool) -> Failure:
    text = shortened(str(_cause(error))) or type(_cause(error)).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return Misconfigured(f"{text}; check ca_file, and the time of day")
    if isinstance(error, Abandoned):
        text = "no answer in time"
    return Unanswered(text) if sent else Unreached(text)
