"""What a station heard is durable, counts where it was heard, and grows old by elapsed time (spec 11.1)."""

from __future__ import annotations

import pytest

from openline.core import silence
from openline.core.silence import Observed
from openline.station.alarms import Alarm
from openline.station.commands import SendMessage, SetPresence
from openline.wire.terms import Lane, Presence
from tests.simulation.pair import Node, Pair, Parcel

NORTH, SOUTH = 0, 1
MINUTE_MS = 60_000


@pytest.fixture
def pair() -> Pair:
    """Five minutes of pulses both ways on both lines."""
    pair = Pair()
    pair.settle()
    pulses(pair, 5)
    return pair


def pulses(pair: Pair, minutes: int, *, lines: tuple[int, ...] = (0, 1)) -> None:
    for _ in range(2 * minutes):
        for node in pair.nodes:
            for line in lines:
                node.turn(lambda node=node, line=line: node.running.paths.pulse(line))
        pair.settle()
        pair.now_ms += MINUTE_MS // 2


def observed(node: Node, line: int = 0) -> Observed:
    return silence.verdict(node.running.evidence(line, Lane.LIAISON, node.now), node.now.elapsed_ms)


def test_pulses_both_ways_are_through(pair: Pair) -> None:
    """On every line that has them, on both sides."""
    assert {observed(node, line) for node in pair.nodes for line in (0, 1)} == {Observed.THROUGH}


def test_a_line_without_pulses_is_not_through_while_another_is(pair: Pair) -> None:
    """A pulse counts on its own line; there it says that the path of the other is down."""
    pulses(pair, 5, lines=(1,))
    north = pair.nodes[NORTH]
    assert (observed(north, 0), observed(north, 1)) == (Observed.PATH_DOWN, Observed.THROUGH)


def test_other_bundles_count_for_their_carrier_alone(pair: Pair) -> None:
    """A message shows that they are alive by that carrier, and nothing of any line."""
    before = dict(pair.nodes[NORTH].running.watch.lines)
    pair.now_ms += MINUTE_MS
    pair.nodes[SOUTH].enact(SendMessage(line=0, text="Good morning."))
    pair.settle()
    watch = pair.nodes[NORTH].running.watch
    assert watch.lines == before
    assert watch.carriers[0] == pair.now_ms


def test_a_restart_forgets_nothing(pair: Pair) -> None:
    """Last pulses, echoes, and that a line was through, are kept; the minutes of the outage are added to their age."""
    north = pair.nodes[NORTH]
    before = {line: pair.now_ms - at for line, at in north.running.watch.lines.items()}
    through = dict(north.running.watch.through_s)
    north.kill()
    pair.now_ms += MINUTE_MS
    north.start()
    watch = north.running.watch
    assert {line: pair.now_ms - at for line, at in watch.lines.items()} == {
        line: age + MINUTE_MS for line, age in before.items()
    }
    assert watch.through_s == through


def test_after_a_start_a_station_has_not_watched(pair: Pair) -> None:
    """Until three intervals have passed or something of theirs has come on the line."""
    north = pair.nodes[NORTH]
    north.kill()
    north.start()
    pair.flight.clear()
    assert observed(north) is Observed.NOT_WATCHING
    pulses(pair, 1)
    assert observed(north) is Observed.THROUGH


def test_a_step_of_the_clock_ages_nothing(pair: Pair) -> None:
    """Ages are elapsed time: an hour forward or back changes no verdict."""
    for skew_ms in (3_600_000, -3_600_000):
        pair.skew_ms[NORTH] = skew_ms
        assert observed(pair.nodes[NORTH]) is Observed.THROUGH


def test_withheld_presence_sends_nothing_and_is_said(pair: Pair) -> None:
    """No pulse leaves; the record says so to the other side, also after a restart."""
    south = pair.nodes[SOUTH]
    south.enact(SetPresence(mode=Presence.WITHHELD))
    pair.settle()
    south.kill()
    south.start()
    pair.settle()
    south.turn(south.running.paths.pulse_all)
    assert pair.flight == []
    pair.now_ms += 10 * MINUTE_MS
    assert observed(pair.nodes[NORTH]) is Observed.NOT_EXPECTED


