"""The immutable picture that the page draws. All words in it are finished: the page has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec


class Item(msgspec.Struct, frozen=True):
    """One thing that can be focused and chosen, by touch, key or voice."""

    action: str
    """Its id: comes back from the page as it is."""
    label: str
    icon: str = ""
    look: str = "plain"


class Phone(msgspec.Struct, frozen=True):
    """A telephone number that helps when the kiosk cannot; shown and spoken, never dialled."""

    number: str
    label: str
    kind: str = ""
    """What it is good for: "guard", "emergency", "hotline"…"""


class Notice(msgspec.Struct, frozen=True):
    """A short standing message: no network, a device that does not work."""

    id: str
    text: str


class Idle(msgspec.Struct, frozen=True):
    """What is worth a glance while nobody uses the kiosk. All of it may be empty."""

    time: str = ""
    """``15:40``; empty where the wall clock is not to be trusted, and the date with it."""
    date: str = ""
    lines: tuple[str, ...] = ()
    """How things stand, a sentence of each service."""


class Snapshot(msgspec.Struct, frozen=True):
    """What is on the screen now. Each change is a new snapshot with the next sequence number."""

    sequence: int
    language: str
    """BCP 47 tag of all words in here: ``zh-CN``, ``en``."""
    place: str
    """Name of this kiosk: where people come to."""
    screen: str
    """Screen id."""
    title: str
    text: str
    """Body, lines separated by ``\\n``; may be empty."""
    items: tuple[Item, ...]
    """The choices of this screen, in reading order."""
    bar: tuple[Item, ...]
    """The same on every screen, after the items: back, home, repeat, language, help."""
    focus: int
    """Index into ``items + bar``, or -1 when nothing has the focus yet."""
    spoken: str
    """What was last asked to be spoken, as a caption."""
    alarm: bool
    """Everything else yields: somebody needs help."""
    values: Mapping[str, str | int | float]
    """What the phrases of this screen mention."""
    notices: tuple[Notice, ...]
    online: bool | None
    """Whether upstream is reached; None where nobody knows, and nothing is said of it."""
    camera: bool
    """The camera is looking (drawn as an icon)."""
    listening: bool
    """The microphone listens for an answer."""
    phones: tuple[Phone, ...]
    """Help by telephone: on every screen; those that help here come first."""
    text_size: int = 0
    """0 normal, 1 large, 2 largest: chosen by the resident, for this session only."""
    contrast: bool = False
    """White and amber on black: chosen by the resident, for this session only."""
    view: Mapping[str, Any] = {}
    """What kind of screen: the fields of one of `agent.dialogue.views`, its phrases in words,
    and ``kind``, its name in small letters."""
    calls: int = 0
    """So many of the first telephone numbers are what this screen is about: drawn large."""
    announced: bool = False
    """What was last spoken is this screen's own words, not something beside them."""
    unsure: str = ""
    """Phrase that the page adds when it has lost the daemon, for this screen may not hold any
    more; empty: none."""
    instead: Mapping[str, str] = {}
    """What residents can do while this kiosk cannot serve at all, by language: the page says it
    when it has lost the daemon. Empty: nothing is known."""
    idle: Idle = Idle()
    """Filled on the home screen alone."""


class Words(Protocol):
    """The catalogue of phrases, one per language, for screen and speech alike."""

    languages: tuple[str, ...]

    def following(self, language: str) -> str:
        """The language to which the language key leads from *language*."""

    def text(
        self, language: str, phrase: str, values: Mapping[str, str | int | float] | None = None
    ) -> str:
        """The phrase in that language with ``{name}`` filled in.

        Raises:
            KeyError: no such phrase in any language, or a value it mentions is missing.
        """

    def has(self, language: str, phrase: str) -> bool:
        """Whether *language* itself has the phrase."""

    def spoken(
        self, language: str, screen: str, values: Mapping[str, str | int | float] | None = None
    ) -> str:
        """The whole screen as it is read aloud: its `say`, or else title and text.

        Raises:
            KeyError: no such screen in any language, or a value it mentions is missing.
        """
