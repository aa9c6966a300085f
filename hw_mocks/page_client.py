"""Looks at the kiosk page and touches it, as the browser does: token, event stream, choices."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from typing import NamedTuple, Self

import msgspec
import requests

from agent.dialogue.snapshot import Snapshot

SILENCE_S = 6.0
"""The page's server says every 2 s that it is alive; without that the stream is opened anew."""
RETRY_S = 0.05
KEPT = 200

_TOKEN = re.compile(r'<meta name="token" content="([^"]+)">')


class Seen(NamedTuple):
    """What was on the screen from one moment on."""

    at: float
    """Boot-time clock, seconds."""
    snapshot: Snapshot


class PageClient:
    """Follows the page at *url* on a thread of its own, over every restart of the daemon."""

    def __init__(self, url: str, secret: str = "") -> None:
        """*secret*: what lets the kiosk's own browser in, where that is asked for."""
        self.url = url
        self._secret = secret
        self._session = requests.Session()
        self.seen: deque[Seen] = deque(maxlen=KEPT)
        self._token = ""
        self._connected = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="page client", daemon=True)
        self._thread.start()

    @property
    def snapshot(self) -> Snapshot | None:
        """What the page shows now; None while there is no daemon."""
        return self.seen[-1].snapshot if self._connected and self.seen else None

    def touch(self, action: str) -> bool:
        """Choose *action*; False when the page does not offer it, or offers it no more."""
        snapshot = self.snapshot
        if snapshot is None or action not in offered(snapshot):
            return False
        body: dict[str, str | int] = {"action": action, "sequence": snapshot.sequence}
        headers = {"Origin": self.url, "X-Linli-Token": self._token}
        try:
            cookies = self._session.cookies
            reply = requests.post(
                f"{self.url}/action", json=body, headers=headers, cookies=cookies, timeout=5
            )
        except requests.RequestException:
            return False
        return reply.status_code == 204

    def lost(self) -> None:
        """The daemon is being ended: what was seen last is no longer on the screen."""
        self._connected = False

    def close(self) -> None:
        """Look away. The thread ends within `SILENCE_S`, or with the daemon."""
        self._stop.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except (requests.RequestException, msgspec.DecodeError):
                pass
            finally:
                self._connected = False
            self._stop.wait(RETRY_S)

    def _follow(self) -> None:
        page = self._session.get(self.url, timeout=5)
        if page.status_code == 403 and self._secret:
            self._session.post(
                f"{self.url}/enter",
                json={"secret": self._secret},
                headers={"Origin": self.url},
                timeout=5,
            ).raise_for_status()
            page = self._session.get(self.url, timeout=5)
        page.raise_for_status()
        if (token := _TOKEN.search(page.text)) is None:
            return
        self._token = token[1]
        events = f"{self.url}/events"
        with self._session.get(events, stream=True, timeout=(5, SILENCE_S)) as stream:
            stream.raise_for_status()
            named = False
            for line in stream.iter_lines(chunk_size=1):
                if self._stop.is_set():
                    return
                if line.startswith(b"data: ") and not named:
                    snapshot = msgspec.json.decode(line[6:], type=Snapshot)
                    self.seen.append(Seen(time.clock_gettime(time.CLOCK_BOOTTIME), snapshot))
                    self._connected = True
                named = line.startswith(b"event:") if line else False


def offered(snapshot: Snapshot) -> list[str]:
    """The actions that can be touched, those of the bar last."""
    return [item.action for item in (*snapshot.items, *snapshot.bar)]
