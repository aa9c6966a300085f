"""The second transport, against a real mosquitto and an upstream behind it."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import socket
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.contract.signals import Signal
from agent.effects import Lane
from agent.messages import Command, CommandRejected, Delivered, LinkChanged, Refused
from agent.settings import UpstreamSettings
from agent.uplink.commands import CommandPoll
from agent.uplink.mqtt import Mqtt
from agent.uplink.sync import Uplink
from agent.uplink.transport import Failure, Misconfigured, Stale, Unreached
from agent.uplink.wire import batch, decode_command
from hw_mocks.ledger import Ledger, read_event
from tests.agent.journal import READER
from tests.agent.uplink.malformed import MALFORMED
from tests.agent.uplink.rig import Rig
from tests.waiting import wait_for

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="apt-get install mosquitto")


class Broker:
    """A mosquitto of our own, which can be stopped and started again."""

    def __init__(self, folder: Path, *rules: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._configuration = folder / "mosquitto.conf"
        # A broker started by root becomes another user, who may not read our folder.
        lines = [
            "user root",
            f"listener {self.port} 127.0.0.1",
            *(rules or ("allow_anonymous true",)),
        ]
        self._configuration.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._configuration)], stderr=subprocess.DEVNULL
        )
        wait_for(self._listens)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(5)
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def settings(self) -> UpstreamSettings:
        return UpstreamSettings(url=f"mqtt://127.0.0.1:{self.port}", timeout_s=1.0)


class Behind:
    """An upstream that listens behind the broker."""

    def __init__(self, broker: Broker) -> None:
        self.ledger = Ledger()
        self.answers = True
        self.refuses = ""
        self.heard: list[MQTTMessage] = []
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="upstream", protocol=MQTTv5)
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *_: client.subscribe("linli/#", qos=1)
        self._client.reconnect_delay_set(1, 1)
        ready = threading.Event()
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert ready.wait(5)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def command(self, command_id: str, expires: int | None = None) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if expires is not None:
            properties.MessageExpiryInterval = expires
        command = {"id": command_id, "kind": "taxi.no_car", "data": {"order": "a"}}
        self.raw(msgspec.json.encode(command), properties)

    def raw(self, body: bytes, properties: Properties | None = None) -> None:
        self._client.publish("linli/k-01/commands", body, qos=1, properties=properties)

    def states(self) -> list[bytes]:
        return [bytes(m.payload) for m in self.heard if m.topic == "linli/k-01/state"]

    def _hear(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self.heard.append(message)
        if message.topic != "linli/k-01/events":
            return
        events = [read_event(e, 0.0) for e in msgspec.json.decode(gzip.decompress(message.payload))]
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        asked: Any = message.properties
        properties.CorrelationData = asked.CorrelationData
        if self.refuses and any(event.kind == self.refuses for event in events):
            properties.UserProperty = ("Status", "422")
            answer: dict[str, Any] = {"reason": "not wanted"}
        else:
            for event in events:
                self.ledger.add(event)
            ack = self.ledger.acknowledged(events[0].source, events[0].epoch) if events else {}
            answer = {"ack": ack}
        if self.answers:
            client.publish(asked.ResponseTopic, msgspec.json.encode(answer), properties=properties)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker that lets everybody in."""
    with Broker(tmp_path) as running:
        yield running


@pytest.fixture
def behind(broker: Broker) -> Iterator[Behind]:
    """An upstream behind it."""
    running = Behind(broker)
    yield running
    running.close()


class Running:
    """Uplink and poll of one kiosk over one connection."""

    def __init__(self, rig: Rig, broker: Broker) -> None:
        self.transport = Mqtt(broker.settings, "k-01")
        self.heard: list[Signal] = []
        rig.uplink = Uplink(rig.path, self.transport, rig.link, rig.clock)
        poll = CommandPoll(self.transport, READER, rig.link, rig.clock, lambda _: True)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=rig.uplink.run, args=(rig.emit, self._stop)),
            threading.Thread(target=poll.run, args=(self.heard.append, self._stop)),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(2)
            assert not thread.is_alive()
        self.transport.close()

    def commands(self) -> list[str]:
        return [signal.command_id for signal in self.heard if isinstance(signal, Command)]


