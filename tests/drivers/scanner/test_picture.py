"""QR codes in pictures: how many are read, what is refused, and what is not worth a look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.scanner.frames import LONGEST, Code, Found
from drivers.scanner.picture import Reader, Stir, grey
from drivers.vision.pose import as_frame
from tests.drivers.scanner.pictures import VIEWS, View, seen

TEXTS = tuple(f"BXJ1:AB23:{number:08x}{7 * number:08x}" for number in range(5))
LOOKS = 3
"""Pictures of one presentation: less than a second."""


def presented(text: str | bytes, view: View, seed: int) -> Found | None:
    """What is read within `LOOKS` pictures of one presentation."""
    random, reader = np.random.default_rng(seed), Reader()
    found = (reader.read(seen(text, view, random)) for _ in range(LOOKS))
    return next((code for code in found if code is not None), None)


@pytest.mark.parametrize("view", VIEWS)
def test_codes_are_read_as_people_hold_them(view: str) -> None:
    """At least four of five presentations, and never as another code."""
    read = [presented(text, VIEWS[view], seed) for seed, text in enumerate(TEXTS)]
    assert sum(code == Code(text, "QR") for code, text in zip(read, TEXTS, strict=True)) >= 4
    assert all(code in (None, Code(text, "QR")) for code, text in zip(read, TEXTS, strict=True))


@pytest.mark.parametrize(
    "crafted",
    [b"a\x00b", b"\x1b[2Jx", "x\u202ey".encode(), b"A" * (LONGEST + 1), b" \n\t"],
)
def test_crafted_codes_are_refused(crafted: bytes) -> None:
    """What hides something, what is too long for a resident's code, what is empty."""
    assert isinstance(presented(crafted, View(wide=400), 0), str)


def test_chinese_is_read() -> None:
    assert presented("您好：北新泾", View(), 0) == Code("您好：北新泾", "QR")


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=40 * 60, max_size=40 * 60))
def test_no_picture_breaks_it(pixels: bytes) -> None:
    reader = Reader()
    picture = as_frame(np.frombuffer(pixels, np.uint8).reshape(40, 60).repeat(8, 0).repeat(8, 1))
    for _ in range(LOOKS):
        assert reader.read(picture) is None


def test_a_still_picture_is_looked_at_now_and_then() -> None:
    """An empty lobby costs nothing; whoever comes is looked for, and longer than they move."""
    random, stir = np.random.default_rng(1), Stir()
    lobby = [as_frame(np.clip(random.normal(120, 3, (480, 640)), 0, 255)) for _ in range(8)]
    looks = [stir.worth(lobby[n % 8], n / 4) for n in range(240)]
    assert looks[0] and sum(looks[40:]) <= 200 / 4 / 2 + 1
    phone = as_frame(np.clip(seen(TEXTS[0], View(), random), 0, 255))
    assert stir.worth(phone, 60.0)
    assert all(stir.worth(phone, 60 + n / 4) for n in range(1, 12))


def test_a_frozen_camera_is_not_alive() -> None:
    """A picture that is the same to the last bit is no camera's."""
    stir = Stir()
    still = as_frame(np.full((480, 640), 7))
    for n in range(10):
        stir.worth(still, n / 4)
    assert not stir.alive
    stir.worth(as_frame(np.full((480, 640), 8)), 3.0)
    assert stir.alive


def test_a_picture_that_takes_long_is_followed_by_a_rest() -> None:
    """Who holds up stripes that cost seconds each keeps the processor busy for a quarter at most;
    a usual look is followed by the next one."""
    stir, random = Stir(), np.random.default_rng(1)

    def worth(at: float) -> bool:
        return stir.worth(as_frame(random.integers(0, 255, (480, 640), np.uint8)), at)

    assert worth(0.0)
    stir.looked(0.0, took=0.1)
    assert worth(0.3)
    stir.looked(0.3, took=2.0)
    assert not worth(2.5) and not worth(8.2)
    assert worth(8.4)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.uint16),
        np.zeros((480, 640, 3), np.float32),
        np.zeros((0, 640, 3), np.uint8),
        np.zeros((2, 5000, 3), np.uint8),
    ],
    ids=lambda one: f"{one.shape} {one.dtype}",
)
def test_what_is_no_picture_is_said(picture: np.ndarray[Any, Any]) -> None:
    """Other channels, wider numbers, none at all, too many."""
    with pytest.raises(ValueError, match=r"not rows of|more than"):
        grey(picture)
