"""QR codes in pictures: how many are read, what is refused, and what is not worth a look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.scanner.frames import LONGEST, Code, Found
from drivers.scanner.picture import Reader, Stir
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
