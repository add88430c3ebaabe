"""Entries that came before those they follow (spec 6.2).

Rules of this file: what is ahead of a gap is kept, bounded, until the gap closes. Where a key that we know signed it,
it is durable and part of what we export: a record that names entries it lacks says so itself. What closes a gap costs
what follows it, not what is kept.
"""

from __future__ import annotations

from contextlib import suppress

from openline.keys import public
from openline.ports import DropStray, PutStray
from openline.station.context import Context
from openline.wire import entry as entries
from openline.wire.entry import Entry, Place
from openline.wire.limits import PENDING_ENTRIES_MAX


class Gaps:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.kept: dict[bytes, Entry] = {}
        self._durable: set[bytes] = set()
        self._at: dict[Place, set[bytes]] = {}  # place → ids of what is kept for it
        self._begun: set[Place] = set()  # of those places, the ones that begin a generation
        self._passed: set[bytes] = set()  # kept for a place that another entry has taken

    def load(self) -> dict[bytes, Entry]:
        """At start: what the store keeps beside the chains and beyond their heads is ahead of a gap; the rest of it,
        which is given back, is evidence of forks."""
        forks = {}
        for known in (self.kept, self._at, self._begun, self._passed):
            known.clear()
        for stored in self.ctx.store.strays():
            entry = entries.decode(stored.data)
            head = self.ctx.record.cursors[entry.side].head
            if head is None or (entry.gen, entry.seq) > (head.gen, head.seq):
                self._put(entry)
            else:
                forks[entry.id] = entry
        self._durable = set(self.kept)
        return forks

    def keep(self, ahead: list[Entry]) -> None:
        for entry in ahead:
            if entry.id in self.kept or len(self.kept) >= PENDING_ENTRIES_MAX:
                continue
            self._put(entry)
            with suppress(public.BadSignature):
                self.ctx.record.check_signed(entry)
                self._durable.add(entry.id)
                self.ctx.write(PutStray(entry.place, entry.id, entry.data, self.ctx.now.clock_ms))

    def _put(self, entry: Entry) -> None:
        self.kept[entry.id] = entry
        self._at.setdefault(entry.place, set()).add(entry.id)
        if entry.seq == 0:
            self._begun.add(entry.place)

    def closed(self, entry: Entry) -> None:
        """The entry has its place in the chain, or beside it, now."""
        if not self.kept:
            return
        others = self._at.pop(entry.place, set()) - {entry.id}
        if others:
            self._at[entry.place] = others
            self._passed |= others
        else:
            self._begun.discard(entry.place)
        self._passed.discard(entry.id)
        self.kept.pop(entry.id, None)
        if entry.id in self._durable:
            self._durable.discard(entry.id)
            self.ctx.write(DropStray(entry.id))

    def ready(self) -> list[Entry]:
        """What may follow the heads now, and what was kept for a place that is taken, in order of place."""
        found = set(self._passed)
        nexts = {Place(side, *cursor.next_place) for side, cursor in enumerate(self.ctx.record.cursors)}
        for side, gen, seq in nexts | self._begun:
            while ids := self._at.get(Place(side, gen, seq)):
                found |= ids
                seq += 1
        return sorted((self.kept[identity] for identity in found), key=lambda entry: entry.place)

    def forget(self) -> None:
        """What is ahead turned out to break the rules of its chain."""
        for entry in list(self.kept.values()):
            self.closed(entry)
