"""Keys and contacts: the bench closes and opens them on the pins."""

from __future__ import annotations

WORDS = dict.fromkeys(("button", "contact", "motion"), frozenset({"pin"})) | {
    "headset": frozenset()
}
