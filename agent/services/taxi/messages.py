"""What upstream learns of a taxi order, and what it may say about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from agent.records import CommandData, Id, Lane, Minutes, RecordData, Retention, Revision

Gcj02 = tuple[
    Annotated[float, Meta(ge=-180, le=180, description="Longitude in degrees, GCJ-02.")],
    Annotated[float, Meta(ge=-90, le=90, description="Latitude in degrees, GCJ-02.")],
]
"""Longitude and latitude in degrees, GCJ-02: what dispatch systems in China take."""

Plate = Annotated[str, Meta(max_length=32, extra={"residents": True})]
"""Registration plate as it stands on the car; shown and read character by character."""

Words = Annotated[str, Meta(max_length=60, extra={"residents": True})]
"""A name or a few words, shown and spoken to residents as they are."""


class OrderRecord(RecordData, frozen=True):
    """Base of all records about an order."""

    lane: ClassVar[Lane] = Lane.LIFE
    retention: ClassVar[Retention] = Retention(days=7)
    classification: ClassVar[Literal["confidential"]] = "confidential"

    order: Id
    """Names the order; what comes twice under one name is one order."""


class OrderRequested(OrderRecord, frozen=True):
    """A resident wants a car at this kiosk."""

    kind: ClassVar[str] = "taxi.requested"
    pickup: str
    """Id of the place where the kiosk stands."""
    pickup_name: str
    pickup_gcj02: Gcj02
    destination: str
    """Id of a place; empty: the passenger tells the driver."""
    destination_name: str
    needs: tuple[str, ...] = ()
    """Some of ``wheelchair``, ``guide_dog``, ``luggage``, ``boarding`` (help to get in),
    ``two_cars``."""
    destination_gcj02: Gcj02 | UnsetType = UNSET


class OrderCancelled(OrderRecord, frozen=True):
    """The car must not come."""

    kind: ClassVar[str] = "taxi.cancelled"
    reason: str
    """``user``: the resident's wish; ``over``: the kiosk no longer waits for a car."""


class OrderBoarded(OrderRecord, frozen=True):
    """The resident says that they are in the car."""

    kind: ClassVar[str] = "taxi.boarded"


class OrderVerify(OrderRecord, frozen=True):
    """What has become of this order? Upstream answers with a command."""

    kind: ClassVar[str] = "taxi.verify"


class OrderWidened(OrderRecord, frozen=True):
    """No car for long: cars of another class will do too."""

    kind: ClassVar[str] = "taxi.widened"
    request_class: str
    """As the dispatcher calls it; from kiosk.toml."""


Seconds = Annotated[float, Meta(ge=0, description="In seconds.")]


class OrderTimed(RecordData, frozen=True):
    """How long an order took, from the press that ordered it; names nobody and no place."""

    kind: ClassVar[str] = "taxi.timed"
    lane: ClassVar[Lane] = Lane.TELEMETRY
    outcome: str
    """``completed``, ``no_car``, ``cancelled``, ``expired``, ``refused``."""
    to_car_s: Seconds | None = None
    """Until upstream told of a car; absent: none was found, or a restart came between."""
    to_boarding_s: Seconds | None = None
    """Until the passenger was in."""


RECORDS: tuple[type[RecordData], ...] = (
    OrderRequested,
    OrderCancelled,
    OrderBoarded,
    OrderVerify,
    OrderWidened,
    OrderTimed,
)


class AboutOrder(CommandData, frozen=True):
    """Base of all commands about an order."""

    about: ClassVar[str] = "order"

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
    example: ClassVar[Mapping[str, Any]] = {
        "plate": "沪A·D3642",
        "minutes": 5,
        "driver": "王师傅",
        "colour": "白色",
        "model": "荣威",
    }


class Delayed(WithCar, frozen=True):
    """The car comes later than was said."""

    kind: ClassVar[str] = "taxi.delayed"
    example: ClassVar[Mapping[str, Any]] = {"minutes": 9}


class Arrived(WithCar, frozen=True):
    """The car waits."""

    kind: ClassVar[str] = "taxi.arrived"
    example: ClassVar[Mapping[str, Any]] = {"plate": "沪A·D3642", "spot": "大门口"}


class PassengerLate(WithCar, frozen=True):
    """The car waits, and will not wait much longer."""

    kind: ClassVar[str] = "taxi.passenger_late"
    example: ClassVar[Mapping[str, Any]] = {"plate": "沪A·D3642"}


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
    example: ClassVar[Mapping[str, Any]] = {"by": "driver"}
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
    PassengerLate,
    OnBoard,
    Completed,
    NoCar,
    Cancelled,
    Searching,
    UnknownOrder,
)
