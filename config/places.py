"""Where a taxi can go, and who helps by telephone: the structs of places.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from config.checks import refers, unique
from config.explain import Mistake, shown
from config.reader import Loaded, read

PACKAGED = Path(__file__).with_name("places.toml")

Slug = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        description="a short name of small letters, digits and hyphens",
    ),
]
Words = Annotated[str, Meta(min_length=1)]
Longitude = Annotated[
    float, Meta(ge=73, le=136, description="a longitude from 73 to 136 degrees, written first")
]
Latitude = Annotated[
    float, Meta(ge=3, le=54, description="a latitude from 3 to 54 degrees, written second")
]
Point = tuple[Longitude, Latitude]
"""Longitude and latitude in degrees, within China."""

MAX_SHIFT = 0.02
"""Degrees. GCJ-02 is shifted against WGS-84 by some hundred metres, nowhere more than this."""


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A destination."""

    id: Slug
    """Name in records and in `favourites`; never changes once orders were sent with it."""
    name: Words
    """As residents say it, on the screen and aloud."""
    short: str = ""
    """What stands on its button, where the name is long; empty: the name."""
    kind: Literal[
        "医院",
        "交通",
        "银行",
        "菜场",
        "小区",
        "社区",
        "商场",
        "商务",
        "公园",
        "文体",
        "地标",
    ]
    """The group it is listed under."""
    aliases: tuple[Words, ...] = ()
    """Other names that people use; each belongs to one place only."""
    address: str = ""
    """Road and number, for the driver."""
    gcj02: Point
    """Longitude and latitude in GCJ-02: what dispatchers in China take."""
    wgs84: Point
    """Longitude and latitude in WGS-84: what satellites give."""
    precision: Literal["A", "B", "C"]
    """A: from a list of coordinates; B: from an encyclopaedia; C: must be surveyed before
    a real order is sent."""

    def __post_init__(self) -> None:
        shift = max(abs(a - b) for a, b in zip(self.gcj02, self.wgs84, strict=True))
        if shift == 0:
            raise ValueError("gcj02 and wgs84 are the same; convert one of them to the other")
        if shift > MAX_SHIFT:
            raise ValueError(
                f"gcj02 and wgs84 are {shift:.3f} degrees apart; they must be the same spot"
            )


_NUMBER = re.compile(
    r"1[0-9]{2}|1[0-9]{4}"  # 120, 12345
    r"|9[0-9]{4,6}"  # 95128, 962288
    r"|(0[0-9]{2,3})?[2-9][0-9]{6,7}([0-9]{1,5})?"  # with area code and extension
    r"|(86|0)?1[3-9][0-9]{9}"
    r"|[48]00[0-9]{7}"
)


def implausible_phone(number: str) -> str:
    """Why *number* is none that can be dialled in China; empty when it may be one."""
    plain = re.sub(r"(转|分机|ext\.?|#)", "", number.strip().removeprefix("+"))
    digits = re.sub(r"[\s()（）-]", "", plain)
    if not digits.isascii() or not digits.isdigit():
        return "this is not a telephone number"
    if not _NUMBER.fullmatch(digits):
        return f"no telephone number has these {len(digits)} digits"
    return ""


class Phone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that helps when the kiosk cannot. Shown and spoken, never dialled."""

    number: Annotated[str, Meta(pattern="^[0-9]{3,}(-[0-9]+)*$", description="digits, in quotes")]
    """As it is dialled."""
    kind: Literal["emergency", "hotline", "taxi"]
    """Taxi numbers are also shown when a taxi cannot be ordered."""
    labels: dict[str, Words]
    """Who answers, by language tag; ``zh-CN`` is required and stands in for the others."""
    verified: bool = True
    """False: nobody has called it yet; call before the kiosk goes into service."""

    def __post_init__(self) -> None:
        if "zh-CN" not in self.labels:
            raise ValueError('labels has no zh-CN; add labels = { zh-CN = "…" }')

    def label(self, language: str) -> str:
        """Who answers, in *language* or else in Chinese."""
        return self.labels.get(language, self.labels["zh-CN"])


class Places(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything in places.toml."""

    favourites: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=6)]
    """Ids of the places with large buttons, one to six, most important first."""
    place: tuple[Place, ...]
    """All destinations, one [[place]] each."""
    phone: tuple[Phone, ...] = ()
    """Numbers of the help screen, in this order, one [[phone]] each."""

    def find(self, id: str) -> Place | None:
        """The place with this id."""
        return next((place for place in self.place if place.id == id), None)

    def favourite_places(self) -> tuple[Place, ...]:
        """The places with large buttons, in their order."""
        return tuple(place for id in self.favourites if (place := self.find(id)))


def read_places(path: Path = PACKAGED) -> Loaded[Places]:
    """Read places.toml, or say everything that is wrong in it."""
    return read(path, Places, checks=[_favourites_exist, _names_are_unique, _phones_can_be_dialled])


def _favourites_exist(places: Places) -> Iterator[Mistake]:
    known = {place.id for place in places.place}
    for position, favourite in enumerate(places.favourites):
        yield from refers(("favourites", position), favourite, known, "place")
    yield from unique(
        (favourite, ("favourites", position))
        for position, favourite in enumerate(places.favourites)
    )


def _names_are_unique(places: Places) -> Iterator[Mistake]:
    """What a resident says must lead to one place."""
    yield from unique(
        (("id", place.id), ("place", position, "id")) for position, place in enumerate(places.place)
    )
    yield from unique(_names(places))
    yield from unique(
        (phone.number, ("phone", position, "number")) for position, phone in enumerate(places.phone)
    )


def _phones_can_be_dialled(places: Places) -> Iterator[Mistake]:
    for position, phone in enumerate(places.phone):
        if why := implausible_phone(phone.number):
            place = ("phone", position, "number")
            remedy = "Dial it yourself, then correct it."
            yield Mistake(place, why, remedy, shown(place, phone.number), caution=True)


def _names(places: Places) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for position, place in enumerate(places.place):
        yield place.name, ("place", position, "name")
        for other, alias in enumerate(place.aliases):
            yield alias, ("place", position, "aliases", other)
