"""Stage 3, recorded: signed into our own chain, and durable before anything leaves (spec 3)."""

from __future__ import annotations

from openline.keys import public
from openline.station.commands import SendMessage
from openline.wire.entry import signed_bytes
from tests.simulation.pair import Crash, Node, Pair


def test_an_entry_names_the_one_before_it_and_what_we_hold_of_theirs(
    pair: Pair, north: Node, south: Node, command: SendMessage
) -> None:
    """The two links that make one record of two chains; and the station's signature over all of it."""
    first = north.enact(command)
    pair.settle()
    theirs = south.enact(SendMessage(line=0, text="Understood."))
    pair.settle()
    second = north.enact(SendMessage(line=0, text="Thank you."))
    before = north.record.id_at(0, 0, second.seq - 1)
    assert first.prev == pair.made.id  # the first entry of a chain names the accord
    assert second.prev == before
    assert north.ledger.acks[0].to[-1] == (theirs.gen, theirs.seq)
    public.verify(pair.accord.sides[0].station, signed_bytes(pair.made.id, second.core), second.signature)


def test_nothing_leaves_before_it_is_durable(pair: Pair, north: Node, command: SendMessage) -> None:
    """The process dies before the commit: the entry never was, and nobody was told of it."""
    north.enact(command, Crash.BEFORE_COMMIT)
    assert pair.flight == []
    north.start()
    assert north.record.count == 0


def test_what_is_durable_is_sent_after_all(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """The process dies after the commit and before the sending: the next start sends it."""
    entry = north.enact(command, Crash.BEFORE_SENDS)
    assert pair.flight == []
    north.start()
    pair.settle()
    assert south.holds(entry.place, entry.id)
