"""Messages of an operator's broker, MQTT 3.1.1, as they come."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec

from agent.contract.driver import DriverUnavailable
from config.addresses import parse, shown_value
from drivers.bus import tap

if TYPE_CHECKING:
    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

LOOK_S = 0.25
"""How often *stop* is seen while nothing comes."""
ANSWER_S = 10.0
"""How long the broker may take to let us in and take the subscription."""
KEEP_ALIVE_S = 30
LONGEST = 65_536
"""Bytes of a message; longer ones are none of a device."""
MOST = 1000
"""Messages that wait; a broker that floods loses the oldest."""


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every device behind a broker has in kiosk.toml."""

    broker: Annotated[str, msgspec.Meta(min_length=1)]
    """``mqtts://host`` or ``mqtts://host:8883``; ``mqtt://`` only on this machine."""
    user: str = ""
    """Name at the broker; empty: none is given."""
    password_file: str = ""
    """File with the password, readable by the service alone."""
    ca_file: str = ""
    """File with the authority that signed the broker's certificate; empty: the system's."""

    def __post_init__(self) -> None:
        written = shown_value(self.broker)[:60]
        try:
            address = parse(self.broker)
        except ValueError as error:
            raise ValueError(f"broker is {written}: {error}; correct the address") from error
        if address.scheme not in ("mqtt", "mqtts") or address.path or address.login:
            raise ValueError(
                f"broker is {written}, and must be mqtts://host or mqtts://host:port; the login "
                "stands in user and password_file"
            )
        if address.scheme == "mqtt" and not address.on_this_machine:
            raise ValueError(f"broker is {written}: not encrypted; use mqtts://")


class Message(NamedTuple):
    """One message."""

    topic: str
    payload: bytes
    retained: bool


def listen(
    settings: BrokerSettings, topics: list[str], stop: threading.Event
) -> Iterator[Message | None]:
    """Yields None once when the broker takes the subscription, then each message, and None when
    none has come for a moment; ends with *stop*.

    Raises:
        DriverUnavailable: the broker cannot be reached, refuses us, or is lost.
    """
    from paho.mqtt.client import MQTTMessage
    from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

    from agent.contract.broker import BoundedClient

    came: deque[Message] = deque(maxlen=MOST)
    heard: list[str] = []
    client = BoundedClient(CallbackAPIVersion.VERSION2, client_id=f"linli-{secrets.token_hex(6)}")

    def connected(_c: object, _u: object, _f: object, reason: object, _p: object) -> None:
        heard.append(str(reason))

    def subscribed(_c: Any, _u: Any, _m: int, reasons: list[ReasonCode], _p: Any) -> None:
        bad = [str(reason) for reason in reasons if reason.is_failure]
        heard.append(bad[0] if bad else "subscribed")

    def message(_c: object, _u: object, told: MQTTMessage) -> None:
        tap.note(told.topic, "<", bytes(told.payload))
        if len(told.payload) <= LONGEST:
            came.append(Message(told.topic, bytes(told.payload), told.retain))

    client.on_connect = connected
    client.on_subscribe = subscribed
    client.on_message = message
    waited = 0.0
    try:
        _reach(client, settings)
        while not stop.is_set():
            if client.loop(LOOK_S) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise DriverUnavailable(f"{settings.broker} {_why(heard)}")
            if heard == ["Success"]:
                client.subscribe([(topic, 1) for topic in topics])
                heard.append("asked")
            elif heard[2:] not in ([], ["subscribed"]):
                raise DriverUnavailable(f"{settings.broker} refuses {', '.join(topics)}")
            if heard[2:] != ["subscribed"]:
                waited += LOOK_S
                if waited > ANSWER_S:
                    raise DriverUnavailable(f"{settings.broker} does not answer; is it a broker?")
                continue
            yield None
            while came:
                yield came.popleft()
    finally:
        with contextlib.suppress(OSError, ValueError):
            client.disconnect()


def _reach(client: Client, settings: BrokerSettings) -> None:
    address = parse(settings.broker)
    try:
        if settings.user:
            word = None
            if settings.password_file:
                word = Path(settings.password_file).read_text(encoding="utf-8").strip()
            client.username_pw_set(settings.user, word)
        if address.scheme == "mqtts":
            client.tls_set(ca_certs=settings.ca_file or None)
        usual = 8883 if address.scheme == "mqtts" else 1883
        client.connect(address.host, address.port or usual, KEEP_ALIVE_S)
    except (OSError, UnicodeDecodeError) as error:
        raise DriverUnavailable(
            f"{settings.broker} cannot be reached ({error}); check the network, its address, and "
            "the files of password and authority"
        ) from error


def _why(heard: list[str]) -> str:
    if not heard:
        return "closed the connection; is it a broker, and does it want mqtts?"
    if heard[0] != "Success":
        return f"does not let us in ({heard[0]}); check user and password_file"
    return "was lost; check the network and the broker"
