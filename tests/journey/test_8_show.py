"""Stage 8, shown and answered: an officer on watch opens it, and the journey goes back (spec 8)."""

from __future__ import annotations

from openline.core import receipts
from openline.core.receipts import Reached
from openline.station.commands import SendAnswer, SendMessage
from openline.wire.entry import Entry
from tests.simulation.pair import Node, Pair


def reached(node: Node, entry: Entry) -> Reached:
    return receipts.reached(node.ledger, node.ledger.items[entry.id])


def test_what_arrives_waits_until_somebody_opens_it(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """It is among the unopened; nothing says that it was seen."""
    entry = north.enact(command)
    pair.settle()
    assert [item.id for item in south.running.unopened()] == [entry.id]
    assert reached(north, entry) is Reached.DELIVERED


def test_shown_is_said_once(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """The station attests that an officer opened it; opening it again says nothing new."""
    entry = north.enact(command)
    pair.settle()
    for _ in range(2):
        south.turn(lambda: south.running.show(entry.id, south.now))
        pair.settle()
    assert {reached(node, entry) for node in pair.nodes} == {Reached.SHOWN}
    assert south.running.unopened() == []
    assert south.record.cursors[south.side].next_place == (0, 2)  # one acknowledgement, one receipt


def test_an_answer_names_what_it_answers(pair: Pair, north: Node, south: Node, command: SendMessage) -> None:
    """A message of theirs on the same lane: the highest that a message can reach."""
    entry = north.enact(command)
    pair.settle()
    answer = south.enact(SendAnswer(to=entry.id, text="Holding fire."))
    pair.settle()
    assert north.holds(answer.place, answer.id)
    assert {reached(node, entry) for node in pair.nodes} == {Reached.ANSWERED}
