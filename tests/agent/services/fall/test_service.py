"""Falls: the question, the answer, the alarm, and the help that comes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.orders import Beep, Blink, Switch
from agent.contract.signals import PersonDown, PersonUp, Signal, Spoken
from agent.dialogue.views import Alarm
from agent.effects import Drive, Hide, Lane, Say, Show, Urgency
from agent.messages import Action, Command, Due, RecordDelivered, Started
from agent.services.fall.case import FallState
from agent.services.fall.service import Falls
from agent.services.fall.settings import FallSettings
from tests.agent.journal import Journey, told

DOWN = PersonDown(
    source="camera", id="fall-1", track=7, confidence=0.876, reason="drop", skeleton=[[[0.5] * 3]]
)


UP = PersonUp(source="camera", track=7)
NEIGHBOUR = PersonDown(source="camera", id="fall-2", track=9, confidence=0.95, reason="floor")
RADAR = PersonDown(source="radar", id="fall-3", track=0, confidence=0.7, reason="radar")
CALL = PersonDown(source="mic", id="fall-4", track=0, confidence=0.8, reason="voice")
BED = PersonDown(source="camera", id="fall-5", track=4, confidence=0.6, reason="bed", zone="床")


def due(name: str) -> Due:
    return Due(service="fall", name=name)


def command(kind: str, **data: object) -> Command:
    return told(kind, "c", fall="fall-1", **data)


@pytest.fixture
def journey() -> Journey:
    return Journey(Falls(FallSettings(lamp="lamp_alarm", buzzer="buzzer")))


@pytest.fixture
def asked(journey: Journey) -> Journey:
    journey.send(DOWN)
    return journey


def test_a_fall_is_recorded_and_asked_about(asked: Journey) -> None:
    """Suspected: a lane-0 record, the question above everything else, buzzer and lamp."""
    [record] = asked.records()
    assert (record.kind, record.lane) == ("fall.suspected", Lane.LIFE)
    [show] = [effect for effect in asked.latest if isinstance(effect, Show)]
    assert (show.screen, show.urgency) == ("fall.question", Urgency.ALARM)
    assert [choice.action for choice in show.choices] == ["fall.ok", "fall.help"]
    assert Drive("buzzer", Beep(2)) in asked.latest


def test_no_answer_becomes_an_alarm_with_a_skeleton(asked: Journey) -> None:
    """30 s of silence: the alarm goes out, with the skeleton and why."""
    assert asked.reminders["answer"] == 30.0
    asked.send(due("answer"))
    [alarm] = asked.records("fall.alarm")
    assert alarm.lane is Lane.LIFE
    assert alarm.data["skeleton"] == [[[0.5] * 3]]
    assert (alarm.data["reason"], alarm.data["answered"]) == ("drop", False)
    assert asked.screen == "fall.calling"


def test_the_question_is_asked_again(asked: Journey) -> None:
    """An unanswered question is spoken again, with the urgency of an alarm."""
    asked.send(due("ask again"))
    assert Say("fall.again", urgency=Urgency.ALARM) in asked.latest


def test_who_answers_is_not_talked_over(asked: Journey) -> None:
    """The question is repeated some time after its last word, not after its first."""
    asked.send(Spoken(text="您还好吗？", state="began"))
    assert "ask again" not in asked.reminders
    asked.send(Spoken(text="您还好吗？", state="finished"))
    assert asked.reminders["ask again"] == 10.0


def test_no_help_needed_ends_it(asked: Journey) -> None:
    """没事: recorded as cleared by the resident, and no alarm later."""
    asked.send(Action(action="fall.ok"))
    assert asked.records("fall.cleared")[0].data["by"] == "resident"
    asked.send(due("answer"))
    assert not asked.records("fall.alarm")
    asked.send(due("done"))
    assert Hide() in asked.latest and asked.state == FallState()


def test_help_wanted_alarms_at_once(asked: Journey) -> None:
    """要帮助: no waiting."""
    asked.send(Action(action="fall.help"))
    assert asked.records("fall.alarm")[0].data["answered"] is True


def test_getting_up_ends_the_question(asked: Journey) -> None:
    """The same person stands again: cleared; another person's movement changes nothing."""
    asked.send(PersonUp(source="camera", track=8))
    assert asked.screen == "fall.question"
    asked.send(PersonUp(source="camera", track=7))
    assert asked.records("fall.cleared")[0].data["by"] == "got up"


