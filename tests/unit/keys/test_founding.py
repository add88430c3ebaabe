"""Founding: each side signs alone what both built, and only what its own keys are in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openline.keys.entropy import SeededEntropy
from openline.keys.founding import SideKeys, draft, found, sign_accord
from openline.keys.public import check_accord
from openline.keys.secret import psk_check
from openline.wire import accord as accords
from openline.wire.accord import SignedAccord
from openline.wire.errors import Malformed, Misuse
from tests.accord_maker import CARRIERS, LINES, NAMES, OFFICERS, PRINCIPALS, made


def test_two_sides_apart_make_the_accord_of_one_room() -> None:
    """Each side signs at its own table with its own keys; put together it is the accord `found` makes."""
    both = made()
    public = both.signed.accord.sides
    built = draft(
        "inter-Korean", 1_577_836_800, (public[0], public[1]), CARRIERS, LINES, both.psk, two_person=(5, 4, 3, 3)
    )
    document = accords.encode(built)
    north, south = (sign_accord(document, side, both.keys[side]) for side in (0, 1))
    apart = SignedAccord(accords.decode(document), document, (north, south))
    check_accord(apart)
    assert apart.id == both.id
    assert apart.accord == both.signed.accord


def test_a_side_shows_only_public_halves() -> None:
    """The accord holds every public key a side has, in order, and no seed."""
    both = made()
    side, keys = both.signed.accord.sides[0], both.keys[0]
    assert side.station == keys.station.station.public
    assert side.xwing == keys.station.xwing.public
    assert tuple(x.name for x in side.officers) == OFFICERS[0]
    assert tuple(x.name for x in side.principals) == PRINCIPALS[0]
    seeds = [
        keys.root.ed25519.seed,
        keys.root.mldsa87.seed,
        keys.station.xwing.seed,
        *(x.seed for x in keys.possessed()),
    ]
    assert not [seed for seed in seeds if seed in both.signed.document]
    assert both.psk not in both.signed.document
    assert both.signed.accord.psk_check == psk_check(both.psk)


def test_a_side_does_not_sign_for_keys_it_was_not_given() -> None:
    """Asked to sign an accord that names another key for it, a side refuses and says why."""
    both = made()
    accord = both.signed.accord
    north = replace(accord.sides[0], station=accord.sides[1].announce_ed25519)
    document = accords.encode(replace(accord, sides=(north, accord.sides[1])))
    with pytest.raises(Misuse, match="names other keys for north"):
        sign_accord(document, 0, both.keys[0])
    with pytest.raises(Misuse, match="names other keys for south"):
        sign_accord(both.signed.document, 1, both.keys[0])


def test_a_side_does_not_sign_what_it_cannot_read() -> None:
    """Bytes that are no accord are refused before a root key is used."""
    with pytest.raises(Malformed):
        sign_accord(b"anything", 0, made().keys[0])


def test_nothing_wrong_is_founded() -> None:
    """A number that points nowhere is found at the table, before anybody signs."""
    both = made()
    public = (both.signed.accord.sides[0], both.signed.accord.sides[1])
    with pytest.raises(Malformed, match="names a carrier that the accord lacks"):
        found("x", 1, both.keys, CARRIERS[:1], LINES, both.psk, public=public)


def test_one_seed_founds_one_accord() -> None:
    """The scenario player founds the same accord, signatures included where they are deterministic, from one seed."""

    def once() -> SignedAccord:
        entropy = SeededEntropy(b"play")
        keys = tuple(SideKeys.generate(entropy, officers=("a",)) for _ in (0, 1))
        public = tuple(k.public_side(n, "UTC") for k, n in zip(keys, NAMES, strict=True))
        return found("x", 1, (keys[0], keys[1]), CARRIERS, LINES, entropy.bytes(32), public=(public[0], public[1]))

    one, two = once(), once()
    assert one.document == two.document
    assert one.signatures[0].possession == two.signatures[0].possession
