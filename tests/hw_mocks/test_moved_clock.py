"""A clock that can be moved, alone and in the real daemon."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import pytest

from hw_mocks.moved_clock import Moved, MovedClock
from hw_mocks.workbench import Workbench
from tests.waiting import wait_for


def test_what_is_due_finds_the_clock_at_its_own_moment() -> None:
    """Two timers of another pace: each fires at its times, in order, and none is left out."""
    clock, fired, stop = MovedClock(Moved()), list[tuple[str, int]](), threading.Event()
    began = clock.boot()

    def tick(name: str, every: float) -> None:
        event = threading.Event()
        while not stop.is_set():
            clock.wait(event, due=every)
            fired.append((name, round(clock.boot() - began)))

    threads = [
        threading.Thread(target=tick, args=args, daemon=True) for args in (("a", 40), ("b", 90))
    ]
    for thread in threads:
        thread.start()
    clock.settle()
    clock.advance(210)
    assert sorted(fired) == [*(("a", at) for at in (40, 80, 120, 160, 200)), ("b", 90), ("b", 180)]
    assert [at for _, at in fired] == sorted(at for _, at in fired)
    stop.set()
    clock.advance(90)
    for thread in threads:
        thread.join(5)


def test_a_wait_ends_by_its_event() -> None:
    """Moved or not, an event that is set ends the wait at once."""
    clock, event = MovedClock(Moved()), threading.Event()
    threading.Timer(0.01, event.set).start()
    assert clock.wait(event, due=3600)
    event.clear()
    assert not clock.wait(event, due=0)


def test_a_device_that_is_alive_survives_a_move() -> None:
    """After an hour at once a device gets a moment; one that stays silent is given up."""
    clock = MovedClock(Moved())
    alive, dead = clock.silence(3.0), clock.silence(3.0)
    clock.set(Moved(boot=3600))
    assert not alive.over and not dead.over
    alive.heard()
    clock.moved_at -= 3.0
    assert dead.over and not alive.over


def test_a_leap_day_a_kill_and_a_wall_clock_years_off(tmp_path: Path) -> None:
    """What is recorded carries the moved date, over a kill too, and the trust that it was given;
    the clock that never steps goes on."""
    settings = {"drivers": {"bin_1": {"rate_hz": 10}, "bin_2": {"rate_hz": 10}}}
    with Workbench(tmp_path, settings=settings) as bench:
        bench.start()
        bench.set_network_time(False)
        bench.set_wall(datetime.fromisoformat("2028-02-28T23:00:00+00:00"))
        bench.advance(7200)
        bench.kill()
        bench.unplug("bin_1")
        later(bench, "2028-02-29T01:", trusted=False)
        bench.set_network_time(True)
        bench.plug("bin_1")
        later(bench, "2028-02-29T01:", trusted=True)


def later(bench: Workbench, time: str, trusted: bool) -> None:
    """Wait for a record of so late, whose time is so sure."""

    def came() -> bool:
        return any(
            event.time.startswith(time) and event.timetrusted is trusted
            for event in bench.upstream.received
        )

    wait_for(came, 20)


def test_moving_a_daemon_that_does_not_run(tmp_path: Path) -> None:
    """Nobody is there to obey."""
    with Workbench(tmp_path) as bench, pytest.raises(OSError, match="No such file"):
        bench.advance(1)
