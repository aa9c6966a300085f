"""What the browser shows before there is a daemon."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser

from tests.kiosk_ui.browsing import Site
from tests.kiosk_ui.samples import sample
from tests.waiting import wait_for

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
        page.wait_for_function("() => document.documentElement?.dataset.sequence")
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


def test_the_browser_hands_over_what_its_unit_gave_it(browser: Browser, tmp_path: Path) -> None:
    """A page that only who has the secret may use: entered, acted in, and no trace in its address;
    a touch that the daemon refuses is spoken of."""
    secret = "5ec4e7" * 8
    site = Site(secret)
    given = tmp_path / "secret.js"
    given.write_text(f'window.linliSecret = "{secret}";')
    page = browser.new_page()
    try:
        page.goto(site.address)
        assert page.locator("meta[name=token]").count() == 0
        page.goto(f"{START.as_uri()}?page={site.address}&pass={given.as_uri()}")
        page.wait_for_function("() => document.documentElement?.dataset.sequence", timeout=20000)
        assert page.url == site.address
        assert page.evaluate("document.cookie") == ""
        page.locator("#frame button").first.click()
        wait_for(lambda: site.acted)
        page.route("**/action", lambda route: route.fulfill(status=503))
        page.wait_for_timeout(600)  # the strike of an unsteady hand is over
        page.locator("#frame button").first.click()
        page.wait_for_function(
            "() => document.getElementById('refused').innerText.includes('再按')"
        )
    finally:
        page.close()
        site.stop()
