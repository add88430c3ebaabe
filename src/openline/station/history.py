"""How each line stood over time: what was agreed and what was observed, one entry a change, in this side's own store.

Rules of this file:
1. A line is looked at each second, or each few where there are many lines; only a change is written.
2. The two states stand side by side and are never merged; while our station did not run we were not watching.
3. It is bounded: of each line the newest `KEPT` changes.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final, NamedTuple

from openline.core import silence
from openline.core.silence import Gap, Observed
from openline.ports import Now
from openline.station.desk import Desk
from openline.wire import cbor
from openline.wire.terms import Lane

PREFIX: Final = "seen/"
KEPT: Final = 2048  # chosen: a line that changes ten times a day is kept for half a year
LINES_A_SECOND: Final = 8  # chosen: a millisecond of work


class Change(NamedTuple):
    """From `at_s` on, by our clock, the line's liaison lane stood so."""

    at_s: int
    formal: str
    observed: str


class History:
    """The changes of every line of one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.lines: list[deque[tuple[int, Change]]] = [deque() for _ in desk.ctx.accord.lines]
        self._looked_ms: int | None = None

    def load(self, down: Gap | None) -> None:
        """At start: what was seen before; and that since `down` began nobody was watching."""
        for key, value in sorted(self.desk.ctx.store.metas(PREFIX).items()):
            plain: Any = cbor.decode(value)
            line, number = (int(part) for part in key.removeprefix(PREFIX).split("/"))
            if line < len(self.lines):
                self.lines[line].append((number, Change(*plain)))
        if down is not None:
            for line, seen in enumerate(self.lines):
                if seen:
                    last = seen[-1][1]
                    self._add(line, Change(max(down.from_s, last.at_s), last.formal, Observed.NOT_WATCHING.value))

    def look_if_due(self, now: Now) -> None:
        """At the end of a turn."""
        every_ms = 1000 * -(-len(self.lines) // LINES_A_SECOND)
        if self._looked_ms is None or now.elapsed_ms - self._looked_ms >= every_ms:
            self._looked_ms = now.elapsed_ms
            for line in range(len(self.lines)):
                self._look(line, now)

    def _look(self, line: int, now: Now) -> None:
        evidence = self.desk.evidence(line, Lane.LIAISON, now)
        observed = silence.verdict(evidence, now.elapsed_ms).value
        seen = self.lines[line]
        if not seen or (seen[-1][1].formal, seen[-1][1].observed) != (evidence.formal, observed):
            self._add(line, Change(now.clock_s, evidence.formal, observed))

    def _add(self, line: int, change: Change) -> None:
        seen, remember = self.lines[line], self.desk.ctx.remember
        number = seen[-1][0] + 1 if seen else 0
        seen.append((number, change))
        remember(_key(line, number), cbor.encode([change.at_s, change.formal, change.observed]))
        if len(seen) > KEPT:
            remember(_key(line, seen.popleft()[0]), None)

    def since(self, line: int, from_s: int) -> list[Change]:
        """How a line stood from an instant on: how it stood then, where that is known, and every change after it."""
        changes = [change for _, change in self.lines[line]]
        before = [change for change in changes if change.at_s <= from_s]
        opening = [before[-1]._replace(at_s=from_s)] if before else []
        return opening + [change for change in changes if change.at_s > from_s]


def _key(line: int, number: int) -> str:
    return f"{PREFIX}{line:03d}/{number:010d}"
