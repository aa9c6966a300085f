"""A kiosk that cannot start: it says so on the screen and aloud, with this site's telephone
numbers, and goes on as soon as the cause is gone."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from agent.contract.driver import Site
from agent.contract.languages import together
from agent.contract.orders import Speak, StopSpeaking
from agent.contract.signals import DeviceBack, Key, Signal
from agent.core.child import ChildProcess
from agent.core.service_manager import notify
from agent.core.supervisor import Supervisor
from agent.dialogue.snapshot import Item, Snapshot
from agent.dialogue.views import in_each
from agent.settings import PageSettings
from agent.technician.basics import Basics
from drivers import load
from kiosk_ui.phrases import Catalogue
from kiosk_ui.server import PageServer

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK = 2.0
"""Seconds between looks at the files, and words to the service manager."""
_AGAIN = 5.0
"""Seconds between attempts to start where no file tells that the cause is gone."""
_NOT_SOONER = 1.0
"""Seconds: a key that trembles does not begin the words again and again."""
_SPOKEN = 4
"""Telephone numbers that are read aloud; more nobody keeps in mind, and all are on the page."""
_REPEAT = "repeat"
"""The one choice on the page: hear it again."""


class Obstacle(NamedTuple):
    """Why the kiosk cannot start."""

    reason: str
    """For the log, with place and remedy."""
    shown: str
    """The same for the technician before the screen, in the kiosk's language."""
    basics: Basics
    files: tuple[Path, ...] = ()
    """Where one of these changes, it is worth trying again at once."""
    quiet: bool = False
    """Another daemon serves this kiosk: residents are told nothing."""


class Trouble(Generic[T]):
    """The trouble page, its voice and its keys."""

    def __init__(self, site: Site, attempt: Callable[[], T | Obstacle]) -> None:
        """*attempt* gives what starts, or why it cannot."""
        self._site = site._replace(cache=in_memory())
        self._attempt = attempt
        self._speaker = ""
        self._said_at = float("-inf")
        self._supervisor = Supervisor(self._hear, site.clock)
        self._snapshot: Snapshot | None = None
        self._spoken = ""

    def wait(self, obstacle: Obstacle, stop: threading.Event) -> T | None:
        """Show the *obstacle* until the kiosk can start, and give that; None when stopped."""
        log.error("cannot start reason=%s", obstacle.reason)
        words = Catalogue()
        page = None
        if not obstacle.quiet:
            page = self._open(obstacle, words)
        notify("READY=1")
        times, tried = _times(obstacle.files), self._site.clock.boot()
        try:
            while not self._site.clock.wait(stop, beat=_LOOK):
                notify("WATCHDOG=1")
                now = _times(obstacle.files)
                if now == times and (obstacle.files or self._site.clock.boot() - tried < _AGAIN):
                    continue
                found = self._attempt()
                if not isinstance(found, Obstacle):
                    log.warning("the cause is gone, starting")
                    return found
                if found.quiet != obstacle.quiet:
                    self._supervisor.stop()
                    return self.__class__(self._site, self._attempt).wait(found, stop)
                if found.reason != obstacle.reason and page is not None:
                    log.error("cannot start reason=%s", found.reason)
                    page.publish(self._drawn(found, words))
                obstacle, times, tried = found, _times(found.files), self._site.clock.boot()
        finally:
            self._supervisor.stop()
        return None

    def _open(self, obstacle: Obstacle, words: Catalogue) -> PageServer:
        page = PageServer(
            PageSettings(port=obstacle.basics.port),
            self._touch,
            words,
            self._drawn(obstacle, words),
        )
        self._supervisor.start(page)
        for name, chosen in obstacle.basics.devices.items():
            driver = load(chosen.type)
            if chosen.type == "speaker":
                self._speaker = name
            self._supervisor.start(
                ChildProcess(chosen.type, name, chosen.settings, self._site)
                if driver.isolated
                else driver(name, chosen.settings, self._site)
            )
        return page

    def _drawn(self, obstacle: Obstacle, words: Catalogue) -> Snapshot:
        known = obstacle.basics.language in words.languages
        language = obstacle.basics.language if known else words.languages[0]
        phones = obstacle.basics.phones_in(words, language)
        numbers = "".join(f"{phone.label}，{phone.number}。" for phone in phones[:_SPOKEN])
        instead = in_each(words.languages, obstacle.basics.instead, words.text)
        own = instead.get(language, "")
        self._spoken = words.spoken(language, "trouble") + numbers + own
        text = words.text(language, "screen.trouble.text")
        before = self._snapshot.sequence if self._snapshot else 0
        self._snapshot = Snapshot(
            sequence=before + 1,
            language=language,
            place=obstacle.basics.place,
            screen="trouble",
            title=words.text(language, "screen.trouble.title"),
            text=together((text, own), language),
            items=(),
            bar=(Item(_REPEAT, words.text(language, f"action.{_REPEAT}"), "sound"),),
            focus=0,
            spoken="",
            alarm=False,
            values={"problem": obstacle.shown},
            notices=(),
            online=None,
            camera=False,
            listening=False,
            phones=phones,
            view={
                "kind": "status",
                "icon": "wrench",
                "rows": (),
                "code": "",
                "detail": obstacle.shown,
            },
            calls=len(phones),
            instead=instead,
        )
        return self._snapshot

    # -- residents -------------------------------------------------------------------------

    def _hear(self, signal: Signal) -> None:
        """What the devices say: the loudspeaker that it works, a key that somebody is there."""
        match signal:
            case DeviceBack(source=self._speaker):
                self._say()
            case Key(pressed=True):
                self._say()

    def _touch(self, action: str, sequence: int) -> bool:
        if action == _REPEAT or action.startswith("key:"):
            self._say()
            return True
        return False

    def _say(self) -> None:
        now = self._site.clock.boot()
        if not self._speaker or self._snapshot is None or now - self._said_at < _NOT_SOONER:
            return
        self._said_at = now
        self._supervisor.command(self._speaker, StopSpeaking())
        say = Speak(self._spoken, language=self._snapshot.language, urgency=1)
        self._supervisor.command(self._speaker, say)


def in_memory() -> Path:
    """A cache that can be written although the disk may be full: the voice needs one."""
    return Path(os.environ.get("RUNTIME_DIRECTORY") or tempfile.gettempdir()) / "linli-cache"


def _times(files: tuple[Path, ...]) -> list[tuple[int, int]]:
    """When each file was written, and when its rights or its name changed."""
    times = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            times.append((0, 0))
        else:
            times.append((status.st_mtime_ns, status.st_ctime_ns))
    return times
