"""Two stations, one of which keeps its record in PostgreSQL: killed, its server lost, its tables newer, put back."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from threading import Event

import pytest

from openline.audit.compare import compare
from openline.audit.verdict import Kind
from openline.wire.errors import StorageFault
from tests import postgresql_server
from tests.integration.keeping import run, words_file
from tests.integration.pairs import Pair, fault_of, make_pair
from tests.integration.records import Writer, audited, export, texts
from tests.postgresql_server import PostgresqlServer

psycopg = pytest.importorskip("psycopg")
postgresql = pytest.importorskip("openline.store.postgresql")
pytestmark = pytest.mark.slow
KILLS, KILLS_SOAK = 6, 60
SEED = 15


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresqlServer]:
    """The server of this file's tests."""
    made = PostgresqlServer()
    yield made
    made.remove()


@pytest.fixture
def server(cluster: PostgresqlServer) -> PostgresqlServer:
    """A server that runs, whatever the test before did to it."""
    if cluster.process is None:
        cluster.start()
    return cluster


@pytest.fixture
def url(server: PostgresqlServer) -> Iterator[str]:
    with postgresql_server.schema(server.url()) as made:
        yield made
        if server.process is None:
            server.start()


@pytest.fixture
def pair(tmp_path, url) -> Iterator[Pair]:
    """North keeps its record in the database, south in a file; neither runs yet."""
    made = make_pair(tmp_path / "pair", norths_store=url)
    yield made
    made.stop()


def lost_nothing(pair: Pair, writers: list[Writer]) -> None:
    """Both, stopped, hold the same record; it verifies, and every message that was acknowledged is in it once."""
    audits = [audited(export(station)) for station in pair.both]
    assert [audit.verdict.kind for audit in audits] == [Kind.VERIFIES, Kind.VERIFIES]
    assert compare(*audits).heads_agree
    for station in pair.both:
        held = texts(station)
        assert len(set(held.values())) == len(held)
        for writer in writers:
            assert writer.recorded, writer.label
            assert writer.recorded.items() <= held.items()


def end(writers: list[Writer]) -> None:
    for writer in writers:
        writer.over.set()
        writer.join(60)


def test_killed_under_load_it_comes_back_and_nothing_acknowledged_is_lost(pair, soak, counted):
    """Either station is killed at random moments; the one in the database is let in again at once."""
    chance, kills = random.Random(SEED), KILLS_SOAK if soak else KILLS
    writers = [Writer(station, station.name) for station in pair.both]
    try:
        pair.start()
        for writer in writers:
            writer.start()
        for number in range(kills):
            station = pair.both[number % 2]
            Event().wait(chance.uniform(0, 0.5))
            station.kill()
            station.start()
    finally:
        end(writers)
    pair.wait_equal()
    for station in pair.both:
        assert station.stop() == 0
    lost_nothing(pair, writers)
    counted(kills, "kills on PostgreSQL")
    counted(sum(len(writer.recorded) for writer in writers), "messages acknowledged, none lost")


@pytest.mark.parametrize("how", [PostgresqlServer.stop, PostgresqlServer.crash], ids=["stopped", "crashed"])
def test_without_its_server_a_station_says_so_and_goes_on_once_it_is_back(pair, server, how):
    """Nothing is recorded meanwhile, the process stays, and what was acknowledged before is there afterwards."""
    north, south = pair.both
    pair.start()
    pair.wait_through()
    writer = Writer(north, "north")
    writer.start()
    north.wait_until(lambda: len(writer.recorded) > 5)

    how(server)
    said = north.wait_until(lambda: fault_of(north))
    assert "the database server" in said
    assert "once the server answers" in said
    with pytest.raises(StorageFault, match="the database server"):
        north.message("there is nowhere to keep this")
    assert "storage_fault" in north.log
    south.message("are you there?")
    before = len(writer.recorded)
    server.start()
    north.wait_until(lambda: len(writer.recorded) > before)
    end([writer])
    pair.wait_equal()

    assert north.process is not None
    for station in pair.both:
        assert station.stop() == 0
    lost_nothing(pair, [writer])


def test_a_server_that_takes_connections_and_says_nothing_keeps_nobody_waiting(pair, server):
    """It may be frozen, or the network to it: the station, which tries to open its record, is asked and answers."""
    north = pair.north
    north.start()
    server.crash()
    north.wait_until(lambda: fault_of(north))
    at = server.folder / f".s.PGSQL.{postgresql_server.PORT}"
    at.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(at))
        silent.listen()
        silent.accept()[0].close()  # once it has tried; the next try waits for an answer
        held, _ = silent.accept()
        with held:
            began = time.monotonic()
            assert fault_of(north)
            assert time.monotonic() - began < postgresql.PATIENCE["connect_timeout"] / 2
            assert north.stop() == 0
    at.unlink()


def test_no_station_starts_without_its_server_or_on_a_newer_store(pair, server, url):
    """The start ends with exit 1 and a word; nothing is changed, and once it is mended the same start works."""
    north = pair.north
    with psycopg.connect(url) as connection:
        was = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("UPDATE alembic_version SET version_num = '9999_later'")
    north.launch()
    assert north.process is not None
    assert north.process.wait(60) == 1
    assert "newer release" in (north.folder / "stderr").read_text()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999_later",)
        connection.execute("UPDATE alembic_version SET version_num = %s", was)
    server.stop()
    north.launch()
    assert north.process.wait(60) == 1
    assert "out of reach" in (north.folder / "stderr").read_text()
    server.start()

    north.start()
    north.message("in its place")


def test_a_backup_goes_back_into_an_empty_schema(pair, server, tmp_path):
    """Made while the station runs, put into another schema; the other side then brings what came since."""
    north, _south = pair.both
    words = words_file(tmp_path)
    pair.start()
    pair.wait_through()
    before = north.message("before the backup")
    pair.wait_equal()
    run("backup", tmp_path / "copy", "--station", north.config, "--passphrase-file", words)
    after = north.message("after the backup")
    pair.wait_equal()
    north.kill()
    with postgresql_server.schema(server.url()) as another:
        north.config.write_text(north.config.read_text().replace(north.store, another))
        run("restore", north.config, "--from", tmp_path / "copy", "--passphrase-file", words)
        north.start()
        north.wait_until(lambda: (status := north.status()) is not None and not status.restoring)
        pair.wait_equal()

        listed = run("record", "show", "--station", north.config, "--json").stdout

        assert before.id in listed
        assert after.id in listed
        north.kill()
