"""A kiosk that cannot start: shown, spoken, with its own numbers, and over when the cause is."""

from __future__ import annotations

import fcntl
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.technician.basics import basics
from hw_mocks.workbench import Workbench
from tests.waiting import wait_for

WITHIN = 30.0
"""Seconds for what a busy machine may take long to do."""
OWN_NUMBER = "021-60001111"
GUARD = "13800001111"


ELSEWHERE = "新泾六村南门"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A kiosk with numbers of its own, before its first start."""
    with Workbench(
        tmp_path, settings={"kiosk": {"guard_phone": GUARD}, "taxi": {"elsewhere": ELSEWHERE}}
    ) as bench:
        places = tmp_path / "config" / "places.toml"
        text = places.read_text(encoding="utf-8")
        places.write_text(
            f'{text}\n[[phone]]\nnumber = "{OWN_NUMBER}"\nkind = "hotline"\n'
            'labels = { zh-CN = "居委会" }\n',
            encoding="utf-8",
        )
        yield bench


def spoil(bench: Workbench, name: str, old: str, new: str) -> str:
    """Change a file of the configuration; what it was before."""
    path = bench.folder / "config" / name
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    return before


def shows_trouble(bench: Workbench, reason: str) -> None:
    """The trouble page, with this site's numbers, the reason, and no word about the network."""
    wait_for(lambda: bench.page.snapshot and bench.page.snapshot.screen == "trouble", WITHIN)
    shown = bench.page.snapshot
    assert shown is not None
    assert reason in str(shown.values["problem"])
    numbers = [phone.number for phone in shown.phones]
    assert numbers[0] == GUARD
    assert OWN_NUMBER in numbers
    assert shown.online is None
    assert f"别处也能叫车，{ELSEWHERE}。" in shown.text
    assert all(ELSEWHERE in said for said in shown.instead.values()) and shown.instead


def is_heard(bench: Workbench) -> None:
    """The trouble was spoken."""
    wait_for(lambda: heard(bench), WITHIN)


def heard(bench: Workbench) -> int:
    """How often the trouble was spoken with the guard's number."""
    said = bench.loudspeaker.said()
    return sum(
        one.has("这台机器要修一下") and one.has(GUARD) and one.has(ELSEWHERE) for one in said
    )


def pressed(bench: Workbench) -> bool:
    """Press the help key once; whether the trouble was spoken a second time by now."""
    bench.contact("key_help", True)
    time.sleep(0.1)  # a finger
    bench.contact("key_help", False)
    time.sleep(0.2)
    return heard(bench) >= 2


def works(bench: Workbench) -> None:
    """The home screen is there, by the same process."""
    wait_for(lambda: bench.page.snapshot and bench.page.snapshot.screen == "home", WITHIN)


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("kiosk.toml", 'language = "zh-CN"', 'language = "zh"', "kiosk.language"),
        ("kiosk.toml", 'url = "http', 'url = "mqtts://example.org:99999', "upstream"),
        ("places.toml", "favourites = [", "favourites = [,", "places.toml"),
        ("articles.toml", 'id = "', "id = “", "articles.toml"),
    ],
)
def test_a_mistake_is_shown_and_spoken_until_it_is_mended(
    bench: Workbench, name: str, old: str, new: str, reason: str
) -> None:
    """Screen and voice say it; a key says it again; after the repair the kiosk is there."""
    before = spoil(bench, name, old, new)
    bench.daemon.start(WITHIN)
    pid = bench.daemon.pid
    shows_trouble(bench, reason)
    is_heard(bench)
    wait_for(lambda: pressed(bench), WITHIN)
    (bench.folder / "config" / name).write_text(before, encoding="utf-8")
    works(bench)
    assert bench.daemon.pid == pid


def test_where_else_is_known_although_the_tables_are_wrong(tmp_path: Path) -> None:
    """A mistake in another table takes nothing from it; one in its own, or none at all: not a word
    that may be wrong."""
    kept, path = tmp_path / "data", tmp_path / "kiosk.toml"
    for text, said in (
        (f'[taxi]\nelsewhere = "{ELSEWHERE}"\n[kiosk]\nlanguage = 7\n', [ELSEWHERE]),
        (f'[taxi]\nelsewhere = "{ELSEWHERE}"\nlamp = 7\n', []),
        ("[taxi]\n", []),
        ("[taxi\n", []),
    ):
        path.write_text(text, encoding="utf-8")
        found = basics(path, kept).instead
        assert [phrase.values["elsewhere"] for phrase in found] == said, text


def test_spoiled_phrases_are_a_trouble_too(bench: Workbench) -> None:
    """One wrong quotation mark in the words of the kiosk: the packaged words say so."""
    own = bench.folder / "config" / "phrases"
    own.mkdir()
    (own / "zh-CN.toml").write_text('[say]\na = “你好"\n', encoding="utf-8")
    bench.daemon.start(WITHIN)
    shows_trouble(bench, "zh-CN.toml")
    (own / "zh-CN.toml").unlink()
    own.rmdir()
    works(bench)


def test_a_data_folder_that_cannot_be_used_is_a_trouble(bench: Workbench) -> None:
    """A file where the folder should be: said with the place, and over when it is gone."""
    data = bench.folder / "data"
    data.write_text("")
    bench.daemon.start(WITHIN)
    shows_trouble(bench, str(data))
    is_heard(bench)
    data.unlink()
    works(bench)


def test_a_port_that_is_taken_is_heard(bench: Workbench) -> None:
    """Nobody can see anything: the voice says so, and help is there by key."""
    port = int(bench.page_url.rpartition(":")[2])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        bench.daemon.start(WITHIN)
        wait_for(lambda: [u for u in bench.loudspeaker.said() if u.has("屏幕现在不能用")], WITHIN)
        bench.contact("key_help", True)
        time.sleep(0.1)  # a finger
        bench.contact("key_help", False)
        wait_for(lambda: [u for u in bench.loudspeaker.said() if u.has(GUARD)], WITHIN)
    works_with_help(bench)


def works_with_help(bench: Workbench) -> None:
    """The port is free again, so the page is there, and still shows the help that was asked for."""
    wait_for(lambda: bench.page.snapshot and bench.page.snapshot.screen == "help", WITHIN)


def test_a_second_daemon_waits_and_takes_over(bench: Workbench) -> None:
    """It tells residents nothing, as the first one serves them; when that ends, it serves."""
    data = bench.folder / "data"
    data.mkdir()
    with (data / "lock").open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        bench.daemon.start(WITHIN)
        wait_for(lambda: "another kiosk runs here" in bench.daemon.tail(20), WITHIN)
        assert bench.page.snapshot is None
        assert not (data / "linli.db").exists()
    works(bench)
    assert bench.loudspeaker.said() == []


def test_a_kiosk_in_trouble_ends_when_told(bench: Workbench) -> None:
    """SIGTERM ends it at once and well."""
    spoil(bench, "kiosk.toml", 'language = "zh-CN"', 'language = "xx"')
    bench.daemon.start(WITHIN)
    process = bench.daemon._process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
