"""Documents' pages: cut into parts, carried apart from entries, put together and verified (spec 5.5).

Rules of this file: any message overtakes a part; a part is asked for again, never assumed; pages count as delivered
when their SHA-256 is the one in the document's entry, and the receipt says so; pages that a lost store took with it,
ours too, come back from whoever holds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from openline.core.release import by_station
from openline.ports import PutPart
from openline.station.context import Context, Send
from openline.station.retry import Retry
from openline.station.sealer import Sealer
from openline.wire.bodies import Document, Receipt
from openline.wire.bundle import Part, PartsWanted, Payload
from openline.wire.entry import Entry, Place
from openline.wire.limits import PART_BYTES, PAYLOAD_HINTS_MAX
from openline.wire.terms import Level

EARLY_MAX: Final = 64  # chosen: 2 MiB that a stranger to our record can make us remember
FETCH_ROUNDS_MAX: Final = 8  # chosen: what the other side lost too is asked for again when a path returns, not for ever


def part_count(size: int) -> int:
    return -(-size // PART_BYTES)


@dataclass
class Outgoing:
    """Pages of ours that they have no receipt for."""

    digest: bytes
    total: int
    retry: Retry = field(default_factory=Retry)


@dataclass
class Incoming:
    """Pages that we do not hold whole. `lost`: we did once, and our store was lost since; they cost no receipt."""

    body: Document
    lacking: set[int]
    lost: bool = False

    def wants(self, part: Part) -> bool:
        return part.digest == self.body.digest and part.total == part_count(self.body.size)


class Pages:
    def __init__(self, ctx: Context, sealer: Sealer) -> None:
        self.ctx = ctx
        self.sealer = sealer
        self.totals: dict[bytes, int] = {}  # of every document on record, either side's
        self.outgoing: dict[Place, Outgoing] = {}
        self.incoming: dict[Place, Incoming] = {}
        self.early: list[Part] = []  # parts that came before their document's entry
        self.cache: dict[tuple[bytes, int], bytes] = {}
        self.answer_on: set[int] = set()
        self.fetching = Retry()  # of lost pages, for which nobody waits who would send them again
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
        body, ours = entry.body, entry.side == self.ctx.us
        if isinstance(body, Document):
            total = part_count(body.size)
            if ours or body.digest not in self.totals:
                self.totals[body.digest] = total
            held = {*self.ctx.store.parts(body.digest), *(index for of, index in self.cache if of == body.digest)}
            lacking = set(range(total)) - held
            if ours:
                self.outgoing[entry.place] = Outgoing(body.digest, total)
            if lacking or not ours:
                self.incoming[entry.place] = Incoming(body, lacking, lost=ours)
        elif isinstance(body, Receipt) and body.level is Level.PAGES:
            place = Place(1 - entry.side, body.gen, body.seq)
            self.outgoing.pop(place, None)
            came = self.incoming.get(place) if ours else None
            if came is not None and came.lacking:
                came.lost = True
            elif came is not None:
                del self.incoming[place]

    def arrived(self, parts: Iterable[Part], carrier: int) -> None:
        for part in parts:
            if part.digest not in self.totals:
                self.early = [*self.early, part][-EARLY_MAX:]
                continue
            wanting = [came for came in self.incoming.values() if came.wants(part)]
            if any(part.index in came.lacking for came in wanting):
                self._keep(part.digest, part.index, part.data)
            for came in wanting:
                came.lacking.discard(part.index)
            if part.index + 1 == part.total and any(came.lacking for came in wanting):
                self.answer_on.add(carrier)

    def settle(self) -> None:
        """Receipts for pages that are whole now."""
        early, self.early = self.early, []
        self.arrived(early, -1)
        for place, came in list(self.incoming.items()):
            if came.lacking or (self.ctx.restoring and not came.lost):
                continue
            if not self._verified(came.body):
                came.lacking = set(range(part_count(came.body.size)))
            elif came.lost:
                del self.incoming[place]
            else:
                self.ctx.append(by_station(Receipt(gen=place.gen, seq=place.seq, level=Level.PAGES)))
                identity = self.ctx.record.id_at(*place) or b""
                self.ctx.tell("arrived", line=came.body.line, id=identity)

    def whole(self, body: Document) -> bytes | None:
        """A document's pages, if they are all here and are the ones that its entry names."""
        found = b"".join(self._part(body.digest, index) or b"" for index in range(part_count(body.size)))
        return found if len(found) == body.size and hashlib.sha256(found).digest() == body.digest else None

    def _verified(self, body: Document) -> bool:
        found = hashlib.sha256()
        size = 0
        for index in range(part_count(body.size)):
            data = self._part(body.digest, index) or b""
            found.update(data)
            size += len(data)
        return size == body.size and found.digest() == body.digest

    def lacking(self) -> tuple[PartsWanted, ...]:
        """Ranges of parts to ask for, at most as many as a payload holds."""
        lacking: dict[bytes, set[int]] = {}
        for came in self.incoming.values():
            lacking.setdefault(came.body.digest, set()).update(came.lacking)
        wanted = [PartsWanted(digest, *ends) for digest, found in lacking.items() for ends in ranges(sorted(found))]
        return tuple(wanted[:PAYLOAD_HINTS_MAX])

    def asked(self, wanted: tuple[PartsWanted, ...], carrier: int) -> None:
        """They lack these parts: send them, each once, by the carrier on which they asked."""
        asked: dict[bytes, set[int]] = {}
        for want in wanted:
            total = self.totals.get(want.digest, 0)
            asked.setdefault(want.digest, set()).update(range(want.first, min(want.last + 1, total)))
        for digest, indexes in asked.items():
            self._send(digest, sorted(indexes), [carrier])

    def next_ms(self) -> int | None:
        if not self.ctx.worth_repeating():
            return None
        due = [at for retry in self.retries() if (at := retry.next_ms()) is not None]
        return min(due, default=None)

    def retries(self) -> list[Retry]:
        """The rounds of each document that waits for its receipt, and those in which we ask for what we lost."""
        fetching = [self.fetching] if self.fetching.round < FETCH_ROUNDS_MAX else []
        return [*(out.retry for out in self.outgoing.values()), *fetching]

    def tick(self) -> None:
        paths = self.ctx.worth_repeating()
        for out in self.outgoing.values():
            if paths and out.retry.fires(self.ctx.now.elapsed_ms):
                self._send(out.digest, range(out.total), paths)
        if paths and self.fetching.round < FETCH_ROUNDS_MAX and self.fetching.fires(self.ctx.now.elapsed_ms):
            self.answer_on.update(paths)

    def again(self) -> list[int]:
        """Somebody asks to send what waits now; by which carriers it goes."""
        paths = self.ctx.worth_repeating() if self.outgoing else []
        for out in self.outgoing.values():
            if paths:
                out.retry.begin(self.ctx.now.elapsed_ms)
                self._send(out.digest, range(out.total), paths)
        return paths

    def flush(self) -> None:
        """End of a turn: first sendings, after the entries of the turn; then what we ask for."""
        paths = self.ctx.live_up()[:1] or self.ctx.relays_up()
        for out in self.outgoing.values():
            if out.retry.since_ms is None and paths:
                out.retry.begin(self.ctx.now.elapsed_ms)
                self._send(out.digest, range(out.total), paths)
        self._fetch_lost(paths)
        for carrier in sorted(self.answer_on & self.ctx.up):
            payload = Payload(parts_wanted=self.lacking())
            self.ctx.effects.sends.append(Send(carrier, self.sealer.seal(payload), stored=False, key="parts wanted"))
        self.answer_on.clear()

    def _fetch_lost(self, paths: list[int]) -> None:
        if not any(came.lost for came in self.incoming.values()):
            self.fetching.rest()
        elif self.fetching.since_ms is None and paths:
            self.fetching.begin(self.ctx.now.elapsed_ms)
            self.answer_on.update(paths)

    def returned(self, carrier: int) -> None:
        for out in self.outgoing.values():
            if out.retry.since_ms is not None:
                out.retry.begin(self.ctx.now.elapsed_ms)
                self._send(out.digest, range(out.total), [carrier])
        self.fetching.rest()  # it begins again with this turn's end

    def _send(self, digest: bytes, indexes: Iterable[int], paths: list[int]) -> None:
        for index, bundle in self.bundles(digest, indexes):
            sends = [Send(carrier, bundle, bulk=True, key=(digest, index)) for carrier in paths]
            self.ctx.effects.sends += sends

    def bundles(self, digest: bytes, indexes: Iterable[int], *, opener: bool = False) -> list[tuple[int, bytes]]:
        """The parts that we hold of these, each sealed, with its index."""
        found = []
        for index in indexes:
            data = self._part(digest, index)
            if data is not None:
                part = Part(digest, index, self.totals[digest], data)
                found.append((index, self.sealer.seal(Payload(parts=(part,)), opener=opener)))
        return found

    def packed(self) -> Iterator[bytes]:
        """All parts that they have no receipt for now, for a courier: openers all, made as they are taken."""
        for out in list(self.outgoing.values()):
            for index in range(out.total):
                yield from (bundle for _, bundle in self.bundles(out.digest, [index], opener=True))


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as inclusive ranges."""
    out: list[tuple[int, int]] = []
    for number in numbers:
        if out and out[-1][1] == number - 1:
            out[-1] = (out[-1][0], number)
        else:
            out.append((number, number))
    return out
