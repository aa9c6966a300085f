"""A headset that is plugged in and pulled out."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agent.contract.driver import Site
from agent.contract.signals import Contact
from drivers.contact import headset
from drivers.contact.headset import HeadsetContact, HeadsetSettings
from tests.drivers.running import Running
from tests.waiting import wait_for


def event(kind: int, code: int, value: int) -> bytes:
    return headset._EVENT.pack(0, 0, kind, code, value)


def closed(running: Running) -> list[bool]:
    return [signal.closed for signal in running.signals if isinstance(signal, Contact)]


def made(tmp_path: Path, **settings: str) -> HeadsetContact:
    return HeadsetContact("headset", HeadsetSettings(**settings), Site(tmp_path, tmp_path))


def test_a_jack_tells_what_is_plugged_in(tmp_path: Path) -> None:
    """Headphones and microphone are two switches of one plug; other events say nothing."""
    path = tmp_path / "event0"
    os.mkfifo(path)
    with Running(made(tmp_path, jack=str(path))) as running:
        wait_for(lambda: closed(running) == [False])
        with path.open("wb", buffering=0) as jack:
            jack.write(event(5, 0x02, 1) + event(5, 0x04, 1) + event(0, 0, 0))
            wait_for(lambda: closed(running) == [False, True])
            jack.write(event(5, 0x05, 1) + event(1, 0x02, 0) + event(5, 0x02, 0))
            jack.write(event(5, 0x04, 0))
            wait_for(lambda: closed(running) == [False, True, False])


def test_a_usb_headset_is_a_card_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told within 0.3 s."""
    monkeypatch.setattr(headset, "_CARDS", tmp_path)
    with Running(made(tmp_path, card="Headset")) as running:
        wait_for(lambda: closed(running) == [False])
        (tmp_path / "Headset").mkdir()
        began = time.monotonic()
        wait_for(lambda: closed(running) == [False, True])
        assert time.monotonic() - began < 1.0  # 0.3 on a machine that has time
        (tmp_path / "Headset").rmdir()
        wait_for(lambda: closed(running) == [False, True, False])


def test_a_jack_that_is_not_there(tmp_path: Path) -> None:
    """With the place to look for it."""
    with Running(made(tmp_path, jack=str(tmp_path / "none"))) as running:
        assert "by-path" in running.why()


def test_a_jack_that_goes_away(tmp_path: Path) -> None:
    """Its card was pulled out."""
    path = tmp_path / "event0"
    os.mkfifo(path)
    with Running(made(tmp_path, jack=str(path))) as running:
        wait_for(lambda: closed(running) == [False])
        with path.open("wb", buffering=0) as jack:
            jack.write(event(0, 0, 0))
        assert "is gone" in running.why()


@pytest.mark.parametrize("settings", [{}, {"card": "../etc"}])
def test_settings_that_make_no_sense(settings: dict[str, str]) -> None:
    """Neither jack nor card; a card that is a path."""
    with pytest.raises(ValueError, match=r"give"):
        HeadsetSettings(**settings)