def test_notified_only_when_upstream_has_the_alarm(asked: Journey) -> None:
    """ "Somebody knows" is shown after upstream's receipt; a helper after a person's word."""
    asked.send(due("answer"))
    assert asked.screen == "fall.calling"
    asked.send(RecordDelivered(kind="fall.alarm", subject="fall-1"))
    assert asked.screen == "fall.notified"
    asked.send(command("fall.accepted", helper="王师傅", minutes=3))
    assert asked.screen == "fall.helper"
    assert Drive("lamp_alarm", Switch(True)) in asked.latest


def test_alarm_repeats_until_a_person_accepts(asked: Journey) -> None:
    """A receipt by a machine is not help: repeated each minute until somebody accepts."""
    asked.send(due("answer"), RecordDelivered(kind="fall.alarm", subject="fall-1"))
    asked.send(due("repeat"))
    assert [record.data["repeat"] for record in asked.records("fall.alarm")] == [0, 1]
    asked.send(command("fall.accepted"))
    assert "repeat" not in asked.reminders
    asked.send(due("repeat"))
    assert len(asked.records("fall.alarm")) == 2


def test_alarm_goes_on_after_a_restart(asked: Journey) -> None:
    """The daemon starts again in the middle: the alarm is shown again, the lamp blinks."""
    asked.send(due("answer"))
    asked.restart()
    asked.send(Started(rebooted=False))
    assert asked.screen == "fall.calling"
    assert Drive("lamp_alarm", Blink()) in asked.latest


def test_upstream_can_close_it(asked: Journey) -> None:
    """The alarm centre closes the case."""
    asked.send(due("answer"), command("fall.closed"))
    assert asked.records("fall.cleared")[0].data["by"] == "upstream"


def test_second_person_does_not_restart_the_alarm(asked: Journey) -> None:
    """Somebody else down during an alarm joins it: told upstream, no second question."""
    asked.send(due("answer"), NEIGHBOUR)
    assert asked.state.fall == "fall-1" and asked.screen == "fall.calling"
    assert asked.records("fall.joined")[0].data["down"] == 2
    assert len(asked.records("fall.suspected")) == 1


def test_what_an_alarm_says(asked: Journey) -> None:
    """Where, how sure, why in words, and how many are down."""
    asked.send(due("answer"))
    data = dict(asked.records("fall.alarm")[0].data)
    assert data.pop("skeleton")
    assert data == {
        "fall": "fall-1",
        "device": "camera",
        "devices": ["camera"],
        "confidence": 0.88,
        "reason": "drop",
        "why": "fell and stays down",
        "zone": "",
        "down": 1,
        "repeat": 0,
        "answered": False,
    }


# -- radar and camera ---------------------------------------------------------------------------


def test_radar_and_camera_agree(journey: Journey) -> None:
    """The second device raises the confidence of the one fall, and that is recorded."""
    journey.send(RADAR, DOWN)
    [joined] = journey.records("fall.joined")
    assert joined.lane is Lane.LIFE
    assert joined.data["confidence"] == round(1 - (1 - 0.7) * (1 - 0.876), 2)
    assert joined.data["devices"] == ["radar", "camera"]
    assert joined.data["joined"] == "camera"
    journey.send(due("answer"))
    [alarm] = journey.records("fall.alarm")
    assert alarm.data["why"] == "the radar reports a fall; fell and stays down"
    assert alarm.data["skeleton"] == [[[0.5] * 3]]


def test_one_device_is_no_second_opinion(asked: Journey) -> None:
    """The same camera that tells again, of the same or another person, is only that sure."""
    again = PersonDown(source="camera", id="x", track=7, confidence=0.9, reason="floor")
    asked.send(again)
    assert asked.state.confidence == 0.9 and not asked.records("fall.joined")
    asked.send(NEIGHBOUR)
    assert asked.state.confidence == 0.95


