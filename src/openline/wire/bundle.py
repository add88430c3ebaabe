"""What travels inside a bundle: the payload and its padding (spec 4.3, 4.4).

Rules of this file:
1. A payload is a CBOR map with unsigned keys; a field at its default is left out, one written out at its default is
   refused: one value, one encoding.
2. Everything here but `entries` is a hint. Hints are never evidence of what the record says: only signed entries are.
3. The padded length tells a carrier a size class, not a size; what the padding holds is checked, so that a bundle has
   one plaintext.
4. Any bytes give a payload or `Malformed`, in bounded memory.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Final, NamedTuple

from openline.wire import cbor, limits
from openline.wire.bodies import LINE, SIGNATURE, TIME, WORD, f
from openline.wire.cbor import Value
from openline.wire.codecs import FLAG, Codec, enum, many, octets, row, uint, utf8, values_of
from openline.wire.errors import Malformed, invariant
from openline.wire.terms import Lane, Word

ID8_BYTES: Final = 8
CALL_ID_BYTES: Final = 8
EPOCH_ID_BYTES: Final = 8
VOICE_TOKEN_BYTES: Final = 8
FINGERPRINT_BYTES: Final = 32

_LENGTH_BYTES: Final = 4
_DEFLATED: Final = 1 << 31
_SMALL_WINDOW, _SMALL_MEMORY = 12, 5  # 4 KiB; 23 µs instead of 90
_DEFLATE_FROM: Final = 96  # chosen: pulses and acknowledgements never shrink, and are most of what is sent


class Have(NamedTuple):
    """A head the sender holds, by the first 8 bytes of its id."""

    side: int
    gen: int
    seq: int
    id8: bytes


class Want(NamedTuple):
    """Entries asked for again: `first` to `last`, both included."""

    side: int
    gen: int
    first: int
    last: int


class Part(NamedTuple):
    """Part `index` of the `total` parts of the pages with this SHA-256 (spec 5.5)."""

    digest: bytes
    index: int  # type: ignore[assignment]  # hides tuple.index, which nothing here needs
    total: int
    data: bytes


class PartsWanted(NamedTuple):
    """Parts asked for: `first` to `last`, both included."""

    digest: bytes
    first: int
    last: int


class Act(IntEnum):
    """What a signal does to a call (spec 5.6)."""

    RING = 1
    WORD = 2
    CONNECTED = 3
    HANG_UP = 4


class Signal(NamedTuple):
    """One step of a call. `age_ms`: how long ago it was, by the sender's steady count, when it was sealed; `word` is
    there if and only if `act` is WORD."""

    act: Act
    call_id: bytes
    line: int
    lane: int
    due_s: int
    age_ms: int
    word: Word | None


class Voice(NamedTuple):
    """What one side's browser needs of the other's to speak with it, and nothing that says where either is (spec
    5.10.1). `round`: both sides' halves of one round belong together; `payload_type`: under which the browser takes
    Opus; `token`: opens the sender's relay for this round; `heard`: the round of the receiver's that the sender holds,
    0 for none."""

    call_id: bytes
    line: int
    lane: int
    round: int
    fingerprint: bytes
    ufrag: str
    pwd: str
    payload_type: int
    token: bytes
    heard: int
    signature: bytes


class Echo(NamedTuple):
    """The newest pulse of the receiver's heard on this line by the sender: its `sent_ms`, and how long ago it came."""

    sent_ms: int
    held_ms: int


class Pulse(NamedTuple):
    """A sign of life on one line; `sent_ms` is the sender's clock (spec 5.7)."""

    line: int
    sent_ms: int
    echo: Echo | None


class Reentry(NamedTuple):
    """A restored station's plea for its record, under fresh keys, signed by its side's root (spec 5.8)."""

    nonce: bytes
    station: bytes
    xwing: bytes
    root_ed25519: bytes
    root_mldsa87: bytes


def _maybe(codec: Codec) -> Codec:
    return Codec(
        f"{codec.name} or null",
        lambda value: None if value is None else codec.read(value),
        lambda value: None if value is None else codec.plain(value),
    )


def _such_that(codec: Codec, holds: Callable[[Any], bool], rule: str) -> Codec:
    def read(value: Value) -> Any:
        made = codec.read(value)
        if not holds(made):
            raise Malformed(f"expected {rule}")
        return made

    return Codec(f"{codec.name} with {rule}", read, codec.plain)


