"""Copies of a store: row by row into a SQLite file, and what such a file holds.

Rules of this file:
1. A copy is as of one moment: it is made from a snapshot, in the order in which entries were put.
2. A copy is looked at without a trace: no log beside it, no lock, no migration.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from typing import Final, NamedTuple
from urllib.parse import quote

from openline.ports import PutEntry, PutMeta, PutPart, PutStray, Store, Write
from openline.store import revisions
from openline.store.sql import SqlStore
from openline.store.sqlite import APPLICATION_ID, open_sqlite, sync_file
from openline.wire.entry import Place, entry_id
from openline.wire.errors import StorageFault

AT_ONCE: Final = 500


def copy_rows(store: Store, path: str) -> None:
    """What a store holds at this moment, put into a new SQLite store at `path`.

    Raises:
        StorageFault: either of the two failed.
    """
    held = store.snapshot()
    try:
        fill(held, path)
    finally:
        held.close()
    sync_file(path)


def fill(held: Store, path: str) -> None:
    """Put all that `held` holds into a new SQLite store at `path`; it is not durable yet when this returns."""
    copy = SqlStore(open_sqlite(path, sync="off", must_exist=False))
    try:
        put_all(held, copy)
    finally:
        copy.close()


def put_all(held: Store, into: Store) -> None:
    """Put all that `held` holds into a store that is empty."""
    writes = _writes(held)
    while batch := list(islice(writes, AT_ONCE)):
        into.commit(batch)


def _writes(held: Store) -> Iterator[Write]:
    entries = (PutEntry(*kept) for kept in held.replay())
    strays: Iterable[Write] = (PutStray(*kept) for kept in held.strays())
    metas = (PutMeta(key, value) for key, value in held.metas("").items())
    return chain[Write](entries, strays, metas, _parts(held))


def _parts(held: Store) -> Iterator[Write]:
    for digest in held.digests():
        for index in held.parts(digest):
            yield PutPart(digest, index, held.part(digest, index) or b"")


class Contents(NamedTuple):
    """What a copy holds: how many entries, and the last of each (side, generation) with its id."""

    entries: int
    heads: dict[tuple[int, int], tuple[Place, bytes]]
    restoring: bool


def contents(path: str, *, thorough: bool = False, live: bool = False) -> Contents:
    """What the copy at `path` holds. `thorough`: every page and every entry is read and held against its id. `live`: it
    is no copy but a store that is in use or was, so that what its log holds counts too.

    Raises:
        StorageFault: it is no store of this release or an older one, or damaged.
    """
    try:
        with closing(_looked_at(path, live)) as copy:
            if copy.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise StorageFault(f"{path} is not a store of Openline")
            (revision,) = copy.execute("SELECT max(version_num) FROM alembic_version").fetchone()
            revisions.must_migrate(revision or "", f"the store {path}")
            if thorough:
                _read_through(copy, path)
            heads = {
                (side, gen): (Place(side, gen, seq), bytes(identity))
                for side, gen, seq, identity in copy.execute(
                    "SELECT side, gen, seq, id FROM entries JOIN (SELECT side s, gen g, max(seq) q FROM entries"
                    " GROUP BY side, gen) ON side = s AND gen = g AND seq = q ORDER BY side, gen"
                )
            }
            (count,) = copy.execute("SELECT count(*) FROM entries").fetchone()
            marked = copy.execute("SELECT 1 FROM meta WHERE key = 'restoring'").fetchone()
    except sqlite3.Error as error:
        raise StorageFault(f"{path} is damaged, or no store ({error})") from error
    return Contents(count, heads, marked is not None)


def _looked_at(path: str, live: bool) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(path)}?mode=ro{'' if live else '&immutable=1'}", uri=True)


def _read_through(copy: sqlite3.Connection, path: str) -> None:
    found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageFault(f"{path} is damaged ({found})")
    for table in ("entries", "strays"):
        for identity, data in copy.execute(f"SELECT id, data FROM {table}"):
            if entry_id(data) != identity:
                raise StorageFault(f"{path} is damaged: an entry's bytes do not have its id")

