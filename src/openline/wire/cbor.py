"""Deterministic CBOR (RFC 8949 §4.2.1), the only encoding of structured bytes; spec 3.1.

Rules of this file:
1. One value, one encoding: what `decode` accepts, `encode` gives back byte for byte.
2. Values are unsigned integers, bytes, text, arrays, maps with unsigned keys, true, false, null. Nothing else:
   no negative number, float, tag, undefined, indefinite length.
3. Any bytes give a value or `Malformed`.
"""

from __future__ import annotations

from typing import TypeAlias

import cbor2

from openline.wire import limits
from openline.wire.errors import Malformed, OurFault

Value: TypeAlias = "int | bytes | str | bool | list[Value] | dict[int, Value] | None"


def encode(value: Value) -> bytes:
    """The one encoding of `value`.

    Raises:
        OurFault: the value is not one of the types above.
    """
    try:
        _check(value, 0)
        return cbor2.dumps(value, canonical=True)
    except Malformed as error:
        raise OurFault(f"tried to encode {error.what}") from None
    except UnicodeEncodeError:
        raise OurFault("tried to encode text with half of a surrogate pair") from None


def decode(data: bytes, *, depth_max: int = limits.CBOR_DEPTH_MAX) -> Value:
    """The value that `data`, all of it, encodes.

    Raises:
        Malformed: not deterministic CBOR of the types above, nested deeper than `depth_max`, or bytes left over.
    """
    try:
        value = cbor2.loads(data)
    except Exception as error:  # the library raises several unrelated types on hostile input
        raise Malformed(f"not CBOR: {type(error).__name__}") from None
    return _checked(value, data, depth_max)


def _checked(value: Value, data: bytes, depth_max: int) -> Value:
    _check(value, 0, depth_max)
    # Re-encoding catches every second form: long integers, unsorted or repeated keys, indefinite lengths, tails.
    try:
        same = cbor2.dumps(value, canonical=True) == data
    except Exception as error:
        raise Malformed(f"not encodable again: {type(error).__name__}") from None
    if not same:
        raise Malformed("CBOR in another than its one deterministic form")
    return value


def _check(value: Value, depth: int, depth_max: int = limits.CBOR_DEPTH_MAX) -> None:
    kind = type(value)
    if kind is int:
        if not 0 <= value <= limits.UINT_MAX:  # type: ignore[operator]
            raise Malformed("a number that is negative or above 2^64-1")
    elif kind is list:
        if depth >= depth_max:
            raise Malformed(f"nested deeper than {depth_max}")
        for item in value:  # type: ignore[union-attr]
            _check(item, depth + 1, depth_max)
    elif kind is dict:
        if depth >= depth_max:
            raise Malformed(f"nested deeper than {depth_max}")
        for key, item in value.items():  # type: ignore[union-attr]
            if type(key) is not int or not 0 <= key <= limits.UINT_MAX:
                raise Malformed("a map key that is not an unsigned number")
            _check(item, depth + 1, depth_max)
    elif kind not in (bytes, str, bool, type(None)):
        raise Malformed(f"a value of a type that has no place here ({kind.__name__})")
