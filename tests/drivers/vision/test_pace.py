"""How often the camera is looked at closely."""

from __future__ import annotations

import logging

import pytest

from drivers.vision.pace import EVERY, SETTLED, Pace


def test_the_pace_is_told_once_and_each_minute_for_the_curious(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Once at INFO when it has settled, then every minute at DEBUG; pauses are no pace."""
    caplog.set_level(logging.DEBUG)
    pace, at = Pace("hall"), 0.0
    for looks in range(1, SETTLED + 2):
        pace.count(at, looks)
        at += 0.125
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "camera-pace name=hall looks_per_second=8.0")
    ]
    caplog.clear()
    for looks in range(SETTLED + 2, SETTLED + 40):
        at += 5.0
        pace.count(at, looks)
        pace.count(at + 0.25, looks)
    assert {record.levelname for record in caplog.records} == {"DEBUG"}
    assert len(caplog.records) == int(at / EVERY)
