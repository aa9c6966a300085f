"""`make install`, as far as it goes off a Raspberry Pi, and what set-up says when it cannot."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
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
    for unit in (PROJECT / "systemd").glob("linli*"):
        assert f"systemd/{unit.name}" in plan
        assert re.search(rf"systemctl enable .*\b{unit.name}", plan)
        started = unit.name == "linli.service" and re.search("^  healthy$", plan, re.MULTILINE)
        assert started or re.search(rf"systemctl restart .*\b{unit.name}", plan)


def test_it_is_made_beside_the_running_version(plan: str) -> None:
    """Everything is in a folder of its own, and checked, before the running one is touched."""
    steps = [line.strip() for line in plan.splitlines()]
    (folder,) = set(re.findall(r"/opt/linli/versions/[\d-]+", plan))
    made = next(i for i, step in enumerate(steps) if step.startswith("quiet_pip"))
    checked = steps.index(f"{folder}/venv/bin/linli check --config /etc/linli/kiosk.toml")
    switched = steps.index(f"switch_to {folder}/venv")
    healthy = steps.index("healthy")
    assert made < checked < switched < healthy
    assert "install --require-hashes -r .ci/requirements.lock" in plan


def test_a_board_with_too_little_memory_is_refused(tmp_path: Path) -> None:
    """With the reason: how much there is, and how much is needed."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:         948304 kB\nMemFree: 1 kB\n")
    told = script(".ci/install", DRY_RUN="1", MEMINFO=str(meminfo))
    assert "would refuse: this machine has 948 MB of memory" in told.stdout
    assert "2 GB or more" in told.stdout


def test_it_can_be_taken_off_again() -> None:
    """Units and program go; what is of the site stays, unless it is told to go."""
    told = script(".ci/uninstall", DRY_RUN="1")
    assert told.returncode == 0, told.stdout
    assert "rm -rf /opt/linli /usr/local/bin/linli" in told.stdout
    for unit in (PROJECT / "systemd").glob("linli*"):
        assert f"/etc/systemd/system/{unit.name}" in told.stdout
    assert "rm -rf /etc/linli" not in told.stdout
    assert (
        "rm -rf /etc/linli /var/lib/linli" in script(".ci/uninstall", DRY_RUN="1", PURGE="1").stdout
    )


def test_no_key_of_a_keyboard_switches_the_machine_off(plan: str) -> None:
    """Power, sleep and hibernate, SysRq, Ctrl+Alt+Del at once and seven times, other consoles: all
    act past the browser and its compositor. What is put there is taken off again."""
    put = dict(re.findall(r"install -D -m 644 (systemd/kiosk-\S+) (/etc/\S+)", plan))
    assert set(put) == {
        str(path.relative_to(PROJECT)) for path in (PROJECT / "systemd").glob("kiosk-*")
    }
    text = "".join((PROJECT / name).read_text() for name in put)
    for key in ("Power", "Reboot", "Suspend", "Hibernate"):
        assert f"Handle{key}Key=ignore\nHandle{key}KeyLongPress=ignore\n" in text
    assert "NAutoVTs=0\nReserveVT=0\n" in text
    assert "\nCtrlAltDelBurstAction=none\n" in text and "\nkernel.sysrq = 0\n" in text
    assert "systemctl mask --quiet ctrl-alt-del.target" in plan
    off = script(".ci/uninstall", DRY_RUN="1").stdout
    assert all(place in off for place in put.values())
    assert "systemctl unmask --quiet ctrl-alt-del.target" in off


def test_the_lock_holds_all_that_the_program_needs() -> None:
    """Each library of pyproject.toml, by its hash; `make lock` renews it."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    lock = (PROJECT / ".ci" / "requirements.lock").read_text()
    locked = {name.lower() for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    for dependency in project["dependencies"]:
        name = re.match(r"[\w.-]+", dependency)
        assert name is not None
        assert name[0].lower() in locked, f"{name[0]}: run make lock"
    assert "http" not in lock


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
