"""What is held up to a camera that reads codes, as a target: codes with wrong modules, and noise.

An input is a recipe: how the picture is made, the text of a code, which of its modules are turned.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import segno

from drivers.scanner.frames import LONGEST, Code
from drivers.scanner.picture import LARGEST, THOROUGH, Reader, Stir, grey
from tests.audit.target import Target

_HEAD = struct.Struct("<BBHHHB")
"""Kind, pixels a module, width, height, how aslant, length of the text."""
_KINDS = ("|u1", "|u1", "|u1", "|u1", "|u1", "|u1", "<u2", "|i1", "<f4", "<f8", "?", "<c8")
_SHAPES = ((3,), (3,), (3,), (3,), (3,), (3,), (), (1,), (2,), (4,), (3, 3), (0,))
_looks = [0]
_stir = Stir()


def _code(text: bytes, turned: bytes, module: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A code of *text*, each two bytes of *turned* naming a module that is wrong."""
    made = segno.make_qr(text or b" ", error="lmqh"[len(turned) % 4])
    rows = np.array([list(row) for row in made.matrix_iter(1, 4)], np.uint8)
    for (place,) in struct.iter_unpack("<H", turned[: len(turned) // 2 * 2]):
        rows.flat[place % rows.size] ^= 1
    light = np.where(rows == 1, 0, 255).astype(np.uint8)
    return cv2.resize(light, None, fx=module, fy=module, interpolation=cv2.INTER_NEAREST)  # type: ignore[return-value]


def _picture(data: bytes) -> np.ndarray[Any, Any]:
    how, module, width, height, aslant, length = _HEAD.unpack(data[: _HEAD.size].ljust(9, b"\0"))
    rest = data[_HEAD.size :]
    if how % 4 == 3:  # noise, of any size and kind
        kind = np.dtype(_KINDS[module % len(_KINDS)])
        shape = (height % 500, width % 500, *_SHAPES[aslant % len(_SHAPES)])
        if aslant % 61 == 0:
            shape = (1, LARGEST + width % 3, 3)
        size = int(np.prod(shape)) * kind.itemsize
        repeated = (rest * (size // max(1, len(rest)) + 1))[:size].ljust(size, b"\0")
        return np.frombuffer(repeated, kind).reshape(shape)
    light = _code(rest[:length], rest[length : length + 64], 1 + module % 6)
    if how % 4:
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * len(light)
        bent = corners + np.array([(aslant % 37, 0), (0, aslant % 23), (0, 0), (aslant % 11, 5)])
        warp = cv2.getPerspectiveTransform(corners, bent.astype(np.float32))
        light = cv2.warpPerspective(light, warp, light.shape[::-1], borderValue=255)  # type: ignore[assignment]
    if how % 4 == 2 and len(rest) > length + 64:
        noise = np.frombuffer(rest[length + 64 :], np.uint8)
        light = cv2.add(light // 2, np.resize(noise, light.shape) // 2)  # type: ignore[assignment]
    return np.repeat(light[:, :, None], 3, axis=2)


def _held_up(data: bytes) -> None:
    """Native code takes whatever it is; what is read is printable and not too long."""
    try:
        light = grey(_picture(data))
    except ValueError:  # it says that it is no picture
        return
    _looks[0] += 1
    _stir.worth(light, float(_looks[0]))
    reader = Reader()
    reader._looks = _looks[0] % THOROUGH
    if isinstance(code := reader.read(light), Code):
        assert 0 < len(code.text) <= LONGEST and len(code.text.splitlines()) == 1


def _recipe(how: int, module: int, text: bytes, rest: bytes = b"") -> bytes:
    return _HEAD.pack(how, module, 320, 240, 0, len(text)) + text + rest


TARGETS: Mapping[str, Target] = {
    "picture": Target(
        _held_up,
        (),
        (
            _recipe(0, 3, b"BXJ1:AB23:00000007"),
            _recipe(1, 4, "您好：北新泾".encode(), b"\x07\x01\x09\x02" * 8),
            _recipe(2, 5, b"x" * 200, b"\x00\x80\xff" * 60),
            _recipe(3, 0, b"", b"\x00\xff\x10"),
        ),
        slow=20.0,  # `Stir` gives it a rest after long looks
        grows=48.0,  # what OpenCV keeps of the largest pictures
    )
}
