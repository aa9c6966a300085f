"""The way from pictures to signals, with the real model and, where there are any, real falls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from agent.contract.signals import PersonDown, Signal
from drivers.camera import MODEL
from drivers.vision.decision import Decision
from drivers.vision.memory import FRESH, Kept, Notebook, kept, restore
from drivers.vision.pipeline import HEARTBEAT, KEPT, Pipeline
from drivers.vision.pose import Frame, PoseModel, as_frame
from drivers.vision.tracker import Tracker
from drivers.vision.videos import frames
from drivers.vision.zones import FURNITURE, Zone
from hw_mocks.devices.camera import empty_room
from tests.bench.sweep_falls import Shown
from tests.drivers.vision.bodies import ASPECT, PRONE, View, skeleton

FALL = "Subject3_Fall_20.mp4"
DAILY = "Subject3_ADL_07.mp4"


@pytest.fixture(scope="module")
def model(models: Path) -> PoseModel:
    """The model, loaded once."""
    return PoseModel(models / MODEL)


def run(pipeline: Pipeline, pictures: Iterator[tuple[float, Frame]]) -> list[Signal]:
    """Return all signals of *pictures*, at five a second to save time."""
    signals: list[Signal] = []
    due = 0.0
    for at, frame in pictures:
        if at >= due:
            due = at + 0.19
            signals += pipeline.step(at, frame)
    return signals


def room(seconds: float, fps: float = 5.0) -> Iterator[tuple[float, Frame]]:
    """Yield an empty room with the sensor's noise."""
    generator, still = np.random.default_rng(1), empty_room()
    noises = [generator.normal(0, 2.5, still.shape) for _ in range(4)]
    pictures = [as_frame(np.clip(still + noise, 0, 255)) for noise in noises]
    for number in range(int(seconds * fps)):
        yield number / fps, pictures[number % len(pictures)]


def test_a_real_fall_is_one_alarm_with_a_small_skeleton(model: PoseModel, data_dir: Path) -> None:
    """The alarm carries key points as fractions, in less than 4 kB, and no picture."""
    signals = run(Pipeline(model), frames(data_dir / "falls" / FALL))
    assert [type(signal) for signal in signals] == [PersonDown]
    alarm = signals[0]
    assert isinstance(alarm, PersonDown)
    assert alarm.reason == "drop" and alarm.confidence > 0.7
    assert 2 <= len(alarm.skeleton) <= KEPT
    assert all(len(points) == 17 and len(points[0]) == 3 for points in alarm.skeleton)
    assert len(msgspec.json.encode(alarm)) < 4096
    assert json.loads(msgspec.json.encode(alarm))["skeleton"][0][0][0] == alarm.skeleton[0][0][0]


def test_squats_are_no_alarm(model: PoseModel, data_dir: Path) -> None:
    """Real daily living."""
    assert run(Pipeline(model), frames(data_dir / "falls" / DAILY)) == []


def test_a_fall_in_an_ignored_zone_is_not_looked_at(model: PoseModel, data_dir: Path) -> None:
    """A television that shows a fall is no fall."""
    everything = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    screen = Zone(name="电视", kind="ignore", polygon=everything)
    assert run(Pipeline(model, [screen]), frames(data_dir / "falls" / FALL)) == []


@pytest.mark.parametrize("kind", [None, *sorted(FURNITURE)])
def test_lying_long_in_a_zone_for_it_is_no_alarm(kind: str | None) -> None:
    """A bed, a sofa and a bench are for lying on; elsewhere it is the floor."""
    everything = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    place = {"name": "长椅", "kind": kind, "polygon": everything}
    zones = [msgspec.convert(place, Zone)] if kind else []
    somebody = Shown(ASPECT)
    somebody.people = [(skeleton(PRONE, View(), np.random.default_rng(0)), 0.5)]
    pipeline = Pipeline(somebody, zones, floor_seconds=2)
    signals = run(pipeline, ((float(at), somebody.frame) for at in range(60)))
    assert [type(signal) for signal in signals] == ([] if kind else [PersonDown])


def test_a_private_zone_is_black_before_the_model(model: PoseModel, data_dir: Path) -> None:
    """Nothing of a private zone reaches the model; the caller's picture is left alone."""
    half = Zone(name="浴室", kind="private", polygon=[(0, 0), (0.5, 0), (0.5, 1), (0, 1)])
    looked: list[Frame] = []

    class Recorder:
        def look(self, frame: Frame) -> list[object]:
            looked.append(frame)
            return []

    picture = empty_room()
    Pipeline(Recorder(), [half]).step(0.0, picture)  # type: ignore[arg-type]
    assert looked[0][:, :310].max() == 0 and looked[0][:, 330:].min() > 0
    assert picture[:, :310].max() > 0


def test_an_empty_room_is_looked_at_by_heartbeat_only(model: PoseModel) -> None:
    """No pose work while nothing moves and nobody is down."""
    pipeline = Pipeline(model)
    assert run(pipeline, room(30)) == []
    assert pipeline.looks <= 6 + 30 / HEARTBEAT


