"""Turns: what was asked of the desk gathers, is acted on at once, becomes durable, and only then has consequences.

Rules of this file:
1. A turn takes all that has gathered, then commits once, then hands out what the desk wants sent: nothing leaves
   before it is durable, and one fsync serves as many inputs as came while the last one ran.
2. The desk is touched from the loop's thread alone. Whoever asks something of it gets the answer when its turn is
   durable.
3. After a fault of the disk or of our own there are no more turns. Whoever asked, or asks then, is told; nobody waits
   for a turn that will not come.
4. No task of its own and no future for a commit: each step of a turn calls the next. What a message costs is for the
   most part what lies between two steps.
5. A small commit is made in the loop's own thread while the disk answers at once: two changes of thread cost more than
   it does. A disk that was slow once gets the writer's thread, and signs of life do not wait for it, until it is quick
   again; so does a server of a database always, for a network may keep one waiting for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from openline.ports import Now, Store, Write
from openline.station.context import Effects
from openline.station.desk import Desk
from openline.station.driver import Input, T
from openline.store import GroupWriter
from openline.wire.errors import OpenlineError, OurFault, StorageFault

TURN_INPUTS_MAX: Final = 64  # chosen: some 20 ms of work; more would keep the first of them waiting

QUICK_S: Final = 0.005  # chosen: what one turn's work takes anyway; ten of them are not felt by any sign of life
QUICK_WRITES_MAX: Final = 64  # chosen: what a full turn of messages writes; more is worth overlapping with sealing

Answer = Callable[[OpenlineError | None], None]  # given what refused the input, or what ended the turns, or None
Asked = tuple[Input, Answer | None]


class _Waiter(NamedTuple):
    """Somebody who waits until the desk holds something."""

    holds: Callable[[Desk], Any]
    found: asyncio.Future[Any]


class Turns:
    """The turns of one desk.

    Args:
        now: called as a turn begins, to set the desk's time.
        hand_out: is given what the desk wants sent and told, once that is durable.
    """

    def __init__(
        self,
        desk: Desk,
        store: Store,
        now: Callable[[], Now],
        hand_out: Callable[[Effects], None],
        log: Callable[..., None],
    ) -> None:
        self.count = 0
        self.in_turn: list[Input] = []  # at the end of every turn, before its commit
        self.after_turn: list[Callable[[], None]] = []  # when it is durable
        self.ended: OpenlineError | None = None  # why there are no more turns
        self.broken: asyncio.Future[None]  # fails with what broke a turn
        self._desk = desk
        self._store = store
        self._writer = GroupWriter(store)
        self.quick = store.local  # whether the disk was, when it was last looked at
        self._began_s = 0.0  # the commit that the writer's thread has in hand, and how much it is
        self._handed = 0
        self._now, self._hand_out, self._log = now, hand_out, log
        self._inputs: deque[Asked] = deque()
        self._in_hand: Sequence[Asked] = ()  # of the turn that runs
        self._refused: dict[int, OpenlineError] = {}  # of these
        self._committing: Effects | None = None
        self._failed: Exception | None = None  # what the commit came to
        self._up = False  # whether the first turn is over
        self._idle = False  # whether nothing keeps the next one from beginning
        self._alone = False  # whether one entry alone is on its way: then nobody is waited for, not even the loop
        self._waiters: list[_Waiter] = []
        self._loop: asyncio.AbstractEventLoop

    # ---- asking

    def ask(self, act: Input, answer: Answer | None = None, *, at_once: bool = False) -> None:
        """Have the desk do something in its next turn; `answer` is called when that is durable, or cannot be. With
        `at_once` the turn may begin in this very call, and send: whoever allows that is in the middle of nothing."""
        if self.ended is None:
            self._inputs.append((act, answer))
            if self._idle:
                self._idle = False
                if at_once and self._alone:
                    self._begin()
                else:
                    self._loop.call_soon(self._begin)
        elif answer is not None:
            answer(self.ended)

    async def until(self, holds: Callable[[Desk], T | None]) -> T:
        """The first value other than None that `holds` gives, now or after a turn.

        Raises:
            StorageFault, OurFault: there are no more turns.
        """
        if (value := holds(self._desk)) is not None:
            return value
        if self.ended is not None:
            raise self.ended
        waiter = _Waiter(holds, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            found: T = await waiter.found
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        return found

    # ---- life

    async def first(self, inputs: Sequence[Input]) -> None:
        """The first turn; what is asked meanwhile waits for `open`.

        Raises:
            What the first of `inputs` raises, or what broke the turn.
        """
        self._loop = asyncio.get_running_loop()
        self.broken = self._loop.create_future()
        started: asyncio.Future[None] = self._loop.create_future()
        self._take([(inputs[0], answering(started)), *((each, None) for each in inputs[1:])])
        await asyncio.wait((started, self.broken), return_when=asyncio.FIRST_COMPLETED)
        if self.broken.done():
            self.broken.result()
        started.result()

    def open(self) -> None:
        """From here on a turn follows another as soon as something was asked."""
        self._up = True
        self._next()

    def close(self, why: OpenlineError) -> None:
        """No more turns. What the last one wrote was submitted: it is durable when this returns, and who asked is told
        so; whoever else waits is told why not."""
        self._idle = False
        self._writer.close()
        if self.ended is None:
            self.ended = why
        if self._committing is not None and self._failed is None:
            self._answer()
        for _, answer in (*self._in_hand, *self._inputs):
            if answer is not None:
                answer(self.ended)
        self._in_hand = ()
        self._inputs.clear()
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            fail(waiter.found, self.ended)

    # ---- one turn

    def _next(self) -> None:
        if self._inputs and self._up:
            self._loop.call_soon(self._begin)
        else:
            self._idle = self._up

    def _begin(self) -> None:
        if self.ended is None:
            count = min(len(self._inputs), TURN_INPUTS_MAX)
            self._take([self._inputs.popleft() for _ in range(count)])

    def _take(self, inputs: Sequence[Asked]) -> None:
        self._in_hand, self._refused = inputs, {}
        try:
            self._act(inputs)
            self._commit()
        except Exception as error:
            self._break(error)

    def _act(self, inputs: Sequence[Asked]) -> None:
        desk, now = self._desk, self._now()
        for place, (act, _) in enumerate(inputs):
            try:
                act(desk, now)
            except (OurFault, StorageFault):  # rule 3
                raise
            except OpenlineError as error:
                self._refused[place] = error
        for look in self.in_turn:
            look(desk, now)

    def _commit(self) -> None:
        """Commit what the turn wrote, then let go what it sends; again while that left something to say."""
        desk = self._desk
        while True:
            effects = desk.take(self._submit)
            if self._handed:
                self._committing = effects
                return
            self._durable(effects)
            if not desk.wants_turn:
                break
        self._end()

    def _submit(self, writes: Sequence[Write]) -> None:
        self._began_s = time.monotonic()
        if self.quick and len(writes) <= QUICK_WRITES_MAX:
            self._store.commit(writes)
            self._look_at_disk(len(writes))
        else:
            self._handed = len(writes)
            self._writer.submit(writes, self._written)

    def _look_at_disk(self, count: int) -> None:
        """Rule 5, once `count` writes are durable."""
        if self._store.local and count <= QUICK_WRITES_MAX:
            self.quick = time.monotonic() - self._began_s < QUICK_S

    def _written(self, error: Exception | None) -> None:
        """In the writer's thread."""
        self._failed = error
        self._loop.call_soon_threadsafe(self._committed)

    def _committed(self) -> None:
        effects = self._committing
        if self.ended is not None or effects is None:
            return
        self._committing = None
        count, self._handed = self._handed, 0
        try:
            if self._failed is not None:
                raise self._failed
            self._look_at_disk(count)
            self._durable(effects)
            if self._desk.wants_turn:
                self._commit()
            else:
                self._end()
        except Exception as broke:
            self._break(broke)

    def _durable(self, effects: Effects) -> None:
        self._desk.committed()
        self._hand_out(effects)

    def _end(self) -> None:
        asked = len(self._in_hand)
        self._answer()
        for tell in self.after_turn:
            tell()
        self.count += 1
        before = len(self._waiters)
        if before:
            self._look()
        one = asked == 1 and before - len(self._waiters) <= 1
        self._alone = one and self._desk.outbox.waiting_count() <= 1
        self._next()

    def _answer(self) -> None:
        refused, asked = self._refused, self._in_hand
        self._in_hand = ()
        for place, (_, answer) in enumerate(asked):
            if answer is not None:
                answer(refused.get(place))
            elif place in refused:
                self._log("refused", what=refused[place].what)

    def _look(self) -> None:
        """Whether what somebody waits for has come about."""
        waiting, desk = self._waiters, self._desk
        self._waiters = []
        for waiter in waiting:
            if waiter.found.done():
                continue
            try:
                value = waiter.holds(desk)
            except Exception as error:  # the waiter's own affair
                waiter.found.set_exception(error)
                continue
            if value is None:
                self._waiters.append(waiter)
            else:
                waiter.found.set_result(value)

    def _break(self, error: Exception) -> None:
        """No turn follows: the desk's memory is worth nothing any more."""
        self._idle = False
        if not self.broken.done():
            self.broken.set_exception(error)
            self.broken.exception()  # a stop may come before anybody looks


def answering(done: asyncio.Future[None]) -> Answer:
    """An answer that completes a future."""

    def answer(error: OpenlineError | None) -> None:
        if error is not None:
            fail(done, error)
        elif not done.done():
            done.set_result(None)

    return answer


def fail(done: asyncio.Future[Any], fault: OpenlineError) -> None:
    if not done.done():
        done.set_exception(fault)
        done.exception()  # nobody may be waiting any more
