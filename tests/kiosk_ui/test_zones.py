"""The technician's page of zones: its server, and drawing in the real browser."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from agent.configuration import Settings, load
from agent.contract.driver import DriverUnavailable, Site
from agent.technician.zones import ZoneDesk
from drivers.camera import CameraSettings
from drivers.vision.zones import Zone
from hw_mocks.devices.camera import MockCamera
from kiosk_ui.zones import ZonesServer
from tests.waiting import wait_for

KIOSK = """
[kiosk]
id = "test-01"
place = "xinjing-sancun"
[upstream]
url = "http://127.0.0.1:8482"
[drivers.hall]
type = "camera"
source = "{source}"
[[drivers.hall.zones]]
name = "床"
kind = "bed"
polygon = [[0.2, 0.7], [0.4, 0.7], [0.4, 0.9], [0.2, 0.9]]
"""
EMPTY = {"aspect": 1.3333, "lines": [[[0.1, 0.1], [0.9, 0.1]]], "people": []}


def settings_of(path: Path) -> Settings:
    """What is in force."""
    settings = load(path).settings
    assert settings is not None
    return settings


class Running:
    """The server for one kiosk.toml, before a camera that shows an empty room."""

    def __init__(self, folder: Path, camera: MockCamera, secret: str = "") -> None:
        self.path = folder / "kiosk.toml"
        self.path.write_text(KIOSK.format(source=camera.url), encoding="utf-8")
        self.drop_in = folder / "kiosk.d" / "60-zones.toml"
        self.drop_in.parent.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        settings = settings_of(self.path)
        desk = ZoneDesk(self.path, settings, "hall", Site(folder, folder), self.drop_in)
        self.server = ZonesServer(self.port, desk, EMPTY, secret)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.server.run, args=(self.stop,))
        self.thread.start()
        wait_for(self._answers)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], str]:
        """One request: status, headers with small names, text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET" if body is None else "POST", path, body, dict(headers or {}))
        reply = connection.getresponse()
        found = {name.lower(): value for name, value in reply.getheaders()}
        text = reply.read().decode()
        connection.close()
        return reply.status, found, text

    def send(self, path: str, body: object, **changes: str) -> tuple[int, str]:
        """Send *body* like the page does, with *changes* to the headers; status and text."""
        token = re.search(r'name="token" content="([^"]+)"', self.ask("/")[2])
        assert token is not None
        headers = {
            "Host": f"127.0.0.1:{self.port}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/json",
            "X-Linli-Token": token[1],
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        status, _, text = self.ask(path, json.dumps(body).encode(), headers)
        return status, text

    def zones(self) -> list[Zone]:
        """The zones that the configuration has now."""
        hall = settings_of(self.path).drivers["hall"].settings
        assert isinstance(hall, CameraSettings)
        return hall.zones


@pytest.fixture(scope="module")
def camera() -> Iterator[MockCamera]:
    """A camera that shows an empty room."""
    mock = MockCamera()
    yield mock
    mock.close()


@pytest.fixture
def site(tmp_path: Path, camera: MockCamera) -> Iterator[Running]:
    """A server of its own for each test, for zones are written."""
    running = Running(tmp_path, camera)
    yield running
    running.stop.set()
    running.thread.join(5)
    assert not running.thread.is_alive()


@pytest.fixture
def page(browser: Browser, site: Running) -> Iterator[Page]:
    """The page in a technician's window, ready."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text))
    opened.goto(f"http://127.0.0.1:{site.port}/")
    opened.wait_for_selector("body[data-checked]")
    yield opened
    context.close()
    assert [text for text in complaints if "503" not in text] == []


GUIDE = {"horizon": 0.2, "bodies": [[4.0, [0.4, 0.7], [0.4, 0.3]], [6.0, [0.6, 0.5], [0.6, 0.3]]]}


def test_guide_is_drawn_with_its_meaning(page: Page, site: Running) -> None:
    """Horizon and standing bodies where they must be, each with its distance; else no word."""
    assert page.locator("#compare").is_hidden()
    site.server._sketch = EMPTY | {"guide": GUIDE}
    page.reload()
    page.wait_for_selector("body[data-checked]")
    assert page.locator("#guide .horizon").count() == 1
    assert page.locator("#guide text").all_text_contents() == ["4 m", "6 m"]
    assert page.locator("#compare").is_visible()
    assert Axe().run(page).response["violations"] == []


# -- the server ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/look", "/check", "/write"])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"X_Linli_Token": "guess"}, 403),
        ({"Content_Type": "text/plain"}, 415),
    ],
)
def test_strangers_neither_look_nor_write(
    site: Running, path: str, changes: dict[str, str], status: int
) -> None:
    """Another host name, origin, token or form is refused; no file is written."""
    assert site.send(path, {"zones": []}, **changes)[0] == status
    assert not site.drop_in.exists()


def test_page_is_guarded(site: Running) -> None:
    """It runs only its own script, is not kept, and is not served under a foreign name."""
    status, headers, text = site.ask("/")
    assert status == 200
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert not re.search(r"<style|style=|onclick|<script(?! type=\"module\" src)", text)
    assert site.ask("/", headers={"Host": "rebound.example:8484"})[0] == 421
    assert site.ask("/look")[0] == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({"zones": [{"name": "床", "kind": "bed"}]}, 400),
        ({"zones": [{"name": "床", "kind": "bed", "polygon": [[0]]}]}, 400),
        ({"zones": [{"name": "床", "kind": "bed", "polygon": [[0, 0]] * 201}]}, 400),
        ({"zones": [], "file": "/etc/passwd"}, 400),
        ({"zones": [{"name": "x" * 70_000, "kind": "bed", "polygon": []}]}, 413),
    ],
)
def test_malformed_zones_are_refused(site: Running, body: object, status: int) -> None:
    """Anything but a list of zones, of a sane length, is refused."""
    assert site.send("/write", body)[0] == status
    assert not site.drop_in.exists()


def test_taken_port_is_named(site: Running) -> None:
    """A second page on the same port ends with the remedy."""
    with pytest.raises(DriverUnavailable, match=rf"127\.0\.0\.1:{site.port}.*--port"):
        ZonesServer(site.port, site.server._desk, EMPTY).run(threading.Event())


# -- drawing -------------------------------------------------------------------------------


def click(page: Page, x: float, y: float) -> None:
    """Click on a place of the picture, in fractions of it."""
    page.mouse.click(*spot(page, x, y))


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where in the window a place of the picture is."""
    box = page.locator("#lines rect").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def toml(page: Page, contains: str) -> str:
    """The TOML on the page as soon as it *contains* this."""
    page.wait_for_function(
        "wanted => document.getElementById('toml').textContent.includes(wanted)", arg=contains
    )
    return page.locator("#toml").inner_text()


def polygon(site: Running, page: Page, number: int) -> list[tuple[float, float]]:
    """Press "Write", and return a polygon as the reader of kiosk.toml then has it."""
    page.locator("#write").click()
    page.get_by_text("Written to").wait_for()
    assert page.locator("#toml").inner_text().strip() in site.drop_in.read_text(encoding="utf-8")
    return site.zones()[number].polygon


def test_triangle_by_mouse(site: Running, page: Page) -> None:
    """Three clicks and one on the first corner: the TOML has them, and the kiosk reads them."""
    corners = [(0.6, 0.2), (0.9, 0.25), (0.75, 0.5)]
    for corner in [*corners, corners[0]]:
        click(page, *corner)
    page.get_by_text("is finished").wait_for()
    page.locator("li").nth(1).locator("select").select_option("sofa")
    assert "[[drivers.hall.zones]]" in toml(page, '"沙发"')
    read = polygon(site, page, 1)
    assert len(read) == 3
    for seen, meant in zip(read, corners, strict=True):
        assert seen == pytest.approx(meant, abs=0.003)
    assert [(zone.name, zone.kind) for zone in site.zones()] == [("床", "bed"), ("沙发", "sofa")]


def test_triangle_by_keys(site: Running, page: Page) -> None:
    """Without a mouse: cross-hair, Enter, f, and the same file comes out."""
    stage = page.locator("#stage")
    stage.focus()
    stage.press("Enter")  # in the middle
    for _ in range(4):
        stage.press("Shift+ArrowRight")
    stage.press("Enter")
    for _ in range(3):
        stage.press("ArrowUp")
    stage.press("Enter")
    stage.press("Backspace")  # not there
    for _ in range(2):
        stage.press("Shift+ArrowUp")
    stage.press("Enter")
    stage.press("f")
    toml(page, "[[0.5, 0.5], [0.7, 0.5], [0.7, 0.37]]")
    assert polygon(site, page, 1) == [(0.5, 0.5), (0.7, 0.5), (0.7, 0.37)]


def test_corners_and_zones_change_by_keys(site: Running, page: Page) -> None:
    """n goes to the zone's first corner; Enter picks it up and drops it; Delete deletes it."""
    stage = page.locator("#stage")
    stage.focus()
    stage.press("n")
    stage.press("Enter")
    stage.press("ArrowLeft")
    stage.press("Enter")
    toml(page, "[[0.19, 0.7], [0.4, 0.7]")
    stage.press("Backspace")
    toml(page, "[[0.4, 0.7], [0.4, 0.9], [0.2, 0.9]]")
    stage.press("Delete")
    toml(page, "zones = []")
    page.locator("#write").click()
    page.get_by_text("Written to").wait_for()
    assert site.zones() == []


def test_corner_is_dragged(site: Running, page: Page) -> None:
    """A corner of the chosen zone follows the mouse, but not out of the picture."""
    page.mouse.move(*spot(page, 0.2, 0.7))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.1, 0.5))
    page.mouse.move(*spot(page, -0.1, 0.6))
    page.mouse.up()
    toml(page, "[[0, 0.6], [0.4, 0.7]")
    assert polygon(site, page, 0)[0] == pytest.approx((0, 0.6), abs=0.003)


