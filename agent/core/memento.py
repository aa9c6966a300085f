"""How something was before a batch, to be put back when the batch is not on the disk."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

_MUTABLE = (list, dict, set, deque)


class Memento:
    """The attributes of an object and of the objects of the same package that it owns.

    Containers are copied, everything in them is shared: what they hold is immutable.
    """

    def __init__(self, of: object) -> None:
        self._package = type(of).__module__.rpartition(".")[0]
        self._kept: dict[int, tuple[object, dict[str, Any]]] = {}
        self._keep(of)

    def _keep(self, of: object) -> None:
        if id(of) in self._kept:
            return
        values = vars(of)
        self._kept[id(of)] = (
            of,
            {
                name: copy.copy(value) if isinstance(value, _MUTABLE) else value
                for name, value in values.items()
            },
        )
        for value in values.values():
            if hasattr(value, "__dict__") and type(value).__module__.startswith(self._package):
                self._keep(value)

    def restore(self) -> None:
        """Put everything back."""
        for of, values in self._kept.values():
            vars(of).clear()
            vars(of).update(values)
