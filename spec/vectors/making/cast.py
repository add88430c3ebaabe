"""Who appears in the vectors: two sides with all their keys, and the accord between them, from one seed.

Rules of this file: nobody's real key is here; every secret follows from a seed that is printed in this file.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple, cast

from openline.keys.entropy import SeededEntropy
from openline.keys.founding import SideKeys, found
from openline.keys.public import verify_mldsa44, verify_mldsa87
from openline.keys.secret import StationKeys, join_psk
from openline.wire.accord import Carrier, CarrierKind, Line, Post, SignedAccord, Witness
from openline.wire.terms import CheckIn
from spec.vectors.making.kept import KeptKey

SEED: Final = b"openline vectors"
FOUNDED_S: Final = 1_577_836_800
NAMES: Final = ("north", "south")
ZONES: Final = ("Asia/Pyongyang", "Asia/Seoul")
OFFICERS: Final = (("pak", "ri"), ("choi", "han"))
PRINCIPALS: Final = (("chairman",), ("president",))
TWO_PERSON: Final = (3, 4, 5)
CARRIERS: Final = (
    Carrier(id="copper", latency_ms=20),
    Carrier(id="satellite", kind=CarrierKind.RELAY, latency_ms=300),
    Carrier(id="stick", kind=CarrierKind.COURIER),
)
LINES: Final = (
    Line(
        id="panmunjom",
        carriers=(0, 1),
        check_ins=(CheckIn(32_400, 1, 0, "Asia/Seoul"), CheckIn(61_200, 1, 1, "Asia/Seoul")),
        holidays=(18_820,),
    ),
    Line(id="military west", carriers=(0,), expires_s=1_700_000_000, pulse_s=30),
)


class Cast(NamedTuple):
    """An accord, everything secret about it, and the two halves of its pre-shared secret."""

    signed: SignedAccord
    keys: tuple[SideKeys, SideKeys]
    halves: tuple[bytes, bytes]

    @property
    def id(self) -> bytes:
        return self.signed.id

    @property
    def psk(self) -> bytes:
        return join_psk(*self.halves)


@cache
def whole() -> Cast:
    """North and south with all an accord can name: officers, principals, posts, check-ins, two-person acts, witness."""
    entropy = SeededEntropy(SEED)
    sides = cast(
        tuple[SideKeys, SideKeys],
        tuple(_side_keys(entropy, officers=OFFICERS[side], principals=PRINCIPALS[side]) for side in (0, 1)),
    )
    halves = (entropy.bytes(32), entropy.bytes(32))
    witness = Witness(name="witness", key=SideKeys.generate(entropy, officers=["w"]).root.ed25519.public)
    posts = (Post(name="duty desk", lines=(0, 1)),)
    public = [
        sides[side].public_side(NAMES[side], ZONES[side], language="ko", posts=posts if side == 0 else ())
        for side in (0, 1)
    ]
    signed = found(
        "inter-Korean",
        FOUNDED_S,
        sides,
        CARRIERS,
        LINES,
        join_psk(*halves),
        public=(public[0], public[1]),
        two_person=TWO_PERSON,
        witnesses=(witness,),
    )
    return Cast(signed, sides, halves)


@cache
def least() -> Cast:
    """Two sides with as little as an accord can name, in an accord of their own."""
    entropy = SeededEntropy(SEED + b", the least")
    sides = (_side_keys(entropy, officers=["o"]), _side_keys(entropy, officers=["o"]))
    halves = (entropy.bytes(32), entropy.bytes(32))
    public = (sides[0].public_side("a", "UTC"), sides[1].public_side("b", "UTC"))
    carriers, lines = (Carrier(id="c"),), (Line(id="l", carriers=(0,)),)
    return Cast(found("x", 0, sides, carriers, lines, join_psk(*halves), public=public), sides, halves)


def station_keys(seed: bytes) -> StationKeys:
    """New keys for a station, as a generation names them."""
    keys = StationKeys.generate(SeededEntropy(SEED + seed))
    keys.checkpoint = cast(Any, KeptKey(keys.checkpoint, verify_mldsa44))
    return keys


def _side_keys(entropy: SeededEntropy, **names: Any) -> SideKeys:
    keys = SideKeys.generate(entropy, **names)
    keys.root.mldsa87 = cast(Any, KeptKey(keys.root.mldsa87, verify_mldsa87))
    keys.station.checkpoint = cast(Any, KeptKey(keys.station.checkpoint, verify_mldsa44))
    keys.announce.mldsa44 = cast(Any, KeptKey(keys.announce.mldsa44, verify_mldsa44))
    return keys
