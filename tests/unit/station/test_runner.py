"""The runner: turns, what is asked of it, faults of the disk, and the clock (two stations in one loop)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from openline.keys.entropy import SeededEntropy
from openline.ports import Now, Parcel, Write
from openline.ports import Told as ToldPort
from openline.station import commands, turns
from openline.station.context import Event, Identity
from openline.station.desk import Desk
from openline.station.runner import MachineClock, Runner
from openline.store.memory import MemoryStore
from openline.wire.entry import Entry
from openline.wire.errors import OurFault, Refused, StorageFault
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


def test_what_is_asked_is_answered_when_it_is_durable():
    """The answer comes after the commit, and the other side's signed acknowledgement after that."""

    async def act(pair: Pair) -> None:
        entry = await pair.runners[0].ask(sending("hello"))
        assert pair.stores[0].entry(entry.id) is not None
        await pair.runners[0].until(lambda desk: True if desk.outbox.held >= (entry.gen, entry.seq) else None)
        assert pair.stores[1].entry(entry.id) is not None

    run(act)


def test_what_gathers_is_one_turn():
    """Many that ask at once share a commit."""

    async def act(pair: Pair) -> None:
        runner = pair.runners[0]
        before = runner.turns
        await asyncio.gather(*(runner.ask(sending(f"message {n}")) for n in range(40)))
        assert runner.turns - before < 10

    run(act)


def test_a_refusal_is_its_askers_alone():
    """One command of a turn is refused; the others are recorded."""

    async def act(pair: Pair) -> None:
        def refused(desk: Desk, now: Now) -> None:
            raise Refused("no")

        answers = await asyncio.gather(
            *(pair.runners[0].ask(each) for each in (sending("before"), refused, sending("after"))),
            return_exceptions=True,
        )
        assert isinstance(answers[1], Refused)
        assert [isinstance(each, Entry) for each in answers] == [True, False, True]

    run(act)


def test_a_fault_of_the_disk_ends_the_runner_and_is_told_to_who_waits():
    """Nothing is answered that is not durable, and nothing leaves: the other side never sees it."""

    async def act(pair: Pair) -> None:
        before = pair.stores[1].count()
        pair.stores[0].full = True
        with pytest.raises(StorageFault):
            await pair.runners[0].ask(sending("lost"))
        assert pair.stores[1].count() == before

    with suppress(StorageFault):
        run(act)


def test_a_defect_ends_the_runner_and_is_told_without_content():
    """What nobody foresaw is a fault of our own for who asked and for who runs it: its place, and not its words."""
    told: list[OurFault] = []

    async def act(pair: Pair) -> None:
        def defect(desk: Desk, now: Now) -> None:
            raise LookupError("a secret word")

        with pytest.raises(OurFault, match=r"LookupError in test_runner\.py, line") as found:
            await pair.runners[0].ask(defect)
        told.append(found.value)

    with suppress(OurFault):
        run(act)
    assert "secret" not in str(told[0])


def test_nobody_waits_for_a_runner_that_has_ended():
    """What is asked after the end, and who waited for something to come about, is told so at once."""

    async def act(pair: Pair) -> None:
        waiting = asyncio.create_task(pair.runners[0].until(lambda desk: None))
        pair.stores[0].full = True
        with pytest.raises(StorageFault):
            await pair.runners[0].ask(sending("lost"))
        for asked in (waiting, pair.runners[0].ask(sending("late"))):
            with pytest.raises(StorageFault):
                await asked

    with suppress(StorageFault):
        run(act)


def test_who_asked_in_the_turn_that_a_stop_cuts_short_is_answered():
    """A stop in the middle of a commit: the commit is done, and who asked hears that it is, not that it failed."""

    async def act() -> None:
        pair = Pair()
        running = asyncio.create_task(pair.runners[0].run())
        store = pair.stores[0]
        async with asyncio.timeout(PATIENCE_S):
            await pair.runners[0].until(lambda desk: True if desk.ctx.now.elapsed_ms else None)
            pair.runners[0].turning.quick = False
            store.began, store.may_go = threading.Event(), threading.Event()
            asking = asyncio.create_task(pair.runners[0].ask(sending("just in time")))
            await asyncio.to_thread(store.began.wait, PATIENCE_S)
            running.cancel()
            store.may_go.set()
            entry = await asking
            await asyncio.wait({running})
        assert store.entry(entry.id) is not None

    asyncio.run(act())


