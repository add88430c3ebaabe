"""Stage two: nothing is recorded that was not released, and the two-person rule is one (spec 2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openline.core.release import Draft, Released, approve, by_station, release
from openline.wire.bodies import Ack, Suspend
from openline.wire.errors import OurFault, Refused
from tests.accord_maker import made

SIDE = 1
DRAFT = Draft(Suspend(scope=((0, 0),)))


def approval(officer: int = 0, counter: int = 1, *, signer: int | None = None, side: int = SIDE):
    key = made().keys[side].officers[officer if signer is None else signer]
    return approve(made().id, SIDE, DRAFT, officer, counter, key)


def let_out(*given, two_person: bool = False, counters=None) -> Released:
    accord = replace(made().signed.accord, two_person=(Suspend.kind,) if two_person else ())
    return release(accord, made().id, SIDE, DRAFT, given, counters or {})


def test_an_approved_act_is_let_out_with_its_approval():
    """What is recorded carries the officer's signature over exactly it."""
    body = let_out(approval()).body

    assert isinstance(body, Suspend)
    assert [a.officer for a in body.approvals] == [0]


@pytest.mark.parametrize(
    ("given", "two_person", "counters"),
    [
        pytest.param((), False, None, id="no officer"),
        pytest.param((approval(signer=1),), False, None, id="another officer's signature"),
        pytest.param((approval(side=0),), False, None, id="an officer of the other side"),
        pytest.param((approval(counter=3),), False, {(SIDE, 0): 3}, id="a counter used before"),
        pytest.param((approval(),), True, None, id="one of two persons"),
        pytest.param((approval(counter=1), approval(counter=2)), True, None, id="one person twice"),
    ],
)
def test_what_is_not_approved_is_not_let_out(given, two_person, counters):
    """No officer, a foreign one, a used counter, one person for two: none of them lets an act out."""
    with pytest.raises(Refused, match="needs the approval"):
        let_out(*given, two_person=two_person, counters=counters)


def test_two_persons_let_out_what_needs_two():
    """Where the accord asks for two persons, two different officers suffice."""
    assert let_out(approval(0), approval(1), two_person=True).body


def test_the_record_s_counters_are_not_touched_by_a_release():
    """Only an entry uses a counter up: a release that is never recorded costs nothing."""
    counters = {(SIDE, 0): 4}

    let_out(approval(counter=5), counters=counters)

    assert counters == {(SIDE, 0): 4}


def test_nobody_else_makes_a_released():
    """`Released` cannot be made around the release."""
    with pytest.raises(OurFault):
        Released(DRAFT.body, object())
    assert isinstance(by_station(Ack()).body, Ack)
