"""A resident's card: from now on the kiosk speaks, looks and sorts as its holder has chosen.

Nothing of a card is recorded, stored or sent. It is in force until its holder says so, shows
another one, or has gone; a restart forgets it. What it changes can be chosen without one too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

import msgspec

from agent.contract.signals import Scanned, Signal, Unreadable
from agent.dialogue.views import Chip, Phrase, Row, Status, joined
from agent.effects import Adapt, Choice, Effect, Hide, Pass, Recede, Show
from agent.messages import Action, LanguageChanged, ResidentKnown, VisitOver
from agent.services.card.code import Card, Reason, Refused, read
from agent.services.card.settings import CardSettings

_DAY_S = 86_400
_EAST_S = 8 * 3600
"""By which Shanghai's days begin earlier than those of UTC."""
_GO_ON = Choice("card.go-on", icon="check", look="primary")
_FORGET = Choice("card.forget", icon="cross")
_ICONS = {"language": "globe", "size": "letter", "contrast": "contrast", "speech": "sound"}


class CardState(msgspec.Struct, frozen=True):
    """Whose wishes are in force."""

    card: Card | None = None
    refused: Reason | Literal[""] = ""
    """Why the code that was scanned last was not taken, while that is on the screen."""


class Cards:
    """Reads cards, and tells the other parts what their holders need."""

    name: ClassVar[str] = "card"
    vital: ClassVar[bool] = True
    listens: ClassVar[tuple[type[Signal], ...]] = (Scanned, Unreadable, Action, VisitOver)

    def __init__(self, settings: CardSettings, languages: Sequence[str]) -> None:
        """Take the cards of one district.

        Args:
            settings: with its keys.
            languages: that this kiosk speaks, the one of a new resident first.
        """
        self._keys = settings.public_keys()
        self._languages = tuple(languages)

    def initial(self) -> CardState:
        """Nobody is known."""
        return CardState()

    def durable(self, state: CardState) -> CardState:
        """Nothing of a card reaches the disk."""
        return self.initial()

    def step(self, state: CardState, signal: Signal) -> tuple[CardState, list[Effect]]:
        """Answer one signal."""
        match signal:
            case Scanned():
                return self._scanned(state, signal)
            case Unreadable(why=why):  # no card is too long for a scanner
                return self._refused(state, "other" if why == "too_long" else "unreadable")
            case Action(action="card.forget") if state.card is not None:
                return CardState(), [*self._adapted(None), Pass(VisitOver()), Hide()]
            case Action() if state.card is None:
                return CardState(), [Hide()]
            case Action():  # on, home, back: it stays in force, and can be called up at home
                state = CardState(state.card)
                return state, [self._show(state, state.card), Recede()]
            case VisitOver() if state.card is not None or state.refused:
                return CardState(), [Hide()]
        return state, []

    def _scanned(self, state: CardState, scanned: Scanned) -> tuple[CardState, list[Effect]]:
        today = None
        if scanned.wall is not None:
            today = int((scanned.wall + _EAST_S) // _DAY_S)
        try:
            card = read(scanned.text, self._keys, today)
        except Refused as refused:
            return self._refused(state, refused.reason)
        state = CardState(card)
        return state, [*self._adapted(card), self._show(state, card)]

    def _refused(self, state: CardState, reason: Reason) -> tuple[CardState, list[Effect]]:
        """Say why it is not taken; who has shown a card before keeps what it brought."""
        state = CardState(state.card, reason)
        return state, [self._show(state, state.card)]

    def _adapted(self, card: Card | None) -> list[Effect]:
        """What the page, the voice and the other services do differently for *card*."""
        if card is None:
            return [Adapt(), Pass(LanguageChanged(language=self._languages[0]))]
        language = self._language(card)
        adapt = Adapt(
            on=True,
            language=language,
            text_size=card.text_size,
            contrast=card.contrast,
            guided=card.speech == "guided",
            silent=card.speech == "silent",
            pace=card.pace,
        )
        known = ResidentKnown(needs=card.needs, silent=card.speech == "silent", mark=_mark(card.id))
        return [adapt, Pass(LanguageChanged(language=language)), Pass(known)]

    def _language(self, card: Card) -> str:
        return card.language if card.language in self._languages else self._languages[0]

    def _show(self, state: CardState, card: Card | None) -> Show:
        chip = Chip(Phrase("label.chip.card"), "person") if card is not None else None
        if state.refused:
            return Show(
                f"card.refused.{state.refused}",
                choices=(_GO_ON,),
                idle_out=True,
                view=Status("cross"),
                chip=chip,
            )
        assert card is not None
        chosen = {
            "language": card.language if card.language in self._languages else "",
            "size": str(card.text_size or ""),
            "contrast": "on" if card.contrast else "",
            "speech": "" if card.speech == "usual" else card.speech,
            "pace": ("faster" if card.pace > 0 else "slower") if card.pace else "",
        }
        # What somebody lacks stands on the screen, but is not said aloud to bystanders.
        said = {**chosen, "sorts": "yes" if card.needs else ""}
        return Show(
            "card.known",
            {name: value for name, value in said.items() if value},
            (_GO_ON, _FORGET),
            idle_out=True,
            view=Status("person", rows=tuple(_rows(chosen, card.needs))),
            chip=chip,
        )


def _rows(chosen: Mapping[str, str], needs: Sequence[str]) -> Iterator[Row]:
    """What was chosen on the card."""
    for name, value in chosen.items():
        if value:
            words = Phrase(f"label.card.{name}.{value}")
            yield Row(Phrase(f"label.card.{name}"), words, _ICONS.get(name, "check"))
    if needs:
        named = joined((Phrase(f"label.need.{need}") for need in needs), "list")
        yield Row(Phrase("label.card.needs"), named, "check")


def _mark(id: bytes) -> str:
    """By which upstream knows what was sent with a card, and nobody knows the card."""
    return hashlib.sha256(b"linli followed by card 1\n" + id).hexdigest()[:32]
