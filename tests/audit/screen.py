"""The browser's unit as it is, booted in a Debian of its own with the real cage and Chromium.

    python -m tests.audit.screen [trixie | bookworm]

Builds the system with mmdebstrap (400 MB from Debian's servers), boots it with systemd-nspawn
without a network, and says how much of the screen the page fills, which of the keys that were
pressed reached it (Debian 12's cage takes none that are not real), and how often the unit was
started again. Ends with 1 when the page does not fill the screen or a key was lost. Needs root. A
graphics card there is none: what draws is pixman.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PACKAGES = (
    "cage,xwayland,chromium,seatd,systemd,systemd-sysv,dbus,passwd,wtype,fonts-noto-cjk,"
    "python3-minimal,libpython3-stdlib,udev"
)
SERVER = "http://deb.debian.org/debian"
BOOT_S = 180
KEYS = ("a", "F1", "b")
SCREEN = "1280x720"

HEADLESS = """[Service]
Environment=WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman
LoadCredential=
"""
START = (
    """<script>setTimeout(() => { location.href = "http://127.0.0.1:8480/page"; }, 1000)</script>"""
)
PAGE = """<body><script>
setTimeout(() => { new Image().src = `/size/${innerWidth}x${innerHeight}`; }, 3000);
addEventListener("keydown", event => {
  event.preventDefault();
  new Image().src = `/key/${event.key}`;
});
</script>"""
SITE = f"""
import http.server

class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write({PAGE.encode()!r})

    def log_message(self, form, *words):
        with open("/result.txt", "a") as log:
            log.write(self.path + "\\n")

http.server.ThreadingHTTPServer(("127.0.0.1", 8480), Site).serve_forever()
"""
PROBE = f"""
/usr/bin/python3 /opt/site.py &
systemctl start linli-browser
for try in $(seq 100); do grep -q /size/ /result.txt && break; sleep 0.5; done
setpriv --reuid=linli-browser --clear-groups -- env XDG_RUNTIME_DIR=/run/linli-browser \\
    WAYLAND_DISPLAY=wayland-0 wtype -k F2 -s 300 {" ".join(f"-k {key} -s 300" for key in KEYS)}
sleep 1
systemctl show linli-browser -p ActiveState,NRestarts >>/result.txt
systemctl poweroff --force
"""


def build(root: Path, suite: str) -> None:
    """A system with the browser's unit in *root*, and a page that says what comes to it."""
    subprocess.run(
        ["mmdebstrap", "--variant=apt", f"--include={PACKAGES}", suite, str(root), SERVER],
        check=True,
    )
    subprocess.run(
        ["chroot", root, "useradd", "-r", "-M", "-G", "video,render", "linli-browser"], check=True
    )
    units, policies = root / "etc/systemd/system", root / "etc/chromium/policies/managed"
    (units / "linli-browser.service.d").mkdir(parents=True)
    policies.mkdir(parents=True, exist_ok=True)
    (root / "opt/linli").mkdir()
    shutil.copy(PROJECT / "systemd/linli-browser.service", units)
    shutil.copy(PROJECT / "systemd/chromium-policy.json", policies / "linli.json")
    for path, text in {
        units / "linli-browser.service.d/headless.conf": HEADLESS,
        units / "probe.service": "[Service]\nExecStart=/bin/sh /opt/probe.sh\n",
        root / "opt/linli/start.html": START,
        root / "opt/site.py": SITE,
        root / "opt/probe.sh": PROBE,
        root / "result.txt": "",
    }.items():
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """Build, boot, and judge what the page saw."""
    parser = argparse.ArgumentParser(description="Boot the browser's unit with the real cage.")
    parser.add_argument("suite", nargs="?", default="trixie", choices=["trixie", "bookworm"])
    suite = parser.parse_args().suite
    with tempfile.TemporaryDirectory(prefix="linli-screen-") as folder:
        root = Path(folder) / "root"
        build(root, suite)
        subprocess.run(
            ["systemd-nspawn", "--quiet", f"--directory={root}", "--register=no", "--keep-unit",
             "--private-network", "--boot", "systemd.unit=probe.service"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=BOOT_S,
        )  # fmt: skip
        seen = (root / "result.txt").read_text().split("\n")
    sizes = [line.removeprefix("/size/") for line in seen if line.startswith("/size/")]
    keys = [line.removeprefix("/key/") for line in seen if line.startswith("/key/")]
    state = " ".join(line for line in seen if "=" in line)
    print(f"{suite}: page {sizes or 'never there'} of {SCREEN}, keys {keys}, {state}")
    pressed = [key for key in keys if key in KEYS]
    return int(SCREEN not in sizes or (suite == "trixie" and pressed != [*KEYS]))


if __name__ == "__main__":
    sys.exit(main())
