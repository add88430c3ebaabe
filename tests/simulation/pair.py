"""Two whole stations, real desks with real keys and seals, and between them whatever a test does to what they send.

Rules of this file:
1. A turn is what the runner does: input, take, commit, send. A crash between any two of these drops the desk; only
   the medium and the keys outlive it.
2. Nothing is carried by itself: what was sent lies in `flight` until somebody delivers, spoils or drops it.
3. The pair remembers, across every crash and restoration, what each station signed and what each acknowledged: that is
   what the promises are held against.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from itertools import count
from typing import NamedTuple

from openline.core import receipts, state
from openline.core.approvals import needed
from openline.core.ledger import Ledger
from openline.core.record import Record
from openline.core.release import approve
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import RootKeys, SigningKey, StationKeys, XwingKey
from openline.ports import Now, PutEntry, Store, Write
from openline.station import commands
from openline.station.context import Event, Identity
from openline.station.desk import Desk
from openline.wire import entry as entries
from openline.wire.accord import CarrierKind
from openline.wire.entry import Entry, Place
from openline.wire.errors import Refused
from tests.accord_maker import Made, made
from tests.simulation.media import Medium, Memory

HEAL_MS = 300_000
DELIVERIES_MAX = 20_000


class Crash(Enum):
    """Where in a turn the process dies."""

    NOT = "not"
    BEFORE_COMMIT = "before the commit"
    BEFORE_SENDS = "after the commit, before anything is sent"


class Parcel(NamedTuple):
    """A bundle on its way to a side."""

    to: int
    carrier: int
    data: bytes


class Node:
    """One side: its desk while it runs; the medium and the keys that outlive it; its officers."""

    def __init__(self, pair: Pair, side: int, medium: Medium) -> None:
        self.pair = pair
        self.side = side
        self.medium = medium
        self.officers = pair.made.keys[side].officers
        self.root: RootKeys | None = pair.made.keys[side].root
        self.keys = StationKeys.from_bytes(pair.made.keys[side].station.to_bytes())
        self.ring = [self.keys.station]
        self.entropy = SeededEntropy(b"node" + bytes([side]))
        self.desk: Desk | None = None
        self.store: Store | None = None
        self.restored = False  # from a backup, and this is not on the medium yet
        self.signed: dict[Place, bytes] = {}
        self.told: list[Event] = []

    @property
    def now(self) -> Now:
        return Now(self.pair.now_ms + self.pair.skew_ms[self.side], self.pair.now_ms)

    @property
    def running(self) -> Desk:
        assert self.desk is not None, "this station is down"
        return self.desk

    @property
    def record(self) -> Record:
        return self.running.ctx.record

    @property
    def ledger(self) -> Ledger:
        return self.record.ledger

    def restoring(self) -> bool:
        if self.desk is not None:
            return self.desk.ctx.restoring
        return self.restored or self.medium.open().meta("restoring") is not None

    # ---- life

    def start(self, *, first: bool = False, crash: Crash = Crash.NOT) -> None:
        """Come up on what the medium holds, under the station key that its record says is in force."""
        store = self.store = self.medium.open()
        self.keys.station = self._key_in_force(store)
        identity = Identity(self.pair.made.signed, self.side, self.keys, self.pair.made.psk)
        desk = self.desk = Desk(identity, store, self.entropy)
        root = self.root if self.restored or store.meta("restoring") else None
        self.turn(lambda: desk.start(self.now, first=first, restored=self.restored, root=root), crash)
        self.restored = self.restored and crash is Crash.BEFORE_COMMIT
        for carrier in sorted(self.pair.up):
            if self.desk is desk:
                self.turn(lambda carrier=carrier: desk.paths.up(carrier, self.now))

    def _key_in_force(self, store: Store) -> SigningKey:
        record = Record(self.pair.made.signed)
        for kept in store.replay():
            record.replay_one(kept.data, kept.id)
        known = {key.public: key for key in self.ring}
        return known.get(record.cursors[self.side].key, self.ring[-1])

    def kill(self) -> None:
        self.medium.close()
        self.desk = self.store = None

    def restore(self, copy: Medium, crash: Crash = Crash.NOT) -> None:
        """Start on an old copy of the store; whoever puts it back says so until the station has noted it."""
        self.kill()
        self.pair.pages_lost = True
        self.medium, self.restored = copy.copy(), True
        self.start(crash=crash)

    # ---- turns

    def turn(self, act: Callable[[], object], crash: Crash = Crash.NOT) -> None:
        """One turn and its consequences. Does nothing while the station is down."""
        desk, store = self.desk, self.store
        if desk is None or store is None:
            return
        desk.at(self.now)
        act()
        while True:
            effects = desk.take()
            if crash is Crash.BEFORE_COMMIT:
                return self.kill()
            if effects.writes:
                store.commit(effects.writes)
                self._remember(effects.writes)
            if crash is Crash.BEFORE_SENDS:
                return self.kill()
            desk.committed()
            self.told += effects.events
            self.pair.flight += [Parcel(1 - self.side, send.carrier, send.data) for send in effects.sends]
            if not desk.wants_turn:
                return None

    def _remember(self, writes: list[Write]) -> None:
        """What became durable: no place of ours is ever signed twice; what we acknowledged is never lost."""
        for write in writes:
            if isinstance(write, PutEntry) and write.place.side == self.side:
                before = self.signed.setdefault(write.place, write.id)
                assert before == write.id, f"side {self.side} signed two entries at {write.place}"
                ack = entries.decode(write.data).ack
                if ack is not None:
                    self.pair.acknowledged[1 - self.side] = max(
                        self.pair.acknowledged[1 - self.side], (ack.gen, ack.seq)
                    )

    # ---- people

    def enact(self, command: commands.EntryCommand, crash: Crash = Crash.NOT, pages: bytes | None = None) -> Entry:
        """Compose, approve with the officers' keys, release and record, as people at the post would.

        Raises:
            Refused: a rule refuses it; nothing was written.
        """
        desk, accord = self.running, self.pair.made.signed
        draft = desk.draft(command, self.now)
        given = [
            approve(accord.id, self.side, draft, n, desk.next_counter(n), self.officers[n])
            for n in range(needed(accord.accord, draft.body))
        ]
        released = desk.release(draft, given)
        made: list[Entry] = []
        self.turn(lambda: made.append(desk.record(released, self.now, pages=pages)), crash)
        return made[0]

    def try_to(
        self, command: commands.EntryCommand, crash: Crash = Crash.NOT, pages: bytes | None = None
    ) -> Entry | None:
        """The same, where a refusal is no surprise."""
        with suppress(Refused):
            return self.enact(command, crash, pages)
        return None

    def rotate(self, crash: Crash = Crash.NOT) -> None:
        """New keys; their private halves are durable before the entry that names them, as the desk asks."""
        desk = self.running
        if not desk.ctx.restoring:
            new, prekey = SigningKey.generate(self.entropy), XwingKey.generate(self.entropy)
            self.ring.append(new)
            self.turn(lambda: desk.rotate_keys(new, prekey, self.now), crash)

    # ---- what is held

    def holds(self, place: Place, identity: bytes) -> bool:
        return self.record.id_at(*place) == identity

    def mark(self) -> tuple[object, ...]:
        """All of the record by which two moments can be told apart."""
        store = self.store
        assert store is not None
        return self.record.heads(), self.record.count, store.count(), len(store.strays()), digest(self.ledger)


def digest(ledger: Ledger) -> dict[str, object]:
    """What a record says, apart from how it came to be: equal for equal frontiers."""
    offers = list(ledger.offers.values())
    instants = sorted({a.time_s for a in ledger.suspensions.values()} | {state.effective_s(o) or 0 for o in offers})
    lanes = [(line, lane) for line in range(len(ledger.accord.lines)) for lane in (0, 1)]
    return {
        "formal": [[state.formal(ledger, *lane, at) for lane in lanes] for at in instants],
        "suspensions": sorted(ledger.suspensions),
        "offers": {offer.id: state.standing(ledger, offer) for offer in offers},
        "items": {
            item.id: (state.flag(ledger, item), receipts.reached(ledger, item)) for item in ledger.items.values()
        },
        "presence": ledger.presence,
        "numbers": ledger.numbers,
        "counters": ledger.counters,
        "disputes": [act.id for act in state.disputes(ledger)],
    }


class Pair:
    """Both stations, simulated time, and all that is on its way between them."""

    def __init__(self, media: tuple[Medium, Medium] | None = None, *, founding: Made | None = None) -> None:
        self.made = founding or made()
        self.accord = self.made.signed.accord
        self.now_ms = self.accord.founded_s * 1000
        self.skew_ms = [0, 0]
        self.up = {n for n, c in enumerate(self.accord.carriers) if c.kind is not CarrierKind.COURIER}
        self.courier = next((n for n, c in enumerate(self.accord.carriers) if c.kind is CarrierKind.COURIER), 0)
        self.flight: list[Parcel] = []
        self.pages_lost = False  # pages are no entries: an old copy may lack some that are nowhere else
        self.acknowledged = [(-1, -1), (-1, -1)]  # by side: up to where the other side durably acknowledged it
        first, second = media or (Memory(), Memory())
        self.nodes = (Node(self, 0, first), Node(self, 1, second))
        for node in self.nodes:
            node.start(first=True)

    # ---- carrying

    def deliver(self, parcel: Parcel, crash: Crash = Crash.NOT) -> None:
        node = self.nodes[parcel.to]
        desk = node.desk
        if desk is not None:
            node.turn(lambda: desk.arrive(parcel.carrier, parcel.data, node.now), crash)

    def settle(self) -> None:
        """Deliver everything that is on its way, and what that brings on its way, without loss, in order."""
        for number in count():
            if not self.flight:
                return
            assert number < DELIVERIES_MAX, "the two stations never stop talking"
            self.deliver(self.flight.pop(0))

    def carry(self, sender: int) -> None:
        """A courier's round from one side to the other, all in one hand."""
        node = self.nodes[sender]
        desk = node.desk
        if desk is not None:
            packed: list[bytes] = []
            node.turn(lambda: packed.extend(desk.pack(node.now)))
            for data in packed:
                self.deliver(Parcel(1 - sender, self.courier, data))

    def set_up(self, carrier: int, up: bool) -> None:
        for node in self.nodes:
            desk = node.desk
            if desk is not None and up:
                node.turn(lambda desk=desk, node=node: desk.paths.up(carrier, node.now))
            elif desk is not None:
                desk.paths.down(carrier, node.now)
        (self.up.add if up else self.up.discard)(carrier)

    # ---- time

    def advance(self, span_ms: int, *, settling: bool = False) -> None:
        """Let time pass; both stations do what their timers bid them. With `settling`, carriers are perfect."""
        until = self.now_ms + span_ms
        while (due := self._next_ms()) is not None and due <= until:
            self.now_ms = max(self.now_ms, due)
            for node in self.nodes:
                desk = node.desk
                if desk is not None and (at := desk.next_ms()) is not None and at <= self.now_ms:
                    node.turn(lambda desk=desk, node=node: desk.tick(node.now))
            if settling:
                self.settle()
        self.now_ms = until

    def _next_ms(self) -> int | None:
        due = [at for node in self.nodes if node.desk is not None and (at := node.desk.next_ms()) is not None]
        return min(due, default=None)

    def equal(self) -> bool:
        first, second = self.nodes
        return first.record.heads() == second.record.heads()

    def heal(self) -> None:
        """Everything works again: stations run, carriers carry. What takes longer than a few minutes is broken."""
        for node in self.nodes:
            if node.desk is None:
                node.start()
        for carrier, kind in enumerate(c.kind for c in self.accord.carriers):
            if kind is not CarrierKind.COURIER:
                self.set_up(carrier, True)
        self.settle()
        end = self.now_ms + HEAL_MS
        while self.now_ms < end and not self.whole():
            self.advance(1_000, settling=True)

    def whole(self) -> bool:
        """Both hold the same, pages included, and neither is fetching anything."""
        fetching = any(node.restoring() for node in self.nodes)
        pages = any(node.running.pages.outgoing for node in self.nodes) and not self.pages_lost
        return self.equal() and not fetching and not pages
