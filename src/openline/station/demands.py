"""What we asked of the other side on a line, what came of it, and what the record's own history says (spec 11.2).

Rules of this file: a demand is our latest finished call, or our latest message whose due time has passed, whichever
was later; older ones are evidence only. Counts come from the record, and are counts, never percentages.
"""

from __future__ import annotations

from itertools import pairwise

from openline.core import agenda, receipts
from openline.core.silence import Demand, History
from openline.station import attested
from openline.station.context import Context
from openline.wire.terms import Outcome

GRACE_S = 300  # a check-in counts as missed five minutes after it was due (spec 8.3)


def newest_first(ctx: Context, line: int) -> list[Demand]:
    """Our latest finished call and our latest message whose due time has passed, the later one first."""
    message, call = _message(ctx, line), _call(ctx, line)
    if message is not None and (call is None or message.at_s >= call.at_s):
        return [message] if call is None else [message, call]
    return [demand for demand in (call, message) if demand is not None]


def _message(ctx: Context, line: int) -> Demand | None:
    ledger, now_s = ctx.record.ledger, ctx.now.clock_s
    due = None
    for item in ledger.due_items[ctx.us].get(line, ()):
        at = item.time_s + item.due_s
        if at <= now_s and (due is None or at >= due[0]):
            due = (at, item)
    if due is None:
        return None
    at, item = due
    return Demand(
        "message",
        at,
        shown=receipts.shown(ledger, item),
        answered=receipts.answered(ledger, item),
        cite=f"{item.place.gen}/{item.place.seq}",
    )


def _call(ctx: Context, line: int) -> Demand | None:
    call = ctx.record.ledger.calls[line].last.get(ctx.us)
    if call is None:
        return None
    cite = f"{call.place.gen}/{call.place.seq}"
    return Demand("call", call.time_s, due_s=call.due_s, outcome=call.outcome, cite=cite)


def history(ctx: Context, line: int, known: attested.Known) -> History:
    """How many check-ins of this line were not answered, after how many of those the next one was, and the run of
    them that lasts. What the other side alone says of one that it called is counted apart."""
    ledger = ctx.record.ledger
    every = sorted(ledger.calls[line].tries.items(), key=lambda each: each[0])
    tries = [(at, call.outcome) for at, call in every if at[1] == ctx.us or known.says(ledger, call)]
    silences = ended = 0
    for (_, outcome), (_, following) in pairwise(tries):
        if outcome is not Outcome.ANSWERED:
            silences += 1
            ended += following is Outcome.ANSWERED
    answered = [due_s for (due_s, _), outcome in tries if outcome is Outcome.ANSWERED]
    last = answered[-1] if answered else 0
    in_a_row = sum(due_s > last for (due_s, _), _ in tries)
    return History(silences, ended, in_a_row, last, len(every) - len(tries))


def is_completed(ctx: Context, line: int, due_s: int, caller: int) -> bool:
    """Whether both sealed a check-in: complete for the caller when it holds the second seal, for the called side when
    the caller has acknowledged it."""
    ledger = ctx.record.ledger
    first = ledger.calls[line].sealed_due.get((due_s, caller))
    second = None if first is None else ledger.calls[line].second_seals.get(first)
    if second is None or second.side == caller:
        return False  # one side's word for both is none
    acked = ledger.acks[caller]
    return caller == ctx.us or bool(acked.to and acked.to[-1] >= (second.gen, second.seq))


def missed_check_in(ctx: Context, line: int) -> int | None:
    """The latest check-in that was due five minutes ago or more and was not completed, nor any after it."""
    ledger = ctx.record.ledger
    sealed = ledger.calls[line].sealed_due
    completed = max((due_s for due_s, caller in sealed if is_completed(ctx, line, due_s, caller)), default=0)
    since = max(ctx.duty_from_s, completed)
    due = agenda.last_due(ledger, line, ctx.now.clock_s - GRACE_S, since)
    if due is None or all(is_completed(ctx, line, due.due_s, caller) for caller in due.callers):
        return None
    return due.due_s