@pytest.fixture
def running(rig: Rig, broker: Broker, behind: Behind) -> Iterator[Running]:
    """A kiosk that talks to the broker."""
    kiosk = Running(rig, broker)
    try:
        # Said after it subscribed: what is sent to it before that, a broker drops.
        wait_for(lambda: b'{"online":true}' in behind.states(), timeout=20)
        yield kiosk
    finally:
        kiosk.stop()


def test_records_and_commands_pass(rig: Rig, behind: Behind, running: Running) -> None:
    """Records are acknowledged by upstream itself, commands heard, the state is shown."""
    rig.record("bin.level", Lane.TELEMETRY, count=250)
    rig.record("taxi.requested", Lane.LIFE, expires_in=180)
    wait_for(lambda: rig.waiting() == 0)
    assert len(behind.ledger.events) == 251
    assert behind.ledger.gaps() == []
    assert rig.of(Delivered)
    behind.command("c-1")
    wait_for(lambda: running.commands() == ["c-1"])
    assert behind.states() == [b'{"online":true}']


def test_a_bad_record_is_found(rig: Rig, behind: Behind, running: Running) -> None:
    """A refusal means the same as over HTTPS."""
    behind.refuses = "bin.strange"
    rig.record("bin.full", count=10)
    rig.record("bin.strange")
    rig.record("bin.full", count=10)
    wait_for(lambda: rig.waiting() == 0)
    [refused] = rig.of(Refused)
    assert (refused.sequence, refused.reason) == (11, "not wanted")
    assert len(behind.ledger.events) == 21


def test_a_receipt_that_does_not_come(rig: Rig, behind: Behind, running: Running) -> None:
    """Without upstream's receipt nothing is delivered, whatever the broker has."""
    behind.answers = False
    rig.record("bin.full")
    wait_for(lambda: behind.ledger.events)
    wait_for(lambda: behind.ledger.duplicates)
    assert not rig.of(Delivered)
    behind.answers = True
    wait_for(lambda: rig.waiting() == 0)
    assert len(behind.ledger.events) == 1


def test_the_broker_goes_and_comes_back(
    rig: Rig, broker: Broker, behind: Behind, running: Running
) -> None:
    """What was recorded meanwhile arrives; the loss is noticed at once."""
    rig.record("bin.full")
    wait_for(lambda: rig.waiting() == 0)
    broker.stop()
    rig.record("taxi.requested", Lane.LIFE)
    wait_for(lambda: any(_lost(signal) for signal in [*rig.signals, *running.heard]))
    broker.start()
    wait_for(lambda: rig.waiting() == 0, timeout=15)
    assert [event.kind for event in behind.ledger.events] == ["bin.full", "taxi.requested"]


def _lost(signal: Signal) -> bool:
    return isinstance(signal, LinkChanged) and not signal.online


def test_a_request_does_not_outlive_its_deadline_in_the_broker(
    rig: Rig, behind: Behind, running: Running
) -> None:
    """The deadline of the batch goes with it, and a batch without one lasts a minute."""
    rig.record("taxi.requested", Lane.LIFE, expires_in=30)
    wait_for(lambda: rig.waiting() == 0)
    rig.record("fall.alarm", Lane.LIFE)
    wait_for(lambda: rig.waiting() == 0)
    batches: list[Any] = [m for m in behind.heard if m.topic == "linli/k-01/events"]
    assert batches[0].properties.MessageExpiryInterval <= 30
    assert 30 < batches[1].properties.MessageExpiryInterval <= 60
    with pytest.raises(Stale):
        running.transport.send(batch([]), lambda: 0.0, threading.Event())


