"""What an entry states, as named facts whose values are data: whoever shows them says the names in its own language.

Rules of this file: a fact's name is always the same English word for the same thing; nothing is checked here, an entry
is its author's claim; what somebody wrote is given as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from openline.audit.describe import CHANGES, changed
from openline.core.wording import LANES
from openline.station.api.reading import Reading
from openline.wire import bodies
from openline.wire.bodies import Body
from openline.wire.entry import Entry, Place
from openline.wire.said import Length, Listed, Moment, Value, inner, say
from openline.wire.terms import Checkpoint44, Lane, Level, Outcome, Precedence, Presence, ProofKind, Scope

OUTCOMES: Final = {
    Outcome.NOT_RUNG: say("did not ring"),
    Outcome.RANG_UNANSWERED: say("rang, not answered"),
    Outcome.DECLINED: say("declined"),
    Outcome.DEFERRED: say("deferred"),
    Outcome.ANSWERED: say("answered"),
    Outcome.INTERRUPTED: say("broke off"),
}
PRECEDENCES: Final = {
    Precedence.ROUTINE: say("ROUTINE"),
    Precedence.PRIORITY: say("PRIORITY"),
    Precedence.IMMEDIATE: say("IMMEDIATE"),
    Precedence.FLASH: say("FLASH"),
}
LEVELS: Final = {
    Level.PAGES: say("its pages are verified"),
    Level.SHOWN: say("opened by an officer"),
    Level.ACKNOWLEDGED: say("acknowledged by an officer"),
}
PROOFS: Final = {
    ProofKind.FORK: say("two entries at one place"),
    ProofKind.BAD_SIGNATURE: say("a signature that does not hold"),
    ProofKind.BAD_CHAIN: say("an entry that breaks its chain"),
}
PRESENCE: Final = {
    Presence.SHOWN: say("presence is shown"),
    Presence.WITHHELD: say("presence is withheld"),
}
Found = Iterator[tuple[str, Value]]


class Facts:
    """The facts of one record's entries."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.accord = reading.ctx.accord

    def of(self, entry: Entry, *, readable: bool = True) -> list[tuple[str, Value]]:
        """What an entry states; without what somebody wrote in it, where that may not be read here."""
        body = entry.body
        found = self._tracked(body, readable) if isinstance(body, bodies.Tracked) else self._act(entry, body)
        return [(name, inner(value)) for name, value in found]

    def _at(self, time_s: int) -> Moment:
        return Moment.of(time_s, 0, self.accord.sides[self.reading.ctx.us].zone)

    def _scope(self, scope: Scope) -> Listed:
        return Listed.each(
            say("{line}: {lane} lane", line=self.reading.line(line), lane=LANES[Lane(lane).name.lower()])
            for line, lane in scope
        )

    def _tracked(self, body: bodies.Tracked, readable: bool) -> Found:
        if body.precedence is not Precedence.ROUTINE:
            yield "precedence", PRECEDENCES[body.precedence]
        if body.exercise:
            yield "exercise", say("this is an exercise")
        if body.due_s:
            yield "answer wanted within", Length.of(body.due_s * 1000)
        named = ("answers", body.answers), ("corrects", body.corrects), ("translation of", body.translation_of)
        for name, identity in named:
            if identity is not None:
                yield name, self.reading.named(identity)
        if readable:
            yield from _written(body)
        if isinstance(body, bodies.Document):
            yield "size in bytes", body.size
            yield "SHA-256 of the pages", body.digest.hex()

    def _act(self, entry: Entry, body: Body) -> Found:
        match body:
            case bodies.Suspend():
                yield "lines and lanes", self._scope(body.scope)
                if body.from_s:
                    yield "from", self._at(body.from_s)
                if body.reason:
                    yield "reason", body.reason
            case bodies.Propose():
                yield "lines and lanes", self._scope(body.scope)
                yield "effective", self._at(body.effective_s)
                yield "lifts", Listed.each(map(self.reading.named, body.lists))
            case bodies.Accept() | bodies.Withdraw():
                yield "of", self.reading.named(body.target)
            case bodies.Receipt():
                about = Place(1 - entry.side, body.gen, body.seq)
                identity = self.reading.ctx.record.id_at(*about)
                yield "of", self.reading.citations.place(about) if identity is None else self._named(identity, about)
                yield "receipt", LEVELS[body.level]
                yield "officer on watch", self._officer(entry.side, body.officer)
            case bodies.Announce() | bodies.Minute():
                for language, text in body.texts:
                    yield "text", f"{language}: {text}"
            case _:
                yield from self._other(entry, body)

    def _named(self, identity: bytes, place: Place) -> str:
        return self.reading.citations.ref(identity, place)

    def _officer(self, side: int, number: int) -> str:
        officers = self.accord.sides[side].officers
        return officers[number].name if number < len(officers) else f"officer {number}"

    def _seal(self, line: int, identity: bytes) -> str:
        calls = self.reading.ctx.record.ledger.calls
        known = calls[line].first_seals.get(identity) if line < len(calls) else None
        return self.reading.named(identity) if known is None else self.reading.citations.place(known[0])

    def _other(self, entry: Entry, body: Body) -> Found:
        match body:
            case bodies.Letter():
                principals = self.accord.sides[1 - entry.side].principals
                yield "to", principals[body.to].name if body.to < len(principals) else str(body.to)
                yield "size in bytes", len(body.age)
            case bodies.Call():
                yield "outcome", OUTCOMES[body.outcome]
                if body.due_s:
                    yield "check-in due", self._at(body.due_s)
            case bodies.Seal():
                yield "outcome", OUTCOMES[body.outcome]
                if body.closes is not None:
                    yield "closes", self._seal(body.line, body.closes)
                if body.due_s:
                    yield "check-in due", self._at(body.due_s)
                yield from _checkpoint(body.checkpoint)
            case bodies.Checkpoint():
                yield from _checkpoint(body.checkpoint)
            case bodies.Amend():
                yield "effective", self._at(body.effective_s)
                yield "changes", Listed.each(CHANGES[name] for name in changed(body))
            case bodies.Generation():
                if body.last is not None:
                    yield "goes on from", self.reading.citations.place(Place(entry.side, body.last.gen, body.last.seq))
                if body.forks:
                    yield "forks that it settles", len(body.forks)
            case bodies.Fault():
                yield "claims proof of", PROOFS[body.proof]
            case bodies.PresenceBody():
                yield "presence", PRESENCE[body.mode]
            case bodies.Service():
                yield "text", body.text
            case _:
                return


def _written(body: bodies.Tracked) -> Iterator[tuple[str, str]]:
    """What an officer wrote."""
    match body:
        case bodies.Message():
            yield "text", body.text
        case bodies.Notice():
            yield "form", body.form
            for key, value in body.fields:
                yield "field", f"{key}: {value}"
        case bodies.Document() if body.title:
            yield "title", body.title


def written(body: Body) -> Iterator[str]:
    """Every text in an entry that somebody wrote, for a search."""
    match body:
        case bodies.Tracked():
            yield from (value for _, value in _written(body))
        case bodies.Suspend():
            yield body.reason
        case bodies.Announce() | bodies.Minute():
            yield from (text for _, text in body.texts)
        case bodies.Service():
            yield body.text


def _checkpoint(checkpoint: Checkpoint44 | None) -> Found:
    if checkpoint is not None:
        yield "entries under the checkpoint", checkpoint.size
        yield "Merkle root", checkpoint.root.hex()
