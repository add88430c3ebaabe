"""The store in a PostgreSQL database; needs one to write to, named by OPENLINE_TEST_POSTGRESQL (a URL)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest

from openline.ports import Store
from openline.store import open_store
from openline.wire.errors import StorageFault
from tests.unit.store.build import kept, put
from tests.unit.store.conformance import Conformance, Open

SERVER = os.environ.get("OPENLINE_TEST_POSTGRESQL", "")

pytestmark = pytest.mark.skipif(not SERVER, reason="OPENLINE_TEST_POSTGRESQL names no database")


@pytest.fixture
def url() -> Iterator[str]:
    """A schema of its own for each test."""
    import psycopg

    schema = f"test_{uuid4().hex}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")  # type: ignore[arg-type]
        yield f"{SERVER}{'&' if '?' in SERVER else '?'}options={quote(f'-csearch_path={schema}')}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")  # type: ignore[arg-type]


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


def test_second_station_is_refused(url: str) -> None:
    """Two stations on one database would fork their chain; the second is told so, and gets in when the first ends."""
    first = open_store(url)
    with pytest.raises(StorageFault, match="in use by another station"):
        open_store(url)
    first.close()

    open_store(url).close()
