"""Screens, focus and keys."""

from __future__ import annotations

import pytest

from agent.contract.orders import Speak, Volume
from agent.contract.signals import CameraWatch, Key, Signal
from agent.dialogue.conversation import Conversation
from agent.dialogue.dialogue import Dialogue
from agent.dialogue.grammar import Grammar
from agent.dialogue.session import WayIn
from agent.dialogue.settings import SpeechSettings
from agent.dialogue.snapshot import Phone, Snapshot
from agent.dialogue.stage import BAR, Stage
from agent.effects import Choice, Hide, Say, Show, Urgency
from agent.messages import Action, LinkChanged
from kiosk_ui.phrases import Catalogue

WORDS = Catalogue()
PHONES = {tag: (Phone("110", "报警"),) for tag in WORDS.languages}
CONFIRM = Show(
    "taxi.confirm", {"place": "三村", "destination": ""}, (Choice("taxi.confirm"),), idle_out=True
)
QUESTION = Show(
    "fall.question",
    {},
    (Choice("fall.ok"), Choice("fall.help")),
    Urgency.ALARM,
    keys={"help": "fall.help", "back": "fall.ok", "home": "fall.ok"},
    pressing=True,
)
HELP = Show(
    "help", choices=(Choice("louder"), Choice("contrast")), idle_out=True, phones=("guard",)
)
HOME = [WayIn("taxi", (Choice("taxi.call"),)), WayIn("help", answers=("help",))]


class Kiosk:
    """A dialogue with a hand on its keys and a clock in ours."""

    def __init__(self) -> None:
        self.now = 100.0
        self.dialogue = Dialogue(
            Stage(
                WORDS,
                place="三村",
                language="zh-CN",
                home=HOME,
                phones=PHONES,
            ),
            Conversation(WORDS, Grammar(WORDS), SpeechSettings(), "speaker"),
            idle_s=60.0,
            microphone="",
        )
        self.shown: Snapshot = self._publish()

    def _publish(self) -> Snapshot:
        snapshot = self.dialogue.publish(self.now)
        if snapshot is not None:
            self.shown = snapshot
        return self.shown

    def key(self, key: str) -> str | None:
        """Press *key* a second after whatever came before; the action it means."""
        self.now += 1.0
        return self.quick(key)

    def quick(self, key: str) -> str | None:
        """Press *key* at once."""
        return self._done(Key(key=key, at=self.now))  # type: ignore[arg-type]

    def touch(self, name: str) -> str | None:
        self.now += 1.0
        return self._done(Action(action=name, at=self.now))

    def _done(self, signal: Signal) -> str | None:
        """What it means; the help service answers as the real one does."""
        action = self.dialogue.interpret(signal)
        if isinstance(action, Action) and action.service == "help":
            self.dialogue.perform("help", HELP if action.action == "help" else Hide())
        self._publish()
        return action.action if isinstance(action, Action) else None

    def claim(self, show: Show | Hide, service: str = "taxi") -> Snapshot:
        self.dialogue.perform(service, show)
        return self._publish()

    def wait(self, seconds: float) -> str | None:
        self.now += seconds
        action = self.dialogue.tick(self.now)
        self._publish()
        return action.action if isinstance(action, Action) else None

    def heard(self) -> list[str]:
        return [o.order.text for o in self.dialogue.orders() if isinstance(o.order, Speak)]


@pytest.fixture
def kiosk() -> Kiosk:
    return Kiosk()


def test_req_11_one_key_is_enough_for_a_taxi(kiosk: Kiosk) -> None:
    """On the home screen the taxi has the focus, so "enter" alone calls it."""
    assert kiosk.shown.screen == "home"
    assert kiosk.key("enter") == "taxi.call"


def test_req_12_focus_goes_round_and_is_spoken(kiosk: Kiosk) -> None:
    """Down moves through choices and bar, round to the first; each is read with its place."""
    kiosk.claim(CONFIRM)
    kiosk.heard()
    kiosk.key("down")
    [spoken] = kiosk.heard()
    assert "第2项，共7项" in spoken
    for _ in BAR:
        kiosk.key("down")
    assert kiosk.shown.focus == 0
    kiosk.key("up")
    assert kiosk.shown.focus == len(BAR)


def test_req_13_new_screen_is_spoken_and_focuses_its_first_choice(kiosk: Kiosk) -> None:
    """A change of screen speaks by itself, and the focus begins at the top."""
    kiosk.key("down")
    kiosk.heard()
    kiosk.claim(CONFIRM)
    assert kiosk.shown.focus == 0
    [spoken] = kiosk.heard()
    assert "叫车" in spoken


def test_changed_values_are_silent(kiosk: Kiosk) -> None:
    """A minute less on the same screen is drawn, not spoken."""
    kiosk.claim(Show("taxi.accepted", {"plate": "沪A", "minutes": 4}))
    kiosk.heard()
    kiosk.claim(Show("taxi.accepted", {"plate": "沪A", "minutes": 3}, silent=True))
    assert kiosk.shown.values["minutes"] == 3
    assert kiosk.heard() == []


