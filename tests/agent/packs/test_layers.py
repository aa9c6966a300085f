"""What is nearer to the resident takes the place of what is farther."""

from __future__ import annotations

from pathlib import Path

from agent.core.clock import Clock
from agent.packs.packaged import layered, packs_in
from agent.packs.shelving import stock
from agent.settings import UpstreamSettings

MANIFEST = """
id = "sancun"
version = 1
title = "三村"
group = "邻里"
level = "estate"
over = "community-cloud"
responsible = "三村居委会"
"""
BOARD = """
type = "notices"
title = "三村通知"
source = "居委会"
as_of = "2026-11"
"""


def test_an_estate_overrides_an_item_of_the_district(tmp_path: Path) -> None:
    """Its notice board takes the place of the district's; the other items stay."""
    folder = tmp_path / "packs" / "sancun"
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "board.toml").write_text(BOARD, encoding="utf-8")
    upstream = UpstreamSettings(url="http://127.0.0.1:1")
    found = stock("", upstream, tmp_path, Clock(), tmp_path / "packs").packs
    assert "sancun" not in found
    assert found["community-cloud"].items["board"].title == "三村通知"
    assert "three-meetings" in found["community-cloud"].items


def test_packs_without_overrides_are_what_they_were() -> None:
    """In any order."""
    packs = packs_in()
    assert layered(reversed(list(packs.values()))).keys() == packs.keys()
