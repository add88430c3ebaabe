"""Entry bodies: one dataclass a kind; its field list is the format (spec 3.4).

Rules of this file, and of any change to it:
1. A body is a CBOR map with unsigned keys; a field at its default is left out, and a default that is written out is
   refused: one value, one encoding.
2. A key, once given a meaning for a kind, keeps it for ever. New keys are optional. No floats, no negative numbers.
3. A key this release does not know makes the body `Malformed` for a known kind; a *kind* it does not know is kept
   whole as `Unknown`, stored, acknowledged, shown as unknown, and without effect.
4. Key 8 is the officers' approvals in every kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from openline.wire import cbor, limits
from openline.wire.cbor import Value
from openline.wire.codecs import FLAG, Codec, enum, keyed, many, octets, pair, row, uint, utf8, values_of
from openline.wire.errors import Malformed
from openline.wire.said import say
from openline.wire.terms import (
    Approval,
    CheckIn,
    Checkpoint44,
    Head,
    Lane,
    Level,
    Outcome,
    Precedence,
    Presence,
    ProofKind,
    Scope,
    Texts,
    Word,
)

ID_BYTES: Final = 32
LINE: Final = uint(limits.LINES_MAX - 1)
TIME: Final = uint(limits.TIME_S_MAX)
ID: Final = octets(ID_BYTES)
SIGNATURE: Final = octets(64)
MLDSA44: Final = octets(2420)
HEAD: Final = row(Head, uint(), uint(), ID)
SCOPE: Final = many(
    row(pair, LINE, enum(Lane)), limits.LINES_MAX * 2, least=1, ascending=True
)
TEXTS: Final = keyed(utf8(limits.NAME_BYTES_MAX, least=1), utf8(least=1), limits.LANGUAGES_MAX, least=1)
CHECK_IN: Final = row(CheckIn, uint(86_399), uint(1), uint(1), utf8(limits.NAME_BYTES_MAX, least=1))
CHECK_INS: Final = many(CHECK_IN, limits.CHECK_INS_MAX)
CARRIER_NUMBERS: Final = many(uint(limits.CARRIERS_MAX - 1), limits.CARRIERS_MAX, least=1)
DAYS: Final = many(uint(10**7), limits.HOLIDAYS_MAX, ascending=True)  # days since 1970-01-01
PULSE_S: Final = uint(86_400, least=1)
APPROVALS: Final = many(
    row(Approval, uint(255), uint(), SIGNATURE), limits.APPROVALS_MAX, least=1
)
WORD: Final = row(Word, uint(4, least=1), TIME, SIGNATURE)
CHECKPOINT44: Final = row(Checkpoint44, uint(), ID, SIGNATURE, MLDSA44)

_REQUIRED: Final = object()


def f(key: int, codec: Codec, default: Any = _REQUIRED) -> Any:
    """Declare a body field. Without a default it must be there."""
    metadata = {"key": key, "codec": codec}
    if default is _REQUIRED:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def _approvals() -> Any:
    return f(8, APPROVALS, ())


T = TypeVar("T")
KINDS: dict[int, type[Body]] = {}
_BY_KEY: dict[type[Body], tuple[dict[int, tuple[str, Callable[[Value], Any], Any]], frozenset[int]]] = {}
_LAYOUT: dict[type[Body], list[tuple[str, int, Codec, Any]]] = {}
_WRITING: dict[type[Body], tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[int, Codec, Any], ...]]] = {}


class Body:
    """Base of all bodies; `kind` is its number in an entry."""

    kind: int = -1

    @cached_property
    def encoded(self) -> bytes:
        """The body as an entry's core holds it (spec 3.4); OurFault where a field holds what has no place in CBOR."""
        return cbor.encode(to_plain(self))


def body(kind: int) -> Callable[[type[T]], type[T]]:
    """Register a body dataclass under its kind number."""

    def register(cls: type[T]) -> type[T]:
        made = cast("type[Body]", cls)
        made.kind = kind
        KINDS[kind] = made
        layout = [(x.name, x.metadata["key"], x.metadata["codec"], x.default) for x in fields(cast(Any, cls))]
        _LAYOUT[made] = sorted(layout, key=lambda field_: field_[1])
        _WRITING[made] = values_of([name for name, *_ in _LAYOUT[made]]), tuple(row_[1:] for row_ in _LAYOUT[made])
        _BY_KEY[made] = (
            {key: (name, codec.read, default) for name, key, codec, default in _LAYOUT[made]},
            frozenset(key for _, key, _, default in _LAYOUT[made] if default is MISSING),
        )
        return cls

    return register


