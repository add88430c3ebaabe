"""The accord: the founding document that both roots sign at the table (spec 3.5).

Rules of this file: as for bodies — one value, one encoding; a key keeps its meaning for ever. The accord's id is
`prev` of the first entry of both chains, and every signature in the record covers it.
"""

from __future__ import annotations

import hashlib
from dataclasses import MISSING, dataclass, field, fields
from enum import IntEnum
from typing import Any, Final

from openline.wire import cbor, limits
from openline.wire.bodies import CARRIER_NUMBERS, CHECK_INS, DAYS, PULSE_S, SIGNATURE, TIME
from openline.wire.cbor import Value
from openline.wire.codecs import Codec, enum, many, octets, uint, utf8
from openline.wire.errors import Malformed
from openline.wire.terms import CheckIn

FORMAT: Final = 1
SUITE: Final = 1  # Ed25519, X-Wing (ML-KEM-768 + X25519), ChaCha20-Poly1305, HKDF-SHA256, ML-DSA-44 and -87
NAME: Final = utf8(limits.NAME_BYTES_MAX, least=1)


class CarrierKind(IntEnum):
    LIVE = 0
    RELAY = 1
    COURIER = 2


def a(key: int, codec: Codec, default: Any = MISSING) -> Any:
    metadata = {"key": key, "codec": codec}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def to_map(value: Any) -> Value:
    """A record of this file as a CBOR map; fields at their default are left out."""
    out: dict[int, Value] = {}
    for x in fields(value):
        item = getattr(value, x.name)
        if x.default is MISSING or item != x.default:
            out[x.metadata["key"]] = x.metadata["codec"].plain(item)
    return out


def from_map(cls: type[Any], plain: Value) -> Any:
    """Read a map of this file's kind.

    Raises:
        Malformed: a field is missing, unknown, out of its bounds, or written out at its default.
    """
    if type(plain) is not dict:
        raise Malformed(f"{cls.__name__} is not a map")
    left = dict(plain)
    values: dict[str, Any] = {}
    for x in fields(cls):
        key, codec = x.metadata["key"], x.metadata["codec"]
        if key not in left:
            if x.default is MISSING:
                raise Malformed(f"{cls.__name__} lacks field {key} ({x.name})")
            continue
        try:
            values[x.name] = codec.read(left.pop(key))
        except Malformed as error:
            raise Malformed(f"{cls.__name__} field {key} ({x.name}): {error.what}") from None
        if x.default is not MISSING and values[x.name] == x.default:
            raise Malformed(f"{cls.__name__} field {key} ({x.name}) is written out at its default")
    if left:
        raise Malformed(f"{cls.__name__} has unknown field {min(left)}")
    return cls(**values)


def nested(cls: type[Any]) -> Codec:
    return Codec(cls.__name__, lambda value: from_map(cls, value), to_map)


@dataclass(frozen=True, kw_only=True)
class Officer:
    name: str = a(1, NAME)
    key: bytes = a(2, octets(32))


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A person letters are sealed to: an age X-Wing key to seal to, an Ed25519 key to sign with."""

    name: str = a(1, NAME)
    xwing: bytes = a(2, octets(1216))
    key: bytes = a(3, octets(32))


@dataclass(frozen=True, kw_only=True)
class Post:
    """The desk that answers `lines` (their numbers)."""

    name: str = a(1, NAME)
    lines: tuple[int, ...] = a(2, many(uint(limits.LINES_MAX - 1), limits.LINES_MAX, ascending=True))


@dataclass(frozen=True, kw_only=True)
class Side:
    """One party and the public halves of its keys (spec 3.5 says which signs what)."""

    name: str = a(1, NAME)
    language: str = a(2, utf8(limits.NAME_BYTES_MAX), "")
    zone: str = a(3, NAME)
    root_ed25519: bytes = a(4, octets(32))
    root_mldsa87: bytes = a(5, octets(2592))
    station: bytes = a(6, octets(32))
    checkpoint: bytes = a(7, octets(1312))
    xwing: bytes = a(8, octets(1216))
    announce_ed25519: bytes = a(9, octets(32))
    announce_mldsa44: bytes = a(10, octets(1312))
    officers: tuple[Officer, ...] = a(11, many(nested(Officer), 255, least=1))
    principals: tuple[Principal, ...] = a(12, many(nested(Principal), 255), ())
    posts: tuple[Post, ...] = a(13, many(nested(Post), 64), ())


@dataclass(frozen=True, kw_only=True)
class Carrier:
    id: str = a(1, NAME)
    kind: CarrierKind = a(2, enum(CarrierKind), CarrierKind.LIVE)
    latency_ms: int = a(3, uint(10**7), 0)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One named channel; `carriers` by number, best first. `expires_s` 0 = does not expire."""

    id: str = a(1, NAME)
    carriers: tuple[int, ...] = a(2, CARRIER_NUMBERS)
    check_ins: tuple[CheckIn, ...] = a(3, CHECK_INS, ())
    expires_s: int = a(4, TIME, 0)
    holidays: tuple[int, ...] = a(5, DAYS, ())
    pulse_s: int = a(6, PULSE_S, 60)


