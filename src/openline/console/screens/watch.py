"""The watch: who holds each post, what whoever relieves them must know, and the handover at one recorded moment.

Rules of this file:
1. Coming on is the handover: one press, one moment, both names, as the station recorded them. No list to tick can keep
   anybody from a post, for its holder may be gone.
2. Going off leaves the post unattended, and is said so before it is done.
3. Presence is intelligence: withholding it is lawful, shown in words, and drafted like any act.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from openline.console import forms
from openline.console.accounts.gate import AccountsGate, session_of
from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.drafting import drafted
from openline.console.forms import Problems
from openline.console.link import Link
from openline.console.live import Look
from openline.console.moments import day_and_time
from openline.console.places import SIGN_IN, Place
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_duty, types_items
from openline.station.api.answers import part
from openline.wire.errors import Refused

if TYPE_CHECKING:
    from openline.console.app import Console

LOG_DAYS: Final = 14
LOG_MAX: Final = 60
ITEMS_MAX: Final = 20
ANSWERED: Final = "answered"
MODES: Final = ("shown", "withheld")


async def watch(asked: Asked) -> Response:
    return await _page(asked, ())


async def _page(asked: Asked, tested: tuple[types_duty.Tested, ...] | None) -> Response:
    look, link = await asked.look(), asked.console.link
    watches = await link.get("/v1/watch", types_duty.Watches, days=LOG_DAYS)
    taken = next((each for each in watches.now if asked.acting and each.officer == asked.acting.officer), None)
    return await asked.page(
        "watch.html",
        watches=watches,
        log=watches.log[:LOG_MAX],
        taken=taken if "taken" in asked.query else None,
        tested=tested,
        recorded="recorded" in asked.query,
        withheld=await _withheld(link, look),
        **await relief(link, look),
    )


async def _withheld(link: Link, look: Look) -> bool:
    """Whether we withhold presence, as the evidence about any line tells."""
    if not look.status.lines:
        return False
    found = await link.get(f"/v1/lines/{part(look.status.lines[0].id)}/why", t.Explained)
    return not found.evidence.get("we_send_pulses", True)


async def relief(link: Link, look: Look) -> dict[str, Any]:
    """What whoever comes on must know."""
    inbox, outbox, offers, drafts = await asyncio.gather(
        link.get("/v1/inbox", types_items.Inbox, limit=ITEMS_MAX),
        link.get("/v1/outbox", types_items.Outbox, limit=ITEMS_MAX),
        link.get("/v1/offers", types_items.Offers, limit=ITEMS_MAX),
        link.get("/v1/drafts", tuple[t.Drafted, ...]),
    )
    sent = (*outbox.waiting, *outbox.recent)
    today = day_and_time(look.status.now_s, look.us.zone)[0]
    return {
        "unopened": [item for item in inbox.items if not item.opened],
        "due_from_us": [item for item in inbox.items if item.due_s and item.receipt != ANSWERED],
        "due_from_them": [each for each in sent if each.due_s and each.state != ANSWERED],
        "drafts": drafts,
        "offers": [offer for offer in offers.offers if offer.waits_for and not offer.lapsed],
        "calls": [x for x in look.calls.last if day_and_time(x.started_s, look.us.zone)[0] == today],
        "cuts": [line.id for line in look.status.lines if any(lane.cut for lane in line.lanes.values())],
    }


async def come_on(asked: Asked) -> Response:
    """The officer who is signed in takes a post; from whoever holds it, this is the handover."""
    form = await asked.form()
    if isinstance(asked.console.gate, AccountsGate):
        gate, session = await session_of(asked)
        if session.post is not None and session.post != form["post"]:
            raise Refused(
                asked.words("You hold another post in this session."),
                next_step=asked.words("Go off watch there first."),
            )
        await gate.come_on(session, form["post"])
    else:
        asks = types_duty.WatchOn(officer=asked.officer, post=form["post"] or None)
        await asked.console.link.post("/v1/watch/on", asks, types_duty.Watch)
    return asked.go("/watch?taken=1")


async def off_form(asked: Asked) -> Response:
    return await _off_page(asked, asked.query.get("post", ""), Problems())


async def _off_page(asked: Asked, post: str, problems: Problems) -> Response:
    return await asked.page("watch_off.html", status=400 if problems else 200, post=post, problems=problems)


async def go_off(asked: Asked) -> Response:
    """The watch ends and nobody takes it over; a session that was bound to it ends with it."""
    form, problems = await asked.form(), Problems()
    if not forms.sure(asked, form, problems):
        return await _off_page(asked, form["post"], problems)
    await _own(asked, form["post"])
    kept = await session_of(asked) if isinstance(asked.console.gate, AccountsGate) else None  # it ends with the watch
    await asked.console.link.post("/v1/watch/off", types_duty.WatchOff(post=form["post"] or None), types_duty.Watch)
    if kept is not None:
        gate, session = kept
        gate.accounts.sessions.end(session, gate.accounts.now().clock_s, "went off watch")
        return gate.signed_out(asked.go(SIGN_IN))
    return asked.go("/watch")


async def _own(asked: Asked, post: str) -> None:
    """Whether whoever asks holds this post.

    Raises:
        Refused: another does, or nobody: an officer ends no watch but their own.
    """
    watches = await asked.console.link.get("/v1/watch", types_duty.Watches)
    if (post, asked.officer) not in {(each.post, each.officer) for each in watches.now}:
        raise Refused(
            asked.words("You do not hold this post."), next_step=asked.words("Take the watch over, if it is yours now.")
        )


async def presence(asked: Asked) -> Response:
    """Draft that signs of life are shown or withheld."""
    form = await asked.form()
    mode = form["mode"] if form["mode"] in MODES else "shown"
    return await drafted(asked, t.SetPresence(mode=cast("Any", mode)), "/watch")


async def test(asked: Asked) -> Response:
    """Deliver a test by every way that alarms take to people, and say what came of it."""
    tested = await asked.console.link.post("/v1/alarms/test", None, tuple[types_duty.Tested, ...])
    return await _page(asked, tested)


async def _region(console: Console, look: Look, words: Words, _argument: str) -> str:
    return console.pages.part("watch_part.html", words, look=look, **await relief(console.link, look))


async def _posts(console: Console, look: Look, words: Words, _argument: str) -> str:
    watches = await console.link.get("/v1/watch", types_duty.Watches)
    return console.pages.part("watch_posts.html", words, look=look, watches=watches)


REGIONS: Final = {"relief": _region, "posts": _posts}

PLACES: Final = (
    Place("GET", "/watch", watch, ANYONE, "Watch", nav=80),
    Place("POST", "/watch/on", come_on, DUTY),
    Place("GET", "/watch/off", off_form, DUTY, "Go off watch"),
    Place("POST", "/watch/off", go_off, DUTY),
    Place("POST", "/watch/presence", presence, DUTY),
    Place("POST", "/watch/test", test, DUTY),
)
