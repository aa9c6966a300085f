"""What simulated people do: falls and acts of daily life, no two alike.

Each kind is a function that lets a person act on a stage; everything about it is drawn at
random within the limits that stand in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tests.bench import people
from tests.bench.people import COLUMNS, STAND, Array, Build, Pose, joints

Ease = Callable[[Array], Array]


def calm(share: Array) -> Array:
    """Begin and end gently."""
    return (1 - np.cos(np.pi * share)) / 2


def steady(share: Array) -> Array:
    """Neither speed up nor slow down."""
    return share


def falling(power: float) -> Ease:
    """Speed up until something stops it."""
    return lambda share: np.power(share, power)


class Step(NamedTuple):
    """Going over to a pose."""

    begin: float
    end: float
    pose: Pose
    ease: Ease
    stride: float = 0.0
    """Metres a second, when it is walking."""


class Actor:
    """One person: whose body, and what it does when."""

    def __init__(self, generator: np.random.Generator, build: Build, pace: float) -> None:
        self.generator = generator
        self.build = build
        self.pace = pace
        """Metres a second of walking at ease."""
        self.pose = STAND
        self.at = 0.0
        self.steps: list[Step] = []

    def between(self, low: float, high: float) -> float:
        """Return a random number."""
        return float(self.generator.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Return True in *share* of cases."""
        return bool(self.generator.random() < share)

    def pick(self, *names: str) -> str:
        """Return one of *names*."""
        return names[int(self.generator.integers(len(names)))]

    def begin(self, pose: Pose, *, x: float = 0.0, y: float = 0.0, heading: float = 0.0) -> None:
        """Be in *pose* from the beginning."""
        self.pose = pose._replace(x=x, y=y, heading=heading)
        self.steps = [Step(0.0, 0.0, self.pose, steady)]

    def to(
        self,
        pose: Pose,
        seconds: float,
        ease: Ease = calm,
        *,
        ahead: float = 0.0,
        aside: float = 0.0,
    ) -> None:
        """Go over to *pose*; the feet move *ahead* and *aside* (metres to the left)."""
        turn = math.radians(self.pose.heading)
        pose = pose._replace(
            x=self.pose.x + ahead * math.cos(turn) - aside * math.sin(turn),
            y=self.pose.y + ahead * math.sin(turn) + aside * math.cos(turn),
            heading=self.pose.heading,
        )
        self._add(pose, seconds, ease)

    def turn(self, degrees: float, seconds: float) -> None:
        """Turn on the spot, to the left."""
        self._add(self.pose._replace(heading=self.pose.heading + degrees), seconds, calm)

    def wait(self, seconds: float) -> None:
        """Stay so."""
        self._add(self.pose, seconds, steady)

    def walk(self, seconds: float, pace: float | None = None) -> None:
        """Walk straight on."""
        pace = self.pace if pace is None else pace
        turn = math.radians(self.pose.heading)
        pose = self.pose._replace(
            x=self.pose.x + pace * seconds * math.cos(turn),
            y=self.pose.y + pace * seconds * math.sin(turn),
        )
        self._add(pose, seconds, steady, abs(pace))

    def _add(self, pose: Pose, seconds: float, ease: Ease, stride: float = 0.0) -> None:
        self.steps.append(Step(self.at, self.at + seconds, pose, ease, stride))
        self.pose = pose
        self.at += seconds

    def played(self, times: Array) -> Array:
        """Return the key points in the room at *times*: n × 17 × 3 metres."""
        return joints(self.rows(times), self.build)

    def rows(self, times: Array) -> Array:
        """Return the poses at *times*, one `Pose` in each row."""
        rows = np.tile(np.array(self.steps[0].pose, float), (len(times), 1))
        before = np.array(self.steps[0].pose, float)
        strides = np.zeros(len(times))
        for step in self.steps:
            after = np.array(step.pose, float)
            now = (times >= step.begin) & (times < step.end)
            share = (times[now] - step.begin) / max(1e-6, step.end - step.begin)
            rows[now] = before + step.ease(share)[:, None] * (after - before)
            rows[times >= step.end] = after
            strides[now] = step.stride
            before = after
        self._swing(rows, times, strides)
        return rows

    def _swing(self, rows: Array, times: Array, strides: Array) -> None:
        """Let arms and legs swing in walking, and nobody be quite still."""
        generator = np.random.default_rng(round(1000 * self.build.stature + self.at * 10))
        step = 0.42 * self.build.stature * np.clip(strides, 0.25, 1.6) ** 0.5
        cycles = np.cumsum(np.append(0.0, np.diff(times)) * strides / (2 * step)) * 2 * math.pi
        thigh = np.degrees(np.arctan(step / self.build.stature)) * (strides > 0)
        swing = np.sin(cycles) * thigh
        arms = 0.8 * swing * (rows[:, COLUMNS["elbow_left"]] < 60)
        rows[:, COLUMNS["thigh_left"]] += swing
        rows[:, COLUMNS["thigh_right"]] -= swing
        rows[:, COLUMNS["knee_left"]] += np.maximum(0, np.cos(cycles)) * 1.6 * thigh
        rows[:, COLUMNS["knee_right"]] += np.maximum(0, -np.cos(cycles)) * 1.6 * thigh
        rows[:, COLUMNS["arm_left"]] -= arms
        rows[:, COLUMNS["arm_right"]] += arms
        for name, most in (("lean", 1.5), ("left", 1.5), ("arm_left", 5), ("arm_right", 5)):
            rate, phase = generator.uniform(0.15, 0.6), generator.uniform(0, 2 * math.pi)
            rows[:, COLUMNS[name]] += most * np.sin(2 * math.pi * rate * times + phase)


