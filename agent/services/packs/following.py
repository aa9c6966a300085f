"""What became of it: a form or a booking is asked for by its six digits, at any kiosk."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from agent.dialogue.views import Form, List, Phrase, Progress, Stage
from agent.effects import Choice, Utterance, Wish
from agent.services.packs.messages import BookingFound, CardFollowed, FormFollowed, FormFound
from agent.services.packs.page import Held, Memory, Page, Scene, Turn, digit_pad, listed

DIGITS = 6
STAGES = ("kept", "sent", "accepted", "done")
"""The usual way; ``incomplete`` and ``refused`` stand beside it."""


CARD, CARDED, FOUND = "card", "carded/", "found/"
"""Value of `Page.at` while all is asked for that was sent with a card; how ids of it begin; how
those begin that were asked for by their digits."""


def follow_scene(page: Page, memory: Memory, mark: str, now: str) -> Scene:
    """The digits, or what is known; by a card, where one was shown.

    Args:
        page: with the digits so far.
        memory: with what is known.
        mark: of the card; empty: there is none.
        now: local time as ``2026-12-01T09:00``; empty: not to be trusted.
    """
    held = found_at(page, memory)
    if page.at == CARD and (choices := _carded(memory)):
        shown, more = listed(page, choices, at_once=5)
        return Scene(
            List(more=more),
            Phrase("screen.packs.follow.title"),
            Phrase("label.packs.by-card"),
            choices=(*shown, Choice("back")),
            screen="packs.follow",
        )
    if page.at and held is not None and held.booked:
        return _booking(held, now)
    if page.at and held is not None:
        return _stages(held)
    if page.at:
        return Scene(
            Progress(),
            Phrase("screen.packs.asking.title"),
            Phrase("screen.packs.asking.text"),
            choices=(Choice("back"),),
            screen="packs.follow",
        )
    return Scene(
        Form(1, 1, answer=page.typed or Phrase("label.packs.nothing-typed")),
        Phrase("screen.packs.follow.title"),
        Phrase("screen.packs.follow.text"),
        choices=(*digit_pad(), *((Choice("packs.follow-card", icon="person"),) if mark else ())),
        utterances=tuple(
            Utterance(f"packs.digit.{digit}", (Wish("packs.digit", str(digit)),))
            for digit in range(10)
        ),
        screen="packs.follow",
    )


def follow_choice(
    page: Page, choice: str, value: str, memory: Memory, mark: str, now: str
) -> Turn | None:
    """One more digit; the sixth asks. Or by a card. A booking is given back."""
    held = found_at(page, memory)
    if choice == "packs.give-back" and held is not None and _may_give_back(held, now):
        return Turn(gives_back=held, say="packs.given-back")
    if page.at == CARD and choice == "packs.more":
        return Turn(replace(page, n=page.n + 1), replaces=True)
    if page.at == CARD and choice == "packs.carded" and found_at(Page("follow", at=value), memory):
        return Turn(replace(page, at=value, n=0))
    if page.at:
        return None
    if choice == "packs.follow-card" and mark:
        asked = CardFollowed(pack="", item="", version=1, card=mark)
        return Turn(replace(page, at=CARD, typed="", n=0), records=((asked, mark),))
    if choice == "packs.erase":
        return Turn(replace(page, typed=page.typed[:-1]), replaces=True)
    if choice != "packs.digit" or not value.isdigit():
        return None
    typed = page.typed + value
    if len(typed) < DIGITS:
        return Turn(replace(page, typed=typed), replaces=True)
    after = replace(page, typed="", at=typed)
    if found_at(after, memory) is not None:
        return Turn(after, replaces=True)
    record = FormFollowed(pack="", item="", version=1, code=typed)
    return Turn(after, replaces=True, records=((record, typed),))


def found(held: Sequence[Held], one: FormFound | BookingFound, whose: str) -> tuple[Held, ...]:
    """What is held, with what upstream has found; *whose*: `CARDED` or `FOUND`."""
    new = Held(f"{whose}{one.code}", one.code, "", "", one.what or one.code, one.stage, one.note)
    if isinstance(one, BookingFound):
        id = f"{whose}{one.booking}"
        new = replace(new, id=id, pack=one.pack, item=one.item, start=one.start)
    return (*(other for other in held if other.code != one.code), new)


def _carded(memory: Memory) -> list[Choice]:
    own = [one for one in memory.held if one.id.startswith(CARDED)]
    return [Choice("packs.carded", one.named, value=one.code) for one in own]


def found_at(page: Page, memory: Memory) -> Held | None:
    """What has the digits of the page."""
    return next((one for one in memory.held if one.code == page.at), None)


def told(held: Sequence[Held], id: str, stage: str, note: str) -> tuple[Held, ...]:
    """What is held, with what was just heard of one."""
    return tuple(
        replace(one, stage=stage, note=note or one.note) if one.id == id else one for one in held
    )


def _may_give_back(held: Held, now: str) -> bool:
    """It is still to come, as far as anybody knows the time."""
    return held.booked > now and held.stage != "refused"


def _booking(held: Held, now: str) -> Scene:
    stage = "reserved" if held.stage in ("kept", "sent") else held.stage
    settled = stage != "reserved"
    stages = [Stage(Phrase("label.packs.slot.reserved"), "done" if settled else "now")]
    if settled:
        stages.append(Stage(Phrase(f"label.packs.slot.{stage}"), "done", held.note))
    give_back = (Choice("packs.give-back", icon="cross", look="quiet", costly=True),)
    return Scene(
        Progress(stages=tuple(stages)),
        Phrase("label.packs.follow.title"),
        Phrase("label.packs.followed", {"slot": stage, "what": held.named, "note": held.note}),
        choices=(Choice("back"), *(give_back if _may_give_back(held, now) else ())),
        screen="packs.follow",
    )


def _stages(held: Held) -> Scene:
    way: tuple[str, ...] = STAGES
    if held.stage == "incomplete":
        way = ("kept", "sent", "accepted", "incomplete", "done")
    if held.stage == "refused":
        way = ("kept", "sent", "refused")
    now = way.index(held.stage)
    stages = tuple(
        Stage(
            Phrase(f"label.packs.stage.{name}"),
            "done" if n < now or held.stage == "done" else "now" if n == now else "later",
            held.note if n == now else "",
        )
        for n, name in enumerate(way)
    )
    return Scene(
        Progress(stages=stages),
        Phrase("label.packs.follow.title"),
        Phrase(
            "label.packs.follow.text",
            {"what": held.named, "note": held.note, "stage": "" if held.note else held.stage},
        ),
        say=Phrase(
            "label.packs.follow.say",
            {"what": held.named, "note": held.note, "stage": held.stage},
        ),
        choices=(Choice("back"),),
        screen="packs.follow",
    )