def test_commands_are_acknowledged_when_they_are_committed(broker: Broker, behind: Behind) -> None:
    """A kiosk that dies before that hears them again; one that goes on does not."""
    stop = threading.Event()
    first = Mqtt(broker.settings, "k-01")
    assert first.poll("", 0.1, stop).content.commands == []
    behind.command("c-1")
    assert [decode_command(c.body).id for c in first.poll("", 5, stop).content.commands] == ["c-1"]
    first.close()
    behind.command("c-2")
    second = Mqtt(broker.settings, "k-01")
    heard: list[str] = []
    cursor = ""
    while len(heard) < 2:
        answer = second.poll(cursor, 5, stop).content
        cursor = answer.cursor
        heard += [decode_command(command.body).id for command in answer.commands]
    assert heard == ["c-1", "c-2"]
    second.poll(cursor, 0.1, stop)
    second.close()
    third = Mqtt(broker.settings, "k-01")
    assert third.poll("", 0.3, stop).content.commands == []
    third.close()


def test_commands_not_acknowledged_are_offered_again(broker: Broker, behind: Behind) -> None:
    """A poll that begins anew gets what the one before had not settled."""
    stop = threading.Event()
    transport = Mqtt(broker.settings, "k-01")
    transport.poll("", 0.1, stop)
    behind.command("c-1", expires=60)
    [command] = transport.poll("", 5, stop).content.commands
    assert command.expires_in is not None and 50 < command.expires_in <= 60
    again = transport.poll("", 5, stop).content.commands
    assert [decode_command(c.body).id for c in again] == ["c-1"]
    transport.close()


def test_nonsense_is_not_a_command(rig: Rig, behind: Behind, running: Running) -> None:
    """A message that is no command is answered and does not stand in the way."""
    wait_for(behind.states)
    for body in MALFORMED:
        behind.raw(body)
    behind.command("c-1")
    wait_for(lambda: running.commands() == ["c-1"])
    rejected = [signal for signal in running.heard if isinstance(signal, CommandRejected)]
    assert len(rejected) == len(MALFORMED)
    assert all(one.reason for one in rejected)


def test_nobody_listens(tmp_path: Path) -> None:
    """Without a broker nothing was sent, and the text says where it should be."""
    broker = Broker(tmp_path)
    transport = Mqtt(broker.settings, "k-01")
    with pytest.raises(Unreached, match=f"no broker at 127.0.0.1:{broker.port}"):
        transport.send(batch([]), lambda: None, threading.Event())
    transport.close()


def test_the_broker_wants_another_token(tmp_path: Path) -> None:
    """A refusal by the broker is a mistake of configuration."""
    (tmp_path / "passwords").write_text("")
    rules = "allow_anonymous false", f"password_file {tmp_path / 'passwords'}"
    with Broker(tmp_path, *rules) as broker:
        transport = Mqtt(broker.settings, "k-01")
        with pytest.raises(Misconfigured, match="Not authorized; check token_file"):
            transport.send(batch([]), lambda: None, threading.Event())
        transport.close()


def test_a_stop_ends_the_wait(broker: Broker) -> None:
    """A poll and a send end within a second of the stop."""
    transport = Mqtt(broker.settings, "k-01")
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert transport.poll("", 25, stop).content.commands == []
    with pytest.raises(Failure):
        transport.send(batch([]), lambda: None, stop)
    assert time.monotonic() - began < 1.2
    transport.close()


def test_batches_shrink_to_what_the_broker_takes(tmp_path: Path, rig: Rig) -> None:
    """A broker that takes only small packets says so: every record arrives all the same."""
    with Broker(tmp_path, "allow_anonymous true", "max_packet_size 3000") as broker:
        behind = Behind(broker)
        kiosk = Running(rig, broker)
        try:
            rig.record("bin.full", count=40, data={"text": os.urandom(150).hex()})
            wait_for(lambda: rig.waiting() == 0, timeout=30)
            assert len(behind.ledger.events) == 40
            assert rig.of(Refused) == []
        finally:
            kiosk.stop()
            behind.close()


