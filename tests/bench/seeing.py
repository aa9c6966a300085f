"""What the pose model makes of simulated people: a camera anywhere, and honest noise.

The figures were measured on what MoveNet MultiPose saw of the 23 clips in the shared data, 15
looks a second: `MODERATE` as they are, `STRONG` darkened to an eighth and shaken by hand. The
labels say who stood, was falling and lay; body lengths are the largest extent in a clip.

| | standing | falling | lying | lying, strong |
|---|---|---|---|---|
| score, 5 % | 0.34 | 0.15 | 0.19 | 0.12 |
| score, median | 0.53 | 0.37 | 0.28 | 0.24 |
| score, 95 % | 0.65 | 0.62 | 0.41 | 0.41 |
| looks in which nobody is seen | 0.007 | 0.022 | 0.003 | 0.017 |
| shoulders waver, body lengths | 0.003 | 0.010 | 0.007 | 0.008 |
| elbow visible | 0.99 | 0.93 | 0.85 | 0.80 |
| wrist visible | 0.98 | 0.84 | 0.68 | 0.64 |
| knee visible | 1.00 | 0.93 | 0.85 | 0.85 |
| ankle visible | 0.97 | 0.87 | 0.80 | 0.77 |
| hips exchanged, left and right | 0.003 | 0.006 | 0.015 | 0.015 |
| head and feet exchanged | 0 | 0 | 0 | 0.04 |

Besides the person, 2 of 23 clips held a weak second skeleton (furniture) in 5 to 15 % of looks,
6 of 23 when dark, in 11 to 46 %, with scores near 0.1. What cannot be measured without knowing
the true joints is assumed: a steady error of each joint, 1 % of the stature, 2 % lying.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from drivers.vision.posture import Points
from tests.bench.acting import Actor, Scene
from tests.bench.people import Array

LOOK = tuple[float, list[tuple[Points, float]]]

ASPECTS = {"4:3": 4 / 3, "16:9": 16 / 9, "3:4": 3 / 4}
TABLE, ASIDE = 0.72, 0.8
"""Metres: how high a counter is, and how far it reaches to either side."""


class Eye(NamedTuple):
    """How well the model sees."""

    lying: float
    """Median score of somebody who lies; 0.53 standing."""
    spread: float
    """Standard deviation of that between clips."""
    blur: float
    """Share of the score that goes in a fast movement."""
    lost: tuple[float, float, float]
    """Times a second that somebody is lost: standing, falling, lying."""
    waver: float
    """Times the measured wavering of points."""
    turned: float
    """Share of clips in which head and feet are exchanged at times."""
    furniture: tuple[float, float]
    """Share of clips with a weak second skeleton, and of their looks."""
    shake: tuple[float, float]
    """A hand-held camera: picture sizes and degrees."""


MODERATE = Eye(0.29, 0.06, 0.30, (0.03, 0.2, 0.03), 1.0, 0.0, (0.09, 0.1), (0.012, 1.2))
STRONG = Eye(0.24, 0.06, 0.38, (0.06, 0.45, 0.15), 1.3, 0.12, (0.26, 0.3), (0.03, 2.5))
EYES = {"moderate": MODERATE, "strong": STRONG}

KINDS = np.array([0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6])
"""Head, shoulder, elbow, wrist, hip, knee, ankle of each of the 17 points."""
WAVER_UP = np.array([34, 28, 48, 55, 37, 47, 49])[KINDS] * 1e-4
"""Standard deviation from look to look, in body lengths."""
WAVER_DOWN = np.array([35, 50, 70, 56, 40, 45, 37])[KINDS] * 1e-4
STRAY_UP = np.array([1, 1, 3, 10, 1, 5, 8])[KINDS] * 1e-3
STRAY_DOWN = np.array([2, 5, 17, 10, 1, 3, 4])[KINDS] * 1e-3
"""Share of looks in which the point is a tenth of the body off."""
SCORE_UP = np.array([0.53, 0.71, 0.56, 0.43, 0.74, 0.60, 0.64])[KINDS]
SCORE_DOWN = np.array([0.38, 0.45, 0.22, 0.19, 0.57, 0.37, 0.34])[KINDS]
SPREAD_UP = np.array([0.45, 0.5, 0.55, 0.5, 0.4, 0.45, 0.75])[KINDS]
SPREAD_DOWN = np.array([0.5, 0.45, 0.37, 0.5, 0.4, 0.85, 0.95])[KINDS]
"""Of the scores' logarithms: so that the measured shares are visible."""
PAIRS = ((5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16))
TURNED = np.array([13, 15, 16, 15, 16, 11, 12, 13, 14, 15, 16, 5, 6, 7, 8, 3, 4])
"""Which joint is taken for which, with head and feet exchanged."""


