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
from openline.core.wording import Words, listed, span
from openline.wire.terms import Outcome


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an officer is told: the verdict `observed` with its one sentence, and lists of sentences about it."""

    formal: str
    observed: Observed
    headline: str
    for_: tuple[str, ...]
    against: tuple[str, ...]
    cannot_know: tuple[str, ...]
    next_steps: tuple[str, ...]


class Reasons(NamedTuple):
    """What one verdict's function gathers."""

    headline: str
    for_: list[str]
    against: list[str]
    cannot_know: list[str]
    next_steps: list[str]


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
        _once(reasons.cannot_know + words.gaps() + words.statements()),
        _once(reasons.next_steps),
    )


def _once(sentences: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))


# ---- what was agreed


def formal(w: Words) -> str:
    """The formal state and what it rests on."""
    e = w.e
    where = f"The {e.lane} lane of {e.line}"
    offers = " ".join(w.offer(offer) for offer in e.offers)
    if e.formal == "open":
        since = f"both restored it, effective {w.at(e.opened_s)}" if e.opened_s else "no suspension is in force"
        return f"{where} is formally open: {since}."
    if e.formal == "restoring":
        ends_s = max((cut.ends_s for cut in e.cuts if cut.ends_s), default=0)
        agreed = f"{where} is formally restoring: both agreed to open it at {w.at(ends_s)}."
        return " ".join([agreed, *w.suspensions()])
    if e.formal == "expired":
        since = f"{where} is formally expired since {w.at(e.expires_s)}: it passes what a suspended line passes."
        return f"{since} {offers}".strip()
    if e.formal == "disputed":
        beneath = " ".join(w.suspensions()) if e.cuts else "No suspension is in force beneath the dispute."
        return f"{where} is formally disputed: the record holds a fault that both have not settled. {beneath}"
    if e.formal == "suspended":
        return " ".join([f"{where} is formally suspended.", *w.suspensions(), offers]).strip()
    return f"Nothing here says what was agreed on {e.line}: this side holds no record."


# ---- what is observed, verdict by verdict


def _not_watching(w: Words) -> Reasons:
    e = w.e
    reason = w.up_since()
    headline = "We are not watching: whatever happens on this line, we do not see it."
    if e.restoring and e.up_since_ms is not None:
        reason = ["Our station is fetching its own record back.", *reason]
    elif e.up_since_ms is not None:
        headline = "We have not watched long enough: nothing of theirs has come on this line since our station came up."
    alive = e.up_since_ms is not None and any(at >= e.up_since_ms for at in e.heard_carriers.values())
    missing = "What happened on this line while we were not watching" + (
        f"; the last of theirs before was {w.ago(e.heard_here.at_ms)}." if e.heard_here else "."
    )
    wait = 3 * e.pulse_ms - (w.now_ms - e.up_since_ms) if e.up_since_ms is not None and not e.restoring else 0
    return Reasons(
        headline,
        reason,
        (w.bundles() if alive else []) + (w.other_lines() if alive and w.lines_alive() else []),
        [missing, "Whether they tried to reach us meanwhile."],
        ["Bring our station up."] if e.up_since_ms is None else [f"Look again in {span(wait)}."] if wait > 0 else [],
    )


def _our_side_cut(w: Words) -> Reasons:
    e = w.e
    in_touch = [word.carrier for word in e.relays if word.in_touch]
    against = w.bundles() if w.alive else []
    if in_touch:
        against = [*against, f"And yet we are in touch with the relay {listed(in_touch)}."]
    return Reasons(
        "Our own network is cut: our probes fail, and nothing of theirs reaches us on any line.",
        w.probes() + w.heard_here() + w.other_lines() + ([] if in_touch else w.relays()),
        against,
        ["Whether they are trying to reach us, and how they are: we could not see it.", *_unheard(w)],
        ["Mend our own network first; a courier does not need it."],
    )


def _unheard(w: Words) -> list[str]:
    due_s = w.e.missed_check_in_s
    return [] if due_s is None else [f"Whether they were at the check-in due {w.at(due_s)}, which was not completed."]


def _by_their_word(w: Words, headline: str, unknown: list[str], next_steps: list[str]) -> Reasons:
    """A call that rang: their station's signed word decides; the history says how much it proves."""
    e = w.e
    why = "Why: the record holds no word of theirs about it, and formally the line is open."
    if e.cuts:
        why = "Whether the suspension is why; the record does not say so."
    reached = w.presence() if e.they_withhold and not w.alive else w.bundles()
    not_here = [] if e.heard_here is not None and w.fresh(e.heard_here.at_ms) else w.heard_here()
    return Reasons(
        headline,
        w.demand(e.demand) + w.run() + w.history(ended=False) + reached,
        w.single() + w.history(ended=True) + not_here + _earlier_for_them(w),
        [why, *unknown],
        next_steps + w.next_call(),
    )


def _earlier_for_them(w: Words) -> list[str]:
    """An earlier demand that did reach a person."""
    met = [d for d in w.e.earlier if d.answered or d.outcome is Outcome.ANSWERED]
    return [sentence for demand in met for sentence in w.demand(demand)]


def _declined(w: Words) -> Reasons:
    return _by_their_word(
        w,
        "Our call rang there and was declined.",
        ["Who at their post decided, and with what intention: no evidence here shows it."],
        ["Try later, or write: what is written waits for them."],
    )


def _deferred(w: Words) -> Reasons:
    return _by_their_word(
        w,
        "Our call rang there and was put off until later.",
        ["When they mean to speak: the word carries no time."],
        ["Leave the line free for their call."],
    )


