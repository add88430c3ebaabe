"""Fourteen signatures on which Ed25519 libraries disagree, and an honest one; all made here by computation.

Numbers 0 to 11 are the kinds that Chalkias, Garillot and Nikolaenko tell apart ("Taming the many EdDSAs", 2020); 12 and
13 are two more under an honest key. A hostile author can mint every one of them, so each is an attack on both sides
reading one record alike. What a station must say (spec 3.2, 3.5): the key may be registered, or not; the signature
verifies, or not; none of the fourteen is accepted, because one of the two fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import NamedTuple

from tests.edwards25519 import BASE, IDENTITY, L, P, Point, add, challenge, encode, order_8, times


class Case(NamedTuple):
    """`key_valid`: may be registered. `verifies`: the verdict on the signature alone, by the rule of spec 3.2 except
    that nothing is known of the key. `lenient`: what a library says that takes small-order and mixed points."""

    number: int
    name: str
    key: bytes
    message: bytes
    signature: bytes
    key_valid: bool
    verifies: bool
    lenient: bool


TORSION = order_8()
MINUS_1: Point = (0, P - 1)  # of order 2
MINUS_1_LONG = (P - 1 | 1 << 255).to_bytes(32, "little")  # the same with the sign bit that x = 0 cannot have


def _scalar(name: str) -> int:
    return int.from_bytes(hashlib.sha512(b"ed25519 case " + name.encode()).digest(), "little") % L


SECRET = _scalar("secret")
NONCE = _scalar("nonce")
HONEST = times(SECRET, BASE)
MIXED = add(HONEST, TORSION)
NONCE_POINT = times(NONCE, BASE)


def _message(number: int, holds: Callable[[bytes], bool]) -> bytes:
    """The first message whose challenge has the wanted remainder."""
    return next(m for m in (b"ed25519 case %d, try %d" % (number, n) for n in count()) if holds(m))


def _join(r: bytes, s: int) -> bytes:
    return r + s.to_bytes(32, "little")


def _case(
    number: int,
    name: str,
    key: bytes,
    r: bytes,
    s: Callable[[int], int],
    wanted: Callable[[int], bool],
    *,
    key_valid: bool = False,
    verifies: bool = False,
    lenient: bool = False,
) -> Case:
    """A case whose challenge is `wanted` and whose S follows from the challenge by `s`."""
    message = _message(number, lambda m: wanted(challenge(r, key, m)))
    signature = _join(r, s(challenge(r, key, message)))
    return Case(number, name, key, message, signature, key_valid, verifies, lenient)


def _cancels(h: int) -> bool:
    """T + h·T is the identity."""
    return h % 8 == 7


def _any(_h: int) -> bool:
    return True


def _signed(h: int) -> int:
    return (NONCE + h * SECRET) % L


def _small_order() -> Iterator[Case]:
    """Points of small order in A, in R, or in part of them, such that the bare equation holds."""
    small, mixed_r, mixed = encode(TORSION), encode(add(NONCE_POINT, TORSION)), encode(MIXED)
    yield _case(0, "small A, small R, S zero", small, small, lambda h: 0, _cancels, lenient=True)
    yield _case(1, "small A, mixed R", small, mixed_r, lambda h: NONCE, _cancels, lenient=True)
    yield _case(2, "mixed A, small R", mixed, small, lambda h: h * SECRET % L, _cancels, lenient=True)
    yield _case(3, "mixed A, mixed R", mixed, mixed_r, _signed, _cancels, verifies=True, lenient=True)


def _cofactor() -> Iterator[Case]:
    """The equation holds only when multiplied by the cofactor, as a batch verifier does."""
    mixed_r, mixed = encode(add(NONCE_POINT, TORSION)), encode(MIXED)
    yield _case(4, "mixed A, mixed R, cofactored only", mixed, mixed_r, _signed, lambda h: not _cancels(h))
    yield _case(
        5,
        "mixed A, R of prime order, cofactored only and not with 8h reduced",
        mixed,
        encode(NONCE_POINT),
        _signed,
        lambda h: h % 8 != 0 and 8 * h % L % 8 != 0,
    )


def _long_s() -> Iterator[Case]:
    """S that is not below the group order: a second signature from the first, by anybody on the way."""
    key, r = encode(HONEST), encode(NONCE_POINT)
    yield _case(6, "S above the order", key, r, lambda h: _signed(h) + L, _any, key_valid=True)
    yield _case(7, "S far above the order", key, r, lambda h: _highest(_signed(h)), _any, key_valid=True)


def _highest(s: int) -> int:
    return s + (2**256 - 1 - s) // L * L


def _long_r() -> Iterator[Case]:
    """R in a second encoding; the challenge is over its first one (8) or over the bytes as they came (9)."""
    key, first = encode(MIXED), encode(MINUS_1)
    for number, name, hashed, other in (
        (8, "R in a second encoding, hashed in the first", first, MINUS_1_LONG),
        (9, "R in a second encoding, hashed as it came", MINUS_1_LONG, first),
    ):
        message = _message(number, _only_one(4, 8, partial(challenge, hashed, key), partial(challenge, other, key)))
        s = challenge(hashed, key, message) * SECRET % L
        yield Case(number, name, key, message, _join(MINUS_1_LONG, s), False, False, False)


def _long_a() -> Iterator[Case]:
    """A in a second encoding; the challenge is over its first one (10) or over the bytes as they came (11)."""
    r, first = encode(add(NONCE_POINT, MINUS_1)), encode(MINUS_1)
    for number, name, hashed, other in (
        (10, "A in a second encoding, hashed in the first", first, MINUS_1_LONG),
        (11, "A in a second encoding, hashed as it came", MINUS_1_LONG, first),
    ):
        message = _message(number, _only_one(1, 2, partial(challenge, r, hashed), partial(challenge, r, other)))
        yield Case(number, name, MINUS_1_LONG, message, _join(r, NONCE), False, False, hashed == MINUS_1_LONG)


def _only_one(
    remainder: int, modulus: int, right: Callable[[bytes], int], wrong: Callable[[bytes], int]
) -> Callable[[bytes], bool]:
    """The equation holds with one of two challenges and not with the other."""
    return lambda m: right(m) % modulus == remainder != wrong(m) % modulus


def _honest_key() -> Iterator[Case]:
    """The author's key is beyond reproach and only the signature is hostile."""
    key, shifted, identity = encode(HONEST), encode(add(NONCE_POINT, TORSION)), encode(IDENTITY)
    yield _case(
        12, "honest A, R shifted by a torsion point", key, shifted, _signed, lambda h: h % 8 != 0, key_valid=True
    )
    yield _case(
        13, "honest A, R the identity", key, identity, lambda h: h * SECRET % L, _any, key_valid=True, lenient=True
    )


def cases() -> Iterator[Case]:
    """The fourteen hostile cases in order of number; the same bytes at every call."""
    for group in (_small_order, _cofactor, _long_s, _long_r, _long_a, _honest_key):
        yield from group()


def honest() -> Case:
    """A signature with nothing wrong about it, under the key of cases 6, 7, 12 and 13."""
    return _case(
        14, "honest", encode(HONEST), encode(NONCE_POINT), _signed, _any, key_valid=True, verifies=True, lenient=True
    )