class View(NamedTuple):
    """Where the camera is and how the stage stands before it."""

    height: float
    tilt: float
    """Degrees downward."""
    field: float
    """Vertical field of view, degrees."""
    shape: str
    distance: float
    """Metres on the floor from the camera to the middle of what happens."""
    aside: float
    turn: float
    """Degrees that the stage is turned."""
    middle: tuple[float, float]
    """Of what happens, in the room."""

    @property
    def aspect(self) -> float:
        """Width over height of the picture."""
        return ASPECTS[self.shape]

    def place(self, points: Array) -> Array:
        """Return *points* of the stage as the camera has them: ahead, left, up from the floor."""
        turn = math.radians(self.turn)
        x, y = points[..., 0] - self.middle[0], points[..., 1] - self.middle[1]
        return np.stack(
            [
                self.distance + x * math.cos(turn) - y * math.sin(turn),
                self.aside + x * math.sin(turn) + y * math.cos(turn),
                points[..., 2],
            ],
            axis=-1,
        )

    def project(self, placed: Array) -> tuple[Array, Array]:
        """Return where *placed* points are seen (fractions of the picture), and how far off."""
        tilt = math.radians(self.tilt)
        low = placed[..., 2] - self.height
        depth = placed[..., 0] * math.cos(tilt) - low * math.sin(tilt)
        up = placed[..., 0] * math.sin(tilt) + low * math.cos(tilt)
        focal = 0.5 / math.tan(math.radians(self.field) / 2)
        near = np.maximum(depth, 0.05)
        seen = np.stack(
            [0.5 - focal * placed[..., 1] / near / self.aspect, 0.5 - focal * up / near], axis=-1
        )
        return seen, depth

    def within(self, placed: Array) -> Array:
        """Return which of *placed* are in the picture: 1 or 0."""
        seen, depth = self.project(placed)
        inside = ((seen > 0) & (seen < 1)).all(axis=-1) & (depth > 0.25)
        return inside.astype(float)


def hidden(view: View, placed: Array, edge: float, middle: float) -> Array:
    """Return which points a counter hides whose far side is *edge* metres away."""
    share = np.clip(edge / np.maximum(placed[..., 0], 0.05), 0, 1)
    height = view.height + (placed[..., 2] - view.height) * share
    aside = placed[..., 1] * share - middle
    behind = (placed[..., 0] > edge) & (height < TABLE) & (abs(aside) < ASIDE)
    result: Array = behind.astype(float)
    return result


