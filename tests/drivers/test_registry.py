"""The table of driver types."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from drivers import REGISTRY, SETTINGS, load

HEAVY = ["cv2", "ai_edge_litert", "vosk", "pyttsx3", "gpiozero", "lgpio", "serial", "requests"]


def test_importing_the_registry_is_light() -> None:
    """No library of the hardware, and no numpy, is imported before a driver runs."""
    script = f"import sys, drivers; print(sys.modules.keys() & {{*{[*HEAVY, 'numpy']!r}}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("kind", REGISTRY)
def test_settings_are_strict(kind: str) -> None:
    """Settings are frozen, refuse unknown keys and explain every field."""
    config = SETTINGS[kind].__struct_config__
    assert config.frozen and config.forbid_unknown_fields
    with pytest.raises(msgspec.ValidationError, match="unknown field `none_such`"):
        msgspec.convert({"none_such": 1}, SETTINGS[kind])


@pytest.mark.parametrize("kind", REGISTRY)
def test_driver_class(kind: str) -> None:
    """Each type names a class that says where it runs."""
    assert isinstance(load(kind).isolated, bool)


def test_unknown_type() -> None:
    """A type that does not exist is a KeyError."""
    with pytest.raises(KeyError):
        load("teapot")
