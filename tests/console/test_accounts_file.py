"""The console's file: made, migrated, refused, and its log checked."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from openline.console.accounts import database as databases
from openline.console.accounts.database import VERSION, Database, open_database
from openline.console.accounts.journal import Journal, check_apart
from openline.wire.errors import StorageFault


def raw(path):
    return closing(sqlite3.connect(path, isolation_level=None))


def written(path, rows=3):
    """A file whose log has so many rows."""
    opened = open_database(path)
    for number in range(rows):
        Journal(opened).add("signed in", "han", 1000 + number, credential="00")
    return opened


def test_a_new_file_is_its_owners_alone_and_of_this_version(tmp_path):
    """Nobody else can read who keeps the watch; a reader of the file sees which version it is."""
    path = tmp_path / "console.db"
    open_database(path).close()

    assert os.stat(path).st_mode & 0o777 == 0o600
    with raw(path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_file_of_a_newer_release_is_refused_in_words_and_untouched(tmp_path):
    """An older release does not guess at what a newer one wrote."""
    path = tmp_path / "console.db"
    open_database(path).close()
    with raw(path) as file:
        file.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(StorageFault, match="newer release") as refused:
        open_database(path)

    assert refused.value.next_step
    with raw(path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)


def test_another_programs_file_is_not_written_to(tmp_path):
    """A mistyped path does not turn somebody's database into a console's."""
    path = tmp_path / "other.db"
    with raw(path) as file:
        file.execute("CREATE TABLE theirs (x)")

    with pytest.raises(StorageFault, match="not the console's"):
        open_database(path)

    with raw(path) as file:
        assert file.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


def test_an_older_file_is_migrated_whole_or_not_at_all(tmp_path, monkeypatch):
    """A migration that fails in the middle leaves the file of the version it had, with all that was in it."""
    path = tmp_path / "console.db"
    written(path).close()
    steps = (*databases.MIGRATIONS, "CREATE TABLE later (x); CREATE TABLE later (x);")
    monkeypatch.setattr(databases, "MIGRATIONS", steps)
    monkeypatch.setattr(databases, "VERSION", len(steps))

    with pytest.raises(StorageFault):
        open_database(path)
    with raw(path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)

    monkeypatch.setattr(databases, "MIGRATIONS", (*steps[:-1], "CREATE TABLE later (x);"))
    opened = open_database(path)
    assert (opened.rows("SELECT * FROM later"), len(Journal(opened).last(9))) == ([], 3)
    opened.close()


def test_a_file_that_is_no_database_says_so(tmp_path):
    """Rubbish is a fault of the store, with what to do about it."""
    path = tmp_path / "console.db"
    path.write_bytes(b"rubbish" * 1000)

    with pytest.raises(StorageFault) as fault:
        open_database(path)

    assert fault.value.next_step


def test_what_is_raised_in_a_transaction_undoes_all_of_it(tmp_path):
    """Neither the change nor its row in the log is there without the other."""
    opened = open_database(tmp_path / "console.db")

    def fails():
        with opened.writing():
            Journal(opened).add("signed in", "han", 1)
            raise KeyError

    with pytest.raises(KeyError):
        fails()

    assert Journal(opened).last(1) == []
    opened.close()


def test_the_log_holds_and_gives_its_last_rows(tmp_path):
    """A log that nobody touched checks out, and is read newest first, page by page."""
    opened = written(tmp_path / "console.db", rows=5)
    log = Journal(opened)
    verdict = log.check()

    assert (verdict.rows, verdict.wrong, verdict.head) == (5, "", log.last(1)[0].hash)
    assert [row.number for row in log.last(2)] == [5, 4]
    assert [row.number for row in log.last(9, before=4)] == [3, 2, 1]
    opened.close()


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("UPDATE log SET officer = 'choi' WHERE number = 2", "row 2 is not"),
        ("UPDATE log SET facts = '{}' WHERE number = 1", "row 1 is not"),
        ("UPDATE log SET at_s = 1 WHERE number = 3", "row 3 is not"),
        ("DELETE FROM log WHERE number = 2", "row 2 is missing"),
        ("DELETE FROM log WHERE number = 3", "cut after row 2"),
        ("DELETE FROM log", "cut after row 0"),
    ],
)
def test_a_changed_or_cut_log_is_noticed(tmp_path, broken, says):
    """Whatever is done to a row by whoever can write the file, the check names the place."""
    path = tmp_path / "console.db"
    written(path).close()
    with raw(path) as file:
        file.execute("DROP TRIGGER log_kept")
        file.execute("DROP TRIGGER log_fixed")
        file.execute(broken)
    opened = open_database(path)

    assert says in Journal(opened).check().wrong
    opened.close()


@pytest.mark.parametrize("change", ["UPDATE log SET officer = 'x'", "DELETE FROM log"])
def test_the_file_itself_refuses_to_change_a_row(tmp_path, change):
    """A slip of this program, or of a person with a database tool, does not alter the log."""
    opened = written(tmp_path / "console.db")

    with pytest.raises(StorageFault, match="only added to"):
        opened.change(change)

    assert Journal(opened).check().wrong == ""
    opened.close()


def test_two_processes_write_the_log_in_one_chain(tmp_path):
    """The command line adds rows beside a running console."""
    path = tmp_path / "console.db"
    one, two = open_database(path), open_database(path)
    for number in range(4):
        Journal((one, two)[number % 2]).add("signed in", "han", number)

    assert (Journal(one).check().rows, Journal(two).check().wrong) == (4, "")
    one.close()
    two.close()


def test_a_file_that_is_open_twice_here_is_safe_from_other_processes(tmp_path):
    """A second opening beside the first leaves the first one's locks: the command line, coming and going meanwhile,
    takes nothing away from a running console."""
    path = tmp_path / "console.db"
    one = written(path)
    check_apart(path)
    program = (
        "import sys; from pathlib import Path; from openline.console.accounts.database import open_database;"
        "from openline.console.accounts.journal import Journal; d = open_database(Path(sys.argv[1]));"
        "Journal(d).add('signed in', 'lee', 5); d.close()"
    )
    subprocess.run([sys.executable, "-c", program, path], check=True)

    assert (tmp_path / "console.db-wal").exists()
    Journal(one).add("signed in", "kim", 6)
    one.close()
    with raw(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert check_apart(path)[::2] == (5, "")


def test_a_check_is_of_one_moment_while_rows_are_added(tmp_path):
    """A row that comes in the middle is no cut; it is in the next check."""
    path = tmp_path / "console.db"
    one, two = written(path), open_database(path)
    with one.reading():
        before = Journal(one).check()
        Journal(two).add("signed in", "han", 9)
        again = Journal(one).check()

    assert again == before
    assert check_apart(path) == Journal(two).check()
    assert (before.rows, check_apart(path).rows, before.wrong) == (3, 4, "")
    one.close()
    two.close()


def test_a_disk_that_fails_is_a_fault_of_the_store(tmp_path):
    """Whatever SQLite raises is told as this program's faults are."""
    opened: Database = open_database(tmp_path / "console.db")

    with pytest.raises(StorageFault):
        opened.rows("SELECT * FROM nothing")

    opened.close()
