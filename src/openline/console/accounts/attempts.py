"""How often a stranger may try an enrolment code in vain, counted by whoever asks and in all.

Rules of this file: time is given and only rises (elapsed, not the clock); what is remembered is bounded, and the oldest
goes first; whoever tries too often waits, and is told so.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from openline.wire.errors import Refused
from openline.wire.said import say

SPAN_S: Final = 60.0
EACH_MAX: Final = 10  # chosen: a person who mistypes a code tries a handful of times
ALL_MAX: Final = 60
KNOWN_MAX: Final = 1000


class Attempts:
    """The attempts of the last minute that failed."""

    def __init__(self) -> None:
        self._by: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()

    def allow(self, who: str, elapsed_s: float) -> None:
        """Whether `who` may try now.

        Raises:
            Refused: too many tries failed within a minute.
        """
        mine = self._by.get(who, deque())
        for tries in (mine, self._all):
            while tries and tries[0] <= elapsed_s - SPAN_S:
                tries.popleft()
        if len(mine) >= EACH_MAX or len(self._all) >= ALL_MAX:
            raise Refused(say("too many attempts within a minute"), next_step=say("Wait a minute, then try again."))

    def failed(self, who: str, elapsed_s: float) -> None:
        """Note that a try of `who` failed."""
        mine = self._by.pop(who, deque())
        mine.append(elapsed_s)
        self._by[who] = mine
        self._all.append(elapsed_s)
        if len(self._by) > KNOWN_MAX:
            del self._by[next(iter(self._by))]
