"""Programmes of live video: what, when, by whom; a reminder; and the words of it read aloud.

The kiosk plays no video. Whoever cannot watch, or has no phone, has the text read to them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, get_args

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import List, Phrase, Row, Status, Words, joined
from agent.effects import Choice
from agent.services.packs.format import Item, Line, Need, Paragraph, Reference, Slug, Sourced, twice
from agent.services.packs.page import (
    Here,
    Page,
    Scene,
    Turn,
    dated,
    day_in_words,
    first_for,
    listed,
    moment_in_words,
    sentence,
)
from agent.services.packs.reading import text_choice, text_scene
from agent.services.packs.sentences import spoken_parts

_SOON_S = 1800
"""Who is told on the spot waits no longer."""
_TEXT = "text"
"""Value of `Page.typed` while the text is read."""


Weekday = Literal["一", "二", "三", "四", "五", "六", "日"]
_WEEK = get_args(Weekday)


class Broadcast(Sourced, frozen=True, kw_only=True):
    """One programme, once or every week."""

    id: Slug
    title: Line
    who: Line | Literal[""] = ""
    """Who speaks."""
    day: datetime.date | None = None
    """On which it is; None: every `weekday`."""
    weekday: Weekday | Literal[""] = ""
    time: Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="like 14:00")]
    """When it begins."""
    minutes: Annotated[int, Meta(ge=5, le=480)] = 60
    where: Line | Literal[""] = ""
    """Where it can be seen, in words; empty: not known."""
    paragraphs: Annotated[tuple[Paragraph, ...], Meta(max_length=60)] = ()
    """What is said in it, or will be: read aloud."""
    needs: Annotated[tuple[Need, ...], Meta(max_length=12)] = ()


class ProgrammeItem(Item, frozen=True, kw_only=True):
    """What is broadcast, and how one is reminded of it."""

    broadcast: Annotated[tuple[Broadcast, ...], Meta(min_length=1, max_length=60)]
    remind: Slug | Literal[""] = ""
    """Form of this pack that asks for consent and a telephone number. A question ``programme`` of
    it that has the broadcast's id among its choices is answered already."""

    def references(self) -> Iterator[Reference]:
        """The form of the reminder."""
        if self.remind:
            yield Reference("remind", "form", self.remind)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice; a broadcast with no day, or two."""
        yield from twice("broadcast", [one.id for one in self.broadcast])
        for one in self.broadcast:
            if (one.day is None) == (not one.weekday):
                yield f"broadcast '{one.id}' needs day or weekday, one of them", "Write when it is."


class Programmes:
    """Serves programmes: the list, one of them, its text, reminders."""

    def open(self, item: ProgrammeItem, page: Page, here: Here) -> Page:
        """The list, or the only one."""
        only = item.broadcast[0].id if len(item.broadcast) == 1 else ""
        return replace(page, kind="programme", at=only)

    def scene(self, item: ProgrammeItem, page: Page, here: Here) -> Scene:
        """What is next first; one with all that is known."""
        one = self._one(item, page.at)
        if one is None:
            choices = [
                Choice("packs.broadcast", _short(b, here.now), value=b.id)
                for b in self._in_order(item, here)
            ]
            shown, more = listed(page, choices)
            return Scene(List(more=more), here.word(item.title), "", choices=shown)
        if page.typed == _TEXT:
            return text_scene(one.title, spoken_parts(*one.paragraphs), "zh-CN", page, here)
        return self._shown(item, one, here)

    def choose(
        self, item: ProgrammeItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Into one, its text, a reminder."""
        one = self._one(item, page.at)
        if choice == "packs.broadcast" and self._one(item, value) is not None:
            return Turn(replace(page, at=value, n=0))
        if one is None:
            return None
        if page.typed == _TEXT:
            return text_choice(spoken_parts(*one.paragraphs), page, choice, here)
        match choice:
            case "packs.text" if one.paragraphs:
                return Turn(replace(page, typed=_TEXT, n=0))
            case "packs.remind" if item.remind:
                return Turn(Page("form", page.pack, item.remind, answers={"programme": (one.id,)}))
            case "packs.remind-here" if (seconds := _until(one, here.now)) is not None:
                reminder = f"broadcast/{page.pack}/{page.item}/{one.id}"
                return Turn(
                    page, replaces=True, remind=(reminder, seconds), say="packs.will-remind"
                )
        return None

    def titled(self, item: ProgrammeItem, id: str) -> str:
        """What a reminder says."""
        one = self._one(item, id)
        return one.title if one else ""

    def _shown(self, item: ProgrammeItem, one: Broadcast, here: Here) -> Scene:
        over = _over(one, here.now)
        lasts = Phrase("label.packs.lasting", {"when": _long(one), "minutes": one.minutes})
        fields: tuple[tuple[str, Words, str], ...] = (
            ("when", lasts, "clock"),
            ("who", one.who, "person"),
            ("watch", one.where, "pin"),
        )
        rows = tuple(
            Row(Phrase(f"label.packs.{name}"), text, icon) for name, text, icon in fields if text
        )
        choices = []
        if one.paragraphs:
            choices.append(Choice("packs.text", icon="sound", look="primary"))
        if item.remind and not over:
            choices.append(Choice("packs.remind", icon="phone"))
        if _until(one, here.now) is not None:
            choices.append(Choice("packs.remind-here", icon="clock"))
        said = joined(
            (
                sentence(one.title),
                Phrase("label.packs.sample") if one.invented or item.invented else "",
                Phrase("label.packs.over") if over else "",
                sentence(lasts),
                Phrase("label.packs.speaks", {"who": one.who}) if one.who else "",
                sentence(one.where) if one.where else Phrase("label.packs.no-where"),
                Phrase("label.packs.has-text") if one.paragraphs else "",
            )
        )
        about = dated(
            one.source or item.source,
            one.as_of or item.as_of,
            one.verified,
            one.invented or item.invented,
        )
        return Scene(Status("play", rows), one.title, about, said, (*choices, Choice("back")))

    def _in_order(self, item: ProgrammeItem, here: Here) -> Sequence[Broadcast]:
        ordered = sorted(
            item.broadcast, key=lambda one: (_over(one, here.now), _begins(one, here.now))
        )
        return first_for(here.needs, ordered, lambda one: one.needs)

    def _one(self, item: ProgrammeItem, id: str) -> Broadcast | None:
        return next((one for one in item.broadcast if one.id == id), None)


