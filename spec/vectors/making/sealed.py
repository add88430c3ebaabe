"""Vectors of payloads and their padding (4.3, 4.4), of bundles (4.1), and of a restored station's plea (5.8)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final

from openline.cli.vectors_plain import body_facts
from openline.keys import public, sealing
from openline.keys.entropy import SeededEntropy
from openline.keys.sealing import Epoch
from openline.keys.secret import SigningKey, XwingKey
from openline.wire import bundle, cbor
from openline.wire.bundle import (
    Act,
    Echo,
    Have,
    Part,
    PartsWanted,
    Payload,
    Pulse,
    Reentry,
    Signal,
    Voice,
    Want,
    padme,
)
from openline.wire.errors import CarrierFault
from openline.wire.terms import Word
from spec.vectors.making.accords import ACCORD
from spec.vectors.making.cast import SEED, least, whole
from spec.vectors.making.chains import talked
from spec.vectors.making.kept import KEPT
from spec.vectors.making.vector import Reference, Vector, changed

ENTROPY: Final = SeededEntropy(SEED + b"bundles")
EPOCH: Final = Epoch(ENTROPY.bytes(8), ENTROPY.bytes(32))
PREKEY: Final = XwingKey.generate(ENTROPY)
OTHER_PREKEY: Final = XwingKey.generate(ENTROPY)
RND: Final = ENTROPY.bytes(8)
SENDER: Final = 0
SMALL: Final = Payload(have=(Have(0, 0, 2, bytes(range(8))),), holds_epoch=bytes(8))
DEFLATED: Final = 1 << 31


def vectors() -> Iterator[Vector]:
    for name, what, payload in _payloads():
        given, expected = {"padded": encoded(payload)}, {"payload": body_facts(payload)}
        yield Vector(name=f"payload-{name}", spec="4.3, 4.4", what=what, kind="payload", input=given, expected=expected)
    for name, what, padded in _wrong_payloads():
        yield Vector(
            name=f"payload-{name}",
            spec="4.3, 4.4",
            what=what,
            kind="payload",
            reject_as="malformed",
            input={"padded": padded},
        )
    yield from _bundles()
    yield from _reentry()


# --- payloads ---


def _payloads() -> Iterator[tuple[str, str, Payload]]:
    yield "empty", "A payload that says nothing.", Payload()
    yield "hints", "Every hint, each with its optional part and without.", _all_hints()
    entries = tuple(one.data for one in talked().order[:2])
    yield "entries", "Two entries, deflated where that makes it smaller.", Payload(entries=entries)
    deflated = Payload(have=tuple(Have(0, gen, 7, bytes(8)) for gen in range(64)))
    yield "deflated", "Sixty-four heads, deflated.", deflated
    yield "voices", "A half of a call's voice.", Payload(voices=(voice(),))
    yield "restoring", "The sender is fetching its own record back.", Payload(restoring=True)


def _all_hints() -> Payload:
    call_id, digest = bytes(range(8)), bytes(range(32))
    return Payload(
        have=(Have(0, 0, 2**40, call_id), Have(1, 3, 0, call_id)),
        want=(Want(1, 0, 5, 5), Want(1, 1, 0, 2**40)),
        parts=(Part(digest, 2, 3, b"the last part"),),
        parts_wanted=(PartsWanted(digest, 0, 2047),),
        signals=(
            Signal(Act.RING, call_id, 0, 0, 0, 0, None),
            Signal(Act.WORD, call_id, 1, 1, 1_591_578_000, 250, Word(1, 1_591_578_001, bytes(64))),
        ),
        pulses=(Pulse(0, 1_591_578_000_123, None), Pulse(1, 0, Echo(1_591_577_999_999, 17))),
        holds_epoch=call_id,
    )


def voice(**but: Any) -> Voice:
    """A half of a call's voice that no station signed."""
    plain = Voice(
        bytes(range(8)), 1, 1, 2, bytes(range(32)), "aB3+", "0123456789ABCDEFabcd+/", 111, bytes(range(8)), 1, bytes(64)
    )
    return plain._replace(**but)


def encoded(payload: Payload) -> bytes:
    """The padded payload; kept, for releases of zlib deflate differently, under a name that new fields leave alone."""
    name = b"payload" + repr(payload).replace(", voices=()", "").encode()
    return KEPT.get(name, lambda: bundle.encode_payload(payload), lambda data: bundle.decode_payload(data) == payload)


def _stream(body: bytes) -> bytes:
    return KEPT.get(b"deflated" + body, lambda: zlib.compress(body), lambda data: zlib.decompress(data) == body)


def padded(body: bytes, head: int | None = None) -> bytes:
    framed = (len(body) if head is None else head).to_bytes(4, "big") + body
    return framed.ljust(padme(len(framed)), b"\0")


def _deflated(body: bytes, tail: bytes = b"") -> bytes:
    stream = _stream(body) + tail
    return padded(stream, DEFLATED | len(stream))


def _fields(fields: dict[int, Any]) -> bytes:
    return padded(cbor.encode(fields))


