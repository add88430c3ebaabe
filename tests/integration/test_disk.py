"""A real station on a disk that fills, is locked, read-only or newer: clear words, no crash, and back by itself."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from openline.wire.errors import StorageFault
from tests.integration.keeping import run
from tests.integration.pairs import Pair, Station, fault_of, make_pair

pytestmark = pytest.mark.slow
SIZE = "3m"


def namespaces() -> bool:
    """Whether a mount of our own can be made here."""
    if shutil.which("unshare") is None:
        return False
    trying = ["unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return subprocess.run(trying, capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not namespaces(), reason="no mount namespace can be made here")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations that are not running yet."""
    made = make_pair(tmp_path)
    yield made
    made.stop()


def on_small_disk(station: Station, options: str = "") -> Path:
    """Have the station keep its record on a small disk of its own; where that disk is, seen from the station."""
    disk = station.folder / "disk"
    disk.mkdir()
    station.config.write_text(station.config.read_text().replace('"record.sqlite"', '"disk/record.sqlite"'))
    script = (
        f"mount -t tmpfs -o size={SIZE} tmpfs '{disk}' && cp '{station.folder}/record.sqlite' '{disk}/' &&"
        f" {options or 'true'} && exec \"$@\""
    )
    station.prefix = ("unshare", "-m", "sh", "-c", script, "station")
    return disk


def seen_by(station: Station, path: Path) -> Path:
    """A path as the station's process sees it."""
    assert station.process is not None
    return Path(f"/proc/{station.process.pid}/root{path}")


def fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def talk_on(station: Station) -> None:
    """Say more than what little room is left can hold."""
    for number in range(20_000):
        station.message(f"no room for this one {number} " * 40)


def refused(station: Station, why: str) -> None:
    """A message is refused with this word, and nothing of it is recorded; the log and every answer say so too."""
    with pytest.raises(StorageFault, match=why):
        talk_on(station)
    station.wait_until(lambda: why in fault_of(station))
    assert "storage_fault" in station.log
    assert station.process is not None
    assert station.process.poll() is None


@needs_mounts
def test_a_full_disk_is_said_and_the_line_goes_on_once_there_is_room(pair):
    """What was recorded is there, and the other side's words come when it is mended."""
    north, south = pair.both
    disk = on_small_disk(north)
    pair.start()
    pair.wait_through()
    before = north.message("there is room")
    pair.wait_equal()
    filler = seen_by(north, disk / "filler")
    fill(filler)
    refused(north, "is full")
    theirs = south.message("are you there?")
    filler.unlink()
    north.wait_until(lambda: north.status() is not None)
    after = north.message("there is room again")
    pair.wait_equal()
    listed = run("record", "show", "--station", north.config, "--json").stdout
    assert all(entry.id in listed for entry in (before, theirs, after))


@needs_mounts
def test_a_read_only_disk_is_said_and_no_station_starts_on_it(pair):
    """The start ends with exit 1 and a word; mended, the same start works."""
    north = pair.north
    disk = on_small_disk(north, f"mount -o remount,ro '{north.folder}/disk'")
    north.launch()
    assert north.process is not None
    assert north.process.wait(30) == 1
    assert "Read-only" in (north.folder / "stderr").read_text()
    north.prefix = (*north.prefix[:4], north.prefix[4].replace("remount,ro", "remount,rw"), north.prefix[5])
    north.start()
    north.message("writable")
    assert seen_by(north, disk / "record.sqlite").exists()


def test_a_store_that_another_program_has_locked_is_said_and_taken_up_again(pair):
    """A backup tool that holds the store: after five seconds the station says so, and goes on when it lets go."""
    north = pair.north
    pair.start()
    pair.wait_through()
    with closing(sqlite3.connect(north.folder / "record.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused(north, "another program has locked")
        other.execute("ROLLBACK")
    north.wait_until(lambda: north.status() is not None)
    north.message("it let go")
    pair.wait_equal()


def test_a_second_station_on_one_record_is_refused_and_harms_nothing(pair):
    """It would fork the chain: exit 2 with a word, and the first goes on answering."""
    north = pair.north
    north.start()
    again = subprocess.run(
        [sys.executable, "-m", "openline", "up", str(north.config)], capture_output=True, text=True, check=False,
        timeout=60,
    )
    assert again.returncode == 2
    assert "a station is running" in again.stderr
    north.message("still the only one")


def test_a_store_of_a_newer_release_is_refused_and_left_alone(pair):
    """An older release says which it would take, exits 1, and changes no byte."""
    north = pair.north
    path = north.folder / "record.sqlite"
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '9999_later'")
    before = path.read_bytes()
    north.launch()
    assert north.process is not None
    assert north.process.wait(30) == 1
    assert "newer release" in (north.folder / "stderr").read_text()
    assert path.read_bytes() == before


