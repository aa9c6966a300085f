"""Reading aloud: sentence by sentence, whatever cuts in."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from agent.contract.signals import DeviceBack, Listening, PersonDown, Spoken
from agent.dialogue.views import Article as View
from agent.effects import Hide, Show
from agent.messages import Action, DeviceDown, Due, Started
from agent.services.packs.article import Article, Reading
from tests.agent.dialogue.test_grammar import on, wish
from tests.agent.journal import Journey

WALK = Article("walk", "出门", "zh-CN", ("先看天。", "带把伞。", "慢慢走。"))
TEA = Article("tea", "Tea", "en", ("Boil water.", "Wait."))


class Reader(Journey):
    """A journey with a resident who listens."""

    def __init__(self, *articles: Article, speaker: str = "speaker") -> None:
        super().__init__(Reading(articles or (WALK,), speaker))
        self.send(Started(rebooted=False))

    def choose(self, *actions: str) -> None:
        for action in actions:
            chosen = wish(action)
            self.send(Action(service="reading", action=chosen.action, value=chosen.value))

    def said(self, state: str = "finished") -> None:
        """The loudspeaker has said the sentence that is shown."""
        said = Spoken(text=self.sentence, state="began", utterance=self.show.utterance)
        self.send(said, replace(said, state=state))

    @property
    def show(self) -> Show:
        return [effect for effect in self.effects if isinstance(effect, Show)][-1]

    @property
    def sentence(self) -> str:
        return str(self.show.values["sentence"])

    @property
    def offered(self) -> list[str]:
        return [choice.action.removeprefix("reading.") for choice in self.show.choices]


@pytest.fixture
def reader() -> Reader:
    """Somebody has asked for the only article."""
    started = Reader()
    started.choose("reading.open")
    return started


def test_the_end_of_a_sentence_leads_to_the_next(reader: Reader) -> None:
    """All sentences are announced once, in order, then the kiosk says that this was all."""
    heard = []
    while reader.screen == "reading.aloud":
        heard.append(reader.sentence)
        reader.said()
    assert heard == list(WALK.sentences)
    assert reader.screen == "reading.over"
    reader.choose("reading.again")
    assert (reader.screen, reader.sentence) == ("reading.aloud", "先看天。")


def test_the_sentence_stands_between_its_neighbours(reader: Reader) -> None:
    """The page has what comes before and after, and where one is."""
    reader.said()
    view, values = reader.show.view, reader.show.values
    assert isinstance(view, View)
    assert (view.before, view.after) == ("先看天。", "慢慢走。")
    assert (values["n"], values["count"], values["title"]) == (2, 3, "出门")


def test_one_can_pause_and_go_on(reader: Reader) -> None:
    """Paused, the end of what was cut off changes nothing; then the sentence is said again."""
    reader.said()
    reader.choose("reading.pause")
    assert reader.screen == "reading.paused"
    assert reader.show.idle_out
    reader.send(Spoken(text="带把伞。", state="stopped"), Due(service="reading", name="resume"))
    assert reader.screen == "reading.paused"
    reader.choose("reading.continue")
    assert (reader.screen, reader.sentence) == ("reading.aloud", "带把伞。")


def test_one_can_go_back_and_forth(reader: Reader) -> None:
    """Before the first there is nothing, after the last it is over."""
    reader.choose("reading.previous")
    assert reader.sentence == "先看天。"
    reader.choose("reading.next", "reading.next", "reading.previous")
    assert reader.sentence == "带把伞。"
    reader.choose("reading.next", "reading.next")
    assert reader.screen == "reading.over"


def test_a_sentence_that_was_left_does_not_count(reader: Reader) -> None:
    """The late end of another sentence skips nothing."""
    first = reader.show.utterance
    reader.choose("reading.next")
    reader.send(Spoken(text="先看天。", state="finished", utterance=first))
    assert reader.sentence == "带把伞。"


def test_other_words_for_the_sentence_lead_on_too(reader: Reader) -> None:
    """What was said is known by its id, not by comparing words."""
    said = Spoken(text="先，看天", state="finished", utterance=reader.show.utterance)
    reader.send(said)
    assert reader.sentence == "带把伞。"


def test_faster_and_slower(reader: Reader) -> None:
    """The sentence is said again at the new rate, from 0.7 to 1.6 times the usual."""
    rates = []
    for action in ("reading.faster",) * 3 + ("reading.slower",) * 5:
        reader.choose(action)
        rates.append(reader.show.rate)
    assert rates == [1.25, 1.6, 1.6, 1.25, 1.0, 0.85, 0.7, 0.7]
    assert reader.sentence == "先看天。"


def test_what_cuts_in_is_waited_for(reader: Reader) -> None:
    """After a key's label, and a while of quiet, the sentence is said again."""
    reader.said("stopped")
    assert reader.reminders == {"resume": 2.0}
    reader.send(Spoken(text="上一句，第2项", state="began"))
    assert reader.reminders == {}
    reader.send(Spoken(text="上一句，第2项", state="finished"))
    assert reader.reminders == {"resume": 2.0}
    reader.send(Due(service="reading", name="resume"))
    assert isinstance(reader.latest[0], Show)
    assert reader.sentence == "先看天。"


def test_it_does_not_talk_to_somebody_who_speaks(reader: Reader) -> None:
    """While the microphone listens nothing is resumed."""
    reader.said("stopped")
    reader.send(Listening(on=True))
    assert reader.reminders == {}
    reader.send(Listening(on=False, ended="silence"))
    assert "resume" in reader.reminders