def test_flaws_are_shown_with_the_remedy(site: Running, page: Page) -> None:
    """Two corners, then crossing lines: said at the zone; nothing can be written meanwhile."""
    click(page, 0.6, 0.1)
    click(page, 0.9, 0.4)
    page.locator("#finish").click()
    flaw = page.locator("li").nth(1).locator(".flaw")
    page.get_by_text("2 corners. Set at least three").wait_for()
    assert page.locator("#write").is_disabled() and page.locator("#copy").is_disabled()
    page.locator("#extend").click()
    click(page, 0.9, 0.1)
    click(page, 0.6, 0.4)
    page.get_by_text("its lines cross. Set the corners in their order").wait_for()
    page.get_by_role("button", name="Delete").nth(1).click()
    toml(page, "[[0.2, 0.7], [0.4, 0.7]")
    assert flaw.count() == 0
    assert page.locator("#write").is_enabled()


def test_look_again_and_copy(page: Page, camera: MockCamera) -> None:
    """The button fetches what the camera sees now, or says why not; the TOML is copied."""
    assert page.locator("#lines polyline").count() == 1
    page.get_by_role("button", name="Look again").click()
    page.get_by_text("This is what the camera sees now.").wait_for()
    assert page.locator("#lines polyline").count() > 3
    camera.unplug()
    page.get_by_role("button", name="Look again").click()
    page.get_by_text("systemctl stop linli").wait_for()
    camera.plug()
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("[[drivers.hall.zones]]")


