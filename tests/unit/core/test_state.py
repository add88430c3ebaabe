"""The formal state: what each rule of spec 10 says, alone (the worked examples have their own file)."""

from __future__ import annotations

import pytest

from openline.core import state
from openline.core.state import Formal, Standing
from openline.wire import bodies
from openline.wire.terms import CheckIn, Lane
from tests.unit.audit.build import START_S, fork
from tests.unit.core.folding import BOTH_LANES, HERE, HOUR_S, NORTH, SOUTH, Story

LIAISON, SAFETY = Lane.LIAISON, Lane.SAFETY


def test_an_empty_record_is_open() -> None:
    """Nobody has cut anything."""
    story = Story()
    assert {story.formal(0, lane, line) for lane in Lane for line in (0, 1)} == {Formal.OPEN}


def test_a_suspension_cuts_what_it_names_and_nothing_else() -> None:
    """One lane of one line: the other lane and the other line stay open."""
    story = Story().at(100)
    story.suspend(NORTH)
    assert story.formal(100) is Formal.SUSPENDED
    assert story.formal(99) is Formal.OPEN
    assert story.formal(100, SAFETY) is Formal.OPEN
    assert story.formal(100, LIAISON, line=1) is Formal.OPEN


def test_a_suspension_may_begin_later() -> None:
    """`from` decides, not the time of the entry."""
    story = Story().at(100)
    story.suspend(NORTH, from_s=START_S + 500)
    assert (story.formal(499), story.formal(500)) == (Formal.OPEN, Formal.SUSPENDED)


def test_ones_own_suspension_too_is_lifted_only_by_both() -> None:
    """Who cut cannot restore alone: the proposal is nothing until the other side accepts."""
    story = Story()
    cut = story.suspend(NORTH)
    story.propose(NORTH, cut)
    story.confirm(SOUTH)
    story.confirm(NORTH)
    assert story.formal(2 * HOUR_S) is Formal.SUSPENDED


def test_restoring_until_the_effective_time_then_open() -> None:
    """Concluded and not yet effective; from its second on, open."""
    story = Story()
    story.conclude(SOUTH, story.propose(SOUTH, story.suspend(NORTH)))
    assert story.formal(HOUR_S - 1) is Formal.RESTORING
    assert story.formal(HOUR_S) is Formal.OPEN


def test_two_suspensions_need_both_to_be_listed() -> None:
    """What is not listed stands, whoever's it is, and the lane is suspended, not restoring."""
    story = Story()
    first, second = story.suspend(NORTH), story.suspend(SOUTH)
    story.conclude(SOUTH, story.propose(SOUTH, first))
    assert story.formal(HOUR_S - 1) is Formal.SUSPENDED
    assert story.formal(HOUR_S) is Formal.SUSPENDED
    story.conclude(NORTH, story.propose(NORTH, second, effective_s=2 * HOUR_S))
    assert story.formal(HOUR_S) is Formal.RESTORING
    assert story.formal(2 * HOUR_S) is Formal.OPEN


def test_of_two_restorations_the_earlier_time_counts() -> None:
    """Both are valid; what both list ends at the earlier time."""
    story = Story()
    cut = story.suspend(NORTH)
    for side, effective_s in ((SOUTH, 2 * HOUR_S), (NORTH, HOUR_S)):
        story.conclude(side, story.propose(side, cut, effective_s=effective_s))
    assert story.formal(HOUR_S) is Formal.OPEN


def test_a_restoration_covers_part_of_a_suspension() -> None:
    """Listed, and covered on one lane only: the rest of it stands."""
    story = Story()
    cut = story.suspend(NORTH, BOTH_LANES)
    story.conclude(SOUTH, story.propose(SOUTH, cut, scope=((0, SAFETY),)))
    assert story.formal(HOUR_S, SAFETY) is Formal.OPEN
    assert story.formal(HOUR_S, LIAISON) is Formal.SUSPENDED


def test_a_suspension_between_agreement_and_effect_stands() -> None:
    """Who changes its mind suspends."""
    story = Story()
    story.conclude(SOUTH, story.propose(SOUTH, story.suspend(NORTH)))
    story.suspend(SOUTH)
    assert story.formal(HOUR_S) is Formal.SUSPENDED


def test_an_acceptance_by_one_who_had_not_seen_the_proposal_is_none() -> None:
    """Its author's entry does not acknowledge the offer that it names: nobody accepts what it does not hold."""
    story = Story()
    offer = story.propose(SOUTH, story.suspend(NORTH))
    story.accept(NORTH, offer, ack=None)
    story.confirm(SOUTH)
    assert story.standing(offer) is Standing.WAITING


def test_nobody_accepts_his_own_offer() -> None:
    """An acceptance by the proposer's own side counts for nothing."""
    story = Story()
    offer = story.propose(SOUTH, story.suspend(NORTH))
    story.confirm(NORTH)
    story.accept(SOUTH, offer)
    assert story.standing(offer) is Standing.WAITING


def test_only_the_proposer_withdraws() -> None:
    """The other side declines by silence; its withdrawal of what is not its own counts for nothing."""
    story = Story()
    offer = story.propose(SOUTH, story.suspend(NORTH))
    story.withdraw(NORTH, offer)
    assert story.standing(offer) is Standing.WAITING
    story.withdraw(SOUTH, offer)
    assert story.standing(offer) is Standing.WITHDRAWN