def _rang_unanswered(w: Words) -> Reasons:
    return _by_their_word(
        w,
        "Our call rang there, and nobody answered.",
        ["Whether nobody was there, free, or told to answer: no evidence here shows intention."],
        [f"Ask on {listed(w.lines_alive())}, where we hear them."] if w.lines_alive() else ["Ring again."],
    )


def _read_no_reply(w: Words) -> Reasons:
    e = w.e
    late_ms = 1000 * (e.now_s - e.demand.at_s) if e.demand is not None else 0
    reached = w.presence() if e.they_withhold and not w.alive else w.bundles()
    return Reasons(
        "Our message was opened there; the answer that was due has not come.",
        w.demand(e.demand) + reached + w.run(),
        ([f"It is late by {span(late_ms)} only."] if late_ms < 3_600_000 else []) + _earlier_for_them(w),
        ["Whether an answer is being written, and by whom: no evidence here shows intention."],
        ["Ring, or send a further message that names the first.", *w.next_call()],
    )


def _through(w: Words) -> Reasons:
    e = w.e
    met = e.demand is not None and (e.demand.answered or e.demand.outcome is Outcome.ANSWERED)
    unmet = [] if met else w.demand(e.demand)
    headline = "Through: we hear their station on this line, and it hears us."
    if not e.we_send_pulses:
        headline = "Through, as far as we let it show: we hear them here, and withhold the pulses that they would echo."
    return Reasons(
        headline,
        w.heard_here() + (w.demand(e.demand) if met else []),
        unmet + w.missed() + (w.run() + w.single() if unmet or e.missed_check_in_s is not None else []),
        ["Whether a person is at their desk: a pulse is their station's, not an officer's."],
        w.next_call(),
    )


def _not_expected(w: Words) -> Reasons:
    e = w.e
    for_ = w.presence()
    if e.every_lane_cut:
        for_ = [*for_, f"Every lane of the line is closed by the record: this one is {e.formal}.", *w.suspensions()]
    seen = w.heard_here() if e.heard_here is not None and w.fresh(e.heard_here.at_ms) else []
    return Reasons(
        "No sign of life is expected from them here, so its absence means nothing.",
        for_,
        seen + w.missed() if e.they_withhold or seen else [],
        ["Whether anybody would pick up a call."]
        if w.alive
        else ["Whether their station could be reached: an expected silence shows nothing.", *_last(w)],
        [] if e.they_withhold else ["Scheduled calls, letters, proposals and receipts still pass."],
    )


def _last(w: Words) -> list[str]:
    heard = w.e.heard_carriers.values()
    return [f"What has become of their station since its last sign of life, {w.ago(max(heard))}."] if heard else []


def _agreed_not_through(w: Words) -> Reasons:
    e = w.e
    since = []
    if e.opened_s is not None:
        since = [f"Both agreed that it is open from {w.at(e.opened_s)}; it has not been through since."]
    here = w.heard_here()
    one_way = e.heard_here is not None and w.fresh(e.heard_here.at_ms)
    return Reasons(
        "Agreed open, and not yet through on this line, while they are alive on another.",
        since + w.other_lines() + w.probes() + ([] if one_way else here),
        here if one_way else [],
        ["Whether their set on this line is connected, or where on the way it fails.", *_carriers_silent(w)],
        [f"Ask on {listed(w.lines_alive())}, where we hear them, for a test of this line."],
    )


def _carriers_silent(w: Words) -> list[str]:
    silent = [c for c in w.e.line_carriers if not w.fresh(w.e.heard_carriers.get(c))]
    return [f"Which end of {listed(silent)} is at fault: nothing comes by it at all."] if silent else []


def _path_down(w: Words) -> Reasons:
    e = w.e
    elsewhere = w.other_lines() if w.lines_alive() else w.bundles()
    here = e.heard_here is not None and w.fresh(e.heard_here.at_ms)
    headline = "They are alive, and this line does not carry: we hear them elsewhere."
    if here:
        headline = "This line carries one way: we hear them here, and nothing shows that they hear us."
    return Reasons(
        headline,
        w.heard_here() + (elsewhere if w.alive else []) + w.probes(),
        w.missed() + w.single() if not here and e.missed_check_in_s is not None else [],
        ["Where on the way it fails, and whether by fault or by somebody's choice.", *_carriers_silent(w)],
        [f"Tell them on {listed(w.lines_alive())}, where we hear them."] if w.lines_alive() else [],
    )


def _their_station_down(w: Words) -> Reasons:
    said = [word.carrier for word in w.e.relays if word.in_touch and word.attached is False]
    return Reasons(
        f"Their station is not attached, says the relay {listed(said)}, which is in touch with us.",
        w.relays(attached=False) + w.bundles() + w.heard_here() + w.probes() + w.missed(),
        w.relays(attached=True) + w.single(),
        [f"Whether it stopped, was stopped, or lost its way to {listed(said)}: this is the relay's word.", *_last(w)],
        ["Send what matters by courier too.", *w.next_call()],
    )


def _cannot_tell(w: Words) -> Reasons:
    attached = w.relays(attached=True)
    alike = "A fault of the way and a fault of their station look alike from here."
    if attached:
        alike = "Why nothing comes, if a relay says that their station is attached: each fault looks alike from here."
    return Reasons(
        "Link or station: nothing that we can see tells which.",
        w.bundles() + w.heard_here() + w.other_lines() + w.probes() + w.missed() + w.run() + w.history(ended=False),
        attached + w.single() + w.history(ended=True),
        [alike, *_last(w)],
        ["Send what matters by courier too.", *w.next_call()],
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