class Scene:
    """Who acts, where the camera may not see, and when somebody fell."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator
        self.actors: list[Actor] = []
        self.onset: float | None = None
        """Second at which somebody begins to fall."""
        self.impact: float | None = None
        """Second at which the body has come down."""
        self.toward = 0.0
        """Degrees in the room, to which side somebody falls or walks."""
        self.course: float | None = None
        """Degrees from straight away from the camera to `toward`, where it matters."""
        self.screen = False
        """A table or counter is between the camera and the first actor."""
        self.framing = "whole"
        """whole; edge: partly out of the picture; free: as it comes."""
        self.backwards = False
        self.rest = ""
        """How the fallen body lies."""

    @property
    def end(self) -> float:
        """Seconds that it lasts."""
        return self.actors[0].at

    def enter(self, *, child: bool | None = None) -> Actor:
        """Let a new person come: old, grown or a child."""
        draw = self.generator
        if child is None:
            child = bool(draw.random() < 0.06)
        if child:
            build = Build(draw.uniform(1.1, 1.4), draw.uniform(0.85, 1.05), 0.93, 1.25)
            pace = draw.uniform(0.6, 1.4)
        elif draw.random() < 0.5:
            build = Build(
                draw.uniform(1.45, 1.8), draw.uniform(0.9, 1.3), draw.uniform(0.94, 1.02),
                hunch=draw.uniform(0, 28),
            )  # fmt: skip
            pace = draw.uniform(0.25, 0.8)
        else:
            build = Build(
                draw.uniform(1.5, 1.9), draw.uniform(0.85, 1.2), draw.uniform(0.95, 1.06),
                hunch=draw.uniform(0, 8),
            )  # fmt: skip
            pace = draw.uniform(0.7, 1.4)
        actor = Actor(draw, build, pace)
        actor.begin(_hands(actor, STAND))
        self.actors.append(actor)
        return actor

    def falls(self, actor: Actor, direction: float) -> None:
        """Remember that *actor* begins to fall now, *direction* degrees from ahead."""
        self.onset = actor.at
        self.toward = actor.pose.heading + direction

    def lands(self, actor: Actor, style: str) -> None:
        """Remember that *actor* is down now."""
        self.impact = actor.at
        self.rest = style


def _hands(actor: Actor, pose: Pose) -> Pose:
    """Return *pose* with hands that hang, carry something or are in the pockets."""
    if actor.chance(0.6):
        return pose
    if actor.chance(0.5):
        return pose.arms(25, 8, actor.between(70, 100))
    return pose._replace(arm_right=30.0, elbow_right=actor.between(80, 110))


def resting(actor: Actor, direction: float, style: str = "") -> tuple[Pose, str]:
    """Return how somebody lies who fell *direction* degrees from ahead, and its name.

    An empty *style* is chosen by the direction: ahead mostly on the belly, back on the back.
    """
    ahead = math.cos(math.radians(direction))
    if not style:
        weights = {
            "prone": 0.5 if ahead > 0.5 else 0.15 if ahead > -0.5 else 0.03,
            "supine": 0.08 if ahead > 0.5 else 0.2 if ahead > -0.5 else 0.55,
            "side": 0.25 if abs(ahead) > 0.5 else 0.45,
            "curled": 0.15,
        }
        names = list(weights)
        shares = np.array(list(weights.values()))
        style = names[int(actor.generator.choice(len(names), p=shares / shares.sum()))]
    if style == "propped":
        pose = Pose(lean=-actor.between(30, 60), left=actor.between(-15, 15), bend=15, nod=20)
        pose = pose.legs(actor.between(50, 75), actor.between(10, 50)).arms(10, 25, 30)
        return pose, style
    other = {"prone": 0.0, "supine": 180.0}.get(style, 90.0 if actor.chance(0.5) else -90.0)
    twist = (direction + other + actor.between(-25, 25) + 180) % 360 - 180
    lean = actor.between(82, 90)
    pose = Pose(
        lean=lean * math.cos(math.radians(direction)),
        left=lean * math.sin(math.radians(direction)),
        twist=twist, bend=actor.between(0, 15), nod=actor.between(-5, 15),
    )  # fmt: skip
    if style == "curled":
        pose = pose._replace(bend=actor.between(20, 40))
        pose = pose.legs(actor.between(60, 105), actor.between(70, 120))
    elif actor.chance(0.35):
        pose = pose.legs(actor.between(20, 60), actor.between(40, 95))
    else:
        pose = pose._replace(
            thigh_left=actor.between(-5, 20), thigh_right=actor.between(-5, 20),
            knee_left=actor.between(5, 40), knee_right=actor.between(5, 40),
        )  # fmt: skip
    pose = pose._replace(
        arm_left=actor.between(0, 90), arm_right=actor.between(0, 90),
        out_left=actor.between(5, 60), out_right=actor.between(5, 60),
        elbow_left=actor.between(5, 90), elbow_right=actor.between(5, 90),
    )  # fmt: skip
    if actor.chance(0.25):
        pose = pose._replace(arm_left=actor.between(140, 180), elbow_left=actor.between(5, 40))
    return pose, style


def afterwards(actor: Actor, seconds: float) -> None:
    """Lie for *seconds*: still, or rolling, trying to get up, waving."""
    down, until = actor.pose, actor.at + seconds
    actor.wait(min(seconds, actor.between(0.3, 2.0)))
    how = actor.pick("still", "still", "still", "writhe", "writhe", "roll", "rise", "rise", "wave")
    while actor.at < until - 0.3 and how != "still":
        pose, pause = down, actor.between(0.3, 2.0)
        if how == "writhe":
            pose = down._replace(
                twist=down.twist + actor.between(-30, 30),
                thigh_left=down.thigh_left + actor.between(-10, 50),
                knee_right=down.knee_right + actor.between(0, 60),
                arm_right=actor.between(0, 120),
            )
        elif how == "roll":
            pose = down._replace(twist=down.twist + actor.between(70, 160))
            how = "still"
        elif how == "rise":
            share = actor.between(0.5, 0.8)
            pose = down._replace(lean=down.lean * share, left=down.left * share, bend=25.0)
        elif how == "wave":
            pose = down._replace(arm_left=actor.between(60, 170), out_left=actor.between(0, 60))
        actor.to(pose, actor.between(0.5, 1.5))
        actor.wait(pause)
        if how == "rise":
            actor.to(down, actor.between(0.4, 1.0))
            actor.wait(actor.between(0.5, 2.5))
    if actor.at < until:
        actor.wait(until - actor.at)


def _come(actor: Actor, seconds: float) -> None:
    """Be on one's feet for a while: standing about, or walking."""
    if actor.chance(0.5):
        actor.wait(seconds)
    else:
        actor.wait(0.4 * seconds)
        actor.walk(0.6 * seconds)


