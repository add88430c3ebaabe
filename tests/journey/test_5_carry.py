"""Stage 5, carried: by the best way there is, again until it is acknowledged, or in somebody's pocket (spec 5)."""

from __future__ import annotations

from openline.station.commands import SendMessage
from openline.wire.terms import Precedence
from tests.simulation.pair import Node, Pair

COPPER, SATELLITE = 0, 1


def test_a_message_takes_the_fastest_live_way_and_a_flash_takes_all(pair: Pair, north: Node) -> None:
    """Ordinary traffic by one carrier; distress by every one that is up, at once."""
    north.enact(SendMessage(line=0, text="Good morning."))
    assert [parcel.carrier for parcel in pair.flight] == [COPPER]
    pair.settle()
    north.enact(SendMessage(line=0, text="Shots fired.", precedence=Precedence.FLASH))
    assert sorted(parcel.carrier for parcel in pair.flight) == [COPPER, SATELLITE]


def test_what_is_lost_goes_again_by_every_way(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """Nothing was acknowledged for five seconds: the same entry goes by copper and by satellite."""
    entry = north.enact(command)
    pair.flight.clear()
    pair.advance(5_000)
    assert sorted(parcel.carrier for parcel in pair.flight if parcel.to == south.side) == [COPPER, SATELLITE]
    pair.settle()
    assert south.holds(entry.place, entry.id)


def test_with_every_line_down_a_courier_carries_it(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """Packed on one side, read on the other; what comes back with the courier is the acknowledgement."""
    for carrier in (COPPER, SATELLITE):
        pair.set_up(carrier, False)
    entry = north.enact(command)
    assert pair.flight == []
    pair.carry(north.side)
    assert south.holds(entry.place, entry.id)
    pair.carry(south.side)
    assert not north.running.outbox.waiting()
