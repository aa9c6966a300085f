"""The page against what a public kiosk owes to old and disabled people (WCAG 2.2, EN 301 549)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

import kiosk_ui
from agent.dialogue.snapshot import Notice
from tests.kiosk_ui.browsing import SIZES, Site, serving, show
from tests.kiosk_ui.samples import SCREENS, WORDS, sample

MM = {"small": 800 / 154, "wide": 1280 / 217, "tall": 1080 / 268}
"""CSS pixels per millimetre of the usual panels: 7, 10.1 and 21.5 inches."""
AXE_RULES = {
    "color-contrast-enhanced": {"enabled": True},
    "target-size": {"enabled": True},
    "css-orientation-lock": {"enabled": True},
    "label-content-name-mismatch": {"enabled": True},
}
BOXES = """() => [...document.querySelectorAll("button")].map(b => {
  const r = b.getBoundingClientRect();
  return [b.dataset.action, r.left, r.top, r.right, r.bottom,
          b.scrollWidth > b.clientWidth + 1 || b.scrollHeight > b.clientHeight + 1];
})"""
TEXTS = """() => {
  const walker = document.createTreeWalker(document.getElementById("frame"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    const parent = walker.currentNode.parentElement;
    if (!text || !parent.checkVisibility()) continue;
    const style = getComputedStyle(parent);
    const main = parent.closest("main") !== null && parent.closest(".problem") === null;
    // Lengths are before it, in a drawing before the drawing's own.
    const zoom = parent.ownerSVGElement ? parent.getScreenCTM().d : parent.currentCSSZoom;
    const px = name => parseFloat(style[name]) * zoom;
    found.push([text, px("fontSize"), px("lineHeight"), main]);
  }
  return found;
}"""
PARAGRAPHS = """() => [...document.querySelectorAll("main p, main li, footer p")]
  .filter(e => e.checkVisibility() && e.textContent.trim()
    && !e.matches(".badge, .count, .step, .answer, .medal"))
  .map(e => {
    const style = getComputedStyle(e), next = e.nextElementSibling;
    const [size, line] = [parseFloat(style.fontSize), parseFloat(style.lineHeight)];
    const apart = e.localName === "p" && next?.localName === "p" && next.checkVisibility()
      ? (next.getBoundingClientRect().top - e.getBoundingClientRect().bottom) / e.currentCSSZoom
        + parseFloat(style.paddingBottom) + parseFloat(getComputedStyle(next).paddingTop)
      : line;
    return [e.textContent.trim(), line / size, (apart + line - size) / (line - size)];
  })"""
"""Running text: line height in its own size; distance to the next paragraph in line gaps."""
FITS = """() => document.documentElement.scrollWidth <= innerWidth
  && document.documentElement.scrollHeight <= innerHeight"""


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """One server for all: these tests only look."""
    with serving() as site:
        yield site


@pytest.fixture(scope="module")
def tabs(browser: Browser, shared: Site) -> Iterator[dict[str, Page]]:
    """One tab in each size."""
    opened = {}
    for size, (width, height) in SIZES.items():
        opened[size] = browser.new_page(viewport={"width": width, "height": height})
        opened[size].goto(shared.address)
    yield opened
    for tab in opened.values():
        tab.close()


def violations(page: Page) -> list[str]:
    """What axe-core objects to, one line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text())
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {rules, resultTypes: ['violations']})", AXE_RULES
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("contrast", [False, True], ids=["normal", "contrast"])
def test_req_21_axe_finds_nothing(tabs: dict[str, Page], shared: Site, contrast: bool) -> None:
    """No screen in either theme has a violation of axe's rules, text contrast of 7:1 included."""
    for number, screen in enumerate(SCREENS):
        language = WORDS.languages[number % len(WORDS.languages)]
        show(tabs["wide"], shared, sample(screen, language, contrast=contrast, focus=0))
        assert violations(tabs["wide"]) == [], screen


def test_req_08_axe_finds_nothing_in_the_systems_colours(
    tabs: dict[str, Page], shared: Site
) -> None:
    """With forced colours, or more contrast asked of the browser, the screens stay in order."""
    page = tabs["wide"]
    for screen in ("home", "taxi.confirm", "taxi.accepted", "fall.question"):
        show(page, shared, sample(screen, focus=0))
        page.emulate_media(forced_colors="active")
        assert violations(page) == []
        page.emulate_media(forced_colors="none", contrast="more")
        assert violations(page) == []
        page.emulate_media(contrast="no-preference")


