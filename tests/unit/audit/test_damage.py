"""Damage to an export: whatever was done to the file, the verdict names the entry, and nothing is ever raised."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.audit.verdict import Kind, Verdict
from openline.keys.secret import SigningKey
from openline.wire import accord as accords
from openline.wire import bodies, entry
from openline.wire.entry import Place
from openline.wire.export import Tag
from tests.accord_maker import Made
from tests.table import table
from tests.unit.audit.build import Book, audited, codes, fork, items, message, small, whole, whole_export

SMALL = small(6).export()
OPENING_BYTES = sum(map(len, items(SMALL)[:2]))


def spans(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    for part in items(data):
        yield at, at + len(part), part
        at += len(part)


def named_place(verdict: Verdict) -> Place | None:
    assert verdict.kind is Kind.DOES_NOT_VERIFY
    assert verdict.first_break is not None
    return verdict.first_break.place


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]


def test_flip_any_byte_of_an_entry_or_the_trailer():
    """Every byte of a small export, one at a time: the first break is at the entry it was in, or at the trailer."""
    for start, end, part in spans(SMALL):
        if start < OPENING_BYTES:
            continue
        place = entry.decode(part[4:]).place if part[0] == Tag.ENTRY else None
        for at in range(start, end):
            verdict = audited(flipped(SMALL, at))
            assert named_place(verdict) == place, (at, verdict.first_break)
            assert start <= verdict.first_break.offset < end or place is None
            assert verdict.verified == (5 if place else 6)


def test_flip_a_byte_of_the_opening(soak):
    """Every byte of the accord and its signatures is covered too (each 97th, and in full counts each)."""
    for at in range(0, OPENING_BYTES, 1 if soak else 97):
        verdict = audited(flipped(SMALL, at))

        assert named_place(verdict) is None
        assert verdict.first_break.offset in (0, 18)


def test_flip_a_byte_of_any_kind_of_entry(soak):
    """In a record with every kind, key changes and generations among them, the first break is where the damage is."""
    for start, end, part in spans(whole_export()):
        if start < OPENING_BYTES or part[0] != Tag.ENTRY:
            continue
        place = entry.decode(part[4:]).place
        for at in range(start, end, 1 if soak else max(1, (end - start) // 8)):
            assert named_place(audited(flipped(whole_export(), at))) == place, at


def test_a_damaged_entry_is_told_from_one_signed_so():
    """Where the author's next entry names other bytes, the damage came later, and the true id is known."""
    book = small()
    true = book.chains[0][1]
    verdict = audited(flipped(SMALL, SMALL.index(true.data) + len(true.data) - 1))

    assert codes(verdict) == ["signature"]
    assert verdict.first_break.repaired == true.id
    assert "were changed later" in verdict.first_break.what
    assert verdict.sealed is False
    assert verdict.verified_before_break == 1
    assert verdict.chains[0].holds == [(0, 0), (2, 2)]
    assert verdict.first_break.key.side == 0


def test_an_entry_that_its_author_signed_badly():
    """Where the author's next entry names exactly the bad bytes, the author wrote them so."""
    book = small(2)
    bad = book.chains[0][0]
    bad = entry.decode(bad.core + bytes(64))
    book.chains[0][0] = bad
    message(book, 0)
    verdict = audited(book.export())

    assert codes(verdict)[0] == "signature"
    assert "they were so when it was signed" in verdict.first_break.what
    assert verdict.sealed is True


def test_drop_an_entry():
    """Each entry in turn is taken out: it is said to be missing, the last of a chain by the trailer's word."""
    parts = items(SMALL)
    for count, part in enumerate(parts[2:-1], 2):
        verdict = audited(b"".join(parts[:count] + parts[count + 1 :]))
        assert (named_place(verdict), codes(verdict)) == (entry.decode(part[4:]).place, ["missing"])


@pytest.mark.parametrize("data", [SMALL, whole_export()], ids=["small", "whole"])
def test_drop_two_entries_or_swap_two(data, soak):
    """Every pair of a small record, some of a whole one, strays among them: the first break is one of the two."""
    parts = items(data)
    order = range(2, len(parts) - 1)
    pairs = list(combinations(order, 2))
    if not soak:
        pairs = random.Random(7).sample(pairs, min(len(pairs), 60))
    for one, other in pairs:
        swapped = list(parts)
        swapped[one], swapped[other] = parts[other], parts[one]
        both = [entry.decode(parts[x][4:]).place for x in (one, other)]
        dropped = [x for count, x in enumerate(parts) if count not in (one, other)]
        for changed in (swapped, dropped):
            assert named_place(audited(b"".join(changed))) in both, (one, other)


