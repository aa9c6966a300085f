"""What it is worth to know how the camera hangs: simulated people, judged with that and without.

Not one of them is real, see `tests.bench.sweep_falls`. Cameras in somebody's hand are left out:
they do not hang. To the falls and acts of the sweep come people who lie from the first look, on
the floor and on a bed of which no zone is drawn.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from drivers.vision.ground import Mounting
from tests.bench.acting import ACTS, ALLOWED, FALLS, Scene, resting
from tests.bench.seeing import View
from tests.bench.sweep_falls import GROUPS, Act, Run, judged, outcome, staged

LIES = 150.0
"""Seconds; the kiosk waits for 120 where it has seen nobody stand."""


def lies_on_floor(scene: Scene) -> None:
    """Lie on the floor from the beginning, and stay."""
    _lies(scene, 0.0)


def lies_in_bed(scene: Scene) -> None:
    """The same on a bed; no zone is drawn."""
    _lies(scene, float(scene.generator.uniform(0.38, 0.52)))


def _lies(scene: Scene, base: float) -> None:
    actor = scene.enter()
    scene.toward = actor.between(-180, 180)
    pose, scene.rest = resting(actor, scene.toward)
    actor.begin(pose._replace(base=base))
    actor.wait(LIES)


EVERY: Mapping[str, Act] = (
    FALLS | ACTS | {act.__name__: act for act in (lies_on_floor, lies_in_bed)}
)
TITLES: Mapping[str, Collection[str]] = {
    "falls found": FALLS,
    "alarms where none belongs": [kind for kind in ACTS if kind not in ALLOWED],
    "alarms where one may be": [kind for kind in ACTS if kind in ALLOWED],
    "found who lies on the floor": ["lies_on_floor"],
    "alarms about who lies in bed": ["lies_in_bed"],
}
GROUPED = ("falls", "camera")
"""Of `GROUPS`: what the floor plan should matter for."""


def mounting_of(view: View, height: float = 1.0, tilt: float = 0.0) -> Mounting:
    """Return what a technician measures: *height* times and *tilt* degrees beside the truth."""
    wide = 2 * math.atan(view.aspect * math.tan(math.radians(view.field) / 2))
    return Mounting(
        height_m=view.height * height,
        tilt_deg=max(0.0, view.tilt + tilt),
        horizontal_view_deg=math.degrees(wide),
    )


TOLD: dict[str, Callable[[View], Mounting | None]] = {
    "nothing": lambda view: None,
    "truth": mounting_of,
    "10% low": lambda view: mounting_of(view, height=0.9),
    "10% high": lambda view: mounting_of(view, height=1.1),
    "5° level": lambda view: mounting_of(view, tilt=-5.0),
    "5° steep": lambda view: mounting_of(view, tilt=5.0),
}
"""What the kiosk is told about the camera."""

Case = Sequence[Run]
"""One simulated clip, judged with each of `TOLD`."""


def cases(kinds: Sequence[str], seeds: range) -> Iterable[Case]:
    """Play all *kinds* with all *seeds* before cameras that hang."""
    for kind in kinds:
        for seed in seeds:
            clip = staged(kind, seed, EVERY)
            if not clip.held:
                mountings = [tell(clip.view) for tell in TOLD.values()]
                yield [
                    outcome(kind, seed, clip, judged(clip, mounting=mounting))
                    for mounting in mountings
                ]


def alarmed(one: Run) -> bool:
    """Return whether there was an alarm, and about the fall if there was one."""
    return one.delay is not None if one.kind in FALLS else bool(one.alarms)


def line(title: str, chosen: Sequence[Case]) -> str:
    """Return the share of *chosen* with an alarm, for each of `TOLD`, and how many changed."""
    shares = (
        100 * statistics.mean(alarmed(case[told]) for case in chosen) for told in range(len(TOLD))
    )
    more = sum(alarmed(case[1]) and not alarmed(case[0]) for case in chosen)
    less = sum(alarmed(case[0]) and not alarmed(case[1]) for case in chosen)
    return (
        f"{title:34} {len(chosen):5} {''.join(f'{share:10.1f}' for share in shares)}"
        f"  +{more} -{less}"
    )


def table(played: Sequence[Case]) -> Iterable[str]:
    """Say in per cent about how many there was an alarm."""
    yield f"{'told':34} clips {''.join(f'{told:>10}' for told in TOLD)}  truth against nothing"
    for title, kinds in TITLES.items():
        chosen = [case for case in played if case[0].kind in kinds]
        if not chosen:
            continue
        yield line(title, chosen)
        for group in GROUPED if kinds is FALLS else ():
            name = GROUPS[group]
            for value in sorted({name(case[0]) for case in chosen}):
                yield line(f"  {value}", [case for case in chosen if name(case[0]) == value])
        for kind in kinds if len(kinds) > 1 else ():
            if mine := [case for case in chosen if case[0].kind == kind]:
                yield line(f"  {kind}", mine)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Simulated people before cameras that are known.")
    parser.add_argument("--runs", type=int, default=40, help="of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (default: %(default)s)")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", choices=EVERY, help="only these")
    options = parser.parse_args(argv)
    seeds = range(options.seed, options.seed + options.runs)
    print("\n".join(table(list(cases(options.kinds or list(EVERY), seeds)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
