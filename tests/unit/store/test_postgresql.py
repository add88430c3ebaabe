"""The store in a PostgreSQL database: the common suite, and what is the server's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from openline.ports import Store
from openline.store import migrate, open_store, postgresql, revisions
from openline.store.schema import METADATA
from openline.store.sql import SqlStore
from openline.wire.errors import StorageFault
from tests.unit.store.build import kept, put
from tests.unit.store.conformance import Conformance, Open

psycopg = pytest.importorskip("psycopg")


@pytest.fixture
def url(postgresql_url: str) -> str:
    return postgresql_url


class TestPostgresql(Conformance):
    @pytest.fixture
    def opened(self, url: str) -> Iterator[Open]:
        handles: list[Store] = []

        def open_again() -> Store:
            for handle in handles:
                handle.close()
            handles.append(open_store(url))
            return handles[-1]

        yield open_again
        for handle in handles:
            handle.close()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


def writer(store: Store) -> Any:
    """The connection underneath, for bringing about what a server does."""
    assert isinstance(store, SqlStore)
    return store._database.writer


def schema_of(url: str, what: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(what).fetchall()


def test_second_station_is_refused(store: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stations on one database would fork their chain; the second is told so, and gets in when the first ends."""
    monkeypatch.setattr(postgresql, "TAKEOVER_S", 0.1)
    with pytest.raises(StorageFault, match="in use by another station"):
        open_store(url)
    store.close()

    open_store(url).close()


def test_a_successor_waits_for_the_lock_of_the_dead(store: Store, url: str) -> None:
    """A station that is started while its predecessor's connection still ends gets in as soon as it has."""
    opened: list[Store] = []
    successor = threading.Thread(target=lambda: opened.append(open_store(url)))
    successor.start()
    with psycopg.connect(url, autocommit=True) as other:
        waiting = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not other.execute(waiting).fetchall():
            assert successor.is_alive()
    store.close()
    successor.join()

    opened[0].commit([put(0)])

    assert opened[0].count() == 1
    opened[0].close()


def test_a_connection_stands_however_quiet_it_is(url: str) -> None:
    """A server that ends what is idle ends no connection of a station, and looks every few seconds if it is there."""
    store = open_store(f"{url}%20-cidle_session_timeout%3D10s%20-cidle_in_transaction_session_timeout%3D10s")
    assert isinstance(store, SqlStore)
    snapshot = store.snapshot()
    for each in (store._database.writer, store._database.reader, snapshot._database.reader):
        connection: Any = each
        for setting in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("0",)
        told = "SELECT source FROM pg_settings WHERE name LIKE 'tcp_keepalives_%'"  # by a Unix socket each counts as 0
        assert connection.execute(told).fetchall() == [("session",)] * 3
    snapshot.close()
    store.close()


def test_a_schema_that_is_not_there(url: str) -> None:
    """A search path that leads nowhere is said so; it would hold no lock."""
    with pytest.raises(StorageFault, match="none of the schemas"):
        open_store(f"{url}_nowhere")


def test_durable_as_asked(store: Store, url: str) -> None:
    """Each commit waits for the server's disk, and does not only where that was asked for."""
    assert writer(store).execute("SHOW synchronous_commit").fetchone() == ("on",)
    store.close()

    store = open_store(url, sync="off")

    assert writer(store).execute("SHOW synchronous_commit").fetchone() == ("off",)
    store.close()


def test_server_whose_commits_do_not_wait(url: str) -> None:
    """A server that is set not to wait for its disk is told to, for this store."""
    store = open_store(f"{url}%20-csynchronous_commit%3Doff")

    assert writer(store).execute("SHOW synchronous_commit").fetchone() == ("on",)
    store.close()


def test_migrations_make_the_schema(url: str) -> None:
    """A database migrated from nothing has the very columns, constraints, indexes and revision of one made anew."""
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, regexp_replace(column_default, 'test_[0-9a-f]+', '')"
        " FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2"
    )
    constraints = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2"
    )
    indexes = (
        "SELECT tablename, indexname, replace(indexdef, current_schema(), '') FROM pg_indexes"
        " WHERE schemaname = current_schema() ORDER BY 1, 2"
    )
    queries = (columns, constraints, indexes, "SELECT version_num FROM alembic_version")
    open_store(url).close()
    made = [schema_of(url, query) for query in queries]
    tables = ", ".join(METADATA.tables)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP TABLE {tables}")

    migrate.upgrade("postgresql+psycopg://", lambda: psycopg.connect(url), "")

    assert all(made)
    assert [schema_of(url, query) for query in queries] == made


def test_older_store_is_migrated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of a revision before this release's is brought up as it is opened."""
    open_store(url).close()
    asked: list[str] = []
    monkeypatch.setattr(migrate, "upgrade", lambda dialect, connect, begin: asked.append(dialect))
    monkeypatch.setattr(revisions, "HEAD", "0002_next")

    open_store(url).close()

    assert asked == ["postgresql+psycopg://"]


def test_newer_store_is_refused(url: str) -> None:
    """A store that a newer release wrote is refused in words that say which."""
    open_store(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0007_letters'")

    with pytest.raises(StorageFault, match="newer release"):
        open_store(url)


def test_foreign_database(url: str) -> None:
    """A schema in which another program keeps tables of these names is refused and left as it was."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE meta (n integer)")

    with pytest.raises(StorageFault, match=r"used by another program \(it has meta\)"):
        open_store(url)

    assert schema_of(url, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()") == [("meta",)]


def test_missing_store_of_a_station_that_ran(url: str) -> None:
    """A station that must find its store is not given a new one."""
    with pytest.raises(StorageFault, match="no record in the database"):
        open_store(url, must_exist=True)


def test_read_only(store: Store) -> None:
    """A standby takes nothing, and that is said in words."""
    writer(store).execute("SET default_transaction_read_only = on")

    with pytest.raises(StorageFault, match="read-only"):
        store.commit([put(0)])


def test_lost_connection(store: Store, url: str) -> None:
    """After the server drops the connection nothing is written behind the caller's back; opening again goes on."""
    store.commit([put(0)])
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [writer(store).info.backend_pid])

    for _ in range(2):
        with pytest.raises(StorageFault, match=r"out of reach|stopped"):
            store.commit([put(1)])
    store.close()
    again = open_store(url)

    assert list(again.replay()) == [kept(put(0))]
    again.close()


def test_lost_reader(store: Store, url: str) -> None:
    """A connection that only reads, once gone, ends the store too: whoever writes hears of it, and opens it anew."""
    assert isinstance(store, SqlStore)
    reader: Any = store._database.reader
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [reader.info.backend_pid])

    with pytest.raises(StorageFault, match=r"out of reach|stopped"):
        store.count()
    with pytest.raises(StorageFault, match=r"out of reach|stopped"):
        store.commit([put(0)])
    store.close()
    again = open_store(url)

    assert again.count() == 0
    again.close()


def test_readers_cannot_write(store: Store) -> None:
    """The connection that reads refuses to write, so that every write goes through the one transaction at a time."""
    assert isinstance(store, SqlStore)

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        store._database.reader.cursor().execute("DELETE FROM meta")
