"""Vectors of officers' approvals (3.6) and of the words of a called station (5.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from openline.keys import public
from openline.wire import bodies, bundle, cbor
from openline.wire.bodies import Body
from openline.wire.bundle import Voice
from openline.wire.terms import Approval, Level, Phase
from spec.vectors.making.accords import ACCORD
from spec.vectors.making.book import START_S, Book
from spec.vectors.making.cast import least, whole
from spec.vectors.making.vector import Vector

ID = bytes(range(32))
SUSPEND = bodies.Suspend(scope=((0, 0),), reason="leaflets")  # needs two in this accord
AMEND = bodies.Amend(effective_s=START_S, pulse_s=90)  # needs one
RECEIPT = bodies.Receipt(seq=0, level=Level.ACKNOWLEDGED)
Make = Callable[[Book], list[Body]]


def vectors() -> Iterator[Vector]:
    for name, (what, counters, make) in HOLD.items():
        yield _approvals(name, what, "", make, {"counters": counters})
    for name, (what, make) in VOID.items():
        yield _approvals(name, what, "no-effect", make, {})
    yield from _words()
    yield from _voices()


def _approvals(name: str, what: str, reject_as: str, make: Make, expected: dict[str, Any]) -> Vector:
    """Bodies of side 0, each in an entry; the verdict is on the last."""
    book = Book()
    for body in make(book):
        book.add(0, body)
    return Vector(
        name=f"approvals-{name}",
        spec="3.6",
        what=what,
        kind="approvals",
        reject_as=reject_as,
        input={"accord": ACCORD, "entries": book.data()},
        expected=expected,
    )


HOLD: dict[str, tuple[str, list[list[int]], Make]] = {
    "of-two-persons": (
        "A suspension that needs two officers, by both.",
        [[0, 1], [1, 1]],
        lambda b: [b.approved(0, SUSPEND)],
    ),
    "of-one-person": ("An amendment that needs one officer.", [[1, 1]], lambda b: [b.approved(0, AMEND, [1])]),
    "of-a-receipt": ("An officer's receipt.", [[0, 1]], lambda b: [b.approved(0, RECEIPT, [0])]),
    "counters-may-skip": (
        "An officer's counter rises by more than one.",
        [[0, 1_600_000_000_000]],
        lambda b: [
            b.approved(0, AMEND, [0]),
            replace(AMEND, approvals=(b.approval(0, AMEND, 0, counter=1_600_000_000_000),)),
        ],
    ),
    "timed-withdrawal-needs-none": (
        "The station's own withdrawal has no approvals.",
        [],
        lambda b: [bodies.Withdraw(target=ID)],
    ),
    "void-act-raises-no-counter": (
        "An act that one officer too few approved raises no counter: the same counter counts after it.",
        [[0, 1], [1, 1]],
        lambda b: [
            replace(SUSPEND, approvals=(b.approval(0, SUSPEND, 0, counter=1),)),
            replace(SUSPEND, approvals=(b.approval(0, SUSPEND, 0, counter=1), b.approval(0, SUSPEND, 1, counter=1))),
        ],
    ),
}


def _replayed(book: Book) -> list[Body]:
    approved = book.approved(0, AMEND, [0])
    return [approved, approved]


def _one_signed(side: int, body: Body, accord_id: bytes, officer: int = 0) -> Approval:
    """Officer 0 of side 0 signs what is not what the entry says."""
    message = public.officer_message(accord_id, side, body, officer, 1)
    return Approval(0, 1, whole().keys[0].officers[0].sign(message))


def _over(side: int, body: Body, accord_id: bytes | None = None) -> Make:
    return lambda book: [replace(AMEND, approvals=(_one_signed(side, body, accord_id or book.id),))]


VOID: dict[str, tuple[str, Make]] = {
    "none": ("An act that no officer approved.", lambda b: [AMEND]),
    "one-of-two": ("One officer approved what needs two.", lambda b: [b.approved(0, SUSPEND, [0])]),
    "one-officer-twice": (
        "One officer approved twice what needs two.",
        lambda b: [replace(SUSPEND, approvals=(b.approval(0, SUSPEND, 0), b.approval(0, SUSPEND, 0)))],
    ),
    "replayed": ("An approved act a second time, with the same counter.", _replayed),
    "counter-falls": (
        "The counter of an officer falls.",
        lambda b: [
            replace(AMEND, approvals=(b.approval(0, AMEND, 0, counter=5),)),
            replace(AMEND, approvals=(b.approval(0, AMEND, 0, counter=4),)),
        ],
    ),
    "counter-0": ("A counter of 0.", lambda b: [replace(AMEND, approvals=(b.approval(0, AMEND, 0, counter=0),))]),
    "officer-that-is-none": (
        "An officer that the accord does not name.",
        lambda b: [replace(AMEND, approvals=(b.approval(0, AMEND, 0)._replace(officer=2),))],
    ),
    "of-the-other-side": (
        "An officer of the other side approved.",
        lambda b: [replace(AMEND, approvals=(b.approval(1, AMEND, 0),))],
    ),
    "over-another-body": ("The officer approved another amendment.", _over(0, replace(AMEND, pulse_s=91))),
    "over-another-kind": ("The officer approved an act of another kind.", _over(0, bodies.Withdraw(target=ID))),
    "for-the-other-side": ("The officer's signature says that the other side acts.", _over(1, AMEND)),
    "for-another-accord": ("The officer approved it in another accord.", _over(0, AMEND, least().id)),
    "needless-and-wrong": (
        "The approval that is needed holds, and one that is not needed does not.",
        lambda b: [replace(AMEND, approvals=(b.approval(0, AMEND, 0), Approval(1, 1, bytes(64))))],
    ),
    "withdrawal-with-a-wrong-one": (
        "A withdrawal with an approval that does not hold is not the station's own.",
        lambda b: [bodies.Withdraw(target=ID, approvals=(Approval(0, 1, bytes(64)),))],
    ),
}


# --- words about calls ---

WORD: dict[str, Any] = {
    "caller": 1,
    "call_id": bytes(range(8)),
    "line": 1,
    "lane": 1,
    "due_s": START_S,
    "phase": int(Phase.RANG),
    "time_s": START_S + 2,
}


def _words() -> Iterator[Vector]:
    for phase in Phase:
        name = f"call-word-{phase.name.lower()}"
        what = f"The called station's word that a call was {'rung' if phase is Phase.RANG else phase.name.lower()}."
        yield _word(name, what, {**WORD, "phase": int(phase)}, {}, phase.name.lower())
    for name, what, change in (
        ("of-another-phase", "A word that it rang, shown as one that it was answered.", {"phase": int(Phase.ANSWERED)}),
        ("of-another-call", "A word about another call.", {"call_id": bytes(8)}),
        ("of-another-line", "A word about a call on another line.", {"line": 0}),
        ("of-another-check-in", "A word about another check-in.", {"due_s": 0}),
        ("of-another-second", "A word of another time.", {"time_s": START_S + 3}),
        ("to-the-other-caller", "A word to the other side as caller.", {"caller": 0}),
    ):
        yield _word(f"call-word-{name}", what, WORD, change, "")


def _word(name: str, what: str, signed: dict[str, Any], shown: dict[str, Any], phase: str) -> Vector:
    """A word about `signed`, given with what is `shown` in its place; rejected where they differ."""
    station = whole().keys[0].station.station
    given = {"accord_id": whole().id, "station": station.public, **signed, **shown}
    given["signature"] = station.sign(public.call_message(whole().id, **signed))
    return Vector(
        name=name,
        spec="5.6",
        what=what,
        kind="call-word",
        reject_as="" if phase else "bad-signature",
        input=given,
        expected={"phase": phase} if phase else {},
    )


# --- halves of a call's voice ---

HALF = Voice(
    call_id=bytes(range(8)),
    line=1,
    lane=0,
    round=2,
    fingerprint=bytes(range(32)),
    ufrag="aB3+",
    pwd="0123456789ABCDEFabcd+/",
    payload_type=111,
    token=bytes(range(8, 16)),
    heard=1,
    signature=bytes(64),
)


def _voices() -> Iterator[Vector]:
    yield _half("call-voice", "One side's half of a call's voice.", HALF)
    yield _half("call-voice-that-heard-nothing", "What the sender has heard is not signed.", HALF._replace(heard=0))
    for name, what, shown in (
        ("of-another-fingerprint", "A half with another certificate.", HALF._replace(fingerprint=bytes(32))),
        ("of-another-call", "A half for another call.", HALF._replace(call_id=bytes(8))),
        ("of-another-line", "A half for a call on another line.", HALF._replace(line=0)),
        ("of-another-lane", "A half for a call on another lane.", HALF._replace(lane=1)),
        ("of-another-round", "A half of an earlier round, shown as one of a later.", HALF._replace(round=3)),
        ("of-another-user", "A half with another name for ICE.", HALF._replace(ufrag="aB3/")),
        ("of-another-password", "A half with another password for ICE.", HALF._replace(pwd="0" * 22)),
        ("of-another-payload-type", "A half with another payload type.", HALF._replace(payload_type=96)),
        ("of-another-token", "A half with another relay token.", HALF._replace(token=bytes(8))),
    ):
        yield _half(f"call-voice-{name}", what, shown, rejected=True)
    yield _half("call-voice-of-the-other-side", "A half shown as the other side's.", HALF, side=1)


def _half(name: str, what: str, shown: Voice, *, side: int = 0, rejected: bool = False) -> Vector:
    """`HALF` as side 0's station signed it, with what is `shown` in its place."""
    station = whole().keys[0].station.station
    signature = station.sign(public.voice_message(whole().id, 0, HALF))
    wrong = rejected or side != 0
    return Vector(
        name=name,
        spec="5.10.1",
        what=what,
        kind="call-voice",
        reject_as="bad-signature" if wrong else "",
        input={
            "accord_id": whole().id,
            "side": side,
            "station": station.public,
            "voice": cbor.encode(bundle.VOICE.plain(shown._replace(signature=signature))),
        },
        expected={} if wrong else {"round": shown.round, "fingerprint": shown.fingerprint.hex()},
    )
