"""Hostile packs, twenty and more of each kind: each is refused with a reason, quickly, whole."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from agent.packs.reader import understand_pack
from agent.packs.shelf import Offer, Shelf, Signed
from agent.packs.sync import Stick
from agent.packs.trust import Index, NotTrusted, Root
from agent.services.packs.format import Manifest
from agent.services.packs.registry import STRUCTS
from tests.agent.packs.district import FILES, Signer, index, listed, root, signed
from tests.agent.packs.test_reader import ARTICLE, MANIFEST

TODAY = datetime.date(2026, 11, 29)
LONG_S = 10.0
"""No hostile file takes so long, on a busy machine."""


def refusal(files: dict[str, str | bytes]) -> str:
    """Why a pack of *files* is refused; it must be, and soon."""
    raw = {n: text if isinstance(text, bytes) else text.encode() for n, text in files.items()}
    began = time.thread_time()
    reading = understand_pack("demo", raw, ("zwdt.sh.gov.cn",))
    assert time.thread_time() - began < LONG_S
    assert reading.pack is None and reading.problems
    return str(reading.problems[0])


def article(words: str) -> dict[str, str | bytes]:
    """A pack of one article that says *words*."""
    said = json.dumps(words, ensure_ascii=False)
    return {"pack.toml": MANIFEST, "how-to.toml": ARTICLE.replace('"按一下确定键。"', said)}


def text(words: str) -> dict[str, str | bytes]:
    """The same in a Markdown file."""
    item = 'type = "article"\ntitle = "读"\ntext = "a.md"\n'
    return {"pack.toml": MANIFEST, "read.toml": item, "a.md": words}


HTML = [
    "<b>重要</b>", "<img src=x onerror=a()>", "<svg/onload=a()>", "<img src=x ", "<a href='x'",
    "< script>", "<\tscript", "</p>", "<!DOCTYPE html>", "<?php ?>", "&#60;b", "&#x3c;b", "&#60b",
    "&lt;b&gt;", "&NewLine;", "javascript:a()", "JaVaScRiPt : a()", "java\tscript:a()",
    "vbscript:a()", "data:text/html,x", "＜script＞x＜/script＞", "﹤b﹥", "[点](x)", "![图](x)",
    "{{7*7}}", "{% include x %}", "{phones}",
]  # fmt: skip
ADDRESSES = [
    "https://evil.example/x", "HTTP://evil.example", "ftp://evil.example", "//evil.example/x",
    "www.evil.example", "evil.example/x", "evil.top", "evil。com", "evil点com", "ｅｖｉｌ．ｃｏｍ",
    "evil [.] com", "xn--fiqs8s.xn--fiqz9s", "北新泾.中国", "10.0.0.1/x", "1.2.3.4:80", "a@b.cn",
    "weixin://dl/x", "alipays://x", "tel:120", "sms:10086", "intent:x", "mailto:a@b.c",
]  # fmt: skip
MARKS = [
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u200c\u200d"
    "\u2060\ufeff\u180e\u00ad\u2028\u2029\u0085\U000e0001\U000e0041\U0001d173\u3164\u115f\u1160"
    "\uffa0\u2800\u034f\u17b4\u05d0\u0627\u06f1\ufffd\ue000",
    "\u0301" * 3,
]  # fmt: skip
ALIKE = [
    ("敬老卡", "敬老 卡"), ("敬老卡", "敬老卡。"), ("敬老卡", "“敬老卡”"), ("O1", "0l"),
    ("Il", "lI"), ("AI+梯", "Al+梯"), ("AI", "aı"), ("rn站", "m站"), ("vv站", "w站"),
    ("未来", "末来"), ("日本", "曰本"), ("已办", "己办"), ("已办", "巳办"), ("土地", "士地"),
    ("人口", "入口"), ("⼀网", "一网"), ("一网", "ー网"), ("ＡＢ", "AB"), ("①号", "1号"),
    ("三村", "三村\u3000"), ("长宁", "長寧"), ("工会", "エ会"), ("二村", "ニ村"),
    ("力量", "カ量"), ("八", "ハ"), ("五", "五!"), ("ﬁt", "fit"), ("cafe", "Café"),
]  # fmt: skip
NAMES = [
    "../a.toml", "a/b.toml", "/etc/passwd", "..", ".", "a..toml", ".toml", ".hidden.toml", "A.toml",
    "a.toml\0", "a.toml\n", "a.TOML", "a.toml.md", "README.toml", "-a.toml", "a-.toml", "a--b.toml",
    "ａ.toml", "a.tomⅼ", " a.toml", "~a.toml", "a.py", "PACK.toml", "a\\b.toml", "a.toml ",
    "%2e%2e.toml", "a:b.toml", "",
]  # fmt: skip
N = 80_000
BOMBS = {
    "dotted key": "a" + ".a" * N + " = 1",
    "dotted header": "[a" + ".a" * N + "]",
    "dotted array header": "[[a" + ".a" * N + "]]",
    "quoted dotted key": '"a"' + '."a"' * N + " = 1",
    "many dotted lines": ("a" + ".a" * 900 + " = 1\n") * 200,
    "nested arrays": "x = " + "[" * N + "]" * N,
    "open arrays": "x = " + "[" * N,
    "nested tables": "x = " + "{a=" * N + "1" + "}" * N,
    "keys": "".join(f"a{n}=1\n" for n in range(N // 2)),
    "tables": "".join(f"[a{n}]\n" for n in range(N // 2)),
    "arrays of tables": "[[x]]\n" * N,
    "keys on one line": "x = {" + ",".join(f"a{n}=1" for n in range(N // 2)) + "}",
    "values on one line": "needs = [" + '"老年",' * (N // 4) + "]",
    "decimals": "version = " + "9" * N,
    "hexadecimals": "version = 0x" + "f" * N,
    "binary digits": "version = 0b" + "1" * N,
    "exponent": "version = 1e" + "9" * N,
    "string": 'summary = "' + "长" * N + '"',
    "string of dots": 'summary = "' + "." * N + '"',
    "string of tags": 'summary = "' + "<a" * N + '"',
    "string of blanks": 'summary = "' + " " * N + '"',
    "escapes": 'summary = "' + "\\u0041" * (N // 2) + '"',
    "open string": 'summary = "' + "a" * N,
    "open long string": 'summary = """' + "a\n" * N,
    "lines": "\n" * N,
    "comments": "#\n" * N,
}
TEXT_BOMBS = {
    "open tags": "<a" * 30_000, "open links": "](" * 30_000, "brackets": "[" * 60_000,
    "one word": "a" * 60_000 + "<b>", "dots": "a. " * 20_000 + "<b>", "ats": "a@" * 30_000,
    "hyphens": "a-" * 30_000 + "@b.cn", "ampersands": "&a" * 30_000 + ";", "braces": "{a" * 30_000 +
    "}", "numbers": "1. " * 20_000 + "<b>", "too much": "长" * 30_000, "stops": "！" * 9000 + "<b>",
    "blanks": " " * 60_000, "headings": "#" * 60_000, "nothing": "", "only marks": "\n# \n*\n",
}  # fmt: skip


