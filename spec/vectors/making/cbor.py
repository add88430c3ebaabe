"""Vectors of deterministic CBOR (3.1): each value has one encoding, and there is no other kind of value."""

from __future__ import annotations

from collections.abc import Iterator

from openline.cli.vectors_plain import typed
from openline.wire import cbor
from spec.vectors.making.vector import Vector

KIND = "cbor"


def nested(times: int) -> cbor.Value:
    value: cbor.Value = 0
    for _ in range(times):
        value = [value]
    return value


ACCEPTED: dict[str, tuple[str, cbor.Value]] = {
    "unsigned-at-each-width": (
        "A number is written in the fewest bytes: around each bound where one more is needed.",
        [0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53, 2**64 - 1],
    ),
    "empty-values": ("Bytes, text, array and map may be empty.", [b"", "", [], {}]),
    "simple-values": ("True, false and null are the only simple values.", [True, False, None]),
    "bytes-at-each-width": ("Lengths of bytes are written in the fewest bytes.", [bytes(23), bytes(24), bytes(256)]),
    "map-keys-ascend": ("The keys of a map ascend as numbers.", {0: "a", 23: "b", 24: "c", 256: "d", 2**32: "e"}),
    "text-is-not-normalised": (
        "Text is kept as it came: composed and decomposed forms are two values.",
        ["\u00e9", "e\u0301", "\uac00", "\u1100\u1161"],
    ),
    "text-of-every-plane": ("Text may hold any character of Unicode.", "a\u00df\u6f22\U0001f4de\U0010ffff"),
    "text-with-byte-order-mark": ("U+FEFF at the beginning of a text is a part of it.", "\ufeffa"),
    "text-with-controls": ("Text may hold NUL and other control characters.", "\0\t\n\x7f\u2028"),
    "nested-6-deep": ("Six levels of nesting are the most.", nested(6)),
}

REJECTED: dict[str, tuple[str, str]] = {
    "nothing": ("No bytes are no value.", ""),
    "uint-0-in-two-bytes": ("A number in more bytes than it needs.", "1800"),
    "uint-23-in-three-bytes": ("A number in more bytes than it needs.", "190017"),
    "uint-65535-in-five-bytes": ("A number in more bytes than it needs.", "1a0000ffff"),
    "uint-32-bit-in-nine-bytes": ("A number in more bytes than it needs.", "1b00000000ffffffff"),
    "long-length-of-bytes": ("A length in more bytes than it needs.", "5803616263"),
    "long-length-of-array": ("A length in more bytes than it needs.", "980100"),
    "long-map-key": ("A map key in more bytes than it needs.", "a1180101"),
    "indefinite-array": ("An array of indefinite length.", "9f01ff"),
    "indefinite-bytes": ("Bytes of indefinite length.", "5f4161ff"),
    "indefinite-text": ("Text of indefinite length.", "7f6161ff"),
    "indefinite-map": ("A map of indefinite length.", "bf0101ff"),
    "map-keys-out-of-order": ("Map keys that descend.", "a202010101"),
    "map-key-twice": ("One map key twice.", "a201010102"),
    "trailing-value": ("A second value behind the first.", "0000"),
    "trailing-break": ("A break behind the value.", "a1010100ff"),
    "map-key-text": ("A map key that is text.", "a1616101"),
    "map-key-bytes": ("A map key that is bytes.", "a1410101"),
    "map-key-negative": ("A map key below zero.", "a12001"),
    "map-key-true": ("A map key that is true.", "a1f501"),
    "map-key-null": ("A map key that is null.", "a1f601"),
    "negative-1": ("A negative number.", "20"),
    "negative-2-to-64": ("A negative number.", "3bffffffffffffffff"),
    "bignum": ("A number above 2^64-1, by the tag for big ones.", "c249010000000000000000"),
    "bignum-small": ("A small number, by the tag for big ones.", "c24101"),
    "float-half": ("A float.", "f93c00"),
    "float-single": ("A float.", "fa3f800000"),
    "float-double": ("A float.", "fb3ff199999999999a"),
    "float-not-a-number": ("A float that is no number.", "f97e00"),
    "undefined": ("The value undefined.", "f7"),
    "simple-16": ("A simple value without a meaning.", "f0"),
    "simple-255": ("A simple value without a meaning, in two bytes.", "f8ff"),
    "true-in-two-bytes": ("True in two bytes.", "f815"),
    "date-text": ("A date, as tagged text.", "c074323032312d30372d32375431303a30303a30305a"),
    "date-number": ("A date, as a tagged number.", "c11a60ffd9a0"),
    "shared-reference": ("An array and a reference to it.", "82d81c8101d81d00"),
    "self-reference": ("An array that holds itself.", "d81c81d81d00"),
    "set-tag": ("A set, as a tagged array.", "d9010281f4"),
    "self-described": ("The tag that says that this is CBOR.", "d9d9f700"),
    "giant-decimal": ("A decimal fraction with an exponent of 2^63-1.", "c4821b7fffffffffffffff01"),
    "text-not-utf8": ("Text that is not UTF-8.", "62c328"),
    "text-surrogate": ("Text with half of a surrogate pair.", "63eda080"),
    "text-overlong": ("Text in which a character has more bytes than it needs.", "62c080"),
    "text-cut-short": ("Text that ends within a character.", "61c3"),
    "bytes-cut-short": ("Fewer bytes than announced.", "436162"),
    "array-cut-short": ("Fewer items than announced.", "8301"),
    "claims-2-to-63-bytes": ("A length that no file has.", "5b7fffffffffffffff00"),
    "claims-2-to-63-items": ("A count that no file has.", "9b7fffffffffffffff00"),
    "claims-2-to-63-pairs": ("A count that no file has.", "bb7fffffffffffffff00"),
    "reserved-length": ("A length written in a way that is reserved.", "1c"),
    "break-alone": ("A break where a value is due.", "ff"),
    "nested-7-deep": ("Seven levels of nesting, where six are the most.", "81" * 7 + "00"),
    "nested-maps-7-deep": ("Seven levels of nested maps, where six are the most.", "a100" * 7 + "00"),
    "nested-3000-deep": ("Nesting that would exhaust a stack.", "81" * 3000 + "00"),
}


def vectors() -> Iterator[Vector]:
    for name, (what, value) in ACCEPTED.items():
        yield _accepted(name, what, cbor.encode(value), value)
    for name, (what, hexed) in REJECTED.items():
        given = {"data": bytes.fromhex(hexed)}
        yield Vector(name=f"{KIND}-{name}", spec="3.1", what=what, kind=KIND, reject_as="malformed", input=given)


def _accepted(name: str, what: str, data: bytes, value: cbor.Value) -> Vector:
    given, expected = {"data": data}, {"value": typed(value)}
    return Vector(name=f"{KIND}-{name}", spec="3.1", what=what, kind=KIND, input=given, expected=expected)
