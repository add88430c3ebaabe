"""The line state, checked in every point that two stations can reach within five entries (spec 10).

Two lanes; suspensions and proposals of either or both; proposals with an effective time that passes; acceptances,
withdrawals in time and out of time, lapses, acknowledgements; every part of either chain held by the other side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import inf

import pytest

from openline.core import approvals, state
from openline.core.ledger import Act, Ledger
from openline.core.state import Concluded, Formal
from openline.wire.bodies import Propose, Suspend
from tests.accord_maker import made
from tests.properties.exploring import INSTANTS, LANES, LEAD_S, Explorer, Move, Place, Point, bit, entry_at
from tests.soaking import Counted

ENTRIES = 5
BOTH = LANES[2]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a record says: the concluded proposals, and until when each suspension cuts each of its lanes."""

    concluded: int  # one bit a place
    ends: dict[tuple[int, int], float]  # (bit of the suspension, lane)


def read(ledger: Ledger) -> Reading:
    done = state.restorations(ledger)
    ends: dict[tuple[int, int], float] = {}
    for suspension in ledger.suspensions.values():
        if isinstance(suspension.body, Suspend):
            for line, lane in suspension.body.scope:
                lifted = state.lifted_s(done, suspension, line, lane)
                ends[bit(suspension.place[::2]), lane] = inf if lifted is None else lifted
    return Reading(sum(bit(c.offer.place[::2]) for c in done), ends)


class Checker:
    """Holds points to the invariants of spec 10; the readings of all but the largest are kept for comparison."""

    def __init__(self, explorer: Explorer, entries: int = ENTRIES) -> None:
        self.explorer = explorer
        self.entries = entries
        self._readings: dict[Point, Reading] = {}

    def reading(self, point: Point) -> Reading:
        found = self._readings.get(point)
        if found is None:
            found = read(self.explorer.ledger(point))
            if len(point[0]) + len(point[1]) < self.entries:
                self._readings[point] = found
        return found

    def views(self, point: Point) -> Iterator[Reading]:
        """What either side may see of this record now, besides all of it."""
        first, second = point
        for held in range(self.explorer.seen(first), len(second)):
            yield self.reading((first, second[:held]))
        for held in range(self.explorer.seen(second), len(first)):
            yield self.reading((first[:held], second))

    def broken(self, point: Point) -> str:
        """The invariant that this point breaks, or nothing."""
        full = self.reading(point)
        for view in self.views(point):
            if view.concluded & ~full.concluded:
                return "a side holds as concluded what the full record denies"
            if any(end < full.ends[key] for key, end in view.ends.items()):
                return "a suspension looks lifted to one side and is active in the full record"
        chains = (self.explorer.chain(point, 0), self.explorer.chain(point, 1))
        for place, move in _all(chains):
            if move.what in ("withdraw", "lapse") and move.target is not None:
                arrived = any(seq < move.seen for seq, _ in _acceptances(chains, move.target))
                if not arrived and full.concluded & bit(move.target):
                    return "a withdrawal made before the acceptance arrived is overridden"
            if move.what == "suspend":
                for lane in move.lanes:
                    if full.ends[bit(place), lane] != inf and not _agreed(chains, place, lane):
                        return "a suspension is lifted that both did not know, or where nothing covers it"
        return ""


Chains = tuple[list[Move], list[Move]]


def _all(chains: Chains) -> Iterator[tuple[Place, Move]]:
    for side in (0, 1):
        for seq, move in enumerate(chains[side]):
            yield (side, seq), move


def _acceptances(chains: Chains, proposal: Place) -> list[tuple[int, Move]]:
    """The other side's acceptances of a proposal that it had seen."""
    side, position = proposal
    accepts = [(seq, m) for seq, m in enumerate(chains[1 - side]) if m.what == "accept" and m.target == proposal]
    return [(seq, m) for seq, m in accepts if m.seen > position]


def _agreed(chains: Chains, suspension: Place, lane: int) -> bool:
    """Whether some proposal for this lane, whose author knew the suspension, was accepted by one who knew it too, and
    the author acknowledged that."""
    for proposal, move in _all(chains):
        if move.what != "propose" or lane not in move.lanes or not _knows(proposal, move, suspension):
            continue
        for seq, acceptance in _acceptances(chains, proposal):
            third = any(m.seen > seq for m in chains[proposal[0]])
            if third and _knows((1 - proposal[0], seq), acceptance, suspension):
                return True
    return False


