"""Scenario files: what may stand in them, and everything that is wrong with one."""

from __future__ import annotations

import tempfile
import tomllib
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import tomli_w
from msgspec import Meta, structs

from agent.configuration import load as load_kiosk
from config.checks import refers
from config.explain import Mistake, Problem, shown
from config.reader import read
from hw_mocks import words
from hw_mocks.devices.microphone import samples
from hw_mocks.equipment import Equipment, MissingClip, overlaid
from hw_mocks.upstream import Mode

Seconds = Annotated[float, Meta(ge=0, le=3600)]
Words = Annotated[str, Meta(min_length=1)]
Key = Literal["up", "down", "enter", "back", "help"]

WITHIN = 20.0
"""Seconds that an expectation waits when the file does not say: a bin needs three to be sure, and
a busy machine its time."""

DURING = 5.0
"""Seconds for which nothing comes when the file does not say."""


EMPTY = "does and expects nothing"


LONGEST_ADVANCE = 32 * 86_400
"""Seconds by which one step may move the clock."""


class BadScenario(Exception):
    """The file has mistakes; the text lists them all, one a line: ``file:line: message``."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Hold(_Table, frozen=True):
    key: Key
    seconds: Seconds


class Measure(_Table, frozen=True):
    device: str
    mm: Annotated[float, Meta(ge=0, le=65535)] | Literal["none"] = "none"


class Set(_Table, frozen=True):
    device: str
    to: dict[str, float | str | bool]


class Wire(_Table, frozen=True):
    device: str
    hex: Words

    def __post_init__(self) -> None:
        self.data()

    def data(self) -> bytes:
        """Raises ValueError when `hex` is not pairs of hexadecimal digits."""
        try:
            return bytes.fromhex(self.hex)
        except ValueError:
            raise ValueError(
                f"hex is '{self.hex}'; write two hexadecimal digits for each byte"
            ) from None


class Contact(_Table, frozen=True):
    device: str
    active: bool


class Clip(_Table, frozen=True):
    device: str
    play: Words


class Told(_Table, frozen=True):
    kind: Words
    data: dict[str, Any] = {}


class Received(_Table, frozen=True):
    kind: str
    data: dict[str, Any] = {}


class NotReceived(_Table, frozen=True):
    kind: str
    during: Seconds | None = None


class Light(_Table, frozen=True):
    device: str
    on: bool


class Paper(_Table, frozen=True):
    device: str
    has: Words = ""


class Sounding(_Table, frozen=True):
    minimum_rms: Annotated[float, Meta(gt=0, le=1)]
    device: str = ""


class Step(_Table, frozen=True):
    """One `[[step]]` table: exactly one of these, and `within` beside an expectation."""

    press: Key | None = None
    hold: Hold | None = None
    touch: Words | None = None
    distance: Measure | None = None
    set: Set | None = None
    bytes: Wire | None = None
    pin: Contact | None = None
    camera: Clip | None = None
    speak: Words | None = None
    unplug: str | None = None
    plug: str | None = None
    upstream: Mode | None = None
    command: Told | None = None
    kill: bool | None = None
    restart: bool | None = None
    wait: Seconds | None = None
    advance: Annotated[float, Meta(gt=0, le=LONGEST_ADVANCE)] | None = None
    wall: Words | None = None
    network_time: bool | None = None

    screen: str | None = None
    says: Words | None = None
    silent: Seconds | None = None
    hear: Sounding | None = None
    record: Received | None = None
    no_record: NotReceived | None = None
    lamp: Light | None = None
    printed: Paper | None = None
    received_once: str | None = None
    within: Seconds | None = None


class ScenarioFile(_Table, frozen=True, kw_only=True):
    """All of a scenario file."""

    title: Words
    settings: dict[str, Any] = {}
    step: Annotated[list[Step], Meta(min_length=1)]


@dataclass(frozen=True)
class Move:
    """One step, ready to be played."""

    line: int
    text: str
    """As it would be written in the file: ``screen = "taxi.confirm"``."""
    word: str
    argument: Any
    within: float

    @property
    def acts(self) -> bool:
        """Whether it does something, and does not expect something."""
        return self.word in words.ACTION_STEPS


@dataclass(frozen=True)
class Scenario:
    """A scenario without mistakes."""

    path: Path
    title: str
    settings: Mapping[str, Any]
    """To be laid over kiosk.toml."""
    moves: tuple[Move, ...]
    uses: frozenset[str]
    """Names of the devices that occur in it."""

    @property
    def speaks(self) -> bool:
        """Whether somebody speaks to the kiosk."""
        return any(move.word == "speak" for move in self.moves)


def load(path: Path, kiosk: Mapping[str, Any], clips: Path | None) -> Scenario:
    """Read a scenario for the kiosk described by the tables *kiosk* (a whole kiosk.toml).

    Clips are looked for beside the file, in the working directory, in the folder *clips* and
    in the one above it.

    Raises:
        BadScenario: it has mistakes.
    """
    loaded = read(path, ScenarioFile, checks=[_Checks(path, kiosk, clips)])
    if loaded.settings is None:
        raise BadScenario("\n".join(map(str, _telling(loaded.problems))))
    file = loaded.settings
    raw = tomllib.loads(loaded.layers[0].text)["step"]
    moves = []
    for position, (step, written) in enumerate(zip(file.step, raw, strict=True)):
        (word,) = _words(step)
        argument = getattr(step, word)
        if isinstance(argument, Clip):
            argument = structs.replace(argument, play=str(_clip(argument.play, path, clips)))
        elif word == "speak":
            argument = _speech(argument, path, clips)
        text = f"{word} = {_toml(written[word])}"
        line = loaded.origins["step", position, word].line
        moves.append(Move(line, text, word, argument, _within(step, word, argument)))
    uses = frozenset(name for step in file.step for _, name in _devices(step))
    return Scenario(path, file.title, file.settings, tuple(moves), uses)


def _telling(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Without the emptiness of those steps whose only word is unknown or wrong."""
    for problem in problems:
        others = [p.place for p in problems if p.place.startswith(f"{problem.place}.")]
        if not (problem.text == EMPTY and others):
            yield problem