def test_a_fall_pauses(reader: Reader) -> None:
    """Who comes back to the article after an alarm finds it where it was."""
    reader.said()
    reader.send(PersonDown(source="camera", track=1, confidence=0.9, reason="drop"))
    assert (reader.screen, reader.sentence) == ("reading.paused", "带把伞。")


def test_without_a_voice_it_goes_by_keys(reader: Reader) -> None:
    """The sentence stays on the page, "next" leads on, and what needs a voice is not offered."""
    reader.send(DeviceDown(source="speaker", reason="gone"))
    assert reader.screen == "reading.paused"
    assert reader.offered == ["next", "previous", "stop"]
    reader.choose("reading.next")
    assert (reader.screen, reader.sentence) == ("reading.paused", "带把伞。")
    reader.send(DeviceBack(source="speaker"))
    assert reader.offered[0] == "continue"


def test_a_kiosk_without_a_loudspeaker_reads_too() -> None:
    """Where none is in kiosk.toml, the page is all there is."""
    reader = Reader(speaker="")
    reader.choose("reading.open")
    assert reader.offered == ["next", "previous", "stop"]


def test_the_first_word_of_a_loudspeaker_pauses_nothing(reader: Reader) -> None:
    """That it works is known when it first speaks: no news for who listens."""
    reader.send(DeviceBack(source="speaker"))
    assert reader.screen == "reading.aloud"


def test_after_a_restart_it_is_paused_at_the_sentence(reader: Reader) -> None:
    """The place is kept; nobody is talked to who may have left."""
    reader.said()
    reader.choose("reading.faster")
    reader.restart()
    reader.send(Started(rebooted=True))
    assert (reader.screen, reader.sentence) == ("reading.paused", "带把伞。")
    reader.choose("reading.continue")
    assert reader.show.rate == 1.25


def test_an_article_that_is_gone_is_forgotten(reader: Reader) -> None:
    """A restart with other articles ends the reading."""
    reader.service = Reading([TEA], "speaker")
    reader.restart()
    reader.send(Started(rebooted=False))
    assert isinstance(reader.latest[0], Hide)
    assert reader.state.phase == "idle"


def test_several_articles_are_chosen_from() -> None:
    """Their titles are the choices; "back" leads there again, "home" away."""
    reader = Reader(WALK, TEA)
    reader.choose("reading.open")
    assert [choice.text for choice in reader.show.choices] == ["出门", "Tea"]
    reader.choose("reading.of.nothing")
    assert reader.screen == "reading.choosing"
    reader.choose("reading.of.tea")
    assert (reader.sentence, reader.show.language) == ("Boil water.", "en")
    reader.choose("back")
    assert reader.screen == "reading.choosing"
    reader.choose("home")
    assert reader.state == reader.service.initial()


@pytest.mark.parametrize("action", ["reading.stop", "home", "back"])
def test_it_can_be_ended(reader: Reader, action: str) -> None:
    """The screen is given back, and nothing is remembered."""
    reader.choose(action)
    assert isinstance(reader.latest[0], Hide)
    assert reader.state == reader.service.initial()
    assert reader.reminders == {}


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("停", "pause"),
        ("上一句", "previous"),
        ("下一句", "next"),
        ("慢一点", "slower"),
        ("快一点", "faster"),
        ("不读了", "stop"),
    ],
)
def test_it_is_controlled_by_voice_too(reader: Reader, words: str, action: str) -> None:
    """Plain words do what the keys do."""
    offered = on(*(f"reading.{name}" for name in reader.offered))
    assert offered[words] == (wish(f"reading.{action}"),)


def test_going_on_by_voice(reader: Reader) -> None:
    """继续 leads on from a pause."""
    reader.choose("reading.pause")
    offered = on(*(f"reading.{name}" for name in reader.offered))
    assert offered["继续"] == (wish("reading.continue"),)


_ACTIONS = (
    "open", "pause", "continue", "previous", "next", "slower", "faster", "stop", "again", "of.tea"
)  # fmt: skip


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, what is shown is a sentence of the article."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader(WALK, TEA)

    @rule(action=st.sampled_from([*(f"reading.{name}" for name in _ACTIONS), "back", "home"]))
    def choose(self, action: str) -> None:
        self.reader.choose(action)

    @rule(
        signal=st.sampled_from(
            [
                Spoken(text="x", state="finished"),
                Spoken(text="先看天。", state="finished", utterance="reading/walk/0"),
                Spoken(text="Wait.", state="finished", utterance="reading/tea/1"),
                Spoken(text="Wait.", state="stopped", utterance="reading/tea/1"),
                Listening(on=True),
                Due(service="reading", name="resume"),
                DeviceDown(source="speaker", reason="gone"),
                DeviceBack(source="speaker"),
                PersonDown(track=1, confidence=0.9, reason="drop"),
            ]
        )
    )
    def happen(self, signal: Spoken) -> None:
        self.reader.send(signal)

    @rule()
    def restart(self) -> None:
        self.reader.restart()
        self.reader.send(Started(rebooted=False))

    @invariant()
    def shows_its_place(self) -> None:
        state = self.reader.state
        articles = {article.id: article for article in (WALK, TEA)}
        if state.phase in ("aloud", "paused"):
            assert self.reader.sentence == articles[state.article].sentences[state.position]
        assert not (state.mute and state.phase == "aloud")


TestAnyOrder = AnyOrder.TestCase
