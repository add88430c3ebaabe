"""The way in: a store from a path or a URL.

Rules of this file:
1. A path is a SQLite store; `postgresql://…` is a PostgreSQL one. Nothing else is guessed at.
2. What only one of them needs is imported when it is asked for.
"""

from __future__ import annotations

import os

from openline.ports import Store
from openline.store.sql import Database, SqlStore
from openline.store.sqlite import Sync, open_sqlite
from openline.wire.errors import Misuse


def open_store(path_or_url: str | os.PathLike[str], *, sync: Sync = "full", must_exist: bool = False) -> Store:
    """Open a station's store for writing, making it where there is none, migrating it where it is older.

    Args:
        path_or_url: a file, or `postgresql://user@host/database`.
        sync: "off" gives up durability against power loss, for the throwaway stores of a simulation, where the fsync
            of each simulated entry would be most of the run. Never for a record that anyone relies on.
        must_exist: refuse to begin a new store. For a station that has run before, whose chain would fork if it
            began again because a path was mistyped or a disk not mounted.

    Raises:
        Misuse: a URL of another kind, or the driver for it is not installed.
        StorageFault: in use by another station, not ours, newer than this release, damaged, or out of reach.
    """
    name = os.fspath(path_or_url)
    if name.startswith(("postgresql://", "postgres://")):
        return SqlStore(_open_postgresql(name, sync, must_exist))
    if "://" in name:
        raise Misuse(f"{name.split('://')[0]}:// is no kind of store; give a file's path or postgresql://…")
    return SqlStore(open_sqlite(name, sync=sync, must_exist=must_exist))


def _open_postgresql(url: str, sync: Sync, must_exist: bool) -> Database:
    try:
        from openline.store.postgresql import open_postgresql
    except ImportError as error:
        raise Misuse(
            f"a PostgreSQL store needs a driver that is not installed ({error})",
            next_step="Install openline[postgresql].",
        ) from error
    return open_postgresql(url, sync=sync, must_exist=must_exist)