@pytest.mark.parametrize("words", [*HTML, *ADDRESSES], ids=repr)
@pytest.mark.parametrize("pack", [article, text])
def test_markup_and_addresses_are_refused(words: str, pack: Any) -> None:
    """In items as in texts, in whatever letters they are written."""
    said = refusal(pack(f"请看 {words} 好"))
    assert "has " in said


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: f"U+{ord(mark[0]):04X}")
@pytest.mark.parametrize("pack", [article, text])
def test_what_hides_or_turns_text_is_refused(mark: str, pack: Any) -> None:
    """Marks of direction, letters of scripts that run the other way, letters that are empty."""
    assert refusal(pack(f"拨打12345{mark}好"))


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_are_refused(one: str, other: str) -> None:
    """Whichever comes first."""
    for first, second in ((one, other), (other, one)):
        files = {
            "pack.toml": MANIFEST,
            "a.toml": ARTICLE.replace("怎么用", first),
            "b.toml": ARTICLE.replace("怎么用", second),
        }
        assert "looks like" in refusal(files)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_paths_are_no_names(name: str) -> None:
    """Nothing but small letters, digits, hyphens and one of two endings."""
    said = refusal({"pack.toml": MANIFEST, "how-to.toml": ARTICLE, name: ARTICLE})
    assert "is not a name" in said


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_soon(bomb: str) -> None:
    """Whatever takes memory or time in a parser: in an item, and in the manifest."""
    more = BOMBS[bomb]
    if more.startswith(("version", "summary", "needs")):
        key = more.partition(" ")[0]
        kept = "\n".join(line for line in MANIFEST.splitlines() if not line.startswith(key))
        refusal({"pack.toml": f"{kept}\n{more}", "how-to.toml": ARTICLE})
        return
    refusal({"pack.toml": MANIFEST, "how-to.toml": f"{ARTICLE}\n{more}"})
    refusal({"pack.toml": f"{MANIFEST}\n{more}", "how-to.toml": ARTICLE})