def test_nothing_stops_looking_at_somebody_who_lies_still(model: PoseModel, data_dir: Path) -> None:
    """Motion ends with the fall, looking does not: the timer of somebody down never waits."""
    pipeline = Pipeline(model, floor_seconds=1000)
    last = list(frames(data_dir / "falls" / FALL))[-1][1]
    run(pipeline, frames(data_dir / "falls" / FALL))
    assert pipeline.decision.watched
    before = pipeline.looks
    for number in range(20):
        pipeline.step(10 + number / 5, last)
    assert pipeline.looks - before == 20


def test_a_crash_does_not_stop_the_timer(model: PoseModel, data_dir: Path, tmp_path: Path) -> None:
    """What a killed process wrote down lets the next one raise the alarm in time."""
    notebook = Notebook(tmp_path / "down.json")
    first, alarm_at = Pipeline(model), 0.0
    pictures = list(frames(data_dir / "falls" / FALL))[::3]
    crash = next(
        number
        for number, (at, frame) in enumerate(pictures)
        if first.step(at, frame) or any(p.floor > 0.4 for p in first.decision.people.values())
    )
    notebook.write(kept(first.decision, first.tracker), 100.0)
    second = Pipeline(model)
    restore(notebook.read(), second.decision, second.tracker, pictures[crash][0] + 1.0)
    for at, frame in pictures[crash + 1 :]:
        if any(isinstance(signal, PersonDown) for signal in second.step(at + 1.0, frame)):
            alarm_at = at
            break
    assert 0 < alarm_at < 5.0


def test_memory_is_deleted_when_nobody_lies(tmp_path: Path) -> None:
    """No file stays behind."""
    path = tmp_path / "down.json"
    path.write_text("[]")
    Notebook(path).write([], 1.0)
    assert not path.exists()


def test_a_disk_that_refuses_does_not_stop_the_camera(tmp_path: Path) -> None:
    """The memory is a convenience: failing to write it raises nothing."""
    (tmp_path / "file").write_text("")
    notebook = Notebook(tmp_path / "file" / "down.json")
    notebook.write([], 1.0)
    person = Kept(
        track=1, at=1.0, points=[[0.5, 0.5, 0.5]] * 17, score=0.5, aspect=1.3, stature=0.6,
        ground=None, lying=1.0, floor=3.0, alarmed=False, fall=None,
    )  # fmt: skip
    notebook.write([person], 5.0)
    other = Notebook(tmp_path / "cache" / "down.json")
    other.write([person], 5.0)
    assert other.read() == [person]


@pytest.mark.parametrize("text", ["", "{", '[{"track": 1}]'])
def test_damaged_memory_is_no_memory(tmp_path: Path, text: str) -> None:
    """A file cut off by a crash is ignored."""
    path = tmp_path / "down.json"
    path.write_text(text)
    assert Notebook(path).read() == []


def test_old_memory_is_no_memory(model: PoseModel, data_dir: Path) -> None:
    """After a minute, or a restart of the machine, nobody is remembered."""
    pipeline = Pipeline(model)
    run(pipeline, frames(data_dir / "falls" / FALL))
    people = kept(pipeline.decision, pipeline.tracker)
    assert people
    for at in (people[0].at + FRESH + 1, people[0].at - 100):
        decision = Decision()
        restore(people, decision, Tracker(), at)
        assert decision.people == {}


IMPACT = 3.0
"""Seconds of the fall in `FALL`."""


def spoiled(
    pictures: Iterator[tuple[float, Frame]], bad: Frame, first: float, last: float
) -> Iterator[tuple[float, Frame]]:
    """Yield *pictures* with *bad* in place of those from *first* to *last* seconds after impact."""
    for at, frame in pictures:
        hit = first <= at - IMPACT < last
        yield at, as_frame(cv2.resize(bad, frame.shape[1::-1])) if hit else frame


@pytest.mark.parametrize("colour", [(0, 0, 0), (128, 128, 128), (0, 135, 0), (255, 255, 255)])
@pytest.mark.parametrize(("first", "last"), [(-0.3, -0.1), (0.0, 0.2), (0.4, 0.6), (-0.4, 0.2)])
def test_spoiled_pictures_do_not_erase_a_fall(
    model: PoseModel, data_dir: Path, colour: tuple[int, int, int], first: float, last: float
) -> None:
    """One of five a second, or 0.6 s, at the worst moments: the alarm comes all the same."""
    bad = as_frame(np.full((48, 64, 3), colour))
    shown = spoiled(frames(data_dir / "falls" / FALL), bad, first, last)
    assert [type(signal) for signal in run(Pipeline(model), shown)] == [PersonDown]


@pytest.mark.parametrize("grey", [False, True])
def test_a_held_picture_takes_no_alarm_back(model: PoseModel, data_dir: Path, grey: bool) -> None:
    """The last picture stays, in colour and as a night camera has it: nobody got up."""
    pictures = list(frames(data_dir / "falls" / FALL))
    if grey:
        pictures = [(at, as_frame(np.repeat(p.mean(2, keepdims=True), 3, 2))) for at, p in pictures]
    end, last = pictures[-1]
    held = ((end + n / 5, last) for n in range(1, 150))
    signals = run(Pipeline(model), iter([*pictures, *held]))
    assert [type(signal) for signal in signals] == [PersonDown]
