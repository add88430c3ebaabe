"""Routes that show the record as it stands.

Rules of this file: as in `routes`; nothing here changes or sends anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openline.station.api import types_record as t
from openline.station.api.app import Asked, Route
from openline.station.api.asking import time_s, whole
from openline.station.api.record_view import Wanted, cut_of
from openline.wire.errors import Misuse
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.station.api.routes import Service

ENTRIES: Final = 40
ENTRIES_MAX: Final = 200
TEXT_MAX: Final = 200
PLACES: Final = ("before", "after", "around", "until")


async def _entries(service: Service, asked: Asked) -> t.RecordWindow:
    view, query = service.record, asked.query
    limit = whole(asked, "limit", ENTRIES, ENTRIES_MAX)
    given = [name for name in PLACES if name in query]
    if len(given) > 1:
        raise Misuse(
            say("{one} and {other} are two places at once", one=given[0], other=given[1]),
            next_step=say("Give one of them."),
        )
    text = query.get("text", "")
    if len(text) > TEXT_MAX:
        raise Misuse(
            say("what is searched for is too long"),
            next_step=say("Give at most {count} characters of it.", count=str(TEXT_MAX)),
        )
    wanted = Wanted(
        query.get("side", ""), query.get("line", ""), query.get("kind", ""), text, time_s(asked, "since") or 0
    )
    if "around" in query:
        return await view.around(query["around"], limit)
    if "after" in query:
        return await view.newer(cut_of(query["after"]), wanted, limit)
    until_s = time_s(asked, "until")
    if until_s is not None:
        return await view.until(until_s, wanted, limit)
    return await view.older(cut_of(query["before"]) if "before" in query else None, wanted, limit)


async def _entry(service: Service, asked: Asked) -> t.RecordOne:
    return await service.record.one(asked.query.get("ref", ""))


async def _heads(service: Service, asked: Asked) -> t.RecordHeads:
    return await service.record.heads()


async def _compare(service: Service, asked: Asked) -> t.Compared:
    return service.record.compare(asked.query.get("place", ""), asked.query.get("id", ""))


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET", "/v1/record/entries", "A window of both chains, newest first; each entry with what it states.",
        _entries, gives=t.RecordWindow,
        query=(
            ("before", "entries before what a window named as older; the newest, unless given"),
            ("after", "entries after what a window named as newer"),
            ("around", "entries around the one of this name; nothing else is asked for then"),
            ("until", "entries before this time, in seconds"),
            ("since", "only entries from this time on, in seconds"),
            ("side", "only what this side wrote"),
            ("line", "only what concerns this line"),
            ("kind", "only entries of this kind"),
            ("text", "only entries that hold this text where it may be read here"),
            ("limit", f"at most so many; {ENTRIES}, unless given"),
        ),
    ),
    Route(
        "GET", "/v1/record/entry", "One entry: what it states, who signed it, its bytes and their hash.", _entry,
        gives=t.RecordOne, query=(("ref", "its place, citation or id"),),
    ),
    Route("GET", "/v1/record/heads", "Both heads, to be read out to the other side.", _heads, gives=t.RecordHeads),
    Route(
        "GET", "/v1/record/compare", "Hold a head that the other side named against this record.", _compare,
        gives=t.Compared, query=(("place", "as north 0/17"), ("id", "its id, or at least the first 8 digits of it")),
    ),
)  # fmt: skip
