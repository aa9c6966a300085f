"""`linli doctor` advises a technician."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import main

PACKAGED = Path(__file__).parents[3] / "config" / "kiosk.toml"


def test_what_is_broken_comes_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a desk without devices: each one missing is named, with what to do; exit status 1."""
    words = ["--config", str(PACKAGED), "--data", str(tmp_path), "--models", str(tmp_path)]
    assert main(["doctor", *words]) == 1
    printed = capsys.readouterr().out
    assert "ok      configuration" in printed
    assert "usb-bin_1 is not there; check cable and power" in printed
    assert "linli models fetch movenet-multipose-lightning-fp16" in printed
    assert "broken  upstream: http://127.0.0.1:8482" in printed


def test_it_says_what_is_kept_of_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the kiosk keeps is said in plain words, pictures first: none."""
    main(["doctor", "--config", str(PACKAGED), "--data", str(tmp_path)])
    assert "pictures: none" in capsys.readouterr().out
