"""Two exports side by side: lag, forks, damage and strangers are told apart."""

from __future__ import annotations

import io

import pytest

from openline.audit.check import Audit
from openline.audit.compare import Comparison, common_length, compare
from openline.audit.tracks import Track
from openline.audit.verdict import Kind
from openline.wire import bodies
from tests.accord_maker import Made
from tests.table import table
from tests.unit.audit.build import Book, message, small, whole


def compared(first: bytes, second: bytes) -> Comparison:
    return compare(Audit(io.BytesIO(first)), Audit(io.BytesIO(second)))


def test_both_sides_copies_of_one_record_agree():
    """The exports of both sides differ in whose they are and agree in every head."""
    book = whole()
    found = compared(book.export(0), book.export(1))

    assert (found.holds, found.heads_agree, found.same_accord) == (True, True, True)
    assert found.common == {(0, 0): 17, (1, 0): 14, (1, 1): 3}


def test_to_lag_is_no_fault():
    """What one lacks is named, in either order, and both hold."""
    behind, ahead = small(), small()
    message(ahead, 0)
    message(ahead, 1)
    message(ahead, 1)
    for exports, short in ((("behind", "ahead"), 0), (("ahead", "behind"), 1)):
        given = [{"behind": behind, "ahead": ahead}[x].export() for x in exports]
        found = compared(given[0], given[1])
        assert (found.holds, found.heads_agree) == (True, False)
        assert [tuple(x) for x in found.lacks] == [(short, (0, 0, 3), 1), (short, (1, 0, 3), 2)]


def test_a_generation_that_only_one_holds():
    """A whole chain that one export lacks is lag too."""
    behind, ahead = small(), small()
    ahead.generation(0, ahead.chains[0][-1])
    found = compared(behind.export(1), ahead.export(0))

    assert (found.holds, [tuple(x) for x in found.lacks]) == (True, [(0, (0, 1, 0), 1)])


def test_a_fork_between_two_exports_is_proven():
    """Two records that each verify, with different entries at one place: their author forked, and it is proven."""
    one, other = small(), small()
    message(one, 1, "shown to one")
    message(other, 1, "shown to the other")
    found = compared(one.export(0), other.export(1))

    assert found.kinds == (Kind.VERIFIES, Kind.VERIFIES)
    assert (found.holds, len(found.differences)) == (False, 1)
    difference = found.differences[0]
    assert (difference.place, difference.proven) == ((1, 0, 3), True)
    assert difference.ids == (one.chains[1][-1].id.hex(), other.chains[1][-1].id.hex())


def test_damage_is_no_fork():
    """Where one of two differing entries is not sound, nothing is proven against its author."""
    data = small().export()
    last = small().chains[0][-1].data
    found = compared(data, data.replace(last, last[:-1] + bytes([last[-1] ^ 1])))

    assert (found.holds, found.kinds[1]) == (False, Kind.DOES_NOT_VERIFY)
    assert [x.proven for x in found.differences] == [False]


def test_exports_of_different_accords():
    """Nothing is compared across accords, or with what is no export."""
    other = table(b"another")
    book = Book(made=Made(other.signed, other.keys, b""), signers=[k.station.station for k in other.keys])
    for data in (book.export(), b"no export"):
        found = compared(small().export(), data)
        assert (found.same_accord, found.holds, found.common) == (False, False, {})


def test_a_comparison_is_plain():
    """For programs: places, names and counts."""
    one, other = small(), small()
    message(one, 0)
    message(other, 1)
    message(other, 1)
    one.add(1, bodies.Ack())
    plain = compared(one.export(), other.export()).to_plain()

    assert plain["lacks"] == [
        {"export": 1, "first": {"side": 0, "gen": 0, "seq": 3, "name": "north 0/3"}, "entries": 1},
    ]
    assert plain["differences"][0]["place"]["name"] == "south 0/3"
    assert (plain["holds"], plain["verdicts"]) == (False, ["verifies", "verifies"])


@pytest.mark.parametrize(("one", "other"), [(0, 0), (0, 5), (5, 5), (7, 3), (1, 1)])
@pytest.mark.parametrize("common", range(8))
def test_a_common_beginning_is_found_by_halving(one, other, common):
    """The length of the common beginning, for chains of any lengths."""
    tracks = []
    for side, length in enumerate((one, other)):
        track = Track(0, 0)
        for seq in range(length):
            track.append_bad(seq, bytes([seq + 1, side if seq >= common else 9]) * 16)
        tracks.append(track)

    assert common_length(tracks[0], tracks[1]) == min(one, other, common)
