"""What was said in public, noted by our officer with its source and its time: evidence that quotes others (spec 11.1).

Rules of this file: it is kept in this side's own store and enters no record; what is noted is never changed, only
followed by something later. Whether it explains anything is for people to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from openline.station.context import Context
from openline.wire import cbor
from openline.wire.zones import zone

PREFIX: Final = "said/"
KEPT: Final = 512
TOLD: Final = 3  # chosen: what an explanation quotes
TOLD_S: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Said:
    """A statement. `at_s`: when it was made; `noted_s`: when our officer noted it."""

    number: int
    line: int
    text: str
    source: str
    at_s: int
    officer: int
    noted_s: int


class Statements:
    """All statements noted at one station, oldest note first."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.said: dict[int, Said] = {}

    def load(self) -> None:
        """At start: what was noted before."""
        for key, value in sorted(self.ctx.store.metas(PREFIX).items()):
            plain: Any = cbor.decode(value)
            number = int(key.removeprefix(PREFIX))
            self.said[number] = Said(number, *plain)

    def note(self, line: int, text: str, source: str, at_s: int, officer: int) -> Said:
        """Keep a statement, durably with this turn."""
        made = Said(max(self.said, default=0) + 1, line, text, source, at_s, officer, self.ctx.now.clock_s)
        self.said[made.number] = made
        plain: list[cbor.Value] = [line, text, source, at_s, officer, made.noted_s]
        self.ctx.remember(f"{PREFIX}{made.number:010d}", cbor.encode(plain))
        while len(self.said) > KEPT:
            oldest = next(iter(self.said))
            del self.said[oldest]
            self.ctx.remember(f"{PREFIX}{oldest:010d}", None)
        return made

    def of(self, line: int) -> list[Said]:
        """Those about a line, the newest first."""
        return sorted((s for s in self.said.values() if s.line == line), key=lambda s: (-s.at_s, -s.number))

    def told(self, line: int) -> tuple[str, ...]:
        """As evidence: the newest of the last month, each with its source and day."""
        since_s = self.ctx.now.clock_s - TOLD_S
        return tuple(self._told(said) for said in self.of(line)[:TOLD] if said.at_s >= since_s)

    def _told(self, said: Said) -> str:
        at = datetime.fromtimestamp(said.at_s, zone(self.ctx.accord.sides[self.ctx.us].zone))
        return f"{said.source}, {at.day} {at:%B %Y, %H:%M}: {said.text}"
