"""Sealing: what is sealed opens for its receiver alone, in its accord, as its sender's; nothing else opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from openline.keys.entropy import SeededEntropy
from openline.keys.sealing import Epoch, UnknownEpoch, UnknownPrekey, new_epoch, open_bundle, seal_follower, seal_opener
from openline.keys.secret import SigningKey, XwingKey
from openline.wire import bodies, entry, limits, terms
from openline.wire.bundle import Payload, encode_payload
from openline.wire.errors import CarrierFault, Malformed, OurFault

ENTROPY = SeededEntropy(b"sealing")
EPOCH = new_epoch(ENTROPY)
PREKEY = XwingKey.generate(ENTROPY)
OTHER_PREKEY = XwingKey.generate(ENTROPY)
PSK, ACCORD_ID, RND = ENTROPY.bytes(32), ENTROPY.bytes(32), ENTROPY.bytes(8)
PADDED = encode_payload(Payload(entries=(b"an entry",)))
KNOWN = {EPOCH.id: EPOCH.secret}


def follower(padded: bytes = PADDED, **changed: Any) -> bytes:
    fields = {"epoch": EPOCH, "psk": PSK, "accord_id": ACCORD_ID, "sender": 0, "rnd": RND} | changed
    return seal_follower(padded, **fields)


def opener(padded: bytes = PADDED, **changed: Any) -> bytes:
    fields = {"epoch": EPOCH, "psk": PSK, "accord_id": ACCORD_ID, "sender": 0, "rnd": RND} | changed
    return seal_opener(padded, **{"prekey": PREKEY.public} | fields)


def opened(bundle: bytes, epochs: Mapping[bytes, bytes] = KNOWN, **changed: Any) -> tuple[Epoch | None, bytes]:
    fields = {"prekeys": {PREKEY.id: PREKEY}, "psk": PSK, "accord_id": ACCORD_ID, "sender": 0} | changed
    return open_bundle(bundle, epochs=epochs, **fields)


@given(st.binary(max_size=500), st.binary(min_size=8, max_size=8))
def test_a_follower_opens(padded: bytes, rnd: bytes) -> None:
    """Any payload comes back from a follower of an epoch the receiver holds, which teaches nothing new."""
    assert opened(follower(padded, rnd=rnd)) == (None, padded)


def test_an_opener_teaches_its_epoch() -> None:
    """Whoever holds the prekey learns the epoch with the payload, and then opens followers."""
    epoch, padded = opened(opener(), epochs={})
    assert (epoch, padded) == (EPOCH, PADDED)
    assert opened(follower(b"next"), epochs={EPOCH.id: EPOCH.secret}) == (None, b"next")


def test_a_repeated_opener_opens_without_its_prekey() -> None:
    """An opener of an epoch already held opens by it, so that a rotated prekey loses nothing on the way."""
    assert opened(opener(), prekeys={}) == (None, PADDED)


def test_a_follower_is_what_the_spec_says() -> None:
    """A follower opens with the library's own HKDF and AEAD by the layout of spec 4.1, with nothing of ours."""
    bundle = follower()
    head, ciphertext = bundle[:18], bundle[18:]
    info = b"openline/bundle/1\0" + ACCORD_ID + b"\x00"
    key = HKDF(hashes.SHA256(), 32, EPOCH.id + RND, info).derive(EPOCH.secret + PSK)
    assert head == b"\x01\x02" + EPOCH.id + RND
    assert ChaCha20Poly1305(key).decrypt(bytes(12), ciphertext, head) == PADDED


def test_an_opener_is_what_the_spec_says() -> None:
    """The epoch secret opens with plain HPKE by the layout of spec 4.1, and the rest is as in a follower."""
    bundle = opener()
    head, ciphertext = bundle[:1194], bundle[1194:]
    info = b"openline/epoch/1\0" + ACCORD_ID + b"\x00" + PREKEY.id + EPOCH.id
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    secret = suite.decrypt(head[18:1186], PREKEY.private, info=info)
    info = b"openline/bundle/1\0" + ACCORD_ID + b"\x00"
    key = HKDF(hashes.SHA256(), 32, EPOCH.id + head[1186:], info).derive(secret + PSK)
    assert head[:18] == b"\x01\x01" + PREKEY.id + EPOCH.id
    assert secret == EPOCH.secret
    assert ChaCha20Poly1305(key).decrypt(bytes(12), ciphertext, head) == PADDED


def test_sizes() -> None:
    """A follower adds 34 bytes, an opener 1210; 128 bytes of text with its entry fit 345 bytes on the wire."""
    assert len(follower()) == len(PADDED) + 34
    assert len(opener()) == len(PADDED) + 1210
    noise = "".join(chr(33 + byte % 90) for byte in ENTROPY.bytes(128))
    head = terms.Head(0, 60_000, ENTROPY.bytes(32))
    core = entry.encode_core(
        0, 0, 60_000, ENTROPY.bytes(32), head, 1_627_354_800, bodies.Message(line=3, number=1500, text=noise)
    )
    signed = core + SigningKey.generate(ENTROPY).sign(entry.signed_bytes(ACCORD_ID, core))
    assert len(follower(encode_payload(Payload(entries=(signed,))))) <= 345


