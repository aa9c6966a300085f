"""What upstream may learn of a measurement, where its resident has said so."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from agent.records import Id, RecordData, Retention

Pressure = Annotated[float, Meta(ge=40, le=280, description="In mmHg.")]


class HealthMeasured(RecordData, frozen=True):
    """A resident with a card has consented to this one reading being kept by upstream."""

    kind: ClassVar[str] = "health.measured"
    retention: ClassVar[Retention] = Retention(session=True)
    classification: ClassVar[Literal["restricted"]] = "restricted"
    reading: Id
    resident: Id
    """By which upstream knows what was sent with one card; see `agent.messages.ResidentKnown`."""
    keep_days: Annotated[int, Meta(ge=1, le=1096)]
    """What the resident was told: days after which upstream erases it."""
    systolic: Pressure | None = None
    diastolic: Pressure | None = None
    pulse: Annotated[float, Meta(ge=20, le=250, description="Beats a minute.")] | None = None
    body_temperature: Annotated[float, Meta(ge=32, le=43, description="In °C.")] | None = None


RECORDS: tuple[type[RecordData], ...] = (HealthMeasured,)
