"""A technician's slips in any table: each is said with its file, line, key and what is wanted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import inspect

from agent.configuration import load
from agent.services.registry import REGISTRY as SERVICES
from drivers import REGISTRY as DRIVERS
from tests.agent.estate import ESTATE, PACKAGED
from tests.drivers.tables import BUS, table

WHOLE = PACKAGED.read_text(encoding="utf-8") + ESTATE + f'[buses.{BUS}]\nport = "/dev/none"\n'
TABLES = [
    *(("drivers", name) for name in DRIVERS),
    *(("", service.table) for service in SERVICES.values() if service.table),
]


def _slips(kind: inspect.Type) -> Iterator[str]:
    """Values in TOML that no key of this type can take."""
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    match kind:
        case inspect.IntType() | inspect.FloatType():
            yield from ("-1000000000", "1000000000000000000", '"5"', "true", "inf", "nan", "[]")
            if isinstance(kind, inspect.IntType):
                yield "2.5"
        case inspect.StrType():
            yield from ("5", "true", r'"a\u0000b"', r'"a\u202eb"', "[]", "{x = 1}")
        case inspect.LiteralType() | inspect.BoolType() | inspect.DateType():
            yield from ('"nonsense"', "[]", "{x = 1}")
        case inspect.VarTupleType() | inspect.ListType():
            yield from ('"abc"', "5", "[{x = 1}]")
        case inspect.DictType() | inspect.StructType():
            yield from ("5", '"abc"')
        case inspect.UnionType(types=types):
            plain = [one.type if isinstance(one, inspect.Metadata) else one for one in types]
            if not any(isinstance(one, inspect.IntType | inspect.FloatType) for one in plain):
                yield "5"


def _written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _case(group: str, name: str) -> tuple[str, str, Any, dict[str, Any]]:
    """kiosk.toml without one table; that table's header, struct and right contents."""
    parsed = tomllib.loads(WHOLE)
    if group == "drivers":
        right = {"type": name, **table(name)}
        return WHOLE, f"[drivers.slip]\ntype = '{name}'", DRIVERS[name].settings, right
    settings = next(one.settings for one in SERVICES.values() if one.table == name)
    header, right = f"[{name}]", parsed[name]
    if getattr(settings, "__origin__", None) is dict:
        entry = next(iter(right))
        header, right, settings = f"[{name}.{entry}]", right[entry], settings.__args__[1]
    rest = re.sub(rf"^{re.escape(header)}[^\n]*\n(?:(?!\[)[^\n]*\n)*", "", WHOLE, flags=re.M)
    return rest, header, settings, dict(right)


@pytest.mark.parametrize(("group", "name"), TABLES)
def test_a_slip_is_said_where_it_is(group: str, name: str, tmp_path: Path) -> None:
    """Every key with every wrong kind of value, all at once, and every key spelt wrong."""
    rest, header, settings, right = _case(group, name)
    path = tmp_path / "kiosk.toml"
    fields = inspect.type_info(settings).fields  # type: ignore[attr-defined]
    slips = {field.encode_name: list(_slips(field.type)) for field in fields}
    slips = {key: values for key, values in slips.items() if values}
    rounds = [
        {key: values[turn % len(values)] for key, values in slips.items()}
        for turn in range(max(map(len, slips.values())))
    ]
    kept = [f"{key} = {_written(value)}" for key, value in right.items() if key != "type"]
    for spoiled in [*rounds, {f"{key}q": "5" for key in slips}]:
        good = [line for line in kept if line.split(" ")[0] not in spoiled]
        lines = [*rest.splitlines(), *header.splitlines(), *good]
        first = len(lines) + 1
        lines += [f"{key} = {value}" for key, value in spoiled.items()]
        path.write_text("\n".join(lines), encoding="utf-8")
        problems = load(path).problems
        for line, (key, value) in enumerate(spoiled.items(), start=first):
            said = [one for one in problems if (one.file, one.line) == (str(path), line)]
            assert said, f"{key} = {value}"
            assert any(f".{key}" in one.place for one in said), (value, said)
            assert all("must be" in one.text or one.remedy for one in said), (value, said)
