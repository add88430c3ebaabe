"""The names of an accord's mailboxes at a relay (spec 5.4.2).

Rules of this file: a name tells nobody who does not hold the pre-shared secret anything, not even that two names
belong to one accord; it never changes while the accord lives.
"""

from __future__ import annotations

import hmac
from typing import Final

from openline.keys.secret import PSK_BYTES
from openline.wire.errors import invariant

NAME_BYTES: Final = 16


def mailbox(psk: bytes, accord_id: bytes, carrier: str, receiver: int) -> str:
    """The name of the mailbox that keeps what is sent to side `receiver` by the relay that the accord calls `carrier`:
    HKDF-SHA256 (RFC 5869), of which one block is all that is needed; 32 hexadecimal digits."""
    invariant(len(psk) == PSK_BYTES, "a pre-shared secret has 32 bytes")
    extracted = hmac.digest(accord_id, psk, "sha256")
    info = b"openline/mailbox/1\0" + bytes([receiver]) + carrier.encode()
    return hmac.digest(extracted, info + b"\x01", "sha256")[:NAME_BYTES].hex()
