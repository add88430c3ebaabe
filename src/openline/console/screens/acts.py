"""Cut and restore: for each line and lane where it stands, whose word is awaited, and the way to every act.

Rules of this file: it shows and leads on; every act is typed, checked in words and then released, and no act is one
press of a button.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from openline.console import standing
from openline.console.acting import ANYONE
from openline.console.asked import Asked
from openline.console.link import Link
from openline.console.live import Look
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_items

if TYPE_CHECKING:
    from openline.console.app import Console

LISTED: Final = 200
PAST: Final = 20
NAMED: Final = 4  # proposals beside another that are named there; each has its own place on the page
ACTS: Final = ("suspend", "propose", "accept", "withdraw", "amendment")
RESTORING: Final = ("propose", "amendment", "generation")
STATEMENTS: Final = ("announcement", "minute")
RECORDED_MAX: Final = 100


async def acts(asked: Asked) -> Response:
    recorded = asked.query.get("recorded", "")[:RECORDED_MAX]
    look = await asked.look()
    return await asked.page("acts.html", recorded=recorded, **await gathered(asked.console.link, look))


async def gathered(link: Link, look: Look) -> dict[str, Any]:
    """What the page is made of."""
    offers, suspensions, drafts = await asyncio.gather(
        link.get("/v1/offers", types_items.Offers, limit=LISTED),
        link.get("/v1/suspensions", types_items.Suspensions, limit=LISTED),
        link.get("/v1/drafts", tuple[t.Drafted, ...]),
    )
    restoring = [offer for offer in offers.offers if offer.kind in RESTORING]
    waiting = [offer for offer in restoring if offer.waits_for and not offer.lapsed]
    return {
        "places": standing.places(look.status, suspensions.suspensions, offers.offers),
        "more": suspensions.more,
        "theirs": [offer for offer in waiting if offer.waits_for == "us" and offer.author != look.us.name],
        "ours": [offer for offer in waiting if offer.author == look.us.name],
        "counters": counters(waiting),
        "past": [offer for offer in restoring if offer not in waiting][:PAST],
        "statements": sum(
            offer.kind in STATEMENTS and offer.waits_for == "us" and offer.author != look.us.name
            for offer in offers.offers
        ),
        "drafts": [draft for draft in drafts if draft.kind in ACTS],
    }


def counters(offers: list[types_items.Offer]) -> dict[str, tuple[str, ...]]:
    """For each proposal, by its ref, the others that would restore some of the same."""
    proposals = [offer for offer in offers if offer.kind == "propose"]
    return {
        one.ref: tuple(islice((x.ref for x in proposals if x is not one and set(x.scope) & set(one.scope)), NAMED))
        for one in proposals
    }


async def _region(console: Console, look: Look, words: Words, _argument: str) -> str:
    return console.pages.part("acts_part.html", words, look=look, **await gathered(console.link, look))


REGIONS: Final = {"acts": _region}

PLACES: Final = (Place("GET", "/acts", acts, ANYONE, "Cut and restore", nav=7),)
