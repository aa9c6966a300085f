"""What is known of an item without reading it: for lists and for the search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from agent.services.initials import keys_of
from agent.services.packs.format import Item, Listing, Manifest, Named, Words
from agent.services.packs.kinds.catalogue import CatalogueItem
from agent.services.packs.registry import kind_of

_HELD = 64
"""Items that are kept in memory once read."""


def pack_keys(manifest: Manifest) -> tuple[str, ...]:
    """The keys of the search for the names of a pack."""
    return _named("", manifest.title, manifest.aliases).keys


def listing_of(id: str, item: Item) -> Listing:
    """What stands of *item* in lists."""
    named = _named("", item.title, item.aliases)
    entries: tuple[Named, ...] = ()
    needs: tuple[str, ...] = item.needs
    if isinstance(item, CatalogueItem):
        entries = tuple(_named(entry.id, entry.name, entry.aliases) for entry in item.entry)
        needs = needs or _mostly(item)
    return Listing(id=id, kind=kind_of(item), named=named, entries=entries, needs=needs)


def _mostly(item: CatalogueItem) -> tuple[str, ...]:
    """Whom half of the entries are for, at least."""
    counted = Counter(need for entry in item.entry for need in entry.needs)
    return tuple(need for need, count in counted.items() if 2 * count >= len(item.entry))


def _named(id: str, title: Words, aliases: tuple[str, ...]) -> Named:
    titles = (title,) if isinstance(title, str) else tuple(title.values())
    names = (*titles, *aliases)
    keys = tuple(dict.fromkeys(keys for name in names for keys in keys_of(name)))
    by_language = {"zh-CN": title} if isinstance(title, str) else title
    shown: dict[str, str] = {str(tag): text for tag, text in by_language.items()}
    return Named(id=id, title=shown, aliases=aliases, keys=keys)


class LazyItems(Mapping[str, Item]):
    """Items by id, read when somebody opens one."""

    def __init__(self, ids: tuple[str, ...], read: Callable[[str], Item]) -> None:
        self._ids = dict.fromkeys(ids)
        self._read = read
        self._held: dict[str, Item] = {}

    def __getitem__(self, id: str) -> Item:
        if id not in self._ids:
            raise KeyError(id)
        if id not in self._held:
            if len(self._held) >= _HELD:
                self._held.pop(next(iter(self._held)))
            self._held[id] = self._read(id)
        return self._held[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class LazyTexts(Mapping[str, str]):
    """Markdown by file name, read when an article is opened."""

    def __init__(self, names: tuple[str, ...], read: Callable[[str], str]) -> None:
        self._names = dict.fromkeys(names)
        self._read = read

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
