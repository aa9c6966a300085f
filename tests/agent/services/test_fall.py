"""Falls: the question, the answer, the alarm, and the help that comes."""

from __future__ import annotations

import pytest

from agent.contract import (
    Action,
    CameraWatch,
    Command,
    Due,
    PersonDown,
    PersonUp,
    RecordDelivered,
    Started,
)
from agent.effects import Drive, Hide, Lane, Say, Show, Urgency
from agent.services.fall import Falls, FallState
from agent.settings import FallSettings
from tests.agent.journal import Journey

DOWN = PersonDown(
    source="camera", id="fall-1", track=7, confidence=0.876, reason="drop", skeleton=[[[0.5] * 3]]
)


def due(name: str) -> Due:
    return Due(service="fall", name=name)


def command(kind: str, **data: object) -> Command:
    return Command(command_id="c", kind=kind, data={"fall": "fall-1", **data})


@pytest.fixture
def journey() -> Journey:
    settings = FallSettings(lamp="lamp_alarm", camera_lamp="lamp_camera", buzzer="buzzer")
    return Journey(Falls(settings))


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
    assert Drive("buzzer", {"beep": 2}) in asked.latest


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
    assert Drive("lamp_alarm", {"on": True}) in asked.latest


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
    assert Drive("lamp_alarm", {"blink": {"on_s": 0.5, "off_s": 0.5}}) in asked.latest


def test_upstream_can_close_it(asked: Journey) -> None:
    """The alarm centre closes the case."""
    asked.send(due("answer"), command("fall.closed"))
    assert asked.records("fall.cleared")[0].data["by"] == "upstream"


def test_second_person_does_not_restart_the_alarm(asked: Journey) -> None:
    """Somebody else down during an alarm joins it: no second question over the first."""
    asked.send(due("answer"))
    asked.send(PersonDown(source="camera", id="fall-2", track=9, confidence=1.0, reason="floor"))
    assert asked.state.fall == "fall-1" and asked.screen == "fall.calling"


def test_lamp_shows_that_the_camera_looks(journey: Journey) -> None:
    """The camera's lamp follows the camera."""
    journey.send(CameraWatch(looking=True))
    assert journey.latest == [Drive("lamp_camera", {"on": True})]
