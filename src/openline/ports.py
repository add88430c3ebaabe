"""What the core and the station ask of the world, as protocols; the world's side is in store/, carriers/, keys/ and
the runners. Nothing here does anything.

Rules of this file: times are integers with the unit in the name; `_ms` on a *clock* is milliseconds since
1970-01-01T00:00Z as that station's own clock has it, `elapsed_ms` is a steady count that no clock step moves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

from openline.wire.entry import Place


class Entropy(Protocol):
    """A source of unpredictable bytes (predictable for one seed under `play`)."""

    def bytes(self, count: int) -> bytes: ...


class Now(NamedTuple):
    """One reading of time, handed in with every event: the station's clock, and steady time."""

    clock_ms: int
    elapsed_ms: int

    @property
    def clock_s(self) -> int:
        return self.clock_ms // 1000


class Clock(Protocol):
    def now(self) -> Now: ...


class Signer(Protocol):
    """Signs with one Ed25519 key that it does not show."""

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PutEntry:
    """Append an entry to the record. Its place must be free; the id is of `data` (spec 3.3)."""

    place: Place
    id: bytes
    data: bytes
    received_ms: int


@dataclass(frozen=True, slots=True)
class PutStray:
    """Keep an entry that is evidence but not in a chain as we follow it (the other branch of a fork)."""

    place: Place
    id: bytes
    data: bytes
    received_ms: int


@dataclass(frozen=True, slots=True)
class Rebranch:
    """Move the chain's entries of (side, gen) from `seq` on into the strays; the other branch is put after it."""

    side: int
    gen: int
    seq: int


@dataclass(frozen=True, slots=True)
class DropStray:
    id: bytes


@dataclass(frozen=True, slots=True)
class PutMeta:
    """Set a named durable value; None deletes it."""

    key: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class PutPart:
    """Keep part `index` of the pages named `digest` (spec 5.5)."""

    digest: bytes
    index: int
    data: bytes


Write: TypeAlias = PutEntry | PutStray | Rebranch | DropStray | PutMeta | PutPart


class Kept(NamedTuple):
    """An entry as the store gives it back."""

    place: Place
    id: bytes
    data: bytes
    received_ms: int


@runtime_checkable
class Store(Protocol):
    """Durable keeping of one station's record. One conformance suite holds every implementation
    (tests/unit/store/conformance.py).

    Raises, every method: StorageFault.
    """

    @property
    def local(self) -> bool:
        """Whether a commit waits for nothing but this machine's own disk."""

    def commit(self, writes: Sequence[Write]) -> None:
        """Apply `writes` in order, all or none; returns when they are durable."""

    def entries(self, side: int, gen: int, from_seq: int, limit: int) -> list[Kept]:
        """Entries of one chain in order of seq, from `from_seq`, at most `limit`."""

    def entry(self, identity: bytes) -> Kept | None:
        """The entry or stray with this id."""

    def replay(self) -> Iterator[Kept]:
        """All entries in the order in which they were put (strays not among them)."""

    def strays(self) -> list[Kept]: ...

    def heads(self) -> dict[tuple[int, int], Place]:
        """(side, gen) → place of the last entry there."""

    def count(self) -> int:
        """How many entries, strays not among them."""

    def meta(self, key: str) -> bytes | None: ...

    def metas(self, prefix: str) -> dict[str, bytes]:
        """All named values whose key starts with `prefix`."""

    def parts(self, digest: bytes) -> list[int]:
        """Indexes of the parts kept of these pages, ascending."""

    def part(self, digest: bytes, index: int) -> bytes | None: ...

    def digests(self) -> list[bytes]:
        """Names of all pages of which a part is kept, ascending."""

    def snapshot(self) -> Store:
        """This store as it is now, to be read by another thread while this one goes on; to be closed like any."""

    def copy_to(self, path: str) -> None:
        """All of it, as of one moment, in a new SQLite store at `path`, durable when this returns. For a thread of its
        own: it takes as long as the record is long, and keeps nobody else waiting.

        Raises:
            Misuse: something is at `path`.
        """

    def close(self) -> None: ...


class Parcel(NamedTuple):
    """A bundle handed to a carrier. `stored`: a relay keeps it for a side that is not attached. `ticket` comes back by
    `Told.kept` where the carrier confirms that it keeps the bundle. `bulk`: everything else overtakes it. `key`: it
    replaces a parcel with the same key that still waits here."""

    data: bytes
    stored: bool = True
    ticket: object = None
    bulk: bool = False
    key: object = None


class Told(Protocol):
    """What a carrier tells its station. Every call comes from the event loop's thread."""

    def up(self) -> None:
        """A path stands, as far as the carrier can tell; told again only after `down`."""

    def down(self, why: str) -> None:
        """The path is gone; `why` is one sentence for the log and for `status`."""

    def arrived(self, bundle: bytes) -> Awaitable[None]:
        """A bundle came. What is given back completes when the station has taken it in durably, or refused it; it is
        cancelled where the station stopped before that, so that the bundle was not dealt with, and raises nothing else.
        A carrier that lets few of them stand unfinished pushes back on a flood."""

    def word(self, in_touch: bool, attached: bool | None) -> None:
        """What a relay says of the other side (spec 5.4); `in_touch` false when we no longer hear the relay."""

    def kept(self, ticket: object) -> None:
        """The carrier confirms that it keeps the parcel with this ticket for the other side."""

    def lacking(self, why: str) -> None:
        """There is no path yet, or still none; `why` is one sentence for `status` alone, for it is told at every
        attempt."""

    def trouble(self, what: str) -> None:
        """Something an operator should read: a refused certificate, a wrong setting, a flood."""


class Carrier(Protocol):
    """A way for bundles to travel. It can neither read nor forge; what it says is evidence only (spec 5)."""

    async def run(self, told: Told) -> None:
        """Serve until cancelled. Outages are its daily bread: it connects again by itself, within 5 s."""

    def send(self, parcel: Parcel) -> None:
        """Hand a bundle over; never waits. What cannot go now is dropped: the record sends it again (spec 5.2)."""

    def nudge(self) -> None:
        """The other side showed life by another way: whatever waits for its next attempt tries now."""

    def figures(self) -> Mapping[str, int]:
        """Counts since the start, for metrics: `bundles_in`, `bundles_out`, `bytes_in`, `bytes_out`, `dropped`, and
        what else this kind has to tell."""
