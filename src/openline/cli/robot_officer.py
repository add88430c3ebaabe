"""A robot on watch: it picks up or rings, takes its part in a call's voice, and tells what it heard.

Rules of this file:
1. It is a program of its own side that asks the station's API, as a console does, and holds no key.
2. It says what it heard, in figures; it keeps nothing of it. It signs nothing, opens nothing and writes no message.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import click

from openline.cli.calls import SAYS
from openline.cli.robot_voice import Heard, Talk
from openline.console.link import Link
from openline.station.api import types_duty as duty
from openline.station.api import types_voice as t
from openline.station.api.answers import part
from openline.wire.errors import Refused

LOOK_S: Final = 1.0
CONNECT_S: Final = 20.0  # chosen: what connecting may take on a loaded machine; longer, and there is no way
ONCE_MORE: Final = "the other side begins anew"


class Spoke(NamedTuple):
    """What came of one call. `paired`: whether both halves were there; `trouble`: as the station says it last."""

    call: str
    line: str
    state: str
    paired: bool
    connected: bool
    seconds: float
    level: float
    sound: bool
    refused: str
    trouble: str


class Robot:
    """`socket`: the station's; `officer`: in whose name, the one on watch unless given."""

    def __init__(self, socket: Path, officer: str | None, as_json: bool = False) -> None:
        self.link = Link(socket)
        self.officer = officer
        self.as_json = as_json

    # ---- what it does

    async def answer(self, lines: Sequence[str] = (), *, once: bool = False, after_s: int = 0) -> Spoke | None:
        """Answer calls, one at a time, until stopped; `after_s`: those alone that nobody answered for so long.

        Raises:
            Refused: nobody is on watch, and no officer was named.
        """
        self._say("waiting for a call (Ctrl-C ends)")
        try:
            while True:
                call = await self._ringing(lines, after_s)
                asked = duty.PickUp(word="answer", officer=self.officer)
                try:
                    found = await self.link.post(f"/v1/calls/{part(call.id)}/word", asked, duty.Call)
                except Refused as refused:
                    if "ring" in refused.what:  # it ended as we picked up
                        continue
                    raise
                self._say(f"{found.line}: answered")
                spoke = await self.speak(found, None)
                if once:
                    return spoke
        finally:
            await self.link.close()

    async def ring(self, line: str, seconds: float) -> Spoke:
        """Place a call, speak so long once it is answered, and hang up.

        Raises:
            Refused: the line is cut, or the station is restoring.
        """
        try:
            asked = duty.PlaceCall(line=line, officer=self.officer)
            call = await self.link.post("/v1/calls", asked, duty.Call)
            while call.state in ("placed", "rang"):
                self._say(f"{call.line}: {SAYS[call.state]}")
                call = await self._next(call)
            if call.state != "talking":
                self._say(f"{call.line}: {SAYS[call.state]}")
                return self._told(Spoke(call.id, call.line, call.state, False, False, 0.0, 0.0, False, "", ""))
            return await self.speak(call, seconds)
        finally:
            await self.link.close()

    # ---- a call

    async def speak(self, call: duty.Call, seconds: float | None) -> Spoke:
        """Speak on an answered call until it is over, or for so many seconds from when it was connected, for which
        there is a time too; a new round as often as one begins.

        Raises:
            Refused: this station carries no voice.
        """
        path = f"/v1/calls/{part(call.id)}/voice"
        total, state, talk = Heard(0, 0), await self.link.get(path, t.Voice), None
        connected, until = False, None if seconds is None else time.monotonic() + CONNECT_S + seconds
        if not state.available:
            raise Refused("this station carries no voice", next_step="Give it a [voice]: docs/station.md.")
        try:
            while until is None or time.monotonic() < until:
                if talk is None or _behind(state):
                    total = _and(total, talk)
                    talk = await self._begin(talk, caller=state.caller)
                    state = await self.link.post(path, await talk.half(), t.Voice)
                if state.paired and talk.state == "new" and state.theirs is not None and state.relay is not None:
                    await talk.connect(state.theirs, state.relay)
                    self._say(f"{call.line}: connecting, round {state.theirs.round}")
                found = await self._look(path, state, until)
                if talk.state == "connected" and not connected:
                    connected, until = True, None if seconds is None else time.monotonic() + seconds
                if found.over:
                    break
                if found.trouble and found.trouble != state.trouble:
                    self._say(f"{call.line}: {found.trouble.replace('_', ' ')}")
                state = found
        except Refused:  # it ended as we began a round
            self._say(f"{call.line}: ended")
        finally:
            heard = _and(total, talk)
            if talk is not None:
                await talk.close()
        with suppress(Refused):  # it is over already
            await self.link.post(f"/v1/calls/{part(call.id)}/end", None, duty.Call)
        return self._told(
            Spoke(
                call.id, call.line, "answered", state.paired, connected, round(heard.seconds, 2),
                round(heard.level, 4), heard.sound, state.refused, state.trouble,
            )
        )  # fmt: skip

    async def _begin(self, before: Talk | None, *, caller: bool) -> Talk:
        if before is not None:
            await before.close()
            self._say(ONCE_MORE)
        return Talk(caller=caller)

    async def _look(self, path: str, state: t.Voice, until: float | None) -> t.Voice:
        """The voice when it stands otherwise, within a second, or when the time to speak is over."""
        left = LOOK_S if until is None else min(LOOK_S, max(until - time.monotonic(), 0))
        try:
            async with asyncio.timeout(left):
                return await self.link.get(path, t.Voice, unless=state.stamp)
        except TimeoutError:
            return await self.link.get(path, t.Voice)

    async def _ringing(self, lines: Sequence[str], after_s: int) -> duty.Call:
        while True:
            found = (await self.link.get("/v1/calls", duty.Calls)).lasting
            for call in found:
                since_s = time.time() - call.started_s
                if call.state == "ringing" and since_s >= after_s and (not lines or call.line in lines):
                    return call
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await asyncio.Event().wait()

    async def _next(self, call: duty.Call) -> duty.Call:
        before = call.state
        while call.state == before:
            call = await self.link.get(f"/v1/calls/{part(call.id)}", duty.Call, unless=before)
        return call

    # ---- telling

    def _told(self, spoke: Spoke) -> Spoke:
        if self.as_json:
            click.echo(json.dumps(spoke._asdict()))
        elif spoke.state == "answered":
            how = f"heard {spoke.seconds:.1f} s of sound, level {spoke.level:.3f}" if spoke.sound else "heard nothing"
            more = "".join(f"; {each}" for each in (spoke.refused, spoke.trouble.replace("_", " ")) if each)
            click.echo(f"{spoke.line}: over; {how}{more}")
        return spoke

    def _say(self, text: str) -> None:
        if not self.as_json:
            click.echo(f"{time.strftime('%H:%M:%S')}  {text}")


def _behind(state: t.Voice) -> bool:
    """Whether the other side began a round that ours has no half of."""
    return state.theirs is not None and state.ours is not None and state.theirs.round > state.ours.round


def _and(before: Heard, talk: Talk | None) -> Heard:
    """What was heard in all rounds together."""
    if talk is None:
        return before
    now = talk.heard()
    seconds = before.seconds + now.seconds
    if not seconds:
        return before
    square = (before.seconds * before.level**2 + now.seconds * now.level**2) / seconds
    return Heard(seconds, square**0.5)
