"""From home to any of the affairs: touches, and presses of the keys, counted one by one."""

from __future__ import annotations

from tests.agent.services.packs.test_journeys import entries, packs
from tests.agent.services.packs.test_ways import Visitors

MOST_TOUCHES, MOST_KEYS = 4, 16


def press_to(kiosk: Visitors, id: str) -> int:
    """Presses of up or down, whichever leads there sooner, and enter; all really pressed."""
    count = len(kiosk.offered)
    stage = kiosk.stage
    began, ways = stage.focus, {}
    for step in (1, -1):
        stage.focus_on(began)
        for presses in range(count):
            if kiosk.offered[stage.focus] == id:
                ways[step] = presses
                break
            stage.move_focus(step)
    stage.focus_on(began)
    step, presses = min(ways.items(), key=lambda way: way[1])
    for _ in range(presses):
        kiosk.key("down" if step > 0 else "up", after=4.0)
    assert kiosk.offered[kiosk.shown.focus] == id
    kiosk.key("enter", after=4.0)
    return presses + 1


def test_every_affair_is_four_touches_and_sixteen_keys_from_home() -> None:
    """The services, a heading, a group, the affair: never a second page of a list."""
    assert len(list(entries())) == 202
    kiosk, most = Visitors(), 0
    for pack, item, entry in entries():
        group = next(
            one.group
            for one in packs()[pack].items[item].entry  # type: ignore[attr-defined]
            if one.id == entry
        )
        path = [
            "packs.services",
            f"packs.open.{pack}/{item}",
            f"packs.group.{group}",
            f"packs.entry.{entry}",
        ]
        assert len(path) <= MOST_TOUCHES
        keys = sum(press_to(kiosk, id) for id in path)
        assert kiosk.screen == "packs.status" and keys <= MOST_KEYS, (entry, keys)
        most = max(most, keys)
        kiosk.touch("home")
        assert kiosk.screen == "home"
    assert most > 8, "somebody has to press for something"


def test_up_from_the_first_of_a_long_list_is_its_last() -> None:
    """And down from there the bar; in a short list, up leads to the bar at once."""
    kiosk = Visitors()
    kiosk.key("up")
    assert kiosk.offered[kiosk.shown.focus] == "help"
    kiosk.touch("packs.services")
    kiosk.key("up")
    assert kiosk.offered[kiosk.shown.focus] == "packs.follow"
    kiosk.key("down")
    assert kiosk.offered[kiosk.shown.focus] == "back"
    kiosk.key("up")
    kiosk.key("up")
    assert kiosk.offered[kiosk.shown.focus] == "packs.find"
