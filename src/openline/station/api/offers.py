"""Offers: proposals, amendments, announcements and minutes, and where each stands (spec 10.3); and suspensions.

Rules of this file: it reads and changes nothing; a standing is as far as this record holds; an offer that lapsed says
so, and is not called refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from openline.core import state
from openline.core.ledger import Act
from openline.core.state import Standing
from openline.keys import notes
from openline.keys.public import BadSignature
from openline.station.api import types_items as t
from openline.station.api.citing import Citations
from openline.station.api.reading import Reading
from openline.station.api.translate import check_in_told, day_text
from openline.station.callbook import CallBook
from openline.station.driver import Driver
from openline.wire.bodies import Accept, Amend, Announce, Generation, Minute, Propose, Suspend
from openline.wire.errors import Malformed, Misuse, Refused
from openline.wire.said import say, sentence_of
from openline.wire.terms import Lane

KINDS: dict[type, str] = {
    Propose: "propose", Amend: "amendment", Announce: "announcement", Minute: "minute", Generation: "generation",
}  # fmt: skip


class OfferView:
    def __init__(self, runner: Driver, citations: Citations, reading: Reading, book: CallBook) -> None:
        self.runner = runner
        self.book = book
        self.ctx = runner.desk.ctx
        self.citations = citations
        self.reading = reading

    def all(self, limit: int) -> t.Offers:
        """Every offer: those that wait first, then the others, newest first; at most `limit`."""
        self.runner.desk.at(self.runner.clock.now())
        told = [self._told(offer) for offer in reversed(self._offers())]
        told.sort(key=lambda offer: (offer.waits_for == "" or offer.lapsed))
        return t.Offers(offers=tuple(told[:limit]), more=max(len(told) - limit, 0))

    def waiting_for_us(self) -> tuple[t.Offer, ...]:
        """Those of theirs that we may accept, oldest first."""
        told = (self._told(offer) for offer in self._offers() if offer.place.side == self.ctx.them)
        return tuple(islice((offer for offer in told if offer.waits_for == "us" and not offer.lapsed), 256))

    def one(self, ref: str) -> t.Offer:
        """One offer.

        Raises:
            Misuse: nothing of that name, or no offer.
        """
        self.runner.desk.at(self.runner.clock.now())
        return self._told(self._named(ref))

    def published(self, ref: str) -> bytes:
        """An announcement or minute as both sides publish it, with all four signatures (spec 3.9).

        Raises:
            Misuse: it is neither. Refused: the other side has not signed it.
            BadSignature: a signature in the record does not hold.
        """
        offer = self._named(ref)
        body, ledger = offer.body, self.ctx.record.ledger
        if not isinstance(body, Announce | Minute):
            raise Misuse(say("{ref} is no announcement and no minute", ref=ref))
        accepts = (act.body for act in ledger.accepts.get(offer.id, ()) if act.place.side != offer.place.side)
        signed = [(a.ed25519, a.mldsa44) for a in accepts if isinstance(a, Accept) and a.ed25519 and a.mldsa44]
        if not signed or state.standing(ledger, offer) not in (Standing.ACCEPTED, Standing.CONCLUDED):
            raise Refused(
                say("{ref} is not signed by both sides", ref=ref),
                next_step=say("It waits for the other side's acceptance."),
            )
        kind = "minute" if isinstance(body, Minute) else "announcement"
        text = notes.statement_text(self.ctx.accord, self.ctx.accord_id, body.texts, kind)
        pair = [(body.ed25519, body.mldsa44), signed[0]]
        return notes.published(text, self.ctx.accord, pair if offer.place.side == 0 else pair[::-1])

    def text(self, texts: dict[str, str], *, minute: bool) -> bytes:
        """The note's text of a statement: exactly what is signed with announcement keys (spec 3.9.1).

        Raises:
            Refused: the texts make no statement.
        """
        kind = "minute" if minute else "announcement"
        try:
            said = tuple(sorted(texts.items()))
            return notes.statement_text(self.ctx.accord, self.ctx.accord_id, said, kind).encode()
        except Malformed as error:
            raise Refused(
                say("this cannot be announced: {why}", why=error.what), next_step=say("Correct the text.")
            ) from None

    def text_of(self, ref: str) -> bytes:
        """The same for an announcement or minute of the record.

        Raises:
            Misuse: it is neither.
        """
        body = self._named(ref).body
        if not isinstance(body, Announce | Minute):
            raise Misuse(say("{ref} is no announcement and no minute", ref=ref))
        return self.text(dict(body.texts), minute=isinstance(body, Minute))

    def signed(self, data: bytes) -> t.SignedStatement:
        """What a note says that our side signed where its announcement keys are.

        Raises:
            Misuse: it is no note of a statement of this accord, or our two signatures do not hold.
        """
        ctx = self.ctx
        try:
            statement, given = notes.read_signed_by(data, ctx.accord, ctx.accord.sides[ctx.us])
        except (Malformed, BadSignature) as error:
            raise Misuse(
                say("this file is no statement that our side signed: {why}", why=error.what),
                next_step=say("Sign the text anew: openline statement sign."),
            ) from None
        return t.SignedStatement(
            minute=statement.kind == "minute",
            texts=dict(statement.texts),
            ed25519=given.ed25519.hex(),
            mldsa44=given.mldsa44.hex(),
        )

    def suspensions(self, limit: int) -> t.Suspensions:
        """Every suspension in the record with when each place of it is lifted: those that cut, or will, before those
        that are over, each newest first; at most `limit`."""
        self.runner.desk.at(self.runner.clock.now())
        ledger, now_s = self.ctx.record.ledger, self.ctx.now.clock_s
        done = state.restorations(ledger)

        def rank(act: Act) -> tuple[bool, int, bytes]:
            scope = act.body.scope if isinstance(act.body, Suspend) else ()
            ends = [state.lifted_s(done, act, line, lane) for line, lane in scope]
            return any(end is None or end > now_s for end in ends), state.starts_s(act), act.id

        acts = sorted(ledger.suspensions.values(), key=rank, reverse=True)
        told = tuple(self._suspension(act, done) for act in acts[:limit])
        return t.Suspensions(suspensions=told, more=max(len(acts) - limit, 0))

    def _suspension(self, act: Act, done: Sequence[state.Concluded]) -> t.Suspension:
        entry, _ = self.reading.entry(act.id, act.place)
        body = act.body
        return t.Suspension(
            ref=self.citations.ref(act.id, act.place),
            id=act.id.hex(),
            author=self.reading.sides[act.place.side],
            time_s=act.time_s,
            from_s=state.starts_s(act),
            reason=body.reason if isinstance(body, Suspend) else "",
            scope=tuple(
                t.Suspended(
                    line=self.reading.line(line),
                    lane=Lane(lane).name.lower(),
                    ends_s=state.lifted_s(done, act, line, lane),
                )
                for line, lane in (body.scope if isinstance(body, Suspend) else ())
            ),
            approved_by=self.reading.officers(entry),
        )

    def _named(self, ref: str) -> Act:
        found = self.ctx.record.ledger.offers.get(self.citations.resolve(ref))
        if found is None:
            raise Misuse(say("{ref} is no proposal, amendment, announcement or minute", ref=ref))
        return found

    def _offers(self) -> list[Act]:
        """Offers as the record took them in; of generations, only those that somebody must settle."""
        ledger = self.ctx.record.ledger
        contested = {act.id for act in state.disputes(ledger)}
        return [
            offer
            for offer in ledger.offers.values()
            if not isinstance(offer.body, Generation) or offer.id in contested or offer.body.forks
        ]

    def _told(self, offer: Act) -> t.Offer:
        entry, _ = self.reading.entry(offer.id, offer.place)
        body, waits = offer.body, self._waits_for(offer)
        effective_s, what = state.effective_s(offer) or 0, self.reading.row(entry).what
        told: dict[str, Any] = {
            "ref": self.citations.ref(offer.id, offer.place),
            "id": offer.id.hex(),
            "kind": KINDS[type(body)],
            "author": self.reading.sides[offer.place.side],
            "time_s": offer.time_s,
            "what": what,
            "what_said": sentence_of(what),
            "standing": state.standing(self.ctx.record.ledger, offer).value,
            "waits_for": waits,
            "lapsed": bool(waits) and 0 < effective_s < self.ctx.now.clock_s,
            "effective_s": effective_s,
            "approved_by": self.reading.officers(entry),
        }
        match body:
            case Propose():
                scope = tuple((self.reading.line(line), Lane(lane).name.lower()) for line, lane in body.scope)
                told |= {"scope": scope, "lifts": tuple(self.citations.name(x) for x in body.lists)}
                told["answered_s"] = self._answered_s(offer, body)
            case Amend():
                told |= self._change(body)
            case Announce() | Minute():
                told |= {"texts": dict(body.texts)}
        return t.Offer(**told)

    def _answered_s(self, offer: Act, body: Propose) -> dict[str, int]:
        effective_s = state.effective_s(offer) or 0
        if state.standing(self.ctx.record.ledger, offer) is not Standing.CONCLUDED:
            return {}
        found = {line: self.book.first_answered(line, effective_s) for line, _ in body.scope}
        return {self.reading.line(line): at_s for line, at_s in found.items() if at_s is not None}

    def _waits_for(self, offer: Act) -> t.Waits:
        ledger, ours = self.ctx.record.ledger, offer.place.side == self.ctx.us
        if isinstance(offer.body, Generation) and state.concluded_generation(ledger, offer) is not None:
            return ""
        match state.standing(ledger, offer):
            case Standing.WAITING:
                return "them" if ours else "us"
            case Standing.ACCEPTED:
                return "us" if ours else "them"
            case _:
                return ""

    def _change(self, body: Amend) -> dict[str, Any]:
        accord = self.ctx.accord
        days = None if body.holidays is None else tuple(map(day_text, body.holidays))
        return {
            "line": self.reading.line(body.line),
            "check_ins": None if body.check_ins is None else tuple(check_in_told(accord, x) for x in body.check_ins),
            "carriers": None if body.carriers is None else tuple(accord.carriers[n].id for n in body.carriers),
            "expires_s": body.expires_s,
            "holidays": days,
            "pulse_s": body.pulse_s,
        }
