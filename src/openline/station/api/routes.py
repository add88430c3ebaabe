"""The table of the local API, and the service that answers.

Rules of this file: a route resolves names, asks one thing of the station, and tells the answer; it decides nothing.
"""

from __future__ import annotations

from typing import Final

from openline.station import remarks
from openline.station.api import (
    routes_about,
    routes_duty,
    routes_items,
    routes_keep,
    routes_record,
    routes_voice,
)
from openline.station.api import types as t
from openline.station.api.app import Asked, Route
from openline.station.api.citing import Citations
from openline.station.api.drafts import Drafts
from openline.station.api.inbox import InboxView
from openline.station.api.keep import Copies
from openline.station.api.offers import OfferView
from openline.station.api.outbox import OutboxView
from openline.station.api.reading import Reading
from openline.station.api.record_view import RecordView
from openline.station.api.views import Views
from openline.station.config import Config
from openline.station.driver import Driver, KeyKeeper
from openline.station.duty import Duty
from openline.station.talking import Talking
from openline.wire.accord import encode_signed
from openline.wire.errors import Misuse
from openline.wire.limits import BLOB_BYTES_MAX
from openline.wire.said import say
from openline.wire.terms import Lane


class Service:
    """What the routes ask of a running station. Made before the runner runs: it watches the record from the start."""

    def __init__(
        self, runner: Driver, keeper: KeyKeeper, copies: Copies, config: Config | None = None, config_file: str = ""
    ) -> None:
        self.runner = runner
        self.keeper, self.copies = keeper, copies
        self.citations = Citations(runner.desk.ctx)
        folder = None if config is None else remarks.store_folder(config.station.store)
        self.drafts = Drafts(runner, self.citations, folder)
        self.duty = Duty(runner, config, config_file)
        self.talking = Talking(runner, None if config is None else config.voice)
        self.views = Views(runner, self.citations, self.duty)
        reading = Reading(runner.desk.ctx, self.citations)
        self.offers = OfferView(runner, self.citations, reading, self.duty.book)
        self.inbox = InboxView(runner, self.citations, reading, self.offers, self.duty)
        self.outbox = OutboxView(runner, self.citations, reading)
        self.record = RecordView(runner, self.citations, reading, self.inbox)

    def status(self) -> t.Status:
        """How everything stands."""
        return self.views.status(len(self.drafts.known), len(self.inbox.unopened), len(self.offers.waiting_for_us()))


def _lane(asked: Asked) -> Lane:
    name = asked.query.get("lane", "liaison").upper()
    if name not in Lane.__members__:
        raise Misuse(say("no lane is named {name}", name=name.lower()), next_step=say("There is liaison and safety."))
    return Lane[name]


async def _status(service: Service, asked: Asked) -> t.Status:
    return service.status()


async def _why(service: Service, asked: Asked) -> t.Explained:
    return service.views.why(service.drafts.translator.line(asked.path["line"]), _lane(asked))


async def _accord(service: Service, asked: Asked) -> bytes:
    return encode_signed(service.runner.desk.ctx.signed)


async def _pages(service: Service, asked: Asked) -> dict[str, str]:
    return {"pages": await service.drafts.keep_pages(asked.body)}


async def _draft(service: Service, asked: Asked) -> t.Drafted:
    return await service.drafts.make(asked.body, asked.query.get("by", ""))


async def _drafts(service: Service, asked: Asked) -> tuple[t.Drafted, ...]:
    return service.drafts.all()


async def _one_draft(service: Service, asked: Asked) -> t.Drafted:
    return service.drafts.one(asked.path["draft"])


async def _approve(service: Service, asked: Asked) -> t.Drafted:
    return await service.drafts.approve(asked.path["draft"], asked.body)


async def _give_back(service: Service, asked: Asked) -> t.Drafted:
    return await service.drafts.give_back(asked.path["draft"], asked.body)


async def _drop(service: Service, asked: Asked) -> t.Done:
    await service.drafts.drop(asked.path["draft"])
    return t.Done()


BY: Final = (("by", "the officer who drafts it: a note beside a draft that waits"),)
LANE: Final = (("lane", "liaison, unless given"),)

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/status", "How everything stands.", _status, gives=t.Status),
    Route("GET", "/v1/lines/{line}/why", "Why a line is silent, or is not.", _why, gives=t.Explained, query=LANE),
    Route("GET", "/v1/accord", "The signed accord.", _accord, gives=bytes),
    Route(
        "POST", "/v1/pages", "Hand in the pages of a document that is going to be drafted.", _pages,
        takes=bytes, gives=dict[str, str], body_max=BLOB_BYTES_MAX,
    ),
    Route(
        "POST", "/v1/drafts", "Draft a command; it is recorded at once if no officer need approve it.", _draft,
        takes=t.AnyCommand, gives=t.Drafted, query=BY,
    ),
    Route("GET", "/v1/drafts", "Drafts that wait for officers.", _drafts, gives=tuple[t.Drafted, ...]),
    Route("GET", "/v1/drafts/{draft}", "One draft.", _one_draft, gives=t.Drafted),
    Route(
        "POST", "/v1/drafts/{draft}/approvals", "Approve a draft; it is recorded when it has all it needs.", _approve,
        takes=t.Approve, gives=t.Drafted,
    ),
    Route(
        "POST", "/v1/drafts/{draft}/return", "Give a draft back with a reason; it goes on waiting.", _give_back,
        takes=t.GiveBack, gives=t.Drafted,
    ),
    Route("DELETE", "/v1/drafts/{draft}", "Take a draft back.", _drop),
    *routes_about.ROUTES,
    *routes_duty.ROUTES,
    *routes_voice.ROUTES,
    *routes_items.ROUTES,
    *routes_keep.ROUTES,
    *routes_record.ROUTES,
)  # fmt: skip
