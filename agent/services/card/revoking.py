"""Cards that are not taken any more because somebody has lost them.

What is kept of one is a name that is made of its id, the issue that was lost, and its last day.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping

import msgspec

from agent.services.card.code import Card
from agent.services.card.messages import Revoked

MOST = 2000
"""Cards on the list; more are not taken until some have expired."""

_EPOCH = datetime.date(1970, 1, 1).toordinal()

Gone = Mapping[str, Revoked]
"""By name."""


class Full(ValueError):
    """There is no room for so many."""


def name_of(id: bytes) -> str:
    """What a card is called on the list; not what upstream follows it by."""
    return hashlib.sha256(b"linli revoked card 1\n" + id).hexdigest()[:32]


def is_revoked(card: Card, gone: Gone) -> bool:
    """This issue of the card, or a later one, was lost."""
    one = gone.get(name_of(card.id))
    return one is not None and card.serial <= one.serial


def added(gone: Gone, cards: Iterable[Revoked]) -> dict[str, Revoked]:
    """The list with *cards*: in whatever order they come, the latest issue counts.

    Raises:
        Full: there are more than `MOST` then.
    """
    together = dict(gone)
    for one in cards:
        before = together.get(one.card)
        if before is None or before.serial <= one.serial:
            together[one.card] = one
    if len(together) > MOST:
        raise Full(f"{len(together)} cards are on the list; it takes {MOST}")
    return together


def unexpired(gone: Gone, today: int) -> dict[str, Revoked]:
    """The list without cards that nobody takes any more anyhow; *today* in days since 1970."""
    day = _EPOCH + today  # no date: the clock may be wrong by millennia
    return {
        name: one
        for name, one in gone.items()
        if one.expires is None or day <= one.expires.toordinal()
    }


def written(one: Revoked) -> str:
    """As a line of ``[card] revoked``: ``name:serial`` and, if it is known, ``:last day``."""
    until = f":{one.expires.isoformat()}" if one.expires is not None else ""
    return f"{one.card}:{one.serial}{until}"


def read_line(text: str) -> Revoked:
    """The line that `written` writes.

    Raises:
        ValueError: it is none.
    """
    name, _, rest = text.partition(":")
    serial, _, until = rest.partition(":")
    number = int(serial) if re.fullmatch("[0-9]{1,3}", serial) else serial
    table = {"card": name, "serial": number}
    if until:
        table["expires"] = until
    try:
        return msgspec.convert(table, Revoked)
    except msgspec.ValidationError as error:
        raise ValueError(
            f"revoked: '{text}' is not 32 digits 0-9 a-f, a colon, a serial of 0 to 255 and, if "
            "known, a colon and the last day; write what linli card revoke prints"
        ) from error
