"""How quickly and how cheaply the kiosk speaks.

    python -m tests.bench.bench_speech

The player is `hw_mocks.player`, whose own start-up is within every figure.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from agent.contract.driver import Site
from agent.contract.orders import Order, Prepare, Speak, StopSpeaking
from drivers.speaker import Speaker, SpeakerSettings
from hw_mocks import player
from tests.waiting import wait_for

FIXED = "正在叫车，请稍候。"
NEW = [
    f"{who}大约{number}到门口{at}边"
    for who in ("王师傅", "李师傅", "单师傅")
    for number, at in (("三分", "左"), ("五分", "右"), ("七分", "东"), ("九分", "西"))
]
"""Ten syllables each."""


class Bench:
    """A speaker on a thread, and the log of its player."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "said.jsonl"
        command = (sys.executable, "-I", "-S", player.__file__, "--log", str(self._log))
        settings = SpeakerSettings(player=command)
        self._speaker = Speaker("speaker", settings, Site(folder, folder / "cache"))
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._speaker.run, args=(lambda signal: None, self._stop), daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def tell(self, order: Order) -> float:
        """Give the order; the boot-time clock before it."""
        at = time.clock_gettime(time.CLOCK_BOOTTIME)
        self._speaker.command(order)
        return at

    def until(self, event: str, text: str, after: float) -> float:
        """Boot-time clock of the player's *event*."""

        def at() -> float:
            lines = self._log.read_text().splitlines() if self._log.exists() else []
            events = (json.loads(line) for line in reversed(lines))
            return next((e["at"] for e in events if (e["event"], e["text"]) == (event, text)), 0.0)

        return wait_for(lambda: at() >= after and at(), 30.0)

    def first_sound(self, text: str) -> float:
        """Seconds from the command to the player's first sample."""
        asked = self.tell(Speak(text, urgency=1))
        return self.until("began", text, asked) - asked

    def silence(self, text: str) -> float:
        """Seconds from the command until the player was silent."""
        asked = self.tell(StopSpeaking())
        return self.until("stopped", text, asked) - asked


def milliseconds(samples: list[float]) -> str:
    return f"median {statistics.median(samples) * 1e3:.0f} ms, worst {max(samples) * 1e3:.0f} ms"


def busy(work: Callable[[], object]) -> float:
    """CPU seconds of this process for *work*, the players not counted."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        opening = busy(bench.start)
        bench.tell(Prepare((FIXED,)))
        opening += busy(lambda: wait_for(lambda: any(Path(name).rglob("*.wav")), 20))
        cached, new, stop = [], [], []
        for text in NEW:
            cached.append(bench.first_sound(FIXED))
            stop.append(bench.silence(FIXED))
            new.append(bench.first_sound(text))
            stop.append(bench.silence(text))
        bench.close()
    print(f"voices and player ready, first phrase prepared: {opening:.2f} CPU s")
    print(f"first sound, cached phrase: {milliseconds(cached)} (at most 100)")
    print(f"first sound, new phrase of ten syllables: {milliseconds(new)} (at most 300)")
    print(f"silence after stop: {milliseconds(stop)} (at most 100)")
    from drivers.voice.syllables import SyllableVoice

    seconds = 0.0

    def render() -> None:
        nonlocal seconds
        voice = SyllableVoice()
        seconds = sum(voice.render(text, "zh-CN").seconds for text in NEW)

    cpu = busy(render)
    print(f"rendering: {cpu / seconds:.3f} CPU s per second of speech (at most 0.05)")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory of the process: {memory:.0f} MiB")


if __name__ == "__main__":
    main()