def test_swap_entries_of_two_chains():
    """An entry that stands in the other side's chain is the first break, also where that chain would begin with it."""
    parts = items(SMALL)
    for one, other in [(3, 5), (2, 7), (4, 5), (3, 6)]:
        swapped = list(parts)
        swapped[one], swapped[other] = parts[other], parts[one]
        verdict = audited(b"".join(swapped))
        named = {x.place for x in verdict.breaks.items}
        assert named_place(verdict) == entry.decode(parts[other][4:]).place
        assert named <= {entry.decode(parts[x][4:]).place for x in (one, other)}


def test_drop_an_entry_beside_which_a_fork_stands():
    """The other branch, kept as a stray, is not taken for the entry that was dropped: what is named at its place, by
    the other side or by a generation, is another."""
    parts = items(whole_export())
    at = next(n for n, part in enumerate(parts[2:], 2) if entry.decode(part[4:]).place == (1, 0, 13))
    verdict = audited(b"".join(parts[:at] + parts[at + 1 :]))

    assert (named_place(verdict), codes(verdict)) == ((1, 0, 13), ["stray"])
    assert "missing" in verdict.first_break.what


def test_swap_the_entry_beside_which_a_fork_stands():
    """The other branch is not put in the place of an entry that was moved: only what was moved is named, and nobody
    is blamed for having acknowledged it."""
    book = Book()
    book.add(1, bodies.Ack())
    book.add(0, bodies.Ack())
    book.add(0, fork(book, 1))
    book.add(1, bodies.Ack())
    parts = items(book.export())
    parts[3], parts[5] = parts[5], parts[3]
    verdict = audited(b"".join(parts))

    assert codes(verdict) == ["order", "order"]
    assert [x.place for x in verdict.breaks.items] == [(1, 0, 1), (1, 0, 0)]


def test_move_a_stray_among_the_entries():
    """Of strays and entries that are mixed, the fewer are named: the stray, or the entry that stands behind it."""
    parts = items(whole_export())
    stray, last = parts[-2], parts[-3]
    for behind in (2, 9):
        verdict = audited(b"".join([*parts[:-2][:-behind], stray, *parts[:-2][-behind:], parts[-1]]))
        assert (named_place(verdict), codes(verdict)) == ((1, 0, 13), ["order"])
        assert verdict.first_break.offset == sum(map(len, parts[:-2][:-behind]))
    verdict = audited(b"".join([*parts[:-3], stray, last, parts[-1]]))
    assert (named_place(verdict), codes(verdict)) == ((1, 1, 2), ["order"])


def test_change_the_tag_or_length_of_a_stray():
    """Where only an item's tag or length is damaged, the entry behind it still says that it was a stray."""
    data = whole_export()
    at = next(start for start, _, part in spans(data) if part[0] == Tag.STRAY)
    for byte, value in ((0, 9), (1, 1), (2, 0xF0)):
        verdict = audited(data[: at + byte] + bytes([value]) + data[at + byte + 1 :])
        assert (named_place(verdict), codes(verdict)) == ((1, 0, 13), ["stray"])
        assert verdict.first_break.offset == at


def test_change_the_side_in_the_opening():
    """An export made to call itself the other side's: the break is in the opening, with the key that signed."""
    data = whole_export()
    at = data.index(b"\x83\x01\x00") + 2
    verdict = audited(data[:at] + b"\1" + data[at + 1 :])

    assert (codes(verdict), verdict.first_break.offset, verdict.exporter) == (["opening"], 18, 0)
    assert verdict.first_break.key.side == 0
    assert verdict.sealed is False


def test_double_an_entry():
    """An entry that stands twice is named at its second place."""
    parts = items(SMALL)
    for count in range(2, len(parts) - 1):
        verdict = audited(b"".join([*parts[: count + 1], *parts[count:]]))
        assert (named_place(verdict), codes(verdict)) == (entry.decode(parts[count][4:]).place, ["order"])
        assert "a second time" in verdict.first_break.what


def test_splice_a_foreign_signature():
    """The signature of one entry under another, or of the other side's key: named, and whose key it should be."""
    book = small()
    for wrong in (book.chains[0][2].signature, book.signers[1].sign(book.chains[0][1].core)):
        entries = list(book.entries())
        entries[1] = entries[1][:-64] + wrong
        verdict = audited(book.export(entries=entries))

        assert named_place(verdict) == (0, 0, 1)
        assert verdict.first_break.key.side == 0
        assert verdict.sealed is True


