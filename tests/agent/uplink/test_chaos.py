"""Whatever the network does, and in whatever order: nothing lost, nothing twice, no gap."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from agent.effects import Lane
from agent.messages import Delivered
from agent.uplink import link
from hw_mocks.upstream import Mode, Upstream
from tests.agent.uplink.rig import Rig
from tests.waiting import wait_for

MODES: tuple[Mode, ...] = ("online", "offline", "error", "refuse", "drop_replies", "slow")


@pytest.mark.parametrize("seed", range(4))
def test_a_bad_day(
    rig: Rig, upstream: Upstream, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random failures, records and restarts; in the end upstream has everything once."""
    monkeypatch.setattr(link, "_FIRST_PAUSE", 0.01)
    dice = random.Random(seed)
    upstream.slow_s = 0.05
    upstream.refuse_kinds = frozenset({"x.bad"})
    expected: Counter[Lane] = Counter()
    rig.start(upstream.url, timeout_s=1.0)
    for _ in range(30):
        upstream.mode = dice.choice(MODES)
        for lane in dice.sample(list(Lane), 2):
            count = dice.randrange(1, 60)
            rig.record(dice.choice(["x.good", "x.good", "x.bad"]), lane, count=count)
            expected[lane] += count
        if dice.random() < 0.2:
            rig.stop()
            rig.start(upstream.url, timeout_s=1.0)
        if dice.random() < 0.3:
            upstream.mode = "online"
            wait_for(lambda: rig.waiting() == 0, timeout=20)
    upstream.mode = "online"
    wait_for(lambda: rig.waiting() == 0, timeout=20)
    assert upstream.gaps == []
    for lane, count in expected.items():
        events = [event for event in upstream.received if event.lane == lane]
        assert [event.sequence for event in events] == list(range(1, count + 1))
        last = [signal.sequence for signal in rig.of(Delivered) if signal.lane == lane]
        assert last == sorted(last)
        assert last[-1] == count
