"""What a silence means, in an officer's words (spec 11.4): the verdict, what speaks for it and against it, from whose
word and how old, and what cannot be known.

Rules of this file:
1. Every sentence follows from the evidence given; none is said for form's sake.
2. It says who attests: we saw, their station says, the relay says, the record says.
3. It counts from the record's own history and gives no percentage. It never says what a person intends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from openline.core import silence
from openline.core.silence import Demand, Evidence, Observed
from openline.wire.terms import Outcome

HEADLINES = {
    Observed.NOT_WATCHING: "we were not watching",
    Observed.OUR_SIDE_CUT: "our own network is cut",
    Observed.DECLINED: "their station says: the call was declined",
    Observed.DEFERRED: "their station says: the call was put off until later",
    Observed.RANG_UNANSWERED: "it rang there, and nobody answered",
    Observed.READ_NO_REPLY: "our message was opened there; no reply yet",
    Observed.THROUGH: "the line is through",
    Observed.NOT_EXPECTED: "nothing is to be expected on this line now",
    Observed.AGREED_NOT_THROUGH: "agreed open, not yet through",
    Observed.PATH_DOWN: "their station is alive; this path does not carry",
    Observed.THEIR_STATION_DOWN: "their station is not attached, a relay says",
    Observed.CANNOT_TELL: "link or station: nothing here can say which",
}


@dataclass(frozen=True)
class Explanation:
    """`formal` (agreed, from the record) and `observed` (from evidence) are never merged."""

    formal: str
    observed: Observed
    headline: str
    for_: tuple[str, ...]
    against: tuple[str, ...]
    cannot_know: tuple[str, ...]
    next_steps: tuple[str, ...]


def explain(evidence: Evidence, now_ms: int) -> Explanation:
    """Explain what one station sees of one line now. Pure; reads nothing but its arguments."""
    observed = silence.verdict(evidence, now_ms)
    return Explanation(
        evidence.formal,
        observed,
        HEADLINES[observed],
        tuple(_for(observed, evidence, now_ms)),
        tuple(_against(observed, evidence, now_ms)),
        tuple(_cannot_know(observed, evidence)),
        tuple(_next(observed, evidence)),
    )


def age(ms: int) -> str:
    """How long ago, in the largest unit that is not a fraction."""
    seconds = max(ms, 0) // 1000
    for unit, size in (("days", 86_400), ("hours", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def clock(evidence: Evidence, instant_s: int) -> str:
    """An instant by our own wall clock."""
    try:
        zone = ZoneInfo(evidence.zone)
    except (KeyError, ValueError, OSError):
        return datetime.fromtimestamp(instant_s, UTC).strftime("%d %B %Y %H:%MZ")
    return datetime.fromtimestamp(instant_s, zone).strftime("%d %B %Y %H:%M")


def _formal(e: Evidence) -> Iterator[str]:
    for cut in e.cuts:
        whose = "we" if cut.ours else "they"
        reason = f", giving as reason “{cut.reason}”" if cut.reason else ", giving no reason"
        yield f"the record says: {whose} suspended the {e.lane} lane from {clock(e, cut.from_s)}{reason}"
    if e.opened_s is not None and not e.cuts:
        yield f"the record says: both agreed to open it at {clock(e, e.opened_s)}"
    for offer in e.offers:
        whose = "our" if offer.ours else "their"
        standing = "accepted, waiting for the confirmation" if offer.accepted else "not answered"
        yield f"the record says: {whose} proposal to restore at {clock(e, offer.effective_s)} is {standing}"


def _heard(e: Evidence, now_ms: int) -> Iterator[str]:
    if e.heard_here is None:
        yield "we saw: nothing of theirs has ever come on this line"
    else:
        yield f"we saw: the last pulse or signal of theirs on this line came {age(now_ms - e.heard_here.at_ms)}"
    for line, at in sorted(e.heard_lines.items()):
        yield f"we saw: line {line} was last heard {age(now_ms - at)}"
    for carrier, at in sorted(e.heard_carriers.items()):
        yield f"we saw: by {carrier} something of theirs last came {age(now_ms - at)}"


def _relays(e: Evidence) -> Iterator[str]:
    for word in e.relays:
        if not word.in_touch:
            yield f"we are out of touch with the relay {word.carrier}"
        elif word.attached is not None:
            yield f"the relay {word.carrier} says: their station is {'' if word.attached else 'not '}attached"


def _probes(e: Evidence, now_ms: int) -> Iterator[str]:
    if e.probes_ok is not None and e.probed_ms is not None:
        said = "answered" if e.probes_ok else "did not answer"
        yield f"we saw: the reference points of our own network {said}, {age(now_ms - e.probed_ms)}"


def _demand(e: Evidence, demand: Demand) -> str:
    at = clock(e, demand.at_s)
    if demand.what == "message":
        return f"their station says: our message due at {at} was {'opened' if demand.shown else 'not opened'}"
    said = {
        Outcome.ANSWERED: "was answered",
        Outcome.DECLINED: "was declined at the post",
        Outcome.DEFERRED: "was put off at the post",
        Outcome.RANG_UNANSWERED: "rang for a minute, and nobody picked up",
    }
    if demand.outcome in said:
        return f"their station says, signed: our call that ended at {at} {said[demand.outcome]}"
    return f"we saw: our call that ended at {at} never rang there"


def _history(e: Evidence) -> Iterator[str]:
    h = e.history
    if h.in_a_row > 1:
        last = f"; the last answered one was due {clock(e, h.answered_s)}" if h.answered_s else ""
        yield f"the record says: {h.in_a_row} check-ins in a row were not answered{last}"
    if h.silences:
        yield f"the record says: {h.ended_by_next} of {h.silences} such silences ended by the next scheduled call"


def _for(observed: Observed, e: Evidence, now_ms: int) -> Iterator[str]:
    yield from _formal(e)
    if observed is Observed.NOT_WATCHING:
        since = "our station is down" if e.up_since_ms is None else f"we came up {age(now_ms - e.up_since_ms)}"
        yield "our station is fetching its own record back" if e.restoring else since
    if e.demand is not None and observed not in (Observed.THROUGH, Observed.NOT_WATCHING):
        yield _demand(e, e.demand)
    if e.they_withhold:
        yield "their station says, signed: it withholds presence, which is its right"
    yield from _heard(e, now_ms)
    yield from _probes(e, now_ms)
    yield from _relays(e)


def _against(observed: Observed, e: Evidence, now_ms: int) -> Iterator[str]:
    asked = (Observed.RANG_UNANSWERED, Observed.DECLINED, Observed.DEFERRED, Observed.READ_NO_REPLY)
    if observed in asked and silence.through(e, now_ms):
        yield "the line itself is through: their station is alive and hears us"
    if observed in (Observed.CANNOT_TELL, Observed.THEIR_STATION_DOWN):
        for word in e.relays:
            if word.in_touch and word.attached:
                yield f"the relay {word.carrier} says that their station is attached"
    yield from _history(e)
    if e.missed_check_in_s is not None and e.history.in_a_row <= 1:
        yield "a single missed check-in proves almost nothing; the next one, the other lines and their own words do"


def _cannot_know(observed: Observed, e: Evidence) -> Iterator[str]:
    if observed in (Observed.RANG_UNANSWERED, Observed.READ_NO_REPLY):
        yield "whether nobody was there, nobody was free, or nobody was told to answer: no evidence shows intention"
    elif observed in (Observed.DECLINED, Observed.DEFERRED):
        yield "why: they need not say"
    elif observed is Observed.OUR_SIDE_CUT:
        yield "anything about the other side, until our own network is back"
    elif observed is Observed.NOT_WATCHING:
        yield "what came, or did not come, while we were not watching"
    elif observed is Observed.CANNOT_TELL:
        yield "a fault of the path and a fault of their station look alike from here"
    elif observed in (Observed.PATH_DOWN, Observed.AGREED_NOT_THROUGH):
        yield "on whose ground the path is broken"
    elif observed is Observed.THEIR_STATION_DOWN:
        yield "whether it stopped, was stopped, or lost its way to the relay"
    elif observed is Observed.NOT_EXPECTED:
        yield "whether their station is up: it does not say, and need not"


def _next(observed: Observed, e: Evidence) -> Iterator[str]:
    if observed is Observed.OUR_SIDE_CUT:
        yield "have our own network looked at; a courier still goes"
    if observed in (Observed.PATH_DOWN, Observed.AGREED_NOT_THROUGH) and e.heard_lines:
        yield "ask for a line test on a line that carries: " + ", ".join(sorted(e.heard_lines))
    if e.next_check_in_s is not None and observed is not Observed.THROUGH:
        yield f"the next check-in is due {clock(e, e.next_check_in_s)}"
