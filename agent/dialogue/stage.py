"""What is on the screen: whose claim is drawn, what lies over it, the focus, and all its words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from agent.dialogue.snapshot import Item, Phone, Snapshot, Words
from agent.effects import Choice, Show, Urgency

log = logging.getLogger(__name__)

Values = Mapping[str, str | int | float]

BAR = tuple(Choice(action) for action in ("back", "home", "repeat", "larger", "language", "help"))
"""The same on every screen."""

TALKING_BAR = tuple(
    Choice(action) for action in ("back", "home", "repeat", "talk", "language", "help")
)
"""The same where there is a microphone; "larger" is then on the help screen."""

_TEXT_SIZES = 3


class Comfort(NamedTuple):
    """What a resident has chosen for this session; the next one meets the defaults."""

    language: str
    text_size: int = 0
    contrast: bool = False


class Condition(NamedTuple):
    """What residents should know of the kiosk itself."""

    online: bool = True
    camera: bool = False
    camera_paused: bool = False
    records: bool = True
    """What happens can be written down; else nothing can be promised."""
    hears: bool = False
    """There is a microphone that works."""


class Stage:
    """Everything that a snapshot is made of."""

    def __init__(
        self,
        words: Words,
        *,
        place: str,
        language: str,
        home: Sequence[Choice],
        phones: Mapping[str, Sequence[Phone]],
    ) -> None:
        """Begin at the home screen.

        Args:
            words: the catalogue of phrases.
            place: name of this kiosk.
            language: the language that a new resident meets.
            home: what the home screen offers.
            phones: help by telephone, by language.
        """
        self._words = words
        self._place = place
        self._phones = phones
        self._default = Comfort(language)
        self._claims: dict[str, Show] = {}
        self._snapshot: Snapshot | None = None
        self.home = Show("home", choices=tuple(home), urgency=Urgency.INFORMATION)
        self.overlay: Show | None = None
        """Lies over all claims but an alarm: help, "are you still there"."""
        self.comfort = self._default
        self.condition = Condition()
        self.focus = 0
        """Index into `offered`."""

    # -- who holds the screen --------------------------------------------------------------

    @property
    def top(self) -> Show:
        """What is drawn."""
        claim = max(self._claims.values(), key=lambda show: show.urgency, default=self.home)
        if self.overlay is not None and claim.urgency is not Urgency.ALARM:
            return self.overlay
        return claim

    @property
    def in_use(self) -> bool:
        """Somebody is in the middle of something."""
        return bool(self._claims) or self.overlay is not None

    def screen_of(self, service: str) -> str:
        """Screen that *service* claims; empty when it claims none."""
        claim = self._claims.get(service)
        return claim.screen if claim else ""

    def claim(self, service: str, show: Show) -> None:
        """Take over a service's newest claim; a new screen of its clears what lies over it."""
        if self.screen_of(service) != show.screen:
            self.overlay = None
        self._claims[service] = show

    def release(self, service: str) -> None:
        """The service has nothing more to show."""
        self._claims.pop(service, None)

    # -- what it offers --------------------------------------------------------------------

    @property
    def bar(self) -> tuple[Choice, ...]:
        """What every screen offers."""
        return TALKING_BAR if self.condition.hears else BAR

    @property
    def offered(self) -> tuple[Choice, ...]:
        """All that can be chosen now, in reading order."""
        return (*self.top.choices, *self.bar)

    def move_focus(self, step: int) -> None:
        """To the next (1) or previous (-1) of what is offered, round and round."""
        self.focus = (self.focus + step) % len(self.offered)

    def items(self) -> tuple[Item, ...]:
        """The choices of this screen, in words."""
        return tuple(map(self._item, self.top.choices))

    def bar_items(self) -> tuple[Item, ...]:
        """The bar, in words."""
        return tuple(map(self._item, self.bar))

    def _item(self, choice: Choice) -> Item:
        return Item(choice.action, choice.text or self.text(f"action.{choice.action}", {}))

    # -- comfort ---------------------------------------------------------------------------

    @property
    def is_comfort_default(self) -> bool:
        """Nobody has chosen anything."""
        return self.comfort == self._default

    def reset_comfort(self) -> None:
        """As the next resident expects it."""
        self.comfort = self._default

    def change_comfort(self, action: str) -> None:
        """Another language, larger text (round and round), or contrast on and off."""
        comfort = self.comfort
        match action:
            case "language":
                languages = self._words.languages
                following = (languages.index(comfort.language) + 1) % len(languages)
                self.comfort = comfort._replace(language=languages[following])
            case "larger":
                self.comfort = comfort._replace(text_size=(comfort.text_size + 1) % _TEXT_SIZES)
            case "contrast":
                self.comfort = comfort._replace(contrast=not comfort.contrast)

    # -- words -----------------------------------------------------------------------------

    def text(self, phrase: str, values: Values) -> str:
        """A phrase in the resident's language; empty (and logged) when it is missing."""
        return self._composed(self._words.text, phrase, values)

    def spoken(self) -> str:
        """The whole screen as it is read aloud."""
        return self._composed(self._words.spoken, self.top.screen, self.top.values)

    def _composed(
        self, compose: Callable[[str, str, Values], str], phrase: str, values: Values
    ) -> str:
        try:
            return compose(self.comfort.language, phrase, values)
        except KeyError as error:
            # A missing word is our mistake, but never a dead screen.
            log.error("phrase missing phrase=%s error=%s", phrase, error)
            return ""

    # -- the picture -----------------------------------------------------------------------

    def picture(self, caption: str, listening: bool) -> Snapshot | None:
        """The new snapshot, or None when nothing has changed.

        Args:
            caption: what was last asked to be spoken.
            listening: whether the microphone listens.
        """
        top, before = self.top, self._snapshot
        self.focus = min(self.focus, len(self.offered) - 1)
        snapshot = Snapshot(
            sequence=before.sequence if before else 0,
            language=self.comfort.language,
            place=self._place,
            screen=top.screen,
            title=self.text(f"screen.{top.screen}.title", top.values),
            text=self.text(f"screen.{top.screen}.text", top.values),
            items=self.items(),
            bar=self.bar_items(),
            focus=self.focus,
            spoken=caption,
            alarm=top.urgency is Urgency.ALARM,
            values=top.values,
            notices=self._notices(),
            online=self.condition.online,
            camera=self.condition.camera,
            listening=listening,
            phones=tuple(self._phones[self.comfort.language]),
            text_size=self.comfort.text_size,
            contrast=self.comfort.contrast,
        )
        if snapshot == before:
            return None
        self._snapshot = msgspec.structs.replace(snapshot, sequence=snapshot.sequence + 1)
        return self._snapshot

    def _notices(self) -> tuple[str, ...]:
        notices = []
        if not self.condition.online:
            notices.append(self.text("notice.offline", {}))
        if not self.condition.records:
            notices.append(self.text("notice.store", {}))
        if self.condition.camera_paused:
            notices.append(self.text("notice.camera", {}))
        return tuple(notices)
