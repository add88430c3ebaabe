"""Why a step of a play did not hold: what the side in question holds, said in sentences (spec 12.7).

Rules of this file: one function a check, found by its name; it reads the side's own station, record and evidence, and
repeats no judgement: what was found has been said already. No hash is told.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from openline.audit.check import audit
from openline.audit.words import headline
from openline.core import receipts, state
from openline.core.wording import span
from openline.play.engine import Outcome, Player
from openline.play.exporting import export
from openline.play.scenario import Do, Expect
from openline.play.seeing import explain
from openline.station.desk import Desk
from openline.wire.bodies import Fault, Propose
from openline.wire.errors import Refused
from openline.wire.terms import Lane, Level

LISTED_MAX: Final = 8  # sentences of one kind; the audit of an export has the rest


def why(player: Player, outcome: Outcome) -> list[str]:
    """What is known about a step that did not hold."""
    action = outcome.step.action
    if isinstance(action, Do):
        line = action.args.get("line")
        on = range(len(player.scenario.lines)) if line is None else (line,)
        lane = action.args.get("lane", Lane.LIAISON)
        return [explain(player, action.by, each, lane).formal for each in on]
    if not isinstance(action, Expect):
        return []
    failed = [name for name, _, _, holds in outcome.found if not holds]
    return [sentence for name in failed for sentence in _Reasons(player, action).of(name)]


class _Reasons:
    def __init__(self, player: Player, expect: Expect) -> None:
        self.player = player
        self.expect = expect
        self.scenario = player.scenario
        self.station = player.stations[expect.side]

    def of(self, name: str) -> Iterator[str]:
        """The reasons of one check; none where what was found says it all."""
        reasons: Callable[[Desk], Iterator[str]] | None = getattr(self, f"_{name}", None)
        desk = self.station.durable()
        if desk is None:
            yield f"the site of {self.station.name} is destroyed: it holds nothing"
        elif reasons is not None:
            desk.at(self.player.world.now(self.expect.side))
            yield from reasons(desk)

    def _formal(self, desk: Desk) -> Iterator[str]:
        line, ledger = self.expect.line or 0, desk.ctx.record.ledger
        yield explain(self.player, self.expect.side, line, self.expect.lane).formal
        for act in ledger.offers.values():
            body = act.body
            if isinstance(body, Propose) and (line, self.expect.lane) in body.scope:
                whose, until_s = self.scenario.sides[act.place.side], body.effective_s - desk.ctx.now.clock_s
                when = f"in {span(until_s * 1000)}" if until_s > 0 else f"{span(-until_s * 1000)} ago"
                name, standing = self._name(act.id), state.standing(ledger, act).value
                yield f"{whose}'s proposal {name}, effective {when}: {standing}, as far as {self.station.name} holds"
        yield from self._evidence(desk)

    def _observed(self, desk: Desk) -> Iterator[str]:
        found = explain(self.player, self.expect.side, self.expect.line or 0, self.expect.lane)
        yield found.headline
        for mark, sentences in (("for", found.for_), ("against", found.against), ("cannot know", found.cannot_know)):
            yield from (f"{mark}: {sentence}" for sentence in sentences)

    def _receipt(self, desk: Desk) -> Iterator[str]:
        ledger, identity = desk.ctx.record.ledger, self.player.doing.refs.get(self.expect.ref or "", b"")
        item, act = ledger.items.get(identity), ledger.offers.get(identity)
        place = item.place if item is not None else act.place if act is not None else None
        if place is None:
            yield f"{self.station.name} does not hold {self.expect.ref}"
            return
        other = self.scenario.sides[1 - place.side]
        acked = receipts.act_reached(ledger, place.side, (place.gen, place.seq)) is receipts.Reached.DELIVERED
        yield f"{other}'s station has {'acknowledged it, signed' if acked else 'not acknowledged it'}"
        bits = ledger.receipts.get((place.side, place.gen, place.seq), 0)
        held = [level.name.lower() for level in Level if bits >> level & 1]
        yield f"receipts of {other} for it: {', '.join(held) or 'none'}"

    def _flag(self, desk: Desk) -> Iterator[str]:
        ledger, identity = desk.ctx.record.ledger, self.player.doing.refs.get(self.expect.ref or "", b"")
        item = ledger.items.get(identity)
        if item is None:
            return
        for act in ledger.suspensions.values():
            if state.covering(act, item.line, item.lane):
                whose, before_s = self.scenario.sides[act.place.side], item.time_s - state.starts_s(act)
                when = f"{span(before_s * 1000)} before" if before_s >= 0 else f"{span(-before_s * 1000)} after"
                own = act.place.side == item.place.side
                held = act.position < item.position if own else item.ack >= act.position
                knew = "had written or acknowledged it" if held else "had not acknowledged it"
                yield f"{whose}'s suspension held from {when} the message; the message's author {knew}"

    def _heads_equal(self, desk: Desk) -> Iterator[str]:
        for station in self.player.stations:
            held = station.durable()
            heads = () if held is None else held.ctx.record.heads()
            named = zip(self.scenario.sides, heads, strict=False)
            places = [f"{side} {head.gen}/{head.seq}" for side, head in named if head is not None]
            yield f"{station.name} holds {' and '.join(places) or 'nothing'}"

    def _evidence(self, desk: Desk) -> Iterator[str]:
        for act, against in desk.ctx.record.ledger.proven():
            if isinstance(act.body, Fault):
                yield f"a proof against {self.scenario.sides[against]} is on record: {act.body.proof.name.lower()}"

    def _record(self, desk: Desk) -> Iterator[str]:
        out = io.BytesIO()
        try:
            export(self.station, desk, out)
        except Refused as refusal:
            yield refusal.what
            return
        out.seek(0)
        verdict = audit(out)
        yield headline(verdict)
        for absence in islice(verdict.absences.items, LISTED_MAX):
            what = "an entry" if absence.place is None else verdict.name(absence.place)
            yield f"{what} is absent: {verdict.name(absence.named_by)} {absence.why}"
        for found in islice(verdict.breaks.items, LISTED_MAX):
            yield found.what if found.place is None else f"{verdict.name(found.place)}: {found.what}"

    def _announcement(self, desk: Desk) -> Iterator[str]:
        ledger, identity = desk.ctx.record.ledger, self.player.doing.refs.get(self.expect.ref or "", b"")
        act = ledger.offers.get(identity)
        if act is not None:
            yield f"it stands: {state.standing(ledger, act).value}"

    def _alarm(self, desk: Desk) -> Iterator[str]:
        for line, spec in enumerate(self.scenario.lines):
            found = explain(self.player, self.expect.side, line, Lane.LIAISON)
            yield f"{spec.id}: {found.observed.value}. {found.headline}"

    def _entries_min(self, desk: Desk) -> Iterator[str]:
        yield from self._heads_equal(desk)

    def _refused(self, desk: Desk) -> Iterator[str]:
        yield "the act before this step was carried out: no rule stood against it"

    def _name(self, identity: bytes) -> str:
        return next((name for name, each in self.player.doing.refs.items() if each == identity), "")
