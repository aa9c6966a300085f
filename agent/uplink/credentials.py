"""Who we are and whom we trust: the token and the certificate authorities."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from agent.settings import UpstreamSettings
from agent.uplink.transport import Misconfigured

_SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Debian's certificate authorities; requests alone would use those that it was shipped with."""
CREDENTIAL = "upstream-token"
"""Name of the token among the credentials of the unit, see systemd.exec(5)."""
_LONGEST = 4096
"""Bytes of a token file: more is no token."""


class Credentials:
    """Reads the files that the settings name, each time they are needed."""

    def __init__(
        self, settings: UpstreamSettings, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._token_file = Path(settings.token_file) if settings.token_file else None
        self._ca_file = settings.ca_file
        given = environment.get("CREDENTIALS_DIRECTORY")
        self._given = Path(given) / CREDENTIAL if given else None

    def authorities(self) -> str | None:
        """Path of the certificate authorities; None for the library's own.

        Raises:
            Misconfigured: ca_file is missing.
        """
        if self._ca_file:
            if not Path(self._ca_file).is_file():
                raise Misconfigured(f"ca_file {self._ca_file} is not there; copy it or correct it")
            return self._ca_file
        return str(_SYSTEM_AUTHORITIES) if _SYSTEM_AUTHORITIES.exists() else None

    def token(self) -> str:
        """The bearer token, from token_file or else from the unit's credentials (which the
        service manager keeps from others); empty when none is to be sent.

        Raises:
            Misconfigured: the file is missing, holds something else, or others can read it.
        """
        path = self._token_file
        if path is not None:
            return _read(path, private=True)
        if self._given is not None and self._given.exists():
            return _read(self._given, private=False)
        return ""


def _read(path: Path, private: bool) -> str:
    try:
        # A pipe in its place must not hold us up
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            mode = status.st_mode
            content = file.read(_LONGEST + 1) if stat.S_ISREG(mode) else b""
            token = content.decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise Misconfigured(f"token_file {path}: {reason}; put the token there") from error
    if private and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(
            f"token_file {path} can be read or changed by others (mode {stat.S_IMODE(mode):o}); "
            f"let upstream give a new token, then: sudo chmod 600 {path}"
        )
    if not token or len(content) > _LONGEST or not token.isprintable() or " " in token:
        raise Misconfigured(f"token_file {path} does not hold one token on one line")
    return token
