"""Who may look and act: the kiosk's own browser, which was handed a secret.

The units make a secret at boot (``linli-page.service``) and hand it to the daemon and to the
browser's user, each as a credential of its own (systemd.exec(5), `LoadCredential=`). The browser
brings it in the fragment of its first address, which no request carries and nobody else on the
machine sees, and gets a cookie for it that no script can read. Without a secret, as on a
developer's machine, whoever reaches the page may use it.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kiosk_ui.loopback import json_of

log = logging.getLogger(__name__)

CREDENTIAL = "page-secret"
"""Name of the secret among the credentials of both units."""
COOKIE = "linli"
_NONE = "none"
"""Stands in the units for a secret that could not be made: a kiosk that everybody here may use is
better than one that nobody can."""


def secret_of_unit(environment: Mapping[str, str] = os.environ) -> str:
    """The secret that the units share; empty where there is none."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return ""
    try:
        found = (Path(folder) / CREDENTIAL).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.debug("no secret of the page error=%s", error)
        found = _NONE
    if found in ("", _NONE):
        log.error("every user of this machine may use the page: systemctl status linli-page")
        return ""
    return found


class _Brought(msgspec.Struct, forbid_unknown_fields=True):
    secret: Annotated[str, msgspec.Meta(max_length=200)]


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

    def admits(self, request: Request) -> bool:
        """Whether a request comes from the browser that brought the secret."""
        if not self._secret:
            return True
        try:
            found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self._pass.encode())


async def enter(request: Request, entry: Entry) -> Response:
    """Answer who brings a secret: with the cookie, where it is the right one."""
    body = await json_of(request, 1024)
    if isinstance(body, Response):
        return body
    try:
        cookie = entry.cookie(msgspec.json.decode(body, type=_Brought).secret)
    except (msgspec.DecodeError, UnicodeEncodeError):
        cookie = None
    if cookie is None:
        log.warning("somebody else wants to enter the page")
        return PlainTextResponse("only for this kiosk's own browser\n", 403)
    return Response(status_code=204, headers={"set-cookie": cookie})
