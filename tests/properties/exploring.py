"""Every state that two stations can bring one line's two lanes into, within a number of entries.

What is explored is the real core: what a side may do is asked of `station.compose`, what the record then says is read
off `core.ledger` and `core.state`. Only the entries are cheap: unsigned, named by their place, and approved by nobody.

Rules of this file:
1. A point is two chains. That one side may hold less of the other's chain than there is, needs no point of its own:
   a side writes by some prefix of the other chain, which its entry acknowledges, and its view is again a point.
   `situations` counts what a walk step by step, delivery by delivery, would have met.
2. Sides and lanes can be exchanged without changing anything: of up to four images of a point one is visited.
3. Each point is met once, from its one parent, so nothing but the points above the last level is remembered.
4. A side does what `compose` allows its officers and what its timers do; also, against the rules of conduct, it takes
   a proposal back whenever it likes, because the record has to bear that from the other side.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, cast

from openline.core import state
from openline.core.ledger import Ledger
from openline.core.record import Record
from openline.station import commands
from openline.station.compose import compose
from openline.wire.accord import SignedAccord
from openline.wire.bodies import Accept, Ack, Approval, Body, Head, Lane, Propose, Suspend, Withdraw
from openline.wire.entry import Entry
from openline.wire.errors import Refused

CLOCKS: Final = (5, 15)  # what a side's clock may show; it never goes back
LEAD_S: Final = 5  # a proposal made at 5 takes effect at 10, one made at 15 at 20
INSTANTS: Final = (5, 15, 25)  # at these the state is looked at
LANES: Final = ((Lane.LIAISON,), (Lane.SAFETY,), (Lane.LIAISON, Lane.SAFETY))
APPROVED: Final = (Approval(0, 1, bytes(64)),)
PLACES: Final = 8  # places a side that a mask has room for

Place = tuple[int, int]  # (side, seq)
Chain = tuple[int, ...]  # numbers of moves
Point = tuple[Chain, Chain]
Images = tuple[int, bool, bool]


class Move(NamedTuple):
    """One entry, but for its place: its author's clock, how much of the other chain it acknowledges, what it does."""

    clock_s: int
    seen: int
    what: str
    lanes: tuple[Lane, ...] = ()
    target: Place | None = None
    lists: tuple[Place, ...] = ()

    def __str__(self) -> str:
        about = "+".join(lane.name.lower() for lane in self.lanes)
        at = "" if self.target is None else "{}{}".format("pq"[self.target[0]], self.target[1])
        return " ".join(x for x in (f"[{self.clock_s}s, saw {self.seen}]", self.what, about, at) if x)


class Moves:
    """Moves by number, and the numbers of their images with sides or lanes exchanged."""

    def __init__(self) -> None:
        self.all: list[Move] = []
        self._numbers: dict[Move, int] = {}
        self.lanes_exchanged: list[int] = []
        self.sides_exchanged: list[int] = []

    def number(self, move: Move) -> int:
        found = self._numbers.get(move)
        if found is not None:
            return found
        images = [move, _lanes_exchanged(move), _sides_exchanged(move), _sides_exchanged(_lanes_exchanged(move))]
        for image in images:
            if image not in self._numbers:
                self._numbers[image] = len(self.all)
                self.all.append(image)
        for image in self.all[len(self.lanes_exchanged) :]:
            self.lanes_exchanged.append(self._numbers[_lanes_exchanged(image)])
            self.sides_exchanged.append(self._numbers[_sides_exchanged(image)])
        return self._numbers[move]


def _lanes_exchanged(move: Move) -> Move:
    return move._replace(lanes=tuple(sorted(Lane(1 - lane) for lane in move.lanes)))


def _sides_exchanged(move: Move) -> Move:
    target = None if move.target is None else (1 - move.target[0], move.target[1])
    return move._replace(target=target, lists=tuple(sorted((1 - side, seq) for side, seq in move.lists)))


def identity(place: Place) -> bytes:
    return bytes([*place]).ljust(32, b"\0")


def bit(place: Place) -> int:
    return 1 << place[0] * PLACES + place[1]


@cache
def entry_at(side: int, seq: int, move: Move) -> tuple[Entry, Head | None]:
    """The entry that a move is at a place, and the acknowledgement in force at it."""
    other = 1 - side
    ack = Head(0, move.seen - 1, identity((other, move.seen - 1))) if move.seen else None
    return Entry(side, 0, seq, b"", ack, move.clock_s, _body(move), b"", identity((side, seq))), ack


def _body(move: Move) -> Body:
    target = b"" if move.target is None else identity(move.target)
    scope = tuple((0, lane) for lane in move.lanes)
    lists = tuple(sorted(identity(place) for place in move.lists))
    bodies: dict[str, Body] = {
        "suspend": Suspend(scope=scope, approvals=APPROVED),
        "propose": Propose(scope=scope, effective_s=move.clock_s + LEAD_S, lists=lists, approvals=APPROVED),
        "accept": Accept(target=target, approvals=APPROVED),
        "withdraw": Withdraw(target=target, approvals=APPROVED),
        "lapse": Withdraw(target=target),
        "ack": Ack(),
    }
    return bodies[move.what]


