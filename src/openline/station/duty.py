"""What a running station does for the people on duty: calls, watches.

Rules of this file: it acts on the desk in a turn of the runner and never beside one; whose name is meant is resolved
here, so that routes and drills ask alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from openline.ports import Now
from openline.station.callbook import CallBook, CallState
from openline.station.desk import Desk
from openline.station.runner import Runner
from openline.station.watchkeeping import OnWatch
from openline.wire.errors import Misuse, Refused
from openline.wire.terms import Lane, Phase

WAIT_S: Final = 25.0  # chosen: below what a caller of the API waits for an answer
PHASES: Final = {"answer": Phase.ANSWERED, "decline": Phase.DECLINED, "defer": Phase.DEFERRED}


class Placed(NamedTuple):
    call: CallState
    warnings: tuple[str, ...]


class Duty:
    """Made before the runner runs: it watches the record from the start."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.desk = runner.desk
        self.book = CallBook(runner.desk)
        runner.on_start.append(self._started)

    def _started(self, desk: Desk, now: Now) -> None:
        self.book.load()

    # ---- names

    def officer(self, name: str | None) -> int | None:
        """An officer of ours by name; None for none.

        Raises:
            Misuse: the accord has no such officer.
        """
        if name is None:
            return None
        ctx = self.desk.ctx
        names = [officer.name for officer in ctx.accord.sides[ctx.us].officers]
        if name not in names:
            raise Misuse(f"the accord has no officer of ours named {name}", next_step=f"There is: {', '.join(names)}.")
        return names.index(name)

    def officer_name(self, number: int | None) -> str | None:
        ctx = self.desk.ctx
        return None if number is None else ctx.accord.sides[ctx.us].officers[number].name

    # ---- calls

    async def place(self, line: int, lane: Lane, officer: int | None) -> Placed:
        """Ring them outside the schedule.

        Raises:
            Refused: the liaison lane is cut, or this station is restoring.
        """

        def ring(desk: Desk, now: Now) -> Placed:
            call_id, warnings = desk.place_call(line, lane, now)
            who = desk.watchkeeping.officer_on_watch(line) if officer is None else officer
            if who is not None:
                self.book.note_officer(call_id, who)
            return Placed(self.call(call_id), warnings)

        return await self.runner.ask(ring)

    async def pick_up(self, call_id: bytes, phase: Phase, officer: int | None) -> CallState:
        """Answer, decline or defer a call that rings here.

        Raises:
            Refused: it does not ring any more, or nobody holds the watch and none is named.
        """

        def say(desk: Desk, now: Now) -> CallState:
            call = self.call(call_id)
            if call.state != "ringing":
                raise Refused(f"this call does not ring here: it is {call.state}", next_step="See openline calls.")
            word = {Phase.ANSWERED: "answers", Phase.DECLINED: "declines", Phase.DEFERRED: "defers"}[phase]
            who = desk.watchkeeping.officer_for(call.line, officer, f"{word} it")
            desk.pick_up(call_id, phase, now)
            self.book.note_officer(call_id, who)
            return self.call(call_id)

        return await self.runner.ask(say)

    async def hang_up(self, call_id: bytes) -> CallState:
        """End a call, whichever side placed it.

        Raises:
            Refused: it is over, or rings here and nobody has picked it up.
        """

        def end(desk: Desk, now: Now) -> CallState:
            call = self.call(call_id)
            if call.state == "ringing":
                raise Refused("this call rings here; nobody has answered it", next_step="Answer, decline or defer it.")
            if call.over:
                raise Refused(f"this call is over: {call.state}", next_step="See openline calls.")
            desk.hang_up(call_id, now)
            return self.call(call_id)

        return await self.runner.ask(end)

    async def wait(self, call_id: bytes, known: str | None) -> CallState:
        """How a call stands, as soon as that is not as `known`, or after `WAIT_S`."""
        call = self.call(call_id)
        if known is None or call.state != known:
            return call
        try:
            async with asyncio.timeout(WAIT_S):
                return await self.runner.until(lambda desk: self._unless(call_id, known))
        except TimeoutError:
            return self.call(call_id)

    def _unless(self, call_id: bytes, known: str) -> CallState | None:
        call = self.call(call_id)
        return None if call.state == known else call

    def call(self, call_id: bytes) -> CallState:
        """A call by its id.

        Raises:
            Misuse: no call of that id rings or was among the last.
        """
        found = self.book.one(call_id)
        if found is None:
            raise Misuse(f"no call {call_id.hex()} is known here", next_step="See openline calls.")
        return found

    # ---- the watch

    async def come_on(self, post: str | None, officer: int) -> OnWatch:
        """An officer takes the watch: a handover, where another holds it.

        Raises:
            Refused: that officer holds it already. Misuse: no such post, or several.
        """

        def on(desk: Desk, now: Now) -> OnWatch:
            return desk.watchkeeping.come_on(desk.watchkeeping.post_named(post), officer)

        return await self.runner.ask(on)

    async def go_off(self, post: str | None) -> OnWatch:
        """The watch ends, and nobody takes it over.

        Raises:
            Refused: nobody holds it. Misuse: no such post, or several.
        """

        def off(desk: Desk, now: Now) -> OnWatch:
            return desk.watchkeeping.go_off(desk.watchkeeping.post_named(post))

        return await self.runner.ask(off)

    def watches(self, since_s: int) -> Sequence[OnWatch]:
        """The watches that were held at or after an instant, newest first."""
        kept = reversed(self.desk.watchkeeping.watches.values())
        return [watch for watch in kept if watch.until_s is None or watch.until_s >= since_s]
