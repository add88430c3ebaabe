"""The voice of answered calls: halves signed, carried, paired by rounds, refused where wrong (spec 5.10.1)."""

from __future__ import annotations

from datetime import datetime

import pytest

from openline.keys import public
from openline.keys.secret import SigningKey
from openline.station import sealer
from openline.station.commands import SendMessage
from openline.station.voices import REPEAT_MS, Half, Talk
from openline.wire import cbor
from openline.wire.bundle import Payload, Voice, padme
from openline.wire.errors import Refused
from openline.wire.limits import VOICE_ROUNDS_MAX
from openline.wire.terms import Lane, Phase
from tests.simulation.pair import Node, Pair, Parcel

NORTH, SOUTH = 0, 1
LINE = 0


def half(number: int = 0) -> Half:
    return Half(bytes([number]) * 32, f"uf{number:02}", "p" * 22, 111)


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


@pytest.fixture
def call_id(pair: Pair) -> bytes:
    """A call of the south's that the north answered."""
    south, north, made = pair.nodes[SOUTH], pair.nodes[NORTH], []
    south.turn(lambda: made.append(south.running.place_call(LINE, Lane.LIAISON, south.now)[0]))
    pair.settle()
    north.turn(lambda: north.running.pick_up(made[0], Phase.ANSWERED, north.now))
    pair.settle()
    return made[0]


def hand_in(node: Node, call_id: bytes, given: Half) -> None:
    node.turn(lambda: node.running.calls.voices.hand_in(call_id, given))


def talk(node: Node, call_id: bytes) -> Talk:
    return node.running.calls.voices.talks[call_id]


def hear(pair: Pair, voice: Voice, sender: int = SOUTH) -> None:
    """A half that the other side's station sealed, whatever is in it."""
    node = pair.nodes[sender]
    pair.deliver(Parcel(1 - sender, 0, node.running.sealer.seal(Payload(voices=(voice,)), opener=True)))


def test_halves_cross_and_pair(pair: Pair, call_id: bytes):
    """Each side holds what the other's browser handed in, and both know it; then nobody says it again."""
    for side in (SOUTH, NORTH):
        hand_in(pair.nodes[side], call_id, half(side))
    pair.settle()
    for side in (SOUTH, NORTH):
        found = talk(pair.nodes[side], call_id)
        assert found.paired
        assert found.theirs is not None
        assert Half.of(found.theirs) == half(1 - side)
        assert found.repeat_ms is None
    assert pair.flight == []


def test_no_address_crosses(pair: Pair, call_id: bytes):
    """All that a half holds is named in the spec; none of it is a place, a text of more than 64 characters or SDP."""
    hand_in(pair.nodes[SOUTH], call_id, half())
    pair.settle()
    theirs = talk(pair.nodes[NORTH], call_id).theirs
    assert theirs is not None
    assert [type(value) for value in theirs].count(str) == 2
    assert Voice._fields == (
        "call_id", "line", "lane", "round", "fingerprint", "ufrag", "pwd", "payload_type", "token", "heard",
        "signature",
    )  # fmt: skip


def test_a_lost_half_is_said_again_until_it_came(pair: Pair, call_id: bytes):
    """As a ring is: after five seconds, whatever was lost; and theirs, which came, is not taken for an answer."""
    hand_in(pair.nodes[SOUTH], call_id, half(1))
    pair.flight.clear()
    hand_in(pair.nodes[NORTH], call_id, half(2))
    pair.flight.clear()
    pair.advance(REPEAT_MS, settling=True)
    assert talk(pair.nodes[SOUTH], call_id).paired
    assert talk(pair.nodes[NORTH], call_id).paired
    assert [talk(node, call_id).repeat_ms for node in pair.nodes] == [None, None]


def test_the_same_half_again_changes_nothing(pair: Pair, call_id: bytes):
    """A browser that asks twice is still in the first round, and nothing more is sent."""
    hand_in(pair.nodes[SOUTH], call_id, half())
    pair.settle()
    before = talk(pair.nodes[SOUTH], call_id).ours
    hand_in(pair.nodes[SOUTH], call_id, half())
    assert talk(pair.nodes[SOUTH], call_id).ours is before
    assert pair.flight == []


def test_a_page_loaded_anew_begins_a_round_and_the_other_side_follows(pair: Pair, call_id: bytes):
    """Until the other browser has a half of the new round they are not paired; then they are, and tokens are fresh."""
    for side in (SOUTH, NORTH):
        hand_in(pair.nodes[side], call_id, half(side))
    pair.settle()
    first = talk(pair.nodes[SOUTH], call_id).ours
    hand_in(pair.nodes[SOUTH], call_id, half(7))
    pair.settle()
    assert not talk(pair.nodes[NORTH], call_id).paired
    hand_in(pair.nodes[NORTH], call_id, half(8))
    pair.settle()
    ours = talk(pair.nodes[SOUTH], call_id).ours
    assert all(talk(node, call_id).paired for node in pair.nodes)
    assert ours is not None
    assert first is not None
    assert (first.round, ours.round) == (1, 2)
    assert ours.token != first.token
    assert pair.flight == []


def test_both_begin_anew_at_once(pair: Pair, call_id: bytes):
    """Two halves of the same new round pair, and nobody begins another because of it."""
    for number in (1, 3):
        for side in (SOUTH, NORTH):
            hand_in(pair.nodes[side], call_id, half(number + side))
    pair.settle()
    assert [talk(node, call_id).ours.round for node in pair.nodes] == [2, 2]  # type: ignore[union-attr]
    assert all(talk(node, call_id).paired for node in pair.nodes)


