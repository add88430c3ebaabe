"""Head-first catch-up: a long range of one chain, usable before all of it is verified (spec 6.4).

Rules of this file:
1. Links first: bytes, places, `prev` and ids of the whole range, then the signatures of its last entry and of every
   entry that changes the key. The id covers the signature, so a head that is signed commits to all before it.
2. Until every signature is checked the range is provisional: it may be shown, it is not acknowledged and not appended.
3. A bad signature beneath a good head is proof against the author: two entries that anyone can check (spec 3.10).
4. The pure checks take no lock and hold no state, so that a runner may spread them over threads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from openline.core import chain
from openline.core.chain import ChainFault, Cursor
from openline.core.record import Record
from openline.keys import public
from openline.wire import entry as entries
from openline.wire.bodies import Fault, Generation, Key
from openline.wire.entry import SIGNATURE_BYTES, SIGNING, Entry
from openline.wire.errors import Malformed, PeerFault
from openline.wire.terms import Head, ProofKind

KEY_KINDS: Final = (Key.kind, Generation.kind)
BATCH: Final = 512  # chosen: long enough that a thread's start does not show, short enough to tell progress

Spread = Callable[[Callable[["Batch"], int | None], Iterable["Batch"]], Iterable[int | None]]


class Link(NamedTuple):
    """One entry of a range whose links hold: its bytes, and the key its signature must be by."""

    data: bytes
    id: bytes
    key: bytes


class Batch(NamedTuple):
    """Consecutive entries, from place `first` in the range, to be verified together, each under its key. Bytes only:
    it may go to another process."""

    accord_id: bytes
    first: int
    data: list[bytes]
    keys: list[bytes]


@dataclass(frozen=True)
class Provisional:
    """A range that is usable: where the chain would stand, and how many entries still want verifying."""

    after: Cursor
    unverified: int


class BadRange(PeerFault):
    """An entry beneath a signed head has a bad signature. `proof` is to be recorded against its author."""

    def __init__(self, what: str, proof: Fault) -> None:
        super().__init__(what)
        self.proof = proof


class HeadFirst:
    """Takes one side's entries that follow on the record's own, in order. The record is not changed before
    `finish`."""

    def __init__(self, record: Record, side: int) -> None:
        self.record = record
        self.side = side
        self.links: list[Link] = []
        self._cursor = record.cursors[side]
        self._prev = self._cursor.prev
        self._gen, self._seq = self._cursor.next_place

    def extend(self, range_: Iterable[bytes]) -> None:
        """Check the links of the entries that come next (spec 6 steps 1 to 4, but for the bodies).

        Raises:
            PeerFault: a link does not hold; what came before it in this range is kept.
        """
        append, sha256, key = self.links.append, hashlib.sha256, self._cursor.key
        prev, gen, seq, side = self._prev, self._gen, self._seq, self.side
        try:
            for data in range_:
                plain = entries.form(data)
                if plain[7] in KEY_KINDS or plain[2] != gen:
                    self._prev, self._gen = prev, gen
                    key = self._changes_key(data, key)
                    gen, seq = plain[2], 0 if plain[2] != gen else seq
                    if plain[7] == Generation.kind:
                        prev = plain[4]
                if plain[1] != side or plain[3] != seq or plain[4] != prev:
                    raise ChainFault(f"{self._name(gen, seq)} does not follow the entry before it")
                prev = sha256(b"\0" + data).digest()
                append(Link(data, prev, key))
                if plain[7] == Key.kind:
                    key = self._next_key(data)
                seq += 1
        finally:
            self._prev, self._gen, self._seq = prev, gen, seq
            self._cursor = Cursor(side, self._cursor.accord_id, key, self._cursor.head, self._cursor.ack)

    def _changes_key(self, data: bytes, key: bytes) -> bytes:
        """The key that must have signed an entry that changes keys; its signature is checked at once."""
        entry = entries.decode(data)
        if isinstance(entry.body, Generation):
            self._generation(entry)
            key = entry.body.station
        chain.check_signature(self.record.accord, self._cursor.accord_id, entry, key)
        return key

    def _generation(self, entry: Entry) -> None:
        body = entry.body
        before = self._gen if self._prev != self._cursor.accord_id else -1
        if not isinstance(body, Generation) or entry.seq != 0 or entry.gen <= before:
            raise ChainFault(f"{self._name(entry.gen, entry.seq)} does not begin a new generation")
        if body.last is not None and not self._holds(body.last):
            raise ChainFault(f"{self._name(entry.gen, 0)} goes on from an entry that is not here")
        if entry.prev != (self._cursor.accord_id if body.last is None else body.last.id):
            raise ChainFault(f"{self._name(entry.gen, 0)} does not name the entry it goes on from")
        chain.check_generation(self.record.accord, self._cursor.accord_id, entry, body)

    def _holds(self, head: Head) -> bool:
        if self.record.id_at(self.side, head.gen, head.seq) == head.id:
            return True
        return any(link.id == head.id for link in reversed(self.links))

    def _next_key(self, data: bytes) -> bytes:
        body = entries.decode(data).body
        if not isinstance(body, Key):
            raise Malformed("an entry of kind 11 without a key")
        public.check_key(body.station)
        possession = public.possession_message(self._cursor.accord_id, body.station)
        public.verify(body.station, possession, body.possession)
        return body.station

    def usable(self) -> Provisional:
        """Check the head's signature: from here on the range may be shown.

        Raises:
            PeerFault: the head is not signed, or there is none.
        """
        if not self.links:
            return Provisional(self.record.cursors[self.side], 0)
        last = self.links[-1]
        entry = entries.decode(last.data)
        chain.check_signature(self.record.accord, self._cursor.accord_id, entry, last.key)
        return Provisional(chain.advanced(self.record.cursors[self.side], entry), len(self.links) - 1)

    def finish(self, append: Callable[[Entry, Cursor], None], spread: Spread = map) -> int:
        """Check every signature, decode and append the whole range (spec 6 steps 1 and 5 to 7); how many entries.

        `spread` maps a function over batches in order, as `map` or a thread pool's does; a batch is appended as soon
        as it and those before it are verified.

        Raises:
            BadRange: a signature does not hold, beneath a head that is signed; with the proof.
            PeerFault: a body is malformed, or an acknowledgement goes back. What came before it is appended.
        """
        starts = range(0, len(self.links), BATCH)
        for first, broken in zip(starts, spread(first_bad, map(self._batch, starts)), strict=True):
            if broken is not None:
                raise self._bad(broken)
            self._settle(self.links[first : first + BATCH], append)
        return len(self.links)

    def _batch(self, first: int) -> Batch:
        links = self.links[first : first + BATCH]
        return Batch(self._cursor.accord_id, first, [link.data for link in links], [link.key for link in links])

    def _bad(self, place: int) -> PeerFault:
        entry = entries.decode(self.links[place].data)
        what = f"{self._name(entry.gen, entry.seq)} is not signed, and the entry after it commits to it"
        if place + 1 == len(self.links):
            return public.BadSignature(what)
        proof = Fault(proof=ProofKind.BAD_SIGNATURE, first=entry.data, second=self.links[place + 1].data)
        return BadRange(what, proof)

    def _settle(self, links: Iterable[Link], append: Callable[[Entry, Cursor], None]) -> None:
        record, side = self.record, self.side

        def own(gen: int, seq: int) -> bytes | None:
            return record.id_at(side, gen, seq)

        for link in links:
            entry = entries.again(link.data, link.id)
            append(entry, chain.step(record.cursors[side], entry, record.accord, own, signatures=False))

    def _name(self, gen: int, seq: int) -> str:
        return f"{self.record.accord.sides[self.side].name} {gen}/{seq}"


def first_bad(batch: Batch) -> int | None:
    """The place of the first entry of a batch whose signature does not hold, or None."""
    verify, prefix = public.verify, SIGNING + batch.accord_id
    for offset, (data, key) in enumerate(zip(batch.data, batch.keys, strict=True)):
        try:
            verify(key, prefix + data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:])
        except public.BadSignature:
            return batch.first + offset
    return None
