"""人工帮助: what is sent, and that no more is said than is known."""

from __future__ import annotations

import pytest

from agent.effects import Hide, Lane, Recede, Record, Say, Show
from agent.messages import Action, Command, Due, LinkChanged, RecordDelivered, RecordUndelivered
from agent.services.help.messages import Accepted, Closed
from agent.services.help.service import Help
from tests.agent.journal import Journey

HELP = Action(action="help", service="help", id="press")
DELIVERED = RecordDelivered(kind="help.requested", subject="press")
ACCEPTED = Command(command_id="c", data=Accepted(help="press", helper="李阿姨", minutes=3))


def due(name: str) -> Due:
    return Due(service="help", name=name)


@pytest.fixture
def asked() -> Journey:
    journey = Journey(Help())
    journey.send(HELP)
    return journey


def phrases(journey: Journey) -> str:
    """The set of words that the newest screen has."""
    shows = [effect for effect in journey.effects if isinstance(effect, Show)]
    return shows[-1].phrases


def test_asking_is_a_record_of_the_first_lane(asked: Journey) -> None:
    """One press, one request; the numbers are offered at once."""
    [record] = asked.records()
    assert (record.kind, record.lane, record.data["help"]) == ("help.requested", Lane.LIFE, "press")
    [show] = [effect for effect in asked.latest if isinstance(effect, Show)]
    assert show.screen == "help" and "guard" in show.phones


def test_no_more_is_said_than_is_known(asked: Journey) -> None:
    """Told when upstream has it; known when a person has said so; never before."""
    assert phrases(asked) == "help"
    asked.send(DELIVERED)
    assert phrases(asked) == "help.notified"
    asked.send(ACCEPTED)
    assert phrases(asked) == "help.accepted"


def test_without_a_network_that_is_said(asked: Journey) -> None:
    """Nobody has been told; it is said again, with the numbers, until somebody has been."""
    asked.send(LinkChanged(online=False))
    assert phrases(asked) == "help.offline"
    asked.send(due("say again"))
    [said] = [effect for effect in asked.latest if isinstance(effect, Say)]
    assert said.phrase == "help.unheard" and "guard" in said.phones
    asked.send(LinkChanged(online=True), DELIVERED)
    assert phrases(asked) == "help.notified"


def test_it_repeats_until_a_person_accepts(asked: Journey) -> None:
    """A receipt by a machine is no person; what still waits to be sent is not sent twice."""
    asked.send(due("repeat"))
    assert len(asked.records("help.requested")) == 1
    asked.send(DELIVERED, due("repeat"), due("repeat"))
    assert [r.data["repeat"] for r in asked.records("help.requested")] == [0, 1, 2]
    asked.send(ACCEPTED)
    assert {"repeat", "say again"}.isdisjoint(asked.reminders)


def test_pressing_again_asks_for_the_same_person(asked: Journey) -> None:
    """The screen is said again; upstream hears of one wish."""
    asked.send(HELP)
    assert len(asked.records("help.requested")) == 1
    assert isinstance(asked.latest[0], Show)


def test_leaving_the_screen_leaves_the_wish(asked: Journey) -> None:
    """Who goes back to the taxi still gets help; nobody else is talked to about it."""
    asked.send(Action(action="back", service="help"))
    assert asked.latest == [Recede()]
    asked.send(due("say again"))
    assert not [effect for effect in asked.latest if isinstance(effect, Say)]
    asked.send(DELIVERED)
    asked.send(due("repeat"))
    assert any(isinstance(effect, Record) for effect in asked.latest)


def test_it_can_be_called_off(asked: Journey) -> None:
    """Upstream learns that nobody need come."""
    asked.send(Action(action="help.end", service="help"))
    assert asked.records("help.cancelled") and Hide() in asked.latest
    assert asked.reminders == {}


def test_a_refusal_is_told_without_technical_words(asked: Journey) -> None:
    """An upstream that knows no such record: phone instead; pressing again tries again."""
    asked.send(
        RecordUndelivered(kind="help.requested", subject="press", attempted=False, refused="422")
    )
    assert phrases(asked) == "help.failed"
    asked.send(HELP)
    assert phrases(asked) == "help" and len(asked.records("help.requested")) == 2


def test_a_word_about_another_wish_is_answered(asked: Journey) -> None:
    """A late acceptance of something that is over changes nothing and is rejected."""
    asked.send(Command(command_id="c", data=Accepted(help="another")))
    [answer] = asked.latest
    assert isinstance(answer, Record) and answer.kind == "command.rejected"
    asked.send(Command(command_id="d", data=Closed(help="press")))
    assert Hide() in asked.latest


def test_it_outlasts_a_restart(asked: Journey) -> None:
    """Who has asked is not forgotten."""
    asked.send(DELIVERED)
    asked.restart()
    assert asked.state.phase == "notified"
