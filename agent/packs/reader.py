"""Reads the folder of a pack, or says everything that is wrong in it.

Packs come from other people, third parties among them: whatever stands in one is bounded in
number and size, has no HTML, nothing that changes the direction of text, and no look-alikes.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent.foreign import leads_away
from agent.services.packs.format import Item, Manifest, Pack
from agent.services.packs.kinds.article import ArticleItem
from agent.services.packs.listing import listing_of, pack_keys
from agent.services.packs.registry import STRUCTS
from config.build import Chosen
from config.explain import Mistake, Problem, did_you_mean
from config.lines import Place
from config.reader import Layer, Loaded, understand

MANIFEST = "pack.toml"
MAX_FILES = 200
"""Files in a pack."""
MAX_FILE = 512 * 1024
"""Bytes of one file."""
MAX_PACK = 4 * 1024 * 1024
"""Bytes of all files together."""

MAX_TEXT = 64 * 1024
"""Bytes of a text that is read aloud: half an hour and more."""
MAX_LINES = 10_000
"""Lines of one file."""
MAX_DOTS = 4_000_000
"""Sum over all lines of the square of their dots: what a key of many parts costs."""
_PIECE = 200
"""Characters; no address that fools anybody is longer."""
MAX_MARKS = 2
"""Combining marks on one letter."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(toml|md)|README\.md")
_MARKUP = re.compile(
    r"<\s*[A-Za-z!/?]|&#|&[A-Za-z][A-Za-z0-9]*;|\b(?:java|vb)\s*script\s*:", re.IGNORECASE
)
_CALLS = re.compile(
    r"\b(?:data|file|intent|sms|tel|mailto|weixin|wxp|alipays?)\s*:(?!\s)|\]\(",
    re.IGNORECASE,
)
"""What a telephone or a Markdown reader would follow."""
_FILLED = re.compile(r"\{\{|\{%|\{[a-z_.]+\}")
"""What a template would fill in."""
_ODD = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
_SCRIPTS = {
    "LATIN",
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "KATAKANA-HIRAGANA",
    "IDEOGRAPHIC",
    "BOPOMOFO",
    "FULLWIDTH",
    "HALFWIDTH",
    "MICRO",
}
"""First words of the names of the letters that Chinese, English and Japanese need. Others look like
them, or turn the direction of a line."""
_EMPTY = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0", "\u034f", "\ufffd"}
"""Nothing is seen of them, or nothing is meant."""


class Reading(NamedTuple):
    """What came of reading a folder."""

    pack: Pack | None
    """None when there are problems."""
    problems: tuple[Problem, ...]


def read_pack(folder: Path, hosts: Iterable[str] = ()) -> Reading:
    """Read the pack in *folder*, which is named like it.

    Args:
        folder: of plain files only.
        hosts: names of the hosts that links may lead to.
    """
    problems = tuple(_files(folder))
    if problems:  # nothing is opened that is too large, a link or a pipe
        return Reading(None, problems)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return understand_pack(folder.name, files, hosts, at=folder)


