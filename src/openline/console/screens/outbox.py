"""The outbox: what of ours is on its way, how far it got and whose word that is; and one button to try again now.

Rules of this file: nothing says "arrived" that only a carrier says; what the station says in sentences is said as it
came where this console has no translation of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from openline.console import telling
from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.live import Look
from openline.console.places import Place
from openline.console.signs import Sign
from openline.console.words import Words
from openline.console.words import marked as _
from openline.station.api import types_items

if TYPE_CHECKING:
    from openline.console.app import Console

LISTED: Final = 100


STATES: Final = {
    "recorded": Sign("○", "recorded", "warn"),
    "on_its_way": Sign("◔", "on its way", "note"),
    "kept_by_relay": Sign("◑", "kept by the relay", "note"),
    "delivered": Sign("●", "delivered", "calm"),
    "shown": Sign("●", "shown there", "calm"),
    "acknowledged": Sign("●", "acknowledged by an officer", "calm"),
    "answered": Sign("●", "answered in writing", "calm"),
}
SAYS: Final = (  # sentences of station/api/outbox.py, word for word: a test holds them to it
    _("their station holds it, and signed that it does"),
    _("an officer there opened it"),
    _("an officer there took note of it"),
    _("it was answered"),
    _("their station holds its entry; its pages are on their way"),
    _("their station hints that it holds it; its signed word is to come"),
    _("in our record; no path has taken it yet"),
    _("this station is fetching its own record back"),
    _("no live or relay path is up; it goes at once when one is, or by courier"),
    _("it is fetched when their station attaches"),
    _("nothing waits"),
    _("sent again"),
    _("nothing to send again: a relay keeps all of it for them already"),
    _("no path is up; those that are down connect now"),
)


async def outbox(asked: Asked) -> Response:
    return await asked.page("outbox.html", **await _found(asked.console), tried=None)


async def try_now(asked: Asked) -> Response:
    """Send what waits again, by every path that is up; and say by which it went."""
    tried = await asked.console.link.post("/v1/outbox/try", None, types_items.Tried)
    return await asked.page("outbox.html", **await _found(asked.console), tried=tried)


async def listed(console: Console, look: Look, words: Words, _argument: str) -> str:
    """The region of the list."""
    return console.pages.part("outbox_list.html", words, look=look, **await _found(console))


async def _found(console: Console) -> dict[str, Any]:
    found = await console.link.get("/v1/outbox", types_items.Outbox, limit=LISTED)
    return {"found": found, "states": STATES, "telling": telling}


REGIONS: Final = {"outbox": listed}
PLACES: Final = (
    Place("GET", "/outbox", outbox, ANYONE, "Outbox", nav=5),
    Place("POST", "/outbox/try", try_now, DUTY),
)
