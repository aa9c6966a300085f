"""Parsers of documents that people, upstream or a spoiled card give, as targets for the fuzzer."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from agent.configuration import FILE, RENAMED, _cross_checks
from agent.core.clock import Clock
from agent.core.dead_letters import read as read_letters
from agent.core.store import opening
from agent.core.store.verify import verify
from agent.packs.reader import understand_pack
from agent.packs.sheet import BadSheet, pack_from
from agent.packs.trust import NotTrusted, first_root, index
from agent.services.card import code as card
from agent.signing import BadSignature, PublicKey, public_key, signers
from config.articles import PACKAGED as ARTICLES
from config.articles import Articles
from config.files import _decoded
from config.keep import kept_before_sets
from config.models import PACKAGED as MODELS
from config.models import Manifest
from config.places import PACKAGED as PLACES
from config.places import read_places
from config.reader import Layer, understand
from drivers import SETTINGS
from drivers.vision.videos import frames, read_labels
from drivers.voice.sound import NotWav, Sound, from_wav, to_wav
from hw_mocks.scenario import BadScenario
from hw_mocks.scenario import load as load_scenario
from kiosk_ui.phrases import FOLDER, Catalogue
from tests.agent.estate import ESTATE
from tests.agent.recording import record
from tests.agent.services.card import district
from tests.audit.target import Target

PROJECT = Path(__file__).parents[2]
_folder = Path(tempfile.mkdtemp(prefix="linli-fuzz-"))
"""In memory where the machine has /tmp there."""


def file_of(name: str, data: bytes) -> Path:
    """A file with *data*, overwritten each time."""
    path = _folder / name
    path.write_bytes(data)
    return path


def _toml(kind: type[msgspec.Struct]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        text, _ = _decoded(Path("x.toml"), data)
        for problem in understand([Layer("x.toml", text or "")], kind).problems:
            assert str(problem)

    return run


def _kiosk(data: bytes) -> None:
    text, _ = _decoded(Path("kiosk.toml"), data)
    places = read_places().settings
    found = understand(
        [Layer("kiosk.toml", text or "")], FILE, registry=SETTINGS,
        checks=[lambda settings: _cross_checks(settings, places, ("zh-CN", "en"))],
        renamed=RENAMED,
    )  # fmt: skip
    for problem in (*found.problems, *found.cautions, *found.notes):
        assert len(str(problem)) < 20_000


def _places(data: bytes) -> None:
    found = read_places(file_of("places.toml", data))
    assert found.settings is not None or all(map(str, found.problems))


def _phrases(data: bytes) -> None:
    (_folder / "phrases").mkdir(exist_ok=True)
    catalogue = Catalogue(file_of("phrases/zh-CN.toml", data).parent)
    catalogue.problems()
    catalogue.fixed("zh-CN")


_APART = b"\n#---#\n"
_FILES = ("pack.toml", "a.toml", "b.toml", "c.md")


def _pack(data: bytes) -> None:
    files = dict(zip(_FILES, data.split(_APART), strict=False))
    reading = understand_pack("law", files, ("sh.gov.cn",))
    assert (reading.pack is None) == bool(reading.problems)
    assert all(map(str, reading.problems))


def _packed(parts: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


@cache
def _sheet() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    rows: dict[str, list[list[Any]]] = {
        "survey": [
            ["type", "name", "label::zh", "required", "relevant", "min", "max", "personal"],
            ["select_one yes", "old", "您多大", "no", "", "", "", "yes"],
            ["integer", "many", "几个", "", "${old} = 'a'", 1, 9, ""],
        ],
        "choices": [["list_name", "name", "label::zh", "aliases"], ["yes", "a", "七十", "老|大"]],
        "settings": [["form_id", "form_title", "responsible", "version"], ["f", "表", "居委会", 1]],
    }
    del book["Sheet"]
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@cache
def _sheet_parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(_sheet())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


_BENT = (
    "xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml",
    "xl/_rels/workbook.xml.rels",
)  # fmt: skip


def _sheet_of_parts(data: bytes) -> None:
    bent = dict(zip(_BENT, data.split(_APART), strict=False))
    pack_from(file_of("form.xlsx", _packed({**_sheet_parts(), **bent})))


def _signatures(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        keys: list[PublicKey] = [public_key(_KEY)]
        signers(b"body", text, keys)
    except BadSignature:
        public_key(text)


_KEY = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
"""minisign's own, from its manual."""
_SIGNED = (
    b"untrusted comment: c\n"
    b"RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo"
    b"8KLzZwo=\ntrusted comment: timestamp:1\n"
    b"y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==\n"
)
_ROOT = (
    b'{"type": "root", "version": 1, "expires": "2030-01-01", "keys": ["%b"], '
    b'"root": {"keys": ["E7620F1842B4E81F"], "threshold": 1}, '
    b'"index": {"keys": ["E7620F1842B4E81F"]}}' % _KEY.encode()
)
_INDEX = (
    b'{"type": "index", "version": 3, "expires": "2030-01-01", "packs": [{"id": "law", "version": '
    b'1, "files": [{"name": "a.toml", "length": 5, "sha256": "%b"}]}], "delegations": []}'
    % (b"0" * 64)
)


_ASKS = card.Card(bytes(16), 65535, "zh-CN", 1, True, "guided", -2, ("视力",))


def _card(data: bytes) -> None:
    card.read(data.decode("latin1"), [public_key(district.line(district.KEY))], None)


def _of_card(data: bytes) -> bytes:
    """What would be a card if it were one, signed by the district all the same."""
    key = public_key(district.line(district.KEY))
    body = (msgspec.msgpack.encode(_ASKS) if data.startswith(b"LLK1") else data)[:110]
    signed = bytes.fromhex(key.id)[::-1] + district.KEY.sign(card.CONTEXT + body) + body
    return card._encoded(signed).encode()


