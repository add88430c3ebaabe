"""What arrives: opened, verified, recorded, answered (spec 6, 7).

Rules of this file:
1. A bundle is taken in whole or not at all; one bad entry in it leaves the record as it was.
2. What is ahead of a gap is kept until the gap closes. The other branch of a fork is kept as evidence.
3. Entries and the acknowledgement that covers them are one turn, so one commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from openline.core import chain, faults
from openline.core.record import Examined, fork_proof
from openline.core.release import by_station
from openline.keys.sealing import UnknownEpoch
from openline.ports import DropStray, PutEntry, PutStray, Rebranch
from openline.station.calls import Calls
from openline.station.context import Context
from openline.station.gaps import Gaps
from openline.station.outbox import Outbox, only_acks
from openline.station.pages import Pages
from openline.station.restoring import Restoration
from openline.station.sealer import Sealer
from openline.station.watch import Watch
from openline.wire import entry as entries
from openline.wire.bodies import Fault, Tracked
from openline.wire.bundle import Payload, Pulse
from openline.wire.entry import SIGNATURE_BYTES, Entry, Place
from openline.wire.errors import CarrierFault, PeerFault
from openline.wire.export import place_of
from openline.wire.limits import CORE_BYTES_MAX
from openline.wire.said import say
from openline.wire.terms import Head, ProofKind


class Inbound:
    def __init__(
        self,
        ctx: Context,
        sealer: Sealer,
        outbox: Outbox,
        pages: Pages,
        calls: Calls,
        watch: Watch,
        restoration: Restoration,
    ) -> None:
        self.ctx = ctx
        self.sealer = sealer
        self.outbox = outbox
        self.pages = pages
        self.calls = calls
        self.watch = watch
        self.restoration = restoration
        self.gaps = Gaps(ctx)
        self.strays: dict[bytes, Entry] = {}
        self.unsound: set[bytes] = set()  # entries at which a branch broke its chain's rules
        self.recorded_proofs: set[tuple[bytes, bytes]] = set()
        self.broken: str = ""  # why their next entry cannot be taken in, where it came and breaks a rule
        self.ack_due = False
        self.wanted_pulse: list[int] = []
        self.rebuild = False
        ctx.hear(self._on_entry)

    def load(self) -> None:
        """After the chains: what the store keeps beside them."""
        self.strays = self.gaps.load()

    def _on_entry(self, entry: Entry) -> None:
        ctx = self.ctx
        if entry.side == ctx.us:
            self.ack_due = False
            if isinstance(entry.body, Fault):
                self.recorded_proofs.add((entry.body.first, entry.body.second))
        elif entry.ack is not None:
            self._acked(entry.ack)

    def _acked(self, ack: Head) -> None:
        if self.ctx.record.id_at(self.ctx.us, ack.gen, ack.seq) == ack.id:
            self.outbox.note_ack((ack.gen, ack.seq))

    def arrive(self, carrier: int, bundle: bytes) -> None:
        """Take in one bundle, whatever it holds. Faults are told as events, sorted by whose they are."""
        ctx = self.ctx
        try:
            payload = self.sealer.open(bundle)
        except UnknownEpoch:
            self.outbox.answer_on.add(carrier)  # our hint shows that we lack the epoch: an opener will come
            return
        except CarrierFault as error:
            name = ctx.accord.carriers[carrier].id
            ctx.tell("damaged", text=say("by {carrier}: {why}", carrier=name, why=error.what))
            return
        except PeerFault as error:
            ctx.tell("strange", text=error.what)
            return
        try:
            news = self.watch.is_news(carrier, bundle)
            if news:
                self._hear(payload, carrier)
            self._apply(payload, carrier, news)
        except PeerFault as error:
            ctx.tell("strange", text=error.what)

    def _hear(self, payload: Payload, carrier: int) -> None:
        """Signs of life and of a call. What a carrier brings again is neither: who repeats old bundles must not make a
        dead station look alive."""
        self.watch.heard_bundle(carrier)
        lines = self.ctx.record.ledger.line_count()
        for pulse in (p for p in payload.pulses if p.line < lines):
            self._pulse(pulse, carrier)
        for signal in (s for s in payload.signals if s.line < lines):
            self.watch.heard_signal(signal.line)
            self.calls.heard(signal, carrier)
        for voice in (v for v in payload.voices if v.line < lines):
            self.watch.heard_signal(voice.line)
            self.calls.heard_voice(voice)

    def _apply(self, payload: Payload, carrier: int, news: bool) -> None:
        if payload.entries:
            try:
                self._entries(payload.entries, carrier)
            except PeerFault as error:
                self.broken = error.what
                raise
        if payload.parts:
            self.pages.arrived(payload.parts, carrier)
        if payload.parts_wanted and news:  # who repeats an old word must not have half a window sent for each
            self.pages.asked(payload.parts_wanted, carrier)
        for have in payload.have:
            if have.side == self.ctx.us:
                self.outbox.note_have(have)
            else:
                self.watch.their_head = have
        self.restoration.note(payload.have)
        self._notice_lost_tail(payload)
        if payload.restoring:
            self.restoration.asked(payload, carrier)
        elif payload.holds_epoch == self.sealer.epoch.id and self.restoration.told(payload.have, carrier):
            self.ack_due = self.ack_due or self._unacknowledged()
            self.wanted_pulse += range(len(self.ctx.accord.lines))

    def _notice_lost_tail(self, payload: Payload) -> None:
        """They hold more of our chain than we do: we are an old copy of ourselves, and must not append. However late
        such a word comes, it names what we once signed."""
        for have in payload.have:
            ours = self.ctx.record.cursors[self.ctx.us].head
            here = (-1, -1) if ours is None else (ours.gen, ours.seq)
            if have.side == self.ctx.us and (have.gen, have.seq) > here:
                self.restoration.begin_on_claim()

    def _is_our_lost_entry(self, entry: Entry) -> bool:
        """Whether we signed an entry that we do not hold."""
        if entry.side != self.ctx.us or self.ctx.record.id_at(*entry.place) is not None:
            return False
        try:
            self.ctx.record.check_signed(entry)
        except PeerFault:
            return False
        return True

    def _pulse(self, pulse: Pulse, carrier: int) -> None:
        self.watch.heard_pulse(pulse, carrier)
        self.watch.save()
        if self.watch.wants_answer(pulse) and self.watch.may_answer(pulse.line):
            self.wanted_pulse.append(pulse.line)

    def _entries(self, data: tuple[bytes, ...], carrier: int) -> None:
        ctx = self.ctx
        arrived = [entry for entry in map(self._fresh, data) if entry is not None]
        if not arrived:
            self.outbox.answer_on.update(self._answering(carrier))
            return
        if any(self._is_our_lost_entry(e) for e in arrived):
            self.restoration.begin_on_entry()
        try:
            found = ctx.record.examine(arrived, self.strays)
        except PeerFault:
            self._prove([e for e in arrived if e.side == ctx.them])
            raise
        if found.lost_tail:
            self.restoration.begin_on_claim()  # before anything of this turn makes us append
        self._keep(found)
        if found.append:
            self._close_gaps()
        self._acknowledge([e for e, _ in found.append], found, carrier)

    def _keep(self, found: Examined) -> None:
        ctx = self.ctx
        for entry, after in found.append:
            self.gaps.closed(entry)
            ctx.take_in(entry, after)
            self._tell(entry)
            if entry.side == ctx.them:
                self.broken = ""
                self.calls.seal_in_turn(entry)
                self._keep_proven(entry)
        self.gaps.keep(found.ahead)
        for entry in found.strays:
            self.gaps.closed(entry)
            self.strays[entry.id] = entry
            ctx.write(PutStray(entry.place, entry.id, entry.data, ctx.now.clock_ms))
        for text in found.strange:
            ctx.tell("strange", text=text)
        for entry in found.strays:
            self._stray(entry)

    def _keep_proven(self, entry: Entry) -> None:
        """A proof against us shows the other branch of our fork. It belongs to our record, too: nothing else explains
        what the other side acknowledged by it."""
        if not isinstance(entry.body, Fault) or entry.body.proof is not ProofKind.FORK:
            return
        for data in (entry.body.first, entry.body.second):
            branch = entries.decode(data)
            ours = branch.side == self.ctx.us and self.ctx.record.id_at(*branch.place) not in (None, branch.id)
            with suppress(PeerFault):
                if ours and branch.id not in self.strays:
                    self.ctx.record.check_signed(branch)
                    self.strays[branch.id] = branch
                    self.ctx.write(PutStray(branch.place, branch.id, branch.data, self.ctx.now.clock_ms))

    def _fresh(self, data: bytes) -> Entry | None:
        """The entry; None if we hold these very bytes at their place: repetitions cost no more than a hash."""
        identity = entries.entry_id(data)
        if self.ctx.record.id_at(*place_of(data)) == identity:
            return None
        return entries.typed(entries.form(data), data, identity)

    def _prove(self, refused: list[Entry]) -> None:
        """A refused bundle may hold proof against its author: two neighbours, one of them perhaps our own copy of
        their head. Nothing of the bundle is taken in; the proof is recorded."""
        ctx = self.ctx
        head = ctx.record.cursors[ctx.them].head
        data = None if head is None else self._data(Place(ctx.them, head.gen, head.seq), head.id)
        run = [*refused, *([] if data is None else [entries.decode(data)])]
        keys = tuple(ctx.record.ledger.keys[ctx.them])
        proof = faults.in_sequence(ctx.accord, ctx.accord_id, keys, run)
        if proof is not None and not ctx.restoring:
            self._record_proof(proof)

    def _record_proof(self, proof: Fault) -> None:
        """Record a proof once. Of entries of kind 14 that are longer than any other's, no proof fits (spec 3.10): both
        stay in the store as evidence."""
        fits = max(len(proof.first), len(proof.second)) <= CORE_BYTES_MAX + SIGNATURE_BYTES
        if fits and (proof.first, proof.second) not in self.recorded_proofs:
            self.ctx.append(by_station(proof))

    def _close_gaps(self) -> None:
        """What was ahead may follow now."""
        while self.gaps.kept and (ready := self.gaps.ready()):
            try:
                found = self.ctx.record.examine(ready, self.strays)
            except PeerFault as error:
                self.ctx.tell("strange", text=error.what)
                self.gaps.forget()
                break
            if not found.append and not found.strays:
                break
            self._keep(found)
            self.ack_due = self.ack_due or not only_acks(e for e, _ in found.append if e.side == self.ctx.them)

    def _stray(self, entry: Entry) -> None:
        """The other branch of a fork: prove it, and follow it if it is the longer one."""
        ctx = self.ctx
        held = ctx.record.id_at(*entry.place)
        kept = None if held is None else self._data(entry.place, held)
        if kept is not None and entry.side == ctx.them and not ctx.restoring:
            self._record_proof(fork_proof(kept, entry.data))
        head = ctx.record.cursors[entry.side].head
        if head is not None and (entry.gen, entry.seq) > (head.gen, head.seq):
            self._follow(entry)

    def _data(self, place: Place, identity: bytes) -> bytes | None:
        found = self.ctx.unstored.get(place)
        if found is not None:
            return found
        kept = self.ctx.store.entry(identity)
        return None if kept is None else kept.data

    def _follow(self, tip: Entry) -> None:
        """Move to the branch that `tip` ends; what we followed before becomes the stray. Memory is derived again
        from the store after this turn's commit."""
        branch = [tip]
        while branch[-1].prev in self.strays:
            branch.append(self.strays[branch[-1].prev])
        branch.reverse()
        first = branch[0]
        if not self._sound(branch):
            return
        self.ctx.write(Rebranch(first.side, first.gen, first.seq))
        for entry in branch:
            self.ctx.write(DropStray(entry.id))
            self.ctx.write(PutEntry(entry.place, entry.id, entry.data, self.ctx.now.clock_ms))
        self.rebuild = True

    def _sound(self, branch: list[Entry]) -> bool:
        """Whether a branch keeps its chain's rules from the place of the fork on; else it is evidence, and nothing to
        follow: what we follow must come up again from the store (spec 6.5)."""
        ctx, first = self.ctx, branch[0]
        if not self.unsound.isdisjoint(entry.id for entry in branch):
            return False
        cursor, entry = chain.start(ctx.accord, ctx.accord_id, first.side), first
        try:
            for data in self._before(first.place):
                cursor = chain.step(cursor, entries.decode(data), ctx.accord, self._own(first.side), signatures=False)
            for entry in branch:
                cursor = chain.step(cursor, entry, ctx.accord, self._own(first.side))
        except PeerFault as error:
            self.unsound.add(entry.id)
            ctx.tell("strange", text=error.what)
            return False
        return True

    def _own(self, side: int) -> chain.Holds:
        return lambda gen, seq: self.ctx.record.id_at(side, gen, seq)

    def _before(self, place: Place) -> Iterator[bytes]:
        """Our copy of a chain up to a place."""
        record = self.ctx.record
        for gen in (gen for gen in record.generations(place.side) if gen <= place.gen):
            count = place.seq if gen == place.gen else record.length(place.side, gen)
            yield from self.ctx.entries(place.side, gen, 0, count)

    def _tell(self, entry: Entry) -> None:
        """A document is told when its pages are verified too."""
        item = self.ctx.record.ledger.items.get(entry.id)
        if entry.side == self.ctx.them and item is not None and not item.document:
            line = entry.body.line if isinstance(entry.body, Tracked) else 0
            self.ctx.tell("arrived", line=line, id=entry.id)

    def _acknowledge(self, appended: list[Entry], found: Examined, carrier: int) -> None:
        """A signed acknowledgement where there is something to acknowledge; a hint where they repeat themselves or
        said nothing but acknowledgements."""
        theirs = [e for e in appended if e.side == self.ctx.them]
        if not self.ctx.restoring and theirs and not only_acks(theirs):
            self.ack_due = self.ack_due or self._unacknowledged()
        if found.duplicates or found.ahead or found.strays or (theirs and not only_acks(theirs)):
            self.outbox.answer_on.update(self._answering(carrier))
        elif theirs:
            self.outbox.hint_later(self._answering(carrier))
        if theirs:
            self.outbox.came_by.add(carrier)

    def _unacknowledged(self) -> bool:
        ours, theirs = self.ctx.record.cursors[self.ctx.us], self.ctx.record.cursors[self.ctx.them]
        return theirs.head is not None and (ours.ack is None or ours.ack[:2] < theirs.head[:2])

    def _answering(self, carrier: int) -> set[int]:
        """The live carrier of first choice, and the way that the bundle came: that one works."""
        return {*self.ctx.live_up()[:1], carrier}

    def heads_equal(self) -> bool:
        """Whether, as far as they have told us, both sides hold the same two heads."""
        ctx = self.ctx
        ours, theirs = ctx.record.cursors[ctx.us].head, ctx.record.cursors[ctx.them].head
        stated = self.watch.their_head
        they_hold_ours = ours is None or self.outbox.held >= (ours.gen, ours.seq)
        if stated is None:
            return they_hold_ours
        here = (-1, -1) if theirs is None else (theirs.gen, theirs.seq)
        if (stated.gen, stated.seq) < here:
            return they_hold_ours
        return they_hold_ours and theirs is not None and theirs.id[:8] == stated.id8

