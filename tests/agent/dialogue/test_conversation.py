"""The same journeys by voice: understood, or asked again, never guessed into an order."""

from __future__ import annotations

import pytest

from agent.contract.orders import Cancel, CheckPhrases, Listen, Order, Speak, Speaking, StopSpeaking
from agent.contract.signals import DeviceBack, Heard, Key, Listening, PersonDown, Signal, Spoken
from agent.dialogue.conversation import Conversation
from agent.dialogue.dialogue import Dialogue
from agent.dialogue.grammar import Grammar
from agent.dialogue.session import WayIn
from agent.dialogue.settings import SpeechSettings
from agent.dialogue.snapshot import Phone, Snapshot
from agent.dialogue.stage import Stage
from agent.effects import Choice, Show, Urgency, Utterance, Wish
from agent.messages import Action, DeviceDown
from kiosk_ui.phrases import Catalogue

WORDS = Catalogue()
GRAMMAR = Grammar(WORDS)
TO_TONGREN = Utterance("taxi.to", (Wish("taxi.to", "tongren"),), {"place": "同仁医院"})
FROM_HOME = Utterance("taxi.to", (Wish("taxi.call"), *TO_TONGREN.wishes), {"place": "同仁医院"})
HOME = [
    WayIn("taxi", (Choice("taxi.call"),), (FROM_HOME,)),
    WayIn("help", answers=("help",)),
]
HELP = Show("help", choices=(Choice("louder"),), idle_out=True, phones=("guard",))
PLACES = Show(
    "taxi.destination",
    {},
    (Choice("taxi.to", "同仁医院", value="tongren"), Choice("taxi.to.driver")),
    idle_out=True,
    utterances=(TO_TONGREN,),
)
CONFIRM = Show(
    "taxi.confirm",
    {"place": "三村", "destination": "同仁医院"},
    (Choice("taxi.confirm", costly=True), Choice("taxi.back")),
    idle_out=True,
)
KEYS = {"help": "fall.help", "back": "fall.ok"}
QUESTION = Show(
    "fall.question",
    {},
    (Choice("fall.ok"), Choice("fall.help")),
    Urgency.ALARM,
    keys=KEYS,
    pressing=True,
)


SCREEN_AFTER = {"taxi.call": PLACES, "taxi.to": CONFIRM, "taxi.to.driver": CONFIRM, "help": HELP}


class Kiosk:
    """A dialogue with a microphone; taxi screens follow the actions as the service's would."""

    def __init__(self, ear: str = "") -> None:
        self.now = 100.0
        self.dialogue = Dialogue(
            Stage(
                WORDS,
                place="三村",
                language="zh-CN",
                home=HOME,
                phones={tag: (Phone("110", "报警"),) for tag in WORDS.languages},
            ),
            Conversation(WORDS, GRAMMAR, SpeechSettings(), "speaker"),
            idle_s=60.0,
            microphone="microphone",
            ear=ear,
        )
        self.dialogue.observe(DeviceBack(source="microphone"))
        self.shown: Snapshot
        self.done: list[str] = []
        self.orders: list[Order] = []
        self.settle()

    def settle(self) -> None:
        shown = self.dialogue.publish(self.now)
        if shown is not None:
            self.shown = shown
        self.orders += [told.order for told in self.dialogue.orders()]

    def give(self, signal: Signal) -> Signal | None:
        """Hand a signal in as the kernel does, and carry out all that it asks for."""
        self.dialogue.observe(signal)
        first = meant = self.dialogue.interpret(signal)
        while meant is not None:
            if isinstance(meant, Action):
                self.done.append(Wish(meant.action, meant.value).id)
                if meant.action in SCREEN_AFTER:
                    self.dialogue.perform(meant.service, SCREEN_AFTER[meant.action])
            self.settle()
            meant = self.dialogue.follow(signal)
        self.settle()
        return first

    def key(self, key: str, pressed: bool = True, after: float = 1.0) -> None:
        self.now += after
        self.give(Key(key=key, pressed=pressed, at=self.now))  # type: ignore[arg-type]

    def talk(self) -> None:
        """Hold "help" until the kiosk listens."""
        self.key("help")
        self.now += 0.9
        self.dialogue.tick(self.now)
        self.settle()

    def say(self, text: str) -> Signal | None:
        self.now += 1.0
        return self.give(Heard(source="microphone", text=text, at=self.now))

    def show(self, show: Show, service: str = "taxi") -> None:
        self.dialogue.perform(service, show)
        self.settle()

    @property
    def listens(self) -> list[Listen]:
        return [order for order in self.orders if isinstance(order, Listen)]

    @property
    def said(self) -> list[str]:
        return [order.text for order in self.orders if isinstance(order, Speak)]