def _index(data: bytes) -> None:
    try:
        first_root(data)
    except NotTrusted:
        index(first_root(_ROOT), data, _SIGNED.decode())


def _scenario(data: bytes) -> None:
    load_scenario(file_of("scenario.toml", data), _kiosk_tables(), None)


@cache
def _kiosk_tables() -> Mapping[str, Any]:
    from hw_mocks.workbench import packaged

    return packaged()


_EVENT = b'{"specversion":"1.0","id":"a","lane":0,"sequence":"1"}\n'


def _wav(data: bytes) -> None:
    sound, _ = from_wav(data)
    assert sound.seconds >= 0


def _clip(data: bytes) -> None:
    for number, _ in enumerate(frames(file_of("clip.avi", data))):
        if number > 20:
            break


@cache
def _film() -> bytes:
    import cv2
    import numpy as np

    path = _folder / "film.avi"
    written = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (64, 48))
    for light in range(6):
        written.write(np.full((48, 64, 3), 40 * light, np.uint8))
    written.release()
    return path.read_bytes()


@cache
def _store() -> bytes:
    """A small one, with records that wait and some that are acknowledged."""
    path = _folder / "seed.db"
    store = opening.open_store(path, Clock()).store
    for number in range(40):
        with store.transaction():
            store.append(record("taxi.requested", {"order": str(number)}), float(number))
    with store.transaction():
        store.acknowledge(1, 10)
    store.close()
    return path.read_bytes()


def _salvage(data: bytes) -> None:
    """A store that a spoiled card gives: opened, mended or put aside, and then it takes records."""
    folder = Path(tempfile.mkdtemp(dir=_folder))
    try:
        path = folder / "linli.db"
        path.write_bytes(data)
        store = opening.open_store(path, Clock()).store
        with store.transaction():
            store.append(record("taxi.requested", {"order": "new"}), 1.0)
        store.close()
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        for one in folder.iterdir():
            one.unlink()
        folder.rmdir()


def _verify(data: bytes) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        verify([file_of("events.jsonl", data)])


def _letters(data: bytes) -> None:
    for letter in read_letters(file_of("dead_letters.jsonl", data).parent):
        assert letter.part is not None


def _read(*names: str) -> bytes:
    return _APART.join((PROJECT / "config/packs" / name).read_bytes() for name in names)


def _tone() -> Any:
    import numpy as np

    return np.sin(np.arange(200, dtype=np.float32) / 3)


def _bent_parts() -> bytes:
    return _APART.join(_sheet_parts()[name] for name in _BENT)


def _spoken() -> bytes:
    return to_wav(Sound(_tone(), 16_000), "帮帮我")


_KIOSK = (PROJECT / "config/kiosk.toml").read_bytes()
_SCENARIOS = sorted((PROJECT / "tests/scenarios").glob("*.toml"))[:6]

TARGETS: Mapping[str, Target] = {
    "kiosk.toml": Target(_kiosk, (), (_KIOSK, _KIOSK + ESTATE.encode()), longest=32_768),
    "places.toml": Target(_places, (), (PLACES.read_bytes()[:6000],), longest=8192),
    "articles.toml": Target(_toml(Articles), (), (ARTICLES.read_bytes(),), longest=8192),
    "models.toml": Target(_toml(Manifest), (), (MODELS.read_bytes(),), longest=16_384),
    "phrases": Target(
        _phrases, (ValueError,),
        tuple(one.read_bytes()[:6000] for one in sorted((FOLDER / "zh-CN").glob("*.toml"))),
        longest=8192,
    ),
    "good set": Target(
        lambda data: kept_before_sets(file_of("last-good.json", data).parent), (),
        (b'[["kiosk.toml", "[kiosk]"]]',),
    ),
    "pack": Target(
        _pack, (),
        (
            _read("law/pack.toml", "law/appointment.toml", "law/hotline.toml"),
            _read("voices/pack.toml", "voices/poll.toml", "voices/themes.toml")
            + _APART + "# 题\n\n一段话。\n".encode(),
            _read("lift/pack.toml", "lift/progress.toml", "lift/apply.toml"),
        ),
    ),
    "sheet": Target(_sheet_of_parts, (BadSheet,), (), longest=16_384, made=_bent_parts),
    "sheet file": Target(
        lambda data: pack_from(file_of("form.xlsx", data)), (BadSheet,), (), longest=16_384,
        made=_sheet,
    ),
    "minisign": Target(_signatures, (BadSignature,), (_SIGNED, _KEY.encode())),
    "card": Target(
        _card, (card.Refused,), (district.code(_ASKS).encode(), msgspec.msgpack.encode(_ASKS)),
        _of_card,
    ),
    "index": Target(_index, (NotTrusted,), (_ROOT, _INDEX)),
    "scenario": Target(_scenario, (BadScenario,), tuple(one.read_bytes() for one in _SCENARIOS)),
    "wav": Target(_wav, (NotWav,), (), made=_spoken),
    "clip": Target(_clip, (OSError, ValueError), (), longest=16_384, made=_film),
    "labels": Target(
        lambda data: read_labels(file_of("labels.tsv", data)), (ValueError,),
        (b"file\tlabel\tonset_frame\tfallen_at\na.mp4\tfall\t12\t0.5,0.5\n",),
    ),
    "store": Target(_salvage, (), (), longest=262_144, made=_store),
    "events": Target(_verify, (), (_EVENT,)),
    "dead letters": Target(
        _letters, (), (b'{"wall":1.0,"part":"taxi","signal":"Key","cause":"x"}\n',)
    ),
}  # fmt: skip
