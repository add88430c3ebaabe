"""What a release is held to, without a station: tickets, digests, roles."""

from __future__ import annotations

import pytest

from openline.console.accounts import journal, releases
from openline.console.accounts.releases import Signer
from openline.console.acting import Role
from openline.station.api import types as t
from openline.wire import bodies, cbor
from openline.wire.errors import Misuse, OurFault, Refused
from openline.wire.terms import Level
from tests.console.accounts_kit import enrol

WHO = Signer(b"a" * 32, 1, 0, "kim", "")
BINDING = "a session"


def drafted(act=None, **changes):
    body = act or bodies.Suspend(scope=((0, 0),), reason="leaflets")
    data = cbor.encode([bodies.kind_of(body), bodies.to_plain(body)])
    told = {
        "id": "d1", "kind": "suspend", "what": "cut", "body": data.hex(), "drafted_s": 1, "needed": 2,
        "approved_by": (), "counters": {"kim": 1}, "warnings": (), **changes,
    }  # fmt: skip
    return t.Drafted(**told)


def pressed(accounts, clock, key, asked):
    """The officer presses the button: a ticket, an assertion of the digest, both sent."""
    _, ticket = accounts.releases.options(asked, BINDING, clock())
    return accounts.releases.accept(asked, key.over(asked.digest), ticket, "aa" * 64, BINDING, clock())


def test_what_the_station_has_taken_is_not_asserted_again(accounts, clock):
    """Also by a new assertion, a new ticket and a station that asks for the same counter once more."""
    key, asked = enrol(accounts, "kim"), releases.ask(WHO, drafted(), [Role.RELEASER])
    assert pressed(accounts, clock, key, asked) == t.Approve(officer="kim", counter=1, signature="aa" * 64)
    assert pressed(accounts, clock, key, asked)  # the station did not answer: once more is right
    accounts.releases.taken(asked, drafted(), clock())

    with pytest.raises(Refused, match="already"):
        pressed(accounts, clock, key, asked)
    assert [row.kind for row in accounts.log.last(3)] == [journal.APPROVED, journal.ASSERTED, journal.ASSERTED]


def test_a_ticket_is_for_its_session_draft_and_digest(accounts, clock):
    """One that was made for another of these is refused, whatever the passkey says."""
    key, asked = enrol(accounts, "kim"), releases.ask(WHO, drafted(), [Role.RELEASER])
    others = [
        releases.ask(WHO, drafted(id="d2"), [Role.RELEASER]),
        releases.ask(WHO, drafted(counters={"kim": 2}), [Role.RELEASER]),
        releases.ask(WHO._replace(number=1), drafted(), [Role.RELEASER]),
    ]
    for other in others:
        _, ticket = accounts.releases.options(other, BINDING, clock())
        with pytest.raises(Refused, match="not for what was asked"):
            accounts.releases.accept(asked, key.over(asked.digest), ticket, "", BINDING, clock())
    _, ticket = accounts.releases.options(asked, "another session", clock())
    with pytest.raises(Refused, match="not for what was asked"):
        accounts.releases.accept(asked, key.over(asked.digest), ticket, "", BINDING, clock())
    with pytest.raises(Misuse):
        accounts.releases.accept(asked, key.over(asked.digest), "no hex", "", BINDING, clock())


def test_a_ticket_is_spent_by_its_first_try(accounts, clock):
    """Sent again as it is, or with a new assertion, it is refused."""
    key, asked = enrol(accounts, "kim"), releases.ask(WHO, drafted(), [Role.RELEASER])
    _, ticket = accounts.releases.options(asked, BINDING, clock())
    accounts.releases.accept(asked, key.over(asked.digest), ticket, "aa", BINDING, clock())

    with pytest.raises(Refused, match="used before"):
        accounts.releases.accept(asked, key.over(asked.digest), ticket, "aa", BINDING, clock())


@pytest.mark.parametrize(
    ("roles", "act", "may"),
    [
        ([Role.RELEASER], bodies.Suspend(scope=((0, 0),)), True),
        ([Role.OFFICER], bodies.Suspend(scope=((0, 0),)), False),
        ([Role.OFFICER], bodies.Receipt(seq=1, level=Level.ACKNOWLEDGED), True),
        ([Role.SUPERVISOR, Role.AUDITOR], bodies.Receipt(seq=1, level=Level.ACKNOWLEDGED), False),
        ([], bodies.Suspend(scope=((0, 0),)), False),
    ],
)
def test_acts_need_a_releaser_and_ones_own_word_an_officer(roles, act, may):
    """An acknowledgement is its officer's; everything else is released."""
    if may:
        assert releases.ask(WHO, drafted(act), roles).counter == 1
    else:
        with pytest.raises(Refused, match="releaser"):
            releases.ask(WHO, drafted(act), roles)


def test_a_draft_that_cannot_be_signed_is_refused_with_why():
    """The record has moved on; the station gives no counter; it gives bytes that are no draft."""
    with pytest.raises(Refused, match="the line is cut"):
        releases.ask(WHO, drafted(needed=0, warnings=("the line is cut",)), [Role.RELEASER])
    with pytest.raises(OurFault, match="no counter"):
        releases.ask(WHO, drafted(counters={}), [Role.RELEASER])
    for body in ("", "80", "820180", "8203a000", "83030405"):
        with pytest.raises(OurFault):
            releases.ask(WHO, drafted(body=body), [Role.RELEASER])
