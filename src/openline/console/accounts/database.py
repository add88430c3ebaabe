"""The console's own SQLite file: how it is made, brought up to date, opened, and explained when it fails.

Rules of this file:
1. The file is the console's: nothing is written to one that is not, and one of a newer release is refused.
2. It is its owner's alone to read from its first byte.
3. A migration is one transaction; there is no way down.
4. What is done together is one transaction (`writing`); a commit is on the disk when it returns.
5. The log is only added to: the file itself refuses a change or a deletion of a row (`journal` notices one that was
   made all the same).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from openline.wire.errors import StorageFault
from openline.wire.said import say

APPLICATION_ID: Final = 0x4F504C43  # "OPLC"
BUSY_S: Final = 5.0  # chosen: the command line beside a running console is done by then

# One string a version, oldest first; never edited once it was released.
MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE officers (name TEXT PRIMARY KEY, handle BLOB NOT NULL UNIQUE) WITHOUT ROWID;
    CREATE TABLE roles (officer TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (officer, role)) WITHOUT ROWID;
    CREATE TABLE passkeys (
        id BLOB PRIMARY KEY, officer TEXT NOT NULL, public_key BLOB NOT NULL, sign_count INTEGER NOT NULL,
        label TEXT NOT NULL, added_s INTEGER NOT NULL, used_s INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX passkeys_of ON passkeys (officer);
    CREATE TABLE codes (
        hash BLOB PRIMARY KEY, officer TEXT NOT NULL, made_s INTEGER NOT NULL, expires_s INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE sessions (
        hash BLOB PRIMARY KEY, officer TEXT NOT NULL, since_s INTEGER NOT NULL, seen_s INTEGER NOT NULL,
        expires_s INTEGER NOT NULL, post TEXT, watch_from_s INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE log (
        number INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, kind TEXT NOT NULL, officer TEXT NOT NULL,
        facts TEXT NOT NULL, digest BLOB NOT NULL, hash BLOB NOT NULL
    );
    CREATE INDEX log_digests ON log (digest, kind);
    CREATE TABLE log_head (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, hash BLOB NOT NULL);
    CREATE TRIGGER log_kept BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END;
    CREATE TRIGGER log_fixed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END;
    """,
    """
    CREATE TABLE resets (
        officer TEXT PRIMARY KEY, by TEXT NOT NULL, asked_s INTEGER NOT NULL, expires_s INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE codes ADD COLUMN by TEXT NOT NULL DEFAULT '';
    CREATE TABLE made_here (officer TEXT PRIMARY KEY, made_s INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE resting (
        hash BLOB PRIMARY KEY, officer TEXT NOT NULL, since_s INTEGER NOT NULL, seen_s INTEGER NOT NULL,
        expires_s INTEGER NOT NULL, post TEXT, watch_from_s INTEGER
    ) WITHOUT ROWID;
    """,
)
VERSION: Final = len(MIGRATIONS)


class Database:
    """An open file. Every fault of the disk comes out as `StorageFault`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a question finds. Raises: StorageFault."""
        with self._explained():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first row that a question finds, or None. Raises: StorageFault."""
        with self._explained():
            return self._connection.execute(sql, values).fetchone()

    def each(self, sql: str) -> Iterator[Any]:
        """The rows of a question one by one, however many. Raises: StorageFault."""
        with self._explained():
            yield from self._connection.execute(sql)

    def change(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Change rows, inside `writing`; how many were. Raises: StorageFault."""
        with self._explained():
            return self._connection.execute(sql, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, of which nothing remains if anything in it is raised. Within another it is part of that.

        Raises:
            StorageFault: the disk or the file failed.
        """
        if self._connection.in_transaction:
            yield
            return
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._explained():
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read within is of one moment, whoever writes meanwhile.

        Raises:
            StorageFault: the disk or the file failed.
        """
        if self._connection.in_transaction:
            yield
            return
        with self._explained():
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    def copy_to(self, other: sqlite3.Connection) -> None:
        """Write all of it, as of one moment, into another file. Raises: StorageFault."""
        with self._explained():
            self._connection.backup(other)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _fault(self.path, error) from error


def open_database(path: Path) -> Database:
    """Open the console's file, making it where there is none, migrating it where it is older.

    Raises:
        StorageFault: it is not the console's, of a newer release, damaged, or out of reach.
    """
    try:
        # Only a file that is not there yet: to close any other descriptor of a file that this process has open would
        # drop SQLite's locks on it, and another process would then take the log from under its feet.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise StorageFault(
            say("{path}: cannot be opened: {why}", path=str(path), why=str(error.strerror)),
            next_step=say("See [console] store in the configuration."),
        ) from error
    # Opened where the program starts, used on its event loop: one thread at a time, and SQLite serialises all the same.
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise _fault(path, error) from error
    except StorageFault:
        connection.close()
        raise
    return Database(connection, path)


def copy_apart(path: Path, into: Path) -> None:
    """Copy the file to `into`, where nothing is, as of one moment, whoever writes it meanwhile; without sessions and
    codes, which a copy must not bring to life again.

    Raises:
        StorageFault: it is not the console's or cannot be read, or the copy cannot be written.
    """
    database = open_database(path)
    try:
        os.close(os.open(into, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        copy = sqlite3.connect(into, isolation_level=None)
        try:
            database.copy_to(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, and none beside it
            copy.execute("DELETE FROM sessions")
            copy.execute("DELETE FROM codes")
            copy.execute("DELETE FROM resets")
            copy.execute("DELETE FROM resting")
            copy.execute("VACUUM")
        finally:
            copy.close()
    except (sqlite3.Error, OSError) as error:
        raise StorageFault(
            say("{path}: cannot be written: {why}", path=str(into), why=str(error)), next_step=say("Check that disk.")
        ) from error
    finally:
        database.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _check_ours(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")  # two that start at once migrate once
    try:
        for number in range(_check_ours(connection, path), VERSION):
            for statement in statements(MIGRATIONS[number]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()


def _check_ours(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a file of ours; 0 of a new one.

    Raises:
        StorageFault: another program's, or a newer release's.
    """
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if identity != APPLICATION_ID and (identity or version or tables):
        raise StorageFault(
            say("{path} is not the console's file; nothing was written to it", path=str(path)),
            next_step=say("Name another file at [console] store."),
        )
    if version > VERSION:
        raise StorageFault(
            say(
                "{path} was written by a newer release of Openline (version {version}; this release knows {known})",
                path=str(path),
                version=str(version),
                known=str(VERSION),
            ),
            next_step=say("Install that release again, or a newer one. The file is unharmed."),
        )
    return int(version)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, each whole: a trigger holds semicolons of its own."""
    piece = ""
    for part in script.split(";")[:-1]:
        piece += part + ";"
        if sqlite3.complete_statement(piece):
            yield piece
            piece = ""


def _fault(path: Path, error: sqlite3.Error) -> StorageFault:
    return StorageFault(
        say("the console's file {path} failed: {why}", path=str(path), why=str(error)),
        next_step=say("Check the disk; restore the file from a backup if it is damaged."),
    )


