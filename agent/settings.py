"""The tables of kiosk.toml that the daemon itself understands. Drivers bring their own."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Port = Annotated[int, Meta(ge=1024, le=65535)]
Seconds = Annotated[float, Meta(gt=0)]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_-]{0,31}$",
        description="up to 32 small letters, digits, dashes and underscores, a letter first",
    ),
]


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
    """File that holds the bearer token (mode 0600); empty: none is sent."""
    ca_file: str = ""
    """Certificate authority of the server in PEM; empty: the system's."""
    timeout_s: Annotated[float, Meta(ge=1, le=60)] = 8.0
    """Seconds to wait for a reply before the request counts as unanswered."""

    def __post_init__(self) -> None:
        scheme, _, rest = self.url.partition("://")
        local = rest.startswith(("127.0.0.1", "localhost", "[::1]"))
        if scheme in ("http", "mqtt") and not local:
            raise ValueError(f"url is {self.url}: not encrypted; use {scheme}s://")


class PageSettings(Table, frozen=True):
    """The kiosk page, on the loopback address only."""

    port: Port = 8480
    """Port on 127.0.0.1."""


class TaxiSettings(Table, frozen=True):
    """The one-key taxi."""

    offline_after_s: Annotated[float, Meta(ge=1, le=60)] = 6.0
    """Seconds without upstream's receipt after which telephone numbers are shown."""
    valid_s: Annotated[float, Meta(ge=30, le=180)] = 180.0
    """Seconds after which an unsent request is void; three minutes at the most."""
    search_s: Annotated[float, Meta(ge=30, le=900)] = 180.0
    """Seconds without a car after which other ways are offered beside the waiting."""
    repeat_s: Annotated[float, Meta(ge=10, le=120)] = 30.0
    """Seconds between repetitions of plate and minutes."""
    lamp: str = ""
    """Driver that is lit while an order is under way; empty: none."""


class SpeechSettings(Table, frozen=True):
    """How the kiosk listens, where there is a microphone."""

    patience_s: Annotated[float, Meta(ge=0.3, le=5)] = 1.2
    """Seconds of silence after which an answer counts as complete."""
    speech_mode_patience_s: Annotated[float, Meta(ge=0.3, le=5)] = 2.0
    """The same once a resident speaks rather than presses keys."""
    longest_s: Annotated[float, Meta(ge=3, le=30)] = 8.0
    """Seconds after which listening ends, whoever still speaks (a television)."""
    lamp: str = ""
    """Driver that is lit while the microphone listens; empty: none."""


class FallSettings(Table, frozen=True):
    """What happens when somebody seems to have fallen."""

    answer_s: Annotated[float, Meta(ge=10, le=120)] = 30.0
    """Seconds to answer the question before the alarm goes out."""
    repeat_s: Annotated[float, Meta(ge=15, le=600)] = 60.0
    """Seconds between repetitions of the alarm until a person accepts it."""
    lamp: str = ""
    """Driver that blinks during an alarm; empty: none."""
    camera_lamp: str = ""
    """Driver that is lit while the camera looks; empty: none."""
    buzzer: str = ""
    """Driver that sounds when the question is asked; empty: none."""
    shutter: str = ""
    """Contact that is closed while the privacy shutter is open: cameras look only then, so a
    cut wire means that they do not; empty: no shutter, cameras always look."""


class BinSettings(Table, frozen=True):
    """One construction-waste bin with a distance sensor looking down into it."""

    name: str
    """What residents and the clearing crew call it."""
    device: str
    """Name of the distance sensor under [drivers]."""
    empty_mm: Annotated[int, Meta(ge=100, le=10000)]
    """Reading when the bin is empty, in mm."""
    full_mm: Annotated[int, Meta(ge=10, le=9000)]
    """Reading when the bin is full, in mm."""
    raise_percent: Annotated[int, Meta(ge=50, le=100)] = 85
    """Filling at which the clearance task is made."""
    clear_percent: Annotated[int, Meta(ge=0, le=90)] = 40
    """Filling below which the bin counts as emptied."""

    def __post_init__(self) -> None:
        if self.full_mm >= self.empty_mm:
            raise ValueError(
                f"full_mm is {self.full_mm}, empty_mm {self.empty_mm}: the sensor looks down, "
                "so the reading of a full bin is the smaller one; swap them"
            )
        if self.clear_percent >= self.raise_percent:
            raise ValueError(
                f"clear_percent is {self.clear_percent}, raise_percent {self.raise_percent}: "
                "set clear_percent lower"
            )
