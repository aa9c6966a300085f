"""A stand-in for a network camera: video files as MJPEG over HTTP on loopback."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from drivers.vision.pose import Frame, as_frame

WORDS = {"camera": frozenset({"camera", "unplug", "plug"})}

SIZE = (640, 480)
IDLE_FPS = 12.0
NOISE = 2.5
"""Standard deviation of the sensor's noise in grey levels."""
VARIANTS = 8
"""Different noise of a still scene; they take turns, and cost nothing to send."""
BOUNDARY = "frame"


class MockCamera:
    """A camera at `url` that shows an empty room, or what it is told to play."""

    def __init__(self, port: int = 0, hold: float = 12.0) -> None:
        """Serve on *port* (0: any free one); a clip's last picture stays for *hold* seconds."""
        self._hold = hold
        self._generator = np.random.default_rng(7)
        self._idle = self._still(empty_room())
        self._picture = self._idle[0]
        self._number = 0
        self._fresh = threading.Condition()
        self._clip: Path | None = None
        self._held_up: Frame | None = None
        self._told = threading.Event()
        self._hung = False
        self._closed = threading.Event()
        self._server: _Server | None = None
        self.port = port
        self.plug()
        self._thread = threading.Thread(target=self._show, name="mock-camera", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Address that OpenCV opens."""
        return f"http://127.0.0.1:{self.port}/stream.mjpg"

    @property
    def viewers(self) -> int:
        """Connections that pictures are being sent to."""
        return len(self._server.viewers) if self._server is not None else 0

    def play(self, path: Path | str) -> None:
        """Show the video file from its beginning, at its own pace, from now on.

        Raises:
            OSError: the file cannot be read as a video.
        """
        video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        readable = video.isOpened()
        video.release()
        if not readable:
            raise OSError(f"{path} cannot be read as a video")
        self._clip = Path(path)
        self._told.set()

    def show(self, picture: Frame) -> None:
        """Have *picture* before it, for as long as a clip's last one stays."""
        self._held_up = picture
        self._told.set()

    def unplug(self) -> None:
        """Lose power: connections drop, new ones are refused."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def plug(self) -> None:
        """Have power again, at the same address."""
        if self._server is None:
            self._server = _Server(self.port, self)
            self.port = self._server.server_address[1]

    def hang(self) -> None:
        """Send nothing more, but keep the connections, and take new ones, until `recover`."""
        self._hung = True

    def recover(self) -> None:
        """Send pictures again."""
        self._hung = False

    def close(self) -> None:
        """Stop everything."""
        self._closed.set()
        self._told.set()
        self.unplug()
        self._thread.join()

    def pictures(self) -> Iterator[bytes]:
        """Yield each JPEG as it is taken from now on, until the camera is closed."""
        number = self._number
        while not self._closed.is_set():
            with self._fresh:
                if not self._fresh.wait_for(lambda: self._number > number, timeout=1.0):  # noqa: B023
                    continue
                number, picture = self._number, self._picture
            yield picture

    def _show(self) -> None:
        while not self._closed.is_set():
            self._told.clear()
            clip, self._clip = self._clip, None
            held_up, self._held_up = self._held_up, None
            scene = self._idle
            if held_up is not None:
                self._repeat(self._still(held_up), self._hold)
            if clip is not None:
                last = self._film(clip)
                if self._told.is_set() or last is None:
                    continue
                self._repeat(self._still(last), self._hold)
            if not self._told.is_set():
                self._repeat(scene, None)

    def _film(self, path: Path) -> Frame | None:
        """Show *path*; return its last picture, or None when told something else."""
        video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        try:
            pause = 1 / (video.get(cv2.CAP_PROP_FPS) or 25.0)
            due = time.monotonic()
            last: Frame | None = None
            while not self._told.is_set():
                taken, frame = video.read()
                if not taken:
                    return last
                last = fitted(as_frame(frame))
                self._publish(jpeg(last))
                due += pause
                self._told.wait(max(0.0, due - time.monotonic()))
            return None
        finally:
            video.release()

    def _repeat(self, scene: list[bytes], seconds: float | None) -> None:
        end = time.monotonic() + seconds if seconds is not None else None
        for picture in itertools.cycle(scene):
            self._publish(picture)
            if self._told.wait(1 / IDLE_FPS) or (end is not None and time.monotonic() > end):
                return

    def _publish(self, picture: bytes) -> None:
        if self._hung:
            return
        with self._fresh:
            self._picture = picture
            self._number += 1
            self._fresh.notify_all()

    def _still(self, frame: Frame) -> list[bytes]:
        pictures = []
        for _ in range(VARIANTS):
            noise = self._generator.normal(0.0, NOISE, frame.shape)
            pictures.append(jpeg(np.clip(frame + noise, 0, 255).astype(np.uint8)))
        return pictures


class _Server(ThreadingHTTPServer):
    """Serves one camera's pictures; `stop` drops whoever is connected."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, camera: MockCamera) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.camera = camera
        self.stopped = threading.Event()
        self.viewers: set[int] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="mock-camera-http", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        viewer = threading.get_ident()
        self.server.viewers.add(viewer)
        try:
            for picture in self.server.camera.pictures():
                if self.server.stopped.is_set():
                    return
                self.wfile.write(
                    f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
                    f"Content-Length: {len(picture)}\r\n\r\n".encode()
                )
                self.wfile.write(picture + b"\r\n")
        except OSError:
            return  # whoever looked has gone
        finally:
            self.server.viewers.discard(viewer)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a camera has no log."""


def fitted(frame: Frame) -> Frame:
    """Return *frame* no wider than the camera's picture."""
    scale = min(1.0, SIZE[0] / frame.shape[1])
    if scale == 1.0:
        return frame
    return as_frame(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def jpeg(frame: Frame) -> bytes:
    """Return *frame* as the camera sends it."""
    done, picture = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return picture.tobytes()


def empty_room() -> Frame:
    """Return a wall, a floor, a door and a window: nobody's room."""
    width, height = SIZE
    room = np.full((height, width, 3), (186, 196, 198), np.uint8)
    cv2.fillPoly(room, [np.array([(0, 480), (120, 330), (520, 330), (640, 480)])], (98, 122, 142))
    cv2.line(room, (120, 0), (120, 330), (160, 170, 172), 2)
    cv2.line(room, (520, 0), (520, 330), (160, 170, 172), 2)
    cv2.rectangle(room, (390, 110), (470, 330), (70, 92, 120), -1)
    cv2.circle(room, (402, 226), 4, (40, 50, 60), -1)
    cv2.rectangle(room, (190, 90), (310, 190), (232, 226, 214), -1)
    cv2.rectangle(room, (190, 90), (310, 190), (120, 128, 130), 3)
    cv2.line(room, (250, 90), (250, 190), (120, 128, 130), 3)
    light = np.linspace(1.06, 0.9, width, dtype=np.float32)[None, :, None]
    return as_frame(np.clip(cv2.GaussianBlur(room, (5, 5), 0) * light, 0, 255))
