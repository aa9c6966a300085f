"""`linli accept`: each device is tried by its own driver; the report says what was seen."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.technician import accept
from hw_mocks.pins import MockPins
from tests.waiting import wait_for

TEXT = """
[kiosk]
id = "gate-1"
place = "xinjing-sancun"
[upstream]
url = "http://127.0.0.1:9"
[drivers.key_help]
type = "button"
pin = 26
key = "help"
[drivers.lamp]
type = "lamp"
pin = 17
[drivers.door]
type = "contact"
pin = 16
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A kiosk with a key, a lamp and a contact."""
    path = tmp_path / "kiosk.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockPins]:
    """Pins, and a technician who does what is asked."""
    pins, stop = MockPins(), threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            for pin in (26, 16):
                pins.press(pin)
            stop.wait(0.2)
            for pin in (26, 16):
                pins.release(pin)
            stop.wait(0.2)

    hands = threading.Thread(target=work)
    hands.start()
    yield pins
    stop.set()
    hands.join()


def walked(path: Path, pins: MockPins, *more: str) -> tuple[int, dict[str, object], str]:
    """Exit status and both reports."""
    words = ["accept", "--config", str(path), "--data", str(path.parent), "--report"]
    status = main([*words, str(path.parent), "--technician", "王工", *more], pins.factory)
    (as_json,) = path.parent.glob("accept-gate-1-*.json")
    (as_text,) = path.parent.glob("accept-gate-1-*.txt")
    return status, json.loads(as_json.read_text()), as_text.read_text()


def test_a_kiosk_that_is_well_is_accepted(
    path: Path, pins: MockPins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key and the contact are noticed, the lamp really blinks when the question is asked."""

    def answer(question: str) -> str:
        assert "lamp" in question
        wait_for(lambda: pins.state(17))
        return "y"

    monkeypatch.setattr("builtins.input", answer)
    status, report, text = walked(path, pins)
    assert status == 0
    assert report["accepted"] is True
    assert report["technician"] == "王工"
    assert "结论：验收通过" in text
    assert str(report["signature"]).startswith("sha256:")


def test_what_does_not_answer_is_not_accepted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody presses the key: after a while it is broken, and the report says so."""
    monkeypatch.setattr(accept, "PATIENCE_S", 0.3)
    status, report, text = walked(path, MockPins(), "--only", "key_help")
    assert status == 1
    assert report["accepted"] is False
    assert "故障　key_help　请按一下“红色求助”键" in text
    assert "结论：未通过" in text


def test_the_report_is_signed_with_the_token(path: Path, pins: MockPins, tmp_path: Path) -> None:
    """Whoever has the token can verify that nothing was changed."""
    token = tmp_path / "token"
    token.write_text("s3cret")
    token.chmod(0o600)
    path.write_text(
        TEXT.replace("[drivers.key_help]", f'token_file = "{token}"\n[drivers.key_help]')
    )
    _, report, text = walked(path, pins, "--only", "key_help")
    signature = str(report.pop("signature"))
    body = json.dumps(report, ensure_ascii=False, sort_keys=True).encode()
    assert signature == "hmac-sha256:" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert "s3cret" not in text


def test_a_device_that_is_not_there_is_said(
    path: Path, pins: MockPins, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, and what there is."""
    assert main(["accept", "--config", str(path), "--only", "lampe"], pins.factory) == 2
    assert "There is no device 'lampe'. Known: key_help, lamp, door." in capsys.readouterr().err
