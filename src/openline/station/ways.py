"""By which carriers our entries went since this start: what an officer is told of a message on its way.

Rules of this file: it is memory for people, no part of the record, and proves nothing; it is bounded, and forgets the
oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

Position: TypeAlias = tuple[int, int]
RANGES_MAX: Final = 1024  # chosen: a thousand sendings are a day's messages; one costs some 300 bytes


class Ways:
    def __init__(self) -> None:
        self._ranges: dict[tuple[Position, Position], set[int]] = {}

    def note(self, after: Position, upto: Position, carriers: Iterable[int]) -> None:
        """Our entries beyond `after` up to `upto` were handed to these carriers."""
        known = self._ranges.pop((after, upto), set())
        known.update(carriers)
        self._ranges[after, upto] = known
        if len(self._ranges) > RANGES_MAX:
            del self._ranges[next(iter(self._ranges))]

    def of(self, position: Position) -> tuple[int, ...]:
        """The carriers that the entry at a position was handed to, as far back as this remembers."""
        found = (carriers for (after, upto), carriers in self._ranges.items() if after < position <= upto)
        return tuple(sorted(set().union(*found)))
