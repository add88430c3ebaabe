"""The store over a database: one text for each statement, the same for SQLite and PostgreSQL.

Rules of this file:
1. Every statement goes to the driver as text. SQLAlchemy describes the tables (`schema`) and is imported when they are
   made or migrated, never by a running station: it would be 27 MiB of its memory and 0.3 s of every start.
2. One connection writes and another reads, so that no reader waits for an fsync; each is used by one thread at a time.
3. A batch is one transaction: all of it is durable when `commit` returns, or nothing of it was kept.
4. Nothing but a snapshot keeps a read transaction open: `replay` reads page by page, so the write-ahead log can be
   folded in. Whoever takes a snapshot closes it when done.
5. A store that has lost a connection, be it the one that reads, is over: whoever writes is told at the next commit,
   and opens it anew.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final, Protocol, TypeAlias, cast

from openline.ports import DropStray, Kept, PutEntry, PutMeta, PutPart, PutStray, Rebranch, Store, Write
from openline.store import rules
from openline.wire.entry import Place
from openline.wire.errors import Misuse, OpenlineError, StorageFault
from openline.wire.said import say

PAGE_ROWS: Final = 1000  # chosen: half a megabyte of ordinary entries

_PUT_ENTRY: Final = "INSERT INTO entries (side, gen, seq, id, data, received_ms) VALUES (?, ?, ?, ?, ?, ?)"
_PUT_STRAY: Final = "INSERT INTO strays (place, id, data, received_ms) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
_COPY_TO_STRAYS: Final = (
    "INSERT INTO strays (place, id, data, received_ms)"
    " SELECT side || '/' || gen || '/' || seq, id, data, received_ms FROM entries"
    " WHERE side = ? AND gen = ? AND seq >= ? ORDER BY seq ON CONFLICT (id) DO NOTHING"
)
_DROP_ENTRIES: Final = "DELETE FROM entries WHERE side = ? AND gen = ? AND seq >= ?"
_DROP_STRAY: Final = "DELETE FROM strays WHERE id = ?"
_PUT_META: Final = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_DROP_META: Final = "DELETE FROM meta WHERE key = ?"
_PUT_PART: Final = (
    "INSERT INTO parts (digest, part, data) VALUES (?, ?, ?)"
    " ON CONFLICT (digest, part) DO UPDATE SET data = excluded.data"
)
_ENTRIES: Final = "SELECT side, gen, seq, id, data, received_ms, n FROM entries"
_STRAYS: Final = "SELECT place, id, data, received_ms FROM strays"

Row: TypeAlias = tuple[Any, ...]


class Cursor(Protocol):
    """What we use of a driver's cursor (PEP 249)."""

    def execute(self, statement: str, values: Sequence[object] = ..., /) -> object: ...
    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> object: ...
    def fetchall(self) -> list[Row]: ...


class Connection(Protocol):
    """What we use of a driver's connection, which begins no transaction by itself."""

    def cursor(self) -> Cursor: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Database:
    """Two connections to one database, and what differs between the drivers.

    Attributes:
        placeholder: how the driver marks a value in a statement.
        begin: the statement that opens a transaction for writing.
        error: base of the driver's exceptions.
        explain: the error of ours for one of the driver's.
        lost: whether a connection is gone for good, as one to a server can be.
        release: gives up being the one writer; called last.
        local: whether a commit waits for nothing but this machine's own disk.
        snapshot: a connection that reads what was committed when it was made, and nothing later.
        copy: makes a SQLite store of it all at a path where nothing is.
        in_place: raises StorageFault once what was committed would not be found by the next start.
    """

    writer: Connection
    reader: Connection
    placeholder: str
    begin: str
    error: type[Exception]
    explain: Callable[[Exception], OpenlineError]
    lost: Callable[[Connection], bool]
    release: Callable[[], None]
    local: bool
    snapshot: Callable[[], Connection]
    copy: Callable[[str, Store], None]
    in_place: Callable[[], None] = lambda: None


