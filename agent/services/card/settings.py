"""The table [card] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.services.card.messages import Revoked
from agent.services.card.revoking import MOST, read_line
from agent.settings import Table
from agent.signing import BadSignature, PublicKey, public_key


class CardSettings(Table, frozen=True):
    """Residents' cards: a code that lets the kiosk speak and look as its holder needs it."""

    keys: Annotated[tuple[str, ...], Meta(max_length=4)] = ()
    """The district's public keys, as `linli card key` prints them; none: no card is taken."""
    revoked: Annotated[tuple[str, ...], Meta(max_length=MOST)] = ()
    """Cards that were lost, as `linli card revoke` prints them; those that upstream names are
    added to them."""

    def __post_init__(self) -> None:
        self.lost()
        try:
            self.public_keys()
        except BadSignature as error:
            raise ValueError(f"keys: {error}") from error

    def lost(self) -> tuple[Revoked, ...]:
        """The lost cards, read.

        Raises:
            ValueError: one is not written as it should be.
        """
        return tuple(read_line(line) for line in self.revoked)

    def public_keys(self) -> tuple[PublicKey, ...]:
        """The keys, read."""
        return tuple(public_key(line) for line in self.keys)
