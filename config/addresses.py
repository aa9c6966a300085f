"""Addresses of servers and cameras: taken apart once, and shown without what is secret in them.

Whoever sends a token and whoever decides whether it goes encrypted must mean the same host. So an
address that two readers could understand differently (RFC 3986 against what browsers do with a
backslash) is refused, and connections are made from the parts, never from the text.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

HIDDEN = "(hidden)"
"""Stands where a secret was."""

_HOST = re.compile(r"[^\s,;，。；：“”‘’＂＇\"'\\<>|{}@%\[\]/?#]+")
"""Names and addresses, also in other letters than ASCII; no stray punctuation."""

_BRACKETED = re.compile(r"\[[^\[\]]*\](:\d*)?")

_AT = re.compile("@|＠|﹫|%40")
_SLASHES = re.compile("//|%2F%2F", re.IGNORECASE)
_WORD = re.compile(r"[^\s'\"]+")
_NAME = re.compile(
    r"user|usr|login|account|pass|pwd|psw|token|secret|auth|key|sign|session|ticket|credential|jwt|bearer|hash"
    r"|^(?:sid|sig|code|otp|pin|u|p|pw|k)$",
    re.IGNORECASE,
)
"""What parameters of addresses are called whose values are nobody's business."""
_PARAMETER = re.compile(r"(?<=[?&;/#])([\w.%~-]+)=([^&;\s'\"]*)")
_INNER = re.compile(r"_(?:user|usr|pass|pwd|psw|token)\w*=.*", re.IGNORECASE | re.DOTALL)
"""In a value: some cameras join their parameters with ``_``."""
_SECRETS = r"[\w-]*(?:pass(?:w(?:or)?d|phrase)?|pwd|psw|token|secret|api[_-]?key|credentials?)"
_PLAIN = re.compile(
    rf"(?<![\w.-])({_SECRETS}[\"']?\s?[=:]\s?)(?:\"[^\"]+|'[^']+)|"
    rf"(?<![\w.-])({_SECRETS}=)[^\s&;'\"]+",
    re.IGNORECASE,
)
"""``token=…``, ``"password": "…"``: outside of an address only what can be nothing else."""
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie|api-key"
    r"|x-[\w-]{0,40}(?:key|token|secret|auth|signature)[\w-]{0,40})"
    r"([\"']?\s*[:=]\s*[\"']?)[^\n]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer\s+)[\w.~+/=-]{16,}", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """*text* with logins (``rtsp://user:p@ss/word@host``), secret parameters of addresses and
    secret headers hidden. What is none of these stays as it is."""
    if _AT.search(text):
        text = "\n".join(map(_without_login, text.split("\n")))
    if "=" in text or ":" in text:
        text = _PARAMETER.sub(_hidden, text)
        text = _PLAIN.sub(lambda found: f"{found[1] or found[2]}{HIDDEN}", text)
        text = _HEADER.sub(rf"\1\2{HIDDEN}", text)
    return _BEARER.sub(rf"\1{HIDDEN}", text)


def shown_value(value: str) -> str:
    """*value*, one value of a setting, without secrets: a login may have line breaks in it."""
    if "\n" not in value:
        return without_secrets(value)
    return without_secrets(value.replace("\n", "\0")).replace("\0", "\n")


def _without_login(line: str) -> str:
    """A password may have @ and / in it, so a login goes up to the last @ of the line: rather too
    much is hidden than too little. Also one without a scheme, and with the @ in another guise.
    One look from each end, for lines are long and anybody's."""
    slashes = _SLASHES.search(line)
    begin = slashes.end() if slashes else len(line)
    ends = [found for found in _AT.finditer(line) if found.start() >= begin]
    if ends:
        line = f"{line[:begin]}{HIDDEN}@{line[ends[-1].end() :]}"
    return _WORD.sub(_bare, line) if _AT.search(line) else line


def _bare(word: re.Match[str]) -> str:
    text = word[0]
    ends = [found for found in _AT.finditer(text) if found.end() < len(text)]
    if not ends:
        return text
    login = text[: ends[-1].start()]
    colon = next((at for at in _colons(login)), -1)
    begin = login.rfind("(", 0, max(colon, 0)) + 1
    if colon <= begin:
        return text
    return f"{text[:begin]}{HIDDEN}@{text[ends[-1].end() :]}"


def _colons(text: str) -> Iterator[int]:
    """Where a colon is that is not of a scheme."""
    at = text.find(":")
    while at >= 0:
        if not text.startswith("//", at + 1):
            yield at
        at = text.find(":", at + 1)


def _hidden(parameter: re.Match[str]) -> str:
    name, value = parameter[1], parameter[2]
    if _NAME.search(unquote(name)):
        return f"{name}={HIDDEN}"
    return f"{name}={_INNER.sub(HIDDEN, value)}"


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
    host = parts.hostname
    try:
        port = parts.port
    except ValueError:  # its text has what stands there, which may be half a login
        raise ValueError("no such port") from None
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
