"""Settings: an officer's passkeys, key and sessions; for supervisors the officers and their roles; the log.

Rules of this file:
1. Whatever changes who may do what is agreed to by a passkey at that moment, over words that say what it is; the words
   are made here, from the same fields for the question and for the act.
2. An enrolment code is shown once, on the page that answers its making, and is nowhere afterwards.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from openline.console.accounts.gate import AccountsGate, session_of
from openline.console.accounts.journal import check_apart
from openline.console.accounts.releases import signer
from openline.console.accounts.roster import PASSKEYS_WANTED
from openline.console.accounts.sessions import Session
from openline.console.acting import ANYONE, Role
from openline.console.asked import Asked, Form
from openline.console.logged import told
from openline.console.places import Place
from openline.wire.errors import Misuse, OpenlineError, Refused
from openline.wire.said import say

SUPERVISOR: Final = frozenset({Role.SUPERVISOR})
READS_LOG: Final = frozenset({Role.SUPERVISOR, Role.AUDITOR})
ROWS: Final = 50


async def settings(asked: Asked) -> Response:
    return await _page(asked)


async def _page(asked: Asked, error: OpenlineError | None = None, **more: Any) -> Response:
    gate, session = await session_of(asked)
    accounts, now = gate.accounts, gate.accounts.now()
    who = accounts.roster.officer(session.officer, now.clock_s)
    look = asked.console.watcher.look
    known = {each.name: each for each in accounts.roster.officers(now.clock_s)}
    names = [each.name for each in look.us.officers] if look else []
    officers = [accounts.roster.officer(name, now.clock_s) for name in [*names, *sorted(known.keys() - set(names))]]
    key = None
    if look is not None and who.name in names:
        key = signer(look.agreed, who.name)
    shown = {"code": "", "code_for": "", **more}
    return await asked.page(
        "settings.html",
        status=200 if error is None else 409,
        error=None if error is None else asked.fault(error),
        who=who,
        session=session,
        sessions=accounts.sessions.of(session.officer, now.clock_s),
        officers=officers,
        resets={each.name: accounts.roster.reset_asked(each.name, now.clock_s) for each in officers},
        word_counts_s=accounts.roster.word_counts_s(who.name),
        now_s=now.clock_s,
        names=names,
        key=key,
        few=len(who.passkeys) < PASSKEYS_WANTED,
        supervises=bool(SUPERVISOR & set(who.roles)),
        reads_log=bool(READS_LOG & set(who.roles)),
        **shown,
    )


# ---- agreeing


def words(act: str, sent: Form) -> str:
    """What a passkey agrees to, in words.

    Raises:
        Misuse: no such act.
    """
    officer = sent["officer"]
    found = {
        "add": "add a passkey",
        "remove": f"remove the passkey {sent['passkey']}",
        "roles": f"give {officer} the roles {' '.join(sorted(sent.many('role')))}",
        "code": f"make an enrolment code for {officer}",
        "reset": f"take every passkey from {officer}",
    }.get(act)
    if found is None:
        raise Misuse(say("there is no such act"), next_step=say("Load the page again."))
    return found


async def ask(asked: Asked) -> Response:
    """What the officer's passkey is asked before an act; for a new passkey also what it is made by."""
    try:
        gate, session = await session_of(asked)
        sent, now = await asked.form(), gate.accounts.now()
        passkeys = gate.accounts.passkeys
        request = passkeys.request_options(session.binding, words(sent["act"], sent), now, session.officer)
        answer = {"request": json.loads(request)}
        if sent["act"] == "add":
            answer["creation"] = json.loads(passkeys.creation_options(session.officer, session.binding, now))
    except OpenlineError as error:
        return JSONResponse(asked.fault(error), status_code=409)
    return JSONResponse(answer)


def _agreed(gate: AccountsGate, session: Session, sent: Form) -> None:
    """Hold the answer of the officer's passkey to the act. Raises: Refused, Misuse."""
    gate.accounts.passkeys.check(
        sent["answer"], session.binding, words(sent["act"], sent), gate.accounts.now(), session.officer
    )


