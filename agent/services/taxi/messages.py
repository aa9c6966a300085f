"""What upstream may say about a taxi order."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from agent.records import CommandData, Id, Minutes, Revision

Plate = Annotated[str, Meta(max_length=32, extra={"residents": True})]
"""Registration plate as it stands on the car; shown and read character by character."""

Words = Annotated[str, Meta(max_length=60, extra={"residents": True})]
"""A name or a few words, shown and spoken to residents as they are."""


class AboutOrder(CommandData, frozen=True):
    """Base of all commands about an order."""

    order: Id
    """As in ``taxi.requested``."""
    revision: Revision | None = None
    """Of this order; absent: no older than what was said before."""


class WithCar(AboutOrder, frozen=True):
    """Base of what may tell of the car; what is left out stays as it was."""

    plate: Plate = ""
    driver: Words = ""
    colour: Words = ""
    model: Words = ""
    spot: Words = ""
    """Where the car waits."""
    minutes: Minutes | None = None
    """Until the car comes."""


class Accepted(WithCar, frozen=True):
    """A car comes."""

    kind: ClassVar[str] = "taxi.accepted"


class Delayed(WithCar, frozen=True):
    """The car comes later than was said."""

    kind: ClassVar[str] = "taxi.delayed"


class Arrived(WithCar, frozen=True):
    """The car waits."""

    kind: ClassVar[str] = "taxi.arrived"


class Searching(AboutOrder, frozen=True):
    """The order stands, without a car so far."""

    kind: ClassVar[str] = "taxi.searching"


class Reassigning(AboutOrder, frozen=True):
    """The car does not come; another one is looked for."""

    kind: ClassVar[str] = "taxi.reassigning"


class OnBoard(AboutOrder, frozen=True):
    """The passenger is in the car."""

    kind: ClassVar[str] = "taxi.on_board"


class Completed(AboutOrder, frozen=True):
    """The ride is over."""

    kind: ClassVar[str] = "taxi.completed"


class NoCar(AboutOrder, frozen=True):
    """No car was found; the order is over."""

    kind: ClassVar[str] = "taxi.no_car"


class Cancelled(AboutOrder, frozen=True):
    """The order is over."""

    kind: ClassVar[str] = "taxi.cancelled"
    by: Annotated[str, Meta(max_length=40)] = "dispatch"
    """Who cancelled: ``user``, ``driver``, ``dispatch``."""


class UnknownOrder(AboutOrder, frozen=True):
    """Upstream knows of no such order."""

    kind: ClassVar[str] = "taxi.unknown_order"


COMMANDS: tuple[type[CommandData], ...] = (
    Accepted,
    Reassigning,
    Delayed,
    Arrived,
    OnBoard,
    Completed,
    NoCar,
    Cancelled,
    Searching,
    UnknownOrder,
)
