"""The tables of kiosk.toml that the daemon itself understands. Drivers bring their own."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from config.addresses import Address, parse, shown_value

Port = Annotated[int, Meta(ge=1024, le=65535)]
Seconds = Annotated[float, Meta(gt=0)]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_-]{0,31}$",
        description="up to 32 small letters, digits, dashes and underscores, a letter first",
    ),
]
Called = Annotated[str, Meta(min_length=1, max_length=60)]
"""What residents and helpers call a thing or a home: shown in a line, and spoken."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all tables: immutable, and an unknown key is a mistake."""


class KioskSettings(Table, frozen=True):
    """Who and where this kiosk is."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$",
            description="2 to 63 letters, digits, dots, dashes and underscores",
        ),
    ]
    """Unique name in the fleet; upstream knows the kiosk by it. Letters, digits, dot, dash."""
    place: str
    """Id in places.toml of the spot where the kiosk stands: the taxi comes there."""
    language: str = "zh-CN"
    """Language when nobody has chosen another."""
    languages: tuple[str, ...] = ()
    """Languages among which the language key goes round, in that order; empty: Chinese and
    English, or whatever the kiosk's own phrases have."""
    idle_s: Annotated[float, Meta(ge=20, le=600)] = 60.0
    """Seconds without a touch after which the kiosk asks whether it is still needed."""
    guard_phone: str = ""
    """Telephone of the estate guard, first on every help screen; empty: not shown."""


class UpstreamSettings(Table, frozen=True):
    """The sub-district's server."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^(https?|mqtts?)://[^/\s]+(/\S*)?$",
            description="an address that begins with https:// or mqtts://",
        ),
    ]
    """Base address; ``https``, or ``mqtts`` for a broker. Unencrypted on this machine only."""
    token_file: str = ""
    """File that holds the bearer token (mode 0600); empty: the unit's credential
    ``upstream-token``, where there is one, or none is sent."""
    ca_file: str = ""
    """Certificate authority of the server in PEM; empty: the system's."""
    timeout_s: Annotated[float, Meta(ge=1, le=60)] = 8.0
    """Seconds to wait for a reply before the request counts as unanswered."""
    bulk_kbit_s: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Kilobits a second that telemetry and bulk may take of a metered line; 0: all there is."""

    def __post_init__(self) -> None:
        shown = shown_value(self.url)
        try:
            address = parse(self.url)
        except ValueError as error:
            raise ValueError(f"url is {shown}: {error}; correct the address") from error
        if address.port == 0:
            raise ValueError(f"url is {shown}: port 0; use the server's port, 1 to 65535")
        if address.scheme in ("http", "mqtt") and not address.on_this_machine:
            raise ValueError(f"url is {shown}: not encrypted; use {address.scheme}s://")

    @property
    def address(self) -> Address:
        """The address in its parts: connections are made to these."""
        return parse(self.url)


class PageSettings(Table, frozen=True):
    """The kiosk page, on the loopback address only."""

    port: Port = 8480
    """Port on 127.0.0.1."""


class PacksSettings(Table, frozen=True):
    """Service packs beside those that ship with the kiosk."""

    root: str = ""
    """File with the district's keys (root.json); empty: only the packs that ship are served."""