class Explorer:
    """All points of up to `entries` entries. With `one_clock`, both sides' clocks pass the effective time at once;
    without it each by itself, in whatever order."""

    def __init__(self, signed: SignedAccord, *, one_clock: bool) -> None:
        self.accord, self.accord_id = signed.accord, signed.id
        self.one_clock = one_clock
        self.moves = Moves()
        self._doable: dict[Point, tuple[tuple[int, ...], tuple[int, ...]]] = {}

    def ledger(self, point: Point) -> Ledger:
        """What the record of this point says."""
        ledger, moves = Ledger(self.accord, self.accord_id), self.moves.all
        for side, chain in enumerate(point):
            for seq, number in enumerate(chain):
                ledger.add(*entry_at(side, seq, moves[number]))
        return ledger

    def chain(self, point: Point, side: int) -> list[Move]:
        return [self.moves.all[number] for number in point[side]]

    def seen(self, chain: Chain) -> int:
        """How much of the other chain this one acknowledges."""
        return self.moves.all[chain[-1]].seen if chain else 0

    # ---- the walk

    def points(self, entries: int, share: tuple[int, int] = (0, 1)) -> Iterator[Point]:
        """Every point of at least one entry, by ascending number of entries. With a share, `(which, of how many)`, one
        part of those with the full number of entries, and all the others."""
        which, shares = share
        level: list[Point] = [((), ())]
        for _ in range(1, entries):
            level = [child for parent in level for child in sorted(self._children(parent))]
            yield from level
        for parent in level[which::shares]:
            yield from self._children(parent)

    def _children(self, parent: Point) -> set[Point]:
        found = set()
        for side in (0, 1):
            other = parent[1 - side]
            for held in range(self.seen(parent[side]), len(other) + 1):
                view = (parent[0], other[:held]) if side == 0 else (other[:held], parent[1])
                for number in self.doable(view, side):
                    chain = (*parent[side], number)
                    child = (chain, other) if side == 0 else (other, chain)
                    found.add(self.canonical(child)[0])
        return {child for child in found if self.canonical(self._without_last(child))[0] == parent}

    def _without_last(self, point: Point) -> Point:
        first, second = point
        if second and self.seen(first) < len(second):
            return first, second[:-1]
        return first[:-1], second

    def canonical(self, point: Point) -> Images:
        """The image of a point that is visited, and whether lanes and sides are exchanged in it."""
        lanes, sides = self.moves.lanes_exchanged.__getitem__, self.moves.sides_exchanged.__getitem__
        first, second = point
        turned = (tuple(map(lanes, first)), tuple(map(lanes, second)))
        images: list[Any] = [
            (point, False, False),
            (turned, True, False),
            ((tuple(map(sides, second)), tuple(map(sides, first))), False, True),
            ((tuple(map(sides, turned[1])), tuple(map(sides, turned[0]))), True, True),
        ]
        return cast(Images, min(images))

    def images(self, point: Point) -> int:
        """For how many points this one stands."""
        lanes, sides = self.moves.lanes_exchanged.__getitem__, self.moves.sides_exchanged.__getitem__
        first, second = point
        turned = (tuple(map(lanes, first)), tuple(map(lanes, second)))
        swapped = [(tuple(map(sides, p[1])), tuple(map(sides, p[0]))) for p in (point, turned)]
        return len({point, turned, *swapped})

    def situations(self, point: Point) -> int:
        """Pairs of what each side may hold of the other's chain here, in this point and in its images."""
        first, second = point
        return (len(second) - self.seen(first) + 1) * (len(first) - self.seen(second) + 1) * self.images(point)

    # ---- what can be done

    def doable(self, view: Point, side: int) -> tuple[int, ...]:
        """What a side that holds this view may write next."""
        point, lanes, sides = cast("tuple[Point, bool, bool]", self.canonical(view))
        if point not in self._doable:
            ledger = self.ledger(point)
            self._doable[point] = (self._moves_of(ledger, point, 0), self._moves_of(ledger, point, 1))
        found = self._doable[point][1 - side if sides else side]
        if lanes:
            found = tuple(map(self.moves.lanes_exchanged.__getitem__, found))
        return tuple(map(self.moves.sides_exchanged.__getitem__, found)) if sides else found

    def _moves_of(self, ledger: Ledger, view: Point, side: int) -> tuple[int, ...]:
        own, other = self.chain(view, side), self.chain(view, 1 - side)
        clock = max([CLOCKS[0], *(move.clock_s for move in own)])
        if self.one_clock:
            clock = max([clock, *(move.clock_s for move in other)])
        seen = len(other)
        found: list[int] = []
        for now in CLOCKS:
            if now >= clock:
                found += [self.moves.number(move) for move in _writable(ledger, side, now, seen)]
                if any(move.what != "ack" for move in other[self.seen(view[side]) :]):
                    found.append(self.moves.number(Move(now, seen, "ack")))
        return tuple(found)


def _writable(ledger: Ledger, side: int, now: int, seen: int) -> Iterator[Move]:
    for lanes in LANES:
        yield Move(now, seen, "suspend", lanes)
        if _composed(ledger, side, commands.CutLines(lines=(0,), lanes=lanes), now) is None:
            raise AssertionError("a suspension is always allowed")
        propose = commands.ProposeRestoration(lines=(0,), lanes=lanes, effective_s=now + LEAD_S)
        body = _composed(ledger, side, propose, now)
        if isinstance(body, Propose):
            yield Move(now, seen, "propose", lanes, lists=tuple(sorted((x[0], x[1]) for x in body.lists)))
    for offer in ledger.offers.values():
        place = (offer.place.side, offer.place.seq)
        if _composed(ledger, side, commands.AcceptOffer(target=offer.id), now) is not None:
            yield Move(now, seen, "accept", target=place)
        if place[0] == side and offer.id not in ledger.withdraws:
            yield Move(now, seen, "withdraw", target=place)
            waiting = state.standing(ledger, offer) is state.Standing.WAITING
            if waiting and (state.effective_s(offer) or 0) <= now:
                yield Move(now, seen, "lapse", target=place)


def _composed(ledger: Ledger, side: int, command: commands.EntryCommand, now: int) -> Body | None:
    try:
        return compose(cast(Record, SimpleNamespace(ledger=ledger)), side, command, now).body
    except Refused:
        return None
