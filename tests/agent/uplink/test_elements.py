"""JSON is taken apart as a reader would, and a spoiled element harms no neighbour."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.uplink.elements import elements, members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(VALUES), st.sampled_from([None, 1]), st.booleans())
def test_an_array_comes_apart(values: list[Any], indent: int | None, ascii_only: bool) -> None:
    """Each element is what a reader of the whole would have found."""
    body = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    assert [json.loads(part) for part in elements(body)] == json.loads(body)


@given(st.dictionaries(st.text(), VALUES), st.booleans())
def test_an_object_comes_apart(values: dict[str, Any], ascii_only: bool) -> None:
    """Each member is what a reader of the whole would have found."""
    body = json.dumps(values, ensure_ascii=ascii_only).encode("utf-8", "replace")
    apart = {json.loads(key): json.loads(part) for key, part in members(body).items()}
    assert apart == json.loads(body)


@given(st.binary())
def test_nothing_but_a_value_error(body: bytes) -> None:
    """Whatever arrives is taken apart or refused."""
    for take_apart in (elements, members):
        try:
            take_apart(body)
        except ValueError:
            continue
