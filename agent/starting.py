"""The start of the kiosk: everything that can stand in its way ends as a sentence here."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import socket
import sqlite3
import tempfile
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from agent.app import Kiosk
from agent.configuration import Configuration, keep, load, load_kept
from agent.contract.driver import Site
from agent.control import NAME as CONTROL
from agent.core.clock import Clock
from agent.live import Change, Requests, unconfirmed
from agent.technician.basics import basics
from agent.technician.trouble import Obstacle, in_memory
from config.atomic import replacing
from config.chinese import problem_said, said
from config.explain import Problem
from config.files import beside
from kiosk_ui.phrases import Catalogue

log = logging.getLogger(__name__)


_SHOWN = 3
"""Mistakes that the trouble page shows; residents need its room for telephone numbers."""


class Ready(NamedTuple):
    """A kiosk that can run, and the lock on its data folder."""

    kiosk: Kiosk
    alone: IO[Any] | socket.socket


class AnotherRuns(Exception):
    """The data folder belongs to another daemon; the text says how to end that."""


class Start:
    """What `linli run` was told, and an attempt to start with it."""

    def __init__(self, path: Path, data: Path, site: Site, clock: Clock) -> None:
        """*path* is that of kiosk.toml, *data* the folder of the store."""
        self._clock = clock
        self._path = path
        self._data = data
        self._site = site
        self._logged: tuple[str, ...] = ()

    def attempt(self) -> Ready | Obstacle:
        """The kiosk, ready to run, or what stands in its way."""
        configuration = load(self._path, kept=self._data, models=self._site.models)
        if not configuration.problems and unconfirmed(configuration, self._data):
            configuration = _before(configuration, self._path, self._data)
        self._log(configuration)
        if configuration.settings is None or configuration.places is None:
            files = (*configuration.files, self._path.parent, beside(self._path))
            return self._obstacle(problems=configuration.problems, files=files)
        try:
            alone = _alone(self._data)
        except AnotherRuns as error:
            return self._obstacle(str(error), quiet=True)
        except OSError as error:
            return self._obstacle(_disk(self._data, error))
        site = self._site
        if not _writable(site.cache):
            site = site._replace(cache=in_memory())
        try:
            kiosk = Kiosk(configuration, site, self._data, self._clock)
        except (OSError, sqlite3.Error) as error:
            alone.close()
            return self._obstacle(_disk(self._data, error))
        except Exception as error:  # nobody may hear silence, whatever it was
            alone.close()
            log.exception("cannot start")
            return self._obstacle(f"{type(error).__name__}: {error}")
        try:
            keep(configuration, self._data)
        except OSError as error:
            log.warning("last good configuration not kept error=%s", error)
        self._tell_browser()
        change = Change(
            kiosk,
            configuration,
            lambda: load(self._path, models=self._site.models),
            self._data,
            self._clock,
        )
        kiosk.extra.append(Requests(change, self._data / CONTROL))
        return Ready(kiosk, alone)

    def _tell_browser(self) -> None:
        """Leave the page's address and this site's numbers for the browser's start page."""
        folder = os.environ.get("RUNTIME_DIRECTORY")
        if not folder:
            return
        known = basics(self._path, self._data)
        phones = known.phones_in(Catalogue(), "zh-CN")
        site = {
            "page": f"http://127.0.0.1:{known.port}/",
            "phones": [{"label": phone.label, "number": phone.number} for phone in phones[:8]],
        }
        try:
            with replacing(Path(folder) / "start.js", mode=0o644) as file:
                file.write(b"window.linli = " + msgspec.json.encode(site) + b";\n")
        except OSError as error:
            log.warning("start page not told error=%s", error)

    def _log(self, configuration: Configuration) -> None:
        """Every mistake once, not at each attempt."""
        found = tuple(map(str, (*configuration.problems, *configuration.cautions)))
        if found == self._logged:
            return
        self._logged = found
        for problem in configuration.problems:
            log.error("configuration wrong problem=%s", problem)
        for caution in configuration.cautions:
            log.warning("configuration doubtful problem=%s", caution)
        if configuration.from_last_good:
            log.warning("running on the last good configuration")

    def _obstacle(
        self,
        reason: str = "",
        *,
        problems: tuple[Problem, ...] = (),
        files: tuple[Path, ...] = (),
        quiet: bool = False,
    ) -> Obstacle:
        self._tell_browser()
        known = basics(self._path, self._data)
        tongue = "en" if known.language == "en" else "zh"
        if problems:
            reason = "; ".join(map(str, problems))
            short = [problem._replace(file=Path(problem.file).name) for problem in problems]
            lines = [problem_said(problem, tongue) for problem in short[:_SHOWN]]
            if len(short) > _SHOWN:
                lines.append(said(f"and {len(short) - _SHOWN} more: linli check", tongue))
            shown = "\n".join(lines)
        else:
            shown = said(reason, tongue)
        return Obstacle(reason, shown, known, files, quiet)


def _before(configuration: Configuration, path: Path, data: Path) -> Configuration:
    """The last good set in place of one that was applied and never confirmed."""
    good = load_kept(path, data)
    if good is None:
        return configuration
    text = "this was applied and not confirmed, so what was in force before is in force"
    remedy = "Run: sudo linli config apply, then: sudo linli config confirm"
    return good._replace(
        problems=(Problem(str(path), None, "", "", text, remedy),),
        files=configuration.files,
        from_last_good=True,
    )


def _disk(data: Path, error: Exception) -> str:
    """What a failure in the data folder means, and the remedy."""
    number = error.errno if isinstance(error, OSError) else None
    text = str(error).lower()
    if number == errno.ENOSPC or "disk is full" in text:
        return f"{data}: the disk is full; look what fills it: sudo du -xh / | sort -h | tail"
    if number == errno.EROFS or "readonly" in text:
        return (
            f"{data}: the disk or the store is read-only; look for the cause with dmesg, and for "
            f"the owner with ls -l {data}"
        )
    if number in (errno.EACCES, errno.EPERM) or "unable to open" in text:
        return f"{data}: {error}; give it to its user: sudo chown -R linli: {data}"
    return f"{data}: {error}; check the disk and the folder"


def _writable(folder: Path) -> bool:
    """Whether something can be written in *folder*, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
    except OSError:
        return False
    return True


def _alone(data: Path) -> IO[Any] | socket.socket:
    """Keep every other daemon away from *data* until this is closed, or this process dead.

    A disk that is full or read-only is no reason not to start: then a name that lies on no disk
    is held instead.

    Raises:
        AnotherRuns: there is one already.
        OSError: the folder cannot be used.
    """
    with contextlib.suppress(OSError):
        data.mkdir(parents=True, exist_ok=True)
    if not data.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "this is not a folder, or it cannot be made")
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0linli {data.resolve()}"[:100])
    except OSError:
        name.close()
        raise _another(data) from None
    try:
        file = (data / "lock").open("a", encoding="ascii")
    except OSError as error:
        log.warning("cannot write data=%s error=%s", data, error)
        return name
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise _another(data) from None
    finally:
        name.close()
    return file


def _another(data: Path) -> AnotherRuns:
    return AnotherRuns(f"{data}: another kiosk runs here; end it first: fuser {data}/lock")
