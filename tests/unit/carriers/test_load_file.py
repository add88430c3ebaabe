"""Load files: any bytes give a value or the carrier's fault, and a file that was touched gives nothing."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.carriers import load_file
from openline.carriers.load_file import Damaged, LoadFile
from openline.wire import limits
from openline.wire.errors import OurFault
from tests.unit.carriers.loads import bundles

SAMPLE = load_file.divided(bundles(3))[0]


def resealed(body: bytes) -> bytes:
    """A body with the hash that belongs to it: made wrong on purpose, not damaged."""
    return body + hashlib.sha256(body).digest()


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=20))
def test_what_is_written_is_read(given_bundles: list[bytes]) -> None:
    """The bundles come back in order, whatever they are, and the file says where it belongs."""
    [file] = load_file.divided(given_bundles)
    assert load_file.decode(file) == LoadFile(load_file.load_id(given_bundles), 0, 1, tuple(given_bundles))


def test_a_large_load_is_few_files_each_within_the_limit() -> None:
    """Files are filled up; none is above the limit, and together they hold every bundle once, in order."""
    load = bundles(9, size=limits.BUNDLE_BYTES_MAX)
    files = load_file.divided(load)
    assert [len(file) <= limits.LOAD_FILE_BYTES_MAX for file in files] == [True] * 3
    read = [load_file.decode(file) for file in files]
    assert [(x.place, x.total) for x in read] == [(0, 3), (1, 3), (2, 3)]
    assert len({x.load for x in read}) == 1
    assert [bundle for x in read for bundle in x.bundles] == load


def test_equal_bundles_give_equal_files() -> None:
    """Nothing but the bundles goes into a file: written again, it is the same."""
    assert load_file.divided(bundles(5)) == load_file.divided(bundles(5))
    assert load_file.load_id(bundles(5)) != load_file.load_id(bundles(4))


def test_a_name_tells_nothing_but_its_own_hash() -> None:
    """32 digits of the file's hash; no side, line, time or number."""
    name = load_file.file_name(SAMPLE)
    assert name == hashlib.sha256(SAMPLE[:-32]).hexdigest()[:32] + ".load"


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_is_found(at: int, change: int) -> None:
    """Wherever a file was touched, nothing of it is read."""
    at %= len(SAMPLE)
    with pytest.raises(Damaged):
        load_file.decode(SAMPLE[:at] + bytes([SAMPLE[at] ^ change]) + SAMPLE[at + 1 :])


@given(st.integers(min_value=0, max_value=len(SAMPLE) - 1))
def test_a_file_cut_short_anywhere_is_found(length: int) -> None:
    """A copy that stopped half-way gives nothing."""
    with pytest.raises(Damaged):
        load_file.decode(SAMPLE[:length])


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda x: resealed(load_file.MAGIC + b"\1" + x))))
def test_any_bytes_give_a_value_or_the_carriers_fault(data: bytes) -> None:
    """Also where magic, format and hash are right."""
    with suppress(Damaged):
        assert load_file.encode(load_file.decode(data)) == data


@pytest.mark.parametrize(
    ("at", "put", "what"),
    [
        (0, b"OLOAD", "not a load file"),
        (8, b"\2", "of format 2"),
        (17, b"\0\1", "file 2 of 1"),
        (19, b"\0\0", "file 1 of 0"),
        (19, b"\xff\xff", "file 1 of 65535"),
        (21, b"\0\0\0\2", "says 2 bundles and holds 3"),
        (25, b"\0\0\0\0", "a bundle of 0 bytes"),
        (25, b"\0\x10\0\1", "a bundle of 1048577 bytes"),
        (25, b"\0\0\xff\xff", "a bundle of 65535 bytes at byte 29"),
    ],
)
def test_a_file_that_was_made_wrong_says_how(at: int, put: bytes, what: str) -> None:
    """With a hash that holds, each rule of the format is held by itself."""
    body = SAMPLE[:-32]
    with pytest.raises(Damaged, match=what):
        load_file.decode(resealed(body[:at] + put + body[at + len(put) :]))


def test_a_file_above_the_limit_is_refused_unread() -> None:
    """Nothing is hashed of it."""
    with pytest.raises(Damaged, match="more than"):
        load_file.decode(load_file.MAGIC + bytes(limits.LOAD_FILE_BYTES_MAX))


@pytest.mark.parametrize("bundle", [b"", bytes(limits.BUNDLE_BYTES_MAX + 1)], ids=["empty", "too long"])
def test_what_is_no_bundle_is_not_written(bundle: bytes) -> None:
    """Our own mistake is found before a stick travels with it."""
    with pytest.raises(OurFault):
        load_file.divided([Random(1).randbytes(10), bundle])
