"""An entry: one signed link of a side's chain (spec 3.2, 3.3).

Rules of this file:
1. `entry = core ‖ signature`; the id is the RFC 6962 leaf hash of those bytes, so it covers the signature.
2. Verification hashes and checks the bytes received; nothing is re-encoded to be verified.
3. `ack` is null where it is the same as in the author's entry before; a seal always writes it out.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from openline.wire import bodies, cbor, limits
from openline.wire.bodies import Body
from openline.wire.errors import Malformed
from openline.wire.said import say
from openline.wire.terms import Head

FORMAT: Final = 1
SIGNATURE_BYTES: Final = 64
SIGNING: Final = b"openline/entry/1\0"
# The array, format and side; gen, seq, time and kind at their longest; prev; an acknowledgement at its longest.
_ARRAY_OF_9: Final = b"\x89"
HEAD_BYTES_MAX: Final = 3 + 4 * 9 + 34 + (1 + 2 * 9 + 34)
BYTES_MAX: Final = limits.FAULT_CORE_BYTES_MAX + SIGNATURE_BYTES


class Place(NamedTuple):
    """Where an entry stands: side, generation, sequence number."""

    side: int
    gen: int
    seq: int


class Entry(NamedTuple):
    """A decoded entry. That it decodes says nothing about its signature: see `core.chain`."""

    side: int
    gen: int
    seq: int
    prev: bytes
    ack: Head | None
    time_s: int
    body: Body
    data: bytes
    id: bytes

    @property
    def place(self) -> Place:
        return Place(self.side, self.gen, self.seq)

    @property
    def head(self) -> Head:
        return Head(self.gen, self.seq, self.id)

    @property
    def core(self) -> bytes:
        return self.data[:-SIGNATURE_BYTES]

    @property
    def signature(self) -> bytes:
        return self.data[-SIGNATURE_BYTES:]


def entry_id(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry), spec 3.3."""
    return hashlib.sha256(b"\0" + data).digest()


def signed_bytes(accord_id: bytes, core: bytes) -> bytes:
    """What the station key signs, spec 3.2."""
    return SIGNING + accord_id + core


def encode_core(
    side: int, gen: int, seq: int, prev: bytes, ack: Head | None, time_s: int, body: Body
) -> bytes:
    """The core of a new entry, ready to be signed.

    Raises:
        Malformed: longer than the limit of spec 9.
    """
    acknowledged: cbor.Value = None if ack is None else [ack.gen, ack.seq, ack.id]
    before = cbor.encode([FORMAT, side, gen, seq, prev, acknowledged, time_s, bodies.kind_of(body)])
    core = _ARRAY_OF_9 + before[1:] + body.encoded  # one more part than `before`, which starts with how many it has
    if len(core) > core_bytes_max(body):
        raise Malformed(f"an entry of {len(core)} bytes; the limit is {core_bytes_max(body)}")
    return core


def check_fits(body: Body) -> None:
    """Whether a body fits an entry at any place and with any acknowledgement.

    Raises:
        Malformed: longer than the limit of spec 9.
    """
    size = HEAD_BYTES_MAX + len(body.encoded)
    if size > core_bytes_max(body):
        raise Malformed(
            say("an entry of {size} bytes; the limit is {most}", size=str(size), most=str(core_bytes_max(body)))
        )


def core_bytes_max(body: Body) -> int:
    return limits.FAULT_CORE_BYTES_MAX if isinstance(body, bodies.Fault) else limits.CORE_BYTES_MAX


def decode(data: bytes) -> Entry:
    """Read an entry's bytes (spec 6 step 1). Its signature and links are not looked at.

    Raises:
        Malformed: too long or short, not deterministic CBOR, or a field out of its bounds.
    """
    return typed(form(data), data, entry_id(data))


def form(data: bytes) -> list[Any]:
    """The nine parts of an entry's core, in their one form and of any types.

    Raises:
        Malformed: too long or short, or not CBOR in one form of an array of nine.
    """
    if len(data) <= SIGNATURE_BYTES:
        raise Malformed(f"an entry of {len(data)} bytes is shorter than its signature")
    if len(data) > BYTES_MAX:
        raise Malformed(f"an entry of {len(data)} bytes; the limit is {BYTES_MAX}")
    plain = cbor.form(data[:-SIGNATURE_BYTES])
    if type(plain) is not list or len(plain) != 9:
        raise Malformed("an entry's core is not an array of 9")
    return plain


def again(data: bytes, identity: bytes) -> Entry:
    """`decode` for bytes that `form` let through before and whose id we have computed.

    Raises:
        Malformed: a field out of its bounds.
    """
    return typed(cbor.again(data[:-SIGNATURE_BYTES]), data, identity)


def typed(plain: list[Any], data: bytes, identity: bytes) -> Entry:
    """The entry of these nine parts, bytes and id: the type of every part is looked at here.

    Raises:
        Malformed: a part of another type, or out of its bounds.
    """
    version, side, gen, seq, prev, ack, time_s, kind, body = plain
    if type(version) is not int or version != FORMAT:
        raise Malformed(f"entry format {version!r}; this release reads {FORMAT}")
    if type(side) is not int or side not in (0, 1):
        raise Malformed("an entry's side is neither 0 nor 1")
    for number in (gen, seq, kind):
        if type(number) is not int or not 0 <= number <= limits.UINT_MAX:
            raise Malformed("an entry's generation, sequence number or kind is not a number")
    if type(prev) is not bytes or len(prev) != bodies.ID_BYTES:
        raise Malformed("an entry's prev is not 32 bytes")
    read_ack = None if ack is None else bodies.HEAD.read(ack)
    read_body = bodies.from_plain(kind, body)
    size = len(data) - SIGNATURE_BYTES
    if size > limits.CORE_BYTES_MAX and size > core_bytes_max(read_body):
        raise Malformed(f"an entry of {len(data)} bytes; the limit for its kind is {core_bytes_max(read_body)}")
    return Entry(side, gen, seq, prev, read_ack, bodies.TIME.read(time_s), read_body, data, identity)