def test_everybody_must_have_got_up(asked: Journey) -> None:
    """The question ends only when nobody is down any more, by anybody's account."""
    asked.send(RADAR, NEIGHBOUR)
    for up in (UP, PersonUp(source="camera", track=9)):
        asked.send(up)
        assert asked.screen == "fall.question"
    asked.send(PersonUp(source="radar", track=0))
    assert asked.records("fall.cleared")[0].data == {
        "fall": "fall-1",
        "by": "got up",
        "alarmed": False,
    }


# -- after the alarm ----------------------------------------------------------------------------


def test_getting_up_does_not_end_an_alarm(asked: Journey) -> None:
    """People fall again: recovery is recorded, the alarm is repeated until somebody's word."""
    asked.send(due("answer"), UP)
    assert asked.records("fall.recovered")[0].data == {"fall": "fall-1", "by": "got up"}
    assert asked.screen == "fall.calling"
    asked.send(due("repeat"))
    assert asked.records("fall.alarm")[1].data["down"] == 0


def test_false_alarm(asked: Journey) -> None:
    """没事, twice, after the alarm went out: recorded as cleared by the resident, with alarmed."""
    asked.send(due("answer"), Action(action="fall.ok"), Action(action="fall.ok"))
    [cleared] = asked.records("fall.cleared")
    assert (cleared.data["by"], cleared.data["alarmed"]) == ("resident", True)
    asked.send(command("fall.closed"))
    assert len(asked.records("fall.cleared")) == 1


@pytest.mark.parametrize("phase", ["calling", "notified", "helper"])
def test_one_act_does_not_end_an_alarm(asked: Journey, phase: str) -> None:
    """我没事 is asked about once more, with "I need help" under the finger; silence goes on."""
    asked.send(due("answer"))
    if phase != "calling":
        asked.send(RecordDelivered(kind="fall.alarm", subject="fall-1"))
    if phase == "helper":
        asked.send(command("fall.accepted", helper="王师傅"))
    asked.send(Action(action="fall.ok"))
    [show] = [effect for effect in asked.latest if isinstance(effect, Show)]
    assert show.screen == "fall.ending" and show.choices[0].action == "fall.help"
    assert not asked.records("fall.cleared")
    asked.send(due("ending"))
    assert asked.screen == f"fall.{phase}"
    asked.send(Action(action="fall.ok"), Action(action="fall.on"))
    assert asked.screen == f"fall.{phase}" and not asked.records("fall.cleared")


def test_help_in_a_running_alarm_is_sent_on(asked: Journey) -> None:
    """Every way to ask for help in an alarm tells upstream that a person asks; hammering does
    not tell it again and again; and an end that was being asked about is off."""
    asked.send(due("answer"), RecordDelivered(kind="fall.alarm", subject="fall-1"))
    asked.send(Action(action="fall.ok"), Action(action="fall.help", at=50.0))
    assert asked.screen == "fall.notified"
    for at in (51.0, 52.0, 61.0):
        asked.send(Action(action="fall.help", at=at))
        assert any(isinstance(effect, Show) for effect in asked.latest)  # answered each time
    alarms = asked.records("fall.alarm")
    assert [alarm.data["answered"] for alarm in alarms] == [False, True, True]


def test_all_help_controls_of_an_alarm_mean_help(asked: Journey) -> None:
    """Key, bar and word for help, back and home: the same on question and alarm."""
    asked.send(due("answer"))
    for show in (effect for effect in asked.effects if isinstance(effect, Show)):
        assert show.keys["help"] == "fall.help"
        assert show.keys["back"] == show.keys["home"] == "fall.ok"


def test_an_alarm_that_nobody_has_is_spoken_about(asked: Journey) -> None:
    """Without a network the voice goes on saying what still helps, numbers included."""
    asked.send(due("answer"))
    for again in ("unheard", "repeat", "repeat"):
        asked.send(due(again))
        [said] = [effect for effect in asked.latest if isinstance(effect, Say)]
        assert said.urgency is Urgency.ALARM and "guard" in said.phones
    asked.send(RecordDelivered(kind="fall.alarm", subject="fall-1"))
    assert "unheard" not in asked.reminders


def test_falling_again_while_help_is_coming(asked: Journey) -> None:
    """Down again, or somebody else down: help is called anew, until it is promised anew."""
    for again in (DOWN, NEIGHBOUR):
        asked.send(due("answer"), command("fall.accepted", helper="王师傅"))
        if again is DOWN:
            asked.send(UP)
        asked.send(again)
        assert asked.screen == "fall.calling" and "repeat" in asked.reminders
    assert [alarm.data["repeat"] for alarm in asked.records("fall.alarm")] == [0, 1, 2]


