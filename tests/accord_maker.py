"""A small accord with real keys, the same at every call, for tests that need one."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from openline.keys.entropy import SeededEntropy
from openline.keys.founding import SideKeys, found
from openline.keys.secret import join_psk
from openline.wire.accord import Carrier, CarrierKind, Line, Post, SignedAccord
from openline.wire.terms import CheckIn


class Made(NamedTuple):
    """A founded accord and everything secret about it."""

    signed: SignedAccord
    keys: tuple[SideKeys, SideKeys]
    psk: bytes

    @property
    def id(self) -> bytes:
        return self.signed.id


NAMES = ("north", "south")
OFFICERS = (("pak", "ri"), ("choi", "han"))
PRINCIPALS = (("chairman",), ("president",))
CARRIERS = (
    Carrier(id="copper", latency_ms=20),
    Carrier(id="satellite", kind=CarrierKind.RELAY, latency_ms=300),
    Carrier(id="stick", kind=CarrierKind.COURIER),
)
LINES = (
    Line(
        id="panmunjom",
        carriers=(0, 1),
        check_ins=(CheckIn(32_400, 1, 0, "Asia/Seoul"), CheckIn(61_200, 1, 1, "Asia/Seoul")),
        holidays=(18_820,),
    ),
    Line(id="military west", carriers=(0,), pulse_s=30),
)


@cache
def made(two_person: tuple[int, ...] = (3, 4, 5)) -> Made:
    """North and south, two officers and a principal each, two lines, three carriers; two persons for these kinds."""
    entropy = SeededEntropy(b"tests")
    keys = tuple(SideKeys.generate(entropy, officers=OFFICERS[side], principals=PRINCIPALS[side]) for side in (0, 1))
    both = (keys[0], keys[1])
    psk = join_psk(entropy.bytes(32), entropy.bytes(32))
    posts = (Post(name="duty desk", lines=(0, 1)),)
    public = tuple(k.public_side(n, "Asia/Seoul", language="ko", posts=posts) for k, n in zip(both, NAMES, strict=True))
    signed = found(
        "inter-Korean", 1_577_836_800, both, CARRIERS, LINES, psk, public=(public[0], public[1]), two_person=two_person
    )
    return Made(signed, both, psk)
