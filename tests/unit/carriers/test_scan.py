"""Codes read back from images: photographs as people take them, and images made to do harm."""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from openline.carriers import load_file, qr, scan
from openline.carriers.load_file import Damaged
from openline.carriers.qr import Part
from openline.wire import limits
from openline.wire.errors import Misuse
from tests.unit.carriers.loads import bundles
from tests.unit.carriers.photographs import CONDITIONS, file_of, printed

FILE = load_file.divided(bundles(3))[0]
CODES = qr.divided(FILE)
OTHER = load_file.divided(bundles(2, seed=7))[0]
READER = scan.reader()


def put(folder: Path, images: Iterable[bytes]) -> list[Path]:
    made = []
    for number, data in enumerate(images):
        made.append(folder / f"{number}.png")
        made[-1].write_bytes(data)
    return made


def pngs(file: bytes) -> list[bytes]:
    return [qr.png(x.content) for x in qr.divided(file)]


def sure(paths: list[Path]) -> scan.Scanned:
    return scan.scan(paths, READER)


# --- photographs


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_sheet_is_read_as_people_photograph_it(tmp_path: Path, condition: str) -> None:
    """Five codes on one sheet, turned, scaled, pressed, grainy, out of focus: all are read."""
    scanned = sure(put(tmp_path, [CONDITIONS[condition](printed(CODES))]))
    assert (scanned.files, scanned.incomplete, scanned.findings, scanned.codes) == ([FILE], [], [], 5)


def test_codes_shown_in_a_terminal_are_read() -> None:
    """Half blocks, light for a drawn half, are the code that a camera sees."""
    plain = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in qr.terminal(CODES[0].content).split("\n")]
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    rows = [bytes(halves[mark][half] for mark in line) for line in plain for half in (0, 1)]
    picture = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows))
    assert READER(file_of(picture.resize((picture.width * 5, picture.height * 5)))) == [CODES[0].content]


def test_parts_over_several_images_in_any_order(tmp_path: Path) -> None:
    """Two loads, a code an image, the last first, some of them twice."""
    images = [*reversed(pngs(FILE)), *pngs(OTHER), *pngs(FILE)[:2]]
    scanned = sure(put(tmp_path, images))
    assert sorted(scanned.files) == sorted([FILE, OTHER])
    assert scanned.codes == len(pngs(FILE)) + len(pngs(OTHER))


def test_what_is_missing_is_told_and_what_is_whole_is_taken(tmp_path: Path) -> None:
    """One load lacks a code: its number is told; the other is whole all the same."""
    scanned = sure(put(tmp_path, [*pngs(FILE)[:1], *pngs(FILE)[2:], *pngs(OTHER)]))
    assert scanned.files == [OTHER]
    [lacking] = scanned.incomplete
    assert (lacking.read, lacking.total, lacking.what) == (4, 5, "of 5 codes these are missing: 2")


def test_a_code_of_somebody_else_is_counted(tmp_path: Path) -> None:
    """An advertisement beside ours changes nothing; an image with nothing of ours is named."""
    scanned = sure(put(tmp_path, [qr.png(b"https://example.org"), *pngs(OTHER)]))
    assert (scanned.files, scanned.strange) == ([OTHER], 1)
    assert [x.what for x in scanned.findings] == ["no code of ours was found in it"]


def test_a_forged_code_spoils_its_own_load_only(tmp_path: Path) -> None:
    """Two codes that say they are one part: that load is not taken, and it is said why."""
    forged = qr.png(qr.encode(qr.decode(CODES[0].content)._replace(data=b"forged")))
    scanned = sure(put(tmp_path, [*pngs(FILE), forged, *pngs(OTHER)]))
    assert scanned.files == [OTHER]
    assert "differ" in scanned.incomplete[0].what


