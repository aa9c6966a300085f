"""Screens, focus and keys: the same journey by touch, by keypad and by voice.

Services claim the screen; the dialogue turns what a resident does into an `Action`, says what
is new on the screen, and notices when nobody is there any more. It keeps nothing that must
survive a restart: services claim again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from agent.contract.orders import Print
from agent.contract.signals import (
    CameraWatch,
    DeviceBack,
    Heard,
    Key,
    PersonDown,
    Scanned,
    Signal,
    Unreadable,
)
from agent.dialogue.conversation import Conversation, Question, Told
from agent.dialogue.ear import KEYS, STEERING
from agent.dialogue.glance import MINUTE_S
from agent.dialogue.lamps import KeyLamps
from agent.dialogue.paper import written
from agent.dialogue.session import WayIn
from agent.dialogue.settings import KeyLampSettings, SpeechSettings
from agent.dialogue.snapshot import Phone, Snapshot
from agent.dialogue.stage import Stage
from agent.dialogue.views import Status, Values
from agent.effects import (
    Adapt,
    Choice,
    Drive,
    Effect,
    Guide,
    Hide,
    Recede,
    Say,
    Show,
    Slip,
    Urgency,
    Wish,
)
from agent.messages import Action, DeviceDown, LanguageChanged, LinkChanged, VisitOver

log = logging.getLogger(__name__)

_STRIKE = 0.5
"""Seconds within which a second press of "enter" is one press by an unsteady hand."""

_HOLD = 0.8
"""Seconds for which "help" is held to speak; shorter is a press."""

_HOLD_LONG = 2.0
"""Seconds for which "help" is held to steer the voice."""

_HAMMERED, _WITHIN = 16, 45.0
"""Presses within so many seconds: a child plays with the keys. Nothing costly is chosen then…"""

_CALM = 3.0
"""…but by a press that comes after so many seconds without one."""

_TO_ANSWER = 20.0
"""Seconds to answer "are you still there" before the screen is given up."""

_PRESENT = 5.0
"""Seconds after a touch during which somebody is surely still there."""

NO_LAMPS = KeyLampSettings()
"""Keys without lamps."""

STILL_THERE = Show(
    "idle.question",
    choices=(Choice("idle.stay", icon="check", look="primary"), Choice("home")),
    idle_out=True,
    view=Status("clock"),
)
"""Asked when nobody has touched anything for long."""

_RESCUE_CONFIDENCE = 0.6
"""Of words that were heard: less than of somebody who was seen on the floor."""


class Furniture(NamedTuple):
    """What a configuration gives the dialogue; see `Stage`, `Conversation` and `Dialogue`."""

    place: str
    home: Sequence[WayIn]
    phones: Mapping[str, Sequence[Phone]]
    speech: SpeechSettings
    speaker: str
    idle_s: float
    microphone: str
    key_lamps: KeyLampSettings
    ear: str = ""
    """Language that the microphone understands; empty: whatever is spoken."""


class Dialogue:
    """Owns the stage and the conversation. Used by the kernel's thread only."""

    def __init__(
        self,
        stage: Stage,
        conversation: Conversation,
        *,
        idle_s: float,
        microphone: str,
        key_lamps: KeyLampSettings = NO_LAMPS,
        ear: str = "",
    ) -> None:
        """Begin with nobody there.

        Args:
            stage: what is on the screen.
            conversation: speaks and listens.
            idle_s: seconds without a touch before the kiosk asks whether it is still needed.
            microphone: name of the driver through which residents can speak; empty: none.
            key_lamps: names of the drivers that show which keys do something.
            ear: language that the microphone understands; empty: whatever is spoken.
        """
        self._stage = stage
        stage.ear = ear
        self._conversation = conversation
        self._idle_s = idle_s
        self._microphone = microphone
        self._lamps = KeyLamps(key_lamps)
        self._held_since: float | None = None  # "help", while something may yet come of it
        self._held_talks = False  # it has become a wish to speak
        self._by_ear = False  # somebody finds their way by the voice
        self._guided = False  # has just begun to
        self._invited_at = float("-inf")
        self._adapted = False  # to somebody's wishes
        self._to_do: deque[Wish | Signal] = deque()  # the rest of what was asked for at once
        self._asked = ""  # the service to which a resident has just turned
        self._scanned = False  # a code was shown just now: whoever answers it was asked
        self._presses: deque[float] = deque(maxlen=_HAMMERED)
        self._changed_at = 0.0
        self._touched_at = float("-inf")
        self._shown: tuple[str, ...] | None = None
        self._offered: tuple[Choice, ...] = ()
        self._announced: tuple[str, str, str] | None = None
        self.minute_at = float("inf")
        """Boot-time clock at which the time on the screen is no longer right."""

    def refurnish(self, furniture: Furniture) -> None:
        """Go on, on another configuration, with what is under way."""
        self._stage.refurnish(furniture.place, furniture.home, furniture.phones)
        self._conversation.refurnish(furniture.speech, furniture.speaker)
        self._idle_s = furniture.idle_s
        self._microphone = furniture.microphone
        self._stage.ear = furniture.ear
        self._lamps.refurnish(furniture.key_lamps)

    # -- what residents do -----------------------------------------------------------------

    def interpret(self, signal: Signal) -> Signal | None:
        """Turn a key, a touch or words into what services hear, or handle it here."""
        match signal:
            case Key():
                return self._key(signal)
            case Heard():
                return self._heard(signal)
            case Scanned() | Unreadable():
                self._touch(signal.at)
                self._scanned = True
                return signal
            case Action(action=action):
                offered = {choice.id: choice for choice in self._stage.offered}
                if action not in offered:
                    screen = self._stage.top.screen
                    log.info("action not offered action=%s screen=%s", action, screen)
                    return None
                self._touch(signal.at)
                return self._choose(offered[action].wish, signal)
        return None

    def follow(self, signal: Signal) -> Signal | None:
        """The next action of what asked for several; None when all is done."""
        if not self._to_do:
            return None
        following = self._to_do.popleft()
        return following if isinstance(following, Signal) else self._choose(following, signal)

    def _heard(self, signal: Heard) -> Signal | None:
        self._touched_at = signal.at
        meant = self._conversation.heard(signal.text)
        if meant.rescue and not self._stage.top.pressing:
            # Somebody cries for help: the same question, and the same alarm, as for who was seen.
            return PersonDown(
                source=signal.source,
                at=signal.at,
                id=signal.id,
                track=0,
                confidence=_RESCUE_CONFIDENCE,
                reason="voice",
            )
        self._to_do = deque(meant.wishes)
        return self.follow(signal)

    def _key(self, signal: Key) -> Signal | None:
        key, stage = signal.key, self._stage
        if key == "help" and self._may_be_held(signal):
            # Held, it is a wish to speak or to be guided; so a press is known when it has ended.
            held, self._held_since = self._held_since, signal.at if signal.pressed else None
            talks, self._held_talks = self._held_talks, False
            if signal.pressed or held is None or talks:
                return None
        elif not signal.pressed:
            return None
        self._touch(signal.at)
        before = self._presses[-1] if self._presses else float("-inf")
        self._presses.append(signal.at)
        if stage.top is STEERING and key in KEYS:
            return self._choose(Wish(KEYS[key]), signal)
        if key in ("up", "down"):
            self._by_ear = True
            stage.move_focus(1 if key == "down" else -1)
            self._say_focus()
            return None
        if key == "enter":
            choice = stage.offered[stage.focus]
            if signal.at - self._changed_at < _STRIKE:
                return None
            if choice.costly and self._hammered(signal.at) and signal.at - before < _CALM:
                self._say("slowly", {"label": stage.label(choice)}, Urgency.ANSWER)
                return None
            return self._choose(choice.wish, signal)
        return self._choose(Wish(key), signal)

    def _may_be_held(self, signal: Key) -> bool:
        """A hold of "help" means something here. The page's keys are never let go, and whoever
        may lie on the floor, or has an alarm, is answered as soon as the key goes down."""
        if self._stage.top.pressing or signal.source == "page":
            return False
        if not signal.pressed:
            return self._held_since is not None
        guided = self._conversation.speaks and not self._stage.session.alarm
        return guided or self._stage.hears

    @property
    def _held_until(self) -> float | None:
        """When the next thing comes of holding "help"; None: it is not held."""
        if self._held_since is None:
            return None
        talk = self._stage.hears and not self._held_talks
        return self._held_since + (_HOLD if talk else _HOLD_LONG)

    def _hammered(self, at: float) -> bool:
        return len(self._presses) == _HAMMERED and at - self._presses[0] < _WITHIN

    def _touch(self, at: float) -> None:
        self._touched_at = at
        self._conversation.touched()

    def _choose(self, wish: Wish, signal: Signal) -> Signal | None:
        stage = self._stage
        action = stage.meant(wish.action)
        match action:
            case "repeat":
                if stage.overlay is STEERING:
                    stage.overlay = None
                    self._announced = (stage.holder, stage.top.screen, stage.comfort.language)
                self._announce(Urgency.ANSWER, whole=True)
            case "language":
                stage.change_comfort(action, wish.value)
                language = stage.comfort.language
                return LanguageChanged(source="dialogue", at=signal.at, language=language)
            case "larger" | "contrast":
                stage.change_comfort(action)
            case "louder" | "softer":
                self._conversation.volume(1 if action == "louder" else -1)
                self._say(action, {}, Urgency.ANSWER)
            case "faster" | "slower":
                moved = self._conversation.hasten(1 if action == "faster" else -1)
                self._say(action if moved else f"{action}.most", {}, Urgency.ANSWER)
            case "ear":
                self._steer(signal.at)
            case "talk":
                self._conversation.talk(self._question())
            case "resume":
                stage.session.resume(wish.value)
            case "idle.stay":
                stage.overlay = None
            case "back" if stage.overlay is STEERING:
                stage.overlay = None
            case "home" if not stage.session.alarm:
                return self._go_home(_by(signal), signal)
            case "back" if not stage.session.top:
                stage.overlay = None
                self._announced = None  # there is nothing before the home screen: say where one is
            case _:
                return self._action(stage.session.addressee(action), action, wish.value, signal)
        return None

    def _go_home(
        self, by: Literal["touch", "keys", "voice", "idle"], signal: Signal
    ) -> Signal | None:
        """Every service between the resident and the home screen hears of it, the top one first."""
        self._stage.overlay = None
        for service in self._stage.session.open:
            self._to_do.append(
                Action(
                    source=signal.source,
                    at=signal.at,
                    id=signal.id,
                    action="home",
                    by=by,
                    service=service,
                )
            )
        if not self._to_do:
            self._announced = None
        if by == "idle":
            self._to_do.append(VisitOver(source="dialogue", at=signal.at))
        return self.follow(signal)

    def _action(self, service: str, action: str, value: str, signal: Signal) -> Action:
        self._stage.overlay = None
        self._asked = service
        return Action(
            source=signal.source,
            at=signal.at,
            id=signal.id,
            action=action,
            by=_by(signal),
            value=value,
            language=self._stage.comfort.language,
            service=service,
        )

    # -- what services and devices say -----------------------------------------------------

    def perform(self, service: str, effect: Effect) -> None:
        """Carry out what a service wants of screen and voice."""
        stage = self._stage
        match effect:
            case Show(glance=glance):
                stage.stands(service, glance)
                self._show(service, effect)
            case Hide(glance=glance):
                stage.stands(service, glance)
                stage.session.release(service)
            case Recede():
                stage.session.recede(service)
            case Guide():
                self._by_ear = self._guided = True
            case Adapt():
                self._adapted, self._by_ear = effect.on, effect.guided
                stage.adapt(effect.language, effect.text_size, contrast=effect.contrast)
                self._conversation.adapt(effect.pace, silent=effect.silent)
            case Say(phrase=phrase, values=values, urgency=urgency, phones=phones):
                self._say(phrase, {**values, **stage.phone_values(phones)}, urgency)

    def written(self, slip: Slip) -> Print:
        """*slip* in the resident's language."""
        return written(slip, self._stage.said)

    def _show(self, service: str, show: Show) -> None:
        stage = self._stage
        before = stage.session.claim_of(service)
        if self._scanned:  # the first to show something is who knows the code
            self._asked, self._scanned = service, False
        fresh = stage.session.claim(service, show, asked=service == self._asked)
        if fresh and service == stage.session.top:
            stage.overlay = None
        if show.silent:
            return
        if stage.top is show:
            # Also where it is another screen: the one before may never have been published
            self._announced = None
        elif show.chip is not None and (fresh or (before and before.phrases != show.phrases)):
            # News of what runs in the background, for whoever waits for it.
            said = stage.spoken(show)
            self._conversation.say(said, stage.comfort.language, Urgency.ANSWER)

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
            case DeviceDown(source="configuration"):
                stage.condition = stage.condition._replace(configured=False)
            case DeviceBack(source="configuration"):
                stage.condition = stage.condition._replace(configured=True)
            case DeviceDown(source="store"):
                stage.condition = stage.condition._replace(records=False)
                if stage.in_use:
                    self._say("store.down", {}, Urgency.ANSWER)
            case DeviceDown(source="page"):  # nobody sees anything: who stands there must hear it
                self._say("page.down", {}, Urgency.ANSWER)
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
        if (held := self._held_until) is not None:
            return held
        top = self._stage.top
        if top is STILL_THERE:
            return self._changed_at + _TO_ANSWER
        if not top.idle_out and (top is not self._stage.home or self._as_found):
            if top is self._stage.home and (after := self._conversation.invites_after):
                return max(self._touched_at, self._changed_at, self._invited_at) + after
            return None
        return max(self._touched_at, self._changed_at) + self._idle_s

    def tick(self, now: float) -> Signal | None:
        """Listen after a long press; ask whether somebody is still there, and give up the
        screen when nobody answers."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return None
        if self._held_since is not None:
            self._hold(now)
            return None
        top = self._stage.top
        if top is STILL_THERE:
            self._leave()
            return self._go_home("idle", Action(source="dialogue", at=now, action="home"))
        if top is self._stage.home and self._as_found:
            self._invited_at = now
            self._say("invite", {}, Urgency.INFORMATION)
        elif top is STEERING:
            self._stage.overlay = None
        elif top.idle_out or self._adapted or not self._stage.is_comfort_default:
            # Before anything is taken back, whoever is still there is asked.
            self._stage.overlay = STILL_THERE
        else:
            self._leave()
            return VisitOver(source="dialogue", at=now)
        return None

    def _hold(self, now: float) -> None:
        """ "Help" has been held: where there is a microphone a wish to speak, at first; then, and
        where there is none, a wish to be guided by the voice."""
        if self._stage.hears and not self._held_talks:
            self._held_talks = True
            self._touched_at = now
            self._conversation.talk(self._question())
            return
        self._held_since, self._held_talks = None, False
        if not self._stage.session.alarm:
            self._steer(now)

    @property
    def _as_found(self) -> bool:
        """Nobody has changed anything for themselves."""
        conversation = self._conversation
        untouched = self._stage.is_comfort_default and not self._adapted
        return untouched and not self._by_ear and conversation.pace == 0

    def _steer(self, now: float) -> None:
        """Fall silent, say where one is, and let the keys steer the voice; once more: read all."""
        stage = self._stage
        self._by_ear = True
        self._touched_at = now
        self._conversation.touched()
        if stage.overlay is STEERING:
            stage.overlay = None
            self._announced = (stage.holder, stage.top.screen, stage.comfort.language)
            self._announce(Urgency.ANSWER, whole=True)
            return
        top = stage.top
        title = stage.spoken(top) if top.private else stage.title(top)
        where = f"{title}。{self._focused()}。"
        stage.overlay = STEERING
        self._announced = (stage.holder, STEERING.screen, stage.comfort.language)
        self._conversation.say(
            where + stage.spoken(STEERING), stage.comfort.language, Urgency.ANSWER
        )

    def _leave(self) -> None:
        """Everything as the next resident expects it."""
        self._by_ear = self._adapted = False
        self._stage.reset_comfort()
        self._conversation.leave()

    # -- what comes of it ------------------------------------------------------------------

    def publish(self, now: float, wall: float | None = None) -> Snapshot | None:
        """Say what is new, and return the new picture; None when nothing has changed.

        Args:
            now: boot-time clock.
            wall: seconds since the epoch; None: the wall clock is not to be trusted.
        """
        stage = self._stage
        stage.wall = wall
        self._asked, self._scanned = "", False
        top = stage.top
        where = (stage.holder, top.screen, stage.comfort.language)
        shown = (stage.holder, top.screen, *(choice.id for choice in top.choices))
        if self._shown != shown:
            self._shown = shown
            stage.focus_first()
            self._changed_at = now
        if self._offered != top.choices:
            self._offered = top.choices
            self._changed_at = now
        if self._guided:
            self._guided, self._touched_at, self._announced = False, now, None
        if where != self._announced:
            self._announced = where
            # An empty gate is not greeted: home is spoken to somebody who has just come there.
            if top is not stage.home or now - self._touched_at < _PRESENT:
                self._announce(max(top.urgency, Urgency.ANSWER))
                self._await_answer(top)
        self.minute_at = float("inf")
        if wall is not None and stage.calm:
            self.minute_at = now + MINUTE_S - wall % MINUTE_S
        conversation = self._conversation
        return stage.picture(
            conversation.caption,
            announced=conversation.announced,
            listening=conversation.listening,
        )

    def orders(self) -> list[Told]:
        """What loudspeaker and microphone are to do since the last call, in order."""
        return self._conversation.orders()

    def drives(self) -> Sequence[Drive]:
        """What the lamps of the keys are to do since the last call."""
        return tuple(self._lamps.drives(self._stage))

    def _announce(self, urgency: Urgency, *, whole: bool = False) -> None:
        """Speak the screen; *whole*: with every word that stands there."""
        stage, top = self._stage, self._stage.top
        language = top.language or stage.comfort.language
        text = stage.spoken(top)
        if whole and not (top.language or top.private):
            text = stage.read_out(text)
        elif self._by_ear and top.urgency is not Urgency.ALARM and not top.language:
            text += self._focused()
        self._conversation.say(text, language, urgency, top.rate, top.utterance, announced=True)

    def _say(self, phrase: str, values: Values, urgency: Urgency) -> None:
        text = self._stage.text(f"say.{phrase}", values)
        self._conversation.say(text, self._stage.comfort.language, urgency)

    def _say_focus(self) -> None:
        language = self._stage.comfort.language
        urgency = max(self._stage.top.urgency, Urgency.ANSWER)  # during an alarm too
        self._conversation.say(self._focused(), language, urgency)

    def _focused(self) -> str:
        """What has the focus, what it is, and where among the others it stands."""
        stage = self._stage
        label = stage.label(stage.offered[stage.focus])
        values: Values = {"label": label, "n": stage.focus + 1, "count": len(stage.offered)}
        return stage.text("say.focus", values)

    def _question(self) -> Question:
        stage, top = self._stage, self._stage.top
        return Question(
            # After a fall a call that can be understood counts, whatever language was chosen.
            (top.pressing and stage.ear) or stage.comfort.language,
            tuple(zip(stage.items(), (choice.wish for choice in stage.choices), strict=True)),
            tuple(zip(stage.bar_items(), (choice.wish for choice in stage.bar), strict=True)),
            top.utterances,
            help=stage.meant("help"),
            costly=frozenset(choice.id for choice in top.choices if choice.costly),
            urgent=top.pressing,
        )

    def _await_answer(self, top: Show) -> None:
        """Listen after a question: always to who may lie there, else to somebody who speaks."""
        spoken_to = self._conversation.by_voice and bool(top.choices) and top.idle_out
        listens = (self._stage.hears and spoken_to) or (
            self._stage.condition.hears and top.pressing
        )
        if listens and not self._to_do:
            self._conversation.ask(self._question())


def _by(signal: Signal) -> Literal["touch", "keys", "voice", "idle"]:
    match signal:
        case Action(by=by):
            return by
        case Heard():
            return "voice"
    return "keys"