def _drop(
    scene: Scene, actor: Actor, direction: float, seconds: float, *,
    style: str = "", reach: bool = False, ahead: float = 0.0, base: float = 0.0,
) -> None:  # fmt: skip
    """Let *actor* fall from here, and lie for a while."""
    pose, style = resting(actor, direction, style)
    scene.falls(actor, direction)
    if reach:
        actor.to(
            actor.pose._replace(
                arm_left=80.0, arm_right=80.0, elbow_left=20.0, elbow_right=20.0,
                lean=12 * math.cos(math.radians(direction)),
                left=12 * math.sin(math.radians(direction)),
            ),
            0.35 * seconds,
        )  # fmt: skip
        seconds *= 0.65
    turn = math.radians(direction)
    actor.to(
        pose._replace(base=base), seconds, falling(actor.between(1.5, 2.4)),
        ahead=ahead * math.cos(turn), aside=ahead * math.sin(turn),
    )  # fmt: skip
    scene.lands(actor, style)
    afterwards(actor, actor.between(6.0, 10.0))


def trip(scene: Scene) -> None:
    """Stumble ahead while walking."""
    actor = scene.enter()
    actor.walk(actor.between(2.5, 4.5))
    _drop(scene, actor, actor.between(-30, 30), actor.between(0.7, 1.3),
          reach=actor.chance(0.6), ahead=actor.between(0, 0.4))  # fmt: skip


def slip(scene: Scene) -> None:
    """Slip and fall back, the feet going ahead."""
    actor = scene.enter()
    _come(actor, actor.between(2.5, 4.5))
    _drop(scene, actor, actor.between(150, 210), actor.between(0.6, 1.1),
          ahead=-actor.between(0, 0.7))  # fmt: skip


def sideways(scene: Scene) -> None:
    """Fall to one side."""
    actor = scene.enter()
    _come(actor, actor.between(2.5, 4.5))
    direction = actor.between(55, 125) * (1 if actor.chance(0.5) else -1)
    _drop(scene, actor, direction, actor.between(0.7, 1.3))


def faint(scene: Scene) -> None:
    """Collapse over the knees, then lie."""
    actor = scene.enter()
    _come(actor, actor.between(2.5, 4.5))
    direction = actor.between(-180, 180)
    scene.falls(actor, direction)
    down = people.ALMOST if actor.chance(0.5) else people.SQUAT
    down = down._replace(lean=down.lean * actor.between(0.3, 1.0))
    actor.to(down, actor.between(0.5, 1.1), falling(1.7))
    if actor.chance(0.3):
        actor.to(people.HEELS, actor.between(0.2, 0.5), steady)
    pose, style = resting(actor, direction)
    actor.to(pose, actor.between(0.4, 0.9), falling(1.5))
    scene.lands(actor, style)
    afterwards(actor, actor.between(6.0, 10.0))


