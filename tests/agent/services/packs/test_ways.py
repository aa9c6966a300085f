"""One journey through each kind of item by touch, by five keys, and by ear: the same record."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from agent.contract.signals import Heard, Signal
from agent.dialogue.grammar import spoken
from agent.messages import Action, PacksReplaced, Started
from agent.services.packs.registry import KINDS
from tests.agent.dialogue.residents import Residents
from tests.agent.journal import told
from tests.agent.services.packs.test_journeys import packs as packs_in

NOON = datetime.datetime(2026, 11, 30, 4, 0, tzinfo=datetime.UTC).timestamp()
PHONE = [f"packs.digit.{digit}" for digit in "62580000"]
CODE = [f"packs.digit.{digit}" for digit in "4711"]
JOURNEYS = {
    "article": (["reading.next"] * 5, "lift/consent", "reading.next", ""),
    "booking": (
        ["packs.location.room-1", "packs.day.2026-11-30", "packs.slot.13:00"],
        "ecircle/venues",
        "packs.send",
        "booking.requested",
    ),
    "catalogue": (
        ["packs.group.老人津贴和照护", "packs.entry.MZ14"],
        "affairs/elders-and-relief",
        "packs.papers",
        "",
    ),
    "form": (
        ["packs.agree", "packs.answer.house", "packs.answer.phone", *PHONE, "packs.enough"],
        "law/appointment",
        "packs.send",
        "form.sent",
    ),
    "link": ([], "one-net", "", ""),
    "notices": (
        [
            *("packs.notice.bicycle-shed", "packs.begin", "packs.agree", "packs.answer.for"),
            *("packs.answer.ride", "packs.enough", *PHONE, "packs.enough"),
        ],
        "community-cloud/board",
        "packs.send",
        "form.sent",
    ),
    "outreach": (
        ["packs.agree", "packs.answer.no"],
        "outreach/heat",
        "packs.answer.yes",
        "outreach.answered",
    ),
    "poll": ([], "voices/poll", "packs.vote.ramp", "poll.counted"),
    "programme": (
        [
            *("packs.broadcast.job-talk", "packs.remind", "packs.agree", "packs.answer.yes"),
            *(*PHONE, "packs.enough"),
        ],
        "aixin/programme",
        "packs.send",
        "form.sent",
    ),
    "progress": (["packs.steps", "back"], "lift/progress", "packs.project.demo-1", ""),
    "proposals": (
        ["packs.proposal.shade"],
        "community-cloud/ideas",
        "packs.support",
        "poll.counted",
    ),
    "task": (
        [*CODE, "packs.enough", "packs.task.t-1"],
        "aixin-visits",
        "packs.outcome.helped",
        "task.done",
    ),
    "way": (["packs.spot.committee"], "estate-way", "packs.plan", ""),
}
"""Kind → what is chosen, in which pack and item, what comes last, and the record of it; without a
record it is the last screen that counts."""


class Visitors(Residents):
    """Residents of a kiosk that knows the time of day."""

    def restart(self) -> None:
        """The daemon ends and begins again: what was not durable is lost."""
        for journey in self.services.values():
            journey.restart()
        fresh = Visitors()
        self.stage, self.dialogue = fresh.stage, fresh.dialogue
        self.give(Started(rebooted=False, wall=NOON))

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


Way = Callable[[Visitors, str], None]


def begun(kind: str, way: Way = by_touch) -> Visitors:
    """Somebody who has opened the item of a journey."""
    kiosk = Visitors()
    hashed = hashlib.sha256(b"bxj-demo-01:4711").hexdigest()
    kiosk.give(told("staff.codes", codes=[hashed]))
    kiosk.give(told("task.given", "t", task="t-1", item="visits", what="三村12号，门一天没有开"))
    pack, _, item = JOURNEYS[kind][1].partition("/")
    way(kiosk, "packs.services")
    if not packs_in()[pack].manifest.on_top:
        way(kiosk, f"packs.open.{pack}")
    if item and f"packs.open.{pack}/{item}" in [*kiosk.offered, *more(kiosk)]:
        way(kiosk, f"packs.open.{pack}/{item}")
    return kiosk


def more(kiosk: Visitors) -> list[str]:
    """What stands on the other screens of this list."""
    found: list[str] = []
    for _ in range(8):
        if "packs.more" not in kiosk.offered:
            break
        kiosk.touch("packs.more")
        found += kiosk.offered
    return found


def outcome(kiosk: Visitors, kind: str) -> object:
    """The record, without what is named by chance; or the last screen."""
    record = JOURNEYS[kind][3]
    if not record:
        return kiosk.screen, kiosk.shown.title, kiosk.shown.view
    kiosk.touch("home")
    kiosk.wait(3601)
    (made,) = kiosk.kinds(record)
    data = msgspec.to_builtins(made.data)
    return {key: data[key] for key in data if key not in ("form", "booking", "outreach", "code")}


def walked(kind: str, way: Way, disturb: Callable[[Visitors], None], before: int) -> object:
    """The outcome, with a disturbance before one of the choices."""
    steps, _, last, record = JOURNEYS[kind]
    kiosk = begun(kind, way)
    for position, id in enumerate((*steps, last)):
        assert not record or not kiosk.kinds(record)
        if position == before:
            disturb(kiosk)
        if id:
            way(kiosk, id)
    return outcome(kiosk, kind)


def nothing(kiosk: Visitors) -> None:
    """No disturbance."""


def replaced(kiosk: Visitors) -> None:
    """The next release of the same packs is in force."""
    newer = {
        id: replace(pack, manifest=msgspec.structs.replace(pack.manifest, version=2))
        for id, pack in packs_in().items()
    }
    kiosk.give(PacksReplaced(packs=newer))


def withdrawn(kiosk: Visitors) -> None:
    """There is no pack any more."""
    kiosk.give(PacksReplaced(packs={}))


def test_every_kind_has_a_journey() -> None:
    """A new one does not come without."""
    assert set(JOURNEYS) == set(KINDS)


@pytest.mark.parametrize("kind", JOURNEYS)
@pytest.mark.parametrize("way", [by_touch, by_keys, by_ear], ids=lambda way: way.__name__)
def test_the_record_is_the_same(kind: str, way: Way) -> None:
    """Whichever way it was filled in, chosen, booked, voted for, read or found."""
    found = walked(kind, way, nothing, -1)
    assert found == EXPECTED.get(kind, walked(kind, by_touch, nothing, -1))


@pytest.mark.parametrize("disturb", [Visitors.restart, replaced, withdrawn])
@pytest.mark.parametrize("kind", JOURNEYS)
def test_what_comes_in_the_middle_changes_nothing(
    kind: str, disturb: Callable[[Visitors], None]
) -> None:
    """A restart, another release, the end of the pack: before every single choice."""
    undisturbed = walked(kind, by_touch, nothing, -1)
    for before in range(len(JOURNEYS[kind][0]) + 1):
        assert walked(kind, by_touch, disturb, before) == undisturbed, before


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
