"""Proofs of fault: two entries, the accused's own signatures, and nothing a carrier could have made (spec 3.10)."""

from __future__ import annotations

import pytest

from openline.core import faults
from openline.core.record import fork_proof
from openline.wire import bodies, entry
from openline.wire.bodies import Fault, Service
from openline.wire.entry import Entry
from openline.wire.terms import Head, ProofKind
from tests.accord_maker import made
from tests.unit.audit.build import Book, message, small

SIDE, OTHER = 0, 1
FORK, BAD_SIGNATURE, BAD_CHAIN = ProofKind.FORK, ProofKind.BAD_SIGNATURE, ProofKind.BAD_CHAIN


def proven(kind: ProofKind, first: Entry | bytes, second: Entry | bytes, keys: tuple[bytes, ...] = ()) -> int | None:
    plain = [x if isinstance(x, bytes) else x.data for x in (first, second)]
    body = Fault(proof=kind, first=plain[0], second=plain[1])
    return faults.proven(made().signed.accord, made().id, body, keys)


def another(book: Book, at: Entry, text: str = "another thing") -> Entry:
    """A second entry of the same author at the same place."""
    core = entry.encode_core(at.side, at.gen, at.seq, at.prev, at.ack, at.time_s, Service(text=text))
    return book.sign(at.side, core)


def broken(data: bytes) -> bytes:
    """The same with its signature damaged, as a carrier could."""
    return data[:-1] + bytes([data[-1] ^ 1])


def ordered(first: Entry, second: Entry) -> tuple[Entry, Entry]:
    return (first, second) if first.id < second.id else (second, first)


def test_two_signed_entries_at_one_place_are_a_fork() -> None:
    """Either side's; the proof is written with the lower id first, and in that order only."""
    book = small()
    for side in (SIDE, OTHER):
        first, second = ordered(book.chains[side][1], another(book, book.chains[side][1]))
        assert proven(FORK, first, second) == side
        assert proven(FORK, second, first) is None
        assert fork_proof(second.data, first.data) == fork_proof(first.data, second.data)


def test_damage_on_the_way_is_no_fork() -> None:
    """Other bytes at the same place, but nobody signed them."""
    book = small()
    held = book.chains[SIDE][1]
    damaged = entry.decode(broken(held.data))
    assert proven(FORK, *ordered(held, damaged)) is None


@pytest.mark.parametrize("other", ["same", "next place", "other side", "other generation", "another accord"])
def test_what_is_not_two_entries_at_one_place_is_no_fork(other: str) -> None:
    """An entry and itself; two places; two chains; an entry of another accord."""
    book = small()
    held = book.chains[SIDE][1]
    core = entry.encode_core(SIDE, 1, held.seq, held.prev, None, held.time_s, Service(text="x"))
    found = {
        "same": held,
        "next place": book.chains[SIDE][2],
        "other side": book.chains[OTHER][1],
        "other generation": book.sign(SIDE, core),
        "another accord": entry.decode(core + made().keys[SIDE].station.station.sign(b"x" + core)),
    }[other]
    assert proven(FORK, held, found) is None
    assert proven(FORK, found, held) is None


def test_a_rotated_key_proves_as_well_as_the_first() -> None:
    """Both branches may be signed by a key that the record has brought; without that key nothing is proven."""
    book = small(2)
    rotation = book.rotate(SIDE)
    held = message(book, SIDE)
    first, second = ordered(held, another(book, held))
    assert isinstance(rotation.body, bodies.Key)
    assert proven(FORK, first, second) is None
    assert proven(FORK, first, second, (rotation.body.station,)) == SIDE


def test_who_commits_to_a_bad_signature_is_guilty() -> None:
    """An entry that names one that its own author did not sign: no carrier can make the second."""
    book = small(2)
    good = book.sign(SIDE, book.draft(SIDE, Service(text="x")))
    bad = entry.decode(broken(good.data))
    book.chains[SIDE].append(bad)
    after = message(book, SIDE)
    assert after.prev == bad.id
    assert proven(BAD_SIGNATURE, bad, after) == SIDE
    assert proven(BAD_SIGNATURE, good, after) is None  # signed, though not what the second names
    assert proven(BAD_SIGNATURE, bad, entry.decode(broken(after.data))) is None


def test_who_leaves_its_own_chain_is_guilty() -> None:
    """Two signed neighbours of which the second does not name the first."""
    book = small()
    first, second = book.chains[SIDE][1:3]
    stranger = book.sign(SIDE, book.draft(SIDE, Service(text="x"), seq=second.seq, prev=bytes(32)))
    assert proven(BAD_CHAIN, first, stranger) == SIDE
    assert proven(BAD_CHAIN, first, second) is None
    assert proven(BAD_CHAIN, first, entry.decode(broken(stranger.data))) is None


def test_who_takes_an_acknowledgement_back_is_guilty() -> None:
    """Two signed neighbours of which the second acknowledges less."""
    book = small()
    first = message(book, SIDE, "more")
    assert first.ack is not None
    lower = book.chains[OTHER][0].head
    second = book.sign(SIDE, book.draft(SIDE, Service(text="x"), ack=lower))
    assert proven(BAD_CHAIN, first, second) == SIDE
    higher = Head(first.ack.gen, first.ack.seq + 1, bytes(32))
    onward = book.sign(SIDE, book.draft(SIDE, Service(text="x"), ack=higher))
    assert proven(BAD_CHAIN, first, onward) is None


@pytest.mark.parametrize("kind", list(ProofKind))
def test_bytes_that_are_no_entries_prove_nothing(kind: ProofKind) -> None:
    """Whatever stands in a proof, it proves or it does not; nothing is raised."""
    held = small().chains[SIDE][0]
    for first, second in ((b"", b""), (held.data, b"x" * 80), (b"\x89" * 100, held.data)):
        assert proven(kind, first, second) is None


def test_neighbours_in_a_refused_bundle_are_searched_for_proof() -> None:
    """Of a run of entries the pair that proves something is found; of an honest run, none."""
    book = small()
    accord, keys = made().signed.accord, (made().keys[SIDE].station.station.public,)
    run = book.chains[SIDE]
    assert faults.in_sequence(accord, made().id, keys, run) is None
    stranger = book.sign(SIDE, book.draft(SIDE, Service(text="x"), prev=bytes(32)))
    found = faults.in_sequence(accord, made().id, keys, [stranger, *run])
    assert found is not None
    assert (found.proof, found.first, found.second) == (BAD_CHAIN, run[-1].data, stranger.data)
