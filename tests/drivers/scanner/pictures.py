"""Pictures of QR codes as a camera beside the screen sees them."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import segno

from drivers.vision.pose import Frame, as_frame

WIDTH, HEIGHT = 640, 480


class View(NamedTuple):
    """How a code is held, and how it is seen."""

    wide: int = 200
    """Pixels across."""
    tilt: float = 0.0
    """Degrees by which it is turned away."""
    turn: float = 0.0
    """Degrees by which it is turned in its plane."""
    blur: float = 0.6
    """Standard deviation in pixels."""
    light: float = 1.0
    """Part of full daylight."""
    noise: float = 3.0
    """Standard deviation in grey levels."""


VIEWS = {
    "plain": View(),
    "turned away by 30 degrees": View(tilt=30),
    "turned away by 45 degrees": View(tilt=45),
    "aslant": View(tilt=30, turn=45),
    "upside down": View(turn=180),
    "blurred": View(blur=1.5),
    "much blurred": View(blur=2.2),
    "dusk": View(light=0.3, noise=4),
    "night": View(light=0.1, noise=3),
    "grain": View(noise=12),
    "small": View(wide=110),
    "very small": View(wide=90),
    "large": View(wide=380),
    "shaking hand at dusk": View(tilt=25, turn=15, blur=1.2, light=0.3, noise=5),
}


def code(text: str | bytes) -> Frame:
    """The code of *text*, one pixel a module, with its quiet zone."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(1, 4)]
    return as_frame(np.where(np.array(rows, np.uint8) == 1, 0, 255))


def seen(text: str | bytes, view: View, random: np.random.Generator) -> Frame:
    """A grey picture of *text* before a wall, through JPEG as cameras send it."""
    grain = cv2.GaussianBlur(random.normal(0, 60, (HEIGHT, WIDTH)).astype(np.float32), (31, 31), 5)
    wall = np.linspace(90, 180, WIDTH, dtype=np.float32)[None, :] + 3 * grain
    drawn = cv2.resize(code(text), (600, 600), interpolation=cv2.INTER_NEAREST)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32) * view.wide / 2
    angle, away = np.radians(view.turn), np.radians(view.tilt)
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    nearer = 2.5 * view.wide / (2.5 * view.wide + turned[:, :1] * np.sin(away))
    placed = turned * np.array([np.cos(away), 1]) * nearer + np.array([WIDTH / 2, HEIGHT / 2])
    square = np.array([(0, 0), (600, 0), (600, 600), (0, 600)], np.float32)
    warp = cv2.getPerspectiveTransform(square, placed.astype(np.float32))
    there = cv2.warpPerspective(np.full((600, 600), 255, np.uint8), warp, (WIDTH, HEIGHT))
    drawn = cv2.warpPerspective(drawn, warp, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
    lit = cv2.GaussianBlur(np.where(there > 0, drawn, wall).astype(np.float32), (0, 0), view.blur)
    lit = lit * view.light + random.normal(0, view.noise, lit.shape)
    _, jpeg = cv2.imencode(".jpg", np.clip(lit, 0, 255).astype(np.uint8), [1, 80])
    return as_frame(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE))
