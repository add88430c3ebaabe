"""Coming in and going out: sign in with a passkey, enrol by a code, choose a post, sign out.

Rules of this file:
1. Nobody types a name: a passkey says who it is. A code that does not work is told in one way, whatever is wrong.
2. Coming on watch from whoever holds the post is the handover, and the page says so before the button is pressed.
3. Signing out and going off watch are two things, and the page asks which.
"""

from __future__ import annotations

import json
from typing import Final

from starlette.responses import JSONResponse, Response

from openline.console.accounts.gate import AccountsGate, gate_of, session_of
from openline.console.accounts.roster import PASSKEYS_WANTED
from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked, Form
from openline.console.places import SIGN_IN, Place
from openline.station.api import types_duty
from openline.wire.errors import OpenlineError, Refused
from openline.wire.said import say

SIGN_IN_WORDS: Final = "sign in"
ENROLLED: Final = "enrolled"


async def entrance(asked: Asked) -> Response:
    """The page on which everything begins."""
    gate = gate_of(asked)
    if asked.acting is not None:
        return asked.go("/")
    page = await asked.page("sign_in.html", error=None, enrolled=ENROLLED in asked.query)
    return gate.greet(asked.request, page)


async def ask_sign_in(asked: Asked) -> Response:
    """What any officer's passkey is asked."""
    try:
        gate = gate_of(asked)
        request = gate.accounts.passkeys.request_options(
            gate.visit(asked.request), SIGN_IN_WORDS, gate.accounts.now()
        )
    except OpenlineError as error:
        return JSONResponse(asked.fault(error), status_code=409)
    return JSONResponse({"request": json.loads(request)})


async def sign_in(asked: Asked) -> Response:
    """Begin a session, by a passkey's answer."""
    gate, sent = gate_of(asked), await asked.form()
    accounts, now = gate.accounts, gate.accounts.now()
    try:
        passkey = accounts.passkeys.check(sent["answer"], gate.visit(asked.request), SIGN_IN_WORDS, now)
        if not accounts.roster.roles(passkey.officer):
            raise Refused(say("you have no role at this console"), next_step=say("Ask a supervisor for one."))
    except OpenlineError as error:
        page = await asked.page("sign_in.html", status=403, error=asked.fault(error), enrolled=False)
        return gate.greet(asked.request, page)
    before, rested = gate.token(asked.request), await gate.resting(asked.request)
    token = accounts.sessions.begin(passkey.officer, now.clock_s, passkey.id, instead_of=before)
    if rested is not None and await gate.woken(rested, token):
        return gate.signed_in(await _where_it_rings(asked, sent), token)
    return gate.signed_in(asked.go("/post"), token)


async def _where_it_rings(asked: Asked, sent: Form) -> Response:
    """To the call that rings, to the board where something sounds, else to the page that rested."""
    try:
        look = await asked.look()
    except OpenlineError:
        return asked.go("/")  # which says what is wrong with the station
    ringing = next((call.id for call in look.calls.lasting if call.state == "ringing"), "")
    if ringing:
        return asked.go(f"/calls/{ringing}")
    loud = any(alarm.acknowledged_by is None for alarm in look.alarms.sounding)
    return asked.go("/") if loud else asked.go_back(sent)


# ---- enrolment


async def enrolment(asked: Asked) -> Response:
    """Where an officer types the code they were given."""
    gate = gate_of(asked)
    return gate.greet(asked.request, await asked.page("enrol.html", error=None, code="", label=""))


async def ask_enrol(asked: Asked) -> Response:
    """What a new passkey is made by, for whom the code is."""
    try:
        gate, sent = gate_of(asked), await asked.form()
        officer = _whose(gate, asked, sent["code"])
        options = gate.accounts.passkeys.creation_options(officer, gate.visit(asked.request), gate.accounts.now())
    except OpenlineError as error:
        return JSONResponse(asked.fault(error), status_code=409)
    return JSONResponse({"creation": json.loads(options)})


