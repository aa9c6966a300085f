"""A camera that notices people on the floor.

Pictures stay in the memory of the child process that runs this driver; what leaves it are
`PersonDown`, `PersonUp` and `CameraWatch`.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.orders import Look
from agent.contract.signals import CameraWatch, PersonDown, PersonUp
from drivers.vision.ground import Mounting
from drivers.vision.zones import Zone

if TYPE_CHECKING:
    from drivers.vision.capture import Capture
    from drivers.vision.memory import Notebook
    from drivers.vision.pipeline import Pipeline
    from drivers.vision.pose import PoseModel

log = logging.getLogger(__name__)

MODEL = "movenet-multipose-lightning-fp16.tflite"
GLANCE = 0.2
"""Seconds between two looks for `stop` while the shutter is closed."""
SILENT, GONE = 2.0, 4.0
"""Seconds without a picture until it is said, and until the supervisor is asked for help, once
there was one; before the first picture see `drivers.vision.capture.START`."""


class CameraSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A camera that watches for falls."""

    source: str
    """A device ("/dev/video0" or its number "0"), an address ("rtsp://…", "http://…") or a
    video file, which is played once."""
    width: Annotated[int, msgspec.Meta(ge=160, le=1920)] = 640
    """Pixels; asked of a device, other sources have their own."""
    height: Annotated[int, msgspec.Meta(ge=120, le=1080)] = 480
    """Pixels, likewise."""
    threads: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    """Processor cores that the pose model may use."""
    floor_seconds: Annotated[float, msgspec.Meta(ge=5, le=3600)] = 30.0
    """Lying on the floor for so long is an alarm however it came about. Where nobody was seen
    standing before, it takes four times as long, for it may be a bed without a zone."""
    bed_falls: bool = False
    """Raise a (lower) alarm when somebody falls onto a bed, sofa or bench zone."""
    zones: list[Zone] = []
    """Beds, sofas, benches, and what must not be looked at."""
    mounting: Mounting | None = None
    """How the camera hangs. Then the floor is a known plane, and more falls are found, and more
    people who lie and were never seen standing: on the floor, and in beds without a zone."""

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise ValueError('source is empty; name a device such as "/dev/video0"')


class Camera:
    """Watches one camera for falls, while it may: a privacy shutter forbids it by an order."""

    isolated: ClassVar[bool] = True
    emits: ClassVar[Emits] = (PersonDown, PersonUp, CameraWatch)
    accepts: ClassVar[Accepts] = (Look,)

    def __init__(self, name: str, settings: CameraSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._allowed = threading.Event()
        self._allowed.set()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Watch until *stop* is set.

        Raises:
            DriverUnavailable: no model, no camera, no picture for a while, or the file ended.
        """
        from drivers.vision.memory import Notebook

        if not self._model_path.is_file():
            raise DriverUnavailable(f"{self._model_path} is not there; fetch it with: linli models")
        model: PoseModel | None = None
        notebook = Notebook(self._site.cache / f"{self.name}-down.json")
        while not stop.is_set():
            if self._allowed.is_set():
                model = self._look(model, notebook, emit, stop)
            if not self._allowed.is_set():
                self._wait(notebook, emit, stop)

    def command(self, order: Look) -> None:
        """Obey the privacy shutter: close the camera, or open it again."""
        if order.allowed:
            self._allowed.set()
        else:
            self._allowed.clear()

    @property
    def _model_path(self) -> Path:
        return self._site.models / MODEL

    def _look(
        self, model: PoseModel | None, notebook: Notebook, emit: Emit, stop: threading.Event
    ) -> PoseModel:
        """Open the camera, watch until it must be closed, close it; return the loaded model."""
        from drivers.vision.capture import Capture
        from drivers.vision.memory import restore
        from drivers.vision.pipeline import Pipeline
        from drivers.vision.temporal import FallModel

        settings, clock = self._settings, self._site.clock
        # The camera first: without one there is no use in loading the model.
        capture = Capture(settings.source, settings.width, settings.height, clock)
        try:
            model = model or self._load()
            try:
                temporal = FallModel()
            except ValueError as error:
                raise DriverUnavailable(str(error)) from error
            pipeline = Pipeline(
                model,
                settings.zones,
                floor_seconds=settings.floor_seconds,
                bed_falls=settings.bed_falls,
                mounting=settings.mounting,
                temporal=temporal,
            )
            restore(notebook.read(), pipeline.decision, pipeline.tracker, clock.boot())
            capture.start()
            self._watch(capture, pipeline, notebook, emit, stop)
        finally:
            capture.close()
        return model

    def _load(self) -> PoseModel:
        from drivers.vision.pose import PoseModel

        try:
            return PoseModel(self._model_path, self._settings.threads)
        except ValueError as error:
            raise DriverUnavailable(
                f"{self._model_path} is damaged; delete it, then fetch it with: linli models"
            ) from error

    def _watch(
        self,
        capture: Capture,
        pipeline: Pipeline,
        notebook: Notebook,
        emit: Emit,
        stop: threading.Event,
    ) -> None:
        from drivers.vision.capture import START
        from drivers.vision.memory import kept
        from drivers.vision.pace import Pace

        number = 0
        blind: str | None = None
        pace = Pace(self.name)
        clock = self._site.clock
        silent, lost = clock.silence(SILENT), clock.silence(START)
        while self._allowed.is_set() and not stop.is_set():
            shot = capture.newest(number, timeout=0.5)
            reason = pipeline.blind
            if shot is None:
                if capture.ended:
                    raise DriverUnavailable(f"{capture.source}: the video file ended")
                if lost.over:
                    raise DriverUnavailable(
                        f"{capture.source} has sent no picture for {lost.limit_s:.0f} s; "
                        "check the camera's power, cable and address"
                    )
                if silent.over and number:
                    reason = "no picture comes from the camera"
            else:
                if not number:
                    lost = clock.silence(GONE)
                number = shot.number
                silent.heard()
                lost.heard()
                for signal in pipeline.step(shot.at, shot.frame):
                    emit(msgspec.structs.replace(signal, source=self.name))
                notebook.write(kept(pipeline.decision, pipeline.tracker), shot.at)
                pace.count(shot.at, pipeline.looks)
                reason = pipeline.blind
            if reason != blind and (number or reason):
                blind = reason
                emit(CameraWatch(source=self.name, looking=not reason, reason=reason))

    def _wait(self, notebook: Notebook, emit: Emit, stop: threading.Event) -> None:
        """Say that nobody looks, and wait until somebody may.

        Who lay on the floor is forgotten: whether they still do cannot be known any more.
        """
        dropped = len(notebook.read())
        notebook.clear()
        log.info("camera-shut name=%s dropped=%d", self.name, dropped)
        emit(CameraWatch(source=self.name, looking=False, reason="shutter"))
        while not stop.is_set():
            if self._allowed.wait(GLANCE):
                log.info("camera-open name=%s", self.name)
                return
