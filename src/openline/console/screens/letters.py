"""Letters: written and sealed in the page, carried as they are, opened in the page by whoever has the key.

Rules of this file: no text of a letter and no key ever comes here: forms bring sealed files alone, and what a page
gives out is a sealed file and what the accord says of principals.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, Final

import msgspec
from starlette.responses import Response

from openline.console import sealed, sending, telling
from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.places import Place
from openline.console.screens import items
from openline.station.api import types as t
from openline.station.api import types_agreed, types_items
from openline.wire.errors import Misuse, OpenlineError, Refused

LISTED: Final = 1000


async def letters(asked: Asked) -> Response:
    return await _page(asked)


async def _page(asked: Asked, error: OpenlineError | None = None) -> Response:
    link = asked.console.link
    inbox, outbox, agreed = await asyncio.gather(
        link.get("/v1/inbox", types_items.Inbox, limit=LISTED),
        link.get("/v1/outbox", types_items.Outbox, limit=LISTED),
        link.get("/v1/agreed", types_agreed.Agreed),
    )
    return await asked.page(
        "letters.html", status=200 if error is None else 409, error=None if error is None else asked.fault(error),
        theirs=[item for item in inbox.items if item.kind == "letter"],
        ours=[sent for sent in (*outbox.waiting, *outbox.recent) if sent.kind == "letter"],
        agreed=told(agreed), to=agreed.sides[1 - agreed.us].principals, writes=agreed.sides[agreed.us].language,
        sent=asked.query.get("sent", ""), telling=telling,
    )  # fmt: skip


def told(agreed: types_agreed.Agreed) -> str:
    """What the page has to know of the accord: its id, and each side's principals."""
    sides = [{"name": side.name, "principals": msgspec.to_builtins(side.principals)} for side in agreed.sides]
    return json.dumps({"accord": agreed.id, "us": agreed.us, "sides": sides})


async def send(asked: Asked) -> Response:
    """Hand a sealed file to the station."""
    form = await asked.form()
    try:
        drafted = await sending.send(asked, t.Letter(to=form["to"], age=sealed.sealed_file(form["age"])))
    except (Misuse, Refused) as error:
        return await _page(asked, error)
    return sending.onwards(asked, drafted, "/letters?sent=1")


async def letter(asked: Asked) -> Response:
    item, agreed = await asyncio.gather(_letter(asked), asked.console.link.get("/v1/agreed", types_agreed.Agreed))
    return await asked.page("letter.html", item=item, agreed=told(agreed), age=_base64(item), telling=telling)


async def file(asked: Asked) -> Response:
    """The sealed file as it came, to be carried to its addressee."""
    item = await _letter(asked)
    named: dict[str, Any] = {"content-disposition": f'attachment; filename="letter-{item.id[:16]}.age"'}
    return Response(item.age or b"", media_type="application/octet-stream", headers=named)


async def _letter(asked: Asked) -> types_items.Item:
    item = await items.found(asked, asked.path["ref"])
    if item.kind != "letter":
        raise Misuse(asked.words("This is no letter."), next_step=asked.words("Go to the letters."))
    return item


def _base64(item: types_items.Item) -> str:
    return base64.b64encode(item.age or b"").decode()


PLACES: Final = (
    Place("GET", "/letters", letters, ANYONE, "Letters", nav=9),
    Place("POST", "/letters/send", send, DUTY),
    Place("GET", "/letters/{ref}", letter, ANYONE, "Letter"),
    Place("GET", "/letters/{ref}/file", file, ANYONE),
)
