"""One journey through each kind of item by touch, by five keys, and by ear: the same record."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec
import pytest

from agent.contract.signals import Heard, Signal
from agent.dialogue.grammar import spoken
from agent.messages import Action
from tests.agent.dialogue.residents import Residents

NOON = datetime.datetime(2026, 11, 30, 4, 0, tzinfo=datetime.UTC).timestamp()
PHONE = [f"packs.digit.{digit}" for digit in "62580000"]
JOURNEYS = {
    "form": (
        ["packs.agree", "packs.answer.house", "packs.answer.phone", *PHONE, "packs.enough"],
        "law/appointment",
        "packs.send",
        "form.sent",
    ),
    "booking": (
        ["packs.location.room-1", "packs.day.2026-11-30", "packs.slot.13:00"],
        "ecircle/venues",
        "packs.send",
        "booking.requested",
    ),
    "outreach": (
        ["packs.agree", "packs.answer.no"],
        "outreach/heat",
        "packs.answer.yes",
        "outreach.answered",
    ),
    "poll": ([], "voices/poll", "packs.vote.ramp", "poll.counted"),
    "proposals": (
        ["packs.proposal.shade"],
        "community-cloud/ideas",
        "packs.support",
        "poll.counted",
    ),
}


class Visitors(Residents):
    """Residents of a kiosk that knows the time of day."""

    def give(self, *signals: Signal) -> None:
        """As the kernel does: with the wall clock."""
        super().give(
            *(
                msgspec.structs.replace(signal, wall=NOON) if isinstance(signal, Action) else signal
                for signal in signals
            )
        )


def by_touch(kiosk: Visitors, id: str) -> None:
    """A finger."""
    while id not in kiosk.offered:
        kiosk.touch("packs.more")
    kiosk.touch(id)


def by_keys(kiosk: Visitors, id: str) -> None:
    """Down to it, then enter; never in a hurry."""
    for _ in range(80):
        if id in kiosk.offered:
            break
        by_keys(kiosk, "packs.more")
    for _ in range(len(kiosk.offered)):
        if kiosk.offered[kiosk.shown.focus] == id:
            break
        kiosk.key("down", after=4.0)
    assert kiosk.offered[kiosk.shown.focus] == id
    kiosk.key("enter", after=4.0)


def by_ear(kiosk: Visitors, id: str) -> None:
    """By saying what stands on it."""
    while id not in kiosk.offered:
        by_ear(kiosk, "packs.more")
    item = next(item for item in kiosk.shown.items if item.action == id)
    say(kiosk, spoken(item.label, "zh-CN"))


def say(kiosk: Visitors, text: str) -> None:
    """Words that the recogniser has understood."""
    kiosk.wait(1.0)
    dialogue = kiosk.dialogue
    dialogue._conversation.talk(dialogue._question())
    kiosk._do(Heard(text=text, at=kiosk.now, id=kiosk._id()))


@pytest.mark.parametrize("kind", JOURNEYS)
@pytest.mark.parametrize("way", [by_touch, by_keys, by_ear], ids=lambda way: way.__name__)
def test_the_record_is_the_same(kind: str, way: Callable[[Visitors, str], None]) -> None:
    """Whichever way it was filled in, chosen, booked or voted for."""
    steps, item, last, record = JOURNEYS[kind]
    kiosk = Visitors()
    pack = item.partition("/")[0]
    for id in ("packs.services", f"packs.open.{pack}", f"packs.open.{item}"):
        if kiosk.screen not in ("home", "packs.pack", "packs.services"):
            continue  # a pack with one item opens it at once
        way(kiosk, id)
    for id in steps:
        way(kiosk, id)
    assert not kiosk.kinds(record)
    way(kiosk, last)
    kiosk.touch("home")
    kiosk.wait(3601)
    (made,) = kiosk.kinds(record)
    data = msgspec.to_builtins(made.data)
    for own in ("form", "booking", "outreach", "code"):
        data.pop(own, None)
    assert data == EXPECTED[kind]


EXPECTED = {
    "form": {
        "pack": "law",
        "item": "appointment",
        "version": 1,
        "answers": {"about": ["house"], "how": ["phone"], "phone": ["62580000"]},
        "keep_days": 30,
    },
    "booking": {
        "pack": "ecircle",
        "item": "venues",
        "version": 1,
        "location": "room-1",
        "start": "2026-11-30T13:00",
        "minutes": 60,
    },
    "outreach": {
        "pack": "outreach",
        "item": "heat",
        "version": 1,
        "answers": {"well": ["no"], "visit": ["yes"]},
        "stopped": False,
        "person": True,
    },
    "poll": {
        "pack": "voices",
        "item": "poll",
        "version": 1,
        "ballot": "bench",
        "votes": {"ramp": 1},
    },
    "proposals": {
        "pack": "community-cloud",
        "item": "ideas",
        "version": 1,
        "ballot": "shade",
        "votes": {"support": 1},
    },
}


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        ("我要办敬老卡", "敬老卡申领和发放（老年综合津贴）"),
        ("我要加装电梯", "AI+梯：加装电梯"),
        ("找居住证", "居住证办理"),
        ("社保卡丢了", "社会保障卡挂失"),
        ("我要量血压", "健康云：自己量血压"),
    ],
)
def test_one_sentence_at_home_leads_there(sentence: str, title: str) -> None:
    """By its name or what residents call it."""
    kiosk = Visitors()
    say(kiosk, spoken(sentence, "zh-CN"))
    assert kiosk.shown.title == title
