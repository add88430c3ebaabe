"""The place that takes a release: what the page `sign-and-release` asks and posts (its head says how a page uses it).

Rules of this file: the draft is asked of the station at every step, never taken from the browser; what the station says
of an approval is logged whatever it is.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from openline.console import body_told
from openline.console.accounts import releases
from openline.console.accounts.gate import session_of
from openline.console.accounts.releases import Asked as Draft
from openline.console.acting import DUTY, RELEASE, Acting, Unproved
from openline.console.asked import Asked
from openline.console.places import Place
from openline.station.api import types as t
from openline.station.api.answers import part
from openline.station.api.types_agreed import Agreed
from openline.wire.errors import Misuse, OpenlineError
from openline.wire.said import say

RECORDED: Final = "/record/entry"  # where whoever gave the last approval sees what came of it
BACK: Final = "/drafts"


class SignForm(NamedTuple):
    """What the component shows and signs. `back`: the path to go to while it waits for others; `refusal`: why this
    officer cannot release this draft, "" if they can; `told`: the reader's words for what the page reads, as JSON."""

    draft: t.Drafted
    accord: str
    side: int
    number: int
    officer: str
    key: str
    counter: int
    back: str
    refusal: str
    told: str


async def form(asked: Asked, draft: t.Drafted, back: str = BACK) -> SignForm:
    """The component's model, for a draft as the station gave it.

    Raises:
        OpenlineError: the station does not say who the officer is.
    """
    acting = _acting(asked)
    agreed = await _agreed(asked)
    who = releases.signer(agreed, acting.officer)
    counter, refusal = 0, ""
    try:
        counter = releases.ask(who, draft, acting.roles).counter
    except OpenlineError as error:
        refusal = error.what
    if acting.officer in draft.approved_by:
        refusal = say("you have approved this already; it needs another officer")
    _ = asked.words
    told = {
        "what": _("What"),
        "words": {
            **{name: _(word) for name, word in body_told.IN_PAGE.items() if word},
            "calls": [_("{side} calls").format(side=side.name) for side in agreed.sides],
        },
        "lines": [line.id for line in agreed.lines],
    }
    return SignForm(
        draft, who.accord_id.hex(), who.side, who.number, who.name, who.key, counter, path_of(back), refusal,
        json.dumps(told, ensure_ascii=False),
    )  # fmt: skip


async def options(asked: Asked) -> Response:
    """What the passkey is asked, and a ticket for one try; or why not, as JSON."""
    try:
        if isinstance(asked.console.gate, Unproved):
            return JSONResponse({"request": None, "ticket": ""})
        gate, session = await session_of(asked)
        draft = await _draft(asked)
        request, ticket = gate.accounts.releases.options(draft, session.binding, gate.accounts.now())
    except OpenlineError as error:
        return JSONResponse(asked.fault(error), status_code=409)
    return JSONResponse({"request": json.loads(request), "ticket": ticket})


async def release(asked: Asked) -> Response:
    """Hold the passkey's assertion to the draft, log it, and hand the officer's signature to the station.

    Raises:
        OpenlineError: it does not hold, or the station refused; both are in the log.
    """
    if isinstance(asked.console.gate, Unproved):
        return await _signed_alone(asked)
    gate, session = await session_of(asked)
    accounts, sent, draft = gate.accounts, await asked.form(), await _draft(asked)
    approval = accounts.releases.accept(
        draft, sent["answer"], sent["ticket"], sent["signature"], session.binding, accounts.now()
    )
    path = f"/v1/drafts/{part(draft.draft.id)}/approvals"
    try:
        told = await asked.console.link.post(path, approval, t.Drafted)
    except OpenlineError as error:
        accounts.releases.not_taken(draft, error.what, accounts.now())
        raise
    accounts.releases.taken(draft, told, accounts.now())
    return _onwards(asked, told, sent["back"])


def _onwards(asked: Asked, told: t.Drafted, back: str) -> Response:
    """To the entry, where this was the last approval; else to where the officer came from."""
    if told.entry is not None:
        return asked.go(f"{RECORDED}?ref={part(told.entry.place)}")  # not all that is signed is kept by its id
    return asked.go(path_of(back))


async def _signed_alone(asked: Asked) -> Response:
    """In a trial the officer's signature is all that there is; the station verifies it as ever."""
    sent, draft = await asked.form(), await _draft(asked)
    approval = t.Approve(officer=draft.signer.name, counter=draft.counter, signature=sent["signature"])
    told = await asked.console.link.post(f"/v1/drafts/{part(draft.draft.id)}/approvals", approval, t.Drafted)
    return _onwards(asked, told, sent["back"])


def path_of(address: str) -> str:
    """A path of this console, and nothing else, from what a form says to go back to."""
    found = urlsplit(address)
    is_path = found.path.startswith("/") and not found.netloc and "//" not in found.path and "\\" not in address
    return (found.path + (f"?{found.query}" if found.query else "")) if is_path else BACK


def _acting(asked: Asked) -> Acting:
    if asked.acting is None:
        raise Misuse(say("nobody is signed in"), next_step=say("Sign in."))
    return asked.acting


async def _agreed(asked: Asked) -> Agreed:
    look = asked.console.watcher.look
    return look.agreed if look is not None else await asked.console.link.get("/v1/agreed", Agreed)


async def _draft(asked: Asked) -> Draft:
    """The draft as the station has it now, and what this officer would sign."""
    acting = _acting(asked)
    drafted = await asked.console.link.get(f"/v1/drafts/{part(asked.path['draft'])}", t.Drafted)
    return releases.ask(releases.signer(await _agreed(asked), acting.officer), drafted, acting.roles)


PLACES: Final = (
    Place("POST", "/sign/{draft}/ask", options, RELEASE | DUTY),
    Place("POST", "/sign/{draft}", release, RELEASE | DUTY),
)
