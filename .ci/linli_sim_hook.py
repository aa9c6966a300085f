"""Build hook: an editable install also gets the command `linli-sim`; a wheel does not."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LinliSimHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts `.ci/linli-sim` into the environment's folder of commands."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            build_data["shared_scripts"] = {".ci/linli-sim": "linli-sim"}
