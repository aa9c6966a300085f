"""Where a wireless sensor is, in the messages of its network server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lorawan.uplinks import Place, Refused, place

CHIRPSTACK = {
    "deduplicationId": "d-1",
    "time": "2026-11-22T00:30:00+00:00",
    "deviceInfo": {"devEui": "24e124713b000001"},
    "location": {"latitude": 31.2201, "longitude": 121.3702, "altitude": 4, "source": "GPS"},
}
TTS: dict[str, Any] = {
    "end_device_ids": {"dev_eui": "24E124713B000001"},
    "received_at": "2026-11-22T00:30:00.123456789Z",
    "uplink_message": {
        "frm_payload": "gkHe",
        "locations": {
            "user": {"latitude": 1.0, "longitude": 2.0, "source": "SOURCE_REGISTRY"},
            "frm-payload": {
                "latitude": 31.2201, "longitude": 121.3702, "accuracy": 8, "source": "SOURCE_GPS",
            },
        },
        "rx_metadata": [{"rssi": -90, "location": {"latitude": 9.0, "longitude": 9.0}}],
    },
}  # fmt: skip
SOLVED: dict[str, Any] = {
    "end_device_ids": {"dev_eui": "24E124713B000001"},
    "received_at": "2026-11-22T00:31:00Z",
    "location_solved": {"service": "x", "location": {
        "latitude": 31.22, "longitude": 121.37, "accuracy": 300, "source": "SOURCE_LORA_TDOA",
    }},
}  # fmt: skip
EUI = "24e124713b000001"


def test_positions_of_three_messages() -> None:
    """ChirpStack's event; an uplink and a solved position of The Things Stack. Neither what was
    entered by hand nor a gateway's place counts."""
    found = place("chirpstack", json.dumps(CHIRPSTACK).encode())
    assert found == Place(EUI, 31.2201, 121.3702, 0, "d-1")
    found = place("tts", json.dumps(TTS).encode())
    assert found == Place(EUI, 31.2201, 121.3702, 8, TTS["received_at"])
    found = place("tts", json.dumps(SOLVED).encode())
    assert found == Place(EUI, 31.22, 121.37, 300, SOLVED["received_at"])


@pytest.mark.parametrize(
    "location",
    [
        {},
        {"latitude": 0.0, "longitude": 0.0},
        {"latitude": 31.2, "longitude": 121.3, "source": "CONFIG"},
    ],
)
def test_what_is_no_position(location: dict[str, object]) -> None:
    """Nothing, the Gulf of Guinea, what somebody typed."""
    message = {**CHIRPSTACK, "location": location}
    assert place("chirpstack", json.dumps(message).encode()) is None
    assert place("tts", json.dumps({**TTS, "simulated": True}).encode()) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["location", "latitude", "longitude", "deviceInfo", "devEui", "locations",
                         "uplink_message", "end_device_ids", "dev_eui", "accuracy"]), inner),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from(["chirpstack", "tts"]), JSON.map(json.dumps).map(str.encode) | st.binary())
def test_any_message_is_a_place_or_refused(network: str, message: bytes) -> None:
    try:
        found = place(network, message)  # type: ignore[arg-type]
    except Refused:
        return
    assert found is None or (abs(found.latitude) <= 90 and abs(found.longitude) <= 180)
