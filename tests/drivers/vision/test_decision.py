"""What the kiosk does when people fall, and when they only look as if: stated behaviour.

A jointed figure acts before cameras at several heights, from several sides.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.vision.decision import LOST, Decision, Sighting, Verdict
from drivers.vision.ground import Mounting
from drivers.vision.plan import Plan
from drivers.vision.posture import Body, Points, measure
from drivers.vision.recovery import Recovery
from tests.bench.people import (
    FLOOR_SIT,
    FOURS,
    KNEEL,
    SIT,
    SQUAT,
    STAND,
    STOOP,
    TIE_SHOES,
    Pose,
)
from tests.drivers.vision.bodies import (
    ASPECT,
    CHILD,
    CURLED,
    ON_SIDE,
    PRONE,
    SUPINE,
    TEMPORAL,
    Act,
    View,
    alone,
    judged,
    played,
    raised,
    together,
)

VIEWS = [
    View(height=height, distance=distance, facing=facing, missing=0.03)
    for height, distance, facing in ((1.3, 3, 90), (2.0, 4, 270), (2.0, 5, 45), (2.4, 5, 120))
]
BED = 0.45
Looked = Iterable[tuple[float, Points | None]]
STANDS = Act(STAND, 0, 3)


def alarms(
    acts: Sequence[Act], view: View, fps: float = 8.0, falling: bool = True
) -> list[Verdict]:
    """Return the alarms about one person who does *acts*."""
    found = judged(alone(played(acts, view, fps, falling=falling)))
    return [verdict for _, verdict in found if verdict.down]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "acts",
    [
        pytest.param([STANDS, Act(PRONE, 0.9, 4)], id="forward"),
        pytest.param([STANDS, Act(SUPINE, 0.9, 4)], id="backward"),
        pytest.param([STANDS, Act(ON_SIDE, 0.9, 4)], id="to the side"),
        pytest.param([STANDS, Act(CURLED, 0.9, 4)], id="curled up"),
        pytest.param([STANDS, Act(KNEEL, 0.8, 0), Act(PRONE, 0.8, 5)], id="over the knees"),
        pytest.param([STANDS, Act(SQUAT, 0.6, 0), Act(ON_SIDE, 0.7, 5)], id="slumping"),
        pytest.param([Act(SIT, 0, 4), Act(PRONE, 1.0, 5)], id="off a chair"),
    ],
)
def test_fall_alarms_once(acts: list[Act], view: View) -> None:
    """A fall raises one alarm, whichever way, seen from anywhere."""
    assert [verdict.reason for verdict in alarms(acts, view)] == ["drop"]


@pytest.mark.parametrize("pose", [PRONE, SUPINE, ON_SIDE, CURLED])
def test_a_child_that_falls_and_stays_down_alarms(pose: Pose) -> None:
    """Everything is measured in statures: 1.15 m are enough."""
    found = judged(alone(played([STANDS, Act(pose, 0.8, 4)], VIEWS[0], 8.0, build=CHILD)))
    assert [verdict.reason for _, verdict in found] == ["drop"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_child_that_plays_does_not_alarm(view: View) -> None:
    """Squatting, sitting on the floor, kneeling and running about, faster than the grown."""
    plays = [Act(SQUAT, 0.5, 1.5), Act(STAND, 0.5, 0.5), Act(FLOOR_SIT, 0.9, 4), Act(STAND, 0.8, 1)]
    plays += [Act(KNEEL, 0.6, 3), Act(STAND, 0.6, 0), Act(STAND, 1.2, 1, forward=1.5)]
    looks = played([STANDS, *plays], view, 8.0, falling=False, build=CHILD)
    assert judged(alone(looks)) == []


@pytest.mark.parametrize("fps", [3.0, 5.0, 10.0, 15.0])
def test_fall_alarms_at_any_rate(fps: float) -> None:
    """Three looks a second (a Pi 4) are enough."""
    assert alarms([STANDS, Act(PRONE, 0.9, 5)], VIEWS[1], fps)


def test_alarm_is_quick() -> None:
    """The alarm comes within 2.5 s of the impact."""
    found = judged(alone(played([STANDS, Act(ON_SIDE, 0.9, 5)], VIEWS[1])))
    assert found[0][0] - 3.9 <= 2.5


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "acts",
    [
        pytest.param([STANDS, Act(SIT, 1.2, 5)], id="sits down"),
        pytest.param([STANDS, Act(SIT, 0.7, 5)], id="drops into a chair"),
        pytest.param([STANDS, Act(SIT, 0.9, 0.3), Act(TIE_SHOES, 0.8, 5)], id="ties shoes, seated"),
        pytest.param([STANDS, Act(SQUAT, 1.1, 4), Act(STAND, 1.0, 2)], id="ties shoes, squatting"),
        pytest.param([STANDS, Act(STOOP, 0.9, 6), Act(STAND, 0.8, 2)], id="ties shoes, bent over"),
        pytest.param([STANDS, Act(SQUAT, 0.7, 3), Act(STAND, 0.8, 2)] * 3, id="squats"),
        pytest.param([STANDS, Act(STOOP, 0.8, 4), Act(STAND, 0.8, 2)], id="picks something up"),
        pytest.param([STANDS, Act(FLOOR_SIT, 1.2, 20)], id="sits on the floor"),
        pytest.param([STANDS, Act(KNEEL, 1, 10)], id="kneels"),
        pytest.param([Act(PRONE, 0, 4), Act(KNEEL, 1, 0.4), Act(STAND, 1, 3)], id="gets up"),
        pytest.param([Act(SUPINE, 0, 4), Act(STAND, 0.9, 3)], id="a fall played backwards"),
    ],
)
def test_daily_living_does_not_alarm(acts: list[Act], view: View) -> None:
    """None of this is a fall."""
    assert alarms(acts, view, falling=False) == []


@pytest.mark.parametrize("view", VIEWS)
def test_floor_exercises_do_not_alarm(view: View) -> None:
    """Down in steps, over knees and hands, and up again before `floor_seconds`."""
    down = [Act(KNEEL, 2.0, 2), Act(FOURS, 2.0, 2), Act(PRONE, 2.5, 15)]
    up = [Act(FOURS, 1.5, 0.5), Act(KNEEL, 1.5, 0.5), Act(STAND, 1.5, 3)]
    assert alarms([STANDS, *down, *up], view, falling=False) == []


BOWED = Pose(lean=100, bend=18, nod=-10).legs(128, 165).arms(140, 10, 60)
"""On the knees, the forehead on the floor."""


@pytest.mark.parametrize("height", [1.3, 2.0, 2.4])
@pytest.mark.parametrize("facing", [30, 90, 225])
def test_who_bows_to_the_floor_did_not_fall(height: float, facing: float) -> None:
    """In prayer, or to look under the bed: for twelve seconds, seen from other than behind."""
    acts = [STANDS, Act(KNEEL, 1.5, 0.5), Act(BOWED, 1.2, 12), Act(STAND, 2, 2)]
    view = View(height=height, distance=2 * height, facing=facing, missing=0.03)
    assert alarms(acts, view, falling=False) == []


def test_whoever_drops_flat_and_stays_is_asked() -> None:
    """On purpose or not: nothing in the picture tells, so the kiosk asks."""
    acts = [STANDS, Act(KNEEL, 0.5, 0), Act(PRONE, 0.6, 5)]
    assert [verdict.reason for verdict in alarms(acts, VIEWS[1])] == ["drop"]


def test_lying_down_in_bed_is_no_fall() -> None:
    """Sitting on the edge, then lying: seen from the side not even without a zone."""
    bed = raised(SUPINE, BED)
    assert alarms([STANDS, Act(SIT, 1.2, 0.5), Act(bed, 1.6, 20)], VIEWS[1], falling=False) == []


@pytest.mark.parametrize(("bed_falls", "expected"), [(False, []), (True, ["bed"])])
def test_fall_onto_a_bed_zone_is_a_setting(bed_falls: bool, expected: list[str]) -> None:
    """By default nothing; when configured, an alarm that says so."""
    looks = alone(played([STANDS, Act(raised(SUPINE, BED), 0.8, 5)], VIEWS[1]))
    found = judged(looks, Decision(bed_falls=bed_falls), furniture=True)
    assert [verdict.reason for _, verdict in found] == expected


def test_lying_long_on_the_floor_alarms_without_a_drop() -> None:
    """Somebody who went down too gently for a fall is found by the time on the floor."""
    acts = [STANDS, Act(KNEEL, 3, 2), Act(PRONE, 4, 60)]
    found = judged(alone(played(acts, VIEWS[1], 4, falling=False)), Decision(floor_seconds=20))
    assert [verdict.reason for _, verdict in found] == ["floor"]
    assert 28 < found[0][0] < 40


FAR_END = View(height=1.3, distance=1.8, down=8, facing=180, missing=0.03)
WALKS_AWAY = [STANDS, Act(STAND, 8, 45, forward=8)]


@pytest.mark.parametrize("mounting", [None, FAR_END.mounting])
def test_who_walks_to_the_far_end_and_stands_there_does_not_lie(mounting: Mounting | None) -> None:
    """A fifth as large as before, as low in the picture as who lies here, and upright."""
    looks = played(WALKS_AWAY, FAR_END, 6.0, falling=False)
    assert judged(alone(looks), mounting=mounting) == []


def test_who_falls_at_the_far_end_is_found() -> None:
    """The stature follows who walks away: measured by an older one, nobody would come down."""
    looks = played([STANDS, Act(STAND, 5, 1, forward=5), Act(ON_SIDE, 0.9, 5)], FAR_END, 8.0)
    assert [verdict.reason for _, verdict in judged(alone(looks))] == ["drop"]


def test_unknown_floor_takes_longer() -> None:
    """Somebody found lying where nobody stood may be in bed: four times as long."""
    looks = alone(played([Act(PRONE, 0, 60)], VIEWS[1], 4))
    found = judged(looks, Decision(floor_seconds=10))
    assert [round(at) for at, _ in found] == [40]


def test_lying_in_a_bed_zone_never_counts_as_floor() -> None:
    """A night in bed is no alarm."""
    looks = alone(played([Act(PRONE, 0, 200)], VIEWS[1], 2))
    assert judged(looks, Decision(floor_seconds=10), furniture=True) == []


def test_getting_up_ends_it() -> None:
    """Standing for two seconds is the end of an alarm, and the next fall is a new one."""
    acts = [STANDS, Act(ON_SIDE, 0.9, 4), Act(STAND, 2, 5), Act(PRONE, 0.9, 4)]
    found = judged(alone(played(acts, VIEWS[1])))
    assert [verdict.down for _, verdict in found] == [True, False, True]


LIES_AND_RISES = [STANDS, Act(ON_SIDE, 0.9, 4), Act(STAND, 2, 20)]
LIES_AND_SITS_UP = [STANDS, Act(ON_SIDE, 0.9, 4), Act(FLOOR_SIT, 2, 20)]


@pytest.mark.parametrize("acts", [LIES_AND_RISES, LIES_AND_SITS_UP])
def test_an_alarm_ends_when_the_way_up_is_seen(acts: list[Act]) -> None:
    """On the feet for some seconds, or sitting for longer."""
    found = judged(alone(played(acts, VIEWS[1])))
    assert [verdict.down for _, verdict in found] == [True, False]


@pytest.mark.parametrize("acts", [LIES_AND_RISES, LIES_AND_SITS_UP])
def test_a_picture_that_stands_still_shows_nobody_get_up(acts: list[Act]) -> None:
    """Whatever the pose model says of it."""
    found = judged(alone(played(acts, VIEWS[1])), still_from=6.0)
    assert [verdict.down for _, verdict in found] == [True]


@pytest.mark.parametrize("acts", [LIES_AND_RISES, LIES_AND_SITS_UP])
def test_who_is_hardly_seen_was_not_seen_to_get_up(acts: list[Act]) -> None:
    """Doubt calls a person."""
    found = judged(alone(played(acts, VIEWS[1])), weak_from=6.0)
    assert [verdict.down for _, verdict in found] == [True]


def test_a_part_of_a_body_is_not_upright() -> None:
    """Of who lies only something small is seen, which rises by less than a body does."""
    recovery = Recovery()
    points = next(points for _, points in played([STANDS], VIEWS[1]) if points is not None)
    body = measure(points, ASPECT, 0.5)
    assert body is not None and body.hip is not None
    up, rises = False, 0.0
    for number in range(300):
        lies, rises = number < 20, min(0.3, rises + 0.005) if number >= 20 else 0.0
        stature = 1.0 if number < 20 else 0.3
        small = body._replace(upper=0.8 - 0.3 * rises, hip=0.8)
        up = up or recovery.see(number / 10, small, stature, lies=lies, ground=None, moved=True)
    assert not up


@pytest.mark.parametrize("pose", [STAND, SIT, FLOOR_SIT])
@pytest.mark.parametrize("unseen", [0.0, 0.5, 5.0])
def test_who_is_suddenly_upright_did_not_get_up(pose: Pose, unseen: float) -> None:
    """Another skeleton in one picture, or after some in which nobody is seen, is no way up."""
    lies = list(played([STANDS, Act(ON_SIDE, 0.9, 4)], VIEWS[1]))
    up = list(played([Act(pose, 0, 60)], VIEWS[1]))
    gap = [(lies[-1][0] + 0.1 + n / 10, None) for n in range(round(unseen * 10))]
    end = (gap or lies)[-1][0] + 0.1
    found = judged(alone([*lies, *gap, *((end + at, points) for at, points in up)]))
    assert [verdict.down for _, verdict in found] == [True]


def test_who_is_not_seen_any_more_did_not_get_up() -> None:
    """For as long as they are remembered; then nobody is told that they did."""
    looks = list(played([STANDS, Act(ON_SIDE, 0.9, 4)], VIEWS[1]))
    unseen = [(looks[-1][0] + 0.5 * n, None) for n in range(1, round(LOST * 2) + 20)]
    found = judged(alone([*looks, *unseen]))
    assert [verdict.down for _, verdict in found] == [True]


def test_whoever_stands_a_moment_may_fall_again() -> None:
    """An alarm must not hide the next fall: of a helper, or of somebody who was let go."""
    acts = [STANDS, Act(ON_SIDE, 0.9, 4), Act(STAND, 0.3, 1), Act(PRONE, 0.9, 4)]
    found = judged(alone(played(acts, VIEWS[1])))
    assert [verdict.down for _, verdict in found] == [True, True]


def test_getting_up_at_once_is_no_alarm() -> None:
    """Somebody who is on their feet again within a second needs no help."""
    assert alarms([STANDS, Act(ON_SIDE, 0.9, 0.3), Act(STAND, 1.0, 4)], VIEWS[1]) == []


def test_moving_on_the_floor_does_not_stop_the_timer() -> None:
    """People move after falling."""
    writhes = [Act(pose, 0.6, 0.2) for pose in (CURLED, ON_SIDE, SUPINE, ON_SIDE, CURLED) * 2]
    assert alarms([STANDS, Act(ON_SIDE, 0.9, 0), *writhes], VIEWS[1])


def test_helper_bending_over_does_not_end_it() -> None:
    """One person lies, another comes and bends over: one alarm, and it stays."""
    lies = played([STANDS, Act(ON_SIDE, 0.9, 12)], VIEWS[1], 10, seed=1)
    helper = View(height=2.0, distance=4, facing=90, sideways=1.2)
    helps = played([Act(STAND, 0, 6), Act(STOOP, 1, 4), Act(STAND, 1, 3)], helper, 10, seed=2)
    found = judged(together(lies, helps))
    assert [verdict.down for _, verdict in found] == [True]


def test_crossing_people_do_not_alarm() -> None:
    """Two people who pass before one another stay two people on their feet."""
    near = View(height=2.0, distance=4, facing=0, sideways=0.1)
    far = View(height=2.0, distance=6, facing=180, sideways=-0.1)
    walks = Act(STAND, 4, 2, forward=3.0)
    comes = Act(STAND, 4, 2, forward=-3.0)
    assert judged(together(played([walks], near), played([comes], far, seed=1))) == []


def test_unseen_after_a_drop_still_counts() -> None:
    """Somebody hidden by a table, who was seen lying for half a second, is not forgotten."""
    looks = list(played([STANDS, Act(ON_SIDE, 0.9, 12)], VIEWS[1]))
    hidden = [(at, None if at > 4.45 else points) for at, points in looks]
    assert [verdict.reason for _, verdict in judged(alone(hidden))] == ["drop"]


LEGS, BELOW_KNEES, BELOW_SHOULDERS = range(11, 17), range(15, 17), range(7, 17)


def without(joints: range, looks: Looked) -> Looked:
    """Return *looks* in which *joints* are hidden."""
    for at, points in looks:
        if points is not None:
            points[joints.start : joints.stop, 2] = 0.05
        yield at, points


def test_a_fall_with_hidden_feet_alarms() -> None:
    """Where the floor is follows from the knees of somebody who stands."""
    looks = played([STANDS, Act(PRONE, 0.9, 5)], VIEWS[0], 8.0)
    assert [v.reason for _, v in judged(alone(without(BELOW_KNEES, looks)))] == ["drop"]


def test_a_fall_while_no_picture_comes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporal model cannot deny what it did not see."""
    monkeypatch.setattr(TEMPORAL, "fallen", lambda films: [0.02 for _ in films])
    looks = list(played([STANDS, Act(PRONE, 0.9, 6)], VIEWS[1]))
    seen = [one for one in looks if not 3.3 < one[0] < 4.0]
    assert [verdict.down for _, verdict in judged(alone(seen))] == [True]
    assert judged(alone(looks)) == []


