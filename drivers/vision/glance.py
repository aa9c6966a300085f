"""One look through a camera, in a process of its own that ends with it.

It reads an `Order` as a line of JSON on its standard input (an address may hold a password, so
it is not on the command line), writes a `Reply` on its output, and neither keeps a picture nor
hands one on.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from agent.contract.driver import DriverUnavailable
from drivers.vision.zones import Zone

if TYPE_CHECKING:
    from drivers.vision.capture import Capture
    from drivers.vision.pose import Frame

SETTLE = 1.5
"""Seconds of pictures in which a camera finds its exposure."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at, and how."""

    source: str
    width: int
    height: int
    """As `CameraSettings` has them."""
    private: list[Zone]
    """Blacked out before anything looks at the picture."""
    model: str | None
    """File of the pose model; None: no people are looked for."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A sketch, or why there is none."""

    sketch: dict[str, Any] | None = None
    """A `drivers.vision.sketch.Sketch`."""
    trouble: str = ""
    """What is wrong; what to do."""


def glance(order: Order) -> Reply:
    """Look once."""
    from pathlib import Path

    from drivers.vision.capture import Capture
    from drivers.vision.pose import PoseModel
    from drivers.vision.private import blackened
    from drivers.vision.sketch import draw
    from drivers.vision.tracker import NEW

    try:
        capture = Capture(order.source, order.width, order.height)
        try:
            capture.start()
            frame = blackened(_settled(capture), order.private)
        finally:
            capture.close()
        seen = PoseModel(Path(order.model)).look(frame) if order.model else []
    except DriverUnavailable as error:
        return Reply(trouble=str(error))
    except ValueError:
        return Reply(trouble=f"{order.model} is damaged; delete it, then: linli models fetch")
    sketch = draw(frame, [points for points, score in seen if score >= NEW])
    return Reply(sketch=msgspec.to_builtins(sketch))


def _settled(capture: Capture) -> Frame:
    from drivers.vision.capture import START

    shot = capture.newest(0, START)
    if shot is None:
        raise DriverUnavailable(
            f"{capture.source} sends no picture; check the camera's power and cable, "
            "and that no other program is using it"
        )
    settled = shot.at + SETTLE
    while shot.at < settled:
        newer = capture.newest(shot.number, SETTLE)
        if newer is None:
            break
        shot = newer
    return shot.frame


def main() -> None:
    """Be the process."""
    # Native libraries print where they like: keep the real output for the reply alone.
    output = os.dup(1)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    with os.fdopen(output, "wb") as pipe:
        pipe.write(msgspec.json.encode(glance(order)))


if __name__ == "__main__":
    main()
