"""A card before the kiosk: what is different from then on, with its reason, and that it ends."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from agent.contract.orders import Speak
from agent.contract.signals import PersonDown, Scanned, Spoken, Unreadable
from agent.dialogue.stage import Comfort
from agent.services.card.code import Card
from tests.agent.dialogue.residents import Residents
from tests.agent.services.card.district import REFUSED, code
from tests.kiosk_ui.samples import WORDS

LARGE = Card(bytes(range(16)), 65535, text_size=2, contrast=True, needs=("肢体",))
GUIDED = Card(bytes(range(1, 17)), 65535, speech="guided", pace=-1, needs=("视力",))
SILENT = Card(bytes(range(2, 18)), 65535, speech="silent", needs=("听力",))
AT = 1_795_924_800.0
"""In November 2026."""


class Kiosk(Residents):
    """With a scanner."""

    def scan(self, text: str) -> None:
        """Hold a code before it."""
        self.wait(1.0)
        self._do(Scanned(text=text, at=self.now, id=self._id(), wall=AT))

    def misread(self, why: Literal["too_long", "no_text"]) -> None:
        """Hold something before it that it does not pass on."""
        self.wait(1.0)
        self._do(Unreadable(why=why, at=self.now, id=self._id()))

    def heard(self) -> list[Speak]:
        """What is spoken since the last call."""
        orders = [told.order for told in self.dialogue.orders()]
        return [order for order in orders if isinstance(order, Speak)]


@pytest.fixture
def kiosk() -> Kiosk:
    """Nobody is here."""
    kiosk = Kiosk()
    kiosk.heard()
    return kiosk


def test_the_reason_is_shown_and_spoken(kiosk: Kiosk) -> None:
    """大字: at once, with why, on the screen and by the voice; on, and it stays so at home."""
    kiosk.scan(code(LARGE))
    assert kiosk.screen == "card.known" and kiosk.shown.text_size == 2 and kiosk.shown.contrast
    (said,) = kiosk.heard()
    assert "因为您的卡上选择了特大字" in said.text and "因为您卡上写的需要" in said.text
    assert "肢体" not in said.text, "bystanders hear it"
    assert "特大字" in str(kiosk.shown.view) and "因为您的卡上" in kiosk.shown.text
    kiosk.touch("card.go-on")
    assert kiosk.screen == "home" and kiosk.shown.text_size == 2
    assert "resume.card" in kiosk.offered


def test_what_fits_comes_first(kiosk: Kiosk) -> None:
    """And the page says why; the next resident finds the usual order."""
    kiosk.touch("packs.services")
    usual = [item.action for item in kiosk.shown.items]
    kiosk.touch("home")
    kiosk.scan(code(LARGE))
    kiosk.touch("card.go-on")
    kiosk.touch("packs.services")
    assert kiosk.offered[0] == "packs.open.affairs/disabled-and-veterans" != usual[0]
    assert "因为您的卡上写着肢体" in kiosk.shown.text
    kiosk.touch("packs.more")
    assert kiosk.offered[0] == "packs.open.aixin"
    kiosk.touch("home")
    kiosk.touch("resume.card")
    kiosk.touch("card.forget")
    kiosk.touch("packs.services")
    assert [item.action for item in kiosk.shown.items] == usual
    assert kiosk.shown.text_size == 0


def test_a_card_for_the_ear_reads_everything(kiosk: Kiosk) -> None:
    """视障版: what has the focus, and where among the others it stands, is read on each screen."""
    kiosk.scan(code(GUIDED))
    (said,) = kiosk.heard()
    assert "每一页、每个键都念" in said.text and "第1项" in said.text
    assert said.rate < 1
    kiosk.key("enter")
    (said,) = kiosk.heard()
    assert "一键叫车" in said.text and "第1项" in said.text


def test_a_card_for_the_eye_is_silent_but_for_alarms(kiosk: Kiosk) -> None:
    """All that would be said is on the screen; reading along goes by the keys; a fall is loud."""
    kiosk.scan(code(SILENT))
    assert "不用听" in str(kiosk.shown.view) and not kiosk.heard()
    kiosk.touch("card.go-on")
    kiosk.touch("reading.open")
    kiosk.touch(kiosk.offered[0])
    assert kiosk.screen == "reading.paused" and "reading.next" in kiosk.offered
    assert not kiosk.heard()
    kiosk.give(PersonDown(track=1, confidence=0.9, reason="drop", id="fall", at=kiosk.now))
    assert kiosk.shown.alarm and kiosk.heard()


@pytest.mark.parametrize("text", [*REFUSED, code(Card(bytes(16), 20_000)), "LLK1." + "A" * 507])
def test_what_is_refused_is_refused_out_loud(kiosk: Kiosk, text: str) -> None:
    """By screen and voice, with what to do; nothing is different, and one key leads on."""
    kiosk.scan(text)
    assert kiosk.screen.startswith("card.refused.")
    (said,) = kiosk.heard()
    assert kiosk.shown.title in said.text and kiosk.shown.text in said.text
    assert kiosk.stage.comfort == Comfort("zh-CN")
    kiosk.key("enter")
    assert kiosk.screen == "home" and "resume.card" not in kiosk.offered


@pytest.mark.parametrize(("why", "screen"), [("too_long", "other"), ("no_text", "unreadable")])
def test_what_no_scanner_passes_on_is_refused_out_loud_too(
    kiosk: Kiosk, why: Literal["too_long", "no_text"], screen: str
) -> None:
    """Whoever has scanned it sees and hears so; what a card brought before stays."""
    kiosk.scan(code(LARGE))
    kiosk.touch("card.go-on")
    kiosk.heard()
    kiosk.misread(why)
    assert kiosk.screen == f"card.refused.{screen}" and kiosk.shown.text_size == 2
    (said,) = kiosk.heard()
    assert kiosk.shown.title in said.text
    kiosk.key("enter")
    assert kiosk.screen == "home"


def test_a_code_in_the_middle_of_something_leads_back_there(kiosk: Kiosk) -> None:
    """A form that is half filled in is still there after the card, and after a wrong code."""
    kiosk.touch("packs.services")
    title = kiosk.shown.title
    for text, screen in ((REFUSED[0], "card.refused.other"), (code(LARGE), "card.known")):
        kiosk.scan(text)
        assert kiosk.screen == screen
        kiosk.touch("card.go-on")
        assert kiosk.shown.title == title
    kiosk.scan(REFUSED[0])
    kiosk.touch("back")
    assert kiosk.shown.text_size == 2, "a wrong code takes nothing back"


@pytest.mark.parametrize("card", [LARGE, GUIDED, SILENT], ids=lambda card: card.needs[0])
@pytest.mark.parametrize("open_", ["packs.services", ""])
def test_the_end_of_the_session_wipes_it(kiosk: Kiosk, card: Card, open_: str) -> None:
    """After a silence the kiosk asks, and then knows nothing any more."""
    kiosk.scan(code(card))
    kiosk.touch("card.go-on")
    if open_:
        kiosk.touch(open_)
    kiosk.wait(61)
    assert kiosk.screen == "idle.question"
    kiosk.wait(21)
    assert kiosk.screen == "home" and "resume.card" not in kiosk.offered
    fresh = Kiosk()
    for name, journey in kiosk.services.items():
        if name in ("card", "packs"):
            before = fresh.services[name].state
            state = msgspec.structs.replace(journey.state)
            if name == "packs":
                state = msgspec.structs.replace(state, memory=before.memory)
            assert state == before
    assert kiosk.stage.comfort == Comfort("zh-CN")
    assert not kiosk.dialogue._by_ear and not kiosk.dialogue._conversation._silent
    kiosk.heard()
    kiosk.touch("packs.services")
    assert kiosk.heard()


def test_another_card_takes_the_place_of_the_first(kiosk: Kiosk) -> None:
    """Nothing of the first is left."""
    kiosk.scan(code(LARGE))
    kiosk.scan(code(GUIDED))
    assert kiosk.shown.text_size == 0 and not kiosk.shown.contrast
    assert kiosk.services["packs"].state.needs == ("视力",)


def test_another_language_is_spoken_at_once(kiosk: Kiosk) -> None:
    """One that the kiosk does not have is not promised."""
    kiosk.scan(code(Card(bytes(16), 65535, "en")))
    assert kiosk.shown.language == "en"
    assert "Because your card asks for English" in kiosk.heard()[0].text
    kiosk.scan(code(Card(bytes(16), 65535, "ko", text_size=1)))
    assert kiosk.shown.language == "zh-CN" and "语言" not in str(kiosk.shown.view)


def test_every_language_of_the_kiosk_has_its_reason() -> None:
    """And every wish."""
    wishes = {
        "language": WORDS.languages,
        "size": ("1", "2"),
        "contrast": ("on",),
        "speech": ("guided", "silent"),
        "pace": ("slower", "faster"),
    }
    for tag in WORDS.languages:
        for name, values in wishes.items():
            for value in values:
                assert WORDS.has(tag, f"value.{name}.{value}"), (tag, name, value)
                assert WORDS.has(tag, f"label.card.{name}.{value}"), (tag, name, value)


def test_nothing_of_a_card_is_durable_or_recorded(kiosk: Kiosk) -> None:
    """What reaches the disk is as if there had been none."""
    kiosk.scan(code(GUIDED))
    kiosk.touch("card.go-on")
    kiosk.touch("packs.services")
    kiosk.give(Spoken(text="", utterance="", state="finished", at=kiosk.now))
    kept = b"".join(
        msgspec.msgpack.encode(journey.service.durable(journey.state))
        for journey in kiosk.services.values()
    )
    mark = kiosk.services["packs"].state.mark
    assert mark and mark.encode() not in kept and GUIDED.id not in kept
    assert "视力".encode() not in kept and not kiosk.records
