"""Which check-ins were and will be due on a line, each by the schedule in force at its own instant (spec 5.6, 10.3).

Rules of this file: an amendment rings nothing that was due before it, and forgets nothing that was due before it; a
schedule counts from its effective time to the next one's.
"""

from __future__ import annotations

from typing import NamedTuple

from openline.core import schedule, state
from openline.core.ledger import Ledger
from openline.wire.accord import Line
from openline.wire.terms import CheckIn


class Due(NamedTuple):
    """An instant at which check-ins are due, and the sides that call then."""

    due_s: int
    callers: frozenset[int]


def _starts(ledger: Ledger, line: int) -> list[int]:
    """The instants from which another version of the line is in force, ascending."""
    return sorted({change.effective_s for change in state.amendments(ledger, line)})


def _check_ins(in_force: Line, caller: int | None) -> tuple[CheckIn, ...]:
    return tuple(c for c in in_force.check_ins if caller is None or c.caller == caller)


def next_due(ledger: Ledger, line: int, after_s: int, caller: int | None = None) -> int | None:
    """The first instant after `after_s` at which a check-in (of `caller`, if given) is due."""
    since = after_s
    for end in [*(s for s in _starts(ledger, line) if s > after_s), None]:
        in_force = state.line_in_force(ledger, line, max(since, after_s))
        from_s = since if since == after_s else since - 1  # what is due as an amendment takes effect is due by it
        due = schedule.next_due(_check_ins(in_force, caller), in_force.holidays, from_s)
        if due is not None and (end is None or due.due_s < end):
            return due.due_s
        since = end or since
    return None


def last_due(ledger: Ledger, line: int, until_s: int, since_s: int) -> Due | None:
    """The latest instant in [since_s, until_s] at which check-ins were due."""
    end = until_s
    for start in [*sorted((s for s in _starts(ledger, line) if s <= until_s), reverse=True), 0]:
        in_force = state.line_in_force(ledger, line, start if start else min(since_s, end))
        due = schedule.last_due(in_force.check_ins, in_force.holidays, end, max(since_s, start))
        if due is not None:
            together = schedule.due_between(in_force.check_ins, in_force.holidays, due.due_s - 1, due.due_s)
            return Due(due.due_s, frozenset(in_force.check_ins[d.index].caller for d in together))
        end = start - 1
        if end < since_s:
            return None
    return None
