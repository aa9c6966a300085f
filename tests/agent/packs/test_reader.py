"""Reading packs: what is right is taken whole, what is wrong is said with place and remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from agent.packs.reader import MAX_FILE, MAX_FILES, read_pack

PACKAGED = Path(config.__file__).parent / "packs"
HOSTS = ("zwdt.sh.gov.cn",)
MANIFEST = """
id = "demo"
version = 1
title = "样例"
group = "办事"
responsible = "居委会"
"""
ARTICLE = """
type = "article"
title = "怎么用"
paragraphs = ["按一下确定键。"]
"""
FORM = """
type = "form"
title = "报名"
[[question]]
name = "who"
type = "select_one"
label = "几个人来？"
choice = [{name = "one", label = "一个人"}, {name = "two", label = "两个人"}]
[[question]]
name = "when"
type = "date"
label = "哪一天来？"
relevant = "who=two"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small pack that is right."""
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "pack.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "how-to.toml").write_text(ARTICLE, encoding="utf-8")
    (folder / "enrol.toml").write_text(FORM, encoding="utf-8")
    return folder


def problems(folder: Path) -> str:
    """All that is wrong, and no pack with it."""
    reading = read_pack(folder, HOSTS)
    assert reading.pack is None
    return "\n".join(map(str, reading.problems))


@pytest.mark.parametrize("path", sorted(PACKAGED.glob("*/pack.toml")), ids=lambda p: p.parent.name)
def test_packaged_packs_are_right(path: Path) -> None:
    """What ships can be served, and every claim in it says where it comes from."""
    reading = read_pack(path.parent, packaged_hosts())
    assert list(map(str, reading.problems)) == []
    assert reading.pack is not None


def packaged_hosts() -> tuple[str, ...]:
    """The district's list, where there is one."""
    hosts = PACKAGED / "hosts.toml"
    if not hosts.exists():
        return ()
    import tomllib

    return tuple(tomllib.loads(hosts.read_text(encoding="utf-8"))["host"])


def test_a_pack_is_read_in_its_order(folder: Path) -> None:
    """Items come in the order of the manifest, the others by name."""
    (folder / "pack.toml").write_text(MANIFEST + 'order = ["how-to"]\n', encoding="utf-8")
    pack = read_pack(folder, HOSTS).pack
    assert pack is not None
    assert list(pack.items) == ["how-to", "enrol"]


def test_every_mistake_is_listed_at_once(folder: Path) -> None:
    """File, line, place, value and remedy of each mistake in each file."""
    (folder / "how-to.toml").write_text(ARTICLE.replace("paragraphs", "paragraph"), "utf-8")
    (folder / "enrol.toml").write_text(FORM.replace('"date"', '"dat"'), "utf-8")
    (folder / "pack.toml").write_text(MANIFEST.replace("version = 1", "version = 0"), "utf-8")
    said = problems(folder)
    assert "how-to.toml:4" in said and "paragraph" in said
    assert "enrol.toml:11" in said and "'dat'" in said and "Did you mean 'date'?" in said
    assert "pack.toml:3: version" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<b>重要</b>", "has HTML"),
        ("<script src=x>", "has HTML"),
        ("一&#8238;二", "has HTML"),
        ("向右\u202e向左", "the invisible character U+202E"),
        ("零\u200b宽", "ZERO WIDTH SPACE"),
        ("响\u0007铃", "Illegal character"),
        ("请看 https://evil.example/x", "has an address"),
        ("请看 www.evil.example", "has an address"),
    ],
)
def test_words_that_are_no_words_are_refused(folder: Path, text: str, said: str) -> None:
    """HTML, addresses, and characters that hide or turn text around."""
    item = ARTICLE.replace("按一下确定键。", text)
    (folder / "how-to.toml").write_text(item, encoding="utf-8")
    assert said in problems(folder)


def test_only_plain_files_of_plain_names_are_opened(folder: Path) -> None:
    """Links, folders, pipes, hidden files and odd names are refused before anything is read."""
    (folder / "inner").mkdir()
    (folder / "away.toml").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe.toml")
    (folder / ".hidden.toml").write_text("")
    (folder / "Großes.toml").write_text("")
    (folder / "run.py").write_text("")
    said = problems(folder)
    for name in ("inner", "away.toml", "pipe.toml", ".hidden.toml", "Großes.toml", "run.py"):
        assert name in said


def test_too_much_is_refused(folder: Path) -> None:
    """A file that is too large, too many files, a million entries."""
    (folder / "huge.toml").write_bytes(b"#" * (MAX_FILE + 1))
    assert f"has {MAX_FILE + 1} bytes" in problems(folder)
    (folder / "huge.toml").unlink()
    for number in range(MAX_FILES):
        (folder / f"item-{number}.toml").write_text(ARTICLE, encoding="utf-8")
    assert "files" in problems(folder)
    for path in folder.glob("item-*.toml"):
        path.unlink()
    question = FORM[FORM.index("[[question]]") :]
    endless = FORM + "".join(question.replace('"who"', f'"q{n}"') for n in range(30))
    (folder / "enrol.toml").write_text(endless, encoding="utf-8")
    assert "enrol.toml" in problems(folder)


def test_what_is_named_must_be_there(folder: Path) -> None:
    """Order, forms, texts and conditions refer to what exists; hosts are in the list."""
    (folder / "pack.toml").write_text(MANIFEST + 'order = ["how-too"]\n', encoding="utf-8")
    (folder / "enrol.toml").write_text(FORM.replace("who=two", "who=three"), encoding="utf-8")
    (folder / "how-to.toml").write_text(
        'type = "article"\ntitle = "读"\ntext = "none.md"\n', encoding="utf-8"
    )
    link = (
        'type = "link"\ntitle = "网"\nurl = "https://evil.example/x"\nwithout_phone = "打电话。"\n'
    )
    (folder / "web.toml").write_text(link, encoding="utf-8")
    said = problems(folder)
    assert "Did you mean 'how-to'?" in said
    assert "relevant is 'who=three'" in said
    assert "there is no none.md" in said
    assert "the host evil.example is not in the district's list" in said


def test_titles_that_look_alike_are_refused(folder: Path) -> None:
    """A third party's item cannot pass for another by letters that look the same."""
    for name, title in (("a", "COFE card 10"), ("b", "C0FE c a r d, I0")):
        (folder / f"{name}.toml").write_text(ARTICLE.replace("怎么用", title), encoding="utf-8")
    assert "looks like that of 'a'" in problems(folder)


@given(st.binary(max_size=300))
def test_no_bytes_end_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever stands in a file, there is a pack or a list of problems."""
    folder = tmp_path_factory.mktemp("packs") / "demo"
    folder.mkdir()
    (folder / "pack.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "how-to.toml").write_bytes(b'type = "article"\ntitle = "' + data)
    reading = read_pack(folder)
    assert (reading.pack is None) == bool(reading.problems)
