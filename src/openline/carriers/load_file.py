"""A load file's bytes: some of a load's bundles, and a hash over all of it (spec 5.3.1).

Rules of this file:
1. Any bytes give a `LoadFile` or `Damaged`; equal bundles give equal files, so that a copy can be taken up again.
2. Nothing looks into a bundle: the hash finds what a stick spoils, and what somebody altered does not open (spec 4.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from openline.wire import limits
from openline.wire.errors import CarrierFault, invariant
from openline.wire.said import say

# Bytes above 127, a line's end of either kind and an end of file: what damages text damages these first.
MAGIC: Final = b"\x89OLL\r\n\x1a\n"
FORMAT: Final = 1
LOAD_ID_BYTES: Final = 8
NAME_BYTES: Final = 16
SUFFIX: Final = ".load"
DIGEST_BYTES: Final = 32
NO_LOAD: Final = say("not a load file, or damaged at its beginning")

_LENGTH_BYTES: Final = 4
_FORMAT_AT: Final = len(MAGIC)
_HEAD_BYTES: Final = _FORMAT_AT + 1 + LOAD_ID_BYTES + 2 + 2 + 4
_LEAST_BYTES: Final = _HEAD_BYTES + _LENGTH_BYTES + 1 + DIGEST_BYTES


class Damaged(CarrierFault):
    """A load file or a QR code that is not whole, or is none; nothing in it is taken."""


class LoadFile(NamedTuple):
    """File `place` (from 0) of the `total` of the load with this id."""

    load: bytes
    place: int
    total: int
    bundles: tuple[bytes, ...]


def load_id(bundles: Iterable[bytes]) -> bytes:
    """The 8 bytes that name the load of these bundles."""
    whole = hashlib.sha256()
    for bundle in bundles:
        whole.update(hashlib.sha256(bundle).digest())
    return whole.digest()[:LOAD_ID_BYTES]


def file_name(data: bytes) -> str:
    """The name of a load file: of its own hash, so that it tells nothing of sides, lines or times."""
    return data[-DIGEST_BYTES:][:NAME_BYTES].hex() + SUFFIX


def divided(bundles: Sequence[bytes]) -> list[bytes]:
    """A load's bundles as load files, in order, each filled up to `limits.LOAD_FILE_BYTES_MAX`.

    Raises:
        OurFault: a bundle is empty or too long, or the load is of more than `limits.LOAD_FILES_MAX` files.
    """
    return list(dividing(bundles)[1])


def dividing(bundles: Sequence[bytes]) -> tuple[int, Iterator[bytes]]:
    """How many load files that makes, and each made when it is taken. Raises: as `divided`."""
    total = sum(1 for _ in _groups(bundles))
    invariant(total <= limits.LOAD_FILES_MAX, f"a load of {total} files")
    load = load_id(bundles)
    groups = enumerate(_groups(bundles))
    return total, (encode(LoadFile(load, place, total, group)) for place, group in groups)


def _groups(bundles: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    group: list[bytes] = []
    size = _HEAD_BYTES + DIGEST_BYTES
    for bundle in bundles:
        more = _LENGTH_BYTES + len(bundle)
        if group and size + more > limits.LOAD_FILE_BYTES_MAX:
            yield tuple(group)
            group, size = [], _HEAD_BYTES + DIGEST_BYTES
        group.append(bundle)
        size += more
    if group:
        yield tuple(group)


def encode(file: LoadFile) -> bytes:
    """The bytes of a load file."""
    parts = [
        MAGIC,
        bytes([FORMAT]),
        file.load,
        file.place.to_bytes(2, "big"),
        file.total.to_bytes(2, "big"),
        len(file.bundles).to_bytes(4, "big"),
    ]
    for bundle in file.bundles:
        invariant(0 < len(bundle) <= limits.BUNDLE_BYTES_MAX, f"a bundle of {len(bundle)} bytes")
        parts += [len(bundle).to_bytes(_LENGTH_BYTES, "big"), bundle]
    body = b"".join(parts)
    return body + hashlib.sha256(body).digest()


def decode(data: bytes) -> LoadFile:
    """Read a load file.

    Raises:
        Damaged: it is another file, of a format that this release does not know, damaged, cut short, or beyond a limit.
    """
    if len(data) > limits.LOAD_FILE_BYTES_MAX:
        raise Damaged(say("more than {most} bytes", most=str(limits.LOAD_FILE_BYTES_MAX)))
    if not data.startswith(MAGIC) or len(data) <= _FORMAT_AT:
        raise Damaged(NO_LOAD)
    if data[_FORMAT_AT] != FORMAT:
        raise Damaged(
            say(
                "a load file of format {format}; this release knows {known}", format=str(data[_FORMAT_AT]),
                known=str(FORMAT),
            )
        )
    body = data[:-DIGEST_BYTES]
    if len(data) < _LEAST_BYTES or hashlib.sha256(body).digest() != data[-DIGEST_BYTES:]:
        raise Damaged(say("damaged or cut short: its hash is not that of its content"))
    place, total, count = (int.from_bytes(data[a:b], "big") for a, b in ((17, 19), (19, 21), (21, 25)))
    if not place < total <= limits.LOAD_FILES_MAX:
        raise Damaged(say("it says that it is file {number} of {total}", number=str(place + 1), total=str(total)))
    bundles = tuple(_bundles(body))
    if len(bundles) != count:
        raise Damaged(say("it says {count} bundles and holds {held}", count=str(count), held=str(len(bundles))))
    return LoadFile(body[_FORMAT_AT + 1 :][:LOAD_ID_BYTES], place, total, bundles)


class Renamed(Damaged):
    """A whole file under another name; `own` is the one it had."""

    def __init__(self, own: str) -> None:
        super().__init__(say("whole, but renamed: its name is {name}; give it that name back", name=own))
        self.own = own


def decode_named(name: str, data: bytes) -> LoadFile:
    """Read a load file that lies somewhere under a name, in whichever case some system wrote that.

    Raises:
        Renamed: it is whole, under another name than its own.
        Damaged: as `decode`.
    """
    found, own = decode(data), file_name(data)
    if name.lower() != own:
        raise Renamed(own)
    return found


def _bundles(body: bytes) -> Iterator[bytes]:
    at = _HEAD_BYTES
    while at < len(body):
        start = at + _LENGTH_BYTES
        length = int.from_bytes(body[at:start], "big")
        at = start + length
        if not 0 < length <= limits.BUNDLE_BYTES_MAX or at > len(body):
            raise Damaged(say("a bundle of {length} bytes at byte {start}", length=str(length), start=str(start)))
        yield body[start:at]