def test_a_witness_while_help_is_coming(asked: Journey) -> None:
    """The radar that sees the same fall late does not take the promise of help off the screen."""
    asked.send(due("answer"), command("fall.accepted"), RADAR)
    assert asked.screen == "fall.helper"
    assert asked.records("fall.joined")


# -- calls for help, beds -----------------------------------------------------------------------


def test_a_call_for_help(journey: Journey) -> None:
    """救命: asked once, and ten seconds after the question's last word the alarm goes out."""
    journey.send(CALL)
    assert journey.screen == "fall.question"
    assert journey.reminders == {"answer": 30.0, "called": 10.0}
    journey.send(Spoken(text="?", state="began"))
    assert journey.reminders == {"answer": 30.0}
    journey.send(Spoken(text="?", state="finished"))
    assert journey.reminders == {"answer": 30.0, "called": 10.0}
    journey.send(due("called"))
    assert journey.records("fall.alarm")[0].data["why"] == "somebody calls for help"


def test_a_call_for_help_answers_the_question(asked: Journey) -> None:
    """救命 while the kiosk asks about a fall: no more waiting."""
    asked.send(CALL)
    assert asked.records("fall.alarm")[0].data["answered"] is True


def test_a_call_for_help_is_not_taken_back_by_standing(journey: Journey) -> None:
    """Who called is not seen: only a word or a key ends that question."""
    journey.send(CALL, DOWN, UP)
    assert journey.screen == "fall.question"


def test_a_fall_onto_a_bed(journey: Journey) -> None:
    """Asked without the buzzer; no answer is one task for the day, and the screen is free."""
    journey.send(BED)
    assert journey.screen == "fall.question"
    assert not [e for e in journey.effects if isinstance(e, Drive) and e.device == "buzzer"]
    journey.send(due("answer"))
    [task] = journey.records("fall.bed")
    assert task.lane is Lane.TASK and "skeleton" not in task.data
    assert not journey.records("fall.alarm")
    assert Hide() in journey.latest and journey.state == FallState()


@pytest.mark.parametrize("more", [RADAR, Action(action="fall.help")])
def test_more_than_a_bed(journey: Journey, more: Signal) -> None:
    """Another device, or a word, makes it an alarm like any other."""
    journey.send(BED, more, due("answer"))
    assert journey.records("fall.alarm") and not journey.records("fall.bed")


# -- any journey --------------------------------------------------------------------------------

REMINDED = {
    "idle": set(),
    "asking": {"answer"},
    "calling": {"repeat"},
    "notified": {"repeat"},
    "helper": set(),
    "cleared": {"done"},
}
ALARMED = ("calling", "notified", "helper")
WORDS = (
    Action(action="fall.ok"),
    Action(action="fall.help"),
    Action(action="home"),
    RecordDelivered(kind="fall.alarm", subject="fall"),
    command("fall.accepted", minutes=2),
    command("fall.closed"),
)
TIMES = (
    "answer",
    "called",
    "ask again",
    "repeat",
    "done",
    "unheard",
    "ending",
    "count",
    "soon",
    "restart",
)
down = st.builds(
    PersonDown,
    source=st.sampled_from(["camera", "radar", "mic"]),
    track=st.integers(0, 2),
    confidence=st.floats(0, 1),
    reason=st.sampled_from(["drop", "floor", "bed", "radar", "voice"]),
)
up = st.builds(PersonUp, source=st.sampled_from(["camera", "radar"]), track=st.integers(0, 2))
event = st.one_of(down, up, st.sampled_from([*WORDS, *TIMES]))


