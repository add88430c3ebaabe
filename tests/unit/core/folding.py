"""A record told act by act, and what its ledger says: a `Book` with the acts of spec 10 at hand."""

from __future__ import annotations

from typing import Any

from openline.core import state
from openline.core.ledger import Ledger
from openline.core.state import Flag, Formal, Standing
from openline.wire import bodies
from openline.wire.entry import Entry
from openline.wire.terms import Head, Lane
from tests.unit.audit.build import START_S, Book

NORTH, SOUTH = 0, 1
HOUR_S = 3_600
HERE = ((0, Lane.LIAISON),)
BOTH_LANES = ((0, Lane.LIAISON), (0, Lane.SAFETY))


class Story(Book):
    """`at` seconds after the start; entries acknowledge all there is, unless told with `ack=None`."""

    def at(self, seconds: int) -> Story:
        self.now_s = START_S + seconds - 60
        return self

    def suspend(self, side: int, scope: Any = HERE, from_s: int = 0, **change: Any) -> Entry:
        return self.add(side, self.approved(side, bodies.Suspend(scope=scope, from_s=from_s)), **change)

    def propose(self, side: int, *lists: Entry, scope: Any = HERE, effective_s: int = HOUR_S, **change: Any) -> Entry:
        names = tuple(sorted(x.id for x in lists))
        body = bodies.Propose(scope=scope, effective_s=START_S + effective_s, lists=names)
        return self.add(side, self.approved(side, body), **change)

    def accept(self, side: int, offer: Entry, **change: Any) -> Entry:
        return self.add(side, self.approved(side, bodies.Accept(target=offer.id)), **change)

    def withdraw(self, side: int, offer: Entry, **change: Any) -> Entry:
        return self.add(side, self.approved(side, bodies.Withdraw(target=offer.id), [0]), **change)

    def lapse(self, side: int, offer: Entry, **change: Any) -> Entry:
        """The station's own, timed withdrawal."""
        return self.add(side, bodies.Withdraw(target=offer.id), **change)

    def amend(self, side: int, line: int = 0, effective_s: int = 0, **changes: Any) -> Entry:
        body = bodies.Amend(line=line, effective_s=START_S + effective_s, **changes)
        return self.add(side, self.approved(side, body, [0]))

    def confirm(self, side: int) -> Entry:
        return self.add(side, bodies.Ack())

    def conclude(self, side: int, offer: Entry) -> None:
        """Accepted by the other side, confirmed by its author."""
        self.accept(1 - side, offer)
        self.confirm(side)

    def say(self, side: int, lane: Lane = Lane.LIAISON, **change: Any) -> Entry:
        return self.add(side, bodies.Message(number=1, text="all quiet", lane=lane), **change)

    # ---- what it comes to

    @property
    def ledger(self) -> Ledger:
        return folded(self, [*self.chains[0], *self.chains[1]])

    def formal(self, seconds: int, lane: Lane = Lane.LIAISON, line: int = 0) -> Formal:
        return state.formal(self.ledger, line, lane, START_S + seconds)

    def standing(self, offer: Entry) -> Standing:
        ledger = self.ledger
        return state.standing(ledger, ledger.offers[offer.id])

    def flag(self, item: Entry) -> Flag:
        ledger = self.ledger
        return state.flag(ledger, ledger.items[item.id])


def folded(book: Book, order: list[Entry]) -> Ledger:
    """The ledger of a record's entries taken in some order that keeps each chain's own."""
    ledger = Ledger(book.made.signed.accord, book.made.id)
    acks: list[Head | None] = [None, None]
    for entry in order:
        acks[entry.side] = entry.ack or acks[entry.side]
        ledger.add(entry, acks[entry.side])
    return ledger
