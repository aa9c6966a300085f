"""Who may look and act: the kiosk's own browser, which was handed a secret.

The units make a secret at boot (``linli-page.service``) and hand it to the daemon and to the
browser's user, each as a credential of its own (systemd.exec(5), `LoadCredential=`). The browser
brings it in the fragment of its first address, which no request carries and nobody else on the
machine sees, and gets a cookie for it that no script can read. Without a secret, as on a
developer's machine, whoever reaches the page may use it.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

CREDENTIAL = "page-secret"
"""Name of the secret among the credentials of both units."""
COOKIE = "linli"
_NONE = "none"
"""Stands in the units for a secret that could not be made: a kiosk that everybody here may use is
better than one that nobody can."""


def secret_of_unit(environment: Mapping[str, str] = os.environ) -> str:
    """The secret that the units share; empty where there is none."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    try:
        found = (Path(folder) / CREDENTIAL).read_text(encoding="ascii").strip() if folder else ""
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if found == _NONE else found


class Entry:
    """Knows the kiosk's browser again, also after a restart of the daemon."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        # Made from the secret, so that it holds for as long as that: until the next boot
        self._pass = hmac.new(secret.encode(), b"linli page", "sha256").hexdigest()

    def cookie(self, given: str) -> str | None:
        """The value of Set-Cookie for who brings the secret; None for anybody else."""
        if not self._secret or not hmac.compare_digest(given.encode(), self._secret.encode()):
            return None
        return f"{COOKIE}={self._pass}; Path=/; HttpOnly; SameSite=Strict"

    def admits(self, cookies: bytes) -> bool:
        """Whether a request with this Cookie header comes from the kiosk's browser."""
        if not self._secret:
            return True
        try:
            found = SimpleCookie(cookies.decode("latin-1")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self._pass.encode())
