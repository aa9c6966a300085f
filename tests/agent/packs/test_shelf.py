"""Packs are taken whole, from those who may give them, and never go back."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.packs.shelf import Offer, Shelf, Signed
from agent.packs.trust import NotTrusted
from agent.signing import BadSignature, public_key, signers
from tests.agent.packs.district import FILES, Signer, index, listed, root, signed

TODAY = datetime.date(2026, 11, 29)


@pytest.fixture
def key() -> Signer:
    """The district's key."""
    return Signer()


@pytest.fixture
def shelf(tmp_path: Path, key: Signer) -> Iterator[Shelf]:
    """An empty shelf that trusts the district."""
    shelf = Shelf(tmp_path / "packs.db", json.dumps(root([key])).encode())
    yield shelf
    shelf.close()


def fill(shelf: Shelf, offer: Offer, files: Mapping[str, bytes] = FILES) -> None:
    """Fetch what is missing and take the set."""
    plan = shelf.plan(offer, TODAY)
    by_name = dict(files)
    for file, _ in shelf.missing(plan):
        shelf.add(file, by_name[file.name])
    shelf.take(plan)


def changed(version: int) -> dict[str, bytes]:
    """The pack in another version."""
    manifest = FILES["pack.toml"].replace(b"version = 1", b"version = %d" % version)
    return {**FILES, "pack.toml": manifest}


def test_a_signed_set_is_taken_and_is_there_after_a_restart(
    shelf: Shelf, key: Signer, tmp_path: Path
) -> None:
    """What was taken is read again from the file, and needs no signature then."""
    fill(shelf, Offer(signed(index(listed("demo", FILES)), key)))
    shelf.close()
    again = Shelf(tmp_path / "packs.db", json.dumps(root([key])).encode())
    assert list(again.packs()) == ["demo"]
    assert again.versions() == {"district": 1}
    again.close()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (index(version=1, packs_=[]), "unknown field"),
        ({"type": "root"}, "no index"),
        ([], "no index"),
        (index(expires="2026-11-28"), "expired"),
        (index(listed("demo", FILES), listed("demo", FILES)), "twice"),
        (index({**listed("../demo", FILES)}), "no index"),
    ],
)
def test_what_is_no_index_is_refused(shelf: Shelf, key: Signer, document: Any, said: str) -> None:
    """However well it is signed."""
    with pytest.raises(NotTrusted, match=said):
        shelf.plan(Offer(signed(document, key)), TODAY)


def test_wrong_signatures_are_refused(shelf: Shelf, key: Signer) -> None:
    """By a stranger, over another text, none at all, or something that is no signature."""
    good = signed(index(listed("demo", FILES)), key)
    strange = signed(index(listed("demo", FILES)), Signer())
    other = Signed(good.body + b" ", good.signatures)
    for offered, said in (
        (strange, "0 of 1 signatures"),
        (other, "does not fit"),
        (Signed(good.body, ""), "no signatures"),
        (Signed(good.body, "a\nb\nc\nd"), "in base64"),
        (Signed(good.body, good.signatures.replace("timestamp:0", "timestamp:1")), "does not fit"),
    ):
        with pytest.raises(NotTrusted, match=said):
            shelf.plan(Offer(offered), TODAY)
    assert shelf.packs() == {}


def test_versions_never_go_back(shelf: Shelf, key: Signer) -> None:
    """Neither of the index nor of a pack in a newer index."""
    fill(shelf, Offer(signed(index(listed("demo", changed(5), 5), version=7), key)), changed(5))
    with pytest.raises(NotTrusted, match="index 6 is older than 7"):
        shelf.plan(Offer(signed(index(listed("demo", changed(6), 6), version=6), key)), TODAY)
    with pytest.raises(NotTrusted, match="version 4 is older than 5"):
        shelf.plan(Offer(signed(index(listed("demo", changed(4), 4), version=8), key)), TODAY)
    assert shelf.packs()["demo"].manifest.version == 5


def test_nothing_expires_while_the_clock_is_not_trusted(shelf: Shelf, key: Signer) -> None:
    """A kiosk without network time goes on taking what is signed."""
    offer = Offer(signed(index(listed("demo", FILES), expires="2020-01-01"), key))
    assert shelf.plan(offer, None).packs


