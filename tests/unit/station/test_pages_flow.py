"""Large documents over paths that are slow, lossy, out of order, cut, one-way, or a relay (spec 5.5)."""

from __future__ import annotations

import hashlib
import random

import pytest

from openline.core import receipts
from openline.core.receipts import Reached
from openline.station.commands import SendDocument, SendMessage
from openline.station.flow import WINDOW_PARTS
from openline.station.gathering import HASHED_PARTS
from openline.station.pages import SEALED_PARTS
from openline.station.parts import part_count
from openline.wire.bundle import PartsWanted, Payload
from openline.wire.entry import Entry
from openline.wire.limits import BLOB_BYTES_MAX, PART_BYTES
from tests.conftest import SOAK
from tests.simulation.wires import COPPER, NORTH, SATELLITE, SOUTH, Wires

LARGE = random.Random(5).randbytes(BLOB_BYTES_MAX if SOAK else BLOB_BYTES_MAX // 8 - 5)
PARTS = part_count(len(LARGE))
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
MBIT_S = 125_000


def greeted(seed: int = 1, up: tuple[int, ...] = (COPPER,)) -> Wires:
    """Two stations that have exchanged a message each: openers are behind them."""
    wires = Wires(seed=seed, up=up)
    for side in (NORTH, SOUTH):
        wires.enact(side, SendMessage(line=0, text="Good morning."))
        wires.run(3_000)
    for way in wires.ways.values():
        way.bundles = way.bytes = 0
    return wires


def send(wires: Wires, pages: bytes = LARGE) -> Entry:
    return wires.enact(NORTH, SendDocument(line=0, pages=pages, title="maps"), pages)


def delivered(wires: Wires, entry: Entry) -> bool:
    """Whether the author holds the receipt."""
    desk = wires.desks[NORTH]
    if desk is None:
        return False
    ledger = desk.ctx.record.ledger
    return receipts.reached(ledger, ledger.items[entry.id]) is Reached.DELIVERED


def held(wires: Wires, side: int, pages: bytes = LARGE) -> bytes:
    store, digest = wires.desk(side).ctx.store, hashlib.sha256(pages).digest()
    return b"".join(store.part(digest, index) or b"" for index in range(part_count(len(pages))))


def sent(wires: Wires, carrier: int = COPPER) -> int:
    """How many parts the author put on the wire."""
    return len(wires.ways[carrier, NORTH].parts)


def test_over_a_good_path_every_part_goes_once():
    """Nothing is sent twice, no turn seals more than its share, and the pages are whole in the time the path takes."""
    wires = greeted()
    wires.sends_at_once = 0
    entry = send(wires)

    took_ms = wires.run(MINUTE_MS, lambda: delivered(wires, entry))

    assert held(wires, SOUTH) == LARGE
    assert sent(wires) == PARTS
    assert took_ms <= PARTS // WINDOW_PARTS * 60 + 1_000
    assert wires.sends_at_once <= SEALED_PARTS + 2


def test_over_a_slow_path_every_part_goes_once_and_messages_are_not_kept_waiting():
    """1 Mbit/s: the rounds of sending again add nothing while words come, and a message takes what one part takes."""
    wires = greeted()
    for side in (NORTH, SOUTH):
        wires.ways[COPPER, side].rate = MBIT_S
    pages = LARGE[: 16 * 1024 * 1024]
    entry = send(wires, pages)
    wires.run(30_000)
    message = wires.enact(NORTH, SendMessage(line=0, text="At once."))
    ledger = wires.desk(SOUTH).ctx.record.ledger

    assert wires.run(MINUTE_MS, lambda: message.id in ledger.items) < 500
    took_ms = wires.run(2 * HOUR_MS, lambda: delivered(wires, entry))

    assert delivered(wires, entry)
    assert sent(wires) <= part_count(len(pages)) + 2
    assert took_ms < 1.1 * len(pages) / MBIT_S * 1000


@pytest.mark.parametrize("seed", [1, 2])
def test_over_a_lossy_path_only_what_was_lost_goes_again(seed):
    """A third lost each way, and the rest out of order: it completes, and costs twice the pages at most."""
    wires = greeted(seed)
    for side in (NORTH, SOUTH):
        wires.ways[COPPER, side].loss = 0.3
        wires.ways[COPPER, side].disorder_ms = 300
    entry = send(wires)

    took_ms = wires.run(HOUR_MS, lambda: delivered(wires, entry))

    assert held(wires, SOUTH) == LARGE
    assert sent(wires) <= 2.2 * PARTS
    assert took_ms <= PARTS * 500 + 60_000


def test_a_path_that_is_cut_and_returns_goes_on_where_it_was():
    """Five cuts in the middle: each costs a small window at most."""
    wires = greeted()
    for side in (NORTH, SOUTH):
        wires.ways[COPPER, side].rate = 8 * MBIT_S
    entry = send(wires)
    for _ in range(5):
        wires.run(1_500)
        wires.set_up()
        wires.run(20_000)
        wires.set_up(COPPER)

    wires.run(HOUR_MS, lambda: delivered(wires, entry))

    assert held(wires, SOUTH) == LARGE
    assert sent(wires) <= PARTS + 5 * WINDOW_PARTS


@pytest.mark.parametrize("side", [NORTH, SOUTH])
def test_either_station_killed_in_the_middle_goes_on_with_what_is_there(side):
    """What came is durable: after a restart of either side only a first window is sent in vain."""
    wires = greeted()
    for each in (NORTH, SOUTH):
        wires.ways[COPPER, each].rate = 8 * MBIT_S
    entry = send(wires)
    for _ in range(3):
        wires.run(1_500)
        wires.kill(side)
        wires.run(7_000)
        wires.start(side)

    wires.run(HOUR_MS, lambda: delivered(wires, entry))

    assert held(wires, SOUTH) == LARGE
    assert sent(wires) <= PARTS + 3 * WINDOW_PARTS


def test_a_path_without_a_way_back_gets_the_pages_across():
    """No word of theirs comes: round after round the next parts go, until all have."""
    wires = greeted()
    pages = LARGE[: 200 * PART_BYTES]
    wires.ways[COPPER, SOUTH].whole = False
    send(wires, pages)

    wires.run(10 * MINUTE_MS, lambda: held(wires, SOUTH, pages) == pages)

    assert held(wires, SOUTH, pages) == pages


def test_where_nothing_gets_through_a_round_is_one_window():
    """A dead path that looks alive: an hour of rounds is a window each, no storm."""
    wires = greeted()
    for side in (NORTH, SOUTH):
        wires.ways[COPPER, side].whole = False
    send(wires)

    wires.run(HOUR_MS)

    assert sent(wires) <= 66 * WINDOW_PARTS


def test_a_relay_keeps_all_parts_once_for_a_side_that_is_away():
    """A window at a time, the next when the relay has confirmed it; whoever attaches finds them all there."""
    wires = greeted(up=(SATELLITE,))
    wires.kill(SOUTH)
    entry = send(wires)
    wires.run(HOUR_MS)
    assert sent(wires, SATELLITE) == PARTS
    wires.kill(NORTH)
    wires.start(SOUTH)
    wires.run(MINUTE_MS)
    assert held(wires, SOUTH) == LARGE

    wires.start(NORTH)
    wires.run(MINUTE_MS, lambda: delivered(wires, entry))

    assert delivered(wires, entry)


def test_a_relay_that_confirms_nothing_is_given_a_window_each_round():
    """A relay may confirm; one that does not gets all parts once all the same."""
    wires = greeted(up=(SATELLITE,))
    pages = LARGE[: 200 * PART_BYTES]
    wires.kill(SOUTH)
    wires.attached = set()  # it hears us, and we do not hear what it confirms
    send(wires, pages)
    wires.run(HOUR_MS)

    assert sorted(index for _, index in wires.ways[SATELLITE, NORTH].parts) == list(range(200))


def test_several_documents_share_a_path_and_all_are_delivered():
    """Ten at once, over a lossy path: one window for all of them."""
    wires = greeted()
    wires.ways[COPPER, NORTH].loss = 0.1
    entries = [send(wires, bytes([n]) * (40 * PART_BYTES)) for n in range(10)]

    wires.run(HOUR_MS, lambda: all(delivered(wires, entry) for entry in entries))

    assert all(delivered(wires, entry) for entry in entries)
    assert sent(wires) <= 2 * 400


def test_no_turn_works_long_on_a_large_document(monkeypatch):
    """What a turn seals is bounded, however large the document: sixteen parts, some 20 ms."""
    wires = greeted()
    entry = send(wires)
    sealed: list[int] = []
    for side in (NORTH, SOUTH):
        desk = wires.desk(side)

        def counted(take=desk.take):
            effects = take()
            sealed.append(sum(each.bulk for each in effects.sends))
            return effects

        monkeypatch.setattr(desk, "take", counted)

    wires.run(MINUTE_MS, lambda: delivered(wires, entry))

    assert delivered(wires, entry)
    assert 0 < max(sealed) <= SEALED_PARTS


def test_pages_that_lie_in_the_store_are_hashed_over_several_turns():
    """All parts but the first are there when a station starts; when it comes, a turn hashes its share and no more, and
    in the end the pages are right."""
    wires = greeted()
    digest = hashlib.sha256(LARGE).digest()
    south = wires.desk(SOUTH)
    wires.turn(SOUTH, lambda: south.pages.keep_some(digest, LARGE, range(1, PARTS)))
    wires.kill(SOUTH)
    wires.start(SOUTH)
    entry = send(wires)
    turns = wires.turns[SOUTH]

    wires.run(MINUTE_MS, lambda: delivered(wires, entry))

    assert held(wires, SOUTH) == LARGE
    assert delivered(wires, entry)
    assert sent(wires) <= WINDOW_PARTS
    assert wires.turns[SOUTH] - turns >= PARTS // HASHED_PARTS


def test_an_old_word_brought_again_is_not_answered_again():
    """Whoever repeats a sealed word of what lacks does not have a window sent for each copy."""
    wires = greeted()
    wires.ways[COPPER, NORTH].loss = 1.0
    send(wires)
    digest = hashlib.sha256(LARGE).digest()
    word = wires.desk(SOUTH).sealer.seal(Payload(parts_wanted=(PartsWanted(digest, 0, PARTS - 1),)))
    north = wires.desk(NORTH)
    for _ in range(100):
        wires.turn(NORTH, lambda: north.arrive(COPPER, word, wires.now))

    assert sent(wires) <= WINDOW_PARTS


def test_whoever_asks_again_and_again_gets_a_window_until_something_came():
    """A peer that lists everything in every word is sent no more than is on its way already."""
    wires = greeted()
    wires.ways[COPPER, NORTH].loss = 1.0
    send(wires)
    digest = hashlib.sha256(LARGE).digest()
    north, sealer = wires.desk(NORTH), wires.desk(SOUTH).sealer
    for _ in range(100):
        word = sealer.seal(Payload(parts_wanted=(PartsWanted(digest, 0, PARTS - 1),)))
        wires.turn(NORTH, lambda word=word: north.arrive(COPPER, word, wires.now))

    assert sent(wires) <= WINDOW_PARTS
