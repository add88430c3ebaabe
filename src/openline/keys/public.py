"""Checking signatures, and the exact bytes each signature is over. No secret comes near this module.

Rules of this file:
1. A signature counts only under a key that passed `check_key` when it was registered, with a proof of possession
   (spec 3.5): a hostile key can make libraries disagree on one signature, and so split the record.
2. Ed25519 is verified by libsodium: no cofactor, bytes of R compared, S below the group order, R of small order
   refused (spec 3.2). Never in batches: the batch equation gives other verdicts.
3. Everything signed starts with a prefix of its own, so that a signature of one purpose is none of another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import nacl.bindings
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey, MLDSA87PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey
from nacl.exceptions import BadSignatureError

from openline.wire import bodies, cbor
from openline.wire.accord import Accord, Side, Signatures, SignedAccord
from openline.wire.bodies import Body, Generation
from openline.wire.bundle import Voice
from openline.wire.cbor import Value
from openline.wire.errors import Malformed, PeerFault

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
PREKEY_ID_BYTES: Final = 8
XWING_BYTES: Final = 1216
_MLKEM_BYTES: Final = 1184
_APPROVALS_KEY: Final = 8
_GENERATION_SIGNATURES: Final = frozenset({6, 7, 9})
# Any scalar tells a point of small order: the library refuses a shared secret of zeros.
_PROBE: Final = X25519PrivateKey.from_private_bytes(b"\x01" * KEY_BYTES)


class BadSignature(PeerFault):
    """A signature that does not verify, or a key under which no signature may count."""


def check_key(key: bytes) -> None:
    """Whether an Ed25519 public key may be registered at all: canonical, of prime order (spec 3.5).

    Raises:
        BadSignature: it may not.
    """
    if len(key) != KEY_BYTES or not nacl.bindings.crypto_core_ed25519_is_valid_point(key):
        raise BadSignature("an Ed25519 key that is no canonical point of prime order")


def verify(key: bytes, message: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature under a key that passed `check_key`.

    Raises:
        BadSignature: it does not verify.
    """
    # The binding below does not look at lengths.
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        raise BadSignature("an Ed25519 key or signature of a wrong length")
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
    except BadSignatureError:
        raise BadSignature("an Ed25519 signature that does not verify") from None


