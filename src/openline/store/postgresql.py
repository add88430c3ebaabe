"""PostgreSQL underneath the store: how a database is opened, filled and explained when it fails.

Rules of this file:
1. A commit is on the server's disk when it returns: a server that runs without fsync is refused, and
   `synchronous_commit` is never "off" except where the caller asked for that (see `open_store`).
2. One station to a schema: an advisory lock of the server, held by the writing connection, as the lock file is for
   SQLite. It goes with that connection, which is never opened again behind the caller's back: after a lost connection
   it is unknown whether the last commit was kept, and only opening the store anew tells.
3. A station that died must not keep its successor out: the server looks whether we are there as often as we look
   whether it is, and whoever opens waits so long for the lock.
4. No password is ever part of a message.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any, Final, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict

from openline.store import revisions, rules
from openline.store.copying import copy_rows
from openline.store.lock import in_use
from openline.store.sql import Connection, Database
from openline.store.sqlite import APPLICATION_ID, BUSY_S, RESTORE, Sync
from openline.wire.errors import OpenlineError, StorageFault
from openline.wire.said import say

# A server that is gone without a word, when the network to it is: a station neither works nor stops until that is seen.
# A URL may say otherwise.
PATIENCE: Final = {
    "connect_timeout": 10, "tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 2,
    "keepalives_count": 3,
}  # fmt: skip

# The same on the server's side, whose own settings let two hours pass; and no connection of ours ends for being quiet.
SETTINGS: Final = {
    "tcp_user_timeout": "10s", "tcp_keepalives_idle": "5s", "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
    "idle_session_timeout": "0", "idle_in_transaction_session_timeout": "0", "lock_timeout": f"{BUSY_S}s",
}  # fmt: skip
TAKEOVER_S: Final = 15.0  # longer than the server takes, by these settings, to see that a station's machine is gone

_TABLES: Final = frozenset({"entries", "strays", "meta", "parts", "alembic_version"})


def open_postgresql(url: str, *, sync: Sync, must_exist: bool) -> Database:
    """Open the store in the first schema of the search path of `url`, making or migrating it where needed.

    Raises:
        StorageFault: out of reach, in use, foreign, newer than this release, or not durable.
    """
    with ExitStack() as undo:
        try:
            writer = undo.enter_context(closing(_connect(url)))
            name = f"the database {writer.info.dbname} on {writer.info.host}"
            _lock(writer, name)
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
    return Database(
        *connections, "%s", "BEGIN", psycopg.Error, explain, lambda one: cast(Any, one).closed, lambda: None,
        local=False, snapshot=lambda: cast(Connection, _snapshot(url)), copy=lambda to, store: copy_rows(store, to),
    )  # fmt: skip


def _snapshot(url: str) -> psycopg.Connection[Any]:
    connection = _connect(url)
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    connection.execute("SELECT n FROM entries LIMIT 1")  # the moment is that of the first reading
    return connection


def _connect(url: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    asked: dict[str, Any] = {**PATIENCE, **conninfo_to_dict(url), "client_encoding": "utf8"}
    connection = psycopg.connect(autocommit=autocommit, **asked)
    for setting, value in SETTINGS.items():  # an older server does not know them all
        connection.execute("SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s", (value, setting))
    return connection


def _lock(writer: psycopg.Connection[Any], name: str) -> None:
    """Hold the lock of this schema's one station, waiting for a predecessor's to be given up."""
    if _one(writer, "SELECT current_schema()") is None:
        raise StorageFault(
            f"{name} has none of the schemas in the search path, or keeps this station out of them",
            next_step="Make the schema and let the station's role use it, or correct the store's URL.",
        )
    writer.execute(cast(Any, f"SET lock_timeout = '{TAKEOVER_S}s'"))
    try:
        writer.execute(cast(Any, f"SELECT pg_advisory_lock({APPLICATION_ID}, hashtext(current_schema()))"))
    except psycopg.errors.LockNotAvailable as error:
        raise in_use(name) from error
    writer.execute(cast(Any, f"SET lock_timeout = '{BUSY_S}s'"))


def _one(connection: psycopg.Connection[Any], statement: str) -> Any:
    row = connection.execute(cast(Any, statement)).fetchone()
    return row[0] if row else None


def _make_durable(connection: psycopg.Connection[Any], name: str, sync: Sync) -> None:
    if sync == "off":
        connection.execute("SET synchronous_commit = off")
        return
    if _one(connection, "SHOW synchronous_commit") == "off":  # every other setting waits for this server's own disk
        connection.execute("SET synchronous_commit = on")
    if _one(connection, "SHOW fsync") != "on":
        raise StorageFault(
            say("{name} loses what it has committed when its power fails: the server runs with fsync off", name=name),
            next_step=say("Set fsync = on in the server's configuration and restart it."),
        )


def _is_empty(connection: psycopg.Connection[Any], name: str, must_exist: bool) -> bool:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    ours = {table for (table,) in connection.execute(query)} & _TABLES
    if ours == _TABLES:
        return False
    if ours:
        raise StorageFault(
            say(
                "{name} is used by another program (it has {names}); it was left as it was",
                name=name,
                names=", ".join(sorted(ours)),
            ),
            next_step=say("Give the station a database, or a schema in its search path, of its own."),
        )
    if must_exist:
        step = say("Check the URL. Is it lost? {restore}", restore=RESTORE)
        raise StorageFault(say("there is no record in {name}", name=name), next_step=step)
    return True


def _create(connection: psycopg.Connection[Any]) -> None:
    from openline.store import schema  # SQLAlchemy: only here

    with connection.transaction():
        for statement in schema.statements("postgresql"):
            connection.execute(cast(Any, statement))


def _migrate(url: str) -> None:
    from openline.store import migrate  # SQLAlchemy and alembic: only here

    migrate.upgrade("postgresql+psycopg://", lambda: _connect(url, autocommit=False), "")


# --- what failed, in words ---

_AGAIN: Final = say("Start the station again once the server answers; it then reads what was kept.")
_WORDS: Final = {
    "08": (say("the database server is out of reach"), _AGAIN),
    "25006": (say("the database is read-only; nothing can be recorded"), say("Use the primary server, not a standby.")),
    "28": (
        say("the database server does not admit this station"), say("Check the name and the key in the store's URL.")
    ),
    "3D": (say("the database does not exist"), say("Check the store's URL, or have the database made.")),
    "42501": (
        say("the database server allows this station too little"), say("Make the station's role owner of the schema.")
    ),
    "53100": (
        say("the disk of the database is full; nothing more can be recorded"),
        say("Make room. A station that runs goes on by itself; else start it again."),
    ),
    "53": (say("the database server lacks memory or connections"), say("Make room there, then start again.")),
    "55P03": (say("another program has locked the database"), say("Stop that program, then start again.")),
    "57": (say("the database server was stopped"), _AGAIN),
    "58": (say("the disk of the database failed"), say("Restore the record from a backup or from the other side.")),
    "XX": (say("the database is damaged"), say("Restore the record from a backup or from the other side.")),
}


def explain(error: Exception) -> OpenlineError:
    """The error of ours for one of the driver's, by its SQLSTATE, most exact first."""
    state = getattr(error, "sqlstate", None) or "08"  # none: the server did not say anything any more
    detail = str(error).strip().split("\n")[0]
    if isinstance(error, psycopg.IntegrityError):
        return rules.taken(f"what was to be put ({detail})")
    otherwise = (say("the database failed"), say("Look at the log, then start again."))
    what, next_step = _WORDS.get(state) or _WORDS.get(state[:2]) or otherwise
    return StorageFault(say("{what} ({detail})", what=what, detail=detail), next_step=next_step)
