"""Vectors of single entries with one rule of one field broken; each is signed as it stands (3.2 to 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from openline.wire import bodies
from openline.wire.bodies import Body
from spec.vectors.making.book import START_S, Plain
from spec.vectors.making.cast import least, whole
from spec.vectors.making.entries import ID, LATER_ID, SHORT_OF_ASTRAL, TEXTS, started
from spec.vectors.making.vector import Vector

Change = Callable[[Plain], None]
BODY = 8
NO_SIGNATURE = bytes(64)


def put(key: int, value: Any) -> Change:
    """A field of the body becomes another."""
    return lambda plain: plain[BODY].__setitem__(key, value)


def drop(key: int) -> Change:
    return lambda plain: plain[BODY].pop(key)


def item(index: int, value: Any) -> Change:
    """An item of the core becomes another."""
    return lambda plain: plain.__setitem__(index, value)


MESSAGE = bodies.Message(number=1, text="all quiet")
SUSPEND = bodies.Suspend(scope=((0, 0), (0, 1)))
PROPOSE = bodies.Propose(scope=((0, 0),), effective_s=START_S, lists=(ID, LATER_ID))
AMEND = bodies.Amend(effective_s=START_S)
CALL = bodies.Call(call_id=ID[:8], started_s=START_S)
SEAL = bodies.Seal(call_id=ID[:8])
NOTICE = bodies.Notice(number=1, form="incident/1", fields=(("grid", "38.3N"),))
DOCUMENT = bodies.Document(number=1, size=1, digest=ID)
ANNOUNCE = bodies.Announce(texts=TEXTS, ed25519=NO_SIGNATURE, mldsa44=bytes(2420))
RECEIPT = bodies.Receipt(seq=0)
CHECK_IN = [0, 0, 0, "UTC"]

LEAST_CORE = started().core(0, bodies.Unknown(99, {1: b""}))  # two bytes less of length than when it is filled

CORE: dict[str, tuple[str, Body, Change]] = {
    "format-2": ("A core of format 2.", MESSAGE, item(0, 2)),
    "format-true": ("A core whose format is true, which is not 1.", MESSAGE, item(0, True)),
    "side-2": ("A side that is neither 0 nor 1.", MESSAGE, item(1, 2)),
    "side-false": ("A side that is false, which is not 0.", MESSAGE, item(1, False)),
    "generation-null": ("A generation that is no number.", MESSAGE, item(2, None)),
    "number-text": ("A sequence number that is text.", MESSAGE, item(3, "2")),
    "prev-31-bytes": ("A predecessor of 31 bytes.", MESSAGE, item(4, bytes(31))),
    "prev-null": ("No predecessor.", MESSAGE, item(4, None)),
    "ack-of-two": ("An acknowledgement without an id.", MESSAGE, item(5, [0, 0])),
    "ack-id-31-bytes": ("An acknowledgement of an id of 31 bytes.", MESSAGE, item(5, [0, 0, bytes(31)])),
    "ack-false": ("An acknowledgement that is false, which is not null.", MESSAGE, item(5, False)),
    "time-too-late": ("A time above 2^40.", MESSAGE, item(6, 2**40 + 1)),
    "kind-true": ("A kind that is true, which is not 1.", MESSAGE, item(7, True)),
    "core-of-eight": ("A core without its body.", MESSAGE, lambda plain: plain.pop()),
    "core-of-ten": ("A core with an item more.", MESSAGE, lambda plain: plain.append(None)),
    "ack-with-a-map": ("An acknowledgement alone with an empty map for its body.", bodies.Ack(), item(8, {})),
    "message-null": ("A message whose body is null.", MESSAGE, item(8, None)),
    "unknown-kind-text": (
        "A body of an unknown kind that is neither map nor null.",
        MESSAGE,
        lambda p: p.__setitem__(slice(7, 9), [99, "x"]),
    ),
    "core-16385-bytes": (
        "A core one byte longer than the longest.",
        bodies.Unknown(99, {1: b""}),
        put(1, bytes(16_385 - len(LEAST_CORE) - 2)),
    ),
}

FIELDS: dict[str, tuple[str, Body, Change]] = {
    "message-without-text": ("A required field is missing.", MESSAGE, drop(3)),
    "message-with-unknown-key": ("A field that the kind does not have.", MESSAGE, put(19, 0)),
    "message-default-written": ("A field written out at its default.", MESSAGE, put(0, 0)),
    "message-line-64": ("A line above 63.", MESSAGE, put(0, 64)),
    "message-line-true": ("A line that is true, which is not 1.", MESSAGE, put(0, True)),
    "message-lane-2": ("A lane that is none.", MESSAGE, put(1, 2)),
    "message-precedence-4": ("A precedence that is none.", MESSAGE, put(4, 4)),
    "message-text-empty": ("A message without a character.", MESSAGE, put(3, "")),
    "message-text-bytes": ("A text that is bytes.", MESSAGE, put(3, b"all quiet")),
    "message-text-8194-bytes": (
        "A text of 4097 characters in 8194 bytes, where 8192 are the most.",
        MESSAGE,
        put(3, "é" * 4097),
    ),
    "message-posts-empty": ("A set without members, written out.", MESSAGE, put(6, [])),
    "message-posts-descend": ("A set whose members descend.", MESSAGE, put(6, ["navy", "air"])),
    "message-posts-twice": ("A set with one member twice.", MESSAGE, put(6, ["air", "air"])),
    "message-posts-by-utf16": ("A set in the order of units of UTF-16.", MESSAGE, put(6, list(SHORT_OF_ASTRAL[::-1]))),
    "message-posts-17": ("A set of 17 where 16 are the most.", MESSAGE, put(6, [f"{n:02}" for n in range(17)])),
    "message-post-empty": ("A post without a name.", MESSAGE, put(6, [""])),
    "message-post-65-bytes": ("A post's name of 65 bytes.", MESSAGE, put(6, ["a" * 65])),
    "message-exercise-false": ("A flag written as false.", MESSAGE, put(9, False)),
    "message-exercise-1": ("A flag written as 1.", MESSAGE, put(9, 1)),
    "message-language-empty": ("A language written out empty.", MESSAGE, put(10, "")),
    "message-answers-31-bytes": ("An id of 31 bytes.", MESSAGE, put(13, bytes(31))),
    "approvals-empty": ("Approvals written out with none.", SUSPEND, put(8, [])),
    "approvals-five": (
        "Five approvals, where four are the most.",
        SUSPEND,
        put(8, [[n, 1, NO_SIGNATURE] for n in range(5)]),
    ),
    "approval-officer-256": ("An approval of officer 256.", SUSPEND, put(8, [[256, 1, NO_SIGNATURE]])),
    "approval-without-counter": ("An approval without a counter.", SUSPEND, put(8, [[0, NO_SIGNATURE]])),
    "approval-signature-63-bytes": ("An approval with 63 bytes of signature.", SUSPEND, put(8, [[0, 1, bytes(63)]])),
    "letter-without-file": ("A letter without its file.", bodies.Letter(age=b"x"), drop(2)),
    "letter-to-256": ("A letter to principal 256.", bodies.Letter(to=1, age=b"x"), put(1, 256)),
    "suspend-scope-empty": ("A suspension of nothing.", SUSPEND, put(1, [])),
    "suspend-scope-descends": ("A scope whose pairs descend.", SUSPEND, put(1, [[0, 1], [0, 0]])),
    "suspend-scope-twice": ("A scope with one pair twice.", SUSPEND, put(1, [[0, 0], [0, 0]])),
    "suspend-scope-of-three": ("A scope of threes.", SUSPEND, put(1, [[0, 0, 0]])),
    "suspend-from-0-written": ("A time written out at its default.", SUSPEND, put(2, 0)),
    "suspend-reason-1025-bytes": ("A reason of 1025 bytes.", SUSPEND, put(3, "a" * 1025)),
    "propose-lists-nothing": ("A proposal that lifts nothing.", PROPOSE, put(3, [])),
    "propose-lists-descend": ("A proposal whose list descends.", PROPOSE, put(3, [LATER_ID, ID])),
    "propose-without-time": ("A proposal without an effective time.", PROPOSE, drop(2)),
    "accept-target-null": ("An acceptance of nothing.", bodies.Accept(target=ID), put(1, None)),
    "accept-mldsa44-short": ("An ML-DSA-44 signature of 2419 bytes.", bodies.Accept(target=ID), put(3, bytes(2419))),
    "receipt-level-3": ("A level that is none.", RECEIPT, put(2, 3)),
    "receipt-without-number": ("A receipt for no entry.", RECEIPT, drop(1)),
    "announce-without-texts": ("An announcement that says nothing.", ANNOUNCE, put(1, [])),
    "announce-languages-descend": (
        "Texts whose languages descend.",
        ANNOUNCE,
        put(1, [list(pair) for pair in TEXTS[::-1]]),
    ),
    "announce-nine-languages": (
        "Nine languages, where eight are the most.",
        ANNOUNCE,
        put(1, [[f"l{n}", "x"] for n in range(9)]),
    ),
    "announce-text-empty": ("A language without a text.", ANNOUNCE, put(1, [["en", ""]])),
    "announce-language-twice": (
        "One language twice, with two texts.",
        ANNOUNCE,
        put(1, [["en", "open"], ["en", "shut"]]),
    ),
    "checkpoint-of-three": (
        "A checkpoint without its second signature.",
        bodies.PresenceBody(),
        lambda p: p.__setitem__(slice(7, 9), [9, {1: [1, ID, NO_SIGNATURE]}]),
    ),
    "prekey-1215-bytes": ("A prekey of 1215 bytes.", bodies.Prekey(xwing=bytes(1216)), put(1, bytes(1215))),
    "key-31-bytes": ("A station key of 31 bytes.", bodies.Key(station=ID, possession=NO_SIGNATURE), put(1, bytes(31))),
    "key-without-possession": (
        "A station key without proof of possession.",
        bodies.Key(station=ID, possession=NO_SIGNATURE),
        drop(2),
    ),
    "amend-check-in-at-86400": ("A check-in after the last second of the day.", AMEND, put(2, [[86_400, 0, 0, "UTC"]])),
    "amend-check-in-days-2": ("A check-in on days that are none.", AMEND, put(2, [[0, 0, 2, "UTC"]])),
    "amend-check-in-without-zone": ("A check-in without a zone.", AMEND, put(2, [[0, 0, 0, ""]])),
    "amend-25-check-ins": ("Twenty-five check-ins.", AMEND, put(2, [CHECK_IN] * 25)),
    "amend-no-carriers": ("An amendment to no carrier.", AMEND, put(3, [])),
    "amend-holidays-descend": ("Holidays that descend.", AMEND, put(5, [2, 1])),
    "amend-pulse-0": ("A pulse every 0 seconds.", AMEND, put(6, 0)),
    "fault-proof-4": (
        "A proof of a kind that is none.",
        bodies.Fault(proof=bodies.ProofKind.FORK, first=b"", second=b""),
        put(1, 4),
    ),
    "document-too-large": ("Pages of 64 MiB and a byte.", DOCUMENT, put(16, 64 * 1024 * 1024 + 1)),
    "document-digest-31-bytes": ("A digest of 31 bytes.", DOCUMENT, put(17, bytes(31))),
    "notice-form-empty": ("A form without a name.", NOTICE, put(14, "")),
    "notice-field-twice": (
        "One field of a form twice, with two values.",
        NOTICE,
        put(15, [["grid", "38.3N"], ["grid", "38.4N"]]),
    ),
    "notice-65-fields": ("Sixty-five fields.", NOTICE, put(15, [[f"{n:02}", ""] for n in range(65)])),
    "call-id-7-bytes": ("A call's id of 7 bytes.", CALL, put(2, bytes(7))),
    "call-outcome-6": ("An outcome that is none.", CALL, put(4, 6)),
    "call-word-of-two": ("A word without a signature.", CALL, put(6, [1, START_S])),
    "call-word-phase-5": ("A word of a phase that is none.", CALL, put(6, [5, START_S, NO_SIGNATURE])),
    "seal-outcome-default-written": ("An outcome written out at its default.", SEAL, put(4, 4)),
    "seal-closes-null": ("A field that is null where it is left out.", SEAL, put(3, None)),
    "presence-0-written": ("A mode written out at its default.", bodies.PresenceBody(), put(1, 0)),
    "presence-2": ("A mode that is none.", bodies.PresenceBody(), put(1, 2)),
    "service-with-precedence": ("Technicians' talk with a precedence.", bodies.Service(text="x"), put(4, 3)),
}


def vectors() -> Iterator[Vector]:
    for name, (what, body, change) in {**CORE, **FIELDS}.items():
        section = "3.2" if name in CORE else "3.4"
        yield rejected(name, section, what, "malformed", started().broken(0, body, change))
    yield from _second_forms()
    yield from _signatures()


def _second_forms() -> Iterator[Vector]:
    book = started()
    core = book.core(0, MESSAGE)
    longer = core[:3] + b"\x18\x02" + core[4:]
    yield rejected(
        "number-in-two-bytes", "3.1, 3.2", "A core in a second encoding.", "malformed", book.seal_core(0, longer)
    )
    tail = book.seal_core(0, core + b"\x00")
    yield rejected("byte-between-core-and-signature", "3.1, 3.2", "A byte behind the core.", "malformed", tail)
    yield rejected("only-a-signature", "3.2", "Sixty-four bytes: no core.", "malformed", bytes(64))
    yield rejected(
        "negative-number", "3.1, 3.2", "A negative time.", "malformed", book.seal_core(0, _negative_time(core))
    )


def _negative_time(core: bytes) -> bytes:
    at = core.index(b"\x1a" + START_S.to_bytes(4, "big")[:2])
    return core[:at] + b"\x3a" + core[at + 1 :]


def _signatures() -> Iterator[Vector]:
    """The entry is well formed, and its signature is not that of its station over these bytes."""
    book = started()
    core = book.core(0, MESSAGE)
    good = book.seal_core(0, core)
    other_side = book.seal_core(0, core, signer=book.signers[1])
    yield rejected(
        "signed-by-the-other-side", "3.2", "Signed by the other side's station.", "bad-signature", other_side
    )
    officer = book.seal_core(0, core, signer=whole().keys[0].officers[0].key)
    yield rejected("signed-by-an-officer", "3.2, 3.5", "Signed by an officer's key.", "bad-signature", officer)
    other = book.seal_core(0, core, accord_id=least().id)
    yield rejected("signed-for-another-accord", "3.2", "Signed for another accord.", "bad-signature", other)
    bare = core + book.signers[0].sign(book.id + core)
    yield rejected("signed-without-prefix", "3.2", "Signed without the prefix of its purpose.", "bad-signature", bare)
    altered = good.replace(b"all quiet", b"all quies")
    yield rejected(
        "text-altered", "3.2", "One letter of the text was changed after it was signed.", "bad-signature", altered
    )
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    yield rejected("signature-altered", "3.2", "One bit of the signature was changed.", "bad-signature", flipped)


def rejected(name: str, spec: str, what: str, reject_as: str, data: bytes) -> Vector:
    given = {"accord_id": whole().id, "station": whole().signed.accord.sides[0].station, "entry": data}
    return Vector(name=f"entry-{name}", spec=spec, what=what, kind="entry", reject_as=reject_as, input=given)
