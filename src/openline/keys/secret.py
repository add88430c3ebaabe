"""The only holder of secrets: signing keys, the keys bundles are sealed to, and the sets of them a side keeps.

Rules of this file:
1. A secret key is a seed of 32 bytes; everything else follows from it. One key has one purpose (spec 3.5).
2. No object here shows a secret in `repr`, and none compares or hashes by its secret.
3. Randomness comes in as `ports.Entropy`; `SystemEntropy` is the one for real sides.
4. `to_bytes` gives secrets in clear: its result goes into a key file (`keys.keyfile`) or a backup, nowhere else.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import ClassVar, Final, Self, TypeAlias

import nacl.bindings
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA87PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from openline.keys.public import SIGNATURE_BYTES, fingerprint, prekey_id
from openline.ports import Entropy
from openline.wire import cbor, limits
from openline.wire.accord import a, from_map, to_map
from openline.wire.codecs import Codec, many, octets, utf8
from openline.wire.errors import invariant

SEED_BYTES: Final = 32
PSK_BYTES: Final = 32
_MLKEM_SEED_BYTES: Final = 64
PREKEYS_MAX: Final = 64
_MldsaPrivate: TypeAlias = MLDSA44PrivateKey | MLDSA87PrivateKey


class SystemEntropy:
    """The operating system's randomness."""

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)


class _Seeded:
    """A key that follows from its seed; `public` is its public half."""

    __slots__ = ("public", "seed")

    public: bytes

    def __init__(self, seed: bytes) -> None:
        invariant(len(seed) == SEED_BYTES, "a seed has 32 bytes")
        self.seed = seed

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        return cls(seed)

    @classmethod
    def generate(cls, entropy: Entropy) -> Self:
        return cls(entropy.bytes(SEED_BYTES))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {fingerprint(self.public)}>"


class SigningKey(_Seeded):
    """An Ed25519 key."""

    __slots__ = ("_secret",)

    def __init__(self, seed: bytes) -> None:
        super().__init__(seed)
        self.public, self._secret = nacl.bindings.crypto_sign_seed_keypair(seed)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`, whose first bytes name its purpose (`keys.public`)."""
        return nacl.bindings.crypto_sign(message, self._secret)[:SIGNATURE_BYTES]


class _MldsaKey(_Seeded):
    __slots__ = ("_key",)

    _expand: ClassVar[staticmethod[[bytes], _MldsaPrivate]]

    def __init__(self, seed: bytes) -> None:
        super().__init__(seed)
        self._key = self._expand(seed)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`, with the empty context of FIPS 204."""
        return self._key.sign(message)


class MldsaKey44(_MldsaKey):
    """An ML-DSA-44 key: signs checkpoints and announcements (2420 bytes)."""

    __slots__ = ()

    _expand = staticmethod(MLDSA44PrivateKey.from_seed_bytes)


class MldsaKey87(_MldsaKey):
    """An ML-DSA-87 key: a root's second signature (4627 bytes)."""

    __slots__ = ()

    _expand = staticmethod(MLDSA87PrivateKey.from_seed_bytes)


