"""What the record says, folded from its entries: acts, what was concluded, receipts, calls (spec 10.1).

Rules of this file:
1. The fold does not depend on the order in which the two chains' entries came: equal frontiers give equal ledgers.
   Nothing is decided while folding that a later entry of the other chain could decide otherwise.
2. It reads entries that `core.chain` accepted; an act without the approvals its kind needs is kept and has no effect.
3. The *state* derived from it (core/state.py) is a pure function of this ledger and an instant.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from openline.core import approvals, faults
from openline.wire.accord import Accord
from openline.wire.bodies import (
    Accept,
    Amend,
    Announce,
    Body,
    Call,
    Document,
    Fault,
    Generation,
    Key,
    Letter,
    Minute,
    PresenceBody,
    Propose,
    Receipt,
    Seal,
    Suspend,
    Tracked,
    Withdraw,
)
from openline.wire.entry import Entry, Place
from openline.wire.terms import Head, Outcome, Precedence

Position: TypeAlias = tuple[int, int]  # (gen, seq) within one chain
NOWHERE: Final[Position] = (-1, -1)
T = TypeVar("T")
ITEMS: Final = (Tracked, Letter)
OFFERS: Final = (Propose, Amend, Announce, Minute, Generation)

ACTS: Final = (PresenceBody, Fault, Suspend, Withdraw, Accept, *OFFERS)


class Act(NamedTuple):
    """An entry with an effect on state, and how much of the other chain its author had acknowledged by it."""

    id: bytes
    place: Place
    time_s: int
    ack: Position
    body: Body

    @property
    def position(self) -> Position:
        return (self.place.gen, self.place.seq)


class Item(NamedTuple):
    """A message, notice, document or letter: what is needed to flag it and to follow its receipts."""

    id: bytes
    place: Place
    time_s: int
    ack: Position
    line: int
    lane: int
    precedence: int
    due_s: int
    document: bool
    letter: bool

    @property
    def position(self) -> Position:
        return (self.place.gen, self.place.seq)


class Attempt(NamedTuple):
    """A finished call, as its caller recorded it."""

    place: Place
    time_s: int
    due_s: int
    outcome: Outcome
    call_id: bytes


@dataclass
class AckSteps:
    """Where in one chain the acknowledgement of the other rose, and to what."""

    at: list[Position] = field(default_factory=list)
    to: list[Position] = field(default_factory=list)

    def add(self, at: Position, to: Position) -> None:
        if not self.to or to > self.to[-1]:
            self.at.append(at)
            self.to.append(to)

    def in_force(self, at: Position) -> Position:
        """What the author had acknowledged by its entry at this position, itself included."""
        index = bisect_right(self.at, at)
        return self.to[index - 1] if index else NOWHERE

    def rose_at(self, at: Position) -> bool:
        """Whether the author's entry at this position acknowledged what none before it had."""
        index = bisect_left(self.at, at)
        return index < len(self.at) and self.at[index] == at

    def first_reaching(self, to: Position) -> Position | None:
        """The author's first entry that acknowledges the other chain's position `to`."""
        index = bisect_left(self.to, to)
        return self.at[index] if index < len(self.at) else None


@dataclass
class LineCalls:
    """One line's calls: attempts by caller in order, and which check-ins are sealed by both."""

    last: dict[int, Attempt] = field(default_factory=dict)
    tries: dict[tuple[int, int], Call] = field(default_factory=dict)  # (check-in's due_s, its caller) → its last try
    first_seals: dict[bytes, tuple[Place, int]] = field(default_factory=dict)  # entry id → (place, due_s)
    second_seals: dict[bytes, Place] = field(default_factory=dict)  # id of the first → place of the second
    sealed_due: dict[tuple[int, int], bytes] = field(default_factory=dict)  # (due_s, caller) → id of the first seal


