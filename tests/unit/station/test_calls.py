"""Calls: ring, rang, answered or not, ended, sealed; every attempt an entry of its caller (spec 5.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from openline.core.agenda import next_due
from openline.core.explain import explain
from openline.core.ledger import Attempt
from openline.core.release import by_station
from openline.core.silence import History
from openline.station.callbook import KEPT, CallBook
from openline.station.calls import IN_USE, RINGING_MAX
from openline.station.commands import CutLines, SendMessage
from openline.wire import entry
from openline.wire.bodies import Body, Call, Seal
from openline.wire.bundle import Act, Payload, Signal
from openline.wire.errors import Refused
from openline.wire.limits import TIME_S_MAX
from openline.wire.terms import Lane, Outcome, Phase
from tests.simulation.pair import Node, Pair, Parcel

NORTH, SOUTH = 0, 1
LINE = 0
RING_MS = TALK_MS = 60_000


@pytest.fixture
def pair() -> Pair:
    """Two stations at noon on a working day, between the check-ins."""
    pair = Pair()
    pair.settle()
    pair.now_ms = int(datetime.fromisoformat("2020-06-09T12:00+09:00").timestamp()) * 1000
    for node in pair.nodes:
        node.kill()
        node.start()
    pair.settle()
    return pair


def ring(pair: Pair, side: int = SOUTH, lane: Lane = Lane.LIAISON) -> bytes:
    node, made = pair.nodes[side], []
    node.turn(lambda: made.append(node.running.place_call(LINE, lane, node.now)[0]))
    return made[0]


def pick_up(pair: Pair, call_id: bytes, phase: Phase, side: int = NORTH) -> None:
    node = pair.nodes[side]
    node.turn(lambda: node.running.pick_up(call_id, phase, node.now))


def last(node: Node, side: int = SOUTH) -> Attempt | None:
    return node.ledger.calls[LINE].last.get(side)


def bodies_of(node: Node, side: int) -> list[object]:
    assert node.store is not None
    return [entry.decode(kept.data).body for kept in node.store.replay() if kept.place.side == side]


def test_a_ring_is_heard_and_said_so(pair: Pair) -> None:
    """The called station's signed word that it rang comes back within a round trip; nothing is recorded yet."""
    call_id = ring(pair)
    pair.settle()
    assert [x.call_id for x in pair.nodes[NORTH].running.calls.ringing_here()] == [call_id]
    assert pair.nodes[SOUTH].running.calls.placed[call_id].rang is not None
    assert last(pair.nodes[SOUTH]) is None


@pytest.mark.parametrize(
    ("phase", "outcome"), [(Phase.DECLINED, Outcome.DECLINED), (Phase.DEFERRED, Outcome.DEFERRED)]
)
def test_declined_and_deferred_end_it_at_once(pair: Pair, phase: Phase, outcome: Outcome) -> None:
    """The caller's entry carries the other side's signed words, so that neither can deny."""
    call_id = ring(pair)
    pair.settle()
    pick_up(pair, call_id, phase)
    pair.settle()
    for node in pair.nodes:
        attempt = last(node)
        assert attempt is not None
        assert attempt.outcome is outcome
    [call] = [x for x in bodies_of(pair.nodes[NORTH], SOUTH) if isinstance(x, Call)]
    assert call.rang is not None
    assert call.final is not None
    assert call.final.phase == phase


def test_an_answered_call_ends_with_both_seals(pair: Pair) -> None:
    """After its minute: the caller's entry and seal, then the other side's seal, which names it."""
    call_id = ring(pair)
    pair.settle()
    pick_up(pair, call_id, Phase.ANSWERED)
    pair.settle()
    assert last(pair.nodes[SOUTH]) is None
    pair.advance(TALK_MS, settling=True)
    attempt = last(pair.nodes[NORTH])
    assert attempt is not None
    assert attempt.outcome is Outcome.ANSWERED
    seals = [x for side in (SOUTH, NORTH) for x in bodies_of(pair.nodes[NORTH], side) if isinstance(x, Seal)]
    assert [seal.closes is None for seal in seals] == [True, False]
    assert list(pair.nodes[SOUTH].ledger.calls[LINE].second_seals) == [seals[1].closes]