@dataclass(frozen=True, kw_only=True)
class Witness:
    name: str = a(1, NAME)
    key: bytes = a(2, octets(32))


@dataclass(frozen=True, kw_only=True)
class Accord:
    """What both sides agreed. `two_person`: entry kinds that need two officers of the author's side.
    `psk_check`: SHA-256("openline/psk/1\\0" ‖ the pre-shared secret)."""

    format: int = a(1, uint(FORMAT))
    suite: int = a(2, uint(SUITE))
    name: str = a(3, NAME)
    founded_s: int = a(4, TIME)
    sides: tuple[Side, ...] = a(5, many(nested(Side), 2, least=2))
    carriers: tuple[Carrier, ...] = a(6, many(nested(Carrier), limits.CARRIERS_MAX, least=1))
    lines: tuple[Line, ...] = a(7, many(nested(Line), limits.LINES_MAX, least=1))
    two_person: tuple[int, ...] = a(8, many(uint(255), 32, ascending=True), ())
    witnesses: tuple[Witness, ...] = a(9, many(nested(Witness), 16), ())
    psk_check: bytes = a(10, octets(32))


@dataclass(frozen=True, kw_only=True)
class Signatures:
    """One side's signatures under an accord: its root twice, and a proof of possession for each of its other
    Ed25519 keys in the order station, announcement, officers, principals (spec 3.5)."""

    root_ed25519: bytes = a(1, SIGNATURE)
    root_mldsa87: bytes = a(2, octets(4627))
    possession: tuple[bytes, ...] = a(3, many(SIGNATURE, 600))


@dataclass(frozen=True)
class SignedAccord:
    """An accord with its exact bytes and both sides' signatures, as decoded; `keys.public.check_accord` proves them."""

    accord: Accord
    document: bytes
    signatures: tuple[Signatures, Signatures]

    @property
    def id(self) -> bytes:
        return accord_id(self.document)


def accord_id(document: bytes) -> bytes:
    """SHA-256("openline/accord/1\\0" ‖ document), spec 3.5."""
    return hashlib.sha256(b"openline/accord/1\0" + document).digest()


def digits(identity: bytes) -> str:
    """The 60 digits, in 12 groups of 5, that both delegations read aloud (spec 3.5): 199 bits of the accord's id."""
    wide = hashlib.sha512(b"openline/digits/1\0" + identity).digest()
    return " ".join(f"{int.from_bytes(wide[i * 5 : i * 5 + 5], 'big') % 100_000:05d}" for i in range(12))


def encode(accord: Accord) -> bytes:
    return cbor.encode(to_map(accord))


def decode(document: bytes) -> Accord:
    """Read an accord's document.

    Raises:
        Malformed: not an accord of this format and suite, or a number in it points nowhere.
    """
    if len(document) > limits.ACCORD_BYTES_MAX:
        raise Malformed(f"an accord of {len(document)} bytes; the limit is {limits.ACCORD_BYTES_MAX}")
    accord: Accord = from_map(Accord, cbor.decode(document))
    if accord.format != FORMAT or accord.suite != SUITE:
        raise Malformed(f"accord format {accord.format}, suite {accord.suite}; this release reads 1 and 1")
    for line in accord.lines:
        if max(line.carriers) >= len(accord.carriers) or len(set(line.carriers)) != len(line.carriers):
            raise Malformed(f"line {line.id} names a carrier that the accord lacks, or one twice")
    for post in (post for side in accord.sides for post in side.posts):
        if any(number >= len(accord.lines) for number in post.lines):
            raise Malformed(f"post {post.name} answers a line that the accord lacks")
    for what, names in (
        ("line", [x.id for x in accord.lines]),
        ("carrier", [x.id for x in accord.carriers]),
        ("side", [x.name for x in accord.sides]),
        *(("officer", [x.name for x in side.officers]) for side in accord.sides),
        *(("principal", [x.name for x in side.principals]) for side in accord.sides),
        *(("post", [x.name for x in side.posts]) for side in accord.sides),
    ):
        if len(set(names)) != len(names):
            raise Malformed(f"two {what}s of the accord have one name")
    return accord


def encode_signed(signed: SignedAccord) -> bytes:
    return cbor.encode([signed.document, to_map(signed.signatures[0]), to_map(signed.signatures[1])])


def decode_signed(data: bytes) -> SignedAccord:
    """Read a signed accord; its signatures are not looked at.

    Raises:
        Malformed: not the array of document and two sides' signatures.
    """
    plain = cbor.decode(data)
    if type(plain) is not list or len(plain) != 3 or type(plain[0]) is not bytes:
        raise Malformed("a signed accord is an array of document and two maps of signatures")
    return SignedAccord(
        decode(plain[0]), plain[0], (from_map(Signatures, plain[1]), from_map(Signatures, plain[2]))
    )


