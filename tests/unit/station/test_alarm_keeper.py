"""The keeper of alarms: beginning, repeating, acknowledged at once for all, asking again, durable (spec 8.5)."""

from __future__ import annotations

from openline.ports import Now
from openline.station.alarm_keeper import AlarmKeeper, Sounding
from openline.station.alarms import CAUSES_MAX, Alarm
from openline.station.commands import SendMessage
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.wire.terms import Lane, Phase, Precedence
from tests.accord_maker import made
from tests.unit.station.desks import Pair

NORTH, SOUTH = 0, 1
PAK, RI = 0, 1
LINE = 0
AGAIN_S = 900


def keeper(pair: Pair, side: int = NORTH) -> AlarmKeeper:
    return AlarmKeeper(pair.desks[side], AGAIN_S)


def told_by(kept: AlarmKeeper) -> list[tuple[str, str]]:
    """What people are to be told, but for the check-ins that nobody makes in these tests."""
    told = [(each.event, each.sounding.cause.alarm.value) for each in kept.take_told()]
    return [each for each in told if each[1] != "check_in_missed"]


def held(kept: AlarmKeeper) -> list[Sounding]:
    return [each for each in kept.sounding.values() if each.cause.alarm is not Alarm.CHECK_IN_MISSED]


def look(kept: AlarmKeeper, pair: Pair, after_ms: int = 0) -> list[tuple[str, str]]:
    """Time passes in which pulses come and go as they do; then what people are told."""
    pair.now_ms += after_ms
    for side, desk in enumerate(pair.desks):
        desk.at(pair.now)
        desk.paths.pulse_all()
        pair.take(side)
    pair.deliver()
    kept.desk.at(pair.now)
    kept.look(pair.now)
    pair.take(pair.desks.index(kept.desk))
    return told_by(kept)


def flash(pair: Pair, text: str = "now") -> bytes:
    entry = pair.act(SOUTH, SendMessage(line=LINE, text=text, precedence=Precedence.FLASH))
    pair.deliver()
    return entry.id


def test_a_flash_sounds_until_it_is_opened():
    """It begins at once, sounds each ten seconds, and ends when an officer opens it."""
    pair = Pair()
    kept = keeper(pair)
    identity = flash(pair)

    assert look(kept, pair) == [("begin", "flash_unread")]
    assert look(kept, pair, 9_000) == []
    assert look(kept, pair, 1_000) == [("repeat", "flash_unread")]
    assert look(kept, pair, 10_000) == [("repeat", "flash_unread")]
    pair.desks[NORTH].show(identity, pair.now)
    assert look(kept, pair) == [("end", "flash_unread")]
    assert look(kept, pair, 60_000) == []


def test_one_acknowledgement_quiets_all_that_sound():
    """Two alarms of two kinds are quiet at one officer's word, which is told and kept with the comment."""
    pair = Pair()
    kept = keeper(pair)
    flash(pair)
    pair.desks[SOUTH].place_call(LINE, Lane.LIAISON, pair.now)
    pair.take(SOUTH)
    pair.deliver()
    assert sorted(look(kept, pair)) == [("begin", "call_ringing"), ("begin", "flash_unread")]

    quieted = kept.acknowledge(RI, "fetching the chief", pair.now)

    assert {each.cause.alarm for each in quieted} - {Alarm.CHECK_IN_MISSED} == {Alarm.FLASH_UNREAD, Alarm.CALL_RINGING}
    assert {event for event, _ in look(kept, pair)} == {"acknowledged"}
    assert look(kept, pair, 30_000) == []
    [given] = {each.acknowledged for each in held(kept)}
    assert given is not None
    assert (given.officer, given.comment) == (RI, "fetching the chief")


def test_what_lasts_asks_again():
    """After a quarter of an hour an acknowledgement is spent, and the alarm sounds as at first."""
    pair = Pair()
    kept = keeper(pair)
    flash(pair)
    look(kept, pair)
    kept.acknowledge(PAK, "", pair.now)
    look(kept, pair)

    assert look(kept, pair, AGAIN_S * 1000 - 1) == []
    assert look(kept, pair, 1) == [("again", "flash_unread")]
    assert look(kept, pair, 10_000) == [("repeat", "flash_unread")]


