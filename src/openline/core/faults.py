"""Proofs that the other side broke the record's rules, checkable by anyone offline (spec 3.10).

Rules of this file: a proof is two entries of one chain and nothing else; it proves by signatures of the accused
alone; damage on the way is never a proof, for a carrier can make it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from openline.core.chain import check_generation
from openline.keys import public
from openline.wire import entry as entries
from openline.wire.accord import Accord
from openline.wire.bodies import Fault, Generation
from openline.wire.entry import SIGNATURE_BYTES, Entry, signed_bytes
from openline.wire.errors import PeerFault
from openline.wire.limits import CORE_BYTES_MAX
from openline.wire.terms import ProofKind


def proven(accord: Accord, accord_id: bytes, body: Fault, keys: tuple[bytes, ...] = ()) -> int | None:
    """The side that the two entries prove guilty, or None where they prove nothing.

    `keys`: further station keys of the accused that the record has brought (rotations, generations)."""
    try:
        first, second = entries.decode(body.first), entries.decode(body.second)
    except PeerFault:
        return None
    if first.side != second.side or first.gen != second.gen:
        return None
    trusted = (accord.sides[first.side].station, *keys)
    if not _signed(accord, accord_id, second, trusted):
        return None
    first_signed = _signed(accord, accord_id, first, trusted)
    if body.proof == ProofKind.FORK:
        guilty = first_signed and first.seq == second.seq and first.id < second.id
    elif second.seq != first.seq + 1:
        guilty = False
    elif body.proof == ProofKind.BAD_SIGNATURE:
        guilty = not first_signed and second.prev == first.id
    else:
        guilty = first_signed and (second.prev != first.id or _takes_back(first, second))
    return first.side if guilty else None


def pair_of(body: Fault) -> tuple[bytes, bytes]:
    """The ids of a proof's two entries, in its order: how a generation names what it settles (spec 3.7)."""
    return entries.entry_id(body.first), entries.entry_id(body.second)


def in_sequence(accord: Accord, accord_id: bytes, keys: tuple[bytes, ...], run: Sequence[Entry]) -> Fault | None:
    """A proof of BAD_SIGNATURE or BAD_CHAIN that two neighbours of one chain in `run` make, or None. What only *one*
    entry shows is no proof: anybody can write an entry that nobody signed."""
    ordered = sorted(run, key=lambda e: e.place)
    for first, second in pairwise(ordered):
        for kind in (ProofKind.BAD_SIGNATURE, ProofKind.BAD_CHAIN):
            if max(len(first.data), len(second.data)) > CORE_BYTES_MAX + SIGNATURE_BYTES:
                continue
            proof = Fault(proof=kind, first=first.data, second=second.data)
            if proven(accord, accord_id, proof, keys) is not None:
                return proof
    return None


def _takes_back(first: Entry, second: Entry) -> bool:
    return first.ack is not None and second.ack is not None and second.ack[:2] < first.ack[:2]


def _signed(accord: Accord, accord_id: bytes, entry: Entry, keys: tuple[bytes, ...]) -> bool:
    """Whether one of the accused's station keys signed; a generation's own key counts only under its root."""
    if isinstance(entry.body, Generation):
        try:
            check_generation(accord, accord_id, entry, entry.body)
        except PeerFault:
            return False
        keys = (*keys, entry.body.station)
    for key in keys:
        try:
            public.verify(key, signed_bytes(accord_id, entry.core), entry.signature)
        except public.BadSignature:
            continue
        return True
    return False
