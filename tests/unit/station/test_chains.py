"""Walking the two chains: in one order, from any cut, at a cost that does not grow with the record."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from openline.core.record import Record
from openline.ports import PutEntry
from openline.station.api.chains import BLOCK, Chains, Cut
from openline.store.memory import MemoryStore
from openline.wire import entry as entries
from openline.wire.bodies import Ack
from openline.wire.entry import Place
from tests.accord_maker import made

START_S = 1_600_000_000
T = TypeVar("T")


class Counted(MemoryStore):
    """Counts the entries that were read from it."""

    read = 0

    def entries(self, side: int, gen: int, from_seq: int, limit: int) -> Any:
        found = super().entries(side, gen, from_seq, limit)
        self.read += len(found)
        return found


@dataclass
class Both:
    """A record of acknowledgements alone, written by whoever a test lets write."""

    store: Counted = field(default_factory=Counted)
    record: Record = field(default_factory=lambda: Record(made().signed))
    order: list[Place] = field(default_factory=list)

    def write(self, side: int, *, ack: bool = True, time_s: int = 0) -> None:
        """One entry more; with `ack`, it acknowledges the other's head."""
        cursor, other = self.record.cursors[side], self.record.cursors[1 - side].head
        head = cursor.head
        seq, prev = (0, made().id) if head is None else (head.seq + 1, head.id)
        at_s = time_s or START_S + len(self.order)
        core = entries.encode_core(side, 0, seq, prev, other if ack and other != cursor.ack else None, at_s, Ack())
        data = core + made().keys[side].station.station.sign(entries.signed_bytes(made().id, core))
        entry = self.record.replay_one(data, entries.entry_id(data))
        self.store.commit([PutEntry(entry.place, entry.id, data, 1000 * at_s)])
        self.order.append(entry.place)

    def chains(self) -> Chains:
        ctx: Any = SimpleNamespace(record=self.record, store=self.store, unstored={}, now=None)
        return Chains(ctx)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser's driver may have a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def walked(chains: Chains, step: str, cut: Cut, limit: int) -> tuple[list[Place], Cut]:
    async def walk() -> tuple[list[Place], Cut]:
        found: list[Place] = []
        at = cut
        while len(found) < limit and (told := await getattr(chains, step)(at)) is not None:
            leaf, at = told
            found.append(leaf.entry.place)
        return found, at

    return run(walk())


@pytest.fixture(scope="module")
def both() -> Both:
    """Each writes in turn, and now and then twice."""
    made_ = Both()
    for n in range(400):
        made_.write(n % 2)
        if n % 7 == 0:
            made_.write(n % 2)
    return made_


def test_what_was_written_after_an_acknowledgement_comes_after_it(both):
    """Where each had the other's word before it wrote, there is one order, and both walks have it."""
    chains = both.chains()
    forth, end = walked(chains, "newer", (0, 0), 10_000)
    back, start = walked(chains, "older", chains.end, 10_000)

    assert forth == both.order
    assert back == both.order[::-1]
    assert (start, end) == ((0, 0), chains.end)


def test_a_walk_goes_on_from_wherever_it_stopped(both):
    """Cut by cut, in either direction, nothing is left out or told twice."""
    chains, at, found = both.chains(), both.chains().end, []
    while at != (0, 0):
        part, at = walked(chains, "older", at, 13)
        found += part

    assert found == both.order[::-1]


def test_a_window_costs_what_it_shows(both):
    """Twenty entries out of many: no more is read than the blocks that they stand in."""
    both.store.read = 0
    walked(both.chains(), "older", both.chains().end, 20)

    assert both.store.read <= 4 * BLOCK


def test_where_neither_knew_of_the_other_their_clocks_decide():
    """Two chains that never met: the earlier by its author's clock comes first."""
    apart = Both()
    for n in range(6):
        apart.write(n % 2, ack=False, time_s=START_S + (100 - n if n % 2 else n))
    chains = apart.chains()

    forth, _ = walked(chains, "newer", (0, 0), 100)
    assert [place.side for place in forth] == [0, 0, 0, 1, 1, 1]
    back, _ = walked(chains, "older", chains.end, 100)
    assert back == forth[::-1]


@pytest.mark.parametrize("behind", [0, 1])
def test_a_clock_that_is_wrong_moves_no_cause_behind_its_effect(behind):
    """One side's clock is an hour behind: what it acknowledged still comes before what it then wrote."""
    skewed = Both()
    for n in range(40):
        skewed.write(n % 2, time_s=START_S + n - (3600 if n % 2 == behind else 0))
    chains = skewed.chains()

    assert walked(chains, "newer", (0, 0), 100)[0] == skewed.order
    assert walked(chains, "older", chains.end, 100)[0] == skewed.order[::-1]


def test_a_cut_by_time_is_found_without_reading_the_record(both):
    """What is dated at that time or later lies after it."""
    both.store.read = 0
    middle_s = START_S + 200
    cut = run(both.chains().at_time(middle_s))

    assert both.store.read < 40
    assert sum(cut) == 200
    assert set(walked(both.chains(), "older", cut, 1000)[0]) == set(both.order[:200])


def test_an_entry_whose_causes_lie_before_a_cut(both):
    """The first cut that has an entry has what its author had acknowledged, and no entry after it."""
    place = both.order[100]
    chains = both.chains()
    found, _ = walked(chains, "older", chains.after_entry(place), 1000)

    assert found[0] == place
    assert found == both.order[100::-1]


def test_a_head_that_is_named_is_where_it_says():
    """Places and numbers are each other's inverse, and a place beyond the chain is its end."""
    both = Both()
    for n in range(9):
        both.write(n % 2)
    chains = both.chains()
    for side in (0, 1):
        numbers = list(range(chains.end[side]))
        assert [chains.before(side, chains.spot(side, n)) for n in numbers] == numbers
        assert chains.before(side, (0, 10**9)) == chains.end[side]
        assert chains.before(side, (7, 0)) == chains.end[side]


def test_a_chain_that_went_on_in_another_generation_is_one_chain():
    """Five entries of generation 0 and three of generation 2: numbers run through, and nothing lies in generation 1."""
    lengths = {0: 5, 2: 3}
    record: Any = SimpleNamespace(generations=lambda side: list(lengths), length=lambda side, gen: lengths[gen])
    context: Any = SimpleNamespace(record=record)
    chains = Chains(context)

    assert chains.end == (8, 8)
    assert [chains.spot(0, n) for n in range(8)] == [*((0, n) for n in range(5)), *((2, n) for n in range(3))]
    assert [chains.before(0, chains.spot(0, n)) for n in range(8)] == list(range(8))
    assert (chains.before(0, (1, 4)), chains.before(0, (0, 9)), chains.before(0, (3, 0))) == (5, 5, 8)
