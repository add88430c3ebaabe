"""Entries that other entries name by id, and places to be read again, kept compactly until the whole file is read.

Rules of this file: a reference costs 50 bytes; ids are looked up in bulk, so that no index of a million ids is built.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Set
from enum import IntEnum
from typing import Final, NamedTuple

from openline.audit.tracks import UNKNOWN, Track
from openline.wire.bodies import ID_BYTES
from openline.wire.entry import Place

LOOKED_UP_AT_ONCE: Final = 65_536


class Why(IntEnum):
    """What an entry names another one for; `words` complete "… names it"."""

    LISTS = 0
    TARGETS = 1
    CLOSES = 2
    ANSWERS = 3
    CORRECTS = 4
    TRANSLATES = 5
    SETTLES = 6

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS: Final = {
    Why.LISTS: "lists it as a suspension to be lifted",
    Why.TARGETS: "accepts or withdraws it",
    Why.CLOSES: "closes with it as the first seal",
    Why.ANSWERS: "answers it",
    Why.CORRECTS: "corrects it",
    Why.TRANSLATES: "is a translation of it",
    Why.SETTLES: "settles it as a fork",
}


class Places:
    """Places in arrays: 17 bytes each."""

    def __init__(self) -> None:
        self._sides = array("B")
        self._gens = array("Q")
        self._seqs = array("Q")

    def add(self, place: Place) -> None:
        self._sides.append(place.side)
        self._gens.append(place.gen)
        self._seqs.append(place.seq)

    def __len__(self) -> int:
        return len(self._sides)

    def __getitem__(self, index: int) -> Place:
        return Place(self._sides[index], self._gens[index], self._seqs[index])

    def __iter__(self) -> Iterator[Place]:
        return (self[index] for index in range(len(self)))


class Resolved(NamedTuple):
    """A reference and the place of the entry it names; None where no entry of the chains has that id."""

    by: Place
    why: Why
    id: bytes
    target: Place | None


class References:
    """Ids that entries name, in the order in which they were met."""

    def __init__(self) -> None:
        self._ids = bytearray()
        self._by = Places()
        self._why = array("B")

    def add(self, identity: bytes, by: Place, why: Why) -> None:
        self._ids += identity
        self._by.add(by)
        self._why.append(why)

    def resolve(self, tracks: Iterable[Track], beside: Set[bytes]) -> Iterator[Resolved]:
        """Every reference with the place that it names. One to an entry in `beside` (the strays) is left out."""
        chains = list(tracks)
        for start in range(0, len(self._why), LOOKED_UP_AT_ONCE):
            indexes = range(start, min(start + LOOKED_UP_AT_ONCE, len(self._why)))
            wanted = {self._id(index) for index in indexes} - beside
            where = dict(_places(chains, wanted))
            for index in indexes:
                identity = self._id(index)
                if identity in wanted:
                    yield Resolved(self._by[index], Why(self._why[index]), identity, where.get(identity))

    def _id(self, index: int) -> bytes:
        return bytes(self._ids[index * ID_BYTES : (index + 1) * ID_BYTES])


def _places(chains: list[Track], wanted: set[bytes]) -> Iterator[tuple[bytes, Place]]:
    for track in chains:
        ids = bytes(track.ids)
        for seq in range(track.next_seq):
            identity = ids[seq * ID_BYTES : (seq + 1) * ID_BYTES]
            if identity in wanted and identity != UNKNOWN:
                yield identity, track.place(seq)
