"""What the formal state of a line and lane rests on, as evidence for explaining it (spec 11.2).

Rules of this file: everything is read from the record; what is told here never decides the state, which
`core.state.formal` alone does.
"""

from __future__ import annotations

from openline.core import state
from openline.core.silence import Cut, Offer
from openline.station.context import Context
from openline.wire.bodies import Propose, Suspend
from openline.wire.terms import Lane


def cuts(ctx: Context, line: int, lane: Lane) -> tuple[Cut, ...]:
    """The suspensions in force here, oldest first."""
    ledger, found = ctx.record.ledger, []
    done = state.restorations(ledger)
    for act in state.active_suspensions(ledger, line, lane, ctx.now.clock_s):
        reason = act.body.reason if isinstance(act.body, Suspend) else ""
        ends_s = state.lifted_s(done, act, line, lane)
        found.append(Cut(act.place.side == ctx.us, state.starts_s(act), reason, ends_s))
    return tuple(found)


def offers(ctx: Context, line: int, lane: Lane) -> tuple[Offer, ...]:
    """Proposals to restore this line and lane that are neither concluded nor withdrawn, earliest effective first."""
    ledger, found = ctx.record.ledger, []
    for act in ledger.offers.values():
        body = act.body
        if isinstance(body, Propose) and (line, lane) in body.scope:
            standing = state.standing(ledger, act)
            if standing in (state.Standing.WAITING, state.Standing.ACCEPTED):
                accepted = standing is state.Standing.ACCEPTED
                found.append(Offer(act.place.side == ctx.us, body.effective_s, accepted))
    return tuple(sorted(found, key=lambda o: o.effective_s))