def test_splice_an_entry_of_another_accord():
    """A sound entry of another accord between the same names proves nothing here."""
    other = table(b"another")
    foreign = Book(made=Made(other.signed, other.keys, b""), signers=[k.station.station for k in other.keys])
    message(foreign, 0)
    entries = list(small().entries())
    entries[0] = foreign.chains[0][0].data
    verdict = audited(small().export(entries=entries))

    assert (named_place(verdict), codes(verdict)[0]) == ((0, 0, 0), "signature")


def test_splice_an_entry_of_a_fork():
    """An entry that its author did sign, at a place where the chain goes on from another, is named by its successor."""
    book = small()
    other = book.sign(0, entry.encode_core(0, 0, 1, book.chains[0][0].id, None, book.now_s, bodies.Ack()))
    entries = list(book.entries())
    entries[1] = other.data
    verdict = audited(book.export(entries=entries))

    assert codes(verdict) == ["link"]
    assert named_place(verdict) == (0, 0, 2)
    assert verdict.chains[0].head_id == book.chains[0][-1].id


def test_append_an_entry_that_the_trailer_does_not_name():
    """An entry added behind the head is named as standing beyond what was exported."""
    book = small()
    parts = items(book.export())
    message(book, 1)
    added = book.chains[1][-1].data
    verdict = audited(b"".join([*parts[:-1], bytes([Tag.ENTRY]) + len(added).to_bytes(3, "big") + added, parts[-1]]))

    assert (named_place(verdict), codes(verdict)) == ((1, 0, 3), ["trailer"])


def test_truncate_at_every_length(soak):
    """A file cut at any byte never verifies; cut between items it says that the trailer is missing."""
    borders = {start for start, _, _ in spans(SMALL)}
    lengths = set(range(0, OPENING_BYTES, 1 if soak else 257)) | set(range(OPENING_BYTES, len(SMALL)))
    for length in sorted(lengths):
        verdict = audited(SMALL[:length])
        assert named_place(verdict) is None
        if length in borders and length > OPENING_BYTES:
            assert codes(verdict) == ["trailer"]


@pytest.mark.parametrize("tail", [b"\0", b"\4\0\0\0", bytes(5000), SMALL, items(SMALL)[-1], items(SMALL)[2]])
def test_append_bytes(tail):
    """Nothing may follow the trailer; what stands before it is said to be as it was signed."""
    verdict = audited(SMALL + tail)

    assert codes(verdict) == ["tail"]
    assert (verdict.first_break.offset, verdict.sealed) == (len(SMALL), True)


def test_take_a_byte_out_or_put_one_in(soak):
    """Where the framing is lost, it is found again: all entries behind the damage still verify."""
    starts = [start for start, _, _ in spans(SMALL)]
    for at in range(OPENING_BYTES, starts[-1], 1 if soak else 5):
        place = entry.decode(items(SMALL)[max(x for x in range(len(starts)) if starts[x] <= at)][4:]).place
        for data in (SMALL[:at] + SMALL[at + 1 :], SMALL[:at] + b"\x55" + SMALL[at:]):
            verdict = audited(data)
            assert named_place(verdict) == place, at
            assert verdict.verified >= 5


def test_encode_a_number_the_long_way():
    """An entry in another than its one form is malformed, even if its author signed that form."""
    book = small(2)
    core = book.draft(0, bodies.Ack())
    assert core[:5] == b"\x89\x01\x00\x00\x01"
    book.chains[0].append(Raw(book, core[:4] + b"\x18\x01" + core[5:]))
    verdict = audited(book.export(entries=[*(x.data for x in book.chains[0]), *(x.data for x in book.chains[1])]))

    assert (named_place(verdict), codes(verdict)[0]) == ((0, 0, 1), "malformed")


class Raw:
    """Bytes signed as an entry that no decoder takes."""

    def __init__(self, book: Book, core: bytes) -> None:
        self.data = core + book.signers[0].sign(entry.signed_bytes(book.made.id, core))
        self.place = Place(0, 0, 1)


def test_the_digits_of_another_accord():
    """With the digits of another accord it does not verify, with its own, spaced or not, it is anchored."""
    digits = accords.digits(small().made.id)

    assert audited(SMALL, accord_digits=digits).anchored is True
    assert audited(SMALL, accord_digits=digits.replace(" ", "")).kind is Kind.VERIFIES
    wrong = audited(SMALL, accord_digits=accords.digits(bytes(32)))
    assert (codes(wrong), wrong.anchored, wrong.verified) == (["anchor"], False, 6)
    assert audited(SMALL).anchored is None


