"""SIGKILL at random moments under load: nothing that was acknowledged is lost, and no chain of one's own forks."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from openline.audit.check import Audit
from openline.audit.compare import compare
from openline.audit.verdict import Kind
from openline.cli.record_export import chains
from openline.station.api import types as t
from openline.store import open_store
from openline.wire import accord as accords
from openline.wire import entry as entries
from openline.wire.bodies import Message
from openline.wire.errors import OpenlineError
from openline.wire.export import write_export
from tests.integration.pairs import Pair, Station, make_pair

KILLS = 200 if os.environ.get("OPENLINE_SOAK") else 20
WRITERS = 2
SEED = int.from_bytes(os.urandom(4), "big")

pytestmark = pytest.mark.slow


class Writer(threading.Thread):
    """Somebody who sends one message after another, and remembers which the station said it recorded."""

    def __init__(self, station: Station, name: str) -> None:
        super().__init__(daemon=True)
        self.station = station
        self.label = name
        self.recorded: dict[str, str] = {}  # id → text
        self.over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            text = f"{self.label} {number}"
            try:
                drafted = self.station.draft(t.Message(line="liaison", text=text))
            except OpenlineError:
                self.over.wait(0.05)  # the station is down: ask again when it may be up
                continue
            assert drafted.entry is not None
            self.recorded[drafted.entry.id] = text


def test_killed_again_and_again_nothing_acknowledged_is_lost(tmp_path):
    """Either station is killed at random moments while both are written to. At the end both hold the same record, it
    verifies, and every message that a station said it recorded is in it once."""
    chance = random.Random(SEED)
    pair = make_pair(tmp_path)
    writers = [Writer(station, f"{station.name}-{n}") for station in pair.both for n in range(WRITERS)]
    try:
        pair.start()
        for writer in writers:
            writer.start()
        for _ in range(KILLS):
            station = chance.choice(pair.both)
            threading.Event().wait(chance.uniform(0, 0.5))
            station.kill()
            station.start()
    finally:
        for writer in writers:
            writer.over.set()
            writer.join(60)
    try:
        pair.wait_equal()
    finally:
        for station in pair.both:
            station.stop()
    records = [export(station) for station in pair.both]
    audits = [audited(record) for record in records]
    assert [audit.verdict.kind for audit in audits] == [Kind.VERIFIES, Kind.VERIFIES], f"seed {SEED}"
    assert compare(*audits).heads_agree
    held = texts(pair.south)
    for writer in writers:
        assert writer.recorded, f"{writer.label} got nothing through; seed {SEED}"
        for identity, text in writer.recorded.items():
            assert held.get(identity) == text, f"{text} was lost; seed {SEED}"
    assert len(set(held.values())) == len(held), f"a message came twice; seed {SEED}"


def export(station: Station) -> Path:
    """The record of a station that is down, as its own side would export it."""
    out = station.folder / "record.openline"
    signed = accords.decode_signed((station.folder / "accord").read_bytes())
    store = open_store(str(station.folder / "record.sqlite"), must_exist=True)
    try:
        with out.open("xb") as file:
            strays = (kept.data for kept in store.strays())
            key = station.keys.station.station
            write_export(file, signed, station.side, chains(store), strays, key, int(time.time()))
    finally:
        store.close()
    return out


def audited(record: Path) -> Audit:
    with record.open("rb") as stream:
        return Audit(stream)


def texts(station: Station) -> dict[str, str]:
    """id → text of every message that a station holds."""
    store = open_store(str(station.folder / "record.sqlite"), must_exist=True)
    try:
        found = {}
        for kept in store.replay():
            body = entries.decode(kept.data).body
            if isinstance(body, Message):
                found[kept.id.hex()] = body.text
        return found
    finally:
        store.close()


def test_a_pair_is_made(tmp_path):
    """What the tests beside this one stand on: two stations find each other, and a message is delivered."""
    pair: Pair = make_pair(tmp_path)
    try:
        pair.start()
        pair.wait_through()
        pair.north.message("first")
        pair.wait_equal()
    finally:
        pair.stop()
