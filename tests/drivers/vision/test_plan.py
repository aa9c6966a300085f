"""Bodies on the floor plan, and what the decision makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.vision.decision import Decision, Sighting, Verdict
from drivers.vision.ground import Ground, Mounting
from drivers.vision.person import UP
from drivers.vision.plan import Plan, draw
from drivers.vision.posture import Body
from tests.bench.people import KNEEL, SIT, SQUAT, STAND, STOOP, Pose
from tests.drivers.vision.bodies import (
    ASPECT,
    ON_SIDE,
    PRONE,
    SUPINE,
    Act,
    View,
    alone,
    judged,
    played,
    skeleton,
)

STANDS = Act(STAND, 0, 3)
TOWARDS, AWAY = 180.0, 0.0
views = st.builds(
    View,
    height=st.floats(1.8, 2.8),
    distance=st.floats(3.2, 5.5),
    facing=st.floats(0, 359),
    noise=st.just(0.002),
).filter(lambda view: 1.5 < view.distance / view.height < 2.4)


def plan_of(pose: Pose, view: View, seed: int = 0) -> Plan:
    """The plan of a figure before a camera that is known."""
    points = skeleton(pose, view, np.random.default_rng(seed))
    plan = draw(points, ASPECT, Ground(view.mounting, ASPECT))
    assert plan is not None
    return plan


def told(
    acts: Sequence[Act],
    view: View,
    mounting: Mounting | None,
    falling: bool = True,
    decision: Decision | None = None,
) -> list[tuple[float, Verdict]]:
    """What the decision says when it knows how the camera hangs."""
    return judged(alone(played(acts, view, falling=falling)), decision, mounting=mounting)


def wrong(mounting: Mounting, height: float = 1.0, tilt: float = 0.0) -> Mounting:
    """The same, badly measured."""
    return msgspec.structs.replace(
        mounting, height_m=mounting.height_m * height, tilt_deg=mounting.tilt_deg + tilt
    )


@settings(deadline=None)
@given(views, st.sampled_from([PRONE, SUPINE, ON_SIDE]), st.integers(0, 99))
def test_who_lies_is_low(view: View, pose: Pose, seed: int) -> None:
    """In every direction, up to more than twice the camera's height away."""
    plan = plan_of(pose, view, seed)
    assert max(plan.over, plan.trunk) < UP
    assert plan.lies() > 0.0


@settings(deadline=None)
@given(views, st.sampled_from([STAND, SIT, KNEEL, STOOP]), st.integers(0, 99))
def test_who_is_up_does_not_lie(view: View, pose: Pose, seed: int) -> None:
    """Standing, sitting, kneeling and bending do not look as if they lay."""
    assert plan_of(pose, view, seed).lies() == 0.0


def test_a_child_that_sits_does_not_lie() -> None:
    """It is as low as a grown body that lies, and known to be small."""
    plan = Plan(over=0.5, trunk=0.28, far=1.6, tall=None)
    assert plan.lies() == 1.0
    assert plan.lies(tall=1.0) < 0.5


@pytest.mark.parametrize("distance", [3.0, 4.5, 6.0])
def test_height_of_who_stands(distance: float) -> None:
    """The figure's head is 1.55 m above the floor."""
    view = View(height=2.4, distance=distance, noise=0.0)
    assert plan_of(STAND, view).tall == pytest.approx(1.55, abs=0.05)


def test_legs_alone_have_no_plan() -> None:
    """Without shoulders nothing is known."""
    view = View()
    points = skeleton(STAND, view, np.random.default_rng(0))
    points[:7, 2] = 0.1
    assert draw(points, ASPECT, Ground(view.mounting, ASPECT)) is None


def test_right_below_the_camera_nobody_is_said_to_lie() -> None:
    """From above also whoever sits is short."""
    below = View(height=2.8, distance=1.2, down=60, facing=AWAY)
    assert plan_of(PRONE, below).lies() == 0.0


@pytest.mark.parametrize(("seconds", "fell"), [(0.8, True), (4.0, False)])
def test_a_fall_that_only_the_floor_shows_is_found(seconds: float, fell: bool) -> None:
    """Away from a camera the shoulders hardly sink in the picture; going down slowly is none."""
    stands = Body(0.5, 0.40, 0.50, 0.65, 0.65, 0.1, 0.3, 0.3, 17, 0.6, 0.35, 0.65)
    lies = stands._replace(upper=0.46, hip=0.51, tall=0.2, top=0.44, score=0.4)
    up, low = Plan(over=1.3, trunk=0.9, far=1.7, tall=1.5), Plan(0.5, 0.25, 1.7, 0.6)
    decision, reasons = Decision(), []
    for at in np.arange(0, 12, 0.125):
        share = min(1.0, max(0.0, (at - 3) / seconds))
        body = stands._replace(upper=0.40 + 0.06 * share) if share < 1 else lies
        plan = up._replace(over=1.3 - 0.8 * share) if share < 1 else low
        sighting = Sighting(1, body, plan=plan)
        reasons += [verdict.reason for verdict in decision.observe(float(at), [sighting])]
    assert reasons == (["drop"] if fell else [])


@pytest.mark.parametrize("facing", [TOWARDS, AWAY])
def test_found_lying_is_found_in_any_direction(facing: float) -> None:
    """Somebody who lay there from the first look, and stays down: one alarm, not ended."""
    view = View(height=2.4, distance=4.2, facing=facing, noise=0.002)
    assert told([Act(PRONE, 0, 60)], view, None, decision=Decision(floor_seconds=10)) == []
    found = told([Act(PRONE, 0, 60)], view, view.mounting, decision=Decision(floor_seconds=10))
    assert [verdict.reason for _, verdict in found] == ["floor"]
    assert 38 < found[0][0] < 56  # nobody stood there: it may be a bed


@pytest.mark.parametrize("facing", [0, 45, 90, 135, 180, 225, 270, 315])
@pytest.mark.parametrize(("height", "tilt"), [(1.0, 0.0), (1.1, 0.0), (0.9, 0.0), (1.0, -5.0)])
def test_badly_measured_is_no_worse(facing: float, height: float, tilt: float) -> None:
    """A tenth or five degrees off: a plain fall is found and sitting is none, as without."""
    view = View(height=2.2, distance=4.0, facing=facing)
    mounting = wrong(view.mounting, height, tilt)
    falls = [STANDS, Act(ON_SIDE, 0.9, 5)]
    if told(falls, view, None):
        assert [verdict.down for _, verdict in told(falls, view, mounting)] == [True]
    for pose in (SIT, SQUAT, KNEEL):
        acts = [STANDS, Act(pose, 1.0, 8)]
        if not told(acts, view, None, falling=False):
            assert told(acts, view, mounting, falling=False) == []
