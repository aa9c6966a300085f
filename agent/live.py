"""Changing a running kiosk: what differs, what of it can be applied live, and two minutes to
confirm it."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from agent.configuration import BESIDE, DROP_INS, KIOSK, Configuration, keep
from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable, Emit
from agent.control import serve
from config.atomic import replacing
from config.describe import describe
from config.files import beside, with_drop_ins
from config.keep import digest, last_good

log = logging.getLogger(__name__)

CONFIRM_S = 120.0
"""Seconds within which a change is confirmed, or it goes back."""
UNCONFIRMED = "unconfirmed"
"""In the data folder: the digest of a set that was applied and not yet confirmed. A start finds
that set in force only once it is confirmed."""

_RESTART: Mapping[str, str] = {
    "kiosk.id": "upstream knows the kiosk and its records by it",
    "kiosk.language": "the voice and the words that are heard are chosen at the start",
    "kiosk.languages": "the voice and the words that are heard are chosen at the start",
    "upstream": "connections and what waits in them belong to one server",
    "packs": "packs come from one shelf, which is opened at the start",
    "page": "the browser and the socket unit hold the page's port",
    "buses": "a bus is shared by devices that would all have to let go of it",
}
"""Place → why it is only taken at a start."""


class Difference(NamedTuple):
    """One thing that is in force otherwise than the files say."""

    place: str
    before: str
    after: str
    reason: str
    """Why it needs a restart; empty: it can be applied live."""

    def __str__(self) -> str:
        said = f"{self.place}: {self.before or '—'} → {self.after or '—'}"
        return f"{said}  (restart: {self.reason})" if self.reason else said


def differences(old: Configuration, new: Configuration) -> list[Difference]:
    """Everything in which two configurations differ, secrets hidden; files by their names."""
    before, after = _rows(old), _rows(new)
    found = [
        Difference(place, before.get(place, ""), after.get(place, ""), _reason(place))
        for place in dict.fromkeys([*before, *after])
        if before.get(place) != after.get(place)
    ]
    for name in sorted(old.texts.keys() | new.texts.keys()):
        if _beside(name) and old.texts.get(name) != new.texts.get(name):
            there = ("there" if name in old.texts else "", "changed" if name in new.texts else "")
            found.append(Difference(name, *there, ""))
    return found


def _rows(configuration: Configuration) -> dict[str, str]:
    if configuration.settings is None:
        return {}
    return {row.place: row.value for row in describe(configuration.kiosk)}


def _beside(name: str) -> bool:
    return not name.startswith("kiosk.")


def _reason(place: str) -> str:
    return next(
        (why for key, why in _RESTART.items() if place == key or place.startswith(f"{key}.")), ""
    )


class Changeable(Protocol):
    """A running kiosk."""

    def change(self, configuration: Configuration) -> None:
        """Put all that can be changed live in force."""


class Verdict(NamedTuple):
    """What came of a request."""

    done: bool
    lines: tuple[str, ...]


class Change:
    """The technician's changes to one running kiosk, one at a time.

    Used by one thread; the running kiosk does the rest.
    """

    def __init__(
        self,
        kiosk: Changeable,
        in_force: Configuration,
        read: Callable[[], Configuration],
        data: Path,
        clock: BootClock,
    ) -> None:
        """*read* gives what the files say now; *data* is the folder of the last good set."""
        self._kiosk = kiosk
        self._in_force = in_force
        self._read = read
        self._data = data
        self._clock = clock
        self._before: Configuration | None = None
        self._until = float("inf")

    def request(self, what: str) -> Verdict:
        """Answer ``diff``, ``apply``, ``confirm`` or ``rollback``."""
        answers = {
            "diff": self._diff,
            "apply": self._apply,
            "confirm": self._confirm,
            "rollback": self._rollback,
        }
        if what not in answers:
            return Verdict(False, (f"unknown request '{what}'",))
        return answers[what]()

    def look(self) -> None:
        """Take back what was not confirmed in time."""
        if self._before is not None and self._clock.boot() >= self._until:
            log.warning("change not confirmed, going back")
            self._go_back()

    def _diff(self) -> Verdict:
        new = self._read()
        if new.problems:
            return Verdict(False, tuple(map(str, new.problems)))
        found = differences(self._in_force, new)
        lines = tuple(map(str, found)) or ("what is in force is what the files say",)
        return Verdict(True, lines)

    def _apply(self) -> Verdict:
        if self._before is not None:
            return Verdict(False, ("a change waits to be confirmed: linli config confirm",))
        new = self._read()
        if new.problems:
            return Verdict(False, ("nothing was applied", *map(str, new.problems)))
        found = differences(self._in_force, new)
        if not found:
            return Verdict(True, ("what is in force is what the files say",))
        if barred := [one for one in found if one.reason]:
            remedy = "nothing was applied; for all of it: sudo systemctl restart linli"
            return Verdict(False, (*map(str, barred), remedy))
        self._mark(digest(new.texts))
        self._before, self._in_force = self._in_force, new
        self._until = self._clock.boot() + CONFIRM_S
        self._kiosk.change(new)
        log.warning("change applied differences=%d", len(found))
        remedy = f"applied; within {CONFIRM_S:.0f} s: linli config confirm, or it goes back"
        return Verdict(True, (*map(str, found), remedy))

    def _confirm(self) -> Verdict:
        if self._before is None:
            return Verdict(False, ("no change waits to be confirmed",))
        keep(self._in_force, self._data)
        self._mark("")
        self._before = None
        log.warning("change confirmed")
        return Verdict(True, ("confirmed: this is the last good set now",))

    def _rollback(self) -> Verdict:
        if self._before is None:
            return Verdict(False, ("no change waits to be confirmed",))
        self._go_back()
        return Verdict(True, ("gone back to what was in force before",))

    def _go_back(self) -> None:
        before = self._before
        assert before is not None
        self._in_force, self._before = before, None
        self._kiosk.change(before)

    def _mark(self, of: str) -> None:
        mark = self._data / UNCONFIRMED
        if of:
            mark.write_text(of, encoding="ascii")
        else:
            mark.unlink(missing_ok=True)


def unconfirmed(configuration: Configuration, data: Path) -> bool:
    """Whether this set was applied once, and never confirmed."""
    try:
        return (data / UNCONFIRMED).read_text(encoding="ascii") == digest(configuration.texts)
    except (OSError, UnicodeDecodeError):
        return False


def put_back(path: Path, data: Path) -> list[Path]:
    """Make the files beside kiosk.toml at *path* what the last good set in *data* has.

    What was there stays beside each file, with ``.rejected`` behind its name; so does a file that
    the set has not.

    Returns:
        The files that differed.

    Raises:
        OSError: they cannot be written, or there is no last good set.
    """
    kept = last_good(data)
    if kept is None:
        raise FileNotFoundError(errno.ENOENT, "there is no last good set", str(data))
    kept = kept.resolve()
    files = [file for file in kept.rglob("*") if file.is_file()]
    wanted = {str(file.relative_to(kept)): file.read_bytes() for file in files}
    # The set calls the file that was read kiosk.toml, whatever its name is.
    targets = {
        path if name == KIOSK else _target(path, name): content for name, content in wanted.items()
    }
    there = [*with_drop_ins(path), *(path.with_name(name) for name in BESIDE)]
    there += path.with_name("phrases").rglob("*.toml")
    changed = []
    for file in dict.fromkeys([*targets, *there]):
        content = targets.get(file)
        old = file.read_bytes() if file.is_file() else None
        if old == content:
            continue
        if old is not None:
            file.replace(file.with_name(f"{file.name}.rejected"))
        if content is not None:
            with replacing(file) as written:
                written.write(content)
        changed.append(file)
    return changed


def _target(path: Path, name: str) -> Path:
    folder, _, rest = name.partition("/")
    return beside(path) / rest if folder == DROP_INS else path.parent / name


class Requests:
    """Takes requests of `linli config` on a socket in the data folder. A part of the daemon."""

    name = "control"

    def __init__(self, change: Change, path: Path) -> None:
        self._change = change
        self._path = path

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Serve until *stop* is set.

        Raises:
            DriverUnavailable: the socket cannot be made.
        """
        try:
            serve(self._path, self._change.request, self._change.look, stop)
        except OSError as error:
            raise DriverUnavailable(f"{self._path}: {error}; check the folder") from error
