"""Writes the schemas of this folder from the declarations beside the services.

A field may be added; none changes its meaning: a change that would break who reads or writes
today's data is refused, and wants a kind, or a version of it, of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from agent.records import CommandData, RecordData, schema_id
from agent.services.registry import REGISTRY

FOLDER = Path(__file__).parent

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_WORDS = ("title", "description", "examples", "default")
"""Keywords that say nothing of what is valid."""


def files() -> dict[str, dict[str, Any]]:
    """Path within the folder → content, of all that belongs there."""
    records = [kind for service in REGISTRY.values() for kind in service.records]
    commands = [kind for service in REGISTRY.values() for kind in service.commands]
    kinds: list[type[RecordData | CommandData]] = [*records, *commands]
    return {
        **{_path(kind): _schema(kind) for kind in kinds},
        "asyncapi.json": _asyncapi(records, commands),
    }


def breaks(old: Mapping[str, Any], new: Mapping[str, Any], we_write: bool) -> Iterator[str]:
    """What of *new* breaks who knows *old*, as sentences.

    Args:
        old, new: schemas of one kind.
        we_write: a record, which others read; else a command, which others write.
    """
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            yield f"{name} is gone"
        elif _bare(schema) != _bare(after[name]):
            yield f"{name} has changed: {_bare(schema)} became {_bare(after[name])}"
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    if we_write:
        yield from (f"{name} is not always there any more" for name in sorted(was - now))
    else:
        yield from (f"{name} has become required" for name in sorted(now - was))
    for name, definition in old.get("$defs", {}).items():
        yield from breaks(definition, new.get("$defs", {}).get(name, {}), we_write)


def main() -> int:
    """Write the files; refuse to where that would break somebody."""
    problems = list(_problems(FOLDER))
    for problem in problems:
        print(f"{problem}; declare a new kind or version beside it", file=sys.stderr)
    if problems:
        return 1
    for name, content in files().items():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(written(content), encoding="utf-8")
    return 0


def written(content: Mapping[str, Any]) -> str:
    """*content* as it stands in its file."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _problems(folder: Path) -> Iterator[str]:
    made = files()
    for path in sorted(folder.glob("*/*.json")):
        name = path.relative_to(folder).as_posix()
        old = json.loads(path.read_text(encoding="utf-8"))
        if name not in made:
            yield f"{name}: the kind is gone"
            continue
        for sentence in breaks(old, made[name], name.startswith("records/")):
            yield f"{name}: {sentence}"


def _path(kind: type[RecordData | CommandData]) -> str:
    room = "records" if issubclass(kind, RecordData) else "commands"
    return f"{room}/{kind.kind}.v{kind.schema_version}.json"


def _schema(kind: type[RecordData | CommandData]) -> dict[str, Any]:
    _, components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    content = components.pop(kind.__name__)
    schema = {"$schema": _DIALECT, "$id": schema_id(kind), **content, "title": kind.kind}
    if components:
        schema["$defs"] = components
    if issubclass(kind, RecordData):
        kept = kind.retention
        schema["x-linli"] = {
            "lane": int(kind.lane),
            "severity": kind.severity.name,
            "classification": kind.classification,
            "retention": {"days": kept.days, "session": kept.session},
        }
    elif kind.example:
        schema["examples"] = [{kind.about: "…", **kind.example} if kind.about else kind.example]
    return schema


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _bare(one) for name, one in schema.items() if name not in _WORDS}
    return [_bare(one) for one in schema] if isinstance(schema, list) else schema


# -- AsyncAPI ------------------------------------------------------------------------------

_TEXT = {"type": "string"}
_EVENT = {
    "description": "One CloudEvent 1.0 in JSON format; a batch is an array of them, gzipped.",
    "type": "object",
    "required": [
        "specversion", "id", "source", "type", "datacontenttype", "data", "sequence", "lane",
        "epoch", "timetrusted",
    ],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": _TEXT,
        "source": {"type": "string", "pattern": "^urn:linli:kiosk:"},
        "type": {"type": "string", "pattern": "^linli\\."},
        "subject": {**_TEXT, "description": "The order, fall, bin or device it is about."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string", "format": "uri"},
        "dataclassification": {"enum": ["internal", "confidential", "restricted"]},
        "severitynumber": {"type": "integer"},
        "severitytext": _TEXT,
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{19}$",
            "description": "Gap-free within source, epoch and lane.",
        },
        "lane": {"type": "integer", "minimum": 0, "maximum": 3},
        "epoch": {**_TEXT, "description": "Names one life of the kiosk's store."},
        "timetrusted": {"type": "boolean"},
        "expirytime": {"type": "string", "format": "date-time"},
    },
}  # fmt: skip
_COMMAND = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {
        "id": {**_TEXT, "minLength": 1, "maxLength": 200},
        "kind": {**_TEXT, "minLength": 1, "maxLength": 100},
        "data": {"type": "object"},
        "expires_in": {
            "type": ["number", "null"],
            "description": "Seconds for which it is still meaningful; absent: always.",
        },
    },
}


def _asyncapi(
    records: Iterable[type[RecordData]], commands: Iterable[type[CommandData]]
) -> dict[str, Any]:
    events = {kind.kind: _message(kind, "event", "type", f"linli.{kind.kind}") for kind in records}
    told = {kind.kind: _message(kind, "command", "kind", kind.kind) for kind in commands}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Linli kiosk and its upstream",
            "version": "1.0.0",
            "description": (
                "Over HTTPS the kiosk POSTs batches to /v1/events and polls /v1/commands; behind "
                "an MQTT 5 broker the topics are linli/{kiosk}/events, …/receipts, …/commands."
            ),
        },
        "channels": {
            "events": {
                "address": "linli/{kiosk}/events",
                "parameters": {"kiosk": {"description": "Id of the kiosk."}},
                "messages": events,
            },
            "commands": {
                "address": "linli/{kiosk}/commands",
                "parameters": {"kiosk": {"description": "Id of the kiosk."}},
                "messages": told,
            },
        },
        "operations": {
            "record": {"action": "send", "channel": {"$ref": "#/channels/events"}},
            "command": {"action": "receive", "channel": {"$ref": "#/channels/commands"}},
        },
        "components": {"schemas": {"event": _EVENT, "command": _COMMAND}},
    }


def _message(
    kind: type[RecordData | CommandData], envelope: str, name: str, value: str
) -> dict[str, Any]:
    within = {"properties": {name: {"const": value}, "data": {"$ref": f"./{_path(kind)}"}}}
    return {
        "name": value,
        "summary": (kind.__doc__ or "").strip().splitlines()[0],
        "payload": {"allOf": [{"$ref": f"#/components/schemas/{envelope}"}, within]},
    }


if __name__ == "__main__":
    sys.exit(main())
