"""The inbox: what of theirs there is, the unopened first by precedence.

Rules of this file: a list tells the other side nothing, and shows no text of what was not opened; opening is an act on
the item's own page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from openline.console import notice_forms, telling
from openline.console.acting import ANYONE
from openline.console.asked import Asked
from openline.console.live import Look
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types_items

if TYPE_CHECKING:
    from openline.console.app import Console

LISTED: Final = 100
LISTED_MAX: Final = 1000
SHARED: Final[dict[str, Any]] = {"more_at": LISTED_MAX, "telling": telling, "forms": notice_forms}


async def inbox(asked: Asked) -> Response:
    limit = _limit(asked.query.get("limit", ""))
    found = await asked.console.link.get("/v1/inbox", types_items.Inbox, limit=limit)
    return await asked.page("inbox.html", found=found, limit=limit, **SHARED)


async def listed(console: Console, look: Look, words: Words, argument: str) -> str:
    """The region of the list. `argument`: how many are listed."""
    limit = _limit(argument)
    found = await console.link.get("/v1/inbox", types_items.Inbox, limit=limit)
    return console.pages.part("inbox_list.html", words, look=look, found=found, limit=limit, **SHARED)


def _limit(text: str) -> int:
    return min(max(int(text), 1), LISTED_MAX) if text.isdecimal() and len(text) < 6 else LISTED


REGIONS: Final = {"inbox": listed}
PLACES: Final = (Place("GET", "/inbox", inbox, ANYONE, "Inbox", nav=3),)
