"""Officers' approvals of an act (spec 3.6): signatures, roles, counters, two persons.

Rules of this file: an approval that does not hold voids the act's *effect*, never the entry; a counter is used once,
so a station cannot replay its officer's order; the counters seen are updated only by an act that holds.
"""

from __future__ import annotations

from typing import Final

from openline.keys import public
from openline.wire.accord import Accord
from openline.wire.bodies import (
    Accept,
    Amend,
    Announce,
    Body,
    Minute,
    Propose,
    Receipt,
    Suspend,
    Tracked,
    Withdraw,
)
from openline.wire.terms import Approval, Level

ACTS: Final = (Suspend, Propose, Accept, Withdraw, Amend, Announce, Minute)


def needed(accord: Accord, body: Body) -> int:
    """How many officers of the author's side must approve this body. A message needs them only where the accord says
    two persons; safety traffic and acknowledgements need one at most (spec 2.2)."""
    if isinstance(body, Tracked):
        return 2 if body.lane == 0 and body.kind in accord.two_person else 0
    if isinstance(body, Receipt):
        return 1 if body.level == Level.ACKNOWLEDGED else 0
    if isinstance(body, ACTS):
        return 2 if body.kind in accord.two_person else 1
    return 0


def approvals_of(body: Body) -> tuple[Approval, ...]:
    return getattr(body, "approvals", ())


def valid(
    accord: Accord, accord_id: bytes, side: int, body: Body, counters: dict[tuple[int, int], int]
) -> bool:
    """Whether the body carries the approvals its kind needs, each by another officer of `side` with a counter above
    the last of that officer's in `counters` (which is then raised). The timed withdrawal of spec 10.4 needs none;
    whether its time had come is for the state to say."""
    given = approvals_of(body)
    if not given:
        return isinstance(body, Withdraw) or not needed(accord, body)
    if len({a.officer for a in given}) < needed(accord, body):
        return False
    officers = accord.sides[side].officers
    for approval in given:
        if approval.officer >= len(officers) or approval.counter <= counters.get((side, approval.officer), 0):
            return False
        message = public.officer_message(accord_id, side, body, approval.officer, approval.counter)
        try:
            public.verify(officers[approval.officer].key, message, approval.signature)
        except public.BadSignature:
            return False
    for approval in given:
        officer = (side, approval.officer)
        counters[officer] = max(counters.get(officer, 0), approval.counter)  # one officer may be given twice
    return True
