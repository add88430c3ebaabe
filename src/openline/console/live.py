"""What stays true on an open page: one watcher of the station for all of them, one socket a page.

Rules of this file:
1. The station is asked once for every change, however many pages are open; what a page shows is rendered once a
   language and sent only where it changed.
2. A slow page is sent the newest and skips what it missed; nothing piles up for it.
3. A page whose session rests (ADR 0026) is told that something sounds, and nothing of what.
4. When the station does not answer, pages are told so and since when. Nothing old is ever shown as if it were new.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from openline.console.accounts.gate import AccountsGate
from openline.console.link import Link, Unreachable
from openline.console.words import LANGUAGES, Words, words
from openline.station import sentences
from openline.station.api import types as t
from openline.station.api import types_agreed, types_duty
from openline.station.api.types_play import Play
from openline.wire.errors import Misuse, OpenlineError
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.console.app import Console

PAUSE_SHARE, PAUSE_MAX_S = 2, 0.1  # chosen: a busy station is looked at for a third of the time at most
AGREED_S: Final = 10.0  # an amendment comes into force by itself, at its time
AGAIN_S: Final = 1.0  # after a station did not answer
REGIONS_MAX: Final = 8  # of one page
SOCKETS_MAX: Final = 200
REFUSED: Final = 1008  # what a socket is closed with: the page is loaded anew, and says why
BAND: Final = "band"  # the region that tells of a play, which goes on while its station is down in it


class Standing(Enum):
    """How whoever opened a page stands: signed in, at rest, or neither."""

    IN = auto()
    RESTS = auto()
    OUT = auto()


class Look(NamedTuple):
    """How the station stood when it was last seen. `fault`: why it does not answer now, "" while it does; `play`: of a
    played station, how its play stands."""

    link: Link
    agreed: types_agreed.Agreed
    status: t.Status
    alarms: types_duty.Alarms
    calls: types_duty.Calls
    fault: str = ""
    play: Play | None = None

    @property
    def us(self) -> types_agreed.AgreedSide:
        return self.agreed.sides[self.agreed.us]

    @property
    def them(self) -> types_agreed.AgreedSide:
        return self.agreed.sides[1 - self.agreed.us]


Region = Callable[["Console", Look, Words, str], Awaitable[str]]
Key = tuple[str, str]  # a region with its argument, and a language


class Watcher:
    """Watches the station; `regions` are what pages may follow, by name."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.look: Look | None = None
        self.fault: str = say("the console is starting")
        self.regions: dict[str, Region] = {}
        self.sockets: set[Following] = set()
        self.rendered: dict[Key, str] = {}
        self._console: Console | None = None
        self.ending = asyncio.Event()
        self.expects: tuple[str, str] | None = None  # the accord's id, and our side; whatever it is where none is given
        self._agreed: types_agreed.Agreed | None = None
        self._agreed_until = 0.0
        self._is_played = True  # until the station says that it is not

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self.ending.set()
            for socket in self.sockets:
                socket.news.set()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def attach(self, console: Console) -> None:
        """The console whose regions these are."""
        self._console = console

    async def now(self) -> Look:
        """How the station stands, asked at once.

        Raises:
            OpenlineError: it does not answer.
        """
        status, alarms, calls, play = await asyncio.gather(
            self.link.get("/v1/status", t.Status),
            self.link.get("/v1/alarms", types_duty.Alarms),
            self.link.get("/v1/calls", types_duty.Calls),
            self.play(),
        )
        if self._agreed is None or time.monotonic() > self._agreed_until:
            self._agreed_until = time.monotonic() + AGREED_S
            self._agreed = await self.link.get("/v1/agreed", types_agreed.Agreed)
        return Look(self.link, self._ours(self._agreed), status, alarms, calls, play=play)

    def _ours(self, agreed: types_agreed.Agreed) -> types_agreed.Agreed:
        """What the station says of the accord, if it is the station that this console is for: officers sign what they
        see here, and passkeys and sessions are of that side.

        Raises:
            Unreachable: another one answers.
        """
        if self.expects is not None and (agreed.id, agreed.sides[agreed.us].name) != self.expects:
            self._agreed = None
            raise Unreachable(
                say("another station answers than this console is for: {side}", side=agreed.sides[agreed.us].name),
                next_step=say("Call the technician: [api] socket leads elsewhere."),
            )
        return agreed

    async def play(self) -> Play | None:
        """How the play stands, whether its station runs in it or not; None for a station that is no play."""
        if not self._is_played:
            return None
        try:
            return await self.link.get("/v1/play", Play)
        except Misuse:
            self._is_played = False
        except OpenlineError:
            return None
        return None

    async def _watch(self) -> None:
        turns, started = 0, 0
        while not self.ending.is_set():
            try:
                changes = await self.link.get("/v1/changes", types_agreed.Changes, after=turns)
                if changes.started_s != started:
                    self._agreed, self._is_played = None, True
                turns, started, began = changes.turns, changes.started_s, time.monotonic()
                self.look, self.fault = await self.now(), ""
                pause_s = min(PAUSE_MAX_S, (time.monotonic() - began) * PAUSE_SHARE)
            except OpenlineError as error:
                self.fault, turns, pause_s = error.what, 0, AGAIN_S
                if self.look is not None:
                    self.look = self.look._replace(fault=error.what, play=await self.play())
            await self._publish()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self.ending.wait()

    # ---- what pages follow

    async def _publish(self) -> None:
        wanted = {(name, socket.language) for socket in self.sockets for name in socket.names}
        for name, language in wanted:
            await self._render(name, language)
        for gone in self.rendered.keys() - wanted:
            del self.rendered[gone]
        for socket in self.sockets:
            socket.news.set()

    async def _render(self, name: str, language: str) -> None:
        region, _, argument = name.partition(":")
        if self.look is None or self._console is None or region not in self.regions:
            return
        if self.look.fault and region != BAND:  # nothing old is rendered as if it were new
            return
        with suppress(OpenlineError):  # the next look tells the page of it
            self.rendered[name, language] = await self.regions[region](
                self._console, self.look, words(language), argument
            )

    async def follow(self, socket: Following) -> None:
        self.sockets.add(socket)
        for name in socket.names:
            if (name, socket.language) not in self.rendered:
                await self._render(name, socket.language)
        socket.news.set()

    def state(self, language: str) -> dict[str, Any]:
        """What a page in a language is told: whether the station answers, its time, what rings and what sounds."""
        look, why = self.look, sentences.in_words(self.fault, words(language))
        if look is None:
            return {"reachable": False, "why": why}
        return {
            "reachable": not self.fault,
            "why": why,
            "now_s": look.status.now_s,
            "speed": speed(look.play),
            "ringing": [call.id for call in look.calls.lasting if call.state == "ringing"],
            "sounding": [
                {"alarm": x.alarm, "line": x.line, "priority": x.priority, "quiet": x.acknowledged_by is not None}
                for x in look.alarms.sounding
            ],
        }