@pytest.mark.parametrize("bomb", TEXT_BOMBS)
def test_texts_are_looked_through_soon(bomb: str) -> None:
    """Sixty thousand characters that make a search begin again and again."""
    refusal(text(TEXT_BOMBS[bomb]))


def _loose(kind: inspect.Type, place: str, seen: set[type]) -> Iterator[str]:
    """Lists and texts in *kind* that have no bound."""
    match kind:
        case inspect.Metadata(type=inner):
            yield from _loose(inner, place, seen)
        case inspect.StructType(cls=cls, fields=fields) if cls not in seen:
            seen.add(cls)
            for field in fields:
                yield from _loose(field.type, f"{cls.__name__}.{field.name}", seen)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _loose(one, place, seen)
        case inspect.VarTupleType(item_type=item, max_length=longest):
            if longest is None:
                yield place
            yield from _loose(item, place, seen)
        case inspect.ListType() | inspect.SetType():
            yield place
        case inspect.StrType(max_length=None, pattern=None):
            yield place


@pytest.mark.parametrize("kind", [*STRUCTS.values(), Manifest, Index, Root])
def test_nothing_is_endless(kind: type) -> None:
    """Every list and every text has a bound: no million items, no endless form."""
    assert list(_loose(inspect.type_info(kind), kind.__name__, set())) == []


# -- signatures -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def district() -> Signer:
    """The district's key."""
    return Signer()


@pytest.fixture
def shelf(tmp_path: Path, district: Signer) -> Iterator[Shelf]:
    """An empty shelf."""
    shelf = Shelf(tmp_path / "packs.db", json.dumps(root([district])).encode())
    yield shelf
    shelf.close()


def forgeries(key: Signer) -> dict[str, Signed]:
    """Offers that are almost right."""
    body, signatures = right = signed(index(listed("demo", FILES)), key)
    first, line, comment, whole = signatures.rstrip("\n").split("\n")
    stranger, older = Signer(), signed(index(version=2), key)
    raw = base64.b64decode(line)

    def put(*lines: str) -> Signed:
        return Signed(body, "\n".join(lines) + "\n")

    def with_raw(data: bytes) -> Signed:
        return put(first, base64.b64encode(data).decode(), comment, whole)

    return {
        "no signature": Signed(body, ""),
        "a blank": Signed(body, "\n\n\n\n"),
        "a stranger's": signed(index(listed("demo", FILES)), stranger),
        "another text's": Signed(body, older.signatures),
        "the text of another": Signed(older.body, signatures),
        "a blank more": Signed(body + b" ", signatures),
        "a byte less": Signed(body[:-1], signatures),
        "three lines": put(first, line, comment),
        "five lines": put(first, line, comment, whole, whole),
        "lines in another order": put(line, first, comment, whole),
        "another comment": put(first, line, "trusted comment: timestamp:1", whole),
        "no trusted comment": put(first, line, "comment: timestamp:0", whole),
        "no base64": put(first, "!" + line[1:], comment, whole),
        "half a signature": with_raw(raw[:40]),
        "a longer signature": with_raw(raw + b"\0"),
        "a signature of zeros": with_raw(raw[:10] + bytes(64)),
        "another algorithm": with_raw(b"RS" + raw[2:]),
        "the algorithm that does not hash": with_raw(b"Ed" + raw[2:]),
        "a key that is not there": with_raw(raw[:2] + bytes(8) + raw[10:]),
        "s beyond the order": with_raw(raw[:42] + bytes([255] * 32)),
        "no whole signature": put(first, line, comment, ""),
        "the wrong whole signature": put(first, line, comment, line),
        "seventeen signatures": Signed(body, signatures * 17),
        "digits of another script": put(first, line.replace("R", "\uff32", 1), comment, whole),
        "no document": Signed(b"", key.sign(b"")),
        "right": right,
    }


