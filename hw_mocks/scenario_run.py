"""Plays a scenario on a workbench and says of each step whether it held."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hw_mocks import words
from hw_mocks.daemon_process import NotReady
from hw_mocks.devices.microphone import HZ, samples
from hw_mocks.equipment import Equipment, overlaid
from hw_mocks.ledger import Event
from hw_mocks.page_client import offered
from hw_mocks.scenario import (
    WITHIN,
    Clip,
    Contact,
    Hold,
    Light,
    Measure,
    Move,
    NotReceived,
    Paper,
    Received,
    Scenario,
    Set,
    Sounding,
    Told,
    Wire,
    moment,
)
from hw_mocks.workbench import Workbench, packaged

LOOK_S = 0.02
PRESS_S = 0.1
SEEN_S = 0.6
"""A person first sees the new screen, then presses; the kiosk takes a second press of enter
that comes sooner for the same one of an unsteady hand."""
TAKEN_S = 0.5
"""A key or touch is answered by then: what comes of it is on the disk and on the page."""
LOOKS_S = 20.0
"""The camera may take so long to look, on a busy machine."""
SPEAKS_S = 30.0
"""The loudspeaker may take so long until it is found, on a busy machine."""
HEARS_S = 60.0
"""The microphone may take so long until it hears, its model being loaded."""
SILENT_S = 1.5
"""After so much silence the kiosk is not about to listen."""
WAITS_S = 30.0
"""Nobody waits longer until they may speak."""
PAUSE_S = 0.4
"""Between the sign that the kiosk listens and the first word."""
STEADY_S = 1.0
"""Blinking lamps are dark for less."""

Say = Callable[[str], None]


class StepFailed(Exception):
    """The step did not hold; the text says what was expected and what is."""


def now() -> float:
    """Boot-time clock in seconds, as in the loudspeaker's and the page's log."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def play(scenario: Scenario, folder: Path, models: Path | None, say: Say) -> bool:
    """Play *scenario* on a kiosk of its own in *folder*; false when a step did not hold.

    Camera (or its lamp) and microphone are there only when the scenario uses them: they cost
    much.
    """
    say(f"# {scenario.title} ({scenario.path})")
    began = now()
    tables = overlaid(packaged(), scenario.settings)
    equipment = Equipment(tables["drivers"])
    lamp = tables["privacy"].get("camera_lamp", "")
    camera = not scenario.uses.isdisjoint([lamp, *equipment.capable("camera")])
    microphone = scenario.speaks or not scenario.uses.isdisjoint(equipment.capable("microphone"))
    with Workbench(
        folder,
        settings=scenario.settings,
        camera=camera,
        microphone=microphone,
        models=models,
    ) as bench:
        player = _Play(bench, scenario.speaks)
        try:
            bench.start()
            player.awaken()
        except (NotReady, StepFailed) as error:
            say(_verdict(began, "the kiosk is ready", str(error)))
            return False
        say(_verdict(began, "the kiosk is ready"))
        if not _steps(scenario, player, say):
            return False
        disorder = _disorder(bench.upstream.received, bench.upstream.gaps)
        say(_verdict(now(), "no record is missing upstream, and each lane is in order", disorder))
        return not disorder


def _steps(scenario: Scenario, player: _Play, say: Say) -> bool:
    for move in scenario.moves:
        began = now()
        failure = ""
        try:
            player.step(move)
        except StepFailed as error:
            failure = str(error) if move.acts else f"expected {error}"
        except NotReady as error:
            failure = str(error)
        failure = failure and f"{scenario.path}:{move.line}: {failure}"
        say(_verdict(began, f"line {move.line:<4} {move.text}", failure))
        if failure:
            for line in player.situation():
                say(f"       {line}")
            return False
    return True


def _verdict(began: float, what: str, failure: str = "") -> str:
    line = f"{'not ok' if failure else 'ok    '} {now() - began:7.2f} s  {what}"
    return f"{line}\n       {failure}" if failure else line


