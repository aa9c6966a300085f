"""A client of MQTT brokers that takes no packet of any length."""

from __future__ import annotations

import logging

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

log = logging.getLogger(__name__)

LARGEST_PACKET = 1 << 20
"""Bytes of a packet in either direction; more than this no honest broker has to say at once."""
_PIECE = 64 << 10
"""Bytes taken from the connection at a time."""


class BoundedClient(Client):
    """Ends the connection to a broker that begins a packet longer than `LARGEST_PACKET`: paho
    would take up to 256 MB of it, whatever the broker was told."""

    def _packet_read(self) -> MQTTErrorCode:
        result = super()._packet_read()
        if self._in_packet["remaining_length"] <= LARGEST_PACKET:
            return result
        log.error("broker sends too long a packet bytes=%d", self._in_packet["remaining_length"])
        self._in_packet["packet"] = bytearray()
        return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _sock_recv(self, bufsize: int) -> bytes:
        return super()._sock_recv(min(bufsize, _PIECE))
