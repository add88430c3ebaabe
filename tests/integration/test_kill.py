"""SIGKILL at random moments under load: nothing that was acknowledged is lost, and no chain of one's own forks."""

from __future__ import annotations

import os
import random
import threading

import pytest

from openline.audit.compare import compare
from openline.audit.verdict import Kind
from tests.integration.pairs import Pair, make_pair
from tests.integration.records import Writer, audited, export, texts

KILLS = 200 if os.environ.get("OPENLINE_SOAK") else 20
WRITERS = 2
SEED = int.from_bytes(os.urandom(4), "big")

pytestmark = pytest.mark.slow


def test_killed_again_and_again_nothing_acknowledged_is_lost(tmp_path, counted):
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
    counted(KILLS, "kills")
    counted(sum(len(writer.recorded) for writer in writers), "messages acknowledged, none lost")


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
