"""Stage six: the numbered steps by which an entry is accepted, each refused once (spec 6.1)."""

from __future__ import annotations

import pytest

from openline.core import chain
from openline.core.chain import ChainFault, Gap
from openline.core.record import Record
from openline.keys.public import BadSignature
from openline.keys.secret import SigningKey
from openline.wire import entry as entries
from openline.wire.bodies import Body, Message, Seal
from openline.wire.entry import Entry
from openline.wire.terms import Head
from tests.accord_maker import made

SIDE, OTHER, TIME_S = 0, 1, 1_600_000_000
FOREIGN = SigningKey(bytes(32))
HELLO = Message(number=1, text="hello")


def signed(
    seq: int = 0, prev: bytes | None = None, ack: Head | None = None, body: Body = HELLO, *, gen: int = 0,
    key: SigningKey | None = None, side: int = SIDE,
) -> Entry:
    core = entries.encode_core(side, gen, seq, made().id if prev is None else prev, ack, TIME_S, body)
    signer = key or made().keys[side].station.station
    return entries.decode(core + signer.sign(entries.signed_bytes(made().id, core)))


def step(cursor: chain.Cursor, entry: Entry) -> chain.Cursor:
    return chain.step(cursor, entry, made().signed.accord, lambda gen, seq: None)


def begun() -> tuple[chain.Cursor, Entry]:
    """A chain with one entry that acknowledges the other side's place 0/5."""
    start = chain.start(made().signed.accord, made().id, SIDE)
    first = signed(ack=Head(0, 5, bytes(32)))
    return step(start, first), first


def test_a_chain_begins_at_the_accord_and_each_entry_names_the_one_before():
    """The first link is the accord itself; after it each entry carries on the head and the acknowledgement."""
    cursor, first = begun()

    after = step(cursor, signed(1, first.id))

    assert after.head is not None
    assert after.head[:2] == (0, 1)
    assert after.ack == first.ack


def test_step_3_an_entry_beyond_a_gap_is_kept_not_refused():
    """What came too early is no fault of its author."""
    cursor, first = begun()

    with pytest.raises(Gap):
        step(cursor, signed(2, first.id))


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        pytest.param(lambda first: signed(1, bytes(32)), ChainFault, id="step 4: another entry before it"),
        pytest.param(lambda first: signed(0, made().id), ChainFault, id="step 3: behind its chain"),
        pytest.param(lambda first: signed(1, first.id, key=FOREIGN), BadSignature, id="step 6: a foreign key"),
        pytest.param(lambda first: signed(1, first.id, Head(0, 4, bytes(32))), ChainFault, id="step 7: taken back"),
        pytest.param(lambda first: signed(1, first.id, Head(0, 5, bytes(32))), ChainFault, id="step 7: said again"),
        pytest.param(
            lambda first: signed(1, first.id, body=Seal(call_id=bytes(8))), ChainFault, id="step 7: a headless seal"
        ),
    ],
)
def test_each_step_refuses_what_breaks_it(make, fault):
    """One broken rule, one refusal; the chain stands where it stood."""
    cursor, first = begun()

    with pytest.raises(fault):
        step(cursor, make(first))


def test_the_signature_covers_the_accord():
    """An entry of one accord is worth nothing in another."""
    cursor = chain.start(made().signed.accord, bytes(32), SIDE)

    with pytest.raises(BadSignature):
        step(cursor, signed(prev=bytes(32)))


def test_a_bundle_is_examined_whole_and_changes_nothing():
    """One bad entry in a bundle, and the record stands as it stood."""
    record = Record(made().signed)
    first = signed()
    bad = signed(1, first.id, key=SigningKey(bytes(32)))

    with pytest.raises(BadSignature):
        record.examine([first, bad], {})

    assert record.heads() == (None, None)
    assert record.count == 0


def test_the_same_bytes_again_are_a_repetition():
    """Carriers repeat: that is no fault and no second entry."""
    record = Record(made().signed)
    first = signed()
    record.append(first, record.examine([first], {}).append[0][1])

    assert record.examine([first], {}).duplicates == 1


def test_other_bytes_at_a_place_that_is_taken_are_a_fork():
    """Two signed entries at one place are evidence, and are kept as that."""
    record = Record(made().signed)
    first, second = signed(), signed(body=Message(number=1, text="good-bye"))
    record.append(first, record.examine([first], {}).append[0][1])

    assert record.examine([second], {}).strays == [second]


def test_a_claim_about_an_entry_that_we_never_made_is_told_not_refused():
    """Refusing it would hide it; it proves nothing to anybody else."""
    record = Record(made().signed)
    ours = signed(side=OTHER)
    record.append(ours, record.examine([ours], {}).append[0][1])

    found = record.examine([signed(ack=Head(0, 0, bytes(32)))], {})

    assert len(found.append) == 1
    assert "another 0/0" in found.strange[0]
