"""PostgreSQL underneath the store: how a database is opened, filled and explained when it fails.

Rules of this file:
1. A commit is on the server's disk when it returns: a server that runs without fsync is refused, and
   `synchronous_commit` is never "off" except where the caller asked for that (see `open_store`).
2. One station to a schema: an advisory lock of the server, held by the writing connection, as the lock file is for
   SQLite. It goes with that connection, which is never opened again behind the caller's back: after a lost connection
   it is unknown whether the last commit was kept, and only opening the store anew tells.
3. No password is ever part of a message.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any, Final, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict

from openline.store import revisions
from openline.store.lock import in_use
from openline.store.sql import Connection, Database
from openline.store.sqlite import APPLICATION_ID, BUSY_S, Sync
from openline.wire.errors import OpenlineError, OurFault, StorageFault

TABLES: Final = frozenset({"entries", "strays", "meta", "parts", "alembic_version"})


def open_postgresql(url: str, *, sync: Sync, must_exist: bool) -> Database:
    """Open the store in the first schema of the search path of `url`, making or migrating it where needed.

    Raises:
        StorageFault: out of reach, in use, foreign, newer than this release, or not durable.
    """
    with ExitStack() as undo:
        try:
            writer = undo.enter_context(closing(_connect(url)))
            name = f"the database {writer.info.dbname} on {writer.info.host}"
            if not _one(writer, f"SELECT pg_try_advisory_lock({APPLICATION_ID}, hashtext(current_schema()))"):
                raise in_use(name)
            _make_durable(writer, name, sync)
            if _is_empty(writer, name, must_exist):
                _create(writer)
            if revisions.must_migrate(_one(writer, "SELECT max(version_num) FROM alembic_version") or "", name):
                _migrate(url)
            reader = undo.enter_context(closing(_connect(url)))
            reader.execute("SET default_transaction_read_only = on")
        except psycopg.Error as error:
            raise explain(error) from error
        undo.pop_all()
    connections = cast(Connection, writer), cast(Connection, reader)
    return Database(*connections, "%s", "BEGIN", psycopg.Error, explain, lambda: None)


def _connect(url: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url, autocommit=autocommit, client_encoding="utf8")
    connection.execute(f"SET lock_timeout = '{BUSY_S}s'")
    return connection


def _one(connection: psycopg.Connection[Any], statement: str) -> Any:
    row = connection.execute(cast(Any, statement)).fetchone()
    return row[0] if row else None
