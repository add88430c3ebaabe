"""What a station does by its own clock, and what no timer does (spec 5.6, 10.4)."""

from __future__ import annotations

from datetime import datetime

import pytest

from openline.core.state import Formal, Standing, standing
from openline.station.commands import AcceptOffer, AmendLine, CutLines, ProposeRestoration
from openline.wire import entry
from openline.wire.bodies import Withdraw
from openline.wire.entry import Entry
from openline.wire.terms import CheckIn, Lane
from tests.simulation.pair import Node, Pair

NORTH, SOUTH = 0, 1
HOUR_MS = 3_600_000
LINE = 0


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def starting(when: str) -> Pair:
    """Both stations come up at an instant. South calls at 09:00 on working days and at 17:00 daily, Seoul time."""
    pair = Pair()
    pair.settle()
    pair.now_ms = at(when)
    for node in pair.nodes:
        node.kill()
        node.start()
    pair.settle()
    return pair


def until(pair: Pair, when: str) -> None:
    pair.advance(at(when) - pair.now_ms, settling=True)


def count(node: Node) -> int:
    return len(node.ledger.calls[LINE].tries)


def test_check_ins_are_rung_when_they_are_due() -> None:
    """Tuesday at nine and five, and by nobody but their caller."""
    pair = starting("2020-06-09T08:00+09:00")
    until(pair, "2020-06-09T08:59:59+09:00")
    assert count(pair.nodes[SOUTH]) == 0
    until(pair, "2020-06-09T18:00+09:00")
    assert {node.ledger.calls[LINE].last[SOUTH].due_s * 1000 for node in pair.nodes} == {at("2020-06-09T17:00+09:00")}
    assert count(pair.nodes[SOUTH]) == 2
    assert NORTH not in pair.nodes[SOUTH].ledger.calls[LINE].last


def test_a_check_in_is_rung_on_a_cut_line() -> None:
    """Scheduled calls run whatever the formal state."""
    pair = starting("2020-06-09T08:00+09:00")
    pair.nodes[NORTH].enact(CutLines(lines=None, lanes=(Lane.LIAISON, Lane.SAFETY)))
    until(pair, "2020-06-09T10:00+09:00")
    assert count(pair.nodes[SOUTH]) == 1


def test_a_check_in_due_while_its_caller_is_down_is_not_made_later() -> None:
    """Down at nine, up at ten: the next is at five."""
    pair = starting("2020-06-09T08:00+09:00")
    pair.nodes[SOUTH].kill()
    until(pair, "2020-06-09T10:00+09:00")
    pair.nodes[SOUTH].start()
    until(pair, "2020-06-09T16:00+09:00")
    assert count(pair.nodes[SOUTH]) == 0
    until(pair, "2020-06-09T17:30+09:00")
    assert count(pair.nodes[SOUTH]) == 1


def test_weekends_are_quiet_at_nine() -> None:
    """From Friday evening to Monday morning only the daily call."""
    pair = starting("2020-06-12T18:00+09:00")
    until(pair, "2020-06-15T08:00+09:00")
    assert count(pair.nodes[SOUTH]) == 2


def test_check_ins_follow_the_callers_own_clock() -> None:
    """A clock ten minutes fast calls ten minutes early, and puts its own time in the record."""
    pair = starting("2020-06-09T08:00+09:00")
    pair.skew_ms[SOUTH] = 600_000
    south = pair.nodes[SOUTH]
    south.turn(lambda: south.running.tick(south.now))
    until(pair, "2020-06-09T08:49+09:00")
    assert count(south) == 0
    until(pair, "2020-06-09T08:52+09:00")
    assert count(south) == 1


