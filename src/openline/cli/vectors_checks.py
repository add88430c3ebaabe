"""What this release says of each kind of vector: accepted, or rejected as what, and the facts it read from it.

Rules of this file:
1. A check is a few lines that hand a vector's input to the code that a station or an audit runs; no rule of the formats
   is written here a second time.
2. A check gives the facts that it read; they are compared with those that the vector expects, so that accepting for
   the wrong reason, or reading another value, is found too.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from openline.audit.check import audit
from openline.audit.verdict import Kind
from openline.carriers import load_file
from openline.carriers.scan import Gathering
from openline.cli.vectors_files import Vector
from openline.cli.vectors_plain import body_facts, facts_of, typed
from openline.core import approvals, faults
from openline.core.record import Examined, Record
from openline.keys import letters, notes, public, sealing
from openline.keys.public import BadSignature
from openline.keys.secret import XwingKey, join_psk, psk_check
from openline.wire import accord as accords
from openline.wire import bodies, bundle, cbor, entry, merkle, note
from openline.wire.accord import SignedAccord
from openline.wire.bodies import Fault
from openline.wire.errors import CarrierFault, Malformed, OpenlineError, PeerFault
from openline.wire.terms import Phase, ProofKind


class Outcome(NamedTuple):
    """What was said of a vector. `reject_as` is "" where it was accepted."""

    reject_as: str
    facts: dict[str, Any]


Check = Callable[[Vector], Outcome]

# The nearest class of an error says as what its vector was rejected.
REJECTED_AS: Final[dict[type[OpenlineError], str]] = {
    Malformed: "malformed",
    BadSignature: "bad-signature",
    PeerFault: "broken-rule",
    sealing.UnknownEpoch: "unknown-epoch",
    sealing.UnknownPrekey: "unknown-prekey",
    load_file.Damaged: "damaged",
    CarrierFault: "not-opened",
}
CHECKS: dict[str, Check] = {}


def outcome(vector: Vector) -> Outcome:
    """This release's word on a vector.

    Raises:
        KeyError: it is of a kind that this release does not know.
        Misuse: the file is no vector of its kind.
    """
    check = CHECKS[vector.kind]
    try:
        return check(vector)
    except (PeerFault, CarrierFault) as error:
        return Outcome(_why(error), {})


def _why(error: OpenlineError) -> str:
    return next(REJECTED_AS[kind] for kind in type(error).__mro__ if kind in REJECTED_AS)


def _checks(*kinds: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(kinds, check))
        return check

    return register


def _accepted(**facts: Any) -> Outcome:
    return Outcome("", facts)


# --- bytes, keys, entries (spec 3.1 to 3.5) ---


@_checks("cbor")
def _cbor(given: Vector) -> Outcome:
    return _accepted(value=typed(cbor.decode(given.octets("data"))))


@_checks("ed25519")
def _ed25519(given: Vector) -> Outcome:
    try:
        public.check_key(given.octets("key"))
    except BadSignature:
        return Outcome("bad-signature", {"key_counts": False})
    try:
        public.verify(given.octets("key"), given.octets("message"), given.octets("signature"))
    except BadSignature:
        return Outcome("bad-signature", {"key_counts": True})
    return _accepted(key_counts=True)


@_checks("entry")
def _entry(given: Vector) -> Outcome:
    read = entry.decode(given.octets("entry"))
    public.verify(given.octets("station"), entry.signed_bytes(given.octets("accord_id"), read.core), read.signature)
    return _accepted(
        id=read.id.hex(),
        place=facts_of(read.place),
        prev=read.prev.hex(),
        ack=facts_of(read.ack),
        time_s=facts_of(read.time_s),
        kind=facts_of(bodies.kind_of(read.body)),
        body=body_facts(read.body),
    )


@_checks("accord")
def _accord(given: Vector) -> Outcome:
    signed = accords.decode_signed(given.octets("signed"))
    public.check_accord(signed)
    stations = [public.fingerprint(side.station) for side in signed.accord.sides]
    return _accepted(id=signed.id.hex(), digits=accords.digits(signed.id), station_fingerprints=stations)


@_checks("accord-document")
def _accord_document(given: Vector) -> Outcome:
    document = given.octets("document")
    accords.decode(document)
    return _accepted(id=accords.accord_id(document).hex())


@_checks("xwing-key")
def _xwing_key(given: Vector) -> Outcome:
    key = given.octets("key")
    public.xwing_public(key)
    return _accepted(prekey_id=public.prekey_id(key).hex())


@_checks("psk")
def _psk(given: Vector) -> Outcome:
    psk = join_psk(given.octets("half_0"), given.octets("half_1"))
    return _accepted(psk=psk.hex(), check=psk_check(psk).hex())


# --- chains, acts, faults (spec 3.6, 3.7, 3.10, 5.6, 6) ---


@_checks("chain")
def _chain(given: Vector) -> Outcome:
    """The entries one by one, as if each came in a bundle of its own, up to the first that is not taken in."""
    record = Record(_agreed(given))
    repeated, strange = [], []
    for at, data in enumerate(given.many_octets("entries")):
        try:
            found = record.examine([entry.decode(data)], {})
        except PeerFault as error:
            return Outcome(_why(error), {"at": at})
        if found.ahead or found.strays:
            return Outcome("gap" if found.ahead else "fork", {"at": at})
        repeated += [at] * found.duplicates
        strange += [at] * len(found.strange)
        _take_in(record, found)
    heads = [facts_of(head) for head in record.heads()]
    return _accepted(heads=heads, repeated=repeated, strange=strange)


def _take_in(record: Record, found: Examined) -> None:
    for one, cursor in found.append:
        record.append(one, cursor)


@_checks("approvals")
def _approvals(given: Vector) -> Outcome:
    """Entries of one side in order; the verdict is on the approvals of the last."""
    signed, counters, holds = _agreed(given), dict[tuple[int, int], int](), False
    for data in given.many_octets("entries"):
        read = entry.decode(data)
        holds = approvals.valid(signed.accord, signed.id, read.side, read.body, counters)
    raised = [[officer, counter] for (_, officer), counter in sorted(counters.items())]
    return Outcome("" if holds else "no-effect", {"counters": raised})


@_checks("call-word")
def _call_word(given: Vector) -> Outcome:
    message = public.call_message(
        given.octets("accord_id"),
        given.number("caller"),
        given.octets("call_id"),
        given.number("line"),
        given.number("lane"),
        given.number("due_s"),
        given.number("phase"),
        given.number("time_s"),
    )
    public.verify(given.octets("station"), message, given.octets("signature"))
    return _accepted(phase=Phase(given.number("phase")).name.lower())


@_checks("call-voice")
def _call_voice(given: Vector) -> Outcome:
    voice: bundle.Voice = bundle.VOICE.read(cbor.decode(given.octets("voice")))
    message = public.voice_message(given.octets("accord_id"), given.number("side"), voice)
    public.verify(given.octets("station"), message, voice.signature)
    return _accepted(round=voice.round, fingerprint=voice.fingerprint.hex())


@_checks("fork-proof", "bad-signature-proof", "bad-chain-proof")
def _proof(given: Vector) -> Outcome:
    signed = _agreed(given)
    proof = ProofKind[given.kind.removesuffix("-proof").replace("-", "_").upper()]
    body = Fault(proof=proof, first=given.octets("first"), second=given.octets("second"))
    keys = tuple(given.many_octets("keys")) if given.has("keys") else ()
    against = faults.proven(signed.accord, signed.id, body, keys)
    return _accepted(against=against) if against is not None else Outcome("proves-nothing", {})


# --- what the public sees (spec 3.8, 3.9) ---


@_checks("tree")
def _tree(given: Vector) -> Outcome:
    return _accepted(root=merkle.root(given.many_octets("leaves")).hex())


@_checks("inclusion-proof")
def _inclusion(given: Vector) -> Outcome:
    merkle.check_inclusion(
        given.octets("leaf"),
        given.number("index"),
        given.number("size"),
        given.many_octets("proof"),
        given.octets("root"),
    )
    return _accepted()


@_checks("consistency-proof")
def _consistency(given: Vector) -> Outcome:
    merkle.check_consistency(
        given.number("old_size"),
        given.octets("old_root"),
        given.number("size"),
        given.octets("root"),
        given.many_octets("proof"),
    )
    return _accepted()


@_checks("checkpoint")
def _checkpoint(given: Vector) -> Outcome:
    accord_id, side, gen = given.octets("accord_id"), given.number("side"), given.number("gen")
    stated = bodies.CHECKPOINT44.read(cbor.decode(given.octets("checkpoint")))
    station, mldsa44 = given.octets("station"), given.octets("mldsa44")
    leaves = given.many_octets("leaves")
    if (stated.size, stated.root) != (len(leaves), merkle.root(leaves)):
        return Outcome("broken-rule", {})
    notes.check_checkpoint(accord_id, side, gen, stated, station, mldsa44)
    text = notes.checkpoint_text(notes.origin(accord_id, side, gen), stated.size, stated.root)
    whole = notes.checkpoint_note(accord_id, side, gen, stated, station, mldsa44)
    return _accepted(text=text, note=facts_of(whole))


@_checks("note")
def _note(given: Vector) -> Outcome:
    """A signed note, with the Ed25519 keys that its reader knows: [name, key] each."""
    read = note.parse(given.octets("note"))
    for name, key in given.items("keys"):
        raw = bytes.fromhex(key)
        for signature in read.by(name, note.key_id(name, note.ED25519, raw)):
            public.verify(raw, read.text.encode(), signature)
    return _accepted(text=read.text, names=[line.name for line in read.signatures])


@_checks("statement")
def _statement(given: Vector) -> Outcome:
    signed, data = _agreed(given), given.octets("note")
    texts = notes.verify_published(data, signed.accord)
    return _accepted(texts=facts_of(texts), kind=notes.read_statement(note.parse(data).text, signed.accord).kind)


# --- what is sealed (spec 4, 5.8) ---


@_checks("payload")
def _payload(given: Vector) -> Outcome:
    return _accepted(payload=body_facts(bundle.decode_payload(given.octets("padded"))))


@_checks("bundle")
def _bundle(given: Vector) -> Outcome:
    prekeys = (XwingKey.from_seed(seed) for seed in given.many_octets("prekey_seeds"))
    learnt, padded = sealing.open_bundle(
        given.octets("bundle"),
        epochs={bytes.fromhex(name): bytes.fromhex(secret) for name, secret in given.items("epochs")},
        prekeys={key.id: key for key in prekeys},
        psk=given.octets("psk"),
        accord_id=given.octets("accord_id"),
        sender=given.number("sender"),
    )
    facts = body_facts(bundle.decode_payload(padded))
    return _accepted(learnt=None if learnt is None else [learnt.id.hex(), learnt.secret.hex()], payload=facts)


@_checks("letter")
def _letter(given: Vector) -> Outcome:
    key = XwingKey.from_seed(given.octets("seed"))
    letter = letters.read_in(letters.open_age(given.octets("file"), key), _agreed(given), key.public)
    return _accepted(letter=facts_of(letter))


@_checks("reentry")
def _reentry(given: Vector) -> Outcome:
    signed, side, station = _agreed(given), given.number("side"), given.octets("station")
    message = public.reentry_message(signed.id, side, given.octets("nonce"), station, given.octets("xwing"))
    public.verify(signed.accord.sides[side].root_ed25519, message, given.octets("root_ed25519"))
    public.verify_mldsa87(signed.accord.sides[side].root_mldsa87, message, given.octets("root_mldsa87"))
    return _accepted()


# --- what a courier carries (spec 5.3) ---


@_checks("load-file")
def _load_file(given: Vector) -> Outcome:
    read = load_file.decode_named(given.text("name"), given.octets("file"))
    return _accepted(load=read.load.hex(), place=read.place, total=read.total, bundles=facts_of(read.bundles))


@_checks("qr-codes")
def _qr_codes(given: Vector) -> Outcome:
    """The codes of all images, as they were read."""
    gathering = Gathering()
    for content in given.many_octets("codes"):
        gathering.take(content)
    scanned = gathering.put_together()
    if scanned.incomplete or not scanned.files:
        return Outcome("damaged", {})
    return _accepted(files=facts_of(scanned.files), strange=scanned.strange)


# --- exports (spec 13) ---


@_checks("export")
def _export(given: Vector) -> Outcome:
    digits = given.text("digits") if given.has("digits") else None
    verdict = audit(io.BytesIO(given.octets("export")), accord_digits=digits)
    if verdict.kind is not Kind.VERIFIES:
        return Outcome("does-not-verify", {})
    heads = [[x.side, x.gen, x.head_seq, None if x.head_id is None else x.head_id.hex()] for x in verdict.chains]
    return _accepted(side=verdict.exporter, entries=verdict.entries, strays=verdict.strays, heads=heads)


def _agreed(given: Vector) -> SignedAccord:
    """The accord that a vector rests on; its own vector says that its signatures hold."""
    return accords.decode_signed(given.octets("accord"))
