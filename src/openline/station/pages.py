"""Documents' pages: cut into parts, carried apart from entries, put together and verified (spec 5.5).

Rules of this file:
1. Any message overtakes a part. A carrier is given a window of parts, and more when the other side's word or the
   relay's shows that some came; a round sends again only what is not known to be there.
2. A part is asked for again, never assumed; pages count as delivered when their SHA-256 is the one in the document's
   entry, and the receipt says so.
3. Pages that a lost store took with it, ours too, come back from whoever holds them.
4. A turn seals, reads and hashes a bounded number of parts; what is left is the next turn's, which is due at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from openline.core.release import by_station
from openline.ports import PutPart
from openline.station.context import Context, Send
from openline.station.flow import Flow, Key, Transfer, in_turn
from openline.station.gathering import Asking, Gatherings, Incoming, told_lacking
from openline.station.parts import all_of, part_count, set_of
from openline.station.retry import Retry
from openline.station.sealer import Sealer
from openline.wire.bodies import Document, Receipt
from openline.wire.bundle import Part, PartsWanted, Payload
from openline.wire.entry import Entry, Place
from openline.wire.limits import PART_BYTES
from openline.wire.terms import Level

EARLY_MAX: Final = 64  # chosen: 2 MiB that a stranger to our record can make us remember
FETCH_ROUNDS_MAX: Final = 8  # chosen: what the other side lost too is asked for again when a path returns, not for ever
SEALED_PARTS: Final = 16  # chosen: half a megabyte sealed in a turn, some 20 ms; more would keep messages waiting
SERVED_MAX: Final = 64  # chosen: pages that they asked back at once, one for each range of a word


class Pages:
    def __init__(self, ctx: Context, sealer: Sealer) -> None:
        self.ctx = ctx
        self.sealer = sealer
        self.totals: dict[bytes, int] = {}  # of every document on record, either side's
        self.outgoing: dict[Place, bytes] = {}  # documents of ours without a receipt for their pages → digest
        self.retry = Retry()  # of all pages that go out: begun again with every word about them
        self.early: list[Part] = []  # parts that came before their document's entry
        self.cache: dict[Key, bytes] = {}
        self.fetching = Retry()  # of lost pages, for which nobody waits who would send them again
        self._transfers: dict[bytes, Transfer] = {}  # in the order in which they go
        self._flows: dict[int, Flow] = {}
        self._fill_on: set[int] = set()  # carriers beside those of first choice that have room for more
        self._more = False  # room and parts were left when the turn had sealed enough
        self._gathered = Gatherings(self._part)
        self._asking = Asking()
        self._ask_on: set[int] = set()
        self._named = False  # a document's entry came: early parts may belong to it
        ctx.hear(self._on_entry, Document, Receipt)

    @property
    def incoming(self) -> dict[Place, Incoming]:
        """Documents whose pages we do not hold whole."""
        return self._gathered.incoming

    # ---- parts here

    def keep_own(self, digest: bytes, pages: bytes) -> None:
        """Put the pages of a document that is about to be recorded into the store, in the same turn; those of its parts
        that are there already stay."""
        held = self._held(digest)
        self.keep_some(digest, pages, (n for n in range(part_count(len(pages))) if not held >> n & 1))

    def keep_some(self, digest: bytes, pages: bytes, indexes: Iterable[int]) -> None:
        """Put some of these parts of pages into the store."""
        for index in indexes:
            self._keep(digest, index, pages[index * PART_BYTES : (index + 1) * PART_BYTES])

    def _keep(self, digest: bytes, index: int, data: bytes) -> None:
        self.cache[digest, index] = data
        self.ctx.write(PutPart(digest, index, data))

    def _part(self, digest: bytes, index: int) -> bytes | None:
        return self.cache.get((digest, index)) or self.ctx.store.part(digest, index)

    def _held(self, digest: bytes) -> int:
        return set_of(self.ctx.store.parts(digest)) | set_of(index for of, index in self.cache if of == digest)

    def forget_cache(self) -> None:
        """The turn's parts are durable now."""
        self.cache.clear()

    def whole(self, body: Document) -> bytes | None:
        """A document's pages, if they are all here and are the ones that its entry names. It reads the store alone: it
        may be called beside the desk, from a thread of its own."""
        found = bytearray()
        digest = hashlib.sha256()
        for index in range(part_count(body.size)):
            data = self.ctx.store.part(body.digest, index) or b""
            found += data
            digest.update(data)
        return bytes(found) if len(found) == body.size and digest.digest() == body.digest else None

    # ---- the record

    def _on_entry(self, entry: Entry) -> None:
        body, ours = entry.body, entry.side == self.ctx.us
        if isinstance(body, Document):
            self._named = True
            total = part_count(body.size)
            if ours or body.digest not in self.totals:
                self.totals[body.digest] = total
            lacking = all_of(total) & ~self._held(body.digest)
            if ours:
                self._send_out(entry.place, body.digest, total)
            if lacking or not ours:
                self._gathered.add(entry.place, body, lacking, lost=ours)
        elif isinstance(body, Receipt) and body.level is Level.PAGES:
            place = Place(1 - entry.side, body.gen, body.seq)
            if not ours:
                self._received(place)
            came = self.incoming.get(place) if ours else None
            if came is not None and came.lacking:
                came.lost = True
            elif came is not None:
                self._gathered.drop(place)

    def _send_out(self, place: Place, digest: bytes, total: int) -> None:
        self.outgoing[place] = digest
        transfer = self._transfers.setdefault(digest, Transfer(digest, total, all_of(total), ours=True))
        transfer.ours = True

    def _received(self, place: Place) -> None:
        """They have the pages of a document of ours."""
        digest = self.outgoing.pop(place, None)
        if digest is not None and digest not in self.outgoing.values():
            self._forget(digest)
            self._heard()

    def _forget(self, digest: bytes) -> None:
        self._transfers.pop(digest, None)
        for flow in self._flows.values():
            flow.forget(digest)

    # ---- coming

    def arrived(self, parts: Iterable[Part], carrier: int) -> None:
        for part in parts:
            if part.digest not in self.totals:
                self.early = [*self.early, part][-EARLY_MAX:]
            else:
                self._arrived(part, carrier)

    def _arrived(self, part: Part, carrier: int) -> None:
        awaited, new, others_lack = self._gathered.part(part)
        if new:
            self._keep(part.digest, part.index, part.data)
            if self.fetching.since_ms is not None:
                self.fetching.begin(self.ctx.now.elapsed_ms)
        if awaited:
            last = part.index + 1 == part.total
            self._asking.part_came(carrier, self.ctx.now.elapsed_ms, at_once=last and others_lack)

    def settle(self) -> None:
        """Receipts for pages that are whole now."""
        if self._named:
            self._named = False
            early, self.early = self.early, []
            self.arrived(early, -1)
        for place, came in list(self._gathered.settle()):
            if self.ctx.restoring and not came.lost:
                continue
            if came.lost:
                self._gathered.drop(place)
            else:
                self.ctx.append(by_station(Receipt(gen=place.gen, seq=place.seq, level=Level.PAGES)))
                identity = self.ctx.record.id_at(*place) or b""
                self.ctx.tell("arrived", line=came.body.line, id=identity)

    def finish(self) -> None:
        """Verify all of what came, in this turn, however long it takes."""
        while self.hashing:
            self.settle()

    @property
    def hashing(self) -> bool:
        """Whether something came that is not verified as far as it can be: the next turn goes on with it."""
        return self._gathered.hashing

    # ---- going

    def asked(self, wanted: tuple[PartsWanted, ...], carrier: int) -> None:
        """Their word about what they lack: it goes by the carrier on which they asked, and what they do not name is
        there."""
        for digest, (lacking, spoken) in told_lacking(wanted, self.totals).items():
            transfer = self._transfers.get(digest) or self._serve(digest)
            before = transfer.lacking
            transfer.lacking = before >> spoken << spoken | lacking
            transfer.asked_by.add(carrier)
            if transfer.lacking & ~before:  # what they had they lack again: others go first
                self._transfers[digest] = self._transfers.pop(digest)
            now_ms = self.ctx.now.elapsed_ms
            came = [flow.learn(digest, transfer.lacking, now_ms) for flow in self._flows.values()]
            if any(came) or transfer.lacking != before:
                self._heard()
            self._fill_on.add(carrier)

    def _serve(self, digest: bytes) -> Transfer:
        """Pages that they lost and that we may hold, whosever they are."""
        served = [of for of, transfer in self._transfers.items() if not transfer.ours]
        for of in served[: len(served) - SERVED_MAX + 1]:
            self._forget(of)
        self._transfers[digest] = made = Transfer(digest, self.totals[digest], 0, ours=False)
        return made

    def _heard(self) -> None:
        if self.retry.since_ms is not None:
            self.retry.begin(self.ctx.now.elapsed_ms)

    def kept(self, carrier: int, key: Key | None) -> None:
        """The relay confirmed that it keeps a part for them."""
        if key is not None and carrier in self._flows and key[0] in self._transfers:
            self._flows[carrier].kept(key)
            self._heard()

    def relay_changed(self, carrier: int) -> None:
        """Somebody attached or left: what the relay keeps is handed over now."""
        flow = self._flows.get(carrier)
        if flow is not None and carrier not in self.ctx.away:
            flow.attached(self.ctx.now.elapsed_ms)
            self._heard()

    def returned(self, carrier: int) -> None:
        """A path is back."""
        if carrier in self._flows:
            self._flows[carrier].broken()
        if self.retry.since_ms is not None:
            self.retry.begin(self.ctx.now.elapsed_ms)
            self._fill_on.add(carrier)
        self.fetching.rest()  # it begins again with this turn's end

    def _first_paths(self) -> list[int]:
        return self.ctx.live_up()[:1] or self.ctx.relays_up()

    def _worth_filling(self) -> list[int]:
        """Carriers that may be given parts unasked, those of first choice first."""
        first = self._first_paths()
        return first + [carrier for carrier in self.ctx.worth_repeating() if carrier not in first]

    def _round(self) -> None:
        """No word came for a while: what was on its way is given up, and the next parts go by every carrier."""
        for carrier, flow in self._flows.items():
            flow.give_up(away=carrier in self.ctx.away)
        for digest in [of for of, transfer in self._transfers.items() if not (transfer.ours or transfer.lacking)]:
            self._forget(digest)
        self._fill_on.update(self._worth_filling())

    def _fill(self, carrier: int, left: int) -> int:
        """Hand a carrier what its window has room for, at most `left` parts; how many went."""
        flow = self._flows.setdefault(carrier, Flow())
        room = min(flow.room, left)
        if room <= 0:
            self._more = self._more or (flow.room > 0 and any(parts for _, parts in self._goes(carrier, flow)))
            return 0
        count = 0
        for key in self._next(carrier, flow):
            if count == room:
                self._more = self._more or flow.room > 0
                break
            if self._send(carrier, key):
                count += 1
            flow.sent(key, self.ctx.now.elapsed_ms)
            transfer = self._transfers[key[0]]
            if not transfer.ours:  # what they lost is sent once for each asking
                transfer.lacking &= ~(1 << key[1])
        return count

    def _next(self, carrier: int, flow: Flow) -> Iterator[Key]:
        """The parts that may go by a carrier: first those that are on their way by no other."""
        goes, others = self._goes(carrier, flow), [each for n, each in self._flows.items() if n != carrier]
        elsewhere = {digest: 0 for digest, _ in goes}
        for digest in elsewhere:
            for other in others:
                elsewhere[digest] |= other.on_way(digest)
        last = flow.last if flow.rotating else None
        yield from in_turn([(digest, parts & ~elsewhere[digest]) for digest, parts in goes], last)
        yield from in_turn([(digest, parts & elsewhere[digest]) for digest, parts in goes], last)

    def _goes(self, carrier: int, flow: Flow) -> list[tuple[bytes, int]]:
        """digest → the parts that they lack, that are here and not on their way by this carrier; each once to a relay
        that says that they are away."""
        away = carrier in self.ctx.away
        found = []
        for digest, transfer in self._transfers.items():
            if transfer.ours or carrier in transfer.asked_by:
                lacking = transfer.lacking & ~self._gathered.missing(digest, transfer.total)
                parts = lacking & ~(flow.given(digest) if away else flow.on_way(digest))
                if parts:
                    found.append((digest, parts))
        return found

    def _send(self, carrier: int, key: Key) -> bool:
        """Whether there was something to send."""
        for _, bundle in self.bundles(key[0], [key[1]]):
            self.ctx.effects.sends.append(Send(carrier, bundle, bulk=True, key=key, part=key))
            return True
        return False

    def bundles(self, digest: bytes, indexes: Iterable[int], *, opener: bool = False) -> Iterator[tuple[int, bytes]]:
        """The parts that we hold of these, each sealed as it is taken, with its index."""
        for index in indexes:
            data = self._part(digest, index)
            if data is not None:
                part = Part(digest, index, self.totals[digest], data)
                yield index, self.sealer.seal(Payload(parts=(part,)), opener=opener)

    def packed(self) -> Iterator[bytes]:
        """All parts that they have no receipt for now, for a courier: openers all, made as they are taken."""
        for digest in dict.fromkeys(self.outgoing.values()):
            yield from (bundle for _, bundle in self.bundles(digest, range(self.totals[digest]), opener=True))

    # ---- time

    def next_ms(self) -> int | None:
        """When the next round is due, in elapsed time; None at rest."""
        due = []
        if self._transfers and (self.ctx.worth_repeating() or self._waits_on_relay()):
            due.append(self.retry.next_ms())
        if self.fetching.round < FETCH_ROUNDS_MAX and self.ctx.worth_repeating():
            due.append(self.fetching.next_ms())
        return min((at for at in due if at is not None), default=None)

    def next_turn_ms(self) -> int | None:
        """When something is to be done here that is no round: at once where a turn had enough, or when a word is
        due."""
        if self._more or self.hashing:
            return self.ctx.now.elapsed_ms
        return self._asking.due_ms

    def _waits_on_relay(self) -> bool:
        """Whether a relay that says that they are away has not been given everything yet."""
        relays = [(n, self._flows[n]) for n in self._first_paths() if n in self.ctx.away and n in self._flows]
        return any(self._goes(carrier, flow) for carrier, flow in relays)

    def retries(self) -> list[Retry]:
        """The rounds of what waits for receipts, and those in which we ask for what we lost."""
        return [self.retry, *([self.fetching] if self.fetching.round < FETCH_ROUNDS_MAX else [])]

    def has_repeated(self) -> bool:
        """Whether everything that waits has gone in rounds once since the last word: one more changes nothing."""
        fetching = self.fetching.round >= FETCH_ROUNDS_MAX or self.fetching.since_ms is None or self.fetching.round > 0
        flows = [self._flows.get(carrier) for carrier in self._worth_filling()] if self.outgoing else []
        return fetching and not self._more and all(flow is not None and self._repeated(flow) for flow in flows)

    def _repeated(self, flow: Flow) -> bool:
        return all(
            flow.silent >= transfer.lacking.bit_count() or not transfer.lacking & ~flow.given(transfer.digest)
            for transfer in self._transfers.values()
        )

    def tick(self) -> None:
        self._asking.tick(self.ctx.now.elapsed_ms)
        if self._transfers and self.retry.fires(self.ctx.now.elapsed_ms):
            self._round()
        paths = self.ctx.worth_repeating()
        if paths and self.fetching.round < FETCH_ROUNDS_MAX and self.fetching.fires(self.ctx.now.elapsed_ms):
            self._ask_on.update(paths)

    def again(self) -> list[int]:
        """Somebody asks to send what waits now; by which carriers it goes."""
        paths = self.ctx.worth_repeating() if self.outgoing else []
        if paths:
            self.retry.begin(self.ctx.now.elapsed_ms)
            self._round()
        return paths

    def flush(self) -> None:
        """End of a turn: what windows have room for, after the entries of the turn; then what we ask for."""
        self._more = False
        paths = self._first_paths()
        if self._transfers:
            self._fill_all(paths)
        else:
            self.retry.rest()
        self._fetch_lost(paths)
        self._ask()

    def _fill_all(self, paths: list[int]) -> None:
        left, asked = SEALED_PARTS, sorted((self._fill_on & self.ctx.up) - set(paths))
        self._fill_on.clear()
        for carrier in [*paths, *asked]:
            left -= self._fill(carrier, left)
        if self._more:
            self._fill_on.update(asked)
        if left < SEALED_PARTS and self.retry.since_ms is None:
            self.retry.begin(self.ctx.now.elapsed_ms)

    def _ask(self) -> None:
        came_by = self._asking.taken()
        if came_by:
            self._ask_on.update(came_by, self.ctx.live_up()[:1])
        carriers = sorted(self._ask_on & self.ctx.up)
        self._ask_on.clear()
        wanted = self._gathered.wanted() if carriers else ()
        if wanted:
            bundle = self.sealer.seal(Payload(parts_wanted=wanted))
            self.ctx.effects.sends += [Send(each, bundle, stored=False, key="parts wanted") for each in carriers]

    def _fetch_lost(self, paths: list[int]) -> None:
        if not self._gathered.any_lost():
            self.fetching.rest()
        elif self.fetching.since_ms is None and paths:
            self.fetching.begin(self.ctx.now.elapsed_ms)
            self._ask_on.update(paths)