def test_double_strike_is_one_press(kiosk: Kiosk) -> None:
    """An unsteady hand's second "enter" does not fall through to the next screen."""
    kiosk.now += 5
    kiosk.claim(CONFIRM)
    kiosk.now += 0.2
    assert kiosk.quick("enter") is None
    assert kiosk.key("enter") == "taxi.confirm"


def test_only_what_is_offered_can_be_chosen(kiosk: Kiosk) -> None:
    """A touch that comes late, from a screen that is gone, does nothing."""
    assert kiosk.touch("taxi.confirm") is None
    assert kiosk.touch("taxi.call") == "taxi.call"


def test_help_is_one_key_away_and_back_returns(kiosk: Kiosk) -> None:
    """The help screen lies over whatever was there, and "back" takes it off."""
    kiosk.claim(CONFIRM)
    assert kiosk.key("help") == "help"
    assert kiosk.shown.screen == "help"
    kiosk.key("back")
    assert kiosk.shown.screen == "taxi.confirm"


def test_a_fall_takes_the_screen_from_everything(kiosk: Kiosk) -> None:
    """The question lies over an order and over help; afterwards all is there again."""
    kiosk.claim(CONFIRM)
    kiosk.key("help")
    kiosk.claim(QUESTION, "fall")
    assert (kiosk.shown.screen, kiosk.shown.alarm) == ("fall.question", True)
    kiosk.claim(Hide(), "fall")
    assert kiosk.shown.screen == "help"
    kiosk.key("back")
    assert kiosk.shown.screen == "taxi.confirm"


@pytest.mark.parametrize(("key", "action"), [("help", "fall.help"), ("back", "fall.ok")])
def test_fall_question_by_feel(kiosk: Kiosk, key: str, action: str) -> None:
    """To the question, "help" means help and "back" means no, wherever the focus is."""
    kiosk.claim(QUESTION, "fall")
    assert kiosk.key(key) == action


def test_idle_resident_is_asked_and_then_left(kiosk: Kiosk) -> None:
    """60 s without a touch: asked, spoken; 20 s more: home."""
    kiosk.claim(CONFIRM)
    assert kiosk.wait(59) is None and kiosk.shown.screen == "taxi.confirm"
    kiosk.heard()
    assert kiosk.wait(2) is None and kiosk.shown.screen == "idle.question"
    assert kiosk.heard()
    assert kiosk.wait(19) is None
    assert kiosk.wait(2) == "home"


def test_req_22_idle_question_can_be_answered_again_and_again(kiosk: Kiosk) -> None:
    """ "Still here" by one press, more than ten times, and nothing is lost."""
    kiosk.claim(CONFIRM)
    for _ in range(12):
        kiosk.wait(61)
        assert kiosk.shown.screen == "idle.question"
        kiosk.key("enter")
        assert kiosk.shown.screen == "taxi.confirm"


def test_waiting_for_a_car_never_times_out(kiosk: Kiosk) -> None:
    """An order under way keeps its screen however long nobody touches anything."""
    kiosk.claim(Show("taxi.requested", {}, (Choice("taxi.cancel"),)))
    assert kiosk.dialogue.next_deadline() is None


def test_comfort_is_for_one_resident(kiosk: Kiosk) -> None:
    """Language, text size and contrast are kept while somebody is there, then reset."""
    kiosk.touch("language")
    kiosk.touch("larger")
    kiosk.key("help")
    kiosk.touch("contrast")
    kiosk.key("back")
    assert (kiosk.shown.language, kiosk.shown.text_size, kiosk.shown.contrast) == ("en", 1, True)
    kiosk.wait(61)
    assert (kiosk.shown.screen, kiosk.shown.language) == ("idle.question", "en")
    kiosk.wait(21)
    assert (kiosk.shown.language, kiosk.shown.text_size, kiosk.shown.contrast) == (
        "zh-CN",
        0,
        False,
    )


def test_req_30_volume_is_for_one_resident(kiosk: Kiosk) -> None:
    """Louder is one step and heard at once; when the resident has left it is as before."""
    kiosk.key("help")
    kiosk.touch("louder")
    orders = [told.order for told in kiosk.dialogue.orders()]
    assert Volume(step=1) in orders and isinstance(orders[-1], Speak)
    kiosk.wait(61)
    kiosk.wait(21)
    assert Volume(reset=True) in [told.order for told in kiosk.dialogue.orders()]


def test_language_change_speaks_the_screen_anew(kiosk: Kiosk) -> None:
    """After a change of language the same screen is spoken in it."""
    kiosk.touch("language")
    [told] = kiosk.dialogue.orders()
    assert isinstance(told.order, Speak)
    assert told.order.language == "en" and "taxi" in told.order.text.lower()