def verify_mldsa44(key: bytes, message: bytes, signature: bytes) -> None:
    """Check an ML-DSA-44 signature.

    Raises:
        BadSignature: it does not verify.
    """
    try:
        _mldsa44(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadSignature("an ML-DSA-44 signature that does not verify") from None


def verify_mldsa87(key: bytes, message: bytes, signature: bytes) -> None:
    """Check an ML-DSA-87 signature.

    Raises:
        BadSignature: it does not verify.
    """
    try:
        _mldsa87(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadSignature("an ML-DSA-87 signature that does not verify") from None


@lru_cache(maxsize=64)
def _mldsa44(key: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(key)


@lru_cache(maxsize=16)
def _mldsa87(key: bytes) -> MLDSA87PublicKey:
    return MLDSA87PublicKey.from_public_bytes(key)


@lru_cache(maxsize=64)
def xwing_public(key: bytes) -> MLKEM768X25519PublicKey:
    """An X-Wing public key, ready to seal to (spec 4.2).

    Raises:
        Malformed: its ML-KEM half is not canonical or its X25519 half is of small order.
    """
    try:
        x25519 = X25519PublicKey.from_public_bytes(key[_MLKEM_BYTES:])
        _PROBE.exchange(x25519)
        return MLKEM768X25519PublicKey(MLKEM768PublicKey.from_public_bytes(key[:_MLKEM_BYTES]), x25519)
    except ValueError:
        raise Malformed("an X-Wing public key that nothing can be sealed to") from None


def prekey_id(xwing: bytes) -> bytes:
    """The 8 bytes by which an opener names the prekey it is sealed to (spec 4.2)."""
    return hashlib.sha256(b"openline/prekey/1\0" + xwing).digest()[:PREKEY_ID_BYTES]


def fingerprint(key: bytes) -> str:
    """30 digits in 6 groups of 5 by which people tell one public key from another; needs no language (spec 3.5)."""
    wide = hashlib.sha256(b"openline/fingerprint/1\0" + key).digest()
    return " ".join(f"{int.from_bytes(wide[i * 5 : i * 5 + 5], 'big') % 100_000:05d}" for i in range(6))


def possession_message(accord_id: bytes, key: bytes) -> bytes:
    """What a key signs to show that its side holds it (spec 3.5)."""
    return b"openline/possession/1\0" + accord_id + key


def accord_message(accord_id: bytes, side: int) -> bytes:
    """What a root signs, twice, to found the accord (spec 3.5)."""
    return b"openline/accord-signature/1\0" + accord_id + bytes([side])


def officer_message(accord_id: bytes, side: int, body: Body, officer: int, counter: int) -> bytes:
    """What an officer signs to approve an act (spec 3.6); the approvals of `body` are not part of it."""
    return (
        b"openline/officer/1\0"
        + accord_id
        + cbor.encode([side, bodies.kind_of(body), _without(body, frozenset({_APPROVALS_KEY})), officer, counter])
    )


def generation_message(accord_id: bytes, side: int, gen: int, body: Generation) -> bytes:
    """What a root signs, twice, to begin a generation (spec 3.7); its signatures and possession are not part of it."""
    return b"openline/generation/1\0" + accord_id + cbor.encode([side, gen, _without(body, _GENERATION_SIGNATURES)])


def call_message(
    accord_id: bytes, caller: int, call_id: bytes, line: int, lane: int, due_s: int, phase: int, time_s: int
) -> bytes:
    """What the called station signs of a call (spec 5.6)."""
    return b"openline/call/1\0" + accord_id + cbor.encode([caller, call_id, line, int(lane), due_s, int(phase), time_s])


def voice_message(accord_id: bytes, side: int, voice: Voice) -> bytes:
    """What a station signs of its officer's half of a call's voice (spec 5.10.1); what it has heard of the other half
    is not part of it."""
    signed: list[Value] = [
        side, voice.call_id, voice.line, int(voice.lane), voice.round, voice.fingerprint, voice.ufrag, voice.pwd,
        voice.payload_type, voice.token,
    ]  # fmt: skip
    return b"openline/voice/1\0" + accord_id + cbor.encode(signed)


def reentry_message(accord_id: bytes, side: int, nonce: bytes, station: bytes, xwing: bytes) -> bytes:
    """What a root signs, twice, to plead for its side's record (spec 5.8)."""
    return b"openline/reentry/1\0" + accord_id + bytes([side]) + nonce + station + xwing


def _without(body: Body, keys: frozenset[int]) -> Value:
    plain = bodies.to_plain(body)
    return {key: item for key, item in plain.items() if key not in keys} if isinstance(plain, dict) else plain


def possessed_keys(side: Side) -> list[tuple[str, bytes]]:
    """A side's Ed25519 keys that need a proof of possession, named, in the order of the proofs (spec 3.5)."""
    return [
        ("station", side.station),
        ("announcement", side.announce_ed25519),
        *((f"officer {x.name}", x.key) for x in side.officers),
        *((f"principal {x.name}", x.key) for x in side.principals),
    ]


def check_accord(signed: SignedAccord) -> None:
    """Check every key and signature of an accord (spec 3.5): both roots' two, and each proof of possession.

    Raises:
        BadSignature: says whose and which does not hold.
        Malformed: a key to seal to is none.
    """
    _check_distinct(signed.accord)
    for number, (side, signatures) in enumerate(zip(signed.accord.sides, signed.signatures, strict=True)):
        _check_sealing_keys(side)
        _check_roots(signed.id, number, side, signatures)
        _check_possessions(signed.id, side, signatures)
    for witness in signed.accord.witnesses:
        _named(f"witness {witness.name}: key", check_key, witness.key)


def _check_distinct(accord: Accord) -> None:
    """One key has one purpose and one holder."""
    holder: dict[bytes, str] = {}
    for side in accord.sides:
        for what, key in (("root", side.root_ed25519), *possessed_keys(side)):
            if key in holder:
                raise BadSignature(f"{side.name}: {what} has the key of {holder[key]}")
            holder[key] = f"{side.name}: {what}"


def _check_sealing_keys(side: Side) -> None:
    for what, key in (("station", side.xwing), *((f"principal {x.name}", x.xwing) for x in side.principals)):
        try:
            xwing_public(key)
        except Malformed as error:
            raise Malformed(f"{side.name}: {what}: {error.what}") from None


def _check_roots(accord_id: bytes, number: int, side: Side, signatures: Signatures) -> None:
    message = accord_message(accord_id, number)
    _named(f"{side.name}: root key", check_key, side.root_ed25519)
    _named(f"{side.name}: root Ed25519", verify, side.root_ed25519, message, signatures.root_ed25519)
    _named(f"{side.name}: root ML-DSA-87", verify_mldsa87, side.root_mldsa87, message, signatures.root_mldsa87)


def _check_possessions(accord_id: bytes, side: Side, signatures: Signatures) -> None:
    keys = possessed_keys(side)
    if len(keys) != len(signatures.possession):
        raise BadSignature(f"{side.name}: {len(signatures.possession)} proofs of possession for {len(keys)} keys")
    for (what, key), signature in zip(keys, signatures.possession, strict=True):
        _named(f"{side.name}: {what} key", check_key, key)
        message = possession_message(accord_id, key)
        _named(f"{side.name}: possession of the {what} key", verify, key, message, signature)


def _named(what: str, check: Callable[..., None], *values: bytes) -> None:
    try:
        check(*values)
    except BadSignature as error:
        raise BadSignature(f"{what}: {error.what}") from None
