"""A file of heads: what two officers would read to each other, for those who can hand each other a file.

It is the JSON of `RecordHeads`, as `openline record heads --json` prints it and the console saves it. Nobody signed it:
it is worth as much as the way it came by, like a voice on a call.

Rules of this file: what the other side wrote is taken for nothing but places and ids to look up; its length and the
number of its chains are bounded.
"""

from __future__ import annotations

from typing import Final

import msgspec

from openline.station.api.types_record import RecordHeads
from openline.wire.errors import Misuse
from openline.wire.said import say

BYTES_MAX: Final = 16 * 1024
CHAINS_MAX: Final = 8  # a chain each, and those before a generation


def read(data: bytes, accord: str) -> RecordHeads:
    """The heads in a file. `accord`: the id of the accord that they must be of, in hex.

    Raises:
        Misuse: it is no such file, or another accord's.
    """
    try:
        found = msgspec.json.decode(data, type=RecordHeads) if len(data) <= BYTES_MAX else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if found is None or not 0 < len(found.chains) <= CHAINS_MAX:
        raise Misuse(
            say("this is no file of heads"),
            next_step=say("Have one made: in their console, or by openline record heads --json."),
        )
    if found.accord != accord:
        raise Misuse(
            say("these are the heads of another accord"), next_step=say("Ask for those of this accord's record.")
        )
    return found