def test_another_key_signs_the_trailer():
    """Only the exporting side's station key in force seals an export; a former one is told from a stranger's."""
    book = small()
    former = book.signers[0]
    book.rotate(0)
    old = audited(book.export(signer=former))
    assert codes(old) == ["trailer"]
    assert "no longer in force" in old.first_break.what
    for stranger in (book.signers[1], SigningKey.from_seed(bytes(32))):
        assert codes(audited(book.export(signer=stranger))) == ["trailer"]


def test_mark_an_entry_as_a_stray():
    """An entry moved out of its chain by its mark alone is named, a key change and a generation too."""
    for start, _, part in spans(whole_export()):
        if start >= OPENING_BYTES and part[0] == Tag.ENTRY:
            marked = whole_export()[:start] + bytes([Tag.STRAY]) + whole_export()[start + 1 :]
            assert named_place(audited(marked)) == entry.decode(part[4:]).place


def test_mark_a_stray_as_an_entry():
    """The other branch of a fork, put among the entries, is named and told as a fork."""
    data = whole_export()
    at = next(start for start, _, part in spans(data) if part[0] == Tag.STRAY)
    verdict = audited(data[:at] + bytes([Tag.ENTRY]) + data[at + 1 :])

    assert named_place(verdict) == (1, 0, 13)
    assert "fork" in [x.code for x in verdict.findings.items]


def test_a_stray_that_is_out_of_order_unsigned_or_in_its_chain():
    """Strays have one order, are signed, and do not stand in their chain as well."""
    book = small()
    fork(book, 0)
    fork(book, 1)
    parts = items(book.export())
    assert codes(audited(b"".join([*parts[:-3], parts[-2], parts[-3], parts[-1]]))) == ["stray"]
    assert codes(audited(b"".join([*parts[:-2], parts[-3], parts[-1]]))) == ["stray"]
    unsigned = parts[-3][:-1] + bytes([parts[-3][-1] ^ 1])
    assert codes(audited(b"".join([*parts[:-3], unsigned, *parts[-2:]]))) == ["stray"]
    assert codes(audited(b"".join([*parts[:-3], b"\3" + parts[4][1:], *parts[-3:]]))) == ["stray"]
    assert codes(audited(b"".join([*parts[:-3], parts[-3][:1] + b"\0\0\1\0", *parts[-2:]]))) == ["stray"]


def test_a_second_accord_is_out_of_place():
    """The accord stands first and once."""
    parts = items(SMALL)

    assert codes(audited(b"".join([*parts[:4], parts[1], *parts[4:]]))) == ["order"]


def test_a_gap_too_long_to_follow():
    """A number that would exhaust memory ends the reading of its chain, and the rest is still read."""
    book = small(4)
    book.add(0, bodies.Ack(), seq=2**63)
    book.add(0, bodies.Ack())
    verdict = audited(book.export())

    assert codes(verdict)[0] == "missing"
    assert verdict.verified == 4


CHANGES = st.lists(st.tuples(st.sampled_from(["cut", "put", "flip", "move"]), st.floats(0, 1), st.binary(max_size=9)))


@given(CHANGES)
def test_any_changes_give_a_verdict(changes):
    """Bytes cut out, put in, changed and moved, in any number: the verdict is a verdict, and says does not verify."""
    base = whole_export()
    data = base
    for what, where, some in changes:
        at = OPENING_BYTES + int(where * (len(data) - OPENING_BYTES))
        match what:
            case "cut":
                data = data[:at] + data[at + 1 + len(some) * 20 :]
            case "put":
                data = data[:at] + some + data[at:]
            case "flip":
                data = data[:at] + some + data[at + len(some) :]
            case "move":
                data = data[:at] + data[at + 50 : at + 150] + data[at : at + 50] + data[at + 150 :]
    verdict = audited(data)

    assert (verdict.kind is Kind.VERIFIES) == (data == base)
    assert verdict.to_plain()["verdict"] == str(verdict.kind)


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_opening_give_a_verdict(data):
    """Whatever follows a sound accord, nothing is raised."""
    assert audited(SMALL[:OPENING_BYTES] + data).kind is Kind.DOES_NOT_VERIFY


def test_every_kind_of_record_verifies_before_it_is_damaged():
    """What the tests above damage is sound: so a verdict above is about the damage."""
    for side in (0, 1):
        for book in (Book(), small(), whole()):
            assert audited(book.export(side)).kind is Kind.VERIFIES
