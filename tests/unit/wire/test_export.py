"""The exact bytes of an export: written in one order, read item by item, hostile bytes told apart from sound ones."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.keys import public
from openline.wire import entry, export
from openline.wire.errors import Malformed, OurFault
from openline.wire.export import MAGIC, ChainHead, Item, Reader, Tag
from tests.unit.audit.build import Book, fork, items, small, whole, whole_export


def read(data: bytes) -> list[Item]:
    return list(Reader(io.BytesIO(data)).items())


def test_what_is_written_is_read_back():
    """The accord, both chains by side, generation and number, the strays, the trailer: nothing else, in this order."""
    book = whole()

    found = read(book.export())

    assert [x.tag for x in found] == [Tag.ACCORD, *[Tag.ENTRY] * 34, Tag.STRAY, Tag.TRAILER]
    assert [x.data for x in found[1:35]] == list(book.entries())
    places = [entry.decode(x.data).place for x in found[1:35]]
    assert places == sorted(places)


def test_the_opening_holds_the_accord_byte_for_byte():
    """Whose record it is and the signed accord come back exactly as they went in."""
    book = small()

    opening = export.decode_opening(read(book.export(1))[0].data)

    assert (opening.side, opening.signed) == (1, book.made.signed)


def test_the_trailer_says_what_stands_before_it():
    """Length, hash, counts and heads are those of the bytes and entries before it, signed by the exporting station."""
    book = whole()
    data = book.export()

    item = read(data)[-1]
    trailer = export.decode_trailer(item.data)

    assert (trailer.length, trailer.digest) == (item.offset, hashlib.sha256(data[: item.offset]).digest())
    assert (trailer.entries, trailer.strays, trailer.time_s) == (34, 1, book.now_s)
    last = {(x.side, x.gen): ChainHead(*x.place, x.id) for chain in book.chains for x in chain}
    assert trailer.heads == tuple(last[chain] for chain in sorted(last))
    public.verify(book.signers[0].public, export.signed_bytes(book.made.id, trailer.core), trailer.signature)


def test_an_empty_record_is_an_export_too():
    """No entry, no head: the accord and the trailer alone."""
    found = read(Book().export())

    assert [x.tag for x in found] == [Tag.ACCORD, Tag.TRAILER]
    assert export.decode_trailer(found[-1].data).heads == ()


def test_the_same_record_is_the_same_bytes():
    """One record, one form: the order in which strays are handed over does not matter."""
    book = small()
    fork(book, 0)
    fork(book, 1)
    data = book.export()
    book.strays.reverse()

    assert book.export() == data


def test_entries_out_of_order_are_our_fault():
    """The writer refuses chains that do not ascend, and a stray given twice."""
    book = small()
    with pytest.raises(OurFault):
        book.export(entries=reversed(list(book.entries())))
    fork(book, 0)
    book.strays *= 2
    with pytest.raises(OurFault):
        book.export()


@pytest.mark.parametrize("number", [0, 23, 24, 255, 256, 65_536, 2**32, 2**64 - 1])
def test_a_place_is_read_from_the_first_bytes_alone(number):
    """Numbers of every width are read as the decoder reads them."""
    book = small(1)
    made = book.sign(0, book.draft(0, small(1).chains[0][0].body, gen=number, seq=number))

    assert export.place_of(made.data) == made.place == (0, number, number)


@pytest.mark.parametrize("data", [b"", b"\x89", b"\x89\x01", b"\x89\x01\x18", b"\x88\x01\x00\x00\x00", b"\x89\x01\x40"])
def test_bytes_that_are_no_entry_have_no_place(data):
    """What does not begin as an entry does is malformed."""
    with pytest.raises(Malformed):
        export.place_of(data)


@pytest.mark.parametrize(
    ("plain", "what"),
    [
        (b"\x80", "an array of another length"),
        (b"\x83\x02\x00\x40", "another format"),
        (b"\x83\x01\x02\x40", "a third side"),
        (b"\x83\x01\x00\x00", "an accord that is no bytes"),
        (b"\x83\x01\xf4\x40", "a side that is false"),
        (b"", "nothing"),
    ],
)
def test_a_wrong_opening_is_malformed(plain, what):
    """Every field of the opening is checked."""
    with pytest.raises(Malformed):
        export.decode_opening(plain)


def test_a_wrong_trailer_is_malformed():
    """Too short, another array, another format, heads that do not ascend, two heads of one chain."""
    heads = [ChainHead(0, 0, 5, bytes(32)), ChainHead(0, 0, 6, bytes(32))]
    core = export.trailer_core(1, 2, 3, heads, 4, bytes(32))
    for data in (
        bytes(64),
        b"\x80" + bytes(64),
        core + bytes(64),
        export.trailer_core(1, 2, 3, heads[::-1], 4, bytes(32)) + bytes(64),
        (b"\x87\x00" + export.trailer_core(1, 2, 3, [], 4, bytes(32))[2:]) + bytes(64),
    ):
        with pytest.raises(Malformed):
            export.decode_trailer(data)


@pytest.mark.parametrize("tail", [b"\2", b"\2\0\0\1", b"\5\0\0\0", b"\2\0\xff\xff" + bytes(65_535)])
def test_no_item_is_made_of_what_is_none(tail):
    """A file cut short, an unknown tag, a length above the limit of its tag."""
    with pytest.raises(Malformed):
        read(MAGIC + tail)


def test_another_file_is_no_export():
    """The first bytes say what it is."""
    for data in (b"", MAGIC[:-1], b"PK\3\4" + bytes(100)):
        with pytest.raises(Malformed):
            Reader(io.BytesIO(data))


def test_an_item_can_be_read_again():
    """Reading at an offset gives the item there and does not disturb the reading order."""
    reader = Reader(io.BytesIO(whole_export()))
    first, second = reader.next(), reader.next()

    assert reader.read_at(first.offset) == first
    assert reader.read_at(second.offset) == second
    assert reader.next().offset == second.offset + 4 + len(second.data)


def test_items_are_found_again_behind_damage():
    """Behind a place where no item can be told, the next sound entry or the trailer is found, and never inside one."""
    data = whole_export()
    parts = items(data)
    starts = [sum(map(len, parts[:count])) for count in range(len(parts))]
    reader = Reader(io.BytesIO(data))

    for count in range(1, len(parts) - 1):
        assert reader.seek_item(starts[count] + 1) == starts[count + 1]
    assert reader.seek_item(starts[-1] + 1) is None


@given(st.binary(max_size=200), st.integers(0, 100))
def test_any_bytes_are_items_or_malformed(data, at):
    """The reader gives items or `Malformed`, and finds items again or says that there are none."""
    stream = io.BytesIO(MAGIC + data)
    try:
        assert sum(len(x.data) + 4 for x in Reader(stream).items()) == len(data)
    except Malformed:
        stream.seek(0)
        assert Reader(stream).seek_item(at) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_an_opening_and_a_trailer_or_malformed(data):
    """The decoders raise nothing but `Malformed`; what they give was given in its one form."""
    for decode in (export.decode_opening, export.decode_trailer, export.place_of):
        try:
            found = decode(data)
        except Malformed:
            continue
        assert not isinstance(found, export.Trailer) or found.core + found.signature == data