def slide(scene: Scene) -> None:
    """Slide slowly down along a wall, and lie or half sit there."""
    actor = scene.enter()
    actor.wait(actor.between(2.5, 4.0))
    scene.falls(actor, 180.0)
    actor.to(people.DRAWN_UP._replace(lean=-12.0), actor.between(1.3, 3.0), falling(1.3))
    pose, style = resting(actor, 180.0, "propped" if actor.chance(0.4) else "")
    if style != "propped":
        pose, style = resting(actor, actor.between(90, 150) * (1 if actor.chance(0.5) else -1))
    actor.to(pose, actor.between(0.6, 1.5), falling(1.3))
    scene.lands(actor, style)
    afterwards(actor, actor.between(6.0, 10.0))


def rising(scene: Scene) -> None:
    """Get up from a chair, lose one's balance, fall."""
    actor = scene.enter()
    actor.begin(people.SIT)
    actor.wait(actor.between(2.0, 4.0))
    up = STAND._replace(lean=actor.between(5, 25)).legs(actor.between(5, 40), actor.between(5, 50))
    actor.to(up, actor.between(0.8, 1.8))
    _drop(scene, actor, actor.between(-180, 180), actor.between(0.6, 1.2))


def chair_slide(scene: Scene) -> None:
    """Slide off the front of a chair."""
    actor = scene.enter()
    actor.begin(people.SIT)
    actor.wait(actor.between(2.0, 4.0))
    scene.falls(actor, 180.0)
    actor.to(people.SLUMP, actor.between(0.6, 1.8))
    style = "propped" if actor.chance(0.3) else "supine" if actor.chance(0.5) else "side"
    pose, style = resting(actor, 180.0, style)
    actor.to(pose, actor.between(0.6, 1.4), falling(1.6), ahead=actor.between(0.3, 0.8))
    scene.lands(actor, style)
    afterwards(actor, actor.between(6.0, 10.0))


def chair_side(scene: Scene) -> None:
    """Fall sideways or ahead out of a chair."""
    actor = scene.enter()
    actor.begin(people.SIT)
    actor.wait(actor.between(2.0, 4.0))
    direction = actor.between(-120, 120)
    _drop(scene, actor, direction, actor.between(0.6, 1.3), ahead=actor.between(-0.3, 0.3))


def bed_roll(scene: Scene) -> None:
    """Roll out of a low bed."""
    actor = scene.enter()
    lies = Pose(lean=-88, twist=actor.between(-30, 30), base=0.45).legs(
        actor.between(0, 30), actor.between(5, 50)
    )
    actor.begin(lies)
    actor.wait(actor.between(2.0, 4.0))
    side = 1 if actor.chance(0.5) else -1
    scene.falls(actor, 90.0 * side)
    actor.to(lies._replace(twist=60.0 * side), actor.between(0.4, 1.2), aside=0.25 * side)
    down = lies._replace(twist=actor.between(80, 190) * side, base=0.0)
    actor.to(down, actor.between(0.35, 0.7), falling(1.8), aside=0.35 * side)
    scene.lands(actor, "rolled")
    afterwards(actor, actor.between(6.0, 10.0))


def onto_bed(scene: Scene) -> None:
    """Fall onto a bed from standing; data sets call it a fall, and no zone is drawn."""
    actor = scene.enter()
    _come(actor, actor.between(2.5, 4.5))
    _drop(scene, actor, actor.between(120, 240), actor.between(0.7, 1.2), base=0.45)


def stool(scene: Scene) -> None:
    """Fall from a stool that one stands on."""
    actor = scene.enter(child=False)
    actor.begin(STAND._replace(base=0.4).arms(120, 10, 40))
    actor.wait(actor.between(2.0, 4.0))
    _drop(scene, actor, actor.between(-180, 180), actor.between(0.7, 1.2),
          ahead=actor.between(0.1, 0.5))  # fmt: skip


def on_hands(scene: Scene) -> None:
    """Fall onto hands and knees first, then flat."""
    actor = scene.enter()
    actor.walk(actor.between(2.5, 4.5))
    scene.falls(actor, 0.0)
    actor.to(people.FOURS, actor.between(0.6, 1.1), falling(1.8), ahead=0.2)
    pose, style = resting(actor, actor.between(-40, 40))
    scene.lands(actor, style)
    actor.wait(actor.between(0.0, 1.2))
    actor.to(pose, actor.between(0.4, 1.2), falling(1.4))
    afterwards(actor, actor.between(6.0, 10.0))


PLAIN = (trip, slip, sideways, faint)


def _plain(scene: Scene) -> None:
    PLAIN[int(scene.generator.integers(len(PLAIN)))](scene)


def behind_table(scene: Scene) -> None:
    """Any plain fall, partly hidden behind a table."""
    scene.screen = True
    _plain(scene)


def at_edge(scene: Scene) -> None:
    """Any plain fall, partly out of the picture."""
    scene.framing = "edge"
    _plain(scene)


def entering(scene: Scene) -> None:
    """Come into the picture and fall within a second or two."""
    scene.framing = "free"
    actor = scene.enter()
    actor.walk(actor.between(1.2, 2.0), max(0.7, actor.pace))
    _drop(scene, actor, actor.between(-60, 60), actor.between(0.7, 1.3), reach=actor.chance(0.5))
    _from(scene, actor.between(0.8, 1.4))


