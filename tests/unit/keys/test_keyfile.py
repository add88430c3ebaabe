"""Key files: the passphrase opens, nothing else does, and a file from anywhere cannot hang or crash who opens it."""

from __future__ import annotations

import unicodedata

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import COST, Cost, open_key_file, open_plain_key_file, plain_key_file, seal_key_file
from openline.wire import cbor
from openline.wire.errors import Misuse

CHEAP = Cost(8, 1, 1)
SECRET = bytes(range(32))


def sealed(passphrase: str = "correct horse", *, cost: Cost = CHEAP, secret: bytes = SECRET) -> bytes:
    return seal_key_file(secret, "officer", passphrase, SeededEntropy(b"salt"), cost=cost)


def test_the_passphrase_opens() -> None:
    """Kind and secret come back, at the cost that real key files have."""
    data = sealed(cost=COST)
    assert open_key_file(data, "correct horse") == ("officer", SECRET)
    assert COST.memory_kib >= 64 * 1024
    assert COST.passes >= 3


@given(st.text(max_size=30), st.text(max_size=30), st.binary(max_size=100))
def test_only_the_passphrase_opens(passphrase: str, other: str, secret: bytes) -> None:
    """Any passphrase in any script opens its own file; any other one does not."""
    data = sealed(passphrase, secret=secret)
    assert open_key_file(data, passphrase) == ("officer", secret)
    if unicodedata.normalize("NFC", other) != unicodedata.normalize("NFC", passphrase):
        with pytest.raises(Misuse, match="passphrase"):
            open_key_file(data, other)


def test_a_passphrase_typed_on_another_system_opens() -> None:
    """Composed and decomposed forms of one Korean word are one passphrase."""
    assert (
        open_key_file(sealed("\ud310\ubb38\uc810"), "\u1111\u1161\u11ab\u1106\u116e\u11ab\u110c\u1165\u11b7")[1]
        == SECRET
    )


def test_a_passphrase_that_is_no_text_opens() -> None:
    """Bytes from a terminal that are no UTF-8, as Python hands them on, are a passphrase like any other."""
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert open_key_file(sealed(odd), odd) == ("officer", SECRET)


def test_the_secret_is_not_in_the_file() -> None:
    """What lies on the disk is ciphertext; two files of one secret and passphrase differ."""
    entropy = SeededEntropy(b"files")
    one, two = (seal_key_file(SECRET, "root", "p", entropy, cost=CHEAP) for _ in (0, 1))
    assert SECRET not in one
    assert one != two


def test_a_file_is_what_its_format_says() -> None:
    """A file opens by the description in the module's head, with nothing of ours."""
    plain = cbor.decode(sealed("p"))
    assert isinstance(plain, list)
    _, kind, memory_kib, passes, lanes, salt, ciphertext = plain
    key = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib).derive(b"p")
    aad = b"openline/key-file/1\0" + cbor.encode(plain[:6])
    assert (kind, memory_kib, passes, lanes) == ("officer", 8, 1, 1)
    assert ChaCha20Poly1305(key).decrypt(bytes(12), ciphertext, aad) == SECRET


@given(st.binary(max_size=200))
def test_any_bytes_give_misuse(data: bytes) -> None:
    """Nothing but `Misuse` is ever raised: the file is our own user's."""
    with pytest.raises(Misuse):
        open_key_file(data, "p")


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_file_does_not_open(at: int, flip: int) -> None:
    """No changed byte, in the head or in the ciphertext, goes unseen."""
    data = bytearray(sealed())
    data[at % len(data)] ^= flip
    with pytest.raises(Misuse):
        open_key_file(bytes(data), "correct horse")


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, 0), (0, 2), (1, ""), (2, 2**30), (2, 7), (3, 0), (3, 10**6), (4, 0), (4, 255), (5, b""), (6, None)],
)
def test_hostile_cost(at: int, value: cbor.Value) -> None:
    """A file that asks for more memory or time than a key file may is refused before any is spent."""
    plain = cbor.decode(sealed())
    assert isinstance(plain, list)
    plain[at] = value
    with pytest.raises(Misuse, match="not a key file"):
        open_key_file(cbor.encode(plain), "correct horse")


def test_a_key_file_without_a_passphrase_is_told_apart():
    """It is read as it lies there; one under a passphrase, and any other bytes, are not taken for one."""
    plain = plain_key_file(SECRET, "station")
    assert open_plain_key_file(plain) == ("station", SECRET)
    for other in (sealed("p"), b"", b"junk", plain[:-1], plain + b"\0"):
        assert open_plain_key_file(other) is None
    with pytest.raises(Misuse):
        open_key_file(plain, "p")