def test_a_download_goes_on_where_it_stopped(shelf: Shelf, key: Signer, tmp_path: Path) -> None:
    """The bytes that came before a power cut are not fetched again; wrong ones are forgotten."""
    plan = shelf.plan(Offer(signed(index(listed("demo", FILES)), key)), TODAY)
    (file, had), _ = shelf.missing(plan)
    assert had == 0
    assert not shelf.add(file, FILES[file.name][:10])
    shelf.close()
    again = Shelf(tmp_path / "packs.db", json.dumps(root([key])).encode())
    (file, had), _ = again.missing(plan)
    assert had == 10
    with pytest.raises(NotTrusted, match="not what the index says"):
        again.add(file, b"x" * (file.length - 10))
    assert again.missing(plan)[0][1] == 0
    with pytest.raises(NotTrusted, match="not here yet"):
        again.take(plan)
    again.close()


def test_a_pack_that_cannot_be_read_leaves_the_old_set(shelf: Shelf, key: Signer) -> None:
    """One bad file, and nothing of the new set is taken."""
    fill(shelf, Offer(signed(index(listed("demo", FILES)), key)))
    bad = {**changed(2), "how-to.toml": b'type = "article"\ntitle = "<b>x</b>"\n'}
    with pytest.raises(NotTrusted, match=r"how-to\.toml"):
        fill(shelf, Offer(signed(index(listed("demo", bad, 2), version=2), key)), bad)
    assert shelf.packs()["demo"].manifest.version == 1
    assert shelf.versions() == {"district": 1}


def test_keys_are_rotated_by_a_threshold(shelf: Shelf, key: Signer) -> None:
    """A new root counts when old and new keys signed it; the old key alone signs nothing then."""
    first, second = Signer(), Signer()
    new = root([first, second], version=2, threshold=2)
    document = index(listed("demo", FILES))
    both = signed(document, first, second)
    with pytest.raises(NotTrusted, match="root 1: 0 of 1"):
        shelf.plan(Offer(both, (signed(new, first, second),)), TODAY)
    with pytest.raises(NotTrusted, match="root 2: 1 of 2"):
        shelf.plan(Offer(both, (signed(new, key, first),)), TODAY)
    with pytest.raises(NotTrusted, match="does not follow"):
        shelf.plan(Offer(both, (signed({**new, "version": 3}, key, first, second),)), TODAY)
    fill(shelf, Offer(both, (signed(new, key, first, second),)))
    assert shelf.root_version() == 2
    with pytest.raises(NotTrusted, match="0 of 2"):
        shelf.plan(Offer(signed(index(version=2), key)), TODAY)


def test_a_delegate_gives_only_what_it_may(shelf: Shelf, key: Signer) -> None:
    """Its own folder and kinds; the district's packs stay the district's."""
    estate = Signer()
    delegation = {"name": "sancun", "keys": [estate.public], "kinds": ["notices"]}
    main = signed(index(delegations=[delegation]), key)

    def offered(id: str, kind: str) -> tuple[Offer, dict[str, bytes]]:
        files = {
            name: data.replace(b'"demo"', b'"%s"' % id.encode()) for name, data in FILES.items()
        }
        if kind == "notices":
            files["how-to.toml"] = 'type = "notices"\ntitle = "通知"\n'.encode()
        return Offer(main, (), {"sancun": signed(index(listed(id, files)), estate)}), files

    with pytest.raises(NotTrusted, match="may not give the pack demo"):
        fill(shelf, *offered("demo", "notices"))
    with pytest.raises(NotTrusted, match="may not give 'how-to', a article"):
        fill(shelf, *offered("sancun-news", "article"))
    fill(shelf, *offered("sancun-news", "notices"))
    assert list(shelf.packs()) == ["sancun-news"]
    forged = Offer(main, (), {"sancun": signed(index(), Signer())})
    with pytest.raises(NotTrusted, match="sancun: 0 of 1"):
        shelf.plan(forged, TODAY)


@pytest.mark.skipif(shutil.which("minisign") is None, reason="Debian's minisign is not installed")
@pytest.mark.parametrize("options", [[], ["-H"], ["-l"]])
def test_signatures_of_minisign_itself_are_understood(tmp_path: Path, options: list[str]) -> None:
    """What Debian's minisign signs, prehashed or not, is right here; a changed byte is not."""
    secret, public, text = tmp_path / "key", tmp_path / "key.pub", tmp_path / "index.json"
    text.write_bytes(b'{"type": "index"}')
    make = ["minisign", "-G", "-W", "-s", str(secret), "-p", str(public)]
    subprocess.run(make, check=True, capture_output=True)
    sign = ["minisign", "-S", *options, "-s", str(secret), "-m", str(text), "-t", "hello"]
    subprocess.run(sign, check=True, capture_output=True)
    key = public_key(public.read_text())
    signature = text.with_name("index.json.minisig").read_text()
    assert signers(text.read_bytes(), signature, [key]) == {key.id: "hello"}
    with pytest.raises(BadSignature, match="does not fit"):
        signers(text.read_bytes() + b" ", signature, [key])
