"""The committed schemas are those of the declarations, and nobody who knows them is surprised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import msgspec
import pytest

from agent.records import RecordData, schema_id
from agent.schemas import generate
from agent.schemas.generate import FOLDER, breaks, files, written
from agent.services.registry import REGISTRY

RECORDS = [kind for service in REGISTRY.values() for kind in service.records]
COMMANDS = [kind for service in REGISTRY.values() for kind in service.commands]


def test_the_schemas_are_current() -> None:
    """Run ``python -m agent.schemas.generate`` where this fails, and commit what it writes."""
    committed = {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*.json")
    }
    assert committed == {name: written(content) for name, content in files().items()}


def test_each_schema_is_a_schema() -> None:
    """By the rules of JSON Schema 2020-12, with an id of its own."""
    schemas = [content for name, content in files().items() if name != "asyncapi.json"]
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema)
    assert len({schema["$id"] for schema in schemas}) == len(schemas)


def test_kinds_are_declared_once() -> None:
    """No two services claim one kind, and each says all that belongs to a record."""
    for kinds in (RECORDS, COMMANDS):
        names = [kind.kind for kind in kinds]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.kind)
def test_an_example_fits_its_schema(kind: Any) -> None:
    """What the bench begins with is valid for readers of the schema too."""
    schema = files()[f"commands/{kind.kind}.v1.json"]
    named = {kind.about: "x"} if kind.about else {}
    jsonschema.validate({**named, **kind.example}, schema)
    wrong = kind.about or next(iter(schema["properties"]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**named, **kind.example, wrong: {"x": 1}}, schema)


def test_the_document_refers_to_what_is_there() -> None:
    """AsyncAPI names every kind, and each reference leads somewhere."""
    document = files()["asyncapi.json"]
    for channel, kinds in (("events", RECORDS), ("commands", COMMANDS)):
        messages = document["channels"][channel]["messages"]
        assert set(messages) == {kind.kind for kind in kinds}
        for message in messages.values():
            path = message["payload"]["allOf"][1]["properties"]["data"]["$ref"]
            assert path.removeprefix("./") in files()


class Old(RecordData, frozen=True):
    kind: ClassVar[str] = "a.b"
    one: int
    two: str = ""


def _breaks(new: dict[str, Any], we_write: bool = True) -> list[str]:
    return list(breaks(msgspec.json.schema(Old)["$defs"]["Old"], new, we_write))


def test_what_breaks_and_what_does_not() -> None:
    """A field may be added; none is lost, retyped, or newly demanded."""
    old = msgspec.json.schema(Old)["$defs"]["Old"]
    fields = old["properties"]
    assert _breaks({**old, "properties": {**fields, "three": {"type": "string"}}}) == []
    assert _breaks({**old, "description": "said better"}) == []
    assert _breaks({**old, "properties": {"one": fields["one"]}}) == ["two is gone"]
    assert _breaks({**old, "properties": {**fields, "one": {"type": "string"}}})
    assert _breaks({**old, "required": []}) == ["one is not always there any more"]
    assert _breaks({**old, "required": []}, we_write=False) == []
    assert _breaks({**old, "required": ["one", "two"]}) == []
    assert _breaks({**old, "required": ["one", "two"]}, we_write=False) == [
        "two has become required"
    ]


def test_the_generator_refuses_to_break_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A committed kind that has another type now: named, and nothing is written."""
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main() == 0
    path = tmp_path / "records" / "bin.level.v1.json"
    old = json.loads(path.read_text(encoding="utf-8"))
    old["properties"]["mm"]["type"] = "string"
    path.write_text(json.dumps(old), encoding="utf-8")
    assert generate.main() == 1
    assert "records/bin.level.v1.json: mm has changed" in capsys.readouterr().err
    assert json.loads(path.read_text(encoding="utf-8")) == old


def test_ids_tell_ways_apart() -> None:
    """``taxi.cancelled`` goes both ways, with two schemas."""
    every: list[Any] = [*RECORDS, *COMMANDS]
    ids = {schema_id(kind) for kind in every if kind.kind == "taxi.cancelled"}
    assert ids == {"urn:linli:record:taxi.cancelled:v1", "urn:linli:command:taxi.cancelled:v1"}
