"""The last good configuration: what the kiosk falls back on when the files are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from config.atomic import replacing
from config.build import Registry
from config.reader import Check, Layer, Loaded, Renamed, T, understand

FILE = "last-good.json"


def keep_good(loaded: Loaded[T], folder: Path) -> None:
    """Keep the texts of all files of a configuration that has just started well.

    The texts and not the values: they are read again by the same rules, with their lines.
    Only the owner may read the file, as addresses of cameras may have passwords in them.

    Raises:
        BadConfiguration: *loaded* has problems.
        OSError: the folder cannot be written.
    """
    loaded.require()
    path = folder / FILE
    kept = msgspec.json.encode(loaded.layers)
    if not path.exists() or path.read_bytes() != kept:  # a card wears with every write
        with replacing(path, mode=0o600) as file:
            file.write(kept)


def last_good(
    folder: Path,
    schema: type[T],
    *,
    registry: Registry | None = None,
    checks: Sequence[Check[T]] = (),
    renamed: Renamed | None = None,
) -> Loaded[T] | None:
    """What `keep_good` kept, read again; None when there is nothing usable."""
    try:
        kept = msgspec.json.decode((folder / FILE).read_bytes(), type=list[Layer])
    except (OSError, msgspec.MsgspecError):
        return None
    layers = [layer._replace(file=f"{layer.file} (last good)") for layer in kept]
    loaded = understand(layers, schema, registry=registry, checks=checks, renamed=renamed)
    return None if loaded.problems else loaded
