"""Two stations on two hosts, cables pulled and plugged in: nothing lost, nothing twice, order kept, and `why` right at
each step (spec 5.2, 11)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.station.api import types as t
from openline.store import open_store
from openline.wire import entry as entries
from openline.wire.accord import Carrier, Line
from openline.wire.bodies import Message
from tests.integration.cabled import NORTH, SOUTH, Hosts, can_make_hosts, hosts
from tests.integration.pairs import Pair, Station, make_pair

FIBRE, COPPER, OUTSIDE = 0, 1, 2
PORT = 7443

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_make_hosts(), reason="this system lets nobody make network namespaces (ip netns add)"),
]


class Cabled(Pair):
    """A pair on two hosts; `west` uses the fibre, `east` the copper, and entries whichever there is."""

    hosts: Hosts


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Cabled]:
    with hosts(3) as there:

        def ends(cable: int) -> tuple[str, str]:
            where = f"{there.address(SOUTH, cable)}:{PORT + cable}"
            return f'connect = ["{where}"]', f'listen = "{where}"'

        carriers = (
            (Carrier(id="fibre", latency_ms=1), *ends(FIBRE)),
            (Carrier(id="copper", latency_ms=5), *ends(COPPER)),
        )
        lines = (Line(id="west", carriers=(FIBRE,), pulse_s=1), Line(id="east", carriers=(COPPER,), pulse_s=1))
        made = make_pair(tmp_path, carriers=carriers, lines=lines)
        cabled = Cabled(made.north, made.south)
        cabled.hosts = there
        for station in cabled.both:
            station.prefix = there.command(station.side)
        try:
            cabled.start()
            for station in cabled.both:
                for line in ("west", "east"):
                    station.wait_observed("through", line)
            yield cabled
        finally:
            cabled.stop()


def send(station: Station, first: int, count: int) -> None:
    for number in range(first, first + count):
        station.draft(t.Message(line="west", text=f"{station.name} {number}"))


def heard(station: Station, author: int) -> list[str]:
    """The messages of a side that a stopped station holds, in order."""
    store = open_store(str(station.folder / "record.sqlite"), must_exist=True)
    try:
        found = (entries.decode(kept.data) for kept in store.replay() if kept.place.side == author)
        return [entry.body.text for entry in found if isinstance(entry.body, Message)]
    finally:
        store.close()


def assert_all_there(pair: Pair, count: int) -> None:
    """Both hold every message of both, once and in order."""
    pair.wait_equal()
    for station in pair.both:
        station.stop()
    for station in pair.both:
        for author in pair.both:
            assert heard(station, author.side) == [f"{author.name} {n}" for n in range(count)]


def test_cables_pulled_one_by_one_and_plugged_in_again(pair):
    """The line whose cable is gone is `path_down` and the other goes on; with none left nobody can tell; each comes
    back by itself when its cable does. What was sent meanwhile is all there, once and in order."""
    for station in pair.both:
        send(station, 0, 20)
    pair.hosts.pull(FIBRE)
    for station in pair.both:
        send(station, 20, 20)
        station.wait_observed("path_down", "west")
        station.wait_observed("through", "east")
    pair.wait_equal()
    pair.hosts.pull(COPPER)
    for station in pair.both:
        send(station, 40, 20)
        for line in ("west", "east"):
            station.wait_observed("cannot_tell", line)
    pair.hosts.plug(COPPER)
    for station in pair.both:
        station.wait_observed("through", "east")
        station.wait_observed("path_down", "west")
    pair.hosts.plug(FIBRE)
    for station in pair.both:
        station.wait_observed("through", "west")
        send(station, 60, 20)
    assert_all_there(pair, 80)


def test_a_cut_path_is_given_up_within_three_seconds(pair):
    """A message sent the moment the best path dies, without a word of it, is there by the next one in time."""
    pair.hosts.deafen(NORTH, FIBRE)
    pair.hosts.deafen(SOUTH, FIBRE)
    began = time.monotonic()
    send(pair.north, 0, 1)
    send(pair.south, 0, 1)
    pair.wait_equal()
    assert time.monotonic() - began < 30  # 3 s until the path is given up; the rest is this machine's
    assert_all_there(pair, 1)


@pytest.mark.parametrize("deaf", [NORTH, SOUTH])
def test_a_carrier_that_works_one_way_only_is_found(pair, deaf):
    """What one side sends by the fibre is lost: both say that its line is not through, entries go round by the
    copper, and the line comes back when both ways do."""
    pair.hosts.deafen(deaf, FIBRE)
    for station in pair.both:
        station.wait_observed("path_down", "west")
        send(station, 0, 10)
    pair.wait_equal()
    pair.hosts.undeafen(deaf, FIBRE)
    for station in pair.both:
        station.wait_observed("through", "west")
    assert_all_there(pair, 10)


def test_our_own_side_cut_is_told_from_a_silence_of_theirs(tmp_path):
    """With both cables gone, the side whose own reference point does not answer either says that the fault is ours."""
    with hosts(2) as there:
        where = f"{there.address(SOUTH, FIBRE)}:{PORT}"
        carriers = ((Carrier(id="fibre", latency_ms=1), f'connect = ["{where}"]', f'listen = "{where}"'),)
        lines = (Line(id="liaison", carriers=(FIBRE,), pulse_s=1),)
        # North's reference point is south's address on the second cable; south's own is on its own host.
        probes = f'[probes]\ntargets = ["{there.address(SOUTH, COPPER)}:{PORT + 9}"]\n'
        metrics = f'[metrics]\nlisten = "{there.address(SOUTH, COPPER)}:{PORT + 9}"\n'
        pair = make_pair(tmp_path, carriers=carriers, lines=lines, extra=probes)
        pair.south.config.write_text(pair.south.config.read_text() + metrics)
        for station in pair.both:
            station.prefix = there.command(station.side)
        try:
            pair.start()
            pair.wait_through()
            there.pull(FIBRE)
            for station in pair.both:
                station.wait_observed("cannot_tell")
            there.pull(COPPER)
            pair.north.wait_observed("our_side_cut")
            pair.south.wait_observed("cannot_tell")
            there.plug(COPPER)
            there.plug(FIBRE)
            pair.wait_through()
        finally:
            pair.stop()
