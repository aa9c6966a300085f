"""The driver of cameras that read codes, on a stream of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.contract.orders import Look
from agent.contract.signals import Looking, Scanned
from drivers.scanner import camera as module
from drivers.scanner.camera import ScannerCamera, ScannerCameraSettings
from hw_mocks.devices.scanner import MockCodeCamera
from tests.drivers.running import Running, site
from tests.waiting import wait_for

ON, OFF = Looking(source="gate", on=True), Looking(source="gate", on=False)


@pytest.fixture
def camera() -> Iterator[MockCodeCamera]:
    camera = MockCodeCamera()
    yield camera
    camera.close()


def driver(camera: MockCodeCamera) -> ScannerCamera:
    return ScannerCamera("gate", ScannerCameraSettings(source=camera.camera.url), site())


def scanned(running: Running) -> list[str]:
    return [signal.text for signal in running.signals if isinstance(signal, Scanned)]


def test_a_code_is_told_once_for_each_presentation(
    camera: MockCodeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    """Held for three seconds it is one scan; another one is another; neither is in the log."""
    with Running(driver(camera)) as running:
        wait_for(lambda: running.signals == [ON])
        camera.set({"code": "BXJ1:AB23"})
        wait_for(lambda: scanned(running) == ["BXJ1:AB23"])
        camera.set({"code": "BXJ1:CD45"})
        wait_for(lambda: len(scanned(running)) == 2)
    assert scanned(running) == ["BXJ1:AB23", "BXJ1:CD45"]
    assert "AB23" not in caplog.text


def test_the_shutter_closes_it(camera: MockCodeCamera) -> None:
    """Nobody is connected to it then, and the lamp learns so."""
    made = driver(camera)
    with Running(made) as running:
        wait_for(lambda: running.signals == [ON])
        made.command(Look(False))
        wait_for(lambda: running.signals == [ON, OFF])
        wait_for(lambda: camera.camera.viewers == 0)
        made.command(Look(True))
        wait_for(lambda: running.signals == [ON, OFF, ON])


def test_a_camera_that_goes_is_told(
    camera: MockCodeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GONE_S", 0.5)
    with Running(driver(camera)) as running:
        wait_for(lambda: running.signals == [ON])
        camera.connect(False)
        assert "sends no picture" in running.why(15)
