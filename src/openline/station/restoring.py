"""Fetching our own record back after a loss, and giving the other side theirs (spec 5.8, 3.7).

Rules of this file:
1. A station that may have lost its tail appends nothing until the other side has shown it that tail: appending first
   is how innocent forks are made.
2. A station that lost its keys goes on only in a new generation that its root signs, naming the last entry that the
   other side holds.
3. Their mere claim to hold more of our chain than we do holds us for a minute and once; an entry that we signed and do
   not have holds us until we have our tail. Otherwise a claim could keep us from cutting.
4. Whoever asks gets both chains from where they say they are; asking costs nothing and proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, cast

from openline.core import faults, state
from openline.keys import public
from openline.keys.secret import RootKeys
from openline.station.context import Context, Send
from openline.station.outbox import NOWHERE, PACK_ENTRIES, Outbox, chunks
from openline.station.retry import Retry
from openline.station.sealer import Sealer
from openline.wire.bodies import Fault, Generation, Prekey
from openline.wire.bundle import Have, Payload, Reentry
from openline.wire.entry import Entry
from openline.wire.limits import FORKS_MAX
from openline.wire.terms import Head

CLAIM_MS: Final = 60_000  # chosen: several rounds of asking; longer, and a claim would be a gag
ANSWER_ENTRIES: Final = 2048  # chosen: a third of a second of either station, so that the line stays up meanwhile
SAME_MS: Final = 2_000  # chosen: a plea goes out in two forms and is answered once; asked again, it is after 5 s
EMPTY_SIGNATURE: Final = bytes(64)


class Restoration:
    """Our own return. `root` is at hand only where the station's keys were lost."""

    def __init__(self, ctx: Context, sealer: Sealer, outbox: Outbox) -> None:
        self.ctx = ctx
        self.sealer = sealer
        self.outbox = outbox
        self.root: RootKeys | None = None
        self.reentry: Reentry | None = None
        self.retry = Retry()
        self.believes_claims = True
        self.ask_again = False
        self.claim_until_ms: int | None = None
        self.stated: dict[int, tuple[int, int]] = {}  # side → the newest head of it that they said they hold
        self.lacks_root = False
        self.on_whole: Callable[[], None] = lambda: None
        self.pleas_spent = {key.rpartition("/")[2] for key in ctx.store.metas("plea/")}
        self.plea: bytes | None = None  # of theirs, being answered
        ctx.hear(self._on_entry, Generation, Prekey)
        self._asked_at: tuple[Have, ...] = ()  # our frontier when we asked last
        self._answered: object = None
        self._answered_ms = 0
        self.they_lack: dict[int, tuple[int, int]] | None = None  # side → what a restoring peer said it holds

    def _on_entry(self, entry: Entry) -> None:
        """Their new generation ends their plea: who replays it later must not make us seal to an old key. While we
        fetch our own record, it tells us whom to ask."""
        if entry.side == self.ctx.them and isinstance(entry.body, Generation | Prekey) and self.ctx.restoring:
            self.ask_again = True
        if entry.side == self.ctx.them and isinstance(entry.body, Generation) and self.plea is not None:
            self.pleas_spent.add(self.plea.hex())
            self.ctx.remember(f"plea/{self.plea.hex()}", b"")
            self.plea = None

    # ---- our return

    def begin(self, root: RootKeys | None) -> None:
        """Append nothing, and ask for our tail, under keys that our root signs if the old ones are gone."""
        ctx = self.ctx
        ctx.restoring = True
        ctx.remember("restoring", b"\x01")
        self.root = root
        if root is not None:
            self.reentry = self._plea(root)

    def begin_on_claim(self) -> None:
        """They say that they hold more of our chain than we do. It may be so: ask for it, for a while."""
        if self.ctx.restoring or not self.believes_claims:
            return
        self.ctx.restoring = True
        self.claim_until_ms = self.ctx.now.elapsed_ms + CLAIM_MS
        self.ask_all()

    def begin_on_entry(self) -> None:
        """An entry that we signed and do not hold: we are an old copy of ourselves."""
        self.claim_until_ms = None
        if not self.ctx.restoring or self.ctx.store.meta("restoring") is None:
            self.begin(self.root)
            self.ask_all()

    def ask_all(self) -> None:
        for carrier in self.ctx.live_up() + self.ctx.relays_up():
            self.ask(carrier)

    def _plea(self, root: RootKeys) -> Reentry:
        ctx = self.ctx
        nonce = ctx.entropy.bytes(16)
        station, xwing = ctx.keys.station.public, ctx.keys.xwing.public
        message = public.reentry_message(ctx.accord_id, ctx.us, nonce, station, xwing)
        ed25519, mldsa87 = root.sign(message)
        return Reentry(nonce, station, xwing, ed25519, mldsa87)

    def payload(self) -> Payload:
        return Payload(
            have=self.outbox.have(), holds_epoch=self.sealer.newest, reentry=self.reentry, restoring=True
        )

    def packed(self) -> list[bytes]:
        """What we ask with: an opener to the prekey that we know of, and, where our keys are new, our plea under the
        pre-shared secret alone, for their prekey may have changed with a site of theirs since (spec 5.8)."""
        bundles = [self.sealer.seal(self.payload(), opener=True)]
        if self.reentry is not None:
            bundles.append(self.sealer.seal_at_table(self.payload()))
        return bundles

    def ask(self, carrier: int) -> None:
        if carrier in self.ctx.up:
            self._asked_at = self.outbox.have()
            self.ctx.effects.sends += [Send(carrier, bundle) for bundle in self.packed()]
            if self.retry.since_ms is None:
                self.retry.begin(self.ctx.now.elapsed_ms)

    def claim_ends_ms(self) -> int | None:
        """Until when their claim holds us."""
        return self.claim_until_ms if self.ctx.restoring else None

    def next_round_ms(self) -> int | None:
        """When we ask again."""
        return self.retry.next_ms() if self.ctx.restoring and self.ctx.worth_repeating() else None

    def tick(self) -> None:
        if not self.ctx.restoring:
            return
        if self.claim_until_ms is not None and self.claim_until_ms <= self.ctx.now.elapsed_ms:
            self._disbelieve()
        elif self.retry.fires(self.ctx.now.elapsed_ms):
            for carrier in self.ctx.worth_repeating():
                self.ask(carrier)

    def _disbelieve(self) -> None:
        """Nothing of ours came to bear the claim out: go on, and hear no more claims."""
        self.believes_claims, self.claim_until_ms = False, None
        self.ctx.restoring = False
        self.ctx.tell("strange", text="they claim entries of ours that they do not show")

    def note(self, have: tuple[Have, ...]) -> None:
        """What they say that they hold, for people who wait for it; nothing rests on it."""
        if self.ctx.restoring:
            for h in have:
                self.stated[h.side] = max(self.stated.get(h.side, NOWHERE), (h.gen, h.seq))

    def told(self, have: tuple[Have, ...], carrier: int) -> bool:
        """Their frontier, while we restore: once we hold all that they hold, we go on. If we do not yet, and got
        further, we ask at once for more. True if we went on just now."""
        ctx = self.ctx
        if not ctx.restoring:
            return False
        theirs = {h.side: h for h in have}
        for side in (ctx.us, ctx.them):
            stated = theirs.get(side)
            if stated is not None and not self._reaches(side, stated):
                if self.outbox.have() != self._asked_at:
                    self.ask(carrier)
                return False
        self._end()
        return not ctx.restoring

    def _reaches(self, side: int, stated: Have) -> bool:
        identity = self.ctx.record.id_at(side, stated.gen, stated.seq)
        return identity is not None and identity[:8] == stated.id8

    def _end(self) -> None:
        ctx = self.ctx
        lost_key = ctx.keys.signing(ctx.record.cursors[ctx.us].key) is None
        self.lacks_root = lost_key and self.root is None
        if self.lacks_root:
            ctx.tell("log", text="our station key is no longer the one in force: the root must begin a generation")
            return
        ctx.restoring, self.claim_until_ms = False, None
        ctx.remember("restoring", None)
        if lost_key and self.root is not None:
            self._begin_generation(self.root)
        self.reentry = None
        self.on_whole()
        ctx.tell("whole", text="our record is whole again")

    def _begin_generation(self, root: RootKeys) -> None:
        """Our first entry under the new keys; the root signs where it goes on from."""
        ctx = self.ctx
        head = ctx.record.cursors[ctx.us].head
        gen = 0 if head is None else head.gen + 1
        ctx.append_generation(gen, self._signed_generation(root, gen, head))

    def _signed_generation(self, root: RootKeys, gen: int, last: Head | None) -> Generation:
        ctx = self.ctx
        unsigned = Generation(
            last=last,
            station=ctx.keys.station.public,
            checkpoint=ctx.keys.checkpoint.public,
            xwing=ctx.keys.xwing.public,
            forks=self._forks(),
            root_ed25519=EMPTY_SIGNATURE,
            root_mldsa87=bytes(4627),
            possession=ctx.keys.station.sign(public.possession_message(ctx.accord_id, ctx.keys.station.public)),
        )
        ed25519, mldsa87 = root.sign(public.generation_message(ctx.accord_id, ctx.us, gen, unsigned))
        return cast(Generation, replace(cast(Any, unsigned), root_ed25519=ed25519, root_mldsa87=mldsa87))

    def _forks(self) -> tuple[tuple[bytes, bytes], ...]:
        """What the other side has proven against our chain and no generation has settled, as much as one can name."""
        pairs = {
            faults.pair_of(act.body)
            for act in state.disputes(self.ctx.record.ledger)
            if isinstance(act.body, Fault) and act.place.side == self.ctx.them
        }
        return tuple(sorted(pairs)[:FORKS_MAX])

    # ---- theirs

    def asked(self, payload: Payload, carrier: int) -> None:
        """A restoring peer says what it holds: send both chains from there on, back by the way it came."""
        ctx = self.ctx
        if payload.reentry is not None:
            self._admit(payload.reentry)
        self.they_lack = {h.side: (h.gen, h.seq) for h in payload.have}
        question = (carrier, payload.have, payload.holds_epoch)
        just_now = question == self._answered and ctx.now.elapsed_ms - self._answered_ms < SAME_MS
        if carrier not in ctx.up or just_now:
            return
        self._answered, self._answered_ms = question, ctx.now.elapsed_ms
        ctx.effects.sends += [Send(carrier, bundle) for bundle in self.answer(ANSWER_ENTRIES)]

    def _admit(self, plea: Reentry) -> None:
        """Answer to keys that their root signed for a station that lost its own.

        Raises:
            BadSignature: their root did not.
        """
        ctx = self.ctx
        if plea.nonce.hex() in self.pleas_spent:
            return
        side = ctx.accord.sides[ctx.them]
        message = public.reentry_message(ctx.accord_id, ctx.them, plea.nonce, plea.station, plea.xwing)
        public.verify(side.root_ed25519, message, plea.root_ed25519)
        public.verify_mldsa87(side.root_mldsa87, message, plea.root_mldsa87)
        public.check_key(plea.station)
        self.sealer.seal_for_reentry(plea.xwing)
        self.plea = plea.nonce

    def answer(self, most: int | None = None) -> Iterator[bytes]:
        """Both chains from where the restoring side stands, `most` entries of them, and our frontier, which tells it
        whether it is whole; made as it is taken."""
        for batch in self._lacking():
            if most is not None:
                batch, most = batch[:most], most - len(batch)
            yield from (self.sealer.seal(Payload(entries=tuple(c)), opener=True) for c in chunks(batch))
            if most is not None and most <= 0:
                break
        else:
            for kept in self.ctx.store.strays():
                yield self.sealer.seal(Payload(entries=(kept.data,)), opener=True)
        tail = Payload(have=self.outbox.have(), holds_epoch=self.sealer.newest)
        yield self.sealer.seal(tail, opener=True)

    def _lacking(self) -> Iterator[list[bytes]]:
        """What the restoring side lacks of both chains, up to where they end now, some entries at a time."""
        ctx, lack = self.ctx, self.they_lack or {}
        for side in (ctx.us, ctx.them):
            gen, seq = lack.get(side, NOWHERE)
            for each in (each for each in ctx.record.generations(side) if each >= gen):
                at, end = (seq + 1 if each == gen else 0), ctx.record.length(side, each)
                while found := ctx.entries(side, each, at, min(PACK_ENTRIES, end - at)):
                    yield found
                    at += len(found)
