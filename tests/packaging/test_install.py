"""`make install`, as far as it goes off a Raspberry Pi, and what set-up says when it cannot."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def script(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.fixture(scope="module")
def plan() -> str:
    """What the installer would do."""
    told = script(".ci/install", DRY_RUN="1")
    assert told.returncode == 0, told.stdout
    return told.stdout


def on_a_pi() -> bool:
    model = Path("/proc/device-tree/model")
    return model.exists() and model.read_text().startswith("Raspberry Pi")


@pytest.mark.skipif(on_a_pi(), reason="on a Raspberry Pi it would install")
def test_off_a_pi_it_refuses_with_a_reason() -> None:
    """Nothing is touched, and the reader learns what to do instead."""
    refused = script(".ci/install")
    assert refused.returncode == 1
    assert "not a Raspberry Pi" in refused.stdout
    assert "make run" in refused.stdout


def test_it_installs_what_the_daemon_is_started_with(plan: str) -> None:
    """Every path in the unit's command is one that the installer fills or systemd makes."""
    unit = (PROJECT / "systemd" / "linli.service").read_text()
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert command
    made = plan + " /var/lib/linli"  # StateDirectory=
    for path in re.findall(r"/\S+", command[1]):
        assert path.removesuffix("/bin/linli") in made, path


def test_it_makes_the_users_of_the_units(plan: str) -> None:
    """Each unit runs as a user that is there already or is made, with the wires' groups."""
    units = (PROJECT / "systemd").glob("*.service")
    users = {user for unit in units for user in re.findall(r"^User=(.*)$", unit.read_text(), re.M)}
    assert users == {"linli", "linli-browser"}
    for user in users:
        known = script("id", user).returncode == 0
        assert known or re.search(rf"useradd .* {user}$", plan, re.MULTILINE)
    assert "usermod --append --groups video linli\n" in plan


def test_it_starts_every_unit(plan: str) -> None:
    """A unit in systemd/ is also copied, enabled and started."""
    for unit in (PROJECT / "systemd").glob("*.service"):
        assert f"systemd/{unit.name}" in plan
        assert re.search(rf"systemctl enable .*\b{unit.name}", plan)
        assert re.search(rf"systemctl restart .*\b{unit.name}", plan)


def test_an_old_python_is_named_with_the_remedy(tmp_path: Path) -> None:
    """Set-up says which Python it found and how to name another."""
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n')
    old.chmod(0o755)
    told = script("bash", "-c", "source .ci/lib.sh; prepare_machine", PYTHON=str(old))
    assert told.returncode == 1
    assert "3.11 or newer" in told.stdout
    assert "Python 3.9.2" in told.stdout
    assert "make PYTHON=" in told.stdout