def short(scene: Scene) -> None:
    """A clip that begins just before a fall and ends just after it."""
    (*PLAIN, on_hands, chair_side)[int(scene.generator.integers(len(PLAIN) + 2))](scene)
    draw = scene.generator
    _from(scene, float(draw.uniform(0.5, 1.0)))
    assert scene.impact is not None
    scene.actors[0].at = scene.impact + float(draw.uniform(1.5, 2.5))


def _from(scene: Scene, lead: float) -> None:
    """Cut off what is earlier than *lead* seconds before the fall."""
    assert scene.onset is not None and scene.impact is not None
    cut = max(0.0, scene.onset - lead)
    for actor in scene.actors:
        actor.steps = [step._replace(begin=step.begin - cut, end=step.end - cut)
                       for step in actor.steps]  # fmt: skip
        actor.at -= cut
    scene.onset -= cut
    scene.impact -= cut


def helped(scene: Scene) -> None:
    """Any plain fall; somebody comes and bends over."""
    _plain(scene)
    assert scene.impact is not None
    fallen, helper = scene.actors[0], scene.enter(child=False)
    body = fallen.played(np.array([scene.impact]))[0, :, :2].mean(axis=0)
    come = math.radians(scene.toward + helper.between(60, 300))
    far = helper.between(2.5, 3.5)
    start = body + far * np.array([math.cos(come), math.sin(come)])
    helper.begin(STAND, x=float(start[0]), y=float(start[1]), heading=math.degrees(come) + 180)
    helper.wait(scene.impact + helper.between(0.0, 1.5))
    helper.walk((far - 0.6) / 1.2, 1.2)
    helper.to(people.STOOP if helper.chance(0.5) else people.SQUAT, 1.0)
    helper.wait(10.0)


FALLS: dict[str, Callable[[Scene], None]] = {
    act.__name__: act
    for act in (
        trip, slip, sideways, faint, slide, rising, chair_slide, chair_side, bed_roll, onto_bed,
        stool, on_hands, behind_table, at_edge, entering, short, helped,
    )
}  # fmt: skip


def _across(scene: Scene, course: Sequence[float]) -> None:
    scene.course = course[int(scene.generator.integers(len(course)))]
    actor = scene.enter()
    actor.walk(min(8.0, actor.between(2.0, 3.5) / actor.pace))


def walk_across(scene: Scene) -> None:
    """Walk from one side to the other."""
    _across(scene, (90.0, -90.0, 60.0, -120.0))


def walk_towards(scene: Scene) -> None:
    """Come towards the camera."""
    _across(scene, (180.0, 160.0, 200.0))


def walk_away(scene: Scene) -> None:
    """Go away from the camera."""
    _across(scene, (0.0, 20.0, -20.0))


def _seat(actor: Actor) -> Pose:
    return people.SIT._replace(lean=actor.between(-18, 5), base=0.0).legs(
        actor.between(78, 95), actor.between(70, 100)
    )


def sit(scene: Scene) -> None:
    """Sit down on a chair, slowly."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    actor.to(_seat(actor), actor.between(1.2, 2.5))
    actor.wait(actor.between(4, 8))


def sit_heavily(scene: Scene) -> None:
    """Drop onto a chair."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    actor.to(_seat(actor), actor.between(0.5, 0.9), falling(1.6))
    actor.wait(actor.between(4, 8))


def stand_up(scene: Scene) -> None:
    """Get up from a chair and walk."""
    actor = scene.enter()
    actor.begin(_seat(actor))
    actor.wait(actor.between(2.0, 5.0))
    actor.to(actor.pose._replace(lean=35.0, bend=20.0).legs(125, 95), actor.between(0.4, 0.9))
    actor.to(STAND, actor.between(0.6, 1.5))
    actor.walk(actor.between(1.0, 3.0))


def _to_bed(actor: Actor, sitting: float, lying: float, ease: Ease) -> Pose:
    """Sit on the edge, then lie down; return how one lies."""
    height = actor.between(0.38, 0.52)
    actor.to(_seat(actor), sitting)
    side = 1 if actor.chance(0.5) else -1
    lies = Pose(lean=0.0, left=88.0 * side, twist=-90.0 * side, base=height)
    lies = lies.legs(actor.between(0, 40), actor.between(5, 70)).arms(20, 15, 50)
    actor.wait(actor.between(0.2, 2.0))
    actor.to(lies, lying, ease, ahead=-0.3, aside=-0.6 * side)
    return lies


def bed_calm(scene: Scene) -> None:
    """Sit down on a bed and lie down; no zone is drawn."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    _to_bed(actor, actor.between(1.0, 2.0), actor.between(1.4, 3.0), calm)
    actor.wait(actor.between(5, 15))


def bed_flop(scene: Scene) -> None:
    """Throw oneself onto a bed at once; no zone is drawn."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    pose, _ = resting(actor, actor.between(140, 220), "supine" if actor.chance(0.7) else "side")
    actor.to(pose._replace(base=actor.between(0.38, 0.52)), actor.between(0.8, 1.3), falling(1.5))
    actor.wait(actor.between(5, 15))


