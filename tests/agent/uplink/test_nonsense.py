"""Nonsense over the real ways to upstream, TLS and a broker: answered, and a taxi can be called."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from agent.settings import UpstreamSettings
from agent.uplink.commands import CommandPoll
from agent.uplink.https import Https
from agent.uplink.link import Link
from agent.uplink.mqtt import Mqtt
from agent.uplink.transport import Transport
from hw_mocks.upstream import Upstream
from tests.agent.core.test_nothing_stops_the_kernel import Whole
from tests.agent.journal import READER
from tests.agent.uplink.malformed import MALFORMED
from tests.agent.uplink.test_mqtt import Behind, Broker, pytestmark
from tests.waiting import wait_for

__all__ = ["pytestmark"]

NONSENSE: tuple[tuple[str, Any], ...] = (
    ("taxi.acepted", {"order": "a"}),
    ("taxi.accepted", {"order": "a", "revision": 20261129201512345678}),
    ("taxi.accepted", {"order": "a", "minutes": 1e9}),
    ("taxi.accepted", {"order": "a", "minutes": -5}),
    ("taxi.accepted", {"order": None}),
    ("taxi.accepted", {"order": "a", "plate": ["沪A"]}),
    ("taxi.accepted", {"order": "a", "driver": "王" * 20_000}),
    ("taxi.no_car", {"order": "an order that is over"}),
    ("fall.accepted", {"fall": "a fall that is over", "minutes": 3}),
    ("fall.accepted", {"fall": "f", "minutes": 2**70}),
)


@contextmanager
def _polling(whole: Whole, transport: Transport) -> Iterator[None]:
    clock, settle = whole.kiosk._commands._clock, whole.kiosk._inbox.settle
    poll = CommandPoll(transport, READER, Link(), clock, settle)
    stop = threading.Event()
    thread = threading.Thread(target=poll.run, args=(whole.kiosk._inbox.put, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


def _answered(whole: Whole, count: int) -> None:
    wait_for(lambda: len(whole.records("command.rejected")) == count, timeout=20)
    whole.taxi_can_be_called()


def test_nonsense_over_tls(tmp_path: Path) -> None:
    """Each is answered, in a kiosk with all of its services."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    whole = Whole(tmp_path)
    try:
        with Upstream(tls=context) as upstream:
            settings = UpstreamSettings(url=upstream.url, ca_file=str(tmp_path / "ca.pem"))
            with _polling(whole, Https(settings, "k-01")):
                for kind, data in NONSENSE:
                    upstream.send_command(kind, data)
                _answered(whole, len(NONSENSE))
    finally:
        whole.close()


def test_nonsense_over_mqtt(tmp_path: Path) -> None:
    """Also what is not even JSON; the broker keeps none of it."""
    whole = Whole(tmp_path)
    try:
        with Broker(tmp_path) as broker:
            behind = Behind(broker)
            transport = Mqtt(broker.settings, "k-01")
            transport.poll("", 0.1, threading.Event())
            try:
                with _polling(whole, transport):
                    for body in MALFORMED:
                        behind.raw(body)
                    _answered(whole, len(MALFORMED))
            finally:
                transport.close()
                behind.close()
    finally:
        whole.close()
