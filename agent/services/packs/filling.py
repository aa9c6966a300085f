"""Serves forms: why anything is asked, one question a screen, a look at it all, then sent."""

from __future__ import annotations

from msgspec.structs import replace

from agent.dialogue.views import Confirm, Phrase, Row, Status, joined
from agent.effects import Choice
from agent.services.packs.asking import aloud, answer, in_words, question_scene, relevant
from agent.services.packs.codes import code_of
from agent.services.packs.kinds.form import FormItem, Question
from agent.services.packs.messages import FormSent
from agent.services.packs.page import Held, Here, Page, Scene, Turn

PURPOSE, CHECK, SENT = "purpose", "check", "sent"
"""Values of `Page.at` while no question is asked; else it is the name of one."""


class Forms:
    """Serves forms."""

    def open(self, item: FormItem, page: Page, here: Here) -> Page:
        """Why it is asked, where anything personal is; else the first question."""
        # What led here may answer a question already: the programme one is to be reminded of.
        known = {
            question.name: page.answers[question.name]
            for question in item.question
            if {*page.answers.get(question.name, ())} & {one.name for one in question.choice}
        }
        page = replace(page, kind="form", answers=known)
        personal = any(question.personal for question in item.question)
        return replace(page, at=PURPOSE if personal else self._first(item, page))

    def scene(self, item: FormItem, page: Page, here: Here) -> Scene:
        """The question, or what stands before and after them."""
        title = here.word(item.title)
        if page.at == PURPOSE:
            return self._purpose(item, here)
        if page.at == CHECK:
            return self._check(item, page, here)
        if page.at == SENT:
            return self._sent(item, page, here)
        asked = relevant(item.question, page.answers)
        for step, question in enumerate(asked, 1):
            if question.name == page.at:
                return question_scene(question, page, step, len(asked), here)
        return Scene(Status("cross"), title)  # the pack was replaced by one that asks otherwise

    def choose(
        self, item: FormItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """On to the next question, back, or sent."""
        if page.at == PURPOSE and choice == "packs.agree":
            return Turn(replace(page, at=self._first(item, page), n=0))
        if page.at == PURPOSE and choice == "packs.decline":
            return Turn(leaves=True)
        if page.at == CHECK and choice in ("packs.send", "packs.send-card"):
            return self._send(item, page, here, here.mark if choice == "packs.send-card" else "")
        if page.at == CHECK and choice == "packs.change":
            return Turn(replace(page, at=item.question[0].name, typed="", n=0))
        if page.at == SENT:
            return Turn(leaves=True) if choice == "packs.finish" else None
        question = self._question(item, page.at)
        if question is None:
            return None
        if choice == "packs.more":
            return Turn(replace(page, n=page.n + 1), replaces=True)
        asked = answer(question, page, choice, value, here)
        if asked is None:
            return None
        if not asked.done:
            return Turn(asked.page, replaces=True)
        return Turn(replace(asked.page, at=self._after(item, asked.page)))

    def _first(self, item: FormItem, page: Page) -> str:
        """The first question without an answer, or the look at all of them."""
        open_ = [
            one for one in relevant(item.question, page.answers) if one.name not in page.answers
        ]
        return open_[0].name if open_ else CHECK

    def _after(self, item: FormItem, page: Page) -> str:
        names = [question.name for question in relevant(item.question, page.answers)]
        following = names[names.index(page.at) + 1 :]
        return following[0] if following else CHECK

    def _question(self, item: FormItem, name: str) -> Question | None:
        return next((one for one in item.question if one.name == name), None)

    # -- screens -------------------------------------------------------------------------------

    def _purpose(self, item: FormItem, here: Here) -> Scene:
        days = here.pack.retention_days
        rows = (
            Row(Phrase("label.packs.purpose"), here.word(here.pack.purpose), "book"),
            Row(Phrase("label.packs.keeper"), here.pack.responsible, "person"),
            Row(Phrase("label.packs.kept"), Phrase("label.packs.days", {"n": days}), "clock"),
        )
        return Scene(
            Confirm(rows),
            Phrase("screen.packs.purpose.title"),
            Phrase("screen.packs.purpose.text"),
            say=Phrase(
                "label.packs.purpose.say",
                {"purpose": here.word(here.pack.purpose), "who": here.pack.responsible, "n": days},
            ),
            choices=(
                Choice("packs.agree", icon="check", look="primary"),
                Choice("packs.decline", icon="cross"),
            ),
        )

    def _check(self, item: FormItem, page: Page, here: Here) -> Scene:
        asked = relevant(item.question, page.answers)
        rows = tuple(
            Row(here.word(one.label), in_words(one, page.answers.get(one.name, ()), here))
            for one in asked
        )
        # What tells who somebody is stands on the screen, but is not said aloud to bystanders.
        spoken = [aloud(one, page.answers.get(one.name, ()), here) for one in asked]
        said = joined(
            Phrase("label.packs.answer", {"label": here.word(one.label), "answer": answer})
            for one, answer in zip(asked, spoken, strict=True)
        )
        return Scene(
            Confirm(rows),
            Phrase("screen.packs.check.title"),
            "",
            say=Phrase("label.packs.check.say", {"answers": said}),
            choices=(
                Choice("packs.send", icon="check", look="primary", costly=True),
                *((Choice("packs.send-card", icon="person", costly=True),) if here.mark else ()),
                Choice("packs.change", icon="back"),
            ),
            private=any(one.personal for one in asked) and not here.alone,
        )

    def _sent(self, item: FormItem, page: Page, here: Here) -> Scene:
        held = next((one for one in here.memory.held if one.id == page.typed), None)
        stage = held.stage if held else "kept"
        code = held.code if held else code_of(page.typed)
        spaced, sent = " ".join(code), here.word(item.sent)
        return Scene(
            Status("check", rows=(Row(Phrase("label.packs.code"), spaced, "pencil"),), code=code),
            Phrase(f"label.packs.stage.{stage}"),
            sent,
            say=Phrase(
                "label.packs.sent.say",
                {
                    "sent": sent,
                    "code": spaced,
                    "stage": stage if stage in ("incomplete", "refused") else "",
                },
            ),
            choices=(Choice("packs.finish", icon="check", look="primary"),),
        )

    # -- sent ----------------------------------------------------------------------------------

    def _send(self, item: FormItem, page: Page, here: Here, card: str) -> Turn:
        asked = [question.name for question in relevant(item.question, page.answers)]
        form, code = here.signal, code_of(here.signal)
        record = FormSent(
            pack=page.pack,
            item=page.item,
            version=here.pack.version,
            form=form,
            code=code,
            answers={name: list(page.answers.get(name, ())) for name in asked},
            keep_days=here.pack.retention_days,
            card=card,
        )
        held = Held(form, code, page.pack, page.item, here.word(item.title))
        # The answers go with the pages: nothing of them is left here but what waits to be sent.
        after = Page("form", page.pack, page.item, at=SENT, typed=form)
        return Turn(after, leaves=True, records=((record, form),), hold=held, say="packs.kept")
