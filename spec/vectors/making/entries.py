"""Vectors of single entries that are as they should be: one of every kind, its id and what it says (3.2 to 3.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from openline.cli.vectors_plain import body_facts, facts_of
from openline.keys import letters, notes
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import SigningKey, XwingKey
from openline.wire import bodies, entry
from openline.wire.bodies import Body
from openline.wire.entry import Entry
from openline.wire.terms import CheckIn, Head, Lane, Level, Outcome, Phase, Precedence, Presence, ProofKind, Word
from spec.vectors.making.book import START_S, Book
from spec.vectors.making.cast import SEED, whole
from spec.vectors.making.kept import KEPT
from spec.vectors.making.vector import Vector

ID = bytes(range(32))
LATER_ID = bytes(range(1, 33))
PEER = Head(0, 7, LATER_ID)
TEXTS = (("en", "All lines are open."), ("ko", "모든 통신선이 복원되었다."))
SHORT_OF_ASTRAL = ("ｚ", "\U0001f600")  # ascending by code point and by UTF-8, descending by units of UTF-16


@cache
def letter() -> bytes:
    """A sealed letter, as an entry carries it."""
    recipient = whole().keys[1].principals["president"].xwing
    inside = b"sealed"

    def seals(data: bytes) -> bool:
        return letters.open_age(data, recipient) == inside

    entropy = SeededEntropy(SEED + b"letter in an entry")
    return KEPT.get(
        b"letter in an entry" + recipient.public, lambda: letters.seal(inside, [recipient.public], entropy), seals
    )


def words(book: Book, call: bodies.Call) -> dict[str, Word]:
    return {"rang": book.word(0, call, Phase.RANG), "final": book.word(0, call, Phase.ANSWERED)}


def statement(kind: str, side: int = 0) -> notes.PublicSignatures:
    accord = whole().signed.accord
    text = notes.statement_text(accord, whole().id, TEXTS, kind)
    return notes.sign_statement(text, accord.sides[side].name, whole().keys[side].announce)


def bodies_of_every_kind(book: Book) -> Iterator[tuple[str, str, Body]]:
    """Each kind, with its name for files and the promise that its vector holds."""
    yield "ack", "An acknowledgement alone; its body is null.", bodies.Ack()
    yield "message", "A message with only what it must have.", bodies.Message(number=1, text="all quiet")
    yield "message-with-all", "A message with every field, in the order of their keys.", _full_message(book)
    yield "letter", "A sealed letter.", bodies.Letter(to=0, age=letter())
    suspend = bodies.Suspend(scope=((0, 0), (0, 1), (1, 0)), from_s=START_S + 600, reason="leaflets")
    yield "suspend", "A suspension of three lanes, approved by two officers.", book.approved(0, suspend)
    yield (
        "suspend-at-once",
        "A suspension from the entry's own time, without a reason.",
        bodies.Suspend(scope=((1, 0),)),
    )
    propose = bodies.Propose(scope=((0, 0),), effective_s=START_S + 3600, lists=(ID, LATER_ID))
    yield "propose", "A proposal to restore, listing what it lifts.", book.approved(0, propose)
    yield "accept", "An acceptance.", book.approved(0, bodies.Accept(target=ID))
    signed = statement("announcement")
    accept = bodies.Accept(target=ID, ed25519=signed.ed25519, mldsa44=signed.mldsa44)
    yield "accept-statement", "An acceptance of a statement, with the two signatures of its note.", accept
    yield "withdraw", "The station's own, timed withdrawal.", bodies.Withdraw(target=ID)
    receipt = bodies.Receipt(gen=1, seq=2**40, level=Level.ACKNOWLEDGED, officer=1)
    yield "receipt", "A receipt of an officer, for an entry far along.", book.approved(0, receipt, [1])
    yield "receipt-shown", "A receipt at its defaults: generation 0, shown, officer 0.", bodies.Receipt(seq=0)
    announce = bodies.Announce(texts=TEXTS, ed25519=signed.ed25519, mldsa44=signed.mldsa44)
    yield "announce", "An announcement in two languages.", book.approved(0, announce, [0])
    yield "checkpoint", "A checkpoint.", bodies.Checkpoint(checkpoint=book.checkpoint(0))
    yield "prekey", "A new prekey.", bodies.Prekey(xwing=XwingKey.from_seed(ID).public)
    yield "key", "A new station key.", book.key_body(SigningKey.from_seed(ID))
    yield "amend-all", "An amendment of everything that can be amended.", _full_amendment(book)
    nothing = bodies.Amend(effective_s=START_S, check_ins=(), expires_s=0, holidays=())
    yield "amend-to-none", "An amendment to no check-ins, holidays and expiry: empty is not absent.", nothing
    proof = bodies.Fault(proof=ProofKind.FORK, first=book.order[0].data, second=book.order[1].data)
    yield "fault", "A proof of fault; what it proves is not looked at here.", proof
    document = bodies.Document(line=1, number=3, size=64 * 1024 * 1024, digest=ID, title="map")
    yield "document", "Pages at the limit of size.", document
    notice = bodies.Notice(number=4, form="incident/1", fields=(("grid", "38.3N"), ("what", "")))
    yield "notice", "A form and its fields, one of them empty.", notice
    call = bodies.Call(call_id=ID[:8], started_s=START_S, outcome=Outcome.ANSWERED, due_s=START_S)
    yield "call", "An answered check-in, with both words of the called station.", replace(call, **words(book, call))
    yield "call-not-rung", "A call at its defaults.", bodies.Call(call_id=ID[:8], started_s=0)
    seal = bodies.Seal(line=1, call_id=ID[:8], closes=ID, outcome=Outcome.INTERRUPTED, due_s=START_S)
    yield "seal", "The called side's seal, with a checkpoint.", replace(seal, checkpoint=book.checkpoint(0))
    yield "presence", "Pulses are shown from here on: the default, so its map is empty.", bodies.PresenceBody()
    yield "presence-withheld", "Pulses are withheld from here on.", bodies.PresenceBody(mode=Presence.WITHHELD)
    minuted = statement("minute")
    minute = bodies.Minute(texts=TEXTS, ed25519=minuted.ed25519, mldsa44=minuted.mldsa44, call_id=ID[:8])
    yield "minute", "The minute of a call.", minute
    yield "service", "Technicians' talk.", bodies.Service(line=1, text="changing the modem at noon")
    yield (
        "unknown-kind",
        "A kind that nobody knows yet, kept as it came.",
        bodies.Unknown(99, {0: 1, 2**32: [True, "x"]}),
    )
    yield "unknown-kind-null", "A kind that nobody knows yet, whose body is null.", bodies.Unknown(2**64 - 1, None)
    action = bodies.Message(number=1, text="order", action=SHORT_OF_ASTRAL)
    yield "ascending-by-code-point", "Texts of a set ascend by code point, which UTF-16 units would not.", action
    longest = bodies.Message(number=1, text="é" * 4096)
    yield "text-of-8192-bytes", "The longest text.", longest


def _full_message(book: Book) -> Body:
    message = bodies.Message(
        line=1,
        lane=Lane.SAFETY,
        number=2**32,
        text="a\u0000b\u0301é한\U0001f4de",
        precedence=Precedence.FLASH,
        due_s=600,
        action=("air", "duty desk"),
        info=("navy",),
        exercise=True,
        language="en-GB",
        translation_of=ID,
        corrects=LATER_ID,
        answers=ID,
    )
    return book.approved(0, message)


def _full_amendment(book: Book) -> Body:
    check_ins = (CheckIn(0, 0, 0, "Asia/Pyongyang"), CheckIn(86_399, 1, 1, "UTC"))
    amend = bodies.Amend(
        line=1,
        effective_s=START_S,
        check_ins=check_ins,
        carriers=(2, 0),
        expires_s=2**40,
        holidays=(0, 10**7),
        pulse_s=86_400,
    )
    return book.approved(0, amend)


def started() -> Book:
    """A record of one entry a side and a second of side 0: what comes next acknowledges something."""
    book = Book()
    for side in (0, 1, 0):
        book.message(side)
    book.message(1)
    return book


def vectors() -> Iterator[Vector]:
    for name, what, body in bodies_of_every_kind(started()):
        yield of_entry(f"entry-{name}", what, entry.decode(started().next(0, body)))
    first = Book().next(0, bodies.Message(number=1, text="first"))
    yield of_entry("entry-first", "The first entry of a chain: its predecessor is the accord.", entry.decode(first))
    far = started().next(0, bodies.Ack(), gen=2**64 - 1, seq=2**64 - 1, ack=Head(2**32, 2**63, ID), time_s=2**40)
    yield of_entry(
        "entry-highest-numbers", "Generation, number, acknowledgement and time at their limits.", entry.decode(far)
    )
    yield of_entry(
        "entry-generation", "The first entry of a new generation, signed by the key it names.", _generation()
    )
    filled = {1: bytes(16_384 - len(started().core(0, bodies.Unknown(99, {1: b""}))) - 2)}
    whole_core = started().next(0, bodies.Unknown(99, filled))
    yield of_entry("entry-core-16384-bytes", "The longest core of a kind other than fault.", entry.decode(whole_core))


def _generation() -> Entry:
    book = started()
    return book.generation(0, book.chains[0][-1])


def of_entry(name: str, what: str, one: Entry, **more: Any) -> Vector:
    """An entry signed by the station key due at its place."""
    body = one.body
    station = body.station if isinstance(body, bodies.Generation) else whole().signed.accord.sides[one.side].station
    expected = {
        "id": one.id.hex(),
        "place": facts_of(one.place),
        "prev": one.prev.hex(),
        "ack": facts_of(one.ack),
        "time_s": one.time_s,
        "kind": facts_of(bodies.kind_of(body)),
        "body": body_facts(body),
    }
    given = {"accord_id": whole().id, "station": station, "entry": one.data, **more}
    return Vector(name=name, spec="3.2, 3.3, 3.4", what=what, kind="entry", input=given, expected=expected)
