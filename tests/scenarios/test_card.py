"""A card before a real kiosk: what reaches its disk."""

from __future__ import annotations

import base64
import tomllib
from pathlib import Path

from hw_mocks import scenario_run
from hw_mocks.cli import MODELS
from hw_mocks.scenario import load
from hw_mocks.workbench import packaged

FILE = Path(__file__).with_name("resident_card.toml")


def test_no_byte_of_a_card_is_on_the_disk(tmp_path: Path) -> None:
    """Neither its code, nor its id, nor what its holder needs: in store, log, cache and letters."""
    said: list[str] = []
    assert scenario_run.play(load(FILE, packaged(), None), tmp_path, MODELS, said.append), said
    steps = tomllib.loads(FILE.read_text(encoding="utf-8"))["step"]
    codes = [step["set"]["to"]["code"] for step in steps if "set" in step]
    cards = [code for code in codes if code.startswith("LLK1.")]
    secrets = [b"bax01234", *(code[5:45].encode() for code in cards)]
    for code in cards:
        raw = base64.urlsafe_b64decode(code[5:] + "=" * (-len(code[5:]) % 4))
        secrets += [raw[:72][-64:], raw[74:90], raw[74:90].hex().encode()]
    read = 0
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            read += len(content)
            assert not [secret for secret in secrets if secret in content], path
    log = (tmp_path / "daemon.log").read_bytes()
    assert read and not [secret for secret in secrets if secret in log]
    assert "视力".encode() not in log
