"""Stage 4, sealed: entries go into a bundle that only the other station opens (spec 4)."""

from __future__ import annotations

import pytest

from openline.station.commands import SendMessage
from openline.wire.bundle import Payload
from openline.wire.errors import CarrierFault
from tests.simulation.pair import Node, Pair


def test_a_carrier_sees_nothing_of_what_it_carries(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """Neither text nor who wrote it is in the bundle; opened by south, it is north's entry, byte for byte."""
    entry = north.enact(command)
    [parcel] = pair.flight
    assert command.text.encode() not in parcel.data
    assert entry.data not in parcel.data
    assert south.running.sealer.open(parcel.data).entries == (entry.data,)


def test_sizes_tell_a_class_and_no_more(north: Node) -> None:
    """What is sealed is padded: a yes and a no, or a line more or less, look alike."""
    seal = north.running.sealer.seal
    assert len({len(seal(Payload(entries=(bytes(range(size)),)))) for size in range(185, 200)}) == 1


def test_any_change_on_the_way_shows(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """One bit, and it does not open: the carrier's fault, and no evidence against north."""
    north.enact(command)
    damaged = bytearray(pair.flight[0].data)
    damaged[-1] ^= 1
    with pytest.raises(CarrierFault):
        south.running.sealer.open(bytes(damaged))