def test_the_language_key_goes_round_what_is_offered_and_says_where_to(kiosk: Kiosk) -> None:
    """Each press leads to the language that stood on the key, and in the end back."""
    seen = []
    for _ in range(3):
        key = next(item for item in kiosk.shown.bar if item.action == "language")
        kiosk.touch("language")
        seen.append((key.label, kiosk.shown.language))
    assert seen == [("English", "en"), ("日本語", "ja"), ("中文", "zh-CN")]


def test_a_language_that_is_not_offered_is_never_reached() -> None:
    """A kiosk with two languages goes to and fro between them, as its key says."""
    words = Catalogue(offered=("zh-CN", "ja"))
    assert words.languages == ("zh-CN", "ja")
    assert [words.following(tag) for tag in ("zh-CN", "ja", "en")] == ["ja", "zh-CN", "zh-CN"]


def test_repeat_says_the_screen_again(kiosk: Kiosk) -> None:
    """再说一遍 says what the screen says, word for word, then whatever else stands there."""
    kiosk.claim(CONFIRM)
    first = kiosk.heard()
    kiosk.touch("repeat")
    [again] = kiosk.heard()
    assert again.startswith(first[0])


def test_a_private_screen_is_not_read_out(kiosk: Kiosk) -> None:
    """Neither by 再说一遍 nor to whoever asks where they are: the lobby would hear it."""
    choices = (Choice("health.again"), Choice("home"))
    reading = Show(
        "health.pressure",
        {"systolic": 183, "diastolic": 97, "band": "extreme"},
        choices,
        idle_out=True,
        private=True,
    )
    kiosk.claim(reading)
    kiosk.touch("repeat")
    kiosk.dialogue._steer(kiosk.now)
    said = kiosk.heard()
    assert len(said) == 3 and all("请看屏幕" in words for words in said)
    assert not any("183" in words or "97" in words or "很高" in words for words in said)


def test_another_car_in_one_burst_is_spoken(kiosk: Kiosk) -> None:
    """ "Another car is looked for" and "it is found" may come in one commit: the screen is the
    same as before, and its plate is not."""
    kiosk.claim(Show("taxi.accepted", {"plate": "沪A·D1234"}))
    assert "沪A·D1234" in kiosk.heard()[0]
    kiosk.dialogue.perform("taxi", Show("taxi.reassigning"))
    kiosk.claim(Show("taxi.accepted", {"plate": "沪B·E1111"}))
    assert "沪B·E1111" in "".join(kiosk.heard())


def test_missing_network_and_camera_are_shown(kiosk: Kiosk) -> None:
    """What does not work is named on the screen, and goes when it works again."""
    kiosk.dialogue.observe(LinkChanged(online=False))
    kiosk.dialogue.observe(CameraWatch(looking=False, reason="shutter"))
    assert len(kiosk.claim(CONFIRM).notices) == 2
    kiosk.dialogue.observe(LinkChanged(online=True))
    kiosk.dialogue.observe(CameraWatch(looking=True))
    shown = kiosk.claim(CONFIRM)
    assert shown.notices == () and shown.camera


def test_speech_carries_its_urgency(kiosk: Kiosk) -> None:
    """An alarm may interrupt; a repeated plate may not."""
    kiosk.claim(QUESTION, "fall")
    kiosk.dialogue.perform("taxi", Say("taxi.stay"))
    kiosk.dialogue.publish(kiosk.now)
    orders = [told.order for told in kiosk.dialogue.orders()]
    assert [order.urgency for order in orders if isinstance(order, Speak)] == [
        Urgency.ALARM,
        Urgency.INFORMATION,
    ]


def test_an_unknown_phrase_is_not_a_dead_screen(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    """A phrase that a catalogue lacks is logged; the screen is drawn all the same."""
    assert kiosk.claim(Show("no.such.screen")).screen == "no.such.screen"
    assert "phrase missing" in caplog.text


def test_what_lies_beneath_does_not_speak(kiosk: Kiosk) -> None:
    """News of a screen that is covered by the help screen does not repeat the help screen."""
    aloud = Show("taxi.requesting")
    kiosk.claim(aloud)
    kiosk.touch("help")
    kiosk.heard()
    kiosk.claim(aloud)
    assert kiosk.heard() == []
    kiosk.touch("back")
    assert "正在帮您叫车" in kiosk.heard()[0]


def test_a_screen_may_have_a_language_and_a_rate_of_its_own(kiosk: Kiosk) -> None:
    """An article is read in its own language, whatever the resident's, and at the asked rate."""
    kiosk.claim(Show("taxi.requesting", language="en", rate=1.25))
    (told,) = kiosk.dialogue.orders()
    assert isinstance(told.order, Speak)
    assert (told.order.language, told.order.rate) == ("en", 1.25)
    kiosk.touch("home")
    kiosk.claim(Hide())
    kiosk.key("down")
    last = kiosk.dialogue.orders()[-1].order
    assert isinstance(last, Speak) and last.rate == 1.0
