"""Whether the kiosk's browser is one: the policies that Chromium obeys on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDERS = ("etc/chromium/policies/managed", "etc/chromium-browser/policies/managed")
"""Where Debian's and Raspberry Pi OS's Chromium look, from the root of the file system."""

REQUIRED: Mapping[str, Any] = {
    "TranslateEnabled": False,
    "DeveloperToolsAvailability": 2,
    "IncognitoModeAvailability": 1,
    "BrowserGuestModeEnabled": False,
    "PrintingEnabled": False,
    "DownloadRestrictions": 3,
    "AllowFileSelectionDialogs": False,
    "ExtensionInstallBlocklist": ["*"],
    "TaskManagerEndProcessEnabled": False,
    "DefaultPopupsSetting": 2,
}
"""Name of a policy → the value that a kiosk needs; `URLBlocklist` has to begin with all."""


def missing_policies(root: Path) -> list[str]:
    """The policies that are not in force, in Chromium's words; a later file overrules."""
    found: dict[str, Any] = {}
    for folder in FOLDERS:
        for file in sorted((root / folder).glob("*.json")):
            try:
                content = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(content, dict):
                found |= content
    lacking = [name for name, value in REQUIRED.items() if found.get(name) != value]
    if "*" not in (found.get("URLBlocklist") or []):
        lacking.insert(0, "URLBlocklist")
    return lacking
