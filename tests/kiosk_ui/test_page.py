"""The page in the real browser: what it draws, takes and survives."""

from __future__ import annotations

import re
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs
from playwright.sync_api import Page, expect

import kiosk_ui
from agent.dialogue.snapshot import Idle, Item, Notice, Snapshot
from agent.dialogue.views import Phrase, in_words
from agent.services.registry import REGISTRY
from agent.services.taxi.settings import TaxiSettings
from tests.kiosk_ui.browsing import Site, show
from tests.kiosk_ui.samples import RESTING, SCREENS, WORDS, sample
from tests.waiting import wait_for


def active(page: Page) -> str:
    """What has the keyboard: the action of a button, or the name of another element."""
    script = "document.activeElement.dataset.action ?? document.activeElement.localName"
    found: str = page.evaluate(script)
    return found


def acted(page: Page, site: Site, count: int) -> list[str]:
    """The first *count* choices that arrived, once nothing more is under way."""

    def arrived() -> bool:
        page.wait_for_load_state("networkidle")
        return len(site.acted) >= count

    wait_for(arrived)
    return [action for action, _ in site.acted]


def centre(page: Page, action: str) -> tuple[float, float]:
    """The middle of a button."""
    box = page.locator(f'button[data-action="{action}"]').bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_follows_snapshots(page: Page, site: Site) -> None:
    """Title, language, words and choices are those of the newest snapshot, within 100 ms."""
    show(page, site, sample("taxi.destination"))
    expect(page.locator("h1")).to_have_text("您要去哪里？")
    began = time.monotonic()
    show(page, site, sample("taxi.accepted", "en"))
    assert time.monotonic() - began < 0.5  # the figure proper belongs to the bench
    assert page.title() == "Your taxi is coming – 邻里"
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator(".badge").inner_text().replace("\n", "") == "沪A·D12345"


def test_every_screen_follows_every_other(page: Page, site: Site) -> None:
    """Whatever was drawn before, a screen looks as if it had been loaded afresh."""
    for screen in (*SCREENS, *reversed([*SCREENS])):
        show(page, site, sample(screen))
        drawn = page.locator("button").evaluate_all("all => all.map(b => b.dataset.action)")
        shown = sample(screen)
        assert drawn == [item.action for item in shown.items + shown.bar]
        assert page.locator("footer .phones li").count() == len(shown.phones)


def test_touch_chooses(page: Page, site: Site) -> None:
    """A touch of a choice is sent with the number of the snapshot that was on the screen."""
    shown = show(page, site, sample("taxi.confirm"))
    page.touchscreen.tap(*centre(page, "taxi.confirm"))
    acted(page, site, 1)
    assert site.acted == [("taxi.confirm", shown.sequence)]


def test_sliding_off_cancels(page: Page, site: Site) -> None:
    """Nothing happens on the way down, nor when the finger leaves the button before it lifts."""
    page.mouse.move(*centre(page, "taxi.call"))
    page.mouse.down()
    page.mouse.move(*centre(page, "help"))
    page.mouse.up()
    page.mouse.click(*centre(page, "repeat"))
    assert acted(page, site, 1) == ["repeat"]


def test_req_16_double_strike_is_one(page: Page, site: Site) -> None:
    """A second touch within half a second is the same touch, also when the screen has changed."""
    page.mouse.click(*centre(page, "taxi.call"))
    show(page, site, sample("taxi.confirm"))
    page.mouse.click(*centre(page, "taxi.confirm"))
    page.wait_for_timeout(520)
    page.mouse.click(*centre(page, "help"))
    assert acted(page, site, 2) == ["taxi.call", "help"]


@pytest.mark.parametrize(
    "after",
    [
        sample("taxi.refused"),
        sample("taxi.no_car", items=tuple(reversed(sample("taxi.no_car").items))),
    ],
    ids=["another screen", "other choices"],
)
def test_press_across_a_change_does_nothing(page: Page, site: Site, after: Snapshot) -> None:
    """A finger that went down on one choice never chooses what has come in its place."""
    show(page, site, sample("taxi.no_car"))
    page.mouse.move(*centre(page, "taxi.again"))
    page.mouse.down()
    show(page, site, after)
    page.mouse.up()
    page.mouse.click(*centre(page, "help"))
    assert acted(page, site, 1) == ["help"]


def test_press_across_a_change_of_words_still_chooses(page: Page, site: Site) -> None:
    """A caption or a notice that comes while the finger is down does not lose the touch."""
    show(page, site, sample("home"))
    page.mouse.move(*centre(page, "taxi.call"))
    page.mouse.down()
    show(
        page,
        site,
        sample("home", spoken="网络恢复了。", notices=(Notice("bin", "垃圾桶满了"),), focus=1),
    )
    page.mouse.up()
    assert acted(page, site, 1) == ["taxi.call"]