def test_every_byte_of_a_follower_is_bound() -> None:
    """A follower with any one bit flipped does not open."""
    bundle = follower()
    for at in range(len(bundle) * 8):
        changed = bytearray(bundle)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(CarrierFault):
            opened(bytes(changed))


def test_every_byte_of_an_opener_is_bound() -> None:
    """An opener with one bit of any byte flipped does not open: not for who learns the epoch, nor for who holds it."""
    bundle = opener()
    for at in range(len(bundle)):
        changed = bytearray(bundle)
        changed[at] ^= 1 << at % 8
        for epochs in ({}, KNOWN):
            with pytest.raises(CarrierFault):
                opened(bytes(changed), epochs=epochs)


def test_cut_short() -> None:
    """A bundle cut short anywhere, or with bytes added, does not open."""
    for bundle in (follower(), opener()):
        for length in range(len(bundle)):
            with pytest.raises(CarrierFault):
                opened(bundle[:length])
        with pytest.raises(CarrierFault):
            opened(bundle + b"\0")


@given(st.binary(max_size=1500), st.sampled_from([b"", b"\x01\x01", b"\x01\x02" + EPOCH.id, b"\x01\x01" + PREKEY.id]))
def test_any_bytes_are_a_carrier_fault(data: bytes, start: bytes) -> None:
    """Nothing but `CarrierFault` is ever raised."""
    with pytest.raises(CarrierFault):
        opened(start + data)


def test_too_long_is_refused_unopened() -> None:
    """A bundle above the limit is refused before any work is spent on it."""
    with pytest.raises(CarrierFault, match="the limit is"):
        opened(follower(bytes(limits.BUNDLE_BYTES_MAX)))


@pytest.mark.parametrize("make", [follower, opener])
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"sender": 1}, id="reflection: sent back to its sender"),
        pytest.param({"accord_id": b"a" * 32}, id="replay into another accord"),
        pytest.param({"psk": b"p" * 32}, id="without the pre-shared secret"),
    ],
)
def test_out_of_context(make: Any, changed: dict[str, Any]) -> None:
    """A bundle opens only as its sender's, in its accord, with the pre-shared secret."""
    for epochs in ({}, KNOWN):
        with pytest.raises(CarrierFault):
            opened(make(), epochs=epochs, **changed)


def test_forged_opener() -> None:
    """Who knows every public key but not the pre-shared secret cannot make a bundle that opens."""
    forged = opener(epoch=new_epoch(ENTROPY), psk=ENTROPY.bytes(32))
    with pytest.raises(CarrierFault, match="not sealed for us"):
        opened(forged)


def test_grafted_epoch_secret() -> None:
    """The sealed secret of one opener put into another, under the same names, does not open."""
    other = Epoch(EPOCH.id, ENTROPY.bytes(32))
    one, two = opener(), opener(epoch=other)
    with pytest.raises(CarrierFault):
        opened(one[:18] + two[18:1186] + one[1186:], epochs={})


def test_unknown_epoch_and_prekey_are_told_apart() -> None:
    """What the next opener, or a bundle sealed to a newer prekey, will repair is said so; both are carrier faults."""
    with pytest.raises(UnknownEpoch, match=EPOCH.id.hex()):
        opened(follower(), epochs={})
    with pytest.raises(UnknownPrekey, match=PREKEY.id.hex()):
        opened(opener(), epochs={}, prekeys={OTHER_PREKEY.id: OTHER_PREKEY})
    assert issubclass(UnknownEpoch, CarrierFault)
    assert issubclass(UnknownPrekey, CarrierFault)


def test_a_mislabelled_prekey_does_not_open() -> None:
    """An opener tried with another private half than it was sealed to is a carrier fault."""
    with pytest.raises(CarrierFault, match="epoch secret"):
        opened(opener(), epochs={}, prekeys={PREKEY.id: OTHER_PREKEY})


def test_hostile_prekey() -> None:
    """Sealing to a prekey that a peer made unusable is the peer's fault, not a crash."""
    for prekey in (PREKEY.public[:1184] + bytes(32), b"", PREKEY.public[:-1]):
        with pytest.raises(Malformed, match="X-Wing"):
            opener(prekey=prekey)


def test_one_payload_twice_looks_different() -> None:
    """Two bundles of one payload share nothing but what names their epoch."""
    one, two = follower(rnd=b"1" * 8), follower(rnd=b"2" * 8)
    assert one[:10] == two[:10]
    assert sum(a == b for a, b in zip(one[18:], two[18:], strict=True)) < len(one) / 8


def test_our_own_mistakes_are_named() -> None:
    """A short secret or too few random bytes are a defect of ours and never weaken a bundle quietly."""
    with pytest.raises(OurFault, match="8 random bytes"):
        follower(rnd=b"short")
    with pytest.raises(OurFault, match="32 bytes"):
        follower(psk=b"")


def test_an_epoch_does_not_show_its_secret() -> None:
    """What a log prints of an epoch names it and nothing more."""
    assert EPOCH.secret.hex() not in repr(EPOCH)
    assert repr(EPOCH.secret) not in repr(EPOCH)
    assert EPOCH.id.hex() in repr(EPOCH)


def test_epochs_are_fresh() -> None:
    """Every epoch has a name and a secret of its own."""
    made = [new_epoch(ENTROPY) for _ in range(50)]
    assert len({x.id for x in made}) == len({x.secret for x in made}) == 50
