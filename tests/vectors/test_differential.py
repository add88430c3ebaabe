"""Two implementations, one verdict: whatever bytes a peer sends, both verifiers accept them or reject them alike.

The vectors are changed at random, in bytes and in structure, and both say what they are. A difference here is an attack
on the record: one side would take an entry in that the other refuses.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openline.cli.vectors_checks import outcome
from openline.cli.vectors_files import Vector, load
from openline.wire import cbor
from openline.wire.errors import Malformed, OurFault
from tests.soaking import Counted
from tests.vectors.node import VECTORS, verify

# Kind → the field of bytes that is changed. Others rest on these or cost too much for thousands of rounds.
FIELD = {
    "cbor": "data",
    "entry": "entry",
    "note": "note",
    "payload": "padded",
    "accord-document": "document",
    "checkpoint": "checkpoint",
    "ed25519": "signature",
    "statement": "note",
    "export": "export",
}
SHARE = {"entry": 1, "cbor": 1, "export": 30}  # of the count, one in so many; a whole export costs most
SIGNATURE_BYTES = 64
BYTES_MAX = 40_000
STRANGE: tuple[Any, ...] = (
    0, 1, 2, 3, 4, 5, 6, 23, 24, 63, 64, 255, 256, 86_399, 86_400, 2**32, 2**40, 2**40 + 1, 2**64 - 1,
    "", "x", "é", "a" * 64, "a" * 65, "한" * 22, "\U0001f600", "ｚ",
    b"", b"x", bytes(8), bytes(31), bytes(32), bytes(64), bytes(1216), bytes(2420),
    True, False, None, [], {}, [0], [[0, 0]], [0, 0, bytes(32)], ["a", "b"], ["b", "a"], {0: 0},
)  # fmt: skip


def count(soak: bool) -> int:
    return 20_000 if soak else 1_200


def given(vector: Vector) -> dict[str, Any]:
    """A vector's input with its references written out."""
    return {
        name: vector.octets(name).hex() if isinstance(value, dict) else value for name, value in vector.input.items()
    }


def flipped(chance: random.Random, data: bytes) -> bytes:
    """Bytes with one changed, dropped, put in or repeated, or cut off."""
    at = chance.randrange(len(data) + 1)
    byte = bytes([chance.choice((0x00, 0x18, 0x20, 0x40, 0x5F, 0x80, 0xA0, 0xF6, 0xFF, chance.randrange(256)))])
    return chance.choice(
        (
            data[:at] + byte + data[at + 1 :],
            data[:at] + data[at + 1 :],
            data[:at] + byte + data[at:],
            data[:at] + data[at : at + 4] + data[at:],
            data[:at],
        )
    )


def near(chance: random.Random, value: Any) -> Any:
    """A value of the same type a little off."""
    if isinstance(value, bool) or value is None:
        return chance.choice(STRANGE)
    if isinstance(value, int):
        return max(0, min(2**64 - 1, value + chance.choice((-1, 1))))
    return value + (b"x" if isinstance(value, bytes) else "x") if chance.random() < 0.3 else value[::-1]


def reshaped(chance: random.Random, value: Any) -> Any:
    """A decoded value with something in it become another, gone, new or in another order."""
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = len(value) - 1 if chance.random() < 0.5 else chance.randrange(len(value))
        made = [*value[:at], reshaped(chance, value[at]), *value[at + 1 :]]
        others = (value[:at] + value[at + 1 :], [*value, value[at]], value[::-1])
        return made if chance.random() < 0.8 else chance.choice(others)
    if isinstance(value, dict) and chance.random() < 0.95:
        key = chance.choice([*value, chance.randrange(20)])
        changed = reshaped(chance, value[key]) if key in value else chance.choice(STRANGE)
        return {**value, key: changed} if chance.random() < 0.9 else {k: v for k, v in value.items() if k != key}
    if isinstance(value, list | dict) or chance.random() < 0.5:
        return chance.choice(STRANGE)
    return near(chance, value)


def restructured(chance: random.Random, data: bytes, tail: int) -> bytes:
    """CBOR with its value reshaped; the `tail` bytes behind it stay as they are."""
    end = len(data) - tail
    try:
        return cbor.encode(reshaped(chance, cbor.decode(data[:end]))) + data[end:]
    except (Malformed, OurFault):  # what was changed is no CBOR itself, or came out too deep
        return flipped(chance, data)


def changed(chance: random.Random, vector: Vector) -> dict[str, Any]:
    """One vector's input with its bytes changed."""
    data, field = vector.octets(FIELD[vector.kind]), FIELD[vector.kind]
    change: Callable[[random.Random, bytes], bytes] = flipped
    if vector.kind in ("entry", "checkpoint", "accord-document") and chance.random() < 0.8:
        tail = SIGNATURE_BYTES if vector.kind == "entry" else 0

        def change(chance: random.Random, data: bytes) -> bytes:
            return restructured(chance, data, tail)

    return {**given(vector), field: change(chance, data).hex()}


def rounds(vectors: list[Vector], wanted: int) -> Iterator[Vector]:
    """The same changed vectors for the same count."""
    chance = random.Random(wanted)
    for _ in range(wanted):
        vector = chance.choice(vectors)
        yield Vector(vector.name, vector.kind, "", "", changed(chance, vector), {}, {})


@pytest.mark.parametrize("kind", FIELD)
def test_attack_bytes_that_two_implementations_read_differently(kind: str, soak: bool, counted: Counted) -> None:
    """No change to the bytes of a vector makes one verifier accept what the other rejects, or reject it otherwise."""
    vectors = [one for one in load(VECTORS) if one.kind == kind and len(one.octets(FIELD[kind])) < BYTES_MAX]
    wanted = count(soak) // SHARE.get(kind, 10)
    tried = list(rounds(vectors, wanted))
    lines = "".join(json.dumps({"kind": one.kind, "input": dict(one.input)}) + "\n" for one in tried)
    said = verify("--lines", given=lines).splitlines()
    mine = [outcome(one).reject_as or "accept" for one in tried]
    assert len(said) == len(mine) == wanted
    both = zip(mine, said, tried, strict=True)
    assert [f"{a} here, {b} there: {one.name} {one.input}" for a, b, one in both if a != b][:5] == []
    counted(wanted, "altered inputs judged alike by both verifiers")
    assert {*mine} != {"accept"}
    assert {*mine} >= ({"malformed", "bad-signature"} if kind == "entry" else set())
