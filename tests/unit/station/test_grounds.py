"""What the formal state rests on, told within bounds: a side may suspend and propose as often as it likes."""

from __future__ import annotations

import pytest

from openline.core import state
from openline.core.state import Formal, Standing
from openline.station.commands import AcceptOffer, CutLines, ProposeRestoration
from openline.station.grounds import CUTS_MAX, OFFERS_MAX
from openline.wire.errors import Refused
from openline.wire.limits import LISTED_MAX
from openline.wire.terms import Lane
from tests.simulation.pair import Pair

NORTH, SOUTH = 0, 1
LINE = 0


def test_very_many_suspensions_are_told_by_some_and_all_of_them_count() -> None:
    """The oldest and the newest are told, with their reasons; what is agreed of them all decides the state, and until
    when it holds is told even where the last to end is one of those between."""
    pair = Pair()
    pair.settle()
    north, south = pair.nodes
    for number in range(3 * CUTS_MAX):
        north.enact(CutLines(lines=(LINE,), reason=str(number)))
        pair.now_ms += 1_000
    pair.settle()
    now_s = south.now.clock_s

    def told() -> list[str]:
        return [cut.reason for cut in south.running.evidence(LINE, Lane.LIAISON, south.now).cuts]

    assert told() == [*map(str, range(CUTS_MAX - 2)), str(3 * CUTS_MAX - 1)]
    offer = south.enact(ProposeRestoration(lines=(LINE,), effective_s=now_s + 60))
    pair.settle()
    north.enact(AcceptOffer(target=offer.id))
    pair.settle()
    assert south.running.formal(LINE, Lane.LIAISON, south.now) is Formal.RESTORING
    assert {cut.ends_s for cut in south.running.evidence(LINE, Lane.LIAISON, south.now).cuts} == {now_s + 60}
    north.enact(CutLines(lines=(LINE,), reason="and again"))
    pair.settle()
    assert south.running.formal(LINE, Lane.LIAISON, south.now) is Formal.SUSPENDED
    assert told()[-1] == "and again"
    assert len(state.active_suspensions(south.ledger, LINE, Lane.LIAISON, now_s)) == 3 * CUTS_MAX + 1


def test_very_many_proposals_are_told_by_the_earliest() -> None:
    """Those that would open the line first."""
    pair = Pair()
    pair.settle()
    north, south = pair.nodes
    north.enact(CutLines(lines=(LINE,)))
    pair.settle()
    base_s = north.now.clock_s + 3_600
    for number in reversed(range(2 * OFFERS_MAX)):
        north.enact(ProposeRestoration(lines=(LINE,), effective_s=base_s + number))
    pair.settle()
    offers = south.running.evidence(LINE, Lane.LIAISON, south.now).offers
    assert [offer.effective_s for offer in offers] == [base_s + number for number in range(OFFERS_MAX)]


def test_more_suspensions_than_a_proposal_can_list_are_lifted_by_two() -> None:
    """Whoever suspends three hundred times makes no restoration impossible: the first lists the oldest and warns, the
    second the rest, and then the line is open."""
    pair = Pair()
    pair.settle()
    north, south = pair.nodes
    for _ in range(LISTED_MAX + 9):
        north.enact(CutLines(lines=(LINE,)))
    pair.settle()
    at_s = south.now.clock_s + 60
    for warned in (True, False):
        draft = south.running.draft(ProposeRestoration(lines=(LINE,), effective_s=at_s), south.now)
        assert bool(draft.warnings) is warned
        offer = south.enact(ProposeRestoration(lines=(LINE,), effective_s=at_s))
        pair.settle()
        north.enact(AcceptOffer(target=offer.id))
        pair.settle()
    assert south.running.formal(LINE, Lane.LIAISON, south.now) is Formal.RESTORING
    pair.now_ms = at_s * 1000
    assert south.running.formal(LINE, Lane.LIAISON, south.now) is Formal.OPEN


def test_a_proposal_whose_time_has_passed_is_refused_as_that() -> None:
    """Its station withdraws it by a timer; who comes to accept it then is told of the time, and of no withdrawal."""
    pair = Pair()
    pair.settle()
    north, south = pair.nodes
    north.enact(CutLines(lines=(LINE,)))
    offer = north.enact(ProposeRestoration(lines=(LINE,), effective_s=north.now.clock_s + 60))
    pair.settle()
    pair.advance(120_000, settling=True)
    assert state.standing(south.ledger, south.ledger.offers[offer.id]) is Standing.WITHDRAWN
    with pytest.raises(Refused, match="its effective time has passed"):
        south.enact(AcceptOffer(target=offer.id))
