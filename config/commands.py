"""What `linli models` and `linli show-config` print."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from config.chinese import meaning, problem_said, said
from config.describe import describe
from config.explain import did_you_mean
from config.fetch import fetch
from config.models import PACKAGED, Manifest, Model, read_manifest, status
from config.reader import BadConfiguration, Loaded, T


def show_config(loaded: Loaded[T], out: IO[str] | None = None, *, language: str = "en") -> int:
    """Print every setting in force, where it was written and what it means; 2 when none is."""
    try:
        for row in describe(loaded):
            print(f"{row.place} = {row.value}  ({said(row.origin, language)})", file=out)
            if means := meaning(row.place, row.meaning, language):
                print(f"    {means}", file=out)
    except BadConfiguration:
        for problem in loaded.problems:
            print(problem_said(problem, language), file=sys.stderr)
        return 2
    return 0


def list_models(folder: Path, *, manifest: Path = PACKAGED, out: IO[str] | None = None) -> int:
    """Print every model and whether it is there; 1 when a required one is not usable."""
    try:
        entries = status(read_manifest(manifest).require(), folder)
    except BadConfiguration as error:
        print(error, file=sys.stderr)
        return 2
    for entry in entries:
        model = entry.model
        need = "required" if model.required else "optional"
        print(f"{entry.state:<11}{need:<10}{model.name}", file=out)
        print(f"{'':<21}{model.purpose}; {_size(model)}, licence {model.licence}", file=out)
    lacking = [e for e in entries if e.model.required and e.state in ("missing", "damaged")]
    if lacking:
        print("Run: linli models fetch", file=out)
    return 1 if lacking else 0


def fetch_models(
    names: Sequence[str],
    folder: Path,
    extra_dirs: Sequence[Path] = (),
    *,
    manifest: Path = PACKAGED,
    out: IO[str] | None = None,
) -> int:
    """Fetch the named models, or all but those for tests, and print what came of it.

    Returns 0, 1 when a model that is named or required is not there afterwards, or 2 for a
    name that the manifest does not have.
    """
    try:
        known = read_manifest(manifest).require()
        models = [_named(known, name) for name in names]
    except (BadConfiguration, LookupError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    code = 0
    for model in models or [model for model in known.model if model.for_all]:
        fetched = fetch(model, folder, extra_dirs)
        print(f"{model.name}: {fetched.status.state} ({fetched.status.path})", file=out)
        for attempt in fetched.tried:
            print(f"  {attempt.source}: {attempt.reason or 'taken'}", file=out)
        if not fetched.usable:
            print(f"  {_remedy(model)}", file=out)
            code = 1 if model.required or names else code
    return code


def _named(manifest: Manifest, name: str) -> Model:
    model = manifest.find(name)
    if model is None:
        known = (model.name for model in manifest.model)
        raise LookupError(f"There is no model '{name}'. {did_you_mean(name, known)}")
    return model


def _remedy(model: Model) -> str:
    without = "" if model.required else "The kiosk works without it. "
    return (
        f"{without}Put {model.archive or model.file} ({_size(model)}) into a folder and run: "
        f"linli models fetch {model.name} --from FOLDER"
    )


def _size(model: Model) -> str:
    return f"{model.size / 1e6:.1f} MB"