async def enrol(asked: Asked) -> Response:
    """Keep the new passkey, and spend the code."""
    gate, sent = gate_of(asked), await asked.form()
    try:
        officer = _whose(gate, asked, sent["code"])
        gate.accounts.passkeys.enrol(
            officer, sent["label"], sent["made"], gate.visit(asked.request), gate.accounts.now(), sent["code"]
        )
    except OpenlineError as error:
        page = await asked.page(
            "enrol.html", status=409, error=asked.fault(error), code=sent["code"], label=sent["label"]
        )
        return gate.greet(asked.request, page)
    return asked.go(f"{SIGN_IN}?{ENROLLED}=1")


def _whose(gate: AccountsGate, asked: Asked, code: str) -> str:
    """Whom a code is for; each try in vain is counted.

    Raises:
        Refused: it does not work, or too many did not.
    """
    now, client = gate.accounts.now(), asked.request.client
    who, elapsed_s = "" if client is None else client.host, now.elapsed_ms / 1000
    gate.accounts.attempts.allow(who, elapsed_s)
    try:
        return gate.accounts.roster.whose_code(code, now.clock_s)
    except Refused:
        gate.accounts.attempts.failed(who, elapsed_s)
        raise


# ---- the post, and going out


async def posts(asked: Asked) -> Response:
    """Which post the officer comes on watch at, if any."""
    return await _posts(asked, None, 200)


async def _posts(asked: Asked, error: OpenlineError | None, status: int) -> Response:
    gate, session = await session_of(asked)
    few = len(gate.accounts.roster.passkeys(session.officer)) < PASSKEYS_WANTED
    told = None if error is None else asked.fault(error)
    keeps_watch = asked.acting is not None and bool(DUTY & asked.acting.roles)
    return await asked.page("post.html", status=status, error=told, session=session, few=few, keeps_watch=keeps_watch)


async def take_post(asked: Asked) -> Response:
    """Come on watch. From whoever holds the post, this is the handover."""
    gate, session = await session_of(asked)
    sent = await asked.form()
    if session.post is not None and session.post != sent["post"]:
        error = Refused(say("you hold another post in this session"), next_step=say("Go off watch there first."))
        return await _posts(asked, error, 409)
    try:
        await gate.come_on(session, sent["post"])
    except OpenlineError as error:
        return await _posts(asked, error, 409)
    return asked.go("/")


async def leaving(asked: Asked) -> Response:
    """Ask which of the two is meant."""
    if asked.acting is None:
        return asked.go(SIGN_IN)
    _, session = await session_of(asked)
    return await asked.page("sign_out.html", error=None, session=session)


async def leave(asked: Asked) -> Response:
    """Sign out; with `off`, after going off watch."""
    gate, sent = gate_of(asked), await asked.form()
    session = await gate.session(asked.request)
    now = gate.accounts.now()
    if session is not None:
        if sent["off"] and session.post is not None:
            try:
                ended = types_duty.WatchOff(post=session.post or None)
                await asked.console.link.post("/v1/watch/off", ended, types_duty.Watch)
            except OpenlineError as error:
                return await asked.page("sign_out.html", status=409, error=asked.fault(error), session=session)
        gate.accounts.sessions.end(session, now.clock_s, "signed out")
    return gate.signed_out(asked.go(SIGN_IN))


PLACES: Final = (
    Place("GET", SIGN_IN, entrance, None, "Sign in"),
    Place("POST", "/sign-in/ask", ask_sign_in, None),
    Place("POST", SIGN_IN, sign_in, None),
    Place("GET", "/enrol", enrolment, None, "Enrol a passkey"),
    Place("POST", "/enrol/ask", ask_enrol, None),
    Place("POST", "/enrol", enrol, None),
    Place("GET", "/post", posts, ANYONE, "Your post"),
    Place("POST", "/post", take_post, DUTY),
    Place("GET", "/sign-out", leaving, None, "Sign out"),
    Place("POST", "/sign-out", leave, None),
)
