"""The curve of Ed25519 (RFC 8032 §5.1) in plain affine arithmetic: slow, short, and for making hostile signatures."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Final, TypeAlias

Point: TypeAlias = tuple[int, int]

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, P) % P
_ROOT_OF_MINUS_1: Final = pow(2, (P - 1) // 4, P)
IDENTITY: Final[Point] = (0, 1)


def add(a: Point, b: Point) -> Point:
    product = _D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, P) % P
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P) % P
    return x, y


def times(scalar: int, point: Point) -> Point:
    out = IDENTITY
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point, scalar = add(point, point), scalar >> 1
    return out


def with_y(y: int, sign: int) -> Point | None:
    """The point with this y whose x has this lowest bit, if there is one (x = 0 is its own negative)."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * _ROOT_OF_MINUS_1 % P
    if x * x % P != square:
        return None
    return (x if x % 2 == sign or x == 0 else P - x), y % P


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """The point that these bytes denote, canonical or not."""
    wide = int.from_bytes(data, "little")
    return with_y((wide & (2**255 - 1)) % P, wide >> 255)


def order_8() -> Point:
    """A point of order 8: the cofactor's part of the first curve point that has one."""
    for y in count(2):
        point = with_y(y, 0)
        torsion = IDENTITY if point is None else times(L, point)
        if times(4, torsion) != IDENTITY:
            return torsion
    raise AssertionError("every residue was tried")


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    """h of RFC 8032: SHA-512 over R, A and the message, modulo the order."""
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


_BASE_Y: Final = 4 * pow(5, -1, P) % P


def _base() -> Point:
    point = with_y(_BASE_Y, 0)
    if point is None:
        raise AssertionError("4/5 is the y of the base point")
    return point


BASE: Final = _base()


def equation_holds(key: bytes, message: bytes, signature: bytes, *, cofactor: int) -> bool:
    """Whether [cofactor](S·B − R − h·A) is the identity, for bytes as they are, whatever their form."""
    r, a = decode(signature[:32]), decode(key)
    if r is None or a is None:
        return False
    s = int.from_bytes(signature[32:], "little")
    right = add(r, times(challenge(signature[:32], key, message), a))
    return times(cofactor, times(s, BASE)) == times(cofactor, right)
