"""What is in force and where it comes from, for a technician."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct, structs

from config.build import Chosen
from config.explain import shown
from config.lines import Place, dotted
from config.reader import Loaded, T


class Row(NamedTuple):
    """One setting."""

    place: str
    value: str
    """Secrets are hidden."""
    origin: str
    """``file:line``, or ``default``."""
    meaning: str
    """The docstring of the setting."""


def describe(loaded: Loaded[T]) -> Iterator[Row]:
    """Every setting in force, in the order of the structs.

    Raises:
        BadConfiguration: there are problems, so nothing is in force.
    """
    for place, value, meaning in _settings((), loaded.require(), ""):
        at = loaded.origins.get(place)
        origin = f"{at.file}:{at.line}" if at else "default"
        yield Row(dotted(place), shown(place, value, width=200), origin, meaning)


def _settings(place: Place, value: Any, meaning: str) -> Iterator[tuple[Place, object, str]]:
    match value:
        case Chosen():
            yield (*place, "type"), value.type, _first_line(type(value.settings).__doc__)
            yield from _settings(place, value.settings, meaning)
        case Struct():
            docs = field_docs(type(value))
            for field in structs.fields(value):
                here = (*place, field.encode_name)
                yield from _settings(here, getattr(value, field.name), docs.get(field.name, ""))
        case dict() if value:
            for key, item in value.items():
                yield from _settings((*place, key), item, meaning)
        case list() | tuple() if any(isinstance(item, Struct | dict) for item in value):
            for position, item in enumerate(value):
                yield from _settings((*place, position), item, meaning)
        case _:
            yield place, value, meaning


@functools.cache
def field_docs(cls: type[Struct]) -> dict[str, str]:
    """The docstring under each field of a struct, on one line; empty without source text."""
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not issubclass(base, Struct) or base is Struct:
            continue
        try:
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        except OSError:
            continue
        assert isinstance(tree, ast.ClassDef)
        for field, doc in zip(tree.body, tree.body[1:], strict=False):
            match field, doc:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    docs[name] = " ".join(text.split())
    return docs


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().partition("\n")[0]