@body(0)
@dataclass(frozen=True, kw_only=True)
class Ack(Body):
    """An acknowledgement alone; its body is null."""


@dataclass(frozen=True, kw_only=True)
class Tracked(Body):
    """What a message, notice and document have in common: they move, are shown and answered.

    `number` is the author's own count on that line in that UTC year, from 1. `due_s`: an answer is wanted within so
    many seconds of the entry's time; 0 = none."""

    line: int = f(0, LINE, 0)
    lane: Lane = f(1, enum(Lane), Lane.LIAISON)
    number: int = f(2, uint())
    precedence: Precedence = f(4, enum(Precedence), Precedence.ROUTINE)
    due_s: int = f(5, TIME, 0)
    action: tuple[str, ...] = f(6, many(utf8(limits.NAME_BYTES_MAX, least=1), 16, ascending=True), ())
    info: tuple[str, ...] = f(7, many(utf8(limits.NAME_BYTES_MAX, least=1), 16, ascending=True), ())
    approvals: tuple[Approval, ...] = _approvals()
    exercise: bool = f(9, FLAG, False)
    language: str = f(10, utf8(limits.NAME_BYTES_MAX), "")
    translation_of: bytes | None = f(11, ID, None)
    corrects: bytes | None = f(12, ID, None)
    answers: bytes | None = f(13, ID, None)


@body(1)
@dataclass(frozen=True, kw_only=True)
class Message(Tracked):
    """Text to a post."""

    text: str = f(3, utf8(least=1))


@body(2)
@dataclass(frozen=True, kw_only=True)
class Letter(Body):
    """An age file sealed to a principal of the other side; no station can read it."""

    to: int = f(1, uint(255), 0)
    age: bytes = f(2, octets(most=limits.LETTER_FILE_BYTES_MAX))


@body(3)
@dataclass(frozen=True, kw_only=True)
class Suspend(Body):
    """`from_s` 0 = the entry's own time."""

    scope: Scope = f(1, SCOPE)
    from_s: int = f(2, TIME, 0)
    reason: str = f(3, utf8(limits.REASON_BYTES_MAX), "")
    approvals: tuple[Approval, ...] = _approvals()


@body(4)
@dataclass(frozen=True, kw_only=True)
class Propose(Body):
    """A restoration: lifts, within `scope`, exactly the suspensions it lists, at `effective_s`."""

    scope: Scope = f(1, SCOPE)
    effective_s: int = f(2, TIME)
    lists: tuple[bytes, ...] = f(3, many(ID, limits.LISTED_MAX, least=1, ascending=True))
    approvals: tuple[Approval, ...] = _approvals()


@body(5)
@dataclass(frozen=True, kw_only=True)
class Accept(Body):
    """Accepts the proposal, amendment, generation, announcement or minute `target`; the last two with the
    accepting side's own two signatures of the note."""

    target: bytes = f(1, ID)
    ed25519: bytes | None = f(2, SIGNATURE, None)
    mldsa44: bytes | None = f(3, MLDSA44, None)
    approvals: tuple[Approval, ...] = _approvals()


@body(6)
@dataclass(frozen=True, kw_only=True)
class Withdraw(Body):
    """Takes one's own proposal, amendment, announcement or minute back. Without approvals it is the station's
    own, timed withdrawal of an unaccepted proposal, and valid only from the effective time on."""

    target: bytes = f(1, ID)
    approvals: tuple[Approval, ...] = _approvals()


@body(7)
@dataclass(frozen=True, kw_only=True)
class Receipt(Body):
    """About the peer's entry (gen, seq). `officer`: index of the officer on watch, attested by the station
    (SHOWN) or by the officer's own signature (ACKNOWLEDGED)."""

    gen: int = f(0, uint(), 0)
    seq: int = f(1, uint())
    level: Level = f(2, enum(Level), Level.SHOWN)
    officer: int = f(3, uint(255), 0)
    approvals: tuple[Approval, ...] = _approvals()


