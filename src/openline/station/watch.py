"""What this station hears: pulses, carriers, relays, probes, and when; the evidence for explaining a silence (spec 11).

Rules of this file:
1. Only what was opened and is theirs counts as heard. Pulses and call signals are heard on a line; any other bundle
   counts for its carrier alone.
2. What was heard is durable, kept by our clock and turned into an age at the next start: a restart forgets neither the
   last pulse nor that a line was once through.
3. Ages are elapsed time: a step of the clock ages nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from openline.core import agenda, silence, state
from openline.core.silence import Evidence, Gap, Heard, RelayWord
from openline.station import attested, demands, grounds
from openline.station.calls import line_carriers
from openline.station.context import Context
from openline.wire import cbor
from openline.wire.accord import CarrierKind
from openline.wire.bodies import Propose
from openline.wire.bundle import Echo, Have, Pulse
from openline.wire.terms import Lane, Presence

SENT_KEPT: Final = 16
ANSWERS_AHEAD: Final = 8  # chosen: more than a path that comes and goes wants in one interval
TAG_BYTES: Final = 16
BROUGHT_KEPT: Final = 4096  # chosen: two days of pulses on one line, 256 KiB
Stamp = tuple[int, int]  # (line or carrier, carrier)


class Watch:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.attested = attested.Known(ctx.us)
        self.up_since_ms = 0
        self.pulses: dict[Stamp, int] = {}  # (line, carrier) → when their last pulse came
        self.brought: dict[tuple[int, bytes], None] = {}  # bundles that carriers brought, oldest first
        self.lines: dict[int, int] = {}  # line → when their last pulse or signal came
        self.echoes: dict[int, int] = {}  # line → when the newest of our pulses that they echoed had left
        self.carriers: dict[int, int] = {}
        self.through_s: dict[int, int] = {}  # line → our clock when it was last through
        self.their_pulse: dict[int, tuple[int, int]] = {}  # line → (their sent_ms, when it came)
        self.told: dict[int, int] = {}  # line → when the pulse of theirs came that we last echoed
        self.answered_ms: dict[int, int] = {}  # line → until when answers to pulses have been given, one an interval
        self.sent: dict[int, deque[tuple[int, int]]] = {}
        self.relays: dict[int, tuple[bool, bool | None, int]] = {}
        self.probes: tuple[bool, int] | None = None
        self.offset_ms: int | None = None
        self.their_head: Have | None = None
        # What a running station knows beside this: gaps in its own watch of a line, and statements noted about it.
        self.gaps: Callable[[int], tuple[Gap, ...]] = lambda line: ()
        self.statements: Callable[[int], tuple[str, ...]] = lambda line: ()
        self.unequal_since_ms: int | None = None

    # ---- across restarts

    def load(self) -> None:
        """At start: what was heard before, as ages by our clock."""
        now = self.ctx.now
        self.up_since_ms = now.elapsed_ms
        stored = self.ctx.store.meta("heard")
        if stored is None:
            return
        plain: Any = cbor.decode(stored)
        back = now.elapsed_ms - now.clock_ms
        pulses, lines, echoes, carriers, through = plain
        # What would be in the future was stamped before the clock was set back: how old it is cannot be known.
        self.pulses = {(line, carrier): back + at for line, carrier, at in pulses if at < now.clock_ms}
        self.lines = {line: back + at for line, at in lines if at < now.clock_ms}
        self.echoes = {line: back + at for line, at in echoes if at < now.clock_ms}
        self.carriers = {carrier: back + at for carrier, at in carriers if at < now.clock_ms}
        self.through_s = dict(through)

    def save(self) -> None:
        now = self.ctx.now
        ahead = now.clock_ms - now.elapsed_ms
        plain = cbor.encode(
            [
                [[line, carrier, max(at + ahead, 0)] for (line, carrier), at in sorted(self.pulses.items())],
                [[line, max(at + ahead, 0)] for line, at in sorted(self.lines.items())],
                [[line, max(at + ahead, 0)] for line, at in sorted(self.echoes.items())],
                [[carrier, max(at + ahead, 0)] for carrier, at in sorted(self.carriers.items())],
                [[line, at] for line, at in sorted(self.through_s.items())],
            ]
        )
        self.ctx.remember("heard", plain)

    # ---- hearing

    def is_news(self, carrier: int, bundle: bytes) -> bool:
        """Whether this carrier brings this bundle for the first time, told by the authentication tag at its end."""
        mark = (carrier, bundle[-TAG_BYTES:])
        if mark in self.brought:
            return False
        self.brought[mark] = None
        if len(self.brought) > BROUGHT_KEPT:
            del self.brought[next(iter(self.brought))]
        return True

    def heard_bundle(self, carrier: int, at_ms: int | None = None) -> None:
        """An authenticated bundle of any kind came by this carrier (`at_ms`, where it was computed)."""
        if self.ctx.accord.carriers[carrier].kind is not CarrierKind.COURIER:
            now = self.ctx.now.elapsed_ms if at_ms is None else at_ms
            self.carriers[carrier] = max(self.carriers.get(carrier, now), now)

    def heard_signal(self, line: int) -> None:
        self.lines[line] = self.ctx.now.elapsed_ms

    def heard_pulse(self, pulse: Pulse, carrier: int, at_ms: int | None = None) -> None:
        """A pulse of theirs came (`at_ms`, where a run of identical pulses was computed)."""
        if pulse.line >= self.ctx.record.ledger.line_count():
            return
        now = self.ctx.now.elapsed_ms if at_ms is None else at_ms
        line = pulse.line
        for heard, key in ((self.lines, line), (self.carriers, carrier)):
            heard[key] = max(heard.get(key, now), now)
        self.pulses[line, carrier] = max(self.pulses.get((line, carrier), now), now)
        if now >= self.their_pulse.get(line, (0, now))[1]:
            self.their_pulse[line] = (pulse.sent_ms, now)
        latency = self.ctx.accord.carriers[carrier].latency_ms
        left = self._left(line, pulse.echo, now)
        if left is not None:
            self.echoes[line] = max(self.echoes.get(line, left), left)
        clock_then = self.ctx.now.clock_ms - (self.ctx.now.elapsed_ms - now)
        self.offset_ms = pulse.sent_ms + latency - clock_then
        if silence.through(self.evidence(line, Lane.LIAISON, brief=True), now):
            self.through_s[line] = clock_then // 1000

    def _left(self, line: int, echo: Echo | None, came_ms: int) -> int | None:
        """When the pulse of ours that an echo tells by its clock stamp left, in elapsed time; None where none of ours
        can have that stamp. After the clock was set back two of ours may have it: the newest is meant, that can have
        been there and back by `came_ms`."""
        if echo is None:
            return None
        for clock_ms, elapsed_ms in reversed(self.sent.get(line, ())):
            if clock_ms == echo.sent_ms and elapsed_ms <= came_ms - echo.held_ms:
                return elapsed_ms
        left = self.ctx.now.elapsed_ms - (self.ctx.now.clock_ms - echo.sent_ms)
        return left if left <= came_ms else None

    def make_pulse(self, line: int) -> Pulse:
        """Our next pulse on a line, echoing the newest of theirs heard there."""
        now = self.ctx.now
        self.note_sent(line, now.clock_ms, now.elapsed_ms)
        heard = self.their_pulse.get(line)
        if heard is not None:
            self.told[line] = heard[1]
        echo = None if heard is None else Echo(heard[0], max(now.elapsed_ms - heard[1], 0))
        return Pulse(line, now.clock_ms, echo)

    def note_sent(self, line: int, clock_ms: int, elapsed_ms: int) -> None:
        self.sent.setdefault(line, deque(maxlen=SENT_KEPT)).append((clock_ms, elapsed_ms))

    def wants_answer(self, pulse: Pulse) -> bool:
        """Whether a pulse is answered at once: it shows that they have not heard us lately, or our own last pulse
        could not show that we hear them. In the steady state neither holds, so nothing is answered twice; where a
        round trip is longer than the patience both hold for ever, and `may_answer` is the end of it."""
        patience = 2 * self.pulse_ms(pulse.line)
        now = self.ctx.now.elapsed_ms
        left = self._left(pulse.line, pulse.echo, now)
        if left is None or now - left > patience:
            return True
        told = self.told.get(pulse.line)
        return told is None or now - told > patience

    def may_answer(self, line: int) -> bool:
        """Whether one more answer to a pulse may go now (spec 5.7): answers that answer each other, or a side that
        shows a want without end, get as many as pulses go anyway."""
        now, every = self.ctx.now.elapsed_ms, self.pulse_ms(line)
        oldest_ms = now - ANSWERS_AHEAD * every
        until_ms = max(self.answered_ms.get(line, oldest_ms), oldest_ms) + every
        if until_ms > now:
            return False
        self.answered_ms[line] = until_ms
        return True

    # ---- heads

    def compare_heads(self, equal: bool) -> None:
        if equal:
            self.unequal_since_ms = None
        elif self.unequal_since_ms is None:
            self.unequal_since_ms = self.ctx.now.elapsed_ms

    # ---- evidence

    def pulse_ms(self, line: int) -> int:
        return state.line_in_force(self.ctx.record.ledger, line, self.ctx.now.clock_s).pulse_s * 1000

    def withheld(self, side: int) -> bool:
        act = self.ctx.record.ledger.presence.get(side)
        return act is not None and getattr(act.body, "mode", None) is Presence.WITHHELD

    def evidence(self, line: int, lane: Lane, *, brief: bool = False) -> Evidence:
        """All that this station could have seen about a line up to now (spec 11.1). With `brief`, only what
        `silence.through` reads."""
        ctx, ids = self.ctx, [c.id for c in self.ctx.accord.carriers]
        here = Heard(self.lines[line], self.echoes.get(line)) if line in self.lines else None
        by_carrier = {ids[carrier]: at for (on, carrier), at in self.pulses.items() if on == line}
        if brief:
            return Evidence(
                line="", formal="", pulse_ms=self.pulse_ms(line), up_since_ms=0, heard_here=here,
                heard_by_carrier=by_carrier, we_send_pulses=not self.withheld(ctx.us),
            )
        ledger, now_s = ctx.record.ledger, ctx.now.clock_s
        cuts = [state.cut(ledger, line, each, now_s) for each in Lane]
        opened = self._opened_s(line)
        asked = demands.newest_first(ctx, line)
        in_force = state.line_in_force(ledger, line, now_s)
        return Evidence(
            line=ctx.accord.lines[line].id,
            formal=state.formal(ledger, line, lane, now_s).value,
            pulse_ms=self.pulse_ms(line),
            up_since_ms=self.up_since_ms,
            restoring=ctx.restoring,
            probes_ok=None if self.probes is None else self.probes[0],
            probed_ms=None if self.probes is None else self.probes[1],
            heard_here=here,
            heard_by_carrier=by_carrier,
            heard_lines={ctx.accord.lines[n].id: at for n, at in self.lines.items() if n != line},
            heard_carriers={ids[n]: at for n, at in self.carriers.items()},
            line_carriers=tuple(ids[n] for n in line_carriers(ctx, line)),
            carriers_down=tuple(ids[n] for n in line_carriers(ctx, line) if n not in ctx.up),
            we_send_pulses=not self.withheld(ctx.us),
            they_withhold=self.withheld(ctx.them),
            every_lane_cut=all(cut is not state.Formal.OPEN for cut in cuts),
            opened_by_restoration=opened is not None,
            through_since_opening=opened is not None and self._through_until_s(line) >= opened,
            demand=asked[0] if asked else None,
            relays=tuple(
                RelayWord(ids[n], in_touch, attached, at) for n, (in_touch, attached, at) in sorted(self.relays.items())
            ),
            history=demands.history(ctx, line, self.attested),
            missed_check_in_s=demands.missed_check_in(ctx, line),
            statements=self.statements(line),
            lane=lane.name.lower(),
            now_s=now_s,
            zone=ctx.accord.sides[ctx.us].zone,
            cuts=grounds.cuts(ctx, line, lane),
            offers=grounds.offers(ctx, line, lane),
            opened_s=opened,
            expires_s=in_force.expires_s,
            earlier=tuple(asked[1:]),
            next_check_in_s=agenda.next_due(ledger, line, now_s),
            gaps=self.gaps(line),
        )

    def _through_until_s(self, line: int) -> int:
        """Until when, by our clock, the pulse that last made the line through kept it so; -1 where none did."""
        came_s = self.through_s.get(line)
        return -1 if came_s is None else came_s + silence.INTERVALS * self.pulse_ms(line) // 1000

    def _opened_s(self, line: int) -> int | None:
        """When a concluded restoration last opened a lane of the line that is open now."""
        ledger, now_s = self.ctx.record.ledger, self.ctx.now.clock_s
        times = [
            body.effective_s
            for done in state.restorations(ledger)
            if isinstance(body := done.offer.body, Propose) and body.effective_s <= now_s
            for on, lane in body.scope
            if on == line
            and any(state.covering(s, line, lane) for i in body.lists if (s := ledger.suspensions.get(i)) is not None)
            and state.formal(ledger, line, lane, now_s) is state.Formal.OPEN
        ]
        return max(times, default=None)