def _within(step: Step, word: str, argument: Any) -> float:
    if step.within is not None:
        return step.within
    if word == "no_record":
        return DURING
    return WITHIN + argument if word == "silent" else WITHIN


def _words(step: Step) -> list[str]:
    given = structs.asdict(step)
    return [word for word, value in given.items() if value is not None and word != "within"]


def _devices(step: Step) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every device that *step* names, with its place in the step."""
    for word in ("distance", "set", "bytes", "pin", "camera", "lamp", "printed"):
        if (table := getattr(step, word)) is not None:
            yield (word, "device"), table.device
    for word in ("unplug", "plug"):
        if (name := getattr(step, word)) is not None:
            yield (word,), name


def _clip(name: str, path: Path, *more: Path | None) -> Path:
    """The file *name* beside the scenario at *path*, here, in one of *more* or above it.

    Raises:
        MissingClip: it is in none of the places.
    """
    places = [path.parent, Path.cwd()]
    places += [place for folder in more if folder for place in (folder, folder.parent)]
    candidates = [(folder / name).resolve() for folder in places]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    folders = dict.fromkeys(str(candidate.parent) for candidate in candidates)
    raise MissingClip(f"no such clip in {' or '.join(folders)}")


def _speech(name: str, path: Path, clips: Path | None) -> Path:
    """Raises MissingClip, or ValueError for what the microphone's stand-in cannot say."""
    found = _clip(name, path, clips and clips.parent / "speech")
    try:
        samples(found)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{found} is no WAV file that can be read: {error}") from error
    return found


