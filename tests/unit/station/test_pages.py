"""Documents' pages: in parts, asked for again, verified, and back after a loss (spec 5.5)."""

from __future__ import annotations

import hashlib

import pytest

from openline.core import receipts
from openline.core.receipts import Reached
from openline.keys.secret import StationKeys
from openline.station.commands import SendDocument, SendMessage
from openline.station.pages import EARLY_MAX
from openline.station.parts import part_count, runs, set_of
from openline.wire.bundle import Part, PartsWanted, Payload
from openline.wire.entry import Entry
from openline.wire.limits import PART_BYTES
from tests.simulation.media import Memory
from tests.simulation.pair import Node, Pair, Parcel

NORTH, SOUTH = 0, 1
PAGES = bytes(range(256)) * 300  # 76,800 bytes: three parts


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    pair.settle()
    for node in pair.nodes:
        node.enact(SendMessage(line=0, text="Good morning."))
        pair.settle()
    return pair


def send(node: Node, pages: bytes = PAGES, line: int = 0) -> Entry:
    return node.enact(SendDocument(line=line, pages=pages, title="map"), pages=pages)


def reached(node: Node, entry: Entry) -> Reached:
    return receipts.reached(node.ledger, node.ledger.items[entry.id])


def content(pair: Pair, parcel: Parcel) -> Payload:
    """What a bundle on its way holds."""
    sealer = pair.nodes[parcel.to].running.sealer
    return sealer.open(parcel.data)


def held(node: Node, pages: bytes) -> bytes:
    assert node.store is not None
    digest = hashlib.sha256(pages).digest()
    return b"".join(node.store.part(digest, index) or b"" for index in range(part_count(len(pages))))


def test_pages_travel_in_parts_behind_the_entry_and_count_once_they_are_whole(pair: Pair) -> None:
    """The entry alone delivers nothing; all parts, verified, do."""
    entry = send(pair.nodes[NORTH])
    kinds = [len(content(pair, parcel).parts) for parcel in pair.flight]
    assert kinds == [0, 1, 1, 1]
    first, *parts = pair.flight
    pair.flight.clear()
    pair.deliver(first)
    pair.settle()
    assert reached(pair.nodes[NORTH], entry) is Reached.RECORDED
    for parcel in reversed(parts):
        pair.deliver(parcel)
    pair.settle()
    assert held(pair.nodes[SOUTH], PAGES) == PAGES
    assert {reached(node, entry) for node in pair.nodes} == {Reached.DELIVERED}


def test_parts_that_come_before_their_entry_are_kept(pair: Pair) -> None:
    """Whatever the order, nothing is asked for again."""
    entry = send(pair.nodes[NORTH])
    first, *parts = pair.flight
    pair.flight.clear()
    for parcel in parts:
        pair.deliver(parcel)
    pair.deliver(first)
    pair.settle()
    assert reached(pair.nodes[NORTH], entry) is Reached.DELIVERED


def test_lacking_parts_are_asked_for(pair: Pair) -> None:
    """The last part came and the second did not: it is asked for at once, by the way the last one came."""
    entry = send(pair.nodes[NORTH])
    del pair.flight[2]
    pair.settle()
    assert reached(pair.nodes[NORTH], entry) is Reached.DELIVERED


def test_pages_are_sent_again_until_the_receipt_comes(pair: Pair) -> None:
    """All parts were lost on the way: within five seconds they go again."""
    entry = send(pair.nodes[NORTH])
    del pair.flight[1:]
    pair.settle()
    assert reached(pair.nodes[NORTH], entry) is Reached.RECORDED
    pair.advance(5_000, settling=True)
    assert reached(pair.nodes[NORTH], entry) is Reached.DELIVERED


def test_pages_that_are_not_the_ones_named_are_never_delivered(pair: Pair) -> None:
    """A part with other content completes nothing: its hash is not the entry's, and all is asked again."""
    entry = send(pair.nodes[NORTH])
    sealer = pair.nodes[NORTH].running.sealer
    honest = content(pair, pair.flight[1]).parts[0]
    false = honest._replace(data=bytes(PART_BYTES))
    pair.flight[1] = Parcel(SOUTH, 0, sealer.seal(Payload(parts=(false,))))
    for parcel in pair.flight[:4]:
        pair.deliver(parcel)
    assert reached(pair.nodes[SOUTH], entry) is Reached.RECORDED
    pair.flight.clear()
    pair.advance(5_000, settling=True)
    assert reached(pair.nodes[SOUTH], entry) is Reached.DELIVERED
    assert held(pair.nodes[SOUTH], PAGES) == PAGES


