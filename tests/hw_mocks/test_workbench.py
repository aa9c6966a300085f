"""The workbench: the real daemon with stand-ins around it, and the page to play with them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import uvicorn

from hw_mocks import scenario_run
from hw_mocks.bench.server import BenchServer
from hw_mocks.dispatcher import Dispatcher
from hw_mocks.scenario import load
from hw_mocks.workbench import Workbench, free_port, is_free, packaged
from tests.kiosk_ui.browsing import CHROMIUM, launch
from tests.waiting import wait_for

READY_S = 60.0


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A kiosk on a bench, without camera."""
    with Workbench(tmp_path_factory.mktemp("w")) as started:
        started.start()
        yield started


@pytest.fixture
def home(bench: Workbench) -> Workbench:
    """The bench with the home screen, and all devices plugged in."""
    wait_for(lambda: bench.page.snapshot)
    if bench.page.snapshot and bench.page.snapshot.screen != "home":
        bench.page.touch("home")
    wait_for(lambda: _screen(bench) == "home")
    return bench


def _screen(bench: Workbench) -> str:
    return bench.page.snapshot.screen if bench.page.snapshot else ""


def test_a_key_reaches_the_page(home: Workbench) -> None:
    """A contact that closes, and opens before that is a hold, moves the kiosk on, and the
    loudspeaker tells."""
    wait_for(lambda: home.screen_stood() > scenario_run.SEEN_S)
    before = scenario_run.now()
    home.contact("key_help", True)
    time.sleep(scenario_run.PRESS_S)  # a finger stays for so long
    home.contact("key_help", False)
    wait_for(lambda: _screen(home) == "help")
    wait_for(lambda: [said for said in home.loudspeaker.said(before) if said.has("值班员")], 15)


def test_what_is_not_offered_cannot_be_touched(home: Workbench) -> None:
    """The page takes only what it shows."""
    assert not home.page.touch("taxi.confirm")
    assert _screen(home) == "home"


def test_devices_outlive_the_daemon(home: Workbench) -> None:
    """After kill -9 a contact is still closed and a bin as full as before."""
    home.measure("bin_1", 300)
    home.upstream.wait_for_record("bin.full", {"bin": "north"}, 15)
    first = home.daemon.pid
    home.contact("key_up", True)
    home.kill()
    assert home.daemon.pid != first
    home.contact("key_up", False)
    home.measure("bin_1", 1800)
    home.upstream.wait_for_record("bin.emptied", {"bin": "north"}, 15)
    assert home.upstream.gaps == []


def test_a_restart_is_proper(home: Workbench) -> None:
    """A daemon that is asked to stop does so by itself, and comes back."""
    home.restart()
    assert _screen(home) == "home"
    assert "Traceback" not in home.daemon.log.read_text()


def test_a_sensor_is_unplugged_and_plugged_in(home: Workbench) -> None:
    """The daemon notices both, and the bench knows how it is."""
    home.unplug("bin_2")
    assert not home.plugged("bin_2")
    home.upstream.wait_for_record("device.down", {"device": "bin_2"}, 15)
    home.plug("bin_2")
    assert home.plugged("bin_2")
    home.upstream.wait_for_record("device.back", {"device": "bin_2"}, 30)


def test_a_port_in_use_is_seen() -> None:
    """A port that somebody listens on is not free."""
    port = free_port()
    assert is_free(port)
    with Listening(port):
        assert not is_free(port)


class Listening:
    """Something that listens on a port."""

    def __init__(self, port: int) -> None:
        self._server = uvicorn.Server(uvicorn.Config(_nothing, port=port, log_config=None))
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> None:
        self._thread.start()
        wait_for(lambda: self._server.started)

    def __exit__(self, *exc: object) -> None:
        self._server.should_exit = True
        self._thread.join()


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that never answers."""


# -- scenarios ----------------------------------------------------------------------------------


def test_a_step_that_does_not_hold_is_explained(tmp_path: Path) -> None:
    """The first step that fails ends the scenario, and says what is the matter instead."""
    file = tmp_path / "a.toml"
    file.write_text(
        'title = "too much is expected"\n'
        '[[step]]\nscreen = "home"\n'
        '[[step]]\nlamp = {device = "lamp_taxi", on = true}\nwithin = 0.2\n'
        '[[step]]\nscreen = "help"\n'
    )
    said: list[str] = []
    scenario = load(file, packaged(), None)
    assert not scenario_run.play(scenario, tmp_path / "r", None, said.append)
    told = "\n".join(said)
    assert 'line 3    screen = "home"' in told
    assert f"{file}:5: expected lamp_taxi on within 0.2 s" in told
    assert "screen   home" in told and "taxi.call" in told
    assert "line 7" not in told


# -- the bench page -----------------------------------------------------------------------------


class Visitor:
    """The bench page of a workbench, and a client that has loaded it."""

    def __init__(self, bench: Workbench, clips: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._dispatcher = Dispatcher(bench.upstream)
        self._server = BenchServer(bench, self._dispatcher, self.port, clips).server
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> Visitor:
        self._dispatcher.start()
        self._thread.start()
        wait_for(lambda: self._server.started)
        page = requests.get(self.url, timeout=5).text
        self.token = page.partition('name="token" content="')[2].partition('"')[0]
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._dispatcher.close()

    def wish(self, headers: dict[str, str] | None = None, **wish: Any) -> requests.Response:
        """Ask for something as the page does."""
        sent = {"Origin": self.url, "X-Bench-Token": self.token} | (headers or {})
        return requests.post(f"{self.url}/do", json=wish, headers=sent, timeout=READY_S)

    def states(self) -> Iterator[dict[str, Any]]:
        """What the page is told, the fixed part first."""
        with requests.get(f"{self.url}/state", stream=True, timeout=10) as stream:
            for line in stream.iter_lines(chunk_size=1):
                if line.startswith(b"data: "):
                    yield msgspec.json.decode(line[6:])

    def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first state for which *holds*."""
        states = self.states()
        next(states)
        return next(state for state in states if holds(state))


