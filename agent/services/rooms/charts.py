"""When each room was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.charts import Chart, Spans
from agent.services.rooms.messages import RoomChanged
from agent.services.rooms.settings import RoomSettings


def charts(rooms: Mapping[str, RoomSettings]) -> Sequence[Chart]:
    """A row of each room."""
    if not rooms:
        return ()
    return (
        Spans(
            "rooms",
            {name: one.name for name, one in rooms.items()},
            (RoomChanged,),
            lambda record: ((record.room, "" if record.state == "unknown" else record.state),),
            {"free": ("free", "good"), "used": ("in use", "busy")},
        ),
    )
