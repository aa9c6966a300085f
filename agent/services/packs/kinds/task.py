"""Tasks for staff (visits, observers' reports): a role by code, an outcome, an audit trail."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import Form, List, Phrase
from agent.effects import Choice
from agent.services.packs.format import Item, Line, Words
from agent.services.packs.kinds.form import FormChoice
from agent.services.packs.messages import TaskDone
from agent.services.packs.page import Here, Page, Scene, Turn, digit_pad, listed


class TaskItem(Item, frozen=True, kw_only=True):
    """A list of tasks that upstream sends, and what may become of one."""

    role: Literal["助残员", "法治观察员", "居委会"]
    code_label: Words | Literal[""] = ""
    """Asks for the code; empty: in the usual words."""
    due_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    """Hours after which an open task is reminded of."""
    outcome: Annotated[tuple[FormChoice, ...], Meta(min_length=2, max_length=12)]
    note: Line | Literal[""] = ""


_LEAST = 4
"""Digits of a code."""


class Tasks:
    """Serves tasks: the code of who signs in, what is open, what became of one."""

    def open(self, item: TaskItem, page: Page, here: Here) -> Page:
        """The code first; it is forgotten when the page is left."""
        return replace(page, kind="task", at="", day="", typed="")

    def scene(self, item: TaskItem, page: Page, here: Here) -> Scene:
        """The code, the list, one task."""
        title = here.word(item.title)
        if not page.day:
            return self._code(item, page, title, here)
        open_ = {id: what for id, (of, what) in here.memory.tasks.items() if of == page.item}
        if page.at in open_:
            choices = [
                Choice("packs.outcome", here.word(one.label), value=one.name)
                for one in item.outcome
            ]
            shown, more = listed(page, choices)
            about = Phrase("label.packs.task", {"what": open_[page.at], "note": item.note})
            return Scene(List(more=more), title, about, choices=shown)
        choices = [Choice("packs.task", what, value=id) for id, what in open_.items()]
        shown, more = listed(page, choices)
        text = item.note if open_ else Phrase("label.packs.no-tasks")
        return Scene(List(more=more), title, text, choices=shown or (Choice("back"),))

    def choose(
        self, item: TaskItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Sign in, into a task, done."""
        if not page.day:
            return self._sign_in(page, choice, value, here)
        if choice == "packs.task" and value in here.memory.tasks:
            return Turn(replace(page, at=value, n=0))
        names = {one.name for one in item.outcome}
        if choice == "packs.outcome" and page.at in here.memory.tasks and value in names:
            record = TaskDone(
                pack=page.pack,
                item=page.item,
                version=here.pack.version,
                task=page.at,
                outcome=value,
                by=page.day,
            )
            left = {id: task for id, task in here.memory.tasks.items() if id != page.at}
            memory = replace(here.memory, tasks=left)
            after = replace(page, at="", n=0)
            return Turn(after, replaces=True, records=((record, page.at),), memory=memory)
        return None

    def _sign_in(self, page: Page, choice: str, value: str, here: Here) -> Turn | None:
        match choice:
            case "packs.digit" if value.isdigit() and len(page.typed) < 12:
                return Turn(replace(page, typed=page.typed + value, mistake=""), replaces=True)
            case "packs.erase":
                return Turn(replace(page, typed=page.typed[:-1], mistake=""), replaces=True)
            case "packs.enough":
                hashed = hashlib.sha256(f"{here.kiosk}:{page.typed}".encode()).hexdigest()
                if len(page.typed) >= _LEAST and hashed in here.memory.codes:
                    return Turn(replace(page, day=hashed, typed="", mistake=""), replaces=True)
                return Turn(replace(page, typed="", mistake="code"), replaces=True)
        return None

    def _code(self, item: TaskItem, page: Page, title: str, here: Here) -> Scene:
        mistake = Phrase("label.packs.code-wrong") if page.mistake else ""
        choices = (
            *digit_pad(),
            Choice("packs.enough", icon="check", look="primary"),
        )
        view = Form(1, 1, answer="●" * len(page.typed), mistake=mistake)
        own = here.word(item.code_label) if item.code_label else ""
        return Scene(view, title, own or Phrase("label.packs.code-asked"), choices=choices)