def test_nothing_leaves_before_it_is_durable():
    """What goes is sealed while the disk is at work, and handed over when it is done."""

    async def act(pair: Pair) -> None:
        store, wire = pair.stores[0], pair.wires[0]
        pair.runners[0].turning.quick = False
        store.began, store.may_go = threading.Event(), threading.Event()
        wire.taken.clear()
        asking = asyncio.create_task(pair.runners[0].ask(sending("not yet")))
        await asyncio.to_thread(store.began.wait, PATIENCE_S)
        assert not wire.taken
        assert not asking.done()
        store.may_go.set()
        entry = await asking
        assert wire.taken
        await pair.runners[1].until(lambda desk: desk.ctx.record.id_at(0, entry.gen, entry.seq))

    run(act)


def test_what_came_in_one_turn_is_one_line_of_the_log():
    """Under load the log says how many came, and the id of the last; what came alone is told alone."""

    async def act(pair: Pair) -> None:
        north, south = pair.runners
        logged: list[dict[str, Any]] = []
        south.log = lambda event, **fields: logged.append({"event": event, **fields})
        alone = await north.ask(sending("alone"))
        await south.until(lambda desk: desk.ctx.record.id_at(0, alone.gen, alone.seq))
        several = await north.ask(lambda desk, now: [sending(f"one of {n}")(desk, now) for n in range(3)])
        await south.until(lambda desk: desk.ctx.record.id_at(0, several[-1].gen, several[-1].seq))
        arrived = [(told["id"], told["count"]) for told in logged if told["event"] == "arrived"]
        assert arrived == [(alone.id.hex(), None), (several[-1].id.hex(), 3)]

    run(act)


@pytest.mark.parametrize("quick", [True, False])
def test_a_disk_that_was_slow_keeps_nobody_waiting(monkeypatch, quick):
    """A disk that answers at once is written to in the loop's own thread; one that once did not gets a thread of its
    own, so that signs of life go on while it works."""
    monkeypatch.setattr(turns, "QUICK_S", float("inf") if quick else 0.0)

    async def act(pair: Pair) -> None:
        await pair.runners[0].ask(sending("looks at the disk"))
        threads = pair.stores[0].threads
        threads.clear()
        await pair.runners[0].ask(sending("goes by what was seen"))
        assert threads
        assert {each is threading.main_thread() for each in threads} == {quick}

    run(act)


def test_a_server_of_a_database_never_keeps_the_loop_waiting(monkeypatch):
    """However quick it was: a network may fail in the middle of the next commit."""
    monkeypatch.setattr(turns, "QUICK_S", float("inf"))
    monkeypatch.setattr(Failing, "local", False)

    async def act(pair: Pair) -> None:
        for _ in range(3):
            await pair.runners[0].ask(sending("over a network"))
        assert threading.main_thread() not in pair.stores[0].threads

    run(act)


def test_more_than_a_turn_of_messages_is_written_beside_the_loop():
    """A long batch is sealed while the disk has it in hand, however quick the disk is."""

    async def act(pair: Pair) -> None:
        threads = pair.stores[0].threads
        threads.clear()

        def much(desk: Desk, now: Now) -> None:
            for number in range(turns.QUICK_WRITES_MAX + 1):
                desk.ctx.remember(f"much/{number}", b"1")

        await pair.runners[0].ask(much)
        assert threading.main_thread() not in threads
        assert pair.runners[0].turning.quick

    run(act)


def test_one_alone_waits_for_nobody():
    """Whoever asks while nothing else goes on has the turn begin in the asking; what a carrier notes beside its work
    never does, for it may be in the middle of something."""

    async def act(pair: Pair) -> None:
        runner, acted = pair.runners[0], list[str]()
        while not runner.turning._alone:  # what the start left is done, and the last turn had one input
            await runner.ask(lambda desk, now: None)
        asked = runner.done_with(lambda desk, now: acted.append("asked"))
        assert acted == ["asked"]
        await asked
        runner.post(lambda desk, now: acted.append("posted"))
        assert acted == ["asked"]
        await runner.ask(lambda desk, now: None)
        assert acted == ["asked", "posted"]

    run(act)