def moment(text: str) -> datetime:
    """A date and time with its offset from UTC.

    Raises:
        ValueError: it is none, or lies outside the years 2000 to 2099.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no date and time") from None
    if at.tzinfo is None:
        raise ValueError(f"'{text}' does not say its offset from UTC")
    if not 2000 <= at.year <= 2099:
        raise ValueError(f"the year {at.year} is none in which a kiosk runs; 2000 to 2099 are")
    return at


class _Checks:
    """What the values of a file mean together, and for this kiosk."""

    def __init__(self, path: Path, kiosk: Mapping[str, Any], clips: Path | None) -> None:
        self._path = path
        self._kiosk = kiosk
        self._clips = clips

    def __call__(self, file: ScenarioFile) -> Iterator[Mistake]:
        tables = overlaid(self._kiosk, file.settings or {})
        if file.settings:
            yield from _kiosk_refuses(tables)
        equipment = Equipment(tables["drivers"])
        for position, step in enumerate(file.step or []):
            if step is not None:
                for mistake in self._step(step, equipment):
                    yield mistake._replace(place=("step", position, *mistake.place))

    def _step(self, step: Step, equipment: Equipment) -> Iterator[Mistake]:
        given = _words(step)
        if len(given) != 1:
            text = f"has {' and '.join(given)}" if given else EMPTY
            yield Mistake((), text, "A step is exactly one of `linli-sim words`.")
            return
        (word,) = given
        yield from self._timing(step, word)
        yield from self._names(step)
        for place, name in _devices(step):
            yield from equipment.refuses(word, place, name)
        if step.camera is not None:
            try:
                _clip(step.camera.play, self._path, self._clips)
            except MissingClip as error:
                yield Mistake(("camera", "play"), str(error), "", shown((), step.camera.play))
        if step.speak is not None:
            if not equipment.capable("microphone"):
                yield Mistake(("speak",), "kiosk.toml has no microphone", "Add one to [settings].")
            try:
                _speech(step.speak, self._path, self._clips)
            except (MissingClip, ValueError) as error:
                yield Mistake(("speak",), str(error), "", shown((), step.speak))
        if step.hear is not None and step.hear.device:
            known = equipment.loudspeakers()
            yield from refers(("hear", "device"), step.hear.device, known, "loudspeaker")

    def _timing(self, step: Step, word: str) -> Iterator[Mistake]:
        if step.wall is not None:
            try:
                moment(step.wall)
            except ValueError as error:
                yield Mistake(("wall",), str(error), 'Write "2028-02-29T23:59:50+08:00".')
        for flag in ("kill", "restart"):
            if getattr(step, flag) is False:
                yield Mistake((flag,), "must be true", "Leave the step out.")
        if step.within is None:
            return
        if word in words.ACTION_STEPS:
            yield Mistake(("within",), f"{word} expects nothing", "Remove it, or use wait.")
        if step.silent is not None and step.silent > step.within:
            text = f"{step.silent:g} s of silence do not fit into it"
            yield Mistake(("within",), text, "Make it longer.", f"{step.within:g}")

    def _names(self, step: Step) -> Iterator[Mistake]:
        if step.screen is not None:
            yield from refers(("screen",), step.screen, words.screens(), "screen")
        if step.received_once is not None:
            yield from refers(("received_once",), step.received_once, words.RECORDS, "record")
        for word in ("record", "no_record"):
            if (wanted := getattr(step, word)) is not None:
                yield from refers((word, "kind"), wanted.kind, words.RECORDS, "record")


def _kiosk_refuses(tables: Mapping[str, Any]) -> Iterator[Mistake]:
    """What `linli check` would say of a kiosk.toml with these *tables*."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kiosk.toml"
        path.write_text(tomli_w.dumps(tables), encoding="utf-8")
        for problem in load_kiosk(path).kiosk.problems:
            place = ("settings", *problem.place.split("."))
            yield Mistake(place, problem.text, problem.remedy, problem.value)


def _toml(value: object) -> str:
    """A value of a step as TOML on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)
