"""SQLite underneath the store: how a file is made, opened, and explained when it fails.

Rules of this file:
1. A commit is on the disk when it returns: write-ahead log, `synchronous=FULL`, both asserted after opening.
2. Nothing is written to a file that is not ours: `application_id` is looked at before anything else.
3. A store comes into being whole, by a rename. An empty file is therefore a loss, never a new store: beginning a chain
   again where one stood would fork it.
4. `sync="off"` keeps every promise but the first half of rule 1: it survives the process, not the power. It is for
   simulations, whose stores live in a temporary directory and cost one fsync for each simulated entry otherwise.
5. A store is its owner's alone to read from its first byte, and so is the log beside it, to which SQLite gives the same
   mode.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Final, Literal
from urllib.parse import quote

from openline.store import revisions, rules
from openline.store.in_place import InPlace
from openline.store.lock import Lock
from openline.store.sql import Database
from openline.wire.errors import OpenlineError, StorageFault
from openline.wire.said import Said, say

Sync = Literal["full", "off"]

APPLICATION_ID: Final = 0x4F504C4E  # "OPLN"
BUSY_S: Final = 5.0  # chosen: a backup tool is done by then, an officer still waits
CACHE_KIB: Final = 8000  # chosen: the index of 300,000 ids; an idle station fills none of it
_SYNCHRONOUS: Final = {"full": 2, "off": 0}


def open_sqlite(path: str, *, sync: Sync, must_exist: bool) -> Database:
    """Open the store at `path`, making or migrating it where needed.

    Raises:
        StorageFault: in use, foreign, newer than this release, damaged, or the disk failed.
    """
    path = os.path.realpath(path)
    explain = _explainer(path)
    with ExitStack() as undo:
        lock = Lock(path)
        undo.callback(lock.release)
        try:
            if _is_absent(path, must_exist):
                _create(path, sync)
            reader = undo.enter_context(closing(_connect(path)))
            _check_ours(reader, path)
            if revisions.must_migrate(_revision(reader), f"the store {path}"):
                _migrate(path)
            writer = undo.enter_context(closing(_connect(path)))
            _make_durable(writer, path, sync)
            reader.execute("PRAGMA query_only = ON")
            in_place = InPlace((path, f"{path}-wal", f"{path}.lock"), RESTORE)
        except sqlite3.Error as error:
            raise explain(error) from error
        undo.pop_all()
    return Database(
        writer, reader, "?", "BEGIN IMMEDIATE", sqlite3.Error, explain, lambda _: False, lock.release,
        local=True, snapshot=lambda: _snapshot(path), copy=lambda to, _: _copy(path, to),
        in_place=in_place.check,
    )  # fmt: skip


def _snapshot(path: str) -> sqlite3.Connection:
    connection = _connect(path)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("BEGIN")
    connection.execute("SELECT n FROM entries LIMIT 1").fetchone()  # the moment is that of the first reading
    return connection


def _copy(path: str, to: str) -> None:
    """Copy by reading every row: what is damaged fails here, and is not found when the copy is needed."""
    try:
        with closing(_connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (to,))
        sync_file(to)
    except OSError as error:
        raise StorageFault(
            say("the copy {to} cannot be made: {why}", to=to, why=str(error.strerror)), next_step=_ROOM
        ) from error


def sync_file(path: str) -> None:
    """Make a finished file and its name durable.

    Raises:
        OSError: the disk failed.
    """
    for each, flags in ((path, os.O_RDWR), (os.path.dirname(path) or ".", os.O_RDONLY)):
        descriptor = os.open(each, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_absent(path: str, must_exist: bool) -> bool:
    if os.path.exists(path):
        if os.path.isfile(path) and os.path.getsize(path):
            return False
        raise StorageFault(say("{path} is empty or no file; a store is never empty", path=path), next_step=RESTORE)
    if os.path.exists(f"{path}-wal"):
        raise StorageFault(
            say("the store {path} is gone, though its log {path}-wal is there", path=path), next_step=RESTORE
        )
    if must_exist:
        step = say("Check the path. Is it lost? {restore}", restore=RESTORE)
        raise StorageFault(say("there is no record at {path}", path=path), next_step=step)
    return True


def _create(path: str, sync: Sync) -> None:
    """Make a store under another name, and give it `path` once it is whole and on the disk."""
    from openline.store import schema  # SQLAlchemy: only here

    unfinished = f"{path}.new"
    try:
        for leftover in (unfinished, f"{unfinished}-journal"):
            if os.path.exists(leftover):
                os.remove(leftover)
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA synchronous = {sync}")
            connection.execute("BEGIN")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            for statement in schema.statements("sqlite"):
                connection.execute(statement)
            connection.execute("COMMIT")
        os.rename(unfinished, path)
        if sync == "full":
            _sync_directory(os.path.dirname(path))
    except OSError as error:
        raise StorageFault(
            say("the store {path} cannot be made: {why}", path=path, why=str(error.strerror)), next_step=_ROOM
        ) from error


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connect(path: str) -> sqlite3.Connection:
    # mode=rw: opening never makes a file. Our own locks stand in for the driver's one-thread rule.
    return sqlite3.connect(
        f"file:{quote(path)}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )


def _check_ours(connection: sqlite3.Connection, path: str) -> None:
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise _foreign(path)


def _revision(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else ""


def _migrate(path: str) -> None:
    from openline.store import migrate  # SQLAlchemy and alembic: only here

    migrate.upgrade("sqlite+pysqlite://", lambda: _connect(path), "BEGIN IMMEDIATE")


def _make_durable(connection: sqlite3.Connection, path: str, sync: Sync) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {sync}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync leaves it in the drive's own memory
    modes = _pragma(connection, "journal_mode"), _pragma(connection, "synchronous")
    if modes != ("wal", _SYNCHRONOUS[sync]):
        raise StorageFault(
            say(
                "the store {path} cannot be made durable where it is (log {log}, synchronous {synchronous})",
                path=path,
                log=str(modes[0]),
                synchronous=str(modes[1]),
            ),
            next_step=say("Put it on a local disk; a network share cannot hold it."),
        )


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


# --- what failed, in words ---

RESTORE: Final = say(
    "Stop the station and restore the record, from a backup or from the other side: openline restore."
)
_ROOM: Final = say("Give the station a directory that exists, that it may write to, and that is not full.")
_STOP: Final = say("Stop that program, then start again.")


def _words(path: str, code: int) -> tuple[Said, Said]:
    """What failed and what to do, by the class of SQLite's error."""
    match code:
        case sqlite3.SQLITE_FULL:
            what = say("the disk of {path} is full; nothing more can be recorded", path=path)
            return what, say("Make room. A station that runs goes on by itself; else start it again.")
        case sqlite3.SQLITE_READONLY:
            return say("the store {path} is read-only; nothing can be recorded", path=path), _ROOM
        case sqlite3.SQLITE_CANTOPEN:
            return say("the store {path} cannot be opened", path=path), _ROOM
        case sqlite3.SQLITE_PERM:
            return say("the station may not open the store {path}", path=path), _ROOM
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return say("another program has locked the store {path}", path=path), _STOP
        case sqlite3.SQLITE_CORRUPT:
            return say("the store {path} is damaged", path=path), RESTORE
        case sqlite3.SQLITE_IOERR:
            return say("the disk of {path} failed", path=path), RESTORE
        case _:
            return say("the store {path} failed", path=path), say("Look at the log, then start again.")


def _foreign(path: str) -> StorageFault:
    return StorageFault(
        say("{path} is not a store of Openline; it was left as it was", path=path),
        next_step=say("Check its path; a record that is lost is put back with openline restore."),
    )


def _explainer(path: str) -> Callable[[Exception], OpenlineError]:
    def explain(error: Exception) -> OpenlineError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the class, the rest its detail
        if code == sqlite3.SQLITE_NOTADB:
            return _foreign(path)
        if code == sqlite3.SQLITE_CONSTRAINT:
            return rules.taken(f"what was to be put ({error})")
        what, next_step = _words(path, code)
        return StorageFault(say("{what} ({detail})", what=what, detail=str(error)), next_step=next_step)

    return explain
