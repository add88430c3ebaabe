"""What a station does by its own clock: check-ins that are due, proposals that lapse (spec 5.6, 10.4).

Rules of this file: a timer may do two things only, ring a scheduled call and withdraw our own unaccepted offer whose
time has come; it lifts nothing and cuts nothing. A check-in that the clock was set past, or that was due while we were
down, is not made later.
"""

from __future__ import annotations

from typing import Final

from openline.core import agenda, state
from openline.core.ledger import Act
from openline.core.release import by_station
from openline.core.state import Standing
from openline.station.calls import Calls
from openline.station.context import Context
from openline.wire.bodies import Amend, Propose, Withdraw
from openline.wire.terms import Lane

LATE_S: Final = 3_600  # chosen: a clock corrected by less still rings; set further, its calls are missed


class Duties:
    def __init__(self, ctx: Context, calls: Calls) -> None:
        self.ctx = ctx
        self.calls = calls
        self.done_until_s: dict[int, int] = {}
        self._cached: tuple[int, int] | None = None  # (version of the acts, next instant by our clock)

    def begin(self, since_s: int) -> None:
        """From which instant of our clock on check-ins are ours to make."""
        self.done_until_s = dict.fromkeys(range(self.ctx.record.ledger.line_count()), since_s)
        self._cached = None

    def resume(self) -> None:
        """Our record is whole again: what lapsed meanwhile is withdrawn before anything acknowledges an acceptance;
        what was due meanwhile is not made later."""
        self._withdraw_lapsed()
        self.begin(self.ctx.now.clock_s)

    def clock_was_set(self) -> None:
        """The clock went back: today's check-ins are still to come. Those that were made are not made twice."""
        now_s = self.ctx.now.clock_s
        self.done_until_s = {line: min(done, now_s) for line, done in self.done_until_s.items()}
        self._cached = None

    def next_s(self) -> int | None:
        """The next instant of our clock at which something is due."""
        version = self.ctx.record.ledger.acts_version
        if self._cached is None or self._cached[0] != version:
            times = [*self._check_in_times(), *self._lapse_times(), *self._amendment_times()]
            self._cached = (version, min(times, default=-1))
        return None if self._cached[1] < 0 else self._cached[1]

    def _check_in_times(self) -> list[int]:
        times = []
        for line, since in self.done_until_s.items():
            due = self._next_of_ours(line, since)
            if due is not None:
                times.append(due)
        return times

    def _next_of_ours(self, line: int, since_s: int) -> int | None:
        return agenda.next_due(self.ctx.record.ledger, line, since_s, self.ctx.us)

    def _lapse_times(self) -> list[int]:
        return [at for offer in self._open_offers() if (at := state.effective_s(offer)) is not None]

    def _amendment_times(self) -> list[int]:
        now_s = self.ctx.now.clock_s
        ledger = self.ctx.record.ledger
        changes = (a for n in range(ledger.line_count()) for a in state.amendments(ledger, n))
        return [change.effective_s for change in changes if change.effective_s > now_s]

    def _open_offers(self, *standings: Standing) -> list[Act]:
        ledger = self.ctx.record.ledger
        return [
            o
            for o in ledger.offers.values()
            if o.place.side == self.ctx.us
            and isinstance(o.body, Propose | Amend)
            and state.standing(ledger, o) in (Standing.WAITING, *standings)
        ]

    def tick(self) -> None:
        at = self.next_s()
        if at is None or at > self.ctx.now.clock_s:
            return
        if not self.ctx.restoring:
            self._withdraw_lapsed()
            self._ring_due()
            self._cached = None

    def _withdraw_lapsed(self) -> None:
        """An acceptance that came while we could not confirm it, and is late now, comes to nothing: no machine lifts a
        cut after its hour."""
        for offer in self._open_offers(Standing.ACCEPTED):
            at = state.effective_s(offer)
            if at is not None and at <= self.ctx.now.clock_s:
                self.ctx.append(by_station(Withdraw(target=offer.id)))

    def _ring_due(self) -> None:
        now_s = self.ctx.now.clock_s
        for line, since in self.done_until_s.items():
            due = self._next_of_ours(line, since)
            latest = None
            while due is not None and due <= now_s:
                latest, due = due, self._next_of_ours(line, due)
            if latest is not None:
                self.done_until_s[line] = latest
            made = latest is None or (latest, self.ctx.us) in self.ctx.record.ledger.calls[line].tries
            if latest is not None and not made and now_s - latest < LATE_S:
                self.calls.place(line, Lane.LIAISON, latest)