def sofa_throw(scene: Scene) -> None:
    """Throw oneself onto a sofa and lie back in it."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    back = people.SLUMP._replace(lean=-actor.between(20, 45)).legs(
        actor.between(50, 75), actor.between(40, 90)
    )
    actor.to(back, actor.between(0.5, 0.9), falling(1.6), ahead=actor.between(-0.2, 0.2))
    actor.wait(actor.between(4, 10))


def get_up(scene: Scene) -> None:
    """Get out of bed."""
    actor = scene.enter()
    side = 1 if actor.chance(0.5) else -1
    actor.begin(
        Pose(left=88.0 * side, twist=-90.0 * side, base=0.45).legs(actor.between(0, 40), 30)
    )
    actor.wait(actor.between(3.0, 6.0))
    actor.to(_seat(actor), actor.between(0.9, 2.5), ahead=0.3, aside=0.6 * side)
    actor.wait(actor.between(0.3, 3.0))
    actor.to(STAND, actor.between(0.8, 2.0))
    actor.walk(actor.between(1.0, 3.0))


def floor_sit(scene: Scene) -> None:
    """Sit down on the floor and stay."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    actor.to(people.SQUAT, actor.between(0.6, 1.2))
    low = people.FLOOR_SIT if actor.chance(0.5) else people.DRAWN_UP
    actor.to(low, actor.between(0.4, 1.2))
    actor.wait(actor.between(5, 20))


def kneel(scene: Scene) -> None:
    """Kneel down and stay, upright or on the heels."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    actor.to(people.KNEEL, actor.between(0.8, 1.8))
    if actor.chance(0.5):
        actor.to(people.HEELS, actor.between(0.5, 1.2))
    actor.wait(actor.between(4, 12))


def squat(scene: Scene) -> None:
    """Squat several times."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 3.0))
    for _ in range(3):
        actor.to(people.SQUAT, actor.between(0.5, 1.1))
        actor.wait(actor.between(0.1, 3.0))
        actor.to(STAND, actor.between(0.5, 1.1))
        actor.wait(actor.between(0.1, 1.0))


def tie_shoes(scene: Scene) -> None:
    """Tie shoes: seated, squatting, or bent over."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    how = actor.pick("seated", "squatting", "bent")
    if how == "seated":
        actor.to(_seat(actor), actor.between(0.9, 1.6))
        actor.wait(actor.between(0.3, 1.5))
        actor.to(people.TIE_SHOES, actor.between(0.6, 1.2))
    else:
        low = people.SQUAT if how == "squatting" else people.STOOP
        actor.to(low._replace(bend=35.0), actor.between(0.7, 1.5))
    actor.wait(actor.between(3, 10))
    actor.to(STAND, actor.between(0.8, 1.5))
    actor.wait(1.5)


def _pick(scene: Scene, low: Pose) -> None:
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    for _ in range(2):
        actor.to(low, actor.between(0.5, 1.2))
        actor.wait(actor.between(0.2, 2.5))
        actor.to(STAND, actor.between(0.5, 1.2))
        actor.wait(actor.between(0.5, 1.5))


def pick_bent(scene: Scene) -> None:
    """Pick things up with bent knees."""
    _pick(scene, people.BOW if scene.generator.random() < 0.5 else people.SQUAT)


def pick_straight(scene: Scene) -> None:
    """Pick things up with straight knees."""
    _pick(scene, people.STOOP._replace(lean=float(scene.generator.uniform(55, 85))))


def push_ups(scene: Scene) -> None:
    """Go down calmly, exercise on the floor for less than half a minute, get up."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 3.0))
    seconds = actor.between(2.0, 4.0)
    actor.to(people.KNEEL, 0.4 * seconds)
    actor.to(people.FOURS, 0.25 * seconds)
    actor.to(Pose(lean=84, nod=-10).arms(85, 15, 10), 0.35 * seconds)
    up = Pose(lean=72, nod=-10).arms(72, 15, 5)._replace(air=0.0)
    for _ in range(int(actor.generator.integers(3, 8))):
        actor.to(up, actor.between(0.5, 1.0))
        actor.to(Pose(lean=86, nod=-10).arms(85, 30, 90), actor.between(0.5, 1.0))
    actor.to(people.FOURS, actor.between(0.6, 1.2))
    actor.to(people.KNEEL, actor.between(0.5, 1.0))
    actor.to(STAND, actor.between(0.8, 1.5))
    actor.wait(1.5)


