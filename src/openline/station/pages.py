"""Documents' pages: cut into parts, carried apart from entries, put together and verified (spec 5.5).

Rules of this file: any message overtakes a part; a part is asked for again, never assumed; pages count as delivered
when their SHA-256 is the one in the document's entry, and the receipt says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from openline.core.release import by_station
from openline.ports import PutPart
from openline.station.context import Context, Send
from openline.station.retry import Retry
from openline.station.sealer import Sealer
from openline.wire.bodies import Document, Receipt
from openline.wire.bundle import Part, PartsWanted, Payload
from openline.wire.entry import Entry, Place
from openline.wire.limits import PART_BYTES
from openline.wire.terms import Level


def part_count(size: int) -> int:
    return -(-size // PART_BYTES)


@dataclass
class Outgoing:
    """Pages of ours that they have no receipt for."""

    place: Place
    total: int
    retry: Retry = field(default_factory=Retry)


@dataclass
class Incoming:
    """Pages of theirs that we do not hold whole."""

    place: Place
    body: Document
    lacking: set[int]


class Pages:
    def __init__(self, ctx: Context, sealer: Sealer) -> None:
        self.ctx = ctx
        self.sealer = sealer
        self.outgoing: dict[bytes, Outgoing] = {}
        self.incoming: dict[bytes, Incoming] = {}
        self.early: dict[bytes, list[Part]] = {}  # parts that came before their document's entry
        self.cache: dict[tuple[bytes, int], bytes] = {}
        self.answer_on: set[int] = set()
        ctx.on_append.append(self._on_entry)

    def keep_own(self, pages: bytes) -> None:
        """Put the pages of a document that is about to be recorded into the store, in the same turn."""
        digest = hashlib.sha256(pages).digest()
        for index in range(part_count(len(pages))):
            self._keep(digest, index, pages[index * PART_BYTES : (index + 1) * PART_BYTES])

    def _keep(self, digest: bytes, index: int, data: bytes) -> None:
        self.cache[digest, index] = data
        self.ctx.write(PutPart(digest, index, data))

    def _part(self, digest: bytes, index: int) -> bytes | None:
        return self.cache.get((digest, index)) or self.ctx.store.part(digest, index)

    def forget_cache(self) -> None:
        """The turn's parts are durable now."""
        self.cache.clear()

    def _on_entry(self, entry: Entry) -> None:
        body = entry.body
        if isinstance(body, Document):
            total = part_count(body.size)
            if entry.side == self.ctx.us:
                self.outgoing[body.digest] = Outgoing(entry.place, total)
            else:
                held = set(self.ctx.store.parts(body.digest))
                self.incoming[body.digest] = Incoming(entry.place, body, set(range(total)) - held)
        elif isinstance(body, Receipt) and entry.side == self.ctx.them and body.level is Level.PAGES:
            for digest, out in list(self.outgoing.items()):
                if (out.place.gen, out.place.seq) == (body.gen, body.seq):
                    del self.outgoing[digest]
        elif isinstance(body, Receipt) and entry.side == self.ctx.us and body.level is Level.PAGES:
            for digest, came in list(self.incoming.items()):
                if (came.place.gen, came.place.seq) == (body.gen, body.seq):
                    del self.incoming[digest]

    def arrived(self, parts: tuple[Part, ...], carrier: int) -> None:
        for part in parts:
            came = self.incoming.get(part.digest)
            if came is None:
                waiting = self.early.setdefault(part.digest, [])
                if len(self.early) <= 8 and len(waiting) < part.total:
                    waiting.append(part)
                continue
            if part.index in came.lacking and part.total == part_count(came.body.size):
                came.lacking.discard(part.index)
                self._keep(part.digest, part.index, part.data)
            if part.index + 1 == part.total and came.lacking:
                self.answer_on.add(carrier)

    def settle(self) -> list[Place]:
        """Receipts for pages that are whole now; the places of their documents."""
        done = []
        for digest, came in list(self.incoming.items()):
            if early := self.early.pop(digest, None):
                self.arrived(tuple(early), -1)
            if came.lacking or self.ctx.restoring:
                continue
            if self._verified(digest, came):
                place = came.place
                self.ctx.append(by_station(Receipt(gen=place.gen, seq=place.seq, level=Level.PAGES)))
                identity = self.ctx.record.id_at(*place) or b""
                self.ctx.tell("arrived", line=came.body.line, id=identity)
                done.append(place)
            else:
                came.lacking = set(range(part_count(came.body.size)))
        return done

    def _verified(self, digest: bytes, came: Incoming) -> bool:
        found = hashlib.sha256()
        size = 0
        for index in range(part_count(came.body.size)):
            data = self._part(digest, index) or b""
            found.update(data)
            size += len(data)
        return size == came.body.size and found.digest() == digest

    def lacking(self) -> tuple[PartsWanted, ...]:
        """Ranges of parts to ask for, at most as many as a payload holds."""
        wanted: list[PartsWanted] = []
        for digest, came in self.incoming.items():
            for first, last in ranges(sorted(came.lacking)):
                wanted.append(PartsWanted(digest, first, last))
        return tuple(wanted[:64])

    def asked(self, wanted: tuple[PartsWanted, ...], carrier: int) -> None:
        """They lack these parts: send them by the carrier on which they asked."""
        for want in wanted:
            out = self.outgoing.get(want.digest)
            if out is not None:
                self._send(want.digest, out, range(want.first, min(want.last + 1, out.total)), [carrier])

    def next_ms(self) -> int | None:
        if not (self.ctx.live_up() or self.ctx.relays_up()):
            return None
        due = [at for out in self.outgoing.values() if (at := out.retry.next_ms()) is not None]
        return min(due, default=None)

    def tick(self) -> None:
        paths = self.ctx.live_up() + self.ctx.relays_up()
        for digest, out in self.outgoing.items():
            if paths and out.retry.fires(self.ctx.now.elapsed_ms):
                self._send(digest, out, range(out.total), paths)

    def flush(self) -> None:
        """End of a turn: first sendings, after the entries of the turn; then what we ask for."""
        for digest, out in self.outgoing.items():
            paths = self.ctx.live_up()[:1] or self.ctx.relays_up()
            if out.retry.since_ms is None and paths:
                out.retry.begin(self.ctx.now.elapsed_ms)
                self._send(digest, out, range(out.total), paths)
        for carrier in sorted(self.answer_on & self.ctx.up):
            payload = Payload(parts_wanted=self.lacking())
            self.ctx.effects.sends.append(Send(carrier, self.sealer.seal(payload), stored=False))
        self.answer_on.clear()

    def returned(self, carrier: int) -> None:
        for digest, out in self.outgoing.items():
            if out.retry.since_ms is not None:
                out.retry.begin(self.ctx.now.elapsed_ms)
                self._send(digest, out, range(out.total), [carrier])

    def _send(self, digest: bytes, out: Outgoing, indexes: range, paths: list[int]) -> None:
        for bundle in self.bundles(digest, out, indexes):
            self.ctx.effects.sends += [Send(carrier, bundle) for carrier in paths]

    def bundles(self, digest: bytes, out: Outgoing, indexes: range, *, opener: bool = False) -> list[bytes]:
        found = []
        for index in indexes:
            data = self._part(digest, index)
            if data is not None:
                part = Part(digest, index, out.total, data)
                found.append(self.sealer.seal(Payload(parts=(part,)), opener=opener))
        return found


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as inclusive ranges."""
    out: list[tuple[int, int]] = []
    for number in numbers:
        if out and out[-1][1] == number - 1:
            out[-1] = (out[-1][0], number)
        else:
            out.append((number, number))
    return out
