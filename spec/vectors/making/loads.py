"""Vectors of what a courier carries: load files (5.3.1, 5.3.2) and their codes (5.3.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from openline.carriers import load_file, qr
from openline.carriers.load_file import LoadFile
from openline.cli.vectors_plain import facts_of
from spec.vectors.making.sealed import sample_opener
from spec.vectors.making.vector import Reference, Vector, changed

DIGEST: Final = 32
AT: Final = {"format": 8, "load": 9, "place": 17, "total": 19, "count": 21, "length": 25}


def vectors() -> Iterator[Vector]:
    [file] = load_file.divided([sample_opener()])
    yield from _load_files(file)
    yield from _codes(file)


# --- load files


def _load_files(file: bytes) -> Iterator[Vector]:
    yield _accepted("load-file", "One opener in a load of one file.", file)
    several = load_file.encode(LoadFile(bytes(range(8)), 1, 3, (sample_opener(), b"x", bytes(40))))
    yield _accepted("load-file-of-several", "The second of three files, with three bundles of any bytes.", several)
    what = "A system wrote its name in capitals."
    yield _accepted("load-file-named-in-capitals", what, file, load_file.file_name(file).upper(), same=True)
    for name, what, data in _wrong_files(file):
        given = {"name": load_file.file_name(data), "file": changed("load-file", "file", file, data)}
        yield _rejected(f"load-file-{name}", what, given)
    given = {"name": load_file.file_name(several), "file": Reference("load-file", "file")}
    yield _rejected("load-file-renamed", "It is whole, and called as another.", given)
    given = {"name": load_file.file_name(file).replace(".load", "~1.load"), "file": Reference("load-file", "file")}
    yield _rejected("load-file-named-as-a-copy", "It is whole, and its name has more in it.", given)


def _accepted(name: str, what: str, data: bytes, called: str = "", *, same: bool = False) -> Vector:
    read = load_file.decode(data)
    expected = {
        "load": read.load.hex(),
        "place": read.place,
        "total": read.total,
        "bundles": facts_of(read.bundles),
    }
    given = {
        "name": called or load_file.file_name(data),
        "file": Reference("load-file", "file") if same else data,
    }
    return Vector(name=name, spec="5.3.1, 5.3.2", what=what, kind="load-file", input=given, expected=expected)


def _rejected(name: str, what: str, given: dict[str, Any]) -> Vector:
    return Vector(
        name=name, spec="5.3.1, 5.3.2", what=what, kind="load-file", reject_as="damaged", input=given
    )


def _wrong_files(file: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Each with the name and, but for the damaged ones, the digest that belong to it."""
    body, length = file[:-DIGEST], len(sample_opener())
    yield "cut-short", "Its last byte is missing.", file[:-1]
    yield "with-a-tail", "A byte behind the digest.", file + b"\0"
    yield "damaged", "A bit of a bundle was changed.", file[:100] + bytes([file[100] ^ 1]) + file[101:]
    yield "digest-altered", "A bit of the digest was changed.", file[:-1] + bytes([file[-1] ^ 1])
    yield "as-text", "Something took it for text and changed its line ends.", _sealed(body.replace(b"\r\n", b"\n", 1))
    yield "of-format-2", "A format that is none.", _with(body, "format", b"\2")
    yield "place-2-of-1", "A place that is not below the total.", _with(body, "place", b"\0\1")
    yield "of-a-load-of-none", "A load of no files.", _with(body, "total", b"\0\0")
    yield "of-1025", "A load of more files than there can be.", _with(body, "total", b"\4\1")
    yield "count-too-high", "It says two bundles and holds one.", _with(body, "count", b"\0\0\0\2")
    yield "count-too-low", "It says no bundle and holds one.", _with(body, "count", b"\0\0\0\0")
    yield "without-bundles", "It holds no bundle, and says so.", _sealed(_put(body, "count", bytes(4))[: AT["length"]])
    empty = _put(body, "count", b"\0\0\0\2") + bytes(4)
    yield "bundle-empty", "Its second bundle has no byte.", _sealed(empty)
    longer = (length + 1).to_bytes(4, "big")
    yield "bundle-beyond-the-end", "A bundle is longer than what is left.", _with(body, "length", longer)
    shorter = (length - 1).to_bytes(4, "big")
    yield "bundle-shorter", "A byte is left behind the last bundle.", _with(body, "length", shorter)


def _put(body: bytes, field: str, value: bytes) -> bytes:
    at = AT[field]
    return body[:at] + value + body[at + len(value) :]


def _with(body: bytes, field: str, value: bytes) -> bytes:
    return _sealed(_put(body, field, value))


def _sealed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


# --- codes


def _codes(file: bytes) -> Iterator[Vector]:
    first, second = (code.content for code in qr.divided(file))
    what = "A load file in two codes, the second first and read twice."
    yield _read("qr-codes", what, [second, first, second], [file])
    strange = [b"https://example.org", first, second]
    yield _read("qr-codes-beside-another", "A code that is none of ours is passed over.", strange, [file], strange=1)
    alone = qr.encode(qr.decode(first)._replace(total=1, data=file))
    yield _read("qr-codes-of-one", "A load file in one code.", [alone], [file])
    for name, what, codes in _wrong_codes(file, first, second):
        yield Vector(
            name=f"qr-codes-{name}",
            spec="5.3.3",
            what=what,
            kind="qr-codes",
            reject_as="damaged",
            input={"codes": codes},
        )


def _read(name: str, what: str, codes: list[bytes], files: list[bytes], strange: int = 0) -> Vector:
    expected = {"files": facts_of(files), "strange": strange}
    return Vector(name=name, spec="5.3.3", what=what, kind="qr-codes", input={"codes": codes}, expected=expected)


def _wrong_codes(file: bytes, first: bytes, second: bytes) -> Iterator[tuple[str, str, list[bytes]]]:
    part = qr.decode(first)

    def with_first(**change: Any) -> list[bytes]:
        return [qr.encode(part._replace(**change)), second]

    yield "one-missing", "One of two is not there.", [first]
    yield "of-format-2", "One of two is of a format that is none.", [first[:3] + b"\2" + first[4:], second]
    yield "without-data", "One of two has no data.", with_first(data=b"")
    yield "place-3-of-2", "A place that is not below the total.", with_first(place=2)
    yield "of-257", "A total above the most.", [qr.encode(part._replace(total=257))]
    yield "of-two-totals", "The two say different totals.", with_first(total=3)
    yield "of-two-files", "The two name different files.", with_first(file=bytes(16))
    yield "that-differ", "Two say that they are the same part, and differ.", [first, *with_first(data=b"x")]
    altered = bytes([part.data[50] ^ 1])
    yield "data-altered", "A bit of a part was changed.", with_first(data=part.data[:50] + altered + part.data[51:])
    renamed = [qr.encode(qr.decode(x)._replace(file=bytes(16))) for x in (first, second)]
    yield "of-another-digest", "Both name a file that is not what they hold.", renamed
    other = _sealed(b"not a load file")
    content = qr.encode(qr.Part(other[-DIGEST:][:16], 0, 1, other))
    yield "of-no-load-file", "What they hold has the digest named, and is no load file.", [content]
