"""One journey by touch, by five keys, by the voice alone: the same records for every outcome."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import pytest

from agent.contract.orders import Listen, Speak
from agent.contract.signals import DeviceBack, Heard, Key, Signal
from agent.dialogue.grammar import spoken
from agent.messages import Command, LinkChanged, RecordUndelivered
from tests.agent.dialogue.residents import Residents
from tests.agent.journal import recorded, told
from tests.kiosk_ui.samples import WORDS

Word = Callable[[str], Signal]
"""What becomes of the order of this id."""


class Way(ABC):
    """How a resident chooses."""

    def __init__(self) -> None:
        self.kiosk = Residents("microphone" if isinstance(self, Voice) else "")
        self.kiosk.dialogue.observe(DeviceBack(source="speaker"))
        self.order = ""

    @abstractmethod
    def choose(self, action: str) -> None:
        """Find what stands for *action*, and choose it."""

    def go(self, steps: list[str | Word]) -> None:
        """Choose, and hear what upstream says, in turn."""
        for step in steps:
            if isinstance(step, str):
                self.choose(step)
                self.order = self.kiosk.services["taxi"].state.order or self.order
            else:
                self.kiosk.give(step(self.order))

    def label(self, action: str) -> str:
        """What the resident has in mind: the words that stand for *action*."""
        kiosk = self.kiosk
        items = (*kiosk.shown.items, *kiosk.shown.bar)
        return next(item.label for item in items if item.action == action)

    def upstream(self) -> list[tuple[str, dict[str, Any]]]:
        """What upstream has of the taxi, without what differs between any two orders."""
        ids: dict[str, str] = {}
        found = []
        for record in map(recorded, self.kiosk.records):
            data = {key: value for key, value in record.data.items() if not key.endswith("_s")}
            if "order" in data:
                data["order"] = ids.setdefault(data["order"], f"order {len(ids) + 1}")
            if record.kind.startswith("taxi."):
                found.append((record.kind, data))
        return found


class Touch(Way):
    """Sees the screen and touches it."""

    def choose(self, action: str) -> None:
        self.kiosk.touch(action)


class Keys(Way):
    """Sees the screen and has five keys."""

    def choose(self, action: str) -> None:
        kiosk = self.kiosk
        for _ in kiosk.offered:
            if kiosk.offered[kiosk.shown.focus] == action:
                break
            kiosk.key("down")
        kiosk.key("enter", after=3.5)


class Ear(Way):
    """Sees nothing: has five keys, and what was spoken of what has the focus."""

    def choose(self, action: str) -> None:
        kiosk, wanted = self.kiosk, self.label(action)
        kiosk.said()
        heard: list[str] = []
        while not heard or not heard[-1].startswith(f"{wanted}，"):
            assert len(heard) < 20, (wanted, heard)
            kiosk.key("down")
            heard.append(kiosk.said()[-1])
        kiosk.key("enter", after=3.5)


class Voice(Way):
    """Sees nothing and presses nothing but to speak: says what the kiosk has just said."""

    def __init__(self) -> None:
        super().__init__()
        self.kiosk.dialogue.observe(DeviceBack(source="microphone"))
        self.told: list[str] = []
        self.phrases: tuple[str, ...] = ()

    def choose(self, action: str) -> None:
        wanted = self.label(action)
        self._listen()
        if wanted not in "".join(self.told):
            self._say(WORDS.text("zh-CN", "action.repeat"))
        assert wanted in "".join(self.told), (wanted, self.told)
        self.told.clear()
        self._say(wanted)

    def _listen(self) -> None:
        for one in self.kiosk.dialogue.orders():
            if isinstance(one.order, Speak):
                self.told.append(one.order.text)
            elif isinstance(one.order, Listen):
                self.phrases = one.order.phrases

    def _say(self, label: str) -> None:
        kiosk, words = self.kiosk, spoken(label, "zh-CN")
        kiosk.key("help")
        kiosk.wait(0.9)
        kiosk._do(Key(key="help", pressed=False, at=kiosk.now, id=kiosk._id()))
        self._listen()
        assert words in self.phrases
        kiosk._do(Heard(source="microphone", text=words, at=kiosk.now, id=kiosk._id()))
        self._listen()


def says(kind: str, **data: object) -> Word:
    """A word of upstream about the order in hand."""
    return lambda order: told(kind, "c", order=order, **data)


CALL: list[str | Word] = ["taxi.call", "taxi.to.driver", "taxi.confirm"]
CAR = says("taxi.accepted", plate="沪A·D3642", minutes=4)
HERE = says("taxi.arrived", plate="沪A·D3642")
LOST: list[str | Word] = [
    lambda order: LinkChanged(online=False),
    lambda order: RecordUndelivered(kind="taxi.requested", subject=order, attempted=False),
]
OUTCOMES: dict[str, list[str | Word]] = {
    "boarded": [*CALL, CAR, HERE, "taxi.boarded"],
    "on board, by the driver": [*CALL, CAR, HERE, says("taxi.on_board")],
    "completed": [*CALL, CAR, says("taxi.completed")],
    "no car": [*CALL, says("taxi.no_car")],
    "no car, and once more": [*CALL, says("taxi.no_car"), "taxi.again", "taxi.confirm", CAR],
    "cancelled by the driver": [*CALL, CAR, says("taxi.cancelled", by="driver")],
    "cancelled by the company": [*CALL, says("taxi.cancelled", by="dispatch")],
    "cancelled before a car": [*CALL, "taxi.cancel"],
    "cancelled after a question": [*CALL, CAR, "taxi.cancel", "taxi.cancel"],
    "kept after a question": [*CALL, CAR, "taxi.cancel", "taxi.wait", HERE, "taxi.boarded"],
    "another car": [*CALL, CAR, says("taxi.reassigning"), CAR, HERE, "taxi.boarded"],
    "late": [*CALL, CAR, says("taxi.passenger_late"), "taxi.boarded"],
    "not known upstream": [*CALL, says("taxi.unknown_order")],
    "thought better": ["taxi.call", "taxi.to.driver", "taxi.back", "home"],
    "with a wheelchair, to a hospital": [
        *("taxi.call", "taxi.to.tongren", "taxi.needs", "taxi.need.wheelchair", "taxi.needed"),
        *("taxi.confirm", CAR, HERE, "taxi.boarded"),
    ],
    "to a place by initials": [
        *("taxi.call", "taxi.more", "taxi.find", "taxi.letters.3", "taxi.to.pudong-jichang"),
        "taxi.confirm",
    ],
    "two residents": [*CALL, "taxi.another", "taxi.to.driver", "taxi.confirm", "taxi.other"],
    "offline": [*CALL, *LOST],
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_req_11_three_ways_end_in_the_same_records(outcome: str) -> None:
    """By touch, by five keys with sight, by five keys without, and by the voice alone."""
    ways = [Touch(), Keys(), Ear(), Voice()]
    for way in ways:
        way.kiosk.takes = outcome != "offline"
        way.go(OUTCOMES[outcome])
    first = ways[0]
    assert first.upstream() or outcome == "thought better"
    for way in ways[1:]:
        assert way.upstream() == first.upstream(), type(way).__name__
        assert way.kiosk.screen == first.kiosk.screen, type(way).__name__


def test_every_outcome_is_among_them() -> None:
    """Each word that upstream may say of an order ends, or passes through, one of the journeys."""
    words = [step("x") for steps in OUTCOMES.values() for step in steps if callable(step)]
    kinds = {word.kind for word in words if isinstance(word, Command)}
    assert kinds >= {
        f"taxi.{word}"
        for word in (
            *("accepted", "arrived", "passenger_late", "on_board", "completed", "no_car"),
            *("cancelled", "reassigning", "unknown_order"),
        )
    }
