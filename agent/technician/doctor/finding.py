"""What the doctor says of one thing, and what it may look at."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from config.chinese import said
from config.rights import User

Verdict = Literal["ok", "look", "broken"]


class Finding(NamedTuple):
    """The verdict on one thing; as text one line."""

    verdict: Verdict
    """*look*: the kiosk works, and a technician should look at it."""
    place: str
    seen: str
    remedy: str = ""

    def __str__(self) -> str:
        return self.in_language("en")

    def in_language(self, language: str) -> str:
        """The finding on one line."""
        seen, remedy = said(self.seen, language), said(self.remedy, language)
        if language == "zh":
            text = f"{seen}。{remedy.removesuffix('。')}。" if remedy else seen
            return f"{said(self.verdict, 'zh')}  {said(self.place, 'zh')}：{text}"
        text = f"{seen}; {remedy}" if remedy else seen
        return f"{self.verdict:<7} {self.place}: {text}"


class Machine(NamedTuple):
    """Where things are looked for, and who would use them."""

    root: Path = Path("/")
    """Of the file system; tests have their own."""
    user: User = User("", 0, frozenset())
    """Who the service is."""

    def at(self, path: str | Path) -> Path:
        """Where the absolute *path* is."""
        return self.root / str(path).lstrip("/")

    def read(self, path: str) -> str:
        """The text of a small file of the kernel; empty when there is none."""
        try:
            return self.at(path).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            return ""
