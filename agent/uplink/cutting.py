"""Connections that can be cut from another thread: a server that drips must not keep one."""

from __future__ import annotations

import contextlib
import os
import socket
import weakref
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class CuttingAdapter(HTTPAdapter):
    """Keeps a descriptor of its one connection, whatever thread reads from it.

    A read has a time-out for each piece that arrives, so a reply that comes byte by byte never
    ends; shutting the socket down ends the read, and with it the thread.
    """

    def __init__(self) -> None:
        self._kept: list[int] = []
        weakref.finalize(self, _forget, self._kept)
        super().__init__(pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See `HTTPAdapter.init_poolmanager`."""
        super().init_poolmanager(*args, **kwargs)
        kept = self._kept

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                _keep(kept, self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                _keep(kept, self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def close(self) -> None:
        """See `HTTPAdapter.close`; a descriptor that stayed would keep the connection open."""
        super().close()
        _forget(self._kept)

    def cut(self) -> None:
        """End the connection; who reads from it or writes to it gets an error. From any thread."""
        for descriptor in list(self._kept):
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as line:
                line.shutdown(socket.SHUT_RDWR)


def _keep(kept: list[int], connection: Any) -> None:
    _forget(kept)
    kept.append(os.dup(connection.fileno()))


def _forget(kept: list[int]) -> None:
    while kept:
        os.close(kept.pop())
