"""Durations and instants of a scenario file, in whole units (spec 12.3).

Rules of this file: exact arithmetic only, no floats; a fraction is rounded up, so that nothing comes early; every
instant lies between 1970 and `YEAR_MAX`, which keeps calendar arithmetic defined under any clock offset.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from openline.wire.errors import Misuse

YEAR_MAX: Final = 9000  # chosen: a thousand years short of where Python's calendar ends
SKEW_S_MAX: Final = 100 * 366 * 86_400  # chosen: a clock a century off shows everything a worse one would
DURATION_ALLOWED: Final = 'an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as "PT30M" or "P1D"'

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN_MS: Final = (datetime(YEAR_MAX, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
_AMOUNT: Final = r"(?:([0-9]{1,15}(?:[.,][0-9]{1,15})?)%s)?"
_DURATION: Final = re.compile("P" + _AMOUNT % "W" + _AMOUNT % "D" + "(T" + "".join(_AMOUNT % x for x in "HMS") + ")?")
_UNITS_MS: Final = (7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000)


def duration_ms(text: str) -> int:
    """Milliseconds of an ISO 8601 duration, rounded up. Only its last part may have a decimal fraction.

    Raises:
        Misuse: no duration; or with years or months, whose length is not fixed; or negative; or past all calendars.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Misuse(_why_no_duration(text))
    weeks, days, clock, hours, minutes, seconds = match.groups()
    parts = (weeks, days, hours, minutes, seconds)
    given = [part for part in parts if part is not None]
    if not given or clock == "T":
        raise Misuse("is a duration without any part")
    if any(not part.isdigit() for part in given[:-1]):
        raise Misuse("has a fraction in a part that is not its last")
    exact = sum(
        Fraction(part.replace(",", ".")) * unit for part, unit in zip(parts, _UNITS_MS, strict=True) if part is not None
    )
    if exact > _SPAN_MS:
        raise Misuse("is too long")
    return -int(-exact // 1)


def _why_no_duration(text: str) -> str:
    if text.startswith("-"):
        return "is a negative duration"
    date = text.partition("T")[0]
    if text.startswith("P") and ("Y" in date or "M" in date):
        return "has years or months, whose length is not fixed"
    return "is no duration"


def instant_ms(moment: datetime, zone: str) -> int:
    """Milliseconds since 1970-01-01T00:00Z, rounded up. A local time is one of `zone`; of a time that comes twice the
    first is meant, and one that a clock change skips is read with the offset in force before the change.

    Raises:
        Misuse: before 1970 or not before `YEAR_MAX`.
    """
    if not 1969 <= moment.year < YEAR_MAX:
        raise Misuse(f"is not from 1970 to {YEAR_MAX - 1}")
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone), fold=0)
    since = -((_EPOCH - aware.astimezone(UTC)) // timedelta(milliseconds=1))
    if not 0 <= since < _SPAN_MS:
        raise Misuse(f"is not from 1970 to {YEAR_MAX - 1}")
    return since


def in_span(instant: int) -> bool:
    """Whether milliseconds since 1970-01-01T00:00Z lie between 1970 and `YEAR_MAX`."""
    return 0 <= instant < _SPAN_MS


def seconds_up(milliseconds: int) -> int:
    """Whole seconds, rounded up."""
    return -(-milliseconds // 1000)


def local_text(instant: int, zone: str) -> str:
    """An instant in milliseconds as a scenario file would write it in that zone, for messages."""
    moment = (_EPOCH + timedelta(milliseconds=instant)).astimezone(ZoneInfo(zone))
    return moment.isoformat(timespec="milliseconds" if instant % 1000 else "seconds")