def test_nobody_answers(pair: Pair) -> None:
    """It rang for its minute: the outcome is on the caller's record, and the ringing stops."""
    ring(pair)
    pair.settle()
    pair.advance(RING_MS, settling=True)
    attempt = last(pair.nodes[SOUTH])
    assert attempt is not None
    assert attempt.outcome is Outcome.RANG_UNANSWERED
    assert pair.nodes[NORTH].running.calls.ringing_here() == []


def test_a_call_that_never_rang_is_on_record_too(pair: Pair) -> None:
    """No word of theirs came: never rung, which says nothing of them; it was rung again every five seconds."""
    ring(pair)
    rings = 0
    for _ in range(12):
        rings += len(pair.flight) > 0
        pair.flight.clear()
        pair.advance(5_000)
    attempt = last(pair.nodes[SOUTH])
    assert attempt is not None
    assert attempt.outcome is Outcome.NOT_RUNG
    assert rings == 12


def test_a_ring_of_a_minute_ago_rings_nothing(pair: Pair) -> None:
    """Its age is in it; late, it is passed over."""
    late = Signal(Act.RING, b"12345678", LINE, 0, 0, RING_MS, None)
    bundle = pair.nodes[SOUTH].running.sealer.seal(Payload(signals=(late,)))
    pair.deliver(Parcel(NORTH, 0, bundle))
    assert pair.nodes[NORTH].running.calls.ringing_here() == []


