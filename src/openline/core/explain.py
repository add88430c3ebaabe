"""Explaining a silence: what was agreed, what is observed, for and against it, what cannot be known (spec 11.4).

Rules of this file:
1. `explain` is a pure function of one station's evidence and an instant; the verdict is `core.silence.verdict`'s alone.
2. The formal and the observed state are two sentences and are never merged into one.
3. For, against and beyond knowing: each verdict has one function that gathers them from the evidence at hand. Where
   nothing speaks against, nothing is said.
4. No sentence gives a motive to the other side, and none asks for an act of state: no timer and no program acts for a
   person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from openline.core.silence import Evidence, Observed, verdict
from openline.core.wording import FORMAL, LANES, Words
from openline.wire.said import Length, Listed, Said, say, together
from openline.wire.terms import Outcome


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an officer is told: the verdict `observed` with its one sentence, and lists of sentences about it."""

    formal: Said
    observed: Observed
    headline: Said
    for_: tuple[Said, ...]
    against: tuple[Said, ...]
    cannot_know: tuple[Said, ...]
    next_steps: tuple[Said, ...]


class Reasons(NamedTuple):
    """What one verdict's function gathers."""

    headline: Said
    for_: list[Said]
    against: list[Said]
    cannot_know: list[Said]
    next_steps: list[Said]


def explain(evidence: Evidence, now_ms: int) -> Explanation:
    """Explain what one station sees of a line. `now_ms`: elapsed time, as in the evidence."""
    words, found = Words(evidence, now_ms), verdict(evidence, now_ms)
    reasons = GATHER[found](words)
    return Explanation(
        formal(words),
        found,
        reasons.headline,
        _once(reasons.for_ if found is Observed.THROUGH else reasons.for_ + words.down()),
        _once(reasons.against + words.down() if found is Observed.THROUGH else reasons.against),
        _once(reasons.cannot_know + words.their_word() + words.gaps() + words.statements()),
        _once(reasons.next_steps),
    )


def _once(sentences: list[Said]) -> tuple[Said, ...]:
    return tuple(dict.fromkeys(sentences))


# ---- what was agreed


def formal(w: Words) -> Said:
    """The formal state and what it rests on."""
    e = w.e
    lane, line = LANES.get(e.lane, e.lane), e.line
    offers = [w.offer(offer) for offer in e.offers]
    match e.formal:
        case "open" if e.opened_s:
            return say(
                "The {lane} lane of {line} is formally open: both restored it, effective {at}.", lane=lane, line=line,
                at=w.at(e.opened_s),
            )  # fmt: skip
        case "open":
            return say("The {lane} lane of {line} is formally open: no suspension is in force.", lane=lane, line=line)
        case "restoring":
            ends_s = max((cut.ends_s for cut in e.cuts if cut.ends_s), default=0)
            agreed = say(
                "The {lane} lane of {line} is formally restoring: both agreed to open it at {at}.", lane=lane,
                line=line, at=w.at(ends_s),
            )  # fmt: skip
            return together(agreed, *w.suspensions())
        case "expired":
            since = say(
                "The {lane} lane of {line} is formally expired since {at}: it passes what a suspended line passes.",
                lane=lane, line=line, at=w.at(e.expires_s),
            )  # fmt: skip
            return together(since, *offers)
        case "disputed":
            disputed = say(
                "The {lane} lane of {line} is formally disputed: the record holds a fault that both have not settled.",
                lane=lane, line=line,
            )  # fmt: skip
            none = say("No suspension is in force beneath the dispute.")
            return together(disputed, *(w.suspensions() or [none]))
        case "suspended":
            suspended = say("The {lane} lane of {line} is formally suspended.", lane=lane, line=line)
            return together(suspended, *w.suspensions(), *offers)
    return say("Nothing here says what was agreed on {line}: this side holds no record.", line=line)


# ---- what is observed, verdict by verdict


def _not_watching(w: Words) -> Reasons:
    e = w.e
    reason = w.up_since()
    headline = say("We are not watching: whatever happens on this line, we do not see it.")
    if e.restoring and e.up_since_ms is not None:
        reason = [say("Our station is fetching its own record back."), *reason]
    elif e.up_since_ms is not None:
        headline = say(
            "We have not watched long enough: nothing of theirs has come on this line since our station came up."
        )
    alive = e.up_since_ms is not None and any(at >= e.up_since_ms for at in e.heard_carriers.values())
    missing = say("What happened on this line while we were not watching.")
    if e.heard_here:
        missing = say(
            "What happened on this line while we were not watching; the last of theirs before was {age} ago.",
            age=w.age(e.heard_here.at_ms),
        )
    return Reasons(
        headline,
        reason,
        (w.bundles() if alive else []) + (w.other_lines() if alive and w.lines_alive() else []),
        [missing, say("Whether they tried to reach us meanwhile.")],
        _watching_again(w),
    )