def _disorder(events: Sequence[Event], gaps: Sequence[tuple[int, int, int]]) -> str:
    """What is wrong with the sequences that upstream has; empty when nothing is."""
    if gaps:
        lane, first, last = gaps[0]
        return f"lane {lane}: sequences {first} to {last} are missing"
    reached: dict[tuple[str, int], int] = {}
    for event in events:
        lane_of = event.epoch, event.lane
        if event.sequence < reached.get(lane_of, 0):
            return f"{event.kind}, sequence {event.sequence} of lane {event.lane}, came too late"
        reached[lane_of] = event.sequence
    return ""


class _Play:
    def __init__(self, bench: Workbench, speaks: bool) -> None:
        self._bench = bench
        self._started = now()
        self._speaks = speaks  # somebody speaks to the kiosk
        self._acted = 0.0  # when the last step that does something began
        self._looked = 0.0  # from then on the next screen is looked for
        self._began = 0.0  # this step
        self._steps: Mapping[str, Callable[[Any, float], None]] = {
            "press": lambda key, _: self._hold(Hold(key, PRESS_S)),
            "hold": lambda hold, _: self._hold(hold),
            "touch": lambda action, _: self._touch(action),
            "distance": lambda measure, _: self._distance(measure),
            "set": lambda change, _: self._set(change),
            "bytes": lambda wire, _: self._bytes(wire),
            "pin": lambda contact, _: self._pin(contact),
            "camera": lambda clip, _: self._camera(clip),
            "speak": lambda sound, _: self._speak(sound),
            "unplug": lambda device, _: bench.unplug(device),
            "plug": lambda device, _: bench.plug(device),
            "upstream": lambda mode, _: setattr(bench.upstream, "mode", mode),
            "command": lambda told, _: self._command(told),
            "kill": lambda _, __: self._again(bench.kill),
            "restart": lambda _, __: self._again(bench.restart),
            "wait": lambda seconds, _: time.sleep(seconds),
            "advance": lambda seconds, _: self._advance(seconds),
            "wall": lambda at, _: self._move(lambda: bench.set_wall(moment(at))),
            "network_time": lambda asked, _: self._move(lambda: bench.set_network_time(asked)),
            "screen": self._screen,
            "says": self._says,
            "silent": self._silent,
            "hear": self._hear,
            "record": self._record,
            "no_record": self._no_record,
            "lamp": self._lamp,
            "printed": self._printed,
            "received_once": self._received_once,
        }

    def step(self, move: Move) -> None:
        """Raises StepFailed."""
        self._began = now()
        if move.acts and move.word not in ("wait", "advance"):
            self._acted = self._looked = self._began
        self._steps[move.word](move.argument, move.within)

    def awaken(self) -> None:
        """Wait until the kiosk hears, where that is needed; raises StepFailed."""
        plugged = all(map(self._bench.plugged, self._bench.equipment.capable("microphone")))
        if self._speaks and plugged and not self._until(self._hears, HEARS_S):
            raise StepFailed(f"after {HEARS_S:g} s the kiosk does not hear; its log says why")

    def _hears(self) -> bool:
        """A kiosk that hears says so in the bar of its page."""
        snapshot = self._bench.page.snapshot
        return snapshot is not None and "talk" in [item.action for item in snapshot.bar]

    # -- doing -------------------------------------------------------------------------------

    def _again(self, start: Callable[[], None]) -> None:
        self._started = now()
        start()
        self.awaken()

    def _advance(self, seconds: float) -> None:
        bench = self._bench
        speakers = bench.equipment.capable("speaker")
        if speakers and all(map(bench.plugged, speakers)):
            # What waits to be said until the loudspeaker is found would be stale afterwards
            self._until(lambda: bench.loudspeaker.tried(self._started), SPEAKS_S)
        self._move(lambda: bench.advance(seconds))

    def _move(self, move: Callable[[], None]) -> None:
        try:
            move()
        except (OSError, EOFError) as error:
            raise StepFailed(f"the daemon does not run: {error!r}") from error

    def _hold(self, hold: Hold) -> None:
        device = self._bench.equipment.key(hold.key)
        if device is None:
            raise StepFailed(f"kiosk.toml has no key '{hold.key}'")
        self._until(lambda: self._bench.screen_stood() >= SEEN_S, 5 * SEEN_S)
        # Until now the kiosk did not know of this press
        self._acted = self._looked = now()
        before = self._picture()
        self._bench.contact(device, True)
        time.sleep(hold.seconds)
        self._bench.contact(device, False)
        time.sleep(PRESS_S)
        self._until(lambda: self._picture() > before, TAKEN_S)

    def _picture(self) -> float:
        """When the page last changed."""
        return self._bench.page.seen[-1].at

    def _touch(self, action: str) -> None:
        before = self._picture()
        if not self._until(lambda: self._bench.page.touch(action), WITHIN):
            snapshot = self._bench.page.snapshot
            there = ", ".join(offered(snapshot)) if snapshot else "nothing: there is no page"
            raise StepFailed(f"'{action}' is not offered; offered: {there}")
        self._until(lambda: self._picture() > before, TAKEN_S)

    def _distance(self, measure: Measure) -> None:
        mm = None if isinstance(measure.mm, str) else round(measure.mm)
        self._bench.measure(measure.device, mm)

    def _set(self, change: Set) -> None:
        try:
            self._bench.devices[change.device].set(change.to)
        except ValueError as error:
            raise StepFailed(f"'{change.device}': {error}") from error

    def _bytes(self, wire: Wire) -> None:
        self._bench.send_bytes(wire.device, wire.data())

    def _pin(self, contact: Contact) -> None:
        # The first screen too must have been seen; after that the file sets the pace
        self._until(lambda: now() - self._bench.ready_at >= SEEN_S, SEEN_S)
        self._bench.contact(contact.device, contact.active)

    def _camera(self, clip: Clip) -> None:
        if self._bench.plugged(clip.device):
            # After a start the model is still being loaded: nobody would see the beginning
            self._until(lambda: (now := self._bench.page.snapshot) and now.camera, LOOKS_S)
        try:
            self._bench.camera_play(clip.device, Path(clip.play))
        except OSError as error:
            raise StepFailed(str(error)) from error

    def _speak(self, sound: Path) -> None:
        microphone = self._bench.microphone
        self.awaken()
        self._until(lambda: self._listens() or self._is_silent(), WAITS_S)
        time.sleep(PAUSE_S)
        self._acted = self._looked = now()
        name = microphone.play(sound)
        seconds = len(samples(sound)) / 2 / HZ
        if not self._until(lambda: microphone.ended(name), seconds + WITHIN):
            microphone.silence()  # nobody records: it was said to nobody

    def _listens(self) -> bool:
        snapshot = self._bench.page.snapshot
        return snapshot is not None and snapshot.listening

    def _is_silent(self) -> bool:
        """It does not listen and says nothing any more: then one may as well speak."""
        return self._bench.loudspeaker.longest_silence(self._began) >= SILENT_S

    def _command(self, told: Told) -> None:
        about = words.about(told.kind)
        if (
            about is not None
            and about not in told.data
            and not self._until(lambda: self._bench.latest(about), WITHIN)
        ):
            raise StepFailed(f"upstream knows no {about} yet that {told.kind} could be about")
        self._bench.upstream.send_command(told.kind, told.data)

    # -- expecting ---------------------------------------------------------------------------

    def _screen(self, screen: str, within: float) -> None:
        def shown() -> bool:
            if (snapshot := self._bench.page.snapshot) and snapshot.screen == screen:
                self._looked = self._bench.page.seen[-1].at
                return True
            for seen in tuple(self._bench.page.seen):
                if seen.at >= self._looked and seen.snapshot.screen == screen:
                    self._looked = seen.at
                    return True
            return False

        if not self._until(shown, within):
            raise StepFailed(f"screen {screen} within {within:g} s")

    def _says(self, part: str, within: float) -> None:
        def heard() -> bool:
            return any(u.has(part) for u in self._bench.loudspeaker.said(self._acted))

        if not self._until(heard, within):
            raise StepFailed(f"to hear '{part}' within {within:g} s")

    def _silent(self, seconds: float, within: float) -> None:
        began = self._began

        def quiet() -> bool:
            return self._bench.loudspeaker.longest_silence(began) >= seconds

        if not self._until(quiet, within):
            raise StepFailed(f"{seconds:g} s of silence within {within:g} s")

    def _hear(self, wanted: Sounding, within: float) -> None:
        def sounded() -> bool:
            return any(
                said.rms >= wanted.minimum_rms and wanted.device in ("", said.device)
                for said in self._bench.loudspeaker.said(self._acted)
            )

        if not self._until(sounded, within):
            levels = [f"{u.rms:.3f} from {u.device}" for u in self._bench.loudspeaker.said()]
            where = f" from {wanted.device}" if wanted.device else ""
            raise StepFailed(
                f"to hear {wanted.minimum_rms:g}{where} within {within:g} s; "
                f"before: {', '.join(levels[-3:]) or 'nothing'}"
            )

    def _record(self, wanted: Received, within: float) -> None:
        def received() -> bool:
            return any(
                record.kind == wanted.kind and record.contains(wanted.data)
                for record in self._bench.upstream.received
            )

        if not self._until(received, within):
            data = f" with {wanted.data}" if wanted.data else ""
            raise StepFailed(f"upstream to have {wanted.kind}{data} within {within:g} s")

    def _no_record(self, unwanted: NotReceived, within: float) -> None:
        during = within if unwanted.during is None else unwanted.during
        before = self._count(unwanted.kind)
        if self._until(lambda: self._count(unwanted.kind) > before, during):
            raise StepFailed(f"no {unwanted.kind} during {during:g} s; one came")

    def _lamp(self, light: Light, within: float) -> None:
        def right() -> bool:
            lamp = self._bench.lamp(light.device)
            if light.on:
                return lamp.lit or lamp.lit_at > self._acted
            return not lamp.lit and now() - max(lamp.dark_at, self._acted) >= STEADY_S

        if not self._until(right, within):
            raise StepFailed(f"{light.device} {'on' if light.on else 'off'} within {within:g} s")

    def _printed(self, paper: Paper, within: float) -> None:
        def there() -> bool:
            slip = str(self._bench.devices[paper.device].state()["slip"])
            return paper.has in slip if paper.has else not slip

        if not self._until(there, within):
            wanted = f"with '{paper.has}'" if paper.has else "that is still empty"
            raise StepFailed(f"a slip of {paper.device} {wanted} within {within:g} s")

    def _received_once(self, kind: str, within: float) -> None:
        if not self._until(lambda: self._count(kind) > 0, within):
            raise StepFailed(f"upstream to have one {kind} within {within:g} s; it has none")
        if self._until(lambda: self._count(kind) > 1, STEADY_S):
            raise StepFailed(f"one {kind}; upstream has {self._count(kind)}")

    def _count(self, kind: str) -> int:
        return sum(record.kind == kind for record in self._bench.upstream.received)

    def _until(self, holds: Callable[[], object], within: float) -> bool:
        deadline = now() + within
        while not holds():
            if now() >= deadline:
                return False
            time.sleep(LOOK_S)
        return True

    # -- explaining --------------------------------------------------------------------------

    def situation(self) -> list[str]:
        """What is going on, in a few lines, for whoever has to find out why."""
        bench = self._bench
        screens: list[str] = []
        for seen in tuple(bench.page.seen):
            if screens[-1:] != [seen.snapshot.screen]:
                screens.append(seen.snapshot.screen)
        snapshot = bench.page.snapshot
        said = [f"“{u.text}” ({now() - u.began:.1f} s ago)" for u in bench.loudspeaker.said()]
        records = [f"{record.kind} {_short(record.data)}" for record in bench.upstream.received]
        lamps = [name for name in bench.equipment.able("lamp") if bench.lamp(name).lit]
        return [
            f"screen   {snapshot.screen if snapshot else 'none: no page'}"
            f" (before: {', '.join(screens[-4:-1]) or 'none'})",
            f"offered  {', '.join(offered(snapshot)) if snapshot else 'nothing'}",
            f"said     {'; '.join(said[-3:]) or 'nothing'}",
            f"records  {'; '.join(records[-3:]) or 'none'} ({len(records)} in all)",
            f"lit      {', '.join(lamps) or 'nothing'}",
            f"upstream {bench.upstream.mode}",
            f"daemon   {'runs' if bench.daemon.running else 'does not run'}; its log:",
            *(f"         | {line}" for line in bench.daemon.tail(10).splitlines()),
        ]


def _short(data: object, width: int = 120) -> str:
    text = str(data)
    return text if len(text) <= width else f"{text[: width - 1]}…"
