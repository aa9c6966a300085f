"""Parsers of what devices, brokers and other terminals send, as targets for the fuzzer."""

from __future__ import annotations

import base64
import json
import os
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import minimalmodbus
import msgspec

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable, Site
from agent.contract.signals import Looking, PersonDown, Scanned, Signal
from agent.core.child import ChildProcess
from agent.core.gate import Gate
from drivers import SETTINGS, load
from drivers.bus.owner import Unanswered
from drivers.charging.ocpp import Tap
from drivers.climate.files import Fault, crc8, one_wire, thousandths
from drivers.health.values import Refused as NoMeasurement
from drivers.health.values import blood_pressure, temperature
from drivers.input.events import EVENT, EventParser, Typing
from drivers.intake.events import Intake, signature
from drivers.intake.events import Refused as NoEvent
from drivers.lorawan.payloads import told
from drivers.lorawan.uplinks import Network, uplink
from drivers.lorawan.uplinks import Refused as NoUplink
from drivers.meter import dlt645, modbus, pzem_v1
from drivers.printer import escpos
from drivers.radar import fda2, frames, ld2410
from drivers.scanner.frames import LONGEST as LONGEST_CODE
from drivers.scanner.frames import Code, ScannerParser, bounded
from drivers.ultrasonic import urm
from drivers.ultrasonic.frames import A02Parser, MaxBotixParser
from tests.audit.target import Target

T = TypeVar("T")


def pieces(data: bytes) -> Iterable[bytes]:
    """*data* as a serial line brings it: in pieces."""
    return (data[at : at + 7] for at in range(0, len(data), 7))


def _summed(head: bytes, at: int) -> Callable[[bytes], bytes]:
    """Puts the sum of what is before it at place *at* of each frame that begins with *head*."""

    def sealed(data: bytes) -> bytes:
        frame = bytearray(data)
        begin = frame.find(head)
        while begin >= 0:
            if begin + at < len(frame):
                frame[begin + at] = sum(frame[begin : begin + at]) & 0xFF
            begin = frame.find(head, begin + 1)
        return bytes(frame)

    return sealed


def _of_radar(data: bytes) -> bytes:
    body = b"\x53\x59\x83\x01" + struct.pack(">H", min(len(data), 80)) + data[:80]
    return data + body + bytes([sum(body) & 0xFF]) + b"\x54\x43"


def _of_fda2(data: bytes) -> bytes:
    head = b"\x01\x00\x01" + struct.pack(">H", min(len(data), 80)) + b"\x0e\x02"
    return head + bytes([fda2.check(head)]) + data[:80] + bytes([fda2.check(data[:80])]) + data


def _of_meter(data: bytes) -> bytes:
    inner = data[:200]
    body = b"\x68\x11\x22\x33\x44\x55\x66\x68\x91" + bytes([len(inner)]) + inner
    return body + bytes([sum(body) & 0xFF]) + b"\x16" + data


def _of_one_wire(data: bytes) -> bytes:
    scratchpad = data[:8].ljust(8, b"\0")
    text = (scratchpad + bytes([crc8(scratchpad)])).hex(" ")
    return f"{text} : crc=00 YES\n{text} t=0\n".encode()


def _radar(data: bytes) -> None:
    parser = frames.RadarParser()
    for piece in pieces(data):
        for frame in parser.feed(piece):
            frames.report(frame)


def _fda2(data: bytes) -> None:
    parser = fda2.Fda2Parser()
    for piece in pieces(data):
        for frame in parser.feed(piece):
            fda2.report(frame)


