"""One browser for all tests of the page; a site and a tab for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.kiosk_ui.browsing import CHROMIUM, SIZES, Site, launch, serving
from tests.kiosk_ui.samples import sample


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}; apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        launched = launch(playwright)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def running() -> Iterator[Site]:
    """One server for all tests that leave it running."""
    with serving() as started:
        yield started


@pytest.fixture
def site(running: Site) -> Site:
    """The server, at home, with nothing chosen yet."""
    running.server.publish(sample("home"))
    running.acted.clear()
    running.accepts = True
    running.held = None
    return running


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """A tab in the middle size, which may not ask anything of other machines."""
    width, height = SIZES["wide"]
    opened = browser.new_page(viewport={"width": width, "height": height}, has_touch=True)
    strays: list[str] = []
    opened.on("request", lambda request: strays.append(request.url))
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert [url for url in strays if not url.startswith("http://127.0.0.1:")] == []
    assert complaints == []


@pytest.fixture
def page(tab: Page, site: Site) -> Page:
    """The tab with the page freshly loaded, and following."""
    tab.goto(site.address)
    tab.wait_for_selector("html[data-sequence]")
    return tab
