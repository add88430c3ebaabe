"""Load files as QR codes, to print or to show: divided, drawn, and put together again (spec 5.3.3).

Rules of this file:
1. A code's content stands alone: it says of which load file it is, which part, of how many. Codes may come in any
   order and any number of times.
2. Any bytes give a `Part` or `Damaged`; parts give a file whose hash is the one they named, or `Damaged`.
3. On paper stands what a person needs to have all codes: "2 of 5", and a few digits that tell one load from another.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from openline.carriers.load_file import DIGEST_BYTES, NAME_BYTES, Damaged
from openline.wire import limits
from openline.wire.errors import Misuse

if TYPE_CHECKING:
    import segno

MAGIC: Final = b"OLQ"
FORMAT: Final = 1
LEVEL: Final = "m"  # 15 % of a code may be dirt: half-way between size and patience
DATA_BYTES: Final = 973  # fills version 25 at level M: 0.65 mm a module, six codes to an A4 page (spec 5.3.3)
QUIET_MODULES: Final = 4

_HEAD_BYTES: Final = len(MAGIC) + 1 + NAME_BYTES + 2 + 2
_PIXELS_A_MODULE: Final = 8
_CODES_A_PAGE: Final = 6


class Part(NamedTuple):
    """Part `place` (from 0) of the `total` of the load file whose hash begins with `file`."""

    file: bytes
    place: int
    total: int
    data: bytes


class Code(NamedTuple):
    """The content of one code, and what stands under it."""

    content: bytes
    label: str
    name: str  # for a file of it, without suffix


def divided(file: bytes) -> list[Code]:
    """A load file as codes, evenly filled.

    Raises:
        Misuse: it needs more than `limits.CODES_MAX`.
    """
    total = -(-len(file) // DATA_BYTES)
    if total > limits.CODES_MAX:
        raise Misuse(
            f"a load file of {len(file)} bytes needs {total} codes; {limits.CODES_MAX} are the most",
            next_step="Carry it on a stick.",
        )
    each = -(-len(file) // total)
    of = file[-DIGEST_BYTES:][:NAME_BYTES]
    short = of[:2].hex()
    parts = [Part(of, place, total, file[place * each : (place + 1) * each]) for place in range(total)]
    return [
        Code(encode(part), f"{short} · {part.place + 1} of {total}", f"{short}-{part.place + 1:03}-of-{total:03}")
        for part in parts
    ]


def encode(part: Part) -> bytes:
    """The content of a code."""
    numbers = part.place.to_bytes(2, "big") + part.total.to_bytes(2, "big")
    return MAGIC + bytes([FORMAT]) + part.file + numbers + part.data


def decode(data: bytes) -> Part:
    """Read the content of a code.

    Raises:
        Damaged: it is none of ours, of a format that this release does not know, or beyond a limit.
    """
    if not data.startswith(MAGIC) or len(data) <= _HEAD_BYTES or len(data) > limits.CODE_BYTES_MAX:
        raise Damaged("a code that is no part of a load file")
    if data[len(MAGIC)] != FORMAT:
        raise Damaged(f"a code of format {data[len(MAGIC)]}; this release knows {FORMAT}")
    at = len(MAGIC) + 1 + NAME_BYTES
    place, total = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
    if not place < total <= limits.CODES_MAX:
        raise Damaged(f"a code that says it is {place + 1} of {total}")
    return Part(data[len(MAGIC) + 1 : at], place, total, data[_HEAD_BYTES:])


def joined(parts: Iterable[Part]) -> bytes:
    """The load file whose parts these are, in any order.

    Raises:
        Damaged: a part is missing, two differ, they are of several files, or they are not what they were made from.
    """
    given = set(parts)
    if len({(x.file, x.total) for x in given}) != 1:
        raise Damaged("codes of several load files, or none")
    by_place = {x.place: x for x in given}
    [(of, total)] = {(x.file, x.total) for x in given}
    if len(by_place) != len(given):
        raise Damaged("two codes say that they are the same part, and differ")
    missing = [place for place in range(total) if place not in by_place]
    if missing:
        raise Damaged(f"of {total} codes these are missing: {numbers(missing)}")
    file = b"".join(by_place[place].data for place in range(total))
    named = file[-DIGEST_BYTES:]
    if hashlib.sha256(file[:-DIGEST_BYTES]).digest() != named or not named.startswith(of):
        raise Damaged("all codes are there, and the hash of what they hold is not the one they name")
    return file


def numbers(places: Sequence[int]) -> str:
    """Places, from 0, as a person counts them."""
    shown = ", ".join(str(x + 1) for x in places[:12])
    return shown if len(places) <= 12 else f"{shown} and {len(places) - 12} more"


# --- drawing


def drawn(content: bytes) -> segno.QRCode:
    """The code itself: one byte segment, and the smallest version at level M or better."""
    import segno  # only who draws needs it

    return segno.make(content, mode="byte", error=LEVEL, micro=False)


def svg(content: bytes) -> bytes:
    """A picture of one code that can be printed at any size."""
    out = io.BytesIO()
    drawn(content).save(out, kind="svg", border=QUIET_MODULES, scale=_PIXELS_A_MODULE, light="#fff")
    return out.getvalue()


def png(content: bytes) -> bytes:
    """A picture of one code in black and white."""
    out = io.BytesIO()
    drawn(content).save(out, kind="png", border=QUIET_MODULES, scale=_PIXELS_A_MODULE)
    return out.getvalue()


def terminal(content: bytes) -> str:
    """A code in half blocks: light modules are drawn, so that it reads on a dark terminal and on a light one alike."""
    rows = [bytes(row) for row in drawn(content).matrix_iter(border=QUIET_MODULES)]
    rows += [b"\1" * len(rows[0])] if len(rows) % 2 else []
    return "\n".join(
        "\x1b[97;40m" + "".join(_BLOCKS[bool(a), bool(b)] for a, b in zip(*two, strict=True)) + "\x1b[0m"
        for two in zip(rows[::2], rows[1::2], strict=True)
    )


_BLOCKS: Final = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>codes</title>
<style>
@page { size: A4; margin: 8mm }
body { margin: 0; font: 10pt monospace }
section { display: grid; grid-template-columns: 1fr 1fr; justify-items: center; break-after: page }
figure { margin: 0 0 3mm; break-inside: avoid; text-align: center }
svg { width: 84mm; height: 84mm; display: block }
</style>
"""


def sheet(codes: Sequence[Code]) -> str:
    """A page to print: six codes to a sheet of A4, each with its number, and no word of what they hold."""
    return _PAGE + "".join(_sections(codes)) + "</html>\n"


def _sections(codes: Sequence[Code]) -> Iterator[str]:
    for start in range(0, len(codes), _CODES_A_PAGE):
        page = codes[start : start + _CODES_A_PAGE]
        yield "<section>\n" + "".join(_figure(code) for code in page) + "</section>\n"


def _figure(code: Code) -> str:
    picture = drawn(code.content).svg_inline(border=QUIET_MODULES, omitsize=True)
    return f"<figure>{picture}<figcaption>{code.label}</figcaption></figure>\n"
