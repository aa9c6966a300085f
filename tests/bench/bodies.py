"""Bodies with skin, hair and clothes for the jointed people of `tests.bench.people`.

Shapes are those of Anny (https://github.com/naver/anny, Apache-2.0, of MakeHuman's CC0 data), with
fewer triangles. A body follows the 17 points that a pose model would find: each part turns as its
points say and keeps its own length.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import anny
import numpy as np
import torch
import vtk
from numpy.typing import NDArray
from vtk.util import numpy_support

from tests.bench.people import Array, Build

FEWER = 0.82
"""Share of the triangles that is left out: pictures are small."""
CHILD = 1.42
"""Metres of stature below which a body is a child's."""
CLEAR = 0.004
"""Metres that skin and shadows are above the floor, at the least, or it would hide them."""

TRUNK, HEAD = 0, 1
LIMBS = (
    # part, parent, its joint, its end, and the points at both
    (2, TRUNK, "upperarm01.L", "lowerarm01.L", 5, 7),
    (3, TRUNK, "upperarm01.R", "lowerarm01.R", 6, 8),
    (4, 2, "lowerarm01.L", "wrist.L", 7, 9),
    (5, 3, "lowerarm01.R", "wrist.R", 8, 10),
    (6, TRUNK, "upperleg01.L", "lowerleg01.L", 11, 13),
    (7, TRUNK, "upperleg01.R", "lowerleg01.R", 12, 14),
    (8, 6, "lowerleg01.L", "foot.L", 13, 15),
    (9, 7, "lowerleg01.R", "foot.R", 14, 16),
)
PARTS = 2 + len(LIMBS)
CARRIERS = [TRUNK, 6, 7, 8, 9]
"""What may carry a body; hands and head give way to the floor."""


class Kin(NamedTuple):
    """What all bodies have in common."""

    model: Any
    kept: NDArray[np.intp]
    """Vertices of the model that are left."""
    triangles: NDArray[np.int64]
    of_bones: Array
    """Vertices × bones: to which bone the skin belongs."""
    of_parts: Array
    """Vertices × parts, likewise."""
    bones: dict[str, int]


@cache
def kin() -> Kin:
    """Load the model and leave out most triangles. Takes seconds, and minutes the first time."""
    model = anny.Anny().to(dtype=torch.float32)
    bones = {name: number for number, name in enumerate(model.bone_labels)}
    kept, triangles = _fewer(model.template_vertices.numpy(), model.faces.numpy())
    owners, shares = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    of_bones = np.zeros((len(kept), len(bones)))
    for column in range(owners.shape[1]):
        np.add.at(of_bones, (np.arange(len(kept)), owners[kept, column]), shares[kept, column])
    of_parts = np.zeros((len(kept), PARTS))
    for name, number in bones.items():
        for part, share in _parts(name).items():
            of_parts[:, part] += share * of_bones[:, number]
    of_parts /= of_parts.sum(axis=1, keepdims=True)
    return Kin(model, kept, triangles, of_bones, of_parts, bones)


