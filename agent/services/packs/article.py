"""Articles read aloud, sentence by sentence; who cannot hear follows them on the page.

Each sentence is one announcement of the screen, and its end leads to the next. So anything may
cut in (a key's label, the help screen): the sentence is said again afterwards. After a fall it
waits until somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from agent.contract.signals import DeviceBack, Listening, PersonDown, Signal, Spoken
from agent.dialogue.views import Article as ArticleView
from agent.dialogue.views import List, Status
from agent.effects import Choice, Effect, Hide, Remind, Show
from agent.messages import Action, DeviceDown, Due, Started

_RESUME = 2.0
"""Seconds of quiet after which a sentence that was cut off is said again."""
_RATES = (0.7, 0.85, 1.0, 1.25, 1.6)
_USUAL = _RATES.index(1.0)

Phase = Literal["idle", "choosing", "aloud", "paused", "over"]


class Article(NamedTuple):
    """Something to be read."""

    id: str
    title: str
    language: str
    """BCP 47 tag of its words."""
    sentences: tuple[str, ...]
    """At least one, without blanks around it."""


class ReadingState(msgspec.Struct, frozen=True):
    """What is being read, and where."""

    phase: Phase = "idle"
    article: str = ""
    position: int = 0
    """Index of the sentence."""
    pace: int = _USUAL
    """Index into `_RATES`."""
    mute: bool = False
    """The loudspeaker is down."""


class Reading:
    """Choose → aloud ⇄ paused → over."""

    name: ClassVar[str] = "reading"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Action,
        Due,
        Spoken,
        Listening,
        PersonDown,
        DeviceDown,
        DeviceBack,
    )

    def __init__(self, articles: Sequence[Article], speaker: str) -> None:
        """Offer *articles*; *speaker* is the name of the loudspeaker, empty where there is none."""
        self._articles = {article.id: article for article in articles}
        self._speaker = speaker

    def initial(self) -> ReadingState:
        """Nothing is read."""
        return ReadingState(mute=not self._speaker)

    def durable(self, state: ReadingState) -> ReadingState:
        """The place in the article: after a restart somebody may want to go on."""
        if state.phase in ("aloud", "paused"):
            return replace(state, phase="paused", mute=not self._speaker)
        return self.initial()

    def step(self, state: ReadingState, signal: Signal) -> tuple[ReadingState, list[Effect]]:
        """Answer one signal. Signals that do not fit the phase change nothing."""
        match signal:
            case Started():
                return self._resume(state)
            case Action(action="reading.of", value=chosen):
                return self._choose(state, chosen)
            case Action(action=action):
                return self._action(state, action)
            case DeviceDown(source=source) if source == self._speaker and not state.mute:
                return self._voice(replace(state, mute=True))
            case DeviceBack(source=source) if source == self._speaker and state.mute:
                return self._voice(replace(state, mute=False))
        if state.phase != "aloud":
            return state, []
        match signal:
            case Spoken(utterance=said, state="finished") if said == _utterance(state):
                return self._go(state, 1)
            case Spoken(state="began") | Listening(on=True):
                return state, [Remind("resume", None)]
            case Spoken() | Listening():
                return state, [Remind("resume", _RESUME)]
            case Due(name="resume"):
                return state, [self._show(state)]
            case PersonDown():
                return self._enter(state, "paused")
        return state, []

    # -- what the resident does ------------------------------------------------------------

    def _action(self, state: ReadingState, action: str) -> tuple[ReadingState, list[Effect]]:
        open_ = state.phase in ("aloud", "paused")
        match action:
            case "reading.open" if state.phase in ("idle", "over"):
                return self._open(state)
            case "reading.pause" if state.phase == "aloud":
                return self._enter(state, "paused")
            case "reading.continue" if state.phase == "paused":
                return self._read(state)
            case "reading.previous" | "reading.next" if open_:
                return self._go(state, 1 if action == "reading.next" else -1)
            case "reading.slower" | "reading.faster" if open_:
                pace = state.pace + (1 if action == "reading.faster" else -1)
                return self._read(replace(state, pace=min(max(pace, 0), len(_RATES) - 1)))
            case "reading.again" if state.phase == "over":
                return self._read(replace(state, position=0))
            case "back" if state.phase in ("aloud", "paused", "over") and len(self._articles) > 1:
                return self._enter(state, "choosing")
            case "reading.stop" | "home" | "back" if state.phase != "idle":
                return self._end(state)
        return state, []

    def _choose(self, state: ReadingState, chosen: str) -> tuple[ReadingState, list[Effect]]:
        if state.phase != "choosing" or chosen not in self._articles:
            return state, []
        return self._read(replace(state, article=chosen, position=0))

    def _open(self, state: ReadingState) -> tuple[ReadingState, list[Effect]]:
        if len(self._articles) == 1:
            (only,) = self._articles
            return self._read(replace(state, article=only, position=0))
        return self._enter(state, "choosing")

    # -- where it is -----------------------------------------------------------------------

    def _go(self, state: ReadingState, step: int) -> tuple[ReadingState, list[Effect]]:
        position = max(0, state.position + step)
        if position == len(self._articles[state.article].sentences):
            return self._enter(state, "over")
        return self._read(replace(state, position=position))

    def _read(self, state: ReadingState) -> tuple[ReadingState, list[Effect]]:
        return self._enter(state, "paused" if state.mute else "aloud")

    def _enter(self, state: ReadingState, phase: Phase) -> tuple[ReadingState, list[Effect]]:
        state = replace(state, phase=phase)
        return state, [self._show(state), Remind("resume", None)]

    def _end(self, state: ReadingState) -> tuple[ReadingState, list[Effect]]:
        return replace(self.initial(), mute=state.mute), [Hide(), Remind("resume", None)]

    def _voice(self, state: ReadingState) -> tuple[ReadingState, list[Effect]]:
        """The loudspeaker went or came: what can be chosen is not the same."""
        if state.phase in ("aloud", "paused"):
            return self._enter(state, "paused")
        return state, []

    def _resume(self, state: ReadingState) -> tuple[ReadingState, list[Effect]]:
        if state.phase != "paused":
            return state, []
        article = self._articles.get(state.article)
        if article is None or state.position >= len(article.sentences):
            return self._end(state)  # it is another article by now
        return state, [self._show(state)]

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, state: ReadingState) -> Show:
        if state.phase == "choosing":
            found = self._articles.values()
            titles = tuple(Choice("reading.of", one.title, value=one.id) for one in found)
            return Show("reading.choosing", choices=titles, idle_out=True, view=List())
        article = self._articles[state.article]
        before, sentence, after = ("", *article.sentences, "")[state.position : state.position + 3]
        values: dict[str, str | int | float] = {
            "title": article.title,
            "sentence": sentence,
            "n": state.position + 1,
            "count": len(article.sentences),
            "mute": "yes" if state.mute else "",
        }
        view = ArticleView(article.language, sentence, before, after)
        if state.phase == "aloud":
            return Show(
                "reading.aloud",
                values,
                _controls(state),
                language=article.language,
                rate=_RATES[state.pace],
                view=view,
                utterance=_utterance(state),
            )
        if state.phase == "over":
            again = Choice("reading.again", icon="again")
            view_over = Status("book")
            return Show(
                "reading.over", values, (again, Choice("home")), idle_out=True, view=view_over
            )
        return Show("reading.paused", values, _controls(state), idle_out=True, view=view)


def _utterance(state: ReadingState) -> str:
    """Id of the sentence that is read."""
    return f"reading/{state.article}/{state.position}"


_ICONS = {
    "pause": "pause",
    "continue": "play",
    "previous": "previous",
    "next": "next",
    "slower": "minus",
    "faster": "plus",
    "stop": "cross",
}


def _controls(state: ReadingState) -> tuple[Choice, ...]:
    first = "pause" if state.phase == "aloud" else "continue"
    names = [first, "previous", "next", "slower", "faster", "stop"]
    if state.mute:
        names = ["next", "previous", "stop"]
    return tuple(
        Choice(
            f"reading.{name}",
            icon=_ICONS[name],
            look="primary" if name in ("pause", "continue") else "plain",
        )
        for name in names
    )
