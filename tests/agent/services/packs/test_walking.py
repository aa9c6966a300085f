"""A way in words: metres and turns, as who walks it would be told; mistakes in it are found."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.dialogue.views import Plan, Status
from agent.packs.packaged import packs_in
from agent.services.packs.kinds.way import WayItem
from agent.services.packs.walking import Landmark, legs, metres, rounded
from tests.agent.journal import worded
from tests.agent.services.packs.test_journeys import Visit

GATE = [Landmark("大门", (0, 52))]
POINTS = st.tuples(st.integers(0, 5000), st.integers(0, 5000))


def told(*route: tuple[int, int], facing: int = 0) -> list[str]:
    """The legs' words."""
    return [worded(leg.words) for leg in legs(route, facing, GATE, "居委会")]


def test_turns_are_those_of_who_walks() -> None:
    """North, then west, then north again, with the back to the kiosk."""
    assert told((0, 0), (0, 50), (-60, 50), (-60, 100)) == [
        "背对机器，一直往前，走50米",
        "到大门，左转，走60米",
        "右转，走50米，就到了",
    ]


@pytest.mark.parametrize(
    ("facing", "words"),
    [(0, "往右边"), (180, "往左边"), (90, "一直往前"), (270, "从机器旁边往后面"), (45, "往右前方")],
)
def test_the_first_direction_depends_on_where_the_kiosk_looks(facing: int, words: str) -> None:
    """A way to the east, from kiosks that look north, south, east, west and north-east."""
    assert words in told((0, 0), (100, 0), facing=facing)[0]


def test_a_bend_is_no_turn() -> None:
    """A path that sways a little is walked without a word; one that forks off is told."""
    assert len(told((0, 0), (10, 100), (0, 200), (8, 300))) == 1
    assert "往右前方" in told((0, 0), (0, 100), (50, 170))[1]
    assert "往回走" in told((0, 0), (0, 100), (2, 20))[1]


@given(st.lists(POINTS, min_size=2, max_size=20), st.integers(0, 359))
def test_any_route_can_be_told(route: list[tuple[int, int]], facing: int) -> None:
    """Every straight part is told with its metres, and they add up."""
    assume(all(a != b for a, b in pairwise(route)))
    told = legs(route, facing, [Landmark("树", route[0])], "家")
    assert 1 <= len(told) < len(route)
    assert told[0].at == route[0] and "就到了" in worded(told[-1].words)
    walked = [int(re.findall(r"走(\d+)米", worded(leg.words))[-1]) for leg in told]
    assert all(length > 0 for length in walked)
    corners = [*(leg.at for leg in told), route[-1]]
    straight = sum(math.dist(a, b) for a, b in pairwise(corners))
    assert abs(sum(walked) - straight) <= 5 * len(walked) + 1
    assert straight <= metres(route) + 1


def test_metres_are_rounded_as_people_say_them() -> None:
    """Nobody walks 47."""
    assert [rounded(n) for n in (1, 7, 23, 47, 52, 138)] == [5, 5, 25, 45, 50, 140]


def way(**changes: object) -> WayItem:
    """The estate's example, with *changes* to its table."""
    item = packs_in()["estate-way"].items["around"]
    table = msgspec.to_builtins(item)
    for key, value in changes.items():
        target = table
        *path, last = key.split("__")
        for part in path:
            target = target[int(part) if part.isdigit() else part]
        target[last] = value
    return msgspec.convert(table, WayItem)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"map": None}, "there is no map"),
        ({"spot__0__route": [[120, 8], [300, 8]]}, "[300, 8] is not on the map"),
        ({"spot__0__route": [[120, 8]]}, "two points at least"),
        ({"spot__0__route": [[20, 8], [60, 8]]}, "the kiosk is at [120, 8]"),
        ({"spot__0__route": [[120, 8], [120, 8], [60, 8]]}, "twice in a row"),
        ({"spot__0__step": ["往前走"]}, "has steps and a route"),
        ({"spot__0__distance_m": 900}, "distance_m is 900, its route has"),
        ({"map__here": [500, 500]}, "here: the point [500, 500] is not on the map"),
        ({"map__path": [{"points": [[0, 0], [0, 999]]}]}, "path 1: the point [0, 999]"),
        ({"map__landmark": [{"name": "树", "at": [9, 9]}] * 2}, "landmark '树' is there 2 times"),
    ],
)
def test_what_does_not_fit_the_map_is_said(changes: dict[str, object], what: str) -> None:
    """Each with a remedy; all of it at once."""
    flaws = list(way(**changes).flaws())
    assert any(what in text for text, _ in flaws), flaws
    assert all(remedy.endswith(".") for _, remedy in flaws)


@pytest.mark.parametrize("wrong", [-1, 5001, 2.5, "3", True, float("nan")])
def test_a_coordinate_is_a_whole_number_of_metres(wrong: object) -> None:
    """Neither below zero nor kilometres away."""
    with pytest.raises(msgspec.ValidationError):
        way(spot__0__route=[[120, 8], [wrong, 8]])


def test_the_example_is_marked_and_told_and_drawn() -> None:
    """A resident hears that it is an example, all turns, and how far; then sees the plan."""
    visit = Visit()
    visit.open("estate-way")
    show = visit.choose("packs.spot.committee")
    assert show.words is not None
    said = worded(show.words[2])
    assert "这是样例，不是真的。" in said and "到花坛，左转，走60米" in said and "大约160米" in said
    show = visit.choose("packs.plan")
    assert isinstance(show.view, Status) and isinstance(show.view.plan, Plan)
    assert show.view.plan.route[-1] == show.view.plan.goal.at
    assert show.view.plan.route[0] == show.view.plan.turns[0]
    assert "样例" in worded(show.view.plan.goal.label)
    visit.choose("back")
    assert "packs.plan" in visit.offers()
