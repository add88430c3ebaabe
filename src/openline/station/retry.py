"""When what is not acknowledged is sent again: after 5, 10, 20 and 40 s, then every 60 s (spec 5.2).

Rules of this file: offsets count from the first sending; rounds that passed while nothing could be sent are skipped,
not made up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST_MS: Final = (5_000, 10_000, 20_000, 40_000)
EVERY_MS: Final = 60_000


@dataclass
class Retry:
    """The rounds of one sending, in elapsed time; at rest until `begin`."""

    since_ms: int | None = None
    round: int = 0

    def begin(self, now_ms: int) -> None:
        """Something was sent now: the rounds start again from here."""
        self.since_ms, self.round = now_ms, 0

    def hasten(self, now_ms: int) -> None:
        """Something more was sent now: a round is due within the first interval, and none that was due sooner is put
        off."""
        due = self.next_ms()
        if due is None or due - now_ms > FIRST_MS[0]:
            self.begin(now_ms)

    def returned(self, now_ms: int) -> None:
        """A path is back and was given what waits: the same, and a round that was missed meanwhile is not made up
        for."""
        due = self.next_ms()
        if due is not None and due <= now_ms:
            self.begin(now_ms)
        self.hasten(now_ms)

    def rest(self) -> None:
        self.since_ms, self.round = None, 0

    def next_ms(self) -> int | None:
        """When the next round is due; None at rest."""
        return None if self.since_ms is None else self.since_ms + offset_ms(self.round)

    def fires(self, now_ms: int) -> bool:
        """Whether a round is due now; if so, the next one is the first that is still to come."""
        due = self.next_ms()
        if due is None or due > now_ms:
            return False
        self.skip(now_ms)
        return True

    def skip(self, now_ms: int) -> None:
        """The next round is the first that is still to come."""
        if self.since_ms is None:
            return
        gone = now_ms - self.since_ms
        if gone > FIRST_MS[-1]:
            self.round = max(self.round, len(FIRST_MS) - 1 + (gone - FIRST_MS[-1]) // EVERY_MS)
        while offset_ms(self.round) <= gone:
            self.round += 1

    def last_ms(self, now_ms: int) -> int | None:
        """When a round was last due, up to an instant; None where none was."""
        if self.since_ms is None or now_ms < self.since_ms + FIRST_MS[0]:
            return None
        gone = now_ms - self.since_ms
        if gone >= FIRST_MS[-1]:
            return now_ms - (gone - FIRST_MS[-1]) % EVERY_MS
        return self.since_ms + max(offset for offset in FIRST_MS if offset <= gone)


def offset_ms(number: int) -> int:
    """When round `number` (from 0) is due after the first sending."""
    if number < len(FIRST_MS):
        return FIRST_MS[number]
    return FIRST_MS[-1] + (number - len(FIRST_MS) + 1) * EVERY_MS
