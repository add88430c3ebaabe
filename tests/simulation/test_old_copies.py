"""Coming back from an old copy, or from nothing but the root: no station signs a place twice (spec 5.8)."""

from __future__ import annotations

import pytest

from openline.core.state import Standing, disputes, standing
from openline.keys.secret import SigningKey, StationKeys
from openline.station.commands import CutLines, ProposeRestoration, SendMessage
from openline.wire.errors import Refused
from tests.simulation.media import Memory
from tests.simulation.pair import Crash, Pair, Parcel, digest

HELLO = SendMessage(line=0, text="Good morning.")


@pytest.fixture
def pair() -> Pair:
    """Two stations that have spoken."""
    pair = Pair()
    pair.settle()
    for node in pair.nodes:
        node.enact(HELLO)
        pair.settle()
    return pair


def test_an_old_copy_appends_nothing_before_it_was_shown_its_tail(pair: Pair) -> None:
    """A restored station refuses its officers until the other side's word shows that nothing of its own is missing."""
    north = pair.nodes[0]
    copy = north.medium.copy()
    last = north.enact(HELLO)
    pair.settle()
    north.restore(copy)
    assert not north.holds(last.place, last.id)
    with pytest.raises(Refused, match="restoring"):
        north.enact(HELLO)
    pair.settle()
    assert north.holds(last.place, last.id)
    assert north.enact(HELLO).seq > last.seq
    pair.settle()
    assert pair.whole()


@pytest.mark.parametrize("what", ["an entry", "a hint"])
def test_a_copy_put_back_in_silence_stops_at_the_first_word_about_its_tail(pair: Pair, what: str) -> None:
    """Nobody said that the disk is an old one: an entry of theirs that acknowledges more of ours than we hold does, be
    it beyond a gap, and so does a mere hint, however old."""
    north, south = pair.nodes
    copy = north.medium.copy()
    cut = north.enact(CutLines(lines=None))
    if what == "an entry":
        pair.deliver(pair.flight.pop(0))
    else:
        pair.settle()
    pair.flight.clear()
    reply = south.enact(ProposeRestoration(lines=None, effective_s=south.now.clock_s + 3600))
    north.kill()
    north.medium = copy.copy()
    north.start()
    assert not north.restoring()
    packed: list[bytes] = []
    south.turn(lambda: packed.extend(south.running.pack(south.now)))
    pair.flight.clear()
    pair.deliver(Parcel(0, pair.courier, packed[0] if what == "an entry" else packed[-1]))
    assert north.restoring()
    pair.heal()
    assert pair.whole()
    assert north.holds(cut.place, cut.id)
    assert north.holds(reply.place, reply.id)


def test_a_station_that_dies_while_fetching_goes_on_fetching(pair: Pair) -> None:
    """That the tail may be missing is durable: a crash does not make a station forget that it must not append."""
    north = pair.nodes[0]
    copy = north.medium.copy()
    north.enact(HELLO)
    pair.settle()
    north.restore(copy, Crash.BEFORE_SENDS)
    north.start()
    assert north.restoring()
    pair.heal()
    assert pair.whole()


def test_a_destroyed_site_comes_back_in_a_new_generation(pair: Pair) -> None:
    """Store and station keys are gone; with the root and what the other side holds, nothing is lost, and it is no
    fault of anyone."""
    north, south = pair.nodes
    offer = north.enact(CutLines(lines=None)), north.enact(ProposeRestoration(lines=None, effective_s=2_000_000_000))
    pair.settle()
    before = digest(south.ledger)
    north.kill()
    north.keys = StationKeys.generate(north.entropy)
    north.ring = [north.keys.station]
    north.restore(Memory())
    pair.heal()
    assert pair.whole()
    head = north.record.heads()[0]
    assert head is not None
    assert head.gen == 1
    assert not disputes(south.ledger)
    assert standing(north.ledger, north.ledger.offers[offer[1].id]) is Standing.WAITING
    assert {key: digest(north.ledger)[key] for key in ("suspensions", "items")} == {
        key: before[key] for key in ("suspensions", "items")
    }
    north.enact(CutLines(lines=None))
    pair.settle()
    assert pair.equal()


def test_without_its_key_or_its_root_a_station_never_appends(pair: Pair) -> None:
    """A record that came back under a key that is lost is read, and waits for the root, restarts included."""
    north = pair.nodes[0]
    north.kill()
    lost = SigningKey.generate(north.entropy)
    north.ring, north.root = [lost], None
    north.restore(north.medium.copy())
    pair.heal()
    assert pair.equal()
    assert north.restoring()
    north.kill()
    north.start()
    assert north.restoring()
    with pytest.raises(Refused, match="restoring"):
        north.enact(HELLO)


def test_both_sides_may_come_back_at_once(pair: Pair) -> None:
    """Two stations that each fetch their tail from the other tell each other what they hold, and go on."""
    copies = [node.medium.copy() for node in pair.nodes]
    for node, copy in zip(pair.nodes, copies, strict=True):
        node.restore(copy)
    pair.heal()
    assert pair.whole()
