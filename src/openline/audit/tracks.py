"""What an audit keeps of each chain while it reads: a few bytes an entry, never the entry (spec 13.5).

Rules of this file:
1. An entry costs its id (32 bytes), its offset (8), a mark (1) and, where it acknowledges anew, that acknowledgement
   (56). A million entries fit in a hundred megabytes.
2. What stands at a place is known for certain only from the author's *next* entry, whose `prev` names it. So an id goes
   into the Merkle tree one entry late, and a damaged or missing entry is replaced there by the id its author named.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from enum import IntEnum
from typing import Final

from openline.audit.verdict import LISTED_MAX, Chain
from openline.wire import merkle
from openline.wire.bodies import ID_BYTES
from openline.wire.entry import Entry, Place
from openline.wire.terms import Head

UNKNOWN: Final = bytes(ID_BYTES)
NO_OFFSET: Final = 2**64 - 1
GAP_MAX: Final = 100_000  # chosen: behind a longer gap a chain is not followed, so that no number can exhaust memory


class Mark(IntEnum):
    """What is known of the id at a place."""

    SOUND = 0
    BAD = 1  # damaged or missing
    REPAIRED = 2  # damaged or missing, and its author's next entry names its id


class Acknowledgements:
    """Where in one chain the acknowledgement of the other rose, and to what: arrays, in the chain's order."""

    def __init__(self) -> None:
        self.at = array("Q")
        self.gens = array("Q")
        self.seqs = array("Q")
        self.ids = bytearray()

    def add(self, seq: int, ack: Head) -> None:
        self.at.append(seq)
        self.gens.append(ack.gen)
        self.seqs.append(ack.seq)
        self.ids += ack.id

    def __len__(self) -> int:
        return len(self.at)

    def get(self, index: int) -> Head:
        return Head(self.gens[index], self.seqs[index], bytes(self.ids[index * ID_BYTES : (index + 1) * ID_BYTES]))

    def of(self, place: Place) -> bytes | None:
        """The id that is acknowledged at `place` of the other chain; None where that place is passed over."""
        wanted = (place.gen, place.seq)
        index = bisect_left(range(len(self)), wanted, key=lambda i: (self.gens[i], self.seqs[i]))
        return self.get(index).id if index < len(self) and self.get(index)[:2] == wanted else None


class Track:
    """One side's chain of one generation, as far as it was read. `inherited` is the acknowledgement in force at the
    chain's last entry before it."""

    def __init__(self, side: int, gen: int, inherited: Head | None = None) -> None:
        self.summary = Chain(side, gen)
        self.side = side
        self.gen = gen
        self.ids = bytearray()
        self.offsets = array("Q")
        self.marks = bytearray()
        self.acks = Acknowledgements()
        self.ack = inherited
        self.tree: merkle.Tree | None = merkle.Tree()
        self.checkpoint_key = b""
        self.given_up = False

    @property
    def next_seq(self) -> int:
        return len(self.offsets)

    def place(self, seq: int) -> Place:
        return Place(self.side, self.gen, seq)

    def mark(self, seq: int) -> Mark:
        return Mark(self.marks[seq])

    def id_at(self, seq: int) -> bytes | None:
        """The id at `seq`; None where no entry is, or where its id is not known."""
        if seq >= self.next_seq or self.marks[seq] == Mark.BAD:
            return None
        return bytes(self.ids[seq * ID_BYTES : (seq + 1) * ID_BYTES])

    def bytes_id_at(self, seq: int) -> bytes:
        """The id of the very bytes that stand at `seq`, damaged or not; zeros where none stand there."""
        return bytes(self.ids[seq * ID_BYTES : (seq + 1) * ID_BYTES])

    def append(self, entry: Entry, offset: int, *, holds: bool) -> None:
        """Take in an entry that its author signed. `holds`: it also links to the entry before it."""
        self._extend(entry.id, offset, Mark.SOUND)
        if holds:
            self._hold(entry.seq)
        if entry.ack is not None and (self.ack is None or entry.ack[:2] > self.ack[:2]):
            self.acks.add(entry.seq, entry.ack)
            self.ack = entry.ack

    def append_bad(self, offset: int = NO_OFFSET, identity: bytes = UNKNOWN) -> None:
        """Keep a place for an entry that is damaged (its bytes at `offset` have this id) or missing."""
        self._extend(identity, offset, Mark.BAD)

    def drop_bad(self) -> None:
        """Take the last place back: what stood there was no entry of this chain."""
        self.offsets.pop()
        self.marks.pop()
        del self.ids[-ID_BYTES:]

    def fill_to(self, seq: int) -> bool:
        """Keep places for the missing entries before `seq`; false if they are too many to follow the chain on."""
        if seq - self.next_seq > GAP_MAX:
            self.given_up = True
            return False
        while self.next_seq < seq:
            self.append_bad()
        return True

    def name_last(self, identity: bytes) -> bool:
        """Take what the author's next entry says of the last one: whether that is the entry that stands here."""
        seq = self.next_seq - 1
        same = self.marks[seq] == Mark.SOUND and self.bytes_id_at(seq) == identity
        if not same:
            self.ids[seq * ID_BYTES : (seq + 1) * ID_BYTES] = identity
            self.marks[seq] = Mark.REPAIRED
        # A place skipped here is skipped for ever: no root of this chain can be computed any more.
        if self.tree is not None and self.tree.size != seq:
            self.tree = None
        if self.tree is not None:
            self.tree.append(identity)
        return same

    def _extend(self, identity: bytes, offset: int, mark: Mark) -> None:
        self.ids += identity
        self.offsets.append(offset)
        self.marks.append(mark)

    def _hold(self, seq: int) -> None:
        holds = self.summary.holds
        if holds and holds[-1][1] == seq - 1:
            holds[-1] = (holds[-1][0], seq)
        elif len(holds) < LISTED_MAX:
            holds.append((seq, seq))
