"""A store in plain dictionaries: the model that the databases are held to, and the fake for tests and simulations.

Rules of this file:
1. It keeps every promise of `ports.Store` that can be kept without a disk; one conformance suite holds it to them.
2. A `Disk` outlives the handle that writes to it, as a real one outlives its process. It has one handle at a time:
   opening another is what a crash and a restart look like, and the handle before it is dead from then on.
3. A batch is undone from a journal, never copied beforehand: a commit costs what it writes, not what is stored.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from openline.ports import DropStray, Kept, PutEntry, PutMeta, PutPart, PutStray, Rebranch, Write
from openline.store import rules
from openline.store.copying import copy_rows
from openline.wire.entry import Place
from openline.wire.errors import Misuse, StorageFault

Journal: TypeAlias = list[Callable[[], object]]  # what takes back, last first, what a batch has done so far


class Disk:
    """What has been committed, and the one handle that may use it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.handle: MemoryStore | None = None
        self.arrivals = 0
        self.entries: dict[Place, tuple[int, Kept]] = {}  # with its arrival, which undoing keeps
        self.chains: dict[tuple[int, int], list[int]] = {}  # (side, gen) → the seqs there, ascending
        self.places: dict[bytes, Place] = {}
        self.strays: dict[bytes, tuple[int, Kept]] = {}
        self.metas: dict[str, bytes] = {}
        self.parts: dict[tuple[bytes, int], bytes] = {}

    def add(self, arrival: int, kept: Kept) -> None:
        self.entries[kept.place] = (arrival, kept)
        self.places[kept.id] = kept.place
        insort(self.chains.setdefault((kept.place.side, kept.place.gen), []), kept.place.seq)

    def remove(self, place: Place) -> None:
        _, kept = self.entries.pop(place)
        del self.places[kept.id]
        chain = self.chains[place.side, place.gen]
        del chain[bisect_left(chain, place.seq)]
        if not chain:
            del self.chains[place.side, place.gen]

    def next_arrival(self) -> int:
        self.arrivals += 1
        return self.arrivals


