"""Pulses in the player: carried for real where something changed, computed where nothing did (spec 12.2).

Rules of this file:
1. The first pulse of each line and side after every change of conditions is made, sealed, carried and opened. The runs
   of identical pulses after it are computed: which would have been the last to arrive, and what it echoed.
2. A computed run ends at the next change; before conditions change, `settle` gives both desks what they had heard.
3. A pulse says what its side holds, too: the first after each change of that is carried, where the other side does not
   know of it yet.
4. Which pulses a lossy carrier drops follows from the seed and the pulse's own place, not from the order of events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openline.core import state
from openline.play.carrying import Carriers
from openline.play.station import Station
from openline.play.world import World
from openline.station.calls import line_carriers
from openline.wire.accord import CarrierKind
from openline.wire.bundle import Echo, Pulse
from openline.wire.terms import Head

NOTED = 4  # how many of its own last pulses a desk must know to date their echoes
NEWS_MS = 20_000  # chosen: by then hints, and two rounds of sending again, have told what a working path tells
LOOK_BACK = 4_096  # chosen: after so many pulses lost in a row, none is looked for


@dataclass(frozen=True)
class Sending:
    """How one side sends pulses on one line: every so often, by these carriers; nothing if it withholds presence."""

    interval_ms: int
    carriers: tuple[int, ...]


class Pulses:
    def __init__(self, world: World, stations: tuple[Station, Station], carriers: Carriers) -> None:
        self.world = world
        self.stations = stations
        self.carriers = carriers
        self.sending: dict[tuple[int, int], Sending | None] = {}
        self.computed_from: dict[tuple[int, int], int] = {}  # (side, line): pulses after this are computed
        self.fed: dict[tuple[int, int, int], int] = {}  # (side, line, carrier): the last computed pulse handed over
        self.generation = 0
        self.began_ms = world.now_ms
        self.frontiers: dict[int, tuple[Head | None, Head | None]] = {}
        self._telling: set[int] = set()

    # ---- regimes

    def begin(self) -> None:
        """Conditions changed: from the next pulse on, carry one for real, then compute."""
        self.generation += 1
        self.began_ms = self.world.now_ms
        generation, now = self.generation, self.world.now_ms
        self.fed.clear()
        for station in self.stations:
            for line in range(len(self.world.scenario.lines)):
                sending = self.read(station, line)
                self.sending[station.side, line] = sending
                if sending is None:
                    continue
                first = self._next_tick(sending, now)
                self.computed_from[station.side, line] = first
                self.world.at(first, self._real(station, line, generation))

    def read(self, station: Station, line: int) -> Sending | None:
        desk = station.desk
        if desk is None or desk.ctx.restoring or desk.watch.withheld(station.side):
            return None
        now_s = self.world.now(station.side).clock_s
        in_force = state.line_in_force(desk.ctx.record.ledger, line, now_s)
        return Sending(in_force.pulse_s * 1000, tuple(n for n in line_carriers(desk.ctx, line) if n in desk.ctx.up))

    def changed(self) -> bool:
        """Whether the record changed how pulses are sent since the regime began."""
        return any(
            self.read(station, line) != self.sending.get((station.side, line))
            for station in self.stations
            for line in range(len(self.world.scenario.lines))
        )

    def _next_tick(self, sending: Sending, after_ms: int) -> int:
        start = self.world.scenario.start_ms
        return start + ((after_ms - start) // sending.interval_ms + 1) * sending.interval_ms

    def _real(self, station: Station, line: int, generation: int) -> Callable[[], None]:
        def pulse() -> None:
            desk = station.desk
            if generation == self.generation and desk is not None:
                desk.paths.probed(station.side not in self.world.conditions.network_down, self.world.now(station.side))
                station.turn(lambda: desk.paths.pulse(line))

        return pulse

    def note_frontier(self, station: Station) -> None:
        """After a turn: what this side holds may be news to the other side."""
        desk = station.desk
        if desk is None or desk.ctx.record.heads() == self.frontiers.get(station.side):
            return
        self.frontiers[station.side] = desk.ctx.record.heads()
        if station.side not in self._telling:
            self._telling.add(station.side)
            self.world.at(self.world.now_ms + NEWS_MS, lambda: self._tell(station))

    def _tell(self, station: Station) -> None:
        """Where the other side does not know yet that the heads are equal, the next pulses are carried."""
        self._telling.discard(station.side)
        other = self.stations[1 - station.side].desk
        if other is None or other.watch.unequal_since_ms is None:
            return
        for line in range(len(self.world.scenario.lines)):
            sending = self.sending.get((station.side, line))
            if sending is not None and sending.carriers:
                self.world.at(self._next_tick(sending, self.world.now_ms), self._real(station, line, self.generation))

    # ---- runs

    def settle(self) -> None:
        """Hand both desks the last computed pulse that has arrived on each line and carrier."""
        arrivals = []
        for station in self.stations:
            arrivals += self._arrivals(station)
            self._probe(station)
        for _, station, carrier, pulse, at_ms in sorted(arrivals, key=lambda a: a[0]):
            self._feed(station, carrier, pulse, at_ms)

    def flight(self) -> None:
        """Computed pulses that are on their way when a regime ends arrive all the same."""
        now = self.world.now_ms
        for sender in self.stations:
            for line in range(len(self.world.scenario.lines)):
                sending = self.sending.get((sender.side, line))
                for carrier in sending.carriers if sending else ():
                    self._launch(sender, line, carrier, now)

    def _launch(self, sender: Station, line: int, carrier: int, now: int) -> None:
        sending = self.sending[sender.side, line]
        latency = self.world.scenario.carriers[carrier].latency_ms
        if sending is None or latency == 0:
            return
        to = self.stations[1 - sender.side]
        tick = self._last_tick(sender.side, line, carrier, now)
        while tick is not None and tick + latency > now:
            pulse, at_ms = self._pulse(sender, line, tick), tick + latency
            self.world.at(at_ms, self._landing(to, carrier, pulse, at_ms))
            tick = self._last_tick(sender.side, line, carrier, tick - 1)

    def _landing(self, to: Station, carrier: int, pulse: Pulse, at_ms: int) -> Callable[[], None]:
        incarnation = to.incarnation

        def land() -> None:
            if to.incarnation == incarnation and self.carriers.hands_over(carrier, to.side):
                self._feed(to, carrier, pulse, at_ms)

        return land

    def _arrivals(self, to: Station) -> list[tuple[tuple[int, int, int], Station, int, Pulse, int]]:
        sender = self.stations[1 - to.side]
        found = []
        if to.desk is None or not self.world.hears(to.side):
            return []
        for line in range(len(self.world.scenario.lines)):
            sending = self.sending.get((sender.side, line))
            if sending is None:
                continue
            self._note_sent(sender, line, sending)
            for carrier in sending.carriers:
                latency = self.world.scenario.carriers[carrier].latency_ms
                tick = self._last_tick(sender.side, line, carrier, self.world.now_ms - latency)
                key = (sender.side, line, carrier)
                if tick is not None and tick > self.fed.get(key, -1):
                    self.fed[key] = tick
                    order = (tick + latency, line, carrier)
                    found.append((order, to, carrier, self._pulse(sender, line, tick), tick + latency))
        return found

    def _feed(self, to: Station, carrier: int, pulse: Pulse, at_ms: int) -> None:
        desk = to.desk
        if desk is not None and self.world.hears(to.side):
            to.turn(lambda: desk.heard_computed(pulse, carrier, at_ms, self.world.now(to.side)))

    def _note_sent(self, sender: Station, line: int, sending: Sending) -> None:
        desk = sender.desk
        if desk is None:
            return
        last = self._next_tick(sending, self.world.now_ms) - sending.interval_ms
        skew = self.world.conditions.skew_ms[sender.side]
        known = {elapsed for _, elapsed in desk.watch.sent.get(line, ())}
        for back in reversed(range(NOTED)):
            tick = last - back * sending.interval_ms
            if tick > self.computed_from[sender.side, line] and tick not in known:
                desk.watch.note_sent(line, tick + skew, tick)

    def _pulse(self, sender: Station, line: int, tick: int) -> Pulse:
        """The pulse of a computed tick, with the echo it carried."""
        clock = tick + self.world.conditions.skew_ms[sender.side]
        return Pulse(line, clock, self._echo(sender, line, tick))

    def _echo(self, sender: Station, line: int, tick: int) -> Echo | None:
        other = 1 - sender.side
        best: tuple[int, int] | None = None
        sending = self.sending.get((other, line))
        for carrier in sending.carriers if sending else ():
            latency = self.world.scenario.carriers[carrier].latency_ms
            heard = self._last_tick(other, line, carrier, tick - latency)
            if heard is not None and self.world.hears(sender.side) and (best is None or heard > best[0]):
                best = (heard, heard + latency)
        if best is not None:
            return Echo(best[0] + self.world.conditions.skew_ms[other], tick - best[1])
        desk = sender.desk
        known = None if desk is None else desk.watch.their_pulse.get(line)
        return None if known is None or known[1] > tick else Echo(known[0], tick - known[1])

    def _last_tick(self, side: int, line: int, carrier: int, until_ms: int) -> int | None:
        """The last computed pulse of a side that left by an instant and was carried."""
        sending = self.sending.get((side, line))
        if sending is None or carrier not in sending.carriers or not self._carries(carrier, side):
            return None
        tick = self._next_tick(sending, until_ms) - sending.interval_ms
        for _ in range(LOOK_BACK):
            if tick <= self.computed_from[side, line]:
                return None
            if not self._lost(side, line, carrier, tick):
                return tick
            tick -= sending.interval_ms
        return None

    def _carries(self, carrier: int, side: int) -> bool:
        how = self.world.conditions.spoiling.get(carrier)
        if how is not None and how.tamper:
            return False  # it arrives, and does not open
        if self.world.scenario.carriers[carrier].kind is CarrierKind.RELAY:
            return self.carriers.attached[carrier] == {0, 1}
        return self.world.passes(carrier, side)

    def _lost(self, side: int, line: int, carrier: int, tick: int) -> bool:
        return self.world.loses(carrier, f"{side}/{line}/{tick}")

    def _probe(self, station: Station) -> None:
        """Probes of our own network run as often as pulses: the last one's outcome."""
        desk = station.desk
        if desk is None:
            return
        interval = min(line.pulse_s for line in self.world.scenario.lines) * 1000
        start = self.world.scenario.start_ms
        last = self.world.now_ms - (self.world.now_ms - start) % interval
        ok, probed = desk.watch.probes or (True, -1)
        if last > probed and last > self.began_ms:
            ok = station.side not in self.world.conditions.network_down
            desk.watch.probes = (ok, last)
