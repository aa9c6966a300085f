"""Where things are on an installed kiosk; every command begins from these."""

from __future__ import annotations

from pathlib import Path

CONFIG = Path("/etc/linli/kiosk.toml")
DATA = Path("/var/lib/linli")
MODELS = Path("/opt/linli/models")
