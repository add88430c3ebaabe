"""Changes of a line laid out in columns of time: what a terminal's strip and a console's drawing have in common.

Rules of this file:
1. A column is a stretch of time. It shows what was agreed at its end; and of all that was observed in it, what comes
   first in `ORDER`: an hour's fault is not hidden by the quiet days around it.
2. What is before the first change is not known, and stays blank.
3. It knows states by their names and imports nothing: whoever draws may have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, Protocol, TypeVar

NO_RECORD: Final = ""
ORDER: Final = (
    "not_watching", "our_side_cut", "their_station_down", "agreed_not_through", "path_down", "cannot_tell", "declined",
    "deferred", "read_no_reply", "rang_unanswered", "not_expected", "through",
)  # fmt: skip
RANK: Final = {name: rank for rank, name in enumerate(ORDER)}


class Change(Protocol):
    """From `at_s` on the line stood so."""

    @property
    def at_s(self) -> int: ...
    @property
    def formal(self) -> str: ...
    @property
    def observed(self) -> str: ...


C = TypeVar("C", bound=Change)


class Columns(NamedTuple):
    """What each column shows; None: not known."""

    agreed: list[str]
    observed: list[str | None]


def worse(seen: str, before: str | None) -> str:
    """Which of two observed states a column shows; what this release does not know comes first."""
    return seen if before is None or RANK.get(seen, -1) < RANK.get(before, -1) else before


def column_of(at_ms: int, start_ms: int, end_ms: int, columns: int) -> int:
    """The column whose stretch of time holds an instant; its end belongs to it."""
    into = (at_ms - start_ms) * columns - 1
    return min(max(into // (end_ms - start_ms), 0), columns - 1)


def stretches(changes: Sequence[C], until_s: int) -> Iterator[tuple[C, int]]:
    """Each change, and when the next one came."""
    for change, following in pairwise(changes):
        yield change, following.at_s
    if changes:
        yield changes[-1], until_s


def laid_out(changes: Sequence[Change], from_s: int, until_s: int, columns: int) -> Columns:
    """A line's changes between two times as so many columns."""
    agreed, observed = [NO_RECORD] * columns, list[str | None]([None] * columns)
    for change, end_s in stretches(changes, until_s):
        first = column_of(change.at_s * 1000 + 1, from_s * 1000, until_s * 1000, columns)
        last = column_of(max(end_s, change.at_s) * 1000, from_s * 1000, until_s * 1000, columns)
        for column in range(first, max(last, first) + 1):
            agreed[column] = change.formal
            observed[column] = worse(change.observed, observed[column])
    return Columns(agreed, observed)
