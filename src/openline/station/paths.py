"""The desk's side of the carriers: which paths are up, what each relay says, and the pulses that go by them.

Rules of this file:
1. A path that comes up is used at once: we say what we hold, what waits goes, and each line that runs there pulses.
2. What a carrier or relay says is evidence of a path and of nothing else; it changes no entry and no state.
"""

from __future__ import annotations

from openline.ports import Now
from openline.station.calls import line_carriers
from openline.station.context import Context, Send
from openline.station.outbox import Outbox
from openline.station.pages import Pages
from openline.station.restoring import Restoration
from openline.station.sealer import Sealer
from openline.station.watch import Watch
from openline.wire.bundle import Payload


class Paths:
    """Every method that takes `now` sets the time of the turn, as those of the desk do."""

    def __init__(
        self, ctx: Context, sealer: Sealer, outbox: Outbox, pages: Pages, watch: Watch, restoration: Restoration
    ) -> None:
        self.ctx = ctx
        self.sealer = sealer
        self.outbox = outbox
        self.pages = pages
        self.watch = watch
        self.restoration = restoration

    def up(self, carrier: int, now: Now) -> None:
        """A path is usable again, as far as the carrier can tell."""
        ctx = self.ctx
        ctx.now = now
        ctx.up.add(carrier)
        if ctx.restoring:
            self.restoration.ask(carrier)
        else:
            self.outbox.returned(carrier)
            self.pages.returned(carrier)
            self._pulse_on(carrier)

    def down(self, carrier: int, now: Now) -> None:
        self.ctx.now = now
        self.ctx.up.discard(carrier)

    def relay_word(self, carrier: int, in_touch: bool, attached: bool | None, now: Now) -> None:
        """What a relay says of the other side; `in_touch` false when we no longer hear the relay."""
        ctx = self.ctx
        ctx.now = now
        before = self.watch.relays.get(carrier)
        self.watch.relays[carrier] = (in_touch, attached, now.elapsed_ms)
        (ctx.away.add if attached is False else ctx.away.discard)(carrier)
        if before is None or before[1] != attached:
            self.outbox.relay_changed(carrier)
            self.pages.relay_changed(carrier)
            if attached and carrier in ctx.up and not ctx.restoring:
                self.outbox.returned(carrier)
                self._pulse_on(carrier)

    def relay_kept(self, carrier: int, kept: Send, now: Now) -> None:
        """A relay confirmed that it keeps what was sent by it."""
        self.ctx.now = now
        self.pages.kept(carrier, kept.part)
        if kept.after is not None and kept.upto is not None:
            self.outbox.kept_by_relay(carrier, kept.after, kept.upto)

    def probed(self, ok: bool, now: Now) -> None:
        """The outcome of probing our own network's reference points."""
        self.ctx.now = now
        self.watch.probes = (ok, now.elapsed_ms)

    def pulse(self, line: int, *, only: int | None = None) -> None:
        """A sealed sign of life on a line, by each of its carriers that is up, unless we withhold presence."""
        ctx = self.ctx
        carriers = [n for n in line_carriers(ctx, line) if n in ctx.up and only in (None, n)]
        if not carriers or self.watch.withheld(ctx.us):
            return
        pulses = (self.watch.make_pulse(line),)
        bundle = self.sealer.seal(Payload(have=self.outbox.have(), pulses=pulses, holds_epoch=self.sealer.newest))
        ctx.effects.sends += [Send(carrier, bundle, stored=False, key=("pulse", line)) for carrier in carriers]

    def pulse_all(self) -> None:
        for line in range(len(self.ctx.accord.lines)):
            self.pulse(line)

    def _pulse_on(self, carrier: int) -> None:
        """Pulse by a path that has just come to lead somewhere."""
        for line in range(len(self.ctx.accord.lines)):
            if carrier in line_carriers(self.ctx, line):
                self.pulse(line, only=carrier)
