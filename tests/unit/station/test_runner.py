"""The runner: what is asked of it, faults of the disk, and the clock (two stations in one loop)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

import pytest

from openline.ports import Now
from openline.station.context import Event
from openline.station.desk import Desk
from openline.wire.entry import Entry
from openline.wire.errors import OurFault, Refused, StorageFault
from tests.unit.station.runners import COPPER, Pair, Wire, run, sending


def test_what_is_asked_is_answered_when_it_is_durable():
    """The answer comes after the commit, and the other side's signed acknowledgement after that."""

    async def act(pair: Pair) -> None:
        entry = await pair.runners[0].ask(sending("hello"))
        assert pair.stores[0].entry(entry.id) is not None
        await pair.runners[0].until(lambda desk: True if desk.outbox.held >= (entry.gen, entry.seq) else None)
        assert pair.stores[1].entry(entry.id) is not None

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
