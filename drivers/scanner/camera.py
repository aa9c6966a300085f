"""Codes by a camera of their own, beside the screen. No picture leaves its process."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.orders import Look
from agent.contract.signals import Looking, Scanned, Unreadable
from drivers.scanner.telling import Telling

if TYPE_CHECKING:
    from drivers.vision.capture import Capture

LOOK_S = 0.25
"""Between two looks for a code."""
GLANCE_S = 0.2
"""How often *stop* is seen while the shutter is closed."""
HELD_S = 3.0
"""A code that is lost from sight for less is still the same presentation: hands shake."""
PAUSE_S = 1.0
"""Between two codes: who holds up a film of codes is read no faster."""
GONE_S = 4.0
"""Seconds without a picture, once there was one, until the camera counts as gone."""
FROZEN_S = 60.0
"""Seconds of one and the same picture at the start until the camera counts as dead."""


class ScannerCameraSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A camera that reads QR codes, on a phone or on paper, 10 to 30 cm before it."""

    source: Annotated[str, msgspec.Meta(min_length=1)]
    """A device ("/dev/video2" or its number "2") or an address; not that of the fall camera,
    which hangs too high to read a code."""
    width: Annotated[int, msgspec.Meta(ge=160, le=1920)] = 640
    """Pixels; asked of a device, other sources have their own. 1280 reads the dense code of a
    card on a small phone at twice the distance, for three times the work."""
    height: Annotated[int, msgspec.Meta(ge=120, le=1080)] = 480
    """Pixels, likewise."""


class ScannerCamera:
    """Emits `Scanned` once for each code that is held up, `Unreadable` for one that is no text or
    too long; `Looking` while it looks.

    The privacy shutter closes it like every camera.
    """

    isolated: ClassVar[bool] = True
    emits: ClassVar[Emits] = (Scanned, Unreadable, Looking)
    accepts: ClassVar[Accepts] = (Look,)
    settles: ClassVar[float] = math.inf
    """Only that it looks proves that it works."""

    def __init__(self, name: str, settings: ScannerCameraSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock
        self._telling = Telling(name, site.clock, HELD_S)
        self._told_at = -math.inf
        self._allowed = threading.Event()
        self._allowed.set()

    def command(self, order: Look) -> None:
        """Obey the privacy shutter: close the camera, or open it again."""
        if order.allowed:
            self._allowed.set()
        else:
            self._allowed.clear()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Look for codes until *stop* is set.

        Raises:
            DriverUnavailable: no camera, no picture for a while, always the same, or none that can
            be read.
        """
        from drivers.vision.capture import Capture

        while not stop.is_set():
            if self._allowed.is_set():
                settings = self._settings
                capture = Capture(settings.source, settings.width, settings.height, self._clock)
                try:
                    capture.start()
                    self._look(capture, emit, stop)
                finally:
                    capture.close()
            if not stop.is_set():
                emit(Looking(source=self.name, on=False))
            while not stop.is_set() and not self._allowed.wait(GLANCE_S):
                pass

    def _look(self, capture: Capture, emit: Emit, stop: threading.Event) -> None:
        """Look until it may not any more."""
        from drivers.scanner.picture import Reader, Stir, grey
        from drivers.vision.capture import START

        reader, stir = Reader(), Stir()
        number, looking = 0, False
        lost, frozen = self._clock.silence(START), self._clock.silence(FROZEN_S)
        while self._allowed.is_set() and not stop.is_set():
            shot = capture.newest(number, timeout=LOOK_S)
            if shot is None:
                if capture.ended or lost.over:
                    raise DriverUnavailable(
                        f"{capture.source} sends no picture; check the camera's cable and address"
                    )
                continue
            if not number:
                lost = self._clock.silence(GONE_S)
            number = shot.number
            lost.heard()
            try:
                light = grey(shot.frame)
            except ValueError as error:
                raise DriverUnavailable(
                    f"{capture.source} sends pictures that cannot be read: {error}; set another "
                    "size or format at the camera"
                ) from error
            code = None
            if stir.worth(light, shot.at):
                began = self._clock.boot()
                code = reader.read(light)
                stir.looked(shot.at, self._clock.boot() - began)
            if code is not None:
                stir.hold(shot.at)
                now = self._clock.boot()
                if self._telling.is_held(code) or now - self._told_at >= PAUSE_S:
                    self._told_at = now
                    self._telling.tell(code, emit)
            if stir.alive and not looking:
                looking = True
                emit(Looking(source=self.name, on=True))
            if not looking and frozen.over:
                raise DriverUnavailable(
                    f"{capture.source} sends the same picture all the time; uncover its lens, "
                    "switch the camera off and on"
                )
            stop.wait(LOOK_S)