@body(8)
@dataclass(frozen=True, kw_only=True)
class Announce(Body):
    """A statement both sign for the public; the author's two signatures of its note (spec 3.9)."""

    texts: Texts = f(1, TEXTS)
    ed25519: bytes = f(2, SIGNATURE)
    mldsa44: bytes = f(3, MLDSA44)
    approvals: tuple[Approval, ...] = _approvals()


@body(9)
@dataclass(frozen=True, kw_only=True)
class Checkpoint(Body):
    checkpoint: Checkpoint44 = f(1, CHECKPOINT44)


@body(10)
@dataclass(frozen=True, kw_only=True)
class Prekey(Body):
    """The author's next X-Wing public key, to seal bundles to."""

    xwing: bytes = f(1, octets(1216))


@body(11)
@dataclass(frozen=True, kw_only=True)
class Key(Body):
    """The author's next station key, in force from its next entry; `possession` by the new key."""

    station: bytes = f(1, octets(32))
    possession: bytes = f(2, SIGNATURE)


@body(12)
@dataclass(frozen=True, kw_only=True)
class Generation(Body):
    """First entry (seq 0) of a new generation: the chain goes on from `last` under new station keys; signed by
    the root. `forks`: pairs of entry ids at one place, where a fork is being settled."""

    last: Head | None = f(1, HEAD, None)
    station: bytes = f(2, octets(32))
    checkpoint: bytes = f(3, octets(1312))
    xwing: bytes = f(4, octets(1216))
    forks: tuple[tuple[bytes, bytes], ...] = f(5, many(row(pair, ID, ID), limits.FORKS_MAX, ascending=True), ())
    root_ed25519: bytes = f(6, SIGNATURE)
    root_mldsa87: bytes = f(7, octets(4627))
    possession: bytes = f(9, SIGNATURE)


@body(13)
@dataclass(frozen=True, kw_only=True)
class Amend(Body):
    """A proposed change of one line of the accord; what is absent stays as it is."""

    line: int = f(0, LINE, 0)
    effective_s: int = f(1, TIME)
    check_ins: tuple[CheckIn, ...] | None = f(2, CHECK_INS, None)
    carriers: tuple[int, ...] | None = f(3, CARRIER_NUMBERS, None)
    expires_s: int | None = f(4, TIME, None)
    holidays: tuple[int, ...] | None = f(5, DAYS, None)
    pulse_s: int | None = f(6, PULSE_S, None)
    approvals: tuple[Approval, ...] = _approvals()


@body(14)
@dataclass(frozen=True, kw_only=True)
class Fault(Body):
    """Proof against the other side: two of its signed entries (spec 3.10)."""

    proof: ProofKind = f(1, enum(ProofKind))
    first: bytes = f(2, octets(most=limits.CORE_BYTES_MAX + 64))
    second: bytes = f(3, octets(most=limits.CORE_BYTES_MAX + 64))


@body(15)
@dataclass(frozen=True, kw_only=True)
class Document(Tracked):
    """Pages named by size and SHA-256; the pages travel apart."""

    size: int = f(16, uint(limits.BLOB_BYTES_MAX))
    digest: bytes = f(17, octets(32))
    title: str = f(18, utf8(limits.REASON_BYTES_MAX), "")


@body(16)
@dataclass(frozen=True, kw_only=True)
class Notice(Tracked):
    """A form id and its fields, so that each side reads the same signed fields in its own language."""

    form: str = f(14, utf8(limits.NAME_BYTES_MAX, least=1))
    fields: Texts = f(15, keyed(utf8(limits.NAME_BYTES_MAX, least=1), utf8(), limits.FORM_FIELDS_MAX), ())


@body(17)
@dataclass(frozen=True, kw_only=True)
class Call(Body):
    """One attempt, written by its caller when it finished. `due_s`: the nominal time of the check-in it was, 0 for
    an unscheduled call. `rang`, `final`: the called station's signed words, where they came."""

    line: int = f(0, LINE, 0)
    lane: Lane = f(1, enum(Lane), Lane.LIAISON)
    call_id: bytes = f(2, octets(8))
    started_s: int = f(3, TIME)
    outcome: Outcome = f(4, enum(Outcome), Outcome.NOT_RUNG)
    due_s: int = f(5, TIME, 0)
    rang: Word | None = f(6, WORD, None)
    final: Word | None = f(7, WORD, None)