class XwingKey(_Seeded):
    """An X-Wing key that epoch secrets or letters are sealed to; `id` is how an opener names it (spec 4.2)."""

    __slots__ = ("id", "private")

    def __init__(self, seed: bytes) -> None:
        super().__init__(seed)
        wide = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + 32)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(wide[:_MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(wide[_MLKEM_SEED_BYTES:])
        self.private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        self.id = prekey_id(self.public)


def _key(make: type[_Seeded]) -> Codec:
    seed = octets(SEED_BYTES)

    return Codec(f"seed of {make.__name__}", lambda value: make(seed.read(value)), lambda key: key.seed)


def _list_of(codec: Codec, most: int) -> Codec:
    of = many(codec, most, least=1)
    return Codec(of.name, lambda value: list(of.read(value)), of.plain)


_NAME: Final = utf8(limits.NAME_BYTES_MAX, least=1)
_PREKEYS: Final = _list_of(_key(XwingKey), PREKEYS_MAX)


class _KeySet:
    """Keys kept together, as bytes in the manner of an accord's maps: fields by number, defaults left out."""

    def to_bytes(self) -> bytes:
        """The secrets in clear."""
        return cbor.encode(to_map(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` gave.

        Raises:
            Malformed: other bytes.
        """
        made: Self = from_map(cls, cbor.decode(data))
        return made


@dataclass(kw_only=True, eq=False)
class StationKeys(_KeySet):
    """What a station keeps. `next_station` signs from the entry after the one that names it (spec 3.7); `prekeys` are
    those bundles may still be sealed to, newest last (spec 4.2)."""

    station: SigningKey = a(1, _key(SigningKey))
    next_station: SigningKey | None = a(2, _key(SigningKey), None)
    checkpoint: MldsaKey44 = a(3, _key(MldsaKey44))
    prekeys: list[XwingKey] = a(4, _PREKEYS)

    @classmethod
    def generate(cls, entropy: Entropy) -> StationKeys:
        return cls(
            station=SigningKey.generate(entropy),
            checkpoint=MldsaKey44.generate(entropy),
            prekeys=[XwingKey.generate(entropy)],
        )

    def signing(self, in_force: bytes) -> SigningKey | None:
        """The private half of the station key in force, if it is one of these."""
        return next((key for key in (self.station, self.next_station) if key and key.public == in_force), None)

    def settle(self, in_force: bytes) -> bool:
        """Forget the key of before, once the record names the next one.

        Returns:
            Whether there was one to forget.
        """
        if self.next_station is None or self.next_station.public != in_force:
            return False
        self.station, self.next_station = self.next_station, None
        return True

    @property
    def xwing(self) -> XwingKey:
        """The newest prekey."""
        return self.prekeys[-1]

    def add_prekey(self, key: XwingKey) -> None:
        """Take a new prekey into use; of the old ones, those stay that may still be sealed to on the way."""
        self.prekeys = [*self.prekeys, key][-PREKEYS_MAX:]

    def retire_prekeys(self, used: bytes) -> bool:
        """Forget every prekey older than the one with id `used`, to which the other side has begun to seal (spec 4.2).

        Returns:
            Whether any was forgotten.
        """
        older = next((place for place, key in enumerate(self.prekeys) if key.id == used), 0)
        self.prekeys = self.prekeys[older:]
        return older > 0

    def prekeys_by_id(self) -> dict[bytes, XwingKey]:
        return {key.id: key for key in self.prekeys}


@dataclass(kw_only=True, eq=False)
class RootKeys(_KeySet):
    """What a side keeps offline: founds the accord, begins a generation, pleads for the record."""

    ed25519: SigningKey = a(1, _key(SigningKey))
    mldsa87: MldsaKey87 = a(2, _key(MldsaKey87))

    @classmethod
    def generate(cls, entropy: Entropy) -> RootKeys:
        return cls(ed25519=SigningKey.generate(entropy), mldsa87=MldsaKey87.generate(entropy))

    def sign(self, message: bytes) -> tuple[bytes, bytes]:
        """A root's two signatures, Ed25519 and ML-DSA-87."""
        return self.ed25519.sign(message), self.mldsa87.sign(message)


@dataclass(kw_only=True, eq=False)
class AnnounceKeys(_KeySet):
    """Sign statements for the public (spec 3.9)."""

    ed25519: SigningKey = a(1, _key(SigningKey))
    mldsa44: MldsaKey44 = a(2, _key(MldsaKey44))

    @classmethod
    def generate(cls, entropy: Entropy) -> AnnounceKeys:
        return cls(ed25519=SigningKey.generate(entropy), mldsa44=MldsaKey44.generate(entropy))


@dataclass(kw_only=True, eq=False)
class OfficerKey(_KeySet):
    """Approves acts in one officer's name (spec 3.6)."""

    name: str = a(1, _NAME)
    key: SigningKey = a(2, _key(SigningKey))

    @classmethod
    def generate(cls, name: str, entropy: Entropy) -> OfficerKey:
        return cls(name=name, key=SigningKey.generate(entropy))

    @property
    def public(self) -> bytes:
        return self.key.public

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


@dataclass(kw_only=True, eq=False)
class PrincipalKey(_KeySet):
    """A principal's two keys, on the principal's own device: letters are sealed to one, signed with the other."""

    name: str = a(1, _NAME)
    xwing: XwingKey = a(2, _key(XwingKey))
    key: SigningKey = a(3, _key(SigningKey))

    @classmethod
    def generate(cls, name: str, entropy: Entropy) -> PrincipalKey:
        return cls(name=name, xwing=XwingKey.generate(entropy), key=SigningKey.generate(entropy))


def join_psk(first: bytes, second: bytes) -> bytes:
    """The pre-shared secret from the two halves made at the table, side 0's first (spec 4.2): neither side chose it."""
    invariant(len(first) == len(second) == PSK_BYTES, "each half of the pre-shared secret has 32 bytes")
    return hashlib.sha256(b"openline/psk-halves/1\0" + first + second).digest()


def psk_check(psk: bytes) -> bytes:
    """What the accord says of the pre-shared secret, so that stations find at once if theirs differ (spec 3.5)."""
    invariant(len(psk) == PSK_BYTES, "a pre-shared secret has 32 bytes")
    return hashlib.sha256(b"openline/psk/1\0" + psk).digest()