def test_an_amended_schedule_is_followed_from_its_time_on() -> None:
    """Agreed for ten o'clock: the nine o'clock call is made, the next ones by the new list."""
    pair = starting("2020-06-09T08:00+09:00")
    south = pair.nodes[SOUTH]
    effective_s = at("2020-06-09T10:00+09:00") // 1000
    noon = (CheckIn(12 * 3600, SOUTH, 1, "Asia/Seoul"),)
    offer = south.enact(AmendLine(line=LINE, effective_s=effective_s, check_ins=noon))
    pair.settle()
    pair.nodes[NORTH].enact(AcceptOffer(target=offer.id))
    pair.settle()
    until(pair, "2020-06-09T18:00+09:00")
    dues = sorted(due_s * 1000 for due_s, _ in south.ledger.calls[LINE].tries)
    assert dues == [at("2020-06-09T09:00+09:00"), at("2020-06-09T12:00+09:00")]


# ---- proposals


def proposed(pair: Pair, hours: int = 1) -> Entry:
    pair.nodes[NORTH].enact(CutLines(lines=(LINE,)))
    pair.settle()
    south = pair.nodes[SOUTH]
    offer = south.enact(ProposeRestoration(lines=(LINE,), effective_s=south.now.clock_s + hours * 3600))
    pair.settle()
    return offer


def stands(node: Node, offer: Entry) -> Standing:
    return standing(node.ledger, node.ledger.offers[offer.id])


def withdrawals(node: Node, side: int) -> int:
    assert node.store is not None
    kept = [entry.decode(x.data).body for x in node.store.replay() if x.place.side == side]
    return sum(isinstance(body, Withdraw) for body in kept)


def test_an_unaccepted_proposal_is_closed_at_its_time() -> None:
    """By its proposer's station, once, without any officer; nothing is lifted."""
    pair = starting("2020-06-09T10:00+09:00")
    offer = proposed(pair)
    pair.advance(HOUR_MS - 1_000, settling=True)
    assert stands(pair.nodes[NORTH], offer) is Standing.WAITING
    pair.advance(HOUR_MS, settling=True)
    assert {stands(node, offer) for node in pair.nodes} == {Standing.WITHDRAWN}
    assert withdrawals(pair.nodes[SOUTH], SOUTH) == 1
    assert pair.nodes[NORTH].running.formal(LINE, Lane.LIAISON, pair.nodes[NORTH].now) is Formal.SUSPENDED


def test_a_concluded_restoration_needs_no_timer() -> None:
    """At its time the line is open; nobody writes anything."""
    pair = starting("2020-06-09T10:00+09:00")
    offer = proposed(pair)
    pair.nodes[NORTH].enact(AcceptOffer(target=offer.id))
    pair.settle()
    heads = pair.nodes[NORTH].record.heads()
    pair.advance(HOUR_MS, settling=True)
    assert pair.nodes[NORTH].record.heads() == heads
    assert {node.running.formal(LINE, Lane.LIAISON, node.now) for node in pair.nodes} == {Formal.OPEN}


def test_a_withdrawal_due_while_down_is_written_at_start() -> None:
    """Down over the effective time: the proposal is closed when the station comes up."""
    pair = starting("2020-06-09T10:00+09:00")
    offer = proposed(pair)
    south = pair.nodes[SOUTH]
    south.kill()
    pair.advance(2 * HOUR_MS, settling=True)
    south.start()
    pair.advance(1_000, settling=True)
    assert stands(south, offer) is Standing.WITHDRAWN


@pytest.mark.parametrize("held_up", ["acceptance", "withdrawal"])
def test_an_acceptance_that_meets_the_withdrawal_comes_too_late(held_up: str) -> None:
    """Whichever is slower on its way, both sides read the same chain and say the same."""
    pair = starting("2020-06-09T10:00+09:00")
    offer = proposed(pair)
    pair.advance(HOUR_MS - 2_000, settling=True)
    pair.nodes[NORTH].enact(AcceptOffer(target=offer.id))
    slow = list(pair.flight)
    pair.flight.clear()
    pair.advance(2_000)
    if held_up == "acceptance":
        pair.settle()
    for parcel in slow:
        pair.deliver(parcel)
    pair.settle()
    assert {stands(node, offer) for node in pair.nodes} == {Standing.WITHDRAWN}
