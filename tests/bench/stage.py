"""A furnished room with people in it, and a camera's pictures of it.

Walls, furniture, patterns and light are drawn at random; beds, stools and chairs stand where
somebody's poses need them. Pictures are as large as the kiosk asks a camera for.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from drivers.vision.pose import Frame
from tests.bench.acting import Actor, Scene
from tests.bench.people import Array, Pose, joints
from tests.bench.seeing import ASIDE, TABLE, View, counter_before

# One processor for each film; the renderer would take them all for each.
os.environ.setdefault("LP_NUM_THREADS", "1")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

import vtk
from vtk.util import numpy_support

from tests.bench.bodies import CLEAR, Body, cells, kin
from tests.bench.patterns import pattern

LONG_SIDE = 640
"""Pixels."""
LOW, NARROW = 0.2, 0.25
"""Metres: what bears a body higher than that is furniture; half a body's width."""
AMBIENT = 0.4
"""Share of a surface's colour that no shadow takes."""
MARK = (255, 0, 255)
"""A colour that no surface has."""


class Stage:
    """A room with its furniture, lights, camera and people."""

    def __init__(self, scene: Scene, view: View, chance: np.random.Generator) -> None:
        self._view, self._chance = view, chance
        wide, high = (1.0, 1 / view.aspect) if view.aspect >= 1 else (view.aspect, 1.0)
        self._renderer = vtk.vtkRenderer()
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetSize(round(LONG_SIDE * wide), round(LONG_SIDE * high))
        self._window.SetMultiSamples(0)  # smooth edges would cost more than they change
        self._window.AddRenderer(self._renderer)
        self._picture = vtk.vtkWindowToImageFilter()
        self._picture.SetInput(self._window)
        self._picture.ReadFrontBufferOff()
        self._picture.ShouldRerenderOff()
        moments = np.linspace(0.0, scene.end, 60)
        played = [view.place(actor.played(moments)) for actor in scene.actors]
        self._build_room(np.concatenate(played).reshape(-1, 3))
        self._furnish(scene)
        if scene.screen:
            edge, middle = counter_before(played[0])
            self._box((max(0.3, edge - 0.7), edge), (middle - ASIDE, middle + ASIDE), (0.0, TABLE))
        self._sun = self._light()
        self._people = [self._enter(actor) for actor in scene.actors]

    def _build_room(self, stage: Array) -> None:
        draw, add = self._chance.uniform, self._wall
        # The camera is in the room too, at the origin.
        ends, low, high = stage[:, 0].max(), min(-0.2, stage[:, 1].min()), stage[:, 1].max()
        high = max(0.2, high)
        back, right, left = ends + draw(0.3, 2.5), low - draw(0.3, 2.5), high + draw(0.3, 2.5)
        ceiling = max(draw(2.6, 3.2), self._view.height + 0.15)
        deep, wide = back + 3, left - right
        for level in (0.0, ceiling):
            add((-3, right, level), (deep, 0, 0), (0, wide, 0), draw(0.3, 1.2))
        add((back, right, 0), (0, wide, 0), (0, 0, ceiling), draw(0.2, 0.8))
        for side in (right, left):
            add((-3, side, 0), (deep, 0, 0), (0, 0, ceiling), draw(0.2, 0.8))
        for _ in range(self._chance.integers(0, 3)):
            # Pictures, doors, and windows that shine.
            y, z = draw(right, left - 0.5), draw(0, 1.5)
            size = min(draw(0.4, 1.4), left - y), min(draw(0.4, 2.0), ceiling - z)
            shine = 0.9 if draw() < 0.4 else AMBIENT
            add((back - 0.01, y, z), (0, size[0], 0), (0, 0, size[1]), 0.5, shine)
        for _ in range(self._chance.integers(0, 4)):
            deep, wide, high_ = draw(0.3, 0.7), draw(0.4, 1.6), draw(0.3, 1.9)
            if back - ends > deep:
                y = draw(right, max(right + 0.1, left - wide))
                self._box((back - deep, back), (y, y + wide), (0.0, high_))
        for wall, space, inward in ((right, low - right, 1), (left, left - high, -1)):
            for _ in range(self._chance.integers(0, 3)):
                deep, wide, high_ = draw(0.3, 0.8), draw(0.4, 1.6), draw(0.3, 1.9)
                if space > deep:
                    x = draw(1.5, max(1.6, back - wide))
                    near, far = sorted((wall, wall + inward * deep))
                    self._box((x, x + wide), (near, far), (0.0, high_))

    def _furnish(self, scene: Scene) -> None:
        """Put a bed, a stool or a chair below those who need one."""
        done = set()
        for number, actor in enumerate(scene.actors):
            poses = [step.pose for step in actor.steps]
            bodies = self._view.place(joints(np.array(poses, float), actor.build))
            lying = [math.hypot(pose.lean, pose.left) > 50 for pose in poses]
            floor = [body for pose, body, lies in zip(poses, bodies, lying, strict=True)
                     if lies and pose.base < LOW]  # fmt: skip
            for step, body, lies in zip(actor.steps, bodies, lying, strict=True):
                pose, bed = step.pose, lies and step.pose.base > LOW
                spot = round(pose.base, 2), round(pose.x, 1), round(pose.y, 1), lies
                what = number if bed else spot  # nobody has two beds
                if what in done or (not bed and step.begin >= (scene.onset or math.inf)):
                    continue  # who falls meets nothing to sit on
                if bed:
                    self._bed(pose.base, body, floor)
                if bed or self._carry(pose, body, actor.build.stature):
                    done.add(what)

    def _bed(self, height: float, body: Array, floor: Sequence[Array]) -> None:
        """Put a bed below a body that lies, no wider than where it lies on the *floor* later."""
        along = body[[5, 6], :2].mean(axis=0) - body[[11, 12], :2].mean(axis=0)
        aside = np.array([-along[1], along[0]]) / np.hypot(*along)
        middle = body[:, :2].mean(axis=0)
        wide = [self._chance.uniform(0.4, 0.7)] * 2
        for landed in floor:
            away = float((landed[:, :2].mean(axis=0) - middle) @ aside)
            wide[away < 0] = min(wide[away < 0], max(NARROW, abs(away) - NARROW))
        x, y = middle + aside * (wide[0] - wide[1]) / 2
        half = sum(wide) / 2
        self._box((x - 1.05, x + 1.05), (y - half, y + half), (0.0, height), along)

    def _carry(self, pose: Pose, body: Array, stature: float) -> bool:
        """Put a stool or a chair below a body; return whether it needs one."""
        draw = self._chance.uniform
        hips, knees = (body[pair].mean(axis=0) for pair in ([11, 12], [13, 14]))
        if pose.base > LOW:
            x, y = body[15:, :2].mean(axis=0)
            self._box((x - 0.2, x + 0.2), (y - 0.2, y + 0.2), (0.0, pose.base))
            return True
        if pose.base or not _sits(pose, hips[2] / min(1.0, stature / 1.5)):
            return False
        seat, (x, y, _), ahead = hips[2] - 0.075 * stature, hips, knees - hips
        legs = seat - 0.06 if draw() < 0.6 else 0.0
        self._box((x - 0.25, x + 0.22), (y - 0.23, y + 0.23), (legs, seat), ahead)
        if draw() < 0.6:
            flat = np.array([ahead[0], ahead[1]]) / max(0.01, math.hypot(ahead[0], ahead[1]))
            x, y = x - 0.27 * flat[0], y - 0.27 * flat[1]
            back = seat, seat + draw(0.3, 0.5)
            self._box((x - 0.03, x + 0.03), (y - 0.22, y + 0.22), back, ahead)
        return True

    def _light(self) -> Array:
        """Light the room; return whence most light comes."""
        draw = self._chance.uniform
        sun = np.array([draw(-0.6, 0.6), draw(-0.6, 0.6), 1.0])
        self._renderer.RemoveAllLights()
        self._renderer.AutomaticLightCreationOff()
        aside = np.array([-1.0, draw(-1, 1), 0.6])
        for whence, power in ((sun, draw(0.5, 0.9)), (aside, draw(0.3, 0.8))):
            light = vtk.vtkLight()
            light.SetLightTypeToSceneLight()
            light.SetPositional(0)
            light.SetPosition(*(whence * 10))
            light.SetFocalPoint(0, 0, 0)
            light.SetIntensity(power)
            self._renderer.AddLight(light)
        camera, tilt = self._renderer.GetActiveCamera(), math.radians(self._view.tilt)
        camera.SetPosition(0, 0, self._view.height)
        camera.SetFocalPoint(math.cos(tilt), 0, self._view.height - math.sin(tilt))
        camera.SetViewUp(0, 0, 1)
        camera.SetViewAngle(self._view.field)
        camera.SetClippingRange(0.1, 40)
        return sun

    def _enter(self, actor: Actor) -> tuple[Any, Body, Any, Any]:
        """Return how a body is shown, the body, its surface and that of its shadow."""
        body = Body(actor.build, self._chance)
        skin, shadow = vtk.vtkPolyData(), vtk.vtkPolyData()
        for surface in (skin, shadow):
            surface.SetPoints(vtk.vtkPoints())
            surface.SetPolys(cells(kin().triangles))
        skin.GetPointData().SetScalars(numpy_support.numpy_to_vtk(body.colours, deep=True))
        shown = self._show(skin)
        if self._chance.random() < 0.6:
            dark = self._show(shadow).GetProperty()
            dark.LightingOff()
            dark.SetColor(0.12, 0.11, 0.1)
        return shown, body, skin, shadow

    def _show(self, surface: Any, texture: Any = None, ambient: float = AMBIENT) -> Any:
        """Show a surface; return its actor."""
        mapper = vtk.vtkPolyDataMapper()
        mapper.SetInputData(surface)
        actor = vtk.vtkActor()
        actor.SetMapper(mapper)
        actor.SetTexture(texture)
        looks = actor.GetProperty()
        looks.SetAmbient(ambient)
        looks.SetDiffuse(1.05 - ambient)
        self._renderer.AddActor(actor)
        return actor

    def _wall(
        self, corner: Sequence[float], along: Sequence[float], up: Sequence[float], repeat: float,
        ambient: float = AMBIENT,
    ) -> None:  # fmt: skip
        """Put up a rectangle whose pattern comes *repeat* times a metre."""
        plane = vtk.vtkPlaneSource()
        start = np.array(corner, float)
        plane.SetOrigin(*start)
        plane.SetPoint1(*(start + along))
        plane.SetPoint2(*(start + up))
        plane.Update()
        size = np.linalg.norm([along, up], axis=1) * repeat
        square = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32) * size
        plane.GetOutput().GetPointData().SetTCoords(
            numpy_support.numpy_to_vtk(square.astype(np.float32), deep=True)
        )
        self._show(plane.GetOutput(), pattern(self._chance), ambient)

    def _box(
        self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float],
        along: Array | None = None,
    ) -> None:  # fmt: skip
        """Put up a box, turned so that its x goes *along* something."""
        cube, turn = vtk.vtkCubeSource(), vtk.vtkTransform()
        cube.SetBounds(-(x[1] - x[0]) / 2, (x[1] - x[0]) / 2, *(np.array(y) - sum(y) / 2), *z)
        turn.Translate(sum(x) / 2, sum(y) / 2, 0)
        if along is not None:
            turn.RotateZ(math.degrees(math.atan2(along[1], along[0])))
        placed = vtk.vtkTransformFilter()
        placed.SetInputConnection(cube.GetOutputPort())
        placed.SetTransform(turn)
        placed.Update()
        self._show(placed.GetOutput(), pattern(self._chance))

    def picture(self, bodies: Sequence[tuple[Array, float]]) -> Frame:
        """Return what the camera sees of *bodies*: 17 points each, and the height that bears it."""
        self._place(bodies)
        return self._taken()

    def visible(self, bodies: Sequence[tuple[Array, float]]) -> float:
        """Return what share of the first of *bodies*, where in the picture, nothing hides."""
        self._place(bodies)
        (actor, *_), *_ = self._people
        others = [other for other in self._renderer.GetActors() if other is not actor]
        looks, mapper = actor.GetProperty(), actor.GetMapper()
        mapper.ScalarVisibilityOff()
        looks.SetColor(*(level / 255 for level in MARK))
        looks.LightingOff()
        counts = []
        for shown in (True, False):
            for other in others:
                other.SetVisibility(shown)
            counts.append(int((self._taken() == MARK).all(axis=2).sum()))
        for other in others:
            other.SetVisibility(True)
        mapper.ScalarVisibilityOn()
        looks.LightingOn()
        return counts[0] / max(1, counts[1])

    def _place(self, bodies: Sequence[tuple[Array, float]]) -> None:
        for (_, body, skin, shadow), (points, base) in zip(self._people, bodies, strict=True):
            placed, normals = body.posed(points, base)
            fallen = placed - self._sun * (placed[:, 2:] / self._sun[2])
            fallen[:, 2] = CLEAR
            skin.GetPointData().SetNormals(_floats(normals))
            for surface, where in ((skin, placed), (shadow, fallen)):
                surface.GetPoints().SetData(_floats(where))
                surface.GetPoints().Modified()
                surface.Modified()

    def _taken(self) -> Frame:
        self._window.Render()
        self._picture.Modified()
        self._picture.Update()
        image = self._picture.GetOutput()
        wide, high, _ = image.GetDimensions()
        colours = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
        return np.ascontiguousarray(colours.reshape(high, wide, 3)[::-1, :, ::-1])


def _sits(pose: Pose, hips: float) -> bool:
    """Return whether a body with its *hips* so high (metres, of somebody grown) needs a seat."""
    thighs = min(pose.thigh_left, pose.thigh_right), max(pose.thigh_left, pose.thigh_right)
    if pose.lean < -15:  # leans back, as on a sofa
        return pose.lean > -50 and thighs[0] > 45 and 35 < pose.knee_left < 108 and hips > 0.24
    upright = pose.lean < 30 and 60 < pose.knee_left < 108
    return upright and thighs[0] > 65 and thighs[1] < 100 and hips >= 0.3


def _floats(array: Array) -> Any:
    return numpy_support.numpy_to_vtk(array.astype(np.float32), deep=True)
