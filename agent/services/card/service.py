"""A resident's card: from now on the kiosk speaks, looks and sorts as its holder has chosen.

Nothing of a card is recorded, stored or sent. It is in force until its holder says so, shows
another one, or has gone; a restart forgets it. What it changes can be chosen without one too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from agent.contract.clock import EAST_S
from agent.contract.signals import Scanned, Signal, Unreadable
from agent.dialogue.views import Chip, Phrase, Row, Status, joined
from agent.effects import Adapt, Choice, Effect, Hide, Pass, Recede, Show, rejected
from agent.messages import Action, Command, LanguageChanged, ResidentKnown, VisitOver
from agent.services.card.code import Card, Reason, Refused, read
from agent.services.card.messages import CardsRevoked, Revoked
from agent.services.card.revoking import Full, added, is_revoked, unexpired
from agent.services.card.settings import CardSettings

_DAY_S = 86_400
_GO_ON = Choice("card.go-on", icon="check", look="primary")
_FORGET = Choice("card.forget", icon="cross")
_ICONS = {"language": "globe", "size": "letter", "contrast": "contrast", "speech": "sound"}


class CardState(msgspec.Struct, frozen=True):
    """Whose wishes are in force."""

    card: Card | None = None
    refused: Reason | Literal[""] = ""
    """Why the code that was scanned last was not taken, while that is on the screen."""
    revoked: dict[str, Revoked] = {}
    """Lost cards that upstream has named; kept without the uplink, and beyond a restart."""


class Cards:
    """Reads cards, and tells the other parts what their holders need."""

    name: ClassVar[str] = "card"
    vital: ClassVar[bool] = True
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Scanned,
        Unreadable,
        Action,
        Command,
        VisitOver,
    )

    def __init__(self, settings: CardSettings, languages: Sequence[str]) -> None:
        """Take the cards of one district.

        Args:
            settings: with its keys.
            languages: that this kiosk speaks, the one of a new resident first.
        """
        self._keys = settings.public_keys()
        self._lost = added({}, settings.lost())
        self._languages = tuple(languages)

    def initial(self) -> CardState:
        """Nobody is known."""
        return CardState()

    def durable(self, state: CardState) -> CardState:
        """Nothing of a card reaches the disk, but for the names of those that were lost."""
        return CardState(revoked=state.revoked)

    def step(self, state: CardState, signal: Signal) -> tuple[CardState, list[Effect]]:
        """Answer one signal."""
        match signal:
            case Scanned():
                return self._scanned(state, signal)
            case Unreadable(why=why):  # no card is too long for a scanner
                return self._refused(state, "other" if why == "too_long" else "unreadable")
            case Action(action="card.forget") if state.card is not None:
                return self._forgotten(state)
            case Action() if state.card is None:
                return self.durable(state), [Hide()]
            case Action():  # on, home, back: it stays in force, and can be called up at home
                state = replace(state, refused="")
                return state, [self._show(state, state.card), Recede()]
            case Command(data=CardsRevoked(cards=cards)):
                return self._revoke(state, signal, cards)
            case VisitOver() if state.card is not None or state.refused:
                return self.durable(state), [Hide()]
        return state, []

    def _forgotten(self, state: CardState) -> tuple[CardState, list[Effect]]:
        return self.durable(state), [*self._adapted(None), Pass(VisitOver()), Hide()]

    def _revoke(
        self, state: CardState, command: Command, cards: Sequence[Revoked]
    ) -> tuple[CardState, list[Effect]]:
        """What is in force by one of them is so no longer."""
        try:
            state = replace(state, revoked=added(state.revoked, cards))
        except Full as full:
            return state, [rejected(command.command_id, command.kind, "data.cards", str(full))]
        if state.card is not None and self._is_lost(state, state.card):
            return self._forgotten(state)
        return state, []

    def _is_lost(self, state: CardState, card: Card) -> bool:
        return is_revoked(card, self._lost) or is_revoked(card, state.revoked)

    def _scanned(self, state: CardState, scanned: Scanned) -> tuple[CardState, list[Effect]]:
        today = None
        if scanned.wall is not None:
            today = int((scanned.wall + EAST_S) // _DAY_S)
            state = replace(state, revoked=unexpired(state.revoked, today))
        try:
            card = read(scanned.text, self._keys, today)
        except Refused as refused:
            return self._refused(state, refused.reason)
        if self._is_lost(state, card):
            return self._refused(state, "revoked")
        state = replace(state, card=card, refused="")
        return state, [*self._adapted(card), self._show(state, card)]

    def _refused(self, state: CardState, reason: Reason) -> tuple[CardState, list[Effect]]:
        """Say why it is not taken; who has shown a card before keeps what it brought."""
        state = replace(state, refused=reason)
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
