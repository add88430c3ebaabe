"""A station's whole record as one export (spec 13): for its own verb, its API and the player alike.

Rules of this file: the store is a snapshot, or one that nobody writes to; memory does not grow with the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from openline.ports import Signer, Store
from openline.wire.accord import SignedAccord
from openline.wire.export import write_export

AT_ONCE: Final = 1_000


def export(out: BinaryIO, held: Store, signed: SignedAccord, side: int, signer: Signer, time_s: int) -> None:
    """Write the record in a snapshot, or a store that nobody writes to, as one export (spec 13); in bounded memory.

    Raises:
        StorageFault: the store failed. OSError: `out` did.
    """
    strays = (kept.data for kept in held.strays())
    write_export(out, signed, side, chains(held), strays, signer, time_s)


def chains(held: Store) -> Iterator[bytes]:
    """Every entry of both chains, in the order of an export."""
    for side, gen in sorted(held.heads()):
        yield from chain(held, side, gen)


def chain(held: Store, side: int, gen: int) -> Iterator[bytes]:
    seq = 0
    while kept := held.entries(side, gen, seq, AT_ONCE):
        yield from (one.data for one in kept)
        seq += len(kept)
