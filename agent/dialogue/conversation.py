"""What is said aloud and what is understood: the kiosk's half of a conversation.

The kiosk listens only when it is asked to (a key held, a touch) or has just asked something
itself. What it does not understand it asks again once, then it leaves the rest to the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from agent.contract.orders import (
    Cancel,
    CheckPhrases,
    Listen,
    Order,
    Speak,
    Speaking,
    StopSpeaking,
    Volume,
)
from agent.contract.signals import DeviceBack, Listening, Signal, Spoken
from agent.dialogue.grammar import Grammar, Meanings
from agent.dialogue.settings import SpeechSettings
from agent.dialogue.snapshot import Item, Words
from agent.effects import Urgency, Utterance, Wish
from agent.messages import DeviceDown

_MISSES = 2
"""Times that an answer is not understood, or not given, before keys are asked for."""

_STEPS, _STEP = 3, 1.2
"""Steps by which speech can be hastened or slowed, and the factor of one."""

_NAMED = 3
"""Choices that are named when an answer was not understood; more are hard to keep in mind."""


class Told(NamedTuple):
    """What the loudspeaker or the microphone is to do."""

    role: Literal["speaker", "microphone"]
    order: Order


class Question(NamedTuple):
    """What an answer is awaited to: the screen as it was when the listening began."""

    language: str
    items: tuple[tuple[Item, Wish], ...]
    bar: tuple[tuple[Item, Wish], ...]
    utterances: tuple[Utterance, ...]
    help: str
    """The action that a call for help is here."""
    costly: frozenset[str]
    """Choices for which a mere "yes" or "no" is asked again."""
    urgent: bool
    """Silence is asked again and again, until the service decides."""


class Meant(NamedTuple):
    """What an utterance comes to."""

    wishes: tuple[Wish, ...] = ()
    """To be done one after the other, each on the screen that the one before leads to."""
    rescue: bool = False
    """A cry for help, wherever on the screens the resident is."""


class Conversation:
    """Owns the orders to loudspeaker and microphone. Used by the kernel's thread only."""

    def __init__(
        self, words: Words, grammar: Grammar, settings: SpeechSettings, speaker: str
    ) -> None:
        """Begin silent.

        Args:
            words: the catalogue of phrases.
            grammar: what may be said on a screen.
            settings: how long to listen.
            speaker: name of the loudspeaker's driver; empty: there is none.
        """
        self._words = words
        self._speaker = speaker
        self.speaks = False
        """The loudspeaker is known to work."""
        self._grammar = grammar
        self._settings = settings
        self._orders: list[Told] = []
        self._question: Question | None = None
        self._meanings: Meanings = {}
        self._doubted = ""  # the costly choice to which a mere "yes" was heard
        self._misses = 0
        self.caption = ""
        """What was last asked to be spoken."""
        self.announced = False
        """It was the screen's own words."""
        self.by_voice = False
        """The resident speaks rather than presses, so each question is listened to."""
        self.listening = False
        self.pace = 0
        """Steps faster (above 0) or slower than usual, for this resident."""
        self._silent = False
        """This resident needs no speech: only alarms are spoken."""

    @property
    def invites_after(self) -> float:
        """Seconds after which an idle kiosk says how it is used by ear; 0: never."""
        return self._settings.invite_s if self.speaks else 0.0

    def refurnish(self, settings: SpeechSettings, speaker: str) -> None:
        """Go on with other settings, and perhaps another loudspeaker."""
        self._settings = settings
        self.speaks = self.speaks and speaker == self._speaker
        self._speaker = speaker

    def orders(self) -> list[Told]:
        """What the devices are to do since the last call, in order."""
        orders, self._orders = self._orders, []
        return orders

    # -- speaking --------------------------------------------------------------------------

    def say(
        self,
        text: str,
        language: str,
        urgency: Urgency,
        rate: float = 1.0,
        utterance: str = "",
        *,
        announced: bool = False,
    ) -> None:
        """Speak *text*, *rate* times as fast as usual.

        Args:
            text: the words.
            language: of the words.
            urgency: whom it may interrupt.
            rate: how much faster than usual.
            utterance: id that comes back in `Spoken`.
            announced: these are the words of the screen itself.
        """
        self.caption, self.announced = text, announced
        if self._silent and urgency is not Urgency.ALARM:
            return
        rate *= _STEP**self.pace
        speak = Speak(text, language, int(urgency), rate, utterance)  # type: ignore[arg-type]
        self._orders.append(Told("speaker", speak))
        if self.speaks:  # already while it is being rendered, or the beginning is heard
            self._deafen(True)

    def volume(self, step: int) -> None:
        """Louder (1) or softer (-1) for this resident."""
        self._orders.append(Told("speaker", Volume(step=step)))

    def hasten(self, step: int) -> bool:
        """Faster (1) or slower (-1) for this resident; whether it can be."""
        before, self.pace = self.pace, max(-_STEPS, min(_STEPS, self.pace + step))
        return self.pace != before

    def adapt(self, pace: int, *, silent: bool) -> None:
        """Speak so many steps faster (above 0) or slower, or nothing but alarms."""
        self.pace, self._silent = max(-_STEPS, min(_STEPS, pace)), silent
        if silent:
            self._orders.append(Told("speaker", StopSpeaking()))

    def leave(self) -> None:
        """The resident has gone; the next one finds everything as it was."""
        self.pace, self._silent = 0, False
        self._orders.append(Told("speaker", Volume(reset=True)))
        self.touched()

    # -- listening -------------------------------------------------------------------------

    def talk(self, question: Question) -> None:
        """Somebody wants to speak: cease to speak, say so, and listen."""
        self.by_voice = True
        self._misses = 0
        self._orders.append(Told("speaker", StopSpeaking()))
        please = self._words.text(question.language, "say.heard.please")
        self.say(please, question.language, Urgency.ANSWER)
        self.ask(question)

    def ask(self, question: Question) -> None:
        """Listen for the answer to *question*, as soon as what is being said has been said."""
        if question != self._question:
            self._doubted = ""
        self._question = question
        self._meanings = self._meant(question)
        patience = self._settings.patience_s
        if self.by_voice:
            patience = self._settings.speech_mode_patience_s
        longest = self._settings.longest_s
        listen = Listen(tuple(self._meanings), patience, longest, question.language)
        self._orders.append(Told("microphone", listen))

    def touched(self) -> None:
        """A key or a touch: the hand is quicker, nothing need be listened for."""
        self.by_voice = False
        if self._question is not None:
            self._question = None
            self._orders.append(Told("microphone", Cancel()))

    def heard(self, text: str) -> Meant:
        """What the answer means; what is not understood is asked again here."""
        question, self._question = self._question, None
        if question is None:
            return Meant()
        if text in self._phrases(question, "rescue"):
            return Meant(self._meanings.get(text, ()), rescue=True)
        wishes = self._meanings.get(text, ())
        if not wishes:
            self._missed(question, "heard.unknown")
            return Meant()
        self._misses = 0
        plain = text in (*self._phrases(question, "yes"), *self._phrases(question, "no"))
        chosen = wishes[0].id
        if plain and chosen in question.costly and self._doubted != chosen:
            self._doubt(question, chosen)
            return Meant()
        self._doubted = ""
        return Meant(wishes)

    def observe(self, signal: Signal) -> None:
        """Keep the microphone from hearing the loudspeaker, and notice silence."""
        match signal:
            case Spoken(state=state):
                self._deafen(state == "began")
            case DeviceBack(source=self._speaker):
                self.speaks = True
            case DeviceDown(source=self._speaker):
                self.speaks = False
                self._deafen(False)
            case Listening(on=on, ended=ended):
                self.listening = on
                if ended == "silence" and self._question is not None:
                    question, self._question = self._question, None
                    self._unanswered(question)

    def found(self, question: Question) -> None:
        """The microphone works: let it report words that it cannot understand, and go on."""
        phrases = tuple(self._meant(question))
        self._orders.append(Told("microphone", CheckPhrases(phrases, question.language)))
        if self._question is not None:
            self.ask(self._question)

    def lost(self) -> None:
        """The microphone is gone, and with it what it would have said of itself."""
        self.by_voice = False
        self.listening = False
        self._question = None

    def _meant(self, question: Question) -> Meanings:
        return self._grammar.meanings(
            question.language, question.items, question.bar, question.utterances, question.help
        )

    # -- when it does not go well ----------------------------------------------------------

    def _deafen(self, on: bool) -> None:
        self._orders.append(Told("microphone", Speaking(on)))

    def _doubt(self, question: Question, chosen: str) -> None:
        label = next(item.label for item, _ in question.items if item.action == chosen)
        again = self._words.text(question.language, "say.heard.yes", {"label": label})
        self.say(again, question.language, Urgency.ANSWER)
        self.ask(question)
        self._doubted = chosen

    def _unanswered(self, question: Question) -> None:
        if question.urgent:
            self.ask(question)
        elif self.by_voice:
            self._missed(question, "heard.nothing")

    def _missed(self, question: Question, phrase: str) -> None:
        self._misses += 1
        if self._misses >= _MISSES and not question.urgent:
            self.by_voice = False
            phrase = "heard.keys"
        labels = [item.label for item, _ in question.items[:_NAMED]]
        joined = self._words.text(question.language, "label.or").join(labels)
        text = self._words.text(question.language, f"say.{phrase}", {"choices": joined})
        urgency = Urgency.ALARM if question.urgent else Urgency.ANSWER
        self.say(text, question.language, urgency)
        if self.by_voice or question.urgent:
            self.ask(question)

    def _phrases(self, question: Question, name: str) -> Sequence[str]:
        return self._words.text(question.language, f"hear.{name}").split("|")
