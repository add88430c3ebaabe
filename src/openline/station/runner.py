"""The only event loop: one desk driven by the machine's clock, on real carriers and a real store.

Rules of this file:
1. A turn takes all that has gathered, then commits once, then hands out what the desk wants sent: nothing leaves
   before it is durable, and one fsync serves as many inputs as came while the last one ran.
2. The desk is touched from the loop's thread alone. Whoever asks something of it gets the answer when its turn is
   durable.
3. After a storage fault or a fault of our own the desk's memory is worth nothing: the runner stops and says why; a
   new one reads the store again. Whoever asked, or asks then, is told; nobody waits for a turn that will not come.
4. Pulses and probes are the runner's; everything else that is due is the desk's to say.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from openline.core import state
from openline.ports import Carrier, Now, Parcel, Store
from openline.station.context import Effects, Event, Send
from openline.station.desk import Desk
from openline.station.driver import Input, T
from openline.store import GroupWriter
from openline.wire.errors import OpenlineError, OurFault, StorageFault

TURN_INPUTS_MAX: Final = 64  # chosen: some 20 ms of work; more would keep the first of them waiting
CLOCK_STEP_MS: Final = 1_000  # chosen: a correction by less is what a time service does all day
EVENTS_KEPT: Final = 256

Asked = tuple[Input, asyncio.Future[Any] | None]
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
        self.runner.post(lambda desk, now: desk.carrier_up(self.carrier, now))

    def down(self, why: str) -> None:
        self.runner.paths[self.carrier] = why
        self.runner.log("carrier_down", carrier=self.name, why=why)
        self.runner.post(lambda desk, now: desk.carrier_down(self.carrier, now))

    def arrived(self, bundle: bytes) -> Awaitable[None]:
        asked = self.runner.done_with(lambda desk, now: desk.arrive(self.carrier, bundle, now))
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(asked: asyncio.Future[None]) -> None:
            if isinstance(asked.exception(), OurFault | StorageFault):
                taken.cancel()
            elif not taken.done():
                taken.set_result(None)

        asked.add_done_callback(settle)
        return taken

    def word(self, in_touch: bool, attached: bool | None) -> None:
        if attached:
            self.runner.nudge(self.carrier)
        self.runner.post(lambda desk, now: desk.relay_word(self.carrier, in_touch, attached, now))

    def kept(self, ticket: object) -> None:
        if isinstance(ticket, Send):
            self.runner.post(lambda desk, now: desk.relay_kept(self.carrier, ticket, now))

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
        self.paths: dict[int, str] = dict.fromkeys(self.carriers, "not tried yet")
        self.listeners: list[Callable[[Event], None]] = []
        self.on_start: list[Input] = []  # after the desk came up, in the turn of that
        self.in_turn: list[Input] = []  # at the end of every turn, before its commit
        self.after_turn: list[Callable[[], None]] = []  # when it is durable
        self.beside: list[Callable[[], Awaitable[None]]] = []  # run while this runs
        self.on_up: Callable[[], None] = lambda: None
        self.turns = 0
        self._probe = probe
        self._writer = GroupWriter(store)
        self._inputs: deque[Asked] = deque()
        self._in_hand: list[Asked] = []  # of the turn that runs
        self._ended: OpenlineError | None = None  # why there are no more turns
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0
        self._ahead_ms = 0
        self._pulse_at: dict[int, int] = {}

    # ---- asking

    def post(self, act: Input) -> None:
        """Have the desk do something in its next turn; nothing is done if there is none."""
        if self._ended is None:
            self._inputs.append((act, None))
            self._wake.set()

    def done_with(self, act: Input) -> asyncio.Future[None]:
        """As `post`; the future completes when the turn is durable, whatever came of it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._ended is not None:
            _fail(done, self._ended)
            return done
        self._inputs.append((act, done))
        self._wake.set()
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
        while (found := holds(self.desk)) is None:
            if self._ended is not None:
                raise self._ended
            self._changed.clear()
            await self._changed.wait()
        return found

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
            started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            await self._turn([(start, started), *((each, None) for each in self.on_start)])
            started.result()
            self.on_up()
            async with asyncio.TaskGroup() as group:
                for number, carrier in self.carriers.items():
                    group.create_task(carrier.run(Told(self, number)))
                for task in self.beside:
                    group.create_task(_running(task))
                if self._probe is not None:
                    group.create_task(self._probing(self._probe))
                group.create_task(self._turning())
        except Exception as error:
            self._ended = fault = _fault_of(error)
            raise fault from fault.__cause__
        finally:
            self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._writer.close()
        if self._ended is None:
            self._ended = StorageFault("this station is stopping", next_step="Ask again when it is up.")
        for _, done in (*self._in_hand, *self._inputs):
            _fail(done, self._ended)
        self._inputs.clear()
        self._changed.set()

    async def _turning(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._inputs:
                count = min(len(self._inputs), TURN_INPUTS_MAX)
                await self._turn([self._inputs.popleft() for _ in range(count)])
                self._plan()  # after each, for under load the inputs never run out

    async def _turn(self, inputs: list[Asked]) -> None:
        failed: dict[int, OpenlineError] = {}
        self._in_hand = inputs
        try:
            self._act(inputs, failed)
            await self._finish()
        except asyncio.CancelledError:
            self._writer.close()  # what this turn wrote was submitted: it is durable now, and who asked is told so
            if self._writer.fault is None:
                self._answer(inputs, failed)
            raise
        self._answer(inputs, failed)
        for tell in self.after_turn:
            tell()
        self.turns += 1
        self._changed.set()

    def _answer(self, inputs: list[Asked], failed: dict[int, OpenlineError]) -> None:
        self._in_hand = []
        for place, (_, done) in enumerate(inputs):
            if place in failed:
                _fail(done, failed[place])
                if done is None:
                    self.log("refused", what=failed[place].what)
            elif done is not None and not done.done():
                done.set_result(None)

    def _act(self, inputs: list[Asked], failed: dict[int, OpenlineError]) -> None:
        desk, now = self.desk, self._now()
        for place, (act, _) in enumerate(inputs):
            try:
                act(desk, now)
            except (OurFault, StorageFault):  # rule 3
                raise
            except OpenlineError as error:
                failed[place] = error
        for look in self.in_turn:
            look(desk, now)

    async def _finish(self) -> None:
        """Commit what the turn wrote, then let go what it sends; again while that left something to say."""
        desk = self.desk
        while True:
            effects: Effects = desk.take()
            if effects.writes:
                await asyncio.wrap_future(self._writer.submit(effects.writes))
            desk.committed()
            for send in effects.sends:
                self._hand_out(send)
            for event in effects.events:
                self._tell(event)
            if not desk.wants_turn:
                break

    def _hand_out(self, send: Send) -> None:
        carrier = self.carriers.get(send.carrier)
        if carrier is not None:
            carrier.send(Parcel(send.data, send.stored, send.ticket, send.bulk, send.key))

    def _tell(self, event: Event) -> None:
        line = self.desk.ctx.accord.lines[event.line].id if event.line < len(self.desk.ctx.accord.lines) else ""
        self.log(event.what, line=line, id=event.id.hex(), text=event.text)
        for listener in self.listeners:
            listener(event)

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

    def _plan(self) -> None:
        """Have the loop wake the desk when it is next due."""
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
                desk.pulse(line)

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
            self.post(lambda desk, now, ok=ok: desk.probed(ok, now))  # type: ignore[misc]
            now = self.clock.now()
            every_s = min(self._pulse_ms(n, now) for n in range(len(self.desk.ctx.accord.lines))) / 1000
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await due.wait()


def _fail(done: asyncio.Future[Any] | None, fault: OpenlineError) -> None:
    if done is not None and not done.done():
        done.set_exception(fault)
        done.exception()  # nobody may be waiting any more


def _fault_of(error: Exception) -> OpenlineError:
    """What ended the runner: the first of a group, and what nobody foresaw as a fault of our own. That is told by its
    place, for its words may hold what somebody wrote."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OpenlineError):
        return error
    place = traceback.extract_tb(error.__traceback__)[-1]
    fault = OurFault(f"a defect: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}")
    fault.__cause__ = error
    return fault


async def _running(task: Callable[[], Awaitable[None]]) -> None:
    await task()
