"""Requests over real sockets: trust, tokens, kept-alive connections, hostile replies."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from agent.settings import UpstreamSettings
from agent.uplink import transport_for
from agent.uplink.https import Https
from agent.uplink.mqtt import Mqtt
from agent.uplink.transport import (
    Busy,
    Misconfigured,
    Rejected,
    Stale,
    TooLarge,
    Unanswered,
    Unreached,
)
from agent.uplink.wire import batch
from hw_mocks.upstream import Upstream
from tests.agent.uplink.scripted import Answer, Cut, Scripted, reply
from tests.waiting import wait_for

EMPTY = batch([])
HTML = "<html><body><h1>Request blocked</h1></body></html>"
RUNNING = threading.Event()


def https(url: str, **settings: object) -> Https:
    return Https(UpstreamSettings(url=url, **settings), "k-01")  # type: ignore[arg-type]


def send(transport: Https, stop: threading.Event = RUNNING) -> object:
    return transport.send(EMPTY, lambda: None, stop).content


def test_connections_are_kept_and_a_closed_one_is_replaced_silently() -> None:
    """An idle connection that the server closes in the moment of use costs nothing."""
    good = reply(200, '{"ack": {}}')
    with Scripted([good, good, None, good]) as server:
        transport = https(server.url)
        for _ in range(3):
            send(transport)
        assert [asked.connection for asked in server.asked] == [1, 1, 1, 2]


def test_only_one_silent_repetition() -> None:
    """A server that hangs up again has failed, and what was sent may have arrived."""
    with Scripted([reply(200, '{"ack": {}}'), None, None]) as server:
        transport = https(server.url)
        send(transport)
        with pytest.raises(Unanswered):
            send(transport)
        assert len(server.asked) == 3


def test_a_withdrawn_batch_never_leaves() -> None:
    """The deadline is looked at when the connection stands, before any of the body is sent."""
    with Scripted() as server:
        with pytest.raises(Stale):
            https(server.url).send(EMPTY, lambda: 0.0, RUNNING)
        wait_for(lambda: server.aborted == 1)
        assert server.asked == []


def test_the_size_of_a_reply_is_bounded() -> None:
    """A reply without end is cut off and does not count."""
    with (
        Scripted([reply(200, " " * 2_000_000)]) as server,
        pytest.raises(Unanswered, match="longer than 1048576 bytes"),
    ):
        send(https(server.url))


@pytest.mark.parametrize(
    ("answer", "expected", "text"),
    [
        (reply(301, "", "Location: http://127.0.0.1:1/"), Misconfigured, "check url"),
        (reply(404), Misconfigured, "HTTP 404.*check url"),
        (reply(401), Misconfigured, "check token_file"),
        (reply(403), Misconfigured, "check token_file"),
        (reply(400, '{"reason": "too old"}'), Rejected, "too old"),
        (reply(413, '{"reason": "much\\ttoo  long"}'), Rejected, "much too long"),
        (reply(422), Unanswered, "HTTP 422 from something that is not upstream"),
        (reply(400, HTML, "Content-Type: text/html"), Unanswered, "HTTP 400.*text/html"),
        (reply(413, HTML, "Content-Type: application/json"), TooLarge, "HTTP 413"),
        (reply(422, '{"reason": "no"}', "Content-Type: text/html"), Unanswered, "HTTP 422"),
        (reply(422, '{"error": "no"}'), Unanswered, "HTTP 422"),
        (reply(422, "[" * 5000, "Content-Type: application/json"), Unanswered, "HTTP 422"),
        (reply(200, HTML, "Content-Type: text/html"), Unanswered, "not understood"),
        (reply(200, "[" * 5000), Unanswered, "not understood"),
        (reply(408), Unanswered, "HTTP 408"),
        (Cut(b"SSH-2.0-OpenSSH\r\n"), Unanswered, "SSH-2.0"),
    ],
)
def test_what_a_status_means(answer: Answer, expected: type[Exception], text: str) -> None:
    """Each kind of refusal is told apart, with the remedy."""
    with Scripted([answer]) as server, pytest.raises(expected, match=text):
        send(https(server.url))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["Retry-After: 7"], 7),
        (["Retry-After: Sun, 22 Nov 2026 12:00:30 GMT", "Date: Sun, 22 Nov 2026 12:00:00 GMT"], 30),
        (["Retry-After: Sun, 22 Nov 2026 12:00:30 GMT"], 0),
        (["Retry-After: soon"], 0),
        ([], 0),
    ],
)
def test_retry_after(headers: list[str], seconds: float) -> None:
    """Seconds, or a date that is measured by upstream's own clock."""
    with Scripted([reply(429, "", *headers)]) as server, pytest.raises(Busy) as raised:
        send(https(server.url))
    assert raised.value.retry_after == seconds


def test_nobody_listens() -> None:
    """A refused connection and an unknown name are told apart from a lost reply."""
    for url in ("http://127.0.0.1:1", "https://nobody.invalid"):
        with pytest.raises(Unreached):
            send(https(url))


def test_a_poll_ends_at_once_when_asked_to_stop() -> None:
    """A poll of 25 s is left behind within a second of the stop."""
    with Scripted([b""]) as server:
        stop = threading.Event()
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        with pytest.raises(Unreached):
            https(server.url).poll("", 25, stop)
        assert time.monotonic() - began < 1.2