def _watching_again(w: Words) -> list[Said]:
    e = w.e
    if e.up_since_ms is None:
        return [say("Bring our station up.")]
    wait_ms = 0 if e.restoring else 3 * e.pulse_ms - (w.now_ms - e.up_since_ms)
    return [say("Look again in {wait}.", wait=Length.of(wait_ms))] if wait_ms > 0 else []


def _our_side_cut(w: Words) -> Reasons:
    e = w.e
    in_touch = [word.carrier for word in e.relays if word.in_touch]
    against = w.bundles() if w.alive else []
    if in_touch:
        against = [*against, say("And yet we are in touch with the relay {relays}.", relays=Listed.each(in_touch))]
    return Reasons(
        say("Our own network is cut: our probes fail, and nothing of theirs reaches us on any line."),
        w.probes() + w.heard_here() + w.other_lines() + ([] if in_touch else w.relays()),
        against,
        [say("Whether they are trying to reach us, and how they are: we could not see it."), *_unheard(w)],
        [say("Mend our own network first; a courier does not need it.")],
    )


def _unheard(w: Words) -> list[Said]:
    due_s = w.e.missed_check_in_s
    if due_s is None:
        return []
    return [say("Whether they were at the check-in due {due}, which was not completed.", due=w.at(due_s))]


def _by_their_word(w: Words, headline: Said, unknown: list[Said], next_steps: list[Said]) -> Reasons:
    """A call that rang: their station's signed word decides; the history says how much it proves."""
    e = w.e
    why = say("Why: the record holds no word of theirs about it, and formally the line is open.")
    if e.cuts:
        why = say("Whether the suspension is why; the record does not say so.")
    reached = w.presence() if e.they_withhold and not w.alive else w.bundles()
    not_here = [] if e.heard_here is not None and w.fresh(e.heard_here.at_ms) else w.heard_here()
    return Reasons(
        headline,
        w.demand(e.demand) + w.run() + w.history(ended=False) + reached,
        w.single() + w.history(ended=True) + not_here + _earlier_for_them(w),
        [why, *unknown],
        next_steps + w.next_call(),
    )


def _earlier_for_them(w: Words) -> list[Said]:
    """An earlier demand that did reach a person."""
    met = [d for d in w.e.earlier if d.answered or d.outcome is Outcome.ANSWERED]
    return [sentence for demand in met for sentence in w.demand(demand)]


def _declined(w: Words) -> Reasons:
    return _by_their_word(
        w,
        say("Our call rang there and was declined."),
        [say("Who at their post decided, and with what intention: no evidence here shows it.")],
        [say("Try later, or write: what is written waits for them.")],
    )


def _deferred(w: Words) -> Reasons:
    return _by_their_word(
        w,
        say("Our call rang there and was put off until later."),
        [say("When they mean to speak: the word carries no time.")],
        [say("Leave the line free for their call.")],
    )


def _rang_unanswered(w: Words) -> Reasons:
    return _by_their_word(
        w,
        say("Our call rang there, and nobody answered."),
        [say("Whether nobody was there, free, or told to answer: no evidence here shows intention.")],
        [_ask(w)] if w.lines_alive() else [say("Ring again.")],
    )


def _ask(w: Words) -> Said:
    return say("Ask on {lines}, where we hear them.", lines=w.lines_alive())


def _read_no_reply(w: Words) -> Reasons:
    e = w.e
    late_ms = 1000 * (e.now_s - e.demand.at_s) if e.demand is not None else 0
    late = [say("It is late by {late} only.", late=Length.of(late_ms))]
    reached = w.presence() if e.they_withhold and not w.alive else w.bundles()
    return Reasons(
        say("Our message was opened there; the answer that was due has not come."),
        w.demand(e.demand) + reached + w.run(),
        (late if late_ms < 3_600_000 else []) + _earlier_for_them(w),
        [say("Whether an answer is being written, and by whom: no evidence here shows intention.")],
        [say("Ring, or send a further message that names the first."), *w.next_call()],
    )


def _through(w: Words) -> Reasons:
    e = w.e
    met = e.demand is not None and (e.demand.answered or e.demand.outcome is Outcome.ANSWERED)
    unmet = [] if met else w.demand(e.demand)
    headline = say("Through: we hear their station on this line, and it hears us.")
    if not e.we_send_pulses:
        headline = say(
            "Through, as far as we let it show: we hear them here, and withhold the pulses that they would echo."
        )
    return Reasons(
        headline,
        w.heard_here() + (w.demand(e.demand) if met else []),
        unmet + w.missed() + (w.run() + w.single() if unmet or e.missed_check_in_s is not None else []),
        [say("Whether a person is at their desk: a pulse is their station's, not an officer's.")],
        w.next_call(),
    )


