"""What residents read stands in the catalogue of phrases, in every language, and not in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent

ROOT = Path(agent.__file__).parent
ROOMS = ("packs", "services")
LETTER = re.compile("[\u3041-\u309f\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff]")

NOT_FOR_RESIDENTS = {
    # Reasons of records and tasks: upstream's staff read them, in Chinese
    "services/removed.py": {"REASON"},
    "services/bins/moving.py": {"how", "reason", "wrong"},
    "services/bins/service.py": {"_OVERDUE", "_KIND"},
    "services/doors/service.py": {"why", "day", "moved"},
    "services/fall/service.py": {"reason"},
    "services/piles/service.py": {"why"},
    "services/power/service.py": {"reason"},
    "services/power/watch.py": {"_why_silent", "_surge", "day", "less", "reason"},
    "services/readings/service.py": {"_OVERDUE", "_judged"},
    # Words of files that staff write, and of what they are called
    "packs/cli.py": {"_try"},
    "packs/reader.py": {"_LOOK_ALIKE"},
    "packs/sheet.py": {"manifest"},
    "services/packs/__init__.py": {"group"},
    "services/taxi/choosing.py": {"GROUPS"},
    "services/visits/settings.py": {"helper"},
}
"""File → the functions, variables and keywords in it whose words no resident meets."""


def literals(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, innermost name around it, and text of each literal in Chinese or Japanese.

    Left out are docstrings, examples of commands, and words that are only compared, looked up, or
    allowed in a file of settings: ``Literal[...]``.
    """

    def within(node: ast.AST, name: str) -> Iterator[tuple[int, str, str]]:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Compare():
                return
            case ast.Subscript(value=ast.Name(id="Literal")):
                return
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.AnnAssign(annotation=ast.Subscript(value=ast.Name(id="Literal"))):
                return
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                if name in ("example", "examples"):
                    return
            case ast.keyword(arg=str(name)):
                pass
            case ast.Dict(values=values):
                for value in values:
                    yield from within(value, name)
                return
            case ast.Constant(value=str(text)) if LETTER.search(text):
                yield node.lineno, name, text
        for child in ast.iter_child_nodes(node):
            yield from within(child, name)

    yield from within(ast.parse(source), "")


FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_words_of_residents_stand_in_code(path: Path) -> None:
    """Put them into kiosk_ui/phrases, in each language."""
    name = path.relative_to(ROOT).as_posix()
    allowed = NOT_FOR_RESIDENTS.get(name, set())
    found = [one for one in literals(path.read_text(encoding="utf-8")) if one[1] not in allowed]
    assert not found


def test_the_exceptions_are_needed() -> None:
    """One that has no words any more is taken out of the list."""
    for name, allowed in NOT_FOR_RESIDENTS.items():
        found = {one[1] for one in literals((ROOT / name).read_text(encoding="utf-8"))}
        assert allowed <= found, name


@pytest.mark.parametrize(
    "line",
    [
        'def show():\n    return Show(title="现在没有通知。")',
        'SAID = "要带"',
        'def say(n):\n    return f"第{n}步"',
        'WORDS = {"yes": "対応"}',
        'def far():\n    """How far."""\n    return "、".join(["米"])',
    ],
)
def test_such_words_are_found(line: str) -> None:
    """In a call, a table, an f-string, in Chinese and in Japanese."""
    assert list(literals(line))


@pytest.mark.parametrize(
    "line",
    [
        '"""通知."""',
        'class Entry:\n    kind: Literal["办"] = "办"',
        'Stage = Literal["通知"]',
        'staff = "工作人员" in needs',
        'KINDS = {"医院": "hospital"}',
        'example: ClassVar = {"note": "请带户口簿。"}',
    ],
)
def test_words_that_nobody_meets_are_not(line: str) -> None:
    """Docstrings, words of settings, keys, comparisons, examples."""
    assert not list(literals(line))