def view_of(scene: Scene, generator: np.random.Generator) -> View:
    """Return a camera before which *scene* can be seen as its framing asks."""
    first, draw = scene.actors[0], generator.uniform
    if scene.impact is not None and scene.onset is not None:
        # Where somebody came from need not be seen, unless that is what it is about.
        begin = 0.0 if scene.framing == "free" else max(0.0, scene.onset - 1.5)
        moments = np.array([begin, max(0.0, scene.onset - 0.2), scene.impact, scene.impact + 1.5])
    else:
        moments = np.linspace(0.0, scene.end, 7)
    body = first.played(moments)
    middle = body[-2:] if scene.impact is not None else body
    if scene.framing == "free" and scene.impact is None:
        middle = body[:1]
    centre = middle.reshape(-1, 3).mean(axis=0)
    best, least = None, math.inf
    for _ in range(150):
        shape = str(generator.choice(list(ASPECTS), p=[0.4, 0.45, 0.15]))
        height, distance, field = draw(1.0, 3.0), 1.5 + 5.5 * generator.beta(1.5, 2.2), draw(40, 75)
        if scene.framing == "free" and scene.impact is None:
            distance = draw(3.0, 5.0)
        reach = distance * math.tan(math.radians(field) / 2) * ASPECTS[shape]
        most = 1.0 if scene.framing != "whole" else 0.5
        course = draw(-180, 180) if scene.course is None else scene.course + draw(-10, 10)
        down = math.degrees(math.atan2(height - 0.7, distance)) + draw(-8, 8)
        view = View(
            height=height, tilt=min(60.0, max(0.0, down)),
            field=field, shape=shape, distance=distance, aside=draw(-most, most) * reach,
            turn=course - scene.toward, middle=(float(centre[0]), float(centre[1])),
        )  # fmt: skip
        badness = _badness(scene, view, view.place(body))
        if badness < least:
            best, least = view, badness
        if badness <= 0:
            break
    assert best is not None
    return best


def _badness(scene: Scene, view: View, placed: Array) -> float:
    """Return 0 where *scene* is seen as it should, else how far from it."""
    inside = view.within(placed)
    if scene.screen:
        inside *= 1 - hidden(view, placed, *counter_before(placed))
    share = inside.mean(axis=1)
    close = max(0.0, 0.7 - float(placed[:, :, 0].min())) * 5
    if scene.framing == "edge":
        return _outside(share[2:].min(), 0.4, 0.8) + _outside(share[1], 0.6, 1.0) + close
    if scene.screen:
        return _outside(share[2:].min(), 0.4, 0.85) + _outside(share[1], 0.4, 1.0) + close
    if scene.framing == "free":
        if scene.impact is None:
            return _outside(share[0], 0.9, 1.0)
        return (
            _outside(share[0], 0.0, 0.5) + _outside(share[1], 0.7, 1.0)
            + _outside(share[2:].min(), 0.8, 1.0) + close
        )  # fmt: skip
    return _outside(share.min(), 0.85, 1.0) + close


def _outside(value: float, low: float, high: float) -> float:
    return max(0.0, low - value, value - high)


def counter_before(placed: Array) -> tuple[float, float]:
    """Return where a counter stands before *placed*: its far side, and its middle aside."""
    return float(placed[..., 0].min()) - 0.1, float(placed[..., 1].mean())


def seen(
    scene: Scene, view: View, eye: Eye, fps: float, held: bool, generator: np.random.Generator
) -> list[LOOK]:
    """Return what the model makes of *scene*, look by look.

    With *held* the camera is in somebody's hand.
    """
    times = np.arange(0.0, scene.end, 1 / fps)
    times[1:] += generator.uniform(-0.04, 0.04, len(times) - 1) / fps
    placed = [view.place(actor.played(times)) for actor in scene.actors]
    counter = counter_before(placed[0]) if scene.screen else None
    shaken = _shaken(eye, times, fps, generator) if held else None
    found: list[tuple[Points, Array]] = []
    for actor, body in zip(scene.actors, placed, strict=True):
        others = [other for other in placed if other is not body]
        found.append(_noisy(actor, body, others, counter, view, eye, times, fps, generator))
    if generator.random() < eye.furniture[0]:
        found.append(_furniture(eye, len(times), generator))
    if shaken is not None:
        for points, _ in found:
            _apply(points, shaken, view.aspect)
    looks = [
        (float(at), [(points[n], float(score[n])) for points, score in found if score[n] > 0.05])
        for n, at in enumerate(times)
    ]
    if scene.backwards:
        return [(float(times[-1]) - at, people) for at, people in reversed(looks)]
    return looks