class Ledger:
    """The fold. `add` takes each accepted entry once."""

    def __init__(self, accord: Accord, accord_id: bytes) -> None:
        self.accord = accord
        self.accord_id = accord_id
        self.acks = (AckSteps(), AckSteps())
        self.suspensions: dict[bytes, Act] = {}
        self.offers: dict[bytes, Act] = {}
        self.accepts: dict[bytes, list[Act]] = {}
        self.withdraws: dict[bytes, list[Act]] = {}
        self.proofs: list[Act] = []
        self._proven: tuple[tuple[int, int], list[tuple[Act, int]]] | None = None
        self.generations: list[Act] = []
        self.keys = tuple([side.station] for side in accord.sides)
        self.items: dict[bytes, Item] = {}
        self.flash: list[bytes] = []
        # What may still ask for somebody: FLASH not read, IMMEDIATE not answered. Receipts only rise, so whoever finds
        # one settled takes it out, and looking costs what is open, not what ever was.
        self.unread: dict[bytes, Item] = {}
        self.unanswered: dict[bytes, Item] = {}
        self.due_items: tuple[dict[int, list[Item]], dict[int, list[Item]]] = ({}, {})  # by side, then line
        self.answers: dict[bytes, list[Place]] = {}
        self.receipts: dict[tuple[int, int, int], int] = {}  # place of the target → bits of Level
        self.calls = [LineCalls() for _ in accord.lines]
        self.presence: dict[int, Act] = {}
        self.numbers: dict[tuple[int, int, int], int] = {}  # (side, line, year) → messages so far
        self.counters: dict[tuple[int, int], int] = {}  # (side, officer) → last counter
        self.acts_version = 0  # rises with whatever may change what acts come to
        self._last_accept = [NOWHERE, NOWHERE]  # by side: its newest acceptance
        self._kept: dict[object, Any] = {}
        self._kept_at = -1

    def add(self, entry: Entry, ack: Head | None) -> None:
        """Fold one accepted entry; `ack` is the acknowledgement in force at it (written or carried over)."""
        position = (entry.gen, entry.seq)
        acked = NOWHERE if ack is None else (ack.gen, ack.seq)
        if ack is not None:
            self._acknowledge(entry.side, position, acked)
        body = entry.body
        if isinstance(body, ITEMS):
            if approvals.approvals_of(body):  # only for the officers' counters: an item is one, approved or not
                self._approved(entry.side, body)
            self._item(entry, acked)
        elif isinstance(body, Receipt):
            self._receipt(entry, body)
        elif isinstance(body, Call):
            self._call(entry, body)
        elif isinstance(body, Seal):
            self._seal(entry, body)
        elif isinstance(body, Key):
            self.keys[entry.side].append(body.station)
        elif isinstance(body, ACTS):
            self._act(Act(entry.id, entry.place, entry.time_s, acked, body))

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made anew when acts may have come to something else since. It may depend on nothing but
        acts and `key`, and nobody may change it."""
        if self._kept_at != self.acts_version:
            self._kept.clear()
            self._kept_at = self.acts_version
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def _acknowledge(self, side: int, position: Position, acked: Position) -> None:
        """An acknowledgement that reaches an acceptance concludes an offer: it may do so in an entry that is no act."""
        steps = self.acks[side]
        if steps.to and acked <= steps.to[-1]:
            return
        if steps.in_force(position) < self._last_accept[1 - side] and acked > steps.in_force(position):
            self.acts_version += 1
        steps.add(position, acked)

    def _approved(self, side: int, body: Body) -> bool:
        return approvals.valid(self.accord, self.accord_id, side, body, self.counters)

    def _act(self, act: Act) -> None:
        self.acts_version += 1
        body, side = act.body, act.place.side
        if not self._approved(side, body):
            return
        if isinstance(body, Suspend):
            self.suspensions[act.id] = act
        elif isinstance(body, Accept):
            self.accepts.setdefault(body.target, []).append(act)
            self._last_accept[side] = max(self._last_accept[side], act.position)
        elif isinstance(body, Withdraw):
            self.withdraws.setdefault(body.target, []).append(act)
        elif isinstance(body, PresenceBody):
            self.presence[side] = act
        elif isinstance(body, Fault):
            self.proofs.append(act)
        elif isinstance(body, Amend) and not self._can_take_effect(body):
            return
        elif isinstance(body, OFFERS):
            self.offers[act.id] = act
            if isinstance(body, Generation):
                self.generations.append(act)
                self.keys[side].append(body.station)

    def _can_take_effect(self, change: Amend) -> bool:
        """An amendment of a line, or to a carrier, that the accord lacks is none (spec 10.3)."""
        carriers = change.carriers or ()
        known = change.line < len(self.accord.lines) and all(n < len(self.accord.carriers) for n in carriers)
        return known and len(set(carriers)) == len(carriers)

    def proven(self) -> list[tuple[Act, int]]:
        """The proofs of fault that hold, each with the side it is against."""
        mark = (len(self.proofs), len(self.keys[0]) + len(self.keys[1]))
        if self._proven is None or self._proven[0] != mark:
            self._proven = (mark, list(self._proven_now()))
        return self._proven[1]

    def _proven_now(self) -> Iterator[tuple[Act, int]]:
        for act in self.proofs:
            accused = 1 - act.place.side
            keys = tuple(self.keys[accused])  # no others: with its own the accuser could sign in the accused's name
            if isinstance(act.body, Fault) and faults.proven(self.accord, self.accord_id, act.body, keys) == accused:
                yield act, accused

    def _item(self, entry: Entry, acked: Position) -> None:
        """A line that the accord lacks makes the entry an unknown one: kept, acknowledged, without effect."""
        body = entry.body
        if isinstance(body, Tracked):
            if body.line >= len(self.accord.lines):
                return
            place = entry.place
            item = self.items[entry.id] = Item(
                entry.id, place, entry.time_s, acked, body.line, body.lane, body.precedence, body.due_s,
                isinstance(body, Document), False,
            )
            if body.precedence is Precedence.FLASH:
                self.flash.append(entry.id)
                self.unread[entry.id] = item
            if body.due_s:
                self.due_items[entry.side].setdefault(body.line, []).append(item)
                if body.precedence is Precedence.IMMEDIATE:
                    self.unanswered[entry.id] = item
            key = (entry.side, body.line, year_of(entry.time_s))
            if body.number > self.numbers.get(key, 0):
                self.numbers[key] = body.number
            if body.answers is not None:
                self.answers.setdefault(body.answers, []).append(place)
        else:
            self.items[entry.id] = Item(entry.id, entry.place, entry.time_s, acked, 0, 0, 0, 0, False, True)

    def _receipt(self, entry: Entry, body: Receipt) -> None:
        if not self._approved(entry.side, body):
            return
        target = (1 - entry.side, body.gen, body.seq)
        self.receipts[target] = self.receipts.get(target, 0) | 1 << body.level

    def _call(self, entry: Entry, body: Call) -> None:
        if body.line >= len(self.calls):
            return
        calls = self.calls[body.line]
        calls.last[entry.side] = Attempt(entry.place, entry.time_s, body.due_s, body.outcome, body.call_id)
        if body.due_s:
            calls.tries[body.due_s, entry.side] = body

    def _seal(self, entry: Entry, body: Seal) -> None:
        if body.line >= len(self.calls):
            return
        calls = self.calls[body.line]
        if body.closes is None:
            calls.first_seals[entry.id] = (entry.place, body.due_s)
            if body.due_s:
                calls.sealed_due[body.due_s, entry.side] = entry.id
        else:
            calls.second_seals[body.closes] = entry.place

    def line_count(self) -> int:
        return len(self.accord.lines)


def year_of(time_s: int) -> int:
    """The UTC year of an instant (proleptic Gregorian), for message numbers."""
    return _year_of_day(time_s // 86_400)


@lru_cache(maxsize=1024)
def _year_of_day(since_1970: int) -> int:
    days = since_1970 + 719_468
    era, day = divmod(days, 146_097)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    month = (5 * (day - (365 * year + year // 4 - year // 100)) + 2) // 153
    return year + era * 400 + (1 if month >= 10 else 0)
