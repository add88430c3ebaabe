"""Explaining a silence (spec 11): a pure function of what this station could have seen, and an instant.

Rules of this file:
1. `observed` is exactly one verdict, the first whose condition holds, in the order of `VERDICTS`.
2. Ages are elapsed time; the station's clock enters only where the record's own times do (due times).
3. It never says refused, ignored or hostile. It says what is known, from whose word, and what cannot be known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from openline.wire.terms import Outcome

INTERVALS: Final = 3


class Observed(StrEnum):
    NOT_WATCHING = "not_watching"
    OUR_SIDE_CUT = "our_side_cut"
    DECLINED = "declined"
    DEFERRED = "deferred"
    RANG_UNANSWERED = "rang_unanswered"
    READ_NO_REPLY = "read_no_reply"
    THROUGH = "through"
    NOT_EXPECTED = "not_expected"
    AGREED_NOT_THROUGH = "agreed_not_through"
    PATH_DOWN = "path_down"
    THEIR_STATION_DOWN = "their_station_down"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Heard:
    """Something authenticated of theirs: when it came; for a pulse, when the newest of ours that it echoes left."""

    at_ms: int
    echo_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Our latest demand on the line: a finished call, or a message whose due time has passed (spec 11.2)."""

    what: str  # "call" or "message"
    at_s: int  # when the call finished, or when the message fell due
    due_s: int = 0  # of a call: when its check-in was due; 0 = outside the schedule
    outcome: Outcome | None = None
    shown: bool = False
    answered: bool = False
    cite: str = ""


