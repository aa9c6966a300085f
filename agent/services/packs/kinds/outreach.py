"""Outreach (语音外呼): a few questions asked by voice, with consent, in quiet hours never."""

from __future__ import annotations

import datetime
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import Phrase, Status
from agent.effects import Choice, Utterance, Wish
from agent.services.packs.asking import answer, question_scene, relevant
from agent.services.packs.format import Item, Line, Paragraph
from agent.services.packs.kinds.form import Question
from agent.services.packs.messages import OutreachAnswered
from agent.services.packs.page import Here, Page, Scene, Turn


class OutreachItem(Item, frozen=True, kw_only=True):
    """One round of questions. Only the class of each answer is kept, never the sound."""

    opening: Paragraph
    """Says who asks, that it is a machine, and how to stop."""
    question: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=3)]
    begins: datetime.time = datetime.time(9, 0)
    ends: datetime.time = datetime.time(18, 0)
    """Outside of these nobody is asked."""
    stop_words: Annotated[tuple[Line, ...], Meta(max_length=8)] = ()
    """What stops it when it is said, beside the usual words."""
    closing: Paragraph


_OPENING, _CLOSING, _STOPPED = "opening", "closing", "stopped"


class Outreaches:
    """Serves outreach: said who asks, up to three questions, thanks; stopped by a word."""

    def open(self, item: OutreachItem, page: Page, here: Here) -> Page:
        """Who asks."""
        return replace(page, kind="outreach", at=_OPENING, answers={})

    def scene(self, item: OutreachItem, page: Page, here: Here) -> Scene:
        """What is said before, a question, or what is said after."""
        title = here.word(item.title)
        stop = Choice("packs.stop", icon="cross", look="quiet")
        if page.at == _OPENING:
            if not self._may_ask(item, here):
                return Scene(
                    Status("clock"), title, Phrase("label.packs.quiet"), choices=(Choice("back"),)
                )
            choices = (Choice("packs.agree", icon="check", look="primary"), stop)
            return Scene(
                Status("person"),
                title,
                item.opening,
                item.opening,
                choices=choices,
                utterances=self._stops(item),
            )
        if page.at in (_CLOSING, _STOPPED):
            done = (Choice("packs.finish", icon="check", look="primary"),)
            thanks = item.closing if page.at == _CLOSING else Phrase("label.packs.stopped")
            return Scene(Status("heart"), title, thanks, choices=done)
        asked = relevant(item.question, page.answers)
        for step, question in enumerate(asked, 1):
            if question.name == page.at:
                scene = question_scene(question, page, step, len(asked), here)
                stops = (*scene.utterances, *self._stops(item))
                return scene._replace(choices=(*scene.choices, stop), utterances=stops)
        return Scene(Status("cross"), title)

    def choose(
        self, item: OutreachItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """On, or stopped. What was said is kept as its class, never as sound."""
        if page.at in (_CLOSING, _STOPPED):
            return Turn(leaves=True) if choice == "packs.finish" else None
        if choice == "packs.stop":
            return self._end(page, here, stopped=True)
        if page.at == _OPENING:
            if choice != "packs.agree" or not self._may_ask(item, here):
                return None
            return Turn(replace(page, at=item.question[0].name, n=0), replaces=True)
        question = next((one for one in item.question if one.name == page.at), None)
        asked = answer(question, page, choice, value, here) if question else None
        if asked is None:
            return None
        if not asked.done:
            return Turn(asked.page, replaces=True)
        names = [one.name for one in relevant(item.question, asked.page.answers)]
        following = names[names.index(page.at) + 1 :]
        if following:
            return Turn(replace(asked.page, at=following[0]), replaces=True)
        return self._end(asked.page, here, stopped=False)

    def _stops(self, item: OutreachItem) -> tuple[Utterance, ...]:
        stop = (Wish("packs.stop"),)
        return tuple(Utterance("packs.alias", stop, {"alias": word}) for word in item.stop_words)

    def _may_ask(self, item: OutreachItem, here: Here) -> bool:
        return here.now is not None and item.begins <= here.now.time() < item.ends

    def _end(self, page: Page, here: Here, stopped: bool) -> Turn:
        given = {name: list(answers) for name, answers in page.answers.items()}
        record = OutreachAnswered(
            pack=page.pack,
            item=page.item,
            version=here.pack.version,
            outreach=here.signal,
            answers=given,
            stopped=stopped,
            person=any("person" in answers for answers in given.values())
            or given.get("visit") == ["yes"],
        )
        after = Page("outreach", page.pack, page.item, at=_STOPPED if stopped else _CLOSING)
        return Turn(after, leaves=True, records=((record, here.signal),))
