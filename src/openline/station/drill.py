"""The drill for a missed call, on an officer's order: test ourselves, ring again, try the other lines, say the facts.

Rules of this file:
1. No timer begins a drill (spec 5.6): an officer orders it, and may stop it. What it then does by the clock is to ring.
2. As soon as their station gives its word on a call of the line (answered, declined, deferred), no more is rung: they
   were reached.
3. What it says holds what was done and what was heard, with times; no reason, and nothing that is secret.
4. It lives in memory: a stop of the station ends it, and its calls are on record all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from openline.core import agenda, silence
from openline.ports import Now
from openline.station import demands
from openline.station.callbook import CallBook, CallState
from openline.station.calls import LASTS
from openline.station.desk import Desk
from openline.wire.errors import Refused
from openline.wire.said import say
from openline.wire.terms import Lane

REACHED: Final = frozenset({"talking", "answered", "declined", "deferred"})


@dataclass(frozen=True, slots=True)
class Try:
    """One call of the drill, and how it stands since `seen_s`. `why`: why it was not rung at all."""

    at_s: int
    line: int
    call_id: bytes = b""
    state: str = ""
    why: str = ""
    seen_s: int = 0


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How our own station was when the drill began. `carriers`: name → "up", or in words why not."""

    probes_ok: bool | None
    carriers: dict[str, str]
    offset_ms: int | None
    heads_equal: bool
    heard_s: int | None
    observed: str


@dataclass
class Drill:
    """`due_s`: the check-in of ours that it makes up for, or 0."""

    line: int
    officer: int
    due_s: int
    retries: int
    retry_after_ms: int
    started_s: int
    started_ms: int
    check: SelfTest
    tries: list[Try] = field(default_factory=list)
    others: list[Try] = field(default_factory=list)
    ended_s: int | None = None
    stopped: bool = False

    @property
    def steps(self) -> int:
        """A count that rises with whatever there is to tell."""
        told = [*self.tries, *self.others]
        return len(told) + sum(bool(each.state) + (each.state in REACHED) for each in told) + (self.ended_s is not None)

    def reached(self) -> bool:
        return any(each.state in REACHED for each in self.tries)


def missed_of_ours(desk: Desk, line: int) -> int:
    """The latest check-in of ours on a line that was due and is not complete; 0 where there is none, or its call still
    lasts."""
    ctx = desk.ctx
    at_s = ctx.now.clock_s
    for _ in range(2):  # the latest may be theirs, at an instant of its own
        due = agenda.last_due(ctx.record.ledger, line, at_s, ctx.duty_from_s)
        if due is None:
            return 0
        if ctx.us in due.callers:
            lasts = any(call.due_s == due.due_s for call in desk.calls.placed.values())
            return 0 if lasts or demands.is_completed(ctx, line, due.due_s, ctx.us) else due.due_s
        at_s = due.due_s - 1
    return 0


def self_test(desk: Desk, carriers: dict[str, str], line: int, now: Now) -> SelfTest:
    """How our own station is now. `carriers`: as `SelfTest`."""
    evidence = desk.evidence(line, Lane.LIAISON, now)
    heard_ms = desk.watch.lines.get(line)
    return SelfTest(
        probes_ok=evidence.probes_ok,
        carriers=carriers,
        offset_ms=desk.watch.offset_ms,
        heads_equal=desk.inbound.heads_equal(),
        heard_s=None if heard_ms is None else now.clock_s - (now.elapsed_ms - heard_ms) // 1000,
        observed=silence.verdict(evidence, now.elapsed_ms).value,
    )


class Drills:
    """The drills of one desk: at most one a line, the last of each kept. `retries`, `retry_after_s`: as configured."""

    def __init__(self, desk: Desk, book: CallBook, retries: int, retry_after_s: int) -> None:
        self.desk = desk
        self.book = book
        self.retries = retries
        self.retry_after_ms = 1000 * retry_after_s
        self.last: dict[int, Drill] = {}

    def begin(self, line: int, officer: int, carriers: dict[str, str], now: Now) -> Drill:
        """An officer orders it.

        Raises:
            Refused: one is running on that line, or this station is restoring.
        """
        running = self.last.get(line)
        if running is not None and running.ended_s is None:
            raise Refused(
                say("a drill is running on this line"), next_step=say("Follow it: openline drill LINE --follow.")
            )
        self.desk.check_appending()
        drill = self.last[line] = Drill(
            line, officer, missed_of_ours(self.desk, line), self.retries, self.retry_after_ms, now.clock_s,
            now.elapsed_ms, self_test(self.desk, carriers, line, now),
        )  # fmt: skip
        self.tick(now)
        return drill

    def stop(self, line: int, now: Now) -> Drill:
        """The officer breaks it off: its calls that ring are hung up.

        Raises:
            Refused: none is running on that line.
        """
        drill = self.last.get(line)
        if drill is None or drill.ended_s is not None:
            raise Refused(say("no drill is running on this line"), next_step=say("Order one: openline drill LINE."))
        for each in (*drill.tries, *drill.others):
            call = self.book.one(each.call_id)
            if call is not None and call.state in ("placed", "rang"):
                self.desk.hang_up(each.call_id, now)
        self._look(drill)
        drill.stopped, drill.ended_s = True, now.clock_s
        return drill

    def tick(self, now: Now) -> None:
        """At the end of a turn: see what the calls came to, and ring what is due."""
        for drill in self.last.values():
            if drill.ended_s is None:
                self._look(drill)
                self._go_on(drill, now)

    def _look(self, drill: Drill) -> None:
        for tries in (drill.tries, drill.others):
            for place, each in enumerate(tries):
                call = self.book.one(each.call_id) if each.call_id else None
                if call is not None and call.state != each.state:
                    tries[place] = replace(each, state=call.state, seen_s=self.desk.ctx.now.clock_s)

    def _go_on(self, drill: Drill, now: Now) -> None:
        if any(self._rings(each) for each in (*drill.tries, *drill.others)):
            return
        if drill.reached() or drill.others:
            drill.ended_s = now.clock_s
        elif len(drill.tries) < drill.retries:
            if now.elapsed_ms >= drill.started_ms + len(drill.tries) * drill.retry_after_ms:
                drill.tries.append(self._ring(drill, drill.line, drill.due_s, now))
        else:
            lines = (n for n in range(len(self.desk.ctx.accord.lines)) if n != drill.line)
            drill.others += [self._ring(drill, n, 0, now) for n in lines]
            if not drill.others:
                drill.ended_s = now.clock_s

    def _rings(self, each: Try) -> bool:
        call: CallState | None = self.book.one(each.call_id) if each.call_id else None
        return call is not None and call.state in ("placed", "rang")

    def _ring(self, drill: Drill, line: int, due_s: int, now: Now) -> Try:
        """Ring a line: for the check-in, which passes always, or as a call of its own, which a cut refuses. A line
        that is in use is not rung."""
        if self.desk.calls.lasting(line, Lane.LIAISON) is not None:
            return Try(now.clock_s, line, why=LASTS, seen_s=now.clock_s)
        try:
            if due_s:
                self.desk.check_appending()
                call_id = self.desk.calls.place(line, Lane.LIAISON, due_s)
            else:
                call_id, _ = self.desk.place_call(line, Lane.LIAISON, now)
        except Refused as error:
            return Try(now.clock_s, line, why=error.what, seen_s=now.clock_s)
        self.book.note_officer(call_id, drill.officer)
        return Try(now.clock_s, line, call_id, "placed", seen_s=now.clock_s)
