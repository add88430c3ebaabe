"""Release: drafts that wait, and one of them as it would be signed, for each of its officers alike.

Rules of this file:
1. What is shown is decoded from the bytes that are signed, with the digest of those bytes, the same for every officer.
2. Whoever cannot sign is told before signing, and why: another's own word, approved already, no such role.
3. Returning a draft is a note among our officers; dropping it leaves nothing in the record.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from openline.console import body_told, telling
from openline.console.accounts import signing
from openline.console.acting import ANYONE, DUTY, RELEASE, Role
from openline.console.asked import Asked
from openline.console.live import Look
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_record
from openline.station.api.answers import part
from openline.wire.bodies import Body, Receipt
from openline.wire.errors import Misuse, OpenlineError, Refused
from openline.wire.limits import REASON_BYTES_MAX

if TYPE_CHECKING:
    from openline.console.app import Console

GROUP: Final = 4  # hex digits of a digest that are read out in one breath


async def drafts(asked: Asked) -> Response:
    found = await asked.console.link.get("/v1/drafts", tuple[t.Drafted, ...])
    return await asked.page("drafts.html", found=found, telling=telling)


async def listed(console: Console, look: Look, words: Words, _argument: str) -> str:
    """The region of the list."""
    found = await console.link.get("/v1/drafts", tuple[t.Drafted, ...])
    return console.pages.part("drafts_list.html", words, look=look, found=found, telling=telling)


async def draft(asked: Asked) -> Response:
    return await _page(asked)


async def _page(asked: Asked, error: OpenlineError | None = None) -> Response:
    try:
        drafted = await asked.console.link.get(_path(asked), t.Drafted)
    except Misuse:
        return await asked.page("draft_gone.html", status=404, draft=asked.path["draft"])
    look = await asked.look()
    body = body_told.body_of(bytes.fromhex(drafted.body))
    why = hinders(asked, drafted, body, look)
    sign = None if why else await signing.form(asked, drafted, f"/drafts/{part(drafted.id)}")
    rows = body_told.rows(body, look, await _names(asked, body), asked.words)
    return await asked.page(
        "draft.html", status=200 if error is None else 409, drafted=drafted, kind=body_told.kind(body),
        rows=rows, digest=groups(bytes.fromhex(drafted.body)),
        hinders=why, sign_form=sign, new=asked.query.get("new", ""),
        telling=telling, error=None if error is None else asked.fault(error),
    )  # fmt: skip


def groups(data: bytes) -> list[str]:
    """The SHA-256 of what is signed, in short groups to read out."""
    digest = hashlib.sha256(data).hexdigest()
    return [digest[at : at + GROUP] for at in range(0, len(digest), GROUP)]


def hinders(asked: Asked, drafted: t.Drafted, body: Body, look: Look) -> str:
    """Why whoever acts cannot approve this, "" if they can."""
    _ = asked.words
    officer = asked.officer
    if not drafted.needed:
        return _("It cannot be released any more: the record has changed since it was drafted.")
    if _number(asked, look) is None:
        return _("The accord names no such officer of ours.")
    own = look.us.officers[body.officer].name if isinstance(body, Receipt) else officer
    if own != officer:
        return f"{_('This is an officer’s own word, which nobody else gives. Officer')}: {own}"
    if officer in drafted.approved_by:
        return _("You have approved it. Another officer is needed.")
    may = RELEASE if not isinstance(body, Receipt) else RELEASE | DUTY
    if asked.acting is None or not may & asked.acting.roles:
        return _("Approving needs the role of a releaser.")
    return ""


def _number(asked: Asked, look: Look) -> int | None:
    names = [officer.name for officer in look.us.officers]
    return names.index(asked.officer) if asked.officer in names else None


async def _names(asked: Asked, body: Body) -> dict[bytes, str]:
    """How the entries that a body names are cited here."""

    async def name(identity: bytes) -> str:
        try:
            path = "/v1/record/entry"
            one = await asked.console.link.get(path, types_record.RecordOne, ref=identity.hex())
        except (Misuse, Refused):
            return f"{identity.hex()[:12]}…"
        return one.entry.ref

    named = body_told.ids(body)
    return dict(zip(named, await asyncio.gather(*(name(each) for each in named)), strict=True))


async def drop(asked: Asked) -> Response:
    """Take a draft back; nothing of it was recorded."""
    try:
        await asked.console.link.delete(_path(asked))
    except Refused as error:
        return await _page(asked, error)
    return asked.go("/drafts?dropped=1")


async def give_back(asked: Asked) -> Response:
    """Note why an officer does not approve it."""
    form, _ = await asked.form(), asked.words
    reason = form["reason"][:REASON_BYTES_MAX]
    if not reason:
        return await _page(asked, Misuse(_("Write the reason."), next_step=_("Whoever drafted it has to know.")))
    said = t.GiveBack(officer=asked.officer, reason=reason)
    try:
        await asked.console.link.post(f"{_path(asked)}/return", said, t.Drafted)
    except Refused as error:
        return await _page(asked, error)
    return asked.go(f"/drafts/{part(asked.path['draft'])}")


def _path(asked: Asked) -> str:
    return f"/v1/drafts/{part(asked.path['draft'])}"


REGIONS: Final[dict[str, Any]] = {"drafts": listed}
PLACES: Final = (
    Place("GET", "/drafts", drafts, ANYONE, "To release", nav=6),
    Place("GET", "/drafts/{draft}", draft, ANYONE, "Draft"),
    Place("POST", "/drafts/{draft}/drop", drop, frozenset({Role.OFFICER, Role.RELEASER})),
    Place("POST", "/drafts/{draft}/return", give_back, frozenset({Role.OFFICER, Role.RELEASER})),
)
