"""Officers' approvals: how many, whose, with which counters; what does not hold has no effect (spec 2.2, 3.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openline.core import approvals
from openline.core.release import Draft, approve
from openline.wire import bodies
from openline.wire.terms import Approval, Lane, Level, ProofKind
from tests.accord_maker import made

NORTH, SOUTH = 0, 1
CUT = bodies.Suspend(scope=((0, Lane.LIAISON),))  # two officers: the accord of these tests says so for kinds 3, 4, 5
PRESENT = bodies.Announce(texts=(("en", "x"),), ed25519=bytes(64), mldsa44=bytes(2420))  # one officer


def by(body: Any, *given: tuple[int, int], side: int = NORTH) -> Any:
    """The body approved by (officer, counter) pairs of a side."""
    keys = made().keys[side].officers
    return replace(body, approvals=tuple(approve(made().id, side, Draft(body), n, c, keys[n]) for n, c in given))


def valid(body: Any, seen: dict[tuple[int, int], int] | None = None, side: int = NORTH) -> bool:
    return approvals.valid(made().signed.accord, made().id, side, body, {} if seen is None else seen)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (CUT, 2),
        (bodies.Accept(target=bytes(32)), 2),
        (bodies.Withdraw(target=bytes(32)), 1),
        (bodies.Amend(effective_s=1), 1),
        (PRESENT, 1),
        (bodies.Message(number=1, text="x"), 0),
        (bodies.Receipt(seq=0, level=Level.ACKNOWLEDGED), 1),
        (bodies.Receipt(seq=0), 0),
        (bodies.Ack(), 0),
        (bodies.Fault(proof=ProofKind.FORK, first=b"", second=b""), 0),
    ],
)
def test_how_many_officers_an_act_needs(body: bodies.Body, count: int) -> None:
    """Two where the accord says so, one for other acts and acknowledgements, none for what stations write."""
    assert approvals.needed(made().signed.accord, body) == count


def test_messages_need_two_only_where_the_accord_says_and_never_on_the_safety_lane() -> None:
    """Distress waits for nobody's second signature."""
    accord = replace(made().signed.accord, two_person=(1,))
    assert approvals.needed(accord, bodies.Message(number=1, text="x")) == 2
    assert approvals.needed(accord, bodies.Message(number=1, text="x", lane=Lane.SAFETY)) == 0
    assert approvals.needed(accord, CUT) == 1


def test_two_different_officers_suffice() -> None:
    """In either order; and their counters are remembered."""
    seen: dict[tuple[int, int], int] = {}
    assert valid(by(CUT, (1, 3), (0, 7)), seen)
    assert seen == {(NORTH, 0): 7, (NORTH, 1): 3}


def test_more_than_enough_is_enough() -> None:
    """A second approval of what needs one is checked like the first, and spoils nothing."""
    assert valid(by(PRESENT, (0, 1), (1, 1)))


def test_one_officer_twice_is_one_officer() -> None:
    """The two-person rule counts persons, not signatures."""
    assert not valid(by(CUT, (0, 1), (0, 2)))


def test_too_few_do_not_suffice() -> None:
    """None, or one of two."""
    assert not valid(CUT)
    assert not valid(by(CUT, (0, 1)))


def test_a_counter_is_used_once() -> None:
    """A station that holds an officer's approval cannot give it a second time, nor an older one after it."""
    seen: dict[tuple[int, int], int] = {}
    order = by(PRESENT, (0, 5))
    assert valid(order, seen)
    assert not valid(order, seen)
    assert not valid(by(PRESENT, (0, 4)), seen)
    assert valid(by(PRESENT, (0, 6)), seen)


def test_counters_begin_above_zero() -> None:
    """Zero is what has not been used; it approves nothing."""
    assert not valid(by(PRESENT, (0, 0)))


def test_what_does_not_hold_uses_no_counter_up() -> None:
    """A half-approved act leaves the officers' counters where they were."""
    seen = {(NORTH, 0): 2}
    assert not valid(by(CUT, (0, 3)), seen)
    assert not valid(by(CUT, (0, 3), (1, 0)), seen)
    assert seen == {(NORTH, 0): 2}


def test_each_side_has_its_own_officers_and_counters() -> None:
    """The other side's officer number 0 is somebody else."""
    seen = {(SOUTH, 0): 9}
    theirs = by(PRESENT, (0, 1), side=SOUTH)
    assert not valid(theirs)
    assert valid(by(PRESENT, (0, 1)), seen)
    assert not valid(theirs, seen, SOUTH)


def test_an_officer_that_the_accord_lacks_approves_nothing() -> None:
    """A number beyond the list names nobody."""
    assert not valid(replace(PRESENT, approvals=(Approval(2, 1, bytes(64)),)))


@pytest.mark.parametrize("change", [{"scope": ((0, Lane.SAFETY),)}, {"reason": "another"}, {"from_s": 5}])
def test_an_approval_is_of_one_body_only(change: dict[str, Any]) -> None:
    """Whatever is changed after the officers signed, they did not sign."""
    assert not valid(replace(by(CUT, (0, 1), (1, 1)), **change))


def test_an_approval_of_one_kind_is_none_of_another() -> None:
    """The kind is among what is signed: a withdrawal of an offer is no acceptance of it."""
    given = by(bodies.Withdraw(target=bytes(32)), (0, 1), (1, 1)).approvals
    assert not valid(bodies.Accept(target=bytes(32), approvals=given))


def test_a_timed_withdrawal_needs_nobody() -> None:
    """Bookkeeping; whether its time had come is for the state to say."""
    assert valid(bodies.Withdraw(target=bytes(32)))
