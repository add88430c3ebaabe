"""How a dispute ends, and what an approval uses up (spec 3.6, 10.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openline.core import state
from openline.core.ledger import Ledger
from openline.core.record import fork_proof
from openline.core.release import Draft, approve
from openline.wire import entry as entries
from openline.wire.bodies import Accept, Body, Generation, Message, Service, Suspend
from openline.wire.entry import Entry, encode_core, signed_bytes
from openline.wire.terms import Approval, Lane
from tests.accord_maker import made

TIME_S = 1_600_000_000


def entry(side: int, gen: int, seq: int, body: Body) -> Entry:
    """An entry of `side`; its `prev` is of no matter here."""
    core = encode_core(side, gen, seq, made().id, None, TIME_S, body)
    return entries.decode(core + made().keys[side].station.station.sign(signed_bytes(made().id, core)))


def approved(side: int, body: Any, counter: int, officers: int = 1) -> Any:
    """The body under the approvals of the side's first officers."""
    given: list[Approval] = [
        approve(made().id, side, Draft(body), n, counter, made().keys[side].officers[n]) for n in range(officers)
    ]
    return replace(body, approvals=tuple(given))


@pytest.mark.parametrize(
    ("names", "seen", "stands"),
    [("both", True, False), ("both", False, True), ("another pair", True, True), ("nothing", True, True)],
)
def test_a_dispute_ends_by_a_generation_that_names_both_entries(names, seen, stands):
    """A generation settles the proofs whose two entries it names, and no others, once it is accepted by who had it."""
    fork = fork_proof(entry(0, 0, 0, Service(text="yes")).data, entry(0, 0, 0, Service(text="no")).data)
    pair = (entries.entry_id(fork.first), entries.entry_id(fork.second))
    forks = {"both": (pair,), "another pair": ((bytes(32), bytes(32)),), "nothing": ()}[names]
    new = Generation(
        station=bytes(32), checkpoint=bytes(1312), xwing=bytes(1216), forks=forks, root_ed25519=bytes(64),
        root_mldsa87=bytes(4627), possession=bytes(64),
    )  # fmt: skip
    generation = entry(0, 1, 0, new)
    ledger = Ledger(made().signed.accord, made().id)

    ledger.add(entry(1, 0, 0, fork), None)
    ledger.add(generation, None)
    accept = approved(1, Accept(target=generation.id), 1, officers=2)
    ledger.add(entry(1, 0, 1, accept), generation.head if seen else None)

    assert (state.formal(ledger, 0, Lane.LIAISON, TIME_S) is state.Formal.DISPUTED) is stands


def test_an_approval_of_a_message_uses_up_its_counter():
    """A counter spent on a message cannot approve a suspension: an officer's counter rises over all that it signs."""
    message = approved(0, Message(number=1, text="all quiet"), 5)
    cut = approved(0, Suspend(scope=((0, 0),)), 5, officers=2)
    fresh, spent = Ledger(made().signed.accord, made().id), Ledger(made().signed.accord, made().id)

    fresh.add(entry(0, 0, 0, cut), None)
    spent.add(entry(0, 0, 0, message), None)
    spent.add(entry(0, 0, 1, cut), None)

    assert len(fresh.suspensions) == 1
    assert not spent.suspensions
