"""The wiring of one kiosk, top to bottom on one page, and the stop in reverse order."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from agent.configuration import Configuration, Settings, capabilities, devices_that_differ
from agent.contract.driver import Site
from agent.contract.orders import Order, Prepare
from agent.contract.signals import DeviceBack, Key, Signal
from agent.core.child import ChildProcess
from agent.core.clock import Clock
from agent.core.inbox import Inbox
from agent.core.kernel import Kernel
from agent.core.service_manager import notify
from agent.core.store.checking import StoreCheck
from agent.core.store.opening import open_store
from agent.core.supervisor import Runnable, Supervisor
from agent.dialogue.conversation import Conversation
from agent.dialogue.dialogue import Dialogue, Furniture
from agent.dialogue.grammar import Grammar
from agent.dialogue.session import WayIn
from agent.dialogue.snapshot import Phone, Snapshot
from agent.dialogue.stage import Stage
from agent.doubts import mute
from agent.messages import Action, DeviceDown
from agent.packs.shelving import stock
from agent.records import CommandReader
from agent.services.packs.format import Pack
from agent.services.registry import REGISTRY as SERVICES
from agent.services.service import AnyService
from agent.services.service_type import Surroundings
from agent.uplink import transport_for
from agent.uplink.commands import CommandPoll
from agent.uplink.lanes import ALL, URGENT
from agent.uplink.link import Link
from agent.uplink.network import NetworkWatch
from agent.uplink.sync import Uplink
from config.build import Chosen
from config.places import Places
from drivers import load
from drivers.bus.owner import Bus
from kiosk_ui.phrases import FOLDER, USUAL, Catalogue
from kiosk_ui.server import PageServer

log = logging.getLogger(__name__)

_SWITCH_S = 0.0005
"""Seconds for which a busy thread keeps another waiting (from Python's beginning 5 ms): a key's way
through kernel and store waits a dozen times, and whoever floods the page keeps a thread busy."""


class Kiosk:
    """All parts of the daemon; to the kernel it is the outside world."""

    def __init__(self, configuration: Configuration, site: Site, data: Path, clock: Clock) -> None:
        """Put the parts together; nothing runs yet.

        Args:
            configuration: one with settings.
            site: what drivers may use of this machine.
            data: folder of the store.
            clock: all parts live by it.

        Raises:
            OSError, sqlite3.OperationalError: the store cannot be opened.
        """
        settings, places = configuration.settings, configuration.places
        assert settings is not None and places is not None  # or the trouble is shown instead
        site.cache.mkdir(parents=True, exist_ok=True)
        site = site._replace(buses={name: Bus(name, bus) for name, bus in settings.buses.items()})
        self._inbox = Inbox(clock)
        opened = open_store(data / "linli.db", clock)
        if opened.salvaged is not None:
            reason = f"the store was damaged; {opened.salvaged} waiting records were saved"
            self._inbox.put(DeviceDown(source="store", reason=reason))
            self._inbox.put(DeviceBack(source="store"))
        if configuration.from_last_good:
            reason = f"the last good set is in force; {configuration.problems[0]}"
            self._inbox.put(DeviceDown(source="configuration", reason=reason))
        else:
            self._inbox.put(DeviceBack(source="configuration"))
        self._store = opened.store
        self._store.retain(
            {kind.kind: kind.retention for one in SERVICES.values() for kind in one.records}
        )
        self._check = StoreCheck(data / "linli.db", opened.store.unclean)
        self._supervisor = Supervisor(self._emit, clock)

        self._words = words = _words(configuration)
        self._roles = _roles(settings)
        self._packs = stock(
            settings.packs.root,
            settings.upstream,
            data,
            clock,
            configuration.files[0].with_name("packs"),
            site.cache,
        )
        furniture = _furniture(configuration, words, self._packs.packs)
        stage = Stage(
            words,
            place=furniture.place,
            language=settings.kiosk.language,
            home=furniture.home,
            phones=furniture.phones,
        )
        self._dialogue = dialogue = Dialogue(
            stage,
            Conversation(words, Grammar(words), furniture.speech, furniture.speaker),
            idle_s=furniture.idle_s,
            microphone=furniture.microphone,
            key_lamps=furniture.key_lamps,
            ear=furniture.ear,
        )
        services = _services(configuration, self._packs.packs, words)
        self._kernel = Kernel(services, dialogue, self._store, self._inbox, clock, self, data)
        first = dialogue.publish(clock.boot())
        assert first is not None  # the first picture is always new
        self._shown = first
        self._page = PageServer(settings.page, self._act, words, first)

        link, transport = Link(), transport_for(settings.upstream, settings.kiosk.id)
        kinds = [kind for service in SERVICES.values() for kind in service.records]
        self._uplinks = [
            Uplink(
                data / "linli.db",
                transport,
                link,
                clock,
                kinds,
                lanes,
                settings.upstream.bulk_kbit_s * 1000 / 8,
            )
            for lanes in ((URGENT,), tuple(lane for lane in ALL if lane != URGENT))
        ]
        self._network = NetworkWatch(link)
        self._commands = CommandPoll(
            transport,
            CommandReader(
                (kind for service in SERVICES.values() for kind in service.commands),
                [settings.kiosk.guard_phone, *(phone.number for phone in places.phone)],
            ),
            link,
            clock,
            self._recorded,
        )
        self._drivers = [_driver(name, kind, site) for name, kind in settings.drivers.items()]
        self._fixed = {tag: words.fixed(tag) for tag in words.languages}
        self._site, self._configuration = site, configuration
        self.extra: list[Runnable] = []
        """Parts that the command line adds: the socket of `linli config`."""

    def change(self, configuration: Configuration) -> None:
        """Put all of *configuration* in force that can be changed live; the rest must be equal.

        What is under way goes on: services keep their states, devices that do not differ are
        left alone. Called from a thread that is not the kernel's.
        """
        old, settings = self._configuration, configuration.settings
        assert settings is not None
        words = _words(configuration)
        packs = self._packs.packs
        services = _services(configuration, packs, words)
        furniture = _furniture(configuration, words, packs)

        def refurnish() -> None:
            self._words.take(words)
            self._roles = _roles(settings)
            self._fixed = {tag: words.fixed(tag) for tag in words.languages}
            self._kernel.exchange(services)
            self._dialogue.refurnish(furniture)

        self._kernel.between(refurnish)
        for name, there in devices_that_differ(old, configuration):
            driver = _driver(name, settings.drivers[name], self._site) if there else None
            self._supervisor.exchange(name, driver)
        self._configuration = configuration

    def run(self, stop: threading.Event) -> None:
        """Work until *stop* is set, then stop everything in reverse order."""
        sys.setswitchinterval(_SWITCH_S)
        parts: list[Runnable] = [
            *self._uplinks,
            self._commands,
            self._check,
            self._network,
            *self._drivers,
            *([self._packs.sync] if self._packs.sync else []),
            *self.extra,
            self._page,
        ]
        for part in parts:
            self._supervisor.start(part)
        try:
            self._kernel.run(stop, ready=lambda: notify("READY=1"))
        finally:
            notify("STOPPING=1")
            self._supervisor.stop()
            self._store.close()

    def wake(self) -> None:
        """Let the kernel notice that it should stop. Called from a signal handler."""
        self._inbox.wake()

    def _recorded(self, seconds: float) -> bool:
        """Wait until all that was put is on the disk; False: not yet. A store that refuses
        keeps nothing, so upstream has to keep its commands."""
        if self._inbox.settle(seconds) and self._kernel.recording:
            return True
        time.sleep(0.0 if self._kernel.recording else seconds)
        return False

    def _emit(self, signal: Signal) -> None:
        """Where all drivers put their signals. Called from any thread."""
        self._inbox.put(signal)
        if isinstance(signal, DeviceBack) and signal.source == self._roles.get("speaker"):
            for language, phrases in self._fixed.items():  # rendered when there is time
                self.tell("speaker", Prepare(tuple(phrases), language))

    # -- the kernel's outside --------------------------------------------------------------

    def drive(self, device: str, order: Order) -> None:
        """Tell a driver to act."""
        self._supervisor.command(device, order)

    def show(self, snapshot: Snapshot) -> None:
        """Put the picture on the page."""
        self._shown = snapshot
        self._page.publish(snapshot)

    def tell(self, role: str, order: Order) -> None:
        """Tell the loudspeaker or the microphone what to do, where there is one."""
        if role in self._roles:
            self._supervisor.command(self._roles[role], order)

    def send(self) -> None:
        """Wake the uplink: records wait."""
        for uplink in self._uplinks:
            uplink.wake()

    def alive(self) -> None:
        """Look at each driver, then tell the service manager that all is well."""
        self._supervisor.check_health()
        notify("WATCHDOG=1")

    # -- the page --------------------------------------------------------------------------

    def _act(self, action: str, sequence: int) -> bool:
        """A touch, or a key of a keypad that the browser has; on the server's thread."""
        if action.startswith("key:"):
            key = action.removeprefix("key:")
            if key not in ("up", "down", "enter", "back", "help"):
                return False
            self._inbox.put(Key(source="page", key=key))  # type: ignore[arg-type]
            return True
        shown = self._shown
        if action not in [item.action for item in (*shown.items, *shown.bar)]:
            return False
        self._inbox.put(Action(source="page", action=action, by="touch"))
        return True


def _driver(name: str, kind: Chosen, site: Site) -> Runnable:
    driver = load(kind.type)
    if driver.isolated:
        return ChildProcess(kind.type, name, kind.settings, site)
    return driver(name, kind.settings, site)


def _roles(settings: Settings) -> dict[str, str]:
    """Type of a device → its name; of loudspeaker and microphone there is only one."""
    return {kind.type: name for name, kind in settings.drivers.items()}


def _ear(settings: Settings) -> str:
    """Language that the microphone understands; empty: there is none, or it does not say."""
    ears = (kind.settings for kind in settings.drivers.values() if kind.type == "microphone")
    return next((getattr(ear, "language", "") for ear in ears), "")


def _surroundings(
    configuration: Configuration, packs: Mapping[str, Pack], words: Catalogue
) -> dict[str, Surroundings]:
    """Name of a service → what there is of this kiosk for it."""
    settings, places = configuration.settings, configuration.places
    assert settings is not None and places is not None
    return {
        name: Surroundings(
            settings.kiosk,
            getattr(settings, service.table) if service.table else None,
            capabilities(settings),
            places,
            configuration.articles,
            packs,
            version("linli"),
            words.languages,
        )
        for name, service in SERVICES.items()
    }


def _words(configuration: Configuration) -> Catalogue:
    """The catalogue with the languages that this kiosk offers."""
    assert configuration.settings is not None
    kiosk = configuration.settings.kiosk
    usual = USUAL if configuration.phrases == FOLDER else ()
    unspoken = mute(configuration.settings.drivers)
    offered = [tag for tag in kiosk.languages if tag not in unspoken]
    if kiosk.languages and not offered:
        offered = [kiosk.language]
    return Catalogue(configuration.phrases, kiosk.language, offered or usual)


def _services(
    configuration: Configuration, packs: Mapping[str, Pack], words: Catalogue
) -> list[AnyService]:
    surroundings = _surroundings(configuration, packs, words)
    return [service.build(surroundings[name]) for name, service in SERVICES.items()]


def _furniture(
    configuration: Configuration, words: Catalogue, packs: Mapping[str, Pack]
) -> Furniture:
    settings, places = configuration.settings, configuration.places
    assert settings is not None and places is not None
    here = places.find(settings.kiosk.place)
    assert here is not None  # checked with the configuration
    surroundings, roles = _surroundings(configuration, packs, words), _roles(settings)
    return Furniture(
        place=here.name,
        home=[
            WayIn(
                name,
                tuple(service.home(surroundings[name])),
                tuple(service.heard(surroundings[name])),
                service.answers,
                service.instead(surroundings[name].settings),
            )
            for name, service in SERVICES.items()
        ],
        phones={tag: _phones(settings, places, words, tag) for tag in words.languages},
        speech=settings.speech,
        speaker=roles.get("speaker", ""),
        idle_s=settings.kiosk.idle_s,
        microphone=roles.get("microphone", ""),
        key_lamps=settings.key_lamps,
        ear=_ear(settings),
    )


def _phones(settings: Settings, places: Places, words: Catalogue, tag: str) -> tuple[Phone, ...]:
    guard = settings.kiosk.guard_phone
    first = [Phone(guard, words.text(tag, "phone.guard"), "guard")] if guard else []
    return (*first, *(Phone(phone.number, phone.label(tag), phone.kind) for phone in places.phone))
