"""The audit of records that nobody damaged: what sides did, right and wrong, and what the verdict makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openline.audit.verdict import Kind
from openline.keys import public
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import SigningKey, StationKeys
from openline.wire import bodies, entry
from openline.wire.terms import Head, Level, ProofKind
from tests.unit.audit.build import (
    Book,
    audited,
    codes,
    finding_codes,
    fork,
    message,
    small,
    whole,
    whole_export,
)


def test_a_whole_record_verifies_for_both_sides():
    """Every kind of entry, a key change, a generation, a settled fork: it verifies, and everything is counted."""
    for side in (0, 1):
        verdict = audited(whole_export(side))

        assert (verdict.kind, verdict.exporter, verdict.sealed) == (Kind.VERIFIES, side, True)
        assert (verdict.entries, verdict.verified, verdict.strays) == (34, 34, 1)
        assert [(x.side, x.gen, x.entries, x.head_seq) for x in verdict.chains] == [
            (0, 0, 17, 16), (1, 0, 14, 13), (1, 1, 3, 2),
        ]  # fmt: skip
        assert sum(sum(x.kinds.values()) for x in verdict.chains) == 33
        assert verdict.chains[2].kinds == {"generation": 1, "checkpoint": 1, "message": 1}
        assert verdict.chains[0].kinds["presence"] == 1
        assert verdict.chains[0].unknown_kinds == {99: 1}


def test_the_heads_keys_and_checkpoints_are_told():
    """The last entry of each chain, the station key in force there, and how far post-quantum signatures reach."""
    book = whole()
    verdict = audited(book.export())

    assert verdict.chains[0].head_id == book.chains[0][-1].id
    assert [x.key for x in verdict.chains[::2]] == [public.fingerprint(x.public) for x in book.signers]
    assert [(x.checkpoints, x.checkpointed) for x in verdict.chains] == [(2, 9), (2, 11), (1, 1)]
    assert verdict.chains[0].first_s == book.chains[0][0].time_s
    assert verdict.chains[0].last_s == book.chains[0][-1].time_s


def test_an_audit_tells_how_far_it_is():
    """The progress callback is given rising offsets in the file."""
    book = Book()
    for _ in range(2100):
        book.add(0, bodies.Ack())
    seen: list[int] = []
    data = book.export()
    verdict = audited(data, progress=seen.append)

    assert verdict.kind is Kind.VERIFIES
    assert seen
    assert 0 < seen[0] < len(data)


# --- what an author's signature does not make right ---


def wrong(**change: Any) -> Book:
    """A record whose next entry of side 0, soundly signed, breaks a rule of its chain."""
    book = small()
    book.add(0, bodies.Ack(), **change)
    return book


def test_acknowledgements_that_break_a_rule():
    """One taken back, one written out unchanged, two different at one place, one of an entry that was never made."""
    book = small()
    before = book.chains[1][0].head
    assert codes(audited(wrong(ack=before).export())) == ["ack"]
    last = book.acked[0]
    assert codes(audited(wrong(ack=last).export())) == ["ack"]
    assert codes(audited(wrong(ack=Head(0, 2, bytes(32))).export())) == ["ack"]
    seal = bodies.Seal(call_id=bytes(8))
    other = small()
    other.add(0, bodies.Ack())
    other.add(0, seal, ack=Head(0, 2, bytes(32)))
    assert codes(audited(other.export())) == ["ack"]


def test_a_seal_writes_out_the_head():
    """A seal that leaves the acknowledgement out is a break; the first entry of a record may have none."""
    book = small()
    book.add(0, bodies.Seal(call_id=bytes(8)), ack=None)
    assert codes(audited(book.export())) == ["ack"]
    alone = Book()
    alone.add(0, bodies.Seal(call_id=bytes(8)))
    assert audited(alone.export()).kind is Kind.VERIFIES


def test_a_history_rewritten_by_its_author():
    """A side that signs its whole chain anew is given away by what the other side acknowledged."""
    book = small()
    again = Book()
    for count in range(3):
        message(again, 0, f"it was otherwise {count}")
    book.chains[0][:] = again.chains[0]
    verdict = audited(book.export())

    assert set(codes(verdict)) == {"ack"}
    assert verdict.first_break.key.side == 1


def test_a_predecessor_that_is_not_the_one_before():
    """An entry that names another predecessor breaks its chain, whoever signed it."""
    assert codes(audited(wrong(prev=bytes(32)).export())) == ["link"]
    book = Book()
    book.add(1, bodies.Ack(), prev=bytes(32))
    assert codes(audited(book.export())) == ["link"]


@pytest.mark.parametrize("change", [{"size": 4}, {"root": bytes(32)}, {"ed25519": bytes(64)}, {"mldsa44": bytes(2420)}])
@pytest.mark.parametrize("sealed", [False, True])
def test_a_false_checkpoint(change, sealed):
    """A checkpoint of another size or root, or without both signatures, is a break at its entry."""
    book = small()
    checkpoint = book.checkpoint(0)._replace(**change)
    seal = bodies.Seal(call_id=bytes(8), checkpoint=checkpoint)
    book.add(0, seal if sealed else bodies.Checkpoint(checkpoint=checkpoint))
    verdict = audited(book.export())

    assert codes(verdict) == ["checkpoint"]
    assert verdict.chains[0].checkpointed == 0


def test_a_key_change_without_possession():
    """A station key whose holder did not sign for it breaks the chain at the entry that names it."""
    book = small()
    book._next_signer = SigningKey.from_seed(bytes(32))
    book.add(0, bodies.Key(station=book._next_signer.public, possession=bytes(64)))
    message(book, 0)
    verdict = audited(book.export())

    assert codes(verdict) == ["key"]
    assert verdict.verified == 8


def test_a_key_of_small_order_never_signs():
    """A station key that cannot be registered is refused, and what it signs with it."""
    book = small()
    book._next_signer = book.signers[0]
    book.add(0, bodies.Key(station=b"\1" + bytes(31), possession=bytes(64)))
    assert codes(audited(book.export())) == ["key"]


def test_the_old_key_signs_nothing_more():
    """After a key change the old key's signature is none."""
    book = small()
    old = book.signers[0]
    book.rotate(0)
    assert audited(book.export()).kind is Kind.VERIFIES
    new, book.signers[0] = book.signers[0], old
    message(book, 0)
    book.signers[0] = new
    assert codes(audited(book.export())) == ["signature"]