def _noisy(
    actor: Actor, body: Array, others: list[Array], counter: tuple[float, float] | None,
    view: View, eye: Eye, times: Array, fps: float, generator: np.random.Generator,
) -> tuple[Points, Array]:  # fmt: skip
    """Return the points of one person as the model has them, and their scores."""
    n, normal, tall = len(times), generator.normal, actor.build.stature
    seen, depth = view.project(body)
    inside = view.within(body)
    clear = inside * (1 - hidden(view, body, *counter)) if counter else inside
    for other in others:
        clear = clear * _not_behind(view, body, other)
    lies, moves = _state(body, tall, times)
    down, fast = lies[:, None], moves[:, None]
    unsteady = np.maximum(down, fast)

    standing = float(np.clip(normal(0.53, 0.07), 0.35, 0.66))
    lying = float(np.clip(normal(eye.lying, eye.spread), 0.12, 0.42))
    score = standing + lies * (lying - standing)
    score = score * (1 - eye.blur * moves * (1 - lies))
    score += _wander(n, 1, fps, 0.2, generator)[:, 0] * (0.038 + 0.05 * moves - 0.01 * lies)
    score *= 0.1 + 0.9 * clear.mean(axis=1)
    score[_away(eye, lies, moves, fps, generator)] = 0.0

    # Lengths in picture heights: a body length where the body is.
    focal = 0.5 / math.tan(math.radians(view.field) / 2)
    length = (focal * tall / np.maximum(depth.mean(axis=1), 0.3))[:, None, None]
    waver = (WAVER_UP + unsteady * (WAVER_DOWN - WAVER_UP)) * (1 + 0.5 * fast) * eye.waver
    heavy = np.exp(normal(0, 0.6, (n, 17)))
    error = normal(0, 1, (n, 17, 2)) * (waver * heavy)[..., None]
    drift = _wander(n, 34, fps, 2.0, generator).reshape(n, 17, 2)
    error += drift * (0.004 + 0.008 * lies)[:, None, None] * eye.waver
    error += normal(0, 1, (17, 2)) * (0.01 + 0.01 * lies)[:, None, None]
    stray = generator.random((n, 17)) < (STRAY_UP + unsteady * (STRAY_DOWN - STRAY_UP)) * eye.waver
    error += normal(0, 0.1, (n, 17, 2)) * (stray | (clear == 0))[..., None]
    error *= length
    points = np.empty((n, 17, 3))
    points[..., 0] = seen[..., 0] + error[..., 0] / view.aspect
    points[..., 1] = seen[..., 1] + error[..., 1]

    visible = np.log(SCORE_UP) + down * np.log(SCORE_DOWN / SCORE_UP)
    spread = SPREAD_UP + down * (SPREAD_DOWN - SPREAD_UP)
    luck = 0.8 * normal(0, 1, 17) + 0.6 * _wander(n, 17, fps, 1.0, generator)
    # The medians are what is left to the best lit joint; more than that nobody gets.
    points[..., 2] = np.clip(np.exp(visible + spread * luck + normal(0, 0.12, (n, 17))), 0.02, 0.95)
    guessed = generator.uniform(0.02, 0.13, (n, 17)) + 0.1 * (generator.random((n, 17)) < 0.1)
    points[..., 2] = np.where(clear > 0, points[..., 2], guessed)
    np.clip(points[..., :2], 0.0, 1.0, out=points[..., :2])
    _exchange(points, lies, eye, fps, generator)
    return points.astype(np.float32), score


def _state(body: Array, tall: float, times: Array) -> tuple[Array, Array]:
    """Return how much the body lies and how fast it moves, 0 to 1 each."""
    shoulders, hips = body[:, (5, 6)].mean(axis=1), body[:, (11, 12)].mean(axis=1)
    trunk = shoulders - hips
    steep = trunk[:, 2] / np.linalg.norm(trunk, axis=1)
    level = np.clip((0.7 - steep) / 0.4, 0, 1)
    low = np.clip((0.45 - hips[:, 2] / tall) / 0.09, 0, 1)
    path = np.linalg.norm(np.diff(shoulders, axis=0), axis=1) / np.diff(times) / tall
    speed = np.append(path[:1], path) if len(path) else np.zeros(len(times))
    return level * low, np.clip((speed - 0.5) / 0.8, 0, 1)


