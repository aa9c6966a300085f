"""From plain TOML values to structs, collecting every mistake on the way."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import structs

from config.explain import Mistake, choices, did_you_mean, expected, from_error, shown
from config.hints import hint, visible
from config.lines import Place, dotted

Registry = Mapping[str, type[msgspec.Struct]]
"""Value of a table's `type` key → the struct of its other keys."""

_STEERING = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that end a path or turn a line round; none means anything in a text of ours."""


class Chosen(msgspec.Struct, frozen=True):
    """A table whose `type` key chose the struct of its settings from the registry."""

    type: str
    settings: msgspec.Struct


class Builder:
    """Builds structs and gathers `mistakes`; what it builds after one is only a stand-in.

    A stand-in has defaults, or None, where values are bad, and skips `__post_init__`. It lets
    cross-checks look at the rest of a file that has mistakes.
    """

    def __init__(self, registry: Registry, *, complete: bool = True) -> None:
        self.registry = registry
        self.complete = complete
        """False when part of the input is unreadable: what is missing is then no mistake."""
        self.mistakes: list[Mistake] = []
        self.without_value: list[Place] = []
        """Where a value is bad or missing: what a cross-check says of it is hearsay."""

    def build(self, wanted: Any, raw: object, place: Place) -> Any:
        """*raw* as the type *wanted*, or None after a mistake."""
        kind = _bare(wanted)
        if kind is Chosen:
            return self._chosen(raw, place)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct(kind, raw, place)
        match get_origin(kind) or kind:
            case container if container in (list, tuple, set, frozenset):
                return self._items(wanted, container, get_args(kind), raw, place)
            case container if container is dict:
                return self._named(wanted, get_args(kind), raw, place)
            case _:
                return self._leaf(wanted, raw, place)

    def _wrong(self, place: Place, text: str, raw: object, remedy: str = "") -> None:
        self.without_value.append(place)
        self.mistakes.append(Mistake(place, text, remedy, shown(place, raw)))

    def _struct(self, cls: type[msgspec.Struct], raw: object, place: Place) -> Any:
        if not isinstance(raw, dict):
            self._wrong(place, "must be a table", raw)
            return None
        before = self._trouble()
        fields = {field.encode_name: field for field in structs.fields(cls)}
        for key in raw:
            if key not in fields:
                self.mistakes.append(_unknown(place, key, raw[key], fields))
        values: dict[str, Any] = {}
        for key, field in fields.items():
            if key not in raw:
                if field.required:
                    self._missing(place, key, field.type)
                    values[field.name] = None
                continue
            value = self.build(field.type, raw[key], (*place, key))
            if value is not None or field.required:
                values[field.name] = value
        if self._trouble() == before:
            try:
                return cls(**values)
            except ValueError as error:
                self.mistakes.append(from_error(place, error))
        return _stand_in(cls)(**values)

    def _trouble(self) -> int:
        return len(self.mistakes) + len(self.without_value)

    def _missing(self, place: Place, key: str, wanted: Any) -> None:
        self.without_value.append((*place, key))
        if not self.complete:
            return
        kind = _bare(wanted)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            needed = [f"{f.encode_name} = …" for f in structs.fields(kind) if f.required]
            table = f"the table [{dotted((*place, key))}] is missing"
            remedy = f"Add the line [{dotted((*place, key))}] and under it {', '.join(needed)}."
            self.mistakes.append(Mistake(place, table, remedy))
            return
        what = wanted if isinstance(wanted, str) else expected(wanted)
        self.mistakes.append(
            Mistake(place, f"the key '{key}' is missing", f"Add {key} = … ({what}).")
        )

    def _chosen(self, raw: object, place: Place) -> Chosen | None:
        if not isinstance(raw, dict):
            self._wrong(place, "must be a table with the key 'type'", raw)
            return None
        if "type" not in raw:
            known = ", ".join(sorted(self.registry))
            self._missing(place, "type", f"one of {known}")
            return None
        name = raw["type"]
        settings: Any = None
        if isinstance(name, str) and name in self.registry:
            rest = {key: value for key, value in raw.items() if key != "type"}
            settings = self._struct(self.registry[name], rest, place)
        else:
            remedy = did_you_mean(name, self.registry, "Known types")
            self._wrong((*place, "type"), "unknown type", name, remedy)
        return Chosen(str(name), settings)

    def _named(self, wanted: Any, args: tuple[Any, ...], raw: object, place: Place) -> Any:
        if not isinstance(raw, dict):
            self._wrong(place, f"must be {expected(wanted)}", raw)
            return None
        key_type, value_type = args or (str, Any)
        return {
            self._leaf(key_type, key, (*place, key)): self.build(value_type, value, (*place, key))
            for key, value in raw.items()
        }

    def _items(
        self, wanted: Any, container: type, args: tuple[Any, ...], raw: object, place: Place
    ) -> Any:
        fixed = container is tuple and args and args[-1] is not ...
        if not isinstance(raw, list):
            self._wrong(place, f"must be {expected(wanted)}", raw)
            return None
        if (fixed and len(raw) != len(args)) or not _fits(raw, _limits(wanted, list[Any])):
            self._wrong(place, f"must be {expected(wanted)}", raw)
            return None
        kinds = args if fixed else (args[:1] or (Any,)) * len(raw)
        items = [
            self.build(kind, item, (*place, position))
            for position, (kind, item) in enumerate(zip(kinds, raw, strict=True))
        ]
        return container(items)

    def _leaf(self, wanted: Any, raw: object, place: Place) -> Any:
        if isinstance(raw, str) and (found := _STEERING.search(raw)):
            text = f"there is the invisible character U+{ord(found[0]):04X} in it"
            self._wrong(place, text, raw, "Write it anew by hand.")
            return None
        if _fits(raw, wanted):
            return msgspec.convert(raw, wanted, dec_hook=_path)
        remedy = ""
        if possible := choices(wanted):
            near = visible(raw) if isinstance(raw, str) else raw
            remedy = did_you_mean(near, possible) if not isinstance(raw, dict | list) else ""
            remedy = remedy if remedy.startswith("Did") else ""  # the text lists them all
        elif guessed := hint(place, raw, lambda value: _fits(value, wanted)):
            remedy = guessed
        elif isinstance(raw, str) and _fits_unquoted(raw, wanted):
            remedy = "Remove the quotes."
        elif not isinstance(raw, str | dict | list) and _fits(shown((), raw), wanted):
            remedy = "Put it in quotes."
        self._wrong(place, f"must be {expected(wanted)}", raw, remedy)
        return None


def _unknown(
    place: Place, key: str, value: object, fields: Mapping[str, structs.FieldInfo]
) -> Mistake:
    """An unknown key; one that another table knows has lost its heading."""
    mistake = unknown_key(place, key, fields)
    tables = isinstance(value, dict) or (isinstance(value, list) and dict in map(type, value))
    if not place and not tables:
        for name, field in fields.items():
            kind = _bare(field.type)
            table = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
            if table and key in {inner.encode_name for inner in structs.fields(kind)}:
                return mistake._replace(remedy=f"Put it under the line [{name}].")
    return mistake


def unknown_key(place: Place, key: str, possible: Iterable[str]) -> Mistake:
    """The mistake of a key that nothing here knows."""
    remedy = did_you_mean(key, possible, "Known keys")
    return Mistake((*place, key), f"unknown key '{key}'", remedy)


def _fits(raw: object, wanted: Any) -> bool:
    try:
        value = msgspec.convert(raw, wanted, dec_hook=_path)
    except msgspec.ValidationError:
        return False
    return not isinstance(value, float) or math.isfinite(value)  # TOML knows nan and inf


def _fits_unquoted(raw: str, wanted: Any) -> bool:
    for read in (int, float):
        try:
            return _fits(read(raw), wanted)
        except ValueError:
            continue
    return raw in ("true", "false") and _fits(raw == "true", wanted)


def _path(kind: type, raw: object) -> object:
    if issubclass(kind, Path) and isinstance(raw, str):
        return kind(raw)
    raise ValueError("not a path")


def _bare(wanted: Any) -> Any:
    """The type without Annotated, and without None, which TOML cannot write."""
    if get_origin(wanted) is Annotated:
        return _bare(get_args(wanted)[0])
    if get_origin(wanted) in (Union, types.UnionType):
        parts = [part for part in get_args(wanted) if part is not types.NoneType]
        if len(parts) == 1:
            return _bare(parts[0])
    return wanted


def _limits(wanted: Any, instead: Any) -> Any:
    """The constraints that *wanted* puts on its length, around *instead*."""
    if get_origin(wanted) is Annotated:
        for meta in wanted.__metadata__:
            instead = Annotated[instead, meta]
    elif get_origin(wanted) in (Union, types.UnionType):
        for part in get_args(wanted):
            instead = _limits(part, instead)
    return instead


def _stand_in(cls: type[msgspec.Struct]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        cls.__name__,
        [],
        bases=(cls,),
        namespace={"__post_init__": lambda self: None},
        frozen=True,
        kw_only=True,
    )
