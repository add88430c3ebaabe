"""Which alarms sound (spec 8.3: this list and no others).

Rules of this file: an alarm is a condition that asks a person to act now, computed from the record, the evidence and
an instant; nothing here latches, and nothing here acts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from openline.core import receipts, silence
from openline.station.calls import Calls
from openline.station.context import Context
from openline.station.demands import missed_check_in
from openline.station.watch import Watch
from openline.wire.terms import Lane, Precedence

UNEQUAL_MS: Final = 300_000
OFFSET_MS: Final = 2_000


class Alarm(StrEnum):
    FLASH_UNREAD = "flash_unread"
    CALL_RINGING = "call_ringing"
    CHECK_IN_MISSED = "check_in_missed"
    IMMEDIATE_OVERDUE = "immediate_overdue"
    PEER_SILENT = "peer_silent"
    HEADS_DIFFER = "heads_differ"
    CLOCK_OFFSET = "clock_offset"


def sounding(ctx: Context, watch: Watch, calls: Calls) -> set[Alarm]:
    """The alarms that sound now."""
    checks = {
        Alarm.FLASH_UNREAD: _flash_unread(ctx),
        Alarm.CALL_RINGING: bool(calls.ringing_here()),
        Alarm.CHECK_IN_MISSED: any(missed_check_in(ctx, n) is not None for n in range(len(ctx.accord.lines))),
        Alarm.IMMEDIATE_OVERDUE: _immediate_overdue(ctx),
        Alarm.PEER_SILENT: _silent(ctx, watch),
        Alarm.HEADS_DIFFER: _heads_differ(ctx, watch),
        Alarm.CLOCK_OFFSET: watch.offset_ms is not None and abs(watch.offset_ms) > OFFSET_MS,
    }
    return {alarm for alarm, holds in checks.items() if holds}


def _flash_unread(ctx: Context) -> bool:
    ledger = ctx.record.ledger
    theirs = (ledger.items[i] for i in ledger.flash if ledger.items[i].place.side == ctx.them)
    return any(not receipts.shown(ledger, item) for item in theirs)


def _immediate_overdue(ctx: Context) -> bool:
    ledger, now_s = ctx.record.ledger, ctx.now.clock_s
    for items in ledger.due_items[ctx.them].values():
        for item in items:
            overdue = 2 * (now_s - item.time_s) > item.due_s
            if item.precedence == Precedence.IMMEDIATE and overdue and not receipts.answered(ledger, item):
                return True
    return False


def _silent(ctx: Context, watch: Watch) -> bool:
    """Nothing authenticated from them by live or relay for three intervals, while we were watching and on some line
    something was to be expected. Where lines differ, the longest interval counts: before it has passed three times
    over, the silence of a quicker line says something of its path, and nothing of the peer."""
    lines = range(len(ctx.accord.lines))
    since = max([watch.up_since_ms, *watch.carriers.values()])
    if ctx.now.elapsed_ms - since <= silence.INTERVALS * max(watch.pulse_ms(n) for n in lines):
        return False
    return not all(silence.not_expected(watch.evidence(n, Lane.LIAISON)) for n in lines)


def _heads_differ(ctx: Context, watch: Watch) -> bool:
    since, now_ms = watch.unequal_since_ms, ctx.now.elapsed_ms
    if since is None or now_ms - since < UNEQUAL_MS:
        return False
    longest = max(watch.pulse_ms(n) for n in range(len(ctx.accord.lines)))
    return any(now_ms - at <= silence.INTERVALS * longest for at in watch.carriers.values())
