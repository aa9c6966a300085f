"""The page's server, spoken to over real connections without a browser."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping

import pytest

from agent.contract.driver import DriverUnavailable
from agent.settings import PageSettings
from kiosk_ui.server import PageServer
from tests.kiosk_ui.browsing import Site
from tests.kiosk_ui.samples import WORDS, sample
from tests.waiting import wait_for


def ask(
    site: Site,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Mapping[str, str], bytes]:
    """One request: status, headers with small names, body."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
    connection.request(method, path, body, dict(headers or {}))
    reply = connection.getresponse()
    found = {name.lower(): value for name, value in reply.getheaders()}
    content = reply.read()
    connection.close()
    return reply.status, found, content


def choose(site: Site, body: object, **changes: str) -> int:
    """Send a choice like the page does, with *changes* to the headers; the status."""
    token = re.search(r'name="token" content="([^"]+)"', ask(site, "/")[2].decode())
    assert token is not None
    headers = {
        "Host": f"127.0.0.1:{site.port}",
        "Origin": f"http://127.0.0.1:{site.port}",
        "Content-Type": "application/json",
        "X-Linli-Token": token[1],
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return ask(site, "/action", "POST", json.dumps(body).encode(), headers)[0]


class Stream:
    """The stream of events, read line by line."""

    def __init__(self, site: Site) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
        self.connection.request("GET", "/events")
        self.reply = self.connection.getresponse()

    def event(self) -> dict[str, str]:
        """The next event's fields; blocks for at most 5 s."""
        fields: dict[str, str] = {}
        while line := self.reply.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields

    def snapshot(self) -> dict[str, object]:
        """The next snapshot, signs of life skipped."""
        while "event" in (fields := self.event()):
            pass
        decoded: dict[str, object] = json.loads(fields["data"])
        assert fields["id"] == str(decoded["sequence"])
        return decoded


def test_page_holds_the_present_snapshot(site: Site) -> None:
    """The page can be read before any script ran."""
    status, headers, body = ask(site, "/")
    assert status == 200
    assert "一键叫车" in body.decode()
    assert headers["cache-control"] == "no-store"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert not re.search(r"<style|style=|onclick|<script(?! type=\"module\" src)", body.decode())


def test_stream_begins_with_the_present_and_follows(site: Site) -> None:
    """A stream gives the present snapshot at once and each newer one after it."""
    stream = Stream(site)
    assert stream.snapshot()["screen"] == "home"
    site.server.publish(sample("taxi.confirm", sequence=2))
    second = stream.snapshot()
    assert (second["screen"], second["sequence"]) == ("taxi.confirm", 2)
    assert "现在帮您叫车" in str(second["html"])
    stream.connection.close()


def test_slow_page_gets_the_newest(site: Site) -> None:
    """A burst of snapshots ends with the last one; publishing never waits for a reader."""
    stream = Stream(site)
    began = time.monotonic()
    for sequence in range(2, 2002):
        site.server.publish(sample("home", sequence=sequence))
    site.server.publish(sample("taxi.arrived", sequence=3000))
    assert time.monotonic() - began < 2
    while stream.snapshot()["sequence"] != 3000:
        pass
    stream.connection.close()


def test_silence_is_broken_every_two_seconds(site: Site) -> None:
    """Signs of life let the page notice within 5 s that the daemon is gone."""
    stream = Stream(site)
    assert stream.event()["event"] == "alive"
    stream.snapshot()
    began = time.monotonic()
    assert stream.event()["event"] == "alive"
    assert 1.5 < time.monotonic() - began < 2.5
    stream.connection.close()


def test_choice_reaches_the_daemon(site: Site) -> None:
    """A choice arrives with the number of the snapshot that it was made on."""
    assert choose(site, {"action": "taxi.call", "sequence": 1}) == 204
    assert choose(site, {"action": "key:up", "sequence": 1}) == 204
    assert site.acted == [("taxi.call", 1), ("key:up", 1)]


def test_choice_that_is_not_offered(site: Site) -> None:
    """What the present screen does not offer is answered with 409."""
    site.accepts = False
    assert choose(site, {"action": "taxi.confirm", "sequence": 1}) == 409


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"X_Linli_Token": "guess"}, 403),
        ({"X_Linli_Token": "é"}, 403),
        ({"Content_Type": "text/plain"}, 415),
    ],
)
def test_strangers_cannot_press_our_keys(site: Site, changes: dict[str, str], status: int) -> None:
    """Another host name, origin, token or form is refused and nothing is chosen."""
    assert choose(site, {"action": "taxi.call", "sequence": 1}, **changes) == status
    assert site.acted == []