def _not_expected(w: Words) -> Reasons:
    e = w.e
    for_ = w.presence()
    if e.every_lane_cut:
        formally = FORMAL.get(e.formal, e.formal)
        closed = say("Every lane of the line is closed by the record: this one is {formal}.", formal=formally)
        for_ = [*for_, closed, *w.suspensions()]
    seen = w.heard_here() if e.heard_here is not None and w.fresh(e.heard_here.at_ms) else []
    return Reasons(
        say("No sign of life is expected from them here, so its absence means nothing."),
        for_,
        seen + w.missed() if e.they_withhold or seen else [],
        [say("Whether anybody would pick up a call.")]
        if w.alive
        else [say("Whether their station could be reached: an expected silence shows nothing."), *_last(w)],
        [] if e.they_withhold else [say("Scheduled calls, letters, proposals and receipts still pass.")],
    )


def _last(w: Words) -> list[Said]:
    heard = w.e.heard_carriers.values()
    if not heard:
        return []
    return [say("What has become of their station since its last sign of life, {age} ago.", age=w.age(max(heard)))]


def _agreed_not_through(w: Words) -> Reasons:
    e = w.e
    since = []
    if e.opened_s is not None:
        at = w.at(e.opened_s)
        since = [say("Both agreed that it is open from {at}; it has not been through since.", at=at)]
    here = w.heard_here()
    one_way = e.heard_here is not None and w.fresh(e.heard_here.at_ms)
    return Reasons(
        say("Agreed open, and not yet through on this line, while they are alive on another."),
        since + w.other_lines() + w.probes() + ([] if one_way else here),
        here if one_way else [],
        [say("Whether their set on this line is connected, or where on the way it fails."), *_carriers_silent(w)],
        [say("Ask on {lines}, where we hear them, for a test of this line.", lines=w.lines_alive())],
    )


def _carriers_silent(w: Words) -> list[Said]:
    silent = [c for c in w.e.line_carriers if not w.fresh(w.e.heard_carriers.get(c))]
    if not silent:
        return []
    return [say("Which end of {carriers} is at fault: nothing comes by it at all.", carriers=Listed.each(silent))]


def _path_down(w: Words) -> Reasons:
    e = w.e
    elsewhere = w.other_lines() if w.lines_alive() else w.bundles()
    here = e.heard_here is not None and w.fresh(e.heard_here.at_ms)
    headline = say("They are alive, and this line does not carry: we hear them elsewhere.")
    if here:
        headline = say("This line carries one way: we hear them here, and nothing shows that they hear us.")
    return Reasons(
        headline,
        w.heard_here() + (elsewhere if w.alive else []) + w.probes(),
        w.missed() + w.single() if not here and e.missed_check_in_s is not None else [],
        [say("Where on the way it fails, and whether by fault or by somebody's choice."), *_carriers_silent(w)],
        [say("Tell them on {lines}, where we hear them.", lines=w.lines_alive())] if w.lines_alive() else [],
    )


def _their_station_down(w: Words) -> Reasons:
    relays = Listed.each(word.carrier for word in w.e.relays if word.in_touch and word.attached is False)
    return Reasons(
        say("Their station is not attached, says the relay {relays}, which is in touch with us.", relays=relays),
        w.relays(attached=False) + w.bundles() + w.heard_here() + w.probes() + w.missed(),
        w.relays(attached=True) + w.single(),
        [
            say("Whether it stopped, was stopped, or lost its way to {relays}: this is the relay's word.",
                relays=relays),
            *_last(w),
        ],
        [say("Send what matters by courier too."), *w.next_call()],
    )


def _cannot_tell(w: Words) -> Reasons:
    attached = w.relays(attached=True)
    alike = say("A fault of the way and a fault of their station look alike from here.")
    if attached:
        alike = say(
            "Why nothing comes, if a relay says that their station is attached: each fault looks alike from here."
        )
    return Reasons(
        say("Link or station: nothing that we can see tells which."),
        w.bundles() + w.heard_here() + w.other_lines() + w.probes() + w.missed() + w.run() + w.history(ended=False),
        attached + w.single() + w.history(ended=True),
        [alike, *_last(w)],
        [say("Send what matters by courier too."), *w.next_call()],
    )


GATHER: Final[dict[Observed, Callable[[Words], Reasons]]] = {
    Observed.NOT_WATCHING: _not_watching,
    Observed.OUR_SIDE_CUT: _our_side_cut,
    Observed.DECLINED: _declined,
    Observed.DEFERRED: _deferred,
    Observed.RANG_UNANSWERED: _rang_unanswered,
    Observed.READ_NO_REPLY: _read_no_reply,
    Observed.THROUGH: _through,
    Observed.NOT_EXPECTED: _not_expected,
    Observed.AGREED_NOT_THROUGH: _agreed_not_through,
    Observed.PATH_DOWN: _path_down,
    Observed.THEIR_STATION_DOWN: _their_station_down,
    Observed.CANNOT_TELL: _cannot_tell,
}
