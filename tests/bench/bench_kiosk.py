"""How quick and how light the daemon is, from outside: the real process, real sockets.

    python -m tests.bench.bench_kiosk

Prints: key press to upstream's receipt and to the page's change (each over many presses),
CPU seconds until ready, CPU share and wake-ups when idle. Camera off; speech off where it is said.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hw_mocks.workbench import Workbench

_PRESSES = 60
_IDLE_S = 20.0
_CALM_S = 20.0
"""Seconds until phrases are rendered ahead and nothing is left to do."""
_UNHURRIED_S = 3.1
"""Between two presses: sooner, the kiosk takes so many of them for a child that plays."""
_TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print one line for each figure."""
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    with bench() as workbench:
        pid = workbench.daemon.pid
        assert pid is not None  # it has just said that it is ready
        start_cpu = cpu_seconds(pid)
        print(f"ready after {start_cpu:.2f} CPU s (no camera; target < 2.0)")
        to_page, to_upstream = presses(workbench)
        print(f"key press to the page's change: {spread(to_page)} (target p95 < 100 ms)")
        print(f"key press to upstream's receipt: {spread(to_upstream)} (target p95 < 150 ms)")
        time.sleep(_CALM_S)
        before, woke, began = cpu_seconds(pid), wake_ups(pid), time.monotonic()
        time.sleep(_IDLE_S)
        spent = time.monotonic() - began
        used, woken = (cpu_seconds(pid) - before) / spent, (wake_ups(pid) - woke) / spent
        print(f"idle: {used:.2%} of a core over {_IDLE_S:.0f} s (target <= 0.5 %)")
        print(f"idle: {woken:.0f} wake-ups a second, two bin sensors included (target <= 20)")
        print(f"memory: {resident_mb(pid):.0f} MB resident")


@contextmanager
def bench() -> Iterator[Workbench]:
    """A kiosk without camera, ready."""
    with tempfile.TemporaryDirectory(prefix="linli") as folder, Workbench(Path(folder)) as it:
        it.start()
        yield it


def presses(workbench: Workbench) -> tuple[list[float], list[float]]:
    """Seconds from the pin to the page, and from the pin to upstream, press by press."""
    reach(workbench, "taxi.confirm", "taxi.call", "taxi.to.driver")
    spent = [press(workbench) for _ in range(_PRESSES)]
    reach(workbench, "home", "home")
    return [page for page, _ in spent], [upstream for _, upstream in spent]


def press(workbench: Workbench) -> tuple[float, float]:
    """Order a taxi by the key; seconds to the page's change and to upstream's receipt.

    Begins and ends at the question whether to call a car: after one that came to nothing a
    resident asks again there, which is no second order beside the first.
    """
    before = requests(workbench)
    time.sleep(_UNHURRIED_S)
    began = time.monotonic()
    workbench.contact("key_enter", True)
    to_page = until(lambda: screen(workbench) != "taxi.confirm") - began
    to_upstream = until(lambda: requests(workbench) > before) - began
    workbench.contact("key_enter", False)
    workbench.upstream.send_command("taxi.no_car", {})
    until(lambda: screen(workbench) == "taxi.no_car")
    reach(workbench, "taxi.confirm", "taxi.again")
    return to_page, to_upstream


def requests(workbench: Workbench) -> int:
    """How many taxis upstream was asked for; other records (a bin's level) arrive in between."""
    return sum(event.kind == "taxi.requested" for event in workbench.upstream.received)


def reach(workbench: Workbench, goal: str, *actions: str) -> None:
    """Touch *actions*, each as soon as it is offered, until the screen is *goal*."""
    for action in actions:
        while action not in offered(workbench):
            time.sleep(0.0005)
        workbench.page.touch(action)
    until(lambda: screen(workbench) == goal)


def screen(workbench: Workbench) -> str:
    """Id of the screen shown."""
    snapshot = workbench.page.snapshot
    return snapshot.screen if snapshot else ""


def offered(workbench: Workbench) -> list[str]:
    """Actions that the screen offers."""
    snapshot = workbench.page.snapshot
    return [item.action for item in (*snapshot.items, *snapshot.bar)] if snapshot else []


def until(condition: Callable[[], bool], timeout: float = 10.0) -> float:
    """The moment at which *condition* came true, monotonic seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the kiosk did not get there")
        time.sleep(0.0005)
    return time.monotonic()


def spread(seconds: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return f"p50 {statistics.median(seconds) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its children, living and reaped."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(fields[index]) for index in (11, 12, 13, 14)) / _TICK
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_seconds(int(child)) for child in children)


def wake_ups(pid: int) -> int:
    """How often the threads of a process and of its children went to sleep, so were woken."""
    count = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text().split()
        count += int(status[status.index("voluntary_ctxt_switches:") + 1])
        count += sum(wake_ups(int(child)) for child in (task / "children").read_text().split())
    return count


def resident_mb(pid: int) -> float:
    """Resident memory of one process, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