def mat(scene: Scene) -> None:
    """Lie down calmly on one's back, raise the legs in turn, get up after ten to twenty seconds."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 3.0))
    seconds = actor.between(2.5, 4.0)
    actor.to(people.SQUAT, 0.3 * seconds)
    actor.to(people.FLOOR_SIT, 0.3 * seconds)
    lies = Pose(lean=-88).legs(30, 60)
    actor.to(lies, 0.4 * seconds)
    for _ in range(int(actor.generator.integers(4, 8))):
        actor.to(lies._replace(thigh_left=85.0, knee_left=10.0), actor.between(0.6, 1.2))
        actor.to(lies._replace(thigh_right=85.0, knee_right=10.0), actor.between(0.6, 1.2))
    actor.to(people.FLOOR_SIT, actor.between(0.8, 1.5))
    actor.to(people.SQUAT, actor.between(0.7, 1.2))
    actor.to(STAND, actor.between(0.7, 1.2))
    actor.wait(1.5)


def jump(scene: Scene) -> None:
    """Jump on the spot."""
    actor = scene.enter()
    _come(actor, 2.0)
    for _ in range(int(actor.generator.integers(3, 8))):
        actor.to(STAND._replace(lean=20.0).legs(50, 60), actor.between(0.25, 0.5))
        actor.to(STAND._replace(air=actor.between(0.1, 0.35)).arms(120), 0.2, steady)
        actor.to(STAND._replace(lean=15.0).legs(35, 45), 0.25, falling(1.6))
    actor.to(STAND, 0.4)
    actor.wait(1.0)


def child_plays(scene: Scene) -> None:
    """A child runs, turns, squats, sits on the floor, gets up."""
    actor = scene.enter(child=True)
    for _ in range(4):
        actor.walk(actor.between(0.6, 1.5), actor.between(0.8, 1.6))
        actor.turn(actor.between(90, 270), 0.5)
        low = (people.SQUAT, people.FLOOR_SIT, people.KNEEL, people.HEELS)
        actor.to(low[int(actor.generator.integers(4))], actor.between(0.4, 0.9))
        actor.wait(actor.between(0.5, 4.0))
        actor.to(STAND, actor.between(0.4, 0.9))


def crawl(scene: Scene) -> None:
    """Kneel down, crawl under a table after something, come back and get up."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 3.0))
    actor.to(people.KNEEL, actor.between(0.8, 1.6))
    actor.to(people.FOURS, actor.between(0.6, 1.2))
    low = people.FOURS._replace(lean=95.0, arm_left=120.0).legs(70, 70)
    actor.to(low, actor.between(1.0, 2.0), ahead=0.5)
    actor.wait(actor.between(1.0, 5.0))
    actor.to(people.FOURS, actor.between(1.0, 2.0), ahead=-0.5)
    actor.to(people.KNEEL, actor.between(0.6, 1.2))
    actor.to(STAND, actor.between(0.8, 1.5))
    actor.wait(1.5)


def sweep(scene: Scene) -> None:
    """Sweep the floor."""
    actor = scene.enter()
    for _ in range(6):
        bent = STAND._replace(lean=actor.between(15, 40), bend=20.0).legs(25, 15)
        actor.to(bent.arms(actor.between(50, 90), 10, 20), actor.between(0.5, 1.0))
        actor.turn(actor.between(-40, 40), 0.4)
        actor.walk(actor.between(0.3, 0.8), 0.4)


def crossing(scene: Scene) -> None:
    """Two people pass one before the other."""
    first, second = scene.enter(), scene.enter()
    first.begin(STAND, x=-1.5)
    second.begin(STAND, x=1.5, y=first.between(0.5, 1.2), heading=180.0)
    first.walk(3.0 / 0.9, 0.9)
    second.walk(3.0 / 0.9, first.between(0.6, 1.2))
    scene.course = first.between(50, 130)


def leave_below(scene: Scene) -> None:
    """Walk under the camera, out of the picture's lower edge."""
    scene.course, scene.framing = 180.0, "free"
    actor = scene.enter()
    actor.walk(4.5 / max(0.6, actor.pace), max(0.6, actor.pace))


def very_close(scene: Scene) -> None:
    """Come up to the camera, stand there, bend to it, go back."""
    scene.course, scene.framing = 180.0, "free"
    actor = scene.enter()
    pace = max(0.6, actor.pace)
    seconds = actor.between(2.0, 3.0) / pace
    actor.walk(seconds, pace)
    actor.wait(actor.between(1.0, 3.0))
    actor.to(STAND._replace(lean=actor.between(0, 40)).legs(20, 10), 0.8)
    actor.wait(actor.between(1.0, 3.0))
    actor.to(STAND, 0.8)
    actor.turn(180.0, 1.0)
    actor.walk(seconds, pace)


def sit_hidden(scene: Scene) -> None:
    """Sit down behind a table that hides the legs."""
    scene.screen = True
    (sit if scene.generator.random() < 0.5 else sit_heavily)(scene)


