"""Which USB socket an adapter sits in: its name alone may be that of another one, too."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)

_TTYS = Path("/sys/class/tty")
_seen: dict[str, str] = {}
"""Port of kiosk.toml → the socket in which its adapter was found last."""


def noted(port: str) -> str:
    """The socket of the adapter behind *port*, such as ``1-1.3``; empty where that is not known.

    Warns when the name *port* now leads to another socket than before: cheap adapters have no
    number of their own, and after a replug one may answer to the other's name.
    """
    place = _TTYS / Path(port).resolve().name / "device"
    socket = next((one.name for one in place.resolve().parents if (one / "idVendor").exists()), "")
    before = _seen.get(port, socket)
    if socket:
        _seen[port] = socket
    if socket and before != socket:
        log.warning(
            "adapter in another socket port=%s before=%s now=%s: if two are alike, this may be the "
            "other one; compare its readings, and name both by /dev/serial/by-path",
            port, before, socket,
        )  # fmt: skip
    return socket