def _begins(one: Broadcast, now: datetime.datetime | None) -> str:
    """Day and time as texts that order; of a weekly one the next that is not over."""
    if one.day is not None:
        return f"{one.day.isoformat()} {one.time}"
    if now is None:
        return f"9999-{_WEEK.index(one.weekday)} {one.time}"
    ahead = (_WEEK.index(one.weekday) - now.weekday()) % 7
    day = now.date() + datetime.timedelta(days=ahead)
    if ahead == 0 and _end(day, one, now) <= now:
        day += datetime.timedelta(days=7)
    return f"{day.isoformat()} {one.time}"


def _end(day: datetime.date, one: Broadcast, now: datetime.datetime) -> datetime.datetime:
    return _at(day, one, now) + datetime.timedelta(minutes=one.minutes)


def _at(day: datetime.date, one: Broadcast, now: datetime.datetime) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.fromisoformat(one.time), now.tzinfo)


def _over(one: Broadcast, now: datetime.datetime | None) -> bool:
    return one.day is not None and now is not None and _end(one.day, one, now) <= now


def _until(one: Broadcast, now: datetime.datetime | None) -> float | None:
    """Seconds until it begins, if that is soon."""
    if now is None:
        return None
    day = datetime.date.fromisoformat(_begins(one, now).partition(" ")[0])
    seconds = (_at(day, one, now) - now).total_seconds()
    return seconds if 0 < seconds <= _SOON_S else None


def _long(one: Broadcast) -> Phrase:
    """As it is read."""
    if one.day is not None:
        return moment_in_words(one.day, one.time)
    weekday = _WEEK.index(one.weekday)
    return Phrase("label.packs.weekly", {"weekday": weekday, "time": one.time})


def _short(one: Broadcast, now: datetime.datetime | None) -> Phrase:
    """As it stands on a button."""
    when: Phrase
    if one.day is None:
        when = Phrase("label.packs.weekly.short", {"weekday": _WEEK.index(one.weekday)})
    elif _over(one, now):
        when = Phrase("label.packs.over.short")
    else:
        when = day_in_words(one.day, "date")
    return Phrase("label.packs.broadcast", {"when": when, "title": one.title})