def test_codes_that_hold_something_else_than_a_load_file(tmp_path: Path) -> None:
    """Every part is there and the hash holds, but it is no load file: not taken."""
    body = b"not a load file"
    file = body + hashlib.sha256(body).digest()
    scanned = sure(put(tmp_path, pngs(file)))
    assert (scanned.files, "not a load file" in scanned.incomplete[0].what) == ([], True)


# --- hostile images


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (bomb(50_000, 50_000), "more than 64000000 pixels"),
        (bomb(9_000, 9_000), "more than 64000000 pixels"),
        (bomb(500, 500), "not a PNG or JPEG image"),
        (b"", "not a PNG or JPEG image"),
        (b"GIF89a" + bytes(50), "not a PNG or JPEG image"),
        (file_of(printed(CODES))[:5000], "not a PNG or JPEG image"),
        (file_of(printed(CODES), "GIF"), "not a PNG or JPEG image"),
        (file_of(printed(CODES), "TIFF"), "not a PNG or JPEG image"),
    ],
    ids=["a bomb", "a smaller bomb", "without pixels", "empty", "damaged", "cut short", "a GIF", "a TIFF"],
)
def test_an_image_that_is_refused_stops_no_other(tmp_path: Path, data: bytes, what: str) -> None:
    """Too large, damaged, or of another kind: named, and the others are read."""
    scanned = sure(put(tmp_path, [data, *pngs(OTHER)]))
    assert scanned.files == [OTHER]
    [finding] = scanned.findings
    assert finding.name.endswith("0.png")
    assert what in finding.what


def test_the_limit_of_pixels_is_the_librarys_too(tmp_path: Path) -> None:
    """Whatever of Pillow unfolds an image, unfolds none above our limit."""
    sure(put(tmp_path, pngs(OTHER)))
    assert Image.MAX_IMAGE_PIXELS == limits.IMAGE_PIXELS_MAX


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=8), st.sampled_from(["PNG", "JPEG"]))
def test_any_image_bytes_give_codes_or_the_carriers_fault(at: int, put_in: bytes, kind: str) -> None:
    """An image with bytes changed anywhere is read or refused; nothing else comes out."""
    data = SMALL[kind]
    at %= len(data)
    try:
        READER(data[:at] + put_in + data[at + len(put_in) :])
    except Damaged as error:
        assert "image" in error.what or "pixels" in error.what  # noqa: PT017


SMALL = {kind: file_of(Image.open(io.BytesIO(qr.png(b"x" * 30))).convert("L"), kind) for kind in ("PNG", "JPEG")}


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe, a folder, a link and a file without end: named."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/dev/zero")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(limits.IMAGE_BYTES_MAX + 1)
    paths = [tmp_path / name for name in ("pipe", "folder", "link", "huge", "missing")]
    assert [x.what.split(" ")[0] for x in sure(paths).findings] == ["not", "not", "a", "67108865", "cannot"]


def test_more_images_than_anybody_takes(tmp_path: Path) -> None:
    """The most is said before more are read."""
    with pytest.raises(Misuse, match="more than 256 images"):
        scan.scan([*put(tmp_path, [b""]) * (limits.IMAGES_MAX + 1)], lambda data: [])


def test_hostile_codes_fill_no_memory(tmp_path: Path) -> None:
    """Thousands of codes of thousands of loads: only so many are kept, the rest is counted."""
    many = [qr.encode(Part(n.to_bytes(16, "big"), 0, 2, b"x")) for n in range(1000)]
    many += [qr.encode(Part(bytes(16), 0, 2, n.to_bytes(2, "big"))) for n in range(1000)]
    scanned = scan.scan(put(tmp_path, [b""]), lambda data: many)
    assert scanned.codes < 64 + limits.CODES_MAX + 2
    assert len(scanned.incomplete) == 64
    assert scanned.codes + scanned.strange == 2000


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The libraries are not there: our user is told which extra brings them."""
    for name in ("zxingcpp", "numpy", "PIL"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            with pytest.raises(Misuse, match="not installed") as caught:
                scan.scan([tmp_path])
            assert "openline[scan]" in caught.value.next_step
