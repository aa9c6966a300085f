"""Every Chinese text that comes with the kiosk: what is worth rendering ahead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import config
import kiosk_ui

_HAN = re.compile("[\u4e00-\u9fff]")
_NOT_SAID = {"source", "aliases", "en", "ja"}


def packaged() -> Iterator[str]:
    """Every Chinese text of the catalogue, the articles, the places and the packs."""
    interface, settings = Path(kiosk_ui.__file__).parent, Path(config.__file__).parent
    phrases, packs = sorted((interface / "phrases/zh-CN").rglob("*.toml")), settings / "packs"
    others = [settings / "articles.toml", settings / "places.toml", *sorted(packs.rglob("*.toml"))]
    for file in [*phrases, *others]:
        if file.is_file():
            yield from _strings(tomllib.loads(file.read_text(encoding="utf-8")))


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in _NOT_SAID:
                yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)
    elif isinstance(node, str) and _HAN.search(node):
        yield node
