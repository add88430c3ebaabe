"""One side in the player: its keys, its store on disk, its desk while the station runs, its people (spec 12.2).

Rules of this file:
1. A turn is what the real runner does: input, then take, then commit, then send. A crash between any two of these is
   a `kill`, which drops the desk and keeps the file.
2. People are robots with a mode per line, which lasts across restarts; acts are signed with the officer's own key.
3. What a site holds (store, station keys) is apart from what is kept elsewhere (root, principals, officers,
   announcement keys, backups).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from openline.core import approvals
from openline.core.release import approve
from openline.keys.entropy import SeededEntropy
from openline.keys.founding import SideKeys
from openline.keys.secret import StationKeys
from openline.ports import Store
from openline.station import commands
from openline.station.context import Event, Identity, Send
from openline.station.desk import Desk
from openline.store import open_store
from openline.wire.accord import SignedAccord
from openline.wire.entry import Entry
from openline.wire.errors import Refused
from openline.wire.terms import Phase

if TYPE_CHECKING:
    from openline.play.world import World

PICK_UP_MS = 5_000
PHASES = {"answers": Phase.ANSWERED, "declines": Phase.DECLINED, "defers": Phase.DEFERRED}


@dataclass(frozen=True)
class Backup:
    """A consistent copy of the store, and the station keys of that moment."""

    path: Path
    keys: bytes


class Watcher(Protocol):
    """Somebody who watches a station: told of each desk before it starts, in every turn before its commit, and after
    it. A play that is watched is the same play."""

    def made(self, desk: Desk) -> None: ...

    def look(self, desk: Desk) -> None: ...

    def turned(self) -> None: ...


class Station:
    """A side and its station. `deliver` is given every send after its turn is durable. `attended`: a person sits at
    the posts, and the robots do nothing."""

    def __init__(
        self, world: World, side: int, keys: SideKeys, psk: bytes, folder: Path, seed: bytes
    ) -> None:
        self.world = world
        self.side = side
        self.keys = keys
        self.psk = psk
        self.folder = folder
        self.entropy = SeededEntropy(seed)
        self.signed: SignedAccord | None = None
        self.station_keys: StationKeys | None = keys.station
        self.modes = ["answers"] * len(world.scenario.lines)
        self.backups: dict[str, Backup] = {}
        self._copies = 0
        self.store: Store | None = None
        self.desk: Desk | None = None
        self.deliver: Callable[[Station, list[Send]], None] = lambda station, sends: None
        self.before_turn: Callable[[Station], None] = lambda station: None
        self.after_turn: Callable[[Station], None] = lambda station: None
        self.next_ms: Callable[[Station, Desk], int | None] = lambda station, desk: desk.next_ms()
        self.told: list[Event] = []
        self.watcher: Watcher | None = None
        self.attended = False
        self.incarnation = 0
        self._tick_at: int | None = None

    @property
    def name(self) -> str:
        return self.world.scenario.sides[self.side]

    @property
    def path(self) -> Path:
        return self.folder / f"side-{self.side}.sqlite"

    @property
    def exists(self) -> bool:
        """Whether the site stands: it has a store and station keys."""
        return self.station_keys is not None

    # ---- life

    def start(self, *, first: bool = False, restored: bool = False) -> None:
        """Bring the station up on its store."""
        if self.station_keys is None or self.signed is None:
            raise Refused(f"the site of {self.name} is destroyed", next_step="Use restore_site.")
        self.store = open_store(str(self.path), sync="off")
        identity = Identity(self.signed, self.side, self.station_keys, self.psk)
        self.desk = Desk(identity, self.store, self.entropy)
        self._tick_at = None
        self.world.conditions.running.add(self.side)
        desk, root = self.desk, self.keys.root
        if self.watcher is not None:
            self.watcher.made(desk)
        self.turn(lambda: desk.start(self.world.now(self.side), first=first, restored=restored, root=root))

    def kill(self) -> None:
        """SIGKILL: what was not committed is gone."""
        if self.store is not None:
            self.store.close()
        self.desk = self.store = None
        self.incarnation += 1
        self.world.conditions.running.discard(self.side)
        if self.watcher is not None:
            self.watcher.turned()

    def destroy(self) -> None:
        """The site is gone: store and station keys."""
        self.kill()
        for path in self.folder.glob(f"side-{self.side}.sqlite*"):
            path.unlink()
        self.station_keys = None

    def back_up(self, name: str) -> None:
        if self.store is None or self.station_keys is None:
            raise Refused(f"the station of {self.name} is down")
        self._copies += 1
        path = self.folder / f"side-{self.side}.backup-{self._copies}"
        self.store.close()
        shutil.copyfile(self.path, path)
        self.backups[name] = Backup(path, self.station_keys.to_bytes())
        self.store = open_store(str(self.path), sync="off")
        if self.desk is not None:
            self.desk.ctx.store = self.store

    def restore(self, source: str) -> None:
        """Start on a backup, or on nothing but the root and what the other side holds."""
        if self.desk is not None:
            raise Refused(f"the station of {self.name} is running: there is nothing to restore")
        backup = self.backups.get(source)
        if source != "peer" and backup is None:
            raise Refused(f"{self.name} holds no backup named {source}")
        for path in self.folder.glob(f"side-{self.side}.sqlite*"):
            path.unlink()
        if backup is None:
            self.station_keys = StationKeys.generate(self.entropy)
        else:
            shutil.copyfile(backup.path, self.path)
            self.station_keys = StationKeys.from_bytes(backup.keys)
        self.start(restored=True)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """The store, opened for the while where the station is down."""
        if self.store is not None:
            yield self.store
            return
        store = open_store(str(self.path), sync="off")
        try:
            yield store
        finally:
            store.close()

    def durable(self) -> Desk | None:
        """A desk to read from: the running one, or one laid over the durable record of a station that is down."""
        if self.desk is not None:
            return self.desk
        if self.station_keys is None or self.signed is None:
            return None
        with self.reading() as store:
            desk = Desk(Identity(self.signed, self.side, self.station_keys, self.psk), store, self.entropy)
            desk.at(self.world.now(self.side))
            desk.load_record()
        return desk

    def stored(self, identity: bytes) -> bytes | None:
        """The bytes of an entry that this side holds."""
        with self.reading() as store:
            kept = store.entry(identity)
        return None if kept is None else kept.data

    # ---- turns

    def turn(self, act: Callable[[], None]) -> None:
        """One turn of the desk, and its consequences in order: people, commit, sends."""
        desk, store = self.desk, self.store
        if desk is None or store is None:
            return
        self.before_turn(self)
        desk.at(self.world.now(self.side))
        act()
        if self.watcher is not None:
            self.watcher.look(desk)
        while True:
            self._people(desk)
            effects = desk.take()
            if effects.writes:
                store.commit(effects.writes)
            desk.committed()
            self.told += effects.events
            if effects.sends:
                self.deliver(self, effects.sends)
            if not desk.wants_turn:
                break
        self.after_turn(self)
        self.plan()
        if self.watcher is not None:
            self.watcher.turned()

    def plan(self) -> None:
        """Have the desk's next turn come when the desk wants it."""
        desk = self.desk
        if desk is None:
            return
        due = self.next_ms(self, desk)
        if due is None or (self._tick_at is not None and self._tick_at <= due and self._tick_at > self.world.now_ms):
            return
        generation, self._tick_at = self.incarnation, due

        def ring() -> None:
            if self.incarnation == generation and self.desk is desk:
                if self._tick_at == due:
                    self._tick_at = None
                self.turn(lambda: desk.tick(self.world.now(self.side)))

        self.world.at(due, ring)

    def replan(self) -> None:
        """The side's clock was set: what is due by it is due at another instant."""
        if self.desk is not None:
            self._tick_at = None
            desk = self.desk
            desk.clock_was_set(self.world.now(self.side))
            self.turn(lambda: desk.tick(self.world.now(self.side)))

    # ---- people

    def _people(self, desk: Desk) -> None:
        """The robots at the posts act on what just happened: open what came, pick up what rings."""
        desk.pages.finish()
        for event in list(desk.ctx.effects.events):
            if event.what == "arrived" and self._somebody(event.line):
                desk.show(event.id, self.world.now(self.side))
            elif event.what == "whole":
                self._open_all(desk)
            elif event.what == "ringing":
                self._pick_up_later(desk, event.line, event.id)
        self.told += desk.ctx.effects.events
        desk.ctx.effects.events.clear()

    def _somebody(self, line: int) -> bool:
        """Whether a robot sits where a line is answered."""
        return self.modes[line] != "absent" and not self.attended

    def _open_all(self, desk: Desk) -> None:
        for item in desk.unopened():
            if self._somebody(item.line):
                desk.show(item.id, self.world.now(self.side))

    def _pick_up_later(self, desk: Desk, line: int, call_id: bytes) -> None:
        def pick_up() -> None:
            phase = PHASES.get(self.modes[line])
            if self.desk is desk and phase is not None and not self.attended:
                self.turn(lambda: desk.pick_up(call_id, phase, self.world.now(self.side)))

        self.world.at(self.world.now_ms + PICK_UP_MS, pick_up)

    def set_mode(self, line: int | None, mode: str) -> None:
        """The desk's mode; back at the desk, its robots open what came and hear what rings."""
        lines = range(len(self.modes)) if line is None else (line,)
        for each in lines:
            self.modes[each] = mode
        if mode != "absent":
            self._sit_down(lines)

    def set_attended(self, attended: bool) -> None:
        """A person sits down at the posts, or leaves them to the robots again."""
        self.attended = attended
        if not attended:
            self._sit_down(range(len(self.modes)))

    def _sit_down(self, lines: Sequence[int]) -> None:
        desk = self.desk
        if desk is None or self.attended:
            return

        def look() -> None:
            self._open_all(desk)
            for ring in desk.calls.ringing_here():
                if ring.line in lines:
                    self._pick_up_later(desk, ring.line, ring.call_id)

        self.turn(look)

    def enact(self, command: commands.EntryCommand, pages: bytes | None = None) -> tuple[Entry, tuple[str, ...]]:
        """Compose, approve with the officers' keys, release and record, as people at the post would.

        Raises:
            Refused: a rule refuses it; nothing was written.
        """
        desk = self.desk
        if desk is None or self.signed is None:
            raise Refused(f"the station of {self.name} is down")
        now = self.world.now(self.side)
        draft = desk.draft(command, now)
        wanted = approvals.needed(self.signed.accord, draft.body)
        given = [
            approve(self.signed.id, self.side, draft, n, desk.next_counter(n), self.keys.officers[n])
            for n in range(wanted)
        ]
        released = desk.release(draft, given)
        made: list[Entry] = []
        self.turn(lambda: made.append(desk.record(released, now, pages=pages)))
        return made[0], draft.warnings