_ICE_TEXT: Final = re.compile(r"[A-Za-z0-9+/]*\Z", re.ASCII)  # RFC 8839, 5.4: nothing that ends a line of SDP


def _ice(least: int, most: int) -> Codec:
    return _such_that(utf8(most, least=least), lambda x: _ICE_TEXT.match(x) is not None, "letters, digits, + and /")


def _part_is_whole(part: Part) -> bool:
    """Every part is full but the last, which is not empty: pages have one division into parts."""
    if part.index + 1 < part.total:
        return len(part.data) == limits.PART_BYTES
    return part.index + 1 == part.total and len(part.data) > 0


_PARTS_MAX: Final = limits.BLOB_BYTES_MAX // limits.PART_BYTES
_DIGEST: Final = octets(32)
_PART_INDEX: Final = uint(_PARTS_MAX - 1)
_MS: Final = uint(limits.TIME_S_MAX * 1000)
_RISING: Final = "first not after last"

_HAVE: Final = row(Have, uint(1), uint(), uint(), octets(ID8_BYTES))
_WANT: Final = _such_that(row(Want, uint(1), uint(), uint(), uint()), lambda x: x.first <= x.last, _RISING)
_ENTRY: Final = octets(most=limits.FAULT_CORE_BYTES_MAX + 64)
_PART: Final = _such_that(
    row(Part, _DIGEST, _PART_INDEX, uint(_PARTS_MAX), octets(most=limits.PART_BYTES)),
    _part_is_whole,
    "an index below the total, and full parts but for the last",
)
_PARTS_WANTED: Final = _such_that(
    row(PartsWanted, _DIGEST, _PART_INDEX, _PART_INDEX), lambda x: x.first <= x.last, _RISING
)
_SIGNAL: Final = _such_that(
    row(Signal, enum(Act), octets(CALL_ID_BYTES), LINE, enum(Lane), TIME, _MS, _maybe(WORD)),
    lambda x: (x.word is not None) == (x.act is Act.WORD),
    "a word in the act WORD and in no other",
)
_ROUND_MAX: Final = limits.VOICE_ROUNDS_MAX
VOICE: Final = row(
    Voice, octets(CALL_ID_BYTES), LINE, enum(Lane), uint(_ROUND_MAX, least=1), octets(FINGERPRINT_BYTES),
    _ice(limits.ICE_UFRAG_CHARS_MIN, limits.ICE_UFRAG_CHARS_MAX),
    _ice(limits.ICE_PWD_CHARS_MIN, limits.ICE_PWD_CHARS_MAX),
    uint(127, least=96), octets(VOICE_TOKEN_BYTES), uint(_ROUND_MAX), SIGNATURE,
)  # fmt: skip
_PULSE: Final = row(Pulse, LINE, _MS, _maybe(row(Echo, _MS, _MS)))
_REENTRY: Final = row(Reentry, octets(16), octets(32), octets(1216), SIGNATURE, octets(4627))
_HINTS_MAX: Final = limits.PAYLOAD_HINTS_MAX


@dataclass(frozen=True, kw_only=True)
class Payload:
    """The content of one bundle. `holds_epoch`: the sender can open followers of this epoch of the receiver's.
    `restoring`: the sender is fetching its own record back and appends nothing yet (spec 5.8)."""

    have: tuple[Have, ...] = f(1, many(_HAVE, _HINTS_MAX), ())
    want: tuple[Want, ...] = f(2, many(_WANT, _HINTS_MAX), ())
    entries: tuple[bytes, ...] = f(3, many(_ENTRY, limits.PAYLOAD_ENTRIES_MAX), ())
    parts: tuple[Part, ...] = f(4, many(_PART, _HINTS_MAX), ())
    parts_wanted: tuple[PartsWanted, ...] = f(5, many(_PARTS_WANTED, _HINTS_MAX), ())
    signals: tuple[Signal, ...] = f(6, many(_SIGNAL, _HINTS_MAX), ())
    pulses: tuple[Pulse, ...] = f(7, many(_PULSE, _HINTS_MAX), ())
    holds_epoch: bytes | None = f(8, octets(EPOCH_ID_BYTES), None)
    reentry: Reentry | None = f(9, _REENTRY, None)
    restoring: bool = f(10, FLAG, False)
    voices: tuple[Voice, ...] = f(11, many(VOICE, _HINTS_MAX), ())


