"""Deterministic CBOR (RFC 8949 §4.2.1), the only encoding of structured bytes; spec 3.1.

Rules of this file:
1. One value, one encoding: what `decode` accepts, `encode` gives back byte for byte.
2. Values are unsigned integers, bytes, text, arrays, maps with unsigned keys, true, false, null. Nothing else:
   no negative number, float, tag, undefined, indefinite length.
3. Any bytes give a value or `Malformed`.
4. `form` and `again` are for the hot path, where each test that is made elsewhere too shows in the figures. They look
   at less than `decode` does, and say what their caller has to hold.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import cbor2

from openline.wire import limits
from openline.wire.errors import Malformed, OurFault
from openline.wire.limits import UINT_MAX

Value: TypeAlias = "int | bytes | str | bool | list[Value] | dict[int, Value] | None"


def encode(value: Value) -> bytes:
    """The one encoding of `value`.

    Raises:
        OurFault: the value is not one of the types above.
    """
    try:
        ascending = _ascends(value)
        if not ascending:
            _check(value, limits.CBOR_DEPTH_MAX, ordered=False)
        return cbor2.dumps(value, canonical=not ascending)  # which sorts keys, and costs as much again
    except Malformed as error:
        raise OurFault(f"tried to encode {error.what}") from None
    except UnicodeEncodeError:
        raise OurFault("tried to encode text with half of a surrogate pair") from None


def decode(data: bytes, *, depth_max: int = limits.CBOR_DEPTH_MAX) -> Value:
    """The value that `data`, all of it, encodes.

    Raises:
        Malformed: not deterministic CBOR of the types above, nested deeper than `depth_max`, or bytes left over.
    """
    value = form(data)
    check(value, depth_max)
    return value  # type: ignore[no-any-return]


def form(data: bytes) -> Any:
    """What `data`, all of it, encodes in one form, but for the order of map keys. Its types are not looked at: the
    caller holds every part of it to a type of its own, and the keys of every map to their order, or uses `check`.

    Raises:
        Malformed: no CBOR, a second form of what it says, or bytes left over.
    """
    try:
        value = cbor2.loads(data)
        # Encoding again catches every second form: long numbers, repeated keys, indefinite lengths, bytes left over.
        # It keeps the order of map keys as it came.
        same = cbor2.dumps(value) == data
    except Exception as error:  # the library raises several unrelated types on hostile input
        raise Malformed(f"not CBOR: {type(error).__name__}") from None
    if not same:
        raise Malformed("CBOR in another than its one deterministic form")
    return value


def again(data: bytes) -> Any:
    """The same for bytes that `form` has let through before, and that were not out of our hands since."""
    return cbor2.loads(data)


def check(value: Value, depth_left: int = limits.CBOR_DEPTH_MAX) -> None:
    """Hold what `form` gave to the types of rule 2, the order of map keys, and the depth.

    Raises:
        Malformed: it is not.
    """
    _check(value, depth_left, ordered=True)


def _ascends(value: Value) -> bool:
    """Whether a value is of the types above, with the keys of its maps in their order already."""
    try:
        check(value)
    except Malformed:
        return False
    return True


def _check(value: Value, depth_left: int, ordered: bool) -> None:
    """Types, ranges, depth and, in what was received, the order of keys. The order of the tests is that of how often
    they decide."""
    kind = type(value)
    if kind is int:
        if not 0 <= value <= UINT_MAX:  # type: ignore[operator]
            raise Malformed("a number that is negative or above 2^64-1")
    elif kind is bytes or kind is str or value is None or kind is bool:
        return
    elif kind is list:
        if not depth_left:
            raise Malformed("nested too deep")
        for item in value:  # type: ignore[union-attr]
            if type(item) is not bytes:
                _check(item, depth_left - 1, ordered)
    elif kind is dict:
        if not depth_left:
            raise Malformed("nested too deep")
        before = -1
        for key, item in value.items():  # type: ignore[union-attr]
            if type(key) is not int or not before < key <= UINT_MAX:
                raise Malformed("map keys that are not ascending unsigned numbers")
            before = key if ordered else -1
            if type(item) is not bytes:
                _check(item, depth_left - 1, ordered)
    else:
        raise Malformed(f"a value of a type that has no place here ({kind.__name__})")
