"""The technician's page of charts: who may look, and whether everybody can read it."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from agent.technician.charts import Drawing
from kiosk_ui.charts import ChartsServer
from tests.agent.estate import estate
from tests.agent.technician.chronicle import NOW, busy_week
from tests.waiting import wait_for

SECRET = "a-secret-of-this-test"


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server over nine days of everything."""
    folder, port = tmp_path_factory.mktemp("charts"), _free()
    settings = estate(folder).settings
    assert settings is not None
    busy_week(folder / "linli.db")
    stop = threading.Event()
    draw = Drawing(settings, folder / "linli.db", "zh", lambda: NOW)
    thread = threading.Thread(target=ChartsServer(port, draw, SECRET).run, args=(stop,))
    thread.start()
    wait_for(lambda: _answers(port))
    yield port
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def ask(port: int, path: str, cookie: str = "", host: str = "") -> tuple[int, str]:
    """One request: status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Cookie": cookie, "Host": host or f"127.0.0.1:{port}"}
    connection.request("GET", path, headers=headers)
    reply = connection.getresponse()
    found = reply.status, reply.read().decode()
    connection.close()
    return found


def entered(port: int) -> str:
    """The cookie of who brought the secret."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
    connection.request("POST", "/enter", f'{{"secret": "{SECRET}"}}', headers)
    reply = connection.getresponse()
    assert reply.status == 204
    cookie = reply.getheader("set-cookie", "").partition(";")[0]
    connection.close()
    return cookie


@pytest.mark.parametrize("path", ["/", "/?days=7", "/?days=7&back=2"])
def test_only_who_has_the_secret_sees_anything(port: int, path: str) -> None:
    """Neither without it, nor with a wrong cookie, nor under another name."""
    for cookie in ("", "linli=wrong", f"linli={SECRET}"):
        status, text = ask(port, path, cookie)
        assert status == 403 and "<svg" not in text and "bxj-demo" not in text
    assert ask(port, path, entered(port), host="evil.example")[0] == 421
    assert "<svg" in ask(port, path, entered(port))[1]


@pytest.mark.parametrize("query", ["days=2", "days=x", "days=1&back=-1", "back=1e9", "back=61"])
def test_other_questions_are_refused(port: int, query: str) -> None:
    """With what may be asked."""
    assert ask(port, f"/?{query}", entered(port)) == (400, "days: 1 or 7; back: 0 to 60\n")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anybody_can_read_it(browser: Browser, port: int, scheme: str) -> None:
    """axe finds nothing, light or dark, a day or a week; nothing is outside of the window; each
    picture has a title, a description and a table."""
    context = browser.new_context(
        viewport={"width": 800, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    tab.goto(f"http://127.0.0.1:{port}/#{SECRET}")
    tab.wait_for_selector("svg")
    complaints.clear()  # the page of who had not entered yet was a refusal
    for days in (1, 7):
        tab.goto(f"http://127.0.0.1:{port}/?days={days}")
        tab.wait_for_selector("svg")
        found = Axe().run(tab)
        assert found.violations_count == 0, found.generate_report()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 800
        for picture in tab.query_selector_all("section:has(svg)"):
            assert picture.query_selector("svg > title") and picture.query_selector("svg > desc")
            assert picture.query_selector("tbody tr")
    assert complaints == []
    context.close()
