"""What network servers say of an uplink: ChirpStack 4 and 3, The Things Stack 3, as JSON.

Both leave out what is zero or empty; keys that are not read here are of no concern.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, field

Network = Literal["chirpstack", "tts"]


class Refused(ValueError):
    """The message is no uplink that counts; the text says why."""


class Uplink(NamedTuple):
    """One uplink of one device."""

    eui: str
    """Of the device: 16 hex digits, small."""
    port: int | None
    """None where the server did not say: it leaves out what it thinks is usual."""
    counter: int
    payload: bytes
    dbm: float | None
    """Signal strength at the gateway that heard it best."""
    copy: str
    """The same for copies of one uplink."""


class Place(NamedTuple):
    """Where one device is."""

    eui: str
    latitude: float
    longitude: float
    accuracy: float
    """In metres; 0: nobody says."""
    copy: str
    """The same for copies of one message."""


class _Location(msgspec.Struct, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    longitude: Annotated[float, Meta(ge=-180, le=180)] = 0.0
    accuracy: Annotated[float, Meta(ge=0)] = 0.0
    source: str = ""


class _Heard(msgspec.Struct, frozen=True):
    rssi: float | None = None


class _Device(msgspec.Struct, frozen=True, rename="camel"):
    dev_eui: str = ""


class _ChirpStack(msgspec.Struct, frozen=True, rename="camel"):
    device_info: _Device = _Device()
    dev_eui: str = field(default="", name="devEUI")
    """Version 3: base64."""
    deduplication_id: str = ""
    time: str = ""
    f_cnt: Annotated[int, Meta(ge=0)] = 0
    f_port: int | None = None
    data: str | None = None
    rx_info: list[_Heard] | None = None
    location: _Location | None = None
    """In the message of a location, which has no data."""


class _Ids(msgspec.Struct, frozen=True):
    dev_eui: str = ""


class _Up(msgspec.Struct, frozen=True):
    f_port: int | None = None
    f_cnt: Annotated[int, Meta(ge=0)] = 0
    frm_payload: str = ""
    rx_metadata: list[_Heard] | None = None
    locations: dict[str, _Location] | None = None


class _Solved(msgspec.Struct, frozen=True):
    location: _Location | None = None


class _Tts(msgspec.Struct, frozen=True):
    end_device_ids: _Ids = _Ids()
    uplink_message: _Up | None = None
    received_at: str = ""
    location_solved: _Solved | None = None
    simulated: bool = False


_MESSAGES: dict[str, msgspec.json.Decoder[Any]] = {
    "chirpstack": msgspec.json.Decoder(_ChirpStack),
    "tts": msgspec.json.Decoder(_Tts),
}


def place(network: Network, message: bytes) -> Place | None:
    """Where a *message* of this server says that its device is; None: it does not say it.

    What somebody has entered by hand does not count, nor where a gateway stands: neither moves
    with the device.

    Raises:
        Refused: it is none of the server's messages.
    """
    told = _decoded(network, message)
    if isinstance(told, _Tts):
        up, solved = told.uplink_message, told.location_solved
        found = [solved.location] if solved else list(((up and up.locations) or {}).values())
        eui = "" if told.simulated else told.end_device_ids.dev_eui.lower()
        copy = told.received_at
    else:
        found, eui, copy = [told.location], _eui(told), told.deduplication_id or told.time
    for one in found:
        if one is None or not eui or one.source in _BY_HAND:
            continue
        if (one.latitude, one.longitude) != (0.0, 0.0):  # that was never set
            copy = copy or f"{one.latitude} {one.longitude}"
            return Place(eui, one.latitude, one.longitude, min(one.accuracy, 1e6), copy)
    return None


_BY_HAND = ("SOURCE_REGISTRY", "SOURCE_UNKNOWN", "CONFIG", "UNKNOWN")


def uplink(network: Network, message: bytes) -> Uplink:
    """The uplink in a *message* of this server.

    Raises:
        Refused: it holds none, or one that somebody made up to try things.
    """
    told = _decoded(network, message)
    if isinstance(told, _Tts):
        up = told.uplink_message
        if told.simulated or up is None:
            raise Refused("simulated" if told.simulated else "no uplink")
        eui, data, heard = told.end_device_ids.dev_eui.lower(), up.frm_payload, up.rx_metadata
        port, counter, copy = up.f_port, up.f_cnt, ""
    else:
        eui = _eui(told)
        data, heard = told.data or "", told.rx_info
        port, counter, copy = told.f_port, told.f_cnt, told.deduplication_id
    payload = _bytes(data)
    if not payload:
        raise Refused("an uplink without data")
    strengths = [one.rssi for one in heard or () if one.rssi is not None]
    copy = copy or f"{counter} {payload.hex()}"
    return Uplink(eui, port, counter, payload, max(strengths, default=None), copy)


def _decoded(network: Network, message: bytes) -> Any:
    try:
        return _MESSAGES[network].decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"no message of {network}: {error}") from error


def _eui(told: _ChirpStack) -> str:
    eui = told.device_info.dev_eui.lower()
    return _bytes(told.dev_eui).hex() if not eui and told.dev_eui else eui


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"no base64: {error}") from error
