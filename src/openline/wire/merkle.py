"""The Merkle tree over a chain of entries, RFC 6962 §2.1 (spec 3.8.2, 3.8.4).

Rules of this file:
1. Leaves are given as their hashes. An entry's id *is* its leaf hash (spec 3.3), so nothing is hashed twice.
2. `Tree` keeps only the roots of its perfect subtrees, one for each 1 in the size written in binary: O(log n) memory.
3. A proof is checked to its last hash; one hash too many or too few is as wrong as a false one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from openline.wire.errors import PeerFault, invariant

EMPTY: Final = hashlib.sha256(b"").digest()

Proof = tuple[bytes, ...]


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data): for an entry, its id."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf. `Tree(size, peaks)` goes on from where another with these two stood."""

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self._size = size
        self._peaks = list(peaks)
        invariant(len(self._peaks) == size.bit_count(), f"a tree of {size} leaves has {size.bit_count()} peaks")

    @property
    def size(self) -> int:
        """How many leaves."""
        return self._size

    @property
    def peaks(self) -> Proof:
        """The roots of the perfect subtrees, the widest first: all that has to be kept to go on growing."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf, given as its hash."""
        # As in binary addition of 1: each trailing 1 of the size is a subtree as wide as the one carried.
        carry, size = leaf, self._size
        while size & 1:
            carry = node_hash(self._peaks.pop(), carry)
            size >>= 1
        self._peaks.append(carry)
        self._size += 1

    def root(self) -> bytes:
        """The root over all leaves so far; of no leaves, SHA-256 of nothing."""
        if not self._peaks:
            return EMPTY
        right = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            right = node_hash(left, right)
        return right


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over `leaves`, given as their hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> Proof:
    """The hashes that lead from leaf `index` up to the root, RFC 6962 §2.1.1. Time O(n).

    Raises:
        OurFault: there is no such leaf.
    """
    invariant(0 <= index < len(leaves), f"leaf {index} of {len(leaves)}")
    proof: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _left_width(high - low)
        if index < middle:
            proof.append(root(leaves[middle:high]))
            high = middle
        else:
            proof.append(root(leaves[low:middle]))
            low = middle
    return tuple(reversed(proof))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> Proof:
    """The hashes that show the tree of the first `old_size` leaves to be the start of this one, RFC 6962 §2.1.2.

    Empty for an old size of 0 (anything goes on from nothing) and for the present size. Time O(n).

    Raises:
        OurFault: the tree never had that size.
    """
    invariant(0 <= old_size <= len(leaves), f"old size {old_size} of {len(leaves)}")
    if old_size in (0, len(leaves)):
        return ()
    proof: list[bytes] = []
    low, high = 0, len(leaves)
    while high != old_size:
        middle = low + _left_width(high - low)
        if old_size <= middle:
            proof.append(root(leaves[middle:high]))
            high = middle
        else:
            proof.append(root(leaves[low:middle]))
            low = middle
    if low > 0:  # else the subtree reached is the old tree itself, whose root the verifier has
        proof.append(root(leaves[low:high]))
    return tuple(reversed(proof))


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check that `leaf` stands at `index` in the tree of `size` leaves whose root is `expected`.

    Raises:
        PeerFault: it is not shown to.
    """
    if not 0 <= index < size:
        raise PeerFault(f"inclusion proof: no leaf {index} in a tree of {size}")
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise PeerFault("inclusion proof: more hashes than the path is long")
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            position, last = _up_past_lone_nodes(position, last)
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or found != expected:
        raise PeerFault("inclusion proof: does not lead to the root")


def check_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree (`old_size`, `old_root`) is the start of the tree (`new_size`, `new_root`).

    Raises:
        PeerFault: it is not shown to be; if both roots are signed, one chain was rewritten.
    """
    if not 0 <= old_size <= new_size:
        raise PeerFault(f"consistency proof: from {old_size} leaves to {new_size}")
    if old_size in (0, new_size):
        start = EMPTY if old_size == 0 else new_root
        if proof or old_root != start:
            raise PeerFault("consistency proof: two roots for one size, or hashes where none belong")
        return
    hashes = list(proof)
    position, last = old_size - 1, new_size - 1
    while position & 1:  # up to the top of the widest perfect subtree that ends the old tree
        position, last = position >> 1, last >> 1
    if position == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise PeerFault("consistency proof: empty")
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise PeerFault("consistency proof: more hashes than the path is long")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            position, last = _up_past_lone_nodes(position, last)
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or old != old_root or new != new_root:
        raise PeerFault("consistency proof: does not lead to both roots")


def _left_width(count: int) -> int:
    """The largest power of two below `count`: how many leaves go to the left."""
    return 1 << ((count - 1).bit_length() - 1)


def _up_past_lone_nodes(position: int, last: int) -> tuple[int, int]:
    """Skip the levels at which a node at the right edge has no sibling and is its own parent."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last
