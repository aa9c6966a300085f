"""What upstream says about forms, bookings, slots and tasks."""

from __future__ import annotations

from msgspec.structs import replace

from agent.effects import Effect, rejected
from agent.messages import Command
from agent.services.packs.following import FOUND, found, told
from agent.services.packs.messages import (
    AboutBooking,
    AboutForm,
    BookingConfirmed,
    BookingFound,
    FormAccepted,
    FormDone,
    FormFound,
    FormIncomplete,
    SlotsTaken,
    StaffCodes,
    TaskGiven,
)
from agent.services.packs.page import Memory

_SLOTS = 2000
_TASKS = 200
_OVER = ("done", "refused")


def heard(memory: Memory, command: Command) -> tuple[Memory, list[Effect]]:
    """The memory after a command, or why it has no effect."""
    match command.data:
        case AboutForm(form=id, note=note):
            stage = {FormAccepted: "accepted", FormIncomplete: "incomplete", FormDone: "done"}
            return _told(
                memory, command, "form", id, stage.get(type(command.data), "refused"), note
            )
        case AboutBooking(booking=id, note=note):
            done = isinstance(command.data, BookingConfirmed)
            return _told(memory, command, "booking", id, "accepted" if done else "refused", note)
        case FormFound() | BookingFound() as one:
            return replace(memory, held=found(memory.held, one, FOUND)), []
        case SlotsTaken() as slot:
            key = f"{slot.pack}/{slot.item}/{slot.location}/{slot.start}"
            taken = {**memory.taken, key: slot.parties}
            return replace(memory, taken=dict(sorted(taken.items())[-_SLOTS:])), []
        case TaskGiven(task=task, item=item, what=what):
            if len(memory.tasks) >= _TASKS and task not in memory.tasks:
                why = f"{_TASKS} tasks are open; close some first"
                return memory, [rejected(command.command_id, command.kind, "data.task", why)]
            return replace(memory, tasks={**memory.tasks, task: (item, what)}), []
        case StaffCodes(codes=codes):
            return replace(memory, codes=codes), []
    return memory, []


def _told(
    memory: Memory, command: Command, field: str, id: str, stage: str, note: str
) -> tuple[Memory, list[Effect]]:
    held = next((one for one in memory.held if one.id == id), None)
    if held is None or held.stage in _OVER:
        why = "nobody waits for this, or it is over"
        return memory, [rejected(command.command_id, command.kind, f"data.{field}", why)]
    return replace(memory, held=told(memory.held, id, stage, note)), []
