"""Plans: whatever the points are, a drawing that stays in its frame; names are escaped."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.plan import draw

POINT = st.tuples(st.integers(0, 5000), st.integers(0, 5000))
NAME = st.text(min_size=1, max_size=12, alphabet=st.characters(categories=["L", "N", "P", "S"]))
MARK = st.fixed_dictionaries({"label": NAME, "at": POINT})
PLAN = st.fixed_dictionaries(
    {
        "here": MARK,
        "goal": MARK,
        "route": st.lists(POINT, min_size=2, max_size=20),
        "turns": st.lists(POINT, max_size=8),
        "paths": st.lists(st.lists(POINT, min_size=2, max_size=8), max_size=8),
        "marks": st.lists(MARK, max_size=8),
    }
)


@given(PLAN)
def test_the_way_stays_in_the_frame(plan: dict[str, Any]) -> None:
    """Here, goal and every point of the way are inside, and it is well-formed."""
    svg = str(draw(plan))
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert 0 < height <= width
    assert not re.search("nan|inf|script", svg)
    way = next(one for one in root if one.attrib.get("class") == "way")
    for point in way.attrib["points"].split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= width and 0 <= y <= height


def test_a_name_is_text() -> None:
    """Whatever stands in a pack, it is no markup."""
    mark = {"label": "<script>&", "at": (10, 10)}
    plan = {"here": mark, "goal": mark, "route": [(0, 0), (9, 9)], "turns": [], "paths": []}
    assert "<script>" not in draw({**plan, "marks": [mark]})


def test_names_do_not_cover_the_way_or_each_other() -> None:
    """Where there is a place that is free."""
    marks = [{"label": "花坛", "at": (128, 64)}, {"label": "凉亭", "at": (52, 66)}]
    plan = {
        "here": {"label": "您在这里", "at": (120, 8)},
        "goal": {"label": "居委会", "at": (60, 110)},
        "route": [(120, 8), (120, 60), (60, 60), (60, 110)],
        "turns": [],
        "paths": [],
        "marks": marks,
    }
    texts = [one for one in ElementTree.fromstring(draw(plan)) if one.tag == "text"]
    boxes = []
    for text in texts:
        size = float(text.attrib["font-size"])
        west, foot = float(text.attrib["x"]), float(text.attrib["y"])
        boxes.append((west, foot - size, west + len(text.text or "") * size, foot))
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
