"""Which alarms sound (spec 8.3: this list and no others).

Rules of this file: an alarm is a condition that asks a person to act now, computed from the record, the evidence and
an instant; nothing here latches, and nothing here acts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple

from openline.core import receipts, silence
from openline.core.ledger import Item
from openline.station.calls import Calls
from openline.station.context import Context
from openline.station.demands import missed_check_in
from openline.station.watch import Watch
from openline.wire.terms import Lane

CAUSES_MAX: Final = 64  # chosen: of one alarm, told apart
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


class Priority(StrEnum):
    """How an alarm sounds until somebody acknowledges it: high without a pause, medium each minute, low once."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


PRIORITY: Final[dict[Alarm, Priority]] = {
    Alarm.FLASH_UNREAD: Priority.HIGH,
    Alarm.CALL_RINGING: Priority.HIGH,
    Alarm.CHECK_IN_MISSED: Priority.MEDIUM,
    Alarm.IMMEDIATE_OVERDUE: Priority.MEDIUM,
    Alarm.PEER_SILENT: Priority.MEDIUM,
    Alarm.HEADS_DIFFER: Priority.HIGH,
    Alarm.CLOCK_OFFSET: Priority.LOW,
}


class Cause(NamedTuple):
    """What an alarm sounds for: the line it concerns, if it is of one, and what tells it from another of its kind."""

    alarm: Alarm
    line: int | None = None
    what: str = ""


def sounding(ctx: Context, watch: Watch, calls: Calls) -> set[Alarm]:
    """The alarms that sound now."""
    return {cause.alarm for cause in causes(ctx, watch, calls)}


def causes(ctx: Context, watch: Watch, calls: Calls) -> list[Cause]:
    """What the alarms that sound now sound for; of one alarm `CAUSES_MAX` at most, the newest of them always: many that
    wait, and are known to wait, do not keep the next from sounding."""
    found = [
        *_bounded(_flash_unread(ctx)),
        *(Cause(Alarm.CALL_RINGING, ring.line, ring.call_id.hex()) for ring in calls.ringing_here()),
        *_check_ins_missed(ctx),
        *_bounded(_immediate_overdue(ctx)),
    ]
    if _silent(ctx, watch):
        found.append(Cause(Alarm.PEER_SILENT))
    if _heads_differ(ctx, watch):
        found.append(Cause(Alarm.HEADS_DIFFER))
    if watch.offset_ms is not None and abs(watch.offset_ms) > OFFSET_MS:
        found.append(Cause(Alarm.CLOCK_OFFSET))
    return found


def _bounded(found: Iterator[Cause]) -> list[Cause]:
    """The first ones, and the newest."""
    kept = list(islice(found, CAUSES_MAX))
    newest = deque(found, maxlen=1)
    return [*kept[: CAUSES_MAX - 1], *newest] if newest else kept


def _flash_unread(ctx: Context) -> Iterator[Cause]:
    ledger = ctx.record.ledger
    for item in _open(ledger.unread, lambda item: receipts.shown(ledger, item)):
        if item.place.side == ctx.them:
            yield Cause(Alarm.FLASH_UNREAD, item.line, item.id.hex())


def _open(items: dict[bytes, Item], settled: Callable[[Item], bool]) -> Iterator[Item]:
    """Those of `items` that are not settled; the others are taken out for good."""
    for item in list(items.values()):
        if settled(item):
            del items[item.id]
        else:
            yield item


def _check_ins_missed(ctx: Context) -> Iterator[Cause]:
    for line in range(len(ctx.accord.lines)):
        due_s = missed_check_in(ctx, line)
        if due_s is not None:
            yield Cause(Alarm.CHECK_IN_MISSED, line, str(due_s))


def _immediate_overdue(ctx: Context) -> Iterator[Cause]:
    ledger, now_s = ctx.record.ledger, ctx.now.clock_s
    for item in _open(ledger.unanswered, lambda item: receipts.answered(ledger, item)):
        if item.place.side == ctx.them and 2 * (now_s - item.time_s) > item.due_s:
            yield Cause(Alarm.IMMEDIATE_OVERDUE, item.line, item.id.hex())


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
