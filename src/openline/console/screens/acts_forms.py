"""The acts of state as forms: suspend, and propose a restoration; accept or withdraw an offer.

Rules of this file:
1. Before a draft is made, a page says in words exactly what would be signed and what it does; a suspension asks for a
   second word there.
2. No line is chosen beforehand for a cut; what the address names is only a mark in the form, for a person to look at.
3. Distress is never refused: the form says so, and the station holds it.
"""

from __future__ import annotations

from typing import Final, cast
from zoneinfo import ZoneInfo

from starlette.responses import Response

from openline.console import forms, standing
from openline.console.acting import DUTY
from openline.console.asked import Asked, Form
from openline.console.drafting import drafted, officers_needed
from openline.console.forms import Problems, Typed
from openline.console.live import Look
from openline.console.moments import asked_s, suggested
from openline.console.places import Place
from openline.console.screens.acts import LISTED
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_items
from openline.station.api.types_agreed import Agreed
from openline.station.sentences import ahead
from openline.wire.errors import Misuse
from openline.wire.limits import REASON_BYTES_MAX
from openline.wire.said import say

LANES: Final = ("liaison", "safety")
PULSE_USUAL_S: Final = 60
AHEAD_S: Final = 7200  # chosen: a proposal is first shown two hours ahead, for the other side to meet over
BACK: Final = "/acts"


def lanes_of(form: Form) -> tuple[t.LaneName, ...]:
    return cast("tuple[t.LaneName, ...]", tuple(lane for lane in LANES if lane in form.many("lane")))


def lines_of(form: Form, look: Look) -> tuple[str, ...]:
    """The lines that were marked, or all; in the accord's order."""
    known = [line.id for line in look.status.lines]
    return tuple(known) if form["which"] == "all" else tuple(line for line in known if line in form.many("line"))


def _scope(asked: Asked, form: Form, look: Look, problems: Problems) -> tuple[tuple[str, ...], tuple[t.LaneName, ...]]:
    _ = asked.words
    lines, lanes = lines_of(form, look), lanes_of(form)
    if not lines:
        problems["line"] = _("Mark the lines, or choose all of them.")
    if not lanes:
        problems["lane"] = _("Mark at least one lane.")
    return lines, lanes


# ---- suspend


async def suspend_form(asked: Asked) -> Response:
    marked = asked.query.get("line", "")
    lane = "safety" if asked.query.get("lane") == "safety" else "liaison"
    typed = Typed(which="some", line=marked, lane=lane, when="now")
    return await asked.page("act_suspend.html", problems=Problems(), typed=typed)


async def suspend(asked: Asked) -> Response:
    """Check a suspension, say what it does, or draft it."""
    form, look, _ = await asked.form(), await asked.look(), asked.words
    step, problems, typed = forms.step_of(form), Problems(), Typed(form)
    lines, lanes = _scope(asked, form, look, problems)
    if len(form["reason"].encode()) > REASON_BYTES_MAX:
        problems["reason"] = _("This is too long.")
    from_s = asked_s(problems, _, "from", typed, look.us.zone, look.status.now_s) if form["when"] == "at" else 0
    if problems or step == forms.CHANGE:
        return await asked.page("act_suspend.html", status=400 if problems else 200, problems=problems, typed=typed)
    command = t.Suspend(lines=lines, lanes=lanes, reason=form["reason"], from_s=from_s)
    if step == forms.DO and forms.sure(asked, form, problems):
        return await drafted(asked, command, BACK)
    chosen = [line for line in look.status.lines if line.id in lines]
    already = [line.id for line in chosen if any(line.lanes[lane].cut for lane in lanes)]
    return await asked.page(
        "act_suspend_check.html", status=400 if problems else 200, problems=problems, typed=typed, command=command,
        already=already, safety_cut=any(line.lanes["safety"].cut for line in chosen),
        needed=officers_needed(look, "suspend"),
    )  # fmt: skip


# ---- propose


async def propose_form(asked: Asked) -> Response:
    look = await asked.look()
    day, clock = suggested(look.status.now_s, look.us.zone, AHEAD_S)
    marked = asked.query.get("line")
    cut = tuple(line.id for line in look.status.lines if any(state.cut for state in line.lanes.values()))
    lanes = tuple(
        lane for lane in LANES
        if any(line.lanes[lane].cut for line in look.status.lines if marked is None or line.id == marked)
    )  # fmt: skip
    typed = Typed(
        which="some", line=(marked,) if marked is not None else cut, lane=lanes, effective_day=day, effective_time=clock
    )
    return await _propose_page(asked, look, Problems(), typed)


async def _propose_page(asked: Asked, look: Look, problems: Problems, typed: Typed) -> Response:
    others = [offer for offer in await _offers(asked) if offer.kind == "propose" and standing.waits(offer)]
    status = 400 if problems else 200
    return await asked.page("act_propose.html", status=status, problems=problems, typed=typed, others=others)


