"""Screens, focus and keys: the same journey by touch, by keypad and by voice.

Services claim the screen; the dialogue turns what a resident does into an `Action`, says what
is new on the screen, and notices when nobody is there any more. It keeps nothing that must
survive a restart: services claim again.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Literal

from agent.contract.signals import CameraWatch, DeviceBack, Heard, Key, PersonDown, Signal
from agent.dialogue.conversation import Conversation, Question, Told
from agent.dialogue.snapshot import Snapshot
from agent.dialogue.stage import Stage, Values
from agent.effects import Choice, Effect, Hide, Say, Show, Urgency
from agent.messages import Action, DeviceDown, LinkChanged

log = logging.getLogger(__name__)

_COMFORTS = (Choice("louder"), Choice("softer"), Choice("contrast"))
"""What makes it easier, on the help screen."""

_STRIKE = 0.5
"""Seconds within which a second press of "enter" is one press by an unsteady hand."""

_HOLD = 0.8
"""Seconds for which "help" is held to speak; shorter is a press."""

_TO_ANSWER = 20.0
"""Seconds to answer "are you still there" before the screen is given up."""

_PRESENT = 5.0
"""Seconds after a touch during which somebody is surely still there."""

_HELP, _IDLE = "help", "idle.question"

_RESCUE_CONFIDENCE = 0.6
"""Of words that were heard: less than a fall that was seen."""


class Dialogue:
    """Owns the stage and the conversation. Used by the kernel's thread only."""

    def __init__(
        self, stage: Stage, conversation: Conversation, *, idle_s: float, microphone: str
    ) -> None:
        """Begin with nobody there.

        Args:
            stage: what is on the screen.
            conversation: speaks and listens.
            idle_s: seconds without a touch before the kiosk asks whether it is still needed.
            microphone: name of the driver through which residents can speak; empty: none.
        """
        self._stage = stage
        self._conversation = conversation
        self._idle_s = idle_s
        self._microphone = microphone
        self._held_since: float | None = None  # "help", while it may yet become a wish to speak
        self._to_do: deque[str] = deque()  # the rest of what one utterance asked for
        self._changed_at = 0.0
        self._touched_at = float("-inf")
        self._announced: tuple[str, str] | None = None

    # -- what residents do -----------------------------------------------------------------

    def interpret(self, signal: Signal) -> Signal | None:
        """Turn a key, a touch or words into what services hear, or handle it here."""
        match signal:
            case Key():
                return self._key(signal)
            case Heard():
                return self._heard(signal)
            case Action(action=action):
                if action not in [choice.action for choice in self._stage.offered]:
                    screen = self._stage.top.screen
                    log.info("action not offered action=%s screen=%s", action, screen)
                    return None
                self._touch(signal.at)
                return self._choose(action, signal)
        return None

    def follow(self, signal: Signal) -> Signal | None:
        """The next action of an utterance that asked for several; None when all is done."""
        if not self._to_do:
            return None
        return self._choose(self._to_do.popleft(), signal)

    def _heard(self, signal: Heard) -> Signal | None:
        self._touched_at = signal.at
        meant = self._conversation.heard(signal.text)
        if meant.rescue and not self._asks_after_a_fall():
            # Somebody cries for help: the same question, and the same alarm, as after a fall.
            return PersonDown(
                source=signal.source,
                at=signal.at,
                id=signal.id,
                track=0,
                confidence=_RESCUE_CONFIDENCE,
                reason="voice",
            )
        self._to_do = deque(meant.actions)
        return self.follow(signal)

    def _key(self, signal: Key) -> Signal | None:
        key = signal.key
        if key == "help" and self._stage.condition.hears and not self._asks_after_a_fall():
            # Held, it is a wish to speak; so a press is known only when it has ended.
            held, self._held_since = self._held_since, signal.at if signal.pressed else None
            if signal.pressed or held is None:
                return None
        elif not signal.pressed:
            return None
        self._touch(signal.at)
        if key in ("up", "down"):
            self._stage.move_focus(1 if key == "down" else -1)
            self._say_focus()
            return None
        if key == "enter":
            if signal.at - self._changed_at < _STRIKE:
                return None
            return self._choose(self._stage.offered[self._stage.focus].action, signal)
        if self._asks_after_a_fall():
            # Somebody on the floor or beside them: the two keys found without looking.
            return self._choose("fall.help" if key == "help" else "fall.ok", signal)
        return self._choose(key, signal)

    def _touch(self, at: float) -> None:
        self._touched_at = at
        self._conversation.touched()

    def _asks_after_a_fall(self) -> bool:
        return self._stage.screen_of("fall") == "fall.question"

    def _choose(self, action: str, signal: Signal) -> Signal | None:
        stage = self._stage
        match action:
            case "repeat":
                self._announce(Urgency.ANSWER)
            case "language" | "larger" | "contrast":
                stage.change_comfort(action)
            case "louder" | "softer":
                self._conversation.volume(1 if action == "louder" else -1)
                self._announce(Urgency.ANSWER)
            case "talk":
                self._conversation.talk(self._question())
            case "help":
                comforts = (*_COMFORTS, Choice("larger")) if stage.condition.hears else _COMFORTS
                stage.overlay = Show(_HELP, choices=comforts, idle_out=True)
            case "idle.stay":
                stage.overlay = None
            case "back" | "home" if stage.overlay is not None and stage.overlay.screen != _IDLE:
                stage.overlay = None
            case _:
                stage.overlay = None
                return Action(
                    source=signal.source, at=signal.at, id=signal.id, action=action, by=_by(signal)
                )
        return None

    # -- what services and devices say -----------------------------------------------------

    def perform(self, service: str, effect: Effect) -> None:
        """Carry out a service's `Show`, `Hide` or `Say`."""
        match effect:
            case Show():
                same = self._stage.screen_of(service) == effect.screen
                self._stage.claim(service, effect)
                if same and not effect.silent and self._stage.top is effect:
                    self._announced = None
            case Hide():
                self._stage.release(service)
            case Say(phrase=phrase, values=values, urgency=urgency):
                self._say(phrase, values, urgency)

    def observe(self, signal: Signal) -> None:
        """Note what residents should see of the kiosk's own state."""
        stage = self._stage
        match signal:
            case LinkChanged(online=online):
                if online != stage.condition.online and stage.in_use:
                    # To somebody who is here; an empty gate is not spoken to.
                    self._say("network.up" if online else "network.down", {}, Urgency.INFORMATION)
                stage.condition = stage.condition._replace(online=online)
            case CameraWatch(looking=looking):
                stage.condition = stage.condition._replace(
                    camera=looking, camera_paused=not looking
                )
            case DeviceDown(source="store"):
                stage.condition = stage.condition._replace(records=False)
                if stage.in_use:
                    self._say("store.down", {}, Urgency.ANSWER)
            case DeviceBack(source="store"):
                stage.condition = stage.condition._replace(records=True)
            case DeviceBack(source=source) if source == self._microphone:
                stage.condition = stage.condition._replace(hears=True)
                self._conversation.found(self._question())
            case DeviceDown(source=source) if source == self._microphone:
                stage.condition = stage.condition._replace(hears=False)
                self._conversation.lost()
        self._conversation.observe(signal)

    # -- time ------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """Boot-time clock at which `tick` has something to do; None: not on this screen."""
        if self._held_since is not None:
            return self._held_since + _HOLD
        top = self._stage.top
        if top.screen == _IDLE:
            return self._changed_at + _TO_ANSWER
        if not top.idle_out and (top is not self._stage.home or self._stage.is_comfort_default):
            return None
        return max(self._touched_at, self._changed_at) + self._idle_s

    def tick(self, now: float) -> Action | None:
        """Listen after a long press; ask whether somebody is still there, and give up the
        screen when nobody answers."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return None
        if self._held_since is not None:
            self._held_since = None
            self._touched_at = now
            self._conversation.talk(self._question())
            return None
        top = self._stage.top
        if top.screen == _IDLE:
            self._stage.overlay = None
            self._leave()
            return Action(source="dialogue", at=now, action="home", by="idle")
        if top.idle_out:
            stay = (Choice("idle.stay"), Choice("home"))
            self._stage.overlay = Show(_IDLE, choices=stay, idle_out=True)
        else:
            self._leave()
        return None

    def _leave(self) -> None:
        """Everything as the next resident expects it."""
        self._stage.reset_comfort()
        self._conversation.leave()

    # -- what comes of it ------------------------------------------------------------------

    def publish(self, now: float) -> Snapshot | None:
        """Say what is new, and return the new picture; None when nothing has changed."""
        top = self._stage.top
        where = (top.screen, self._stage.comfort.language)
        if where != self._announced:
            if self._announced is None or self._announced[0] != top.screen:
                self._stage.focus = 0
                self._changed_at = now
            self._announced = where
            # An empty gate is not greeted: home is spoken to somebody who has just come there.
            if top is not self._stage.home or now - self._touched_at < _PRESENT:
                self._announce(max(top.urgency, Urgency.ANSWER))
                self._await_answer(top)
        return self._stage.picture(self._conversation.caption, self._conversation.listening)

    def orders(self) -> list[Told]:
        """What loudspeaker and microphone are to do since the last call, in order."""
        return self._conversation.orders()

    def _announce(self, urgency: Urgency) -> None:
        """Speak the whole screen."""
        top = self._stage.top
        language = top.language or self._stage.comfort.language
        self._conversation.say(self._stage.spoken(), language, urgency, top.rate)

    def _say(self, phrase: str, values: Values, urgency: Urgency) -> None:
        text = self._stage.text(f"say.{phrase}", values)
        self._conversation.say(text, self._stage.comfort.language, urgency)

    def _say_focus(self) -> None:
        stage = self._stage
        labels = [item.label for item in (*stage.items(), *stage.bar_items())]
        values: Values = {"label": labels[stage.focus], "n": stage.focus + 1, "count": len(labels)}
        self._say("focus", values, Urgency.ANSWER)

    def _question(self) -> Question:
        stage, top = self._stage, self._stage.top
        return Question(
            stage.comfort.language,
            stage.items(),
            stage.bar_items(),
            costly=frozenset(choice.action for choice in top.choices if choice.costly),
            urgent=self._asks_after_a_fall(),
        )

    def _await_answer(self, top: Show) -> None:
        """Listen after a question: always after a fall, else to somebody who speaks."""
        fallen = self._asks_after_a_fall()
        spoken_to = fallen or (self._conversation.by_voice and bool(top.choices) and top.idle_out)
        if self._stage.condition.hears and spoken_to and not self._to_do:
            self._conversation.ask(self._question())


def _by(signal: Signal) -> Literal["touch", "keys", "voice", "idle"]:
    match signal:
        case Action(by=by):
            return by
        case Heard():
            return "voice"
    return "keys"
