"""What happened between two steps by itself: the calls that were made, and the check-ins that both sealed (spec 12.7).

Rules of this file: counts come from what the two records hold, each call and each pair of seals once; a record that was
lost and came back counts nothing again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from openline.play.engine import Player
from openline.wire.terms import Outcome


@dataclass(frozen=True)
class Between:
    """Calls that finished since the step before, by outcome, and seals completed; `elapsed_ms` since then."""

    elapsed_ms: int
    calls: Counter[Outcome]
    sealed: int

    def __bool__(self) -> bool:
        return bool(self.calls or self.sealed)


class Tally:
    """Counts what is new in the records each time it is asked."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.at_ms = player.world.now_ms
        self.calls: set[tuple[int, tuple[int, int] | bytes]] = set()  # line, and a check-in or another call's id
        self.seals: set[bytes] = set()

    def since(self) -> Between:
        """What happened since this was last asked."""
        now_ms = self.player.world.now_ms
        calls: Counter[Outcome] = Counter()
        sealed = len(self.seals)
        for station in self.player.stations:
            if station.desk is None:
                continue
            for line, made in enumerate(station.desk.ctx.record.ledger.calls):
                found: dict[tuple[int, int] | bytes, Outcome] = {at: tried.outcome for at, tried in made.tries.items()}
                found |= {attempt.call_id: attempt.outcome for attempt in made.last.values() if not attempt.due_s}
                for call, outcome in found.items():
                    if (line, call) not in self.calls:
                        self.calls.add((line, call))
                        calls[outcome] += 1
                self.seals.update(made.second_seals)
        between = Between(now_ms - self.at_ms, calls, len(self.seals) - sealed)
        self.at_ms = now_ms
        return between