@dataclass(frozen=True, slots=True)
class RelayWord:
    """What a relay says of the other side; `in_touch`: whether we hear the relay now."""

    carrier: str
    in_touch: bool
    attached: bool | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class History:
    """Counts from the record: silences at a check-in, and how many ended by the line's next scheduled call; how many
    check-ins up to the latest were not answered in a row, and when the last answered one was due (0: none was). Of a
    check-in that the other side called only what our own signed word supports is among them; `their_word` counts the
    others."""

    silences: int = 0
    ended_by_next: int = 0
    in_a_row: int = 0
    answered_s: int = 0
    their_word: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """A suspension in force here: whose, since when, its reason as given, and when it ends if both agreed on that."""

    ours: bool
    from_s: int
    reason: str = ""
    ends_s: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal to restore this line and lane that is not concluded: whose, for when, accepted by the other or not."""

    ours: bool
    effective_s: int
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time, by our clock, in which nobody held our post here, or (`down`) our station did not run.
    `until_s` None: it lasts."""

    from_s: int
    until_s: int | None
    down: bool = False


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that one station could have seen about one line, up to now. Times `_ms` are elapsed, own steady count.

    heard_here: newest pulse or call signal of theirs on this line, and, over all its carriers, the newest echo.
    heard_lines: newest pulse or call signal on each other line. heard_carriers: newest authenticated bundle of any
    kind by each live or relay carrier. line_carriers: the carriers this line uses now; carriers_down: those of them
    that do not stand by our own end. up_since_ms: None = down.

    now_s, zone: this station's clock and zone, for the record's own times (`_s`). cuts, offers, opened_s, expires_s:
    what the formal state rests on. earlier: demands of ours before the latest, evidence only. gaps: in our
    own watch."""

    line: str
    formal: str
    pulse_ms: int
    up_since_ms: int | None
    restoring: bool = False
    probes_ok: bool | None = None
    probed_ms: int | None = None
    heard_here: Heard | None = None
    heard_by_carrier: dict[str, int] = field(default_factory=dict)
    heard_lines: dict[str, int] = field(default_factory=dict)
    heard_carriers: dict[str, int] = field(default_factory=dict)
    line_carriers: tuple[str, ...] = ()
    carriers_down: tuple[str, ...] = ()
    we_send_pulses: bool = True
    they_withhold: bool = False
    every_lane_cut: bool = False
    opened_by_restoration: bool = False
    through_since_opening: bool = False
    demand: Demand | None = None
    relays: tuple[RelayWord, ...] = ()
    history: History = History()
    missed_check_in_s: int | None = None
    statements: tuple[str, ...] = ()
    lane: str = "liaison"
    now_s: int = 0
    zone: str = "UTC"
    cuts: tuple[Cut, ...] = ()
    offers: tuple[Offer, ...] = ()
    opened_s: int | None = None
    expires_s: int = 0
    earlier: tuple[Demand, ...] = ()
    next_check_in_s: int | None = None
    gaps: tuple[Gap, ...] = ()


def alive(evidence: Evidence, now_ms: int) -> bool:
    """Something authenticated came from their station, by live or relay, within three intervals."""
    stamps = list(evidence.heard_carriers.values())
    return any(fresh(evidence, at, now_ms) for at in stamps)


def fresh(evidence: Evidence, at_ms: int | None, now_ms: int) -> bool:
    """Whether something seen then was seen within three intervals."""
    return at_ms is not None and now_ms - at_ms <= INTERVALS * evidence.pulse_ms


def _not_watching(e: Evidence, now_ms: int) -> bool:
    if e.up_since_ms is None or e.restoring:
        return True
    came_since = e.heard_here is not None and e.heard_here.at_ms >= e.up_since_ms
    return now_ms - e.up_since_ms < INTERVALS * e.pulse_ms and not came_since


def _our_side_cut(e: Evidence, now_ms: int) -> bool:
    lines = [*e.heard_lines.values(), *([e.heard_here.at_ms] if e.heard_here else [])]
    return e.probes_ok is False and not any(fresh(e, at, now_ms) for at in lines)


def _call_got(outcome: Outcome) -> Callable[[Evidence, int], bool]:
    def holds(e: Evidence, now_ms: int) -> bool:
        demand = e.demand
        return demand is not None and demand.outcome == outcome and (alive(e, now_ms) or e.they_withhold)

    return holds


def _read_no_reply(e: Evidence, now_ms: int) -> bool:
    demand = e.demand
    if demand is None or demand.what != "message" or not (alive(e, now_ms) or e.they_withhold):
        return False
    return demand.shown and not demand.answered


def through(e: Evidence, now_ms: int) -> bool:
    """Their pulse came on this line within three intervals, echoing one of ours from within three while we send. How
    old the echo was counts from when the pulse came: after a cut both grow old together."""
    came = _pulse_at(e)
    if e.heard_here is None or came is None or not fresh(e, came, now_ms):
        return False
    return not e.we_send_pulses or fresh(e, e.heard_here.echo_ms, came)


def _pulse_at(e: Evidence) -> int | None:
    return max(e.heard_by_carrier.values(), default=None)


def not_expected(evidence: Evidence) -> bool:
    """They withhold presence, or every lane of the line is suspended or restoring: silence says nothing."""
    return evidence.they_withhold or evidence.every_lane_cut


def _agreed_not_through(e: Evidence, now_ms: int) -> bool:
    if not e.opened_by_restoration or e.through_since_opening:
        return False
    return any(fresh(e, at, now_ms) for at in e.heard_lines.values())


def _path_down(e: Evidence, now_ms: int) -> bool:
    other_line = any(fresh(e, at, now_ms) for at in e.heard_lines.values())
    other_carrier = any(fresh(e, at, now_ms) for c, at in e.heard_carriers.items() if c not in e.line_carriers)
    here = e.heard_here is not None and fresh(e, e.heard_here.at_ms, now_ms)
    return other_line or other_carrier or here


def _their_station_down(e: Evidence, now_ms: int) -> bool:
    return any(word.in_touch and word.attached is False for word in e.relays)


VERDICTS: Final[tuple[tuple[Observed, Callable[[Evidence, int], bool]], ...]] = (
    (Observed.NOT_WATCHING, _not_watching),
    (Observed.OUR_SIDE_CUT, _our_side_cut),
    (Observed.DECLINED, _call_got(Outcome.DECLINED)),
    (Observed.DEFERRED, _call_got(Outcome.DEFERRED)),
    (Observed.RANG_UNANSWERED, _call_got(Outcome.RANG_UNANSWERED)),
    (Observed.READ_NO_REPLY, _read_no_reply),
    (Observed.THROUGH, through),
    (Observed.NOT_EXPECTED, lambda e, now_ms: not_expected(e)),
    (Observed.AGREED_NOT_THROUGH, _agreed_not_through),
    (Observed.PATH_DOWN, _path_down),
    (Observed.THEIR_STATION_DOWN, _their_station_down),
    (Observed.CANNOT_TELL, lambda e, now_ms: True),
)


def verdict(evidence: Evidence, now_ms: int) -> Observed:
    """The first verdict that holds."""
    return next(name for name, holds in VERDICTS if holds(evidence, now_ms))