class SqlStore:
    """`ports.Store` over a database; made by `open_store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._closed = False
        self._texts: dict[str, str] = {}  # statements as this driver marks their values
        self._lost: OpenlineError | None = None

    @property
    def local(self) -> bool:
        """Whether a commit waits for nothing but this machine's own disk."""
        return self._database.local

    def commit(self, writes: Sequence[Write]) -> None:
        """Apply `writes` in order, all or none; returns when they are durable.

        Raises:
            OurFault: an entry whose id is not its own, or whose place is taken.
            StorageFault: the database failed, and nothing of `writes` was kept; but where the connection to a
                database server was lost while committing, or the file itself was taken away, only opening the store
                again tells.
        """
        rules.check(writes)
        if writes:
            with self._explained(self._writing):
                self._transact(writes)
                self._database.in_place()

    def entries(self, side: int, gen: int, from_seq: int, limit: int) -> list[Kept]:
        """Entries of one chain in order of seq, from `from_seq`, at most `limit`."""
        where = " WHERE side = ? AND gen = ? AND seq >= ? ORDER BY seq LIMIT ?"
        return [_kept(row) for row in self._read(_ENTRIES + where, side, gen, from_seq, limit)]

    def entry(self, identity: bytes) -> Kept | None:
        """The entry with this id, or else the stray."""
        for row in self._read(_ENTRIES + " WHERE substr(id, 1, 8) = ? AND id = ?", identity[:8], identity):
            return _kept(row)
        for row in self._read(_STRAYS + " WHERE id = ?", identity):
            return _stray(row)
        return None

    def replay(self) -> Iterator[Kept]:
        """All entries in the order in which they were put; one put while this runs may be among them."""
        last = 0
        while rows := self._read(_ENTRIES + " WHERE n > ? ORDER BY n LIMIT ?", last, PAGE_ROWS):
            yield from map(_kept, rows)
            last = rows[-1][-1]

    def strays(self) -> list[Kept]:
        """All strays in the order in which they were put."""
        return [_stray(row) for row in self._read(_STRAYS + " ORDER BY n")]

    def heads(self) -> dict[tuple[int, int], Place]:
        """(side, gen) → place of the last entry there."""
        rows = self._read("SELECT side, gen, max(seq) FROM entries GROUP BY side, gen ORDER BY side, gen")
        return {(side, gen): Place(side, gen, seq) for side, gen, seq in rows}

    def count(self) -> int:
        """How many entries, strays not among them."""
        [(count,)] = self._read("SELECT count(*) FROM entries")
        return int(count)

    def meta(self, key: str) -> bytes | None:
        return _only(self._read("SELECT value FROM meta WHERE key = ?", key))

    def metas(self, prefix: str) -> dict[str, bytes]:
        """All named values whose key starts with `prefix`, in order of key."""
        # Sorted here: a database server sorts text by its own locale.
        return dict(sorted(self._read("SELECT key, value FROM meta WHERE substr(key, 1, ?) = ?", len(prefix), prefix)))

    def parts(self, digest: bytes) -> list[int]:
        """Indexes of the parts kept of these pages, ascending."""
        return [part for (part,) in self._read("SELECT part FROM parts WHERE digest = ? ORDER BY part", digest)]

    def part(self, digest: bytes, index: int) -> bytes | None:
        return _only(self._read("SELECT data FROM parts WHERE digest = ? AND part = ?", digest, index))

    def digests(self) -> list[bytes]:
        return sorted(bytes(digest) for (digest,) in self._read("SELECT DISTINCT digest FROM parts"))

    def snapshot(self) -> SqlStore:
        """This store as it is now, to read only; to be closed like any."""
        with self._explained(self._reading):
            connection = self._database.snapshot()
        return SqlStore(replace(self._database, writer=connection, reader=connection, release=lambda: None))

    def copy_to(self, path: str) -> None:
        """All of it, as of one moment, in a new SQLite store at `path`.

        Raises:
            Misuse: something is at `path`.
            StorageFault: the database or the disk failed.
        """
        if os.path.lexists(path):
            raise Misuse(
                say("{path} is there already; nothing was written", path=path), next_step=say("Give another name.")
            )
        try:
            self._database.copy(path, self)
        except self._database.error as error:
            raise self._database.explain(error) from error

    def close(self) -> None:
        """Wait for a commit that is under way, then give the database up; closing twice is no fault."""
        with self._writing, self._reading:
            if not self._closed:
                self._closed = True
                with suppress(self._database.error):
                    self._database.reader.close()
                    self._database.writer.close()
                self._database.release()

    def _transact(self, writes: Sequence[Write]) -> None:
        cursor = self._database.writer.cursor()
        cursor.execute(self._database.begin)
        try:
            for statement, rows in _steps(writes):
                cursor.executemany(self._text(statement), rows)
            cursor.execute("COMMIT")
        except BaseException:
            # It may be over already: a full disk rolls back by itself, a lost connection cannot be told to.
            with suppress(self._database.error):
                cursor.execute("ROLLBACK")
            raise

    def _read(self, statement: str, *values: object) -> list[Row]:
        with self._explained(self._reading):
            cursor = self._database.reader.cursor()
            cursor.execute(self._text(statement), values)
            return cursor.fetchall()

    def _text(self, statement: str) -> str:
        text = self._texts.get(statement)
        if text is None:
            text = self._texts[statement] = statement.replace("?", self._database.placeholder)
        return text

    @contextmanager
    def _explained(self, lock: threading.Lock) -> Iterator[None]:
        """Hold `lock`; turn what the driver raises into an error of ours."""
        with lock:
            if self._closed:
                raise StorageFault(say("the store is closed"), next_step=say("Start the station again."))
            if self._lost is not None:
                raise StorageFault(self._lost.what, next_step=self._lost.next_step)
            try:
                yield
            except self._database.error as error:
                fault = self._database.explain(error)
                if self._database.lost(self._database.reader) or self._database.lost(self._database.writer):
                    self._lost = fault
                raise fault from error


