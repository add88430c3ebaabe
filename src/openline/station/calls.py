"""Calls: ring, rang, answered or declined or deferred or nothing, ended; the attempt on record, the seals (spec 5.6).

Rules of this file:
1. Ring and answer are signals on the line's own carriers, never entries; a ring after its 60 s rings nothing.
2. What the called station says of a call it signs; the caller's entry carries those words, so that neither can deny.
3. Every attempt, rung or not, is one entry of the caller's, written when the call finishes, even across a restart.
4. A line and lane where a call lasts is not rung again: whoever would is led to that call.
5. An answered call lasts until either hangs up, at most `talk_ms`: a call that nobody ends is ended.
6. It is closed by two seals: the caller's first, then the called side's, which names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from openline.core import schedule, state
from openline.core.release import by_station
from openline.keys import public
from openline.station import attested
from openline.station.checkpoints import Checkpoints
from openline.station.context import Context, Send
from openline.station.sealer import Sealer
from openline.station.voices import Spoken, Voices
from openline.wire import cbor
from openline.wire import entry as entries
from openline.wire.accord import CarrierKind
from openline.wire.bodies import Call, Seal
from openline.wire.bundle import Act, Payload, Signal, Voice
from openline.wire.entry import Entry
from openline.wire.said import say
from openline.wire.terms import Lane, Outcome, Phase, Word

RING_MS: Final = 60_000
TALK_MS: Final = 60_000
REPEAT_MS: Final = 5_000
WORDS_KEPT: Final = 256
RINGING_MAX: Final = 64  # chosen: a call on every line; more at once is a flood
RUNG_KEPT: Final = 1024  # chosen: rings that a carrier may repeat long after without ringing again

LASTS: Final = say("a call lasts on this line already")
IN_USE: Final = say("{why}: nothing was rung anew, and that call is shown", why=LASTS)
OUTCOMES: Final = {Phase.DECLINED: Outcome.DECLINED, Phase.DEFERRED: Outcome.DEFERRED}


@dataclass
class Placed:
    """A call of ours that has not finished."""

    call_id: bytes
    line: int
    lane: Lane
    due_s: int
    started_s: int
    started_ms: int
    repeat_ms: int
    rang: Word | None = None
    final: Word | None = None
    answered_ms: int | None = None


@dataclass
class Ringing:
    """A call of theirs: ringing here until `until_ms`, or answered."""

    call_id: bytes
    line: int
    lane: Lane
    due_s: int
    until_ms: int
    word: Word
    answered_ms: int | None = None
    repeat_ms: int | None = None
    over: bool = False


class Calls:
    def __init__(self, ctx: Context, sealer: Sealer, checkpoints: Checkpoints, talk_ms: int = TALK_MS) -> None:
        self.ctx = ctx
        self.talk_ms = talk_ms
        self.sealer = sealer
        self.checkpoints = checkpoints
        self.placed: dict[bytes, Placed] = {}
        self.ringing: dict[bytes, Ringing] = {}
        self.rung: dict[bytes, None] = {}  # ids of rings that were heard, oldest first
        self.their_words: dict[bytes, Call] = {}  # their latest call entries, for the seal that follows
        self.voices = Voices(ctx, self.spoken, self._send)
        ctx.hear(self._on_entry, Call)

    # ---- calling

    def place(self, line: int, lane: Lane, due_s: int) -> bytes:
        """Ring them. The attempt is durable before the first ring leaves."""
        ctx = self.ctx
        call_id = ctx.entropy.bytes(8)
        now = ctx.now
        call = Placed(call_id, line, lane, due_s, now.clock_s, now.elapsed_ms, now.elapsed_ms + REPEAT_MS)
        self.placed[call_id] = call
        ctx.remember(f"call/{call_id.hex()}", cbor.encode([line, int(lane), due_s, now.clock_s]))
        self._ring(call)
        return call_id

    def lasting(self, line: int, lane: Lane) -> bytes | None:
        """The call that lasts on a line and lane, whoever placed it; theirs before ours, where they crossed."""
        now = self.ctx.now.elapsed_ms
        for ring in self.ringing.values():
            waits = ring.answered_ms is not None or now < ring.until_ms
            if waits and not ring.over and (ring.line, ring.lane) == (line, lane):
                return ring.call_id
        ours = (each.call_id for each in self.placed.values() if (each.line, each.lane) == (line, lane))
        return next(ours, None)

    def hang_up(self, call_id: bytes) -> None:
        """End a call now: one of ours, or one of theirs that we answered; silently if it is over."""
        call, ring = self.placed.get(call_id), self.ringing.get(call_id)
        if call is not None:
            self._finish(call)
        elif ring is not None and ring.answered_ms is not None and not ring.over:
            self._over(ring)
            self._signal(Signal(Act.HANG_UP, ring.call_id, ring.line, ring.lane, ring.due_s, 0, None))

    def _over(self, ring: Ringing) -> None:
        ring.over, ring.repeat_ms = True, None
        self.ctx.tell("ended", line=ring.line, id=ring.call_id)

    def _ring(self, call: Placed) -> None:
        age = self.ctx.now.elapsed_ms - call.started_ms
        self._signal(Signal(Act.RING, call.call_id, call.line, call.lane, call.due_s, age, None))

    def spoken(self, call_id: bytes) -> Spoken | None:
        """A call that is not over, whoever placed it."""
        call, ring = self.placed.get(call_id), self.ringing.get(call_id)
        if call is not None:
            return Spoken(call.line, call.lane, call.answered_ms is not None, True)
        if ring is not None and not ring.over:
            return Spoken(ring.line, ring.lane, ring.answered_ms is not None, False)
        return None

    def _signal(self, signal: Signal) -> None:
        self._send(signal.line, Payload(signals=(signal,)))

    def _send(self, line: int, payload: Payload) -> None:
        carriers = [n for n in line_carriers(self.ctx, line) if n in self.ctx.up]
        if carriers:
            bundle = self.sealer.seal(payload)
            self.ctx.effects.sends += [Send(carrier, bundle, stored=False) for carrier in carriers]

    def finish_interrupted(self) -> None:
        """At start: attempts that a stop of this station cut short are recorded as such."""
        for key, value in self.ctx.store.metas("call/").items():
            plain: Any = cbor.decode(value)
            line, lane, due_s, started_s = plain
            call = Call(
                line=line,
                lane=Lane(lane),
                call_id=bytes.fromhex(key.rpartition("/")[2]),
                started_s=started_s,
                outcome=Outcome.INTERRUPTED,
                due_s=due_s,
            )
            self.ctx.append(by_station(call))
            self.ctx.remember(key, None)

    def _finish(self, call: Placed) -> None:
        ctx = self.ctx
        del self.placed[call.call_id]
        ctx.remember(f"call/{call.call_id.hex()}", None)
        outcome = Outcome.NOT_RUNG if call.rang is None else Outcome.RANG_UNANSWERED
        if call.final is not None:
            outcome = OUTCOMES.get(Phase(call.final.phase), Outcome.ANSWERED)
        ctx.append(
            by_station(
                Call(
                    line=call.line,
                    lane=call.lane,
                    call_id=call.call_id,
                    started_s=call.started_s,
                    outcome=outcome,
                    due_s=call.due_s,
                    rang=call.rang,
                    final=call.final,
                )
            )
        )
        if outcome is Outcome.ANSWERED:
            self._seal(call.line, call.call_id, call.due_s, None)
        else:
            age = ctx.now.elapsed_ms - call.started_ms
            self._signal(Signal(Act.HANG_UP, call.call_id, call.line, call.lane, call.due_s, age, None))

    def _seal(self, line: int, call_id: bytes, due_s: int, closes: bytes | None) -> None:
        checkpoint = self.checkpoints.make() if due_s and self._closing(line, due_s) else None
        self.ctx.append(
            by_station(Seal(line=line, call_id=call_id, closes=closes, due_s=due_s, checkpoint=checkpoint))
        )
        ring = self.ringing.get(call_id)
        if ring is not None and not ring.over:
            self._over(ring)

    def _closing(self, line: int, due_s: int) -> bool:
        """Whether no later check-in of the line is due on the same day: its seal carries a checkpoint."""
        in_force = state.line_in_force(self.ctx.record.ledger, line, self.ctx.now.clock_s)
        later = schedule.next_due(in_force.check_ins, in_force.holidays, due_s)
        if later is None:
            return True
        zone = in_force.check_ins[later.index].zone
        return schedule.local_day(later.due_s, zone) != schedule.local_day(due_s, zone)

    # ---- being called

    def answer(self, call_id: bytes, phase: Phase) -> None:
        """The officer at the post picks up, declines or defers; refused silently if it no longer rings."""
        ring = self.ringing.get(call_id)
        if ring is None or ring.over or ring.answered_ms is not None:
            return
        ring.word = self._word(ring, phase)
        ring.repeat_ms = self.ctx.now.elapsed_ms + REPEAT_MS
        if phase is Phase.ANSWERED:
            ring.answered_ms = self.ctx.now.elapsed_ms
        else:
            ring.over = True
        self._say(ring)

    def ringing_here(self) -> list[Ringing]:
        now = self.ctx.now.elapsed_ms
        return [r for r in self.ringing.values() if not r.over and r.answered_ms is None and now < r.until_ms]

    def _word(self, ring: Ringing, phase: Phase) -> Word:
        ctx = self.ctx
        time_s = ctx.now.clock_s
        message = public.call_message(
            ctx.accord_id, ctx.them, ring.call_id, ring.line, ring.lane, ring.due_s, phase, time_s
        )
        return Word(phase, time_s, ctx.station_key().sign(message))

    def _say(self, ring: Ringing) -> None:
        self._signal(Signal(Act.WORD, ring.call_id, ring.line, ring.lane, ring.due_s, 0, ring.word))

    # ---- signals

    def heard_voice(self, voice: Voice) -> None:
        """Raises: PeerFault, as `Voices.heard`."""
        if not self.ctx.restoring:
            self.voices.heard(voice)

    def heard(self, signal: Signal, carrier: int) -> None:
        if self.ctx.restoring:
            return
        if signal.act is Act.RING:
            self._heard_ring(signal, carrier)
        elif signal.act is Act.WORD and signal.word is not None:
            self._heard_word(signal, signal.word)
        elif signal.act is Act.HANG_UP and (call := self.placed.get(signal.call_id)) is not None:
            if call.answered_ms is not None:
                self._finish(call)
        elif (ring := self.ringing.get(signal.call_id)) is not None:
            ring.repeat_ms = None  # they have our word
            if signal.act is not Act.CONNECTED and ring.answered_ms is None:
                ring.over = True
                del self.ringing[ring.call_id]  # `rung` remembers it: it never rings again
                self.ctx.tell("silenced", line=ring.line, id=ring.call_id)

    def _heard_ring(self, signal: Signal, carrier: int) -> None:
        ctx = self.ctx
        ring = self.ringing.get(signal.call_id)
        if ring is None:
            age = signal.age_ms + ctx.accord.carriers[carrier].latency_ms
            if age >= RING_MS or signal.call_id in self.rung or self._full():
                return
            self._note_rung(signal.call_id)
            until = ctx.now.elapsed_ms + RING_MS - age
            lane = Lane(signal.lane)
            ring = Ringing(signal.call_id, signal.line, lane, signal.due_s, until, Word(0, 0, b""))
            ring.word = self._word(ring, Phase.RANG)
            self.ringing[signal.call_id] = ring
            ctx.tell("ringing", line=ring.line, id=ring.call_id)
        self._say(ring)

    def _full(self) -> bool:
        """Whether no more may ring; calls that are over make room, and are remembered a while only."""
        going_on = sum(not ring.over for ring in self.ringing.values())
        return going_on >= RINGING_MAX or len(self.ringing) >= RUNG_KEPT

    def _note_rung(self, call_id: bytes) -> None:
        self.rung[call_id] = None
        if len(self.rung) > RUNG_KEPT:
            del self.rung[next(iter(self.rung))]

    def _heard_word(self, signal: Signal, word: Word) -> None:
        ctx = self.ctx
        call = self.placed.get(signal.call_id)
        if call is None or call.final is not None:
            return
        message = public.call_message(
            ctx.accord_id, ctx.us, call.call_id, call.line, call.lane, call.due_s, word.phase, word.time_s
        )
        public.verify(ctx.record.cursors[ctx.them].key, message, word.signature)
        phase = Phase(word.phase)
        if phase is Phase.RANG:
            call.rang = call.rang or word
            return
        call.final = word
        if phase is Phase.ANSWERED:
            call.answered_ms = ctx.now.elapsed_ms
            self._signal(Signal(Act.CONNECTED, call.call_id, call.line, call.lane, call.due_s, 0, None))
        else:
            self._finish(call)

    # ---- time

    def next_ms(self) -> int | None:
        voices = self.voices.next_ms()
        times: list[int] = [] if voices is None else [voices]
        for call in self.placed.values():
            if call.answered_ms is not None:
                times.append(call.answered_ms + self.talk_ms)
            else:
                times.append(call.started_ms + RING_MS)
                if call.rang is None:
                    times.append(call.repeat_ms)
        for ring in self.ringing.values():
            times.append(self._forget_ms(ring))
            if ring.repeat_ms is not None:
                times.append(ring.repeat_ms)
        return min(times, default=None)

    def tick(self) -> None:
        now = self.ctx.now.elapsed_ms
        self.voices.tick()
        for call in list(self.placed.values()):
            if call.answered_ms is not None:
                if now >= call.answered_ms + self.talk_ms:
                    self._finish(call)
            elif now >= call.started_ms + RING_MS:
                self._finish(call)
            elif call.rang is None and now >= call.repeat_ms:
                call.repeat_ms = now + REPEAT_MS
                self._ring(call)
        for ring in list(self.ringing.values()):
            if ring.repeat_ms is not None and now >= ring.repeat_ms:
                ring.repeat_ms = now + REPEAT_MS if now < ring.until_ms else None
                self._say(ring)
            if now >= self._forget_ms(ring):
                del self.ringing[ring.call_id]

    def _forget_ms(self, ring: Ringing) -> int:
        """When a call of theirs has ended for certain, whether we heard so or not."""
        return ring.until_ms + (self.talk_ms if ring.answered_ms is not None and not ring.over else TALK_MS)

    # ---- the record

    def _on_entry(self, entry: Entry) -> None:
        if entry.side == self.ctx.them and isinstance(entry.body, Call):
            self.their_words[entry.body.call_id] = entry.body
            if len(self.their_words) > WORDS_KEPT:
                del self.their_words[next(iter(self.their_words))]

    def seal_missing(self) -> None:
        """First seals of theirs that came while we could append nothing."""
        for calls in self.ctx.record.ledger.calls:
            for identity, (place, _) in list(calls.first_seals.items()):
                if place.side == self.ctx.them and identity not in calls.second_seals:
                    data = self.ctx.data_at(place, identity)
                    if data is not None:
                        self.seal_in_turn(entries.decode(data))

    def seal_in_turn(self, entry: Entry) -> None:
        """Their first seal of a call that we answered, by our own signed word, gets ours."""
        ctx, body = self.ctx, entry.body
        if not isinstance(body, Seal) or body.closes is not None or ctx.restoring:
            return
        call = self.their_words.get(body.call_id)
        if call is not None and (call.line, call.due_s) == (body.line, body.due_s) and self._we_answered(call):
            self._seal(body.line, body.call_id, body.due_s, entry.id)

    def _we_answered(self, call: Call) -> bool:
        """Whether a word of ours says so: what a caller writes of itself makes nobody seal."""
        return call.outcome is Outcome.ANSWERED and self.we_attested(call)

    def we_attested(self, call: Call) -> bool:
        """Whether a finished call of theirs says no more of us than a word of ours does: that it rang, and how it was
        taken. That it never rang, or was broken off, is theirs to say."""
        says_of_us = Outcome(call.outcome) in attested.PHASES
        return not says_of_us or attested.by(self.ctx.record.ledger, self.ctx.us, call)


def line_carriers(ctx: Context, line: int) -> tuple[int, ...]:
    """The carriers that a line's pulses and calls use now (a courier carries neither)."""
    in_force = state.line_in_force(ctx.record.ledger, line, ctx.now.clock_s)
    return tuple(n for n in in_force.carriers if ctx.accord.carriers[n].kind is not CarrierKind.COURIER)
