"""Stage 6, verified: each entry is checked against its chain before anything of a bundle is taken in (spec 6)."""

from __future__ import annotations

from openline.station.commands import SendMessage
from openline.wire.bundle import Payload
from tests.simulation.pair import Node, Pair, Parcel


def test_what_holds_is_taken_in_by_its_place(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """South's copy of north's chain grows by that entry, and by nothing else."""
    entry = north.enact(command)
    pair.deliver(pair.flight.pop(0))
    assert south.record.heads()[0] == entry.head


def test_a_forged_signature_is_refused(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """The bytes are north's, the signature is not: refused whole, and told to the technicians."""
    entry = north.enact(command)
    pair.flight.clear()
    forged = entry.data[:-64] + bytes(64)
    before = south.mark()
    pair.deliver(Parcel(south.side, 0, north.running.sealer.seal(Payload(entries=(forged,)))))
    assert south.mark() == before
    assert south.told[-1].what == "strange"


def test_what_comes_too_early_waits(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """The second entry arrives before the first: it is kept, and counts when the first has come."""
    north.enact(command)
    second = north.enact(SendMessage(line=0, text="Do you read?"))
    pair.flight.reverse()
    pair.deliver(pair.flight.pop(0))
    assert not south.holds(second.place, second.id)
    pair.settle()
    assert south.holds(second.place, second.id)


def test_the_same_again_changes_nothing(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """A bundle may come twice, by any way."""
    north.enact(command)
    [parcel] = pair.flight
    pair.settle()
    before = south.mark()
    pair.deliver(parcel)
    assert south.mark() == before