def _steps(writes: Sequence[Write]) -> Iterator[tuple[str, list[Row]]]:
    """The statements, with rows of values, that a batch comes to; a run of entries, which is most of any, in one."""
    for kind, run in groupby(writes, type):
        if kind is PutEntry:
            entries = cast("Iterable[PutEntry]", run)
            yield _PUT_ENTRY, [(*entry.place, entry.id, entry.data, entry.received_ms) for entry in entries]
        else:
            for write in run:
                yield from _steps_of(write)


def _steps_of(write: Write) -> Iterator[tuple[str, list[Row]]]:
    match write:
        case PutStray(place, identity, data, received_ms):
            yield _PUT_STRAY, [("/".join(map(str, place)), identity, data, received_ms)]
        case Rebranch(side, gen, seq):
            yield _COPY_TO_STRAYS, [(side, gen, seq)]
            yield _DROP_ENTRIES, [(side, gen, seq)]
        case DropStray(identity):
            yield _DROP_STRAY, [(identity,)]
        case PutMeta(key, None):
            yield _DROP_META, [(key,)]
        case PutMeta(key, value):
            yield _PUT_META, [(key, value)]
        case PutPart(digest, index, data):
            yield _PUT_PART, [(digest, index, data)]


def _kept(row: Row) -> Kept:
    side, gen, seq, identity, data, received_ms, _ = row
    return rules.checked(Kept(Place(side, gen, seq), identity, data, received_ms))


def _stray(row: Row) -> Kept:
    place, identity, data, received_ms = row
    return rules.checked(Kept(Place(*map(int, place.split("/"))), identity, data, received_ms))


def _only(rows: list[Row]) -> bytes | None:
    return bytes(rows[0][0]) if rows else None