def understand_pack(
    id: str, files: Mapping[str, bytes], hosts: Iterable[str] = (), at: Path | None = None
) -> Reading:
    """As `read_pack`, for files at hand.

    Args:
        id: what the pack must be called.
        files: contents by name.
        hosts: names of the hosts that links may lead to.
        at: folder that problems name; None: the id.
    """
    folder = at or Path(id)
    problems = list(_sizes(folder, {name: len(data) for name, data in files.items()}))
    if problems:
        return Reading(None, tuple(problems))
    layers: dict[str, Layer] = {}
    for name, data in sorted(files.items()):
        try:
            layers[name] = Layer(str(folder / name), data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            where = str(folder / name)
            problems.append(Problem(where, line, "", "", "not UTF-8 text", "Save it as UTF-8."))
    for name, layer in tuple(layers.items()):
        if tangle := _tangled(layer.text):
            problems.append(_problem(folder / name, tangle, "Split it into several files."))
            del layers[name]  # nothing of it is understood, or that would take all day
    items: dict[str, Item] = {}
    texts: dict[str, str] = {}
    manifest: Manifest | None = None
    for name, layer in layers.items():
        stem, _, ending = name.rpartition(".")
        if name == "README.md":
            continue
        if ending == "md":
            texts[name] = layer.text
            problems += [_problem(folder / name, *found) for found in _unfit(layer.text)]
            if away := _address(layer.text):
                problems.append(_problem(folder / name, f"has an address: {away[:40]}", _AS_LINK))
            if not any(char.isalnum() for char in layer.text):
                problems.append(_problem(folder / name, "has no words", "Write the text."))
        elif name == MANIFEST:
            read = understand([layer], Manifest, checks=[_words])
            problems += read.problems
            manifest = read.settings
        else:
            chosen: Loaded[Chosen] = understand([layer], Chosen, registry=STRUCTS, checks=[_words])
            problems += chosen.problems
            if chosen.settings is not None:
                item = chosen.settings.settings
                assert isinstance(item, Item)
                items[stem] = item
    if manifest is not None:
        problems += _crossed(folder, id, manifest, items, texts, frozenset(hosts))
    if problems or manifest is None:
        return Reading(None, tuple(dict.fromkeys(problems)))
    order = {name: position for position, name in enumerate(manifest.order)}
    names = sorted(items, key=lambda name: (order.get(name, len(order)), name))
    listings = tuple(listing_of(name, items[name]) for name in names)
    kept = {name: items[name] for name in names}
    return Reading(Pack(manifest, kept, texts, listings, pack_keys(manifest)), ())


def understand_item(name: str, data: bytes) -> Item:
    """An item of a pack that was read whole before, and found right.

    Raises:
        ValueError: it is not right any more.
    """
    layer = Layer(name, data.decode("utf-8-sig"))
    chosen: Loaded[Chosen] = understand([layer], Chosen, registry=STRUCTS)
    if chosen.settings is None:
        raise ValueError(f"{name}: {chosen.problems[0]}")
    item = chosen.settings.settings
    assert isinstance(item, Item)
    return item


# -- files ------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Problem]:
    """What is wrong with the files before any of them is opened."""
    if not folder.is_dir():
        yield _problem(folder, "there is no such folder", "Name the folder of a pack.")
        return
    sizes: dict[str, int] = {}
    for path in sorted(folder.iterdir()):
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            what = "is not a plain file"
            yield _problem(path, what, "A pack holds files only: no folders, links or pipes.")
        sizes[path.name] = found.st_size
    yield from _sizes(folder, sizes)


def _sizes(folder: Path, sizes: Mapping[str, int]) -> Iterator[Problem]:
    """What is wrong with names and numbers of bytes."""
    for name, size in sizes.items():
        if not _NAME.fullmatch(name):
            yield _problem(
                folder / name,
                "is not a name for a file of a pack",
                "Use small letters, digits and hyphens, and the ending .toml or .md.",
            )
        elif size > (most := MAX_TEXT if name.endswith(".md") else MAX_FILE):
            yield _problem(folder / name, f"has {size} bytes", f"At most {most}; split it.")
    if len(sizes) > MAX_FILES:
        yield _problem(folder, f"has {len(sizes)} files", f"At most {MAX_FILES} in a pack.")
    if sum(sizes.values()) > MAX_PACK:
        total = sum(sizes.values())
        yield _problem(folder, f"has {total} bytes", f"At most {MAX_PACK} in a pack.")
    if MANIFEST not in sizes:
        yield _problem(folder, f"has no {MANIFEST}", "Copy one from another pack and change it.")


def _problem(path: Path, text: str, remedy: str) -> Problem:
    return Problem(str(path), None, "", "", text, remedy)


# -- words ------------------------------------------------------------------------------------


def _words(table: msgspec.Struct) -> Iterator[Mistake]:
    """Mistakes in the words of a whole file, wherever they stand."""
    for place, text in _texts((), table):
        for what, remedy in _unfit(text):
            yield Mistake(place, what, remedy)
        if place[-1] not in ("url", "source", "text") and (away := _address(text)):
            yield Mistake(place, f"has an address: {away[:40]}", _AS_LINK)


def _texts(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    match value:
        case str():
            yield place, value
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from _texts((*place, name), getattr(value, name))
        case dict():
            for key, inner in value.items():
                yield from _texts((*place, key), inner)
        case list() | tuple():
            for position, inner in enumerate(value):
                yield from _texts((*place, position), inner)


_AS_LINK = "Make it an item of type 'link'."


def _tangled(text: str) -> str:
    """Why reading *text* would take too long or too much; empty: it would not."""
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        return f"has {len(lines)} lines; at most {MAX_LINES}"
    if sum(line.count(".") ** 2 for line in lines) > MAX_DOTS:
        return "has lines with thousands of dots"
    return ""


def _unfit(text: str) -> Iterator[tuple[str, str]]:
    """What must not stand in a text: each as what it is and the remedy."""
    for char in dict.fromkeys(text):
        name = unicodedata.name(char, f"U+{ord(char):04X}")
        category = unicodedata.category(char)
        if (category in _ODD and char not in "\n\t") or char in _EMPTY:
            yield f"has the invisible character {name}", "Type the text again by hand."
        elif _foreign(char, category, name.split(" ")[0].split("-")[0]):
            yield f"has a letter of another script, {name}", "Use Chinese, Latin or Japanese ones."
    if _heaped(text):
        yield "has letters with heaps of marks", "Type the text again by hand."
    folded = unicodedata.normalize("NFKC", text)
    if found := _MARKUP.search(folded):
        yield f"has HTML: {folded[found.start() :][:30]}", "Write plain text."
    if found := _CALLS.search(folded):
        yield f"has what a telephone would follow: {found[0][:30]}", "Write it in words."
    if found := _FILLED.search(folded):
        yield f"has a place to be filled in: {found[0][:30]}", "Write plain text."


def _foreign(char: str, category: str, script: str) -> bool:
    """Whether it is a letter, mark or digit that no word here needs."""
    match category[0], category[1]:
        case "L", _:
            return script not in _SCRIPTS
        case "M", _:
            return script not in ("COMBINING", "VARIATION")
        case "N", "d":
            return not (char.isascii() or script == "FULLWIDTH")
    return False


def _address(text: str) -> str:
    """The first address in *text*; looked for in pieces, so that no text takes long."""
    pieces = (text[start : start + 2 * _PIECE] for start in range(0, len(text), _PIECE))
    return next(filter(None, map(leads_away, pieces)), "")


def _heaped(text: str) -> bool:
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks > MAX_MARKS:
            return True
    return False


# -- what belongs together --------------------------------------------------------------------


def _crossed(
    folder: Path,
    id: str,
    manifest: Manifest,
    items: Mapping[str, Item],
    texts: Mapping[str, str],
    hosts: frozenset[str],
) -> Iterator[Problem]:
    main = folder / MANIFEST
    if manifest.id != id:
        text = f"the id is '{manifest.id}', the folder '{id}'"
        yield _problem(main, text, "Call both the same.")
    if not items:
        yield _problem(folder, "has no items", 'Add a file with type = "article", say.')
    for listed in manifest.order:
        if listed not in items:
            remedy = did_you_mean(listed, items, "Items")
            yield _problem(main, f"order names '{listed}'", remedy)
    seen: dict[str, str] = {}
    for name, item in items.items():
        path = folder / f"{name}.toml"
        for title in (item.title,) if isinstance(item.title, str) else item.title.values():
            other = seen.setdefault(likeness(title), name)
            if other != name:
                yield _problem(path, f"its title looks like that of '{other}'", "Change one.")
        if isinstance(item, ArticleItem) and item.text and item.text not in texts:
            yield _problem(path, f"there is no {item.text}", did_you_mean(item.text, texts))
        yield from _references(path, item, items, hosts)


def _references(
    path: Path, item: Item, items: Mapping[str, Item], hosts: frozenset[str]
) -> Iterator[Problem]:
    for place, kind, name in item.references():
        if kind == "host":
            if name not in hosts:
                yield _problem(
                    path,
                    f"{place}: the host {name} is not in the district's list",
                    "Use one of the list, or have it added to hosts.toml.",
                )
        elif name not in items or not isinstance(items[name], STRUCTS[kind]):
            yield _problem(path, f"{place}: there is no {kind} '{name}'", did_you_mean(name, items))
    for text, remedy in item.flaws():
        yield _problem(path, text, remedy)


def likeness(title: str) -> str:
    """Two titles with the same likeness cannot be told apart by eye."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    kept = (char for char in unicodedata.normalize("NFD", folded) if char.isalnum())
    return "".join(kept).translate(_LOOK_ALIKE).replace("rn", "m").replace("vv", "w")


_LOOK_ALIKE = str.maketrans(
    {
        **dict.fromkeys("0", "o"),
        **dict.fromkeys("1iı", "l"),
        **dict.fromkeys("曰", "日"),
        **dict.fromkeys("末", "未"),
        **dict.fromkeys("己巳", "已"),
        **dict.fromkeys("士", "土"),
        **dict.fromkeys("人", "入"),
        **dict.fromkeys("囗", "口"),
        **dict.fromkeys("エ", "工"),
        **dict.fromkeys("カ", "力"),
        **dict.fromkeys("ト", "卜"),
        **dict.fromkeys("ハ", "八"),
        **dict.fromkeys("ニ", "二"),
        **dict.fromkeys("ー", "一"),
        **dict.fromkeys("長", "长"),
        **dict.fromkeys("寧", "宁"),
    }
)
"""Letters and characters that are taken for each other at a glance."""
