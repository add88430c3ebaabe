"""The only event loop: one desk driven by the machine's clock, on real carriers and a real store.

Rules of this file:
1. The desk is reached by its turns alone (`station.turns`): nothing leaves before it is durable.
2. After a storage fault or a fault of our own the desk's memory is worth nothing: the runner stops and says why; a
   new one reads the store again.
3. Pulses and probes are the runner's; everything else that is due is the desk's to say.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from openline.core import state
from openline.ports import Carrier, Now, Parcel, Store
from openline.station.context import Effects, Event, Send
from openline.station.desk import Desk
from openline.station.driver import Input, T
from openline.station.turns import Turns, answering
from openline.wire.errors import OpenlineError, OurFault, StorageFault
from openline.wire.said import say

CLOCK_STEP_MS: Final = 1_000  # chosen: a correction by less is what a time service does all day
PLAN_S: Final = 0.02  # chosen: what a turn makes due is due later than this; under load many turns share a look

Probe = Callable[[], Awaitable[bool]]


class MachineClock:
    """The machine's clock and a steady count that goes on while it sleeps."""

    def now(self) -> Now:
        return Now(time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)


class Told:
    """What one carrier tells, as inputs to the desk's next turn."""

    def __init__(self, runner: Runner, carrier: int) -> None:
        self.runner = runner
        self.carrier = carrier

    def up(self) -> None:
        self.runner.paths[self.carrier] = "up"
        self.runner.log("carrier_up", carrier=self.name)
        self.runner.post(lambda desk, now: desk.paths.up(self.carrier, now))

    def down(self, why: str) -> None:
        self.runner.paths[self.carrier] = why
        self.runner.log("carrier_down", carrier=self.name, why=why)
        self.runner.post(lambda desk, now: desk.paths.down(self.carrier, now))

    def arrived(self, bundle: bytes) -> Awaitable[None]:
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(error: OpenlineError | None) -> None:
            if isinstance(error, OurFault | StorageFault):
                taken.cancel()
            elif not taken.done():
                taken.set_result(None)

        self.runner.turning.ask(lambda desk, now: desk.arrive(self.carrier, bundle, now), settle, at_once=True)
        return taken

    def word(self, in_touch: bool, attached: bool | None) -> None:
        if attached:
            self.runner.nudge(self.carrier)
        self.runner.post(lambda desk, now: desk.paths.relay_word(self.carrier, in_touch, attached, now))

    def kept(self, ticket: object) -> None:
        if isinstance(ticket, Send):
            self.runner.post(lambda desk, now: desk.paths.relay_kept(self.carrier, ticket, now))

    def lacking(self, why: str) -> None:
        self.runner.paths[self.carrier] = why

    def trouble(self, what: str) -> None:
        self.runner.log("carrier_trouble", carrier=self.name, what=what)

    @property
    def name(self) -> str:
        return self.runner.desk.ctx.accord.carriers[self.carrier].id


