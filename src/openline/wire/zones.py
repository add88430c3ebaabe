"""Time zones by their IANA names, as the accord gives them (spec 3.9, 5.6).

Rules of this file: a name that this machine's zone data lacks is nobody's fault here: whoever uses one asks first.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name that `known` admits."""
    return ZoneInfo(name)


@lru_cache(maxsize=256)
def known(name: str) -> bool:
    """Whether this machine's zone data has the name; a check-in in an unknown zone is never due."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
