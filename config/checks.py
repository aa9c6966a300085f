"""Ready-made cross-checks: names that must exist, things that only one may claim."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping

from config.explain import Mistake, did_you_mean, shown
from config.lines import Place, dotted


def refers(place: Place, name: str, known: Collection[str], what: str) -> Iterator[Mistake]:
    """A mistake unless *name*, written at *place*, is one of the *known* names of a *what*."""
    if name not in known:
        remedy = did_you_mean(name, known)
        text = f"there is no {what} of this name"
        yield Mistake(place, text, remedy, shown(place, name), absence=True)


_KINDS = {
    "switch": "lamp, buzzer or relay",
    "distance": "distance sensor",
    "contact": "contact",
}


def refers_if_given(
    place: Place, name: str, devices: Mapping[str, Collection[str]], capability: str
) -> Iterator[Mistake]:
    """A mistake unless *name* is empty, or one of the *devices* that have this capability."""
    if name:
        able = [device for device, can in devices.items() if capability in can]
        yield from refers(place, name, able, _KINDS.get(capability, f"device for {capability}"))


def unique(claims: Iterable[tuple[Hashable, Place]]) -> Iterator[Mistake]:
    """A mistake for every place that claims what an earlier place has claimed.

    What is claimed may be more than the value written there: ``("pin", 17)``, say.
    """
    owners: dict[Hashable, Place] = {}
    for claimed, place in claims:
        owner = owners.setdefault(claimed, place)
        if owner != place:
            value = claimed[-1] if isinstance(claimed, tuple) else claimed
            yield Mistake(
                place,
                f"taken already by {dotted(owner)}",
                "Give each its own.",
                shown(place, value),
            )
