"""What stands in the files of a pack: the words that all item kinds share.

A pack is a folder of TOML and Markdown, data only. ``pack.toml`` is its `Manifest`; every other
``*.toml`` is one item, whose ``type`` names its kind (see `agent.services.packs.kinds`), and whose
file name is its id. Facts carry where they come from, so that residents see how old they are.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

Slug = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=40,
        description="a short name of small letters, digits and hyphens",
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=60, description="1 to 60 characters")]
Paragraph = Annotated[str, Meta(min_length=1, max_length=400, description="1 to 400 characters")]
Language = Literal["zh-CN", "en", "ja"]

Words = Line | dict[Language, Line]
"""One line: Chinese, or by language."""
Prose = Paragraph | dict[Language, Paragraph]

Need = Literal[
    "老年",
    "视力",
    "听力",
    "言语",
    "肢体",
    "智力",
    "精神",
    "多重",
    "低收入",
    "失业",
    "生育",
    "儿童",
    "退役军人",
    "来沪",
    "参保",
    "在职",
    "住房",
    "居民",
    "企业",
    "工作人员",
]
"""Whom something is for. The seven classes of disability are those of GB/T 26341."""

Phone = Annotated[
    str, Meta(pattern="^[0-9]{3,12}(-[0-9]+)*$", description="a telephone number, digits in quotes")
]


class Reference(NamedTuple):
    """Something that must exist beside an item."""

    place: str
    kind: str
    """A kind of item of the same pack, or ``host``."""
    name: str


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all tables: immutable, and an unknown key is a mistake."""


class Sourced(Table, frozen=True, kw_only=True):
    """Something that is claimed, and by whom."""

    source: Annotated[str, Meta(max_length=200)] = ""
    """Where it was read; empty: nowhere, so nothing may be claimed here."""
    as_of: Annotated[str, Meta(pattern=r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$")] = ""
    """When it was so: year, month or day."""
    verified: bool = False
    """Somebody who answers for it has checked it for this kiosk."""
    invented: bool = False
    """Made up for a demonstration: never shown as a fact outside one."""


class Item(Sourced, frozen=True, kw_only=True):
    """What every item has."""

    title: Words
    """On its button and above it."""
    summary: Prose = ""
    """What it is, in a sentence that is spoken."""
    aliases: Annotated[tuple[Line, ...], Meta(max_length=12)] = ()
    """Other words by which residents look for it."""
    needs: Annotated[tuple[Need, ...], Meta(max_length=12)] = ()
    """Whom it is for; empty: everybody."""
    phone: Phone | Literal[""] = ""
    """Whom to ask."""

    def references(self) -> Iterator[Reference]:
        """What it names outside of itself."""
        return iter(())

    def flaws(self) -> Iterator[tuple[str, str]]:
        """What one value alone cannot tell: each as what is wrong and the remedy."""
        return iter(())


class Manifest(Sourced, frozen=True, kw_only=True):
    """pack.toml."""

    id: Slug
    """Name of the pack; the folder is called the same."""
    version: Annotated[int, Meta(ge=1, le=2_000_000_000)]
    """Grows with every release and never goes back."""
    title: Words
    summary: Prose = ""
    group: Literal["办事", "生活", "健康", "邻里", "法律", "出行", "商务", "工作", "展示"]
    """Where on the home screen's second page it stands."""
    aliases: Annotated[tuple[Line, ...], Meta(max_length=12)] = ()
    languages: Annotated[tuple[Language, ...], Meta(min_length=1, max_length=3)] = ("zh-CN",)
    needs: Annotated[tuple[Need, ...], Meta(max_length=12)] = ()
    level: Literal["scene", "estate", "block", "sub-district"] = "sub-district"
    """Who gives it: what is nearer to the resident overrides what is farther."""
    over: Slug | Literal[""] = ""
    """Id of a pack of a farther level: items of the same id take the place of its own."""
    responsible: Line
    """Who answers for what stands in it."""
    phone: Phone | Literal[""] = ""
    hours: Annotated[str, Meta(max_length=60)] = ""
    """When somebody can be asked, as residents read it; empty: not known."""
    retention_days: Annotated[int, Meta(ge=0, le=1096)] = 0
    """Days for which what it collects of a person may be kept; 0: not after the session."""
    purpose: Prose = ""
    """Why it collects anything, told before the first question."""
    until: datetime.date | None = None
    """Last day on which it may be shown; None: no end."""
    on_top: bool = False
    """Its items stand on the first page of all services, not behind its title."""
    order: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    """Ids of its items in the order in which they are listed; the others follow by name."""


class Named(Struct, frozen=True, kw_only=True):
    """Something that can be found by its names."""

    id: str = ""
    """Of an entry of a catalogue; empty: the item itself."""
    title: dict[str, str]
    """By language."""
    aliases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Its names as the keys of the search are pressed for them, in every reading."""

    def name(self, language: str) -> str:
        """Its title in *language*, else in Chinese, else in any."""
        return (
            self.title.get(language) or self.title.get("zh-CN") or next(iter(self.title.values()))
        )


class Listing(Struct, frozen=True, kw_only=True):
    """What lists and the search know of an item, so that it need not be read."""

    id: str
    kind: str
    named: Named
    entries: tuple[Named, ...] = ()
    """Of a catalogue."""
    needs: tuple[str, ...] = ()
    """Whom it is for, in the words of `Need`."""


@dataclass(frozen=True)
class Pack:
    """A pack that can be served."""

    manifest: Manifest
    items: Mapping[str, Item]
    """By id, in their order; read when they are opened."""
    texts: Mapping[str, str]
    """Markdown by file name."""
    listings: tuple[Listing, ...] = ()
    """Of all items, in their order."""
    keys: tuple[str, ...] = ()
    """Its own names as the keys of the search are pressed for them."""


def in_language(words: Words | Prose, language: str) -> str:
    """The words in *language*, else in Chinese, else in any."""
    if isinstance(words, str):
        return words
    by_tag: dict[str, str] = {str(tag): text for tag, text in words.items()}
    return by_tag.get(language) or by_tag.get("zh-CN") or next(iter(by_tag.values()), "")


def twice(what: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A flaw for each of *names* that is there more than once."""
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"{what} '{name}' is there {names.count(name)} times", "Give each its own name."