def test_keys_are_sent_to_the_daemon(page: Page, site: Site) -> None:
    """A keypad that acts as a keyboard has the five keys; Tab and Space do what people expect."""
    keys = ("ArrowUp", "ArrowDown", "Enter", "Escape", "F1", "Tab", "Shift+Tab", "Space")
    for count, key in enumerate(keys, 1):
        page.keyboard.press(key)
        acted(page, site, count)
    names = ("up", "down", "enter", "back", "help", "down", "up", "enter")
    assert [action for action, _ in site.acted] == [f"key:{name}" for name in names]


def test_req_17_held_key_counts_once(page: Page, site: Site) -> None:
    """The keyboard's own repetition is not sent on."""
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.press("F1")
    assert acted(page, site, 2) == ["key:enter", "key:help"]


def test_focus_is_the_daemons(page: Page, site: Site) -> None:
    """The element that the snapshot names has the focus and a wide ring; the body never has it."""
    shown = show(page, site, sample("taxi.confirm"))
    assert active(page) == "h1"
    for index, item in enumerate(shown.items + shown.bar):
        show(page, site, sample("taxi.confirm", focus=index))
        assert active(page) == item.action
        ring = page.locator(":focus").evaluate("e => parseFloat(getComputedStyle(e).outlineWidth)")
        assert ring >= 4
    page.mouse.click(*centre(page, "taxi.back"))
    assert active(page) == "help"
    page.reload()
    assert active(page) == "help"


def test_req_20_changes_are_announced_without_moving_the_focus(page: Page, site: Site) -> None:
    """A screen reader is told politely of a new screen, and at once of a fall."""
    show(page, site, sample("taxi.requesting", focus=0))
    show(page, site, sample("taxi.requested", focus=0))
    status, alert = page.locator("#said[role=status]"), page.locator("#alarm[role=alert]")
    assert "正在为您找车" in status.inner_text()
    assert active(page) == "taxi.wait"
    show(page, site, sample("fall.question"))
    assert "您还好吗" in alert.inner_text()
    assert status.inner_text() == ""


def test_req_46_loss_of_the_daemon(page: Page, site: Site) -> None:
    """Within 5 s a dead daemon is told, with telephone numbers; nothing can be pressed and no
    order stands as confirmed; the page recovers by itself and its keys work again."""
    show(page, site, sample("taxi.accepted"))
    began = time.monotonic()
    site.stop()
    lost = page.locator("#lost[role=alert]")
    expect(lost).to_contain_text("系统正在恢复，请稍候", timeout=6000)
    assert time.monotonic() - began < 5
    expect(lost).to_contain_text("请不要当作叫到了")
    expect(lost).to_contain_text("If it is urgent")
    expect(lost).to_contain_text("120")
    covers = "document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('#lost') !== null"
    assert page.evaluate(covers)
    assert page.locator("#frame").evaluate("e => e.inert")
    page.keyboard.press("Enter")

    site.start(sample("taxi.unknown"))
    expect(page.locator('main[data-screen="taxi.unknown"]')).to_be_visible(timeout=5000)
    expect(lost).to_be_empty()
    assert site.acted == []
    page.locator('button[data-action="taxi.cancel"]').click()
    assert acted(page, site, 1) == ["taxi.cancel"]


def test_a_lost_page_knows_where_else_a_car_can_be_called(page: Page, site: Site) -> None:
    """The next call point and the way to it, in the language on the screen, as they were last
    served, and no telephone number goes for it; nothing where nothing is configured."""
    way = "新泾六村南门，出门向左两百米"
    words = {tag: in_words(elsewhere(way), partial(WORDS.text, tag)) for tag in WORDS.languages}
    lost = page.locator("#lost")
    for language, known in (("en", words), ("zh-CN", words), ("zh-CN", {})):
        show(page, site, sample("home", language, instead=known))
        site.stop()
        expect(lost).to_contain_text("系统正在恢复，请稍候", timeout=6000)
        said = [known[language]] if known else []
        assert all(way in one for one in said)
        expect(lost.locator(".lost-words:first-child .lost-instead")).to_have_text(said)
        expect(lost.locator(".lost-instead")).to_have_count(len(said))
        if known:  # all of it is on the smallest glass
            page.set_viewport_size({"width": 800, "height": 480})
            assert lost.evaluate("e => e.scrollHeight <= innerHeight")
            page.set_viewport_size({"width": 1280, "height": 800})
        site.start(sample("home"))
        expect(lost).to_be_empty(timeout=5000)


def elsewhere(way: str) -> Phrase:
    """What the taxi's table says of it."""
    said = REGISTRY["taxi"].instead(TaxiSettings(elsewhere=way))
    assert said is not None
    return said