@settings(deadline=None, max_examples=300)
@given(st.lists(event, max_size=30))
def test_no_journey_loses_an_alarm(events: list[Any]) -> None:
    """Whatever happens in whatever order: one question at a time, each ends, and an alarm goes
    on until a person's word."""
    journey = Journey(Falls(FallSettings()))
    for number, event in enumerate(events):
        before: FallState = journey.state
        recorded = len(journey.records())
        if event == "restart":
            stored = msgspec.msgpack.encode(journey.service.durable(before))
            journey.state = msgspec.msgpack.decode(stored, type=FallState)
            assert journey.state == before
            journey.send(Started(rebooted=True))
        elif isinstance(event, str):
            # As the kernel does: only what was asked for comes due, and it is taken off first
            if journey.reminders.pop(event, None) is None:
                continue
            journey.send(due(event))
        elif isinstance(event, PersonDown):
            journey.send(msgspec.structs.replace(event, id=f"fall-{number}"))
        elif isinstance(event, Command):
            data: Any = msgspec.structs.replace(event.data, fall=before.fall)
            journey.send(msgspec.structs.replace(event, data=data))
        elif isinstance(event, RecordDelivered):
            journey.send(msgspec.structs.replace(event, subject=before.fall))
        else:
            journey.send(event)
        _holds(journey, before, event, [r.kind for r in journey.records()[recorded:]])


def _holds(journey: Journey, before: FallState, event: Any, kinds: list[str]) -> None:
    state: FallState = journey.state
    # Every phase has its way on, and nothing is waited for in vain
    others = {"ask again", "called", "count", "soon", "unheard", "ending"}
    assert REMINDED[state.phase] == set(journey.reminders) - others
    assert "unheard" not in journey.reminders or state.phase == "calling"
    assert not state.ending or "ending" in journey.reminders
    if {"ask again", "called", "count", "soon"} & set(journey.reminders):
        assert state.phase == "asking"
    # One question at a time
    if "fall.suspected" in kinds:
        assert before.phase in ("idle", "cleared") and state.phase == "asking"
    elif before.phase != "asking":
        assert state.phase != "asking"
    # A question ends in an alarm, a task, or all clear; an alarm only by somebody's word
    if before.phase == "asking" and state.phase != "asking":
        assert {"fall.alarm", "fall.cleared", "fall.bed"} & set(kinds)
    if before.phase in ALARMED and state.phase not in ALARMED:
        twice = event == Action(action="fall.ok") and before.ending
        assert twice or event == command("fall.closed")
        assert kinds == ["fall.cleared"]
    # Who falls is never ignored: asked about, joined, or known already
    if isinstance(event, PersonDown):
        assert state.phase in ("asking", *ALARMED)
        assert (event.source, event.track) in state.people
        if (event.source, event.track) not in before.people:
            assert {"fall.suspected", "fall.joined"} & set(kinds)
    if "fall.recovered" in kinds:
        assert before.phase in ALARMED and before.people and not state.people
    assert 0 <= state.confidence <= 1
    alarms = journey.records("fall.alarm")
    repeats = [alarm.data["repeat"] for alarm in alarms if alarm.subject == state.fall]
    assert repeats == list(range(len(repeats)))


def test_a_countdown_is_seen_and_heard(asked: Journey) -> None:
    """Until help is called its seconds stand on the screen, and the last ten are announced."""
    asked.send(due("count"))
    [show] = [effect for effect in asked.latest if isinstance(effect, Show)]
    assert show.silent and isinstance(show.view, Alarm) and show.view.count is not None
    assert show.view.count.number == 25 and asked.reminders["soon"] == 20
    asked.send(due("soon"))
    assert [effect.phrase for effect in asked.latest if isinstance(effect, Say)] == ["fall.soon"]
    asked.send(due("answer"))
    assert {"count", "soon"}.isdisjoint(asked.reminders)


def test_an_acceptance_before_its_alarm_counts(asked: Journey) -> None:
    """A person who took the suspicion comes; the question goes on, and the alarm goes out."""
    asked.send(command("fall.accepted", helper="李阿姨", minutes=3))
    assert asked.screen == "fall.question"
    asked.send(due("answer"))
    assert asked.screen == "fall.helper" and len(asked.records("fall.alarm")) == 1
    assert "repeat" not in asked.reminders


def test_all_clear_does_not_look_like_an_alarm(asked: Journey) -> None:
    """It is no alarm's view, so not in the colour of danger."""
    asked.send(Action(service="fall", action="fall.ok"))
    [show] = [effect for effect in asked.latest if isinstance(effect, Show)]
    assert show.screen == "fall.cleared" and not isinstance(show.view, Alarm)
