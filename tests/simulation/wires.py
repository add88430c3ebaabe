"""Two desks and paths that take time: a rate, a latency, loss, disorder, cuts; a relay that keeps; a courier.

Rules of this file:
1. What waits for a slow path waits in the queue that real carriers have, with its bounds: what finds no room is lost.
2. Everything happens at an instant of one simulated clock, in an order that a seed decides.
3. What goes over a path is counted, for a test that says how much may.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from openline.carriers.queue import Waiting
from openline.core.release import approve
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import StationKeys
from openline.ports import Now, Parcel
from openline.station.commands import EntryCommand
from openline.station.context import Identity, Send
from openline.station.desk import Desk
from openline.store.memory import Disk, MemoryStore
from openline.wire.accord import CarrierKind
from openline.wire.entry import Entry
from tests.accord_maker import made

NORTH, SOUTH = 0, 1
COPPER, SATELLITE, STICK = 0, 1, 2
START_MS: Final = 1_600_000_000_000


@dataclass
class Way:
    """One direction of a carrier. `rate`: bytes a second, 0 for no limit; `disorder_ms`: how much later some arrive."""

    latency_ms: int = 20
    rate: int = 0
    loss: float = 0.0
    disorder_ms: int = 0
    whole: bool = True
    waiting: Waiting = field(default_factory=Waiting)
    busy: bool = False
    made: int = 0  # grows when the connection is made again: what was on the old one is lost
    bundles: int = 0
    bytes: int = 0
    parts: list[tuple[bytes, int]] = field(default_factory=list)  # every part that was put on the wire


class Wires:
    """Both stations and all ways between them, on one clock."""

    def __init__(self, *, seed: int = 1, up: tuple[int, ...] = (COPPER,)) -> None:
        self.made = made()
        self.now_ms = START_MS
        self.random = random.Random(seed)
        self.kinds = [carrier.kind for carrier in self.made.signed.accord.carriers]
        self.ways = {(carrier, side): Way() for carrier in range(len(self.kinds)) for side in (NORTH, SOUTH)}
        self.up = set(up)
        self.attached: set[int] = set()
        self.mailboxes: dict[int, list[bytes]] = {NORTH: [], SOUTH: []}
        self.disks = [Disk(), Disk()]
        self.desks: list[Desk | None] = [None, None]
        self.turns = [0, 0]
        self.sends_at_once = 0  # the most that one turn sent
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._ticks = [-1, -1]
        for side in (NORTH, SOUTH):
            self.start(side, first=True)

    # ---- stations

    def desk(self, side: int) -> Desk:
        found = self.desks[side]
        assert found is not None, "this station is down"
        return found

    @property
    def now(self) -> Now:
        return Now(self.now_ms, self.now_ms)

    def start(self, side: int, *, first: bool = False) -> None:
        keys = StationKeys.from_bytes(self.made.keys[side].station.to_bytes())
        identity = Identity(self.made.signed, side, keys, self.made.psk)
        desk = Desk(identity, MemoryStore(self.disks[side]), SeededEntropy(f"{side}/{self.now_ms}".encode()))
        self.desks[side] = desk
        self._ticks[side] = -1
        self.turn(side, lambda: desk.start(self.now, first=first))
        for carrier in sorted(self.up):
            self._connect(carrier)

    def kill(self, side: int) -> None:
        """SIGKILL: what was not committed is gone, and so are the connections."""
        self.desks[side] = None
        for carrier in sorted(self.up):
            self._break(carrier)
            if self.kinds[carrier] is CarrierKind.LIVE:
                self._tell(1 - side, lambda desk, carrier=carrier: desk.paths.down(carrier, self.now))
        self._attach()

    def turn(self, side: int, act: Callable[[], object]) -> None:
        desk = self.desks[side]
        if desk is None:
            return
        self.turns[side] += 1
        desk.at(self.now)
        act()
        while True:
            effects = desk.take()
            desk.ctx.store.commit(effects.writes)
            desk.committed()
            self.sends_at_once = max(self.sends_at_once, len(effects.sends))
            for send in effects.sends:
                self._send(side, send)
            if not desk.wants_turn:
                break
        self._plan(side)

    def _tell(self, side: int, act: Callable[[Desk], object]) -> None:
        desk = self.desks[side]
        if desk is not None:
            self.turn(side, lambda: act(desk))

    def enact(self, side: int, command: EntryCommand, pages: bytes | None = None) -> Entry:
        desk, found = self.desk(side), list[Entry]()
        draft = desk.draft(command, self.now)
        given = [
            approve(self.made.id, side, draft, n, desk.next_counter(n), self.made.keys[side].officers[n])
            for n in range(desk.approvals_needed(draft))
        ]
        self.turn(side, lambda: found.append(desk.record(desk.release(draft, given), self.now, pages=pages)))
        return found[0]

    # ---- carrying

    def _send(self, side: int, send: Send) -> None:
        way = self.ways[send.carrier, side]
        if send.carrier in self.up and (way.rate or way.busy):
            way.waiting.put(Parcel(send.data, send.stored, send.ticket, send.bulk, send.key))
            self._pump(send.carrier, side)
        elif send.carrier in self.up:
            parcel = Parcel(send.data, send.stored, send.ticket, send.bulk, send.key)
            self._on_wire(send.carrier, side, parcel)

    def _pump(self, carrier: int, side: int) -> None:
        way = self.ways[carrier, side]
        if way.busy or (parcel := way.waiting.take()) is None:
            return
        way.busy, made = True, way.made
        took_ms = len(parcel.data) * 1000 // way.rate + 1 if way.rate else 0

        def gone() -> None:
            if way.made == made:
                way.busy = False
                self._on_wire(carrier, side, parcel)
                self._pump(carrier, side)

        self.at(took_ms, gone)

    def _on_wire(self, carrier: int, side: int, parcel: Parcel) -> None:
        way = self.ways[carrier, side]
        way.bundles += 1
        way.bytes += len(parcel.data)
        if parcel.bulk and isinstance(parcel.key, tuple):
            way.parts.append(parcel.key)
        if not way.whole or self.random.random() < way.loss:
            return
        late_ms = self.random.randrange(way.disorder_ms) if way.disorder_ms else 0
        made = way.made

        def arrives() -> None:
            if way.made == made:
                self._arrives(carrier, side, parcel)

        self.at(way.latency_ms + late_ms, arrives)

    def _arrives(self, carrier: int, sender: int, parcel: Parcel) -> None:
        to = 1 - sender
        if self.kinds[carrier] is not CarrierKind.RELAY or to in self.attached:
            self._tell(to, lambda desk: desk.arrive(carrier, parcel.data, self.now))
        elif parcel.stored:
            self.mailboxes[to].append(parcel.data)
            ticket = parcel.ticket
            if isinstance(ticket, Send) and sender in self.attached:
                self._tell(sender, lambda desk: desk.paths.relay_kept(carrier, ticket, self.now))

    def set_up(self, *carriers: int) -> None:
        """These paths stand from now on, and no others."""
        for carrier in sorted(self.up - set(carriers)):
            self.up.discard(carrier)
            self._break(carrier)
            for side in (NORTH, SOUTH):
                self._tell(side, lambda desk, carrier=carrier: desk.paths.down(carrier, self.now))
        new = sorted(set(carriers) - self.up)
        self.up |= set(new)
        for carrier in new:
            self._connect(carrier)
        self._attach()

    def _break(self, carrier: int) -> None:
        for side in (NORTH, SOUTH):
            way = self.ways[carrier, side]
            way.made += 1
            way.busy = False
            way.waiting.clear()

    def _connect(self, carrier: int) -> None:
        if self.kinds[carrier] is CarrierKind.RELAY:
            self._attach()
        elif None not in self.desks:
            self._break(carrier)
            for side in (NORTH, SOUTH):
                self._tell(side, lambda desk: desk.paths.up(carrier, self.now))

    def _attach(self) -> None:
        """Who is in touch with the relay; it tells both, and hands over what it kept."""
        before = self.attached
        self.attached = {side for side in (NORTH, SOUTH) if SATELLITE in self.up and self.desks[side] is not None}
        if self.attached == before:
            return
        for side in sorted(self.attached - before):
            self._tell(side, lambda desk: desk.paths.up(SATELLITE, self.now))
        for side in (NORTH, SOUTH):
            here = side in self.attached
            word = (1 - side) in self.attached if here else None
            self._tell(side, lambda desk, here=here, word=word: desk.paths.relay_word(SATELLITE, here, word, self.now))
        for side in sorted(self.attached - before):
            kept, self.mailboxes[side] = self.mailboxes[side], []
            for number, data in enumerate(kept):
                self.at(number, lambda side=side, data=data: self._tell(
                    side, lambda desk: desk.arrive(SATELLITE, data, self.now)))  # type: ignore[misc]

    def carry(self, sender: int) -> int:
        """A courier's way from one side to the other; how many bundles it held."""
        desk, load = self.desk(sender), list[bytes]()
        self.turn(sender, lambda: load.extend(desk.packing()))
        for data in load:
            self._tell(1 - sender, lambda there, data=data: there.arrive(STICK, data, self.now))  # type: ignore[misc]
        return len(load)

    # ---- time

    def at(self, delay_ms: int, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now_ms + delay_ms, self._count, act))

    def _plan(self, side: int) -> None:
        desk = self.desks[side]
        due = None if desk is None else desk.next_ms()
        if desk is None or due is None or self._ticks[side] == due:
            return
        self._ticks[side] = due

        def tick() -> None:
            if self.desks[side] is desk and self._ticks[side] == due:
                self._ticks[side] = -1
                self.turn(side, lambda: desk.tick(self.now))

        self.at(max(due - self.now_ms, 0), tick)

    def run(self, span_ms: int, until: Callable[[], bool] | None = None) -> int:
        """Let time pass, up to a span or until something holds; how long it took."""
        began, end = self.now_ms, self.now_ms + span_ms
        while not (until is not None and until()):
            if not self._events or self._events[0][0] > end:
                self.now_ms = end
                break
            at, _, act = heapq.heappop(self._events)
            self.now_ms = max(self.now_ms, at)
            act()
        return self.now_ms - began

    def leap(self, span_ms: int) -> None:
        """Time passes while neither station runs a turn: machines that slept, and a clock that went on."""
        self.now_ms += span_ms

    # ---- what holds

    def equal(self) -> bool:
        first, second = (self.desk(side) for side in (NORTH, SOUTH))
        return first.ctx.record.heads() == second.ctx.record.heads()

    def at_rest(self) -> bool:
        """Both hold the same, pages too, and nothing waits."""
        desks = [self.desk(side) for side in (NORTH, SOUTH)]
        return self.equal() and not any(desk.outbox.waiting() or desk.pages.outgoing for desk in desks)
