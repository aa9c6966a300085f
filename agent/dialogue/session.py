"""Who is in the foreground, what lies beneath, and what runs in the background.

One service has the foreground; those from which a resident came to it lie beneath, on a back
stack. A service may leave the foreground and go on (a car is on its way): it is then a chip on
the home screen, so that nobody who waits keeps the next resident from the kiosk. An alarm is
above all of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from agent.dialogue.views import Chip, Phrase
from agent.effects import Choice, Show, Urgency, Utterance


class WayIn(NamedTuple):
    """How residents come to a service."""

    service: str
    choices: tuple[Choice, ...] = ()
    """On the home screen."""
    utterances: tuple[Utterance, ...] = ()
    """What may be said there."""
    answers: tuple[str, ...] = ()
    """Actions that are this service's wherever they are chosen: "help" of the bar."""
    instead: Phrase | None = None
    """What residents can do while this kiosk cannot serve at all."""


class Session:
    """The claims of all services, and the back stack."""

    def __init__(self, ways: Iterable[WayIn]) -> None:
        self._claims: dict[str, Show] = {}
        self._stack: list[str] = []
        self._owners: dict[str, str] = {}
        self.refurnish(ways)

    def refurnish(self, ways: Iterable[WayIn]) -> None:
        """Go on with other ways in; claims stay."""
        self._owners = {
            action: way.service
            for way in ways
            for action in (*(choice.action for choice in way.choices), *way.answers)
        }

    # -- who is drawn ----------------------------------------------------------------------

    @property
    def alarm(self) -> str:
        """The service with an alarm; empty: none."""
        alarms = (name for name, show in self._claims.items() if show.urgency is Urgency.ALARM)
        return next(alarms, "")

    @property
    def top(self) -> str:
        """The service that is drawn; empty: the home screen is."""
        return self.alarm or (self._stack[-1] if self._stack else "")

    @property
    def open(self) -> tuple[str, ...]:
        """Services between a resident and the home screen, the foreground first."""
        return tuple(reversed(self._stack))

    def claim_of(self, service: str) -> Show | None:
        """The newest claim of *service*."""
        return self._claims.get(service)

    def addressee(self, action: str) -> str:
        """The service that *action* is meant for; empty: nobody's."""
        return self._owners.get(action) or self.top

    def chips(self) -> tuple[tuple[str, Chip], ...]:
        """What runs in the background, and can be brought back."""
        return tuple(
            (name, show.chip)
            for name, show in self._claims.items()
            if show.chip is not None and name not in self._stack and name != self.alarm
        )

    # -- what services do ------------------------------------------------------------------

    def claim(self, service: str, show: Show, *, asked: bool) -> bool:
        """Take over a newest claim; whether it is another screen than before.

        It comes to the foreground when a resident has just *asked* for it, or when there is
        news and nobody does anything else.
        """
        before = self._claims.get(service)
        self._claims[service] = show
        fresh = before is None or before.screen != show.screen
        if show.urgency is Urgency.ALARM:
            self.recede(service)
        elif asked:
            self.resume(service)
        elif fresh and not show.silent and not self._stack:
            self._stack.append(service)
        return fresh

    def release(self, service: str) -> None:
        """The service has nothing more to show."""
        self._claims.pop(service, None)
        self.recede(service)

    def recede(self, service: str) -> None:
        """To the background."""
        if service in self._stack:
            self._stack.remove(service)

    def resume(self, service: str) -> None:
        """To the foreground, over whatever is there."""
        if service in self._claims:
            self.recede(service)
            self._stack.append(service)
