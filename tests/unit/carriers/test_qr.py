"""Load files as codes: parts in any order give the file or the carrier's fault; a sheet tells numbers and no more."""

from __future__ import annotations

import re
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.carriers import load_file, qr
from openline.carriers.load_file import Damaged
from openline.carriers.qr import Part
from openline.wire import limits
from openline.wire.errors import Misuse
from tests.unit.carriers.loads import bundles

FILE = load_file.divided(bundles(3))[0]
CODES = qr.divided(FILE)
PARTS = [qr.decode(x.content) for x in CODES]


def test_an_opener_splits_in_two() -> None:
    """A message in an opener is two codes of version 25 at most, and at level M or better."""
    [file] = load_file.divided(bundles(1, size=1514))
    codes = qr.divided(file)
    drawn = [qr.drawn(x.content) for x in codes]
    assert len(codes) == 2
    assert [(int(x.version) <= 25, x.mode, x.error in ("M", "Q", "H")) for x in drawn] == [(True, "byte", True)] * 2


def test_a_full_code_is_version_25() -> None:
    """The version that the spec says can be read from a printed page."""
    code = qr.encode(Part(bytes(16), 0, 2, bytes(qr.DATA_BYTES)))
    assert qr.drawn(code).designator == "25-M"
    assert qr.drawn(code + b"\0").version == 26


@given(st.integers(min_value=1, max_value=12_000), st.randoms(use_true_random=False))
def test_parts_in_any_order_and_number_give_the_file(size: int, random: Random) -> None:
    """Read twice, in any order: the same file."""
    [file] = load_file.divided([random.randbytes(size)])
    parts = [qr.decode(x.content) for x in qr.divided(file)] * 2
    random.shuffle(parts)
    assert qr.joined(parts) == file


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        (PARTS[:1] + PARTS[2:], "of 5 codes these are missing: 2"),
        (PARTS[1:3], "missing: 1, 4, 5"),
        ([], "or none"),
        ([*PARTS[:-1], PARTS[-1]._replace(file=bytes(16))], "several load files"),
        ([*PARTS, PARTS[0]._replace(data=b"x")], "same part, and differ"),
        ([PARTS[0]._replace(data=b"x"), *PARTS[1:]], "the hash"),
        ([x._replace(file=bytes(16)) for x in PARTS], "the hash"),
        ([Part(bytes(16), 0, 1, b"x")], "the hash"),
    ],
)
def test_parts_that_do_not_give_the_file(parts: list[Part], what: str) -> None:
    """It is said what is missing or wrong; nothing is taken half."""
    with pytest.raises(Damaged, match=what):
        qr.joined(parts)


def test_many_missing_parts_are_counted() -> None:
    """A sentence stays a sentence."""
    with pytest.raises(Damaged, match=r"2, 3, .*13 and 187 more"):
        qr.joined([Part(bytes(16), 0, 200, b"x")])


@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda x: qr.MAGIC + b"\1" + x)))
def test_any_bytes_give_a_part_or_the_carriers_fault(data: bytes) -> None:
    """A code on the wall is no part of a load."""
    with suppress(Damaged):
        assert qr.encode(qr.decode(data)) == data


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"https://example.org", "no part"),
        (CODES[0].content[:24], "no part"),
        (CODES[0].content + bytes(2100), "no part"),
        (b"OLQ\2" + CODES[0].content[4:], "format 2"),
        (CODES[0].content[:20] + b"\0\5" + CODES[0].content[22:], "6 of 5"),
        (CODES[0].content[:20] + b"\0\0\1\1" + CODES[0].content[24:], "1 of 257"),
    ],
)
def test_a_code_that_is_made_wrong_says_how(content: bytes, what: str) -> None:
    """Each rule of a code's content by itself."""
    with pytest.raises(Damaged, match=what):
        qr.decode(content)


def test_more_than_anybody_prints() -> None:
    """A load for a stick is not printed."""
    size = limits.CODES_MAX * qr.DATA_BYTES
    assert len(qr.divided(bytes(size))) == limits.CODES_MAX
    with pytest.raises(Misuse, match="257 codes"):
        qr.divided(bytes(size + 1))


def test_the_sheet_has_every_code_with_its_number_and_no_content() -> None:
    """Seven codes are two pages of A4; under each stands which it is, and there is no other word on the paper."""
    codes = qr.divided(load_file.divided(bundles(4))[0])
    page = qr.sheet(codes)
    assert (len(codes), page.count("<section>"), page.count("<svg")) == (7, 2, 7)
    short = codes[0].label[:4]
    assert re.findall("<figcaption>(.*?)</figcaption>", page) == [f"{short} · {n} of 7" for n in range(1, 8)]
    words = re.sub("<style>.*?</style>|<[^>]*>", "", page, flags=re.DOTALL).split()
    assert set(words) == {"codes", short, "·", "of", *"1234567"}
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_pictures_are_made_without_other_libraries() -> None:
    """SVG and PNG, each a whole file; nothing stands in them but the code."""
    content = CODES[0].content
    assert qr.svg(content).startswith(b"<?xml")
    assert qr.png(content).startswith(b"\x89PNG")
    assert b"OLQ" not in qr.svg(content)


def test_a_code_in_the_terminal_is_drawn_light_on_dark() -> None:
    """Every line is as wide as the code with its quiet zone; two rows to a line; the colours are set and set back."""
    code = qr.drawn(CODES[0].content)
    side = code.symbol_size(border=qr.QUIET_MODULES)[0]
    lines = qr.terminal(CODES[0].content).split("\n")
    assert len(lines) == (side + 1) // 2
    for line in lines:
        assert line.startswith("\x1b[97;40m")
        assert line.endswith("\x1b[0m")
        assert len(re.sub("\x1b\\[[0-9;]*m", "", line)) == side
    assert set(re.sub("\x1b\\[[0-9;]*m", "", lines[0])) == {"█"}
