"""What every service of the registry bears: any signal that it listens to, in any order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

import config
from agent.app import _furniture, _services
from agent.configuration import load
from agent.contract.signals import Measured, Signal
from agent.effects import Pass, Show
from agent.messages import Command, Due
from agent.packs.packaged import packs_in
from agent.records import CommandData
from agent.services.registry import REGISTRY
from agent.services.service import AnyService
from kiosk_ui.phrases import Catalogue
from tests.agent.estate import estate
from tests.agent.journal import Journey

COMMANDS: list[type[CommandData]] = sorted(
    {kind for service in REGISTRY.values() for kind in service.commands},
    key=lambda kind: kind.kind,
)
PACKS = packs_in()
DEVICES = [
    "camera", "cuff", "door", "jack", "meter", "microphone", "bin_1", "pile", "pile_meter", "pir",
    "pir_room", "shutter", "speaker", "tank", "warm", "nobody",
]  # fmt: skip
QUANTITIES = [
    "power", "energy", "distance", "systolic", "diastolic", "pulse", "body_temperature",
    "temperature", "battery", "volume",
]  # fmt: skip
UNITS = ["W", "kW", "kW.h", "mm", "cm", "mm[Hg]", "Cel", "%", "1"]


class Draw:
    """Makes values of declared types, often such as are known in the journey so far."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.known: list[str] = ["", "p1", "tennis", "home", "north", "law"]

    def one(self, values: list[Any]) -> Any:
        return self._data.draw(st.sampled_from(values))

    def struct(self, kind: Any) -> Any:
        """An instance of the struct *kind*, whose bounds it keeps."""
        wanted = inspect.type_info(kind)
        assert isinstance(wanted, inspect.StructType)
        values = {
            field.name: self.value(field.name, field.type)
            for field in wanted.fields
            if field.required or self.one([0, 1])
        }
        if kind is Measured:
            values["missing"] = self.one(["no_echo", "invalid"]) if values["value"] is None else ""
        return kind(**values)

    def value(self, name: str, kind: inspect.Type) -> Any:
        """A value for the field *name*."""
        match name:
            case "source" | "device":
                return self.one(DEVICES)
            case "quantity":
                return self.one(QUANTITIES)
            case "unit":
                return self.one(UNITS)
            case "packs":
                return self.one([PACKS, {}])
        match kind:
            case inspect.Metadata(type=inner):
                return self.value(name, inner)
            case inspect.UnionType(types=types):
                return self.value(name, self.one(list(types)))
            case inspect.NoneType():
                return None
            case inspect.BoolType():
                return self.one([False, True])
            case inspect.IntType(ge=ge, le=le):
                first, last = ge or 0, 2**53 if le is None else le
                return self.one([first, last, min(last, first + 1), min(last, 100)])
            case inspect.FloatType(ge=ge, le=le):
                least, most = -1e12 if ge is None else ge, 1e12 if le is None else le
                return self.one([n for n in (least, most, 0.0, 36.6, 150.0) if least <= n <= most])
            case inspect.LiteralType(values=values):
                return self.one(list(values))
            case inspect.StrType(pattern=None, max_length=longest):
                texts = [*self.known, "x" * (longest or 5000), "\0\u202e沪"]
                return self.one(texts)[:longest] or "x"
            case inspect.StrType(pattern=str(pattern)):
                return self._data.draw(st.from_regex(pattern, fullmatch=True))
            case inspect.VarTupleType():
                return ()
            case inspect.ListType():
                return []
            case inspect.DictType():
                return {}
        raise AssertionError(f"no value for {name}: {kind}")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AnyService]:
    """Those of a kiosk in which each has something to look after."""
    built = _services(estate(tmp_path_factory.mktemp("estate")), PACKS, Catalogue())
    return {service.name: service for service in built}


def _kinds(root: type[Signal]) -> list[type[Signal]]:
    return [root, *(one for sub in root.__subclasses__() for one in _kinds(sub))]


@pytest.mark.parametrize("name", REGISTRY)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_it_answers_whatever_comes(
    name: str, services: dict[str, AnyService], data: st.DataObject
) -> None:
    """Any command, its own or not, and any other signal that it listens to, in any order and also
    after a restart: it never raises, its records fit and its state can be stored."""
    service = services[name]
    heard = [kind for kind in service.listens if kind is not Signal]
    draw, journey, now = Draw(data), Journey(service), 0.0
    for count in range(data.draw(st.integers(1, 20))):
        now += draw.one([0.0, 1.0, 600.0, 90_000.0])
        kind = draw.one(heard)
        if kind is Command:
            told = draw.struct(draw.one(COMMANDS))
            signal: Signal = Command(source="upstream", command_id=f"c{count}", data=told)
        elif kind is Due:
            signal = Due(service=name, name=draw.one([*journey.reminders, "nothing"]))
        else:
            try:
                signal = draw.struct(kind)
            except ValueError:  # refused at the border: no service hears of it
                continue
        journey.send(msgspec.structs.replace(signal, at=now, id=f"id-{count}"))
        for effect in journey.latest:
            if isinstance(effect, Show):
                draw.known += [choice.action.partition(".")[2] for choice in effect.choices]
                draw.known += [choice.value for choice in effect.choices]
            if isinstance(effect, Pass):
                msgspec.convert(msgspec.to_builtins(effect.fact), type(effect.fact))
        for record in journey.records():
            draw.known += [value for value in record.data.values() if isinstance(value, str)]
        stored = msgspec.msgpack.encode(service.durable(journey.state))
        again = msgspec.msgpack.decode(stored, type=type(service.initial()))
        if draw.one([False, False, False, True]):
            journey.state = again


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.kind)
def test_a_command_about_nothing_stops_nobody(
    kind: type[CommandData], services: dict[str, AnyService]
) -> None:
    """As upstream writes it in the schemas' example, to every service."""
    about = {kind.about: "nothing"} if kind.about else {}
    told = msgspec.convert({**kind.example, **about}, kind)
    for service in services.values():
        if Command in service.listens:
            Journey(service).send(Command(source="upstream", command_id="c", data=told))


def test_req_35_the_camera_is_never_the_only_way(tmp_path: Path) -> None:
    """A kiosk without a camera has no mistake in its configuration, and offers residents every
    way that one with a camera offers: on the home screen, by voice, and to a person."""
    packaged = Path(config.__file__).with_name("kiosk.toml")
    tables = re.split(r"(?m)^(?=\[)", packaged.read_text(encoding="utf-8"))
    without = [table for table in tables if not table.startswith("[drivers.camera")]
    assert len(without) < len(tables)
    path = tmp_path / "kiosk.toml"
    path.write_text("".join(without), encoding="utf-8")
    offered = []
    for file in (packaged, path):
        found = load(file)
        assert not found.problems
        ways = _furniture(found, Catalogue(), PACKS).home
        offered.append([(way.service, way.choices, way.utterances, way.answers) for way in ways])
    assert offered[0] == offered[1]
    assert {"taxi.call"} <= {choice.action for _, choices, *_ in offered[1] for choice in choices}
