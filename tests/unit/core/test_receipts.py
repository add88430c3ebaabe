"""Stages seven to nine: how far a message got, as both records prove it alike (spec 7)."""

from __future__ import annotations

from openline.core import receipts
from openline.core.receipts import Reached
from openline.keys.entropy import SeededEntropy
from openline.station import commands as c
from openline.wire import bodies
from tests.unit.core.folding import Story
from tests.unit.station.desks import COPPER, Pair

NORTH, SOUTH = 0, 1


def seen_by_both(pair: Pair, identity: bytes) -> set[Reached]:
    ledgers = [desk.ctx.record.ledger for desk in pair.desks]
    return {receipts.reached(ledger, ledger.items[identity]) for ledger in ledgers}


def test_each_level_is_told_by_whom_it_names_and_both_sides_tell_the_same():
    """Recorded, delivered, shown, acknowledged, answered: each by its own word, alike in both records."""
    pair = Pair()
    sent = pair.act(SOUTH, c.SendMessage(line=0, text="all quiet"))
    ledger = pair.desks[SOUTH].ctx.record.ledger
    assert receipts.reached(ledger, ledger.items[sent.id]) is Reached.RECORDED

    pair.deliver()
    assert seen_by_both(pair, sent.id) == {Reached.DELIVERED}

    pair.desks[NORTH].show(sent.id, pair.now)
    pair.take(NORTH)
    pair.deliver()
    assert seen_by_both(pair, sent.id) == {Reached.SHOWN}

    pair.act(NORTH, c.Acknowledge(target=sent.id))
    pair.deliver()
    assert seen_by_both(pair, sent.id) == {Reached.ACKNOWLEDGED}

    pair.act(NORTH, c.SendAnswer(to=sent.id, text="here too"))
    pair.deliver()
    assert seen_by_both(pair, sent.id) == {Reached.ANSWERED}


def test_opening_a_message_twice_makes_one_receipt():
    """A receipt says that it was opened, not how often."""
    pair = Pair()
    sent = pair.act(SOUTH, c.SendMessage(line=0, text="all quiet"))
    pair.deliver()
    for _ in range(2):
        pair.desks[NORTH].show(sent.id, pair.now)
    pair.take(NORTH)

    assert pair.desks[NORTH].ctx.record.count == 3  # the message, its acknowledgement, one receipt


def test_a_document_is_delivered_when_its_pages_are_verified_too():
    """The entry alone is not the document: with its pages lost on the way it stays recorded."""
    pair, pages = Pair(), SeededEntropy(b"pages").bytes(100_000)
    sent = pair.act(SOUTH, c.SendDocument(line=0, pages=pages), pages=pages)
    pair.sent = [(side, send) for side, send in pair.sent if len(send.data) < 1_024]
    pair.deliver()
    assert seen_by_both(pair, sent.id) == {Reached.RECORDED}

    pair.wait(5_000)
    pair.deliver(carriers=(COPPER,))

    assert seen_by_both(pair, sent.id) == {Reached.DELIVERED}


def test_a_letter_is_delivered_and_no_more():
    """No station can open it: a receipt or an answer that names it, whoever wrote them, says nothing of it."""
    story = Story()
    letter = story.add(SOUTH, bodies.Letter(age=b"sealed"))
    story.add(NORTH, bodies.Receipt(gen=letter.gen, seq=letter.seq))
    story.add(NORTH, bodies.Message(number=1, text="read", answers=letter.id))
    ledger = story.ledger

    assert receipts.reached(ledger, ledger.items[letter.id]) is Reached.DELIVERED


def test_nobody_but_an_officer_acknowledges():
    """The station's own word that a message was shown is not the officer's word that it was taken note of."""
    pair = Pair()
    sent = pair.act(SOUTH, c.SendMessage(line=0, text="all quiet"))
    pair.deliver()
    pair.desks[NORTH].show(sent.id, pair.now)
    pair.take(NORTH)
    pair.deliver()

    assert Reached.ACKNOWLEDGED not in seen_by_both(pair, sent.id)
