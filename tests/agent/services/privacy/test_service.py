"""Who may look: shutter, cameras, and their lamp."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.orders import Headset, Look, Switch
from agent.contract.signals import CameraWatch, Contact, DeviceBack, Listening, Signal
from agent.effects import Drive, Guide, Pass
from agent.messages import DeviceDown, HeardAlone, Started
from agent.services.privacy.service import Watch
from agent.services.privacy.settings import PrivacySettings
from tests.agent.journal import Journey

CAMERAS = ("hall", "stairs")
OPEN = Contact(source="shutter", closed=True)
SHUT = Contact(source="shutter", closed=False)
START = Started(rebooted=False)


@pytest.fixture
def journey() -> Journey:
    """Two cameras behind one shutter."""
    return Journey(Watch(PrivacySettings(shutter="shutter", camera_lamp="lamp"), CAMERAS))


def looks(journey: Journey) -> dict[str, bool]:
    """What each camera was told last."""
    told = [(e.device, e.order) for e in journey.effects if isinstance(e, Drive)]
    return {device: order.allowed for device, order in told if isinstance(order, Look)}


def test_nobody_looks_before_the_shutter_says_so(journey: Journey) -> None:
    """At the start the cameras are told to wait; the contact's first word lets them look."""
    journey.send(START)
    assert looks(journey) == {"hall": False, "stairs": False}
    journey.send(OPEN)
    assert looks(journey) == {"hall": True, "stairs": True}


def test_speech_follows_the_headset() -> None:
    """Loudspeaker and microphone are told at once; a lost contact means that there is none."""
    journey = Journey(Watch(PrivacySettings(headset="jack"), (), ("speaker", "ear")))
    journey.send(START, Contact(source="jack", closed=True), Contact(source="door", closed=False))
    told = [(e.device, e.order) for e in journey.effects if isinstance(e, Drive)]
    assert told == [("speaker", Headset(True)), ("ear", Headset(True))]
    assert journey.effects.count(Guide()) == 1
    assert journey.latest == [] and Pass(HeardAlone(on=True)) in journey.effects
    journey.send(DeviceDown(source="jack", reason="gone"))
    told = [(e.device, e.order) for e in journey.effects if isinstance(e, Drive)]
    assert told[-2:] == [("speaker", Headset(False)), ("ear", Headset(False))]
    assert Pass(HeardAlone(on=False)) in journey.latest


@pytest.mark.parametrize("lost", [SHUT, DeviceDown(source="shutter", reason="no pin")])
def test_an_open_or_lost_contact_ends_it(journey: Journey, lost: Signal) -> None:
    """A shutter that is closed, a cut wire and a lost pin all mean: do not look."""
    journey.send(START, OPEN, lost)
    assert looks(journey) == {"hall": False, "stairs": False}


def test_another_contact_is_no_shutter(journey: Journey) -> None:
    """A door lets nobody look."""
    journey.send(START, Contact(source="door", closed=True))
    assert looks(journey) == {"hall": False, "stairs": False}


def test_a_camera_that_comes_back_is_told_again(journey: Journey) -> None:
    """Its new process knows nothing of the shutter."""
    journey.send(START, OPEN, SHUT)
    assert journey.send(DeviceBack(source="hall")) == [Drive("hall", Look(False))]
    journey.send(OPEN)
    assert journey.send(DeviceBack(source="hall")) == [Drive("hall", Look(True))]
    assert journey.send(DeviceBack(source="bin_1")) == []


def test_a_restart_waits_for_the_contact(journey: Journey) -> None:
    """The shutter may have been closed while the kiosk was off."""
    journey.send(START, OPEN)
    journey.restart()
    journey.send(START)
    assert looks(journey) == {"hall": False, "stairs": False}


def test_without_a_shutter_cameras_are_left_alone() -> None:
    """A kiosk without a shutter looks all the time; an unnamed driver is no shutter."""
    journey = Journey(Watch(PrivacySettings(), CAMERAS))
    journey.send(START, DeviceBack(source="hall"), Contact(closed=False), DeviceDown(reason=""))
    assert not journey.effects


def test_the_lamp_shows_that_a_camera_looks(journey: Journey) -> None:
    """Lit while any camera looks; one that is lost does not look."""
    journey.send(CameraWatch(source="hall", looking=True))
    assert journey.latest == [Drive("lamp", Switch(True))]
    journey.send(CameraWatch(source="stairs", looking=True))
    journey.send(CameraWatch(source="hall", looking=False, reason="shutter"))
    assert journey.latest == [Drive("lamp", Switch(True))]
    journey.send(DeviceDown(source="stairs", reason="unplugged"))
    assert journey.latest == [Drive("lamp", Switch(False))]


signals = st.sampled_from(
    [
        START,
        OPEN,
        SHUT,
        DeviceDown(source="shutter", reason=""),
        *(DeviceBack(source=name) for name in ("shutter", *CAMERAS)),
        *(DeviceDown(source=name, reason="") for name in CAMERAS),
        *(CameraWatch(source=name, looking=True) for name in CAMERAS),
    ]
)


@settings(deadline=None)
@given(st.lists(signals))
def test_no_camera_looks_against_the_shutter(sequence: Sequence[Signal]) -> None:
    """Whatever happens in whatever order, a camera may look only after the contact closed."""
    journey = Journey(Watch(PrivacySettings(shutter="shutter"), CAMERAS))
    allowed = False
    for signal in (START, *sequence):
        if signal == START:
            journey.restart()
        journey.send(signal)
        if signal in (OPEN, SHUT, START) or signal == DeviceDown(source="shutter", reason=""):
            allowed = signal == OPEN
            assert len(looks(journey)) == len(CAMERAS)
        assert set(looks(journey).values()) == {allowed}


def test_lamp_shows_that_the_microphone_listens() -> None:
    """The lamp is on while somebody is listened to, and only then."""
    journey = Journey(Watch(PrivacySettings(microphone_lamp="lamp_listen"), []))
    journey.send(Listening(on=True), Listening(on=False, ended="utterance"))
    assert journey.effects == [
        Drive("lamp_listen", Switch(True)),
        Drive("lamp_listen", Switch(False)),
    ]
