"""``linli card``: a key, a card, a look at it."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from agent.cli import main


def issue(key: Path, *more: str) -> int:
    """A card for a year or so."""
    return main(["card", "issue", "--key", str(key), "--until", "2100-01-01", *more])


def test_a_card_is_made_and_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was chosen is on it; the secret key is for its owner only; each id is another."""
    key, picture = tmp_path / "key.pem", tmp_path / "card.svg"
    assert main(["card", "key", str(key)]) == 0
    public = capsys.readouterr().out.strip()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert main(["card", "key", str(key)]) == 2, "a key is never overwritten"
    capsys.readouterr()
    wishes = ["--text-size", "2", "--speech", "guided", "--pace", "-1", "--need", "视力"]
    assert issue(key, *wishes, "--svg", str(picture)) == 0
    code = capsys.readouterr().out.strip()
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    assert main(["card", "verify", "--key", public, code]) == 0
    shown = capsys.readouterr().out
    assert "text_size = 2" in shown and "视力" in shown and "expires = 2100-01-01" in shown
    issue(key)
    other = capsys.readouterr().out.strip()
    main(["card", "verify", "--key", public, other])
    ids = re.findall("id = ([0-9a-f]{32})", shown + capsys.readouterr().out)
    assert len(set(ids)) == 2


def test_what_is_wrong_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed card, another's key, a language that is none, a file that is no key."""
    key = tmp_path / "key.pem"
    main(["card", "key", str(key)])
    public = capsys.readouterr().out.strip()
    issue(key)
    code = capsys.readouterr().out.strip()
    assert main(["card", "verify", "--key", public, code[:60] + "AAAA" + code[64:]]) == 1
    assert "changed" in capsys.readouterr().err
    assert main(["card", "verify", "--key", "x", code]) == 2
    assert "--key" in capsys.readouterr().err
    for wrong in (["--language", "中文"], ["--until", "2200-01-01"], ["--need", "富"]):
        with pytest.raises(SystemExit):
            issue(key, *wrong)
        assert wrong[0] in capsys.readouterr().err
    key.write_text("nonsense", encoding="utf-8")
    assert issue(key) == 2
    assert capsys.readouterr().err
