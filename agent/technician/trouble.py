"""A kiosk whose configuration is wrong: it says so, shows telephone numbers, and waits."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from agent.configuration import Configuration
from agent.contract.clock import BootClock
from agent.core.service_manager import notify
from agent.core.supervisor import Supervisor
from agent.dialogue.snapshot import Phone, Snapshot
from agent.settings import PageSettings
from config.places import read_places
from kiosk_ui.phrases import Catalogue
from kiosk_ui.server import PageServer

log = logging.getLogger(__name__)

_LOOK = 2.0
"""Seconds between looks at the files."""


def show_trouble(configuration: Configuration, stop: threading.Event) -> None:
    """Show what is wrong until *stop* is set or one of the files changes."""
    words = Catalogue()
    phones = read_places().require().phone
    language = words.languages[0]
    snapshot = Snapshot(
        sequence=1,
        language=language,
        place="",
        screen="trouble",
        title=words.text(language, "screen.trouble.title"),
        text=words.text(language, "screen.trouble.text"),
        items=(),
        bar=(),
        focus=-1,
        spoken="",
        alarm=False,
        values={"problem": "\n".join(map(str, configuration.problems))},
        notices=(),
        online=True,  # not known; the words of this screen are about something else
        camera=False,
        listening=False,
        phones=tuple(Phone(phone.number, phone.label(language)) for phone in phones),
    )

    page = PageServer(PageSettings(), lambda action, sequence: False, words, snapshot)
    # The supervisor tries again when the port is taken; nobody hears of it but the log.
    supervisor = Supervisor(lambda signal: None, BootClock())
    supervisor.start(page)
    notify("READY=1")
    before = _times(configuration.files)
    while not stop.wait(_LOOK):
        notify("WATCHDOG=1")
        if _times(configuration.files) != before:
            log.info("configuration changed, starting again")
            stop.set()
    supervisor.stop()


def _times(files: tuple[Path, ...]) -> list[float]:
    return [file.stat().st_mtime if file.exists() else 0.0 for file in files]