def _knows(place: Place, move: Move, other: Place) -> bool:
    """Whether the author of one entry had another in its past."""
    return other[1] < place[1] if other[0] == place[0] else other[1] < move.seen


def by_definition(chains: Chains) -> tuple[int, dict[tuple[int, int], float]]:
    """The same reading, written out from the definitions of spec 10.3 and nothing else."""
    concluded: list[tuple[Place, Move]] = []
    for proposal, move in _all(chains):
        if move.what != "propose":
            continue
        own = chains[proposal[0]]
        legs = [n for seq, _ in _acceptances(chains, proposal) for n, m in enumerate(own) if m.seen > seq]
        back = [n for n, m in enumerate(own) if m.target == proposal and m.what in ("withdraw", "lapse")]
        if legs and min(legs) < min(back, default=len(own)):
            concluded.append((proposal, move))
    ends: dict[tuple[int, int], float] = {}
    for place, move in _all(chains):
        for lane in move.lanes if move.what == "suspend" else ():
            times = [m.clock_s + LEAD_S for _, m in concluded if place in m.lists and lane in m.lanes]
            ends[bit(place), lane] = min(times, default=inf)
    return sum(bit(place) for place, _ in concluded), ends


@pytest.fixture(autouse=True)
def _approvals_taken_for_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries here carry no signatures; who may act is tested in tests/unit/core/test_approvals.py."""
    monkeypatch.setattr(approvals, "valid", lambda *_: True)


def told(explorer: Explorer, point: Point) -> str:
    chains = (explorer.chain(point, 0), explorer.chain(point, 1))
    return "\n".join(f"{'pq'[side]}{seq}: {move}" for (side, seq), move in _all(chains))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0, 1])
def test_no_interleaving_of_five_entries_breaks_an_invariant(share: int, soak: bool, counted: Counted) -> None:
    """Neither side ever holds as concluded what the full record denies; nothing looks lifted that is not; a withdrawal
    in time holds; only what both knew is lifted, and only where it is covered; the code says what the spec says."""
    explorer = Explorer(made().signed, one_clock=not soak)
    checker = Checker(explorer)
    points = situations = 0
    shares = 2 if soak else 8  # `make test` goes through a quarter of them, `make soak` through all
    for point in explorer.points(ENTRIES, share=(share, shares)):
        wrong = checker.broken(point)
        assert not wrong, f"{wrong}:\n{told(explorer, point)}"
        points, situations = points + 1, situations + explorer.situations(point)
    counted(points, "interleavings")
    counted(situations, "situations that they stand for")
    assert points > 1_000_000 // shares


@pytest.mark.slow
def test_the_state_is_what_its_definition_says(soak: bool) -> None:
    """The code and the definitions of spec 10.3, written out a second time, read every record alike; and the walk
    reaches every case that the rules are there for."""
    explorer = Explorer(made().signed, one_clock=False)
    met: Counter[str] = Counter()
    for point in explorer.points(ENTRIES if soak else ENTRIES - 1):
        reading = read(explorer.ledger(point))
        chains = (explorer.chain(point, 0), explorer.chain(point, 1))
        assert (reading.concluded, reading.ends) == by_definition(chains), told(explorer, point)
        met.update(_features(chains, reading))
    print(f"met: {dict(met)}")
    assert min(met[name] for name in FEATURES) > 20


FEATURES = ("concluded", "partly lifted", "crossed a suspension", "acceptance lost to a withdrawal", "lapsed")


def _features(chains: Chains, full: Reading) -> Iterator[str]:
    """What makes a point worth visiting: that each is met shows that the walk reaches where the rules matter."""
    if full.concluded:
        yield "concluded"
        if len(set(full.ends.values())) > 1:
            yield "partly lifted"
        if any(end == inf for end in full.ends.values()):
            yield "crossed a suspension"
    for proposal, move in _all(chains):
        lost = move.what == "propose" and not full.concluded & bit(proposal) and _acceptances(chains, proposal)
        if lost and any(m.what == "withdraw" and m.target == proposal for m in chains[proposal[0]]):
            yield "acceptance lost to a withdrawal"
        if move.what == "lapse":
            yield "lapsed"


@pytest.mark.slow
def test_the_order_of_arrival_decides_nothing(soak: bool) -> None:
    """Equal frontiers give equal states, in whatever order the two chains' entries came; at every instant the formal
    state is the one that the suspensions' ends give."""
    explorer = Explorer(made().signed, one_clock=True)
    for point in explorer.points(ENTRIES if soak else ENTRIES - 1, share=(0, 1 if soak else 3)):
        expected = explorer.ledger(point)
        reading = read(expected)
        for ledger in _merged(explorer, point):
            assert read(ledger) == reading, told(explorer, point)
        for lane in BOTH:
            for now in INSTANTS:
                _formal_follows(expected, reading, lane, now)