def test_a_generation_without_its_root():
    """A generation that its root did not sign breaks the chain at its first entry."""
    for change in ({"root_ed25519": bytes(64)}, {"root_mldsa87": bytes(4627)}, {"possession": bytes(64)}):
        book = small()
        made = book.generation(1, book.chains[1][-1])
        book.chains[1].pop()
        book.add(1, replace(made.body, **change), gen=1, seq=0, ack=made.ack)
        assert codes(audited(book.export()))[0] == "generation", change


def test_where_a_generation_may_begin():
    """It goes on from an entry of an earlier generation, from none, or begins its chain; and nowhere else."""
    cut_off = small()
    cut_off.generation(1, cut_off.chains[1][1])
    assert audited(cut_off.export()).kind is Kind.VERIFIES
    from_nothing = small()
    from_nothing.generation(1, None)
    assert audited(from_nothing.export()).kind is Kind.VERIFIES
    other = small()
    stranger = other.chains[1][0]._replace(id=bytes(32))
    other.generation(1, stranger)
    assert codes(audited(other.export())) == ["generation"]
    later = small()
    later.generation(1, later.chains[1][0]._replace(gen=7))
    assert codes(audited(later.export())) == ["generation"]


def test_a_generation_in_the_middle_and_a_chain_without_one():
    """A generation stands first in its chain, and a later chain begins with one."""
    book = small()
    made = book.generation(1, book.chains[1][-1])
    book.chains[1].pop()
    book.signers[1] = book.made.keys[1].station.station
    data = book.draft(1, made.body, gen=0, seq=3, prev=book.chains[1][-1].id)
    book.chains[1].append(book.sign(1, data))
    assert "signature" in codes(audited(book.export()))
    without = small()
    without.add(1, bodies.Ack(), gen=1, seq=0, prev=without.made.id)
    assert set(codes(audited(without.export()))) <= {"signature", "trailer"}


# --- what is absent ---


def test_a_record_that_lacks_what_it_names():
    """Entries acknowledged, answered or receipted that are not in the export: incomplete, each named, no fault."""
    book = small()
    lost = message(book, 0, "lost with the site")
    message(book, 1, answers=lost.id)
    book.add(1, book.approved(1, bodies.Receipt(seq=lost.seq, level=Level.ACKNOWLEDGED), [0]))
    book.chains[0].remove(lost)
    verdict = audited(book.export(1))

    assert (verdict.kind, codes(verdict)) == (Kind.INCOMPLETE, [])
    assert [x.place or x.id for x in verdict.absences.items] == [lost.place, lost.id, lost.place]
    assert verdict.verified == verdict.entries == 8


def test_a_generation_from_what_is_absent():
    """A generation that goes on from an entry which the export lacks leaves it incomplete."""
    book = small()
    lost = book.chains[1].pop()
    book.chains[1].append(lost)
    book.generation(1, lost)
    book.chains[1].remove(lost)
    verdict = audited(book.export(1))

    assert (verdict.kind, codes(verdict)) == (Kind.INCOMPLETE, [])
    assert verdict.absences.items[0].place == lost.place


def test_entries_ahead_of_a_gap():
    """Entries kept beside the chain because what is before them never came: incomplete, and no fork."""
    book = small()
    book.chains[1].append(book.sign(1, book.draft(1, bodies.Ack())))
    for _ in range(2):
        message(book, 1)
    book.strays = book.chains[1][4:]
    lost = book.chains[1][3]
    del book.chains[1][3:]
    verdict = audited(book.export(0))

    assert (verdict.kind, codes(verdict), finding_codes(verdict)) == (Kind.INCOMPLETE, [], [])
    assert (verdict.absences.items[0].id, verdict.strays) == (lost.id, 2)
    generation = small()
    made = generation.generation(1, message(generation, 1))
    del generation.chains[1][-2:]
    generation.strays = [made]
    assert (audited(generation.export(0)).kind, codes(audited(generation.export(0)))) == (Kind.INCOMPLETE, [])


