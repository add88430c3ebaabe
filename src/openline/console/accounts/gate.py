"""Who a request comes from: the session in its cookie, as long as that session's watch lasts.

Rules of this file:
1. The answer is made anew for every request, from the file and from what the station says now; a cookie alone says
   nothing.
2. What the watcher saw last is enough to say that a watch lasts; that it is over is asked of the station once more, for
   what was seen may be a moment older than the watch.
3. Of whom a session was that rests (`sessions.py`) is known for one thing only: that its page may ring.
4. A page that is fed live is still this officer; only requests of a person put off the end of a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from openline.console.accounts.service import Accounts, open_accounts
from openline.console.accounts.sessions import LIFE_S, Held, Session
from openline.console.acting import Acting
from openline.console.link import Link
from openline.station.api import types_duty
from openline.station.config import Console as Settings
from openline.wire.errors import Misuse, OpenlineError, Refused
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.console.asked import Asked
    from openline.console.live import Watcher

_OVER: Final = "the watch is over"


class AccountsGate:
    """The gate of a console that keeps accounts."""

    def __init__(self, accounts: Accounts, link: Link, *, https: bool) -> None:
        self.accounts, self.link = accounts, link
        self.watcher: Watcher | None = None
        self._https = https
        self._prefix = "__Host-" if https else ""  # a browser takes that name from us alone, and only by TLS

    # ---- who

    async def acting(self, connection: HTTPConnection) -> Acting | None:
        """Who is signed in where this comes from."""
        session = await self.session(connection)
        if session is None:
            return None
        roles = frozenset(self.accounts.roster.roles(session.officer))
        if not roles:
            return None  # whoever may do nothing is shown nothing either
        return Acting(session.officer, roles, session.post or "", session.binding)

    async def session(self, connection: HTTPConnection) -> Session | None:
        """The session that this comes from."""
        now = self.accounts.now()
        person = connection.scope["type"] == "http"
        session = self.accounts.sessions.find(self.token(connection), now.clock_s, used=person)
        if session is not None and session.post is not None and await self._is_relieved(session):
            self.accounts.sessions.end(session, now.clock_s, _OVER)
            return None
        return session

    async def resting(self, connection: HTTPConnection) -> Session | None:
        """The session that this comes from where it was idle too long, and neither its day nor its watch is over."""
        sessions, now = self.accounts.sessions, self.accounts.now()
        session = sessions.resting(self.token(connection), now.clock_s)
        if session is None:
            return None
        roster = self.accounts.roster
        over = not roster.roles(session.officer) or not roster.passkeys(session.officer)
        if over or (session.post is not None and await self._is_relieved(session)):
            sessions.forget(session)
            return None
        return session

    async def woken(self, before: Session, token: str) -> bool:
        """Bind the new session of `token` to the watch of the one that rested in the same browser, if that watch lasts;
        whether it does."""
        held = Held(before.post or "", before.officer, before.watch_from_s or 0)
        session = self.accounts.sessions.find(token, self.accounts.now().clock_s)
        if session is None or before.post is None or session.officer != before.officer:
            return False
        try:
            lasts = held in await self.watches()
        except OpenlineError:
            return False  # the page of the post says what is wrong with the station
        if lasts:
            self.accounts.sessions.take_post(session, held)
        return lasts

    async def _is_relieved(self, session: Session) -> bool:
        look = None if self.watcher is None else self.watcher.look
        held = Held(session.post or "", session.officer, session.watch_from_s or 0)
        if look is not None:
            seen = {Held(x.post, x.officer or "", x.since_s or 0) for x in look.status.watch}
            if look.fault or held in seen:
                return False
        try:
            return held not in await self.watches()
        except OpenlineError:
            return False  # a station that is down relieved nobody

    async def watches(self) -> list[Held]:
        """The watches that last now, as the station says. Raises: as `Link.get`."""
        found = await self.link.get("/v1/watch", types_duty.Watches, days=1)
        return [Held(each.post, each.officer, each.from_s) for each in found.now]

    async def come_on(self, session: Session, post: str) -> types_duty.Watch | None:
        """The officer takes the watch of a post, from whoever holds it, whose sessions there end at once; None if it is
        theirs already.

        Raises:
            OpenlineError: as the station said.
        """
        mine = [x for x in await self.watches() if (x.post, x.officer) == (post, session.officer)]
        if mine:
            self.accounts.sessions.take_post(session, mine[0])
            return None
        wanted = types_duty.WatchOn(officer=session.officer, post=post or None)
        watch = await self.link.post("/v1/watch/on", wanted, types_duty.Watch)
        self.accounts.sessions.take_post(session, Held(watch.post, watch.officer, watch.from_s))
        self.accounts.sessions.end_relieved(await self.watches(), self.accounts.now().clock_s)
        return watch

    # ---- cookies

    def token(self, connection: HTTPConnection) -> str:
        return connection.cookies.get(f"{self._prefix}session", "")

    def visit(self, connection: HTTPConnection) -> str:
        """What tells this browser from others before anybody is signed in.

        Raises:
            Misuse: it keeps no cookies.
        """
        found = connection.cookies.get(f"{self._prefix}visit", "")
        if not found:
            raise Misuse(
                say("this browser kept no cookie of this console"), next_step=say("Allow its cookies, and load again.")
            )
        return found

    def greet(self, connection: HTTPConnection, response: Response) -> Response:
        """Give a browser that has none something to tell it by."""
        if not connection.cookies.get(f"{self._prefix}visit"):
            self._keep(response, "visit", self.accounts.entropy(24).hex(), None)
        return response

    def signed_in(self, response: Response, token: str) -> Response:
        """Leave a new session in the browser."""
        self._keep(response, "session", token, LIFE_S)
        return response

    def signed_out(self, response: Response) -> Response:
        response.delete_cookie(
            f"{self._prefix}session", path="/", secure=self._https, httponly=True, samesite="strict"
        )
        return response

    def _keep(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(
            f"{self._prefix}{name}", value, max_age=max_age, path="/", secure=self._https, httponly=True,
            samesite="strict",
        )  # fmt: skip


def open_gate(settings: Settings, link: Link, name: str) -> AccountsGate:
    """The gate of the console that a configuration describes. `name`: what authenticators call it.

    Raises:
        StorageFault: its file cannot be used.
    """
    accounts = open_accounts(settings.store, settings.origin, name, settings.idle_s)
    return AccountsGate(accounts, link, https=settings.origin.startswith("https:"))


def gate_of(asked: Asked) -> AccountsGate:
    """The gate of this console, where it keeps accounts.

    Raises:
        Misuse: it keeps none, as in a demonstration.
    """
    gate = asked.console.gate
    if not isinstance(gate, AccountsGate):
        raise Misuse(say("this console keeps no accounts"), next_step=say("Run one by openline console run."))
    return gate


async def session_of(asked: Asked) -> tuple[AccountsGate, Session]:
    """The session of a request at a place that asks for a role.

    Raises:
        Refused: it ended meanwhile.
    """
    gate = gate_of(asked)
    session = await gate.session(asked.request)
    if session is None:
        raise Refused(say("your session is over"), next_step=say("Sign in again."))
    return gate, session
