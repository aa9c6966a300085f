"""Finding something among all packs: the first page, a pack's items, search by initials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from agent.dialogue.views import List, Phrase, Words, joined
from agent.effects import Choice, Utterance, Wish
from agent.services.initials import KEYS, written
from agent.services.packs.format import Listing, Pack, in_language
from agent.services.packs.page import AT_ONCE, Page, Scene, first_for, listed

READING = "reading"
"""Id of the pack that articles.toml makes."""


class Found(NamedTuple):
    """Something that can be opened."""

    title: str
    aliases: tuple[str, ...]
    keys: tuple[str, ...]
    """As the keys of the search are pressed for its names."""
    pack: str
    item: str = ""
    """Empty: the pack itself."""
    entry: str = ""

    @property
    def value(self) -> str:
        """As the value of a choice."""
        return "/".join(filter(None, (self.pack, self.item, self.entry)))


class Shelved(NamedTuple):
    """A pack as it is found: the parts of a `Pack` that are needed."""

    title: str
    aliases: tuple[str, ...]
    listings: tuple[Listing, ...]
    keys: tuple[str, ...]
    on_top: bool
    group: str
    staff: bool
    needs: tuple[str, ...] = ()


def everything(packs: Mapping[str, Shelved], language: str) -> tuple[Found, ...]:
    """All that can be opened: packs, items, entries of catalogues."""
    return tuple(_everything(packs, language))


def _everything(packs: Mapping[str, Shelved], language: str) -> Iterator[Found]:
    for id, pack in packs.items():
        yield Found(pack.title, pack.aliases, pack.keys, id)
        for listing in pack.listings:
            for named in (listing.named, *listing.entries):
                title = named.name(language)
                yield Found(title, named.aliases, named.keys, id, listing.id, named.id)


MOST_NAMED = 400
"""Things that can be opened by a sentence at home; a recogniser tells no more apart."""


def utterances(found: Iterable[Found], *first: Wish) -> tuple[Utterance, ...]:
    """Naming anything opens it; *first* leads to where it can be opened."""
    seen: set[str] = set()
    made: list[Utterance] = []
    for one in islice(found, MOST_NAMED):
        for name in (one.title, *one.aliases):
            if name not in seen:
                seen.add(name)
                wishes = (*first, Wish("packs.open", one.value))
                made.append(Utterance("packs.open", wishes, {"name": name}))
    return tuple(made)


def services_scene(
    packs: Mapping[str, Shelved],
    opened: Mapping[str, int],
    page: Page,
    language: str,
    needs: frozenset[str] = frozenset(),
) -> Scene:
    """The first page: six headings, then the packs, those most used first; and the search.

    What is for somebody with *needs* comes first, and the page says why.
    """
    headings = [
        (id, listing) for id, pack in packs.items() if pack.on_top for listing in pack.listings
    ]
    top = [
        Choice("packs.open", listing.named.name(language), value=f"{id}/{listing.id}")
        for id, listing in first_for(needs, headings, lambda heading: heading[1].needs)
    ]
    others = first_for(
        needs,
        sorted(
            (id for id, pack in packs.items() if not pack.on_top and not pack.staff),
            key=lambda id: -opened.get(id, 0),
        ),
        lambda id: packs[id].needs,
    )
    staff = [id for id, pack in packs.items() if pack.staff and not pack.on_top]
    rest = [Choice("packs.open", packs[id].title, value=id) for id in (*others, *staff)]
    padded = [*top, *_padding(len(top))] if top else []
    shown, more = listed(page, [*padded, *rest])
    real = tuple(choice for choice in shown if choice.action)
    find = (
        Choice("packs.find", icon="search", look="quiet"),
        Choice("packs.follow", icon="clock", look="quiet"),
    )
    return Scene(
        List(more=more),
        Phrase("screen.packs.services.title"),
        _why(needs) if needs else Phrase("screen.packs.services.text"),
        say=Phrase("label.packs.by-need.say") if needs else "",
        choices=(*real, *find),
        screen="packs.services",
    )


def _why(needs: frozenset[str]) -> Phrase:
    named = joined((Phrase(f"label.need.{need}") for need in sorted(needs)), "list")
    return Phrase("label.packs.by-need", {"needs": named})


def _padding(count: int) -> list[Choice]:
    """So that the packs begin on a screen of their own."""
    return [Choice("")] * (-count % AT_ONCE)


def pack_scene(pack: Pack, page: Page, language: str, needs: frozenset[str] = frozenset()) -> Scene:
    """The items of a pack, those first that are for somebody with *needs*."""
    reading = page.pack == READING
    choices = [
        Choice("reading.of", listing.named.name(language), value=listing.id)
        if reading
        else Choice("packs.open", listing.named.name(language), value=f"{page.pack}/{listing.id}")
        for listing in first_for(needs, pack.listings, lambda listing: listing.needs)
    ]
    shown, more = listed(page, choices)
    if reading:
        title = Phrase("screen.reading.choosing.title")
        text = Phrase("screen.reading.choosing.text")
        return Scene(List(more=more), title, text, choices=shown, screen="reading.choosing")
    return Scene(
        List(more=more),
        in_language(pack.manifest.title, language),
        in_language(pack.manifest.summary, language) if pack.manifest.summary else "",
        choices=shown,
        screen="packs.pack",
    )


def find_scene(found: Sequence[Found], page: Page) -> Scene:
    """Six keys of letters, until few enough are left to be listed."""
    left = matching(found, page.typed)
    title = Phrase("screen.packs.find.title")
    text: Words
    typed = written(page.typed)
    if page.typed and (len(left) <= AT_ONCE or page.day == "list"):
        choices = [Choice("packs.open", one.title, value=one.value) for one in left]
        shown, more = listed(page, choices)
        again = Choice("packs.erase", icon="back", look="quiet")
        text = Phrase("label.packs.found", {"count": len(left), "typed": typed})
        return Scene(List(more=more), title, text, choices=(*shown, again), screen="packs.find")
    keys = [
        Choice("packs.letters", "  ".join(letters.upper()), value=str(n))
        for n, letters in enumerate(KEYS)
    ]
    if page.typed:
        keys.append(Choice("packs.list", icon="list", look="quiet"))
        keys.append(Choice("packs.erase", icon="back", look="quiet"))
        text = Phrase("label.packs.found", {"count": len(left), "typed": typed})
    else:
        text = Phrase("screen.packs.find.text")
    return Scene(List(), title, text, choices=tuple(keys), screen="packs.find")


def matching(found: Sequence[Found], typed: str) -> list[Found]:
    """What has a name whose initials begin with these keys; each once, in order."""
    return [one for one in found if any(keys.startswith(typed) for keys in one.keys)]