def test_axe_would_find_something(tabs: dict[str, Page], shared: Site) -> None:
    """The rules are really applied: pale text and small targets are objected to."""
    page = tabs["wide"]
    show(page, shared, sample("taxi.confirm"))
    page.evaluate("document.querySelector('.text').style.color = '#8a8a8a'")
    found = " ".join(violations(page))
    page.reload()
    assert "color-contrast-enhanced" in found


class Box(NamedTuple):
    """A button on the glass, in CSS pixels."""

    action: str
    left: float
    top: float
    right: float
    bottom: float
    clipped: bool


class Look(NamedTuple):
    """What was measured of one screen in one size."""

    fits: bool
    boxes: list[Box]
    texts: list[tuple[str, float, float, bool]]
    paragraphs: list[tuple[str, float, float]]


def look(page: Page) -> Look:
    """Measure what the page shows."""
    return Look(
        page.evaluate(FITS),
        [Box(*box) for box in page.evaluate(BOXES)],
        page.evaluate(TEXTS),
        page.evaluate(PARAGRAPHS),
    )


@pytest.fixture(scope="module")
def looks(tabs: dict[str, Page], shared: Site) -> dict[str, dict[str, Look]]:
    """Size → screen → what was measured of it in Chinese."""
    found: dict[str, dict[str, Look]] = {}
    for size, page in tabs.items():
        found[size] = {}
        for screen in SCREENS:
            show(page, shared, sample(screen))
            found[size][screen] = look(page)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_req_41_screens_fit(looks: dict[str, dict[str, Look]], size: str) -> None:
    """Every screen is on the glass as a whole, and no label outgrows its button."""
    for screen, measured in looks[size].items():
        assert measured.fits, screen
        assert [box.action for box in measured.boxes if box.clipped] == [], screen


@pytest.mark.parametrize("language", WORDS.languages[1:])
@pytest.mark.parametrize("size", SIZES)
def test_screens_fit_in_other_languages(
    tabs: dict[str, Page], shared: Site, size: str, language: str
) -> None:
    """The longer words of the other languages do not push anything off the glass."""
    for screen in SCREENS:
        show(tabs[size], shared, sample(screen, language))
        assert tabs[size].evaluate(FITS), screen


@pytest.mark.parametrize("size", SIZES)
def test_req_03_targets_are_large_and_apart(looks: dict[str, dict[str, Look]], size: str) -> None:
    """Each button is at least 60 px and 12.7 mm in both directions, 2.54 mm from the next."""
    least, apart = max(60, 12.7 * MM[size]), 2.54 * MM[size]
    for screen, measured in looks[size].items():
        for box in measured.boxes:
            smaller = min(box.right - box.left, box.bottom - box.top)
            assert smaller >= least - 0.5, (screen, box)
        for one, other in itertools.combinations(measured.boxes, 2):
            across = max(one.left - other.right, other.left - one.right)
            down = max(one.top - other.bottom, other.top - one.bottom)
            assert max(across, down) >= apart - 0.5, (screen, one, other)


@pytest.mark.parametrize("size", SIZES)
def test_req_04_text_is_large(looks: dict[str, dict[str, Look]], size: str) -> None:
    """No text is under 18 px, none on the screen itself under 24; lines are 1.15 high or more."""
    for screen, measured in looks[size].items():
        for text, pixels, line, main in measured.texts:
            assert pixels >= (24 if main else 18), (screen, text)
            assert line >= pixels * (1.0 if text.isdigit() else 1.15), (screen, text)


@pytest.mark.parametrize("size", SIZES)
def test_req_06_lines_and_paragraphs_are_apart(
    tabs: dict[str, Page], shared: Site, looks: dict[str, dict[str, Look]], size: str
) -> None:
    """Running text has lines 1.3 of its size high, and paragraphs 1.3 line gaps apart; the largest
    text, for which room is saved elsewhere, too."""
    measured = {screen: one.paragraphs for screen, one in looks[size].items()}
    assert sum(map(len, measured.values())) > len(SCREENS)
    for screen in SCREENS:
        show(tabs[size], shared, sample(screen, text_size=2))
        for text, line, apart in [*measured[screen], *tabs[size].evaluate(PARAGRAPHS)]:
            assert line >= 1.295, (screen, text)
            assert apart >= 1.3, (screen, text)


