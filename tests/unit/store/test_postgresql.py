"""The store in a PostgreSQL database; needs one to write to, named by OPENLINE_TEST_POSTGRESQL (a URL)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from openline.ports import Store
from openline.store import migrate, open_store, revisions
from openline.store.schema import METADATA
from openline.store.sql import SqlStore
from openline.wire.errors import StorageFault
from tests.unit.store.build import kept, put
from tests.unit.store.conformance import Conformance, Open

psycopg = pytest.importorskip("psycopg")
if not (SERVER := os.environ.get("OPENLINE_TEST_POSTGRESQL", "")):
    pytest.skip("OPENLINE_TEST_POSTGRESQL names no database", allow_module_level=True)


@pytest.fixture
def url() -> Iterator[str]:
    """A schema of its own for each test."""
    schema = f"test_{uuid4().hex}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{SERVER}{'&' if '?' in SERVER else '?'}options={quote(f'-csearch_path={schema}')}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


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


def test_second_station_is_refused(store: Store, url: str) -> None:
    """Two stations on one database would fork their chain; the second is told so, and gets in when the first ends."""
    with pytest.raises(StorageFault, match="in use by another station"):
        open_store(url)
    store.close()

    open_store(url).close()


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
