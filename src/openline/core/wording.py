"""The sentences of an explanation: each says one fact, how old it is, and who attests it (spec 11.4).

Rules of this file:
1. A sentence says only what the evidence holds: "we saw" for our own station, "their station says" for a signed word of
   theirs, "the relay says" for a third party's. Where the evidence holds nothing, there is no sentence.
2. Ages are elapsed time, rounded down to one unit; the record's times are told by our clock, in our zone.
3. Counts are counts. What others wrote is quoted, on one line, without characters that steer a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from openline.core import silence
from openline.core.schedule import zone
from openline.core.silence import Cut, Demand, Evidence, Gap, Offer, RelayWord
from openline.wire.terms import Outcome

QUOTED_MAX: Final = 200
RING_S: Final = 60  # how long a call rings (spec 5.6)
CALENDAR_END_S: Final = 253_370_764_800  # the year 9999; later times of the record are told as bare numbers
SINGLE: Final = (
    "A single missed call proves almost nothing: the next scheduled call, the other lines and their own words do."
)
OUTCOMES: Final = {
    Outcome.NOT_RUNG: "got no word back: their station never said that it rang",
    Outcome.RANG_UNANSWERED: "rang there, as their station says and signed; nobody picked it up",
    Outcome.DECLINED: "rang there and was declined, as their station says and signed",
    Outcome.DEFERRED: "rang there and was put off until later, as their station says and signed",
    Outcome.ANSWERED: "was answered, as their station says and signed",
    Outcome.INTERRUPTED: "was answered, and broke off before its end",
}


class Words:
    """One station's evidence at an instant, put into sentences. Every method gives the sentences it has, or none."""

    def __init__(self, evidence: Evidence, now_ms: int) -> None:
        self.e = evidence
        self.now_ms = now_ms
        self.alive = silence.alive(evidence, now_ms)

    # ---- ages and times

    def fresh(self, at_ms: int | None) -> bool:
        return silence.fresh(self.e, at_ms, self.now_ms)

    def ago(self, at_ms: int) -> str:
        return f"{span(self.now_ms - at_ms)} ago"

    def at(self, time_s: int) -> str:
        """An instant of the record: only as much of the date as is needed today."""
        if not 0 <= time_s < CALENDAR_END_S or not 0 <= self.e.now_s < CALENDAR_END_S:
            return f"second {time_s}"
        then, now = (datetime.fromtimestamp(s, zone(self.e.zone)) for s in (time_s, self.e.now_s))
        clock = f"{then:%H:%M}"
        if then.date() == now.date():
            return clock
        day = f"{then.day} {then:%B}" + ("" if then.year == now.year else f" {then.year}")
        return f"{day}, {clock}"

    # ---- what we saw

    def heard_here(self) -> list[str]:
        """The newest of theirs on this line, and whether they hear us there."""
        e = self.e
        if e.heard_by_carrier:
            carrier, at_ms = max(e.heard_by_carrier.items(), key=lambda item: (item[1], item[0]))
            return [f"We saw their last pulse on this line {self.ago(at_ms)}, by {carrier}{self._echo()}."]
        if e.heard_here is not None:
            return [f"We heard a call signal of theirs on this line {self.ago(e.heard_here.at_ms)}, and never a pulse."]
        return ["We have never heard anything of theirs on this line."]

    def _echo(self) -> str:
        echo_ms = None if self.e.heard_here is None else self.e.heard_here.echo_ms
        if echo_ms is None:
            return "; none has echoed a pulse of ours"
        return f"; the newest of our pulses that they echoed left {self.ago(echo_ms)}"

    def other_lines(self) -> list[str]:
        """Where else we hear them, or when we last did."""
        heard = sorted(self.e.heard_lines.items(), key=lambda item: (-item[1], item[0]))
        now = [f"{line} ({self.ago(at_ms)})" for line, at_ms in heard if self.fresh(at_ms)]
        if now:
            return [f"We hear them on {listed(now)}."]
        if heard:
            line, at_ms = heard[0]
            return [f"Elsewhere we heard them last {self.ago(at_ms)}, on {line}."]
        return ["We have never heard them on another line."]

    def lines_alive(self) -> list[str]:
        return sorted(line for line, at_ms in self.e.heard_lines.items() if self.fresh(at_ms))

    def bundles(self) -> list[str]:
        """The newest authenticated bundle of any kind, by whatever carrier."""
        heard = self.e.heard_carriers
        if not heard:
            return ["Nothing of theirs has ever come by any live or relay carrier."]
        carrier, at_ms = max(heard.items(), key=lambda item: (item[1], item[0]))
        if self.fresh(at_ms):
            return [f"Their station is alive: something it sealed came {self.ago(at_ms)}, by {carrier}."]
        return [f"Nothing that their station sealed has come for {span(self.now_ms - at_ms)}, by any carrier."]

    def probes(self) -> list[str]:
        e = self.e
        if e.probes_ok is None or e.probed_ms is None:
            return []
        outcome = "reached its reference points" if e.probes_ok else "failed"
        return [f"The last probe of our own network, {self.ago(e.probed_ms)}, {outcome}."]

    def up_since(self) -> list[str]:
        if self.e.up_since_ms is None:
            return ["Our station is down."]
        return [f"Our station came up {self.ago(self.e.up_since_ms)}."]

    # ---- what third parties say

    def relays(self, attached: bool | None = None) -> list[str]:
        """What each relay says; with `attached`, only those that are in touch with us and say so."""
        words = self.e.relays
        if attached is not None:
            words = tuple(word for word in words if word.in_touch and word.attached is attached)
        return [self._relay(word) for word in words]

    def _relay(self, word: RelayWord) -> str:
        if not word.in_touch:
            return f"We are not in touch with the relay {word.carrier}, so it says nothing now."
        if word.attached is None:
            return f"The relay {word.carrier} has not said whether their station is attached."
        attached = "attached" if word.attached else "not attached"
        return f"The relay {word.carrier} says that their station is {attached}; it said so {self.ago(word.at_ms)}."

    def down(self) -> list[str]:
        """What our own end of the line's carriers says, before any pulse has had time to be missed."""
        return [f"Our own end says that {carrier} is down." for carrier in self.e.carriers_down]

    def statements(self) -> list[str]:
        """What was said in public, which proves nothing about this line."""
        noted = "Whether a public statement, noted by our officer, explains it"
        return [f"{noted}: {quoted(statement)}." for statement in self.e.statements]

    def gaps(self) -> list[str]:
        """Gaps in our own watch that hide something: since anything of theirs came here, or at a missed check-in."""
        e = self.e
        silent = e.heard_here is None or not self.fresh(e.heard_here.at_ms)
        heard_s = 0 if e.heard_here is None else e.now_s - (self.now_ms - e.heard_here.at_ms) // 1000
        due_s = e.missed_check_in_s
        found = []
        for gap in e.gaps:
            why = f"{'our station did not run' if gap.down else 'nobody held our watch'} {self.between(gap)}"
            if due_s is not None and gap.from_s <= due_s + RING_S and (gap.until_s is None or gap.until_s >= due_s):
                found.append(f"Who was here for the check-in due {self.at(due_s)}: {why}.")
            elif silent and (gap.until_s is None or gap.until_s > heard_s):
                found.append(f"Whether they tried to reach us meanwhile: {why}.")
        return found

    def between(self, gap: Gap) -> str:
        """From when to when; to the minute or so, for a station that was killed could not note when."""
        if gap.until_s is None:
            return f"since {self.at(gap.from_s)}"
        return f"between {self.at(gap.from_s)} and {self.at(gap.until_s)}"

    # ---- what the record says

    def demand(self, demand: Demand | None) -> list[str]:
        """How far one demand of ours got."""
        if demand is None:
            return []
        if demand.what == "message":
            return [f"Our message {demand.cite} fell due {self.at(demand.at_s)}; {_fate(demand)}."]
        what = f"for the check-in due {self.at(demand.due_s)}" if demand.due_s else f"that ended {self.at(demand.at_s)}"
        return [f"Our call {what} {OUTCOMES[demand.outcome or Outcome.NOT_RUNG]}."]

    def earlier(self) -> list[str]:
        return [sentence for demand in self.e.earlier for sentence in self.demand(demand)]

    def missed(self) -> list[str]:
        """A check-in that was not completed, unless it is the very call that is told as our demand."""
        due_s = self.e.missed_check_in_s
        told = self.e.demand is not None and self.e.demand.due_s == due_s
        return [] if due_s is None or told else [f"The check-in due {self.at(due_s)} was not completed."]

    def run(self) -> list[str]:
        """The run of unanswered check-ins that lasts, where there are several."""
        h = self.e.history
        if h.in_a_row < 2:
            return []
        last = f"the last answered one was due {self.at(h.answered_s)}" if h.answered_s else "none was ever answered"
        return [f"{h.in_a_row:,} check-ins in a row have brought no answer; {last}."]

    def single(self) -> list[str]:
        """The warning that belongs to one missed call, and to no longer silence."""
        demand = self.e.demand
        call = demand is not None and demand.what == "call" and demand.outcome is not Outcome.ANSWERED
        return [SINGLE] if (call or self.e.missed_check_in_s is not None) and self.e.history.in_a_row < 2 else []

    def history(self, *, ended: bool) -> list[str]:
        """What became of earlier silences; with `ended`, told only if some did end by the next scheduled call."""
        h = self.e.history
        if not h.silences or bool(h.ended_by_next) is not ended:
            return []
        such = "such silence" if h.silences == 1 else "such silences"
        return [f"In the record, {h.ended_by_next:,} of {h.silences:,} {such} here ended by the next scheduled call."]

    def presence(self) -> list[str]:
        if not self.e.they_withhold:
            return []
        return ["They withhold presence, as their signed entry says: no pulse is due from them, which is their right."]

    def suspensions(self) -> list[str]:
        return [self.suspension(cut) for cut in self.e.cuts]

    def suspension(self, cut: Cut) -> str:
        who = "We" if cut.ours else "They"
        reason = f", giving as reason {quoted(cut.reason)}" if cut.reason else ", giving no reason"
        return f"{who} suspended it from {self.at(cut.from_s)}{reason}."

    def offer(self, offer: Offer) -> str:
        whose, other = ("Our", "their") if offer.ours else ("Their", "our")
        waits = f"waits for {other} answer"
        if offer.accepted:
            waits = f"is accepted and waits for {'our' if offer.ours else 'their'} confirmation"
        return f"{whose} proposal to restore it at {self.at(offer.effective_s)} {waits}; it changes nothing until then."

    def next_call(self) -> list[str]:
        due_s = self.e.next_check_in_s
        return [] if due_s is None else [f"The next scheduled call on this line is due {self.at(due_s)}."]


def _fate(demand: Demand) -> str:
    if demand.answered:
        return "it was answered"
    if demand.shown:
        return "it was opened there, as their station says and signed; the record holds no answer"
    return "their station has not said that anybody opened it"


def span(ms: int) -> str:
    """A length of time in the one unit that is read at a glance."""
    seconds = max(ms, 0) // 1000
    for unit, size, until in (("s", 1, 120), ("min", 60, 7_200), ("h", 3_600, 172_800)):
        if seconds < until:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86_400:,} days"


def quoted(text: str) -> str:
    """What others wrote, on one line."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f"“{line if len(line) <= QUOTED_MAX else line[:QUOTED_MAX] + '…'}”"


def listed(words: Iterable[str]) -> str:
    """a, b and c."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
