"""``linli pack try``: the pack is on a bench's page; a wrong one is said before anything starts."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from agent.packs import cli
from agent.packs.packaged import FOLDER
from hw_mocks.page_client import PageClient
from hw_mocks.workbench import free_port
from tests.waiting import wait_for

PACK = FOLDER / "coffee"


def test_a_wrong_pack_is_not_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is wrong, with file and remedy, as `linli pack lint` says it."""
    folder = tmp_path / "coffee"
    shutil.copytree(PACK, folder)
    (folder / "card.toml").write_text('type = "lnk"\ntitle = "<b>"\n', encoding="utf-8")
    assert cli.main(["try", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "card.toml" in said and "link" in said
    assert cli.main(["try", str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_without_a_bench_it_says_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kiosk has the command, and no simulated hardware."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert cli.main(["try", str(PACK)]) == 2
    assert "no bench here" in capsys.readouterr().err


@pytest.mark.timeout(120)
def test_the_pack_is_on_the_page(tmp_path: Path) -> None:
    """A new pack of one article is found among the services; ending the command ends it all."""
    if not Path(sys.executable).with_name("linli-sim").exists():
        pytest.skip("not installed from a checkout: no linli-sim")
    folder = tmp_path / "try-me"
    folder.mkdir()
    (folder / "pack.toml").write_text(
        'id = "try-me"\nversion = 1\ntitle = "试一试"\ngroup = "邻里"\n'
        'responsible = "居委会"\nsource = "居委会"\n',
        encoding="utf-8",
    )
    (folder / "hello.toml").write_text(
        'type = "article"\ntitle = "您好邻居"\nparagraphs = ["欢迎来看。"]\n', encoding="utf-8"
    )
    port = free_port()
    with (tmp_path / "said").open("wb") as said:
        bench = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "pack", "try", str(folder), "--port", str(port)],
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: b"kiosk page" in (tmp_path / "said").read_bytes(), 60)
        with PageClient(f"http://127.0.0.1:{port}") as page:
            wait_for(lambda: page.snapshot)
            page.touch("home")  # a bench keeps what was open before
            wait_for(lambda: page.touch("packs.services"))
            wait_for(lambda: "packs.more" in _offered(page))
            while "packs.open.try-me" not in (before := _offered(page)):
                wait_for(lambda: page.touch("packs.more"))
                wait_for(partial(_changed, page, before))
            wait_for(lambda: page.touch("packs.open.try-me"))
            wait_for(lambda: "您好邻居" in str(page.snapshot and page.snapshot.title))
    finally:
        bench.send_signal(signal.SIGTERM)
        assert bench.wait(30) == 143
    assert "试一试" in (tmp_path / "said").read_text(encoding="utf-8")


def _offered(page: PageClient) -> list[str]:
    return [item.action for item in page.snapshot.items] if page.snapshot else []


def _changed(page: PageClient, before: list[str]) -> bool:
    return _offered(page) not in ([], before)
