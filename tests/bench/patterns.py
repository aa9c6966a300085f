"""What walls, floors and furniture of rendered rooms are covered with."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import vtk
from vtk.util import numpy_support


def pattern(chance: np.random.Generator) -> Any:
    """Return stained paint, tiles, planks or squares."""
    size, draw = 128, chance.uniform
    stain = np.zeros((size, size))
    for octave in range(1, 6):
        coarse = chance.normal(0, 1, (2**octave, 2**octave))
        stain += 0.6**octave * cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    stain = (stain - stain.min()) / np.ptp(stain)
    grey = np.clip(draw(40, 235) + chance.normal(0, 14, 3), 0, 255)
    colour = draw(30, 230, 3) if draw() < 0.25 else grey
    image = colour * (1 + draw(0.02, 0.35) * (stain[..., None] - 0.5))
    down, right = np.mgrid[:size, :size]
    how, cell = draw(), int(chance.choice([8, 16, 32, 64]))
    if how < 0.3:
        joints_ = (down % cell < 1) | (right % cell < 1)
        image[joints_] *= draw(0.6, 1.2)
    elif how < 0.55:
        image *= draw(0.85, 1.15, size // cell)[down // cell][..., None]
        image[down % cell < 1] *= 0.75
    elif how < 0.65:
        image[(down // cell + right // cell) % 2 == 0] *= draw(0.5, 0.95)
    picture = vtk.vtkImageData()
    picture.SetDimensions(size, size, 1)
    picture.GetPointData().SetScalars(
        numpy_support.numpy_to_vtk(
            np.clip(image, 0, 255).astype(np.uint8).reshape(-1, 3), deep=True
        )
    )
    texture = vtk.vtkTexture()
    texture.SetInputData(picture)
    texture.InterpolateOn()
    texture.RepeatOn()
    return texture
