"""Vectors of keys and signatures: Ed25519 on which libraries disagree, X-Wing, the pre-shared secret (3.5, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from openline.keys.public import prekey_id
from openline.keys.secret import join_psk, psk_check
from spec.vectors.making.cast import whole
from spec.vectors.making.vector import Vector
from tests import ed25519_cases
from tests.ed25519_cases import Case

MLKEM_BYTES = 1184
MODULUS = 3329
# The u-coordinates of points of small order; p is 0 in a second form, and the highest bit is ignored (RFC 7748).
SMALL_ORDER = {
    "0": bytes(32),
    "1": b"\x01" + bytes(31),
    "order-8": bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    "other-order-8": bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    "p-minus-1": (2**255 - 20).to_bytes(32, "little"),
    "p": (2**255 - 19).to_bytes(32, "little"),
    "1-with-highest-bit": b"\x01" + bytes(30) + b"\x80",
}


def vectors() -> Iterator[Vector]:
    yield _ed25519(ed25519_cases.honest())
    for case in ed25519_cases.cases():
        yield _ed25519(case)
    yield from _xwing()
    yield _psk()


def _ed25519(case: Case) -> Vector:
    counted = case.key_valid and case.verifies
    words = "".join(c if c.isalnum() else "-" for c in case.name.lower()).replace("--", "-")
    if counted:
        what = "A signature with nothing wrong about it, under the key of cases 6, 7, 12 and 13."
    else:
        what = f"{case.name[0].upper()}{case.name[1:]}: " + (
            "the key may be registered, and the signature does not count."
            if case.key_valid
            else "the key may not be registered, and so no signature under it counts."
        )
    return Vector(
        name=f"ed25519-{case.number:02d}-{words}",
        spec="3.5",
        what=what,
        kind="ed25519",
        reject_as="" if counted else "bad-signature",
        input={"key": case.key, "message": case.message, "signature": case.signature},
        expected={"key_counts": case.key_valid},
    )


def _xwing() -> Iterator[Vector]:
    key = whole().keys[0].station.xwing.public
    yield Vector(
        name="xwing-key",
        spec="3.5, 4.2",
        what="A key to seal to, and the 8 bytes by which an opener names it.",
        kind="xwing-key",
        input={"key": key},
        expected={"prekey_id": prekey_id(key).hex()},
    )
    not_reduced = bytearray(key)
    not_reduced[0:2] = [MODULUS & 0xFF, not_reduced[1] & 0xF0 | MODULUS >> 8]
    wrong = {
        "coefficient-not-reduced": ("Its ML-KEM half has a coefficient of 3329.", bytes(not_reduced)),
        "short": ("It has 1215 bytes.", key[:-1]),
        **{
            f"x25519-of-small-order-{name}": ("Its X25519 half is of small order.", key[:MLKEM_BYTES] + point)
            for name, point in SMALL_ORDER.items()
        },
    }
    for name, (what, bad) in wrong.items():
        yield Vector(
            name=f"xwing-key-{name}", spec="3.5", what=what, kind="xwing-key", reject_as="malformed", input={"key": bad}
        )


def _psk() -> Vector:
    halves = whole().halves
    psk = join_psk(*halves)
    return Vector(
        name="psk",
        spec="3.5, 4.2",
        what="The pre-shared secret from its two halves, and its check in the accord.",
        kind="psk",
        input={"half_0": halves[0], "half_1": halves[1]},
        expected={"psk": psk.hex(), "check": psk_check(psk).hex()},
    )
