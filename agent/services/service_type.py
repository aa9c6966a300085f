"""What a service brings with it: its table in kiosk.toml, its way in on the home screen, itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from agent.charts import Chart
from agent.dialogue.views import Phrase
from agent.effects import Choice, Utterance
from agent.records import CommandData, RecordData
from agent.services.service import AnyService
from agent.settings import KioskSettings
from config.articles import Articles
from config.explain import Mistake
from config.places import Places

if TYPE_CHECKING:  # packs have a service of their own, which this file describes
    from agent.services.packs.format import Pack

Capabilities = Mapping[str, frozenset[str]]
"""Name of each device in kiosk.toml → what it can do: ``switch``, ``distance``, ``contact``,
``camera``, ``speaker``, ``microphone``."""


class Surroundings(NamedTuple):
    """What there is of this kiosk when its services are built."""

    kiosk: KioskSettings
    settings: Any
    """The service's own table; None where it has none."""
    devices: Capabilities
    places: Places
    articles: Articles
    packs: Mapping[str, Pack]
    """Packs in force, by id."""
    version: str
    """Of the daemon."""
    languages: tuple[str, ...] = ("zh-CN",)
    """That it speaks; first the one that a new resident meets."""

    def able(self, capability: str) -> tuple[str, ...]:
        """Names of the devices that can do this, in the order of kiosk.toml."""
        return tuple(name for name, can in self.devices.items() if capability in can)


Check = Callable[[Any, Capabilities], Iterator[Mistake]]
"""What is wrong with a service's table, seen beside the devices of this kiosk."""


def _no_mistakes(settings: Any, devices: Capabilities) -> Iterator[Mistake]:
    yield from ()


def _no_entries(here: Surroundings) -> Sequence[Choice]:
    return ()


def _no_charts(settings: Any) -> Sequence[Chart]:
    return ()


def _nothing_heard(here: Surroundings) -> Sequence[Utterance]:
    return ()


def _nothing_instead(settings: Any) -> Phrase | None:
    return None


class ServiceType(NamedTuple):
    """A service as `agent.services.registry` names it. Stands in its folder's ``__init__``."""

    build: Callable[[Surroundings], AnyService]
    """Makes the service of one kiosk."""
    table: str = ""
    """Name of its table in kiosk.toml; empty: nothing can be set."""
    settings: Any = None
    """Type of that table: a struct, or a dict of structs by names of the technician's own."""
    default: Callable[[], Any] = dict
    """The table where kiosk.toml has none."""
    check: Check = _no_mistakes
    home: Callable[[Surroundings], Sequence[Choice]] = _no_entries
    """Its choices on the home screen."""
    records: tuple[type[RecordData], ...] = ()
    """Kinds of records that it makes."""
    commands: tuple[type[CommandData], ...] = ()
    """Kinds of commands that it understands."""
    heard: Callable[[Surroundings], Sequence[Utterance]] = _nothing_heard
    """What may be said there beside their labels."""
    answers: tuple[str, ...] = ()
    """Actions that are its own wherever they are chosen: "help" of the bar."""
    instead: Callable[[Any], Phrase | None] = _nothing_instead
    """From its table: what residents can do while this kiosk cannot serve at all, a sentence."""
    charts: Callable[[Any], Sequence[Chart]] = _no_charts
    """From its table: what technicians see of it as charts."""

    def field(self) -> tuple[str, Any, Any]:
        """Its field in the struct of kiosk.toml."""
        return self.table, self.settings, msgspec.field(default_factory=self.default)
