"""What a slip says, in words."""

from __future__ import annotations

from collections.abc import Callable

from agent.contract.orders import Print
from agent.dialogue.views import Phrase
from agent.effects import Slip

_LINE, _LARGE, _CODE, _LINES = 200, 40, 400, 60


def written(slip: Slip, said: Callable[[str | Phrase], str]) -> Print:
    """The order to print *slip*, cut to what an order takes; *said* puts phrases into words."""
    code = said(slip.code)
    return Print(
        slip.job,
        said(slip.title)[:_LINE],
        slip.large[:_LARGE],
        tuple(text[:_LINE] for line in slip.lines if (text := said(line)))[:_LINES],
        # A code that is cut would lead elsewhere
        code if len(code) <= _CODE else "",
    )
