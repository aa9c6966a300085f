"""Fingers, a pen and things dropped: none leads out of the page, or makes it another size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.kiosk_ui.browsing import Site, show
from tests.kiosk_ui.samples import sample


@pytest.fixture
def touched(browser: Browser, site: Site) -> Iterator[tuple[Page, CDPSession]]:
    """The page on a touch screen."""
    context = browser.new_context(has_touch=True, viewport={"width": 1024, "height": 600})
    page = context.new_page()
    page.goto(site.address)
    yield page, context.new_cdp_session(page)
    context.close()


def unmoved(page: Page, site: Site) -> None:
    """Where it was, as large as it was, alone, and it follows."""
    assert page.url == site.address
    assert page.evaluate("[visualViewport.scale, history.length <= 2]") == [1, True]
    assert len(page.context.pages) == 1
    show(page, site, sample("home"))
    assert page.evaluate("String(getSelection())") == ""


def test_pinch_and_swipes(touched: tuple[Page, CDPSession], site: Site) -> None:
    """Two fingers apart and together; swipes from every edge, also fast ones."""
    page, touch = touched
    for scale in (3.0, 0.3):
        pinch = {"x": 500, "y": 300, "scaleFactor": scale, "gestureSourceType": "touch"}
        touch.send("Input.synthesizePinchGesture", pinch)
        unmoved(page, site)
    for x, y, across, down in ((2, 300, 900, 0), (1020, 300, -900, 0), (500, 2, 0, 500)):
        touch.send("Input.synthesizeScrollGesture",
                   {"x": x, "y": y, "xDistance": across, "yDistance": down, "speed": 5000,
                    "gestureSourceType": "touch"})  # fmt: skip
        unmoved(page, site)


@pytest.mark.parametrize(
    "item",
    [
        {"mimeType": "text/uri-list", "data": "https://evil.example/"},
        {"mimeType": "text/uri-list", "data": "file:///etc/passwd"},
        {"mimeType": "text/plain", "data": "javascript:document.title='x'"},
        {"mimeType": "text/html", "data": "<a href='https://evil.example/'>x</a>"},
    ],
)
def test_what_is_dropped_opens_nothing(
    touched: tuple[Page, CDPSession], site: Site, item: dict[str, str]
) -> None:
    """An address, a file, words: from a browser's bar, say, or another window."""
    page, touch = touched
    data = {"items": [item], "dragOperationsMask": 19}
    for kind in ("dragEnter", "dragOver", "drop"):
        touch.send("Input.dispatchDragEvent", {"type": kind, "x": 500, "y": 300, "data": data})
    unmoved(page, site)
