"""A hundred packs of two hundred items: what they cost a start, memory and a search.

python -m tests.bench.bench_packs
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKS, ITEMS = 100, 195
WORDS = "敬老养护医疗保险居住证明补贴申请登记预约查询电梯加装法律援助垃圾清运运动场地图书"


def make(folder: Path) -> None:
    """Packs with titles that differ."""
    for number in range(PACKS):
        own = folder / f"pack-{number}"
        own.mkdir(parents=True)
        (own / "pack.toml").write_text(
            f'id = "pack-{number}"\nversion = 1\ntitle = "{_title(number)}"\n'
            'group = "办事"\nresponsible = "居委会"\n',
            encoding="utf-8",
        )
        for item in range(ITEMS):
            (own / f"item-{item}.toml").write_text(
                f'type = "article"\ntitle = "{_title(number * ITEMS + item)}{item}"\n'
                'source = "made up"\ninvented = true\nparagraphs = ["一句话。", "又一句话。"]\n',
                encoding="utf-8",
            )


def _title(n: int) -> str:
    return "".join(WORDS[(n * k + n // k) % len(WORDS)] for k in (1, 3, 7, 11))


def measure(folder: str, cache: str) -> None:
    """One start, in this process: prints CPU seconds, kilobytes, and a search."""
    from agent.packs.packaged import packs_in
    from agent.services.packs.finding import matching
    from agent.services.packs.service import Packs

    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.process_time()
    packs = packs_in(Path(folder), Path(cache))
    service = Packs(packs, "bench", "")
    loaded = time.process_time() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before.ru_maxrss
    found = service.found("zh-CN")
    began = time.process_time()
    hits = len(matching(found, "24"))
    searched = time.process_time() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before.ru_maxrss
    print(
        f"{len(packs)} packs, {len(found)} things: {loaded:.2f} CPU s, {after / 1024:.0f} MB, "
        f"{grown / 1024:.0f} MB after a search of {1000 * searched:.0f} ms ({hits} hits)"
    )


def main() -> None:
    """First with an empty cache, then as every later start."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, cache = Path(temporary) / "packs", Path(temporary) / "cache"
        make(folder)
        for start in ("first start", "later start"):
            print(start, end=": ", flush=True)
            command = [sys.executable, "-m", "tests.bench.bench_packs", str(folder), str(cache)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(*sys.argv[1:])
    else:
        main()
