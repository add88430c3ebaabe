"""What a PostgreSQL store says where no server is to be had."""

from __future__ import annotations

import pytest

from openline.store import open_store
from openline.wire.errors import StorageFault

psycopg = pytest.importorskip("psycopg")
explain = pytest.importorskip("openline.store.postgresql").explain


def test_out_of_reach() -> None:
    """A server that does not answer is said so, without the password that the URL held."""
    with pytest.raises(StorageFault, match="out of reach") as caught:
        open_store("postgresql://station:secret@localhost:1/record")

    assert "secret" not in f"{caught.value} {caught.value.next_step}"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.DiskFull("no space"), "disk of the database is full"),
        (psycopg.errors.TooManyConnections("63 of 60"), "lacks memory or connections"),
        (psycopg.errors.LockNotAvailable("timeout"), "another program has locked"),
        (psycopg.errors.DataCorrupted("bad page"), "is damaged"),
        (psycopg.errors.InvalidPassword("no"), "does not admit"),
        (psycopg.errors.UndefinedTable("entries"), "the database failed"),
    ],
)
def test_words(error: Exception, words: str) -> None:
    """Each failure of a server has its own sentence and a next step."""
    fault = explain(error)

    assert words in str(fault)
    assert fault.next_step
