"""What each `do`, `fault` and `expect` of a scenario file takes (spec 12.4, 12.5 and 12.6).

Rules of this file: `VERBS`, `FAULTS` and `EXPECT` are the format, and nothing but tables and the readers that only
they use is here; the tables of spec 12 say the same and a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from openline.core.receipts import Reached
from openline.core.silence import Observed
from openline.core.state import Flag, Formal
from openline.play import loading_values as read
from openline.play.loading_table import Field, Reader, Spot
from openline.play.loading_values import Known, choices
from openline.play.scenario import PEER, Person
from openline.wire import limits
from openline.wire.terms import Lane, Precedence

BOTH: Final = "both"


def _side_or_both(spot: Spot, known: Known) -> int | None:
    if spot.value == BOTH:
        return None
    if type(spot.value) is not str or spot.value not in known.sides:
        raise spot.wrong(choices((BOTH, *known.sides)))
    return known.sides.index(spot.value)


def _backup_name(spot: Spot, known: Known) -> str:
    value = read.name(spot, known)
    if value == PEER:
        raise spot.fault(f'"{PEER}" means the other side', f'a name other than "{PEER}"')
    return value


def _backup(spot: Spot, known: Known) -> str:
    own = sorted(backup for owner, backup in known.backups if owner == known.by)
    if type(spot.value) is not str or spot.value not in (PEER, *own):
        raise spot.wrong(f"{PEER}, or a backup that {known.sides[known.by]} made in an earlier step: {choices(own)}")
    return spot.value


def _principal(spot: Spot, known: Known) -> Person:
    """A principal of either side, by name; of two with one name, the one of the side that looks."""
    for number in (known.by, 1 - known.by):
        if type(spot.value) is str and spot.value in known.principals[number]:
            return Person(number, known.principals[number].index(spot.value))
    raise spot.wrong(choices((*known.principals[0], *known.principals[1])))


def _value_of(of: type[StrEnum]) -> Reader[Known]:
    """A word of the core's own list, as plain text."""
    return read.one_of([member.value for member in of])


_LANE: Final = Field[Known](read.words(Lane), Lane.LIAISON)
_LANES: Final = Field[Known](read.some(read.words(Lane), "liaison, safety"), (Lane.LIAISON,))
_NEW_REF: Final = Field[Known](read.new_ref)
_REF: Final = Field[Known](read.ref)
_LINE: Final = Field[Known](read.line)
_MOVING: Final[Mapping[str, Field[Known]]] = {
    "lane": _LANE,
    "precedence": Field(read.words(Precedence, upper=True), Precedence.ROUTINE),
    "due": Field(read.due_s, 0),
}
_STATEMENT: Final[Mapping[str, Field[Known]]] = {
    "ref": _NEW_REF,
    "text": Field(read.statement),
}
CHANGES: Final[Mapping[str, Field[Known]]] = {
    "check_ins": Field(read.check_ins, None),
    "carriers": Field(read.carriers, None),
    "expires": Field(read.moment_s, None),
    "holidays": Field(read.holidays, None),
    "pulse_s": Field(read.whole(1, 86_400), None),
}