@pytest.mark.parametrize("size", SIZES)
def test_req_36_bar_keeps_its_place(looks: dict[str, dict[str, Look]], size: str) -> None:
    """Back, home, repeat, language and help are at the same place on every screen."""
    places = {
        tuple((box.action, round(box.left), round(box.top)) for box in measured.boxes[-6:])
        for measured in looks[size].values()
    }
    assert len(places) == 1


def test_req_05_larger_text(tabs: dict[str, Page], shared: Site) -> None:
    """A resident can have the text larger in two steps, and it is normal again afterwards."""
    page = tabs["wide"]
    sizes = []
    for text_size in (0, 1, 2, 0):
        show(page, shared, sample("taxi.confirm", text_size=text_size))
        sizes.append(page.locator("h1").evaluate("e => parseFloat(getComputedStyle(e).fontSize)"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert sizes[1] >= sizes[0] * 1.2
    assert sizes[2] >= sizes[0] * 1.45
    assert sizes[3] == sizes[0]


PIXELS = """() => ["main h1", "main button"].map(wanted =>
  Math.min(...[...document.querySelectorAll(wanted)].map(
    e => parseFloat(getComputedStyle(e).fontSize) * e.currentCSSZoom), 999))"""
"""The least size of the title, and of the choices, as they stand on the glass."""


@pytest.mark.parametrize("language", WORDS.languages)
@pytest.mark.parametrize("size", SIZES)
def test_req_05_larger_text_never_makes_anything_smaller(
    tabs: dict[str, Page], shared: Site, size: str, language: str
) -> None:
    """However full a screen is: whoever asks for larger text has title and choices at least as
    large as before, but for rounding, and never under 18 px."""
    for screen in SCREENS:
        show(tabs[size], shared, sample(screen, language))
        normal = tabs[size].evaluate(PIXELS)
        for text_size in (1, 2):
            show(tabs[size], shared, sample(screen, language, text_size=text_size))
            for before, after in zip(normal, tabs[size].evaluate(PIXELS), strict=True):
                assert after >= max(18, before * 0.98), (screen, text_size)


NEEDED = """() => [...document.querySelectorAll(
    "button, h1, .text, .badge, .count, .phones.large li, .facts li, .rows div, [aria-current]")]
  .filter(e => e.checkVisibility())
  .map(e => [e.dataset.action ?? e.textContent.trim(), e.getBoundingClientRect()])
  .concat([...document.querySelectorAll("main .phones.large b")].map(b => [b.textContent, {
    ...b.getBoundingClientRect().toJSON(),
    left: b.getBoundingClientRect().left - b.parentElement.getBoundingClientRect().left,
    right: innerWidth + b.getBoundingClientRect().right
      - b.parentElement.getBoundingClientRect().right,
  }]))
  .filter(([name, r]) => r.left < -1 || r.top < -1 || r.right > innerWidth + 1
    || r.bottom > innerHeight + 1 || !r.height).map(([name]) => name)"""
"""What is needed now and is not wholly on the glass."""


@pytest.mark.parametrize("language", WORDS.languages)
@pytest.mark.parametrize("size", SIZES)
def test_no_text_size_hides_what_is_needed(
    tabs: dict[str, Page], shared: Site, size: str, language: str
) -> None:
    """At every text size all buttons, the plate, the minutes, "I need help" and the telephone
    numbers of every screen are on the glass, also on the smallest."""
    for screen in SCREENS:
        for text_size in (1, 2):
            show(tabs[size], shared, sample(screen, language, text_size=text_size))
            assert tabs[size].evaluate(NEEDED) == [], (screen, text_size)
            clipped = [action for action, *_, cut in tabs[size].evaluate(BOXES) if cut]
            assert clipped == [], (screen, text_size)


@pytest.mark.parametrize("language", WORDS.languages)
def test_req_42_all_that_is_touched_is_within_reach_of_who_sits(
    tabs: dict[str, Page], shared: Site, language: str
) -> None:
    """On the tall screen every control of every screen, at every text size, lies in the lowest
    45 %, whole, and large enough for a finger."""
    page, (_, height) = tabs["tall"], SIZES["tall"]
    for screen in SCREENS:
        for text_size in (0, 1, 2):
            show(page, shared, sample(screen, language, text_size=text_size))
            boxes = [Box(*box) for box in page.evaluate(BOXES)]
            assert boxes
            for box in boxes:
                assert box.top >= 0.55 * height - 0.5, (screen, text_size, box)
                assert box.bottom <= height and not box.clipped, (screen, text_size, box)
                assert box.bottom - box.top >= max(60, 12.7 * MM["tall"]) - 0.5, (screen, box)
            for one, other in itertools.combinations(boxes, 2):
                across = max(one.left - other.right, other.left - one.right)
                down = max(one.top - other.bottom, other.top - one.bottom)
                assert max(across, down) >= 2.54 * MM["tall"] - 0.5, (screen, one, other)


@pytest.mark.parametrize("size", SIZES)
def test_req_09_double_text_loses_nothing(tabs: dict[str, Page], shared: Site, size: str) -> None:
    """At 200 % the page scrolls in one direction only, and the focus is brought into view."""
    page = tabs[size]
    page.evaluate("document.documentElement.style.setProperty('--size', 2)")
    for screen in ("home", "taxi.destination", "taxi.accepted", "fall.question"):
        shown = show(page, shared, sample(screen, focus=0))
        last = len(shown.items) - 1
        show(page, shared, sample(screen, focus=last))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen
        for action, *_, clipped in page.evaluate(BOXES):
            assert not clipped, (screen, action)
        box = page.locator(":focus").bounding_box()
        assert box is not None
        assert box["y"] > -1 or box["height"] > SIZES[size][1], screen
    page.evaluate("document.documentElement.style.removeProperty('--size')")


def test_req_10_wider_spacing_loses_nothing(tabs: dict[str, Page], shared: Site) -> None:
    """Text spaced as WCAG 1.4.12 asks stays inside its buttons."""
    page = tabs["wide"]
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
            + " word-spacing: 0.16em !important }");
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    for screen in ("home", "taxi.destination", "taxi.confirm", "fall.question"):
        show(page, shared, sample(screen))
        for action, *_, clipped in page.evaluate(BOXES):
            assert not clipped, (screen, action)
    page.evaluate("document.adoptedStyleSheets = []")


def test_req_24_reduced_motion_is_honoured(tabs: dict[str, Page], shared: Site) -> None:
    """Nothing moves for those who asked for stillness; for others only the road does."""
    page = tabs["wide"]
    show(page, shared, sample("taxi.requesting"))  # where the road always has room
    assert page.evaluate("document.getAnimations().length") == 1
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0
    page.emulate_media(reduced_motion="no-preference")


def test_req_07_status_is_never_told_by_colour_alone(tabs: dict[str, Page], shared: Site) -> None:
    """Every lamp in the status row has a sign and words."""
    for screen in ("home", "taxi.offline"):
        show(tabs["wide"], shared, sample(screen, notices=(Notice("camera", "摄像头暂时不能用"),)))
        for lamp in tabs["wide"].locator("[data-status]").all():
            assert lamp.inner_text().strip()
            assert lamp.locator("svg").count() == 1


def test_req_19_names_are_the_visible_labels(tabs: dict[str, Page], shared: Site) -> None:
    """Every button is called what stands on it, and the screen has one heading."""
    show(tabs["wide"], shared, sample("taxi.confirm"))
    tree = tabs["wide"].locator("#frame").aria_snapshot()
    assert tree.count("- heading") == 1
    names = re.findall(r'- button "([^"]+)"', tree)
    shown = sample("taxi.confirm")
    assert names == [item.label for item in shown.items + shown.bar]


# -- the colours themselves ------------------------------------------------------------------

PAIRS = [
    ("ink", "paper"),
    ("soft", "paper"),
    ("ink", "card"),
    ("soft", "card"),
    ("on-primary", "primary"),
    ("on-amber", "amber"),
    ("on-alarm", "danger"),
    ("on-alarm", "ok"),
]
SHAPES = [("line", "paper"), ("ring", "paper"), ("ring", "ring-band"), ("primary", "card")]


def tokens(theme: int) -> dict[str, str]:
    """The colours of the style sheet; *theme* 0 is normal, 1 high contrast."""
    sheet = (Path(kiosk_ui.__file__).parent / "static" / "kiosk.css").read_text(encoding="utf-8")
    root = sheet[sheet.index(":root {") : sheet.index("}")]
    pattern = re.compile(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));")
    return {m[1]: m[4] or (m[2], m[3])[theme] for m in pattern.finditer(root)}


