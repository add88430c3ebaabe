"""How calls stand: those that ring, that are spoken, and those that finished, as the API and the alarms tell them.

Rules of this file:
1. A finished call is told from its entry in the record, whichever side placed it; one that lasts from the desk's
   memory. Nothing here starts or ends a call. Either side tells of its own calls alone, however many it tells of, and
   whatever ids it writes.
2. Who picked up here is this side's own affair: kept in its store, told to nobody else.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from openline.core import agenda
from openline.station import demands
from openline.station.calls import RING_MS, Placed, Ringing
from openline.station.desk import Desk
from openline.wire import cbor
from openline.wire.bodies import Call, Seal
from openline.wire.entry import Entry
from openline.wire.said import say
from openline.wire.terms import Lane, Outcome, Phase

KEPT: Final = 256  # chosen: some weeks of calls on a few lines
PICKED: Final = "picked"
DUE_MAX: Final = 48  # chosen: twice the check-ins that a line may have in a day
SHORT_S: Final = 15 * 86_400  # chosen: what DUE_MAX check-ins of a line cover, twice
Finished: TypeAlias = dict[bytes, tuple[int, Entry, Call]]  # by call id: which of all it was, and its entry
STATES: Final = ("placed", "rang", "ringing", "talking", "ended", *(outcome.name.lower() for outcome in Outcome))
K = TypeVar("K")
V = TypeVar("V")
STATE_WORDS: Final = {
    "placed": say("placed"), "rang": say("rang"), "ringing": say("ringing"), "talking": say("talking"),
    "ended": say("ended"), "not_rung": say("not_rung"), "rang_unanswered": say("rang_unanswered"),
    "declined": say("declined"), "deferred": say("deferred"), "answered": say("answered"),
    "interrupted": say("interrupted"),
}  # fmt: skip
WORDS: Final = {Phase.DECLINED: "declined", Phase.DEFERRED: "deferred", Phase.ANSWERED: "ended"}


@dataclass(frozen=True, slots=True)
class CallState:
    """One call. `caller`: a side; `state`: one of STATES; `ended_s`: when it ended; `officer`: ours who picked up;
    `attested`: whether the side that was called signed what is said of it."""

    id: bytes
    line: int
    lane: Lane
    caller: int
    due_s: int
    state: str
    started_s: int
    ended_s: int | None = None
    officer: int | None = None
    sealed: bool = False
    attested: bool = True

    @property
    def over(self) -> bool:
        return self.state not in ("placed", "rang", "ringing", "talking")


@dataclass(frozen=True, slots=True)
class CheckInState:
    """A check-in of today. `outcome`: "" while nothing was tried, else the outcome of the last try."""

    due_s: int
    caller: int
    outcome: str
    complete: bool


class PastCall(NamedTuple):
    """A check-in that was due, or another call: when it was due, or began; "" where nobody tried."""

    at_s: int
    check_in: bool
    outcome: str


class CallBook:
    """Made before the desk starts: it watches the record from its beginning."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.finished: tuple[Finished, Finished] = ({}, {})  # by caller; oldest first
        self.told = 0  # how many finished, since the record's beginning
        self.picked: dict[bytes, int] = {}
        self.sealed: dict[tuple[int, bytes], None] = {}  # caller and id of calls with both seals
        self.first_seals: dict[bytes, tuple[int, bytes]] = {}  # id of a first seal → caller and id of its call
        self.answered: dict[int, array[int]] = {}  # line → when each answered call of the record was sealed by both
        desk.ctx.hear(self._on_entry, Call, Seal)
        desk.ctx.on_rebuild.append(self.answered.clear)  # then all entries are told again

    def load(self) -> None:
        """At start: who picked up what before."""
        stored = self.desk.ctx.store.meta(PICKED)
        plain: Any = [] if stored is None else cbor.decode(stored)
        self.picked = dict(plain)

    def _on_entry(self, entry: Entry) -> None:
        body = entry.body
        if isinstance(body, Call) and body.line < len(self.desk.ctx.accord.lines):
            theirs = self.finished[entry.side]
            theirs.pop(body.call_id, None)
            self.told += 1
            _kept(theirs, body.call_id, (self.told, entry, body), KEPT)
        elif isinstance(body, Seal):
            self._seal(entry, body)

    def _seal(self, entry: Entry, body: Seal) -> None:
        """A call is sealed by both where each wrote one of its seals: one side's word for both is none."""
        if body.closes is None:
            _kept(self.first_seals, entry.id, (entry.side, body.call_id), 2 * KEPT)
        elif (first := self.first_seals.get(body.closes)) is not None and first[0] != entry.side:
            _kept(self.sealed, first, None, 2 * KEPT)
            self.answered.setdefault(body.line, array("q")).append(entry.time_s)

    def note_officer(self, call_id: bytes, officer: int) -> None:
        """Which officer of ours placed this call, or picked it up."""
        self.picked[call_id] = officer
        while len(self.picked) > KEPT:
            del self.picked[next(iter(self.picked))]
        self.desk.ctx.remember(PICKED, cbor.encode([[each, who] for each, who in self.picked.items()]))

    # ---- how calls stand

    def one(self, call_id: bytes) -> CallState | None:
        """A call that lasts, or one of the last that finished."""
        calls = self.desk.calls
        if call_id in calls.placed:
            return self._placed(calls.placed[call_id])
        for caller in (self.desk.ctx.us, self.desk.ctx.them):
            if call_id in self.finished[caller]:
                return self._finished(*self.finished[caller][call_id][1:])
        return self._theirs(calls.ringing[call_id]) if call_id in calls.ringing else None

    def lasting(self) -> list[CallState]:
        """Every call that is not over, those that ring here first."""
        calls = self.desk.calls
        ours = [self._placed(call) for call in calls.placed.values()]
        theirs = [self._theirs(ring) for ring in calls.ringing.values() if not ring.over]
        found = [each for each in (*theirs, *ours) if not each.over]
        return sorted(found, key=lambda each: each.state != "ringing")

    def last(self, limit: int) -> list[CallState]:
        """The calls that finished last, newest first."""
        newest = sorted([*self.finished[0].values(), *self.finished[1].values()], key=lambda each: -each[0])[:limit]
        return [self._finished(entry, body) for _, entry, body in newest]

    def first_answered(self, line: int, since_s: int) -> int | None:
        """When a call was first answered on a line since an instant, of all in the record: when both had sealed
        it, for one side's word alone is none."""
        return min((at_s for at_s in self.answered.get(line, ()) if at_s >= since_s), default=None)

    def check_ins(self, line: int, from_s: int, until_s: int) -> list[CheckInState]:
        """The check-ins due on a line in [from_s, until_s), earliest first."""
        ctx = self.desk.ctx
        ledger, found = ctx.record.ledger, list[CheckInState]()
        for caller in (ctx.us, ctx.them):
            at: int | None = max(from_s, ctx.duty_from_s) - 1
            while at is not None and len(found) < 2 * DUE_MAX:
                at = agenda.next_due(ledger, line, at, caller)
                if at is None or at >= until_s:
                    break
                tried = ledger.calls[line].tries.get((at, caller))
                complete = demands.is_completed(ctx, line, at, caller)
                found.append(CheckInState(at, caller, "" if tried is None else tried.outcome.name.lower(), complete))
        return sorted(found, key=lambda each: (each.due_s, each.caller))

    def history(self, line: int, from_s: int, until_s: int) -> list[PastCall]:
        """Check-ins and other calls of a line in (from_s, until_s], oldest first. A check-in that nobody tried is told
        only where the time is short: over years there would be more of the schedule than of what happened."""
        tries = self.desk.ctx.record.ledger.calls[line].tries
        found = {
            due_s: PastCall(due_s, True, tried.outcome.name.lower())
            for (due_s, _), tried in sorted(tries.items(), key=lambda each: each[0][1] == self.desk.ctx.us)
            if from_s < due_s <= until_s
        }  # ours last: what they write of an instant at which we called does not take its place
        if until_s - from_s <= SHORT_S:
            for each in self.check_ins(line, from_s, until_s):
                found.setdefault(each.due_s, PastCall(each.due_s, True, each.outcome))
        others = [
            PastCall(body.started_s, False, Outcome(body.outcome).name.lower())
            for _, _, body in (*self.finished[0].values(), *self.finished[1].values())
            if body.line == line and not body.due_s and from_s < body.started_s <= until_s
        ]
        return sorted([*found.values(), *others])

    def _placed(self, call: Placed) -> CallState:
        state = "talking" if call.answered_ms is not None else "placed" if call.rang is None else "rang"
        return CallState(
            call.call_id, call.line, call.lane, self.desk.ctx.us, call.due_s, state, call.started_s,
            officer=self.picked.get(call.call_id),
        )  # fmt: skip

    def _theirs(self, ring: Ringing) -> CallState:
        now = self.desk.ctx.now
        if ring.answered_ms is not None and not ring.over:
            state = "talking"
        elif not ring.over and now.elapsed_ms < ring.until_ms:
            state = "ringing"
        else:
            state = WORDS.get(Phase(ring.word.phase), "rang_unanswered")
        started_s = now.clock_s - (now.elapsed_ms - (ring.until_ms - RING_MS)) // 1000
        return CallState(
            ring.call_id, ring.line, ring.lane, self.desk.ctx.them, ring.due_s, state, started_s,
            officer=self.picked.get(ring.call_id),
        )  # fmt: skip

    def _finished(self, entry: Entry, body: Call) -> CallState:
        return CallState(
            body.call_id, body.line, Lane(body.lane), entry.side, body.due_s, Outcome(body.outcome).name.lower(),
            body.started_s, ended_s=entry.time_s, officer=self.picked.get(body.call_id),
            sealed=(entry.side, body.call_id) in self.sealed,
            attested=entry.side == self.desk.ctx.us or self.desk.calls.we_attested(body),
        )  # fmt: skip


def _kept(of: dict[K, V], key: K, value: V, most: int) -> None:
    """Keep the newest `most`; the oldest goes."""
    of[key] = value
    if len(of) > most:
        del of[next(iter(of))]
