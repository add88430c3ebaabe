"""Where a line and lane stands on the way from a cut back to open: proposed, accepted, confirmed, in effect, tested.

Rules of this file: everything is read from what the station says of the record, and the formal state is the station's
word alone; what is awaited is named with whose word it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from openline.station.api import types as t
from openline.station.api import types_items

ACCEPTED: Final = "agreed, waiting for their confirmation"  # as spec 10.3 has the standings
CONCLUDED: Final = "concluded"
WITHDRAWN: Final = "withdrawn"


class Step(StrEnum):
    OPEN = "open"
    SUSPENDED = "suspended"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    EFFECTIVE = "effective"
    TESTED = "tested"


class Place(NamedTuple):
    """One line and lane. `cuts` are in force, `coming` begin later; `offers` may still restore it, the earliest first;
    `restored`: the restoration that opened it last; `tested_s`: when a call was answered there since, 0 if none was."""

    line: str
    lane: str
    formal: str
    reached: Step
    cuts: tuple[types_items.Suspension, ...]
    coming: tuple[types_items.Suspension, ...]
    offers: tuple[types_items.Offer, ...]
    restored: types_items.Offer | None
    tested_s: int

    @property
    def steps(self) -> tuple[tuple[Step, str], ...]:
        """Every step, each `done`, `now` or `ahead`; of a line that was never cut, only that it is open."""
        if self.reached is Step.OPEN:
            return ((Step.OPEN, "now"),)
        at = list(Step).index(self.reached)
        return tuple((step, "done" if n < at else "now" if n == at else "ahead") for n, step in enumerate(Step))


def covers(offer: types_items.Offer, line: str, lane: str) -> bool:
    return (line, lane) in offer.scope


def waits(offer: types_items.Offer) -> bool:
    """Whether a proposal or amendment may still be agreed."""
    return not offer.lapsed and offer.standing not in (CONCLUDED, WITHDRAWN)


def places(
    status: t.Status,
    suspensions: Sequence[types_items.Suspension],
    offers: Sequence[types_items.Offer],
) -> tuple[Place, ...]:
    """Every line and lane, in the accord's order."""
    return tuple(
        _place(status.now_s, line, lane, state.formal, suspensions, offers)
        for line in status.lines
        for lane, state in line.lanes.items()
    )


def _place(
    now_s: int,
    line: t.LineState,
    lane: str,
    formal: str,
    suspensions: Sequence[types_items.Suspension],
    offers: Sequence[types_items.Offer],
) -> Place:
    standing = [each for each in suspensions if _stands(each, line.id, lane, now_s)]
    cuts = tuple(each for each in standing if each.from_s <= now_s)
    here = sorted((o for o in offers if o.kind == "propose" and covers(o, line.id, lane)), key=lambda o: o.effective_s)
    agreed = [offer for offer in here if offer.standing == CONCLUDED]
    past = [offer for offer in agreed if offer.effective_s <= now_s]
    restored = past[-1] if past and not cuts else None
    tested_s = 0 if restored is None else restored.answered_s.get(line.id, 0)
    open_offers = tuple(o for o in here if waits(o) or (o.standing == CONCLUDED and o.effective_s > now_s))
    return Place(
        line=line.id,
        lane=lane,
        formal=formal,
        reached=_reached(cuts, line.id, lane, open_offers, restored, tested_s),
        cuts=cuts,
        coming=tuple(each for each in standing if each.from_s > now_s),
        offers=open_offers if standing else (),
        restored=restored,
        tested_s=tested_s,
    )


def ends(suspension: types_items.Suspension, line: str, lane: str) -> tuple[int | None, ...]:
    """When it ends there; nothing where it does not cut there, None in it where nothing lifts it yet."""
    return tuple(each.ends_s for each in suspension.scope if (each.line, each.lane) == (line, lane))


def _stands(suspension: types_items.Suspension, line: str, lane: str, now_s: int) -> bool:
    """Whether it cuts there now, or will."""
    found = ends(suspension, line, lane)
    return any(end is None or end > max(now_s, suspension.from_s) for end in found)


def _reached(
    cuts: Sequence[types_items.Suspension],
    line: str,
    lane: str,
    offers: Sequence[types_items.Offer],
    restored: types_items.Offer | None,
    tested_s: int,
) -> Step:
    if cuts:
        if all(None not in ends(cut, line, lane) for cut in cuts):
            return Step.CONFIRMED
        standings = {offer.standing for offer in offers} - {CONCLUDED}
        return Step.ACCEPTED if ACCEPTED in standings else Step.PROPOSED if standings else Step.SUSPENDED
    if restored is None:
        return Step.OPEN
    return Step.TESTED if tested_s else Step.EFFECTIVE