def test_what_does_not_open_is_not_heard(pair: Pair) -> None:
    """Noise on a carrier is no sign of life."""
    pair.now_ms += 10 * MINUTE_MS
    north, south = pair.nodes
    south.turn(lambda: south.running.paths.pulse(0))
    [parcel, *_] = pair.flight
    pair.deliver(parcel._replace(data=parcel.data[:-1] + bytes([parcel.data[-1] ^ 1])))
    assert observed(north) is Observed.CANNOT_TELL
    pair.deliver(parcel)
    assert observed(north) is not Observed.CANNOT_TELL


def test_a_bundle_that_a_carrier_repeats_is_no_sign_of_life(pair: Pair) -> None:
    """Their station is gone and the network plays its last pulses over and over: nothing of that is heard."""
    north, south = pair.nodes
    south.turn(lambda: [south.running.paths.pulse(line) for line in (0, 1)])
    kept = list(pair.flight)
    pair.settle()
    south.kill()
    for _ in range(10):
        pair.now_ms += MINUTE_MS
        for parcel in kept:
            pair.deliver(parcel)
    assert observed(north) is Observed.CANNOT_TELL
    assert Alarm.PEER_SILENT in north.running.alarms(north.now)


def test_our_own_probes_are_evidence(pair: Pair) -> None:
    """Nothing of theirs for three intervals, and our reference points do not answer: our side is cut."""
    north = pair.nodes[NORTH]
    pair.now_ms += 10 * MINUTE_MS
    north.turn(lambda: north.running.paths.probed(False, north.now))
    assert observed(north) is Observed.OUR_SIDE_CUT
    north.turn(lambda: north.running.paths.probed(True, north.now))
    assert observed(north) is Observed.CANNOT_TELL


def test_a_relays_word_is_evidence(pair: Pair) -> None:
    """It says that they are not attached; out of touch, its word counts no more."""
    north = pair.nodes[NORTH]
    pair.now_ms += 10 * MINUTE_MS
    north.turn(lambda: north.running.paths.relay_word(1, True, False, north.now))
    assert observed(north) is Observed.THEIR_STATION_DOWN
    north.turn(lambda: north.running.paths.relay_word(1, False, None, north.now))
    assert observed(north) is Observed.CANNOT_TELL


@pytest.mark.parametrize("crossing", [1, 3, 40])
def test_answers_to_pulses_do_not_answer_each_other(pair: Pair, crossing: int) -> None:
    """However many intervals a path takes, each side sends no more than one answer beside each pulse that is due."""
    under_way: list[tuple[int, Parcel]] = []
    sent: list[int] = []
    for minute in range(4 * crossing + 10):
        for node in pair.nodes:
            node.turn(lambda node=node: node.running.paths.pulse(0))
        while under_way and under_way[0][0] <= minute:
            pair.deliver(under_way.pop(0)[1])
        under_way += [(minute + crossing, parcel) for parcel in pair.flight]
        sent.append(len(pair.flight))
        pair.flight.clear()
        pair.now_ms += MINUTE_MS
    assert max(sent[-5:]) <= 2 * sent[0]


def test_who_asks_without_end_is_answered_now_and_then(pair: Pair) -> None:
    """A thousand pulses that show a want at once are answered a few times, and again when time has passed."""
    watch = pair.nodes[NORTH].running.watch
    at_once = sum(watch.may_answer(0) for _ in range(1_000))
    assert 1 <= at_once <= 10
    pair.now_ms += MINUTE_MS
    pair.nodes[NORTH].turn(lambda: None)
    pair.nodes[NORTH].running.ctx.now = pair.nodes[NORTH].now
    assert [watch.may_answer(0) for _ in range(2)] == [True, False]
