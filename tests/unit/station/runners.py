"""Two runners in one loop, for tests: a wire between them, disks that fail, clocks that can be set."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from openline.keys.entropy import SeededEntropy
from openline.ports import Now, Parcel, Write
from openline.ports import Told as ToldPort
from openline.station import commands
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.station.runner import MachineClock, Runner
from openline.store.memory import MemoryStore
from openline.wire.entry import Entry
from openline.wire.errors import OurFault, StorageFault
from tests.accord_maker import made

PATIENCE_S = 30
COPPER = 0


class Clock(MachineClock):
    """A clock that a test may set; steady time goes on by itself."""

    ahead_ms = ahead_elapsed_ms = 0

    def now(self) -> Now:
        real = super().now()
        return Now(real.clock_ms + self.ahead_ms, real.elapsed_ms + self.ahead_elapsed_ms)


class Wire:
    """One end of a wire between two runners in this loop."""

    def __init__(self) -> None:
        self.other: Wire | None = None
        self.told: ToldPort | None = None
        self.nudged = 0
        self.taken: list[Awaitable[None]] = []  # what came of what it sent
        self.connected = asyncio.Event()
        self.takes_s = 0.0  # how long what it sends is on its way

    async def run(self, told: ToldPort) -> None:
        self.told = told
        self.connected.set()
        if self.other is not None:
            await self.other.connected.wait()
        told.up()
        await asyncio.Event().wait()

    def send(self, parcel: Parcel) -> None:
        if self.other is None or self.other.told is None:
            return
        if self.takes_s:
            asyncio.get_running_loop().call_later(self.takes_s, self.other.told.arrived, parcel.data)
        else:
            self.taken.append(self.other.told.arrived(parcel.data))

    def nudge(self) -> None:
        self.nudged += 1

    def figures(self) -> Mapping[str, int]:
        return {}


class Failing(MemoryStore):
    """A store whose disk fails when it is told to."""

    full = False
    began: threading.Event | None = None
    may_go: threading.Event | None = None

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[threading.Thread] = []  # that wrote

    def commit(self, writes: Sequence[Write]) -> None:
        self.threads.append(threading.current_thread())
        if self.full:
            raise StorageFault("the disk is full", next_step="Make room.")
        if self.began is not None and self.may_go is not None:
            self.began.set()
            self.may_go.wait(PATIENCE_S)
        super().commit(writes)


class Pair:
    def __init__(self) -> None:
        accord = made()
        self.wires = Wire(), Wire()
        self.wires[0].other, self.wires[1].other = self.wires[1], self.wires[0]
        self.stores = Failing(), Failing()
        self.clocks = Clock(), Clock()
        self.logged: list[tuple[int, str]] = []
        self.runners = [
            Runner(
                Desk(
                    Identity(accord.signed, side, accord.keys[side].station, accord.psk),
                    self.stores[side],
                    SeededEntropy(b"runner" + bytes([side])),
                ),
                self.stores[side],
                {COPPER: self.wires[side]},
                clock=self.clocks[side],
                log=lambda event, side=side, **fields: self.logged.append((side, event)),
            )
            for side in (0, 1)
        ]

    async def during(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run both while `act` runs."""
        running = [asyncio.create_task(runner.run()) for runner in self.runners]
        try:
            async with asyncio.timeout(PATIENCE_S):
                for runner in self.runners:
                    await runner.until(lambda desk: True if desk.ctx.up else None)
                await act()
        finally:
            for task in running:
                task.cancel()
            for task in running:
                with suppress(asyncio.CancelledError, StorageFault, OurFault):
                    await task


def run(act: Callable[[Pair], Coroutine[Any, Any, None]]) -> None:
    async def both() -> None:
        pair = Pair()
        await pair.during(lambda: act(pair))

    asyncio.run(both())


def sending(text: str) -> Callable[[Desk, Now], Entry]:
    def act(desk: Desk, now: Now) -> Entry:
        return desk.record(desk.release(desk.draft(commands.SendMessage(line=0, text=text), now)), now)

    return act