def _fewer(
    vertices: Array, triangles: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    points = vtk.vtkPoints()
    points.SetData(numpy_support.numpy_to_vtk(np.ascontiguousarray(vertices, float), deep=True))
    surface = vtk.vtkPolyData()
    surface.SetPoints(points)
    surface.SetPolys(cells(triangles))
    number = numpy_support.numpy_to_vtk(np.arange(len(vertices), dtype=float), deep=True)
    number.SetName("number")
    surface.GetPointData().SetScalars(number)
    fewer = vtk.vtkDecimatePro()
    fewer.SetInputData(surface)
    fewer.SetTargetReduction(FEWER)
    fewer.PreserveTopologyOn()
    fewer.Update()
    left = fewer.GetOutput()
    numbers = numpy_support.vtk_to_numpy(left.GetPointData().GetArray("number"))
    corners = numpy_support.vtk_to_numpy(left.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    used, corners = np.unique(corners, return_inverse=True)
    return np.rint(numbers[used]).astype(np.intp), corners.reshape(-1, 3).astype(np.int64)


def cells(triangles: NDArray[np.int64]) -> Any:
    """Return *triangles* (n × 3) as VTK has them."""
    array = vtk.vtkCellArray()
    corners = numpy_support.numpy_to_vtkIdTypeArray(triangles.ravel(), deep=True)
    starts = np.arange(0, 3 * len(triangles) + 1, 3, dtype=np.int64)
    array.SetData(numpy_support.numpy_to_vtkIdTypeArray(starts, deep=True), corners)
    return array


def _parts(bone: str) -> dict[int, float]:
    """Return to which parts a bone belongs, and how much."""
    left = bone.endswith(".L")
    for starts, first in (
        (("upperarm",), 2),
        (("lowerarm", "wrist", "finger", "metacarpal"), 4),
        (("upperleg",), 6),
        (("lowerleg", "foot", "toe"), 8),
    ):
        if bone.startswith(starts):
            return {first if left else first + 1: 1.0}
    if bone.startswith("neck"):
        return {TRUNK: 0.5, HEAD: 0.5}
    return {HEAD if bone.startswith(("head", "eye")) else TRUNK: 1.0}


class Body:
    """Somebody's skin and clothes."""

    def __init__(self, build: Build, chance: np.random.Generator) -> None:
        """Draw the shape of a child or a grown person, and what it wears."""
        common = kin()
        draw = chance.uniform
        child = build.stature < CHILD
        shape = {
            "gender": draw(), "age": draw(0.3, 0.5) if child else draw(0.66, 1.0),
            "muscle": draw(0.25, 0.7), "weight": draw(0.3, 0.85), "height": draw(0.3, 0.7),
            "proportions": draw(0.3, 0.8),
        }  # fmt: skip
        with torch.no_grad():
            still = torch.eye(4)[None, None].repeat(1, common.model.bone_count, 1, 1)
            made = common.model(pose_parameters=still, phenotype_kwargs=shape)
        self.rest = made["rest_vertices"][0].numpy()[common.kept].astype(float)
        self.joints = made["rest_bone_heads"][0].numpy().astype(float)
        self.outward = _outward(self.rest, common.triangles)
        self.colours, thick = _dressed(self.rest, self.joints, chance)
        self.clad = self.rest + thick[:, None] * self.outward
        self._pivots = np.zeros((PARTS, 3))
        self._pivots[TRUNK] = (self._at("upperleg01.L") + self._at("upperleg01.R")) / 2
        self._pivots[HEAD] = self._at("head")
        self._reach = np.zeros((PARTS, 3))
        for part, _, joint, end, _, _ in LIMBS:
            self._pivots[part] = self._at(joint)
            self._reach[part] = self._at(end) - self._at(joint)
        spine = (self._pivots[2] + self._pivots[3]) / 2 - self._pivots[TRUNK]
        lengths = np.linalg.norm([spine, self._reach[6], self._reach[8]], axis=1)
        self._length = float(lengths.sum())
        self._rest_trunk = _turn(spine, np.array([1.0, 0.0, 0.0]))

    def _at(self, bone: str) -> Array:
        place: Array = self.joints[kin().bones[bone]]
        return place

    def posed(self, points: Array, base: float) -> tuple[Array, Array]:
        """Return vertices and normals (n × 3) where the body's *points* (17 × 3, metres) are.

        What carries it touches the height *base*.
        """
        hips, shoulders = points[[11, 12]].mean(axis=0), points[[5, 6]].mean(axis=0)
        across = _unit(points[11] - points[12]) + _unit(points[5] - points[6])
        turns, places = np.zeros((PARTS, 3, 3)), np.zeros((PARTS, 3))
        turns[TRUNK] = _turn(shoulders - hips, across) @ self._rest_trunk.T
        ahead = points[0] - points[[3, 4]].mean(axis=0)
        turns[HEAD] = _turn(np.cross(ahead, points[3] - points[4]), points[3] - points[4])
        measures = [shoulders - hips, points[13] - points[11], points[15] - points[13]]
        scale = float(np.linalg.norm(measures, axis=1).sum()) / self._length
        places[TRUNK] = hips
        parents = {HEAD: TRUNK} | {part: parent for part, parent, *_ in LIMBS}
        for part, parent, _, _, start, end in LIMBS:
            reach = _unit(turns[parent] @ self._reach[part])
            turns[part] = _between(reach, _unit(points[end] - points[start])) @ turns[parent]
        for part, parent in parents.items():
            arm = self._pivots[part] - self._pivots[parent]
            places[part] = places[parent] + scale * turns[parent] @ arm
        of_parts = kin().of_parts
        placed, normals = np.zeros_like(self.clad), np.zeros_like(self.clad)
        for part in range(PARTS):
            mine = of_parts[:, part] > 1e-3
            share = of_parts[mine, part, None]
            turned = scale * (self.clad[mine] - self._pivots[part]) @ turns[part].T
            placed[mine] += share * (turned + places[part])
            normals[mine] += share * (self.outward[mine] @ turns[part].T)
        carries = of_parts[:, CARRIERS].sum(axis=1) > 0.5
        placed[:, 2] += base - placed[carries, 2].min()
        np.maximum(placed[:, 2], CLEAR, out=placed[:, 2])
        return placed, _unit(normals)


def _unit(vectors: Array) -> Array:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Array = vectors / np.maximum(length, 1e-9)
    return result


def _turn(up: Array, left: Array) -> Array:
    """Return the rotation of something whose axes are left, back and up."""
    up = _unit(up)
    left = _unit(left - (left @ up) * up)
    return np.stack([left, np.cross(up, left), up], axis=1)


def _between(old: Array, new: Array) -> Array:
    """Return the shortest rotation from one direction to another."""
    axis, cosine = np.cross(old, new), float(old @ new)
    if cosine < -0.9999:
        aside = _unit(np.cross(old, np.eye(3)[int(abs(old).argmin())]))
        result: Array = 2 * np.outer(aside, aside) - np.eye(3)
        return result
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    result = np.eye(3) + cross + cross @ cross / (1 + cosine)
    return result


def _outward(vertices: Array, triangles: NDArray[np.int64]) -> Array:
    corners = vertices[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], facing)
    return _unit(normals)


def _dressed(
    rest: Array, joints: Array, chance: np.random.Generator
) -> tuple[NDArray[np.uint8], Array]:
    """Return colour (0 to 255) and thickness (metres) of what covers each vertex."""
    draw, bones = chance.uniform, kin().bones
    across, back, up = rest[:, 0], rest[:, 1], rest[:, 2]

    def of(*names: str) -> Array:
        chosen = [number for name, number in bones.items() if name.startswith(names)]
        share: Array = kin().of_bones[:, chosen].sum(axis=1)
        return share

    def cloth() -> Array:
        if draw() < 0.5:
            return np.array(draw(15, 235, 3))
        return np.clip(draw(15, 230) + chance.normal(0, 8, 3), 0, 255)

    def pattern(where: NDArray[np.bool_], first: Array) -> Array:
        second, how = np.clip(first + draw(-90, 90, 3), 5, 245), draw()
        stripes = np.sin(up[where] * draw(20, 90)) > draw(-0.5, 0.5)
        spots = np.sin(across[where] * draw(20, 80)) * np.sin(up[where] * draw(20, 80)) > 0.2
        plain = stripes if how < 0.2 else spots if how < 0.35 else np.ones(where.sum(), bool)
        return np.where(plain[:, None], first, second)

    thick = np.zeros(len(rest))
    skin = np.array([224.0, 172.0, 140.0]) * draw(0.45, 1.05)
    colours = np.tile(skin, (len(rest), 1))
    arms, forearms, shanks = of("upperarm"), of("lowerarm"), of("lowerleg")
    trunk = of("spine", "clavicle", "shoulder", "root", "pelvis")
    hip, shoulder = joints[bones["upperleg01.L"], 2], joints[bones["upperarm01.L"], 2]
    waist = hip + draw(0.06, 0.4) * (shoulder - hip)
    sleeves = forearms if draw() < 0.6 else 0.0
    upper = (trunk + arms + sleeves > 0.5) & ((up > waist) | (arms + forearms > 0.4))
    lower = (trunk + of("upperleg") + shanks > 0.5) & ~upper
    if draw() < 0.12:
        lower &= shanks <= 0.5
    shirt, trousers = cloth(), cloth()
    for where, colour, most in ((upper, shirt, 0.035), (lower, trousers, 0.03)):
        colours[where] = pattern(where, shirt if draw() < 0.1 else colour)
        thick[where] = draw(0.004, most)
    shoes = of("foot", "toe") > 0.5
    colours[shoes], thick[shoes] = draw(10, 90) if draw() < 0.7 else draw(90, 230), 0.012

    head = of("head", "eye") > 0.6
    hair = np.full(3, draw(10, 60) if draw() < 0.5 else draw(90, 210))
    _, brow_back, eyes = joints[bones["eye.L"]]
    crown = float(up[head].max())
    scalp = (up > eyes + 0.45 * (crown - eyes)) | (
        (back > brow_back + 0.075) & (up > eyes - draw(0, 0.12))
    )
    if draw() < 0.9:
        colours[head & scalp], thick[head & scalp] = hair, draw(0.005, 0.025)
    face = head & (back < brow_back + 0.01)
    near = [np.linalg.norm(rest - joints[bones[f"eye.{side}"]], axis=1) for side in "LR"]
    colours[np.minimum(*near) < 0.016] = (40, 30, 30)
    brows = (abs(up - eyes - 0.024) < 0.006) & (abs(abs(across) - 0.03) < 0.02)
    colours[face & brows] = 0.6 * hair
    lips = (abs(up - eyes + 0.068) < 0.008) & (abs(across) < 0.022)
    colours[face & lips] = skin * np.array([0.85, 0.6, 0.6])
    folds = 1 + 0.06 * np.sin(across * 31 + up * 23 + 3 * np.sin(back * 17))
    return np.clip(colours * folds[:, None], 0, 255).astype(np.uint8), thick