def _merged(explorer: Explorer, point: Point) -> Iterator[Ledger]:
    """The record of a point, folded in every order that keeps each chain's own."""
    count = len(point[0]) + len(point[1])
    for of_first in combinations(range(count), len(point[0])):
        ledger = Ledger(explorer.accord, explorer.accord_id)
        at = [0, 0]
        for turn in range(count):
            side = 0 if turn in of_first else 1
            ledger.add(*entry_at(side, at[side], explorer.moves.all[point[side][at[side]]]))
            at[side] += 1
        yield ledger


def _formal_follows(ledger: Ledger, reading: Reading, lane: int, now: int) -> None:
    cutting = [
        reading.ends[bit(s.place[::2]), lane]
        for s in ledger.suspensions.values()
        if (bit(s.place[::2]), lane) in reading.ends and s.time_s <= now < reading.ends[bit(s.place[::2]), lane]
    ]
    assert len(state.active_suspensions(ledger, 0, lane, now)) == len(cutting)
    expected = Formal.OPEN if not cutting else Formal.SUSPENDED if inf in cutting else Formal.RESTORING
    assert state.formal(ledger, 0, lane, now) is expected


# ---- three rules that look right


def withdrawal_wins_anywhere(ledger: Ledger, offer: Act) -> Concluded | None:
    """A proposal that its author takes back, at whatever place, was never concluded."""
    return None if state._withdrawn_at(ledger, offer) is not None else _third_leg(ledger, offer)


def acceptance_wins_unless_its_author_saw_the_withdrawal(ledger: Ledger, offer: Act) -> Concluded | None:
    """What the accepting side knew decides."""
    withdrawn = state._withdrawn_at(ledger, offer)
    for acceptance in ledger.accepts.get(offer.id, ()):
        if withdrawn is not None and acceptance.ack >= withdrawn:
            return None
    return _third_leg(ledger, offer)


def _third_leg(ledger: Ledger, offer: Act) -> Concluded | None:
    accepted = state._accepted_at(ledger, offer)
    leg = None if accepted is None else ledger.acks[offer.place.side].first_reaching(accepted)
    return None if leg is None else Concluded(offer, leg)


def restoring_clears_everything(done: list[Concluded], suspension: Act, line: int, lane: int) -> list[Concluded]:
    """A restoration lifts whatever cuts its scope, listed or not."""
    return [c for c in done if isinstance(c.offer.body, Propose) and (line, lane) in c.offer.body.scope]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replaced", "rule", "breaks"),
    [
        ("concluded", withdrawal_wins_anywhere, "a side holds as concluded what the full record denies"),
        (
            "concluded",
            acceptance_wins_unless_its_author_saw_the_withdrawal,
            "a withdrawal made before the acceptance arrived is overridden",
        ),
        ("_lifting", restoring_clears_everything, "a suspension is lifted that both did not know"),
    ],
)
def test_a_tempting_rule_is_caught(
    replaced: str, rule: Callable[..., object], breaks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the three rules that look right gives two sides different states within five entries."""
    monkeypatch.setattr(state, replaced, rule)
    explorer = Explorer(made().signed, one_clock=True)
    checker = Checker(explorer)
    walk = explorer.points(ENTRIES, share=(5, 16))
    found = next(((point, wrong) for point in walk if (wrong := checker.broken(point))), None)
    assert found is not None, f"{rule.__name__} passed every point"
    point, wrong = found
    print(f"{rule.__name__}: {len(point[0]) + len(point[1])} entries: {wrong}\n{told(explorer, point)}")
    assert wrong.startswith(breaks)
    assert len(point[0]) + len(point[1]) <= ENTRIES
