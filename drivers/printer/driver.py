"""A slip printer that speaks ESC/POS."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.orders import Print
from agent.contract.signals import Printed
from drivers.bus import Port
from drivers.printer import escpos
from drivers.printer.escpos import Code, Question
from drivers.printer.line import Line, opened

log = logging.getLogger(__name__)

ANSWER_S, TRIES = 0.3, 5
"""How long an answer takes at the most, and how often a question is asked for two answers."""
LOOK_S = 30.0
"""How often an idle printer is asked how it is: that its paper has ended is known before somebody
needs it."""
PRINTS_S = 3.0
"""How long a slip takes once its bytes have come."""
STEP_S = 0.5
PIECE = 256
"""Bytes that are sent at a time; within a second also at 4800 baud."""
WAITING = 4
"""Slips that may wait; whoever asks for more prints for nobody."""


class SlipPrinterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A thermal printer on a serial port or on USB."""

    port: Port
    """Path of its serial port, or of its USB node such as /dev/usb/lp0."""
    baud: Literal[4800, 9600, 19200, 38400, 57600, 115200] = 9600
    """As the printer is set; its self-test says so. USB has none."""
    columns: Annotated[int, msgspec.Meta(ge=16, le=64)] = 32
    """Letters on one line: 32 on paper of 58 mm, 48 on 80 mm."""
    answers: bool = True
    """Whether it says how it is. Many USB nodes can only be written to: then false, and nobody
    learns that its paper has ended."""
    code: Code = "command"
    """How QR codes are sent: command; picture, where the printer prints letters in place of a
    code; or none."""
    cutter: bool = True
    """Whether it cuts; one without a cutter may print a V there."""


class SlipPrinter:
    """Prints one slip after the other; emits `Printed` where the printer says that all is well.

    No paper, an open cover and a printer that does not answer are troubles like a pulled plug.
    What was to be printed then is dropped: nobody waits for it any more when the paper is back.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Printed,)
    accepts: ClassVar[Accepts] = (Print,)
    settles: ClassVar[float] = ANSWER_S * TRIES * len(escpos.ORDER)
    """Seconds after which it would have been found that something is wrong."""

    def __init__(self, name: str, settings: SlipPrinterSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._ready = True  # until it is known that it is not
        self._waiting: deque[Print] = deque()
        self._told_low = False

    def command(self, order: Print) -> None:
        """Print it next; dropped where the printer cannot, or has too much to do."""
        with self._lock:
            if self._ready and len(self._waiting) < WAITING:
                self._waiting.append(order)
            else:
                self._lost()
        self._changed.set()

    def wake(self) -> None:
        """See `Wakeful`."""
        self._changed.set()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Own the printer until *stop* is set.

        Raises:
            DriverUnavailable: no port, no answer, no paper, an open cover, an error.
        """
        try:
            with opened(self._settings.port, self._settings.baud) as line:
                line.write(escpos.INIT)
                self._look(line, stop)
                with self._lock:
                    self._ready = True
                self._serve(line, emit, stop)
        finally:
            with self._lock:
                self._ready = False
                while self._waiting:
                    self._waiting.pop()
                    self._lost()

    def _serve(self, line: Line, emit: Emit, stop: threading.Event) -> None:
        while True:
            self._changed.clear()  # before the look at *stop*: no wake is lost
            if stop.is_set():
                return
            order = self._next()
            if order is not None:
                self._print(order, line, emit, stop)
            elif not self._clock.wait(self._changed, beat=LOOK_S):
                self._look(line, stop)

    def _lost(self) -> None:
        log.warning("order-lost driver=%s order=print", self.name)  # never what stands on it

    def _next(self) -> Print | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _print(self, order: Print, line: Line, emit: Emit, stop: threading.Event) -> None:
        settings = self._settings
        self._look(line, stop)
        data = escpos.slip(order, settings.columns, code=settings.code, cutter=settings.cutter)
        for start in range(0, len(data), PIECE):
            line.write(data[start : start + PIECE])
        # Its end may run out of paper: it is looked at until it must be done
        ends = self._clock.boot() + PRINTS_S + 10 * len(data) / settings.baud
        while self._clock.boot() < ends and not stop.is_set():
            self._clock.wait(stop, beat=STEP_S)
            self._look(line, stop)
        if settings.answers and not stop.is_set():
            emit(Printed(source=self.name, job=order.job))

    # -- how it is -------------------------------------------------------------------------

    def _look(self, line: Line, stop: threading.Event) -> None:
        """Raises DriverUnavailable: something is wrong, or nobody knows whether it is not."""
        if not self._settings.answers:
            return
        for question in escpos.ORDER:
            status = self._ask(line, question, stop)
            if stop.is_set():
                return
            if status is None:
                raise DriverUnavailable(
                    f"{self._settings.port}: the printer does not answer; check its power, its "
                    f"cable and baud {self._settings.baud} (answers = false for one that can only "
                    "be written to)"
                )
            if wrong := escpos.trouble(question, status):
                raise DriverUnavailable(f"{self._settings.port}: the printer {wrong}")
            if question == 4:
                self._note_low(escpos.nearly_out(status))

    def _ask(self, line: Line, question: Question, stop: threading.Event) -> int | None:
        """Its answer to *question*; None: it has none.

        Some printers answer the question before: so each is asked twice, and its second answer
        is the one that is about it either way.
        """
        answered = 0
        for _ in range(TRIES):
            line.flush()
            line.write(escpos.asking(question))
            status = self._answer(line)
            answered += status is not None
            if answered == 2 or stop.is_set():
                return status
        return None

    def _answer(self, line: Line) -> int | None:
        ends = self._clock.boot() + ANSWER_S
        while (left := ends - self._clock.boot()) > 0:
            data = line.take(left)
            told = [byte for byte in data if escpos.is_status(byte)]
            if told:
                return told[-1]
            if not data:
                return None
        return None

    def _note_low(self, low: bool) -> None:
        if low and not self._told_low:
            log.warning("paper low driver=%s", self.name)
        self._told_low = low