@pytest.mark.parametrize("change", ["fingerprint", "ufrag", "pwd", "payload_type", "token", "round", "call_id"])
def test_an_altered_half_is_refused_and_said(pair: Pair, call_id: bytes, change: str):
    """Whatever is changed after signing: it does not count, what stood before stands, and the officer is told."""
    for side in (SOUTH, NORTH):
        hand_in(pair.nodes[side], call_id, half(side))
    pair.settle()
    north, good = pair.nodes[NORTH], talk(pair.nodes[SOUTH], call_id).ours
    assert good is not None
    other = {
        "fingerprint": bytes(32), "ufrag": "other", "pwd": "q" * 22, "payload_type": 96, "token": bytes(8), "round": 2,
        "call_id": bytes(8),
    }  # fmt: skip
    before = talk(north, call_id).theirs
    hear(pair, good._replace(**{change: other[change]}))
    assert talk(north, call_id).theirs == before
    if change != "call_id":  # of no call, it is nothing
        assert "does not verify" in talk(north, call_id).refused
        assert [event.what for event in north.told[-2:]] == ["voice_refused", "strange"]


def test_a_half_of_another_key_or_side_is_refused(pair: Pair, call_id: bytes):
    """Signed by no station of theirs, or by ours and shown back to us."""
    north, ctx = pair.nodes[NORTH], pair.nodes[SOUTH].running.ctx
    hand_in(north, call_id, half(1))
    pair.flight.clear()
    blank = Voice(call_id, LINE, Lane.LIAISON, 1, *half(5), bytes(8), 0, b"")
    stranger = SigningKey(bytes(32)).sign(public.voice_message(ctx.accord_id, SOUTH, blank))
    own = talk(north, call_id).ours
    assert own is not None
    for shown in (blank._replace(signature=stranger), own):
        hear(pair, shown)
        assert talk(north, call_id).theirs is None
        assert talk(north, call_id).refused


def test_a_half_for_another_line_than_the_calls_is_refused(pair: Pair, call_id: bytes):
    """Rightly signed, and yet not this call's."""
    ctx = pair.nodes[SOUTH].running.ctx
    blank = Voice(call_id, LINE, Lane.SAFETY, 1, *half(5), bytes(8), 0, b"")
    signature = ctx.station_key().sign(public.voice_message(ctx.accord_id, SOUTH, blank))
    hear(pair, blank._replace(signature=signature))
    assert talk(pair.nodes[NORTH], call_id).theirs is None
    assert "another line" in talk(pair.nodes[NORTH], call_id).refused


def test_an_old_round_does_not_come_back(pair: Pair, call_id: bytes):
    """A half of an earlier round, brought again by a carrier, takes nobody back to it."""
    hand_in(pair.nodes[SOUTH], call_id, half(1))
    pair.settle()
    old = talk(pair.nodes[SOUTH], call_id).ours
    hand_in(pair.nodes[SOUTH], call_id, half(2))
    pair.settle()
    assert old is not None
    hear(pair, old)
    theirs = talk(pair.nodes[NORTH], call_id).theirs
    assert theirs is not None
    assert theirs.round == 2


def test_there_is_no_voice_before_the_answer_nor_after_the_end(pair: Pair):
    """A half is refused while the call rings and when it is over; nothing of it is kept."""
    south, north, made = pair.nodes[SOUTH], pair.nodes[NORTH], []
    south.turn(lambda: made.append(south.running.place_call(LINE, Lane.LIAISON, south.now)[0]))
    pair.settle()
    with pytest.raises(Refused, match="not answered"):
        south.running.calls.voices.hand_in(made[0], half())
    north.turn(lambda: north.running.pick_up(made[0], Phase.ANSWERED, north.now))
    pair.settle()
    hand_in(south, made[0], half())
    south.turn(lambda: south.running.hang_up(made[0], south.now))
    pair.settle()
    with pytest.raises(Refused, match="is over"):
        south.running.calls.voices.hand_in(made[0], half())
    pair.advance(120_000, settling=True)
    assert [node.running.calls.voices.talks for node in pair.nodes] == [{}, {}]


def test_rounds_are_bounded(pair: Pair, call_id: bytes):
    """A page that is loaded anew without end comes to its end, and what stands stays."""
    south = pair.nodes[SOUTH]
    hand_in(south, call_id, half())
    found = talk(south, call_id)
    assert found.ours is not None
    found.ours = found.ours._replace(round=VOICE_ROUNDS_MAX)
    with pytest.raises(Refused, match="too many"):
        south.running.calls.voices.hand_in(call_id, half(1))


def test_a_station_that_does_not_know_a_field_loses_that_bundle_alone(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    """As one of an earlier release does with halves: it says that this is strange, and all else goes on."""
    south, north = pair.nodes[SOUTH], pair.nodes[NORTH]
    plain = cbor.encode({12: [[1]]})
    framed = len(plain).to_bytes(4, "big") + plain
    with monkeypatch.context() as later:
        later.setattr(sealer, "encode_payload", lambda payload: framed.ljust(padme(len(framed)), b"\0"))
        strange = south.running.sealer.seal(Payload(), opener=True)
    pair.deliver(Parcel(NORTH, 0, strange))
    assert [event.what for event in north.told[-1:]] == ["strange"]
    entry = south.enact(SendMessage(line=LINE, text="Are you there?"))
    pair.settle()
    assert north.holds(entry.place, entry.id)
