"""The people behind the stand-in upstream who answer what packs send: window, booking, help."""

from __future__ import annotations

import queue
import threading
from typing import Any, Literal, Self

from hw_mocks.ledger import Event
from hw_mocks.upstream import Upstream

Mood = Literal["helpful", "incomplete", "full", "silent"]
"""helpful: forms are accepted and done, slots confirmed, helpers come. incomplete: a form lacks
something. full: somebody else has every slot. silent: nobody answers."""


class Desk:
    """Answers forms, bookings, questions after a code and calls for help. A context manager."""

    def __init__(self, upstream: Upstream, mood: Mood = "helpful", delay: float = 2.0) -> None:
        """*delay*: seconds between a record and each word about it."""
        self.mood: Mood = mood
        self.tally: dict[str, dict[str, int]] = {}
        """Votes of all kiosks by ballot: totals are all that ever comes here."""
        self._upstream = upstream
        self._delay = delay
        self._codes: dict[str, str] = {}
        self._cards: dict[str, list[str]] = {}  # codes of what was sent with a card
        self._bookings: dict[str, dict[str, Any]] = {}  # by id, as they are found again
        self._heard: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        upstream.listen(self._heard.put)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._heard.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (event := self._heard.get()) is not None:
            for kind, data in self._answers(event.kind, event.data):
                if self._stop.wait(self._delay):
                    return
                self._upstream.send_command(kind, data)

    def _answers(self, kind: str, data: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        if kind == "poll.counted":  # nobody is told who voted, or when
            counts = self.tally.setdefault(data["ballot"], {})
            for choice, votes in data["votes"].items():
                counts[choice] = counts.get(choice, 0) + votes
            return []
        if self.mood == "silent":
            return []
        match kind:
            case "form.sent":
                self._codes[data["code"]] = data["item"]
                if card := data.get("card"):
                    self._cards.setdefault(card, []).append(data["code"])
                form = {"form": data["form"]}
                if self.mood == "incomplete":
                    return [("form.incomplete", {**form, "note": "还缺户口簿，请带来窗口。"})]
                return [("form.accepted", form), ("form.done", {**form, "note": "已经办好。"})]
            case "form.followed":
                for booking in self._bookings.values():
                    if booking["code"] == data["code"]:
                        return [("booking.found", {**booking, "card": ""})]
                stage = "accepted" if data["code"] in self._codes else "refused"
                note = "" if stage == "accepted" else "没有这个码。"
                return [("form.found", {"code": data["code"], "stage": stage, "note": note})]
            case "card.followed":
                card = data["card"]
                return [
                    ("form.found", {"code": code, "stage": "accepted", "card": card})
                    for code in self._cards.get(card, [])
                ] + [
                    ("booking.found", booking)
                    for booking in self._bookings.values()
                    if booking["card"] == card
                ]
            case "booking.requested":
                booking = {"booking": data["booking"]}
                full = self.mood == "full"
                self._bookings[data["booking"]] = {
                    **{name: data[name] for name in ("booking", "code", "pack", "item", "start")},
                    "what": data["location"],
                    "stage": "refused" if full else "accepted",
                    "card": data.get("card", ""),
                }
                if full:
                    return [("booking.refused", {**booking, "note": "别人先约了。"})]
                return [("booking.confirmed", booking)]
            case "booking.cancelled":
                self._bookings.pop(data["booking"], None)
            case "help.requested":
                return [("help.accepted", {"help": data["help"], "helper": "值班员小陈"})]
        return []
