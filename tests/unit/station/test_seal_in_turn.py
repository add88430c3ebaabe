"""Attacks on the second seal: a caller that claims an answer, or another check-in, to have its call sealed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openline.keys import public
from openline.keys.entropy import SeededEntropy
from openline.ports import Now
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.store.memory import MemoryStore
from openline.wire.bodies import Call, Seal
from openline.wire.bundle import Payload
from openline.wire.entry import encode_core, entry_id, signed_bytes
from openline.wire.terms import Lane, Outcome, Phase, Word
from tests.accord_maker import Made, made

START = Now(1_600_000_000_000, 0)
TIME_S = START.clock_s
CALLER, CALLED = 0, 1
CALL_ID = b"call-one"


def desk(side: int) -> Desk:
    """A station of `side` that has just come up on an empty store."""
    table: Made = made()
    identity = Identity(table.signed, side, table.keys[side].station, table.psk)
    up = Desk(identity, MemoryStore(), SeededEntropy(bytes([side])))
    up.start(START, first=True)
    return up


def word(signer: int, phase: Phase) -> Word:
    """What the station of `signer` says of the call."""
    message = public.call_message(made().id, CALLER, CALL_ID, 0, Lane.LIAISON, TIME_S, phase, TIME_S)
    return Word(phase, TIME_S, made().keys[signer].station.station.sign(message))


def seals_of(called: Desk, call: Call, seal: Seal) -> int:
    """How many seals the called station appends when the caller shows it these two entries."""
    key, data, prev = made().keys[CALLER].station.station, [], made().id
    for seq, body in enumerate((call, seal)):
        core = encode_core(CALLER, 0, seq, prev, None, TIME_S, body)
        data.append(core + key.sign(signed_bytes(made().id, core)))
        prev = entry_id(data[-1])
    called.arrive(0, desk(CALLER).sealer.seal(Payload(entries=tuple(data))), START)
    called.take()
    return len(called.ctx.record.ledger.calls[0].second_seals)


ANSWERED = Call(
    call_id=CALL_ID, started_s=TIME_S, outcome=Outcome.ANSWERED, due_s=TIME_S, final=word(CALLED, Phase.ANSWERED)
)
SEAL = Seal(call_id=CALL_ID, due_s=TIME_S)


def test_a_call_that_we_answered_is_sealed():
    """The caller's seal of a call for which it shows our own word gets ours."""
    assert seals_of(desk(CALLED), ANSWERED, SEAL) == 1


@pytest.mark.parametrize(
    ("call", "seal"),
    [
        pytest.param(replace(ANSWERED, final=None), SEAL, id="no word at all"),
        pytest.param(replace(ANSWERED, final=word(CALLER, Phase.ANSWERED)), SEAL, id="a word of the caller's own"),
        pytest.param(replace(ANSWERED, final=word(CALLED, Phase.DECLINED)), SEAL, id="our word that we declined"),
        pytest.param(replace(ANSWERED, due_s=0), SEAL, id="our word about another call"),
        pytest.param(ANSWERED, replace(SEAL, due_s=TIME_S + 86_400), id="the seal of another check-in"),
        pytest.param(ANSWERED, replace(SEAL, line=1), id="the seal of another line"),
    ],
)
def test_an_invented_answer_is_not_sealed(call, seal):
    """Nothing that a caller says of itself makes the called station seal: a check-in is complete by both or not."""
    assert seals_of(desk(CALLED), call, seal) == 0
