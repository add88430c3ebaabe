"""Bundles one after another in a stream, as `courier pack` and `unpack` pass them over the local API.

A frame is the length of a bundle (4 bytes, big-endian) and the bundle; a stream ends with a length of 0, so that one
that was cut short is told from a whole one.

Rules of this file: no more than one bundle is held; a length that no bundle has ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from openline.wire.errors import Misuse
from openline.wire.limits import BUNDLE_BYTES_MAX
from openline.wire.said import say

LENGTH_BYTES: Final = 4
END: Final = bytes(LENGTH_BYTES)
PIECE_BYTES_MAX: Final = 2 * 1024 * 1024  # chosen: any bundle, or some hundred ordinary ones, in one request


def frame(bundle: bytes) -> bytes:
    return len(bundle).to_bytes(LENGTH_BYTES, "big") + bundle


def read(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The bundles in a stream that comes in pieces of any size.

    Raises:
        Misuse: it was cut short, or is no stream of bundles.
    """
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= LENGTH_BYTES:
            length = int.from_bytes(held[:LENGTH_BYTES], "big")
            if length == 0:
                return
            if length > BUNDLE_BYTES_MAX:
                raise Misuse(say("a bundle of {length} bytes: these are no bundles", length=str(length)))
            if len(held) < LENGTH_BYTES + length:
                break
            yield bytes(held[LENGTH_BYTES : LENGTH_BYTES + length])
            del held[: LENGTH_BYTES + length]
    raise Misuse(say("the bundles were cut short"), next_step=say("Try again."))


def split(body: bytes) -> list[bytes]:
    """The bundles in a whole body. Raises: as `read`."""
    return list(read((body,)))
