"""Cameras by their device files."""

from __future__ import annotations

from collections.abc import Iterator


def claims_of(source: str) -> Iterator[tuple[str, str, str]]:
    """What a camera at *source* takes for itself alone: its device; a stream has many viewers.

    Yields kind, value and key, as `drivers.Claim`.
    """
    if source.isdecimal():
        source = f"/dev/video{source}"
    if source.startswith("/dev/"):
        yield "camera", source, "source"
