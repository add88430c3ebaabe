"""The officers' watch: on, off, handed over at one moment, durable, and its gaps (spec 11.1)."""

from __future__ import annotations

import pytest

from openline.core.silence import Gap
from openline.ports import Now
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.station.watchkeeping import KEPT
from openline.wire.errors import Misuse, Refused
from openline.wire.said import say
from tests.accord_maker import made
from tests.unit.station.desks import Pair

PAK, RI = 0, 1
DESK, LINE = "duty desk", 0
NOBODY = say("nobody holds the watch, so nobody answers it")


def reopened(pair: Pair) -> Desk:
    """The same station, started again on the same store."""
    table = made()
    identity = Identity(table.signed, 0, table.keys[0].station, table.psk)
    desk = Desk(identity, pair.desks[0].ctx.store, pair.desks[0].ctx.entropy)
    desk.start(pair.now)
    return desk


def test_nobody_is_on_watch_at_first():
    """A new station is unattended, and says so to whoever needs an officer."""
    watch = Pair().desks[0].watchkeeping

    assert watch.officer_on_watch() is None
    with pytest.raises(Refused, match="nobody holds the watch"):
        watch.officer_for(LINE, None, NOBODY)
    assert watch.officer_for(LINE, RI, NOBODY) == RI


def test_a_handover_is_one_moment_and_names_both():
    """Coming on while another holds the watch ends that one at the very moment at which the new one begins."""
    pair = Pair()
    watch = pair.desks[0].watchkeeping
    first = watch.come_on(DESK, PAK)
    pair.wait(8 * 3_600_000)
    second = watch.come_on(DESK, RI)

    before, after = watch.watches.values()
    assert (before.officer, before.until_s) == (PAK, second.from_s)
    assert (after.officer, after.relieved, after.until_s) == (RI, PAK, None)
    assert second.from_s - first.from_s == 8 * 3600
    assert watch.officer_on_watch(LINE) == RI


def test_who_holds_the_watch_cannot_come_on_again():
    """A slip of the same officer records no handover."""
    watch = Pair().desks[0].watchkeeping
    watch.come_on(DESK, PAK)

    with pytest.raises(Refused, match="holds this watch already"):
        watch.come_on(DESK, PAK)
    assert len(watch.watches) == 1


def test_a_watch_outlives_a_restart():
    """Who is on watch, and the log, are read back from the store; no restart ends a watch."""
    pair = Pair()
    pair.desks[0].watchkeeping.come_on(DESK, PAK)
    pair.wait(60_000)
    pair.desks[0].watchkeeping.come_on(DESK, RI)
    pair.take(0)

    again = reopened(pair).watchkeeping

    assert again.watches == pair.desks[0].watchkeeping.watches
    assert again.officer_on_watch() == RI
    again.go_off(DESK)
    assert again.officer_on_watch() is None


def test_going_off_twice_is_refused():
    """A watch that nobody holds cannot be ended."""
    watch = Pair().desks[0].watchkeeping
    watch.come_on(DESK, PAK)
    watch.go_off(DESK)

    with pytest.raises(Refused, match="nobody holds this watch"):
        watch.go_off(DESK)


def test_the_only_post_need_not_be_named():
    """Where there is one post it is meant; one that the accord lacks is said to be unknown."""
    watch = Pair().desks[0].watchkeeping

    assert watch.post_named(None) == DESK
    with pytest.raises(Misuse, match="no post named gate"):
        watch.post_named("gate")


def test_gaps_are_between_watches_and_after_the_last():
    """What nobody watched is told from its first moment to its last; a handover leaves no gap."""
    pair = Pair()
    watch = pair.desks[0].watchkeeping
    start_s = pair.now_s
    watch.come_on(DESK, PAK)
    pair.wait(600_000)
    watch.come_on(DESK, RI)
    pair.wait(600_000)
    watch.go_off(DESK)
    pair.wait(300_000)
    assert watch.unattended(LINE, start_s) == [Gap(start_s + 1200, None)]
    watch.come_on(DESK, PAK)
    pair.wait(300_000)

    assert watch.unattended(LINE, start_s) == [Gap(start_s + 1200, start_s + 1500)]
    assert watch.unattended(LINE, start_s + 1300) == [Gap(start_s + 1300, start_s + 1500)]
    assert watch.unattended(LINE, start_s + 1500) == []


def test_a_handover_within_a_second_leaves_no_gap():
    """Two officers come on in one second: the watch that lasts is the later one, and nothing of it is unattended."""
    pair = Pair()
    watch = pair.desks[0].watchkeeping
    first = watch.come_on(DESK, PAK)
    watch.come_on(DESK, RI)

    assert watch.unattended(LINE, first.from_s) == []


def test_a_side_that_keeps_no_watch_here_has_no_gaps():
    """Before the first watch nothing is known of who watched, so nothing is said."""
    pair = Pair()
    pair.wait(600_000)

    assert pair.desks[0].watchkeeping.unattended(LINE, 0) == []


def test_a_clock_set_back_ends_no_watch_before_it_began():
    """A watch that ends at an earlier instant than it began, by a clock that was set back, lasted no time."""
    pair = Pair()
    desk = pair.desks[0]
    begun = desk.watchkeeping.come_on(DESK, PAK)
    desk.at(Now(pair.now_ms - 3_600_000, pair.now_ms + 1000))

    assert desk.watchkeeping.go_off(DESK).until_s == begun.from_s


def test_the_log_is_bounded():
    """The oldest watches are forgotten, in memory and in the store."""
    pair = Pair()
    watch = pair.desks[0].watchkeeping
    for _ in range(KEPT // 2 + 1):
        watch.come_on(DESK, PAK)
        watch.come_on(DESK, RI)
    pair.take(0)

    assert len(watch.watches) == KEPT
    assert len(pair.desks[0].ctx.store.metas("watch/")) == KEPT