def test_a_fall_goes_with_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another track begins where somebody was falling, and lies: one fall, one person, no delay."""
    monkeypatch.setattr(TEMPORAL, "fallen", lambda films: [0.5 for _ in films])
    looks = list(played([STANDS, Act(PRONE, 0.9, 6)], VIEWS[1]))
    decision = Decision()
    verdicts = []
    for at, points in looks:
        body = None if points is None else measure(points, ASPECT, 0.5)
        # From 3.7 s on the body has another number, and whoever had the first is not seen.
        first, second = (body, None) if at < 3.7 else (None, body)
        sightings = [Sighting(1, first, fell=0.5), Sighting(2, second, fell=0.5)]
        verdicts += [(at, verdict) for verdict in decision.observe(at, sightings)]
    assert [(verdict.track, verdict.down) for _, verdict in verdicts] == [(2, True)]
    assert verdicts[0][0] < 6.5


def test_the_floor_is_known_after_a_cut() -> None:
    """Whoever lies where somebody stood before lies on that floor: half a minute is enough."""
    decision = Decision(floor_seconds=10)
    judged(alone(played([STANDS], VIEWS[1])), decision)
    assert list(decision.new_scene(3.0)) == [1]
    lies = [(at + 4.0, points) for at, points in played([Act(PRONE, 0, 20)], VIEWS[1], 4.0)]
    found = judged(alone(lies), decision)
    assert [round(at) for at, _ in found] == [14]


@pytest.mark.parametrize("hidden", [BELOW_KNEES, LEGS, BELOW_SHOULDERS])
def test_sitting_down_behind_a_table_does_not_alarm(hidden: range) -> None:
    """What is left of the body comes down by a fifth of the stature: that is no fall."""
    looks = played([STANDS, Act(SIT, 1.0, 8)], VIEWS[0], 8.0, falling=False)
    assert judged(alone(without(hidden, looks))) == []


def test_legs_alone_decide_nothing() -> None:
    """Nothing is known of somebody of whom only legs are seen, whatever these do."""
    looks = played([STANDS, Act(PRONE, 0.9, 40)], VIEWS[0], 8.0)
    assert judged(alone(without(range(11), looks))) == []


def test_a_change_of_scene_forgets_those_who_stand_but_not_those_who_lie() -> None:
    """A lamp switched on does not stop the timer of somebody who is down."""
    decision = Decision()
    judged(alone(played([STANDS, Act(PRONE, 0.9, 1.2)], VIEWS[1])), decision)
    assert not decision.new_scene(5.0)
    standing = Decision()
    judged(alone(played([STANDS], VIEWS[1])), standing)
    assert list(standing.new_scene(5.0)) == [1]


def test_one_impossible_skeleton_is_ignored() -> None:
    """A single skeleton somewhere else does not begin or end anything."""
    view = VIEWS[1]
    looks = list(played([Act(STAND, 0, 6)], view))
    wrong = next(points for _, points in played([Act(PRONE, 0, 1)], view))
    spoiled = [(at, wrong if number == 30 else points) for number, (at, points) in enumerate(looks)]
    assert judged(alone(spoiled)) == []


bodies = st.builds(
    Body,
    x=st.floats(0, 2),
    upper=st.floats(0, 1),
    hip=st.none() | st.floats(0, 1),
    foot=st.none() | st.floats(0, 1.5),
    ankle=st.none() | st.floats(0, 1),
    wide=st.floats(0, 1.5),
    tall=st.floats(0, 1),
    stature=st.floats(0.01, 2.5),
    seen=st.integers(4, 17),
    score=st.floats(0, 1),
    top=st.floats(0, 1),
    bottom=st.floats(0, 1),
)
plans = st.builds(
    Plan,
    over=st.floats(-1, 5) | st.just(math.inf),
    trunk=st.floats(-1, 5) | st.just(math.inf),
    far=st.floats(-1, 5) | st.just(math.inf),
    tall=st.none() | st.floats(-1, 3),
)
sightings = st.lists(
    st.builds(
        Sighting,
        track=st.integers(1, 3),
        body=st.none() | bodies,
        zone=st.just(""),
        furniture=st.booleans(),
        plan=st.none() | plans,
        fell=st.none() | st.floats(0, 1),
    ),
    max_size=3,
    unique_by=lambda one: one.track,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5), sightings), max_size=40), st.booleans())
def test_no_alarm_ends_that_has_not_begun(
    looks: list[tuple[float, list[Sighting]]], bed_falls: bool
) -> None:
    """Whatever is seen, an alarm begins before it ends, and lies within its bounds.

    Who falls again without having been seen to recover is reported again.
    """
    decision = Decision(floor_seconds=5, bed_falls=bed_falls)
    times = itertools.accumulate(pause for pause, _ in looks)
    down: set[int] = set()
    for at, (_, people) in zip(times, looks, strict=True):
        present = {one.track for one in people}
        for verdict in decision.observe(at, people):
            assert verdict.down or verdict.track in down
            assert not verdict.down or 0.4 <= verdict.confidence <= 1.0
            assert bed_falls or verdict.reason != "bed"
            (down.add if verdict.down else down.discard)(verdict.track)
        down &= present
        assert down <= decision.watched


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 359),
    st.floats(1.0, 2.2),
    st.floats(3.5, 6),
    st.floats(3, 15),
    st.floats(0.6, 1.5),
    st.integers(0, 1000),
)
def test_standing_and_walking_never_alarm(
    facing: float, height: float, distance: float, fps: float, pace: float, seed: int
) -> None:
    """Coming and going, near and far, at any rate."""
    view = View(height=height, distance=distance, facing=facing, missing=0.05)
    acts = [STANDS, Act(STAND, 3 / pace, 1, forward=2.0), Act(STAND, 3 / pace, 1, forward=-2.0)]
    assert judged(alone(played(acts, view, fps, seed=seed, falling=False))) == []


def test_somebody_who_vanished_is_forgotten_in_the_end() -> None:
    """Ten minutes after the last sight nobody is waited for any more; nothing is announced."""
    decision = Decision()
    judged(alone(played([STANDS, Act(ON_SIDE, 0.9, 4)], VIEWS[1])), decision)
    assert decision.watched == {1}
    assert decision.observe(8 + LOST + 1, [Sighting(1, None)]) == []
    assert decision.watched == set()


def test_on_all_fours_seen_from_the_side_is_not_lying() -> None:
    """Somebody who wipes the floor is not down."""
    acts = [STANDS, Act(KNEEL, 1, 0.5), Act(FOURS, 0.8, 10)]
    assert alarms(acts, View(height=1.8, distance=4, facing=90), falling=False) == []


def told(*opinions: tuple[float, float]) -> list[Verdict]:
    """Return the verdicts about somebody who stands, for seconds of opinions of the model."""
    points = next(points for _, points in played([STANDS], VIEWS[1]) if points is not None)
    body = measure(points, ASPECT, 0.5)
    each = [fell for fell, seconds in opinions for _ in range(round(10 * seconds))]
    decision = Decision()
    looks = [
        decision.observe(n / 10, [Sighting(1, body, fell=fell)]) for n, fell in enumerate(each)
    ]
    return [verdict for verdicts in looks for verdict in verdicts]


def test_the_temporal_model_is_believed_when_it_stays_sure() -> None:
    """Moments of certainty are no alarm, nor is a mere suspicion, however long."""
    assert told((0.0, 1), (0.97, 2))[:1] == [Verdict(1, True, "drop", 0.97)]
    assert told((0.0, 1), (0.97, 0.5), (0.2, 0.5), (0.97, 0.5), (0.0, 1)) == []
    assert told((0.5, 10)) == []


@pytest.mark.parametrize("view", VIEWS[:2])
@pytest.mark.parametrize("lies", [PRONE, SUPINE])
def test_propped_up_is_not_up(view: View, lies: Pose, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody rises the temporal model waits; it does not while they sit where they fell."""
    looks = list(alone(played([STANDS, Act(lies, 0.7, 0.3), Act(FLOOR_SIT, 0.6, 5)], view, 10.0)))
    opinions = iter([0.0] * 37 + [0.97] * len(looks))
    monkeypatch.setattr(TEMPORAL, "fallen", lambda films: [next(opinions)])
    assert [4.6 < at < 5.4 for at, verdict in judged(looks) if verdict.down] == [True]