def test_many_who_come_upon_one_alone_share_turns():
    """Each turn's acknowledgement wakes its own asker: if each of many had a turn of its own, they would go on so for
    ever, one commit and one bundle for each message."""

    async def act(pair: Pair) -> None:
        runner = pair.runners[0]
        for wire in pair.wires:
            wire.takes_s = 0.0005

        async def client(count: int) -> None:
            for _ in range(count):
                entry = await runner.ask(sending("one of many"))
                place = (entry.gen, entry.seq)
                await runner.until(lambda desk: True if desk.outbox.held >= place else None)

        await client(20)  # one alone, for a while
        before = runner.turns
        await asyncio.gather(*(client(10) for _ in range(32)))
        assert runner.turns - before < 320 / 4

    run(act)


def test_time_goes_on_under_load():
    """However much is asked without a pause, what is due comes about: pulses go, and calls ring out."""

    async def act(pair: Pair) -> None:
        runner = pair.runners[0]

        def more(desk: Desk, now: Now) -> None:
            desk.ctx.remember("load", b"1")  # a commit, during which the next comes
            runner.post(lambda desk, now: None)

        runner.in_turn.append(more)
        runner.post(lambda desk, now: None)
        for _ in range(3):
            before = runner._pulse_at[0]
            pair.clocks[0].ahead_elapsed_ms += 3_600_000
            await runner.until(lambda desk, before=before: True if runner._pulse_at[0] > before + 3_000_000 else None)
        runner.in_turn.remove(more)

    run(act)


def test_what_the_disk_did_not_take_is_not_told_to_be_taken_in():
    """A carrier that keeps what it carried until the station has it, keeps it: nothing tells it otherwise."""

    async def act(pair: Pair) -> None:
        await pair.runners[1].ask(sending("taken in"))
        pair.stores[0].full = True
        pair.wires[1].taken.clear()
        await pair.runners[1].ask(sending("not taken in"))
        for taken in pair.wires[1].taken[:1]:
            with pytest.raises(asyncio.CancelledError):
                await taken

    with suppress(StorageFault):
        run(act)


def test_a_clock_that_is_set_is_noticed():
    """An hour's step is told to the desk before anything else of the turn, and logged."""

    async def act(pair: Pair) -> None:
        pair.clocks[0].ahead_ms += 3_600_000
        entry = await pair.runners[0].ask(sending("an hour later"))
        assert (0, "clock_set") in pair.logged
        assert abs(entry.time_s - pair.clocks[0].now().clock_s) <= 2
        pair.clocks[0].ahead_ms -= 7_200_000
        entry = await pair.runners[0].ask(sending("an hour earlier"))
        await pair.runners[1].until(lambda desk: desk.ctx.record.id_at(0, entry.gen, entry.seq))

    run(act)


def test_events_are_told_without_content():
    """What arrived is told by line and id."""

    async def act(pair: Pair) -> None:
        told: list[Event] = []
        pair.runners[1].listeners.append(told.append)
        entry = await pair.runners[0].ask(sending("a secret word"))
        await pair.runners[1].until(lambda desk: told or None)
        assert told[0].id == entry.id
        assert "secret" not in str(told)

    run(act)


def test_a_sign_of_life_by_one_way_wakes_the_others():
    """A relay's word that the other side attached makes a carrier that waits for its next attempt try now."""

    async def act(pair: Pair) -> None:
        runner, other = pair.runners[0], Wire()
        runner.carriers[1], runner.paths[1] = other, "no answer"
        runner.nudge(but=COPPER)
        assert (other.nudged, pair.wires[0].nudged) == (1, 0)

    run(act)


def test_a_bundle_that_means_nothing_is_taken_and_forgotten():
    """Whatever arrives, the carrier is told that it is dealt with."""

    async def act(pair: Pair) -> None:
        told = pair.wires[0].told
        assert told is not None
        done: Awaitable[None] = told.arrived(b"garbage")
        await done
        assert (0, "damaged") in pair.logged

    run(act)
