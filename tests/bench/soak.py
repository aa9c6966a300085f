"""The kiosk for hours, with trouble: presses, a network that comes and goes, plugs, kill −9.

    python -m tests.bench.soak [--minutes 60] [--seed 1]

At the end everything is plugged in and online again, and then: upstream must have every record,
each once and in order; the screen must answer a key; memory must not have grown without end.
Exit status 1 when one of these does not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent.core.store.outbox import Outbox
from hw_mocks.workbench import Workbench
from tests.bench.bench_kiosk import offered, resident_mb

_KEYS = ("key_up", "key_down", "key_enter", "key_back", "key_help")
_MODES = ("online", "online", "offline", "slow", "error", "drop_replies")
_WORDS = ("taxi.accepted", "taxi.arrived", "taxi.on_board", "taxi.no_car", "taxi.cancelled")
_CAR = {"plate": "沪A·D1234", "minutes": 4}
_PAUSE_S = 0.4
_SETTLE_S = 90.0


def main() -> int:
    """Run, then judge; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="linli") as folder, Workbench(Path(folder)) as bench:
        bench.start()
        begun = memory(bench)
        counts = trouble(bench, chance, arguments.minutes * 60)
        print("did:", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
        return judge(bench, Path(folder) / "data" / "linli.db", begun)


def trouble(bench: Workbench, chance: random.Random, seconds: float) -> dict[str, int]:
    """Do what happens at a gate for so many seconds; how often each thing was done."""
    deeds: dict[str, tuple[int, Callable[[], object]]] = {
        "press": (60, lambda: press(bench, chance.choice(_KEYS))),
        "touch": (30, lambda: bench.page.touch(chance.choice(offered(bench) or ["home"]))),
        "bin": (20, lambda: bench.measure(f"bin_{chance.randint(1, 2)}", level(chance))),
        "command": (20, lambda: bench.upstream.send_command(chance.choice(_WORDS), dict(_CAR))),
        "network": (8, lambda: setattr(bench.upstream, "mode", chance.choice(_MODES))),
        "unplug": (4, lambda: bench.unplug("bin_1")),
        "plug": (4, lambda: bench.plug("bin_1")),
        "kill": (1, bench.kill),
        "restart": (1, bench.restart),
    }
    counts = dict.fromkeys(deeds, 0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        [deed] = chance.choices(list(deeds), [weight for weight, _ in deeds.values()])
        deeds[deed][1]()
        counts[deed] += 1
        time.sleep(chance.uniform(0, 2 * _PAUSE_S))
    return counts


def press(bench: Workbench, key: str) -> None:
    """A short press, as by a finger."""
    bench.contact(key, True)
    time.sleep(0.1)
    bench.contact(key, False)


def level(chance: random.Random) -> int | None:
    """Some distance, or no echo."""
    return chance.choice([None, 300, 500, 900, 1400, 1800])


def judge(bench: Workbench, store: Path, begun: float) -> int:
    """Whether all that was recorded has arrived, and the kiosk still serves."""
    bench.upstream.mode = "online"
    bench.plug("bin_1")
    outbox = Outbox(store)
    deadline = time.monotonic() + _SETTLE_S
    while any(depth.waiting for depth in outbox.depths()) and time.monotonic() < deadline:
        time.sleep(0.5)
    faults = [f"lane {d.lane}: {d.waiting} still wait" for d in outbox.depths() if d.waiting]
    outbox.close()
    seen: dict[tuple[str, int], int] = {}
    for event in bench.upstream.received:
        stream = (event.epoch, event.lane)
        if event.sequence != seen.get(stream, 0) + 1:
            faults.append(f"lane {event.lane}: {event.sequence} came after {seen.get(stream, 0)}")
        seen[stream] = (
            event.data.get("last", event.sequence) if event.kind == "tombstone" else event.sequence
        )
    before = bench.page.snapshot
    press(bench, "key_down")
    time.sleep(2)
    if bench.page.snapshot == before:
        faults.append("the screen does not answer a key")
    ended = memory(bench)
    print(
        f"upstream has {len(bench.upstream.received)} records; memory {begun:.0f} → {ended:.0f} MB"
    )
    if ended > begun + 40:
        faults.append("memory has grown")
    print("\n".join(faults) or "all is well")
    return 1 if faults else 0


def memory(bench: Workbench) -> float:
    """Resident memory of the daemon, in MB."""
    pid = bench.daemon.pid
    assert pid is not None  # it runs
    return resident_mb(pid)


if __name__ == "__main__":
    sys.exit(main())
