"""What an audit says: one verdict, what it rests on, and, where something breaks, exactly where (spec 13.7).

Rules of this file:
1. A break is damage or a broken rule of the record itself: one break, and the record does not verify.
2. An absence is an entry that another entry names and the export does not hold: no fault, but the record is incomplete.
3. A finding takes an act's effect away, or proves a fault of a side; the record that holds it still verifies.
4. Nothing here is decided by wording: `code` is for programs and keeps its meaning, `what` is for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from openline.wire.entry import Place

LISTED_MAX: Final = 200  # a list in a verdict ends here and says how many more there are


class Kind(StrEnum):
    """The verdict in one word or three."""

    VERIFIES = "verifies"
    INCOMPLETE = "incomplete"
    DOES_NOT_VERIFY = "does not verify"


class Key(NamedTuple):
    """A station key, as people tell it from another: its side and fingerprint."""

    side: int
    fingerprint: str


@dataclass
class Break:
    """Where the record does not hold.

    `place` is the entry concerned (None: the file around the entries), `offset` the byte in the file at which its item
    begins (None: it is not in the file), `key` the station key by which it is, or should be, signed. `count` entries in
    a row, from `place` on, break alike. `repaired`: the id that its author's next entry names here, by which the rest
    could be checked."""

    code: str
    what: str
    place: Place | None = None
    offset: int | None = None
    key: Key | None = None
    count: int = 1
    repaired: bytes | None = None


class Absence(NamedTuple):
    """An entry that is named and not there: by its place, or by its id where only that is known."""

    place: Place | None
    id: bytes | None
    named_by: Place
    why: str


class Finding(NamedTuple):
    """A fault that is proven, or an act that is void. `against`: the side that a proof is against."""

    code: str
    what: str
    place: Place | None = None
    against: int | None = None


class Statement(NamedTuple):
    """An announcement or minute: who made it where, and whether the other side's two signatures are there too.
    `opening` is how its first text begins."""

    place: Place
    id: bytes
    kind: str
    languages: tuple[str, ...]
    opening: str
    standing: str  # "verifies", "waiting" or "void"
    accepted_at: Place | None


@dataclass
class Chain:
    """One side's chain of one generation, as far as it was read. `holds` lists the first and last sequence numbers of
    each stretch whose entries verify one by one and link to each other."""

    side: int
    gen: int
    entries: int = 0
    head_seq: int | None = None
    head_id: bytes | None = None
    first_s: int | None = None
    last_s: int | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    unknown_kinds: dict[int, int] = field(default_factory=dict)
    holds: list[tuple[int, int]] = field(default_factory=list)
    key: str = ""
    checkpoints: int = 0
    checkpointed: int = 0  # this many entries are under a checkpoint that verified, post-quantum signature included


@dataclass
class Limited:
    """A list of at most `LISTED_MAX`, and how many there were in all."""

    items: list[Any] = field(default_factory=list)
    total: int = 0

    def add(self, item: Any) -> None:
        self.total += 1
        if len(self.items) < LISTED_MAX:
            self.items.append(item)

    @property
    def more(self) -> int:
        return self.total - len(self.items)


@dataclass
class Verdict:
    """The outcome of an audit.

    `anchored`: None where no digits were given, else whether they are the accord's; `digits` are the accord's own.
    `exporter`: whose record it is; `exported_s`: when, by that station's clock. `sealed`: whether the trailer's hash is
    that of the bytes before it, so that any damage was there when the trailer was signed; None if that cannot be known.
    """

    bytes_read: int = 0
    sides: tuple[str, ...] = ()
    accord_name: str = ""
    accord_id: bytes | None = None
    digits: str = ""
    anchored: bool | None = None
    exporter: int | None = None
    exported_s: int | None = None
    sealed: bool | None = None
    entries: int = 0
    strays: int = 0
    verified: int = 0
    verified_before_break: int | None = None
    chains: list[Chain] = field(default_factory=list)
    breaks: Limited = field(default_factory=Limited)
    absences: Limited = field(default_factory=Limited)
    findings: Limited = field(default_factory=Limited)
    statements: list[Statement] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        if self.breaks.total:
            return Kind.DOES_NOT_VERIFY
        return Kind.INCOMPLETE if self.absences.total else Kind.VERIFIES

    @property
    def first_break(self) -> Break | None:
        return self.breaks.items[0] if self.breaks.items else None

    def name(self, place: Place) -> str:
        """An entry in words: `north 0/152`."""
        return place_name(self.sides, place)

    def to_plain(self) -> dict[str, Any]:
        """The verdict for programs: JSON values only, ids in hex (spec 13.7)."""
        return {
            "verdict": str(self.kind),
            "accord": {
                "name": self.accord_name,
                "id": _hex(self.accord_id),
                "digits": self.digits,
                "anchored": self.anchored,
                "sides": list(self.sides),
            },
            "export": {
                "side": self.exporter,
                "time_s": self.exported_s,
                "bytes": self.bytes_read,
                "sealed": self.sealed,
            },
            "entries": self.entries,
            "strays": self.strays,
            "verified": self.verified,
            "verified_before_break": self.verified_before_break,
            "chains": [self._plain_chain(chain) for chain in self.chains],
            "breaks": [self._plain_break(found) for found in self.breaks.items],
            "breaks_more": self.breaks.more,
            "absent": [self._plain_absence(absence) for absence in self.absences.items],
            "absent_more": self.absences.more,
            "findings": [self._plain_finding(finding) for finding in self.findings.items],
            "findings_more": self.findings.more,
            "statements": [self._plain_statement(statement) for statement in self.statements],
        }

    def _place(self, place: Place | None) -> dict[str, Any] | None:
        if place is None:
            return None
        return {"side": place.side, "gen": place.gen, "seq": place.seq, "name": self.name(place)}

    def _plain_chain(self, chain: Chain) -> dict[str, Any]:
        head = None if chain.head_seq is None else {"seq": chain.head_seq, "id": _hex(chain.head_id)}
        return {
            "side": chain.side,
            "gen": chain.gen,
            "entries": chain.entries,
            "head": head,
            "first_s": chain.first_s,
            "last_s": chain.last_s,
            "kinds": chain.kinds,
            "unknown_kinds": {str(kind): count for kind, count in chain.unknown_kinds.items()},
            "holds": [list(stretch) for stretch in chain.holds],
            "key": chain.key,
            "checkpoints": chain.checkpoints,
            "checkpointed": chain.checkpointed,
        }

    def _plain_break(self, found: Break) -> dict[str, Any]:
        return {
            "code": found.code,
            "what": found.what,
            "place": self._place(found.place),
            "offset": found.offset,
            "signer": None if found.key is None else found.key._asdict(),
            "count": found.count,
            "repaired": _hex(found.repaired),
        }

    def _plain_absence(self, absence: Absence) -> dict[str, Any]:
        return {
            "place": self._place(absence.place),
            "id": _hex(absence.id),
            "named_by": self._place(absence.named_by),
            "why": absence.why,
        }

    def _plain_finding(self, finding: Finding) -> dict[str, Any]:
        return {
            "code": finding.code,
            "what": finding.what,
            "place": self._place(finding.place),
            "against": finding.against,
        }

    def _plain_statement(self, statement: Statement) -> dict[str, Any]:
        return {
            "place": self._place(statement.place),
            "id": _hex(statement.id),
            "kind": statement.kind,
            "languages": list(statement.languages),
            "opening": statement.opening,
            "standing": statement.standing,
            "accepted_at": self._place(statement.accepted_at),
        }


def place_name(sides: Iterable[str], place: Place) -> str:
    """`north 0/152`: the side's name, generation, sequence number."""
    names = tuple(sides)
    name = names[place.side] if place.side < len(names) else f"side {place.side}"
    return f"{name} {place.gen}/{place.seq}"


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