def test_what_nobody_acknowledges_is_told_again():
    """Each quarter of an hour it goes by every way again, beside the sound."""
    pair = Pair()
    kept = keeper(pair)
    flash(pair)
    look(kept, pair)

    told = [look(kept, pair, 10_000) for _ in range(AGAIN_S // 10)]

    assert told[:-1] == [[("repeat", "flash_unread")]] * (AGAIN_S // 10 - 1)
    assert told[-1] == [("again", "flash_unread")]


def test_an_acknowledgement_is_for_one_cause():
    """A second FLASH, and a second call, sound anew although the first ones were acknowledged."""
    pair = Pair()
    kept = keeper(pair)
    flash(pair)
    look(kept, pair)
    kept.acknowledge(PAK, "", pair.now)
    look(kept, pair)

    flash(pair, "and again")

    assert look(kept, pair) == [("begin", "flash_unread")]


def test_the_next_flash_sounds_however_many_wait():
    """Eighty were left unopened and are known to wait: the one that comes then is told, and the number is bounded."""
    pair = Pair()
    kept = keeper(pair)
    for number in range(80):
        flash(pair, f"number {number}")
    look(kept, pair)
    kept.acknowledge(PAK, "", pair.now)
    look(kept, pair)

    newest = flash(pair, "the dam")

    assert ("begin", "flash_unread") in look(kept, pair)
    assert newest.hex() in {each.cause.what for each in held(kept)}
    assert len(held(kept)) == CAUSES_MAX


def test_an_old_acknowledgement_says_nothing_later():
    """When the cause has ended its acknowledgement is gone: nothing asks again, and the next cause sounds."""
    pair = Pair()
    kept = keeper(pair)
    identity = flash(pair)
    look(kept, pair)
    kept.acknowledge(PAK, "", pair.now)
    pair.desks[NORTH].show(identity, pair.now)
    assert ("end", "flash_unread") in look(kept, pair)

    assert look(kept, pair, 2 * AGAIN_S * 1000) == []
    flash(pair, "later")
    assert look(kept, pair) == [("begin", "flash_unread")]


def restarted(pair: Pair, *, age_ms: int) -> AlarmKeeper:
    """The north's station, started again on its store after some time."""
    pair.now_ms += age_ms
    table = made()
    identity = Identity(table.signed, NORTH, table.keys[NORTH].station, table.psk)
    old = pair.desks[NORTH]
    desk = pair.desks[NORTH] = Desk(identity, old.ctx.store, old.ctx.entropy)
    desk.start(pair.now)
    kept = keeper(pair)
    kept.load(pair.now)
    return kept


def test_an_acknowledgement_outlives_a_restart():
    """What was acknowledged before a restart is quiet after it, for the rest of its time, and since when is kept."""
    pair = Pair()
    kept = keeper(pair)
    flash(pair)
    look(kept, pair)
    since_s = pair.now_s
    kept.acknowledge(RI, "known", pair.now)
    look(kept, pair)

    again = restarted(pair, age_ms=300_000)

    assert look(again, pair) == []
    [each] = held(again)
    assert each.acknowledged is not None
    assert (each.since_s, each.acknowledged.officer, each.acknowledged.comment) == (since_s, RI, "known")
    assert look(again, pair, (AGAIN_S - 300) * 1000) == [("again", "flash_unread")]


def test_after_a_long_stop_only_what_lasts_is_told():
    """Months later an acknowledgement is spent: what still lasts asks once, what has ended says so and nothing more."""
    pair = Pair()
    kept = keeper(pair)
    identity = flash(pair)
    flash(pair, "second")
    look(kept, pair)
    kept.acknowledge(RI, "", pair.now)
    look(kept, pair)
    pair.desks[NORTH].show(identity, pair.now)
    pair.take(NORTH)

    again = restarted(pair, age_ms=90 * 86_400_000)

    assert [told for told in look(again, pair) if told[1] == "flash_unread"] == [
        ("end", "flash_unread"), ("again", "flash_unread")
    ]  # fmt: skip


def test_an_acknowledgement_of_tomorrow_is_none():
    """One whose time is not yet, by a clock that was set back, quiets nothing."""
    pair = Pair()
    kept = keeper(pair)
    flash(pair)
    look(kept, pair)
    kept.acknowledge(RI, "", pair.now)
    look(kept, pair)
    again = keeper(pair)

    again.load(Now(pair.now_ms - 3_600_000, pair.now_ms))

    [each] = held(again)
    assert each.acknowledged is None


def test_medium_sounds_each_minute_and_low_once():
    """A silent peer sounds each minute; clocks that differ are told once, and again after a quarter of an hour only."""
    pair = Pair()
    kept = keeper(pair)
    pair.now_ms += 200_000
    desk = pair.desks[NORTH]
    desk.at(pair.now)
    desk.watch.offset_ms = 5_000
    kept.look(pair.now)
    assert told_by(kept) == [("begin", "peer_silent"), ("begin", "clock_offset")]

    heard = []
    for _ in range(12):
        pair.now_ms += 10_000
        desk.at(pair.now)
        kept.look(pair.now)
        heard += told_by(kept)

    assert heard == [("repeat", "peer_silent")] * 2


def test_a_restart_does_not_end_the_silence_of_the_peer():
    """What cannot be seen yet right after a start is not said to have ended; what is heard then ends it."""
    pair = Pair()
    kept = keeper(pair)
    pair.now_ms += 200_000
    pair.desks[NORTH].at(pair.now)
    kept.look(pair.now)
    pair.take(NORTH)
    assert told_by(kept) == [("begin", "peer_silent")]

    again = restarted(pair, age_ms=1_000)
    again.look(pair.now)
    assert told_by(again) == [("again", "peer_silent")]
    pair.desks[NORTH].paths.up(0, pair.now)
    pair.take(NORTH)
    pair.deliver()
    assert look(again, pair) == [("end", "peer_silent")]


def test_a_restart_does_not_end_a_difference_of_heads():
    """Heads that differed before a start are not said to agree until they were compared for as long as it takes."""
    pair = Pair()
    kept = keeper(pair)
    desk = pair.desks[NORTH]
    desk.watch.unequal_since_ms = pair.now_ms - 300_000
    desk.at(pair.now)
    kept.look(pair.now)
    pair.take(NORTH)
    assert ("begin", "heads_differ") in told_by(kept)

    again = restarted(pair, age_ms=1_000)
    again.look_if_due(pair.desks[NORTH], pair.now)
    again.look(pair.now)
    assert ("end", "heads_differ") not in told_by(again)
    pair.now_ms += 300_000
    pair.desks[NORTH].at(pair.now)
    again.look(pair.now)

    assert ("end", "heads_differ") in told_by(again)


def test_a_ring_is_looked_at_in_its_own_turn():
    """Nobody waits for the next second to hear a call or a FLASH; between, nothing is looked at twice."""
    pair = Pair()
    kept = keeper(pair)
    desk = pair.desks[NORTH]
    kept.look_if_due(desk, pair.now)
    assert told_by(kept) == []
    pair.desks[SOUTH].place_call(LINE, Lane.LIAISON, pair.now)
    pair.take(SOUTH)
    side, send = pair.sent.pop(0)
    assert side == SOUTH
    desk.arrive(send.carrier, send.data, pair.now)

    kept.look_if_due(desk, pair.now)

    assert told_by(kept) == [("begin", "call_ringing")]
    assert [each.cause.line for each in held(kept)] == [LINE]
    [ring] = desk.calls.ringing_here()
    desk.pick_up(ring.call_id, Phase.ANSWERED, pair.now)
    pair.take(NORTH)
    kept.look_if_due(desk, pair.now)
    assert told_by(kept) == []
    assert look(kept, pair, 1_000) == [("end", "call_ringing")]
