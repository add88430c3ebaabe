"""The store in a SQLite file: the common suite, and what is the file's own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from openline.ports import PutMeta, Store
from openline.store import open_store, sqlite
from openline.store.sql import SqlStore
from openline.wire.errors import StorageFault
from tests.unit.store.build import kept, put
from tests.unit.store.conformance import Conformance, Open

HOLDER = """
import sys
from openline.ports import PutEntry
from openline.store import open_store
from openline.wire.entry import Place, entry_id

store = open_store(sys.argv[1])
for seq in range(100_000):
    data = seq.to_bytes(300)
    store.commit([PutEntry(Place(0, 0, seq), entry_id(data), data, 0)])
    print(seq, flush=True)
"""


class TestSqlite(Conformance):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Open]:
        handles: list[Store] = []

        def open_again() -> Store:
            for handle in handles:
                handle.close()
            handles.append(open_store(tmp_path / "record"))
            return handles[-1]

        yield open_again
        for handle in handles:
            handle.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = open_store(path)
    yield store
    store.close()


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the store open and has committed an entry."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def writer(store: Store) -> sqlite3.Connection:
    """The connection underneath, for bringing about what a disk does."""
    assert isinstance(store, SqlStore)
    connection = store._database.writer
    assert isinstance(connection, sqlite3.Connection)
    return connection


def raw(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """Have another program at the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [row for statement in statements for row in connection.execute(statement)]


# --- durable ---


def test_readers_cannot_write(store: Store) -> None:
    """The connection that reads refuses to write, so that every write goes through the one transaction at a time."""
    assert isinstance(store, SqlStore)

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._database.reader.cursor().execute("DELETE FROM meta")


@pytest.mark.parametrize(("sync", "level"), [("full", 2), ("off", 0)])
def test_durable_as_asked(path: Path, sync: sqlite.Sync, level: int) -> None:
    """A store syncs each commit to the disk, and does not only where that was asked for."""
    store = open_store(path, sync=sync)

    assert writer(store).execute("PRAGMA synchronous").fetchone() == (level,)
    assert writer(store).execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_not_durable_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLite does not take the setting that makes it durable, the store does not open; and frees its lock."""
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "_SYNCHRONOUS", {"full": 3})
        with pytest.raises(StorageFault, match="cannot be made durable"):
            open_store(path)

    open_store(path).close()


def test_killed_while_committing(path: Path, holder: subprocess.Popen[str]) -> None:
    """After SIGKILL every entry whose commit returned is there, without a gap, and the store opens at once."""
    assert holder.stdout is not None
    acknowledged = [int(holder.stdout.readline()) for _ in range(200)]

    holder.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in holder.stdout.read().splitlines()]
    holder.wait()
    store = open_store(path)

    assert store.count() > acknowledged[-1]
    assert [entry.place.seq for entry in store.replay()] == list(range(store.count()))
    store.close()


# --- one station ---


def test_two_stations_on_one_store(store: Store, path: Path) -> None:
    """A second station would fork the chain; it is refused by every name of the store."""
    alias = path.with_name("alias")
    alias.symlink_to(path)

    for name in (path, alias):
        with pytest.raises(StorageFault, match=f"in use by another station .process {os.getpid()}."):
            open_store(name)


def test_second_process_on_one_store(path: Path, holder: subprocess.Popen[str]) -> None:
    """Another process is refused while the first lives, is told which that is, and gets in once it is killed."""
    with pytest.raises(StorageFault, match=f"process {holder.pid}"):
        open_store(path)

    holder.kill()
    holder.wait()

    open_store(path).close()


def test_refused_opening_frees_the_store(path: Path) -> None:
    """An opening that fails leaves nothing locked."""
    path.write_text("not a store")
    with pytest.raises(StorageFault):
        open_store(path)
    path.unlink()

    open_store(path).close()


# --- not ours, not there ---


@pytest.mark.parametrize("name", ["a text", "another program's database"])
def test_foreign_file(path: Path, name: str) -> None:
    """A file that is no store is refused in words and left as it was, byte for byte."""
    if name == "a text":
        path.write_text("minutes of the meeting\n" * 100)
    else:
        raw(path, "CREATE TABLE entries (n)", "PRAGMA user_version = 3")
    before = path.read_bytes()

    with pytest.raises(StorageFault, match="not a store of Openline"):
        open_store(path)

    assert path.read_bytes() == before


def test_emptied_file(path: Path) -> None:
    """An empty file is a record that was lost, and is not taken for a new one."""
    path.touch()

    with pytest.raises(StorageFault, match="is empty") as caught:
        open_store(path)

    assert "restore" in caught.value.next_step


def test_directory(tmp_path: Path) -> None:
    """A directory is no store."""
    with pytest.raises(StorageFault, match="no file"):
        open_store(tmp_path)


def test_lost_file_beside_its_log(path: Path) -> None:
    """A log without its database is a record that was lost, and is not taken for a new one."""
    path.with_name("record-wal").write_bytes(b"log")

    with pytest.raises(StorageFault, match="is gone"):
        open_store(path)


def test_missing_store_of_a_station_that_ran(path: Path) -> None:
    """A station that must find its store is not given a new one."""
    with pytest.raises(StorageFault, match="no record at"):
        open_store(path, must_exist=True)

    assert not path.exists()
    open_store(path).close()
    open_store(path, must_exist=True).close()


def test_no_directory(tmp_path: Path) -> None:
    """A path that leads nowhere is refused in words."""
    with pytest.raises(StorageFault, match="cannot be opened: No such file or directory"):
        open_store(tmp_path / "missing" / "record")


def test_creation_that_was_interrupted(path: Path) -> None:
    """What a power cut left of a store being made is made again."""
    path.with_name("record.new").write_bytes(b"half a page")
    path.with_name("record.new-journal").write_bytes(b"half a journal")

    store = open_store(path)

    assert store.count() == 0
    store.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["record", "record.lock"]


def test_creation_that_cannot_be_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that takes no new file is refused in words."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "rename", refuse)

    with pytest.raises(StorageFault, match="cannot be made: Operation not permitted"):
        open_store(path)


def test_any_file_name(tmp_path: Path) -> None:
    """A store may have any name that a file may have."""
    path = tmp_path / "판문점 50%20 ?#&.record"
    store = open_store(str(path))
    store.commit([put(0)])
    store.close()

    assert path.stat().st_size > 0


# --- what a disk does ---


def fill(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the pages there are for the least


def protect(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")


@pytest.mark.parametrize(("harm", "words"), [(fill, "is full"), (protect, "is read-only")])
def test_failing_disk(store: Store, harm: Callable[[sqlite3.Connection], None], words: str) -> None:
    """A full or read-only disk is said so in words; nothing of the batch is kept, and what was is still read."""
    store.commit([put(0)])
    harm(writer(store))

    with pytest.raises(StorageFault, match=words) as caught:
        store.commit([PutMeta("mode", b"absent"), *(put(seq) for seq in range(1, 1000))])

    assert caught.value.next_step
    assert list(store.replay()) == [kept(put(0))]
    assert store.metas("") == {}


def test_goes_on_once_there_is_room(store: Store) -> None:
    """A store that was full takes entries again when the disk has room."""
    fill(writer(store))
    with pytest.raises(StorageFault, match="full"):
        store.commit([put(seq) for seq in range(1000)])
    writer(store).execute("PRAGMA max_page_count = 1000000")

    store.commit([put(0)])

    assert store.count() == 1


@pytest.mark.parametrize("gone", ["", "-wal", ".lock"])
def test_what_goes_to_a_file_that_was_taken_away_is_never_acknowledged(store: Store, path: Path, gone: str) -> None:
    """A record moved, deleted or replaced under its station takes writes and loses them: the commit says so."""
    store.commit([put(0)])
    taken = Path(f"{path}{gone}")
    os.replace(taken, path.with_name("elsewhere"))
    with pytest.raises(StorageFault, match="was moved, deleted or replaced"):
        store.commit([put(1)])
    taken.write_bytes(b"another")
    with pytest.raises(StorageFault, match=f"{path.name}{gone} was moved"):
        store.commit([put(2)])


def test_a_record_that_was_put_back_goes_on(store: Store, path: Path) -> None:
    """The folder of a station moved away and back again is no loss."""
    store.commit([put(0)])
    files = [x for x in path.parent.iterdir() if x.name.startswith(path.name)]
    away = path.parent / "away"
    away.mkdir()
    for file in files:
        file.rename(away / file.name)
    with pytest.raises(StorageFault):
        store.commit([put(1)])
    store.close()
    for file in away.iterdir():
        file.rename(path.parent / file.name)
    with closing(open_store(path, must_exist=True)) as again:
        assert again.count() in (1, 2)
        again.commit([put(again.count())])


def test_locked_by_another_program(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that holds the file is named as the cause, and the batch can be committed after it lets go."""
    monkeypatch.setattr(sqlite, "BUSY_S", 0)
    store = open_store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFault, match="another program has locked"):
            store.commit([put(0)])
        other.execute("ROLLBACK")

    store.commit([put(0)])

    assert store.count() == 1
    store.close()


