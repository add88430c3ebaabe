"""Pages that we do not hold whole: which parts lack, whether what came is what the entry named, and what is asked for
(spec 5.5).

Rules of this file:
1. Pages count when their SHA-256 is the one in the document's entry. It is taken while parts come, as far as they stand
   in a row, and a bounded number of parts in a turn: the largest document holds nobody up.
2. What lacks is said after so many parts, and a moment after the last that came; at once when the last part of pages
   came and others lack.
3. Several documents may name the same pages; they are gathered once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openline.station.parts import all_of, part_count, runs
from openline.wire.bodies import Document
from openline.wire.bundle import Part, PartsWanted
from openline.wire.entry import Place
from openline.wire.limits import PAYLOAD_HINTS_MAX

if TYPE_CHECKING:
    from hashlib import _Hash

HASHED_PARTS: Final = 64  # chosen: 2 MiB are a few milliseconds of hashing and reading
ASK_EVERY: Final = 16  # chosen: a word of 100 bytes for half a megabyte; four of them to a window
ASK_MS: Final = 1_000  # chosen: on a slow path a word for each part; well within the sender's first round

Read = Callable[[bytes, int], bytes | None]


@dataclass
class Gathering:
    """Pages on their way here. `lacking`: the parts not here; `hashed`: how many parts, from the first, are in the
    running hash."""

    digest: bytes
    size: int
    lacking: int
    hashed: int = 0
    hash: _Hash = field(default_factory=hashlib.sha256)
    hashed_bytes: int = 0
    places: set[Place] = field(default_factory=set)

    @property
    def total(self) -> int:
        return part_count(self.size)

    @property
    def can_hash(self) -> bool:
        """Whether the next part of the running hash is here."""
        return self.hashed < self.total and not self.lacking >> self.hashed & 1

    @property
    def complete(self) -> bool:
        """Whether everything came and is hashed."""
        return not self.lacking and self.hashed == self.total

    def hash_next(self, read: Read) -> None:
        data = read(self.digest, self.hashed) or b""
        self.hash.update(data)
        self.hashed_bytes += len(data)
        self.hashed += 1

    def right(self) -> bool:
        """Whether these are the pages that the entry names."""
        return self.hashed_bytes == self.size and self.hash.digest() == self.digest

    def begin_again(self) -> None:
        """They are not: all parts are asked for again."""
        self.lacking = all_of(self.total)
        self.hash, self.hashed, self.hashed_bytes = hashlib.sha256(), 0, 0


@dataclass
class Incoming:
    """A document whose pages we do not hold whole. `lost`: we did once, and our store was lost since; they cost no
    receipt."""

    body: Document
    pages: Gathering
    lost: bool = False

    @property
    def lacking(self) -> int:
        return self.pages.lacking


class Asking:
    """When the other side is told what lacks, and by which carriers."""

    def __init__(self) -> None:
        self.came_by: set[int] = set()  # carriers that brought parts since the last word
        self.due_ms: int | None = None  # when a word is due, in elapsed time
        self.now = False
        self._count = 0

    def part_came(self, carrier: int, now_ms: int, *, at_once: bool) -> None:
        self.came_by.add(carrier)
        self._count += 1
        if self.due_ms is None:
            self.due_ms = now_ms + ASK_MS
        self.now = self.now or at_once or self._count >= ASK_EVERY

    def tick(self, now_ms: int) -> None:
        self.now = self.now or (self.due_ms is not None and self.due_ms <= now_ms)

    def taken(self) -> set[int]:
        """By which carriers a word is due now; none is due after it."""
        came_by = self.came_by if self.now else set()
        if self.now:
            self.came_by, self.due_ms, self.now, self._count = set(), None, False, 0
        return came_by


class Gatherings:
    """All pages on their way here, and the documents that name them."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.incoming: dict[Place, Incoming] = {}
        self._all: dict[bytes, dict[int, Gathering]] = {}  # digest → size → pages
        self._stirred: dict[tuple[bytes, int], Gathering] = {}  # something of them came and is not hashed, or all is
        self._touched: dict[bytes, None] = {}  # parts of these came since the last word

    def add(self, place: Place, body: Document, lacking: int, *, lost: bool) -> None:
        """A document's entry came, or was written here on pages that are not."""
        sizes = self._all.setdefault(body.digest, {})
        pages = sizes.setdefault(body.size, Gathering(body.digest, body.size, lacking))
        pages.places.add(place)
        self.incoming[place] = Incoming(body, pages, lost)
        self._stir(pages)

    def drop(self, place: Place) -> None:
        """The document at a place waits for nothing any more."""
        came = self.incoming.pop(place)
        pages = came.pages
        pages.places.discard(place)
        if not pages.places:
            self._stirred.pop((pages.digest, pages.size), None)
            sizes = self._all[pages.digest]
            del sizes[pages.size]
            if not sizes:
                del self._all[pages.digest]

    def _stir(self, pages: Gathering) -> None:
        self._stirred[pages.digest, pages.size] = pages

    def of(self, digest: bytes) -> list[Gathering]:
        return list(self._all.get(digest, {}).values())

    def missing(self, digest: bytes, total: int) -> int:
        """The parts of pages of so many parts that are not here."""
        return next((pages.lacking for pages in self.of(digest) if pages.total == total), 0)

    def part(self, part: Part) -> tuple[bool, bool, bool]:
        """A part came: whether somebody waits for these pages, whether it is new, and whether others lack."""
        found = [pages for pages in self.of(part.digest) if pages.total == part.total]
        new = False
        for pages in found:
            if pages.lacking >> part.index & 1:
                new = True
                pages.lacking &= ~(1 << part.index)
                self._stir(pages)
        if found:
            self._touched[part.digest] = None
        return bool(found), new, any(pages.lacking for pages in found)

    def settle(self) -> Iterator[tuple[Place, Incoming]]:
        """Hash what can be, as much as fits a turn; the documents whose pages are whole and right now. Pages that are
        not right begin again, and are told as stirred."""
        left = HASHED_PARTS
        for key, pages in list(self._stirred.items()):
            while left and pages.can_hash:
                pages.hash_next(self._read)
                left -= 1
            if pages.complete and not pages.right():
                pages.begin_again()
                self._touched[pages.digest] = None
            if pages.complete:
                yield from [(place, self.incoming[place]) for place in sorted(pages.places)]
            elif not pages.can_hash:
                self._stirred.pop(key, None)

    @property
    def hashing(self) -> bool:
        """Whether more can be hashed at once."""
        return any(pages.can_hash for pages in self._stirred.values())

    def wanted(self) -> tuple[PartsWanted, ...]:
        """What lacks, the pages of which parts came last first, at most as many ranges as a payload holds."""
        found: list[PartsWanted] = []
        for digest in dict.fromkeys([*self._touched, *self._all]):
            lacking = 0
            for pages in self.of(digest):
                lacking |= pages.lacking
            for ends in runs(lacking):
                if len(found) == PAYLOAD_HINTS_MAX:
                    break
                found.append(PartsWanted(digest, *ends))
            if len(found) == PAYLOAD_HINTS_MAX:
                break
        self._touched.clear()
        return tuple(found)

    def any_lost(self) -> bool:
        return any(came.lost for came in self.incoming.values())


def told_lacking(wanted: Iterable[PartsWanted], totals: dict[bytes, int]) -> dict[bytes, tuple[int, int]]:
    """What a word of theirs says: digest → (parts that lack, how many parts from the first it speaks of). A word with
    as many ranges as a payload holds says nothing of what is beyond its last one."""
    listed = list(wanted)
    said: dict[bytes, tuple[int, int]] = {}
    for want in listed:
        total = totals.get(want.digest, 0)
        lacking, _ = said.get(want.digest, (0, 0))
        if total and want.first < total:
            last = min(want.last, total - 1)
            said[want.digest] = lacking | (all_of(last - want.first + 1) << want.first), total
    if len(listed) >= PAYLOAD_HINTS_MAX and listed[-1].digest in said:
        lacking, total = said[listed[-1].digest]
        said[listed[-1].digest] = lacking, min(listed[-1].last + 1, total)
    return said
