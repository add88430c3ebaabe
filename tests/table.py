"""Two sides at the table: an accord with one officer and one principal a side, from keys that a seed determines."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from openline.keys.entropy import SeededEntropy
from openline.keys.founding import SideKeys, found
from openline.wire.accord import Carrier, Line, SignedAccord


class Table(NamedTuple):
    """A signed accord and both sides' keys, side 0's first."""

    signed: SignedAccord
    keys: tuple[SideKeys, SideKeys]


@cache
def table(seed: bytes = b"table", names: tuple[str, str] = ("north", "south")) -> Table:
    """The same accord for the same seed and names."""
    entropy = SeededEntropy(seed)
    keys = (
        SideKeys.generate(entropy, officers=["duty"], principals=["chairman"]),
        SideKeys.generate(entropy, officers=["duty"], principals=["president"]),
    )
    public = (
        keys[0].public_side(names[0], "Asia/Pyongyang", language="ko"),
        keys[1].public_side(names[1], "Asia/Seoul", language="ko"),
    )
    signed = found(
        "Panmunjom accord",
        1_500_000_000,
        keys,
        [Carrier(id="copper")],
        [Line(id="panmunjom", carriers=(0,))],
        entropy.bytes(32),
        public=public,
    )
    return Table(signed, keys)
