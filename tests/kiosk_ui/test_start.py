"""What the browser shows before there is a daemon."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser

from tests.kiosk_ui.browsing import Site
from tests.kiosk_ui.samples import sample

START = Path(__file__).parents[2] / "kiosk_ui" / "static" / "start.html"


def test_a_kiosk_without_its_daemon_is_no_dead_screen(browser: Browser) -> None:
    """Before the daemon answers: telephone numbers; as soon as it does: the page."""
    site = Site()
    site.stop()
    page = browser.new_page()
    try:
        page.goto(f"{START.as_uri()}?page={site.address}")
        assert "120" in page.locator("main").inner_text()
        site.start(sample("home"))
        page.wait_for_url(site.address, timeout=20000)
        page.wait_for_function("() => document.documentElement.dataset.sequence")
    finally:
        page.close()
        site.stop()


def test_it_shows_the_numbers_of_this_site(browser: Browser, tmp_path: Path) -> None:
    """What the daemon has left there: its numbers and the address of its page."""
    site = Site()
    site.stop()
    left = tmp_path / "start.js"
    phones = [{"label": "门卫 <b>", "number": "13812345678"}]
    left.write_text(f"window.linli = {json.dumps({'page': site.address, 'phones': phones})};")
    page = browser.new_page()
    try:
        page.goto(f"{START.as_uri()}?site={left.as_uri()}")
        page.wait_for_function("() => document.body.innerText.includes('13812345678')")
        shown = page.locator("main").inner_text()
        assert "门卫 <b>" in shown
        assert "120" not in shown
        site.start(sample("home"))
        page.wait_for_url(site.address, timeout=20000)
    finally:
        page.close()
        site.stop()