_LAYOUT: Final[list[tuple[str, int, Codec, Any]]] = [
    (x.name, x.metadata["key"], x.metadata["codec"], x.default) for x in fields(Payload)
]
_VALUES: Final = values_of([name for name, *_ in _LAYOUT])
_NAMES: Final = {key: (name, codec, default) for name, key, codec, default in _LAYOUT}


def padme(length: int) -> int:
    """The padded length for `length` bytes: at most 12 % more, and O(log log) bits of the length told (spec 4.4)."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def encode_payload(payload: Payload) -> bytes:
    """The padded bytes of a payload, deflated where that gives a smaller size class.

    Raises:
        OurFault: a payload of more than `limits.PAYLOAD_BYTES_MAX`, or a value with no place in CBOR.
    """
    written = zip(_VALUES(payload), _LAYOUT, strict=True)
    raw = cbor.encode({key: codec.plain(value) for value, (_, key, codec, default) in written if value != default})
    invariant(len(raw) <= limits.PAYLOAD_BYTES_MAX, f"a payload has {len(raw)} bytes")
    if len(raw) >= _DEFLATE_FROM:
        deflated = _deflate(raw)
        if padme(_LENGTH_BYTES + len(deflated)) < padme(_LENGTH_BYTES + len(raw)):
            return _pad(_DEFLATED | len(deflated), deflated)
    return _pad(len(raw), raw)


def decode_payload(data: bytes) -> Payload:
    """Read the padded bytes of a payload.

    Raises:
        Malformed: wrong length or padding, a payload that unfolds to more than `limits.PAYLOAD_BYTES_MAX`, or a field
            that is unknown, out of its bounds, or written out at its default.
    """
    plain = cbor.decode(_unpad(data))
    if type(plain) is not dict:
        raise Malformed("a payload is not a map")
    values: dict[str, Any] = {}
    for key, item in plain.items():
        known = _NAMES.get(key)
        if known is None:
            raise Malformed(f"a payload has unknown field {key}")
        name, codec, default = known
        try:
            values[name] = codec.read(item)
        except Malformed as error:
            raise Malformed(f"payload field {key} ({name}): {error.what}") from None
        if values[name] == default:
            raise Malformed(f"payload field {key} ({name}) is written out at its default")
    return Payload(**values)


def _deflate(raw: bytes) -> bytes:
    """Setting up the usual window costs more than deflating one message does, so a small payload gets a small one."""
    window, memory = (_SMALL_WINDOW, _SMALL_MEMORY) if len(raw) <= 1 << _SMALL_WINDOW else (zlib.MAX_WBITS, 8)
    stream = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, window, memory)
    return stream.compress(raw) + stream.flush()


def _pad(head: int, body: bytes) -> bytes:
    framed = head.to_bytes(_LENGTH_BYTES, "big") + body
    return framed.ljust(padme(len(framed)), b"\0")


def _unpad(data: bytes) -> bytes:
    head = int.from_bytes(data[:_LENGTH_BYTES], "big")
    end = _LENGTH_BYTES + (head & ~_DEFLATED)
    if len(data) < end or len(data) != padme(end):
        raise Malformed(f"a payload of {len(data)} bytes is not the padded length of what it holds")
    if data.count(0, end) != len(data) - end:
        raise Malformed("padding that is not zeros")
    body = data[_LENGTH_BYTES:end]
    if head & _DEFLATED:
        return _inflate(body)
    if len(body) > limits.PAYLOAD_BYTES_MAX:
        raise Malformed(f"a payload of {len(body)} bytes; the limit is {limits.PAYLOAD_BYTES_MAX}")
    return body


def _inflate(body: bytes) -> bytes:
    """Unfold in bounded memory: a few bytes can claim gigabytes."""
    stream = zlib.decompressobj()
    try:
        out = stream.decompress(body, limits.PAYLOAD_BYTES_MAX + 1)
    except zlib.error as error:
        raise Malformed(f"a deflated payload does not unfold: {error}") from None
    if len(out) > limits.PAYLOAD_BYTES_MAX:
        raise Malformed(f"a deflated payload unfolds to more than {limits.PAYLOAD_BYTES_MAX} bytes")
    if not stream.eof or stream.unused_data:
        raise Malformed("a deflated payload is cut short or has bytes left over")
    return out
