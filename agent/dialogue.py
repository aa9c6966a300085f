"""Screens, focus and keys: the same journey by touch, by keypad and by voice.

Services claim the screen; the dialogue decides which claim is drawn, puts it into words,
moves the focus, and turns what a resident does into an `Action`. It keeps nothing that must
survive a restart: services claim again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from agent.contract import Action, CameraWatch, Key, LinkChanged, Signal, Spoken
from agent.effects import Choice, Effect, Hide, Say, Show, Urgency
from agent.snapshot import Item, Phone, Snapshot, Words

log = logging.getLogger(__name__)

BAR = tuple(Choice(action) for action in ("back", "home", "repeat", "larger", "language", "help"))
"""The same on every screen."""

_COMFORTS = (Choice("louder"), Choice("softer"), Choice("contrast"))
"""What else makes it easier, on the help screen."""

_TEXT_SIZES = 3

_STRIKE = 0.5
"""Seconds within which a second press of "enter" is one press by an unsteady hand."""

_TO_ANSWER = 20.0
"""Seconds to answer "are you still there" before the screen is given up."""

_PRESENT = 5.0
"""Seconds after a touch during which somebody is surely still there."""

_HOME, _HELP_SCREEN, _IDLE = "home", "help", "idle.question"


class Order(NamedTuple):
    """What the loudspeaker is to do; see `drivers.speaker` for the words."""

    device: Literal["speaker"]
    action: Mapping[str, Any]


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
        *,
        place: str,
        language: str,
        home: Sequence[Choice],
        phones: Mapping[str, Sequence[Phone]],
        idle_s: float,
    ) -> None:
        """Begin at the home screen.

        Args:
            words: the catalogue of phrases.
            place: name of this kiosk.
            language: the language that a new resident meets.
            home: what the home screen offers.
            phones: help by telephone, by language.
            idle_s: seconds without a touch before the kiosk asks whether it is still needed.
        """
        self._words = words
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
        self._spoken = ""
        self._sounding = False
        self._orders: list[Order] = []
        self._changed_at = 0.0
        self._touched_at = float("-inf")
        self._snapshot: Snapshot | None = None
        self._announced: tuple[str, str] | None = None

    # -- what residents do -----------------------------------------------------------------

    def interpret(self, signal: Signal) -> Action | None:
        """Turn a key or touch into the action that services hear, or handle it here."""
        match signal:
            case Key(pressed=True, key=key):
                self._touched_at = signal.at
                return self._key(key, signal)
            case Action(action=action):
                if action not in [choice.action for choice in self._offered()]:
                    log.info("action not offered action=%s screen=%s", action, self._top().screen)
                    return None
                self._touched_at = signal.at
                return self._choose(action, signal)
        return None

    def _key(self, key: str, signal: Signal) -> Action | None:
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
        asked = self._claims.get("fall")
        if asked is not None and asked.screen == "fall.question":
            # Somebody on the floor or beside them: the two keys found without looking.
            key = "fall.help" if key == "help" else "fall.ok"
        return self._choose(key, signal)

    def _choose(self, action: str, signal: Signal) -> Action | None:
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
                step = 1 if action == "louder" else -1
                self._orders.append(Order("speaker", {"do": "volume", "step": step}))
                self._announce(Urgency.ANSWER)
            case "help":
                self._overlay = Show(_HELP_SCREEN, choices=_COMFORTS, idle_out=True)
            case "idle.stay":
                self._overlay = None
            case "back" | "home" if self._overlay is not None and self._overlay.screen != _IDLE:
                self._overlay = None
            case _:
                self._overlay = None
                by = signal.by if isinstance(signal, Action) else "keys"
                return Action(
                    source=signal.source, at=signal.at, id=signal.id, action=action, by=by
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
            case Spoken(state=state):
                self._sounding = state == "began"

    # -- time ------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """Boot-time clock at which `tick` has something to do; None: not on this screen."""
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
        self._orders.append(Order("speaker", {"do": "volume", "reset": True}))

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
        offered = self._offered()
        self._focus = min(self._focus, len(offered) - 1)
        items = tuple(self._item(choice) for choice in offered)
        split = len(offered) - len(BAR)
        sequence = self._snapshot.sequence if self._snapshot else 0
        snapshot = Snapshot(
            sequence=sequence,
            language=language,
            place=self._place,
            screen=top.screen,
            title=self._text(f"screen.{top.screen}.title", top.values),
            text=self._text(f"screen.{top.screen}.text", top.values),
            items=items[:split],
            bar=items[split:],
            focus=self._focus,
            spoken=self._spoken,
            alarm=top.urgency is Urgency.ALARM,
            values=top.values,
            notices=self._notices(),
            online=self._online,
            camera=self._camera,
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
        orders, self._orders = self._orders, []
        return orders

    def _top(self) -> Show:
        claim = max(self._claims.values(), key=lambda show: show.urgency, default=self._home)
        if self._overlay is not None and claim.urgency is not Urgency.ALARM:
            return self._overlay
        return claim

    def _offered(self) -> tuple[Choice, ...]:
        return (*self._top().choices, *BAR)

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
        self._spoken = text
        say = {"do": "say", "text": text, "language": self._comfort.language}
        self._orders.append(Order("speaker", {**say, "urgency": int(urgency)}))

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
