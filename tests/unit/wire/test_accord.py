"""The accord: one value, one document; nothing in it points nowhere; hostile bytes are `Malformed`."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.wire import accord as accords
from openline.wire import cbor, limits
from openline.wire.accord import Accord, Carrier, Line, Post
from openline.wire.errors import Malformed
from tests.accord_maker import made

ACCORD = made().signed.accord


def changed(**fields: Any) -> bytes:
    return accords.encode(replace(ACCORD, **fields))


def with_side(**fields: Any) -> bytes:
    return changed(sides=(replace(ACCORD.sides[0], **fields), ACCORD.sides[1]))


def with_line(**fields: Any) -> bytes:
    return changed(lines=(replace(ACCORD.lines[0], **fields), ACCORD.lines[1]))


def test_an_accord_is_read_as_it_was_written() -> None:
    """The document comes back as the same accord, and the accord as the same document."""
    document = accords.encode(ACCORD)
    assert accords.decode(document) == ACCORD
    assert accords.encode(accords.decode(document)) == document


def test_the_id_covers_every_byte() -> None:
    """The id is the hash of spec 3.5 over the document; another document is another accord."""
    document = accords.encode(ACCORD)
    assert accords.accord_id(document) == hashlib.sha256(b"openline/accord/1\0" + document).digest()
    assert accords.accord_id(changed(founded_s=1)) != accords.accord_id(document)


def test_digits_are_sixty_and_pinned() -> None:
    """Both delegations read 12 groups of 5 digits; the groups of the all-zero id are these, for ever."""
    wide = hashlib.sha512(b"openline/digits/1\0" + bytes(32)).digest()
    groups = accords.digits(bytes(32)).split(" ")
    assert [len(group) for group in groups] == [5] * 12
    assert [int(group) for group in groups] == [
        int.from_bytes(wide[5 * n : 5 * n + 5], "big") % 100_000 for n in range(12)
    ]
    assert groups != accords.digits(b"\x01" + bytes(31)).split(" ")


def test_a_signed_accord_comes_back() -> None:
    """Document and both sides' signatures survive, byte for byte."""
    signed = made().signed
    data = accords.encode_signed(signed)
    assert accords.decode_signed(data) == signed
    assert accords.encode_signed(accords.decode_signed(data)) == data


@given(st.binary(max_size=200))
def test_any_bytes_give_an_accord_or_malformed(data: bytes) -> None:
    """Nothing but `Malformed` is ever raised, by either decoder."""
    for decode in (accords.decode, accords.decode_signed):
        with suppress(Malformed):
            decode(data)


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_document_is_malformed_or_another_accord(at: int, flip: int) -> None:
    """No change of one byte leaves the accord as it was, and none raises anything but `Malformed`."""
    document = bytearray(accords.encode(ACCORD))
    document[at % len(document)] ^= flip
    with suppress(Malformed):
        assert accords.decode(bytes(document)) != ACCORD


@pytest.mark.parametrize(
    ("document", "why"),
    [
        pytest.param(changed(format=0), "format 0", id="another format"),
        pytest.param(changed(suite=0), "suite 0", id="another suite"),
        pytest.param(changed(format=2), "number from 0 to 1", id="a later format"),
        pytest.param(changed(name=""), "text of 1", id="no name"),
        pytest.param(changed(name="x" * 65), "to 64 bytes", id="a long name"),
        pytest.param(changed(sides=(ACCORD.sides[0],)), "2 to 2 items", id="one side"),
        pytest.param(changed(sides=(*ACCORD.sides, ACCORD.sides[0])), "2 to 2 items", id="three sides"),
        pytest.param(changed(sides=(ACCORD.sides[0],) * 2), "two sides", id="one name for two sides"),
        pytest.param(changed(carriers=()), "1 to 32 items", id="no carrier"),
        pytest.param(changed(carriers=(Carrier(id="a"), Carrier(id="a"))), "two carriers", id="one carrier twice"),
        pytest.param(changed(lines=()), "1 to 64 items", id="no line"),
        pytest.param(
            changed(lines=tuple(Line(id=f"{n}", carriers=(0,)) for n in range(65))), "1 to 64", id="too many lines"
        ),
        pytest.param(changed(lines=(ACCORD.lines[0],) * 2), "two lines", id="one name for two lines"),
        pytest.param(with_line(carriers=(3,)), "names a carrier that the accord lacks", id="a carrier not there"),
        pytest.param(with_line(carriers=(0, 0)), "or one twice", id="a line names a carrier twice"),
        pytest.param(with_line(carriers=()), "1 to 32 items", id="a line with no carrier"),
        pytest.param(with_line(holidays=(2, 1)), "do not ascend", id="holidays out of order"),
        pytest.param(with_side(officers=()), "1 to 255 items", id="a side with no officer"),
        pytest.param(with_side(posts=(Post(name="x", lines=(2,)),)), "post x", id="a post answers no line of ours"),
        pytest.param(with_side(officers=(ACCORD.sides[0].officers[0],) * 2), "two officers", id="one officer twice"),
        pytest.param(with_side(station=b"x"), "32 bytes", id="a short key"),
        pytest.param(changed(psk_check=b""), "32 bytes", id="no check of the pre-shared secret"),
        pytest.param(changed(two_person=(4, 3)), "do not ascend", id="kinds out of order"),
        pytest.param(bytes(limits.ACCORD_BYTES_MAX + 1), "the limit is", id="too long"),
        pytest.param(cbor.encode([]), "not a map", id="an array"),
        pytest.param(cbor.encode({1: 1}), "lacks field 2", id="only a format"),
        pytest.param(
            cbor.encode(accords.to_map(ACCORD) | {11: 0}),  # type: ignore[operator]
            "unknown field 11",
            id="a field of a later release",
        ),
        pytest.param(
            cbor.encode(accords.to_map(ACCORD) | {9: []}),  # type: ignore[operator]
            "at its default",
            id="a default written out",
        ),
    ],
)
def test_malformed_accords_are_refused(document: bytes, why: str) -> None:
    """Each number that points nowhere and each field out of its bounds is refused with what is wrong."""
    with pytest.raises(Malformed, match=why):
        accords.decode(document)


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param([], id="empty"),
        pytest.param([b"", {}], id="one side's signatures"),
        pytest.param([{}, {}, {}], id="document that is no bytes"),
        pytest.param([accords.encode(ACCORD), {}, {}], id="no signatures"),
    ],
)
def test_malformed_signed_accords_are_refused(plain: cbor.Value) -> None:
    """A signed accord is a document and both sides' signatures, or nothing."""
    with pytest.raises(Malformed):
        accords.decode_signed(cbor.encode(plain))


def test_the_largest_accord_is_read() -> None:
    """64 lines with a check-in an hour stay under the document's own limit."""
    busy = tuple(
        Line(id=f"line {n}", carriers=(0, 1, 2), check_ins=ACCORD.lines[0].check_ins * 12, expires_s=2**40)
        for n in range(limits.LINES_MAX)
    )
    largest: Accord = replace(ACCORD, lines=busy)
    assert accords.decode(accords.encode(largest)) == largest
