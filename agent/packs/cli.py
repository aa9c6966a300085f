"""``linli pack``: what staff and technicians do with packs."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.packs.packaged import allowed_hosts
from agent.packs.reader import read_pack
from agent.services.packs.format import in_language


def main(argv: Sequence[str]) -> int:
    """Run one command; 0 well, 2 something is wrong with the input."""
    parser = argparse.ArgumentParser(prog="linli pack", description="Packs: check, make, take.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    lint = commands.add_parser("lint", help="Find every mistake; read every sentence on paper.")
    lint.add_argument("folder", type=Path, metavar="DIR")
    lint.add_argument("--paper", action="store_true", help="print each sentence as it is read")
    lint.set_defaults(run=_lint)
    tried = commands.add_parser("try", help="Show a pack on a bench: a kiosk with nothing real.")
    tried.add_argument("folder", type=Path, metavar="DIR")
    tried.add_argument("--port", type=int, default=8480, help="of the page [%(default)s]")
    tried.set_defaults(run=_try)
    sheet = commands.add_parser("import", help="Make a pack from a spreadsheet (XLSForm).")
    sheet.add_argument("sheet", type=Path, metavar="SHEET.xlsx")
    sheet.add_argument("folder", type=Path, metavar="DIR", help="where the pack's folder is made")
    sheet.set_defaults(run=_import)
    take = commands.add_parser("take", help="Take a signed set of packs from a folder.")
    take.add_argument("folder", type=Path, metavar="DIR", help="of a USB stick, say")
    take.add_argument("--root", type=Path, required=True, help="the district's keys, root.json")
    take.add_argument("--data", type=Path, default=Path("/var/lib/linli"))
    take.set_defaults(run=_take)
    arguments = parser.parse_args(argv)
    status: int = arguments.run(arguments)
    return status


def _lint(arguments: argparse.Namespace) -> int:
    pack, problems = read_pack(arguments.folder, allowed_hosts())
    for problem in problems:
        print(problem)
    if pack is None:
        return 2
    from agent.packs.lint import paper, presses, remarks, sentences_of

    if arguments.paper:
        for line in paper(sentences_of(pack)):
            print(line)
    for remark in remarks(pack):
        print(f"remark: {remark}")
    for name, count in presses(pack):
        print(f"{name}: at most {count} presses from the list of this pack")
    print(f"{arguments.folder}: all is well; {len(pack.items)} items")
    return 0


def _try(arguments: argparse.Namespace) -> int:
    """Ends when the bench does."""
    pack, problems = read_pack(arguments.folder, allowed_hosts())
    for problem in problems:
        print(problem, file=sys.stderr)
    if pack is None:
        return 2
    bench = Path(sys.executable).with_name("linli-sim")
    if not bench.exists():
        print(
            "no bench here: a kiosk has none. Try packs on a computer with the project's source: "
            "make install there, then linli pack try",
            file=sys.stderr,
        )
        return 2
    title = in_language(pack.manifest.title, "zh-CN")
    print(f"{title}: open the kiosk page, 社区服务, {title}; Ctrl-C ends it", flush=True)
    words = [str(bench), "bench", "--pack", str(arguments.folder), "--port", str(arguments.port)]
    os.execv(bench, words)


def _take(arguments: argparse.Namespace) -> int:
    import sqlite3

    from agent.core.clock import Clock
    from agent.packs.shelf import Shelf
    from agent.packs.shelving import FILE
    from agent.packs.sync import Stick, fetch
    from agent.packs.trust import NotTrusted

    clock = Clock()
    today = None
    if clock.trusted:
        today = datetime.datetime.fromtimestamp(clock.wall(), datetime.UTC).date()
    try:
        shelf = Shelf(arguments.data / FILE, arguments.root.read_bytes())
        taken = fetch(shelf, Stick(arguments.folder), today, allowed_hosts())
    except (OSError, sqlite3.Error, NotTrusted) as error:
        print(f"{arguments.folder}: not taken: {error}; what was there stays", file=sys.stderr)
        return 2
    for id, pack in shelf.packs(allowed_hosts()).items():
        print(f"{id} {pack.manifest.version}")
    print("in force within a minute" if taken else "these are in force already")
    shelf.close()
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from agent.packs.sheet import BadSheet, pack_from

    try:
        files = pack_from(arguments.sheet)
    except BadSheet as error:
        print(error, file=sys.stderr)
        return 2
    id = next(line for line in files["pack.toml"].splitlines() if line.startswith("id = "))
    name = id.removeprefix('id = "').rstrip('"')
    if not name.replace("-", "").isalnum() or not name.isascii():
        print(f"settings: form_id is '{name}'; use small letters, digits, hyphens", file=sys.stderr)
        return 2
    folder: Path = arguments.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    print(f"made {folder}")
    arguments.folder, arguments.paper = folder, False
    return _lint(arguments)