def test_origin_is_required(site: Site) -> None:
    """A choice without an origin is not from a page."""
    assert ask(site, "/action", "POST", b"{}")[0] == 403


def test_foreign_host_sees_nothing(site: Site) -> None:
    """Under a foreign name neither the page nor the stream is served."""
    for path in ("/", "/events", "/static/kiosk.js"):
        assert ask(site, path, headers={"Host": "rebound.example:8480"})[0] == 421


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"action": "taxi.call"}, 400),
        ({"action": "", "sequence": 1}, 400),
        ({"action": "x" * 65, "sequence": 1}, 400),
        ({"action": "taxi.call", "sequence": "1"}, 400),
        ({"action": "taxi.call", "sequence": 1, "more": 1}, 400),
        ([], 400),
        ({"action": "x" * 5000, "sequence": 1}, 413),
    ],
)
def test_malformed_choice_is_refused(site: Site, body: object, status: int) -> None:
    """Anything but an action and a number is refused."""
    assert choose(site, body) == status
    assert site.acted == []


def test_files_outside_static_are_not_served(site: Site) -> None:
    """No path leads out of the folder of styles and scripts."""
    assert ask(site, "/static/kiosk.js")[1]["cache-control"] == "no-cache"
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/phrases/en.toml"):
        assert ask(site, path)[0] == 404


def test_token_changes_with_the_run(site: Site) -> None:
    """A restarted server does not take the token of the one before."""
    find = re.compile(rb'name="(?:token|run)" content="([^"]+)"')
    before = find.findall(ask(site, "/")[2])
    site.stop()
    site.start(sample("home"))
    after = find.findall(ask(site, "/")[2])
    assert len(before) == len(after) == 2
    assert not set(before) & set(after)


def test_taken_port_is_named_with_the_remedy(site: Site) -> None:
    """A port in use is an error that says what to do."""
    second = PageServer(
        PageSettings(port=site.port), lambda action, sequence: True, WORDS, sample("home")
    )
    with pytest.raises(DriverUnavailable, match=rf"127\.0\.0\.1:{site.port}.*\[page\]"):
        second.run(lambda signal: None, threading.Event())


def test_stop_is_quick_with_open_streams(site: Site) -> None:
    """With pages connected the server returns within 1 s of being told to stop."""
    streams = [Stream(site) for _ in range(3)]
    for stream in streams:
        stream.snapshot()
    began = time.monotonic()
    site.stop()
    assert time.monotonic() - began < 1
    assert streams[0].reply.read() is not None
    for stream in streams:
        stream.connection.close()
    site.start(sample("home"))


