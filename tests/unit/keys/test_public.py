"""Verification: one verdict on every signature, and every signature bound to one purpose, accord and holder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from openline.keys import public
from openline.keys.public import BadSignature, check_key, verify
from openline.keys.secret import MldsaKey44, MldsaKey87, SigningKey
from openline.wire import bodies, cbor, terms
from openline.wire.errors import Malformed
from tests import ed25519_cases
from tests.edwards25519 import equation_holds

KEY = SigningKey.from_seed(bytes(range(32)))
ACCORD_ID = b"a" * 32


@cache
def hostile() -> list[ed25519_cases.Case]:
    return list(ed25519_cases.cases())


def holds(check: Callable[..., None], *values: bytes) -> bool:
    try:
        check(*values)
    except (BadSignature, InvalidSignature):
        return False
    return True


@pytest.mark.parametrize("number", range(14))
def test_hostile_signature(number: int) -> None:
    """No station counts any of the fourteen signatures on which libraries disagree: key or signature is refused."""
    case = hostile()[number]
    assert case.number == number
    assert holds(check_key, case.key) == case.key_valid
    assert holds(verify, case.key, case.message, case.signature) == case.verifies
    assert not (case.key_valid and case.verifies)


@pytest.mark.parametrize("number", range(14))
def test_hostile_signature_is_what_it_says(number: int) -> None:
    """Each case splits libraries as its kind does: another library's verdict and both equations are as listed."""
    case = hostile()[number]
    other = Ed25519PublicKey.from_public_bytes(case.key)
    assert holds(lambda: other.verify(case.signature, case.message)) == case.lenient
    bare = equation_holds(case.key, case.message, case.signature, cofactor=1)
    assert bare == (number in {0, 1, 2, 3, 6, 7, 9, 11, 13})
    assert equation_holds(case.key, case.message, case.signature, cofactor=8) == (number != 8)


def test_an_honest_signature_is_accepted() -> None:
    """The key of the hostile cases 6, 7, 12 and 13 signs honestly too, and then verifies."""
    case = ed25519_cases.honest()
    check_key(case.key)
    verify(case.key, case.message, case.signature)
    assert case.key == hostile()[13].key


def test_hostile_cases_are_the_same_at_every_call() -> None:
    """Vectors made from the cases do not change from run to run."""
    assert list(ed25519_cases.cases()) == hostile()


@given(st.binary(max_size=100), st.integers(0, 63), st.integers(0, 7))
def test_a_changed_bit_is_found(message: bytes, at: int, bit: int) -> None:
    """A signature with one bit changed, or over one more byte, does not verify; the untouched one does."""
    signature = KEY.sign(message)
    verify(KEY.public, message, signature)
    changed = bytearray(signature)
    changed[at] ^= 1 << bit
    for wrong in ((message, bytes(changed)), (message + b"\0", signature)):
        with pytest.raises(BadSignature):
            verify(KEY.public, *wrong)


def test_shifted_boundary() -> None:
    """Bytes moved between message and signature, or put behind a key, do not verify though the whole is the same."""
    message, signature = b"message", KEY.sign(b"message")
    for key, m, s in (
        (KEY.public + b"\0", message, signature),
        (KEY.public, message[1:], signature + message[:1]),
        (KEY.public, signature[-1:] + message, signature[:-1]),
    ):
        with pytest.raises(BadSignature, match="length"):
            verify(key, m, s)


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_keys_and_signatures_of_any_bytes(key: bytes, signature: bytes) -> None:
    """Any bytes as key or signature are refused, never crash: lengths are looked at before the library sees them."""
    for check in (
        lambda: verify(key, b"m", signature),
        lambda: public.verify_mldsa44(key, b"m", signature),
        lambda: public.verify_mldsa87(key, b"m", signature),
    ):
        with pytest.raises(BadSignature):
            check()


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(KEY.public + b"\0", id="33 bytes"),
        pytest.param(bytes(32), id="point of order 4"),
        pytest.param(b"\x01" + bytes(31), id="the identity"),
        pytest.param(b"\xee" + b"\xff" * 30 + b"\x7f", id="the identity in a second encoding"),
        pytest.param(b"\x02" + bytes(31), id="not on the curve"),
        pytest.param(b"\xff" * 32, id="above the field"),
        pytest.param(ed25519_cases.encode(ed25519_cases.MIXED), id="of mixed order"),
    ],
)
def test_weak_key_is_refused(key: bytes) -> None:
    """Only a canonical point of prime order may be registered."""
    with pytest.raises(BadSignature):
        check_key(key)


def test_mldsa_signatures_verify() -> None:
    """A signature of either parameter set verifies under its own key alone."""
    small, large = MldsaKey44.from_seed(bytes(32)), MldsaKey87.from_seed(bytes(32))
    public.verify_mldsa44(small.public, b"m", small.sign(b"m"))
    public.verify_mldsa87(large.public, b"m", large.sign(b"m"))
    with pytest.raises(BadSignature, match="ML-DSA-44"):
        public.verify_mldsa44(small.public, b"n", small.sign(b"m"))
    with pytest.raises(BadSignature, match="ML-DSA-87"):
        public.verify_mldsa87(large.public, b"n", large.sign(b"m"))
    with pytest.raises(BadSignature):
        public.verify_mldsa44(small.public, b"m", large.sign(b"m"))