def _fed(make: Callable[[], Any]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        parser = make()
        for piece in pieces(data):
            parser.feed(piece)

    return run


def _scanner(data: bytes) -> None:
    parser = ScannerParser()
    for piece in pieces(data):
        for code in (*parser.feed(piece), *parser.silence()):
            if isinstance(code, str):
                continue  # refused
            assert 0 < len(code.text) <= LONGEST_CODE and len(code.text.splitlines()) == 1


def _typing(data: bytes) -> None:
    parser, typing = EventParser(), Typing()
    for piece in pieces(data):
        for event in parser.feed(piece):
            code = typing.feed(event)
            text = code.text if isinstance(code, Code) else ""
            assert text == "" or (text.isprintable() and len(text) <= LONGEST_CODE)
    typing.silence()


def _meter(data: bytes) -> None:
    dlt645.frames(data)
    for item in dlt645.ITEMS:
        dlt645.answered(dlt645.WILDCARD, item, data)
        dlt645.value(item, item.to_bytes(4, "little") + data[: dlt645.ITEMS[item].size])


def _pzem(data: bytes) -> None:
    for quantity in pzem_v1.KINDS:
        pzem_v1.answered(quantity, data)


class _Bus:
    """On which every question is answered by the same bytes."""

    settings = SimpleNamespace(port="/dev/null", baud=9600)

    def __init__(self, received: bytes) -> None:
        self._received = received

    def ask(self, member: str, request: bytes, answer: Callable[[bytes], T | None]) -> T:
        for end in range(min(len(self._received), 64) + 1):
            if (found := answer(self._received[:end])) is not None:
                return found
        raise Unanswered("no answer")


def _modbus(data: bytes) -> None:
    device = modbus._Device(_Bus(data), "m", 1, 3)  # type: ignore[arg-type]
    kinds: tuple[modbus.Kind, ...] = ("u16", "s16", "u32", "s32", "f32")
    for kind in kinds:
        minimalmodbus._latest_read_times.clear()  # no silence to be kept: no line
        words = device.read(0, 2 if kind.endswith("32") else 1)
        register = modbus.Register(register=0, quantity="voltage", unit="V", kind=kind, scale=1e6)
        if words is not None:
            modbus.decoded(register, words)


def _of_modbus(data: bytes) -> bytes:
    count = 2 + 2 * (len(data) % 2)
    body = b"\x01\x03" + bytes([count]) + data[:count].ljust(count, b"\0")
    return body + bytes(minimalmodbus._calculate_crc(body))


def _climate(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        thousandths(text)
    except Fault:
        one_wire(text)


def _lorawan(network: Network) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        for model in ("em310", "em400", "em500", "ldds20", "ldds45", "ldds75", "llds12"):
            told(model, None, data)
        up = uplink(network, data)
        for model in ("em310", "em400", "em500", "ldds20", "ldds45", "ldds75", "llds12"):
            told(model, up.port, up.payload)  # type: ignore[arg-type]

    return run


def _printer(data: bytes) -> None:
    """What it answers, and that no text becomes an order to it."""
    for byte in data:
        for question in escpos.ORDER:
            if escpos.is_status(byte):
                escpos.trouble(question, byte)
    printed = escpos.encoded(data.decode("utf-8", "replace"))
    assert all(byte >= 0x20 for byte in printed)
    printed.decode("gb18030")


_tap = Tap(1, 100.0, 0.0)
_seconds = 0.0


def _ocpp(data: bytes) -> None:
    global _seconds
    _seconds += 30.0
    for from_pile in (True, False):
        for reading in _tap.heard(from_pile, data, _seconds):
            assert 0 <= reading.value <= 1e9
    _tap.look(_seconds)
    assert len(_tap._asked) <= 64 and len(_tap._transactions) <= 64


_SECRET = b"0123456789abcdef0123456789abcdef"
_now = [1_700_000_000.0]
_intake = Intake("door", _SECRET, ("presence", "contact", "measured", "person-down", "person-up"),
                 lambda: _now[0])  # fmt: skip


def _terminal(data: bytes) -> None:
    _now[0] += 1.0  # so that the pace is never what refuses
    data = data.replace(b"NONCE-", b"%016.0f-" % _now[0]).replace(b"NOW", b"%.0f" % _now[0])
    _intake.admit(signature(_SECRET, data), data)
    assert len(_intake._nonces) <= 2_000


class _Hours(BootClock):
    """On which a second passes with each look."""

    passed = 0.0

    def boot(self) -> float:
        self.passed += 1.0
        return self.passed


def _frames_of_child(driver: str) -> Callable[[bytes], None]:
    """Bytes on the pipe from a child that somebody has taken over."""
    site = Site(Path("/nonexistent"), Path("/nonexistent"), clock=_Hours())
    child = ChildProcess(driver, "hall", SETTINGS[driver](source="0"), site)
    gate = Gate("hall", load(driver).emits, _Hours())

    def admit(signal: Signal) -> None:
        if isinstance(admitted := gate.admit(signal), Scanned):
            assert isinstance(bounded(admitted.text, ""), Code)

    def run(data: bytes) -> None:
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as output:
            os.write(writing, data)
            os.close(writing)
            child._listen(output, admit, threading.Event())

    return run


def _of_child(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


_DOWN = msgspec.msgpack.encode(
    PersonDown(source="hall", at=1.0, track=1, confidence=0.9, reason="drop")
)
_PRESSURE = bytes.fromhex("1e780050000000e6070b1e0a0b0c4800010000")
_WARMTH = bytes.fromhex("066c0100ffe6070b1e0a0b0c02")
_CHIRPSTACK = json.dumps(
    {
        "deduplicationId": "a", "fCnt": 5, "fPort": 85, "rxInfo": [{"rssi": -70}],
        "deviceInfo": {"devEui": "24e124136b502217"},
        "data": base64.b64encode(bytes.fromhex("01755c04821e0005000103670e01")).decode(),
    }
).encode()  # fmt: skip
_TTS = json.dumps(
    {
        "end_device_ids": {"dev_eui": "A84041000181C061"},
        "uplink_message": {
            "f_port": 2, "f_cnt": 9, "frm_payload": base64.b64encode(b"\x0c\xe4\x05\xdc\0\0\0\1")
            .decode(), "rx_metadata": [{"rssi": -90.5}],
        },
    }
).encode()  # fmt: skip
_TERMINAL = tuple(
    b'{"nonce": "NONCE-%d", "at": NOW, "event": %b}' % (number, event)
    for number, event in enumerate(
        (
            b'{"kind": "presence", "present": true}',
            b'{"kind": "contact", "closed": false, "tampered": true}',
            b'{"kind": "measured", "quantity": "power", "value": 5, "unit": "W"}',
            b'{"kind": "person-down", "confidence": 0.9, "person": 3}',
            b'{"kind": "person-up"}',
        )
    )
)
_OCPP = tuple(
    json.dumps(frame).encode()
    for frame in (
        [2, "1", "StatusNotification", {"connectorId": 1, "status": "Charging"}],
        [2, "2", "BootNotification", {"chargePointModel": "x"}],
        [3, "2", {"status": "Accepted", "interval": 300}],
        [2, "3", "StartTransaction", {"connectorId": 1, "idTag": "secret"}],
        [3, "3", {"transactionId": 7}],
        [2, "4", "StopTransaction", {"transactionId": 7, "reason": "EVDisconnected"}],
        [2, "5", "MeterValues", {"connectorId": 1, "meterValue": [{"sampledValue": [
            {"value": "12.5", "measurand": "Power.Active.Import", "unit": "kW"}]}]}],
        [4, "5", "GenericError", "", {}],
    )
)  # fmt: skip

TARGETS: Mapping[str, Target] = {
    "ultrasonic": Target(_fed(A02Parser), (), (b"\xff\x04\xb0\xb3",), _summed(b"\xff", 3)),
    "maxbotix": Target(_fed(lambda: MaxBotixParser(4)), (), (b"R1234\r", b"R0300 \r")),
    "urm": Target(
        lambda data: urm.answered(17, data), (), (bytes.fromhex("55aa11020200ff13"),),
        _summed(b"\x55\xaa", 7),
    ),
    "radar": Target(_radar, (), (b"\x53\x59\x83\x01\x00\x01\x01\x32\x54\x43",), _of_radar),
    "fda2": Target(_fda2, (), (_of_fda2(b"\x01"),), _of_fda2),
    "ld2410": Target(
        _fed(ld2410.Ld2410Parser), (),
        (bytes.fromhex("f4f3f2f10d0002aa02510000000000003b00005500f8f7f6f5"),),
    ),
    "scanner": Target(_scanner, (), (b"6901234567892\r\n", b"\x03\x00\x05hello", b"\x02\x00\x00")),
    "typing": Target(
        _typing, (),
        (b"".join(EVENT.pack(0, 0, 1, code, value) for code in (30, 2, 28) for value in (1, 0)),),
    ),
    "meter": Target(_meter, (), (bytes.fromhex("fe68112233445566689104333433373516"),), _of_meter),
    "pzem": Target(_pzem, (), (bytes.fromhex("a000e602000088"),),
                   _summed(b"\xa0", 6)),
    "modbus": Target(_modbus, (Unanswered,), (bytes.fromhex("010302008cb9e1"),), _of_modbus),
    "climate": Target(_climate, (Fault,), (_of_one_wire(b"\x91\x01\x4b\x46\x7f\xff\x0c\x10"),
                                           b"21500\n"), _of_one_wire),
    "blood pressure": Target(
        blood_pressure, (NoMeasurement,),
        (bytes.fromhex("1e780050000000e6070b1e0a0b0c4800010000"),),
    ),
    "temperature": Target(
        temperature, (NoMeasurement,), (bytes.fromhex("066c0100ffe6070b1e0a0b0c02"),)
    ),
    "lorawan": Target(_lorawan("chirpstack"), (NoUplink,), (_CHIRPSTACK,)),
    "lorawan tts": Target(_lorawan("tts"), (NoUplink,), (_TTS,)),
    "printer": Target(_printer, (), ("\x1b@沪A·D1234\x1d\x56\x00".encode(), b"\x12\x16\x72")),
    "ocpp": Target(_ocpp, (), _OCPP),
    "terminal": Target(_terminal, (NoEvent,), _TERMINAL),
    "child": Target(
        _frames_of_child("camera"), (DriverUnavailable,),
        (_of_child(_DOWN), _of_child(msgspec.msgpack.encode({"signal": "trouble", "reason": "r"}))),
        _of_child,
    ),
    "child scanner": Target(
        _frames_of_child("scanner_camera"), (DriverUnavailable,),
        tuple(_of_child(msgspec.msgpack.encode(one)) for one in (
            Scanned(source="hall", at=1.0, text="linli1:abc 码", symbology="QR"),
            Looking(source="hall", at=1.0, on=True),
        )),
        _of_child,
    ),
}  # fmt: skip

OF_DRIVERS: Mapping[str, tuple[str, ...]] = {
    "charging_pile": ("ocpp",),
    "climate": ("climate",),
    "fall_radar": ("radar", "fda2"),
    "health_meter": ("blood pressure", "temperature"),
    "household_meter": ("meter",),
    "intake_http": ("terminal", "posted"),
    "intake_mqtt": ("terminal",),
    "keypad_usb": ("typing",),
    "lorawan": ("lorawan", "lorawan tts"),
    "modbus": ("modbus",),
    "presence_radar": ("ld2410",),
    "pzem004t": ("modbus",),
    "pzem004t_v1": ("pzem",),
    "slip_printer": ("printer",),
    "scanner_camera": ("child scanner", "picture", "clip"),
    "scanner_serial": ("scanner",),
    "scanner_usb": ("typing",),
    "ultrasonic_bus": ("urm",),
    "ultrasonic_serial": ("ultrasonic", "maxbotix"),
    "camera": ("child", "clip"),
    "microphone": ("child",),
    "speaker": ("child", "wav"),
    **dict.fromkeys(
        ("button", "buzzer", "contact", "headset", "lamp", "motion", "relay", "ultrasonic_gpio"), ()
    ),
}
"""Which targets stand for what a type of driver reads; none: it reads levels, no bytes."""