def test_a_drop_that_the_temporal_model_denies_takes_the_slow_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody lay down on purpose; whether they can get up again is asked later."""
    monkeypatch.setattr(TEMPORAL, "fallen", lambda films: [0.02])
    looks = alone(played([STANDS, Act(PRONE, 0.9, 30)], VIEWS[1]))
    found = judged(looks, Decision(floor_seconds=20))
    assert [verdict.reason for _, verdict in found] == ["floor"]
    assert 23 < found[0][0] < 26


def test_a_slow_drop_that_the_temporal_model_saw_for_a_moment_is_confirmed_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A certainty too short to be believed alone and a way down too gentle: together they count."""
    looks = list(alone(played([STANDS, Act(SQUAT, 1.4, 0.6), Act(ON_SIDE, 1.4, 8)], VIEWS[0])))

    def first(surest: float) -> list[float]:
        opinions = iter([0.5] * 58 + [surest] * 4 + [0.5] * len(looks))
        monkeypatch.setattr(TEMPORAL, "fallen", lambda films: [next(opinions)])
        return [at for at, verdict in judged(looks) if verdict.down]

    assert first(0.85) == []
    assert [at < 8.5 for at in first(0.95)] == [True]


@pytest.mark.parametrize("fps", [4.0, 10.0, 25.0])
def test_a_leap_is_no_fall(fps: float) -> None:
    """Bodies need time to come down: stand in one look, lie in the next, is another film."""
    assert alarms([STANDS, Act(PRONE, 0, 6)], VIEWS[1], fps) == []
