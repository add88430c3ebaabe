"""Instants as officers type them: a day and a time of day, on our side's clock.

Rules of this file: a time that our clocks skip or pass twice is refused, because an act must not take effect an hour
from what was meant; what is wrong is told for the field it was typed into.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from openline.console.forms import Problems, Typed
from openline.console.words import Words
from openline.wire.limits import TIME_S_MAX


def typed_s(words: Words, day: str, clock: str, zone: str) -> int | str:
    """The second that a day (2026-12-01) and a time (09:00) name on the clocks of `zone`; else what is wrong."""
    _, found = words, -1
    try:
        on, at = date.fromisoformat(day), time.fromisoformat(clock)
        if at.tzinfo is not None:
            return _("Give a day and a time of day.")
        first, second = (datetime.combine(on, at, ZoneInfo(zone)).replace(fold=fold) for fold in (0, 1))
        if first.utcoffset() != second.utcoffset():
            return _("Our clocks skip this time or pass it twice. Choose another.")
        found = int(first.timestamp())
    except (ValueError, OverflowError):
        return _("Give a day and a time of day.")
    return found if 0 <= found <= TIME_S_MAX else _("Give a day and a time of day.")


def asked_s(problems: Problems, words: Words, name: str, typed: Typed, zone: str, after_s: int) -> int:
    """The instant in the fields `name`_day and `name`_time, later than `after_s`; 0, and a problem noted, if none."""
    found = typed_s(words, typed.get(f"{name}_day"), typed.get(f"{name}_time"), zone)
    if isinstance(found, str):
        problems[f"{name}_day"] = found
        return 0
    if found <= after_s:
        problems[f"{name}_day"] = words("This is past. Choose a time to come.")
        return 0
    return found


def suggested(now_s: int, zone: str, ahead_s: int) -> tuple[str, str]:
    """A day and a time to begin from: at least `ahead_s` from now, at a full hour."""
    return day_and_time(-(-(now_s + ahead_s) // 3600) * 3600, zone)


def day_and_time(at_s: int, zone: str) -> tuple[str, str]:
    """An instant as it would be typed; empty where the calendar ends."""
    try:
        at = datetime.fromtimestamp(at_s, ZoneInfo(zone))
    except (ValueError, OverflowError, OSError):
        return "", ""
    return f"{at:%Y-%m-%d}", f"{at:%H:%M}"
