"""Where things are in a TOML text."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lines import Place, dotted, lines, nearest

KIOSK = """\
# a comment with a [table]
name = "北新泾"  # and = signs

[drivers.bin_1]
type = "ultrasonic_serial"
baud = 9600

[[step]]
press = "help"

[[step]]
hold = { key = "enter", seconds = 2 }
record.data = [
    1,  # one
    [2, 3],
    { a = 4, "b.c" = 5 },
]

[[step.more]]
x = 1
[[step.more]]
x = 2
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("name",), 2),
        (("drivers",), 4),
        (("drivers", "bin_1"), 4),
        (("drivers", "bin_1", "baud"), 6),
        (("step",), 8),
        (("step", 0), 8),
        (("step", 0, "press"), 9),
        (("step", 1), 11),
        (("step", 1, "hold", "seconds"), 12),
        (("step", 1, "record", "data"), 13),
        (("step", 1, "record", "data", 1), 15),
        (("step", 1, "record", "data", 1, 1), 15),
        (("step", 1, "record", "data", 2, "b.c"), 16),
        (("step", 1, "more"), 19),
        (("step", 1, "more", 1), 21),
        (("step", 1, "more", 1, "x"), 22),
    ],
)
def test_every_kind_of_place_has_its_line(place: Place, line: int) -> None:
    """Tables, keys, items of lists and tables in lists are found where they are written."""
    assert lines(KIOSK)[place] == line


def test_windows_line_ends_count_once() -> None:
    """A file saved on Windows has the same line numbers."""
    assert lines(KIOSK.replace("\n", "\r\n")) == lines(KIOSK)


def test_brackets_and_signs_in_texts_are_no_structure() -> None:
    """What looks like TOML inside quotes is only text, over several lines too."""
    text = '''a = """
[b]
c = 1 "quoted" ""
"""
d = \'\'\'
[[e]] '\'\'\'
"f = [" = "]"
g = 1979-05-27 07:32:00
'''
    assert lines(text) == {("a",): 1, ("d",): 5, ("f = [",): 7, ("g",): 8}


def test_a_table_named_before_its_heading_takes_the_line_of_the_heading() -> None:
    """A heading overrules an earlier mention of the table above a sub-table."""
    assert lines("[a.b]\n[a]\nx = 1\n")[("a",)] == 2


def test_nearest_climbs_to_what_is_written() -> None:
    """A key that is missing is looked for in the table that should have it."""
    found = lines(KIOSK)
    assert nearest(found, ("drivers", "bin_1", "port")) == 4
    assert nearest(found, ("nowhere",)) is None


def test_places_in_words_count_from_one_and_quote_odd_keys() -> None:
    """A place reads as it would be written, with list items counted from 1."""
    assert dotted(("step", 0, "press")) == "step[1].press"
    assert dotted(("drivers", "left.bin", "垃圾")) == 'drivers."left.bin"."垃圾"'


# -- any document -------------------------------------------------------------------------

bare = st.sampled_from(["a", "b", "c-1", "_", "007"])
keys = st.one_of(bare, st.sampled_from(['"a b"', '"\\u4f60"', "'[x]'", '"#"', "'='", '""']))
dotted_keys = st.lists(keys, min_size=1, max_size=3).map(" . ".join)
numbers = ["1", "-0x1", "1_000", "1e3", "inf", "true", "1979-05-27 07:32:00", "07:32:00.5"]
short = ['""', '"a # b"', '"\\"]"', "'\\'"]
long = ["'''\n[x]\n'y''''", '"""\n\\""" = \n"""""', '"""\\\n  z"""']
scalars = st.sampled_from([*numbers, *short, *long])
gaps = st.sampled_from(["", " ", "\n", " # ] no\n", "\n\n\t"])


def _array(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(gaps, item, gaps).map("".join), max_size=3).map(",".join)
    return st.tuples(items, gaps).map(lambda parts: f"[{parts[0]}{parts[1]}]")


def _inline(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(dotted_keys, item).map(" = ".join)
    return st.lists(pair, max_size=3).map(lambda pairs: "{ " + ", ".join(pairs) + " }")


values = st.recursive(scalars, lambda item: _array(item) | _inline(item), max_leaves=6)
statements = st.one_of(
    dotted_keys.map("[ {} ]".format),
    dotted_keys.map("[[{}]] # heading".format),
    st.tuples(dotted_keys, values).map(" = ".join),
    st.just("# [comment] = 1"),
    st.just(""),
)


def places(value: Any, place: Place = ()) -> dict[Place, Any]:
    """Every place of a parsed document with its value."""
    found = {place: value} if place else {}
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        found |= places(item, (*place, key))
    return found


@given(st.lists(statements, max_size=8))
def test_any_document_has_a_line_for_all_that_tomllib_finds(chunks: list[str]) -> None:
    """The scanner finds the same places as `tomllib`, each in the statement that wrote it."""
    text = ""
    written: dict[Place, range] = {}
    for chunk in chunks:
        try:
            parsed = places(tomllib.loads(f"{text}{chunk}\n"))
        except tomllib.TOMLDecodeError:
            continue  # it clashes with what is there already
        first = text.count("\n") + 1
        text += f"{chunk}\n"
        for place, value in parsed.items():
            if not isinstance(value, dict):  # a later heading may overrule a table's line
                written.setdefault(place, range(first, text.count("\n") + 1))
    found = lines(text)
    assert found.keys() == places(tomllib.loads(text)).keys()
    for place, span in written.items():
        assert found[place] in span
