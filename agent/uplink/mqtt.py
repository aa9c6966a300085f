"""Upstream behind an MQTT 5 broker, for fleets that have one.

``linli/<kiosk>/events`` carries batches to upstream, which answers on
``linli/<kiosk>/receipts``; ``linli/<kiosk>/commands`` carries commands, one a message;
``linli/<kiosk>/state`` says whether the kiosk is connected (retained, last will).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.contract.broker import LARGEST_PACKET, BoundedClient
from agent.settings import UpstreamSettings
from agent.uplink.credentials import Credentials
from agent.uplink.reply import Reply, interpret
from agent.uplink.transport import (
    Answer,
    Failure,
    Misconfigured,
    Stale,
    TooLarge,
    Unanswered,
    Unreached,
    ValidFor,
)
from agent.uplink.wire import (
    BATCH_TYPE,
    Commands,
    RawCommand,
    Receipt,
    decode_receipt,
)

log = logging.getLogger(__name__)

_LOOK = 0.5
"""Seconds between two looks at *stop*."""

_KEEP_ALIVE = 20
"""Seconds of silence after which the connection is probed."""

_SLOWEST_RECONNECT = 5
"""Seconds between attempts to reach the broker at the most."""

_SESSION = 86_400
"""Seconds for which the broker keeps commands for a kiosk that is away."""

_IN_TRANSIT = 60
"""Seconds after which the broker drops a batch that upstream has not fetched: by then the
kiosk has sent it again."""

_LARGEST_COMMAND = 64 << 10
"""Bytes; what is longer is answered as no command, without being kept."""
_MOST_COMMANDS = 100
"""Unacknowledged commands that the broker may send, and that are kept: six megabytes at most."""

_AROUND = 512
"""Bytes that topic and properties may add to a batch, at the most."""

_SUBSCRIPTIONS = (("receipts", 0), ("commands", 1))
"""Topics and their quality of service."""

_PACKET_TOO_LARGE = 0x95

_REFUSED = {134, 135, 138, 140}
"""CONNACK: bad user name or password, not authorised, banned, bad authentication method."""


class Mqtt:
    """A `Transport` over one connection to a broker, kept by a thread of paho's.

    Batches go with QoS 0: upstream's receipt is the acknowledgement, and a broker that kept a
    request for later would deliver it too late. Commands come with QoS 1 and a session that
    the broker keeps; each is acknowledged when the kernel has committed it.
    """

    def __init__(self, settings: UpstreamSettings, kiosk: str) -> None:
        self.kiosk = kiosk
        address = settings.address
        self._tls = address.scheme == "mqtts"
        self._host = address.host
        self._port = address.port or (8883 if self._tls else 1883)
        self._timeout = settings.timeout_s
        self._credentials = Credentials(settings)
        self._client: Client | None = None
        # Everything below changes under this condition.
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._connected = False
        """The broker has taken connection and subscriptions."""
        self._unsubscribed = False
        """It has taken the connection, and refused to subscribe."""
        self._largest = LARGEST_PACKET
        """Bytes of a packet that the broker takes."""
        self._attempts = 0
        self._trouble: Failure = Unreached("broker not tried yet")
        self._receipts: dict[bytes, Reply | None] = {}
        """By mark of a batch: its receipt, None until it comes."""
        self._incoming: deque[MQTTMessage] = deque()
        self._handed: list[MQTTMessage] = []
        self._cursor = 0

    def close(self) -> None:
        """End the connection in order; harmless when repeated."""
        if self._client is not None and self._thread is not None:
            self._client.disconnect()
            self._thread.join(5)

    def send(
        self, batch: bytes, valid_for: ValidFor, stop: threading.Event, urgent: bool = True
    ) -> Answer[Receipt]:
        """See `Transport.send`. All goes over one connection; no receipt waits for another."""
        client = self._connection(stop)
        left = valid_for()
        transit = _IN_TRANSIT if left is None else min(_IN_TRANSIT, int(left))
        if transit < 1:
            raise Stale
        mark = os.urandom(8)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = BATCH_TYPE
        properties.UserProperty = ("Content-Encoding", "gzip")
        properties.ResponseTopic = self._topic("receipts")
        properties.CorrelationData = mark
        properties.MessageExpiryInterval = transit
        size = len(batch) + _AROUND
        if size > self._largest:
            raise TooLarge(f"{size} bytes; the broker takes packets of {self._largest}")
        with self._change:
            self._receipts[mark] = None
        try:
            sent = client.publish(self._topic("events"), batch, qos=0, properties=properties)
            if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise Unreached(f"not sent: {error_string(sent.rc)}")
            with self._change:
                self._wait(lambda: self._receipts[mark] is not None, self._timeout, stop)
                receipt = self._receipts[mark]
                if receipt is None and isinstance(self._trouble, TooLarge) and not self._connected:
                    raise self._trouble
        finally:
            with self._change:
                del self._receipts[mark]
        if receipt is None:
            raise Unanswered("no receipt from upstream")
        return interpret(receipt, decode_receipt)

    def poll(self, after: str, wait_s: float, stop: threading.Event) -> Answer[Commands]:
        """See `Transport.poll`."""
        client = self._connection(stop)
        with self._change:
            if after == str(self._cursor):
                for message in self._handed:
                    client.ack(message.mid, message.qos)
            else:
                self._incoming.extendleft(reversed(self._handed))
            self._handed.clear()
            self._wait(lambda: bool(self._incoming), wait_s, stop)
            if not self._connected:
                raise self._trouble
            self._handed.extend(self._incoming)
            self._incoming.clear()
            if self._handed:
                self._cursor += 1
            return Answer(Commands(str(self._cursor), [_command(m) for m in self._handed]), None)

    # -- the connection --------------------------------------------------------------------

    def _topic(self, name: str) -> str:
        return f"linli/{self.kiosk}/{name}"

    def _wait(self, done: Callable[[], bool], seconds: float, stop: threading.Event) -> None:
        """Wait until *done*, the connection is lost, *stop* is set, or *seconds* are over."""
        until = time.monotonic() + seconds
        while self._connected and not done() and not stop.is_set():
            left = until - time.monotonic()
            if left <= 0:
                return
            self._change.wait(min(_LOOK, left))

    def _connection(self, stop: threading.Event) -> Client:
        """The client, once it is connected.

        Raises:
            Failure: the next attempt failed, or took too long.
        """
        with self._change:
            if self._thread is None or not self._thread.is_alive():
                if self._thread is not None:
                    log.error("the thread of the connection has ended, started again")
                self._client, self._connected = self._start(), False
            assert self._client is not None
            if self._unsubscribed:
                self._unsubscribed = False
                self._subscribe(self._client)
            attempts, until = self._attempts, time.monotonic() + self._timeout
            while not self._connected:
                if self._attempts > attempts or stop.is_set() or time.monotonic() > until:
                    raise self._trouble
                self._change.wait(_LOOK)
            return self._client

    def _start(self) -> Client:
        client = BoundedClient(
            CallbackAPIVersion.VERSION2,
            client_id=f"linli-{self.kiosk}",
            protocol=MQTTv5,
            manual_ack=True,
        )
        if self._tls:
            client.tls_set(self._credentials.authorities())
        client.will_set(self._topic("state"), b'{"online":false}', qos=1, retain=True)
        client.reconnect_delay_set(1, _SLOWEST_RECONNECT)
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION
        properties.ReceiveMaximum = _MOST_COMMANDS
        properties.MaximumPacketSize = LARGEST_PACKET
        client.connect_async(
            self._host, self._port, _KEEP_ALIVE, clean_start=False, properties=properties
        )
        self._thread = threading.Thread(target=self._keep, args=(client,), name="mqtt", daemon=True)
        self._thread.start()
        return client

    def _keep(self, client: Client) -> None:
        try:
            client.loop_forever(retry_first_connection=True)
        except Exception:
            log.exception("the thread of the connection has failed")
        self._fail(Unreached("the connection to the broker has ended"))

    def _subscribe(self, client: Client) -> None:
        client.subscribe([(self._topic(name), qos) for name, qos in _SUBSCRIPTIONS])

    # -- paho's thread ---------------------------------------------------------------------

    def _on_pre_connect(self, client: Client, userdata: Any) -> None:
        try:
            token = self._credentials.token()
        except Misconfigured as failure:
            self._fail(failure)
            return
        if token:
            client.username_pw_set(self.kiosk, token)

    def _on_connect(
        self, client: Client, userdata: Any, flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            if reason.value in _REFUSED:
                self._fail(Misconfigured(f"broker says {reason}; check token_file"))
            else:
                self._fail(Unreached(f"broker says {reason}"))
            return
        self._largest = min(
            LARGEST_PACKET, getattr(properties, "MaximumPacketSize", LARGEST_PACKET)
        )
        kept = getattr(properties, "SessionExpiryInterval", _SESSION)
        if kept < _SESSION:
            log.warning("broker keeps commands for a shorter time seconds=%d", kept)
        self._subscribe(client)
        client.publish(self._topic("state"), b'{"online":true}', qos=1, retain=True)

    def _on_subscribe(
        self, client: Client, userdata: Any, mid: int, reasons: list[ReasonCode], properties: Any
    ) -> None:
        refused = [
            f"{self._topic(name)}: {reason}"
            for (name, _), reason in zip(_SUBSCRIPTIONS, reasons, strict=False)
            if reason.is_failure
        ]
        if refused:
            self._fail(
                Misconfigured(
                    f"broker refuses to subscribe to {'; '.join(refused)}; "
                    "let the kiosk read these topics"
                )
            )
        with self._change:
            self._connected, self._unsubscribed = not refused, bool(refused)
            self._change.notify_all()

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            log.warning("broker does not take a message reason=%s", reason)

    def _on_connect_fail(self, client: Client, userdata: Any) -> None:
        self._fail(Unreached(f"no broker at {self._host}:{self._port}"))

    def _on_disconnect(
        self, client: Client, userdata: Any, flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        with self._change:
            was_connected = self._connected
        if reason.value == _PACKET_TOO_LARGE:
            self._fail(TooLarge(f"broker says {reason}"))
        elif was_connected:
            self._fail(Unreached(f"connection to the broker is lost: {reason}"))

    def _fail(self, failure: Failure) -> None:
        with self._change:
            self._connected = self._unsubscribed = False
            self._trouble = failure
            self._attempts += 1
            # The broker sends again what was not acknowledged.
            self._incoming.clear()
            self._handed.clear()
            self._change.notify_all()

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        with self._change:
            if message.topic == self._topic("commands"):
                if len(message.payload) > _LARGEST_COMMAND:
                    message.payload = message.payload[:100]  # no JSON any more: it is refused
                # What the broker sends beyond what it may comes again when we connect anew
                if len(self._incoming) + len(self._handed) < 2 * _MOST_COMMANDS:
                    self._incoming.append(message)
            else:
                mark = getattr(message.properties, "CorrelationData", b"")
                headers = dict(getattr(message.properties, "UserProperty", []))
                status = headers.get("Status", "200")
                usable = status.isascii() and status.isdigit() and len(status) == 3
                if usable and mark in self._receipts:  # an answer to something that waits for it
                    self._receipts[mark] = Reply(int(status), headers, bytes(message.payload))
            self._change.notify_all()


def _command(message: MQTTMessage) -> RawCommand:
    # The broker counts down the time that the message spent there.
    left = getattr(message.properties, "MessageExpiryInterval", None)
    return RawCommand(bytes(message.payload), left)
