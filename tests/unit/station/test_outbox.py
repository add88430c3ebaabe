"""Stage five: which way an entry goes, and when it goes again (spec 5.1, 5.2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openline.station import commands as c
from openline.station.retry import EVERY_MS, FIRST_MS, Retry
from openline.wire.bundle import Have, Payload
from openline.wire.terms import Precedence
from tests.unit.station.desks import COPPER, SATELLITE, Pair

NORTH, SOUTH = 0, 1


def message(**given_: object) -> c.SendMessage:
    return c.SendMessage(line=0, text="all quiet", **given_)  # type: ignore[arg-type]


def paths(pair: Pair) -> list[int]:
    """By which carriers South sent entries since the last look."""
    found = [send.carrier for side, send in pair.sent if side == SOUTH and send.upto is not None]
    pair.sent.clear()
    return found


def test_the_best_live_carrier_is_first_and_the_rest_follow_after_five_seconds():
    """What is not acknowledged goes by every carrier that is up at 5, 10, 20, 40 s and then every minute."""
    pair = Pair(up=(COPPER, SATELLITE))
    pair.act(SOUTH, message())
    assert paths(pair) == [COPPER]

    rounds = []
    for second in range(1, 221):
        pair.wait(1_000)
        if paths(pair) == [COPPER, SATELLITE]:
            rounds.append(second)

    assert rounds == [5, 10, 20, 40, 100, 160, 220]


def test_flash_goes_by_every_carrier_at_once():
    """FLASH waits for no retry."""
    pair = Pair(up=(COPPER, SATELLITE))

    pair.act(SOUTH, message(precedence=Precedence.FLASH))

    assert sorted(paths(pair)) == [COPPER, SATELLITE]


def test_nothing_is_repeated_once_it_is_held():
    """An acknowledgement by the other side ends the rounds, and so does its hint."""
    pair = Pair()
    pair.act(SOUTH, message())
    pair.deliver()

    for _ in range(10):
        pair.wait(10_000)
        assert paths(pair) == []


def test_an_acknowledgement_alone_is_not_acknowledged():
    """The exchange of one message ends by itself: message, acknowledgement, hint."""
    pair = Pair()
    pair.act(SOUTH, message())

    assert pair.deliver() <= 4
    assert [desk.ctx.record.count for desk in pair.desks] == [2, 2]


def test_a_new_entry_puts_no_older_round_off():
    """Steady traffic does not keep what waits from being sent again."""
    pair = Pair(up=(COPPER, SATELLITE))
    again = 0
    for _ in range(10):
        pair.act(SOUTH, message())
        paths(pair)
        pair.wait(2_000)
        again += SATELLITE in paths(pair)

    assert again >= 3


def test_what_a_relay_keeps_is_not_sent_to_it_again():
    """A relay's word that it keeps an entry saves sending it, until somebody attaches."""
    pair = Pair(up=(SATELLITE,))
    entry = pair.act(SOUTH, message())
    pair.sent.clear()
    pair.desks[SOUTH].outbox.kept_by_relay(SATELLITE, (-1, -1), (entry.gen, entry.seq))

    for _ in range(8):
        pair.wait(15_000)

    assert paths(pair) == []


def test_a_false_hint_that_they_hold_more_of_our_chain_gags_us_for_a_minute_and_once():
    """They cannot keep us from cutting by claiming entries of ours that do not exist."""
    pair = Pair()
    north, south = pair.desks
    for round_ in range(3):
        claim = Payload(have=(Have(SOUTH, 0, 100 + round_, bytes(8)),), holds_epoch=north.sealer.newest)
        south.arrive(COPPER, north.sealer.seal(claim), pair.now)
        pair.take(SOUTH)
        pair.sent.clear()
        assert south.ctx.restoring is (round_ == 0)
        pair.wait(60_000)

    pair.act(SOUTH, c.CutLines(lines=None))

    assert len(south.ctx.record.ledger.suspensions) == 1


@given(st.lists(st.integers(0, 200_000), max_size=30))
def test_rounds_only_move_forward(waits):
    """However late a round is noticed, the next is the first that is still to come."""
    retry, now = Retry(), 0
    retry.begin(0)
    for wait in waits:
        now += wait
        fired = retry.fires(now)
        due = retry.next_ms()
        assert due is not None
        assert due > now
        assert fired or due <= now + EVERY_MS + FIRST_MS[-1]