@pytest.fixture
def visitor(home: Workbench, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody at the bench page."""
    (tmp_path / "fall.mp4").touch()
    with Visitor(home, tmp_path) as visiting:
        yield visiting


def test_the_bench_shows_and_changes_everything(home: Workbench, visitor: Visitor) -> None:
    """What a visitor wishes is done, and the page is told what became of it."""
    fixed = next(visitor.states())
    assert fixed["clips"] == ["fall.mp4"]
    assert [key["key"] for key in fixed["keys"]] == ["up", "down", "enter", "back", "help"]

    assert visitor.wish(do="measure", device="bin_1", value=700).status_code == 204
    state = visitor.until(lambda state: state["bins"][0]["mm"] == 700)
    assert visitor.wish(do="set", device="bin_1", data={"mm": 650}).status_code == 204
    assert visitor.until(lambda state: {"mm": 650} in [one["values"] for one in state["sensors"]])
    assert visitor.wish(do="set", device="bin_1", data={"mm": "far"}).status_code == 409
    assert {lamp["device"] for lamp in state["lamps"]} >= {"lamp_taxi", "buzzer"}

    visitor.wish(do="upstream", value="offline")
    assert visitor.until(lambda state: state["mode"] == "offline")
    visitor.wish(do="upstream", value="online")

    visitor.wish(do="unplug", device="speaker")
    assert visitor.until(lambda state: not state["devices"]["speaker"])
    visitor.wish(do="plug", device="speaker")
    visitor.wish(do="outcome", value="no_car")
    assert visitor.until(lambda state: state["outcome"] == "no_car")

    visitor.wish(do="touch", value="help")
    assert visitor.until(lambda state: state["screen"] and state["screen"]["screen"] == "help")
    visitor.wish(do="command", value="taxi.no_car", data={"order": "unheard"})
    sent = visitor.until(lambda state: state["commands"])["commands"][-1]
    assert (sent["kind"], sent["data"]) == ("taxi.no_car", {"order": "unheard"})


def test_the_bench_refuses_what_it_cannot_do(visitor: Visitor) -> None:
    """A wish that makes no sense is answered with a reason, not with a broken page."""
    for wish in (
        {"do": "dance"},
        {"do": "upstream", "value": "mad"},
        {"do": "measure", "device": "bin_1", "value": "high"},
        {"do": "measure", "device": "bin_9", "value": 3},
        {"do": "play", "device": "camera", "value": "../secret.mp4"},
        {"what": "?"},
    ):
        reply = visitor.wish(**wish)
        assert reply.status_code == 409 and reply.text, wish


def test_only_the_page_itself_may_wish(visitor: Visitor) -> None:
    """Other sites, other names of this machine and guessed tokens are refused."""
    wish = {"do": "kill"}
    assert visitor.wish({"Origin": "http://evil.example"}, **wish).status_code == 403
    assert visitor.wish({"X-Bench-Token": "guess"}, **wish).status_code == 403
    assert visitor.wish({"Host": "evil.example"}, **wish).status_code == 400
    assert requests.get(f"{visitor.url}/sound/..%2Fdaemon.log", timeout=5).status_code == 404


def test_a_person_calls_a_taxi_on_the_bench_page(home: Workbench, visitor: Visitor) -> None:
    """In a real browser: hold a key, see the screen change, a record arrive, a lamp light up."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}; apt-get install chromium")
    wait_for(lambda: home.screen_stood() > scenario_run.SEEN_S)
    # Another thread: playwright runs once on each
    with ThreadPoolExecutor(1) as other:
        assert other.submit(_call_a_taxi, visitor.url).result() == []


def _call_a_taxi(url: str) -> list[str]:
    """What the browser complained of."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(url)
        page.locator("#live >> text=home").wait_for()
        page.locator(".keypad .enter").hover()
        page.mouse.down()
        page.locator("#live >> text=taxi.destination").wait_for()
        page.mouse.up()
        page.get_by_title("taxi.to.driver").click()
        page.get_by_title("taxi.confirm").click()
        page.locator("#records >> text=taxi.requested").first.wait_for()
        page.locator(".lamps .lit >> text=taxi").wait_for()
        page.get_by_title("taxi.cancel", exact=True).click()
        page.locator("#records >> text=taxi.cancelled").first.wait_for()
        page.locator("#live >> text=taxi.cancelled").wait_for()
        browser.close()
    return complaints
