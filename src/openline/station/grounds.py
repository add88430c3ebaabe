"""What the formal state of a line and lane rests on, as evidence for explaining it (spec 11.2).

Rules of this file: everything is read from the record; what is told here never decides the state, which
`core.state.formal` alone does.
"""

from __future__ import annotations

from typing import Final

from openline.core import state
from openline.core.silence import Cut, Offer
from openline.station.context import Context
from openline.wire.bodies import Propose, Suspend
from openline.wire.terms import Lane

CUTS_MAX: Final = 16  # chosen: what one reads of reasons; the record has all
OFFERS_MAX: Final = 16


def cuts(ctx: Context, line: int, lane: Lane) -> tuple[Cut, ...]:
    """The suspensions in force here, oldest first: of more than `CUTS_MAX` the oldest, the one that
    ends last, and the newest."""
    active = state.active_spans(ctx.record.ledger, line, lane, ctx.now.clock_s)
    if len(active) > CUTS_MAX:
        last = max(active, key=lambda span: span.ends_s or 0)  # until when a restoration is to come is told by it
        active = [*active[: CUTS_MAX - 2], *([last] if last in active[CUTS_MAX - 2 : -1] else []), active[-1]]
    return tuple(_cut(ctx, span) for span in active)


def _cut(ctx: Context, span: state.Span) -> Cut:
    reason = span.act.body.reason if isinstance(span.act.body, Suspend) else ""
    return Cut(span.act.place.side == ctx.us, span.starts_s, reason, span.ends_s)


def offers(ctx: Context, line: int, lane: Lane) -> tuple[Offer, ...]:
    """Proposals to restore this line and lane that are neither concluded nor withdrawn, earliest effective first: the
    first `OFFERS_MAX` of them."""
    ledger = ctx.record.ledger

    def found() -> tuple[Offer, ...]:
        made = []
        for act in ledger.offers.values():
            body = act.body
            if isinstance(body, Propose) and (line, lane) in body.scope:
                standing = state.standing(ledger, act)
                if standing in (state.Standing.WAITING, state.Standing.ACCEPTED):
                    accepted = standing is state.Standing.ACCEPTED
                    made.append(Offer(act.place.side == ctx.us, body.effective_s, accepted))
        return tuple(sorted(made, key=lambda o: o.effective_s)[:OFFERS_MAX])

    return ledger.kept((offers, line, lane), found)
