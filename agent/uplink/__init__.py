"""The way to upstream: records out, acknowledgements and commands in."""

from __future__ import annotations

from agent.settings import UpstreamSettings
from agent.uplink.transport import Transport


def transport_for(settings: UpstreamSettings, kiosk: str) -> Transport:
    """HTTPS, or MQTT where the address begins with ``mqtt``, for the kiosk of that id."""
    # Imported late: a kiosk needs only one of the two libraries.
    if settings.url.startswith("mqtt"):
        from agent.uplink.mqtt import Mqtt

        return Mqtt(settings, kiosk)
    from agent.uplink.https import Https

    return Https(settings, kiosk)
