"""Payloads of bin sensors and messages of network servers, with published contents."""

from __future__ import annotations

import base64
import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.lorawan.payloads import Model, Told, told
from drivers.lorawan.uplinks import Network, Refused, uplink

CHIRPSTACK = (
    '{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d",'
    '"time":"2026-11-22T00:30:00.123456+00:00","deviceInfo":{"applicationId":'
    '"17c82e96-be03-4f38-aef3-f83d48582d97","deviceProfileName":"EM400-UDL","deviceName":"bin-3",'
    '"devEui":"24e124713b000001","tags":{"bin":"3"}},"devAddr":"00189440","adr":true,"dr":5,'
    '"fCnt":12,"fPort":85,"data":"AXVcA2cBAQSCRAgFAAE=",'
    '"rxInfo":[{"gatewayId":"0016c001f153a14c","rssi":-87,"snr":9.5}]}'
)


@pytest.mark.parametrize(
    ("model", "payload", "said"),
    [
        ("em310", "01 75 5C 03 82 44 08 04 00 01", Told("invalid", 92, tilted=True)),
        ("em310", "01 75 5C 03 82 44 08 04 00 00", Told(2116, 92, tilted=False)),
        (
            "em400",
            "01 75 5C 03 67 01 01 04 82 44 08 05 00 01",
            Told("invalid", 92, celsius=25.7, tilted=True),
        ),
        (
            "em400",
            "01 75 64 03 67 F8 00 04 82 01 01 05 00 00",
            Told(257, 100, celsius=24.8, tilted=False),
        ),
        ("em400", "83 67 E8 00 01 84 82 41 06 01", Told(1601, celsius=23.2)),
        ("em400", "01 75 64 04 82 FD FF 05 00 00", Told("invalid", 100, tilted=False)),
        ("em500", "01 75 64 03 82 44 08", Told(2116, 100)),
        ("em400", "FF 0B FF FF 01 01 FF 16 1234567890123456 FF 0F 00", Told()),
        ("em400", "20 CE 00 11 22 33 44 08 04 82 01 01", Told()),  # history is not now
        ("em400", "04 82 01", Told()),
        ("em400", "03 82 44 08", Told()),  # another model's distance
        ("ldds45", "0D 3B 0A EF 00 00 00 01", Told(2799, battery_volts=3.387)),
        ("ldds75", "0D 3B 00 00 00 00 00 01", Told("no_echo", battery_volts=3.387)),
        ("ldds75", "0D 3B 0A EF 00 00 00 00", Told("no_echo", battery_volts=3.387)),
        ("ldds75", "0D 3B 00 64 00 00 00 01", Told("invalid", battery_volts=3.387)),
        ("ldds45", "0D 3B 00 14 00 00 00 01", Told("invalid", battery_volts=3.387)),
        ("ldds45", "0D 3B 0A EF 00", Told()),
        ("llds12", "0D 3B 00 E1 05 DC 01 F4 00 1A 02", Told(1500, None, 3.387, 22.5)),
        ("llds12", "0D 3B 00 E1 05 DC 00 20 00 1A 02", Told("invalid", None, 3.387, 22.5)),
    ],
)
def test_payloads(model: Model, payload: str, said: Told) -> None:
    assert told(model, None, bytes.fromhex(payload)) == said


def test_other_ports_hold_no_readings() -> None:
    """Port 5 of a Dragino is its status."""
    assert told("ldds45", 5, bytes.fromhex("0D 3B 0A EF 00 00 00 01")) == Told()
    assert told("em400", 2, bytes.fromhex("01 75 64 04 82 01 01")) == Told()


def test_chirpstack_4() -> None:
    up = uplink("chirpstack", CHIRPSTACK.encode())
    assert (up.eui, up.port, up.counter, up.dbm) == ("24e124713b000001", 85, 12, -87)
    assert up.payload.hex() == "01755c03670101048244080500 01".replace(" ", "")


def test_chirpstack_3_and_left_out_zeros() -> None:
    eui = base64.b64encode(bytes.fromhex("24e124713b000001")).decode()
    up = uplink("chirpstack", json.dumps({"devEUI": eui, "data": "gkHe", "rxInfo": []}).encode())
    assert (up.eui, up.port, up.counter, up.dbm) == ("24e124713b000001", None, 0, None)
    assert up.payload.hex() == "8241de"


def tts(**changes: Any) -> bytes:
    message = {
        "end_device_ids": {"device_id": "bin-3", "dev_eui": "24E124713B000001"},
        "received_at": "2026-11-22T00:30:00.123456789Z",
        "uplink_message": {
            "frm_payload": "gkHe",
            "rx_metadata": [{"rssi": -101}, {"rssi": -87, "snr": 9}, {}],
            "settings": {"frequency": "471300000"},
        },
    }
    return json.dumps(message | changes).encode()


def test_the_things_stack() -> None:
    up = uplink("tts", tts())
    assert (up.eui, up.port, up.counter, up.dbm) == ("24e124713b000001", None, 0, -87)
    assert up.payload.hex() == "8241de"


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("tts", tts(simulated=True)),
        ("tts", tts(uplink_message=None)),
        ("chirpstack", b'{"deviceInfo":{"devEui":"24e124713b000001"}}'),
        ("chirpstack", b'{"data":"%%%"}'),
        ("chirpstack", b'{"devEUI":"%%%","data":"gkHe"}'),
        ("chirpstack", b'{"fCnt":-1,"data":"gkHe"}'),
        ("chirpstack", b"[" * 100_000),
        ("chirpstack", b"\xff"),
        ("chirpstack", b""),
    ],
)
def test_what_does_not_count(network: Network, message: bytes) -> None:
    with pytest.raises(Refused):
        uplink(network, message)


@settings(deadline=None)
@given(st.sampled_from(get_args(Model)), st.none() | st.integers(0, 255), st.binary(max_size=60))
def test_any_payload(model: Model, port: int | None, payload: bytes) -> None:
    """Nothing raises, and everything is in bounds."""
    said = told(model, port, payload)
    assert said.battery_percent is None or 0 <= said.battery_percent <= 100
    assert not isinstance(said.distance, int) or 0 < said.distance <= 0xFFFF
    assert said.celsius is None or -40 <= said.celsius <= 85


@settings(deadline=None)
@given(
    st.sampled_from(get_args(Network)),
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(
                    (
                        "deviceInfo",
                        "devEui",
                        "devEUI",
                        "data",
                        "fCnt",
                        "fPort",
                        "rxInfo",
                        "uplink_message",
                        "frm_payload",
                        "end_device_ids",
                        "dev_eui",
                    )
                ),
                inner,
            )
            | st.lists(inner, max_size=3)
        ),
        max_leaves=12,
    ).map(lambda one: json.dumps(one).encode()),
)
def test_any_message(network: Network, message: bytes) -> None:
    """An uplink or a refusal, never anything else."""
    try:
        assert uplink(network, message).payload
    except Refused as refused:
        assert str(refused)
