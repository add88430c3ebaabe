"""Proofs of fault, judged again from their two entries alone (spec 3.10).

Rules of this file: a proof stands on signatures of the accused side's station keys; whatever a carrier could have made
proves nothing.
"""

from __future__ import annotations

from openline.audit.keyring import Keyring, first_that_signed
from openline.wire import entry as entries
from openline.wire.bodies import Fault, Generation
from openline.wire.entry import Entry, signed_bytes
from openline.wire.errors import Malformed
from openline.wire.terms import ProofKind


def against(body: Fault, keyring: Keyring) -> Entry | None:
    """The later of the two entries, whose author's side is proven to be at fault; None where nothing is proven."""
    try:
        first, second = entries.decode(body.first), entries.decode(body.second)
    except Malformed:
        return None
    if (first.side, first.gen) != (second.side, second.gen) or not _signed(second, keyring):
        return None
    if body.proof is ProofKind.FORK:
        proven = first.seq == second.seq and first.id < second.id and _signed(first, keyring)
    elif second.seq != first.seq + 1:
        proven = False
    elif body.proof is ProofKind.BAD_SIGNATURE:
        proven = second.prev == first.id and not _signed(first, keyring)
    else:
        proven = _signed(first, keyring) and (second.prev != first.id or _takes_back(first, second))
    return second if proven else None


def _takes_back(first: Entry, second: Entry) -> bool:
    return first.ack is not None and second.ack is not None and second.ack[:2] < first.ack[:2]


def _signed(entry: Entry, keyring: Keyring) -> bool:
    keys = keyring.known(entry.side)
    if isinstance(entry.body, Generation):
        if keyring.generation_fault(entry, entry.body):
            return False  # it names its own key: without its root's signatures, anybody could have made it
        keys = (*keys, entry.body.station)
    return first_that_signed(keys, signed_bytes(keyring.accord_id, entry.core), entry.signature) is not None
