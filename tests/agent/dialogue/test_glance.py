"""What an idle kiosk shows to who passes by: time, date and bins; nothing while it is needed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.dialogue.glance import moment
from agent.dialogue.snapshot import Idle
from agent.dialogue.views import Chip
from agent.effects import Choice, Hide, Recede, Show, Urgency
from tests.agent.dialogue.test_dialogue import CONFIRM, QUESTION, WORDS, Kiosk

NOON = 1_795_924_800.0
"""Noon of 29 November 2026, a Sunday, in Shanghai."""
SHANGHAI = timezone(timedelta(hours=8))


class Trusted(Kiosk):
    """Its wall clock is right, until somebody says otherwise; noon is when it begins."""

    trusted = True

    def _publish(self):  # type: ignore[no-untyped-def]
        wall = NOON + self.now - 100.0 if self.trusted else None
        snapshot = self.dialogue.publish(self.now, wall)
        if snapshot is not None:
            self.shown = snapshot
        return self.shown

    @property
    def idle(self) -> Idle:
        return self.shown.idle


@pytest.fixture
def kiosk() -> Trusted:
    return Trusted()


@pytest.mark.parametrize(
    ("language", "date"),
    [("zh-CN", "11月29日 星期日"), ("en", "Sunday, 29 November"), ("ja", "11月29日 日曜日")],
)
def test_time_and_date_are_in_the_residents_language(
    kiosk: Trusted, language: str, date: str
) -> None:
    """At rest the home screen has the local time, and the date with the day of the week."""
    while kiosk.shown.language != language:
        kiosk.touch("language")
    assert kiosk.idle.date == date and kiosk.idle.time == "12:00"


def test_a_clock_that_is_not_trusted_is_not_shown(kiosk: Trusted) -> None:
    """Trust is lost: time and date go with the next picture; how things stand stays. It comes
    back: so do they."""
    kiosk.claim(Hide(glance="南箱未满。"), "bins")
    kiosk.trusted = False
    kiosk.wait(1.0)
    assert kiosk.idle == Idle(lines=("南箱未满。",)) and kiosk.dialogue.minute_at == float("inf")
    kiosk.trusted = True
    kiosk.wait(1.0)
    assert kiosk.idle.time == "12:00"


def test_one_look_a_minute_keeps_the_time(kiosk: Trusted) -> None:
    """It is looked at again when the minute is over, and not before."""
    times = [kiosk.idle.time]
    for _ in range(3):
        pictures = kiosk.shown.sequence
        kiosk.wait(kiosk.dialogue.minute_at - kiosk.now - 0.01)
        assert kiosk.shown.sequence == pictures
        kiosk.wait(0.01)
        times.append(kiosk.idle.time)
    assert times == ["12:00", "12:01", "12:02", "12:03"]


def test_the_time_wakes_nobody_while_it_is_not_shown(kiosk: Trusted) -> None:
    """On any other screen no minute is waited for."""
    kiosk.claim(CONFIRM)
    assert kiosk.idle == Idle() and kiosk.dialogue.minute_at == float("inf")


def test_what_somebody_waits_for_leaves_no_idle_screen(kiosk: Trusted) -> None:
    """A car under way in the background, or an alarm: nothing else. How things stand may have a
    chip, too: nobody waits for it."""
    car = Show("taxi.accepted", chip=Chip("还有4分钟"), choices=(Choice("home"),))
    kiosk.claim(car)
    kiosk.claim(Recede(), "taxi")  # type: ignore[arg-type]
    assert kiosk.shown.screen == "home" and kiosk.idle == Idle()
    kiosk.claim(replace(car, silent=True, glance="南箱已满。"))
    assert kiosk.idle.lines == ("南箱已满。",) and kiosk.idle.time
    assert QUESTION.urgency is Urgency.ALARM
    kiosk.claim(QUESTION, "fall")
    assert kiosk.idle == Idle()


def test_a_line_lasts_until_the_next_one(kiosk: Trusted) -> None:
    """An empty one takes it back."""
    for line in ("南箱未满。", "南箱已满。", ""):
        kiosk.claim(Hide(glance=line), "bins")
        assert kiosk.idle.lines == ((line,) if line else ())


def test_it_is_said_on_request_and_never_by_itself(kiosk: Trusted) -> None:
    """A new minute is silent; "once more" reads date, time and how things stand."""
    kiosk.claim(Hide(glance="南箱未满。"), "bins")
    kiosk.heard()
    kiosk.wait(60.0)
    assert kiosk.idle.time == "12:01" and kiosk.heard() == []
    kiosk.touch("repeat")
    [said] = kiosk.heard()
    assert all(words in said for words in ("11月29日 星期日", "12:01", "南箱未满。"))


def test_the_first_press_acts_as_ever(kiosk: Trusted) -> None:
    """The idle screen costs no press: the taxi has the focus, and "enter" calls it."""
    kiosk.wait(4000.0)
    assert kiosk.shown.screen == "home" and kiosk.shown.focus == 0
    assert kiosk.key("enter") == "taxi.call"


@given(st.floats(0, 4_102_444_800, exclude_min=True))
def test_any_moment_has_words(wall: float) -> None:
    """Time and date are those of Shanghai, and every language has words for them."""
    local = datetime.fromtimestamp(wall, SHANGHAI)
    found = moment(wall)
    assert found.time == f"{local.hour:02}:{local.minute:02}"
    for language in WORDS.languages:
        values = {
            name: WORDS.text(language, part.id) if hasattr(part, "id") else part
            for name, part in found.date.values.items()
        }
        assert str(local.day) in WORDS.text(language, found.date.id, values)
