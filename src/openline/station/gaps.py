"""Entries that came before those they follow (spec 6.2).

Rules of this file: what is ahead of a gap is kept, bounded, until the gap closes. Where a key that we know signed it,
it is durable and part of what we export: a record that names entries it lacks says so itself.
"""

from __future__ import annotations

from contextlib import suppress

from openline.keys import public
from openline.ports import DropStray, PutStray
from openline.station.context import Context
from openline.wire import entry as entries
from openline.wire.entry import Entry
from openline.wire.limits import PENDING_ENTRIES_MAX


class Gaps:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.kept: dict[bytes, Entry] = {}
        self._durable: set[bytes] = set()

    def load(self) -> dict[bytes, Entry]:
        """At start: what the store keeps beside the chains and beyond their heads is ahead of a gap; the rest of it,
        which is given back, is evidence of forks."""
        forks = {}
        self.kept.clear()
        for stored in self.ctx.store.strays():
            entry = entries.decode(stored.data)
            head = self.ctx.record.cursors[entry.side].head
            if head is None or (entry.gen, entry.seq) > (head.gen, head.seq):
                self.kept[entry.id] = entry
            else:
                forks[entry.id] = entry
        self._durable = set(self.kept)
        return forks

    def keep(self, ahead: list[Entry]) -> None:
        for entry in ahead:
            if entry.id in self.kept or len(self.kept) >= PENDING_ENTRIES_MAX:
                continue
            self.kept[entry.id] = entry
            with suppress(public.BadSignature):
                self.ctx.record.check_signed(entry)
                self._durable.add(entry.id)
                self.ctx.write(PutStray(entry.place, entry.id, entry.data, self.ctx.now.clock_ms))

    def closed(self, entry: Entry) -> None:
        """The entry has its place in the chain, or beside it, now."""
        self.kept.pop(entry.id, None)
        if entry.id in self._durable:
            self._durable.discard(entry.id)
            self.ctx.write(DropStray(entry.id))

    def ready(self) -> list[Entry]:
        return sorted(self.kept.values(), key=lambda e: e.place)

    def forget(self) -> None:
        """What is ahead turned out to break the rules of its chain."""
        for entry in self.ready():
            self.closed(entry)
