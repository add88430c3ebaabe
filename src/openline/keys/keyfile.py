"""Key files: secrets at rest under a passphrase, for keys that live outside a station (officers, roots, principals).

A key file is deterministic CBOR: [format 1, kind, memory KiB, passes, lanes, salt(16), ciphertext], with
    key        = Argon2id(passphrase in NFC and UTF-8, salt, memory, passes, lanes) of 32 bytes (RFC 9106)
    ciphertext = ChaCha20-Poly1305(key, nonce 0^12, aad = "openline/key-file/1\\0" ‖ CBOR of the six items before it).

A key file without a passphrase, for trying and for stations that must start by themselves, is [format 1, kind, secret].

Rules of this file: a fresh salt, so a fresh key, for every file written; the cost of opening is bounded, because a
file can come from anywhere; whatever is wrong with a file is our own user's to mend: `Misuse`.
"""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from openline.ports import Entropy
from openline.wire import cbor, limits
from openline.wire.codecs import octets, row, uint, utf8
from openline.wire.errors import Malformed, Misuse

FORMAT: Final = 1
SALT_BYTES: Final = 16
SECRET_BYTES_MAX: Final = 1024 * 1024  # chosen: a hundred times what a side has of keys; a backup's secrets go in too
_NONCE: Final = bytes(12)
_PREFIX: Final = b"openline/key-file/1\0"


class Cost(NamedTuple):
    """What one guess at a passphrase costs: memory, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int


# RFC 9106 §4, the second recommended choice: about 0.1 s here, and fits beside a station on a small machine.
COST: Final = Cost(64 * 1024, 3, 4)
_MEMORY_KIB_MAX: Final = 1024 * 1024
_PASSES_MAX: Final = 16
_LANES_MAX: Final = 16


class _KeyFile(NamedTuple):
    format: int
    kind: str
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes
    ciphertext: bytes


_KEY_FILE: Final = row(
    _KeyFile,
    uint(FORMAT),
    utf8(limits.NAME_BYTES_MAX, least=1),
    uint(_MEMORY_KIB_MAX),
    uint(_PASSES_MAX),
    uint(_LANES_MAX),
    octets(SALT_BYTES),
    octets(most=SECRET_BYTES_MAX),
)



class _Plain(NamedTuple):
    format: int
    kind: str
    secret: bytes


_PLAIN: Final = row(
    _Plain, uint(FORMAT, least=FORMAT), utf8(limits.NAME_BYTES_MAX, least=1), octets(most=SECRET_BYTES_MAX)
)


def seal_key_file(secret: bytes, kind: str, passphrase: str, entropy: Entropy, *, cost: Cost = COST) -> bytes:
    """The bytes of a key file that holds `secret`, said to be of `kind` ("officer", "root", …; in clear)."""
    salt = entropy.bytes(SALT_BYTES)
    head: list[cbor.Value] = [FORMAT, kind, *cost, salt]
    ciphertext = _cipher(passphrase, salt, cost).encrypt(_NONCE, secret, _PREFIX + cbor.encode(head))
    return cbor.encode([*head, ciphertext])


def plain_key_file(secret: bytes, kind: str) -> bytes:
    """The bytes of a key file that no passphrase protects."""
    return cbor.encode([FORMAT, kind, secret])


def open_plain_key_file(data: bytes) -> tuple[str, bytes] | None:
    """The kind and the secret of a key file that no passphrase protects; None if it is another file."""
    try:
        plain: _Plain = _PLAIN.read(cbor.decode(data))
    except Malformed:
        return None
    return plain.kind, plain.secret


def open_key_file(data: bytes, passphrase: str) -> tuple[str, bytes]:
    """The kind and the secret that a key file holds.

    Raises:
        Misuse: not a key file, or one that costs too much to open, or another passphrase.
    """
    try:
        file: _KeyFile = _KEY_FILE.read(cbor.decode(data))
    except Malformed as error:
        raise Misuse(f"not a key file of this release: {error.what}") from None
    cost = Cost(file.memory_kib, file.passes, file.lanes)
    if file.format != FORMAT or cost.passes < 1 or cost.lanes < 1 or cost.memory_kib < 8 * cost.lanes:
        raise Misuse("not a key file of this release: its format or cost is out of bounds")
    cipher = _cipher(passphrase, file.salt, cost)
    try:
        return file.kind, cipher.decrypt(_NONCE, file.ciphertext, _PREFIX + cbor.encode(list(file[:-1])))
    except InvalidTag:
        raise Misuse("the passphrase is not the one of this key file, or the file is damaged") from None


def _cipher(passphrase: str, salt: bytes, cost: Cost) -> ChaCha20Poly1305:
    # Keyboards and systems write one accented or Korean letter as different code points.
    words = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    derivation = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return ChaCha20Poly1305(derivation.derive(words))
