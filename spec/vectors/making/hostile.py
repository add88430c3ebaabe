"""Accords that are signed throughout and name a key that may not be registered (3.5): that alone is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from openline.keys.public import accord_message, possession_message
from openline.wire import accord as accords
from openline.wire.accord import Accord, Signatures, SignedAccord
from spec.vectors.making.cast import least
from spec.vectors.making.vector import Vector, changed
from tests.ed25519_cases import MIXED, SECRET, TORSION
from tests.edwards25519 import BASE, L, add, challenge, encode, times

Sign = Callable[[bytes], bytes]
OFFICER = 2  # the place of the first officer among the proofs of possession


def vectors() -> Iterator[Vector]:
    others = least().keys[1].officers[0].key
    low = least().signed.accord.sides[0].xwing[:-32] + bytes(32)
    for name, what, reject_as, signed in (
        (
            "officer-key-of-mixed-order",
            "An officer's key is of mixed order.",
            "bad-signature",
            _officer(encode(MIXED), _mixed),
        ),
        (
            "one-key-for-two",
            "The officers of both sides have one key.",
            "bad-signature",
            _officer(others.public, others.sign),
        ),
        ("prekey-of-small-order", "A prekey's X25519 half is of small order.", "malformed", _resigned({"xwing": low})),
    ):
        given = {"signed": changed("accord-least", "signed", accords.encode_signed(least().signed), signed)}
        yield Vector(name=f"accord-{name}", spec="3.5", what=what, kind="accord", reject_as=reject_as, input=given)


def _mixed(message: bytes) -> bytes:
    """A signature that verifies under the key of mixed order, as its hostile holder finds it in a few trials."""
    key = encode(MIXED)
    for nonce in count(1):
        r = encode(add(times(nonce, BASE), TORSION))
        h = challenge(r, key, message)
        if h % 8 == 7:
            return r + ((nonce + h * SECRET) % L).to_bytes(32, "little")
    raise AssertionError("one of eight fits")


def _officer(key: bytes, sign: Sign) -> bytes:
    officers = least().signed.accord.sides[0].officers
    return _resigned({"officers": (replace(officers[0], key=key),)}, key, sign)


def _resigned(change: dict[str, Any], officer: bytes = b"", sign: Sign | None = None) -> bytes:
    """The least accord with side 0 changed, and signed anew by every key of it that signs."""
    old = least().signed.accord
    accord: Accord = replace(old, sides=(replace(old.sides[0], **change), old.sides[1]))
    document = accords.encode(accord)
    accord_id = accords.accord_id(document)
    under = []
    for side, keys in enumerate(least().keys):
        ed25519, mldsa87 = keys.root.sign(accord_message(accord_id, side))
        proofs = [key.sign(possession_message(accord_id, key.public)) for key in keys.possessed()]
        if side == 0 and sign is not None:
            proofs[OFFICER] = sign(possession_message(accord_id, officer))
        under.append(Signatures(root_ed25519=ed25519, root_mldsa87=mldsa87, possession=tuple(proofs)))
    return accords.encode_signed(SignedAccord(accord, document, (under[0], under[1])))
