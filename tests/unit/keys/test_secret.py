"""Secret keys: what follows from a seed, what is kept, and what is never shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from openline.keys import public
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import (
    PREKEYS_MAX,
    AnnounceKeys,
    MldsaKey44,
    MldsaKey87,
    OfficerKey,
    PrincipalKey,
    RootKeys,
    SigningKey,
    StationKeys,
    SystemEntropy,
    XwingKey,
    join_psk,
    psk_check,
)
from openline.wire import cbor
from openline.wire.errors import Malformed, OurFault

KINDS: list[Any] = [SigningKey, MldsaKey44, MldsaKey87, XwingKey]
SETS: list[Callable[[SeededEntropy], Any]] = [
    StationKeys.generate,
    RootKeys.generate,
    AnnounceKeys.generate,
    lambda entropy: OfficerKey.generate("pak", entropy),
    lambda entropy: PrincipalKey.generate("chairman", entropy),
]


def entropy() -> SeededEntropy:
    return SeededEntropy(b"secret keys")


def test_ed25519_of_rfc_8032() -> None:
    """Test 1 of RFC 8032 §7.1: seed, public key and signature of the empty message."""
    key = SigningKey.from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_xwing_of_the_draft() -> None:
    """The first key of draft-connolly-cfrg-xwing-kem follows from its seed: both ends of its public half."""
    key = XwingKey.from_seed(bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"))
    assert len(key.public) == public.XWING_BYTES
    assert key.public[:32].hex() == "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5"
    assert key.public[-32:].hex() == "859edb06eff389b27dce59844570216223593d4ba32d9abac8cd049040ef6534"


def test_a_prekey_is_named_by_its_public_half() -> None:
    """The name an opener uses can be computed by whoever seals to the key."""
    key = XwingKey.generate(entropy())
    assert key.id == hashlib.sha256(b"openline/prekey/1\0" + key.public).digest()[:8] == public.prekey_id(key.public)


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_is_one_key(kind: Any) -> None:
    """Equal seeds give equal keys and different seeds different ones; a seed has 32 bytes."""
    assert kind.from_seed(bytes(32)).public == kind.from_seed(bytes(32)).public
    assert kind.from_seed(bytes(32)).public != kind.from_seed(bytes(31) + b"\x01").public
    for short in (b"", bytes(31), bytes(33)):
        with pytest.raises(OurFault, match="32 bytes"):
            kind.from_seed(short)


def shown(value: object) -> str:
    return f"{value!r} {value!s} {value}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_does_not_show_its_secret(kind: Any) -> None:
    """What a log or a traceback prints of a key tells the key apart and nothing more."""
    seed = bytes(range(200, 232))
    text = shown(kind.from_seed(seed))
    assert public.fingerprint(kind.from_seed(seed).public) in text
    for secret in (seed.hex(), repr(seed), repr(list(seed)), str(int.from_bytes(seed, "big"))):
        assert secret not in text


@pytest.mark.parametrize("make", SETS)
def test_a_key_set_does_not_show_its_secrets(make: Callable[[SeededEntropy], Any]) -> None:
    """No seed of a set is printed with it, in any of the forms bytes are printed in."""
    text = shown(make(entropy()))
    source = entropy()
    for _ in range(4):
        seed = source.bytes(32)
        assert seed.hex() not in text
        assert repr(seed) not in text


@pytest.mark.parametrize("make", SETS)
def test_a_key_set_comes_back(make: Callable[[SeededEntropy], Any]) -> None:
    """The bytes of a set give the same keys again, and the same bytes."""
    keys = make(entropy())
    again = type(keys).from_bytes(keys.to_bytes())
    assert again.to_bytes() == keys.to_bytes()
    assert shown(again) == shown(keys)


@pytest.mark.parametrize("make", SETS)
def test_other_bytes_are_no_key_set(make: Callable[[SeededEntropy], Any]) -> None:
    """Damaged or foreign bytes are refused."""
    keys = make(entropy())
    for data in (b"", keys.to_bytes()[:-1], cbor.encode({}), cbor.encode({1: b"short"}), cbor.encode([1])):
        with pytest.raises(Malformed):
            type(keys).from_bytes(data)


def test_station_keys_in_the_middle_of_a_change() -> None:
    """A next station key and several prekeys survive keeping; the newest prekey is last, each is found by its name."""
    keys = StationKeys.generate(entropy())
    keys.next_station = SigningKey.from_seed(b"n" * 32)
    keys.prekeys.append(XwingKey.from_seed(b"x" * 32))
    again = StationKeys.from_bytes(keys.to_bytes())
    assert again.next_station is not None
    assert again.next_station.public == keys.next_station.public
    assert again.xwing.public == XwingKey.from_seed(b"x" * 32).public
    assert list(again.prekeys_by_id()) == [key.id for key in keys.prekeys]


def test_prekeys_are_retired_once_a_newer_one_is_used() -> None:
    """Older prekeys go when the other side seals to a newer one; the newest stays whatever is named."""
    keys = StationKeys.generate(entropy())
    first = keys.xwing
    second, third = (XwingKey.from_seed(bytes([n]) * 32) for n in (2, 3))
    keys.add_prekey(second)
    keys.add_prekey(third)
    assert not keys.retire_prekeys(b"unknown!")
    assert not keys.retire_prekeys(first.id)
    assert keys.retire_prekeys(second.id)
    assert [key.id for key in keys.prekeys] == [second.id, third.id]
    assert keys.retire_prekeys(third.id)
    assert keys.xwing is third


def test_station_keys_never_outgrow_their_format() -> None:
    """However often prekeys are renewed and none is seen used, the set can be kept and read."""
    keys = StationKeys.generate(entropy())
    for n in range(PREKEYS_MAX + 1):
        keys.add_prekey(XwingKey.from_seed(n.to_bytes(32, "big")))
    again = StationKeys.from_bytes(keys.to_bytes())
    assert len(again.prekeys) == PREKEYS_MAX
    assert again.xwing.public == XwingKey.from_seed(PREKEYS_MAX.to_bytes(32, "big")).public


def test_a_station_keeps_at_least_one_prekey() -> None:
    """A set with none is no set of station keys: nothing could be sealed to it."""
    keys = StationKeys.generate(entropy())
    keys.prekeys.clear()
    with pytest.raises(Malformed, match="1 to 64 items"):
        StationKeys.from_bytes(keys.to_bytes())


def test_a_root_signs_twice() -> None:
    """Both of a root's signatures are over the same message and verify under its two keys."""
    root = RootKeys.generate(entropy())
    ed25519, mldsa87 = root.sign(b"m")
    public.verify(root.ed25519.public, b"m", ed25519)
    public.verify_mldsa87(root.mldsa87.public, b"m", mldsa87)


def test_an_officer_signs_under_the_name_in_the_accord() -> None:
    """An officer's key is what the accord lists."""
    officer = OfficerKey.generate("pak", entropy())
    public.verify(officer.public, b"m", officer.sign(b"m"))


def test_the_pre_shared_secret_needs_both_halves() -> None:
    """Neither side alone determines the secret, the order of halves counts, and its check does not show it."""
    one, two = b"1" * 32, b"2" * 32
    psk = join_psk(one, two)
    assert psk == hashlib.sha256(b"openline/psk-halves/1\0" + one + two).digest()
    assert len({psk, join_psk(two, one), join_psk(one, one), join_psk(two, two)}) == 4
    assert psk_check(psk) == hashlib.sha256(b"openline/psk/1\0" + psk).digest()
    for short in (b"", bytes(31)):
        with pytest.raises(OurFault):
            join_psk(short, two)
        with pytest.raises(OurFault):
            psk_check(short)


def test_system_entropy_is_fresh() -> None:
    """The operating system gives as many bytes as asked, and never the same."""
    assert [len(SystemEntropy().bytes(n)) for n in (0, 8, 32)] == [0, 8, 32]
    assert len({SystemEntropy().bytes(32) for _ in range(100)}) == 100