def test_kinds_are_those_of_the_settings(page: Page) -> None:
    """The page offers just the kinds that the configuration knows."""
    offered = page.locator("li option").evaluate_all("all => all.map(one => one.value)")
    assert offered == list(get_args(get_type_hints(Zone)["kind"]))


def test_page_is_accessible(page: Page) -> None:
    """No rule of axe is broken, also where a zone is being drawn; nothing needs scrolling."""
    click(page, 0.6, 0.1)
    click(page, 0.9, 0.4)
    options: dict[str, Any] = {"rules": {"color-contrast-enhanced": {"enabled": True}}}
    assert Axe().run(page, options=options).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_only_who_was_given_the_address_looks_and_writes(
    tmp_path: Path, camera: MockCamera
) -> None:
    """Another user of the machine sees no sketch and writes no zone."""
    running = Running(tmp_path, camera, "5ec4e7")
    try:
        status, _, text = running.ask("/")
        assert status == 403 and "sketch" not in text and "token" not in text
        own = {"Origin": f"http://127.0.0.1:{running.port}", "Content-Type": "application/json"}
        headers = own | {"X-Linli-Token": running.server._token}
        assert running.ask("/write", b'{"zones": []}', headers)[0] == 403
        assert running.ask("/enter", b'{"secret": "x"}', own)[0] == 403
        status, found, _ = running.ask("/enter", b'{"secret": "5ec4e7"}', own)
        cookie = {"Cookie": found["set-cookie"].partition(";")[0]}
        assert status == 204 and "sketch" in running.ask("/", headers=cookie)[2]
    finally:
        running.stop.set()
        running.thread.join(5)