@body(18)
@dataclass(frozen=True, kw_only=True)
class Seal(Body):
    """Closes an answered call; its entry's `prev` and `ack` are the two heads. The caller's comes first
    (`closes` absent), the called side's names it."""

    line: int = f(0, LINE, 0)
    call_id: bytes = f(2, octets(8))
    closes: bytes | None = f(3, ID, None)
    outcome: Outcome = f(4, enum(Outcome), Outcome.ANSWERED)
    due_s: int = f(5, TIME, 0)
    checkpoint: Checkpoint44 | None = f(7, CHECKPOINT44, None)


@body(19)
@dataclass(frozen=True, kw_only=True)
class PresenceBody(Body):
    """From here on the author's station sends pulses (SHOWN) or does not (WITHHELD)."""

    mode: Presence = f(1, enum(Presence), Presence.SHOWN)


@body(20)
@dataclass(frozen=True, kw_only=True)
class Minute(Body):
    """The agreed account of a call; signed by both like an announcement."""

    texts: Texts = f(1, TEXTS)
    ed25519: bytes = f(2, SIGNATURE)
    mldsa44: bytes = f(3, MLDSA44)
    call_id: bytes | None = f(4, octets(8), None)
    approvals: tuple[Approval, ...] = _approvals()


@body(21)
@dataclass(frozen=True, kw_only=True)
class Service(Body):
    """Technicians' talk on a line: always ROUTINE, never an act."""

    line: int = f(0, LINE, 0)
    text: str = f(3, utf8(least=1))


@dataclass(frozen=True)
class Unknown(Body):
    """A kind that this release does not know, kept as it came."""

    number_of_kind: int
    plain: Value


def to_plain(value: Body) -> Value:
    """The CBOR value of a body (spec 3.4); null for an acknowledgement alone."""
    if isinstance(value, Ack):
        return None
    if isinstance(value, Unknown):
        return value.plain
    values, layout = _WRITING[type(value)]
    return {
        key: codec.plain(item)
        for item, (key, codec, default) in zip(values(value), layout, strict=True)
        if default is MISSING or item != default
    }


def from_plain(kind: int, plain: Value) -> Body:
    """The body of `kind` that `plain` is: of every part of it the type is looked at here.

    Raises:
        Malformed: a field is missing, unknown, out of its order or bounds, or written out at its default.
    """
    cls = KINDS.get(kind)
    if cls is None:
        if plain is not None and type(plain) is not dict:
            raise Malformed(f"the body of an entry of unknown kind {kind} is neither a map nor null")
        cbor.check(plain, limits.CBOR_DEPTH_MAX - 1)
        return Unknown(kind, plain)
    if cls is Ack:
        if plain is not None:
            raise Malformed("the body of an acknowledgement is null")
        return Ack()
    if type(plain) is not dict:
        raise Malformed(f"the body of kind {kind} is not a map")
    known, required = _BY_KEY[cls]
    values: dict[str, Any] = {}
    before = -1
    for key, item in plain.items():
        if type(key) is not int or key <= before:
            raise Malformed("map keys that are not ascending unsigned numbers")
        before = key
        field_ = known.get(key)
        if field_ is None:
            raise Malformed(f"{cls.__name__} has unknown field {key}")
        name, read, default = field_
        try:
            value = values[name] = read(item)
        except Malformed as error:
            raise Malformed(
                say("{body} field {key} ({name}): {why}", body=cls.__name__, key=str(key), name=name, why=error.what)
            ) from None
        if value == default:
            raise Malformed(f"{cls.__name__} field {key} ({name}) is written out at its default")
    if not required <= plain.keys():
        key = min(required - plain.keys())
        raise Malformed(f"{cls.__name__} lacks field {key} ({known[key][0]})")
    made = object.__new__(cls)
    made.__dict__.update(values)  # as `cls(**values)`, whose defaults are the class's, at half the cost
    return made


def kind_of(value: Body) -> int:
    return value.number_of_kind if isinstance(value, Unknown) else type(value).kind


def kind_name(cls: type[Body]) -> str:
    """The name of a known kind, as the table of spec 3.4 has it."""
    return cls.__name__.removesuffix("Body").lower()


def layout() -> list[tuple[int, str, list[tuple[int, str, str, bool]]]]:
    """Every kind's number, name and fields (key, name, format, required), for the spec's table."""
    return [
        (kind, cls.__name__, [(key, name, c.name, default is MISSING) for name, key, c, default in _LAYOUT[cls]])
        for kind, cls in sorted(KINDS.items())
    ]