def test_hostile_prekey_is_refused() -> None:
    """An X-Wing key with an X25519 half of small order, or an ML-KEM half that is not canonical, is none."""
    mlkem = MLKEM768PrivateKey.from_seed_bytes(bytes(64)).public_key().public_bytes_raw()
    for key in (b"", mlkem, mlkem + bytes(32), mlkem + b"\x01" + bytes(31), b"\xff" * 1184 + b"\x09" + bytes(31)):
        with pytest.raises(Malformed, match="X-Wing"):
            public.xwing_public(key)
    public.xwing_public(mlkem + b"\x09" + bytes(31))


def test_exact_messages() -> None:
    """What each signature is over, byte for byte as in the spec."""
    suspend = bodies.Suspend(scope=((0, terms.Lane.LIAISON),), reason="x")
    assert public.possession_message(ACCORD_ID, KEY.public) == b"openline/possession/1\0" + ACCORD_ID + KEY.public
    assert public.accord_message(ACCORD_ID, 1) == b"openline/accord-signature/1\0" + ACCORD_ID + b"\x01"
    assert public.reentry_message(ACCORD_ID, 1, b"n" * 16, b"s" * 32, b"x" * 1216) == (
        b"openline/reentry/1\0" + ACCORD_ID + b"\x01" + b"n" * 16 + b"s" * 32 + b"x" * 1216
    )
    assert public.call_message(ACCORD_ID, 1, b"c" * 8, 2, terms.Lane.SAFETY, 3, terms.Phase.RANG, 4) == (
        b"openline/call/1\0" + ACCORD_ID + cbor.encode([1, b"c" * 8, 2, 1, 3, 1, 4])
    )
    assert public.officer_message(ACCORD_ID, 1, suspend, 2, 9) == (
        b"openline/officer/1\0" + ACCORD_ID + cbor.encode([1, 3, {1: [[0, 0]], 3: "x"}, 2, 9])
    )
    assert public.officer_message(ACCORD_ID, 0, bodies.Ack(), 0, 0) == (
        b"openline/officer/1\0" + ACCORD_ID + cbor.encode([0, 0, None, 0, 0])
    )


def test_approvals_are_not_part_of_what_is_approved() -> None:
    """Two officers of a two-person act sign the same body, whichever signs first."""
    act = bodies.Accept(target=b"t" * 32)
    approved = replace(act, approvals=(terms.Approval(0, 1, bytes(64)),))
    assert public.officer_message(ACCORD_ID, 0, act, 1, 5) == public.officer_message(ACCORD_ID, 0, approved, 1, 5)


def test_a_root_signs_all_of_a_generation_but_signatures() -> None:
    """Every field of a generation is covered by the root except the two root signatures and the proof of possession."""
    entropy = bytes(range(64))
    generation = bodies.Generation(
        last=terms.Head(0, 4, b"l" * 32),
        station=b"s" * 32,
        checkpoint=b"c" * 1312,
        xwing=b"x" * 1216,
        forks=((b"f" * 32, b"g" * 32),),
        root_ed25519=entropy,
        root_mldsa87=b"m" * 4627,
        possession=entropy,
    )
    message = public.generation_message(ACCORD_ID, 1, 2, generation)
    head = b"openline/generation/1\0" + ACCORD_ID
    assert message.startswith(head)
    assert cbor.decode(message[len(head) :]) == [
        1,
        2,
        {1: [0, 4, b"l" * 32], 2: b"s" * 32, 3: b"c" * 1312, 4: b"x" * 1216, 5: [[b"f" * 32, b"g" * 32]]},
    ]
    signed = replace(generation, root_ed25519=bytes(64), root_mldsa87=bytes(4627), possession=bytes(64))
    assert public.generation_message(ACCORD_ID, 1, 2, signed) == message


def test_no_signature_serves_two_purposes() -> None:
    """No message of one purpose begins like one of another, so that no signature can be carried across."""
    generation = bodies.Generation(
        station=b"s" * 32,
        checkpoint=b"c" * 1312,
        xwing=b"x" * 1216,
        root_ed25519=bytes(64),
        root_mldsa87=bytes(4627),
        possession=bytes(64),
    )
    purposes = [
        public.possession_message(ACCORD_ID, KEY.public),
        public.accord_message(ACCORD_ID, 0),
        public.officer_message(ACCORD_ID, 0, bodies.Ack(), 0, 0),
        public.generation_message(ACCORD_ID, 0, 1, generation),
        public.call_message(ACCORD_ID, 0, bytes(8), 0, 0, 0, 1, 0),
        public.reentry_message(ACCORD_ID, 0, bytes(16), bytes(32), bytes(1216)),
    ]
    prefixes = [message[: message.index(b"\0") + 1] for message in purposes]
    assert all(x.startswith(b"openline/") and x.endswith(b"/1\0") for x in prefixes)
    assert len(set(prefixes)) == len(prefixes)


def test_fingerprints_are_digits() -> None:
    """Six groups of five digits, which any language reads; another key has others."""
    text = public.fingerprint(KEY.public)
    assert [len(group) for group in text.split(" ")] == [5] * 6
    assert text.replace(" ", "").isdecimal()
    assert text != public.fingerprint(bytes(32))