class Runner:
    """Runs a desk that has not been started.

    Args:
        carriers: the accord's number of each carrier that this station has.
        probe: asks this side's own reference points; None where there are none.
        log: is given an event's name and its fields, never content.
    """

    def __init__(
        self,
        desk: Desk,
        store: Store,
        carriers: Mapping[int, Carrier],
        *,
        probe: Probe | None = None,
        clock: MachineClock | None = None,
        log: Callable[..., None] = lambda event, **fields: None,
    ) -> None:
        self.desk = desk
        self.store = store
        self.carriers = dict(carriers)
        self.clock = clock or MachineClock()
        self.log = log
        self.paths: dict[int, str] = dict.fromkeys(self.carriers, say("not tried yet"))
        self.listeners: list[Callable[[Event], None]] = []
        self.on_start: list[Input] = []  # after the desk came up, in the turn of that
        self.turning = Turns(desk, store, self._now, self._hand_out, log)
        self.in_turn = self.turning.in_turn
        self.after_turn = self.turning.after_turn
        self.beside: list[Callable[[], Awaitable[None]]] = []  # run while this runs
        self.on_up: Callable[[], None] = lambda: None
        self._probe = probe
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0
        self._planning: asyncio.TimerHandle | None = None
        self._ahead_ms = 0
        self._pulse_at: dict[int, int] = {}
        self.after_turn.append(self._plan_soon)

    @property
    def turns(self) -> int:
        """How many there were."""
        return self.turning.count

    # ---- asking

    def post(self, act: Input) -> None:
        """Have the desk do something in its next turn; nothing is done if there is none."""
        self.turning.ask(act)

    def done_with(self, act: Input) -> asyncio.Future[None]:
        """As `post`; the future completes when the turn is durable, whatever came of it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.turning.ask(act, answering(done), at_once=True)
        return done

    async def ask(self, act: Callable[[Desk, Now], T]) -> T:
        """What `act` gives, once its turn is durable.

        Raises:
            What `act` raises; of its turn the rest is durable all the same.
            StorageFault, OurFault: the runner stopped.
        """
        result: list[T] = []

        def keep(desk: Desk, now: Now) -> None:
            result.append(act(desk, now))

        await self.done_with(keep)
        return result[0]

    async def until(self, holds: Callable[[Desk], T | None]) -> T:
        """The first value other than None that `holds` gives after a turn.

        Raises:
            StorageFault, OurFault: the runner stopped.
        """
        return await self.turning.until(holds)

    def nudge(self, but: int = -1) -> None:
        """The other side showed life by one carrier: the others try now."""
        for number, carrier in self.carriers.items():
            if number != but and self.paths[number] != "up":
                carrier.nudge()

    # ---- life

    async def run(self, *, start: Callable[[Desk, Now], None] = lambda desk, now: desk.start(now)) -> None:
        """Come up on the store and serve until cancelled.

        Raises:
            StorageFault: the record cannot be kept; begin anew with the store opened again.
            Misuse: the station cannot start on what it was given.
            OurFault: a defect; the record is unharmed.
        """
        now = self.clock.now()
        self._ahead_ms = now.clock_ms - now.elapsed_ms
        try:
            await self.turning.first([start, *self.on_start])
            self.on_up()
            self.turning.open()
            self._plan()
            async with asyncio.TaskGroup() as group:
                for number, carrier in self.carriers.items():
                    group.create_task(carrier.run(Told(self, number)))
                for task in self.beside:
                    group.create_task(_running(task))
                if self._probe is not None:
                    group.create_task(self._probing(self._probe))
                group.create_task(_breaking(self.turning))
        except Exception as error:
            fault = _fault_of(error)
            self.turning.close(fault)
            raise fault from fault.__cause__
        finally:
            for timer in (self._timer, self._planning):
                if timer is not None:
                    timer.cancel()
            self.turning.close(StorageFault(say("this station is stopping"), next_step=say("Ask again when it is up.")))

    def _hand_out(self, effects: Effects) -> None:
        for send in effects.sends:
            carrier = self.carriers.get(send.carrier)
            if carrier is not None:
                carrier.send(Parcel(send.data, send.stored, send.ticket, send.bulk, send.key))
        if effects.events:
            self._log_all(effects.events)
        for event in effects.events:
            for listener in self.listeners:
                listener(event)

    def _log_all(self, events: Sequence[Event]) -> None:
        """What arrived on a line in one turn is one line of the log, with the id of the last and how many: under load a
        line for each was a tenth of what a message costs."""
        lines = self.desk.ctx.accord.lines
        arrived = Counter(event.line for event in events if event.what == "arrived")
        last = {event.line: event for event in events if event.what == "arrived"}
        for event in events:
            count = arrived[event.line] if event.what == "arrived" else 1
            if count == 1 or event is last[event.line]:
                line = lines[event.line].id if event.line < len(lines) else ""
                told = count if count > 1 else None
                self.log(event.what, line=line, id=event.id.hex(), text=event.text, count=told)

    # ---- time

    def _now(self) -> Now:
        """Now; if somebody set the clock since the last turn, the desk is told first."""
        now = self.clock.now()
        ahead_ms = now.clock_ms - now.elapsed_ms
        if abs(ahead_ms - self._ahead_ms) > CLOCK_STEP_MS:
            self.log("clock_set", by_ms=ahead_ms - self._ahead_ms)
            self.desk.clock_was_set(now)
        self._ahead_ms = ahead_ms
        self.desk.at(now)
        return now

    def _plan_soon(self) -> None:
        """After a turn: look when the desk is next due, at once if it wants its next turn at once."""
        if self.desk.pages.hashing or self.desk.pages.next_turn_ms() is not None:
            self._plan()
        elif self._planning is None:
            self._planning = asyncio.get_running_loop().call_later(PLAN_S, self._plan)

    def _plan(self) -> None:
        """Have the loop wake the desk when it is next due."""
        if self._planning is not None:
            self._planning.cancel()
            self._planning = None
        now = self.clock.now()
        due = [self._next_pulse_ms(now), self.desk.next_ms()]
        at = min((x for x in due if x is not None), default=now.elapsed_ms + 60_000)
        at = min(at, now.elapsed_ms + 60_000)  # a clock that somebody set is noticed within a minute
        if self._timer is not None:
            if self._timer_at == at and not self._timer.cancelled() and at > now.elapsed_ms:
                return
            self._timer.cancel()
        self._timer_at = at
        delay_s = max(at - now.elapsed_ms, 0) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.post(lambda desk, now: self._due(desk, now))

    def _due(self, desk: Desk, now: Now) -> None:
        desk.tick(now)
        if desk.ctx.restoring:
            return
        for line in range(len(desk.ctx.accord.lines)):
            if self._pulse_at.get(line, 0) <= now.elapsed_ms:
                self._pulse_at[line] = now.elapsed_ms + self._pulse_ms(line, now)
                desk.paths.pulse(line)

    def _next_pulse_ms(self, now: Now) -> int | None:
        if self.desk.ctx.restoring:
            return None
        for line in range(len(self.desk.ctx.accord.lines)):
            if line not in self._pulse_at:
                self._pulse_at[line] = now.elapsed_ms + self._pulse_ms(line, now)
        return min(self._pulse_at.values())

    def _pulse_ms(self, line: int, now: Now) -> int:
        return state.line_in_force(self.desk.ctx.record.ledger, line, now.clock_s).pulse_s * 1000

    async def _probing(self, probe: Probe) -> None:
        """Ask our own reference points as often as pulses go (spec 11.1)."""
        due = asyncio.Event()
        while True:
            ok = await probe()
            self.post(lambda desk, now, ok=ok: desk.paths.probed(ok, now))  # type: ignore[misc]
            now = self.clock.now()
            every_s = min(self._pulse_ms(n, now) for n in range(len(self.desk.ctx.accord.lines))) / 1000
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await due.wait()


def _fault_of(error: Exception) -> OpenlineError:
    """What ended the runner: the first of a group, and what nobody foresaw as a fault of our own. That is told by its
    place, for its words may hold what somebody wrote."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OpenlineError):
        return error
    place = traceback.extract_tb(error.__traceback__)[-1]
    fault = OurFault(
        say(
            "a defect: {error} in {file}, line {line}",
            error=type(error).__name__,
            file=Path(place.filename).name,
            line=str(place.lineno),
        ),
    )
    fault.__cause__ = error
    return fault


async def _running(task: Callable[[], Awaitable[None]]) -> None:
    await task()


async def _breaking(turning: Turns) -> None:
    await turning.broken