def _without_content(state: dict[str, Any]) -> dict[str, Any]:
    """Whether something sounds, and how loud: no line, no kind of alarm, no call's id."""
    loud = [{"priority": each["priority"], "quiet": each["quiet"]} for each in state.get("sounding", ())]
    told: dict[str, Any] = {name: state[name] for name in ("reachable", "now_s", "speed") if name in state}
    return {**told, "why": "", "rests": True, "ringing": [""] * len(state.get("ringing", ())), "sounding": loud}


def speed(play: Play | None) -> int:
    """How fast the station's clock runs by ours."""
    return 1 if play is None else 0 if play.hurrying else play.speed


class Following:
    """One open page. `names`: the regions that it shows, each with its argument."""

    def __init__(self, names: frozenset[str], language: str) -> None:
        self.names = names
        self.language = language
        self.news = asyncio.Event()
        self._sent: dict[str, str] = {}
        self._told: dict[str, Any] = {}  # the state, but for the time

    def fresh(self, watcher: Watcher, *, rests: bool = False) -> bytes | None:
        """What to send now; None if the page knows it all. `rests`: it is told nothing but that something sounds."""
        changed = {}
        for name in () if rests else self.names:
            html = watcher.rendered.get((name, self.language))
            if html is not None and self._sent.get(name) != html:
                changed[name] = self._sent[name] = html
        state = watcher.state(self.language)
        if rests:
            state = _without_content(state)
        told = {**state, "now_s": 0}
        if not changed and told == self._told:
            return None
        self._told = told
        return msgspec.json.encode({"regions": changed, "state": state})


class Sockets:
    """The sockets that open pages hold."""

    def __init__(self, console: Console) -> None:
        self.console = console
        console.watcher.attach(console)

    async def serve(self, socket: WebSocket) -> None:
        """Follow what the page asks for until it goes. A page whose session rests is told that it does, and then only
        whether something rings; one that nobody is signed in at is told so, and let go."""
        watcher = self.console.watcher
        names = frozenset(socket.query_params.get("regions", "").split(",")) - {""}
        language = socket.query_params.get("language", "")
        if len(names) > REGIONS_MAX or len(watcher.sockets) >= SOCKETS_MAX or language not in LANGUAGES:
            await socket.close(REFUSED)
            return
        await socket.accept()
        following = Following(names, language)
        gone = asyncio.create_task(_until_gone(socket))
        gone.add_done_callback(lambda _: following.news.set())
        try:
            if await self._standing(socket) is Standing.IN:
                await watcher.follow(following)
            else:
                watcher.sockets.add(following)
                following.news.set()
            while not gone.done() and not watcher.ending.is_set():
                await following.news.wait()
                following.news.clear()
                standing = await self._standing(socket)
                if standing is Standing.OUT:
                    await socket.close(REFUSED)
                    return
                if not gone.done() and (told := following.fresh(watcher, rests=standing is Standing.RESTS)) is not None:
                    await socket.send_text(told.decode())
        except (WebSocketDisconnect, RuntimeError):
            return  # it went while we sent
        finally:
            watcher.sockets.discard(following)
            gone.cancel()

    async def _standing(self, socket: WebSocket) -> Standing:
        gate = self.console.gate
        if await gate.acting(socket) is not None:
            return Standing.IN
        rests = isinstance(gate, AccountsGate) and await gate.resting(socket) is not None
        return Standing.RESTS if rests else Standing.OUT


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
