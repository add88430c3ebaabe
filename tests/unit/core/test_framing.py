"""Attacks in which a side signs things of its own to make the other side look guilty, or to stop its station."""

from __future__ import annotations

import pytest

from openline.core import chain
from openline.core.ledger import Ledger
from openline.core.record import Record, fork_proof
from openline.wire import entry as entries
from openline.wire.bodies import WORD, Ack, Body, Seal, Service
from openline.wire.entry import Entry, encode_core, signed_bytes
from openline.wire.errors import Malformed
from openline.wire.terms import Head
from tests.accord_maker import made


def signed(side: int, seq: int, prev: bytes, body: Body, *, by: int | None = None, ack: Head | None = None) -> Entry:
    """An entry that calls itself `side`'s, signed by the station of `by`."""
    core = encode_core(side, 0, seq, prev, ack, 1_600_000_000, body)
    signer = made().keys[side if by is None else by].station.station
    return entries.decode(core + signer.sign(signed_bytes(made().id, core)))


@pytest.mark.parametrize("signer", [0, 1])
def test_an_accuser_cannot_sign_in_the_name_of_the_accused(signer):
    """Two entries that call themselves side 0's prove a fork of side 0 only if side 0's station signed them."""
    ledger = Ledger(made().signed.accord, made().id)
    proof = fork_proof(
        signed(0, 0, made().id, Service(text="yes"), by=signer).data,
        signed(0, 0, made().id, Service(text="no"), by=signer).data,
    )

    ledger.add(signed(1, 0, made().id, proof), None)

    assert [against for _, against in ledger.proven()] == ([0] if signer == 0 else [])


def test_a_seal_cannot_name_a_second_entry_at_an_acknowledged_place():
    """One chain acknowledges one entry at a place; a seal, which may write the place out again, changes no id."""
    accord, identity = made().signed.accord, made().id
    theirs = signed(0, 0, identity, Service(text="first"))
    first = signed(1, 0, identity, Ack(), ack=theirs.head)
    second = signed(1, 1, first.id, Seal(call_id=bytes(8)), ack=Head(0, 0, bytes(32)))
    after = chain.step(chain.start(accord, identity, 1), first, accord, lambda gen, seq: None)

    with pytest.raises(chain.ChainFault, match="two different entries"):
        chain.step(after, second, accord, lambda gen, seq: None)


def test_a_word_about_a_call_has_one_of_four_phases():
    """A phase that is none is malformed where it is read; it reaches nobody who would ask what it means."""
    with pytest.raises(Malformed):
        WORD.read([0, 1_600_000_000, bytes(64)])


def test_the_record_takes_what_the_attacks_are_made_of():
    """The same makings, honestly signed, are accepted: the attacks above fail for what is wrong in them alone."""
    record = Record(made().signed)
    honest = [signed(0, 0, made().id, Service(text="yes"))]

    assert [e for e, _ in record.examine(honest, {}).append] == honest
