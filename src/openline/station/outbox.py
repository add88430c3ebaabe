"""What of ours the other side lacks, and by which way it goes (spec 5.1, 5.2).

Rules of this file:
1. What they hold is told by their signed acknowledgement, or hinted by their sealed `have`; the hint saves sending,
   and proves nothing.
2. New entries go at once by the best live carrier that is up (by relay where none is); FLASH by all. What is not held
   after 5 s goes by every live and relay carrier that is up, again at 10, 20 and 40 s, then every 60 s.
3. A hint that only says that their acknowledgement came waits a second: as a rule an entry of ours says it before.
4. Everything may be sent twice, late and out of order: the record repairs itself.
5. At most a window is on its way, and a turn seals a part of it: what is appended while more waits goes in its turn,
   behind that, and a hint says meanwhile what came.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from openline.station.context import Context, Send
from openline.station.retry import Retry
from openline.station.sealer import Sealer
from openline.station.ways import Ways
from openline.wire import limits
from openline.wire.accord import CarrierKind
from openline.wire.bodies import Ack, Receipt, Tracked
from openline.wire.bundle import Have, Payload
from openline.wire.entry import Entry
from openline.wire.export import place_of
from openline.wire.terms import Precedence

Position = tuple[int, int]
NOWHERE: Final[Position] = (-1, -1)
BUNDLE_FILL_BYTES: Final = 192 * 1024
HINT_MS: Final = 1_000  # chosen: a pause in talk; well within the first round of sending again
PACK_ENTRIES: Final = 1024  # chosen: half a megabyte of ordinary entries read at once
WINDOW_ENTRIES: Final = 4096  # chosen: what is on its way before their word is awaited
TURN_ENTRIES: Final = 1024  # chosen: read and sealed in a turn, some 30 ms; more would keep what comes waiting


class Outbox:
    def __init__(self, ctx: Context, sealer: Sealer) -> None:
        self.ctx = ctx
        self.sealer = sealer
        self.held: Position = NOWHERE  # the last of our entries that they hold, by word or hint
        self.sent: Position = NOWHERE
        self.retry = Retry()
        self.relayed: dict[int, Position] = {}  # relay carrier → the last place it keeps for them
        self.answer_on: set[int] = set()  # carriers on which a `have` is due
        self.later_on: set[int] = set()  # carriers on which one is due in a while
        self.later_ms = 0
        self.repeated: Position = NOWHERE  # how far the last round of sending again went
        self._handed = 0  # entries that this turn has handed out
        self.came_by: set[int] = set()  # carriers that brought something new in this turn
        self.ways = Ways()

    def our_head(self) -> Position:
        head = self.ctx.record.cursors[self.ctx.us].head
        return NOWHERE if head is None else (head.gen, head.seq)

    def waiting(self) -> bool:
        return self.held < self.our_head()

    def waiting_count(self) -> int:
        """How many entries of ours the other side is not known to hold."""
        record, us = self.ctx.record, self.ctx.us
        gen, seq = self.held
        later = sum(record.length(us, each) for each in record.generations(us) if each > gen)
        return later + max(record.length(us, gen) - (seq + 1), 0)  # they may hold more than we do, while we restore

    def have(self) -> tuple[Have, ...]:
        """Our frontier, as a hint."""
        heads = self.ctx.record.heads()
        return tuple(Have(side, h.gen, h.seq, h.id[:8]) for side, h in enumerate(heads) if h is not None)

    def note_ack(self, position: Position) -> None:
        """Their signed acknowledgement of ours."""
        if position > self.held:
            self.held = position
            self._rest()

    def note_have(self, have: Have) -> None:
        """Their hint about our chain; it counts only if it names the entry that we have there."""
        identity = self.ctx.record.id_at(have.side, have.gen, have.seq)
        if identity is not None and identity[:8] == have.id8:
            self.note_ack((have.gen, have.seq))

    def _rest(self) -> None:
        if not self.waiting():
            self.retry.rest()

    def next_ms(self) -> int | None:
        """When the next round is due, in elapsed time; None while nothing waits or no carrier is up."""
        return self.retry.next_ms() if self._paths() else None

    def next_hint_ms(self) -> int | None:
        """When a hint that waits is due, in elapsed time."""
        return self.later_ms if self.later_on else None

    def _paths(self) -> list[int]:
        """Carriers worth another round: every live one that is up, and relays that do not keep it all already."""
        head = self.our_head()
        parked = {n for n in self.ctx.relays_up() if self.relayed.get(n, NOWHERE) >= head}
        return self.ctx.live_up() + [n for n in self.ctx.relays_up() if n not in parked]

    def hint_later(self, carriers: Iterable[int]) -> None:
        """Say what we hold by these carriers in a while, unless an entry of ours says it before."""
        if not self.later_on:
            self.later_ms = self.ctx.now.elapsed_ms + HINT_MS
        self.later_on.update(carriers)

    def tick(self) -> None:
        if self.later_on and self.later_ms <= self.ctx.now.elapsed_ms:
            self.answer_on |= self.later_on
            self.later_on.clear()
        if self._paths() and self.retry.fires(self.ctx.now.elapsed_ms):
            self._give_up(self._paths())
            self.send_waiting(self._paths())
            self.repeated = self.our_head()

    def again(self) -> list[int]:
        """Somebody asks to send what waits now; by which carriers it goes."""
        paths = self._paths() if self.waiting() else []
        if paths:
            self._give_up(paths)
            self.send_waiting(paths)
            self.retry.begin(self.ctx.now.elapsed_ms)
        return paths

    def has_repeated(self) -> bool:
        """Whether all that waits has been sent again at least once since it was new."""
        return not self.waiting() or self.repeated >= self.our_head()

    def flush(self) -> None:
        """End of a turn: send what was appended in it, and the hints that are due."""
        ctx = self.ctx
        fresh, ctx.fresh = ctx.fresh, []
        if fresh:
            flash = any(isinstance(e.body, Tracked) and e.body.precedence is Precedence.FLASH for e in fresh)
            paths = self._first_paths(flash)
            paths += sorted((self.came_by & ctx.up) - set(paths))
            behind = self._behind(fresh)
            if flash:
                self.send_waiting(paths)
            elif not behind:
                self._send([e.data for e in fresh], self._before(fresh), paths)
            self.retry.hasten(ctx.now.elapsed_ms)
            if not behind:
                self.answer_on.clear()
                self.later_on.clear()
        self._go_on()
        for carrier in sorted(self.answer_on):
            if carrier in ctx.up:
                self.hint(carrier)
        self.answer_on.clear()
        self.came_by.clear()
        self._handed = 0

    def _go_on(self) -> None:
        """More waits than was handed out: what follows goes as their word, or a relay's, makes room for it."""
        paths = self._first_paths(False)
        if not paths or self.sent >= self.our_head() or self.ctx.restoring or self._handed >= TURN_ENTRIES:
            return
        relayed = min(self.relayed.get(carrier, NOWHERE) for carrier in paths)
        known = max(self.held, relayed)
        if self.sent < known:
            self.sent = known
        if self._count(known, self.sent) <= WINDOW_ENTRIES - TURN_ENTRIES:
            self._send(self.after(self.sent, TURN_ENTRIES), self.sent, paths)

    def _count(self, after: Position, upto: Position) -> int:
        """How many of our entries lie beyond the one position, up to the other."""
        if after[0] == upto[0] or upto == NOWHERE:
            return max(upto[1] - after[1], 0)
        record, us = self.ctx.record, self.ctx.us
        whole = sum(record.length(us, gen) for gen in record.generations(us) if max(after[0], 0) <= gen < upto[0])
        return whole - (after[1] + 1 if after != NOWHERE else 0) + upto[1] + 1

    def _behind(self, fresh: list[Entry]) -> bool:
        """Whether entries before these were never handed to any carrier."""
        before = self._before(fresh)
        return self.sent < before and self.held < before

    def _before(self, fresh: list[Entry]) -> Position:
        gen, seq = fresh[0].gen, fresh[0].seq
        return (gen, seq - 1) if seq else max(self.sent, self.held)

    def _first_paths(self, flash: bool) -> list[int]:
        live, relays = self.ctx.live_up(), self.ctx.relays_up()
        if flash:
            return live + relays
        return live[:1] or relays

    def returned(self, carrier: int) -> None:
        """A path is back: say what we hold, and send by it what waits."""
        if self.waiting():
            self._give_up([carrier])
            self.send_waiting([carrier])
            self.retry.returned(self.ctx.now.elapsed_ms)
        self.hint(carrier)

    def _give_up(self, paths: list[int]) -> None:
        """What is on its way by the carriers of first choice counts as lost: it goes again, and the rest behind it."""
        if not set(paths).isdisjoint(self._first_paths(False)):
            self.sent = self.held

    def hint(self, carrier: int) -> None:
        payload = Payload(have=self.have(), holds_epoch=self.sealer.newest)
        self.ctx.effects.sends.append(Send(carrier, self.sealer.seal(payload), stored=False, key="hint"))

    def send_waiting(self, paths: list[int]) -> None:
        """What they are not known to hold, oldest first, by each of these carriers; by a relay, what it does not
        keep for them already. A turn's share goes at once; the rest follows their word."""
        if not self.waiting():
            return
        for start, group in itertools.groupby(sorted(paths, key=self._start), key=self._start):
            self._send(self.after(start, TURN_ENTRIES), start, list(group))
        if paths and self.retry.since_ms is None:
            self.retry.begin(self.ctx.now.elapsed_ms)

    def _start(self, carrier: int) -> Position:
        return max(self.held, self.relayed.get(carrier, NOWHERE))

    def after(self, position: Position, limit: int) -> list[bytes]:
        """Our entries beyond a position, in order, across generations."""
        ctx = self.ctx
        found: list[bytes] = []
        for gen in ctx.record.generations(ctx.us):
            if gen < position[0]:
                continue
            start = position[1] + 1 if gen == position[0] else 0
            found += ctx.entries(ctx.us, gen, start, limit - len(found))
        return found

    def _send(self, entries: list[bytes], after: Position, paths: list[int]) -> None:
        if not paths:
            return
        self._handed += len(entries)
        follows = after <= max(self.sent, self.held)
        for chunk in chunks(entries):
            bundle, upto = self.sealer.seal(Payload(entries=tuple(chunk))), place_of(chunk[-1])[1:]
            self.ctx.effects.sends += [Send(carrier, bundle, after, upto, key=(after, upto)) for carrier in paths]
            self.ways.note(after, upto, paths)
            after = upto
        if follows:
            self.sent = max(self.sent, after)

    def packed(self) -> Iterator[bytes]:
        """All of ours that they are not known to hold now, and our frontier, for a courier: openers all, made as they
        are taken."""
        at, end = self.held, self.our_head()
        if at < end:
            self.ways.note(at, end, self.ctx.carriers(CarrierKind.COURIER)[:1])
        while at < end and (waiting := self.after(at, PACK_ENTRIES)):
            for chunk in chunks(waiting):
                yield self.sealer.seal(Payload(entries=tuple(chunk)), opener=True)
            at = place_of(waiting[-1])[1:]
        hint = Payload(have=self.have(), holds_epoch=self.sealer.newest)
        yield self.sealer.seal(hint, opener=True)

    def kept_by_relay(self, carrier: int, after: Position, upto: Position) -> None:
        """The relay confirmed that it keeps our entries beyond `after` up to `upto` for them."""
        if self._start(carrier) >= after:
            self.relayed[carrier] = max(self.relayed.get(carrier, NOWHERE), upto)

    def relay_changed(self, carrier: int) -> None:
        """Somebody attached or left: what the relay keeps may be gone."""
        self.relayed.pop(carrier, None)


def chunks(entries: list[bytes]) -> Iterable[list[bytes]]:
    """Bundles of at most 32 entries, and of bounded size, so that two can be in the air."""
    batch: list[bytes] = []
    size = 0
    for data in entries:
        if batch and (len(batch) >= limits.BUNDLE_ENTRIES_MAX or size + len(data) > BUNDLE_FILL_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(data)
        size += len(data)
    if batch:
        yield batch


def only_acks(entries: Iterable[Entry]) -> bool:
    """Acknowledgements and receipts alone are never acknowledged by an entry: they say that something came, and a word
    on each such word would keep two heads apart for ever where a courier is the only way."""
    return all(isinstance(e.body, Ack | Receipt) for e in entries)