def cough(scene: Scene) -> None:
    """Cough and bend violently."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 3.0))
    for _ in range(int(actor.generator.integers(3, 7))):
        bent = STAND._replace(lean=actor.between(20, 50), bend=actor.between(15, 35))
        bent = bent.legs(actor.between(25, 50), actor.between(5, 30)).arms(60, 8, 100)
        actor.to(bent, actor.between(0.2, 0.45))
        actor.to(STAND._replace(lean=10.0), actor.between(0.25, 0.6))
    actor.wait(2.0)


def floor_rise(scene: Scene) -> None:
    """Lie on the floor from the beginning, then get up over the knees."""
    actor = scene.enter()
    pose, _ = resting(actor, actor.between(-180, 180))
    actor.begin(pose)
    actor.wait(actor.between(2.0, 8.0))
    via = (people.FOURS, people.KNEEL) if actor.chance(0.6) else (people.FLOOR_SIT, people.SQUAT)
    for low in via:
        actor.to(low, actor.between(0.8, 1.6))
        actor.wait(actor.between(0.2, 1.5))
    actor.to(STAND, actor.between(0.8, 1.6))
    actor.wait(2.0)


def backwards(scene: Scene) -> None:
    """A plain fall played backwards."""
    kinds = (*PLAIN, on_hands, rising, chair_side, chair_slide)
    kinds[int(scene.generator.integers(len(kinds)))](scene)
    scene.onset = scene.impact = None
    scene.backwards = True


def in_bed(scene: Scene) -> None:
    """Lie in bed, turn over, sit up and lie back; no zone is drawn."""
    actor = scene.enter()
    side = 1 if actor.chance(0.5) else -1
    lies = Pose(left=88.0 * side, twist=-90.0 * side, base=actor.between(0.38, 0.52))
    lies = lies.legs(actor.between(0, 40), actor.between(5, 60))
    actor.begin(lies)
    for _ in range(int(actor.generator.integers(2, 5))):
        actor.wait(actor.between(0.5, 4.0))
        how = actor.pick("turn", "turn", "rise", "knees")
        if how == "turn":
            turned = lies.twist + actor.between(60, 120) * (1 if actor.chance(0.5) else -1)
            actor.to(lies._replace(twist=turned), actor.between(0.6, 1.8))
        elif how == "knees":
            actor.to(lies.legs(actor.between(30, 80), actor.between(50, 100)), 1.0)
        else:
            up = lies._replace(left=lies.left * actor.between(0.1, 0.5), bend=25.0)
            actor.to(up.legs(actor.between(60, 95), 30), actor.between(0.8, 1.8))
            actor.wait(actor.between(0.3, 5.0))
            actor.to(lies, actor.between(0.7, 1.8))


def doze(scene: Scene) -> None:
    """Sit down, slide a little lower, let the head sink, doze."""
    actor = scene.enter()
    _come(actor, actor.between(1.0, 3.0))
    actor.to(_seat(actor), actor.between(0.9, 2.0))
    actor.wait(actor.between(0.5, 3.0))
    slumped = people.SLUMP._replace(nod=actor.between(10, 45), left=actor.between(-25, 25))
    actor.to(slumped, actor.between(0.5, 3.0))
    actor.wait(actor.between(4, 12))


def lie_down(scene: Scene) -> None:
    """Lie down on the floor on purpose, without haste, and stay."""
    actor = scene.enter()
    _come(actor, actor.between(1.5, 3.0))
    ways = ((people.SQUAT, people.FLOOR_SIT), (people.KNEEL, people.FOURS), (people.KNEEL,))
    for low in ways[int(actor.generator.integers(len(ways)))]:
        actor.to(low, actor.between(0.8, 1.6))
        actor.wait(actor.between(0.1, 1.5))
    pose, _ = resting(actor, actor.between(-180, 180))
    actor.to(pose, actor.between(1.0, 2.2))
    actor.wait(actor.between(5, 12))


def exercise(scene: Scene) -> None:
    """Touch the toes, bend sideways, lunge."""
    actor = scene.enter()
    _come(actor, 1.5)
    for _ in range(int(actor.generator.integers(3, 8))):
        how = actor.pick("toes", "side", "lunge", "arms")
        pose = people.STOOP if how == "toes" else STAND.arms(170)
        if how == "side":
            pose = pose._replace(left=actor.between(20, 45) * (1 if actor.chance(0.5) else -1))
        elif how == "lunge":
            pose = pose._replace(
                thigh_left=80.0, knee_left=85.0, thigh_right=-20.0, knee_right=60.0
            )
        actor.to(pose, actor.between(0.4, 1.1))
        actor.wait(actor.between(0.0, 1.5))
        actor.to(STAND, actor.between(0.4, 1.1))
    actor.wait(1.0)


def leave_aside(scene: Scene) -> None:
    """Walk out of the picture at its side."""
    scene.framing = "free"
    scene.course = 90.0 if scene.generator.random() < 0.5 else -90.0
    actor = scene.enter()
    actor.walk(5.0 / max(0.6, actor.pace), max(0.6, actor.pace))


def drop_flat(scene: Scene) -> None:
    """Drop flat on the floor on purpose, and stay."""
    actor = scene.enter()
    _come(actor, actor.between(2.0, 4.0))
    actor.to(people.KNEEL, actor.between(0.4, 0.7))
    pose, _ = resting(actor, 0.0, "prone")
    actor.to(pose, actor.between(0.5, 1.0))
    actor.wait(actor.between(5, 10))


ACTS: dict[str, Callable[[Scene], None]] = {
    act.__name__: act
    for act in (
        walk_across, walk_towards, walk_away, sit, sit_heavily, stand_up, bed_calm, sofa_throw,
        get_up, floor_sit, kneel, squat, tie_shoes, pick_bent, pick_straight, push_ups, mat, jump,
        child_plays, crawl, sweep, crossing, leave_below, very_close, sit_hidden, cough,
        floor_rise, backwards, in_bed, doze, lie_down, exercise, leave_aside, bed_flop, drop_flat,
    )
}  # fmt: skip
ALLOWED = frozenset({"bed_flop", "drop_flat"})
"""Acts about which an alarm is right too: nothing tells them from a fall."""
