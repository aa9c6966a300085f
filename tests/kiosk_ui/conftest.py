"""One browser for all tests of the page; a site and a tab for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.kiosk_ui.browsing import CHROMIUM, SIZES, Site, launch, serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}; apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        launched = launch(playwright)
        yield launched
        launched.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """A page server of one's own."""
    with serving() as running:
        yield running


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab that shows the site in the middle size; every request must stay on this machine."""
    width, height = SIZES["wide"]
    tab = browser.new_page(viewport={"width": width, "height": height}, has_touch=True)
    strays: list[str] = []
    tab.on("request", lambda request: strays.append(request.url))
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(site.address)
    yield tab
    tab.close()
    assert [url for url in strays if not url.startswith(site.address)] == []
    assert complaints == []
