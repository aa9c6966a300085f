"""Small helpers to read lists of effects, and a journey that feeds a service."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from agent.contract.signals import Signal
from agent.dialogue.views import Phrase, in_words
from agent.effects import Effect, Record, Remind, Show
from agent.messages import Command
from agent.records import CommandReader, Lane
from agent.services.registry import REGISTRY
from agent.services.service import AnyService
from kiosk_ui.phrases import Catalogue

E = TypeVar("E", bound=Effect)

READER = CommandReader(kind for service in REGISTRY.values() for kind in service.commands)


def told(kind: str, command_id: str = "c", **data: object) -> Command:
    """A word of upstream, as it passes the border."""
    return Command(source="upstream", command_id=command_id, data=READER.read(kind, data))


class Recorded(NamedTuple):
    """A record as upstream sees it."""

    kind: str
    data: dict[str, Any]
    subject: str
    lane: Lane
    expires_in: float | None


def recorded(record: Record) -> Recorded:
    """*record* with its data as JSON has it.

    Raises:
        msgspec.ValidationError: it is not what its declaration says.
    """
    body = msgspec.json.encode(record.data)
    msgspec.json.decode(body, type=type(record.data))
    data = msgspec.json.decode(body)
    return Recorded(record.kind, data, record.subject, record.lane, record.expires_in)


@cache
def catalogue() -> Catalogue:
    """The phrases that ship, read once."""
    return Catalogue(offered=("zh-CN", "en", "ja"))


def worded(part: Any, language: str = "zh-CN") -> str:
    """Words, or all words of a view, as residents read or hear them in *language*."""
    match part:
        case str() | Phrase():
            return in_words(part, partial(catalogue().text, language))
        case msgspec.Struct():
            return worded([getattr(part, name) for name in part.__struct_fields__], language)
        case tuple() | list():
            return "\n".join(filter(None, (worded(one, language) for one in part)))
    return ""


class Journey:
    """A service, its state, and everything it has asked for so far."""

    def __init__(self, service: AnyService) -> None:
        self.service = service
        self.state: Any = service.initial()
        self.effects: list[Effect] = []
        self.latest: list[Effect] = []
        self.reminders: dict[str, float] = {}
        self._count = 0

    def send(self, *signals: Signal) -> list[Effect]:
        """Feed *signals*; returns the effects of the last one."""
        for signal in signals:
            self.state, self.latest = self.service.step(self.state, signal)
            self.effects += self.latest
            for effect in self.latest:
                if isinstance(effect, Remind):
                    if effect.after is None:
                        self.reminders.pop(effect.name, None)
                    else:
                        self.reminders[effect.name] = effect.after
        return self.latest

    def restart(self) -> None:
        """Lose everything but the durable state."""
        self.state = self.service.durable(self.state)

    @property
    def screen(self) -> str:
        """Screen of the newest claim."""
        shows = [effect for effect in self.effects if isinstance(effect, Show)]
        return shows[-1].screen if shows else ""

    def records(self, kind: str = "") -> list[Recorded]:
        """Records asked for so far, of one kind or all; each is what its declaration says."""
        found = (effect for effect in self.effects if isinstance(effect, Record))
        return [recorded(record) for record in found if kind in ("", record.kind)]