def test_a_ring_that_a_carrier_repeats_rings_once(pair: Pair) -> None:
    """At once or hours later: a call has its id, and rings no second time."""
    ring(pair)
    kept = list(pair.flight)
    pair.settle()
    pair.advance(3 * 3_600_000 // 2, settling=True)
    pair.nodes[NORTH].told.clear()
    for parcel in kept:
        pair.deliver(parcel)
    assert pair.nodes[NORTH].running.calls.ringing_here() == []
    assert [event for event in pair.nodes[NORTH].told if event.what == "ringing"] == []


def test_a_flood_of_rings_is_bounded(pair: Pair) -> None:
    """A hostile peer may ring with as many ids as it likes: no more ring here than there can be lines."""
    sealer = pair.nodes[SOUTH].running.sealer
    for batch in range(4):
        ids = [(batch * 64 + number).to_bytes(8, "big") for number in range(64)]
        signals = tuple(Signal(Act.RING, x, LINE, 0, 0, 0, None) for x in ids)
        pair.deliver(Parcel(NORTH, 0, sealer.seal(Payload(signals=signals))))
    assert len(pair.nodes[NORTH].running.calls.ringing) == RINGING_MAX


def test_a_lost_answer_is_said_again_until_it_is_heard(pair: Pair) -> None:
    """The word that they answered was lost on the way: it is repeated within five seconds."""
    call_id = ring(pair)
    pair.settle()
    pick_up(pair, call_id, Phase.ANSWERED)
    pair.flight.clear()
    pair.advance(5_000, settling=True)
    assert pair.nodes[SOUTH].running.calls.placed[call_id].answered_ms is not None


def test_a_word_that_the_other_station_did_not_sign_counts_for_nothing(pair: Pair) -> None:
    """Said by the caller of itself, or about another call: the call goes on ringing."""
    call_id = ring(pair)
    pair.settle()
    pick_up(pair, call_id, Phase.ANSWERED)
    south, north = pair.nodes[SOUTH], pair.nodes[NORTH]
    honest = next(s for x in pair.flight for s in south.running.sealer.open(x.data).signals if s.word is not None)
    assert honest.word is not None
    pair.flight.clear()
    false = honest._replace(word=honest.word._replace(time_s=honest.word.time_s + 1))
    pair.deliver(Parcel(SOUTH, 0, north.running.sealer.seal(Payload(signals=(false,)))))
    assert south.running.calls.placed[call_id].final is None
    assert any(event.what == "strange" for event in south.told)


def test_a_caller_that_dies_records_its_attempt_at_the_next_start(pair: Pair) -> None:
    """The attempt was durable before the first ring left."""
    ring(pair)
    south = pair.nodes[SOUTH]
    south.kill()
    south.start()
    attempt = last(south)
    assert attempt is not None
    assert attempt.outcome is Outcome.INTERRUPTED
    south.kill()
    south.start()
    assert sum(isinstance(x, Call) for x in bodies_of(south, SOUTH)) == 1


def test_an_unscheduled_call_is_refused_on_a_cut_lane_and_not_on_safety(pair: Pair) -> None:
    """Distress is never refused: a call on the cut safety lane goes out with a warning."""
    pair.nodes[NORTH].enact(CutLines(lines=None, lanes=(Lane.LIAISON, Lane.SAFETY)))
    pair.settle()
    with pytest.raises(Refused, match="suspended"):
        ring(pair)
    node = pair.nodes[SOUTH]
    assert node.running.check_call(LINE, Lane.SAFETY, node.now) != ()


def test_a_caller_hangs_up(pair: Pair) -> None:
    """The other desk falls silent; the attempt says how far it got."""
    call_id = ring(pair)
    pair.settle()
    south = pair.nodes[SOUTH]
    south.turn(lambda: south.running.calls.hang_up(call_id))
    pair.settle()
    attempt = last(south)
    assert attempt is not None
    assert attempt.outcome is Outcome.RANG_UNANSWERED
    assert pair.nodes[NORTH].running.calls.ringing_here() == []
    assert pair.nodes[NORTH].told[-1].what in ("silenced", "log")


def test_a_message_is_no_call(pair: Pair) -> None:
    """Nothing rings but a ring."""
    pair.nodes[SOUTH].enact(SendMessage(line=LINE, text="Good morning."))
    pair.settle()
    assert pair.nodes[NORTH].running.calls.ringing == {}


@pytest.mark.parametrize("due_s", [253_402_300_800, TIME_S_MAX])
def test_a_call_for_a_time_beyond_any_calendar(pair: Pair, due_s: int) -> None:
    """The other side says for when it calls: answered, sealed and read again at a start like any other call."""
    south, north, made = pair.nodes[SOUTH], pair.nodes[NORTH], list[bytes]()
    south.turn(lambda: made.append(south.running.calls.place(LINE, Lane.LIAISON, due_s)))
    pair.settle()
    pick_up(pair, made[0], Phase.ANSWERED)
    pair.settle()
    south.turn(lambda: south.running.calls.hang_up(made[0]))
    pair.settle()
    north.kill()
    north.start()
    assert [x.due_s for x in bodies_of(north, NORTH) if isinstance(x, Seal)] == [due_s]


def hostile(pair: Pair, *written: Body) -> None:
    """The south writes what no station of ours would."""
    south = pair.nodes[SOUTH]
    south.turn(lambda: [south.running.ctx.append(by_station(each)) for each in written])
    pair.settle()


def test_what_they_write_of_our_check_in_keeps_it_from_nothing(pair: Pair) -> None:
    """An entry of theirs with the time of a check-in that is ours to make: it is rung when it is due all the same."""
    south, north = pair.nodes[SOUTH], pair.nodes[NORTH]
    due_s = next_due(south.ledger, LINE, south.now.clock_s, SOUTH)
    assert due_s is not None
    written = Call(line=LINE, call_id=b"12345678", started_s=due_s, outcome=Outcome.ANSWERED, due_s=due_s)
    north.turn(lambda: north.running.ctx.append(by_station(written)))
    pair.settle()
    pair.advance(due_s * 1000 - pair.now_ms + 1_000, settling=True)
    assert [call.due_s for call in south.running.calls.placed.values()] == [due_s]


def test_they_tell_of_their_own_calls_alone(pair: Pair) -> None:
    """Entries under the id of a call of ours, seals of both kinds by one hand, and hundreds of calls that never were:
    ours is told as it was, and what no word of ours says is told as theirs alone."""
    north, made = pair.nodes[NORTH], list[bytes]()
    book = CallBook(north.running)
    north.turn(lambda: made.append(north.running.place_call(LINE, Lane.LIAISON, north.now)[0]))
    pair.settle()
    pair.advance(RING_MS, settling=True)
    calls = [Call(call_id=n.to_bytes(8, "big"), started_s=1, outcome=Outcome.DECLINED) for n in range(KEPT + 1)]
    hostile(pair, *calls, Call(call_id=made[0], started_s=1, outcome=Outcome.ANSWERED), Seal(call_id=made[0]))
    sealed = pair.nodes[SOUTH].record.cursors[SOUTH].head
    assert sealed is not None
    hostile(pair, Seal(call_id=made[0], closes=sealed.id))
    told = [each for each in book.last(2 * KEPT) if each.id == made[0]]
    assert [(each.caller, each.state, each.attested, each.sealed) for each in told] == [
        (SOUTH, "answered", False, False), (NORTH, "rang_unanswered", True, False),
    ]  # fmt: skip
    assert book.one(made[0]) == told[1]


def test_a_check_in_of_theirs_counts_by_a_word_of_ours_alone(pair: Pair) -> None:
    """Answered, unanswered and declined check-ins that the south made up change no count of ours and are told apart;
    one that we did not pick up counts by our signed word that it rang, before and after a restart."""
    north, south = pair.nodes[NORTH], pair.nodes[SOUTH]
    due_s = next_due(south.ledger, LINE, south.now.clock_s, SOUTH)
    assert due_s is not None
    pair.advance(due_s * 1000 - pair.now_ms + 1_000, settling=True)
    pair.advance(RING_MS, settling=True)
    real = south.ledger.calls[LINE].tries[due_s, SOUTH]
    assert real.outcome is Outcome.RANG_UNANSWERED

    def counted() -> History:
        return north.running.evidence(LINE, Lane.LIAISON, north.now).history

    assert counted() == History(silences=0, in_a_row=1)
    outcomes = (Outcome.ANSWERED, Outcome.DECLINED, Outcome.NOT_RUNG, Outcome.RANG_UNANSWERED)
    made_up = [
        replace(real, call_id=bytes([n]) * 8, due_s=due_s + n, outcome=outcome)
        for n, outcome in enumerate(outcomes, start=1)
    ]
    hostile(pair, *made_up, replace(real, call_id=bytes(8), due_s=due_s + 9, rang=None))
    for _ in range(2):
        assert counted() == History(silences=0, in_a_row=1, their_word=5)
        told = explain(north.running.evidence(LINE, Lane.LIAISON, north.now), north.now.elapsed_ms).cannot_know
        assert any("of 5 only they tell" in sentence for sentence in told)
        north.kill()
        north.start()


def test_a_line_in_use_is_not_rung_again(pair: Pair) -> None:
    """Whoever would ring it, from either side, is led to the call that lasts: while it rings, and while it is spoken;
    the other lane is another place, and after its end the line rings anew."""
    first = ring(pair)
    pair.settle()
    assert ring(pair) == first
    assert ring(pair, NORTH) == first
    pick_up(pair, first, Phase.ANSWERED)
    pair.settle()
    assert {ring(pair), ring(pair, NORTH)} == {first}
    assert len(pair.nodes[NORTH].running.calls.ringing) == 1
    assert ring(pair, lane=Lane.SAFETY) != first

    pair.nodes[SOUTH].turn(lambda: pair.nodes[SOUTH].running.hang_up(first, pair.nodes[SOUTH].now))
    pair.settle()
    assert ring(pair) != first


def test_who_is_led_to_a_call_is_told_so(pair: Pair) -> None:
    """The answer names the call and says that nothing was rung; a cut that came meanwhile hides no call that lasts."""
    south = pair.nodes[SOUTH]
    call_id = ring(pair)
    pair.settle()
    south.enact(CutLines(lines=(LINE,)))
    told: list[tuple[bytes, tuple[str, ...]]] = []
    south.turn(lambda: told.append(south.running.place_call(LINE, Lane.LIAISON, south.now)))
    assert told == [(call_id, (IN_USE,))]