async def propose(asked: Asked) -> Response:
    """Check a proposal to restore, say what it lifts and when, or draft it."""
    form, look, _ = await asked.form(), await asked.look(), asked.words
    step, problems, typed = forms.step_of(form), Problems(), Typed(form)
    lines, lanes = _scope(asked, form, look, problems)
    effective_s = asked_s(problems, _, "effective", typed, look.us.zone, look.status.now_s)
    lifts = () if problems else await _lifted(asked, look, lines, lanes)
    if not problems and not lifts:
        problems["line"] = _("No suspension is in force on these lines and lanes: there is nothing to restore.")
    if problems or step == forms.CHANGE:
        return await _propose_page(asked, look, problems, typed)
    command = t.Propose(lines=lines, lanes=lanes, effective_s=effective_s)
    if step == forms.DO:
        return await drafted(asked, command, BACK)
    return await asked.page(
        "act_propose_check.html", problems=problems, typed=typed, command=command, lifts=lifts,
        needed=officers_needed(look, "propose"),
    )  # fmt: skip


async def _lifted(
    asked: Asked, look: Look, lines: tuple[str, ...], lanes: tuple[t.LaneName, ...]
) -> tuple[types_items.Suspension, ...]:
    """Every suspension that is in force on one of these now: what the station's draft will list."""
    found = await asked.console.link.get("/v1/suspensions", types_items.Suspensions, limit=LISTED)
    return tuple(
        each for each in sorted(found.suspensions, key=lambda one: one.from_s)
        if each.from_s <= look.status.now_s and any(
            (place.line in lines and place.lane in lanes)
            and (place.ends_s is None or place.ends_s > look.status.now_s)
            for place in each.scope
        )
    )  # fmt: skip


# ---- offers


async def _offers(asked: Asked) -> tuple[types_items.Offer, ...]:
    return (await asked.console.link.get("/v1/offers", types_items.Offers, limit=LISTED)).offers


async def offer_of(asked: Asked, ref: str) -> types_items.Offer:
    """The offer of a name.

    Raises:
        Misuse: there is none of it.
    """
    found = (await asked.console.link.get("/v1/inbox/item", types_items.One, ref=ref)).offer
    if found is None:
        raise Misuse(
            say("this is no proposal, amendment, announcement or minute"), next_step=say("Look at the list of offers.")
        )
    return found


async def accept_form(asked: Asked) -> Response:
    return await _offer_page(asked, "accept", await offer_of(asked, asked.query.get("ref", "")), Problems())


async def withdraw_form(asked: Asked) -> Response:
    return await _offer_page(asked, "withdraw", await offer_of(asked, asked.query.get("ref", "")), Problems())


async def _offer_page(asked: Asked, act: str, offer: types_items.Offer, problems: Problems) -> Response:
    look = await asked.look()
    if offer.kind in ("announcement", "minute"):
        return asked.go(f"/announcements/{offer.id}")
    agreed = await asked.console.link.get("/v1/agreed", Agreed)  # anew: the frame's may be older than a change
    line = next((each for each in agreed.lines if each.id == offer.line), None)
    ours = offer.author == look.us.name
    awaited = offer.waits_for == ("us" if act == "accept" else "them")
    return await asked.page(
        "act_offer.html", status=400 if problems else 200, act=act, offer=offer, line=line, problems=problems,
        needed=officers_needed(look, act), effects=effects(asked.words, offer),
        may=awaited and not offer.lapsed and ours is not (act == "accept"),
    )  # fmt: skip


def effects(words: Words, offer: types_items.Offer) -> list[str]:
    """What an amendment would do that its figures do not show by themselves."""
    _, said = words, list[str]()
    if offer.kind != "amendment":
        return said
    for zone in sorted({each.zone for each in offer.check_ins or ()}):
        if not _known(zone):
            said.append(_("Our station does not know this zone, and a check-in in it is never due: {zone}").format(
                zone=zone))  # fmt: skip
    if offer.check_ins == ():
        said.append(_("No check-in will be due on this line any more."))
    if offer.expires_s:
        said.append(_("From when it expires, the line passes only what a suspended line passes."))
    if offer.pulse_s is not None and offer.pulse_s > PULSE_USUAL_S:
        silence = ahead(3 * offer.pulse_s, words)
        said.append(_("That they are silent on this line is noticed only after: {length}").format(length=silence))
    if all(each is None for each in (offer.check_ins, offer.carriers, offer.expires_s, offer.holidays, offer.pulse_s)):
        said.append(_("It changes nothing."))
    return said


def _known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True


async def accept(asked: Asked) -> Response:
    return await _settle(asked, "accept")


async def withdraw(asked: Asked) -> Response:
    return await _settle(asked, "withdraw")


async def _settle(asked: Asked, act: str) -> Response:
    """Draft our word on an offer, once the second word was given."""
    form, problems = await asked.form(), Problems()
    offer = await offer_of(asked, form["ref"])
    if not forms.sure(asked, form, problems):
        return await _offer_page(asked, act, offer, problems)
    command = t.Accept(target=offer.id) if act == "accept" else t.Withdraw(target=offer.id)
    return await drafted(asked, command, BACK)


PLACES: Final = (
    Place("GET", "/acts/suspend", suspend_form, DUTY, "Suspend lines"),
    Place("POST", "/acts/suspend", suspend, DUTY),
    Place("GET", "/acts/propose", propose_form, DUTY, "Propose a restoration"),
    Place("POST", "/acts/propose", propose, DUTY),
    Place("GET", "/acts/accept", accept_form, DUTY, "Accept an offer"),
    Place("POST", "/acts/accept", accept, DUTY),
    Place("GET", "/acts/withdraw", withdraw_form, DUTY, "Take an offer back"),
    Place("POST", "/acts/withdraw", withdraw, DUTY),
)