Sight = tuple[tuple[float, float, float], ...]
"""A matrix on linear red, green and blue: what is left of a colour."""
EVERYTHING: Sight = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
LUMINANCE = (0.2126, 0.7152, 0.0722)
SIGHTS: dict[str, Sight] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
    "achromatopsia": (LUMINANCE, LUMINANCE, LUMINANCE),
}
"""Machado, Oliveira, Fernandes 2009, severity 1; without any colour: the luminance of WCAG."""


def contrast(one: str, other: str, sight: Sight = EVERYTHING) -> float:
    """Contrast of two colours as WCAG 2.2 defines it, 1 to 21, to whoever sees like that."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        seen = [sum(m * c for m, c in zip(row, linear, strict=True)) for row in sight]
        return sum(w * min(max(c, 0.0), 1.0) for w, c in zip(LUMINANCE, seen, strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["normal", "contrast"])
def test_req_01_colours_have_contrast(theme: int) -> None:
    """Text stands out by 7:1, borders, signs and the ring by 3:1, in both themes."""
    colours = tokens(theme)
    for front, back in PAIRS:
        assert contrast(colours[front], colours[back]) >= 7, (front, back)
    for front, back in SHAPES:
        assert contrast(colours[front], colours[back]) >= 3, (front, back)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", [0, 1], ids=["normal", "contrast"])
def test_req_07_colours_have_contrast_to_the_colour_blind(theme: int, sight: str) -> None:
    """Without red, green, blue or any colour all text still stands out by 7:1, all signs and the
    ring by 3:1."""
    colours = tokens(theme)
    for front, back in PAIRS:
        assert contrast(colours[front], colours[back], SIGHTS[sight]) >= 7, (front, back)
    for front, back in SHAPES:
        assert contrast(colours[front], colours[back], SIGHTS[sight]) >= 3, (front, back)


TOLD = """() => [
  document.querySelector("main h1").textContent,
  ...[...document.querySelectorAll("main .medal use, main .stages li use, main .choices use")]
    .map(use => use.getAttribute("href")),
  ...[...document.querySelectorAll("main button, main [aria-current], main dd b")]
    .map(e => e.textContent.trim()),
]"""
"""Words and signs of a screen: what is left of it without colours."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fall.calling", "fall.helper"),  # the grounds of danger and of calm
        ("fall.question", "fall.cleared"),
        ("taxi.accepted", "taxi.cancelled"),
        ("taxi.requested", "taxi.no_car_yet"),
        ("help.offline", "help.accepted"),
    ],
)
def test_req_07_states_differ_in_words_and_signs(
    tabs: dict[str, Page], shared: Site, one: str, other: str
) -> None:
    """Two states that colour tells apart are told apart without it: by the title, and by a sign
    or the choices."""
    found = []
    for screen in (one, other):
        show(tabs["wide"], shared, sample(screen))
        found.append(tabs["wide"].evaluate(TOLD))
    assert found[0][0] != found[1][0]
    assert found[0][1:] != found[1][1:]


def test_req_07_stages_and_choices_differ_in_signs(tabs: dict[str, Page], shared: Site) -> None:
    """Done, under way and still to come have three signs; what was chosen says so in words."""
    page = tabs["wide"]
    show(page, shared, sample("packs.progress"))
    signs = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".stages li")].map(
             li => [li.dataset.state, li.querySelector("use").getAttribute("href")]))"""
    )
    assert len(signs) == len(set(signs.values())) == 3
    show(page, shared, sample("taxi.needs"))
    chosen = page.locator('button[data-action^="taxi.need."]').all_inner_texts()
    assert chosen and all("已选" in label for label in chosen)
