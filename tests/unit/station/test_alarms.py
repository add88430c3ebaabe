"""Each alarm sounds when a person must act, and falls silent when that is done (spec 8.3, DESIGN §9)."""

from __future__ import annotations

from datetime import datetime

import pytest

from openline.station.alarms import Alarm
from openline.station.commands import CutLines, SendAnswer, SendMessage, SetPresence
from openline.wire.terms import Lane, Phase, Precedence, Presence
from tests.simulation.media import Memory
from tests.simulation.pair import Node, Pair

NORTH, SOUTH = 0, 1
MINUTE_MS = 60_000
LINE = 0


@pytest.fixture
def pair() -> Pair:
    """Noon on a working day; every pulse is carried by `pulses` below."""
    pair = Pair()
    pair.settle()
    pair.now_ms = int(datetime.fromisoformat("2020-06-09T12:00+09:00").timestamp()) * 1000
    for node in pair.nodes:
        node.kill()
        node.start()
    pair.settle()
    pulses(pair, 4)
    return pair


def pulses(pair: Pair, minutes: int, *, senders: tuple[int, ...] = (NORTH, SOUTH)) -> None:
    """So many minutes of pulses, every half minute."""
    for _ in range(2 * minutes):
        for side in senders:
            node = pair.nodes[side]
            if node.desk is not None:
                node.turn(node.desk.paths.pulse_all)
        pair.settle()
        pair.advance(MINUTE_MS // 2, settling=True)


def sounds(node: Node) -> set[Alarm]:
    return node.running.alarms(node.now) - {Alarm.CHECK_IN_MISSED}  # nobody picked up at nine: its own test


def test_a_quiet_day_sounds_nothing(pair: Pair) -> None:
    """Pulses both ways, equal heads, clocks alike."""
    assert [sounds(node) for node in pair.nodes] == [set(), set()]


def test_flash_unread(pair: Pair) -> None:
    """From when a FLASH came until an officer opened it; with its receiver only."""
    entry = pair.nodes[SOUTH].enact(SendMessage(line=LINE, text="Boat adrift.", precedence=Precedence.FLASH))
    pair.settle()
    north = pair.nodes[NORTH]
    assert sounds(north) == {Alarm.FLASH_UNREAD}
    assert sounds(pair.nodes[SOUTH]) == set()
    north.turn(lambda: north.running.show(entry.id, north.now))
    assert sounds(north) == set()


def test_call_ringing(pair: Pair) -> None:
    """While it rings here, and no longer than it rings."""
    south, north = pair.nodes[SOUTH], pair.nodes[NORTH]
    south.turn(lambda: south.running.place_call(LINE, Lane.LIAISON, south.now))
    pair.settle()
    assert sounds(north) == {Alarm.CALL_RINGING}
    [ring] = north.running.calls.ringing_here()
    north.turn(lambda: north.running.pick_up(ring.call_id, Phase.DECLINED, north.now))
    assert sounds(north) == set()


def test_immediate_overdue(pair: Pair) -> None:
    """Past half its due time without an answer, at its receiver; an answer ends it."""
    entry = pair.nodes[SOUTH].enact(
        SendMessage(line=LINE, text="Answer soon.", precedence=Precedence.IMMEDIATE, due_s=600)
    )
    pair.settle()
    pulses(pair, 5)
    assert sounds(pair.nodes[NORTH]) == set()
    pulses(pair, 1)
    assert sounds(pair.nodes[NORTH]) == {Alarm.IMMEDIATE_OVERDUE}
    assert sounds(pair.nodes[SOUTH]) == set()
    pair.nodes[NORTH].enact(SendAnswer(to=entry.id, text="Here it is."))
    assert sounds(pair.nodes[NORTH]) == set()


def test_check_in_missed_until_the_next_completes(pair: Pair) -> None:
    """Five minutes after a check-in that was not completed, on both sides; a completed one ends it."""
    five = int(datetime.fromisoformat("2020-06-09T17:00+09:00").timestamp()) * 1000
    pair.advance(five - 1_000 - pair.now_ms, settling=True)
    for node in pair.nodes:
        assert Alarm.CHECK_IN_MISSED in node.running.alarms(node.now)  # since nine in the morning: nobody was up
    pair.advance(2_000, settling=True)
    north = pair.nodes[NORTH]
    [ring] = north.running.calls.ringing_here()
    north.turn(lambda: north.running.pick_up(ring.call_id, Phase.ANSWERED, north.now))
    pair.settle()
    pair.advance(2 * MINUTE_MS, settling=True)
    for node in pair.nodes:
        assert Alarm.CHECK_IN_MISSED not in node.running.alarms(node.now)


def test_what_was_due_before_the_first_start_is_nobodys_omission() -> None:
    """Stations that come up for the first time a week after the founding miss nothing of that week, and miss what is
    due from then on; across restarts, too."""
    late = Pair()
    for node in late.nodes:
        node.kill()
        node.medium = Memory()  # as if it had never run
    late.now_ms = int(datetime.fromisoformat("2020-06-17T12:00+09:00").timestamp()) * 1000
    for _ in range(2):
        for node in late.nodes:
            node.kill()
            node.start()
        assert [Alarm.CHECK_IN_MISSED in node.running.alarms(node.now) for node in late.nodes] == [False, False]
    late.advance(6 * 60 * MINUTE_MS)  # the check-in at 17:00, and nothing is carried
    for node in late.nodes:
        node.kill()
        node.start()
        assert Alarm.CHECK_IN_MISSED in node.running.alarms(node.now)


def test_a_station_that_comes_back_to_a_lost_record_had_its_duty_before(pair: Pair) -> None:
    """An empty store is no first start where the record is to be fetched back: what was missed stays missed."""
    north = pair.nodes[NORTH]
    assert Alarm.CHECK_IN_MISSED in north.running.alarms(north.now)
    north.restore(Memory())
    pair.settle()
    assert Alarm.CHECK_IN_MISSED in north.running.alarms(north.now)


def test_peer_silent(pair: Pair) -> None:
    """Nothing of theirs by live or relay for three of the longest intervals; their next word ends it."""
    pulses(pair, 2, senders=())  # and half a minute since the last one
    assert Alarm.PEER_SILENT not in sounds(pair.nodes[NORTH])
    pulses(pair, 1, senders=())
    assert Alarm.PEER_SILENT in sounds(pair.nodes[NORTH])
    pulses(pair, 1)
    assert Alarm.PEER_SILENT not in sounds(pair.nodes[NORTH])


@pytest.mark.parametrize("why", ["cut", "withheld"])
def test_silence_that_is_not_expected_to_end_sounds_nothing(pair: Pair, why: str) -> None:
    """They withhold presence, or every lane of every line is cut: nobody has to act."""
    south = pair.nodes[SOUTH]
    if why == "cut":
        south.enact(CutLines(lines=None, lanes=(Lane.LIAISON, Lane.SAFETY)))
    else:
        south.enact(SetPresence(mode=Presence.WITHHELD))
    pair.settle()
    pulses(pair, 10, senders=())
    assert Alarm.PEER_SILENT not in sounds(pair.nodes[NORTH])


def test_heads_differ(pair: Pair) -> None:
    """Alive for five minutes, and what one wrote does not reach the other."""
    pair.nodes[NORTH].enact(SendMessage(line=LINE, text="Lost on the way."))
    for _ in range(12):
        for node in pair.nodes:
            node.turn(node.running.paths.pulse_all)
        north = pair.nodes[NORTH].running
        pair.flight = [x for x in pair.flight if x.to == NORTH or not _entries(pair, x.data)]
        pair.settle()
        pair.now_ms += MINUTE_MS // 2
    assert north.ctx.record is pair.nodes[NORTH].record
    assert sounds(pair.nodes[NORTH]) == {Alarm.HEADS_DIFFER}
    pair.advance(2 * MINUTE_MS, settling=True)
    pulses(pair, 1)
    assert sounds(pair.nodes[NORTH]) == set()


def _entries(pair: Pair, bundle: bytes) -> bool:
    return bool(pair.nodes[SOUTH].running.sealer.open(bundle).entries)


def test_clock_offset(pair: Pair) -> None:
    """Their clock, less the known latency, more than two seconds from ours: on both sides, as either sees it."""
    pair.skew_ms[SOUTH] = 1_900
    pulses(pair, 1)
    assert [sounds(node) for node in pair.nodes] == [set(), set()]
    pair.skew_ms[SOUTH] = 2_400
    pulses(pair, 1)
    assert [sounds(node) for node in pair.nodes] == [{Alarm.CLOCK_OFFSET}] * 2
