"""By ear alone: what is shown is said, and the voice is steered by the same five keys."""

from __future__ import annotations

import pytest

from agent.contract.orders import Speak, StopSpeaking, Volume
from agent.contract.signals import DeviceBack, Key
from agent.dialogue.ear import mentioned, shown
from agent.effects import Guide
from agent.messages import Action
from tests.agent.dialogue.residents import Residents
from tests.agent.dialogue.test_conversation import Kiosk
from tests.kiosk_ui.samples import SCREENS, TROUBLE, WORDS, sample, stage_at


@pytest.mark.parametrize("language", WORDS.languages)
@pytest.mark.parametrize("screen", [screen for screen in SCREENS if screen != TROUBLE])
def test_req_25_what_is_shown_minus_what_is_spoken_is_nothing(screen: str, language: str) -> None:
    """On request every word of every real screen is read out, buttons and numbers too."""
    stage = stage_at(screen, language)
    spoken = stage.read_out(stage.spoken(stage.top))
    pieces = [clause for text in shown(sample(screen, language)) for clause in text.split("\n")]
    assert [piece for piece in pieces if not mentioned(piece, spoken)] == []


def texts(kiosk: Kiosk) -> list[str]:
    """What was asked to be spoken since the last call."""
    said = [order.text for order in kiosk.orders if isinstance(order, Speak)]
    kiosk.orders.clear()
    return said


def steering(kiosk: Kiosk) -> None:
    """Hold "help" until the keys steer the voice."""
    kiosk.key("help")
    for _ in range(2):
        kiosk.now += 1.0
        kiosk.dialogue.tick(kiosk.now)
        kiosk.settle()
    kiosk.key("help", pressed=False)


def test_req_44_help_held_for_two_seconds_tells_where_one_is() -> None:
    """What was being said stops; the screen, the focus and the meaning of the keys are said."""
    kiosk = Kiosk()
    kiosk.key("down")
    kiosk.orders.clear()
    steering(kiosk)
    assert any(isinstance(order, StopSpeaking) for order in kiosk.orders)
    where = texts(kiosk)[-1]
    assert WORDS.text("zh-CN", "screen.home.title") in where and "第2项" in where
    assert "上键响一点" in where and kiosk.shown.screen == "ear"


