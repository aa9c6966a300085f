"""Who speaks next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.voice.turns import ALARM, ANSWER, INFORMATION, PATIENCE, Turns, Utterance


def said(text: str, urgency: int, asked: float = 0.0) -> Utterance:
    return Utterance(text, "zh-CN", urgency, asked)


def test_an_alarm_goes_before_an_answer_and_an_answer_before_information() -> None:
    """What waits is said in order of urgency, not of arrival."""
    turns = Turns()
    for text, urgency in (("天气", INFORMATION), ("好的", ANSWER), ("您还好吗", ALARM)):
        turns.add(said(text, urgency))
    order = []
    while taken := turns.take(1.0):
        order.append(taken.text)
    assert order == ["您还好吗", "好的", "天气"]


def test_an_answer_interrupts_an_answer_but_not_an_alarm() -> None:
    """Equal or higher urgency silences what sounds; lower waits."""
    turns = Turns()
    turns.add(said("第一项", ANSWER))
    turns.take(0.0)
    assert turns.add(said("第二项", ANSWER))
    turns.add(said("您还好吗", ALARM))
    turns.take(0.0)
    assert not turns.add(said("第三项", ANSWER))


def test_information_never_interrupts() -> None:
    """Information waits even for other information."""
    turns = Turns()
    turns.add(said("一", INFORMATION))
    turns.take(0.0)
    assert not turns.add(said("二", INFORMATION))


def test_a_newer_answer_replaces_the_one_that_waits() -> None:
    """Nobody wants to hear where the focus was."""
    turns = Turns()
    turns.add(said("第一项", ANSWER))
    turns.add(said("第二项", ANSWER))
    first, second = turns.take(0.0), turns.take(0.0)
    assert first is not None and first.text == "第二项"
    assert second is None


def test_the_same_information_is_not_said_twice_in_a_row() -> None:
    """Neither while it sounds nor while it waits."""
    turns = Turns()
    turns.add(said("车到了", INFORMATION))
    turns.take(0.0)
    turns.add(said("车到了", INFORMATION))
    turns.ended()
    assert turns.take(0.0) is None
    turns.add(said("车到了", INFORMATION))
    assert turns.take(0.0) is not None


def test_stale_speech_is_not_said() -> None:
    """What had to wait too long is left out; an alarm never is."""
    turns = Turns()
    turns.add(said("还有三分钟", INFORMATION))
    turns.add(said("好的", ANSWER))
    turns.add(said("您还好吗", ALARM))
    later = PATIENCE[ANSWER] + 1
    alarm, nothing = turns.take(later), turns.take(later)
    assert alarm is not None and alarm.urgency == ALARM
    assert nothing is None


def test_silence_forgets_all_but_an_alarm() -> None:
    """A key that stops the speech must not stop the alarm behind it."""
    turns = Turns()
    for urgency in (INFORMATION, ANSWER, ALARM):
        turns.add(said(str(urgency), urgency))
    turns.silence()
    alarm, nothing = turns.take(0.0), turns.take(0.0)
    assert alarm is not None and alarm.urgency == ALARM
    assert nothing is None


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.sampled_from((INFORMATION, ANSWER, ALARM))),
            st.just(("take", 0)),
            st.just(("silence", 0)),
        )
    )
)
def test_an_alarm_is_never_lost(steps: list[tuple[str, int]]) -> None:
    """In any order of events the newest alarm is the next to sound after it was asked for."""
    turns, waiting = Turns(), ""
    for number, (step, urgency) in enumerate(steps):
        if step == "add":
            yields = turns.add(said(str(number), urgency))
            sounding = turns.sounding
            assert yields == (sounding is not None and 0 < urgency >= sounding.urgency)
            waiting = str(number) if urgency == ALARM else waiting
        elif step == "silence":
            turns.silence()
        else:
            turns.ended()
            taken = turns.take(float(number))
            assert not waiting or (taken is not None and taken.text == waiting)
            waiting = ""
