"""Where an axis of time is marked, and how.

Rules of this file: marks stand at round instants of a zone's own clock, no more of them than a phone has room for; a
label is a date or a time that reads alike in every language.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

MARKS_MAX: Final = 6
HOURS: Final = (1, 2, 3, 6, 12)
DAYS: Final = (1, 2, 7, 14)
MONTHS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 600)


class Mark(NamedTuple):
    at_s: int
    label: str


def marks(from_s: int, until_s: int, zone: str, most: int = MARKS_MAX) -> list[Mark]:
    """The marks of the finest scale that has no more than `most` between two times."""
    first, last = (datetime.fromtimestamp(at, ZoneInfo(zone)) for at in (from_s, until_s))
    span_s = until_s - from_s
    for hours in HOURS:
        if span_s <= most * hours * 3600:
            return [_mark(at, "%H:%M") for at in _by_hours(first, last, hours)]
    for days in DAYS:
        if span_s <= most * days * 86_400:
            return [_mark(at, "%m-%d") for at in _by_days(first, last, days)]
    months = next((each for each in MONTHS if span_s <= most * each * 2_678_400), MONTHS[-1])
    return [_mark(at, "%Y-%m" if months < 12 else "%Y") for at in _by_months(first, last, months)][:most]


def _mark(at: datetime, label: str) -> Mark:
    midnight = label == "%H:%M" and not at.hour
    return Mark(int(at.timestamp()), at.strftime("%m-%d" if midnight else label))


def _by_hours(first: datetime, last: datetime, step: int) -> list[datetime]:
    at = first.replace(hour=first.hour - first.hour % step, minute=0, second=0, microsecond=0)
    return _between(first, last, at, timedelta(hours=step))


def _by_days(first: datetime, last: datetime, step: int) -> list[datetime]:
    return _between(first, last, first.replace(hour=0, minute=0, second=0, microsecond=0), timedelta(days=step))


def _between(first: datetime, last: datetime, at: datetime, step: timedelta) -> list[datetime]:
    found = []
    while at <= last:
        if at >= first:
            found.append(at)
        at += step  # by the clock on the wall: a day is a day where the zone changes, too
    return found


def _by_months(first: datetime, last: datetime, step: int) -> list[datetime]:
    found, number = [], first.year * 12 + (first.month - 1 if step < 12 else 0)
    number -= number % step
    while (at := first.replace(year=number // 12, month=number % 12 + 1, day=1, hour=0, minute=0, second=0)) <= last:
        if at >= first:
            found.append(at)
        number += step
    return found