def _wander(
    n: int, columns: int, fps: float, seconds: float, generator: np.random.Generator
) -> Array:
    """Return processes of deviation 1 that forget themselves within *seconds*."""
    keep = math.exp(-1 / fps / seconds)
    steps = generator.normal(0, 1, (n, columns))
    steps[1:] *= math.sqrt(1 - keep**2)
    for number in range(1, n):
        steps[number] += keep * steps[number - 1]
    return steps


def _away(
    eye: Eye, lies: Array, moves: Array, fps: float, generator: np.random.Generator
) -> list[int]:
    """Return the looks in which the person is not seen at all."""
    standing, falling, lying = eye.lost
    rate = (standing + lies * (lying - standing)) * (1 - moves) + moves * falling
    gone: list[int] = []
    for number in np.flatnonzero(generator.random(len(lies)) < rate / fps).tolist():
        looks = 1 + int(generator.exponential(0.15) * fps)
        gone += range(number, min(len(lies), number + looks))
    return gone


def _not_behind(view: View, body: Array, other: Array) -> Array:
    """Return which points are not behind *other*, as far as its trunk and legs go."""
    mine, my_depth = view.project(body)
    theirs, their_depth = view.project(other)
    core = theirs[:, [5, 6, 11, 12, 13, 14, 15, 16]]
    low, high = core.min(axis=1)[:, None], core.max(axis=1)[:, None]
    behind = ((mine > low) & (mine < high)).all(axis=-1)
    behind &= (my_depth.mean(axis=1) > their_depth.mean(axis=1) + 0.1)[:, None]
    result: Array = 1.0 - behind
    return result


def _exchange(
    points: Array, lies: Array, eye: Eye, fps: float, generator: np.random.Generator
) -> None:
    """Take left for right at times, and head for feet."""
    for left, right in PAIRS:
        now = generator.random(len(points)) < 0.002 + 0.006 * lies
        points[now, left, :2], points[now, right, :2] = (
            points[now, right, :2].copy(), points[now, left, :2].copy(),
        )  # fmt: skip
    if generator.random() < eye.turned:
        for number in np.flatnonzero(generator.random(len(points)) < 0.5 * lies / fps).tolist():
            until = number + 1 + int(generator.exponential(0.5) * fps)
            points[number:until, :, :2] = points[number:until, TURNED, :2]


def _furniture(eye: Eye, n: int, generator: np.random.Generator) -> tuple[Points, Array]:
    """Return something that looks a little like a person at times."""
    draw = generator.uniform
    middle = np.array([draw(0.1, 0.9), draw(0.5, 0.95)])
    shape = generator.normal(0, 1, (17, 2)) * np.array([draw(0.03, 0.1), draw(0.03, 0.1)])
    points = np.empty((n, 17, 3))
    points[..., :2] = np.clip(middle + shape + generator.normal(0, 0.01, (n, 17, 2)), 0, 1)
    points[..., 2] = generator.uniform(0.05, 0.25, 17)
    score = np.clip(generator.normal(0.1, 0.03, n), 0.06, 0.2)
    score[generator.random(n) > eye.furniture[1]] = 0.0
    return points.astype(np.float32), score


def _shaken(eye: Eye, times: Array, fps: float, generator: np.random.Generator) -> Array:
    """Return how a hand moves the picture: shift in x and y, and turn (radians)."""
    moved: Array = _wander(len(times), 3, fps, 0.5, generator)
    moved *= np.array([eye.shake[0], eye.shake[0], math.radians(eye.shake[1])])
    moved[:, 0] += generator.uniform(-0.03, 0.03) * times * (generator.random() < 0.3)
    return moved


def _apply(points: Points, moved: Array, aspect: float) -> None:
    x, y = (points[..., 0] - 0.5) * aspect, points[..., 1] - 0.5
    cosine, sine = np.cos(moved[:, 2])[:, None], np.sin(moved[:, 2])[:, None]
    points[..., 0] = 0.5 + (cosine * x - sine * y) / aspect + moved[:, 0, None]
    points[..., 1] = 0.5 + sine * x + cosine * y + moved[:, 1, None]
    outside = ((points[..., :2] < 0) | (points[..., :2] > 1)).any(axis=-1)
    points[..., 2] = np.where(outside, np.minimum(points[..., 2], 0.1), points[..., 2])