VERBS: Final[Mapping[str, Mapping[str, Field[Known]]]] = {
    "suspend": {
        "lines": Field(read.lines),
        "lanes": _LANES,
        "reason": Field(read.text(limits.REASON_BYTES_MAX, least=0), ""),
        "from": Field(read.moment_s, 0, "from_s"),
    },
    "propose": {"ref": _NEW_REF, "lines": Field(read.lines), "lanes": _LANES, "effective": Field(read.moment_s)},
    "accept": {"ref": _REF},
    "withdraw": {"ref": _REF},
    "message": {
        "ref": _NEW_REF,
        "line": _LINE,
        "text": Field(read.text()),
        **_MOVING,
        "exercise": Field(read.flag, False),
        "corrects": Field(read.ref, None),
    },
    "notice": {
        "ref": _NEW_REF,
        "line": _LINE,
        "form": Field(read.name),
        "fields": Field(read.pairs(limits.FORM_FIELDS_MAX, read.scalar_text)),
        **_MOVING,
    },
    "document": {"ref": _NEW_REF, "line": _LINE, "bytes": Field(read.whole(1, limits.BLOB_BYTES_MAX)), **_MOVING},
    "letter": {"ref": _NEW_REF, "to": Field(read.addressee), "text": Field(read.text())},
    "courier": {"travel": Field(read.duration_ms, 6 * 3_600_000)},
    "call": {"line": _LINE, "lane": _LANE},
    "desk": {
        "line": Field(read.line_or_all, None),
        "mode": Field(read.one_of(("answers", "declines", "defers", "absent"))),
    },
    "acknowledge": {"ref": _REF},
    "answer": {"ref": _REF, "text": Field(read.text())},
    "presence": {"mode": Field(read.one_of(("shown", "withheld")))},
    "announce": _STATEMENT,
    "minute": _STATEMENT,
    "amend": {"ref": _NEW_REF, "line": _LINE, **CHANGES, "effective": Field(read.moment_s)},
    "rotate_key": {},
    "backup": {"name": Field(_backup_name)},
    "restore_site": {"from": Field(_backup, name="source")},
}
DEFINING: Final = frozenset(verb for verb, fields in VERBS.items() if fields.get("ref") is _NEW_REF)

_CARRIER: Final[Mapping[str, Field[Known]]] = {"carrier": Field(read.carrier)}
_CARRIER_SIDE: Final[Mapping[str, Field[Known]]] = {**_CARRIER, "side": Field(_side_or_both, None)}
_SIDE: Final[Mapping[str, Field[Known]]] = {"side": Field(read.side)}
RATES: Final[Mapping[str, Field[Known]]] = {x: Field(read.share, 0.0) for x in ("loss", "duplicate", "reorder")}

FAULTS: Final[Mapping[str, Mapping[str, Field[Known]]]] = {
    "carrier_down": _CARRIER_SIDE,
    "carrier_up": _CARRIER_SIDE,
    "carrier_lossy": {**_CARRIER, **RATES},
    "tamper": {**_CARRIER, "on": Field(read.flag)},
    "station_down": _SIDE,
    "station_up": _SIDE,
    "site_destroyed": _SIDE,
    "own_network_down": _SIDE,
    "own_network_up": _SIDE,
    "clock_skew": {**_SIDE, "seconds": Field(read.skew_ms, name="skew_ms")},
    "fork": _SIDE,
}

ALARMS: Final = (
    "flash_unread",
    "call_ringing",
    "check_in_missed",
    "immediate_overdue",
    "peer_silent",
    "heads_differ",
    "clock_offset",
)
CHECKS: Final[Mapping[str, Reader[Known]]] = {
    "formal": _value_of(Formal),
    "observed": _value_of(Observed),
    "receipt": _value_of(Reached),
    "flag": _value_of(Flag),
    "readable_by": _principal,
    "refused": read.true,
    "heads_equal": read.true,
    "evidence": read.one_of(("none", "fork", "bad_signature", "bad_chain")),
    "record": read.one_of(("verifies", "incomplete")),
    "announcement": read.one_of(("verifies", "waiting")),
    "alarm": read.one_of(("none", *ALARMS)),
    "entries_min": read.whole(0, limits.UINT_MAX),
}
NEEDS_LINE: Final = ("formal", "observed")
NEEDS_REF: Final = ("receipt", "flag", "readable_by", "announcement")
EXPECT: Final[Mapping[str, Field[Known]]] = {
    "side": Field(read.side),
    "line": Field(read.line, None),
    "lane": _LANE,
    "ref": Field(read.ref, None),
    **{check: Field(reader, None) for check, reader in CHECKS.items()},
}