# ---- acts


async def own(asked: Asked) -> Response:
    """Add or remove a passkey of one's own."""
    gate, session = await session_of(asked)
    sent, now = await asked.form(), gate.accounts.now()
    try:
        if sent["act"] not in ("add", "remove"):
            raise Misuse(say("there is no such act"), next_step=say("Load the page again."))
        _agreed(gate, session, sent)
        if sent["act"] == "add":
            gate.accounts.passkeys.enrol(session.officer, sent["label"], sent["made"], session.binding, now, None)
        else:
            identity = _identity(sent["passkey"])
            if identity not in {each.id for each in gate.accounts.roster.passkeys(session.officer)}:
                raise Refused(say("this is no passkey of yours"), next_step=say("Load the page again."))
            gate.accounts.roster.remove_passkey(identity, session.officer, now.clock_s)
    except OpenlineError as error:
        return await _page(asked, error)
    return asked.go("/settings")


async def others(asked: Asked) -> Response:
    """A supervisor gives roles, has an officer enrolled, or takes an officer's passkeys away."""
    gate, session = await session_of(asked)
    sent, roster, now = await asked.form(), gate.accounts.roster, gate.accounts.now()
    officer = sent["officer"]
    try:
        look = await asked.look()
        known = {each.name for each in roster.officers(now.clock_s)}
        if officer not in known | {each.name for each in look.us.officers}:
            raise Misuse(say("the accord names no such officer of our side"), next_step=say("Load the page again."))
        if sent["act"] not in ("roles", "code", "reset"):
            raise Misuse(say("there is no such act"), next_step=say("Load the page again."))
        _agreed(gate, session, sent)
        if sent["act"] == "roles":
            roster.set_roles(officer, sent.many("role"), session.officer, now.clock_s)
        elif sent["act"] == "reset":
            roster.ask_reset(officer, session.officer, now.clock_s)
        else:
            code = roster.make_code(officer, session.officer, now.clock_s)
            return await _page(asked, code=code, code_for=officer)
    except OpenlineError as error:
        return await _page(asked, error)
    return asked.go("/settings")


async def end_session(asked: Asked) -> Response:
    """End another session of one's own; nothing is needed for that but to be signed in."""
    gate, session = await session_of(asked)
    sent, now = await asked.form(), gate.accounts.now()
    for each in gate.accounts.sessions.of(session.officer, now.clock_s):
        if each.binding == sent["session"]:
            gate.accounts.sessions.end(each, now.clock_s, "ended from another session")
    return asked.go("/settings")


def _identity(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Misuse(say("this is no passkey of yours"), next_step=say("Load the page again.")) from None


# ---- the log


async def log(asked: Asked) -> Response:
    """The log, newest first, and whether all of it is as it was written."""
    gate, _ = await session_of(asked)
    given = asked.query.get("before", "")
    before = int(given) if given.isdecimal() and len(given) < 16 else None
    rows = gate.accounts.log.last(ROWS, before)
    older = rows[-1].number if rows and rows[-1].number > 1 else None
    verdict = await asyncio.to_thread(check_apart, gate.accounts.database.path)
    look = asked.console.watcher.look
    zone = "Z" if look is None else look.us.zone
    return await asked.page(
        "settings_log.html", rows=[(row, told(row, asked.words, zone)) for row in rows], verdict=verdict, older=older
    )


PLACES: Final = (
    Place("GET", "/settings", settings, ANYONE, "Settings", nav=90),
    Place("POST", "/settings/ask", ask, ANYONE),
    Place("POST", "/settings/passkeys", own, ANYONE),
    Place("POST", "/settings/sessions", end_session, ANYONE),
    Place("POST", "/settings/officers", others, SUPERVISOR),
    Place("GET", "/settings/log", log, READS_LOG, "Log of the console"),
)