def test_a_withdrawal_after_the_third_leg_is_too_late() -> None:
    """Concluded stays concluded, on both sides."""
    story = Story()
    offer = story.propose(SOUTH, story.suspend(NORTH))
    story.conclude(SOUTH, offer)
    story.withdraw(SOUTH, offer)
    assert story.standing(offer) is Standing.CONCLUDED


def test_no_station_withdraws_before_the_time() -> None:
    """Without approvals a withdrawal counts only from the effective time on, by its author's own clock."""
    story = Story()
    offer = story.propose(SOUTH, story.suspend(NORTH))
    story.at(HOUR_S - 1).lapse(SOUTH, offer)
    assert story.standing(offer) is Standing.WAITING
    story.at(HOUR_S).lapse(SOUTH, offer)
    assert story.standing(offer) is Standing.WITHDRAWN


def test_what_has_no_effective_time_does_not_lapse() -> None:
    """A station never withdraws an announcement by itself."""
    story = Story()
    offer = story.add(
        SOUTH, story.approved(SOUTH, bodies.Announce(texts=(("en", "x"),), ed25519=bytes(64), mldsa44=bytes(2420)), [0])
    )
    story.lapse(SOUTH, offer)
    assert story.standing(offer) is Standing.WAITING


def test_an_unapproved_act_changes_nothing() -> None:
    """Two officers are needed for these here: the act of one is in the record, and without effect."""
    story = Story()
    story.add(NORTH, story.approved(NORTH, bodies.Suspend(scope=HERE), [0]))
    story.add(NORTH, bodies.Suspend(scope=HERE))
    assert story.formal(HOUR_S) is Formal.OPEN


# ---- expiry and amendments


def agreed(story: Story, side: int = NORTH, **changes: object) -> None:
    story.conclude(side, story.amend(side, **changes))  # type: ignore[arg-type]


def test_an_expired_line_is_expired_whatever_is_suspended() -> None:
    """Expiry stands above suspension; the line comes to it by an amendment, here, as by the accord."""
    story = Story()
    agreed(story, expires_s=START_S + 1_000)
    story.suspend(SOUTH)
    assert (story.formal(999), story.formal(1_000)) == (Formal.SUSPENDED, Formal.EXPIRED)
    assert story.formal(1_000, line=1) is Formal.OPEN


def test_an_expired_line_is_extended_by_both() -> None:
    """An amendment of an expired line is as good as any."""
    story = Story()
    agreed(story, expires_s=START_S + 1_000)
    story.at(2_000)
    agreed(story, SOUTH, expires_s=START_S + 9_000, effective_s=3_000)
    assert (story.formal(2_999), story.formal(3_000)) == (Formal.EXPIRED, Formal.OPEN)


def test_an_amendment_needs_all_three_legs() -> None:
    """Proposed or accepted changes nothing; confirmed does, from its time on."""
    story = Story()
    offer = story.amend(NORTH, pulse_s=120, effective_s=500)
    story.accept(SOUTH, offer)
    assert state.line_in_force(story.ledger, 0, START_S + 500).pulse_s == 60
    story.confirm(NORTH)
    assert state.line_in_force(story.ledger, 0, START_S + 499).pulse_s == 60
    assert state.line_in_force(story.ledger, 0, START_S + 500).pulse_s == 120


def test_amendments_add_up_in_the_order_of_their_times() -> None:
    """What one does not name stays as the one before left it; the later in force wins where both name it."""
    story = Story()
    daily = (CheckIn(36_000, 1, 1, "Asia/Seoul"),)
    agreed(story, effective_s=2_000, pulse_s=30)
    agreed(story, SOUTH, effective_s=1_000, pulse_s=20, check_ins=daily)
    found = state.line_in_force(story.ledger, 0, START_S + 1_500)
    assert (found.pulse_s, found.check_ins) == (20, daily)
    found = state.line_in_force(story.ledger, 0, START_S + 2_500)
    assert (found.pulse_s, found.check_ins, found.carriers) == (30, daily, (0, 1))


@pytest.mark.parametrize("changes", [{"line": 2, "pulse_s": 5}, {"carriers": (7,)}, {"carriers": (0, 0)}])
def test_an_amendment_to_what_the_accord_lacks_is_none(changes: dict[str, object]) -> None:
    """A line or carrier that is not there, or a carrier twice: kept in the record, and no offer."""
    story = Story()
    offer = story.amend(NORTH, **changes)  # type: ignore[arg-type]
    assert offer.id not in story.ledger.offers


# ---- disputes


def test_a_proven_fork_disputes_every_line_and_lane() -> None:
    """Dispute stands above all; it cuts nothing by itself, and a cut beneath it stays one."""
    story = Story()
    story.suspend(NORTH)
    agreed(story, line=1, expires_s=START_S + 1)
    proof = fork(story, SOUTH)
    story.add(NORTH, proof)
    assert {story.formal(HOUR_S, lane, line) for lane in Lane for line in (0, 1)} == {Formal.DISPUTED}
    assert state.cut(story.ledger, 0, LIAISON, START_S + HOUR_S) is Formal.SUSPENDED
    assert state.cut(story.ledger, 0, SAFETY, START_S + HOUR_S) is Formal.OPEN


def test_the_guilty_cannot_dispute_by_its_own_proof() -> None:
    """A side that records the proof of its own fork accuses nobody."""
    story = Story()
    story.confirm(SOUTH)
    story.add(SOUTH, fork(story, SOUTH))
    assert story.formal(0) is Formal.OPEN