class MemoryStore:
    """`ports.Store` without a disk.

    Args:
        disk: what an earlier handle committed; that handle is dead from now on. None is an empty one.
    """

    local = True

    def __init__(self, disk: Disk | None = None) -> None:
        self.disk = disk or Disk()
        self.disk.handle = self

    def crash(self) -> MemoryStore:
        """The store as it is found after this process is killed and started again; this handle is dead."""
        return MemoryStore(self.disk)

    def commit(self, writes: Sequence[Write]) -> None:
        """Apply `writes` in order, all or none.

        Raises:
            OurFault: an entry whose id is not its own, or whose place is taken.
            StorageFault: this handle is closed or dead.
        """
        rules.check(writes)
        with self._held() as disk:
            journal: Journal = []
            try:
                for write in writes:
                    _apply(disk, write, journal)
            except BaseException:
                for undo in reversed(journal):
                    undo()
                raise

    def entries(self, side: int, gen: int, from_seq: int, limit: int) -> list[Kept]:
        """Entries of one chain in order of seq, from `from_seq`, at most `limit`."""
        with self._held() as disk:
            chain = disk.chains.get((side, gen), [])
            start = bisect_left(chain, from_seq)
            return [disk.entries[Place(side, gen, seq)][1] for seq in chain[start : start + limit]]

    def entry(self, identity: bytes) -> Kept | None:
        """The entry with this id, or else the stray."""
        with self._held() as disk:
            if (place := disk.places.get(identity)) is not None:
                return disk.entries[place][1]
            return disk.strays[identity][1] if identity in disk.strays else None

    def replay(self) -> Iterator[Kept]:
        """All entries in the order in which they were put."""
        with self._held() as disk:
            arrived = sorted(disk.entries.values())
        return (kept for _, kept in arrived)

    def strays(self) -> list[Kept]:
        """All strays in the order in which they were put."""
        with self._held() as disk:
            return [kept for _, kept in sorted(disk.strays.values())]

    def heads(self) -> dict[tuple[int, int], Place]:
        """(side, gen) → place of the last entry there."""
        with self._held() as disk:
            return {(side, gen): Place(side, gen, chain[-1]) for (side, gen), chain in sorted(disk.chains.items())}

    def count(self) -> int:
        """How many entries, strays not among them."""
        with self._held() as disk:
            return len(disk.entries)

    def meta(self, key: str) -> bytes | None:
        with self._held() as disk:
            return disk.metas.get(key)

    def metas(self, prefix: str) -> dict[str, bytes]:
        """All named values whose key starts with `prefix`, in order of key."""
        with self._held() as disk:
            return {key: value for key, value in sorted(disk.metas.items()) if key.startswith(prefix)}

    def parts(self, digest: bytes) -> list[int]:
        """Indexes of the parts kept of these pages, ascending."""
        with self._held() as disk:
            return sorted(index for of, index in disk.parts if of == digest)

    def part(self, digest: bytes, index: int) -> bytes | None:
        with self._held() as disk:
            return disk.parts.get((digest, index))

    def digests(self) -> list[bytes]:
        with self._held() as disk:
            return sorted({digest for digest, _ in disk.parts})

    def snapshot(self) -> MemoryStore:
        """This store as it is now, on a disk of its own."""
        with self._held() as disk:
            copy = Disk()
            copy.arrivals, copy.entries, copy.places = disk.arrivals, dict(disk.entries), dict(disk.places)
            copy.chains = {chain: list(seqs) for chain, seqs in disk.chains.items()}
            copy.strays, copy.metas, copy.parts = dict(disk.strays), dict(disk.metas), dict(disk.parts)
        return MemoryStore(copy)

    def copy_to(self, path: str) -> None:
        """All of it in a new SQLite store at `path`.

        Raises:
            Misuse: something is at `path`.
        """
        if os.path.lexists(path):
            raise Misuse(f"{path} is there already; nothing was written", next_step="Give another name.")
        copy_rows(self, path)

    def close(self) -> None:
        """Give the disk up; closing twice is no fault."""
        if self.disk.handle is self:
            self.disk.handle = None

    @contextmanager
    def _held(self) -> Iterator[Disk]:
        with self.disk.lock:
            if self.disk.handle is not self:
                raise StorageFault("this store is closed", next_step="Open it again.")
            yield self.disk


def _apply(disk: Disk, write: Write, journal: Journal) -> None:
    match write:
        case PutEntry(place, identity, data, received_ms):
            if place in disk.entries:
                raise rules.taken(rules.name(place))
            disk.add(disk.next_arrival(), Kept(place, identity, data, received_ms))
            journal.append(lambda: disk.remove(place))
        case PutStray(place, identity, data, received_ms):
            _keep_stray(disk, Kept(place, identity, data, received_ms), journal)
        case Rebranch(side, gen, seq):
            chain = disk.chains.get((side, gen), [])
            for moved in chain[bisect_left(chain, seq) :]:
                _rebranch(disk, Place(side, gen, moved), journal)
        case DropStray(identity):
            _set(disk.strays, identity, None, journal)
        case PutMeta(key, value):
            _set(disk.metas, key, value, journal)
        case PutPart(digest, index, data):
            _set(disk.parts, (digest, index), data, journal)


def _keep_stray(disk: Disk, kept: Kept, journal: Journal) -> None:
    if kept.id not in disk.strays:
        _set(disk.strays, kept.id, (disk.next_arrival(), kept), journal)


def _rebranch(disk: Disk, place: Place, journal: Journal) -> None:
    arrival, kept = disk.entries[place]
    disk.remove(place)
    journal.append(lambda: disk.add(arrival, kept))
    _keep_stray(disk, kept, journal)


def _set(named: dict[Any, Any], key: object, value: object, journal: Journal) -> None:
    """Set or, with None, delete `key`, and note how to take that back."""
    before = named.get(key)
    if value is None:
        named.pop(key, None)
    else:
        named[key] = value
    journal.append(lambda: named.pop(key, None) if before is None else named.update({key: before}))