def _wrong_payloads() -> Iterator[tuple[str, str, bytes]]:
    heads: dict[int, Any] = {1: [[0, gen, 7, bytes(8)] for gen in range(62)]}
    body = cbor.encode(heads)
    good = padded(body)
    yield "padding-not-zero", "A byte of the padding is not zero.", good[:-1] + b"\1"
    yield "padding-too-long", "A zero more than Padmé asks for.", good + b"\0"
    yield "padding-too-short", "A zero less than Padmé asks for.", good[:-1]
    yield "shorter-than-its-length", "The length is more than there is.", padded(body, len(body) + 64)
    yield "of-three-bytes", "Too short for a length.", bytes(3)
    yield "deflated-and-cut-short", "A deflated payload without its end.", _cut_short(body)
    yield "deflated-with-a-tail", "A byte behind the deflated payload.", _deflated(body, b"\0")
    yield "deflated-and-damaged", "A deflated payload whose checksum is wrong.", _damaged(body)
    yield "deflated-to-too-much", "A deflated payload of 2 MiB and a byte.", _deflated(bytes(2 * 1024 * 1024 + 1))
    yield "default-written", "A field written out at its default.", _fields({3: []})
    yield "unknown-field", "A field that no payload has.", _fields({12: 0})
    yield "an-array", "A payload that is no map.", padded(cbor.encode([]))
    yield "65-heads", "Sixty-five heads, where 64 are the most.", _fields({1: [[0, n, 0, bytes(8)] for n in range(65)]})
    yield "range-backwards", "A range whose first is above its last.", _fields({2: [[0, 0, 5, 4]]})
    yield "part-beyond-the-last", "A part behind the last.", _fields({4: [[bytes(32), 3, 3, b"x"]]})
    yield "part-empty", "A part without a byte.", _fields({4: [[bytes(32), 0, 1, b""]]})
    yield "part-not-full", "A part that is short and not the last.", _fields({4: [[bytes(32), 0, 2, b"x"]]})
    yield "ring-with-a-word", "A word where none belongs.", _fields({6: [[1, bytes(8), 0, 0, 0, 0, [1, 0, bytes(64)]]]})
    yield "word-without-a-word", "No word where one belongs.", _fields({6: [[2, bytes(8), 0, 0, 0, 0, None]]})
    yield "act-5", "A step of a call that is none.", _fields({6: [[5, bytes(8), 0, 0, 0, 0, None]]})
    for name, what, but in _WRONG_VOICES:
        yield f"voice-{name}", what, _fields({11: [list(voice(**but))]})
    yield "restoring-false", "A flag written as false.", _fields({10: False})


_WRONG_VOICES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("round-0", "A half of no round.", {"round": 0}),
    ("round-1025", "A half of more rounds than there may be.", {"round": 1025}),
    ("fingerprint-short", "A fingerprint that is no SHA-256.", {"fingerprint": bytes(20)}),
    ("two-lines", "A name that would end its line in a description.", {"ufrag": "aB3\n"}),
    ("pwd-short", "A password of 21 characters.", {"pwd": "0" * 21}),
    ("pwd-long", "A password of 65 characters.", {"pwd": "0" * 65}),
    ("payload-type-95", "A payload type that is not for the sides to choose.", {"payload_type": 95}),
    ("token-short", "A token of 7 bytes.", {"token": bytes(7)}),
)


def _cut_short(body: bytes) -> bytes:
    stream = _stream(body)[:-1]
    return padded(stream, DEFLATED | len(stream))


def _damaged(body: bytes) -> bytes:
    stream = _stream(body)
    stream = stream[:-1] + bytes([stream[-1] ^ 1])
    return padded(stream, DEFLATED | len(stream))


# --- bundles ---


def sample_opener() -> bytes:
    """The opener of the vector `bundle-opener`."""
    return _opener(bundle.encode_payload(SMALL))


def _bundles() -> Iterator[Vector]:
    opener, follower = sample_opener(), _follower(bundle.encode_payload(SMALL))
    facts = body_facts(SMALL)
    learnt = [EPOCH.id.hex(), EPOCH.secret.hex()]
    yield _bundle(
        "opener", "An opener, by which the receiver learns the epoch.", opener, {"learnt": learnt, "payload": facts}
    )
    held = [[EPOCH.id, EPOCH.secret]]
    expected = {"learnt": None, "payload": facts}
    yield _bundle("follower", "A follower of an epoch that is held.", follower, expected, epochs=held)
    given = Reference("bundle-opener", "bundle")
    yield _bundle(
        "opener-of-an-epoch-held", "An opener again: its epoch is held.", given, expected, epochs=held, prekey_seeds=[]
    )
    for name, what, reject_as, change in _wrong_bundles(opener, follower, held):
        data = change.pop("bundle", opener)
        yield _bundle(name, what, data, {}, reject_as=reject_as, **change)


