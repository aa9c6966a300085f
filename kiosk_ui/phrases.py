"""The words of screen and voice: a folder per language, a TOML file per owner, read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.contract.languages import together

FOLDER = Path(__file__).parent / "phrases"

USUAL = ("zh-CN", "en")
"""Languages that a kiosk offers where its configuration does not say: one press of the key leads
from each to the other."""

Value = str | int | float

_PLACE = re.compile(r"\{([a-z_]+)\}")
_PARTS = ("title", "text", "say")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


class Catalogue:
    """Phrases by language, with ``{name}`` filled in; implements `agent.dialogue.snapshot.Words`.

    A part in square brackets is left out when a value in it is empty or not given. A value
    that has words of its own (``value.<name>.<value>``) is replaced by them.
    """

    def __init__(
        self, folder: Path = FOLDER, first: str = "zh-CN", offered: Sequence[str] = ()
    ) -> None:
        """Read every catalogue in *folder*.

        Args:
            folder: of the catalogues.
            first: the language shown first.
            offered: the languages between which residents choose, in the order in which the
                language key goes through them; empty: all that there are.

        A language is a folder of files, one per owner (``zh-CN/taxi.toml``), or one file
        (``zh-CN.toml``).

        Raises:
            ValueError: a file is not readable TOML or holds something else than phrases.
        """
        # A site's own words may be older than the program, which has new phrases.
        self._packaged = Catalogue() if folder != FOLDER else None
        files: dict[str, list[Path]] = {}
        for path in sorted([*folder.glob("*.toml"), *folder.glob("*/*.toml")]):
            language = path.stem if path.parent == folder else path.parent.name
            files.setdefault(language, []).append(path)
        if first not in files:
            raise ValueError(f"{folder}: no {first}.toml; put the catalogue back")
        others = [tag for tag in offered if tag in files] or sorted(files)
        self.languages = (first, *(tag for tag in others if tag != first))
        self._phrases: dict[str, dict[str, str]] = {}
        self._files: dict[str, dict[str, Path]] = {}
        for language in self.languages:
            phrases, found = _read_all(files[language])
            self._phrases[language], self._files[language] = phrases, found

    def take(self, other: Catalogue) -> None:
        """Go on with the words of *other*, which has the same languages, wherever this is used."""
        self._phrases, self._files = other._phrases, other._files

    def following(self, language: str) -> str:
        """The language to which the language key leads from *language*."""
        known = language in self.languages
        present = self.languages.index(language) if known else -1
        return self.languages[(present + 1) % len(self.languages)]

    def has(self, language: str, phrase: str) -> bool:
        """Whether *language* itself has the phrase."""
        return phrase in self._phrases.get(language, {})

    def text(self, language: str, phrase: str, values: Mapping[str, Value] | None = None) -> str:
        """The phrase in *language*, or in the first one where that lacks it, filled in.

        Raises:
            KeyError: no such phrase in any language, or a value it needs is missing.
        """
        given = values or {}

        def word(name: str) -> str:
            value = str(given[name])
            own = f"value.{name}.{value}"
            return self._phrases[language][own] if self.has(language, own) else value

        def optional(match: re.Match[str]) -> str:
            names = _PLACE.findall(match[1])
            return match[1] if all(given.get(name, "") != "" for name in names) else ""

        try:
            kept = _OPTIONAL.sub(optional, self._template(language, phrase))
            return _PLACE.sub(lambda match: word(match[1]), kept).strip()
        except KeyError as error:
            raise KeyError(f"{phrase}: {error.args[0]} is missing") from None

    def spoken(self, language: str, screen: str, values: Mapping[str, Value] | None = None) -> str:
        """The whole screen as it is read aloud: its `say`, or else title and text.

        Raises:
            KeyError: no such screen in any language, or a value it mentions is missing.
        """
        own = f"screen.{screen}.say"
        if self.has(language, own):
            return self.text(language, own, values)
        parts = [
            self.text(language, f"screen.{screen}.{part}", values) for part in ("title", "text")
        ]
        return together(parts, language)

    def phrases(self, language: str) -> Mapping[str, str]:
        """All phrases of *language*, as they are written."""
        return self._phrases[language]

    def fixed(self, language: str) -> tuple[str, ...]:
        """All that is spoken in *language* in the same words each time."""
        phrases = self._phrases[language]
        screens = (name.split(".", 1)[1].rsplit(".", 1)[0] for name in phrases if _is_title(name))
        spoken = [
            self.spoken(language, screen)
            for screen in screens
            if not any(_names(phrases.get(f"screen.{screen}.{part}", "")) for part in _PARTS)
        ]
        said = [text for name, text in phrases.items() if name.startswith("say.")]
        return (*spoken, *(text for text in said if not _names(text)))

    def problems(self) -> list[str]:
        """What differs from the first catalogue: one sentence each with file, phrase, remedy."""
        return list(self._compare())

    def _template(self, language: str, phrase: str) -> str:
        for candidate in (language, *self.languages):
            if self.has(candidate, phrase):
                return self._phrases[candidate][phrase]
        if self._packaged is not None:
            return self._packaged._template(language, phrase)
        raise KeyError("the phrase")

    def _compare(self) -> Iterator[str]:
        base = self.languages[0]
        for language in self.languages:
            mine, all_of = self._phrases[language], self._phrases[base]
            files, base_files = self._files[language], self._files[base]
            for phrase in sorted(all_of.keys() - mine.keys()):
                original = base_files[phrase]
                file = _in_language(original, base, language)
                yield f"{file}: {phrase}: not there; translate it from {_short(original, base)}"
            for phrase in sorted(mine.keys() - all_of.keys()):
                original = _in_language(files[phrase], language, base)
                where = _short(original, base)
                yield f"{files[phrase]}: {phrase}: not in {where}; remove it or add it there"
            for phrase in sorted(mine.keys() & all_of.keys()):
                wanted, got = _names(all_of[phrase]), _names(mine[phrase])
                if wanted != got:
                    yield f"{files[phrase]}: {phrase}: mentions {got}; must be {wanted}"


def _is_title(name: str) -> bool:
    return name.startswith("screen.") and name.endswith(".title")


def _names(template: str) -> list[str]:
    return sorted(set(_PLACE.findall(template)))


def _in_language(file: Path, language: str, other: str) -> Path:
    """The file of *other* that stands beside *file* of *language*."""
    if file.stem == language:
        return file.with_name(f"{other}.toml")
    return file.parent.with_name(other) / file.name


def _short(file: Path, language: str) -> str:
    return file.name if file.stem == language else f"{language}/{file.name}"


def _read_all(files: Iterable[Path]) -> tuple[dict[str, str], dict[str, Path]]:
    """All phrases of one language, and the file of each."""
    phrases: dict[str, str] = {}
    found: dict[str, Path] = {}
    for file in files:
        for name, text in _read(file).items():
            if name in phrases:
                raise ValueError(f"{file}: {name}: there already in {found[name]}; remove one")
            phrases[name], found[name] = text, file
    return phrases, found


def _read(path: Path) -> dict[str, str]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: {error}; correct the file") from error
    phrases: dict[str, str] = {}
    for name, value in _flat("", tables):
        if not isinstance(value, str):
            raise ValueError(f"{path}: {name}: must be a text in quotes; got {value!r}")
        if re.search(r"[\[\]{}]", _PLACE.sub("", _OPTIONAL.sub(r"\1", value))):
            raise ValueError(f"{path}: {name}: unmatched or nested brackets; got {value!r}")
        if name in phrases:
            raise ValueError(f"{path}: {name}: there twice; remove one")
        phrases[name] = value
    return phrases


def _flat(prefix: str, tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield prefix + name, value
