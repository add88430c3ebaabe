"""Writes for the store's tests: entries that are no real ones, under ids that are their own."""

from __future__ import annotations

from openline.ports import Kept, PutEntry, PutStray
from openline.wire.entry import Place, entry_id


def put(seq: int, *, side: int = 0, gen: int = 0, what: str = "", received_ms: int = 1_700_000_000_000) -> PutEntry:
    data = f"entry {side}/{gen}/{seq} {what}".encode()
    return PutEntry(Place(side, gen, seq), entry_id(data), data, received_ms)


def stray(seq: int, *, side: int = 1, gen: int = 0, what: str = "stray", received_ms: int = 1) -> PutStray:
    entry = put(seq, side=side, gen=gen, what=what, received_ms=received_ms)
    return PutStray(entry.place, entry.id, entry.data, entry.received_ms)


def kept(write: PutEntry | PutStray) -> Kept:
    return Kept(write.place, write.id, write.data, write.received_ms)