def test_the_token_is_sent_and_read_anew_after_a_refusal(tmp_path: Path) -> None:
    """A wrong token is a mistake of configuration; the right one works without a restart."""
    token = tmp_path / "token"
    token.write_text("wrong\n")
    token.chmod(0o600)
    with Upstream(token="secret-0123") as upstream:
        transport = https(upstream.url, token_file=str(token))
        with pytest.raises(Misconfigured, match="does not accept the token"):
            send(transport)
        token.write_text("secret-0123\n")
        send(transport)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o620, 0o602, 0o601])
def test_a_token_that_others_can_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    """It is refused, with the remedy and not the token; mended, it works without a restart."""
    caplog.set_level(logging.DEBUG)
    token = tmp_path / "token"
    token.write_text("secret-0123")
    token.chmod(mode)
    with Upstream(token="secret-0123") as upstream:
        transport = https(upstream.url, token_file=str(token))
        with pytest.raises(Misconfigured, match=r"by others .*chmod 600") as raised:
            send(transport)
        token.chmod(0o600)
        send(transport)
    assert "secret" not in caplog.text + str(raised.value)


def test_a_token_among_the_credentials_of_the_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service manager hands it over (LoadCredential=); a token_file goes before it."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with Upstream(token="secret-0123") as upstream:
        with pytest.raises(Misconfigured, match="does not accept the token"):
            send(https(upstream.url))
        given = tmp_path / "upstream-token"
        given.write_text("secret-0123\n")
        given.chmod(0o440)  # as an access control list makes it look
        send(https(upstream.url))
        own = tmp_path / "own"
        own.write_text("another")
        own.chmod(0o600)
        with pytest.raises(Misconfigured, match="does not accept the token"):
            send(https(upstream.url, token_file=str(own)))


def test_a_pipe_or_folder_for_a_token(tmp_path: Path) -> None:
    """Neither is waited for."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("pipe", "."):
        with pytest.raises(Misconfigured, match="token_file"):
            send(https("http://127.0.0.1:1", token_file=str(tmp_path / name)))


@pytest.mark.parametrize("content", [None, "", "two words", "line\nline", "密码"])
def test_a_token_file_without_a_token(tmp_path: Path, content: str | None) -> None:
    """A missing or odd file is named; its content is not."""
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content)
        token.chmod(0o600)
    with pytest.raises(Misconfigured, match=str(token)) as raised:
        send(https("http://127.0.0.1:1", token_file=str(token)))
    assert not content or content not in str(raised.value)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_server_with_our_own_authority(authority: trustme.CA, tmp_path: Path) -> None:
    """With ca_file the server is trusted."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Upstream(tls=server_context(authority, "127.0.0.1")) as upstream:
        transport = https(upstream.url, ca_file=str(tmp_path / "ca.pem"))
        send(transport)
        upstream.send_command("taxi.arrived", {"order": "a"})
        assert len(transport.poll("", 5, RUNNING).content.commands) == 1


def test_servers_that_are_not_to_be_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    """An unknown authority or another name sends nothing, and names what to check."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ours, theirs = (server_context(authority, name) for name in ("127.0.0.1", "other.example"))
    with Upstream(tls=ours) as upstream, Upstream(tls=theirs) as other:
        with pytest.raises(Misconfigured, match="check ca_file, and the time of day"):
            send(https(upstream.url))
        with pytest.raises(Misconfigured, match=r"127\.0\.0\.1"):
            send(https(other.url, ca_file=str(tmp_path / "ca.pem")))


def test_a_missing_authority() -> None:
    """A wrong path in ca_file is named."""
    with pytest.raises(Misconfigured, match="ca_file /nowhere is not there"):
        send(https("https://127.0.0.1:1", ca_file="/nowhere"))


def test_the_address_chooses_the_transport() -> None:
    """https and mqtts stand in kiosk.toml; nothing else has to be said."""
    assert isinstance(transport_for(UpstreamSettings(url="https://up.example"), "k-01"), Https)
    assert isinstance(transport_for(UpstreamSettings(url="mqtts://up.example"), "k-01"), Mqtt)


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 X\r\nContent-Length: 9999\r\n\r\n"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_server_that_drips_costs_no_thread(
    monkeypatch: pytest.MonkeyPatch, begin: bytes, tls: bool, tmp_path: Path
) -> None:
    """A reply that comes byte by byte, head or body, is given up, and nothing is left behind."""
    monkeypatch.setattr("agent.uplink.https._NAME_LOOKUP", 0.0)
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            line = context.wrap_socket(connection, server_side=True) if tls else connection
            with line:
                line.sendall(begin)
                while not over.wait(0.1):
                    line.sendall(b"x")

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    port = listening.getsockname()[1]
    ca = {"ca_file": str(tmp_path / "ca.pem")} if tls else {}
    transport = https(f"http{'s' if tls else ''}://127.0.0.1:{port}", timeout_s=1.0, **ca)
    try:
        for _ in range(2):
            with pytest.raises(Unanswered):
                send(transport)
        wait_for(lambda: not [t for t in threading.enumerate() if t.name == "uplink-call"])
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
