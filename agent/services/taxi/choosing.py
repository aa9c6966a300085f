"""Every place that a car can go to: by what is often chosen, by kind, by initials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from agent.dialogue.views import List, Phrase, Words
from agent.effects import Choice
from agent.services.initials import KEYS, fits, written
from agent.services.taxi.order import Choosing, Place

AT_ONCE = 6
"""Large choices on one screen, beside the one that leads on."""

OFTEN = "often"
"""The group of places that were chosen here before."""

_REMEMBERED = 40
"""Places that are counted at the most."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "hospital": ("医院",),
    "transit": ("交通",),
    "market": ("菜场",),
    "bank": ("银行",),
    "shops": ("商场", "商务"),
    "parks": ("公园", "文体", "地标"),
    "estates": ("社区", "小区"),
}
"""As residents look for places: group → kinds of places.toml."""


def counted(often: Mapping[str, int], destination: str) -> dict[str, int]:
    """*often* with one ride more to *destination*, which stands last: the most recent one.

    Only places are counted: nobody can tell from it who went there.
    """
    if not destination:
        return dict(often)
    others = {id: count for id, count in often.items() if id != destination}
    others[destination] = often.get(destination, 0) + 1
    while len(others) > _REMEMBERED:
        del others[min(others, key=lambda id: others[id])]
    return others


def choose(choosing: Choosing, action: str, value: str) -> Choosing | None:
    """Where a choice leads among the lists; None: out of them, or it has no meaning here."""
    match action, choosing.at:
        case "taxi.more", _:
            return Choosing("kinds")
        case "taxi.kind", "kinds" if value in GROUPS or value == OFTEN:
            return Choosing(value)
        case "taxi.find", "kinds":
            return Choosing("find")
        case "taxi.letters", "find" if value in map(str, range(len(KEYS))):
            return Choosing("find", choosing.typed + value)
        case "taxi.erase", "find":
            return Choosing("find", choosing.typed[:-1])
        case "taxi.list", "find" if choosing.typed:
            return msgspec.structs.replace(choosing, listed=True)
        case "taxi.next", _:
            return msgspec.structs.replace(choosing, n=choosing.n + 1)
        case "back", at if at not in ("", "kinds"):
            return Choosing("kinds")
    return None


class Looking(msgspec.Struct, frozen=True):
    """What stands on one of the lists."""

    screen: str
    view: List
    choices: tuple[Choice, ...]
    values: dict[str, str | int | float] = {}


def looking(choosing: Choosing, places: Mapping[str, Place], often: Mapping[str, int]) -> Looking:
    """The list that somebody has come to."""
    if choosing.at == "find":
        return _find(choosing, places)
    if choosing.at in (*GROUPS, OFTEN):
        chosen, more = _page(choosing.n, [_to(place) for place in _of(choosing.at, places, often)])
        return Looking("taxi.kind", List(more=more), chosen, {"kind": choosing.at})
    first = [Choice("taxi.find", icon="search", look="primary")]
    groups = [group for group in (OFTEN, *GROUPS) if _of(group, places, often)]
    kinds = [Choice("taxi.kind", Phrase(f"label.kind.{group}"), value=group) for group in groups]
    chosen, more = _page(choosing.n, [*first, *kinds], AT_ONCE + 2)
    return Looking("taxi.places", List(more=more), chosen)


def _of(group: str, places: Mapping[str, Place], often: Mapping[str, int]) -> list[Place]:
    if group != OFTEN:
        return [place for place in places.values() if place.kind in GROUPS[group]]
    recent = [id for id in reversed(list(often)) if id in places]
    return [places[id] for id in sorted(recent, key=lambda id: -often[id])]


def _find(choosing: Choosing, places: Mapping[str, Place]) -> Looking:
    left = [place for place in places.values() if fits(place.names, choosing.typed)]
    values: dict[str, str | int | float] = {
        "typed": written(choosing.typed),
        "count": len(left) if choosing.typed else "",
    }
    erase = [Choice("taxi.erase", icon="back", look="quiet")] if choosing.typed else []
    if choosing.typed and (len(left) <= AT_ONCE or choosing.listed):
        chosen, more = _page(choosing.n, [_to(place) for place in left])
        return Looking("taxi.find", List(more=more), (*chosen, *erase), values)
    keys = [
        Choice("taxi.letters", "  ".join(letters.upper()), value=str(n))
        for n, letters in enumerate(KEYS)
    ]
    results = [Choice("taxi.list", icon="list", look="quiet")] if choosing.typed else []
    return Looking("taxi.find", List(), (*keys, *results, *erase), values)


def _to(place: Place) -> Choice:
    return Choice("taxi.to", place.short, value=place.id)


def _page(
    n: int, choices: Sequence[Choice], at_once: int = AT_ONCE
) -> tuple[tuple[Choice, ...], Words]:
    """The choices on screen *n*; the last leads on, after the last screen to the first again."""
    screens = max(1, -(-len(choices) // at_once))
    if screens == 1:
        return tuple(choices), ""
    at_once = min(at_once, AT_ONCE)
    screens = -(-len(choices) // at_once)
    n %= screens
    more = Choice("taxi.next", icon="next", look="quiet")
    shown = tuple(choices[n * at_once : (n + 1) * at_once])
    return (*shown, more), Phrase("label.page", {"n": n + 1, "count": screens})