@pytest.mark.parametrize("forgery", [name for name in forgeries(Signer()) if name != "right"])
def test_what_is_not_signed_right_is_not_taken(
    shelf: Shelf, district: Signer, forgery: str
) -> None:
    """Each with its reason; what was in force stays."""
    offers = forgeries(district)
    with pytest.raises(NotTrusted, match=r"\w"):
        shelf.plan(Offer(offers[forgery]), TODAY)
    assert shelf.versions() == {}
    assert shelf.plan(Offer(offers["right"]), TODAY).versions == {"district": 1}


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_never_taken(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Anywhere in the document, or in the lines of the signature but the untrusted one."""
    key = Signer()
    shelf = Shelf(tmp_path_factory.mktemp("s") / "packs.db", json.dumps(root([key])).encode())
    right = signed(index(listed("demo", FILES)), key)
    start = right.signatures.index("\n") + 1
    spoiled = bytearray(right.body + right.signatures[start:].rstrip("\n").encode())
    at = data.draw(st.integers(0, len(spoiled) - 1))
    spoiled[at] ^= 1 << data.draw(st.integers(0, 6))
    body = bytes(spoiled[: len(right.body)])
    rest = bytes(spoiled[len(right.body) :]).decode("utf-8", "replace")
    try:
        with pytest.raises(NotTrusted):
            shelf.plan(Offer(Signed(body, right.signatures[:start] + rest)), TODAY)
    finally:
        shelf.close()


@pytest.mark.parametrize("title", ["样例", "样 例", "“样例”", "样例。", "样例\u3000"])
def test_a_third_party_cannot_pass_for_the_district(
    shelf: Shelf, district: Signer, title: str
) -> None:
    """Not by the title of a pack either; with one of its own it is taken."""
    estate = Signer()
    may = {"name": "estate", "keys": [estate.public], "kinds": ["article"]}
    for named, taken in ((title, False), ("三村样例", True)):
        manifest = FILES["pack.toml"].replace(b'"demo"', b'"estate-demo"')
        theirs = {**FILES, "pack.toml": manifest.replace("样例".encode(), named.encode())}
        offer = Offer(
            signed(index(listed("demo", FILES), delegations=[may]), district),
            delegated={"estate": signed(index(listed("estate-demo", theirs)), estate)},
        )
        plan = shelf.plan(offer, TODAY)
        contents = {
            hashlib.sha256(data).hexdigest(): data for data in (*FILES.values(), *theirs.values())
        }
        for file, _ in shelf.missing(plan):
            shelf.add(file, contents[file.sha256])
        if taken:
            assert set(shelf.take(plan)) == {"demo", "estate-demo"}
            continue
        with pytest.raises(NotTrusted, match="looks like that of demo"):
            shelf.take(plan)
        assert shelf.versions() == {}


# -- sticks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trick",
    ["pipe", "pipe of signatures", "endless signatures", "no text", "link", "folder", "absent"],
)
def test_a_stick_is_no_trap(tmp_path: Path, district: Signer, trick: str) -> None:
    """Pipes are not waited for, links not followed, nothing endless is read."""
    document, signatures = tmp_path / "index.json", tmp_path / "index.json.minisig"
    right = signed(index(listed("demo", FILES)), district)
    document.write_bytes(right.body)
    signatures.write_text(right.signatures)
    match trick:
        case "pipe":
            document.unlink()
            os.mkfifo(document)
        case "pipe of signatures":
            signatures.unlink()
            os.mkfifo(signatures)
        case "endless signatures":
            signatures.write_bytes(b"a" * 3_000_000)
        case "no text":
            signatures.write_bytes(b"\xff\xfe\n" * 4)
        case "link":
            document.rename(tmp_path / "other")
            document.symlink_to(tmp_path / "other")
        case "folder":
            document.unlink()
            document.mkdir()
        case "absent":
            signatures.unlink()
    with pytest.raises((NotTrusted, OSError)):
        Stick(tmp_path).offer(0)
