"""A dialogue with the real services behind it and residents before it; time is in our hands."""

from __future__ import annotations

from agent.contract.signals import Key, Signal
from agent.dialogue.conversation import Conversation
from agent.dialogue.dialogue import Dialogue
from agent.dialogue.grammar import Grammar
from agent.dialogue.settings import SpeechSettings
from agent.dialogue.snapshot import Snapshot
from agent.dialogue.stage import Stage
from agent.effects import Drive, Lane, Pass, Record, Remind
from agent.messages import Action, Due, RecordDelivered, Started
from tests.agent.journal import Journey
from tests.kiosk_ui.samples import PHONES, WAYS, WORDS, service

SERVICES = ("fall", "help", "card", "taxi", "packs")


class Residents:
    """Presses keys and touches; an upstream that takes every record at once."""

    takes = True
    """Upstream is there; else nothing is delivered."""

    def __init__(self, microphone: str = "") -> None:
        self.now = 1000.0
        self.stage = Stage(WORDS, place="三村", language="zh-CN", home=WAYS, phones=PHONES)
        self.dialogue = Dialogue(
            self.stage,
            Conversation(WORDS, Grammar(WORDS), SpeechSettings(), "speaker"),
            idle_s=60.0,
            microphone=microphone,
        )
        self.services = {name: Journey(service(name)) for name in SERVICES}
        self.reminders: dict[tuple[str, str], float] = {}
        self.records: list[Record] = []
        self.shown: Snapshot
        self.pressed = 0
        self.give(Started(rebooted=False))

    @property
    def screen(self) -> str:
        return self.shown.screen

    @property
    def offered(self) -> list[str]:
        return [item.action for item in (*self.shown.items, *self.shown.bar)]

    def said(self) -> list[str]:
        """What has been asked to be spoken since the last call."""
        orders = [told.order for told in self.dialogue.orders()]
        return [order.text for order in orders if hasattr(order, "text")]

    def kinds(self, kind: str) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    def key(self, key: str, after: float = 1.0) -> None:
        """Press *key* so many seconds after what came before."""
        self.wait(after)
        self._do(Key(key=key, at=self.now, id=self._id()))  # type: ignore[arg-type]

    def touch(self, action: str, after: float = 1.0) -> None:
        self.wait(after)
        assert action in self.offered, (action, self.offered)
        self._do(Action(action=action, at=self.now, id=self._id()))

    def wait(self, seconds: float) -> None:
        """Let time pass; what comes due on the way is done at its moment."""
        end = self.now + seconds
        while True:
            times = [*self.reminders.values()]
            if (deadline := self.dialogue.next_deadline()) is not None:
                times.append(deadline)
            if min(times, default=end + 1) > end:
                break
            self.now = max(self.now, min(times))
            for key in [k for k, when in self.reminders.items() if when <= self.now]:
                if self.reminders.pop(key, None) is not None:  # not forgotten meanwhile
                    self.give(Due(service=key[0], name=key[1], at=self.now))
            self._follow(self.dialogue.tick(self.now), Due(service="", name="", at=self.now))
        self.now = end

    def give(self, *signals: Signal) -> None:
        """Hand signals to the services, and carry out what they ask for."""
        for signal in signals:
            for name, journey in self.services.items():
                if isinstance(signal, Action | Due) and signal.service != name:
                    continue
                if isinstance(signal, journey.service.listens):
                    self._perform(name, journey, signal)
        shown = self.dialogue.publish(self.now)
        if shown is not None:
            self.shown = shown

    def _do(self, signal: Signal) -> None:
        self._follow(self.dialogue.interpret(signal), signal)

    def _follow(self, meant: Signal | None, signal: Signal) -> None:
        while meant is not None:
            self.give(meant)
            meant = self.dialogue.follow(signal)
        self.give()

    def _perform(self, name: str, journey: Journey, signal: Signal) -> None:
        delivered: list[Record] = []
        passed: list[Signal] = []
        for effect in journey.send(signal):
            match effect:
                case Remind(name=reminder, after=None):
                    self.reminders.pop((name, reminder), None)
                case Remind(name=reminder, after=float(after)):
                    self.reminders[name, reminder] = self.now + after
                case Record():
                    self.records.append(effect)
                    if effect.lane is Lane.LIFE and self.takes:
                        delivered.append(effect)
                case Drive():
                    pass
                case Pass(fact=fact):
                    passed.append(fact)
                case _:
                    self.dialogue.perform(name, effect)
        for fact in passed:
            for other, listener in self.services.items():
                if isinstance(fact, listener.service.listens):
                    self._perform(other, listener, fact)
        for record in delivered:
            self.give(RecordDelivered(kind=record.kind, subject=record.subject, at=self.now))

    def _id(self) -> str:
        self.pressed += 1
        return f"press-{self.pressed}"
