"""Long records to measure on, made by the same code that a station signs with."""

from __future__ import annotations

from collections.abc import Iterator

from openline.keys.entropy import SeededEntropy
from openline.keys.founding import SideKeys, found
from openline.wire.accord import Carrier, Line, SignedAccord
from openline.wire.bodies import Message
from openline.wire.entry import encode_core, entry_id, signed_bytes

FOUNDED_S = 1_600_000_000
TEXT = (
    "Report of the morning: nothing on the northern road, visibility good, patrol back at 08:40, relief at noon. "
    "All quiet. No requests."
)


def accord() -> tuple[SignedAccord, tuple[SideKeys, SideKeys]]:
    entropy = SeededEntropy(b"bench")
    keys = (SideKeys.generate(entropy, officers=["duty"]), SideKeys.generate(entropy, officers=["duty"]))
    public = (keys[0].public_side("north", "UTC"), keys[1].public_side("south", "UTC"))
    carriers, lines = [Carrier(id="copper")], [Line(id="panmunjom", carriers=(0,))]
    return found("bench", FOUNDED_S, keys, carriers, lines, entropy.bytes(32), public=public), keys


def chain(signed: SignedAccord, keys: SideKeys, side: int, count: int) -> Iterator[bytes]:
    """`count` signed messages of 128 bytes, one after the other."""
    prev, signer, accord_id = signed.id, keys.station.station, signed.id
    for seq in range(count):
        body = Message(number=seq + 1, text=TEXT[:128])
        core = encode_core(side, 0, seq, prev, None, FOUNDED_S + seq, body)
        data = core + signer.sign(signed_bytes(accord_id, core))
        prev = entry_id(data)
        yield data
