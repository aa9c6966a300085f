"""Takes pictures of the page: contact sheets to look at, and those of the README.

python -m tests.kiosk_ui.take_pictures sheets FOLDER   every screen, per size and theme
python -m tests.kiosk_ui.take_pictures readme          kiosk_ui/pictures/
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from tests.kiosk_ui.browsing import SIZES, launch, serving, show
from tests.kiosk_ui.samples import SCREENS, WORDS, sample

PICTURES = Path(__file__).parents[2] / "kiosk_ui" / "pictures"
README = {
    "home": ("home", "tall"),
    "destination": ("taxi.destination", "wide"),
    "car": ("taxi.accepted", "wide"),
    "fall": ("fall.question", "tall"),
    "offline": ("taxi.offline", "wide"),
    "small": ("taxi.arrived", "small"),
}


def _picture(page: Page) -> np.ndarray:
    decoded = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


def _sheet(pictures: list[np.ndarray], columns: int, width: int) -> np.ndarray:
    height = round(pictures[0].shape[0] * width / pictures[0].shape[1])
    small = [cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA) for p in pictures]
    blank = np.full_like(small[0], 128)
    small += [blank] * (-len(small) % columns)
    framed = [
        cv2.copyMakeBorder(p, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(90, 90, 90)) for p in small
    ]
    rows = [np.hstack(framed[i : i + columns]) for i in range(0, len(framed), columns)]
    return np.vstack(rows)


def sheets(folder: Path) -> None:
    """One contact sheet per size, language and theme."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, launch(playwright) as browser, serving() as site:
        for size, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(site.address)
            for language in WORDS.languages:
                for contrast in (False, True):
                    taken = []
                    for screen in SCREENS:
                        show(page, site, sample(screen, language, contrast=contrast, focus=0))
                        taken.append(_picture(page))
                    for part in range(0, len(taken), 8):
                        columns, shrunk = (4, 420) if height > width else (2, 800)
                        name = f"{size}-{language}{'-contrast' if contrast else ''}-{part // 8}.png"
                        sheet = _sheet(taken[part : part + 8], columns, shrunk)
                        cv2.imwrite(str(folder / name), sheet)
            page.close()


def readme() -> None:
    """The pictures that the README shows."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, launch(playwright) as browser, serving() as site:
        for name, (screen, size) in README.items():
            width, height = SIZES[size]
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(site.address)
            show(page, site, sample(screen))
            page.screenshot(path=PICTURES / f"{name}.png")
            page.close()


if __name__ == "__main__":
    if sys.argv[1] == "readme":
        readme()
    else:
        sheets(Path(sys.argv[2]))
