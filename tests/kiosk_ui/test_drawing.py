"""Drawing a snapshot as markup, without a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.dialogue.snapshot import Item, Notice, Snapshot
from agent.dialogue.views import AnyView, Phrase
from agent.effects import Show
from kiosk_ui.drawing import Drawing, badge_parts
from tests.kiosk_ui.samples import WORDS, sample, samples, stage_at

DRAWING = Drawing(WORDS)


class _Outline(HTMLParser):
    """The actions of the buttons, in order, and how many headings there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.headings = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.actions.append(dict(attrs)["data-action"] or "")
        self.headings += tag == "h1"


def outline(snapshot: Snapshot) -> _Outline:
    """Draw and read back."""
    return _Outline(DRAWING.frame(snapshot))


def test_buttons_are_items_then_bar() -> None:
    """On every screen the buttons are the items and then the bar: `focus` counts in that order."""
    for snapshot in samples():
        drawn = outline(snapshot)
        assert drawn.actions == [item.action for item in snapshot.items + snapshot.bar]
        assert drawn.headings == 1


_PLAIN = st.builds(Phrase, st.text(max_size=10), st.dictionaries(st.text(max_size=5), st.text()))
st.register_type_strategy(
    Phrase,
    st.builds(
        Phrase,
        st.text(max_size=10),
        st.dictionaries(st.text(max_size=5), st.one_of(st.text(), st.integers(), _PLAIN)),
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    st.from_type(AnyView),  # type: ignore[arg-type]
    st.lists(st.tuples(st.text(max_size=10), st.text(max_size=10)), max_size=9),
)
def test_any_view_can_be_drawn(view: AnyView, items: list[tuple[str, str]]) -> None:
    """Whatever a service says is on its screen, the page has something to draw."""
    stage = stage_at("home")
    stage.overlay = Show("some.new.screen", view=view)
    drawn = stage.picture("", announced=False, listening=False)
    assert drawn is not None
    snapshot = msgspec.structs.replace(drawn, items=tuple(Item(*item) for item in items))
    assert len(outline(snapshot).actions) == len(items) + len(snapshot.bar)


def test_page_holds_the_frame_unchanged() -> None:
    """The first event changes nothing on a page just loaded, so it takes no touch from under a
    finger."""
    snapshot = sample("home")
    assert f">{DRAWING.frame(snapshot)}</div>" in DRAWING.page(snapshot, "token", "run")


def test_markup_in_values_is_text() -> None:
    """A place named like markup is shown as it is written."""
    html = DRAWING.frame(
        sample("home", place="<script>alert(1)</script>", notices=(Notice("x", "<b>"),))
    )
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("沪A12345", ("沪A", "12345", "blue")),
        ("沪A·1234D", ("沪A", "1234D", "blue")),
        ("沪AD12345", ("沪A", "D12345", "green")),
        ("沪A D12345", ("沪A", "D12345", "green")),
        ("ABC 123", ("", "ABC 123", "plain")),
        ("沪A1234", ("", "沪A1234", "plain")),
        ("", ("", "", "plain")),
    ],
)
def test_plates(text: str, expected: tuple[str, str, str]) -> None:
    """Five characters after the region make a blue plate, six a green one."""
    assert badge_parts(text) == expected


def test_minutes_of_an_empty_value_are_not_drawn() -> None:
    """Without a time of arrival the page names none."""
    shown = sample("taxi.accepted")
    view = {**shown.view, "badge": "沪A12345", "count": None}
    html = DRAWING.frame(sample("taxi.accepted", view=view))
    assert 'class="count"' not in html
    assert 'class="badge blue"' in html


NOTICES = (Notice("offline", "没有网络"), Notice("camera", "摄像头暂时不能用"))


def test_offline_is_told_once() -> None:
    """The lamp for the network and the daemon's notice of the same do not repeat each other."""
    html = DRAWING.frame(sample("home", online=False, notices=NOTICES))
    assert html.count("没有网络") == 1
    assert "摄像头暂时不能用" in html


def test_caption_tells_what_is_not_on_the_screen() -> None:
    """An utterance of its own is captioned; the screen's own announcement is not repeated."""
    caption = re.compile(r'<p class="caption">(.*?)</p>')
    for screen in ("home", "taxi.accepted", "taxi.no_car"):
        shown = caption.search(DRAWING.frame(sample(screen)))
        assert shown is not None and shown[1] == ""
    shown = caption.search(DRAWING.frame(sample("home", spoken="网络恢复了。", announced=False)))
    assert shown is not None and "网络恢复了。" in shown[1]


def test_chinese_on_a_japanese_screen_is_marked() -> None:
    """What has no Japanese words is drawn as Chinese characters are, and the rest as Japanese."""
    frame = DRAWING.frame(sample("taxi.accepted", "ja"))
    assert '<li lang="zh-CN">荣威Ei5</li>' in frame and "<li>白</li>" in frame
    assert '<p class="badge green" lang="zh-CN">' in frame
    assert '<h1 tabindex="-1"><span' in frame
    assert '<p class="badge green"><span>' in DRAWING.frame(sample("taxi.accepted"))


def test_req_18_language_key_is_marked_with_the_language_it_leads_to() -> None:
    """A screen reader speaks the label of the language key in that language."""
    assert '<span lang="en">English</span>' in DRAWING.frame(sample("home"))
    assert '<span lang="ja">日本語</span>' in DRAWING.frame(sample("home", "en"))
    assert '<span lang="zh-CN">中文</span>' in DRAWING.frame(sample("home", "ja"))


def test_an_order_of_unknown_state_never_reads_as_confirmed() -> None:
    """While the state is not known no screen says that a taxi was found."""
    for screen in ("taxi.unknown", "taxi.requesting", "taxi.requested", "taxi.offline"):
        html = DRAWING.frame(sample(screen))
        assert "叫到车了" not in html
        assert 'class="badge' not in html