class Mute(Residents):
    """A kiosk with a loudspeaker and no microphone; its keys are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.dialogue.observe(DeviceBack(source="speaker"))
        self.said()

    def hold(self, key: str, seconds: float) -> None:
        """Press *key*, and let it go after so long."""
        self.key(key)
        self.wait(seconds)
        self._do(Key(key=key, pressed=False, at=self.now, id=self._id()))  # type: ignore[arg-type]


def test_req_44_it_needs_no_microphone() -> None:
    """Held for two seconds, "help" tells where one is and lets the keys steer the voice; the
    guard is not called, and afterwards each new screen says what has the focus."""
    kiosk = Mute()
    kiosk.hold("help", 2.1)
    [where] = kiosk.said()
    assert WORDS.text("zh-CN", "screen.home.title") in where and "第1项" in where
    assert kiosk.screen == "ear" and not kiosk.kinds("help.requested")
    kiosk.hold("up", 0.1)
    assert kiosk.said() == [WORDS.text("zh-CN", "say.louder")]
    kiosk.hold("help", 2.1)  # once more: all of it is read
    assert kiosk.screen == "home"
    [read] = kiosk.said()
    assert all(item.label in read for item in kiosk.shown.items + kiosk.shown.bar)
    kiosk.hold("enter", 0.1)
    assert kiosk.screen == "taxi.destination" and "第1项" in kiosk.said()[-1]


@pytest.mark.parametrize("seconds", [0.1, 1.0, 1.9])
def test_a_hand_that_is_slow_still_gets_help(seconds: float) -> None:
    """Without a microphone any press shorter than two seconds is the help key."""
    kiosk = Mute()
    kiosk.hold("help", seconds)
    assert kiosk.screen == "help" and len(kiosk.kinds("help.requested")) == 1


def test_without_a_voice_help_does_not_wait() -> None:
    """Where no loudspeaker works there is no guidance to wait for: the key acts going down."""
    kiosk = Residents()
    kiosk.key("help")
    assert kiosk.screen == "help"


def test_help_of_a_browsers_keypad_acts_at_once() -> None:
    """The page tells of no key being let go."""
    kiosk = Mute()
    kiosk._do(Key(source="page", key="help", at=kiosk.now + 1, id="k"))
    assert kiosk.screen == "help"


@pytest.mark.parametrize(
    ("key", "phrase"),
    [("up", "louder"), ("down", "softer"), ("enter", "faster"), ("back", "slower")],
)
def test_req_26_one_more_key_steers_the_voice_and_is_confirmed(key: str, phrase: str) -> None:
    """Louder, softer, faster, slower: each two acts from anywhere, confirmed by voice."""
    kiosk = Kiosk()
    steering(kiosk)
    texts(kiosk)
    kiosk.key(key)
    assert Volume(step={"up": 1, "down": -1}.get(key, 0)) in kiosk.orders or key in (
        "enter",
        "back",
    )
    assert texts(kiosk) == [WORDS.text("zh-CN", f"say.{phrase}")]
    assert kiosk.shown.screen == "ear"


def test_holding_once_more_reads_everything() -> None:
    """The screen comes back, and all of it is read."""
    kiosk = Kiosk()
    steering(kiosk)
    texts(kiosk)
    steering(kiosk)
    assert kiosk.shown.screen == "home"
    said = texts(kiosk)[-1]
    assert all(item.label in said for item in kiosk.shown.items + kiosk.shown.bar)


def test_three_steps_of_pace_either_way() -> None:
    """Faster by three steps and no more; the next resident meets the usual pace."""
    kiosk = Kiosk()
    steering(kiosk)
    for _ in range(4):
        kiosk.key("enter")
    rates = [order.rate for order in kiosk.orders if isinstance(order, Speak)][-4:]
    assert rates == pytest.approx([1.2, 1.44, 1.728, 1.728])
    assert texts(kiosk)[-1] == WORDS.text("zh-CN", "say.faster.most")
    for _ in range(4):
        if (deadline := kiosk.dialogue.next_deadline()) is not None:
            kiosk.now = deadline
            kiosk.dialogue.tick(deadline)
            kiosk.settle()
    kiosk.key("down")
    assert [order.rate for order in kiosk.orders if isinstance(order, Speak)][-1] == 1.0


def test_req_27_the_first_focus_is_announced_too() -> None:
    """After the first arrow key each new screen ends with what has the focus, and where."""
    kiosk = Kiosk()
    kiosk.key("down")
    kiosk.key("up")
    texts(kiosk)
    kiosk.key("enter")
    assert "第1项" in texts(kiosk)[-1]


def test_an_idle_kiosk_says_how_it_is_used_by_ear() -> None:
    """At an interval, from the home screen only, where there is a loudspeaker."""
    kiosk = Kiosk()
    assert kiosk.dialogue.next_deadline() is None
    kiosk.dialogue.observe(DeviceBack(source="speaker"))
    for _ in range(2):
        deadline = kiosk.dialogue.next_deadline()
        assert deadline is not None
        assert deadline - kiosk.now >= 299
        kiosk.now = deadline
        kiosk.dialogue.tick(deadline)
        kiosk.settle()
        assert texts(kiosk) == [WORDS.text("zh-CN", "say.invite")]
    kiosk.give(Action(action="taxi.call", at=kiosk.now))
    assert kiosk.dialogue.next_deadline() != kiosk.now + 300


def test_a_headset_starts_guidance_by_voice() -> None:
    """Plugging it in says the screen and what has the focus; it is the resident's until idle."""
    kiosk = Kiosk()
    kiosk.now += 500.0
    kiosk.dialogue.perform("privacy", Guide())
    kiosk.settle()
    [said] = texts(kiosk)
    assert WORDS.text("zh-CN", "screen.home.say") in said and "第1项" in said
    deadline = kiosk.dialogue.next_deadline()
    assert deadline is not None and deadline == kiosk.now + 60


def test_req_15_what_a_held_key_does_single_presses_do_too() -> None:
    """The help screen leads to the voice's own screen by touch, by keys and by ear; where there is
    a microphone the bar has "speak". So nobody needs to hold a key."""
    held, pressed = Mute(), Mute()
    held.hold("help", 2.1)
    for action in ("help", "ear"):
        pressed.touch(action)
    assert pressed.screen == held.screen == "ear"
    assert pressed.shown.items == held.shown.items
    pressed.said()
    pressed.touch("faster")
    assert pressed.said() == [WORDS.text("zh-CN", "say.faster")]
    pressed.touch("back")
    assert pressed.screen == "help"
    kiosk = Kiosk()
    assert "talk" in [item.action for item in kiosk.shown.bar]
