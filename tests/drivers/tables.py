"""A table of kiosk.toml for any type of device, made of what its settings must have."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import NODEFAULT, inspect

from drivers import REGISTRY

ABSENT = "/nowhere/absent"
"""A path at which there is nothing."""
BUS = "b"
"""The bus of all devices that are on one."""

GIVEN: dict[str, dict[str, Any]] = {
    "camera": {"source": "/dev/video-none"},
    "charging_pile": {"broker": "mqtt://127.0.0.1:1"},
    "headset": {"jack": "/dev/input/none"},
    "health_meter": {"address": "00:11:22:33:44:55"},
    "household_meter": {"address": "002241020208"},
    "intake_http": {"takes": ["presence"]},
    "intake_mqtt": {"broker": "mqtt://127.0.0.1:1", "takes": ["presence"]},
    "lorawan": {"broker": "mqtt://127.0.0.1:1", "eui": "24e124713b000001"},
    "modbus": {"registers": {"one": {"register": 0, "quantity": "temperature", "unit": "Cel"}}},
    "scanner_camera": {"source": "/dev/video-none"},
    "speaker": {"player": ["no-such-player"]},
}
"""What cannot be told from the types: patterns, one of two keys, and the defaults that name
something of this machine."""


def table(kind: str) -> dict[str, Any]:
    """Values for the keys that *kind* must have; they name a device that is not there, but for
    pins and a bus."""
    pins = itertools.count(5)
    wanted = inspect.type_info(REGISTRY[kind].settings)
    assert isinstance(wanted, inspect.StructType)
    given = GIVEN.get(kind, {})
    made = {
        field.encode_name: _value(field.encode_name, field.type, pins)
        for field in wanted.fields
        if field.default is NODEFAULT and field.default_factory is NODEFAULT
        if field.encode_name not in given
    }
    return made | given


def _value(key: str, kind: inspect.Type, pins: Iterator[int]) -> Any:
    extra: dict[str, Any] = {}
    if isinstance(kind, inspect.Metadata):
        extra, kind = kind.extra or {}, kind.type
    if key == "bus":
        return BUS
    match kind:
        case inspect.IntType() if extra.get("claims") == "pin":
            return next(pins)
        case inspect.IntType(ge=least) | inspect.FloatType(ge=least):
            return least or 1
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.BoolType():
            return True
        case inspect.StrType():
            return ABSENT
    raise AssertionError(f"no value for {key} of {kind}; add it to GIVEN in {__name__}")


def converted(kind: str, **changes: Any) -> Any:
    """Settings of *kind* with these *changes*."""
    return msgspec.convert({**table(kind), **changes}, REGISTRY[kind].settings)
