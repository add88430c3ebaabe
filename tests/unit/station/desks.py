"""Two desks on stores in memory, and a wire between them that carries what a test lets through."""

from __future__ import annotations

from openline.core.release import Draft, approve
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import StationKeys
from openline.ports import Now
from openline.station.commands import EntryCommand
from openline.station.context import Effects, Identity, Send
from openline.station.desk import Desk
from openline.store.memory import MemoryStore
from openline.wire.entry import Entry
from tests.accord_maker import made

COPPER, SATELLITE, STICK = 0, 1, 2  # the carriers of the accord that tests are made on


class Pair:
    """Both stations, up at one instant; `now_ms` is the clock of both and the elapsed time."""

    def __init__(self, *, up: tuple[int, ...] = (COPPER,)) -> None:
        self.now_ms = 1_600_000_000_000
        self.desks = [self._desk(side) for side in (0, 1)]
        self.sent: list[tuple[int, Send]] = []
        for side, desk in enumerate(self.desks):
            desk.start(self.now, first=True)
            for carrier in up:
                desk.paths.up(carrier, self.now)
            self.take(side)
        self.deliver()

    def _desk(self, side: int) -> Desk:
        table = made()
        keys = StationKeys.from_bytes(table.keys[side].station.to_bytes())  # its own, for a test may change them
        identity = Identity(table.signed, side, keys, table.psk)
        return Desk(identity, MemoryStore(), SeededEntropy(bytes([side])))

    @property
    def now(self) -> Now:
        return Now(self.now_ms, self.now_ms)

    def take(self, side: int) -> Effects:
        """End a side's turn: what it writes is stored, what it sends lies in `sent`."""
        desk = self.desks[side]
        effects = desk.take()
        desk.ctx.store.commit(effects.writes)
        desk.committed()
        self.sent += [(side, send) for send in effects.sends]
        return effects

    def deliver(self, *, carriers: tuple[int, ...] = (COPPER, SATELLITE, STICK)) -> int:
        """Let everything arrive, and everything that follows from it; how many bundles arrived. What goes by other
        carriers is lost."""
        count = 0
        while self.sent:
            side, send = self.sent.pop(0)
            if send.carrier in carriers:
                self.desks[1 - side].arrive(send.carrier, send.data, self.now)
                self.take(1 - side)
                count += 1
        return count

    def wait(self, ms: int) -> None:
        """Time passes, and both stations notice."""
        self.now_ms += ms
        for side, desk in enumerate(self.desks):
            desk.tick(self.now)
            self.take(side)

    def draft(self, side: int, command: EntryCommand) -> Draft:
        return self.desks[side].draft(command, self.now)

    def act(self, side: int, command: EntryCommand, *, pages: bytes | None = None) -> Entry:
        """Compose, have it approved by as many officers as it needs, record and end the turn."""
        desk, table = self.desks[side], made()
        draft = self.draft(side, command)
        wanted = desk.approvals_needed(draft)
        given = [
            approve(table.id, side, draft, n, desk.next_counter(n), table.keys[side].officers[n]) for n in range(wanted)
        ]
        entry = desk.record(desk.release(draft, given), self.now, pages=pages)
        self.take(side)
        return entry

    @property
    def now_s(self) -> int:
        return self.now_ms // 1000
