"""Logins by key at a NATS server: the text form of its keys, and the file of credentials that its tools write
(spec 5.4.1).

Rules of this file: such a key opens a server's door and nothing of Openline's; what is wrong with a file is its
user's, so `Misuse`, and no message shows a secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple

from openline.keys.secret import SEED_BYTES, SigningKey
from openline.wire.errors import Misuse

_SEED: Final = 18 << 3  # texts of this first byte begin with S
_USER: Final = 20 << 3  # … with U; a user's seed with SU
_CRC_BYTES: Final = 2
_SECTION: Final = "-----BEGIN {name}-----\\s+(\\S+)\\s+-----"


class Nkey:
    """A user's key: its public name, and signatures over what a server asks to be signed."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.public = _text(bytes([_USER]) + key.public)

    def sign(self, nonce: bytes) -> bytes:
        return self._key.sign(nonce)

    def __repr__(self) -> str:
        return f"<Nkey {self.public}>"


class Credentials(NamedTuple):
    """What a file of credentials holds: the account's word for us (JWT), and our key. It shows neither."""

    jwt: str
    nkey: Nkey

    def __repr__(self) -> str:
        return f"<Credentials {self.nkey.public}>"


def read_seed(text: str) -> Nkey:
    """A user's seed, as `nk` and `nsc` write it (SU…).

    Raises:
        Misuse: it is none.
    """
    data = _bytes(text.strip())
    head = bytes([_SEED | (_USER >> 5), (_USER & 31) << 3])
    if len(data) != len(head) + SEED_BYTES or not data.startswith(head):
        raise Misuse("this is no seed of a NATS user", next_step="It begins with SU and has 58 letters and digits.")
    return Nkey(SigningKey(data[len(head) :]))


def read_credentials(text: str) -> Credentials:
    """A file of credentials: a JWT and a seed, each between its lines.

    Raises:
        Misuse: one of them is missing or wrong.
    """
    jwt, seed = (re.search(_SECTION.format(name=x), text) for x in ("NATS USER JWT", "USER NKEY SEED"))
    if jwt is None or seed is None:
        raise Misuse("this is no NATS file of credentials: it lacks the JWT or the seed", next_step="nsc writes one.")
    return Credentials(jwt[1], read_seed(seed[1]))


def _text(data: bytes) -> str:
    checked = data + binascii.crc_hqx(data, 0).to_bytes(_CRC_BYTES, "little")
    return base64.b32encode(checked).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        data = b""
    body, check = data[:-_CRC_BYTES], data[-_CRC_BYTES:]
    if not body or binascii.crc_hqx(body, 0).to_bytes(_CRC_BYTES, "little") != check:
        raise Misuse("this NATS key was mistyped: its check does not hold")
    return body
