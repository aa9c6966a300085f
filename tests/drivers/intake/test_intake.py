"""Signed events of another terminal: what counts, and what does not."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import Contact, Measured, PersonDown, PersonUp, Presence, Signal
from drivers.intake import events
from drivers.intake.events import BURST, LONGEST, Intake, Refused, signature
from drivers.intake.mqtt import IntakeMqtt, IntakeMqttSettings
from drivers.intake.webhook import IntakeHttp, IntakeHttpSettings
from hw_mocks.broker import MOSQUITTO, MockBroker
from hw_mocks.devices.intake import MockTerminal
from tests.drivers.running import Running, site
from tests.waiting import wait_for

SECRET = b"0123456789abcdef0123456789abcdef"
ALL = ("presence", "contact", "measured", "person-down", "person-up")
PRESENT = {"kind": "presence", "present": True}


class Terminal:
    """One that signs, and a kiosk whose clock is moved by hand."""

    def __init__(self, takes: Any = ALL) -> None:
        self.now = 1_800_000_000.0
        self.intake = Intake("ai", SECRET, takes, lambda: self.now)
        self.count = 0

    def message(self, event: object = PRESENT, **changes: Any) -> bytes:
        self.count += 1
        envelope = {"nonce": f"{self.count:016}", "at": self.now, "event": event, **changes}
        return json.dumps(envelope).encode()

    def tell(self, event: object = PRESENT, **changes: Any) -> Signal:
        body = self.message(event, **changes)
        return self.intake.admit(signature(SECRET, body), body)

    def refused(self, body: bytes, signed: str | None = None) -> int:
        with pytest.raises(Refused) as refusal:
            self.intake.admit(signature(SECRET, body) if signed is None else signed, body)
        return refusal.value.status


@pytest.mark.parametrize(
    ("event", "signal"),
    [
        (PRESENT, Presence(source="ai", present=True)),
        ({"kind": "contact", "closed": False}, Contact(source="ai", closed=False)),
        (
            {"kind": "measured", "quantity": "power", "value": 5, "unit": "W"},
            Measured(source="ai", quantity="power", value=5, unit="W"),
        ),
        (
            {"kind": "person-down", "confidence": 0.9, "person": 3},
            PersonDown(source="ai", track=3, confidence=0.9, reason="terminal"),
        ),
        ({"kind": "person-up", "person": 3}, PersonUp(source="ai", track=3)),
    ],
)
def test_events(event: object, signal: Signal) -> None:
    assert Terminal().tell(event) == signal


def test_who_does_not_know_the_secret() -> None:
    terminal = Terminal()
    body = terminal.message()
    for signed in ("", "0" * 64, signature(b"another secret", body), "ü" * 64):
        assert terminal.refused(body, signed) == 401
    assert terminal.refused(body.replace(b"true", b"false"), signature(SECRET, body)) == 401
    assert terminal.intake.admit(signature(SECRET, body).upper(), body)


def test_replays() -> None:
    """The same again, one that is old, one from before the start, one from the future."""
    terminal = Terminal()
    body = terminal.message()
    terminal.intake.admit(signature(SECRET, body), body)
    assert terminal.refused(body) == 409
    terminal.now += 301
    assert terminal.refused(body) == 401
    terminal = Terminal()
    assert terminal.refused(terminal.message(at=terminal.now - 10)) == 401
    assert terminal.refused(terminal.message(at=terminal.now + 301)) == 401


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "presence"},
        {"kind": "presence", "present": 1},
        {"kind": "presence", "present": True, "more": 1},
        {"kind": "reboot"},
        {"kind": "measured", "quantity": "A", "value": 1, "unit": "W"},
        {"kind": "measured", "quantity": "a", "value": 1e13, "unit": "W"},
        {"kind": "person-down", "confidence": 2},
        [],
    ],
)
def test_events_of_another_shape(event: object) -> None:
    terminal = Terminal()
    assert terminal.refused(terminal.message(event)) == 422


def test_only_what_it_may_tell() -> None:
    terminal = Terminal(("contact",))
    assert terminal.refused(terminal.message()) == 403


def test_floods_are_slowed_and_falls_are_not() -> None:
    terminal = Terminal()
    for _ in range(int(BURST)):
        terminal.tell()
    assert terminal.refused(terminal.message()) == 429
    for _ in range(100):
        terminal.tell({"kind": "person-down", "confidence": 1})
    terminal.now += 1
    assert terminal.tell()


def test_nonces_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded, and none is forgotten while its message would still count."""
    terminal = Terminal()
    for _ in range(50):
        terminal.now += 20
        terminal.tell()
    assert len(terminal.intake._nonces) <= 31
    monkeypatch.setattr(events, "MOST_NONCES", 10)
    terminal.tell()
    assert len(terminal.intake._nonces) == 10


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=70))
def test_any_bytes(body: bytes, signed: str) -> None:
    """Refused, signed or not; never anything else."""
    terminal = Terminal()
    terminal.refused(body, signed)
    terminal.refused(body)