# --- forks and proofs ---


def test_a_fork_is_found_by_its_strays():
    """Two signed entries at one place prove a fork of their author; what goes on from a branch tells nothing more."""
    book = small()
    fork(book, 1)
    branch = book.strays[0]
    more = entry.encode_core(1, 0, branch.seq + 1, branch.id, None, book.now_s, bodies.Ack())
    book.strays.append(book.sign(1, more))
    verdict = audited(book.export())

    assert (verdict.kind, finding_codes(verdict)) == (Kind.VERIFIES, ["fork"])
    assert (verdict.findings.items[0].place, verdict.findings.items[0].against) == (branch.place, 1)


def test_acknowledging_the_other_branch_is_no_fault():
    """An acknowledgement of an entry that is kept as a stray is of an entry that is there."""
    book = small()
    fork(book, 1)
    book.add(0, bodies.Ack(), ack=book.strays[0].head)
    assert audited(book.export()).kind is Kind.VERIFIES


def test_a_generation_of_a_branch_signs_its_branch():
    """Keys that a branch names count for that branch."""
    book = small()
    last = book.chains[1][-1]
    made = book.generation(1, last)
    del book.chains[1][-1]
    old = book.made.keys[1].station.station
    new = SigningKey.from_seed(bytes(32))
    possession = new.sign(public.possession_message(book.made.id, new.public))
    book.signers[1] = old
    key = bodies.Key(station=new.public, possession=possession)
    first = book.sign(1, entry.encode_core(1, 0, last.seq, last.prev, last.ack, book.now_s, key))
    book.signers[1] = new
    then = book.sign(1, entry.encode_core(1, 0, last.seq + 1, first.id, None, book.now_s, bodies.Ack()))
    book.signers[1] = StationKeys.generate(SeededEntropy(b"generation 1 3")).station
    book.generation(1, last)
    book.strays = [first, then, made]
    verdict = audited(replace_generation(book, made).export())
    assert verdict.kind is Kind.VERIFIES
    assert set(finding_codes(verdict)) == {"fork"}


def replace_generation(book: Book, made: entry.Entry) -> Book:
    """A second generation entry at the place of `made`, so that the two are a fork of the root itself."""
    book.chains[1].pop()
    book.now_s += 1
    again = entry.encode_core(1, 1, 0, made.prev, made.ack, book.now_s, made.body)
    book.chains[1].append(book.sign(1, again))
    return book


def test_proofs_are_judged_again():
    """A proof of each kind is told with the side it is against; one that proves nothing is told as that."""
    book = small()
    book.add(0, fork(book, 1))
    a, b = book.chains[1][0], book.chains[1][1]
    bad = entry.decode(b.core + bytes(64))
    commits = book.sign(1, entry.encode_core(1, 0, 2, bad.id, None, book.now_s, bodies.Ack()))
    book.add(0, bodies.Fault(proof=ProofKind.BAD_SIGNATURE, first=bad.data, second=commits.data))
    book.add(0, bodies.Fault(proof=ProofKind.BAD_CHAIN, first=b.data, second=commits.data))
    for proof, first, second in (
        (ProofKind.FORK, a, b),
        (ProofKind.FORK, a, a),
        (ProofKind.BAD_CHAIN, a, b),
        (ProofKind.BAD_CHAIN, b, a),
        (ProofKind.BAD_SIGNATURE, a, b),
        (ProofKind.BAD_SIGNATURE, a, bad),
    ):
        book.add(0, bodies.Fault(proof=proof, first=first.data, second=second.data))
    book.add(0, bodies.Fault(proof=ProofKind.FORK, first=b"", second=b.data))
    verdict = audited(book.export())

    assert verdict.kind is Kind.VERIFIES
    proofs = [(x.code, x.against) for x in verdict.findings.items if x.place.side == 0]
    assert proofs == [("fork", 1), ("bad_signature", 1), ("bad_chain", 1), *[("proof", None)] * 7]


def test_nobody_is_framed_with_a_generation_of_ones_own_making():
    """Two generation entries under a key that no root signed prove nothing against the side they name."""
    book = small()
    forged = []
    for time_s in (1, 2):
        made = book.generation(1, None)
        book.chains[1].pop()
        body = replace(made.body, root_ed25519=bytes(64))
        forged.append(book.sign(1, entry.encode_core(1, 1, 0, book.made.id, None, time_s, body)))
    book.signers[1] = book.made.keys[1].station.station
    first, second = sorted(forged, key=lambda x: x.id)
    book.add(0, bodies.Fault(proof=ProofKind.FORK, first=first.data, second=second.data))
    verdict = audited(book.export())

    assert (verdict.kind, finding_codes(verdict)) == (Kind.VERIFIES, ["proof"])