@pytest.fixture
def kiosk() -> Kiosk:
    return Kiosk()


def test_a_held_key_is_a_wish_to_speak(kiosk: Kiosk) -> None:
    """Holding "help" falls silent and listens for the words of this screen; no help screen."""
    kiosk.talk()
    assert [type(order) for order in kiosk.orders[-3:]] == [StopSpeaking, Speak, Listen]
    assert "同仁医院" in " ".join(kiosk.listens[-1].phrases)
    kiosk.key("help", pressed=False)
    assert kiosk.shown.screen == "home"


def test_a_short_press_is_still_the_help_key(kiosk: Kiosk) -> None:
    """Pressed and let go: the help screen, as ever."""
    kiosk.key("help")
    assert kiosk.shown.screen == "home"
    kiosk.key("help", pressed=False, after=0.2)
    assert kiosk.shown.screen == "help"
    assert not kiosk.listens


def test_a_touch_can_ask_to_speak_too(kiosk: Kiosk) -> None:
    """说话 stands on every screen."""
    assert "talk" in [item.action for item in kiosk.shown.bar]
    kiosk.give(Action(action="talk", at=kiosk.now))
    assert kiosk.listens


@pytest.mark.parametrize("sentence", ["我要去同仁医院", "叫车去同仁医院"])
def test_one_sentence_goes_from_home_to_the_confirmation(kiosk: Kiosk, sentence: str) -> None:
    """Both actions are done, one after the other, and then the kiosk asks and listens."""
    kiosk.talk()
    kiosk.say(sentence)
    assert kiosk.done == ["taxi.call", "taxi.to.tongren"]
    assert kiosk.shown.screen == "taxi.confirm"
    assert "叫车" in kiosk.listens[-1].phrases


def test_a_mere_yes_does_not_order_a_taxi(kiosk: Kiosk) -> None:
    """To something costly "yes" is asked again; the second time it counts."""
    kiosk.talk()
    kiosk.say("我要去同仁医院")
    kiosk.say("是")
    assert "taxi.confirm" not in kiosk.done
    assert "再说一遍" in kiosk.said[-1]
    kiosk.say("是")
    assert kiosk.done[-1] == "taxi.confirm"


def test_plain_words_for_the_thing_itself_are_enough(kiosk: Kiosk) -> None:
    """叫车 is not a mere yes."""
    kiosk.talk()
    kiosk.say("我要去同仁医院")
    kiosk.say("叫车")
    assert kiosk.done[-1] == "taxi.confirm"


def test_no_goes_back(kiosk: Kiosk) -> None:
    """不是 leads back to the choice."""
    kiosk.talk()
    kiosk.say("我要去同仁医院")
    kiosk.say("不是")
    assert kiosk.done[-1] == "taxi.back"


def test_what_is_not_understood_is_asked_with_choices_then_left_to_keys(kiosk: Kiosk) -> None:
    """First a question with what can be said, then the keys; never a guess."""
    kiosk.show(PLACES)
    kiosk.talk()
    kiosk.say("")
    assert "没听清" in kiosk.said[-1] and "同仁医院" in kiosk.said[-1]
    listened = len(kiosk.listens)
    kiosk.say("")
    assert "按键" in kiosk.said[-1]
    assert len(kiosk.listens) == listened
    assert kiosk.done == []


def test_a_key_ends_the_listening(kiosk: Kiosk) -> None:
    """Who presses a key does not want to be listened to; words that come late are nothing."""
    kiosk.talk()
    kiosk.key("help", pressed=False)
    kiosk.key("down")
    assert Cancel() in kiosk.orders[-2:]
    assert kiosk.say("叫车") is None


def test_without_a_request_nothing_is_listened_to(kiosk: Kiosk) -> None:
    """Keys alone never open the microphone, and stray words do nothing."""
    kiosk.key("enter")
    kiosk.show(CONFIRM)
    assert not kiosk.listens
    assert kiosk.say("叫车") is None


def test_after_a_fall_the_answer_is_always_listened_to(kiosk: Kiosk) -> None:
    """Nobody need ask for it: the question itself listens, again after each silence."""
    kiosk.show(QUESTION, "fall")
    assert "救命" in kiosk.listens[-1].phrases
    kiosk.give(Listening(on=True))
    kiosk.give(Listening(on=False, ended="silence"))
    assert len(kiosk.listens) == 2
    kiosk.say("没事")
    assert kiosk.done == ["fall.ok"]


@pytest.mark.parametrize("words", ["要", "救命"])
def test_help_after_a_fall(kiosk: Kiosk, words: str) -> None:
    """要 and 救命 both mean help, at once."""
    kiosk.show(QUESTION, "fall")
    kiosk.say(words)
    assert kiosk.done == ["fall.help"]


