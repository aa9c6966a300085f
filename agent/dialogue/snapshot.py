"""The immutable picture that the page draws. All words in it are finished: the page has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Item(msgspec.Struct, frozen=True):
    """One thing that can be focused and chosen, by touch, key or voice."""

    action: str
    label: str


class Phone(msgspec.Struct, frozen=True):
    """A telephone number that helps when the kiosk cannot; shown, never dialled."""

    number: str
    label: str


class Snapshot(msgspec.Struct, frozen=True):
    """What is on the screen now. Each change is a new snapshot with the next sequence number."""

    sequence: int
    language: str
    """BCP 47 tag of all words in here: ``zh-CN``, ``en``."""
    place: str
    """Name of this kiosk: where the taxi comes to."""
    screen: str
    """Screen id; the page may lay out some screens in their own way."""
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
    """Everything else yields: a fall."""
    values: Mapping[str, str | int | float]
    """The numbers and names of this screen, for layouts of their own (a plate, minutes)."""
    notices: tuple[str, ...]
    """Short standing messages: no network, a device that does not work."""
    online: bool | None
    """Whether upstream is reached; None where nobody knows, and nothing is said of it."""
    camera: bool
    """The camera is looking (drawn as an icon)."""
    listening: bool
    """The microphone listens for an answer."""
    phones: tuple[Phone, ...]
    """Help by telephone: on every screen."""
    text_size: int = 0
    """0 normal, 1 large, 2 largest: chosen by the resident, for this session only."""
    contrast: bool = False
    """White and amber on black: chosen by the resident, for this session only."""


class Words(Protocol):
    """The catalogue of phrases, one per language, for screen and speech alike."""

    languages: tuple[str, ...]

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
