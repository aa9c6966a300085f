"""A battery sensor behind a real mosquitto."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable
from agent.contract.signals import DeviceBack, Measured
from drivers.lorawan.driver import Lorawan, LorawanSettings
from hw_mocks.broker import MOSQUITTO, MockBroker
from tests.drivers.lorawan.test_payloads import CHIRPSTACK
from tests.drivers.running import Running, site
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="apt-get install mosquitto")

TOPIC = "application/17c8/device/24e124713b000001/event/up"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MockBroker]:
    with MockBroker(tmp_path / "broker") as broker:
        yield broker


def sensor(broker: MockBroker, clock: BootClock | None = None, **changes: Any) -> Lorawan:
    table = {"broker": broker.url, "eui": "24E124713B000001", "model": "em400", **changes}
    return Lorawan("bin_3", msgspec.convert(table, LorawanSettings), site(clock=clock))


def uplink(counter: int, data: str = "AXVkA2f4AASCAQEFAAA=", **changes: Any) -> bytes:
    message = {**json.loads(CHIRPSTACK), "fCnt": counter, "data": data, **changes}
    message["deduplicationId"] = f"copy-{counter}"
    return json.dumps(message).encode()


def measured(running: Running) -> list[tuple[str, float | None, str]]:
    return [(s.quantity, s.value, s.missing) for s in running.signals if isinstance(s, Measured)]


def test_uplinks(broker: MockBroker) -> None:
    """Each once, whatever copies come; a tilted sensor measures nothing; other devices, retained
    and broken messages do not count."""
    broker.publish(TOPIC, uplink(1), retain=True)
    with Running(sensor(broker)) as running:
        wait_for(running.has_emitted)
        assert running.signals == [DeviceBack(source="bin_3")]
        broker.publish(TOPIC, b"nonsense")
        broker.publish(TOPIC, uplink(5, deviceInfo={"devEui": "24e124713b000002"}))
        for counter in (7, 7, 8):
            broker.publish(TOPIC, uplink(counter))
        broker.publish(TOPIC, uplink(9, "AXVcA2cBAQSCRAgFAAE="))
        wait_for(lambda: len(measured(running)) == 15)
    upright = [
        ("battery", 100, ""), ("temperature", 24.8, ""), ("tilted", 0, ""), ("signal", -87, ""),
        ("distance", 257, ""),
    ]  # fmt: skip
    assert measured(running)[:10] == upright * 2
    assert measured(running)[10:] == [
        ("battery", 92, ""), ("temperature", 25.7, ""), ("tilted", 1, ""), ("signal", -87, ""),
        ("distance", None, "invalid"),
    ]  # fmt: skip


class Hand(BootClock):
    """A clock that is moved by hand."""

    now = 1000.0

    def boot(self) -> float:
        return self.now


def test_silence_is_told_once(broker: MockBroker) -> None:
    """Lost after its hours; listening again does not make it back, an uplink does."""
    clock = Hand()
    driver = sensor(broker, clock)
    with Running(driver) as running:
        wait_for(running.has_emitted)
        clock.now += 14 * 3600
        assert "no uplink of 24E124713B000001 for 13 h" in running.why()
    with Running(driver) as again:
        for counter in range(100):
            broker.publish(TOPIC, uplink(counter))
            if again.signals:
                break
        wait_for(again.has_emitted)
    assert isinstance(again.signals[0], Measured) and not again.gave_up


def test_broker_gone_and_back(broker: MockBroker) -> None:
    """That the broker was away says nothing against the sensor."""
    driver = sensor(broker)
    with Running(driver) as running:
        wait_for(running.has_emitted)
        broker.stop()
        assert "was lost" in running.why()
    with Running(driver) as refused:
        assert "cannot be reached" in refused.why()
    broker.start()
    with Running(driver) as again:
        wait_for(lambda: again.signals == [DeviceBack(source="bin_3")])


def test_wrong_password(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("")
    rules = ("allow_anonymous false", f"password_file {tmp_path / 'users'}")
    strict = MockBroker(tmp_path / "strict", *rules)
    with strict, Running(sensor(strict, user="kiosk")) as running:
        assert "does not let us in" in running.why(15)


def test_plain_only_on_this_machine() -> None:
    for broker in ("mqtt://example.org", "http://x", "mqtts://u:p@host", "mqtts://host/path"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"broker": broker, "eui": "0" * 16, "model": "em400"}, LorawanSettings)


def test_a_broker_cannot_fill_the_memory() -> None:
    """A packet that says it has 200 MB is not waited for: the connection ends, and the device is
    down until the broker behaves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        begun, sent = threading.Event(), [0]

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"\x20\x02\0\0" + b"\x30\x80\x84\xaf\x5f\0\x01t")
                begun.set()
                with contextlib.suppress(OSError):
                    for _ in range(200):
                        connection.sendall(bytes(1 << 20))
                        sent[0] += 1

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
        table = {"broker": url, "eui": "24E124713B000001", "model": "em400"}
        driver = Lorawan("bin_3", msgspec.convert(table, LorawanSettings), site())
        with pytest.raises(DriverUnavailable):
            driver.run(lambda signal: None, threading.Event())
        thread.join(10)
        assert begun.is_set() and sent[0] < 20
