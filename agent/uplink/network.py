"""Noticing that the network has come back, by what the operating system says of its links."""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
from typing import ClassVar

from agent.contract.driver import Emit
from agent.uplink.link import Link

log = logging.getLogger(__name__)

_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
"""Links, addresses and routes, IPv4 and IPv6 (rtnetlink(7), RTMGRP_*)."""

_MESSAGES = 1 << 16
_QUIET = 0.2
"""Seconds during which further changes count as the same one: one network comes in many."""


class NetworkWatch:
    """Tells the link of each change of the network, so that nobody waits out a pause."""

    name = "network"
    isolated: ClassVar[bool] = False

    def __init__(self, link: Link) -> None:
        self._link = link
        self._woken = os.eventfd(0)

    def wake(self) -> None:
        """End the wait; called from any thread."""
        os.eventfd_write(self._woken, 1)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Watch until *stop* is set. Where the system does not tell, pauses are waited out."""
        try:
            told = listen()
        except OSError as error:
            log.warning("network is not watched error=%s", error)
            stop.wait()
            return
        with told:
            waited_for: list[socket.socket | int] = [told, self._woken]
            while not stop.is_set():
                ready = select.select(waited_for, [], [])[0]
                if self._woken in ready:
                    os.eventfd_read(self._woken)
                if told in ready:
                    try:
                        told.recv(_MESSAGES)
                    except OSError as error:  # more than fits into its buffer: a change too
                        log.debug("netlink error=%s", error)
                    self._link.network_changed()
                    stop.wait(_QUIET)


def listen() -> socket.socket:
    """A socket on which the operating system tells of changes.

    Raises:
        OSError: it does not, or may not be asked.
    """
    told = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    try:
        told.bind((0, _GROUPS))
    except OSError:
        told.close()
        raise
    return told
