"""`linli accept`: walk through every device with the technician, and leave a report.

Each device is driven by its own driver, as in the running kiosk; a device is well when it said
so itself (a key, a distance), or when the technician saw, heard or felt it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

from agent.configuration import Configuration
from agent.contract.driver import Site
from agent.contract.orders import Beep, Blink, Order, Print, Speak, Switch
from agent.contract.signals import Contact, Key, Measured, Presence, Scanned, Signal
from agent.core.child import ChildProcess
from agent.core.supervisor import Supervisor
from agent.messages import DeviceDown
from config.atomic import replacing
from config.build import Chosen
from drivers import load

log = logging.getLogger(__name__)

Ask = Callable[[str], str]
"""Puts a question to the technician and returns the answer."""
Result = Literal["well", "broken", "skipped"]

PATIENCE_S = 30.0
"""Seconds for the technician to press a key or hold a hand somewhere."""
_NEARER_MM = 100
"""A hand over a sensor makes the reading at least so much smaller."""

_KEYS = {"up": "上", "down": "下", "enter": "确认", "back": "返回", "help": "红色求助"}
_SAY = "您好，这是喇叭测试。"
_SLIP = "小票测试"


class Step(NamedTuple):
    """What came of one device."""

    device: str
    asked: str
    result: Result
    seen: str


class Acceptance:
    """One walk through the devices of a configuration."""

    def __init__(self, site: Site, ask: Ask, tell: Callable[[str], None]) -> None:
        self._site = site
        self._ask = ask
        self._tell = tell
        self._signals: list[Signal] = []
        self._came = threading.Condition()
        self._patience_s = PATIENCE_S

    def walk(self, drivers: dict[str, Chosen], only: str | None = None) -> Iterator[Step]:
        """Try each device in turn, or the one named *only*."""
        for name, chosen in drivers.items():
            if only in (None, name):
                yield self._try(name, chosen)

    def _try(self, name: str, chosen: Chosen) -> Step:
        driver = load(chosen.type)
        supervisor = Supervisor(self._note, self._site.clock)
        self._signals.clear()
        supervisor.start(
            ChildProcess(chosen.type, name, chosen.settings, self._site)
            if driver.isolated
            else driver(name, chosen.settings, self._site)
        )
        try:
            return self._judge(name, chosen, lambda order: supervisor.command(name, order))
        finally:
            supervisor.stop()

    def _judge(self, name: str, chosen: Chosen, command: Callable[[Order], None]) -> Step:
        driver = load(chosen.type)
        if Key in driver.emits:
            role = getattr(chosen.settings, "key", "")
            asked = f"请按一下“{_KEYS.get(role, role)}”键（{name}）"
            return self._await(name, asked, lambda s: isinstance(s, Key) and s.pressed)
        if Contact in driver.emits:
            return self._contact(name)
        if Measured in driver.emits:
            return self._distance(name)
        if Presence in driver.emits:
            asked = f"请有人走到 {name} 前面"
            return self._await(name, asked, lambda s: isinstance(s, Presence) and s.present)
        if Scanned in driver.emits:
            return self._await(name, f"请扫一个码（{name}）", lambda s: isinstance(s, Scanned))
        if Beep in driver.accepts:
            return self._act(name, command, Beep(times=3), None, f"听到 {name} 响三声了吗？")
        if Switch in driver.accepts:
            on: Order = Blink() if Blink in driver.accepts else Switch(on=True)
            return self._act(name, command, on, Switch(on=False), f"看到 {name} 亮（动）了吗？")
        if Print in driver.accepts:
            slip = Print(title=_SLIP, large="沪A·D1234", code=_SLIP)
            asked = f"{name} 打出小票了吗？大字是“沪A·D1234”，二维码能扫吗？"
            return self._act(name, command, slip, None, asked)
        if Speak in driver.accepts:
            return self._act(name, command, Speak(_SAY), None, f"听到 {name} 说“{_SAY}”了吗？")
        return self._person(name, f"{name} 正常吗？（摄像头：linli zones；麦克风：按住求助键说话）")

    # -- ways to judge ---------------------------------------------------------------------

    def _await(self, name: str, asked: str, wanted: Callable[[Signal], bool]) -> Step:
        self._tell(asked)
        found = self._wait(lambda: next(filter(wanted, self._signals), None))
        if found is not None:
            return Step(name, asked, "well", type(found).__name__)
        return Step(
            name, asked, "broken", self._trouble() or f"{self._patience_s:.0f} 秒内没有反应"
        )

    def _contact(self, name: str) -> Step:
        asked = f"请把 {name} 打开再关上"
        self._tell(asked)

        def both() -> bool | None:
            states = {s.closed for s in self._signals if isinstance(s, Contact)}
            return len(states) == 2 or None

        if self._wait(both):
            return Step(name, asked, "well", "开和关都看到了")
        return Step(name, asked, "broken", self._trouble() or "没有看到变化")

    def _distance(self, name: str) -> Step:
        self._wait(lambda: self._values() or None)
        values = self._values()
        if not values:
            return Step(name, f"{name} 的读数", "broken", self._trouble() or "没有读数")
        first = values[0]
        asked = f"{name} 现在读数 {first:g}。请把手放在传感器下面"
        self._tell(asked)
        nearer = self._wait(lambda: min(self._values()) < first - _NEARER_MM or None)
        if nearer:
            return Step(name, asked, "well", f"{first:g} → {min(self._values()):g}")
        return Step(name, asked, "broken", f"读数没有变小：{first:g}")

    def _values(self) -> list[float]:
        return [s.value for s in self._signals if isinstance(s, Measured) and s.value is not None]

    def _act(
        self,
        name: str,
        command: Callable[[Order], None],
        order: Order,
        afterwards: Order | None,
        asked: str,
    ) -> Step:
        command(order)
        step = self._person(name, asked)
        if afterwards is not None:
            command(afterwards)
        return step

    def _person(self, name: str, asked: str) -> Step:
        answer = self._ask(f"{asked} [y 是 / n 否 / s 跳过] ").strip().lower()
        results: dict[str, Result] = {"y": "well", "是": "well", "s": "skipped"}
        return Step(name, asked, results.get(answer[:1], "broken"), self._trouble())

    # -- signals ---------------------------------------------------------------------------

    def _note(self, signal: Signal) -> None:
        with self._came:
            self._signals.append(signal)
            self._came.notify_all()

    def _wait(self, look: Callable[[], object]) -> object:
        found: list[object] = [None]

        def holds() -> bool:
            found[0] = look() if self._signals else None
            return found[0] is not None

        with self._came:
            self._site.clock.wait_for(self._came, holds, beat=self._patience_s)
        return found[0]

    def _trouble(self) -> str:
        return next((s.reason for s in self._signals if isinstance(s, DeviceDown)), "")


def report(
    configuration: Configuration, steps: list[Step], technician: str, when: datetime, token: str
) -> tuple[str, str]:
    """The report as JSON and as text.

    It is signed over everything else in it with the kiosk's token (HMAC-SHA256), or without a
    token sealed by its SHA-256: then a later change is noticed, but not who made it.
    """
    kiosk: str = configuration.settings.kiosk.id if configuration.settings else ""
    content = {
        "kiosk": kiosk,
        "technician": technician,
        "time": when.astimezone().isoformat(timespec="seconds"),
        "version": version("linli"),
        "accepted": all(step.result == "well" for step in steps) and bool(steps),
        "steps": [step._asdict() for step in steps],
    }
    body = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    if token:
        content["signature"] = "hmac-sha256:" + hmac.new(token.encode(), body, "sha256").hexdigest()
    else:
        content["signature"] = "sha256:" + hashlib.sha256(body).hexdigest()
    words = {"well": "正常", "broken": "故障", "skipped": "跳过"}
    lines = [
        f"验收报告　终端 {kiosk}　{content['time']}　软件 {content['version']}",
        f"验收人：{technician}",
        "",
        *(f"{words[s.result]}　{s.device}　{s.asked}　{s.seen}".rstrip("　") for s in steps),
        "",
        "结论：" + ("验收通过" if content["accepted"] else "未通过，请处理故障和跳过的项"),
        f"签名：{content['signature']}",
    ]
    as_json = json.dumps(content, ensure_ascii=False, indent=1)
    return as_json + "\n", "\n".join(lines) + "\n"


def write_report(folder: Path, name: str, as_json: str, as_text: str) -> list[Path]:
    """Put both beside each other into *folder*.

    Raises:
        OSError: it cannot be written.
    """
    written = []
    for suffix, text in ((".json", as_json), (".txt", as_text)):
        path = folder / f"{name}{suffix}"
        with replacing(path) as file:
            file.write(text.encode())
        written.append(path)
    return written
