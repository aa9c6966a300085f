"""How many QR codes a camera reads, and what looking for them costs.

python -m tests.bench.bench_codes
"""

from __future__ import annotations

import time

import cv2
import numpy as np

from drivers.scanner.frames import Code
from drivers.scanner.picture import Reader, Stir
from drivers.vision.pose import Frame, as_frame
from tests.drivers.scanner.pictures import VIEWS, View, seen

CODES = 20
MINUTE, LOOKS_A_SECOND = 60, 4


def read_rates() -> None:
    """Of `CODES` codes in each view: read in the first picture, read in one of three, misread."""
    for name, view in VIEWS.items():
        first = any_of_three = wrong = 0
        for number in range(CODES):
            text = f"BXJ1:{number:04x}:{number * 99_991:012x}"
            random, reader = np.random.default_rng(number), Reader()
            found = [reader.read(seen(text, view, random)) for _ in range(3)]
            first += found[0] is not None
            any_of_three += any(found)
            wrong += any(code is not None and code != Code(text, "QR") for code in found)
        print(f"{name:28} first {first}, of three {any_of_three}, misread {wrong} of {CODES}")


def cost() -> None:
    """CPU seconds a minute before a still room, people who pass, and a code that is held up."""
    random = np.random.default_rng(0)
    noise = (random.normal(120, 3, (480, 640)) for _ in range(8))
    films: dict[str, list[Frame]] = {
        "still": [as_frame(np.clip(picture, 0, 255)) for picture in noise],
        "people pass": [seen("x", View(wide=20), random) for _ in range(8)],
        "a code is held up": [seen("BXJ1:AB23", View(), random) for _ in range(8)],
    }
    for name, film in films.items():
        reader, stir, began = Reader(), Stir(), time.process_time()
        for number in range(MINUTE * LOOKS_A_SECOND):
            coloured = cv2.cvtColor(film[number % 8], cv2.COLOR_GRAY2BGR)
            grey = as_frame(cv2.cvtColor(coloured, cv2.COLOR_BGR2GRAY))
            at = number / LOOKS_A_SECOND
            if stir.worth(grey, at) and reader.read(grey) is not None:
                stir.hold(at)
        print(f"{name:28} {time.process_time() - began:.2f} CPU s a minute")


if __name__ == "__main__":
    read_rates()
    cost()
