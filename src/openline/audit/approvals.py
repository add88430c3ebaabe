"""Officers' approvals of acts (spec 3.6).

Rules of this file: an approval that is missing or does not hold takes the act's effect away, not its place in the
record; an officer's counter only rises, so that no station can use an order twice.
"""

from __future__ import annotations

from typing import Final

from openline.keys import public
from openline.wire import bodies
from openline.wire.accord import Accord
from openline.wire.bodies import Body
from openline.wire.terms import Approval, Lane, Level

ACTS: Final = (
    bodies.Suspend,
    bodies.Propose,
    bodies.Accept,
    bodies.Withdraw,
    bodies.Amend,
    bodies.Announce,
    bodies.Minute,
)


class Approvals:
    """The officers of both sides and the last counter of each."""

    def __init__(self, accord: Accord, accord_id: bytes) -> None:
        self._accord = accord
        self._accord_id = accord_id
        self._last: dict[tuple[int, int], int] = {}

    def needed(self, body: Body) -> int:
        """How many officers of the author's side have to approve this body."""
        two = bodies.kind_of(body) in self._accord.two_person
        if isinstance(body, bodies.Tracked):
            return 2 if two and body.lane is Lane.LIAISON else 0
        if isinstance(body, bodies.Receipt):
            return 1 if body.level is Level.ACKNOWLEDGED else 0
        if isinstance(body, bodies.Withdraw) and not body.approvals:
            return 0  # the station's own, timed withdrawal
        return (2 if two else 1) if isinstance(body, ACTS) else 0

    def fault(self, side: int, body: Body) -> str:
        """Why the approvals of a body do not hold; empty where they do, and then their counters are used up."""
        given: tuple[Approval, ...] = getattr(body, "approvals", ())
        needed = self.needed(body)
        if len({approval.officer for approval in given}) < needed:
            return f"approved by {len(given)} officers, {needed} are needed" if given else "no officer approved it"
        for approval in given:
            fault = self._one(side, body, approval)
            if fault:
                return fault
        for approval in given:
            officer = (side, approval.officer)
            self._last[officer] = max(self._last.get(officer, 0), approval.counter)
        return ""

    def _one(self, side: int, body: Body, approval: Approval) -> str:
        officers = self._accord.sides[side].officers
        if approval.officer >= len(officers):
            return f"approved by officer {approval.officer}, whom the accord does not name"
        name = officers[approval.officer].name
        if approval.counter <= self._last.get((side, approval.officer), 0):
            return f"the approval of {name} was used before (counter {approval.counter})"
        message = public.officer_message(self._accord_id, side, body, approval.officer, approval.counter)
        try:
            public.verify(officers[approval.officer].key, message, approval.signature)
        except public.BadSignature:
            return f"the approval is not signed by {name}"
        return ""