def test_a_mere_no_does_not_call_off_an_alarm(kiosk: Kiosk) -> None:
    """Once help is being called, "no" is asked again; nothing is listened to unasked."""
    listened = len(kiosk.listens)
    ok = Choice("fall.ok", costly=True)
    calling = Show("fall.calling", {}, (ok,), Urgency.ALARM, keys=KEYS)
    kiosk.show(calling, "fall")
    assert len(kiosk.listens) == listened
    kiosk.give(Action(action="talk", at=kiosk.now))
    kiosk.say("不要")
    assert kiosk.done == [] and "再说一遍" in kiosk.said[-1]
    kiosk.say("我没事")
    assert kiosk.done == ["fall.ok"]


def test_a_cry_for_help_asks_as_after_a_fall(kiosk: Kiosk) -> None:
    """救命 on any other screen is a person in need."""
    kiosk.talk()
    down = kiosk.say("救命")
    assert isinstance(down, PersonDown) and down.reason == "voice"
    assert kiosk.done == []


def test_without_a_working_microphone_all_goes_by_keys(kiosk: Kiosk) -> None:
    """The microphone is gone: "help" acts at once, nothing is listened for, 说话 is not offered."""
    kiosk.give(DeviceDown(source="microphone", reason="no model"))
    assert "talk" not in [item.action for item in kiosk.shown.bar]
    kiosk.key("help")
    assert kiosk.shown.screen == "help"
    kiosk.show(QUESTION, "fall")
    assert not kiosk.listens


def test_the_kiosk_does_not_listen_to_itself(kiosk: Kiosk) -> None:
    """While the loudspeaker sounds the microphone is told so."""
    kiosk.give(Spoken(text="x", state="began"))
    kiosk.give(Spoken(text="x", state="finished"))
    assert [o.on for o in kiosk.orders if isinstance(o, Speaking)] == [True, False]


def test_what_is_about_to_sound_is_not_listened_to_either(kiosk: Kiosk) -> None:
    """With a loudspeaker that works the microphone is told before the words are rendered."""
    kiosk.give(DeviceBack(source="speaker"))
    kiosk.key("down")
    assert kiosk.orders[-1] == Speaking(True)
    kiosk.give(DeviceDown(source="speaker", reason="unplugged"))
    assert kiosk.orders[-1] == Speaking(False)


def test_a_microphone_that_is_back_goes_on_listening(kiosk: Kiosk) -> None:
    """Killed in the middle of an answer: the words are checked anew and the question stands."""
    kiosk.show(QUESTION, "fall")
    kiosk.orders.clear()
    kiosk.give(DeviceBack(source="microphone"))
    assert [type(order) for order in kiosk.orders] == [CheckPhrases, Listen]


def test_listening_is_shown(kiosk: Kiosk) -> None:
    """The page has a sign for it."""
    kiosk.give(Listening(on=True))
    assert kiosk.shown.listening
    kiosk.give(Listening(on=False, ended="utterance"))
    assert not kiosk.shown.listening


def test_somebody_who_speaks_is_given_more_time(kiosk: Kiosk) -> None:
    """Patience is longer in speech mode."""
    kiosk.show(QUESTION, "fall")
    kiosk.give(Action(action="talk", at=kiosk.now))
    assert kiosk.listens[-1].patience_s > kiosk.listens[0].patience_s


def test_what_the_voice_can_do_the_screen_offers_in_english_too() -> None:
    """Every spoken phrase of the conversation exists in each language."""
    for language in WORDS.languages:
        for phrase in ("say.heard.unknown", "say.heard.nothing", "say.heard.keys", "hear.yes"):
            assert WORDS.has(language, phrase)


def test_nobody_is_asked_to_speak_a_language_that_is_not_understood() -> None:
    """The key for speaking is there only in the language of the microphone's model."""
    kiosk = Kiosk(ear="zh-CN")
    assert "talk" in [item.action for item in kiosk.shown.bar]
    kiosk.give(Action(action="language", at=kiosk.now))
    assert kiosk.shown.language == "en"
    assert "talk" not in [item.action for item in kiosk.shown.bar]
    kiosk.talk()
    assert kiosk.listens == []


def test_after_a_fall_the_kiosk_listens_whatever_language_was_chosen() -> None:
    """Whoever lies there may not be who chose it: what the microphone understands counts."""
    kiosk = Kiosk(ear="zh-CN")
    kiosk.give(Action(action="language", at=kiosk.now))
    kiosk.show(QUESTION, "fall")
    assert kiosk.listens[-1].language == "zh-CN" and "救命" in kiosk.listens[-1].phrases
