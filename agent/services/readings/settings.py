"""The tables [readings.x] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Called, Table

Value = Annotated[float, Meta(ge=-1e9, le=1e9)]


class ReadingSettings(Table, frozen=True):
    """One number of a device that is kept an eye on: a temperature, a water meter, a pressure."""

    name: Called
    """What technicians and helpers call it: "泵房水压"."""
    device: str
    """Its device under [drivers]."""
    quantity: str
    """Which of its numbers: the `quantity` of a register, ``temperature``, ``power``."""
    register: str = ""
    """Name of the register (or phase), where several of the device have this quantity; empty:
    there is only one."""
    step: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    """Change from which it is reported, in the unit of the device. 0: only every *every_h*."""
    every_h: Annotated[float, Meta(ge=0.1, le=168)] = 1.0
    """Hours after which it is reported again, unchanged or not."""
    above: Value | None = None
    """A task is made when it is above this, in the unit of the device…"""
    below: Value | None = None
    """…or below this."""
    back: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    """By how much it must be back within the limit for the task to end: wider than it trembles."""
    hold_s: Annotated[float, Meta(ge=0, le=86400)] = 60.0
    """Seconds for which it must be beyond, or back: a tap that is opened is shorter."""
    task: Annotated[str, Meta(max_length=200)] = ""
    """What is to be done then, for whoever goes: "查看泵房，关总阀"."""
    assign_h: Annotated[float, Meta(gt=0, le=168)] = 2.0
    """Hours after which a task that nobody has taken is overdue."""
    clear_h: Annotated[float, Meta(gt=0, le=720)] = 24.0
    """Hours after which a task that somebody has taken is overdue."""
    remind_h: Annotated[float, Meta(gt=0, le=168)] = 4.0
    """Hours between reminders of what is overdue."""

    def __post_init__(self) -> None:
        if self.above is not None and self.below is not None and self.below >= self.above:
            raise ValueError(
                f"below is {self.below:g}, above {self.above:g}: nothing lies between them; "
                "swap them, or remove one"
            )
        if self.task and self.above is None and self.below is None:
            raise ValueError(
                "task is set, but no limit: when is it to be done? Add above = … or below = …"
            )