def test_stuck_daemon_counts_as_lost(page: Page, site: Site) -> None:
    """A connection that stays open but says nothing is noticed as well; without an order on
    the screen the banner does not worry anybody about one."""
    show(page, site, sample("home", "en"))
    site.held = threading.Event()
    page.keyboard.press("Enter")
    lost = page.locator("#lost")
    expect(lost).to_contain_text("Restarting", timeout=6500)
    assert lost.locator(".lost-words").first.get_attribute("lang") == "en"
    assert lost.locator(".lost-order").count() == 0
    page.keyboard.press("F1")
    site.held.set()
    expect(lost).to_be_empty(timeout=6500)
    page.keyboard.press("ArrowDown")
    assert acted(page, site, 2) == ["key:enter", "key:down"]


@pytest.mark.parametrize("size", [(800, 480), (1024, 600), (1280, 800), (1080, 1920), (600, 1024)])
def test_an_idle_page_has_the_time_in_large_type(
    page: Page, site: Site, size: tuple[int, int]
) -> None:
    """While nobody uses the kiosk the time of day stands larger than the greeting; where there is
    room, on each size in Chinese, the date and the bins too."""
    resting = sample(RESTING)
    resting = structs.replace(resting, items=resting.items[:-1])  # no bin is full
    before = page.viewport_size
    assert before is not None
    try:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        show(page, site, resting)
        expect(page.locator(".clock")).to_be_visible()
        clock, greeting = (
            page.locator(which).evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
            for which in (".clock", "h1")
        )
        assert clock >= 1.3 * greeting
        if size != (600, 1024):
            expect(page.locator(".date")).to_have_text("11月29日 星期日")
            expect(page.locator(".date")).to_be_visible()
            expect(page.locator(".standing")).to_be_visible()
    finally:
        page.set_viewport_size(before)


def test_the_page_invents_no_time(page: Page, site: Site) -> None:
    """The time that the daemon gives stands still until it gives another; without one there is
    none, and a daemon that is lost takes it along. Nothing is announced for it."""
    show(page, site, sample(RESTING))
    said = page.locator("#said").text_content()
    expect(page.locator(".clock")).to_have_text("12:00")
    show(page, site, sample(RESTING, idle=Idle("12:01", "11月29日 星期日")))
    expect(page.locator(".clock")).to_have_text("12:01")
    assert page.locator("#said").text_content() == said
    show(page, site, sample(RESTING, idle=Idle(lines=("北箱已满。",))))
    expect(page.locator(".clock")).to_be_hidden()
    expect(page.locator(".standing")).to_have_text("北箱已满。")
    code = (Path(kiosk_ui.__file__).parent / "static" / "kiosk.js").read_text(encoding="utf-8")
    assert not re.search(r"Date\b|toLocale|Intl", code)


def test_a_finger_is_on_its_button_when_the_time_comes(page: Page, site: Site) -> None:
    """The time appears, changes and goes while a finger is down: it chooses what it pressed."""
    show(page, site, sample("home"))
    page.mouse.move(*centre(page, "taxi.call"))
    page.mouse.down()
    for idle in (Idle("12:00", "11月29日"), Idle("12:01", "11月29日", ("北箱已满。",)), Idle()):
        show(page, site, sample("home", idle=idle))
    page.mouse.up()
    assert acted(page, site, 1) == ["taxi.call"]


def test_req_39_nothing_is_kept(page: Page, site: Site) -> None:
    """After an order the browser holds nothing of it: no storage, no cookie, no way back."""
    before = page.evaluate("history.length")
    show(page, site, sample("taxi.accepted"))
    show(page, site, sample("home"))
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []
    assert page.evaluate("history.length") == before
    assert "12345" not in page.locator("main").inner_html()
    assert "沪A" not in page.content()


def test_screens_of_later_services_are_drawn(page: Page, site: Site) -> None:
    """A screen the page has never heard of is drawn with its title, text and choices."""
    later = sample("home", screen="library.list", items=(Item("library.1", "三国演义"),))
    show(page, site, later)
    expect(page.locator('button[data-action="library.1"]')).to_have_text("三国演义")


def test_req_15_the_page_knows_no_drag_and_no_long_press() -> None:
    """By its code: a click is the only gesture that chooses anything; what else the page listens
    for wakes it, or is kept from the browser. Nothing is timed between down and up."""
    code = (Path(kiosk_ui.__file__).parent / "static" / "kiosk.js").read_text(encoding="utf-8")
    listened = set(re.findall(r'(?:document|frame|^)\.?addEventListener\("(\w+)"', code, re.M))
    assert listened == {"click", "mousedown", "pointerdown", "keydown", "wheel", "resize"}
    assert 'addEventListener("mousedown", (event) => event.preventDefault())' in code
    assert 'addEventListener("pointerdown", wake' in code
    assert re.search(r"gesture of \[[^]]*\bdragstart\b[^]]*\bgesturestart\b", code)