def test_the_same_pages_twice_are_two_documents(pair: Pair) -> None:
    """Sent to both lines at once, each is delivered; the pages are kept once."""
    both = [send(pair.nodes[NORTH], line=line) for line in (0, 1)]
    pair.settle()
    assert [reached(pair.nodes[NORTH], entry) for entry in both] == [Reached.DELIVERED] * 2


def test_a_document_of_no_bytes_is_whole_at_once(pair: Pair) -> None:
    """It has no parts to wait for."""
    entry = send(pair.nodes[NORTH], b"")
    pair.settle()
    assert reached(pair.nodes[NORTH], entry) is Reached.DELIVERED


def test_pages_wait_out_a_crash(pair: Pair) -> None:
    """Some parts are in the store when the receiver dies: only the others are needed after it."""
    entry = send(pair.nodes[NORTH])
    for parcel in pair.flight[:3]:
        pair.deliver(parcel)
    pair.flight.clear()
    south = pair.nodes[SOUTH]
    south.kill()
    south.start()
    assert [came.lacking for came in south.running.pages.incoming.values()] == [1 << 2]
    pair.settle()
    pair.advance(60_000, settling=True)
    assert reached(pair.nodes[NORTH], entry) is Reached.DELIVERED


@pytest.mark.parametrize("side", [NORTH, SOUTH])
def test_a_destroyed_site_gets_its_pages_back(pair: Pair, side: int) -> None:
    """Author or receiver: what was delivered once comes back with the record, and costs no second receipt."""
    send(pair.nodes[NORTH])
    pair.settle()
    node = pair.nodes[side]
    node.kill()
    node.keys = StationKeys.generate(node.entropy)
    node.ring = [node.keys.station]
    node.restore(Memory())
    pair.heal()
    pair.advance(5_000, settling=True)
    assert held(node, PAGES) == PAGES
    assert not any(came.lost for came in node.running.pages.incoming.values())
    assert pair.equal()


def test_what_both_lost_is_not_asked_for_for_ever(pair: Pair) -> None:
    """The pages are nowhere: after some rounds the asking rests until a path returns."""
    copies = [node.medium.copy() for node in pair.nodes]
    send(pair.nodes[NORTH])
    entry_only = pair.flight[0]
    pair.flight.clear()
    pair.deliver(entry_only)
    pair.flight.clear()
    pair.nodes[NORTH].restore(copies[NORTH])
    pair.heal()
    pair.advance(900_000, settling=True)
    asked = []
    for _ in range(60):
        pair.advance(10_000)
        asked += [x for x in pair.flight if x.to == SOUTH and content(pair, x).parts_wanted]
        pair.settle()
    assert asked == []
    pair.set_up(0, True)
    assert any(content(pair, x).parts_wanted for x in pair.flight if x.to == SOUTH)


def test_a_strangers_parts_fill_no_memory(pair: Pair) -> None:
    """Parts of pages that no entry names are kept in a small number, the newest."""
    pages = pair.nodes[SOUTH].running.pages
    for number in range(EARLY_MAX * 3):
        pages.arrived((Part(number.to_bytes(32, "big"), 0, 1, b"x"),), 0)
    assert len(pages.early) == EARLY_MAX


def test_a_part_asked_for_many_times_in_one_bundle_is_sent_once(pair: Pair) -> None:
    """Asking is cheap for a peer; answering is not multiplied by it."""
    send(pair.nodes[NORTH])
    pair.settle()
    desk = pair.nodes[NORTH].running
    digest = next(iter(desk.pages.totals))
    desk.pages.asked((PartsWanted(digest, 0, 2000),) * 64, 0)
    assert len(desk.take().sends) == 3


def test_ranges() -> None:
    """Numbers in a row are one range."""
    assert list(runs(0)) == []
    assert list(runs(set_of([0, 1, 2, 5, 7, 8]))) == [(0, 2), (5, 5), (7, 8)]
