"""History: how each line stood over hours to years, drawn and as a table, zoomed by links.

Rules of this file: the drawing and the table are of the same answer; days are those of our own zone; a time that cannot
be read is said beside its field, and what was typed stays.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.responses import Response

from openline.console.acting import ANYONE
from openline.console.asked import Asked
from openline.console.draw import strip, svg
from openline.console.live import Look
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types_duty
from openline.station.columns import stretches
from openline.wire.errors import Misuse

if TYPE_CHECKING:
    from openline.console.app import Console

DAY_S: Final = 86_400
SPANS: Final = {"day": DAY_S, "week": 7 * DAY_S, "month": 30 * DAY_S, "year": 365 * DAY_S, "years": 5 * 365 * DAY_S}
ROWS_MAX: Final = 200


class Shown(NamedTuple):
    """What is shown: `span` is one of `SPANS`, or "" for a chosen time; `until_s` None: up to now."""

    from_s: int
    until_s: int | None
    span: str


async def history(asked: Asked) -> Response:
    """The page. Query: `line`; `span` with `until` (seconds), or `from` and `to` (days of ours)."""
    _, query = asked.words, asked.query
    look = await asked.look()
    zone, line = look.us.zone, query.get("line", "")
    error: dict[str, str] = {}
    try:
        shown = chosen(query, zone, look.status.now_s, _)
    except Misuse as misuse:
        error, shown = asked.fault(misuse), Shown(look.status.now_s - SPANS["week"], None, "week")
    found = await asked.console.link.get(
        "/v1/history", types_duty.History, **{"line": line or None, "from": shown.from_s, "until": shown.until_s}
    )
    time = strip.Time(found.from_s, found.until_s, found.zone)
    return await asked.page(
        "history.html",
        status=400 if error else 200,
        error=error,
        drawn=[(each, strip.strip(each, time, _, n), rows(each, found.until_s)) for n, each in enumerate(found.lines)],
        patterns=svg.patterns(),
        legend=strip.legend(found.lines, _),
        marks=strip.MARKS,
        line=line,
        lines=[each.id for each in look.agreed.lines],
        found=found,
        shown=shown,
        zooms=[(name, _(title), link(line, span=name, until=shown.until_s)) for name, title in TITLES.items()],
        moves=moves(shown, found, line),
        first=query.get("from", "") if error else day(found.from_s, zone),
        last=query.get("to", "") if error else day(found.until_s - 1, zone),
        rows_max=ROWS_MAX,
    )


TITLES: Final = {"day": "Day", "week": "Week", "month": "Month", "year": "Year", "years": "Five years"}


def chosen(query: Any, zone: str, now_s: int, _: Words) -> Shown:
    """What a query asks for.

    Raises:
        Misuse: no such span, no such day, or a time that ends before it begins.
    """
    first, last = query.get("from", ""), query.get("to", "")
    if first or last:
        start, end = _day(first, zone, _), _day(last or first, zone, _) + timedelta(days=1)
        if start >= end or start.timestamp() >= now_s:
            raise Misuse(_("This time is empty."), next_step=_("Choose a first day that is past and before the last."))
        return Shown(int(start.timestamp()), min(int(end.timestamp()), now_s), "")
    span, until = query.get("span", "week"), query.get("until", "")
    if span not in SPANS or (until and not (until.isascii() and until.isdecimal() and len(until) <= 12)):
        raise Misuse(_("There is no such time."), next_step=_("Choose one of the spans, or two days."))
    until_s = min(int(until), now_s) if until else now_s
    return Shown(max(until_s - SPANS[span], 0), until_s if until and until_s < now_s else None, span)


def _day(text: str, zone: str, _: Words) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        what = _("This is no day: {text}").format(text=text or "–")
        raise Misuse(what, next_step=_("Write it as 2021-07-27.")) from None


def day(at_s: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at_s, ZoneInfo(zone)):%Y-%m-%d}"


def link(line: str, **query: str | int | None) -> str:
    """The address of a time of one line, or of all."""
    given = {"line": line or None, **query}
    return "/history?" + urlencode({name: value for name, value in given.items() if value is not None})


def moves(shown: Shown, found: types_duty.History, line: str) -> dict[str, str]:
    """Earlier and later by one span; later is "" at the present."""
    length = found.until_s - found.from_s
    span = shown.span or min(SPANS, key=lambda name: abs(SPANS[name] - length))
    later = found.until_s + length
    return {
        "earlier": link(line, span=span, until=found.from_s),
        "later": "" if found.until_s >= found.now_s else link(line, span=span, until=min(later, found.now_s)),
        "now": link(line, span=span),
    }


class Row(NamedTuple):
    """One row of the table: how the line stood between two times."""

    from_s: int
    until_s: int
    formal: str
    observed: str


def rows(line: types_duty.LineHistory, until_s: int) -> list[Row]:
    """The newest first, `ROWS_MAX` at most."""
    whole = list(stretches(line.changes, until_s))[-ROWS_MAX:]
    return [Row(change.at_s, end_s, change.formal, change.observed) for change, end_s in whole[::-1]]


async def days(console: Console, look: Look, words: Words, _argument: str) -> str:
    """The region of the last day of every line."""
    found = await look.link.get("/v1/history", types_duty.History, days=1)
    time = strip.Time(found.from_s, found.until_s, found.zone)
    drawn = [(each.line, strip.day(each, time, words)) for each in found.lines]
    return console.pages.part("history_days.html", words, drawn=drawn, patterns=svg.patterns())


REGIONS: Final = {"days": days}

PLACES: Final = (Place("GET", "/history", history, ANYONE, "History", nav=60),)
