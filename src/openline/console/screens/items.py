"""One item's page: what it says beside its translations and corrections, its receipts, and what is done with it.

Rules of this file:
1. Looking tells the other side nothing; opening is a button that says beforehand what it sends.
2. A correction erases nothing: both versions stand on the page, each marked.
3. What was not opened is not on the page but behind a fold that says that they are told nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.responses import Response

from openline.console import notice_forms, sending, telling
from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.live import Look
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_items
from openline.wire.errors import Misuse, OpenlineError, Refused
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.console.app import Console

BESIDE_MAX: Final = 6  # versions of one item beside it


class Beside(NamedTuple):
    """An item that belongs beside another. `how`: original, translates, corrected or corrects."""

    how: str
    item: types_items.Item


async def found(asked: Asked, ref: str) -> types_items.Item:
    """The item of that name.

    Raises:
        Misuse: nothing of that name, or an offer.
    """
    one = await asked.console.link.get("/v1/inbox/item", types_items.One, ref=ref)
    if one.item is None:
        raise Misuse(say("{ref} is an offer", ref=ref), next_step=say("It is among the acts."))
    return one.item


async def page(asked: Asked) -> Response:
    one = await asked.console.link.get("/v1/inbox/item", types_items.One, ref=asked.path["ref"])
    if one.item is None:
        return asked.go("/acts")
    return await shown(asked, one.item)


async def shown(asked: Asked, item: types_items.Item, error: OpenlineError | None = None) -> Response:
    """An item's page, with what went wrong."""
    return await asked.page(
        "item.html", status=200 if error is None else 409, item=item, beside=await beside(asked, item),
        telling=telling, forms=notice_forms, error=None if error is None else asked.fault(error),
        sent=asked.query.get("sent", ""),
    )  # fmt: skip


async def receipts(console: Console, look: Look, words: Words, argument: str) -> str:
    """The region of an item's receipts and answers. `argument`: its id."""
    one = await console.link.get("/v1/inbox/item", types_items.One, ref=argument)
    if one.item is None:
        return ""
    return console.pages.part("item_receipts.html", words, look=look, item=one.item, telling=telling)


async def beside(asked: Asked, item: types_items.Item) -> list[Beside]:
    """The other versions of an item: what it translates or corrects, and what translates or corrects it."""
    wanted = [("original", item.translation_of), ("corrected", item.corrects)]
    wanted += [(each.how, each.id) for each in item.named_by if each.how != "answers"][-BESIDE_MAX:]
    named = [(how, ref) for how, ref in wanted if telling.leads(ref)]
    return [
        Beside(how, one)
        for (how, _), one in zip(named, await asyncio.gather(*(_one(asked, ref) for _, ref in named)), strict=True)
        if one is not None
    ]


async def _one(asked: Asked, ref: str) -> types_items.Item | None:
    """None for what is no item: their side may name anything."""
    try:
        return await found(asked, ref)
    except (Misuse, Refused):
        return None


async def opened(asked: Asked) -> Response:
    """Open it, which tells their side that it was shown."""
    ref = asked.path["ref"]
    try:
        opening = types_items.Open(ref=ref, officer=asked.officer)
        await asked.console.link.post("/v1/inbox/open", opening, types_items.Opened)
    except Refused as error:
        return await shown(asked, await found(asked, ref), error)
    return asked.go("/items/" + telling.named(ref))


async def acknowledged(asked: Asked) -> Response:
    """Draft the officer's own word that note was taken; the officer signs it on the draft's page."""
    ref = asked.path["ref"]
    try:
        drafted = await sending.send(asked, t.Acknowledge(target=ref, officer=asked.officer))
    except Refused as error:
        return await shown(asked, await found(asked, ref), error)
    return sending.onwards(asked, drafted)


REGIONS: Final = {"receipts": receipts}
PLACES: Final = (
    Place("GET", "/items/{ref:path}", page, ANYONE, "Item"),
    Place("POST", "/items/{ref:path}/open", opened, DUTY),
    Place("POST", "/items/{ref:path}/acknowledge", acknowledged, DUTY),
)