def test_damaged_page(path: Path) -> None:
    """A database whose pages were overwritten is said to be damaged, and how the record comes back."""
    store = open_store(path)
    store.commit([put(seq) for seq in range(1000)])
    store.close()
    whole = path.read_bytes()
    intact = 16 * 4096  # the tables' own pages, so that it opens
    path.write_bytes(whole[:intact] + os.urandom(len(whole) - intact))

    store = open_store(path)
    with pytest.raises(StorageFault, match="is damaged") as caught:
        list(store.replay())

    assert "restore the record" in caught.value.next_step
    store.close()


def test_flipped_bit_in_an_entry(path: Path) -> None:
    """A bit that flips in an entry's bytes is found when they are read, by the entry's id, and named by its place."""
    store = open_store(path)
    store.commit([put(0), put(1, what="bit by bit")])
    store.close()
    whole = path.read_bytes()
    assert whole.count(b"bit by bit") == 1
    path.write_bytes(whole.replace(b"bit by bit", b"cit by bit"))

    store = open_store(path)

    assert store.entries(0, 0, 0, 1) == [kept(put(0))]
    with pytest.raises(StorageFault, match="entry 1 of side 0 in generation 0 is damaged"):
        store.entry(put(1, what="bit by bit").id)
    store.close()


def test_entry_is_found_by_its_index(store: Store) -> None:
    """Looking an entry up by its id does not read the whole record."""
    query = "EXPLAIN QUERY PLAN SELECT n FROM entries WHERE substr(id, 1, 8) = ? AND id = ?"
    [plan] = writer(store).execute(query, (b"12345678", b"12345678")).fetchall()

    assert "USING INDEX entries_id" in plan[-1]


def test_a_store_is_its_owners_alone(path: Path) -> None:
    """Whatever the umask, nobody else reads the record, nor the log beside it."""
    before = os.umask(0)
    try:
        store = open_store(path)
        try:
            store.commit([PutMeta("name", b"value")])
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        finally:
            store.close()
    finally:
        os.umask(before)
    assert f"{path.name}-wal" in modes
    assert {mode for name, mode in modes.items() if not name.endswith(".lock")} == {0o600}
