"""Addresses of servers and cameras: taken apart once, and shown without what is secret in them.

Whoever sends a token and whoever decides whether it goes encrypted must mean the same host. So an
address that two readers could understand differently (RFC 3986 against what browsers do with a
backslash) is refused, and connections are made from the parts, never from the text.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

HIDDEN = "(hidden)"
"""Stands where a secret was."""

_HOST = re.compile(r"[^\s,;，。；：“”‘’＂＇\"'\\<>|{}@%\[\]/?#]+")
"""Names and addresses, also in other letters than ASCII; no stray punctuation."""

_BRACKETED = re.compile(r"\[[^\[\]]*\](:\d*)?")

# A password may have @ and / in it, so a login goes up to the last @ of the line: rather too much
# is hidden than too little. Also one without a scheme, and with the @ in another guise.
_AT = r"(?:@|＠|%40)"
_LOGIN = re.compile(rf"(?<=//).*{_AT}", re.IGNORECASE)
_BARE_LOGIN = re.compile(rf"[^\s'\"(]+:(?!//)[^\s'\"]*{_AT}(?=[^\s'\"])", re.IGNORECASE)
_PARAMETER = re.compile(
    r"(?<=[?&;/])((?:[\w.-]*(?:user|usr|login|account|pass|pwd|psw|token|secret|auth|key|sign)"
    r"[\w.-]*)=)[^&;\s'\"]*",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """*text* with logins (``rtsp://user:p@ss/word@host``) and secret parameters of addresses
    hidden. What is no address stays as it is."""
    if "@" in text or "＠" in text or "%40" in text:
        text = _LOGIN.sub(f"{HIDDEN}@", text)
        text = _BARE_LOGIN.sub(f"{HIDDEN}@", text)
    return _PARAMETER.sub(rf"\1{HIDDEN}", text) if "=" in text else text


class Address(NamedTuple):
    """An address in its parts."""

    scheme: str
    host: str
    """In small letters, an IPv6 address without brackets."""
    port: int | None
    path: str
    """And what follows it; without a slash at its end."""
    login: tuple[str, str] | None
    """User and password, decoded."""

    @property
    def base(self) -> str:
        """The address made anew from its parts, without the login."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}{self.path}"

    @property
    def on_this_machine(self) -> bool:
        """Whether the host is this very machine, whatever a name server says."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse(text: str) -> Address:
    """Take the address of a server apart.

    Raises:
        ValueError: it is none, or could be understood in two ways; the text names no secret.
    """
    if "\\" in text or not text.isprintable() or " " in text:
        raise ValueError("a backslash, blank or invisible character")
    parts = urlsplit(text)
    host, port = parts.hostname, parts.port
    authority = parts.netloc.rpartition("@")[2]
    bracketed = "[" in authority or "]" in authority
    if not host or not (_is_ipv6(host) if bracketed else _HOST.fullmatch(host)):
        raise ValueError("no such host name")
    if bracketed and not _BRACKETED.fullmatch(authority):
        raise ValueError("no such host name")
    login = None
    if parts.username is not None:
        login = unquote(parts.username), unquote(parts.password or "")
    rest = urlunsplit(("", "", parts.path, parts.query, parts.fragment)).rstrip("/")
    return Address(parts.scheme, host, port, rest, login)


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host
