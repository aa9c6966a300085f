"""The whole chain by voice: real sound in, the real recogniser, real sound out.

The recogniser of a package index knows Korean, so the kiosk is spoken to in Korean, by espeak-ng,
and answers in English. This proves the chain and says nothing about Mandarin.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from hw_mocks import scenario_run
from hw_mocks.scenario import load
from hw_mocks.workbench import packaged
from kiosk_ui.phrases import FOLDER
from tests.drivers.hearing.conftest import KOREAN, model
from tests.drivers.hearing.sounds import korean, silence, write

FILES = sorted((Path(__file__).parent / "korean").glob("*.toml"))
HEAR = {
    "rescue": "도와줘",
    "yes": "네",
    "help": "도와줘",
    "taxi.call": "택시",
    "taxi.to": "{place}",
    "taxi.to.driver": "몰라요",
    "taxi.confirm": "네",
    "taxi.back": "아니요",
    "taxi.cancel": "취소",
    "fall.ok": "아니요",
    "fall.help": "네",
    "number": "{n}",
}
"""What residents may say, in place of the English words."""


def _phrases(folder: Path) -> None:
    """Catalogues whose residents speak Korean."""
    for file in FOLDER.glob("*/*.toml"):
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        heard = tables.get("hear", {})
        if file.parent.name == "en":
            tables["hear"] = {name: HEAR.get(name, "") for name in heard}
        (folder / file.parent.name).mkdir(parents=True, exist_ok=True)
        written = tomli_w.dumps(tables)
        (folder / file.parent.name / file.name).write_text(written, encoding="utf-8")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_by_voice_alone(file: Path, tmp_path: Path) -> None:
    """What is spoken is understood, asked again where it is costly, and done."""
    models = model(KOREAN).parent
    for word in {word for words in HEAR.values() for word in words.split("|") if "{" not in word}:
        write(tmp_path / f"{word}.wav", np.concatenate([silence(0.2), korean(word, tmp_path)]))
    bench = tmp_path / "bench"
    _phrases(bench / "config" / "phrases")
    scenario = load(Path(shutil.copy(file, tmp_path)), packaged(), None)
    said: list[str] = []
    assert scenario_run.play(scenario, bench, models, said.append), "\n".join(said)
    print("\n".join(said))
