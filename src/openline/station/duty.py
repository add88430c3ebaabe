"""What a running station does for the people on duty: calls, watches, alarms, drills, history, statements.

Rules of this file: it acts on the desk in a turn of the runner and never beside one; whose name is meant is resolved
here, so that routes and drills ask alike. Once a second it looks whether an alarm began or ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from openline.core.silence import Gap
from openline.ports import Now
from openline.station import config as configs
from openline.station import remarks
from openline.station.alarm_keeper import AlarmKeeper, Sounding, Told
from openline.station.bells import configured
from openline.station.callbook import STATE_WORDS, CallBook, CallState
from openline.station.calls import IN_USE
from openline.station.delivery import Delivery, Outcome
from openline.station.desk import Desk
from openline.station.drill import Drill, Drills
from openline.station.driver import Driver
from openline.station.history import History
from openline.station.notices import Notice
from openline.station.statements import Said, Statements
from openline.station.uptime import Uptime
from openline.station.watchkeeping import OnWatch
from openline.wire import said
from openline.wire.errors import Misuse, Refused
from openline.wire.said import say
from openline.wire.terms import Lane, Phase

LOOK_S: Final = 1.0
GAPS_S: Final = 7 * 86_400
GAPS_TOLD: Final = 8  # chosen: more of them say what one sentence says better: nobody was here
WAIT_S: Final = 25.0  # chosen: below what a caller of the API waits for an answer
NOBODY: Final = {
    Phase.ANSWERED: say("nobody holds the watch, so nobody answers it"),
    Phase.DECLINED: say("nobody holds the watch, so nobody declines it"),
    Phase.DEFERRED: say("nobody holds the watch, so nobody defers it"),
}
NOBODY_ACKNOWLEDGES: Final = say("nobody holds the watch, so nobody acknowledges")
NOBODY_ORDERS: Final = say("nobody holds the watch, so nobody orders a drill")
NOBODY_NOTES: Final = say("nobody holds the watch, so nobody notes it")
PHASES: Final = {"answer": Phase.ANSWERED, "decline": Phase.DECLINED, "defer": Phase.DEFERRED}


class Placed(NamedTuple):
    call: CallState
    warnings: tuple[str, ...]


class Duty:
    """Made before the runner runs: it watches the record from the start. `config_file`: told to local programs, so
    that they find the station."""

    def __init__(self, runner: Driver, config: configs.Config | None = None, config_file: str = "") -> None:
        alarm = configs.Alarm() if config is None else config.alarm
        self.runner = runner
        self.desk = runner.desk
        self.store_folder = None if config is None else remarks.store_folder(config.station.store)
        self.book = CallBook(runner.desk)
        self.keeper = AlarmKeeper(runner.desk, alarm.again_s)
        self.delivery = Delivery(configured(alarm, config_file), lambda: runner.clock.now().clock_s, runner.log)
        drill = configs.Drill() if config is None else config.drill
        self.drills = Drills(runner.desk, self.book, drill.retries, drill.retry_after_s)
        self.history = History(runner.desk)
        self.statements = Statements(runner.desk.ctx)
        self.uptime = Uptime(runner.desk.ctx)
        runner.desk.watch.gaps, runner.desk.watch.statements = self._gaps, self.statements.told
        runner.on_start.append(self._started)
        runner.after_turn.append(self._tell)
        runner.beside += [self._looking, self.delivery.run]

    def _started(self, desk: Desk, now: Now) -> None:
        self.book.load()
        self.keeper.load(now)
        self.statements.load()
        self.history.load(self.uptime.load(now))
        self.runner.in_turn.append(self._look)  # not before this: what there was before is read first

    def _look(self, desk: Desk, now: Now) -> None:
        self.drills.tick(now)
        self.keeper.look_if_due(desk, now)
        self.history.look_if_due(now)
        self.uptime.note_if_due(now)

    def _gaps(self, line: int) -> tuple[Gap, ...]:
        """Gaps in our own watch of a line in the last week, the newest few."""
        since_s = self.desk.ctx.now.clock_s - GAPS_S
        down = [gap for gap in self.uptime.down if gap.until_s is not None and gap.until_s >= since_s]
        gaps = [*self.desk.watchkeeping.unattended(line, since_s), *down]
        return tuple(sorted(gaps, key=lambda gap: (gap.from_s, gap.down))[-GAPS_TOLD:])

    async def _looking(self) -> None:
        """Give the desk a turn each second, in which alarms are looked at."""
        never = asyncio.Event()
        while True:
            self.runner.post(lambda desk, now: None)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await never.wait()

    def remarks(self) -> tuple[said.Said, ...]:
        """What an officer should know that is no alarm."""
        failing = (remarks.failing(post.way.name, post.failing) for post in self.delivery.posts if post.failing)
        broken = remarks.broken(self.runner.desk.inbound.broken)
        return (*failing, *broken, *remarks.disk(self.store_folder))

    def acknowledged(self) -> dict[str, str]:
        """Alarms of which every cause is acknowledged, and by whom last."""
        found: dict[str, str] = {}
        for each in self.keeper.sounding.values():
            if each.acknowledged is not None:
                found[each.cause.alarm.value] = self.officer_name(each.acknowledged.officer) or ""
        for each in self.keeper.sounding.values():
            if each.acknowledged is None:
                found.pop(each.cause.alarm.value, None)
        return found

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
            raise Misuse(
                say("the accord has no officer of ours named {name}", name=name),
                next_step=say("There is: {names}.", names=", ".join(names)),
            )
        return names.index(name)

    def officer_name(self, number: int | None) -> str | None:
        ctx = self.desk.ctx
        return None if number is None else ctx.accord.sides[ctx.us].officers[number].name

    # ---- calls

    async def place(self, line: int, lane: Lane, officer: int | None) -> Placed:
        """Ring them outside the schedule; where a call lasts on that line and lane, that call (spec 5.6).

        Raises:
            Refused: the liaison lane is cut, or this station is restoring.
        """

        def ring(desk: Desk, now: Now) -> Placed:
            call_id, warnings = desk.place_call(line, lane, now)
            who = desk.watchkeeping.officer_on_watch(line) if officer is None else officer
            if who is not None and IN_USE not in warnings:
                self.book.note_officer(call_id, who)
            return Placed(self.call(call_id), warnings)

        return await self.runner.ask(ring)

    async def pick_up(self, call_id: bytes, phase: Phase, officer: int | None) -> CallState:
        """Answer, decline or defer a call that rings here.

        Raises:
            Refused: it does not ring any more, or nobody holds the watch and none is named.
        """

        def pick(desk: Desk, now: Now) -> CallState:
            call = self.call(call_id)
            if call.state != "ringing":
                raise Refused(
                    say("this call does not ring here: it is {state}", state=STATE_WORDS.get(call.state, call.state)),
                    next_step=say("See openline calls."),
                )
            who = desk.watchkeeping.officer_for(call.line, officer, NOBODY[phase])
            desk.pick_up(call_id, phase, now)
            self.book.note_officer(call_id, who)
            return self.call(call_id)

        return await self.runner.ask(pick)

    async def hang_up(self, call_id: bytes) -> CallState:
        """End a call, whichever side placed it.

        Raises:
            Refused: it is over, or rings here and nobody has picked it up.
        """

        def end(desk: Desk, now: Now) -> CallState:
            call = self.call(call_id)
            if call.state == "ringing":
                raise Refused(
                    say("this call rings here; nobody has answered it"), next_step=say("Answer, decline or defer it.")
                )
            if call.over:
                raise Refused(
                    say("this call is over: {state}", state=STATE_WORDS.get(call.state, call.state)),
                    next_step=say("See openline calls."),
                )
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
            raise Misuse(say("no call {id} is known here", id=call_id.hex()), next_step=say("See openline calls."))
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

    # ---- alarms

    def _tell(self) -> None:
        for told in self.keeper.take_told():
            each = told.sounding
            if told.event != "repeat":
                self.runner.log(f"alarm_{told.event}", alarm=each.cause.alarm.value, line=self._line_name(each))
            self.delivery.tell(self._notice(told))

    def _line_name(self, each: Sounding) -> str:
        return "" if each.cause.line is None else self.desk.ctx.accord.lines[each.cause.line].id

    def _notice(self, told: Told) -> Notice:
        each, accord = told.sounding, self.desk.ctx.accord
        given = each.acknowledged if told.event == "acknowledged" else None
        return Notice(
            event=told.event,
            alarm=each.cause.alarm.value,
            line=self._line_name(each),
            since_s=each.since_s,
            priority=each.priority.value,
            station=accord.sides[self.desk.ctx.us].name,
            accord=accord.name,
            officer="" if given is None else self.officer_name(given.officer) or "",
            comment="" if given is None else given.comment,
        )

    async def acknowledge(self, officer: int | None, comment: str) -> int:
        """Quiet every alarm that sounds now; how many they were.

        Raises:
            Refused: none sounds, or nobody holds the watch and no officer is named.
        """

        def quiet(desk: Desk, now: Now) -> int:
            who = desk.watchkeeping.officer_for(None, officer, NOBODY_ACKNOWLEDGES)
            self.keeper.look(now)
            quieted = self.keeper.acknowledge(who, comment, now)
            if not quieted:
                raise Refused(say("no alarm sounds"), next_step=say("See openline alarm."))
            return len(quieted)

        return await self.runner.ask(quiet)

    async def test(self) -> list[Outcome]:
        """Deliver a test by every configured way; what came of it."""
        now, accord = self.runner.clock.now(), self.desk.ctx.accord
        station = accord.sides[self.desk.ctx.us].name
        return await self.delivery.test(Notice("test", "test", "", now.clock_s, "low", station, accord.name))

    # ---- drills, statements

    async def drill(self, line: int, officer: int | None) -> Drill:
        """Order a drill for a missed call.

        Raises:
            Refused: one is running there, this station is restoring, or nobody holds the watch and none is named.
        """

        def begin(desk: Desk, now: Now) -> Drill:
            who = desk.watchkeeping.officer_for(line, officer, NOBODY_ORDERS)
            carriers = {desk.ctx.accord.carriers[n].id: state for n, state in self.runner.paths.items()}
            return self.drills.begin(line, who, carriers, now)

        return await self.runner.ask(begin)

    async def stop_drill(self, line: int) -> Drill:
        """Break a drill off.

        Raises:
            Refused: none is running there.
        """
        return await self.runner.ask(lambda desk, now: self.drills.stop(line, now))

    async def drill_after(self, line: int, known: int) -> Drill:
        """The last drill of a line, as soon as there is more to tell of it than `known` steps, or after `WAIT_S`.

        Raises:
            Misuse: none was ordered since this station came up.
        """
        if line not in self.drills.last:
            raise Misuse(
                say("no drill was ordered on this line since the station came up"), next_step=say("Order one.")
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                await self.runner.until(lambda desk: self.drills.last[line].steps > known or None)
        return self.drills.last[line]

    async def note(self, line: int, text: str, source: str, at_s: int, officer: int | None) -> Said:
        """Keep a public statement as evidence.

        Raises:
            Refused: nobody holds the watch and none is named, or it is from a time to come.
        """

        def keep(desk: Desk, now: Now) -> Said:
            who = desk.watchkeeping.officer_for(line, officer, NOBODY_NOTES)
            if at_s > now.clock_s:
                raise Refused(say("a statement of a time to come cannot have been made"), next_step=say("Check --at."))
            return self.statements.note(line, text, source, at_s, who)

        return await self.runner.ask(keep)
