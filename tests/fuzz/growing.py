"""New inputs from valid ones: bytes changed anywhere, or one value inside the CBOR exchanged and all encoded again."""

from __future__ import annotations

from random import Random
from typing import Any

import cbor2

NUMBERS = (0, 1, 2, 23, 24, 63, 64, 255, 2**16, 2**40, 2**40 + 1, 2**63 - 1, 2**63, 2**64 - 1)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, b"", "", -1, 1.5, [[]], {0: 0}, "\0", "한" * 30, bytes(32))


def cut_and_paste(data: bytes, samples: list[bytes], random: Random) -> bytes:
    """A sample with bytes changed, inserted, dropped, repeated, or taken from another sample."""
    grown = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        at, span = random.randrange(len(grown) + 1), random.choice((1, 1, 2, 8, 32))
        other = random.choice(samples)
        start = random.randrange(len(other) + 1)
        change = random.randrange(5)
        if change == 0 and at < len(grown):
            grown[at] ^= 1 << random.randrange(8)
        elif change == 1:
            grown[at:at] = random.randbytes(span)
        elif change == 2:
            del grown[at : at + span]
        elif change == 3:
            grown[at:at] = grown[at : at + span]
        else:
            grown[at : at + span] = other[start : start + span]
    return bytes(grown)


def exchanged(data: bytes, head: int, tail: int, random: Random) -> bytes | None:
    """`data` with one value exchanged in the CBOR between its first `head` and its last `tail` bytes; None if that is
    no CBOR."""
    end = len(data) - tail
    try:
        value = cbor2.loads(data[head:end])
        inner = cbor2.dumps(_changed(value, random), canonical=True)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    return data[:head] + inner + data[end:]


def _changed(value: Any, random: Random) -> Any:
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        kept = list(value)
        if random.random() < 0.1:
            del kept[at]
        elif random.random() < 0.1:
            kept.insert(at, kept[at])
        else:
            kept[at] = _changed(kept[at], random)
        return kept
    if isinstance(value, dict) and value and random.random() < 0.9:
        kept = dict(value)
        key = random.choice(list(kept))
        if random.random() < 0.15:
            del kept[key]
        elif random.random() < 0.15:
            kept[random.randrange(20)] = random.choice((*NUMBERS, *OTHERS))
        else:
            kept[key] = _changed(kept[key], random)
        return kept
    return _leaf(value, random)


def _leaf(value: Any, random: Random) -> Any:
    if random.random() < 0.2:
        return random.choice((*NUMBERS, *OTHERS))
    if isinstance(value, int) and not isinstance(value, bool):
        return random.choice((*NUMBERS, value + 1, max(value - 1, 0)))
    if isinstance(value, bytes) and value:
        at = random.randrange(len(value))
        return random.choice(
            (value[:at], value + value[:1], value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :], bytes(len(value)))
        )
    if isinstance(value, str):
        return random.choice((value + "x", value[:-1], value * 40, "é", "\ud7ff", ""))
    return random.choice(OTHERS)
