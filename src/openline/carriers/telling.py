"""What a carrier tells of itself: counts for metrics, and troubles, each said once until it is over.

Rules of this file: a flood of one trouble is one sentence; the number of kinds is small and fixed by the callers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from openline.ports import Told

TEXTS_MAX: Final = 8  # chosen: one fault can be met in a few ways; of more than that, all are told again


class Telling:
    """Counts and troubles of one carrier."""

    def __init__(self, counted: Iterable[str]) -> None:
        self.counts = dict.fromkeys(counted, 0)
        self.told: Told | None = None
        self._said: dict[str, set[str]] = {}

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] += by

    def say(self, kind: str, what: str) -> None:
        """Tell of a trouble, unless the same was told since one of its kind was last over."""
        said = self._said.setdefault(kind, set())
        if what in said:
            return
        if len(said) >= TEXTS_MAX:
            said.clear()
        said.add(what)
        if self.told is not None:
            self.told.trouble(what)

    def over(self, kind: str) -> None:
        """The trouble is over: the next of its kind is told again."""
        self._said.pop(kind, None)
