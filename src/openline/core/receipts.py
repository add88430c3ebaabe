"""How far a message got, by what the record proves (spec 7).

Rules of this file: each level is attested by whom it names: `recorded` by the author's own station, `delivered` by
the other station's signed acknowledgement (for a document, by its receipt for the verified pages), `shown` by the
other station, `acknowledged` by an officer's signature, `answered` by a message that names it. The highest is told.
"""

from __future__ import annotations

from enum import StrEnum

from openline.core.ledger import Item, Ledger
from openline.wire.terms import Level


class Reached(StrEnum):
    RECORDED = "recorded"
    DELIVERED = "delivered"
    SHOWN = "shown"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


def reached(ledger: Ledger, item: Item) -> Reached:
    """The highest receipt that this record proves for a message, notice, document or letter."""
    if item.letter:
        return act_reached(ledger, item.place.side, item.position)  # no station can open it: no receipt says more
    if any(place.side != item.place.side for place in ledger.answers.get(item.id, ())):
        return Reached.ANSWERED
    bits = ledger.receipts.get((item.place.side, item.place.gen, item.place.seq), 0)
    if bits >> Level.ACKNOWLEDGED & 1:
        return Reached.ACKNOWLEDGED
    if bits >> Level.SHOWN & 1:
        return Reached.SHOWN
    if item.document:
        return Reached.DELIVERED if bits >> Level.PAGES & 1 else Reached.RECORDED
    acked = ledger.acks[1 - item.place.side]
    return Reached.DELIVERED if acked.to and acked.to[-1] >= item.position else Reached.RECORDED


def all_reached(ledger: Ledger, item: Item) -> tuple[Reached, ...]:
    """Every receipt that this record proves for an item, lowest first; `recorded` is none."""
    bits = ledger.receipts.get((item.place.side, item.place.gen, item.place.seq), 0)
    held = act_reached(ledger, item.place.side, item.position) is Reached.DELIVERED
    proven = {
        Reached.DELIVERED: bool(bits >> Level.PAGES & 1) if item.document else held,
        Reached.SHOWN: bool(bits >> Level.SHOWN & 1),
        Reached.ACKNOWLEDGED: bool(bits >> Level.ACKNOWLEDGED & 1),
        Reached.ANSWERED: any(place.side != item.place.side for place in ledger.answers.get(item.id, ())),
    }
    return tuple(each for each, holds in proven.items() if holds)


def act_reached(ledger: Ledger, place_side: int, position: tuple[int, int]) -> Reached:
    """The same for an act, which is neither shown nor answered by a receipt."""
    acked = ledger.acks[1 - place_side]
    return Reached.DELIVERED if acked.to and acked.to[-1] >= position else Reached.RECORDED


def shown(ledger: Ledger, item: Item) -> bool:
    """Whether somebody of the other side has read it: whoever acknowledges or answers it has."""
    return reached(ledger, item) in (Reached.SHOWN, Reached.ACKNOWLEDGED, Reached.ANSWERED)


def answered(ledger: Ledger, item: Item) -> bool:
    return reached(ledger, item) is Reached.ANSWERED
