"""The outbox: what of ours the other side is not known to hold, and how far everything got (spec 7.1).

Rules of this file:
1. A state is told with whose word it is: a carrier's word is evidence of a path, a hint of theirs saves sending, and
   only their signature proves that they hold it.
2. What the station writes by itself is counted, not listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from openline.core import receipts
from openline.core.receipts import Reached
from openline.ports import Now
from openline.station.api import types_items as t
from openline.station.api.citing import Citations
from openline.station.api.reading import Reading
from openline.station.desk import Desk
from openline.station.driver import Driver
from openline.station.outbox import NOWHERE, Position
from openline.wire import bodies
from openline.wire import entry as entries
from openline.wire.bodies import Body
from openline.wire.entry import Entry
from openline.wire.said import say, sentence_of
from openline.wire.terms import Level

SCANNED_MAX: Final = 4096  # chosen: a window of what waits; reading them takes some 50 ms
RECENT_SCANNED: Final = 256
RECENT: Final = 20
BY_PEOPLE: Final = (
    bodies.Tracked, bodies.Letter, bodies.Service, bodies.Suspend, bodies.Propose, bodies.Accept, bodies.Withdraw,
    bodies.Amend, bodies.Announce, bodies.Minute, bodies.PresenceBody,
)  # fmt: skip
SAYS: Final = {
    Reached.DELIVERED: say("their station holds it, and signed that it does"),
    Reached.SHOWN: say("an officer there opened it"),
    Reached.ACKNOWLEDGED: say("an officer there took note of it"),
    Reached.ANSWERED: say("it was answered"),
}


class _State(NamedTuple):
    state: str
    says: str
    by: str


class OutboxView:
    def __init__(self, runner: Driver, citations: Citations, reading: Reading) -> None:
        self.runner = runner
        self.citations = citations
        self.reading = reading
        self.ctx = runner.desk.ctx

    def all(self, limit: int) -> t.Outbox:
        """What waits, oldest first and at most `limit`, and the last that the other side holds."""
        desk, now = self.runner.desk, self.runner.clock.now()
        desk.at(now)
        waiting = [entry for entry in self._waiting(desk) if by_people(entry.body)]
        total = sum(1 for _ in self._pages_wait(desk)) + desk.outbox.waiting_count()
        listed = [self._told(desk, now, entry) for entry in waiting[:limit]]
        shown = {entry.id for entry in waiting}
        recent = [entry for entry in self._recent(desk) if by_people(entry.body) and entry.id not in shown]
        return t.Outbox(
            waiting=tuple(listed),
            more=total - len(listed),
            recent=tuple(self._told(desk, now, entry) for entry in recent[:RECENT]),
        )

    async def try_now(self) -> t.Tried:
        """Carriers that are down connect now; what waits goes by those that are up."""

        def again(desk: Desk, now: Now) -> t.Tried:
            self.runner.nudge()
            paths = tuple(self.ctx.accord.carriers[number].id for number in desk.try_now(now))
            waiting = desk.outbox.waiting_count() + len(desk.pages.outgoing)
            if not waiting:
                says = say("nothing waits")
            elif paths:
                says = say("sent again")
            elif self.ctx.up:
                says = say("nothing to send again: a relay keeps all of it for them already")
            else:
                says = say("no path is up; those that are down connect now")
            return t.Tried(waiting=waiting, paths=paths, says=says, said=sentence_of(says))

        return await self.runner.ask(again)

    # ---- which

    def _waiting(self, desk: Desk) -> Iterator[Entry]:
        yield from self._pages_wait(desk)
        for data in desk.outbox.after(desk.outbox.held, SCANNED_MAX):
            yield entries.decode(data)

    def _pages_wait(self, desk: Desk) -> Iterator[Entry]:
        """Documents whose entry they hold, and whose pages not."""
        for place in sorted(desk.pages.outgoing):
            identity = self.ctx.record.id_at(*place)
            if (place.gen, place.seq) <= desk.outbox.held and identity is not None:
                yield self.reading.entry(identity, place)[0]

    def _recent(self, desk: Desk) -> list[Entry]:
        """The last of ours that they are known to hold, newest first."""
        held, found = desk.outbox.held, list[bytes]()
        for gen in reversed(self.ctx.record.generations(self.ctx.us)):
            if held == NOWHERE or gen > held[0] or len(found) >= RECENT_SCANNED:
                continue
            end = held[1] + 1 if gen == held[0] else self.ctx.record.length(self.ctx.us, gen)
            start = max(end - RECENT_SCANNED, 0)
            found += reversed(self.ctx.entries(self.ctx.us, gen, start, end - start))
        return [entries.decode(data) for data in found]

    # ---- telling

    def _told(self, desk: Desk, now: Now, entry: Entry) -> t.Sent:
        position = (entry.gen, entry.seq)
        state, row = self._state(desk, entry, position), self.reading.row(entry)
        next_ms, waits = None, ""
        if state.state in ("recorded", "on_its_way", "kept_by_relay"):
            next_ms, waits = self._next(desk, now, entry, position)
        item = self.ctx.record.ledger.items.get(entry.id)
        return t.Sent(
            ref=self.citations.ref(entry.id, entry.place),
            id=entry.id.hex(),
            kind=row.kind,
            what=row.what,
            time_s=entry.time_s,
            line=", ".join(row.lines),
            precedence=entry.body.precedence.name if isinstance(entry.body, bodies.Tracked) else "ROUTINE",
            state=state.state,
            says=state.says,
            attested_by=state.by,
            went_by=tuple(self.ctx.accord.carriers[n].id for n in desk.outbox.ways.of(position)),
            next_ms=next_ms,
            waits=waits,
            what_said=sentence_of(row.what),
            said=sentence_of(state.says),
            attested_said=sentence_of(state.by),
            waits_said=sentence_of(waits),
            due_s=item.time_s + item.due_s if item is not None and item.due_s else 0,
        )

    def _state(self, desk: Desk, entry: Entry, position: Position) -> _State:
        ledger, us = self.ctx.record.ledger, self.ctx.us
        item = ledger.items.get(entry.id)
        if item is not None:
            reached, by = self.reading.attested(item)
        else:
            reached = receipts.act_reached(ledger, us, position)
            by = say("{side}'s station", side=self.reading.sides[1 - us])
        if reached is not Reached.RECORDED:
            return _State(reached.value, SAYS[reached], by)
        ours = say("{side}'s station", side=self.reading.sides[us])
        if receipts.act_reached(ledger, us, position) is not Reached.RECORDED:
            return _State("on_its_way", say("their station holds its entry; its pages are on their way"), ours)
        if position <= desk.outbox.held:
            hint = say("their station hints that it holds it; its signed word is to come")
            return _State("on_its_way", hint, say("{side}'s station, unsigned", side=self.reading.sides[1 - us]))
        keeping = [n for n, upto in desk.outbox.relayed.items() if upto >= position]
        if keeping:
            names = ", ".join(self.ctx.accord.carriers[n].id for n in keeping)
            return _State(
                "kept_by_relay", say("kept for them by {names}", names=names), say("relay {names}", names=names)
            )
        went = desk.outbox.ways.of(position)
        if went:
            names = ", ".join(self.ctx.accord.carriers[n].id for n in went)
            return _State("on_its_way", say("handed to {names}; no word of theirs yet", names=names), ours)
        return _State("recorded", say("in our record; no path has taken it yet"), ours)

    def _next(self, desk: Desk, now: Now, entry: Entry, position: Position) -> tuple[int | None, str]:
        """How long until it is tried again, or why it is not."""
        if self.ctx.restoring:
            return None, say("this station is fetching its own record back")
        if position <= desk.outbox.held:
            due = desk.pages.next_ms() if entry.place in desk.pages.outgoing else None
        else:
            due = desk.outbox.next_ms()
        if due is not None:
            return max(due - now.elapsed_ms, 0), ""
        if not self.ctx.live_up() and not self.ctx.relays_up():
            return None, say("no live or relay path is up; it goes at once when one is, or by courier")
        return None, say("it is fetched when their station attaches")


def by_people(body: Body) -> bool:
    """Whether an officer or principal stands behind a body, not the station alone."""
    if isinstance(body, bodies.Receipt):
        return body.level is Level.ACKNOWLEDGED
    return isinstance(body, BY_PEOPLE)
