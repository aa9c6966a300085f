"""The units under a real systemd: booted as process 1 of a container, where the machine can.

The container is an overlay of this machine's own file system in memory, so nothing is installed
and nothing remains. It has no network but its own loopback, and no devices.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

PROJECT = Path(__file__).parents[2]
WITHIN = 180.0
"""Seconds for the boot and everything that is tried in it."""

PROBE = r"""
import json, subprocess, time, urllib.error, urllib.request

PAGE = "http://127.0.0.1:8480/"
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

def run(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()

def shown(unit):
    keys = "ActiveState,NRestarts,Result,StatusText"
    lines = run("systemctl", "show", unit, "-p", keys).splitlines()
    return dict(line.split("=", 1) for line in lines)

def brought(secret, by):
    # The answer to who brings this secret to the page.
    request = urllib.request.Request(PAGE + "enter", json.dumps({"secret": secret}).encode())
    request.add_header("Content-Type", "application/json")
    request.add_header("Origin", PAGE.rstrip("/"))
    try:
        return by.open(request, timeout=3).status
    except urllib.error.HTTPError as error:
        return error.code

def seen(by):
    # Answer and text of the page.
    try:
        with by.open(PAGE, timeout=3) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()

def page(wanted, within=20):
    # As the kiosk's own browser sees it: it has the secret, and enters where it has to.
    deadline = time.monotonic() + within
    text = ""
    while time.monotonic() < deadline:
        try:
            status, text = seen(browser)
            if status == 403:
                brought(open("/run/linli-page/secret").read(), browser)
        except OSError as error:
            text = str(error)
        if f'data-screen="{wanted}"' in text:
            return True
        time.sleep(0.5)
    return text[-300:]

def in_browser(within=20, **wanted):
    # What the browser's unit last saw of the page, as soon as it is what is wanted.
    deadline = time.monotonic() + within
    seen = {}
    while time.monotonic() < deadline:
        try:
            seen = json.load(open("/run/linli-browser/seen.json"))
        except (OSError, ValueError) as error:
            seen = {"error": str(error)}
        if all(seen.get(key) == value for key, value in wanted.items()):
            break
        time.sleep(0.5)
    return seen | {"unit": shown("linli-browser"), "log": run("journalctl", "-b", "-u",
                   "linli-browser", "-o", "cat")[-2000:]}

def with_credential(line, **wanted):
    # The browser's unit with another line in place of its secret's.
    folder = "/run/systemd/system/linli-browser.service.d"
    subprocess.run(["mkdir", "-p", folder])
    open(folder + "/secret.conf", "w").write("[Service]\nLoadCredential=\n" + line)
    subprocess.run(["systemctl", "daemon-reload"])
    subprocess.run(["systemctl", "restart", "linli-browser"])
    return in_browser(**wanted)

found = {"running": run("systemctl", "is-system-running")}
found["home"] = page("home")
found["well"] = shown("linli")
stranger = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
found["secret"] = shown("linli-page"), run("stat", "-c", "%a %U %s", "/run/linli-page/secret")
found["secret for others"] = run("setpriv", "--reuid=linli", "--clear-groups", "cat",
                                 "/run/linli-page/secret")
found["stranger"] = seen(stranger)
found["stranger who guesses"] = brought("none", stranger), seen(stranger)[0]
found["browser"] = in_browser(enter=204)
found["a wrong secret"] = with_credential("SetCredential=page-secret:0123abc\n", secret=7)
found["no secret"] = with_credential("SetCredential=page-secret:none\n", secret=4)
subprocess.run(["systemctl", "stop", "linli-browser"])
found["socket"] = shown("linli.socket")
good = open("/etc/linli/kiosk.toml").read()
open("/etc/linli/kiosk.toml", "w").write(good.replace('"zh-CN"', '"xx"', 1))
subprocess.run(["sh", "-c", "rm -rf /var/lib/linli/last-good* /var/lib/linli/good-*"])
subprocess.run(["systemctl", "restart", "linli"])
found["trouble"] = page("trouble")
found["in trouble"] = shown("linli")
open("/etc/linli/kiosk.toml", "w").write(good)
found["mended"] = page("home")
found["after"] = shown("linli")
found["start page"] = open("/run/linli/start.js").read()
found["warnings"] = run("journalctl", "-b", "-u", "linli", "-p", "warning", "-o", "cat")
found["log"] = run("journalctl", "-b", "-u", "linli", "-o", "cat")[-6000:]
found["doctor"] = run("/opt/linli/venv/bin/linli", "doctor", "--json")
subprocess.run(["systemctl", "stop", "linli"])
found["doctor of a stopped kiosk"] = run("/opt/linli/venv/bin/linli", "doctor", "--json")
time.sleep(1)
found["stopped"] = shown("linli")
subprocess.run(["systemctl", "start", "linli"])
page("home")
subprocess.run(["systemctl", "kill", "-s", "KILL", "linli"])
found["again"] = page("home")
open("/result.json", "w").write(json.dumps(found))
subprocess.run(["systemctl", "poweroff", "--force"])
"""


BROWSER = r"""#!/usr/bin/python3
# Stands for the compositor and the browser in it: brings what its unit gave it, as start.html does.
import json, os, re, time, urllib.error, urllib.request
folder = os.environ["XDG_RUNTIME_DIR"]
script = open(folder + "/secret.js").read()
secret = re.fullmatch(r'window\.linliSecret = "([0-9a-z]*)";\n', script)[1]
page = "http://127.0.0.1:8480/"
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
def said(*request):
    try:
        with browser.open(*request, timeout=3) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
enter = urllib.request.Request(page + "enter", json.dumps({"secret": secret}).encode())
enter.add_header("Content-Type", "application/json")
enter.add_header("Origin", page.rstrip("/"))
while True:
    seen = {"before": said(page)[0], "enter": said(enter)[0], "after": said(page)}
    seen["secret"] = len(secret)
    seen["folder"] = oct(os.stat(folder).st_mode), oct(os.stat(folder + "/secret.js").st_mode)
    seen["reads"] = [p for p in ("/etc/linli/kiosk.toml", "/var/lib/linli", "/run/linli-page")
                     if os.access(p, os.R_OK)]
    open(folder + "/seen.new", "w").write(json.dumps(seen))
    os.rename(folder + "/seen.new", folder + "/seen.json")
    time.sleep(0.5)
"""


def lacking() -> str:
    """Why this machine cannot boot a container; empty when it can."""
    if os.geteuid() != 0:
        return "only root can boot a container"
    if shutil.which("systemd-nspawn") is None:
        return "systemd-nspawn is not installed: apt-get install systemd-container"
    if not Path("/lib/systemd/systemd").exists():
        return "systemd is not installed: apt-get install systemd"
    python = subprocess.run(
        ["/usr/bin/python3", "-c", "import sys; print(sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    if python.stdout.strip() != str(sys.version_info[:2]):
        return "the packages here are for another Python than Debian's, which the units would run"
    return ""


@contextlib.contextmanager
def overlay(folder: Path) -> Iterator[Path]:
    """This machine's file system, with what is changed in it kept in memory."""

    def mount(*words: str) -> None:
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this machine mounts no overlay: {done.stderr.strip()}")

    mount("-t", "tmpfs", "tmpfs", str(folder))
    try:
        for name in ("upper", "work", "root"):
            (folder / name).mkdir()
        root = folder / "root"
        options = f"lowerdir=/,upperdir={folder / 'upper'},workdir={folder / 'work'}"
        mount("-t", "overlay", "overlay", "-o", options, str(root))
        try:
            yield root
        finally:
            subprocess.run(["umount", "-l", str(root)], check=False)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def furnished(root: Path) -> None:
    """Put the kiosk into the container, as the installer would."""
    shutil.rmtree(root / "dev")
    (root / "dev").mkdir()
    for name in ("machine-id", "fstab"):
        (root / "etc" / name).unlink(missing_ok=True)
    subprocess.run(
        ["useradd", "--root", str(root), "--system", "--user-group", "--no-create-home", "linli"],
        check=True,
    )
    subprocess.run(
        ["useradd", "--root", str(root), "--system", "--user-group", "--no-create-home",
         "linli-browser"],
        check=True,
    )  # fmt: skip
    cage = root / "usr" / "bin" / "cage"
    cage.unlink(missing_ok=True)
    cage.write_text(BROWSER)
    cage.chmod(0o755)
    program = root / "opt" / "linli" / "program"
    for package in ("agent", "config", "drivers", "kiosk_ui"):
        shutil.copytree(
            PROJECT / package, program / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    known = program / "linli-0.dist-info"  # the version that the program asks for
    known.mkdir()
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: linli\nVersion: 0\n")
    starter = root / "opt" / "linli" / "venv" / "bin" / "linli"
    starter.parent.mkdir(parents=True)
    starter.write_text(
        "#!/bin/sh\n"
        "export PYTHONPATH=/opt/linli/program:/opt/linli/libraries\n"
        'exec /usr/bin/python3 -m agent.cli "$@"\n'
    )
    starter.chmod(0o755)
    (root / "opt" / "linli" / "models").mkdir()
    etc = root / "etc" / "linli"
    etc.mkdir()
    shutil.copy(PROJECT / "config" / "kiosk.toml", etc)
    group = re.search(r"^linli:x:(\d+):", (root / "etc/group").read_text(), re.MULTILINE)
    assert group is not None
    os.chown(etc / "kiosk.toml", 0, int(group[1]))
    (etc / "kiosk.toml").chmod(0o640)
    units = root / "etc" / "systemd" / "system"
    for name in (
        "linli.service",
        "linli.socket",
        "linli-page.service",
        "linli-browser.service",
    ):
        shutil.copy(PROJECT / "systemd" / name, units)
    (root / "probe.py").write_text(PROBE)
    (units / "probe.service").write_text(
        "[Unit]\nWants=linli-browser.service linli.socket dbus.service\nAfter=dbus.service\n"
        "[Service]\n"
        "ExecStart=/usr/bin/python3 /probe.py\nStandardError=journal+console\n"
    )
    for path in (root / "opt" / "linli").rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IROTH | (path.is_dir() and stat.S_IXOTH))


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the probe saw in the container."""
    if why := lacking():
        pytest.skip(why)
    with overlay(tmp_path_factory.mktemp("container")) as root:
        furnished(root)
        boot = subprocess.run(
            [
                "systemd-nspawn",
                "--quiet",
                f"--directory={root}",
                "--register=no",
                "--keep-unit",
                "--private-network",
                f"--bind-ro={Path(msgspec.__file__).parents[1]}:/opt/linli/libraries",
                "--boot",
                "systemd.unit=probe.service",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN,
        )
        result = root / "result.json"
        if not result.exists():
            if "Failed" in boot.stderr or "cgroup" in boot.stderr:
                pytest.skip(f"this machine boots no container: {boot.stderr[-300:]}")
            pytest.fail(boot.stdout[-3000:] + boot.stderr[-1000:])
        found: dict[str, Any] = json.loads(result.read_text())
        return found


@pytest.mark.timeout(WITHIN + 60)
def test_it_starts_and_is_ready(booted: dict[str, Any]) -> None:
    """READY came, the page is there, and nothing had to be started twice."""
    assert booted["home"] is True, booted["log"]
    assert booted["well"]["ActiveState"] == "active"
    assert booted["well"]["NRestarts"] == "0"


def test_the_page_is_served_on_the_port_that_systemd_holds(booted: dict[str, Any]) -> None:
    """The socket unit holds it, and the page answers there."""
    assert booted["socket"]["ActiveState"] == "active"


def test_the_secret_of_the_page_is_made_at_boot(booted: dict[str, Any]) -> None:
    """32 random bytes in hex, which root alone may read; the daemon got a copy of its own."""
    unit, mode = booted["secret"]
    assert unit["Result"] == "success"
    assert mode == "600 root 64"
    assert booted["secret for others"] == ""


def test_the_page_refuses_who_lacks_the_secret(booted: dict[str, Any]) -> None:
    """Another program on the same machine sees nothing of the kiosk, and cannot guess its way."""
    status, text = booted["stranger"]
    assert status == 403
    assert "data-screen" not in text
    assert booted["stranger who guesses"] == [403, 403]


def test_the_browser_brings_up_what_it_needs_and_enters(booted: dict[str, Any]) -> None:
    """Wanted alone, it pulls in the daemon and the secret; its user reads that, and nothing else
    of the kiosk's."""
    seen = booted["browser"]
    assert (seen.get("enter"), seen["after"][0]) == (204, 200), seen
    assert 'data-screen="home"' in seen["after"][1]
    assert seen["secret"] == 64
    assert seen["folder"] == ["0o40700", "0o100600"]
    assert seen["reads"] == []
    assert seen["unit"]["NRestarts"] == "0"


@pytest.mark.parametrize("which", ["a wrong secret", "no secret"])
def test_a_browser_without_the_secret_says_so(booted: dict[str, Any], which: str) -> None:
    """No dead screen: whose page it is, the telephone numbers, and what a technician does."""
    seen = booted[which]
    assert (seen.get("before"), seen.get("enter"), seen["after"][0]) == (403, 403, 403), seen
    text = seen["after"][1]
    assert "这个页面只给本机的屏幕用" in text and "120" in text
    assert "systemctl restart linli-browser" in text and "data-screen" not in text


def test_trouble_is_no_loop_of_restarts(booted: dict[str, Any]) -> None:
    """With a mistake in the file the unit is active, shows it, and ends it by itself."""
    assert booted["trouble"] is True, booted["log"]
    assert booted["in trouble"]["ActiveState"] == "active"
    assert booted["in trouble"]["NRestarts"] == "0"
    assert booted["mended"] is True, booted["log"]
    assert booted["after"]["NRestarts"] == "0"


def test_the_browser_learns_the_numbers_of_this_site(booted: dict[str, Any]) -> None:
    """In a file that every user may read."""
    assert '"page":"http://127.0.0.1:8480/"' in booted["start page"]
    assert '"number":"120"' in booted["start page"]


def test_it_comes_back_when_killed(booted: dict[str, Any]) -> None:
    """SIGKILL: systemd starts it again."""
    assert booted["again"] is True


def test_the_journal_knows_what_is_a_warning(booted: dict[str, Any]) -> None:
    """`journalctl -p warning` shows the mistake, and no mere information."""
    assert "kiosk.language" in booted["warnings"]
    assert "INFO" not in booted["warnings"]


def test_the_doctor_works_as_the_service(booted: dict[str, Any]) -> None:
    """Called by root, it judges as user linli, and says what the container lacks."""
    findings = json.loads(booted["doctor"])
    places = {one["place"]: one["verdict"] for one in findings}
    assert places["configuration"] == "ok"
    assert places["pins"] == "broken"
    assert places["page 127.0.0.1:8480"] == "ok"
    stopped = json.loads(booted["doctor of a stopped kiosk"])
    (page,) = [one for one in stopped if one["place"].startswith("page")]
    assert page["seen"] == "free"


def test_a_kiosk_that_was_stopped_stays_stopped(booted: dict[str, Any]) -> None:
    """A look at its page does not start it: a technician needs the camera."""
    assert booted["stopped"]["ActiveState"] == "inactive"
