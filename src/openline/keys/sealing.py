"""Sealing bundles: padded payloads go in, bytes that any carrier may see come out (spec 4.1, 4.2).

Rules of this file:
1. An epoch secret is sealed once with HPKE X-Wing, in an opener; followers cost 34 bytes under it.
2. Every bundle has a key of its own, derived with 8 random bytes, not with a counter: a station restored from a
   snapshot must not use a key twice.
3. The pre-shared secret goes into every key: a break of both halves of X-Wing opens nothing, and who does not hold it
   cannot make a bundle that opens.
4. Whatever does not open is the carrier's fault: anybody on the way can have made it so.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from openline.keys.public import PREKEY_ID_BYTES, prekey_id, xwing_public
from openline.keys.secret import PSK_BYTES, XwingKey
from openline.ports import Entropy
from openline.wire import limits
from openline.wire.bundle import EPOCH_ID_BYTES
from openline.wire.errors import CarrierFault, invariant
from openline.wire.said import say

RND_BYTES: Final = 8
EPOCH_SECRET_BYTES: Final = 32
FORMAT: Final = 1
OPENER: Final = 1
FOLLOWER: Final = 2

_SEALED_SECRET_BYTES: Final = 1120 + EPOCH_SECRET_BYTES + 16  # X-Wing encapsulation, secret, tag
_TAG_BYTES: Final = 16
_NONCE: Final = bytes(12)  # constant, because no key seals two bundles
_OPENER_HEAD: Final = bytes([FORMAT, OPENER])
_FOLLOWER_HEAD: Final = bytes([FORMAT, FOLLOWER])
_OPENER_BYTES: Final = 2 + PREKEY_ID_BYTES + EPOCH_ID_BYTES + _SEALED_SECRET_BYTES + RND_BYTES
_FOLLOWER_BYTES: Final = 2 + EPOCH_ID_BYTES + RND_BYTES
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class UnknownEpoch(CarrierFault):
    """A follower of an epoch whose opener did not come, or was forgotten. The next opener repairs it."""


class UnknownPrekey(CarrierFault):
    """An opener sealed to a prekey that is not ours, or no longer kept. A bundle sealed to a newer one repairs it."""


class Epoch(NamedTuple):
    """A secret one sender seals its bundles under, for a while, and the 8 bytes that name it."""

    id: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"<Epoch {self.id.hex()}>"


def new_epoch(entropy: Entropy) -> Epoch:
    return Epoch(entropy.bytes(EPOCH_ID_BYTES), entropy.bytes(EPOCH_SECRET_BYTES))


def seal_opener(
    padded: bytes, *, epoch: Epoch, prekey: bytes, psk: bytes, accord_id: bytes, sender: int, rnd: bytes
) -> bytes:
    """A bundle that whoever holds the private half of `prekey` (and the PSK) can open, and learns the epoch from.

    Raises:
        Malformed: `prekey` is none that can be sealed to.
    """
    names = prekey_id(prekey) + epoch.id
    info = _epoch_info(accord_id, sender, names)
    sealed_secret = _SUITE.encrypt(epoch.secret, xwing_public(prekey), info=info)
    head = _OPENER_HEAD + names + sealed_secret + rnd
    return head + _cipher(epoch, psk, rnd, accord_id, sender).encrypt(_NONCE, padded, head)


def seal_follower(padded: bytes, *, epoch: Epoch, psk: bytes, accord_id: bytes, sender: int, rnd: bytes) -> bytes:
    """A bundle for a receiver that already holds the epoch."""
    head = _FOLLOWER_HEAD + epoch.id + rnd
    return head + _cipher(epoch, psk, rnd, accord_id, sender).encrypt(_NONCE, padded, head)


def open_bundle(
    bundle: bytes,
    *,
    epochs: Mapping[bytes, bytes],
    prekeys: Mapping[bytes, XwingKey],
    psk: bytes,
    accord_id: bytes,
    sender: int,
) -> tuple[Epoch | None, bytes]:
    """Open a bundle that claims to come from side `sender`. `epochs` (id → secret) are those of `sender` that we hold.

    Returns:
        The epoch, if an opener taught us one we did not hold; the padded payload.

    Raises:
        UnknownEpoch: a follower of an epoch we do not hold.
        UnknownPrekey: an opener sealed to a prekey we do not hold.
        CarrierFault: anything else that does not open.
    """
    if len(bundle) > limits.BUNDLE_BYTES_MAX:
        raise CarrierFault(
            say(
                "a bundle of {size} bytes; the limit is {most}",
                size=str(len(bundle)),
                most=str(limits.BUNDLE_BYTES_MAX),
            ),
        )
    kind = bundle[:2]
    if kind == _FOLLOWER_HEAD and len(bundle) >= _FOLLOWER_BYTES + _TAG_BYTES:
        return None, _open_follower(bundle, epochs, psk, accord_id, sender)
    if kind == _OPENER_HEAD and len(bundle) >= _OPENER_BYTES + _TAG_BYTES:
        return _open_opener(bundle, epochs, prekeys, psk, accord_id, sender)
    raise CarrierFault(say("bytes that are no bundle, or cut short"))


def opened_epoch(bundle: bytes) -> bytes | None:
    """The id of the epoch that an opener names; None for a follower."""
    return bundle[2 + PREKEY_ID_BYTES : 2 + PREKEY_ID_BYTES + EPOCH_ID_BYTES] if bundle[:2] == _OPENER_HEAD else None


def opened_prekey(opener: bytes) -> bytes:
    """The id of the prekey that an opener's secret is sealed to."""
    return opener[2 : 2 + PREKEY_ID_BYTES]


