"""Turns: what gathers, what is durable when, and in whose thread it is written (two stations in one loop)."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from openline.ports import Now
from openline.station import turns
from openline.station.desk import Desk
from tests.unit.station.runners import PATIENCE_S, Failing, Pair, run, sending


def test_what_gathers_is_one_turn():
    """Many that ask at once share a commit."""

    async def act(pair: Pair) -> None:
        runner = pair.runners[0]
        before = runner.turns
        await asyncio.gather(*(runner.ask(sending(f"message {n}")) for n in range(40)))
        assert runner.turns - before < 10

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
                await runner.until(lambda desk, place=place: True if desk.outbox.held >= place else None)

        await client(20)  # one alone, for a while
        before = runner.turns
        await asyncio.gather(*(client(10) for _ in range(32)))
        assert runner.turns - before < 320 / 4

    run(act)
