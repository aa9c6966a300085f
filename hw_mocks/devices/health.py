"""Meters over Bluetooth have no stand-in on the bench: it has no radio."""

from __future__ import annotations

WORDS: dict[str, frozenset[str]] = {"health_meter": frozenset()}
