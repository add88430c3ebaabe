"""Drawing a line's strip: what was agreed above, what was observed below, over one axis of time (spec 12.7).

Rules of this file:
1. A state is one symbol and one colour, never a colour alone; a legend names those that occur.
2. What a column shows is `station.columns`' to say; `OBSERVED` stands in its order.
3. It only draws: the player's chart and a running station's history are drawn by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

import click

from openline.core.silence import Observed
from openline.core.state import Formal
from openline.station.columns import NO_RECORD
from openline.wire.zones import zone


class Mark(NamedTuple):
    """How a state is drawn."""

    symbol: str
    colour: str


FORMAL: Final[dict[str, Mark]] = {
    Formal.OPEN: Mark("━", "green"),
    Formal.RESTORING: Mark("~", "yellow"),
    Formal.SUSPENDED: Mark("█", "red"),
    Formal.EXPIRED: Mark("e", "magenta"),
    Formal.DISPUTED: Mark("!", "magenta"),
    NO_RECORD: Mark(" ", "white"),
}
OBSERVED: Final[dict[str, Mark]] = {
    Observed.NOT_WATCHING: Mark("w", "magenta"),
    Observed.OUR_SIDE_CUT: Mark("o", "magenta"),
    Observed.THEIR_STATION_DOWN: Mark("s", "magenta"),
    Observed.AGREED_NOT_THROUGH: Mark("a", "magenta"),
    Observed.PATH_DOWN: Mark("p", "magenta"),
    Observed.CANNOT_TELL: Mark("?", "magenta"),
    Observed.DECLINED: Mark("d", "cyan"),
    Observed.DEFERRED: Mark("f", "cyan"),
    Observed.READ_NO_REPLY: Mark("n", "cyan"),
    Observed.RANG_UNANSWERED: Mark("▒", "yellow"),
    Observed.NOT_EXPECTED: Mark("·", "blue"),
    Observed.THROUGH: Mark("━", "green"),
}


class Strip(NamedTuple):
    """One line's columns."""

    line: str
    agreed: Sequence[str]
    observed: Sequence[str | None]


def label_width(lines: Sequence[str]) -> int:
    """The columns that the names of lines take."""
    return max(len("  observed"), *(len(line) for line in lines)) + 2


def draw(strips: Sequence[Strip], start_ms: int, end_ms: int, zone_name: str, whose: str) -> Iterator[str]:
    """The chart, a row at a time: two rows a line, an axis, a legend."""
    label, columns = label_width([each.line for each in strips]), len(strips[0].agreed)
    for each in strips:
        yield click.style(f"{each.line:<{label}}", bold=True) + _row(FORMAL, each.agreed)
        yield click.style(f"{'  observed':<{label}}", dim=True) + _row(OBSERVED, each.observed)
    for row in axis(start_ms, end_ms, zone_name, columns):
        yield " " * label + row
    yield ""
    yield from _legend("agreed", FORMAL, {name for each in strips for name in each.agreed})
    yield from _legend("observed", OBSERVED, {name for each in strips for name in each.observed})
    each_column = timedelta(milliseconds=(end_ms - start_ms) / columns)
    yield click.style(f"as {whose} sees the liaison lane; a column is {_length(each_column)}", dim=True)


def _row(marks: dict[str, Mark], names: Sequence[str | None]) -> str:
    """The row, a colour changed only where the state does: a pipe and a slow terminal get no more than they need."""
    parts: list[tuple[str, str]] = []
    for name in names:
        mark = Mark(" ", "white") if name is None else marks[name]
        if parts and parts[-1][1] == mark.colour:
            parts[-1] = (parts[-1][0] + mark.symbol, mark.colour)
        else:
            parts.append((mark.symbol, mark.colour))
    return "".join(click.style(text, fg=colour) for text, colour in parts)


def _legend(title: str, marks: dict[str, Mark], seen: set[str] | set[str | None]) -> Iterator[str]:
    shown = [(name, mark) for name, mark in marks.items() if name and name in seen]
    words = [f"{click.style(mark.symbol, fg=mark.colour)} {name}" for name, mark in shown]
    yield f"{title:<10}{'   '.join(words)}".rstrip()


def _length(each: timedelta) -> str:
    seconds = each.total_seconds()
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"


# ---- the axis


class Scale(NamedTuple):
    """One way to mark time: how far apart, in minutes (0: by calendar months), and how an instant is named."""

    step: int
    name: str
    beneath: str


SCALES: Final = (
    *(Scale(minutes, "%H:%M", "%-d %B %Y") for minutes in (1, 5, 15, 30, 60, 180, 360, 720)),
    *(Scale(days * 1_440, "%-d %b", "%Y") for days in (1, 2, 5, 10)),
    *(Scale(0, name, "%Y") for name in ("%b", "")),
)


def axis(start_ms: int, end_ms: int, zone_name: str, columns: int) -> list[str]:
    """Two rows: instants at the finest scale whose names have room, and beneath them the day or year."""
    for scale in SCALES:
        named = list(_named(scale, start_ms, end_ms, zone_name, columns))
        gaps = [b - a for (a, _), (b, _) in pairwise(named)]
        room = max((len(at.strftime(scale.name)) for _, at in named), default=0) + 1
        if named and len(named) <= columns and min(gaps, default=columns) >= room:
            break
    upper, lower, free, told = [" "] * columns, [" "] * columns, 0, ""
    first = (0, datetime.fromtimestamp(start_ms / 1000, zone(zone_name)))
    for column, at in [first, *named]:
        if (column, at) != first:
            _put(upper, column, at.strftime(scale.name))
        beneath = at.strftime(scale.beneath)
        if beneath != told and column >= free and column + len(beneath) <= columns:
            _put(lower, column, beneath)
            free, told = column + len(beneath) + 1, beneath
    return ["".join(row).rstrip() for row in (upper, lower)]


def _put(row: list[str], column: int, text: str) -> None:
    if column + len(text) <= len(row):
        row[column : column + len(text)] = text


def _named(scale: Scale, start_ms: int, end_ms: int, zone_name: str, columns: int) -> Iterator[tuple[int, datetime]]:
    """The instants of a scale within the time that is drawn, and the columns they fall into; no more than are needed to
    see that there is no room."""
    first, last = (datetime.fromtimestamp(ms / 1000, zone(zone_name)) for ms in (start_ms, end_ms))
    at = first.replace(hour=0, minute=0, second=0, microsecond=0)
    at = at if scale.step else at.replace(day=1)
    if scale.step and (last - at) / timedelta(minutes=scale.step) > 20 * columns:
        return
    given = 0
    while at <= last and given <= columns:
        if at >= first:
            given += 1
            yield int((at - first) / (last - first) * columns) if last > first else 0, at
        at = at + timedelta(minutes=scale.step) if scale.step else (at + timedelta(days=32)).replace(day=1)
