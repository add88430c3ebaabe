"""Times and lengths of time as officers type them.

Rules of this file: a time without an offset is in our side's zone; one that the clocks there skip or pass twice is
refused, because an act must not take effect an hour from what was meant; `+30m` counts from now.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from openline.wire.errors import Misuse
from openline.wire.limits import TIME_S_MAX
from openline.wire.zones import zone

UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_LENGTH: Final = re.compile(r"(?:[0-9]{1,9}(?:s|min|m|h|d))+")
_PART: Final = re.compile(r"([0-9]+)(min|[smhd])")
EXAMPLES: Final = "Write 2026-12-01T09:00, 2026-12-01T09:00+09:00, or +30m."


def length_s(text: str) -> int:
    """Seconds of a length of time as 30m, 2h, 1h30m, 90s or 1d.

    Raises:
        Misuse: it is none.
    """
    if _LENGTH.fullmatch(text) is None:
        raise Misuse(f"{text} is no length of time", next_step="Write 90s, 30m, 2h or 1d.")
    found = sum(int(count) * UNITS_S[unit] for count, unit in _PART.findall(text))
    if found > TIME_S_MAX:
        raise Misuse(f"{text} is too long")
    return found


def instant_s(text: str, zone_name: str, now_s: int) -> int:
    """The second that a time names.

    Raises:
        Misuse: it names none, or two.
    """
    if text == "now":
        return now_s
    if text.startswith("+"):
        return now_s + length_s(text[1:])
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise Misuse(f"{text} is no time", next_step=EXAMPLES) from None
    if len(text) <= len("2026-12-01"):
        raise Misuse(f"{text} is a day and no time", next_step=EXAMPLES)
    if given.tzinfo is None:
        given = _in_zone(given, zone_name)
    found = int(given.timestamp())
    if not 0 <= found <= TIME_S_MAX:
        raise Misuse(f"{text} is before 1970", next_step=EXAMPLES)
    return found


def _in_zone(given: datetime, zone_name: str) -> datetime:
    first, second = (given.replace(tzinfo=zone(zone_name), fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise Misuse(
            f"{given.isoformat()} is skipped by the clocks of {zone_name}, or comes twice",
            next_step=f"Give its offset: {second.isoformat()} or {first.isoformat()}.",
        )
    return first
