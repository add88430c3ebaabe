"""The console of a play, or of a pair of stations for trying: whoever opens it acts as an officer, without a passkey.

Rules of this file:
1. No configuration and no command of `openline console` leads here. What makes it asks the station first, and again
   while it runs: a station that is no play, and whose accord both sides did not name as a trial, is shown to nobody.
2. It is served to this machine alone, under a name that every browser takes for this machine.
3. Everything else is the console itself: places, roles, guards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from openline.console.acting import ANYONE, Acting, Unproved
from openline.console.app import Console
from openline.console.asked import Asked
from openline.console.link import Link, Unreachable
from openline.console.places import Place
from openline.console.program import serve
from openline.station.api import types as t
from openline.station.api.types_agreed import TRIAL, Agreed
from openline.station.api.types_play import Play
from openline.wire.errors import Misuse, OpenlineError
from openline.wire.said import say

COOKIE: Final = "trial-officer"
KNOWN_S: Final = 1.0  # how long an answer of the station is taken for what it is
LOOPBACK: Final = frozenset({"127.0.0.1", "[::1]"})


class Known(NamedTuple):
    """Our side's officers, and the post that each of them holds."""

    officers: tuple[str, ...]
    posts: dict[str, str]


class TrialGate(Unproved):
    """Lets in whoever comes, as the officer they chose, or else the first. `keys`: each officer's key file, without a
    passphrase, which the browser signs releases with."""

    def __init__(self, link: Link, keys: Mapping[str, bytes] = MappingProxyType({})) -> None:
        self.link = link
        self.keys = keys
        self._known: Known | None = None
        self._asked_s = -KNOWN_S

    async def acting(self, connection: HTTPConnection) -> Acting | None:
        """The officer that this browser chose; None where the station is none for trying."""
        known = await self.known()
        if known is None or not known.officers:
            return None
        chosen = unquote(connection.cookies.get(COOKIE, ""))
        name = chosen if chosen in known.officers else known.officers[0]
        return Acting(name, ANYONE, known.posts.get(name, ""), session=f"trial {name}")

    async def officers(self) -> tuple[str, ...]:
        """Whom a browser may choose to act as."""
        known = await self.known()
        return () if known is None else known.officers

    async def known(self) -> Known | None:
        """Who may be chosen; None if nobody. A station that does not answer is what it was."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._asked_s >= KNOWN_S:
            try:
                self._known = await known(self.link)
            except Unreachable:
                return self._known
            self._asked_s = now_s
        return self._known


async def known(link: Link) -> Known | None:
    """The officers of a station that is for trying; None if it is not.

    Raises:
        Unreachable: it does not answer.
    """
    agreed = await link.get("/v1/agreed", Agreed)
    if agreed.name != TRIAL and not await is_play(link):
        return None
    status = await link.get("/v1/status", t.Status)
    posts = {each.officer: each.post for each in status.watch if each.officer is not None}
    return Known(tuple(each.name for each in agreed.sides[agreed.us].officers), posts)


async def is_play(link: Link) -> bool:
    """Whether a station is a played one.

    Raises:
        Unreachable: it does not answer.
    """
    try:
        await link.get("/v1/play", Play)
    except Unreachable:
        raise
    except OpenlineError:
        return False
    return True


@asynccontextmanager
async def trial_console(
    socket: Path, listen: str, origin: str, keys: Mapping[str, bytes] = MappingProxyType({})
) -> AsyncIterator[None]:
    """Serve the console of the station at `socket` to this machine, for as long as the context lasts. `keys`: as
    `TrialGate`.

    Raises:
        Misuse: the station is not for trying, or the address is not this machine's alone.
    """
    host, name = listen.rpartition(":")[0], urlsplit(origin)
    if host not in LOOPBACK or name.scheme != "http" or not (name.hostname or "").endswith(".localhost"):
        raise Misuse(
            say(
                "a trial is served to this machine alone, and {listen} as {origin} is not that",
                listen=listen,
                origin=origin,
            ),
            next_step=say("Listen on 127.0.0.1, under a name below localhost."),
        )
    link = Link(socket)
    if await known(link) is None:
        await link.close()
        raise Misuse(
            say("this station is neither a play nor a trial: nobody acts at it without a passkey"),
            next_step=say("Run its console: openline console run station.toml."),
        )
    gate = TrialGate(link, keys)
    console = Console(link, gate, origin)
    console.places = (*console.places, *PLACES)
    console.choices = gate.officers
    async with serve(console, listen):
        yield


async def choose(asked: Asked) -> Response:
    """Act as another officer of this side from here on."""
    form = await asked.form()
    response = asked.go_back(form)
    response.set_cookie(COOKIE, quote(form["officer"]), httponly=True, samesite="strict")
    return response


async def key(asked: Asked) -> Response:
    """The key file of the officer whom this browser acts as.

    Raises:
        Misuse: the trial has none.
    """
    gate = asked.console.gate
    if not isinstance(gate, TrialGate) or asked.officer not in gate.keys:
        raise Misuse(
            say("there is no key of this officer here"), next_step=say("Release by command line: openline release.")
        )
    return Response(gate.keys[asked.officer], media_type="application/octet-stream")


PLACES: Final = (
    Place("POST", "/trial/officer", choose, ANYONE),
    Place("GET", "/trial/key", key, ANYONE),
)
