"""When scheduled calls are due: working days, holidays, zones (spec 5.6, 12.3).

Rules of this file: an instant is seconds since 1970-01-01T00:00Z; a check-in's wall-clock time is read in its own
zone with the rules that zone had on that day (Pyongyang was at UTC+8:30 from August 2015 to May 2018); a time that
the zone skips or repeats on a day is read with the offset before the change; instants come from the other side too,
and nothing is due beyond what calendars can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from openline.wire.terms import CheckIn
from openline.wire.zones import known, zone

WORKING: Final = 0
DAILY: Final = 1
EPOCH: Final = date(1970, 1, 1).toordinal()
SEARCH_DAYS: Final = 400  # a year of holidays in a row still finds the next working day
END_S: Final = 253_339_228_800  # 9998-01-01T00:00Z: a search from here stays within what calendars and zones can tell


class Due(NamedTuple):
    """A check-in's nominal instant, and which of the line's check-ins it is."""

    due_s: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nothing here needs


@lru_cache(maxsize=65_536)
def _instant(day: int, at_s: int, zone_name: str) -> int:
    wall = datetime.combine(date.fromordinal(day + EPOCH), datetime.min.time()) + timedelta(seconds=at_s)
    return int(wall.replace(tzinfo=zone(zone_name)).astimezone(UTC).timestamp())


def local_day(instant_s: int, zone_name: str) -> int:
    """The calendar day of an instant in a zone, counted since 1970-01-01."""
    return datetime.fromtimestamp(instant_s, zone(zone_name)).date().toordinal() - EPOCH


def day_of(instant_s: int, zone_name: str) -> tuple[int, int]:
    """The first instant of a zone's calendar day, and of the next day (it is 23 to 25 hours long)."""
    day = local_day(instant_s, zone_name)
    return _instant(day, 0, zone_name), _instant(day + 1, 0, zone_name)


def runs_on(check_in: CheckIn, day: int, holidays: tuple[int, ...]) -> bool:
    """Whether the check-in is due on a day (counted since 1970-01-01): 1970-01-01 was a Thursday."""
    return check_in.days == DAILY or ((day + 3) % 7 < 5 and day not in holidays)


def due_between(
    check_ins: tuple[CheckIn, ...], holidays: tuple[int, ...], after_s: int, until_s: int
) -> list[Due]:
    """All check-ins due in (after_s, until_s], earliest first."""
    found, until_s = list[Due](), min(until_s, END_S - 1)
    if after_s >= until_s:
        return found
    for index, check_in in enumerate(check_ins):
        if not known(check_in.zone):
            continue
        for day in range(local_day(after_s, check_in.zone) - 1, local_day(until_s, check_in.zone) + 2):
            if runs_on(check_in, day, holidays):
                at = _instant(day, check_in.at_s, check_in.zone)
                if after_s < at <= until_s:
                    found.append(Due(at, index))
    return sorted(found)


def next_due(check_ins: tuple[CheckIn, ...], holidays: tuple[int, ...], after_s: int) -> Due | None:
    """The first check-in due after an instant, or None where none comes within `SEARCH_DAYS`."""
    best: Due | None = None
    for index, check_in in enumerate(check_ins):
        for at in _upcoming(check_in, holidays, after_s):
            if best is None or at < best.due_s:
                best = Due(at, index)
            break
    return best


def last_due(check_ins: tuple[CheckIn, ...], holidays: tuple[int, ...], until_s: int, since_s: int) -> Due | None:
    """The latest check-in due in [since_s, until_s], or None."""
    best: Due | None = None
    until_s = min(until_s, END_S - 1)
    for index, check_in in enumerate(check_ins):
        if not known(check_in.zone):
            continue
        day = local_day(until_s, check_in.zone) + 1
        for back in range(SEARCH_DAYS):
            if not runs_on(check_in, day - back, holidays):
                continue
            at = _instant(day - back, check_in.at_s, check_in.zone)
            if at < since_s:
                break
            if at <= until_s:
                if best is None or at > best.due_s:
                    best = Due(at, index)
                break
    return best


def _upcoming(check_in: CheckIn, holidays: tuple[int, ...], after_s: int) -> Iterator[int]:
    if not known(check_in.zone) or after_s >= END_S:
        return
    day = local_day(after_s, check_in.zone) - 1
    for ahead in range(SEARCH_DAYS):
        if runs_on(check_in, day + ahead, holidays):
            at = _instant(day + ahead, check_in.at_s, check_in.zone)
            if after_s < at < END_S:
                yield at
