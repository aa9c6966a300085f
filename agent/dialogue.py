"""Screens, focus and keys: the same journey by touch, by keypad and by voice.

Services claim the screen; the dialogue decides which claim is drawn, puts it into words,
moves the focus, and turns what a resident does into an `Action`. It keeps nothing that must
survive a restart: services claim again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from agent.contract import (
    Action,
    CameraWatch,
    DeviceBack,
    DeviceDown,
    Heard,
    Key,
    LinkChanged,
    Listening,
    PersonDown,
    Signal,
    Spoken,
)
from agent.conversation import Conversation, Order, Question
from agent.effects import Choice, Effect, Hide, Say, Show, Urgency
from agent.snapshot import Item, Phone, Snapshot, Words

log = logging.getLogger(__name__)

BAR = tuple(Choice(action) for action in ("back", "home", "repeat", "larger", "language", "help"))
"""The same on every screen."""

TALKING_BAR = tuple(
    Choice(action) for action in ("back", "home", "repeat", "talk", "language", "help")
)
"""The same where there is a microphone; "larger" is then on the help screen."""

_COMFORTS = (Choice("louder"), Choice("softer"), Choice("contrast"))
"""What else makes it easier, on the help screen."""

_TEXT_SIZES = 3

_STRIKE = 0.5
"""Seconds within which a second press of "enter" is one press by an unsteady hand."""

_HOLD = 0.8
"""Seconds for which "help" is held to speak; shorter is a press."""

_TO_ANSWER = 20.0
"""Seconds to answer "are you still there" before the screen is given up."""

_PRESENT = 5.0
"""Seconds after a touch during which somebody is surely still there."""

_HOME, _HELP_SCREEN, _IDLE = "home", "help", "idle.question"


class Comfort(NamedTuple):
    """What a resident has chosen for this session; the next one meets the defaults."""

    language: str
    text_size: int = 0
    contrast: bool = False


class Dialogue:
    """Owns what is on the screen and what is said about it. Used by the kernel's thread only."""

    def __init__(
        self,
        words: Words,
        conversation: Conversation,
        *,
        place: str,
        language: str,
        home: Sequence[Choice],
        phones: Mapping[str, Sequence[Phone]],
        idle_s: float,
        microphone: str,
    ) -> None:
        """Begin at the home screen.

        Args:
            words: the catalogue of phrases.
            conversation: speaks and listens.
            place: name of this kiosk.
            language: the language that a new resident meets.
            home: what the home screen offers.
            phones: help by telephone, by language.
            idle_s: seconds without a touch before the kiosk asks whether it is still needed.
            microphone: name of the driver through which residents can speak; empty: none.
        """
        self._words = words
        self._conversation = conversation
        self._microphone = microphone
        self._hears = False  # until the microphone is known to work
        self._held_since: float | None = None  # "help", while it may yet become a wish to speak
        self._to_do: deque[str] = deque()  # the rest of what one utterance asked for
        self._place = place
        self._default = Comfort(language)
        self._comfort = self._default
        self._phones = phones
        self._idle_s = idle_s
        self._home = Show(_HOME, choices=tuple(home), urgency=Urgency.INFORMATION)
        self._claims: dict[str, Show] = {}
        self._overlay: Show | None = None  # help, or "are you still there"
        self._focus = 0
        self._online = True
        self._camera = False
        self._camera_paused = False
        self._changed_at = 0.0
        self._touched_at = float("-inf")
        self._snapshot: Snapshot | None = None
        self._announced: tuple[str, str] | None = None

    # -- what residents do -----------------------------------------------------------------

    def interpret(self, signal: Signal) -> Signal | None:
        """Turn a key, a touch or words into what services hear, or handle it here."""
        match signal:
            case Key():
                return self._key(signal)
            case Heard(text=text):
                return self._heard(text, signal)
            case Action(action=action):
                if action not in [choice.action for choice in self._offered()]:
                    log.info("action not offered action=%s screen=%s", action, self._top().screen)
                    return None
                self._touched_at = signal.at
                self._conversation.touched()
                return self._choose(action, signal)
        return None

    def follow(self, signal: Signal) -> Signal | None:
        """The next action of an utterance that asked for several; None when all is done."""
        if not self._to_do:
            return None
        return self._choose(self._to_do.popleft(), signal)

    def _heard(self, text: str, signal: Signal) -> Signal | None:
        meant = self._conversation.heard(text)
        self._touched_at = signal.at
        if meant.rescue and not self._asks_after_a_fall():
            # Somebody cries for help: the same question, and the same alarm, as after a fall.
            down = PersonDown(track=0, confidence=0.6, reason="voice")
            return msgspec.structs.replace(down, source=signal.source, at=signal.at, id=signal.id)
        self._to_do = deque(meant.actions)
        return self.follow(signal)

    def _key(self, signal: Key) -> Signal | None:
        key = signal.key
        if key == "help" and self._hears and not self._asks_after_a_fall():
            # Held, it is a wish to speak; so a press is known only when it has ended.
            held, self._held_since = self._held_since, signal.at if signal.pressed else None
            if signal.pressed or held is None:
                return None
        elif not signal.pressed:
            return None
        self._touched_at = signal.at
        self._conversation.touched()
        offered = self._offered()
        if key in ("up", "down"):
            step = 1 if key == "down" else -1
            self._focus = (self._focus + step) % len(offered)
            self._say_focus()
            return None
        if key == "enter":
            if signal.at - self._changed_at < _STRIKE:
                return None
            return self._choose(offered[self._focus].action, signal)
        if self._asks_after_a_fall():
            # Somebody on the floor or beside them: the two keys found without looking.
            return self._choose("fall.help" if key == "help" else "fall.ok", signal)
        return self._choose(key, signal)

    def _asks_after_a_fall(self) -> bool:
        asked = self._claims.get("fall")
        return asked is not None and asked.screen == "fall.question"

    def _choose(self, action: str, signal: Signal) -> Signal | None:
        match action:
            case "repeat":
                self._announce(Urgency.ANSWER)
            case "language":
                languages = self._words.languages
                following = (languages.index(self._comfort.language) + 1) % len(languages)
                self._comfort = self._comfort._replace(language=languages[following])
            case "larger":
                size = (self._comfort.text_size + 1) % _TEXT_SIZES
                self._comfort = self._comfort._replace(text_size=size)
            case "contrast":
                self._comfort = self._comfort._replace(contrast=not self._comfort.contrast)
            case "louder" | "softer":
                self._conversation.volume(1 if action == "louder" else -1)
                self._announce(Urgency.ANSWER)
            case "talk":
                self._conversation.talk(self._question())
            case "help":
                comforts = (*_COMFORTS, Choice("larger")) if self._hears else _COMFORTS
                self._overlay = Show(_HELP_SCREEN, choices=comforts, idle_out=True)
            case "idle.stay":
                self._overlay = None
            case "back" | "home" if self._overlay is not None and self._overlay.screen != _IDLE:
                self._overlay = None
            case _:
                self._overlay = None
                return Action(
                    source=signal.source, at=signal.at, id=signal.id, action=action, by=_by(signal)
                )
        return None

    # -- what services and devices say -----------------------------------------------------

    def perform(self, service: str, effect: Effect) -> None:
        """Carry out a service's `Show`, `Hide` or `Say`."""
        match effect:
            case Show():
                before = self._claims.get(service)
                self._claims[service] = effect
                if before is None or before.screen != effect.screen:
                    self._overlay = None
                elif not effect.silent:
                    self._announced = None
            case Hide():
                self._claims.pop(service, None)
            case Say(phrase=phrase, values=values, urgency=urgency):
                self._speak(self._text(f"say.{phrase}", values), urgency)

    def observe(self, signal: Signal) -> None:
        """Note what residents should see of the kiosk's own state."""
        match signal:
            case LinkChanged(online=online):
                if online != self._online and (self._claims or self._overlay):
                    self._speak_phrase("network.up" if online else "network.down")
                self._online = online
            case CameraWatch(looking=looking):
                self._camera = looking
                self._camera_paused = not looking
            case DeviceBack(source=source) if source == self._microphone:
                self._hears = True
            case DeviceDown(source=source) if source == self._microphone:
                self._hears = False
                self._conversation.touched()
            case Spoken() | Listening():
                self._conversation.observe(signal)

    # -- time ------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """Boot-time clock at which `tick` has something to do; None: not on this screen."""
        if self._held_since is not None:
            return self._held_since + _HOLD
        top = self._top()
        if top.screen == _IDLE:
            return self._changed_at + _TO_ANSWER
        if not top.idle_out and (top is not self._home or self._comfort == self._default):
            return None
        return max(self._touched_at, self._changed_at) + self._idle_s

    def tick(self, now: float) -> Action | None:
        """Ask whether somebody is still there, and give the screen up when nobody answers."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return None
        if self._held_since is not None:
            self._held_since = None
            self._touched_at = now
            self._conversation.talk(self._question())
            return None
        top = self._top()
        if top.screen == _IDLE:
            self._overlay = None
            self._leave()
            return Action(source="dialogue", at=now, action="home", by="idle")
        if top.idle_out:
            stay = (Choice("idle.stay"), Choice("home"))
            self._overlay = Show(_IDLE, choices=stay)
        else:
            self._leave()
        return None

    def _leave(self) -> None:
        """Everything as the next resident expects it."""
        self._comfort = self._default
        self._conversation.leave()

    # -- the picture -----------------------------------------------------------------------

    def publish(self, now: float) -> Snapshot | None:
        """The new picture, or None when nothing has changed."""
        top = self._top()
        language = self._comfort.language
        where = (top.screen, language)
        if where != self._announced:
            first = self._announced is None or self._announced[0] != top.screen
            self._announced = where
            if first:
                self._focus = 0
                self._changed_at = now
            # An empty gate is not greeted: home is spoken to somebody who has just come there.
            if top is not self._home or now - self._touched_at < _PRESENT:
                self._announce(max(top.urgency, Urgency.ANSWER))
                self._await_answer(top)
        items, bar = self._drawn()
        self._focus = min(self._focus, len(items) + len(bar) - 1)
        sequence = self._snapshot.sequence if self._snapshot else 0
        snapshot = Snapshot(
            sequence=sequence,
            language=language,
            place=self._place,
            screen=top.screen,
            title=self._text(f"screen.{top.screen}.title", top.values),
            text=self._text(f"screen.{top.screen}.text", top.values),
            items=items,
            bar=bar,
            focus=self._focus,
            spoken=self._conversation.caption,
            alarm=top.urgency is Urgency.ALARM,
            values=top.values,
            notices=self._notices(),
            online=self._online,
            camera=self._camera,
            listening=self._conversation.listening,
            phones=tuple(self._phones[language]),
            text_size=self._comfort.text_size,
            contrast=self._comfort.contrast,
        )
        if snapshot == self._snapshot:
            return None
        self._snapshot = msgspec.structs.replace(snapshot, sequence=sequence + 1)
        return self._snapshot

    def orders(self) -> list[Order]:
        """What is to be spoken or set since the last call, in order."""
        return self._conversation.orders()

    def _top(self) -> Show:
        claim = max(self._claims.values(), key=lambda show: show.urgency, default=self._home)
        if self._overlay is not None and claim.urgency is not Urgency.ALARM:
            return self._overlay
        return claim

    def _offered(self) -> tuple[Choice, ...]:
        return (*self._top().choices, *self._bar())

    def _bar(self) -> tuple[Choice, ...]:
        return TALKING_BAR if self._hears else BAR

    def _drawn(self) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
        items = tuple(self._item(choice) for choice in self._top().choices)
        return items, tuple(self._item(choice) for choice in self._bar())

    def _item(self, choice: Choice) -> Item:
        return Item(choice.action, choice.text or self._text(f"action.{choice.action}", {}))

    def _notices(self) -> tuple[str, ...]:
        notices = []
        if not self._online:
            notices.append(self._text("notice.offline", {}))
        if self._camera_paused:
            notices.append(self._text("notice.camera", {}))
        return tuple(notices)

    # -- speech ----------------------------------------------------------------------------

    def _question(self) -> Question:
        top = self._top()
        items, bar = self._drawn()
        costly = frozenset(choice.action for choice in top.choices if choice.costly)
        return Question(
            self._comfort.language, items, bar, costly, urgent=top.urgency is Urgency.ALARM
        )

    def _await_answer(self, top: Show) -> None:
        """Listen after a question: always after a fall, else to somebody who speaks."""
        asks = bool(top.choices) and (top.idle_out or top.urgency is Urgency.ALARM)
        spoken_to = top.urgency is Urgency.ALARM or self._conversation.by_voice
        if self._hears and asks and spoken_to and not self._to_do:
            self._conversation.ask(self._question())

    def _announce(self, urgency: Urgency) -> None:
        """Speak the whole screen."""
        top = self._top()
        self._speak(self._phrase(self._words.spoken, top.screen, top.values), urgency)

    def _say_focus(self) -> None:
        offered = self._offered()
        values: dict[str, str | int | float] = {
            "label": self._item(offered[self._focus]).label,
            "n": self._focus + 1,
            "count": len(offered),
        }
        self._speak(self._text("say.focus", values), Urgency.ANSWER)

    def _speak_phrase(self, phrase: str) -> None:
        """Tell somebody who is here; an empty gate is not spoken to."""
        self._speak(self._text(f"say.{phrase}", {}), Urgency.INFORMATION)

    def _speak(self, text: str, urgency: Urgency) -> None:
        self._conversation.say(text, self._comfort.language, urgency)

    def _text(self, phrase: str, values: Mapping[str, str | int | float]) -> str:
        return self._phrase(self._words.text, phrase, values)

    def _phrase(
        self,
        compose: Callable[[str, str, Mapping[str, str | int | float]], str],
        phrase: str,
        values: Mapping[str, str | int | float],
    ) -> str:
        try:
            return compose(self._comfort.language, phrase, values)
        except KeyError as error:
            # A missing word is our mistake, but never a dead screen.
            log.error("phrase missing phrase=%s error=%s", phrase, error)
            return ""


def _by(signal: Signal) -> Literal["touch", "keys", "voice", "idle"]:
    match signal:
        case Action(by=by):
            return by
        case Heard():
            return "voice"
    return "keys"
