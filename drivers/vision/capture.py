"""The newest picture of a camera, an address or a file."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from typing import NamedTuple

import cv2

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable
from config.addresses import shown_value
from drivers.vision.pose import Frame, as_frame

log = logging.getLogger(__name__)
cv2.utils.logging.setLogLevel(
    cv2.utils.logging.LOG_LEVEL_ERROR
)  # errors only: a camera that is gone is said once, by the supervisor
os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # quiet, for the same reason

START = 11.0
"""Seconds that a camera may take from being asked to its first picture: some wait ten for a key
frame. How long it may be silent later is the driver's to judge, by `Capture.silence`."""
AGAIN = 0.5
"""Seconds between two attempts to reconnect."""
NETWORK_OPTIONS = "rtsp_transport;tcp|flags;low_delay"
"""FFmpeg: no lost packets, and each picture as it comes. They must not reach files, whose
first pictures would be lost or out of order."""


class Shot(NamedTuple):
    """A picture and when it was taken."""

    number: int
    at: float
    frame: Frame


class Capture:
    """Reads on a thread of its own and keeps only the newest picture.

    A lost camera is opened again and again until `close`. A file plays once at its own pace, then
    `ended` is true.
    """

    def __init__(
        self, source: str, width: int, height: int, clock: BootClock | None = None
    ) -> None:
        """Open *source*: a device (``/dev/video0`` or ``0``), an address or a video file; its
        pictures carry the time of *clock*.

        Raises:
            DriverUnavailable: it cannot be opened; the text says what to check.
        """
        self.source = shown_value(source)
        """Where the pictures come from, without a password: it goes into logs and records."""
        self._address = source
        self._size = width, height
        self._network = "://" in source
        self._file = not self._network and not source.isdecimal() and Path(source).is_file()
        self.ended = False
        self._newest: Shot | None = None
        self._fresh = threading.Condition()
        self._stop = threading.Event()
        self._clock = clock or BootClock()
        self._device: cv2.VideoCapture = self._open()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def newest(self, after: int, timeout: float) -> Shot | None:
        """Return the newest picture with a number above *after*, or None after *timeout* s."""
        with self._fresh:
            self._fresh.wait_for(
                lambda: self.ended or (self._newest is not None and self._newest.number > after),
                timeout,
            )
            shot = self._newest
        return shot if shot is not None and shot.number > after else None

    def close(self) -> None:
        """Stop reading and close the device: at once, or when a read that hangs has timed out."""
        self._stop.set()
        if self._thread.ident is None:
            self._device.release()
        else:
            self._thread.join(0.8)

    def _open(self) -> cv2.VideoCapture:
        if self._network:
            os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = NETWORK_OPTIONS
            limits = [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(START * 1000),
                cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(START * 1000),
            ]  # fmt: skip
            device = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, limits)
            del os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"]
            remedy = "check the camera's power, cable and address"
        elif self._file:
            device = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG)
            remedy = "is it a video?"
        else:
            index = int(self._address) if self._address.isdecimal() else self._address
            if isinstance(index, str) and not Path(index).exists():
                raise DriverUnavailable(f"{self.source} is not there; check the camera's cable")
            device = cv2.VideoCapture(index, cv2.CAP_V4L2)
            device.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            device.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
            device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            remedy = "is another program using it?"
        if not device.isOpened():
            device.release()
            raise DriverUnavailable(f"{self.source} gives no picture; {remedy}")
        return device

    def _run(self) -> None:
        try:
            self._read()
        finally:
            self._device.release()
        with self._fresh:
            self.ended = True
            self._fresh.notify_all()

    def _read(self) -> None:
        number = 0
        began = time.monotonic()  # a film takes its own time, whatever the clock does
        while not self._stop.is_set():
            taken, frame = self._device.read()
            if not taken:
                if self._file:
                    return
                self._reconnect()
                continue
            if self._file:
                due = began + self._device.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if self._stop.wait(max(0.0, due - time.monotonic())):
                    return
            number += 1
            with self._fresh:
                self._newest = Shot(number, self._clock.boot(), as_frame(frame))
                self._fresh.notify_all()

    def _reconnect(self) -> None:
        self._device.release()
        while not self._stop.wait(AGAIN):
            try:
                self._device = self._open()
            except DriverUnavailable as error:
                log.debug("camera-gone source=%s error=%s", self.source, error)
            else:
                return
