"""What the station answers when it is asked how things stand.

Rules of this file: it reads and changes nothing; the formal state and the observed one are told side by side and never
made into one word; ages are elapsed time.
"""

from __future__ import annotations

from typing import Final

from openline import __version__
from openline.core import agenda, receipts, schedule, silence, state
from openline.core.explain import explain
from openline.core.state import Formal
from openline.ports import Now
from openline.station.api import saying
from openline.station.api import types as t
from openline.station.api.citing import Citations
from openline.station.calls import line_carriers
from openline.station.desk import Desk
from openline.station.driver import Driver
from openline.station.duty import Duty
from openline.station.evidence import encode
from openline.wire.said import say, sentence_of
from openline.wire.terms import Lane

BY_HAND: Final = say("carried by hand")
BACKED_UP: Final = "backed-up"  # in the store: when a backup was last whole, in seconds, as decimal digits


class Views:
    def __init__(self, runner: Driver, citations: Citations, duty: Duty) -> None:
        self.runner = runner
        self.duty = duty
        self.citations = citations
        started = runner.clock.now()
        self.started_ms, self.started_s = started.elapsed_ms, started.clock_s

    def _reading(self) -> tuple[Desk, Now]:
        now = self.runner.clock.now()
        self.runner.desk.at(now)
        return self.runner.desk, now

    def status(self, drafts: int, unopened: int, offers: int) -> t.Status:
        desk, now = self._reading()
        ctx = desk.ctx
        head_us, head_them = ctx.record.cursors[ctx.us].head, ctx.record.cursors[ctx.them].head
        sides, remarks = [side.name for side in ctx.accord.sides], self.duty.remarks()
        return t.Status(
            version=__version__,
            side=sides[ctx.us],
            other=sides[ctx.them],
            now_s=now.clock_s,
            up_s=(now.elapsed_ms - self.started_ms) // 1000,
            restoring=ctx.restoring,
            lines=tuple(self._line(desk, now, n) for n in range(len(ctx.accord.lines))),
            carriers=tuple(self._carrier(n) for n in range(len(ctx.accord.carriers))),
            alarms=tuple(sorted(desk.alarms(now))),
            acknowledged=self.duty.acknowledged(),
            remarks=tuple(map(str, remarks)),
            remarks_said=tuple(map(saying.headline, remarks)),
            watch=tuple(self._on_duty(desk, post) for post in desk.watchkeeping.posts),
            heads=t.Heads(
                ours="" if head_us is None else f"{sides[ctx.us]} {head_us.gen}/{head_us.seq}",
                theirs="" if head_them is None else f"{sides[ctx.them]} {head_them.gen}/{head_them.seq}",
                equal=desk.inbound.heads_equal(),
                entries=ctx.record.count,
            ),
            waiting=desk.outbox.waiting_count(),
            unopened=unopened,
            offers=offers,
            drafts=drafts,
            calls=len(desk.calls.ringing_here()) + len(desk.calls.placed),
            coming_back=self._return(desk) if ctx.restoring else None,
            probes_ok=None if desk.watch.probes is None else desk.watch.probes[0],
            backed_up_s=None if (noted := ctx.store.meta(BACKED_UP)) is None else int(noted),
        )

    def _return(self, desk: Desk) -> t.Return:
        ctx, sides = desk.ctx, [side.name for side in desk.ctx.accord.sides]
        heads = [cursor.head for cursor in ctx.record.cursors]
        return t.Return(
            holds=tuple(f"{sides[n]} {head.gen}/{head.seq}" for n, head in enumerate(heads) if head is not None),
            they_hold=tuple(f"{sides[n]} {gen}/{seq}" for n, (gen, seq) in sorted(desk.restoration.stated.items())),
            wants_root=desk.restoration.lacks_root,
        )

    def _line(self, desk: Desk, now: Now, line: int) -> t.LineState:
        ctx, ledger = desk.ctx, desk.ctx.record.ledger
        evidence = desk.evidence(line, Lane.LIAISON, now)
        found = explain(evidence, now.elapsed_ms)
        heard = desk.watch.lines.get(line)
        return t.LineState(
            id=ctx.accord.lines[line].id,
            lanes={lane.name.lower(): self._lane(desk, line, lane, now) for lane in Lane},
            observed=found.observed.value,
            says=str(found.headline),
            said=saying.headline(found.headline),
            heard_ms=None if heard is None else now.elapsed_ms - heard,
            carriers=tuple(ctx.accord.carriers[n].id for n in line_carriers(ctx, line)),
            next_check_in_s=agenda.next_due(ledger, line, now.clock_s),
            check_ins=self._check_ins(line, now),
            expires_s=state.line_in_force(ledger, line, now.clock_s).expires_s,
        )

    def _check_ins(self, line: int, now: Now) -> tuple[t.CheckInState, ...]:
        """Those of today, as our side's zone has today."""
        accord, us = self.runner.desk.ctx.accord, self.runner.desk.ctx.us
        from_s, until_s = schedule.day_of(now.clock_s, accord.sides[us].zone)
        return tuple(
            t.CheckInState(
                due_s=each.due_s,
                caller=accord.sides[each.caller].name,
                outcome=each.outcome,
                complete=each.complete,
            )
            for each in self.duty.book.check_ins(line, from_s, until_s)
        )

    def _on_duty(self, desk: Desk, post: str) -> t.OnDuty:
        watch = desk.watchkeeping.holding(post)
        if watch is None:
            return t.OnDuty(post=post, officer=None, since_s=None)
        return t.OnDuty(post=post, officer=self.duty.officer_name(watch.officer), since_s=watch.from_s)

    def _lane(self, desk: Desk, line: int, lane: Lane, now: Now) -> t.LaneState:
        ledger = desk.ctx.record.ledger
        cut = state.cut(ledger, line, lane, now.clock_s) is not Formal.OPEN
        return t.LaneState(
            formal=desk.formal(line, lane, now).value, cut=cut or state.expired(ledger, line, now.clock_s)
        )

    def _carrier(self, number: int) -> t.CarrierState:
        agreed = self.runner.desk.ctx.accord.carriers[number]
        carrier = self.runner.carriers.get(number)
        there = self.runner.paths.get(number, BY_HAND if carrier is None else "")
        relay = self.runner.desk.watch.relays.get(number)
        return t.CarrierState(
            id=agreed.id,
            kind=agreed.kind.name.lower(),
            state=there,
            state_said=sentence_of(there),
            up=there == "up",
            figures={} if carrier is None else dict(carrier.figures()),
            attached=None if relay is None else relay[1],
        )

    def why(self, line: int, lane: Lane) -> t.Explained:
        """What is known of a line's silence, from which evidence, and what cannot be known."""
        desk, now = self._reading()
        evidence = desk.evidence(line, lane, now)
        found = explain(evidence, now.elapsed_ms)
        return t.Explained(
            side=desk.ctx.accord.sides[desk.ctx.us].name,
            line=evidence.line,
            lane=evidence.lane,
            formal=evidence.formal,
            formal_says=str(found.formal),
            observed=found.observed.value,
            observed_says=str(found.headline),
            for_=tuple(map(str, found.for_)),
            against=tuple(map(str, found.against)),
            cannot_know=tuple(map(str, found.cannot_know)),
            next_steps=tuple(map(str, found.next_steps)),
            said=saying.explanation(found),
            evidence=encode(evidence, now.elapsed_ms),
        )

    def alive(self) -> bool:
        """Whether something authenticated came from their station lately, on any path."""
        desk, now = self._reading()
        lines = range(len(desk.ctx.accord.lines))
        return any(silence.alive(desk.evidence(n, Lane.LIAISON, now), now.elapsed_ms) for n in lines)

    def reached(self, identity: bytes) -> str:
        """How far something of ours got, by what the record proves."""
        ledger = self.runner.desk.ctx.record.ledger
        item = ledger.items.get(identity)
        return "" if item is None else receipts.reached(ledger, item).value