def webhook(tmp_path: Path, **changes: Any) -> tuple[MockTerminal, IntakeHttp]:
    terminal = MockTerminal(tmp_path / "terminal")
    table = {**terminal.wired(), "takes": ["presence"], **changes}
    return terminal, IntakeHttp("ai", msgspec.convert(table, IntakeHttpSettings), site())


def test_webhook(tmp_path: Path) -> None:
    """Told by the terminal; what is not its own is answered with a reason, and costs nothing."""
    terminal, driver = webhook(tmp_path)
    url = f"http://127.0.0.1:{terminal.wired()['port']}/"
    with Running(driver) as running:

        def heard() -> bool:
            terminal.set({"present": True})
            return bool(running.signals)

        wait_for(heard)
        count = len(running.signals)
        answers = [
            requests.post(url, data=b"{}", timeout=5).status_code,
            requests.post(url, data=b"x" * (LONGEST + 1), timeout=5).status_code,
            requests.get(url, timeout=5).status_code,
        ]
        assert answers == [401, 413, 501]
        port = terminal.wired()["port"]
        with socket.create_connection(("127.0.0.1", port)):  # says nothing, and holds the line
            terminal.set({"present": False})
        wait_for(lambda: len(running.signals) > count)
        assert running.stop() < 2
    assert running.signals[-1] == Presence(source="ai", present=False)


@pytest.mark.parametrize("said", [b"", b"POST / HTTP/1.1\r\nContent-Length: 8000\r\n\r\n"])
def test_two_hundred_who_say_nothing_keep_no_fall_from_us(tmp_path: Path, said: bytes) -> None:
    """Silent, or a byte now and then of a body: who has something to tell is heard at once, and
    the driver ends when it is told to."""
    terminal, driver = webhook(tmp_path, takes=["person-down"])
    port = terminal.wired()["port"]
    secret = Path(terminal.wired()["secret_file"]).read_bytes().strip()
    with Running(driver) as running, contextlib.ExitStack() as crowd:
        wait_for(lambda: _reached(port))
        silent = [
            crowd.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            for _ in range(200)
        ]
        for number in range(3):
            for connection in silent:
                with contextlib.suppress(OSError):
                    connection.sendall(said or b"")
                    connection.sendall(b"x" if said else b"")
            down = {"kind": "person-down", "confidence": 0.9}
            told = {"nonce": f"{number:016}", "at": time.time(), "event": down}
            body = json.dumps(told).encode()
            headers = {"X-Linli-Signature": signature(secret, body)}
            began = time.monotonic()
            answer = requests.post(f"http://127.0.0.1:{port}/", body, headers=headers, timeout=10)
            assert answer.status_code == 204
            assert time.monotonic() - began < 2.0
        assert len(running.signals) == 3
        assert running.stop() < 2


def _reached(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_secrets_that_are_none(tmp_path: Path) -> None:
    terminal, driver = webhook(tmp_path)
    secret = Path(terminal.wired()["secret_file"])
    secret.chmod(0o644)
    with Running(driver) as running:
        assert "can be read by everybody" in running.why()
    secret.chmod(0o600)
    secret.write_text("short")
    with Running(driver) as running:
        assert "openssl rand" in running.why()


@pytest.mark.skipif(MOSQUITTO is None, reason="apt-get install mosquitto")
def test_mqtt(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    secret.chmod(0o600)
    with MockBroker(tmp_path / "broker") as broker:
        settings = IntakeMqttSettings(
            broker=broker.url, topic="ai/1", secret_file=str(secret), takes=("presence",)
        )
        with Running(IntakeMqtt("ai", settings, site())) as running:
            for count in range(200):
                envelope = {"nonce": f"{count:016}", "at": time.time(), "event": PRESENT}
                body = json.dumps(envelope).encode()
                broker.publish("ai/1", b"0" * 64 + b"\n" + body)
                broker.publish("ai/1", signature(SECRET, body).encode() + b"\n" + body)
                if running.signals:
                    break
            wait_for(running.has_emitted)
    assert set(running.signals) == {Presence(source="ai", present=True)}
