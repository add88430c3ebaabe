"""The record: both chains drawn, a list to filter and search, an entry whole, an export.

Rules of this file: a page asks the station for one window and shows it; what an entry states is its author's claim, and
the page says so; what is proved is proved by an audit of an export, by another program, elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.responses import Response

from openline.console import signs
from openline.console.acting import ANYONE
from openline.console.asked import Asked
from openline.console.downloads import streamed
from openline.console.draw import chains, svg
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types_record
from openline.wire.errors import Misuse

FILTERS: Final = ("side", "line", "kind", "text", "day")
FACTS_MAX: Final = 4  # of an entry in the list
GROUP: Final = 4  # digits read out at once


async def record(asked: Asked) -> Response:
    """The page. Query: `side`, `line`, `kind`, `text`, `day` (of ours); `before` or `after`, as a window named them."""
    _, query = asked.words, asked.query
    look = await asked.look()
    filters = {name: query.get(name, "").strip() for name in FILTERS}
    error: dict[str, str] = {}
    try:
        window = await _window(asked, look.us.zone, filters)
    except Misuse as misuse:
        error = asked.fault(misuse)
        window = await asked.console.link.get("/v1/record/entries", types_record.RecordWindow, limit=chains.CELLS)
    heads = await asked.console.link.get("/v1/record/heads", types_record.RecordHeads)
    whole = not any(filters.values()) or bool(error)
    drawing = drawn(window, heads, _) if whole and window.entries else ""
    return await asked.page(
        "record.html",
        status=400 if error else 200,
        error=error,
        window=window,
        drawing=drawing,
        patterns=svg.patterns() if drawing else "",
        heads=heads,
        filters=filters,
        kinds=sorted(signs.KINDS, key=lambda kind: _(signs.KINDS[kind])),
        lines=[each.id for each in look.agreed.lines],
        older=_link(filters, before=window.older) if window.older else "",
        newer=_link(filters, after=window.newer) if window.newer else "",
        filtered=not whole,
        facts_max=FACTS_MAX,
        glyphs=chains.GLYPHS,
    )


def drawn(window: types_record.RecordWindow, heads: types_record.RecordHeads, _: Words, chosen: str = "") -> Any:
    """The chains of a window."""
    ids = {each.id for each in heads.chains}
    return chains.chains(window.entries[::-1], window.us, window.them, _, chosen=chosen, heads=ids)


async def _window(asked: Asked, zone: str, filters: Mapping[str, str]) -> types_record.RecordWindow:
    query: dict[str, str | int | None] = {name: filters[name] or None for name in ("side", "line", "kind", "text")}
    before, after = asked.query.get("before"), asked.query.get("after")
    if filters["day"]:
        first, last = day(filters["day"], zone, asked.words)
        query["since"] = first
        if before is None and after is None:
            query["until"] = last
    query |= {"before": before} if after is None else {"after": after}
    return await asked.console.link.get("/v1/record/entries", types_record.RecordWindow, limit=chains.CELLS, **query)


def day(text: str, zone: str, _: Words) -> tuple[int, int]:
    """The first instant of a day in a zone, and of the next.

    Raises:
        Misuse: it is no day.
    """
    try:
        start = datetime.fromisoformat(text).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=ZoneInfo(zone))
        return max(int(start.timestamp()), 0), max(int((start + timedelta(days=1)).timestamp()), 1)
    except (ValueError, OverflowError):
        what = _("This is no day: {text}").format(text=text)
        raise Misuse(what, next_step=_("Write it as 2021-07-27.")) from None


def _link(filters: Mapping[str, str], **more: str) -> str:
    given = {name: value for name, value in {**filters, **more}.items() if value}
    return "/record?" + urlencode(given)


# ---- one entry


async def entry(asked: Asked) -> Response:
    """One entry whole, in its place in the chains. Query: `ref`."""
    ref, _ = asked.query.get("ref", ""), asked.words
    link = asked.console.link
    one = await link.get("/v1/record/entry", types_record.RecordOne, ref=ref)
    around = await link.get(
        "/v1/record/entries", types_record.RecordWindow, around=one.entry.place, limit=chains.CELLS
    )
    heads = await link.get("/v1/record/heads", types_record.RecordHeads)
    return await asked.page(
        "record_entry.html",
        one=one,
        entry=one.entry,
        drawing=drawn(around, heads, _, one.entry.place),
        patterns=svg.patterns(),
        grouped=grouped(one.entry.id),
        address=lambda place: "/record/entry?" + urlencode({"ref": place}),
    )


def grouped(digits: str) -> str:
    """Digits as they are read out."""
    return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


# ---- export


async def export(asked: Asked) -> Response:
    """The whole record as one file, as the station makes it."""
    look = await asked.look()
    at = datetime.fromtimestamp(look.status.now_s, ZoneInfo("UTC"))
    pieces = asked.console.link.stream("GET", "/v1/record/export")
    return await streamed(f"{look.us.name}-{at:%Y%m%dT%H%MZ}.openline", pieces)


PLACES: Final = (
    Place("GET", "/record", record, ANYONE, "Record", nav=50),
    Place("GET", "/record/entry", entry, ANYONE),
    Place("GET", "/record/export", export, ANYONE),
)
