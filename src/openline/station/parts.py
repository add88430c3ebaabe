"""Sets of the parts that pages are cut into, a bit for each part (spec 5.5).

Rules of this file: a document of the largest size has 2048 parts, and a peer can name many documents in few bytes, so
a set costs what its bits take and no more; nothing here knows what a set is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openline.wire.limits import PART_BYTES


def part_count(size: int) -> int:
    """How many parts pages of `size` bytes have."""
    return -(-size // PART_BYTES)


def all_of(total: int) -> int:
    """Every part of `total`."""
    return (1 << total) - 1


def set_of(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def between(first: int, last: int) -> int:
    """The parts from `first` to `last`, both included."""
    return (all_of(last - first + 1) << first) if first <= last else 0


def members(parts: int) -> Iterator[int]:
    """The parts of a set, ascending."""
    for first, last in runs(parts):
        yield from range(first, last + 1)


def runs(parts: int) -> Iterator[tuple[int, int]]:
    """The parts of a set as inclusive ranges, ascending."""
    at = 0
    while parts:
        gap = (parts & -parts).bit_length() - 1
        parts >>= gap
        length = (~parts & (parts + 1)).bit_length() - 1
        yield at + gap, at + gap + length - 1
        parts >>= length
        at += gap + length
