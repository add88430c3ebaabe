"""Sealing bundles for the other side and opening theirs (spec 4): epochs, prekeys, who holds which.

Rules of this file:
1. An opener is repeated until the other side's own sealed word says that it holds the epoch; couriers always carry
   openers.
2. Epochs of theirs that we learnt are durable: a relay may hand us a follower after a restart.
3. What does not open is the carrier's fault and proves nothing against anyone.
"""

from __future__ import annotations

from contextlib import suppress

from openline.keys import public, sealing
from openline.keys.sealing import Epoch
from openline.keys.secret import XwingKey
from openline.station.context import Context
from openline.wire.bodies import Generation, Prekey
from openline.wire.bundle import Payload, decode_payload, encode_payload
from openline.wire.entry import Entry
from openline.wire.errors import Malformed

EPOCHS_KEPT = 16  # chosen: followers of older epochs are re-sent by the record's own repair
RND_BYTES = 8
TABLE = Epoch(bytes(8), bytes(32))  # the epoch of those who hold nothing but the secret made at the table (spec 4.1)


class Sealer:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.epoch = sealing.new_epoch(ctx.entropy)
        self.prekey = ctx.accord.sides[ctx.them].xwing
        self.they_hold = False
        self._opening: dict[bytes, XwingKey] = {}
        self.theirs: dict[bytes, bytes] = {
            bytes.fromhex(key.rpartition("/")[2]): secret for key, secret in ctx.store.metas("epoch/").items()
        }
        self.newest: bytes | None = ctx.store.meta("epoch-newest")
        ctx.hear(self._on_entry, Generation, Prekey)

    def _on_entry(self, entry: Entry) -> None:
        """Their next prekey; one that nothing can be sealed to is kept in the record and has no effect (spec 3.7)."""
        if entry.side == self.ctx.them and isinstance(entry.body, Prekey | Generation):
            with suppress(Malformed):
                public.xwing_public(entry.body.xwing)
                self._seal_to(entry.body.xwing)

    def _seal_to(self, prekey: bytes) -> None:
        if prekey != self.prekey:
            self.prekey = prekey
            self.epoch, self.they_hold = sealing.new_epoch(self.ctx.entropy), False

    def seal_for_reentry(self, xwing: bytes) -> None:
        """A restored station of theirs pleads for its record: answer to the key that its root signed.

        Raises:
            Malformed: nothing can be sealed to it.
        """
        public.xwing_public(xwing)
        self._seal_to(xwing)

    def seal(self, payload: Payload, *, opener: bool = False) -> bytes:
        ctx = self.ctx
        padded, rnd = encode_payload(payload), ctx.entropy.bytes(RND_BYTES)
        if self.they_hold and not opener:
            return sealing.seal_follower(
                padded, epoch=self.epoch, psk=ctx.psk, accord_id=ctx.accord_id, sender=ctx.us, rnd=rnd
            )
        return sealing.seal_opener(
            padded,
            epoch=self.epoch,
            prekey=self.prekey,
            psk=ctx.psk,
            accord_id=ctx.accord_id,
            sender=ctx.us,
            rnd=rnd,
        )

    def seal_at_table(self, payload: Payload) -> bytes:
        """A bundle under the pre-shared secret alone, for a plea: it holds nothing but public keys and hints."""
        ctx = self.ctx
        return sealing.seal_follower(
            encode_payload(payload),
            epoch=TABLE,
            psk=ctx.psk,
            accord_id=ctx.accord_id,
            sender=ctx.us,
            rnd=ctx.entropy.bytes(RND_BYTES),
        )

    def open(self, bundle: bytes) -> Payload:
        """The payload of a bundle of theirs.

        Raises:
            CarrierFault: it does not open; UnknownEpoch where we lack its epoch.
            Malformed: it opened, so they sealed it, and its content is wrong.
        """
        ctx = self.ctx
        learnt, padded = sealing.open_bundle(
            bundle,
            epochs={**self.theirs, TABLE.id: TABLE.secret},
            prekeys=self._prekeys(),
            psk=ctx.psk,
            accord_id=ctx.accord_id,
            sender=ctx.them,
        )
        if learnt is not None:
            self._learn(learnt)
            self._note_prekey(sealing.opened_prekey(bundle))
        self._note_newest(sealing.opened_epoch(bundle))
        payload = decode_payload(padded)
        if payload.holds_epoch is not None:
            self.they_hold = payload.holds_epoch == self.epoch.id
        return payload

    def _prekeys(self) -> dict[bytes, XwingKey]:
        newest = self.ctx.keys.xwing.id
        if newest not in self._opening:
            self._opening = self.ctx.keys.prekeys_by_id()
        return self._opening

    def _learn(self, epoch: Epoch) -> None:
        self.theirs[epoch.id] = epoch.secret
        self.ctx.remember(f"epoch/{epoch.id.hex()}", epoch.secret)
        while len(self.theirs) > EPOCHS_KEPT:
            oldest = next(iter(self.theirs))
            del self.theirs[oldest]
            self.ctx.remember(f"epoch/{oldest.hex()}", None)

    def _note_prekey(self, used: bytes) -> None:
        """They seal to this prekey now: those before it may go (spec 4.2)."""
        if used != self.ctx.keys.prekeys[0].id:
            self.ctx.tell("prekey_used", id=used)

    def forget_before(self, used: bytes) -> None:
        """The prekeys before `used` are gone: with them go the epochs learnt before the newest (spec 4.2)."""
        self._opening = {}
        if used == self.ctx.keys.prekeys[0].id:
            for epoch in list(self.theirs)[:-1]:
                del self.theirs[epoch]
                self.ctx.remember(f"epoch/{epoch.hex()}", None)

    def _note_newest(self, opened: bytes | None) -> None:
        """They seal openers until we name the epoch they are in: the one that spoke last, not the one learnt last, for
        an opener of an epoch that they left may come behind those of the next."""
        if opened is not None and opened not in (self.newest, TABLE.id):
            self.newest = opened
            self.ctx.remember("epoch-newest", opened)