def test_a_refused_subscription_is_trouble_and_tried_again(broker: Broker) -> None:
    """The broker's answer is looked at: deaf is not online. Once it is allowed, it works."""
    stop = threading.Event()
    transport = Mqtt(broker.settings, "k-01")
    transport.poll("", 0.1, stop)
    refusal = ReasonCode(PacketTypes.SUBACK, "Not authorized")
    granted = ReasonCode(PacketTypes.SUBACK, "Granted QoS 0")
    assert transport._client is not None
    transport._on_subscribe(transport._client, None, 1, [granted, refusal], None)
    assert isinstance(transport._trouble, Misconfigured)
    assert "refuses to subscribe to linli/k-01/commands" in str(transport._trouble)
    assert not transport._connected
    wait_for(lambda: _polls(transport, stop))
    transport.close()


def _polls(transport: Mqtt, stop: threading.Event) -> bool:
    try:
        transport.poll("", 0.0, stop)
    except Failure:
        return False
    return True


def test_a_connection_whose_thread_has_died_is_made_anew(broker: Broker, behind: Behind) -> None:
    """Something in a callback raises: noticed at the next use, and commands come again."""
    stop = threading.Event()
    transport = Mqtt(broker.settings, "k-01")
    transport.poll("", 0.1, stop)
    assert transport._client is not None and transport._thread is not None

    def poisoned(*_: object) -> None:
        raise RuntimeError("on purpose")

    transport._client.on_message = poisoned
    behind.command("c-1")
    transport._thread.join(5)
    assert not transport._thread.is_alive()
    heard: list[str] = []
    while "c-1" not in heard:
        with contextlib.suppress(Failure):
            heard += [decode_command(c.body).id for c in transport.poll("", 1, stop).content[1]]
    transport.close()


def test_a_receipt_with_an_absurd_status_is_no_receipt(broker: Broker, behind: Behind) -> None:
    """Five thousand digits, or an answer to nothing that was asked: the connection goes on."""
    stop = threading.Event()
    transport = Mqtt(broker.settings, "k-01")
    transport.poll("", 0.1, stop)
    for status, mark in (("9" * 5000, b"x"), ("200", b"unasked"), ("２００", b"y")):
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.UserProperty = ("Status", status)
        properties.CorrelationData = mark
        behind._client.publish("linli/k-01/receipts", b"{}", properties=properties)
    behind.command("c-1")
    assert len(transport.poll("", 5, stop).content.commands) == 1
    assert transport._receipts == {}
    transport.close()


def test_a_broker_that_sends_more_than_it_may_costs_no_memory() -> None:
    """A packet that says it has 200 MB is not waited for: the connection ends."""
    connack = bytes([0x20, 0x03, 0x00, 0x00, 0x00])
    huge = bytes([0x30, 0x80, 0x80, 0x80, 0x64])  # PUBLISH of 200 MB (MQTT 5 §1.5.5)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def behave() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                connection.sendall(connack)
                connection.sendall(huge)
                for _ in range(64):  # paho would go on to take it
                    connection.sendall(bytes(1 << 16))
                connection.settimeout(5)
                while connection.recv(4096):
                    pass
            ended.set()

        thread = threading.Thread(target=behave, daemon=True)
        thread.start()
        url = f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        transport = Mqtt(UpstreamSettings(url=url, timeout_s=2), "k-1")
        tracemalloc.start()
        with contextlib.suppress(Failure):
            transport.poll("", 0.1, threading.Event())
        assert ended.wait(10)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        transport.close()
    assert peak < 32 << 20


def test_a_command_that_is_too_long_is_refused_and_not_kept(
    behind: Behind, running: Running
) -> None:
    """Its neighbour works."""
    fall = b"x" * 200_000
    behind.raw(b'{"id": "long", "kind": "fall.closed", "data": {"fall": "%b"}}' % fall)
    behind.command("good")
    wait_for(lambda: "good" in running.commands())
    assert "long" not in running.commands()
