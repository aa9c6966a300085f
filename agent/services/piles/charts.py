"""How each charging pile was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.charts import Chart, Spans
from agent.services.piles.messages import PileChanged
from agent.services.piles.settings import PileSettings

_WORDS = {
    "free": ("free", "good"),
    "preparing": ("preparing", "busy"),
    "charging": ("charging", "busy"),
    "paused": ("paused", "busy"),
    "finished": ("charged, in the way", "bad"),
    "fault": ("fault", "bad"),
    "closed": ("out of service", "bad"),
}


def charts(piles: Mapping[str, PileSettings]) -> Sequence[Chart]:
    """A row of each pile."""
    if not piles:
        return ()
    names = {name: one.name for name, one in piles.items()}
    return (
        Spans(
            "charging piles",
            names,
            (PileChanged,),
            lambda record: ((record.pile, record.state),),
            _WORDS,
        ),
    )
