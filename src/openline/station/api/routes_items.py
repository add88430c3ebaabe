"""The part of the API's table on items and offers: inbox, outbox, offers.

Rules of this file: as `routes`. What is named stands in the query, for a place holds a slash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openline.station.api import types_items as t
from openline.station.api.app import Asked, Route
from openline.station.api.asking import whole
from openline.wire.errors import Misuse
from openline.wire.limits import NOTE_BYTES_MAX
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.station.api.routes import Service

LISTED: Final = 50
LISTED_MAX: Final = 1000
REF: Final = (("ref", "a citation, a place or an id"),)
LIMIT: Final = (("limit", f"how many of each kind are listed; {LISTED} unless given, {LISTED_MAX} at most"),)


def _ref(asked: Asked) -> str:
    if "ref" not in asked.query:
        raise Misuse(say("no ref is given"), next_step=say("Name what is meant: ?ref=…"))
    return asked.query["ref"]


def _limit(asked: Asked) -> int:
    return whole(asked, "limit", LISTED, LISTED_MAX)


async def _inbox(service: Service, asked: Asked) -> t.Inbox:
    return service.inbox.all(_limit(asked))


async def _item(service: Service, asked: Asked) -> t.One:
    return service.inbox.one(_ref(asked))


async def _documents(service: Service, asked: Asked) -> t.Documents:
    return service.inbox.all_documents(_limit(asked), asked.query.get("before", ""))


async def _open(service: Service, asked: Asked) -> t.Opened:
    return await service.inbox.open(asked.body)


async def _pages(service: Service, asked: Asked) -> bytes:
    return await service.inbox.pages(_ref(asked))


async def _outbox(service: Service, asked: Asked) -> t.Outbox:
    return service.outbox.all(_limit(asked))


async def _try_now(service: Service, asked: Asked) -> t.Tried:
    return await service.outbox.try_now()


async def _offers(service: Service, asked: Asked) -> t.Offers:
    return service.offers.all(_limit(asked))


async def _suspensions(service: Service, asked: Asked) -> t.Suspensions:
    return service.offers.suspensions(_limit(asked))


async def _text(service: Service, asked: Asked) -> bytes:
    body: t.StatementText = asked.body
    return service.offers.text(body.texts, minute=body.minute)


async def _text_of(service: Service, asked: Asked) -> bytes:
    return service.offers.text_of(_ref(asked))


async def _signed(service: Service, asked: Asked) -> t.SignedStatement:
    return service.offers.signed(asked.body)


async def _published(service: Service, asked: Asked) -> bytes:
    ref = _ref(asked)  # in a turn: what is published is durable here first
    return await service.runner.ask(lambda desk, now: service.offers.published(ref))


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/inbox", "What of theirs there is.", _inbox, gives=t.Inbox, query=LIMIT),
    Route("GET", "/v1/inbox/item", "One item or offer of either side, whole.", _item, gives=t.One, query=REF),
    Route(
        "GET", "/v1/documents", "Documents of both sides, newest first.", _documents, gives=t.Documents,
        query=(*LIMIT, ("before", "a document: only those that came before it are listed")),
    ),
    Route("GET", "/v1/inbox/pages", "The pages of a document.", _pages, gives=bytes, query=REF),
    Route(
        "POST", "/v1/inbox/open", "Open an item of theirs: their side is told that it was shown.", _open,
        takes=t.Open, gives=t.Opened,
    ),
    Route("GET", "/v1/outbox", "What of ours is on its way, and how far it got.", _outbox, gives=t.Outbox, query=LIMIT),
    Route("POST", "/v1/outbox/try", "Send what waits again now.", _try_now, gives=t.Tried),
    Route(
        "GET", "/v1/offers", "Proposals, amendments, announcements and minutes.", _offers, gives=t.Offers, query=LIMIT
    ),
    Route(
        "GET", "/v1/suspensions", "Suspensions, and when each is lifted.", _suspensions, gives=t.Suspensions,
        query=LIMIT,
    ),
    Route(
        "POST", "/v1/offers/text", "What announcement keys sign, for texts that nobody signed yet.", _text,
        takes=t.StatementText, gives=bytes,
    ),
    Route("GET", "/v1/offers/text", "What announcement keys sign, for an offer.", _text_of, gives=bytes, query=REF),
    Route(
        "POST", "/v1/offers/signed", "Read a statement that our announcement keys signed elsewhere.", _signed,
        takes=bytes, gives=t.SignedStatement, body_max=NOTE_BYTES_MAX,
    ),
    Route(
        "GET", "/v1/offers/published", "An announcement or minute that both have signed, as it is published.",
        _published, gives=bytes, query=REF,
    ),
)  # fmt: skip
