"""The formal state of a line and lane: a pure function of the record and an instant (spec 10).

Rules of this file:
1. A suspension is an add; a concluded restoration lifts, within its scope, only what it lists; the *proposer's chain*
   decides between an acceptance and a withdrawal, because everyone reads the same chain.
2. Nothing here reads a clock or compares two clocks; an instant is given, in seconds.
3. Equal frontiers give equal states: only `Ledger` and the instant go in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from openline.core import faults
from openline.core.approvals import approvals_of
from openline.core.ledger import NOWHERE, Act, Item, Ledger, Position
from openline.wire.accord import Line
from openline.wire.bodies import Amend, Fault, Generation, Propose, Suspend


class Formal(StrEnum):
    """The first of these that holds (spec 10.2)."""

    DISPUTED = "disputed"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    RESTORING = "restoring"
    OPEN = "open"


class Flag(StrEnum):
    """How a message stands to the suspensions it met (spec 10.6)."""

    NONE = "none"
    CROSSED = "crossed"
    OUT_OF_LINE = "out_of_line"


class Standing(StrEnum):
    """Where an offer (proposal, amendment, announcement, minute, generation) stands, as far as this record holds."""

    WAITING = "waiting"
    ACCEPTED = "agreed, waiting for their confirmation"
    CONCLUDED = "concluded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Concluded:
    """A concluded offer and its third leg: the proposer's first entry that acknowledges the acceptance."""

    offer: Act
    third_leg: Position


def starts_s(suspension: Act) -> int:
    """From when a suspension cuts."""
    body = suspension.body
    return (body.from_s or suspension.time_s) if isinstance(body, Suspend) else suspension.time_s


def effective_s(offer: Act) -> int | None:
    body = offer.body
    return body.effective_s if isinstance(body, Propose | Amend) else None


def _withdrawn_at(ledger: Ledger, offer: Act) -> Position | None:
    """The proposer's first withdrawal that counts. A timed one, which no officer approved, counts only from the
    effective time on (by its author's clock, which wrote both)."""
    due = effective_s(offer)
    at = [
        w.position
        for w in ledger.withdraws.get(offer.id, ())
        if w.place.side == offer.place.side
        and (approvals_of(w.body) or (due is not None and w.time_s >= due))
    ]
    return min(at) if at else None


def _accepted_at(ledger: Ledger, offer: Act) -> Position | None:
    """The other side's first acceptance whose author had seen the offer."""
    at = [
        a.position
        for a in ledger.accepts.get(offer.id, ())
        if a.place.side != offer.place.side and a.ack >= offer.position
    ]
    return min(at) if at else None


def concluded(ledger: Ledger, offer: Act) -> Concluded | None:
    """The offer as concluded (spec 10.3), or None: the first entry of its author that acknowledges an acceptance
    comes before any withdrawal."""
    accepted = _accepted_at(ledger, offer)
    if accepted is None:
        return None
    leg = ledger.acks[offer.place.side].first_reaching(accepted)
    if leg is None:
        return None
    withdrawn = _withdrawn_at(ledger, offer)
    if withdrawn is not None and withdrawn <= leg:
        return None
    return Concluded(offer, leg)


def standing(ledger: Ledger, offer: Act) -> Standing:
    if concluded(ledger, offer) is not None:
        return Standing.CONCLUDED
    if _withdrawn_at(ledger, offer) is not None:
        return Standing.WITHDRAWN
    return Standing.WAITING if _accepted_at(ledger, offer) is None else Standing.ACCEPTED


def restorations(ledger: Ledger) -> Sequence[Concluded]:
    def found() -> tuple[Concluded, ...]:
        done = (concluded(ledger, o) for o in ledger.offers.values() if isinstance(o.body, Propose))
        return tuple(c for c in done if c is not None)

    return ledger.kept(restorations, found)


def covering(suspension: Act, line: int, lane: int) -> bool:
    return isinstance(suspension.body, Suspend) and (line, lane) in suspension.body.scope


def _lifting(done: Sequence[Concluded], suspension: Act, line: int, lane: int) -> list[Concluded]:
    return [
        c
        for c in done
        if isinstance(c.offer.body, Propose)
        and suspension.id in c.offer.body.lists
        and (line, lane) in c.offer.body.scope
    ]


def lifted_s(done: Sequence[Concluded], suspension: Act, line: int, lane: int) -> int | None:
    """When the suspension ends at (line, lane): the earliest effective time of a restoration that lifts it there."""
    times = [effective_s(c.offer) or 0 for c in _lifting(done, suspension, line, lane)]
    return min(times) if times else None


class Span(NamedTuple):
    """For how long a suspension cuts one line and lane; `ends_s` None: until both lift it."""

    starts_s: int
    ends_s: int | None
    act: Act


def spans(ledger: Ledger, line: int, lane: int) -> Sequence[Span]:
    """Every suspension of (line, lane) that was or is to be, oldest first: made anew when acts are, however often it is
    asked for, because a side may suspend as often as it likes."""

    def found() -> tuple[Span, ...]:
        done = restorations(ledger)
        here = (s for s in ledger.suspensions.values() if covering(s, line, lane))
        made = (Span(starts_s(s), lifted_s(done, s, line, lane), s) for s in here)
        return tuple(sorted(made, key=lambda span: (span.starts_s, span.act.id)))

    return ledger.kept((spans, line, lane), found)


