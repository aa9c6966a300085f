"""Tasks for staff (visits, observers' reports): a role by code, an outcome, an audit trail."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Line, Words
from agent.services.packs.kinds.form import FormChoice


class TaskItem(Item, frozen=True, kw_only=True):
    """A list of tasks that upstream sends, and what may become of one."""

    role: Literal["助残员", "法治观察员", "居委会"]
    code_label: Words = "请输入工作码"
    due_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    """Hours after which an open task is reminded of."""
    outcome: Annotated[tuple[FormChoice, ...], Meta(min_length=2, max_length=12)]
    note: Line | Literal[""] = ""
