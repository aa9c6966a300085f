"""Health reports: once down, once back."""

from __future__ import annotations

from agent.contract.signals import DeviceBack
from agent.messages import DeviceDown, Started
from agent.services.devices.service import Devices
from tests.agent.journal import Journey


def test_each_change_is_reported_once() -> None:
    """Down twice is one record, back twice is one record, and back without down is none."""
    journey = Journey(Devices("1.2.3", ["camera"]))
    down, back = DeviceDown(source="bin_1", reason="unplugged"), DeviceBack(source="bin_1")
    journey.send(back, down, down, back, back)
    assert [record.kind for record in journey.records()] == ["device.down", "device.back"]
    assert journey.records("device.down")[0].data == {"device": "bin_1", "reason": "unplugged"}


def test_a_device_lost_before_a_restart_is_reported_back_after_it() -> None:
    """The memory of what is down outlasts the daemon."""
    journey = Journey(Devices("1.2.3", ["camera"]))
    journey.send(DeviceDown(source="bin_1", reason="unplugged"))
    journey.restart()
    journey.send(DeviceBack(source="bin_1"))
    assert [record.kind for record in journey.records()] == ["device.down", "device.back"]


def test_a_start_tells_the_version() -> None:
    """Upstream sees which version started, and whether the machine was restarted."""
    journey = Journey(Devices("1.2.3", ["camera"]))
    journey.send(Started(rebooted=True))
    assert journey.records("kiosk.started")[0].data == {"version": "1.2.3", "rebooted": True}
