"""Who we are and whom we trust: the token and the certificate authorities."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

from agent.settings import UpstreamSettings
from agent.uplink.transport import Misconfigured

log = logging.getLogger(__name__)

_SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Debian's certificate authorities; requests alone would use those that it was shipped with."""


class Credentials:
    """Reads the files that the settings name, each time they are needed."""

    def __init__(self, settings: UpstreamSettings) -> None:
        self._token_file = Path(settings.token_file) if settings.token_file else None
        self._ca_file = settings.ca_file
        self._warned = False

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
        """The bearer token; empty when none is to be sent.

        Raises:
            Misconfigured: the file is missing or holds something else.
        """
        path = self._token_file
        if path is None:
            return ""
        try:
            token = path.read_text(encoding="ascii").strip()
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise Misconfigured(f"token_file {path}: {reason}; put the token there") from error
        if not token or not token.isprintable() or " " in token:
            raise Misconfigured(f"token_file {path} does not hold one token on one line")
        if mode & (stat.S_IRWXG | stat.S_IRWXO) and not self._warned:
            self._warned = True
            log.warning("token can be read by others path=%s remedy='chmod 600 %s'", path, path)
        return token
