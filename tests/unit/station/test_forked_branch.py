"""Attacks by a second branch: a side signs another entry at a place, and goes on from it in ways its chain forbids."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from openline.core.release import by_station
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import SigningKey
from openline.ports import Now
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.store.memory import MemoryStore
from openline.wire import entry as entries
from openline.wire.bodies import Body, Key, Seal, Service
from openline.wire.bundle import Payload
from openline.wire.entry import Entry, encode_core, signed_bytes
from openline.wire.terms import Head
from tests.accord_maker import made

START = Now(1_600_000_000_000, 0)
THEM, US = 0, 1


def desk(side: int, store: MemoryStore | None = None) -> Desk:
    """A station of `side`, up on a store."""
    identity = Identity(made().signed, side, made().keys[side].station, made().psk)
    up = Desk(identity, store or MemoryStore(), SeededEntropy(bytes([side])))
    up.start(START, first=True)
    return up


def chain_of(*bodies: Body, ack: Head | None = None) -> list[Entry]:
    """Their chain from its beginning, the first entry acknowledging `ack`."""
    made_so_far: list[Entry] = []
    for seq, body in enumerate(bodies):
        prev = made_so_far[-1].id if made_so_far else made().id
        core = encode_core(THEM, 0, seq, prev, ack if seq == 0 else None, START.clock_s, body)
        signature = made().keys[THEM].station.station.sign(signed_bytes(made().id, core))
        made_so_far.append(entries.decode(core + signature))
    return made_so_far


def show(us: Desk, branch: Sequence[Entry]) -> None:
    """One bundle of theirs arrives, and its turn becomes durable."""
    us.arrive(0, desk(THEM).sealer.seal(Payload(entries=tuple(e.data for e in branch))), START)
    us.ctx.store.commit(us.take().writes)
    us.committed()


def their_head(us: Desk) -> Head | None:
    return us.ctx.record.cursors[THEM].head


def test_the_longer_branch_is_followed():
    """A sound branch that grows beyond the one we follow becomes the chain; the fork is proven."""
    us = desk(US)
    show(us, chain_of(Service(text="one")))

    branch = chain_of(Service(text="another"), Service(text="and on"))
    show(us, branch)

    assert their_head(us) == branch[-1].head
    assert [against for _, against in us.ctx.record.ledger.proven()] == [THEM]


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(Key(station=SigningKey.from_seed(bytes(32)).public, possession=bytes(64)), id="a key not held"),
        pytest.param(Seal(call_id=bytes(8)), id="a seal without our head"),
    ],
)
def test_a_branch_that_breaks_its_chain_is_never_followed(last):
    """A longer branch that its author's own chain would not allow stays beside the chain: our station goes on, and
    comes up again on what it stored."""
    us = desk(US)
    ours = us.ctx.append(by_station(Service(text="ours"))).head
    us.ctx.store.commit(us.take().writes)
    us.committed()
    first = chain_of(Service(text="one"))
    show(us, first)

    show(us, chain_of(Service(text="another"), last, ack=ours))

    assert their_head(us) == first[-1].head
    again = desk(US, us.ctx.store)
    assert again.ctx.record.heads() == us.ctx.record.heads()