def _wrong_bundles(opener: bytes, follower: bytes, held: Any) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    def of(data: bytes) -> Reference:
        return changed("bundle-opener", "bundle", opener, data)

    same, follow, no = of(opener), {"bundle": follower, "epochs": held}, "not-opened"
    yield "psk-of-others", "The receiver's pre-shared secret is another.", no, {"bundle": same, "psk": bytes(32)}
    yield "of-the-other-sender", "It is taken for one of the receiver's own.", no, {"bundle": same, "sender": 1}
    yield "of-another-accord", "It was sealed in another accord.", no, {"bundle": same, "accord_id": least().id}
    yield "ciphertext-altered", "A bit of the ciphertext was changed.", no, {"bundle": of(_flipped(opener, -1))}
    yield "secret-altered", "A bit of the sealed secret was changed.", no, {"bundle": of(_flipped(opener, 1150))}
    yield "rnd-altered", "A bit of `rnd` was changed.", no, {"bundle": of(_flipped(opener, 1193))}
    yield "epoch-renamed", "The epoch's name was changed.", no, {"bundle": of(_flipped(opener, 12))}
    yield "cut-short", "Its last byte is missing.", no, {"bundle": of(opener[:-1])}
    yield "of-type-3", "A type that is none.", no, {"bundle": of(opener[:1] + b"\3" + opener[2:])}
    yield "of-format-2", "A format that is none.", no, {"bundle": of(b"\2" + opener[1:])}
    other = {"bundle": same, "prekey_seeds": [OTHER_PREKEY.seed]}
    yield "prekey-not-held", "It is sealed to a prekey that the receiver does not hold.", "unknown-prekey", other
    yield (
        "follower-of-an-unknown-epoch",
        "A follower of an epoch that is not held.",
        "unknown-epoch",
        {**follow, "epochs": []},
    )
    wrong = [[EPOCH.id, bytes(32)]]
    yield "follower-under-another-secret", "Another secret is held for its epoch.", no, {**follow, "epochs": wrong}
    loose = bundle.encode_payload(SMALL) + b"\0"
    what = "It opens, and its payload is padded wrongly."
    yield "follower-padded-wrongly", what, "malformed", {**follow, "bundle": _follower(loose)}


def _bundle(name: str, what: str, data: Any, expected: dict[str, Any], *, reject_as: str = "", **change: Any) -> Vector:
    given: dict[str, Any] = {
        "accord_id": whole().id,
        "sender": SENDER,
        "psk": whole().psk,
        "prekey_seeds": [PREKEY.seed],
        "epochs": [],
        "bundle": data,
        **change,
    }
    return Vector(
        name=f"bundle-{name}", spec="4.1", what=what, kind="bundle", reject_as=reject_as, input=given, expected=expected
    )


def _follower(payload: bytes) -> bytes:
    return sealing.seal_follower(payload, epoch=EPOCH, psk=whole().psk, accord_id=whole().id, sender=SENDER, rnd=RND)


def _opener(payload: bytes) -> bytes:
    common: dict[str, Any] = {"psk": whole().psk, "accord_id": whole().id, "sender": SENDER}

    def make() -> bytes:
        return sealing.seal_opener(payload, epoch=EPOCH, prekey=PREKEY.public, rnd=RND, **common)

    def holds(data: bytes) -> bool:
        try:
            opened = sealing.open_bundle(data, epochs={}, prekeys={PREKEY.id: PREKEY}, **common)
        except CarrierFault:
            return False
        return opened == (EPOCH, payload)

    return KEPT.get(b"opener" + payload + PREKEY.public + EPOCH.id + RND + whole().psk + whole().id, make, holds)


def _flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


# --- a restored station's plea ---


def _reentry() -> Iterator[Vector]:
    nonce, station = bytes(range(16)), SigningKey.from_seed(bytes([11]) * 32).public
    message = public.reentry_message(whole().id, 0, nonce, station, PREKEY.public)
    ed25519, mldsa87 = whole().keys[0].root.sign(message)
    given = {
        "accord": ACCORD,
        "side": 0,
        **Reentry(nonce, station, PREKEY.public, ed25519, mldsa87)._asdict(),
    }
    what = "A restored station's plea for its record, signed twice by its side's root."
    yield Vector(name="reentry", spec="5.8", what=what, kind="reentry", input=given)
    same = {name: Reference("reentry", name) for name in ("xwing", "root_mldsa87")}
    for name, what, change in (
        ("of-the-other-side", "The root that signed is the other side's.", {"side": 1}),
        ("of-another-station", "The root signed for another station key.", {"station": bytes(32)}),
        ("of-another-nonce", "The root signed another plea.", {"nonce": bytes(16)}),
        ("mldsa87-altered", "The ML-DSA-87 signature was changed.", {"root_mldsa87": _of_altered(mldsa87)}),
    ):
        wrong = {**given, **same, **change}
        yield Vector(
            name=f"reentry-{name}", spec="5.8", what=what, kind="reentry", reject_as="bad-signature", input=wrong
        )


def _of_altered(signature: bytes) -> Reference:
    return changed("reentry", "root_mldsa87", signature, _flipped(signature, -1))