def _open_follower(bundle: bytes, epochs: Mapping[bytes, bytes], psk: bytes, accord_id: bytes, sender: int) -> bytes:
    epoch_id = bundle[2 : 2 + EPOCH_ID_BYTES]
    secret = epochs.get(epoch_id)
    if secret is None:
        raise UnknownEpoch(f"a bundle of epoch {epoch_id.hex()}, which we do not hold")
    return _open(bundle, _FOLLOWER_BYTES, Epoch(epoch_id, secret), psk, accord_id, sender)


def _open_opener(
    bundle: bytes,
    epochs: Mapping[bytes, bytes],
    prekeys: Mapping[bytes, XwingKey],
    psk: bytes,
    accord_id: bytes,
    sender: int,
) -> tuple[Epoch | None, bytes]:
    names_end = 2 + PREKEY_ID_BYTES + EPOCH_ID_BYTES
    epoch_id = bundle[names_end - EPOCH_ID_BYTES : names_end]
    known = epochs.get(epoch_id)
    if known is not None:  # openers are repeated until their arrival is known: the costly half is done once
        return None, _open(bundle, _OPENER_BYTES, Epoch(epoch_id, known), psk, accord_id, sender)
    prekey = prekeys.get(bundle[2 : 2 + PREKEY_ID_BYTES])
    if prekey is None:
        raise UnknownPrekey(f"a bundle sealed to prekey {bundle[2 : 2 + PREKEY_ID_BYTES].hex()}, which we do not hold")
    info = _epoch_info(accord_id, sender, bundle[2:names_end])
    try:
        secret = _SUITE.decrypt(bundle[names_end : names_end + _SEALED_SECRET_BYTES], prekey.private, info=info)
    except (InvalidTag, ValueError):
        raise CarrierFault(say("a bundle whose epoch secret does not open")) from None
    epoch = Epoch(epoch_id, secret)
    return epoch, _open(bundle, _OPENER_BYTES, epoch, psk, accord_id, sender)


def _open(bundle: bytes, head_bytes: int, epoch: Epoch, psk: bytes, accord_id: bytes, sender: int) -> bytes:
    head = bundle[:head_bytes]
    cipher = _cipher(epoch, psk, head[-RND_BYTES:], accord_id, sender)
    try:
        return cipher.decrypt(_NONCE, bundle[head_bytes:], head)
    except InvalidTag:
        raise CarrierFault(
            say("a bundle that does not open: damaged, or not sealed for us by the other side")
        ) from None


def _epoch_info(accord_id: bytes, sender: int, names: bytes) -> bytes:
    return b"openline/epoch/1\0" + accord_id + bytes([sender]) + names


def _cipher(epoch: Epoch, psk: bytes, rnd: bytes, accord_id: bytes, sender: int) -> ChaCha20Poly1305:
    """The bundle's own key: HKDF-SHA256 (RFC 5869), of which one block is all that is needed."""
    invariant(len(psk) == PSK_BYTES, "a pre-shared secret has 32 bytes")
    invariant(len(rnd) == RND_BYTES, "a bundle has 8 random bytes")
    extracted = hmac.digest(epoch.id + rnd, epoch.secret + psk, "sha256")
    info = b"openline/bundle/1\0" + accord_id + bytes([sender])
    return ChaCha20Poly1305(hmac.digest(extracted, info + b"\x01", "sha256"))
