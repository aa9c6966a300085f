"""Charging piles: no stand-in by itself; tests publish the frames of one."""

from __future__ import annotations

WORDS: dict[str, frozenset[str]] = {"charging_pile": frozenset()}