def test_only_loopback_listens(site: Site) -> None:
    """From any other address of this machine the port is closed."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        assert probe.connect_ex(("127.0.0.2", site.port)) != 0


def test_publish_after_the_end_is_harmless(site: Site) -> None:
    """A snapshot that comes during or after the stop is kept for the next run."""
    site.stop()
    site.server.publish(sample("help", sequence=9))
    site.start(sample("home"))


SECRET = "5ec4e7" * 8


@pytest.fixture
def guarded() -> Iterator[Site]:
    """A page whose browser was handed a secret."""
    site = Site(SECRET)
    yield site
    site.stop()


def enter(site: Site, secret: str) -> tuple[int, str]:
    """Bring a secret, as the browser does; the status and the cookie."""
    own = {"Origin": f"http://127.0.0.1:{site.port}", "Content-Type": "application/json"}
    status, headers, _ = ask(site, "/enter", "POST", json.dumps({"secret": secret}).encode(), own)
    return status, headers.get("set-cookie", "")


def test_another_user_of_the_machine_neither_looks_nor_acts(guarded: Site) -> None:
    """Without the secret: no token, no snapshot, no choice; guessing is refused too."""
    status, _, body = ask(guarded, "/")
    assert status == 403 and b"token" not in body and "一键叫车".encode() not in body
    assert ask(guarded, "/events")[0] == 403
    for secret in ("", "x", SECRET[:-1], SECRET + "0", "密", "a" * 10_000):
        status, cookie = enter(guarded, secret)
        assert status in (403, 413) and not cookie
    own = {"Origin": f"http://127.0.0.1:{guarded.port}", "Content-Type": "application/json"}
    for cookie in ("", "linli=", "linli=x", "linli=" + "0" * 64, "a;linli", "linli=\xe5\xaf"):
        headers = own | {"Cookie": cookie, "X-Linli-Token": guarded.server._token}
        choice = b'{"action": "taxi.call", "sequence": 1}'
        assert ask(guarded, "/action", "POST", choice, headers)[0] in (400, 403)
    assert guarded.acted == []


def test_the_kiosks_browser_enters_and_stays_over_a_restart(guarded: Site) -> None:
    """The cookie is for this page alone, no script reads it, and a new daemon knows it."""
    status, cookie = enter(guarded, SECRET)
    assert status == 204 and SECRET not in cookie
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    own = {"Cookie": cookie.partition(";")[0]}
    assert "一键叫车" in ask(guarded, "/", headers=own)[2].decode()
    guarded.stop()
    guarded.start(sample("home"))
    assert ask(guarded, "/", headers=own)[0] == 200


def test_who_is_refused_again_and_again_waits(guarded: Site) -> None:
    """The first thirty refusals cost nothing, those after them a quarter of a second each; the
    browser, which has entered, waits for none of them."""
    own = {"Cookie": enter(guarded, SECRET)[1].partition(";")[0]}
    stop = threading.Event()

    def strangers() -> None:
        while not stop.is_set():
            assert ask(guarded, "/")[0] == 403

    crowd = [threading.Thread(target=strangers) for _ in range(4)]
    for one in crowd:
        one.start()
    try:
        wait_for(lambda: _takes(guarded, {}) > 0.2)
        assert ask(guarded, "/", headers=own)[0] == 200
        assert min(_takes(guarded, own) for _ in range(5)) < 0.2
    finally:
        stop.set()
        for one in crowd:
            one.join(5)


def _takes(site: Site, headers: Mapping[str, str]) -> float:
    began = time.monotonic()
    ask(site, "/", headers=headers)
    return time.monotonic() - began


def test_a_connection_that_wants_to_become_another_is_a_request_like_others(site: Site) -> None:
    """No WebSocket: it is answered as a plain request, and what is said after it is not read."""
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    status, found, _ = ask(site, "/", headers=headers)
    assert status == 200 and "sec-websocket-accept" not in found


def test_silent_connections_keep_nobody_away(site: Site) -> None:
    """Two hundred of them, some in the middle of a request, and a choice arrives at once."""
    silent = []
    for number in range(200):
        opened = socket.create_connection(("127.0.0.1", site.port), timeout=5)
        if number % 2:
            opened.sendall(b"POST /action HTTP/1.1\r\nHost: ")
        silent.append(opened)
    began = time.monotonic()
    assert choose(site, {"action": "taxi.call", "sequence": 1}) == 204
    assert time.monotonic() - began < 1
    for opened in silent:
        opened.close()


def test_who_drips_a_request_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has to be whole within some seconds, however busily it drips."""
    monkeypatch.setattr("kiosk_ui.loopback._REQUEST_WITHIN", 0.3)
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as opened:
        until = time.monotonic() + 10
        with pytest.raises(OSError):
            for byte in itertools.cycle(b"GET /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"):
                assert time.monotonic() < until
                opened.sendall(bytes([byte]))
                time.sleep(0.02)


def test_many_pages_leave_room_to_act(site: Site) -> None:
    """Ten look: the newest four do, each of the others is told, and choices arrive."""
    streams = [Stream(site) for _ in range(10)]
    wait_for(lambda: len(site.server._streams) == 4)
    told = 0
    for stream in streams[:6]:
        while (fields := stream.event()).get("event") != "elsewhere":
            assert fields
        told += 1
    assert told == 6
    assert choose(site, {"action": "taxi.call", "sequence": 1}) == 204
    for stream in streams:
        stream.connection.close()
