"""How one field of a body or of the accord is read and written: small parts that the format tables are built from.

Rules of this file: a codec reads a decoded CBOR value into ours or raises `Malformed` with what was expected; it writes
ours plain. Both directions keep one value, one encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

from openline.wire import limits
from openline.wire.cbor import Value
from openline.wire.errors import Malformed
from openline.wire.said import say


class Codec(NamedTuple):
    """How one field's value is checked when read, and made plain for CBOR when written."""

    name: str
    read: Callable[[Value], Any]
    plain: Callable[[Any], Value]


def values_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Gives the values of these attributes, all in one look: one at a time they cost more than writing them does."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)  # `attrgetter` of one gives no tuple


def _same(value: Any) -> Value:
    return cast(Value, value)


def uint(maximum: int = limits.UINT_MAX, *, least: int = 0) -> Codec:
    def read(value: Value) -> int:
        if type(value) is not int or not least <= value <= maximum:
            raise Malformed(say("expected a number from {least} to {most}", least=str(least), most=str(maximum)))
        return value

    name = "uint" + (f" ≥{least}" if least else "") + (f" ≤{maximum}" if maximum < limits.UINT_MAX else "")
    return Codec(name, read, int)


def enum(of: type[IntEnum]) -> Codec:
    def read(value: Value) -> IntEnum:
        if type(value) is not int or value not in of._value2member_map_:
            raise Malformed(f"{value!r} is no {of.__name__}")
        return of(value)

    return Codec(f"uint, a {of.__name__}", read, int)


def octets(exactly: int | None = None, *, most: int = limits.CORE_BYTES_MAX) -> Codec:
    def read(value: Value) -> bytes:
        if type(value) is not bytes or (exactly is not None and len(value) != exactly) or len(value) > most:
            if exactly is not None:
                raise Malformed(say("expected {size} bytes", size=str(exactly)))
            raise Malformed(say("expected at most {most} bytes", most=str(most)))
        return value

    return Codec(f"bytes {exactly}" if exactly is not None else f"bytes ≤{most}", read, _same)


def utf8(most: int = limits.TEXT_BYTES_MAX, *, least: int = 0) -> Codec:
    def read(value: Value) -> str:
        if type(value) is not str or not least <= _utf8_length(value) <= most:
            raise Malformed(say("expected text of {least} to {most} bytes of UTF-8", least=str(least), most=str(most)))
        return value

    return Codec("text" + (f" ≥{least}" if least else "") + f" ≤{most}", read, _same)


def _utf8_length(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise Malformed(say("text with half of a surrogate pair, which UTF-8 cannot write")) from None


def _read_flag(value: Value) -> bool:
    if value is not True:
        raise Malformed("a flag is written as true or left out")
    return True


FLAG: Final = Codec("true", _read_flag, _same)


def _items(value: Value, exactly: int | None = None) -> list[Value]:
    if type(value) is not list or (exactly is not None and len(value) != exactly):
        raise Malformed("expected an array" + (f" of {exactly}" if exactly is not None else ""))
    return value


def row(make: Callable[..., Any], *codecs: Codec) -> Codec:
    """An array of fixed length, made into `make(*values)`."""

    def read(value: Value) -> Any:
        return make(*(c.read(v) for c, v in zip(codecs, _items(value, len(codecs)), strict=True)))

    def plain(value: Any) -> Value:
        return [c.plain(v) for c, v in zip(codecs, value, strict=True)]

    return Codec("[" + ", ".join(c.name for c in codecs) + "]", read, plain)


def many(of: Codec, most: int, *, least: int = 0, ascending: bool = False) -> Codec:
    """An array of `least` to `most` values; if `ascending`, strictly so (a set has one order)."""

    def read(value: Value) -> tuple[Any, ...]:
        items = _items(value)
        if not least <= len(items) <= most:
            raise Malformed(say("expected {least} to {most} items", least=str(least), most=str(most)))
        out = tuple(of.read(item) for item in items)
        if ascending and any(a >= b for a, b in pairwise(out)):
            raise Malformed("a set whose members do not ascend")
        return out

    return Codec(
        f"[{least}..{most} × {of.name}{', ascending' if ascending else ''}]",
        read,
        lambda value: [of.plain(item) for item in value],
    )


def keyed(key: Codec, value: Codec, most: int, *, least: int = 0) -> Codec:
    """An array of `least` to `most` pairs of a key and its value, ascending by the key: each key stands once."""
    pairs = many(row(pair, key, value), most, least=least)

    def read(value: Value) -> tuple[Any, ...]:
        out: tuple[Any, ...] = pairs.read(value)
        if any(a[0] >= b[0] for a, b in pairwise(out)):
            raise Malformed("pairs whose keys do not ascend, or one key twice")
        return out

    return Codec(f"{pairs.name[:-1]}, ascending by the first]", read, pairs.plain)


def pair(*values: Any) -> tuple[Any, ...]:
    """A plain tuple, as `row` makes one."""
    return values
