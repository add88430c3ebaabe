"""Stage 7, acknowledged: their station signs that it holds our entry, in their own chain (spec 7)."""

from __future__ import annotations

from openline.core import receipts
from openline.core.receipts import Reached
from openline.station.commands import Acknowledge, SendMessage
from openline.wire.entry import Entry
from tests.simulation.pair import Node, Pair


def reached(node: Node, entry: Entry) -> Reached:
    return receipts.reached(node.ledger, node.ledger.items[entry.id])


def test_delivered_is_the_other_stations_signature(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """Recorded is our own word; delivered is theirs, and neither can take it back."""
    entry = north.enact(command)
    assert reached(north, entry) is Reached.RECORDED
    pair.settle()
    assert reached(north, entry) is Reached.DELIVERED
    acknowledgement = north.record.cursors[south.side].ack
    assert acknowledgement is not None
    assert acknowledgement == entry.head


def test_the_acknowledgement_is_durable_with_what_it_acknowledges(
    pair: Pair, north: Node, south: Node, command: SendMessage
) -> None:
    """One commit holds both: a station never says that it holds what a crash could take from it."""
    entry = north.enact(command)
    pair.deliver(pair.flight.pop(0))
    south.kill()
    south.start()
    assert south.holds(entry.place, entry.id)
    assert south.record.cursors[south.side].ack == entry.head


def test_an_acknowledgement_alone_is_not_acknowledged(pair: Pair, north: Node, command: SendMessage) -> None:
    """Or two stations would never stop."""
    north.enact(command)
    pair.settle()
    assert north.record.count == 2


def test_an_officer_acknowledges_with_a_signature(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """A station's word is that it holds; an officer's, that a person took note."""
    entry = north.enact(command)
    pair.settle()
    south.enact(Acknowledge(target=entry.id))
    pair.settle()
    assert {reached(node, entry) for node in pair.nodes} == {Reached.ACKNOWLEDGED}
