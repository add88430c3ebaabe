"""The tables' history: what the migrations make, and which stores a release opens."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from openline.store import migrate, open_store, revisions, schema
from openline.wire.errors import StorageFault
from tests.unit.store.build import kept, put

NEXT = """
from alembic import op
import sqlalchemy as sa

revision = "0002_next"
down_revision = "0001_record"


def upgrade():
    op.add_column("entries", sa.Column("note", sa.Text))
    {then}
"""


def tables(path: Path) -> list[tuple[str, ...]]:
    """Every table and index as SQLite keeps it, white space aside."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
    return [(*row[:3], " ".join((row[3] or "").split())) for row in rows]


def stamp(path: Path, revision: str) -> None:
    """Make the store at `path` one of another release."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record"


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release that knows one revision more than this one; the file of its migration."""
    directory = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, directory, ignore=shutil.ignore_patterns("__pycache__"))
    file = directory / "versions" / "r0002_next.py"
    file.write_text(NEXT.format(then=""))
    monkeypatch.setattr(migrate, "MIGRATIONS", directory)
    monkeypatch.setattr(revisions, "REVISIONS", (*revisions.REVISIONS, "0002_next"))
    monkeypatch.setattr(revisions, "HEAD", "0002_next")
    return file


def test_migrations_make_the_schema(path: Path) -> None:
    """A store migrated from nothing has the very tables and the revision of one made anew."""
    new = path.with_name("new")
    open_store(new).close()
    migrate.upgrade("sqlite+pysqlite://", lambda: sqlite3.connect(path, isolation_level=None), "BEGIN IMMEDIATE")

    assert tables(path) == tables(new)
    assert len(tables(new)) >= len(schema.METADATA.tables)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(revisions.HEAD,)]


def test_every_revision_is_named() -> None:
    """The names that a start compares are those of the migrations, in order, in one line."""
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    history = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert history[::-1] == list(revisions.REVISIONS)


def test_older_store_is_migrated(path: Path, next_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer release brings an older store up as it opens it, and nothing of the record changes."""
    with monkeypatch.context() as before:
        before.setattr(revisions, "HEAD", "0001_record")
        store = open_store(path)
        store.commit([put(0), put(1)])
        store.close()

    store = open_store(path)

    assert list(store.replay()) == [kept(put(0)), kept(put(1))]
    store.commit([put(2)])
    store.close()
    assert ["note" in table[-1] for table in tables(path) if table[1] == "entries"] == [True]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002_next",)]


def test_failing_migration_leaves_the_store(path: Path, next_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails half-way leaves every table as it was, and the store unlocked."""
    with monkeypatch.context() as before:
        before.setattr(revisions, "HEAD", "0001_record")
        open_store(path).close()
    found = tables(path)
    next_release.write_text(NEXT.format(then='op.drop_table("missing")'))

    for _ in range(2):
        with pytest.raises(StorageFault, match="no such table: missing"):
            open_store(path)

    assert tables(path) == found


def test_newer_store_is_refused(path: Path) -> None:
    """A store that a newer release wrote is refused in words that say which, and what to do."""
    open_store(path).close()
    stamp(path, "0007_letters")
    before = path.read_bytes()

    with pytest.raises(StorageFault, match=r"newer release.*0007_letters.*up to 0001_record") as caught:
        open_store(path)

    assert "Install that release" in caught.value.next_step
    assert path.read_bytes() == before
