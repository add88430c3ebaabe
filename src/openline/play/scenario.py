"""A scenario as the player runs it: every name resolved, every default filled in (spec 12).

Rules of this file: values only. Sides, lines, carriers and principals are numbers in file order; instants are UTC
with the unit in the name; what the file left out holds its default. Only `loading.load` makes a `Scenario`.

The `args` of a `do` carry the file's own keys, except `from`, which is a Python word:

    suspend             lines, lanes, reason, from_s (0 = now)
    propose             ref, lines, lanes, effective
    accept, withdraw    ref
    message             ref, line, text, lane, precedence, due, exercise, corrects (None = nothing)
    notice              ref, line, form, fields, lane, precedence, due
    document            ref, line, bytes, lane, precedence, due
    letter              ref, to, text
    courier             travel
    call                line, lane
    desk                line, mode
    acknowledge         ref
    answer              ref, text
    presence            mode
    announce, minute    ref, text
    amend               ref, line, effective, check_ins, carriers, expires, holidays, pulse_s (None = as it is)
    rotate_key          -
    backup              name
    restore_site        source ("peer" or a backup's name)

`lines` is a tuple of numbers, ascending, `line` one number; None is `*`. `effective`, `expires`, `from_s`: seconds
since 1970-01-01T00:00Z. `due`: seconds, 0 = none. `travel`: milliseconds. `bytes`: a size. `to`: a `Person`.
`fields` and the `text` of announce and minute: (name, text) pairs, ascending.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from openline.wire.accord import CarrierKind
from openline.wire.errors import Misuse
from openline.wire.terms import CheckIn, Lane

PEER: Final = "peer"  # what `restore_site` calls the other side's record; no backup may have this name


class ScenarioFault(Misuse):
    """A scenario file that is wrong; the player exits 2 with its sentence (spec 12.1.2).

    `step` is the step's number from 1, or None outside the steps; `key` the key (dotted inside inner tables) or ""
    where the text is no TOML at all; `line` the line of the file, from 1; `allowed` what may stand there.
    """

    def __init__(self, what: str, *, step: int | None, key: str, line: int, allowed: str) -> None:
        super().__init__(what, next_step="Correct that line of the file.")
        self.step = step
        self.key = key
        self.line = line
        self.allowed = allowed


class Person(NamedTuple):
    """A principal: the side's number, and its own among that side's principals."""

    side: int
    number: int


@dataclass(frozen=True, slots=True)
class CarrierSpec:
    """A simulated carrier; `latency_ms` one way, 0 for a courier."""

    id: str
    kind: CarrierKind
    latency_ms: int


@dataclass(frozen=True, slots=True)
class LineSpec:
    """A line of the accord. `carriers` by number in the line's own order; `holidays` in days since 1970-01-01,
    ascending; `expires_s` 0 = never."""

    id: str
    carriers: tuple[int, ...]
    check_ins: tuple[CheckIn, ...]
    holidays: tuple[int, ...]
    expires_s: int
    pulse_s: int


@dataclass(frozen=True, slots=True)
class Do:
    """An act of the side `by`; `args` as this module's table says."""

    by: int
    verb: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FaultStep:
    """A condition that begins or ends. `side` None = both (carriers only). `args`: loss, duplicate, reorder of
    carrier_lossy (0.0-1.0); on of tamper; skew_ms of clock_skew."""

    kind: str
    carrier: int | None
    side: int | None
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expect:
    """What must hold in the view of `side`; `checks` in file order as (name, value), `readable_by` with a `Person`."""

    side: int
    line: int | None
    lane: Lane
    ref: str | None
    checks: tuple[tuple[str, Any], ...]


Action: TypeAlias = Do | FaultStep | Expect


@dataclass(frozen=True, slots=True)
class Step:
    """One `[[step]]`: its number and line in the file, its instant, and what it shows on screen beside the action.

    `invented` marks what no source tells; `source` says where the fact is from."""

    number: int
    line: int
    at_ms: int
    action: Action
    note: str
    invented: bool
    source: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file. `principals` are names, side by side number; `steps` never go back in time."""

    title: str
    start_ms: int
    zone: str
    sides: tuple[str, str]
    principals: tuple[tuple[str, ...], tuple[str, ...]]
    carriers: tuple[CarrierSpec, ...]
    lines: tuple[LineSpec, ...]
    steps: tuple[Step, ...]
