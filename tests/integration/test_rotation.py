"""Changing a real station's keys, and killing it while it does so (spec 3.7, 4.2)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from openline.keys.secret import StationKeys
from openline.station.api import types as t
from openline.station.keeping import KeyFile
from openline.wire.errors import OpenlineError
from tests.integration.keeping import run
from tests.integration.pairs import Pair, Station, make_pair

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations on a live line."""
    made = make_pair(tmp_path)
    made.start()
    made.wait_through()
    yield made
    made.stop()


def keys_of(station: Station) -> StationKeys:
    return KeyFile.open(station.folder / "station.keys", lambda whose: "").keys


def test_keys_are_changed_while_the_line_goes_on(pair):
    """Afterwards the file holds the new keys and no others, both sides go on, and an export is signed by them."""
    north = pair.north
    before = keys_of(north)
    run("key", "rotate", "--station", north.config)
    north.message("under the new key")
    pair.wait_equal()
    after = keys_of(north)
    assert after.station.public != before.station.public
    assert after.next_station is None
    assert after.xwing.public != before.xwing.public
    # their next opener is to the new prekey: then the old one is of no more use, and destroyed
    north.wait_until(lambda: len(keys_of(north).prekeys) == 1)
    out = north.folder / "export"
    assert "VERIFIES" in run("record", "export", "--station", north.config, "--out", out).output
    north.kill()
    north.start()
    north.message("after a start")
    pair.wait_equal()


def test_a_kill_while_keys_change_leaves_a_station_that_starts(pair, soak):
    """Killed at random moments of a rotation: each time it starts again, its key is the one in force, and nothing that
    it said is lost."""
    north, chance = pair.north, random.Random(7)
    for _ in range(100 if soak else 8):
        asking = Thread(target=rotate, args=(north,))
        asking.start()
        asking.join(chance.random() * 0.12)
        north.kill()
        asking.join()
        north.start()
        north.message("still here")
    pair.wait_equal()
    keys = keys_of(north)
    assert keys.next_station is None or keys.next_station.public != keys.station.public
    run("key", "rotate", "--station", north.config)
    north.message("and at the end")
    pair.wait_equal()
    assert keys_of(north).next_station is None


def rotate(station: Station) -> None:
    try:
        station.asking.post("/v1/keys", None, t.Done)
    except OpenlineError:
        return  # it was killed meanwhile