def active_spans(ledger: Ledger, line: int, lane: int, now_s: int) -> list[Span]:
    """Those that cut (line, lane) at an instant, oldest first."""
    return [
        span for span in spans(ledger, line, lane)
        if span.starts_s <= now_s and (span.ends_s is None or now_s < span.ends_s)
    ]  # fmt: skip


def active_suspensions(ledger: Ledger, line: int, lane: int, now_s: int) -> list[Act]:
    """Suspensions that cut (line, lane) at an instant, oldest first."""
    return [span.act for span in active_spans(ledger, line, lane, now_s)]


def cut(ledger: Ledger, line: int, lane: int, now_s: int) -> Formal:
    """SUSPENDED, RESTORING or OPEN: the state beneath a dispute and an expiry."""
    active = active_spans(ledger, line, lane, now_s)
    if not active:
        return Formal.OPEN
    return Formal.SUSPENDED if any(span.ends_s is None for span in active) else Formal.RESTORING


def formal(ledger: Ledger, line: int, lane: int, now_s: int) -> Formal:
    """The formal state of (line, lane) at an instant (spec 10.2)."""
    if disputes(ledger):
        return Formal.DISPUTED
    if expired(ledger, line, now_s):
        return Formal.EXPIRED
    return cut(ledger, line, lane, now_s)


def expired(ledger: Ledger, line: int, now_s: int) -> bool:
    expires = line_in_force(ledger, line, now_s).expires_s
    return bool(expires) and expires <= now_s


def line_in_force(ledger: Ledger, line: int, now_s: int) -> Line:
    """The line of the accord with every concluded amendment whose time has come, in order of their times."""
    value = ledger.accord.lines[line]
    for amendment in amendments(ledger, line):
        if amendment.effective_s <= now_s:
            value = amended(value, amendment)
    return value


def amendments(ledger: Ledger, line: int) -> Sequence[Amend]:
    """Concluded amendments of a line, in the order in which they take effect."""

    def found() -> tuple[Amend, ...]:
        done = []
        for offer in ledger.offers.values():
            body = offer.body
            if isinstance(body, Amend) and body.line == line and concluded(ledger, offer) is not None:
                done.append((body.effective_s, offer.place, body))
        return tuple(body for _, _, body in sorted(done, key=lambda d: d[:2]))

    return ledger.kept((amendments, line), found)


def amended(line: Line, change: Amend) -> Line:
    given = {
        name: value
        for name in ("check_ins", "carriers", "expires_s", "holidays", "pulse_s")
        if (value := getattr(change, name)) is not None
    }
    return replace(line, **given)


def disputes(ledger: Ledger) -> list[Act]:
    """What disputes the record: a proof of fault, or a generation that cuts off what the other side had
    acknowledged, until the guilty side's generation is accepted (spec 10.5)."""
    if not ledger.proofs and not ledger.generations:
        return []
    open_ = [act for act, against in ledger.proven() if not _settled(ledger, act, against)]
    contested = [g for g in ledger.generations if _contested(ledger, g) and concluded_generation(ledger, g) is None]
    return open_ + contested


def concluded_generation(ledger: Ledger, generation: Act) -> Position | None:
    """A generation has two legs: it is settled by the other side's acceptance alone."""
    return _accepted_at(ledger, generation)


def _contested(ledger: Ledger, generation: Act) -> bool:
    body = generation.body
    if not isinstance(body, Generation):
        return False
    last = NOWHERE if body.last is None else (body.last.gen, body.last.seq)
    acked = [to for to in ledger.acks[1 - generation.place.side].to if to[0] < generation.place.gen]
    return bool(body.forks) or (bool(acked) and max(acked) > last)


def _settled(ledger: Ledger, proof: Act, against: int) -> bool:
    """A generation of the guilty side that names the proof's two entries, accepted by the side that holds the proof and
    had it when accepting."""
    pair = faults.pair_of(proof.body) if isinstance(proof.body, Fault) else None
    for generation in ledger.generations:
        if generation.place.side != against or pair not in getattr(generation.body, "forks", ()):
            continue
        for accept in ledger.accepts.get(generation.id, ()):
            seen = accept.ack >= generation.position
            if accept.place.side == proof.place.side and seen and accept.position > proof.position:
                return True
    return False


def flag(ledger: Ledger, item: Item) -> Flag:
    """How a message stands to the suspensions at its line and lane (spec 10.6): a function of the record,
    the same on both sides."""
    if item.letter:
        return Flag.NONE
    author, done, crossed = item.place.side, restorations(ledger), False
    for suspension in ledger.suspensions.values():
        if not covering(suspension, item.line, item.lane):
            continue
        if _lifted_for(ledger, done, suspension, item):
            continue
        own = suspension.place.side == author
        held = suspension.position < item.position if own else item.ack >= suspension.position
        if held:
            if starts_s(suspension) <= item.time_s:
                return Flag.OUT_OF_LINE
        elif not own and suspension.ack < item.position and starts_s(suspension) <= suspension.time_s:
            crossed = True
    return Flag.CROSSED if crossed else Flag.NONE


def _lifted_for(ledger: Ledger, done: Sequence[Concluded], suspension: Act, item: Item) -> bool:
    """Whether a restoration whose third leg the author's chain held had lifted it by the author's time."""
    author = item.place.side
    for c in _lifting(done, suspension, item.line, item.lane):
        holds = c.third_leg < item.position if c.offer.place.side == author else item.ack >= c.third_leg
        if holds and (effective_s(c.offer) or 0) <= item.time_s:
            return True
    return False
