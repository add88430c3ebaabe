"""The two chains in one order, walked from any cut through both, a block at a time.

Rules of this file:
1. A cut is how many entries of each chain lie before it. What an author had acknowledged lies before what it then
   wrote, on every walk; where that leaves the order open, the authors' own clocks decide, then the side.
2. The store is read in a thread, in blocks; nothing here is as long as the record.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import Final, NamedTuple, TypeAlias

from openline.core.ledger import NOWHERE, Position
from openline.station.context import Context
from openline.wire import entry as entries
from openline.wire.entry import Entry, Place
from openline.wire.errors import Misuse
from openline.wire.said import say

BLOCK: Final = 32  # chosen: so the loop is never held for more than some milliseconds between two reads

Cut: TypeAlias = tuple[int, int]


class Leaf(NamedTuple):
    """An entry, and when it came here by our clock."""

    entry: Entry
    received_s: int


class Chains:
    """Both chains of a record at one moment; what is added later is not seen."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._gens: tuple[list[int], list[int]] = ([], [])
        self._starts: tuple[list[int], list[int]] = ([], [])
        self._totals = [0, 0]
        self._blocks: dict[tuple[int, int], list[Leaf]] = {}
        for side in (0, 1):
            for gen in ctx.record.generations(side):
                self._gens[side].append(gen)
                self._starts[side].append(self._totals[side])
                self._totals[side] += ctx.record.length(side, gen)

    @property
    def end(self) -> Cut:
        """The cut after everything."""
        return self._totals[0], self._totals[1]

    def clamped(self, cut: Cut) -> Cut:
        return min(cut[0], self._totals[0]), min(cut[1], self._totals[1])

    def spot(self, side: int, index: int) -> Position:
        """The place of the chain's entry number `index`, from 0."""
        which = bisect_right(self._starts[side], index) - 1
        return self._gens[side][which], index - self._starts[side][which]

    def before(self, side: int, position: Position) -> int:
        """How many entries of the chain lie before the position, itself excluded."""
        gen, seq = position
        which = bisect_right(self._gens[side], gen) - 1
        if which < 0:
            return 0
        end = self._starts[side][which + 1] if which + 1 < len(self._starts[side]) else self._totals[side]
        start = self._starts[side][which]
        return min(start + seq, end) if self._gens[side][which] == gen else end

    def seen(self, side: int, index: int) -> int:
        """How many entries of the other chain the author had acknowledged by this one."""
        acked = self.ctx.record.ledger.acks[side].in_force(self.spot(side, index))
        return 0 if acked == NOWHERE else self.before(1 - side, (acked[0], acked[1] + 1))

    # ---- one step

    async def older(self, cut: Cut) -> tuple[Leaf, Cut] | None:
        """The last entry before a cut, and the cut before it."""
        ours, theirs = cut
        if not ours and not theirs:
            return None
        if not theirs or (ours and self.seen(0, ours - 1) >= theirs):
            side = 0
        elif not ours or self.seen(1, theirs - 1) >= ours:
            side = 1
        else:
            one, other = await self.leaf(0, ours - 1), await self.leaf(1, theirs - 1)
            side = 0 if one.entry.time_s > other.entry.time_s else 1
        return await self.leaf(side, cut[side] - 1), _moved(cut, side, -1)

    async def newer(self, cut: Cut) -> tuple[Leaf, Cut] | None:
        """The first entry after a cut, and the cut after it."""
        left = [self._totals[side] - cut[side] for side in (0, 1)]
        if not any(left):
            return None
        ready = [side for side in (0, 1) if left[side] and self.seen(side, cut[side]) <= cut[1 - side]]
        choice = ready or [side for side in (0, 1) if left[side]]
        leaves = [await self.leaf(side, cut[side]) for side in choice]
        first = min(leaves, key=lambda leaf: (leaf.entry.time_s, leaf.entry.side))
        return first, _moved(cut, first.entry.side, 1)

    # ---- cuts

    def after_entry(self, place: Place) -> Cut:
        """The first cut that has an entry and its causes before it."""
        index = self.before(place.side, (place.gen, place.seq))
        cut = [0, 0]
        cut[place.side], cut[1 - place.side] = index + 1, self.seen(place.side, index)
        return cut[0], cut[1]

    async def at_time(self, until_s: int) -> Cut:
        """The cut before what either author dates at `until_s` or later, as far as its clock only ever rose."""
        return await asyncio.to_thread(lambda: (self._by_time(0, until_s), self._by_time(1, until_s)))

    def _by_time(self, side: int, until_s: int) -> int:
        low, high = 0, self._totals[side]
        while low < high:
            middle = (low + high) // 2
            found = self.ctx.store.entries(side, *self.spot(side, middle), 1)
            if found and entries.decode(found[0].data).time_s < until_s:
                low = middle + 1
            else:
                high = middle
        return low

    # ---- reading

    async def leaf(self, side: int, index: int) -> Leaf:
        """One entry of a chain.

        Raises:
            Misuse: the record follows another branch of a fork since. StorageFault: the store cannot be read.
        """
        number, offset = divmod(index, BLOCK)
        block = self._blocks.get((side, number))
        if block is None or offset >= len(block):
            block = self._blocks[side, number] = await self._block(side, number * BLOCK)
        if offset >= len(block) or block[offset].entry.place[1:] != self.spot(side, index):
            raise Misuse(say("the record changed while it was read"), next_step=say("Look again."))
        return block[offset]

    async def _block(self, side: int, first: int) -> list[Leaf]:
        """A block; what this turn has not committed yet is taken from where it waits."""
        count = min(BLOCK, self._totals[side] - first)
        for _ in range(2):
            found = await asyncio.to_thread(self._read, side, first, count)
            while len(found) < count:
                data = self.ctx.unstored.get(Place(side, *self.spot(side, first + len(found))))
                if data is None:
                    break
                found.append(Leaf(entries.decode(data), self.ctx.now.clock_s))
            if len(found) == count:
                break
        return found

    def _read(self, side: int, first: int, count: int) -> list[Leaf]:
        found: list[Leaf] = []
        while len(found) < count:
            gen, seq = self.spot(side, first + len(found))
            kept = self.ctx.store.entries(side, gen, seq, self._left(side, first + len(found), count - len(found)))
            if not kept:
                break
            found += [Leaf(entries.decode(each.data), each.received_ms // 1000) for each in kept]
        return found

    def _left(self, side: int, index: int, wanted: int) -> int:
        """No further than the generation goes."""
        which = bisect_right(self._starts[side], index)
        end = self._starts[side][which] if which < len(self._starts[side]) else self._totals[side]
        return min(wanted, end - index)


def _moved(cut: Cut, side: int, by: int) -> Cut:
    return (cut[0] + by, cut[1]) if side == 0 else (cut[0], cut[1] + by)
