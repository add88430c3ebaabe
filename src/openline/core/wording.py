"""The sentences of an explanation: each says one fact, how old it is, and who attests it (spec 11.4).

Rules of this file:
1. A sentence says only what the evidence holds: "we saw" for our own station, "their station says" for a signed word of
   theirs, "the relay says" for a third party's. Where the evidence holds nothing, there is no sentence.
2. Ages are elapsed time, rounded down to one unit; the record's times are told by our clock, in our zone.
3. Counts are counts. What others wrote is quoted, on one line, without characters that steer a terminal.
4. A sentence that differs by what it says is another template, whole: what is put into one are values (`wire.said`).
"""

from __future__ import annotations

from typing import Final

from openline.core import silence
from openline.core.silence import Cut, Demand, Evidence, Gap, Offer, RelayWord
from openline.wire.said import Length, Listed, Moment, Said, say
from openline.wire.terms import Outcome

QUOTED_MAX: Final = 200
RING_S: Final = 60  # how long a call rings (spec 5.6)
SINGLE: Final = say(
    "A single missed call proves almost nothing: the next scheduled call, the other lines and their own words do."
)
OUTCOMES: Final = {
    Outcome.NOT_RUNG: say("got no word back: their station never said that it rang"),
    Outcome.RANG_UNANSWERED: say("rang there, as their station says and signed; nobody picked it up"),
    Outcome.DECLINED: say("rang there and was declined, as their station says and signed"),
    Outcome.DEFERRED: say("rang there and was put off until later, as their station says and signed"),
    Outcome.ANSWERED: say("was answered, as their station says and signed"),
    Outcome.INTERRUPTED: say("was answered, and broke off before its end"),
}
LANES: Final = {"liaison": say("liaison"), "safety": say("safety")}
FORMAL: Final = {
    "open": say("open"),
    "restoring": say("restoring"),
    "suspended": say("suspended"),
    "expired": say("expired"),
    "disputed": say("disputed"),
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

    def age(self, at_ms: int) -> Length:
        return Length.of(self.now_ms - at_ms)

    def at(self, time_s: int) -> Moment:
        return Moment.of(time_s, self.e.now_s, self.e.zone)

    # ---- what we saw

    def heard_here(self) -> list[Said]:
        """The newest of theirs on this line, and whether they hear us there."""
        e = self.e
        if e.heard_by_carrier:
            return [self._pulse(*max(e.heard_by_carrier.items(), key=lambda item: (item[1], item[0])))]
        if e.heard_here is not None:
            age = self.age(e.heard_here.at_ms)
            return [say("We heard a call signal of theirs on this line {age} ago, and never a pulse.", age=age)]
        return [say("We have never heard anything of theirs on this line.")]

    def _pulse(self, carrier: str, at_ms: int) -> Said:
        echo_ms, age = None if self.e.heard_here is None else self.e.heard_here.echo_ms, self.age(at_ms)
        if echo_ms is None:
            return say(
                "We saw their last pulse on this line {age} ago, by {carrier}; none has echoed a pulse of ours.",
                age=age, carrier=carrier,
            )  # fmt: skip
        return say(
            "We saw their last pulse on this line {age} ago, by {carrier};"
            " the newest of our pulses that they echoed left {echo} ago.",
            age=age, carrier=carrier, echo=self.age(echo_ms),
        )  # fmt: skip

    def other_lines(self) -> list[Said]:
        """Where else we hear them, or when we last did."""
        heard = sorted(self.e.heard_lines.items(), key=lambda item: (-item[1], item[0]))
        now = [
            say("{line} ({age} ago)", line=line, age=self.age(at_ms))
            for line, at_ms in heard
            if self.fresh(at_ms)
        ]
        if now:
            return [say("We hear them on {lines}.", lines=Listed.each(now))]
        if heard:
            line, at_ms = heard[0]
            return [say("Elsewhere we heard them last {age} ago, on {line}.", age=self.age(at_ms), line=line)]
        return [say("We have never heard them on another line.")]

    def lines_alive(self) -> Listed:
        return Listed.each(sorted(line for line, at_ms in self.e.heard_lines.items() if self.fresh(at_ms)))

    def bundles(self) -> list[Said]:
        """The newest authenticated bundle of any kind, by whatever carrier."""
        heard = self.e.heard_carriers
        if not heard:
            return [say("Nothing of theirs has ever come by any live or relay carrier.")]
        carrier, at_ms = max(heard.items(), key=lambda item: (item[1], item[0]))
        age = self.age(at_ms)
        if self.fresh(at_ms):
            return [
                say("Their station is alive: something it sealed came {age} ago, by {carrier}.", age=age,
                    carrier=carrier)
            ]  # fmt: skip
        return [say("Nothing that their station sealed has come for {age}, by any carrier.", age=age)]

    def probes(self) -> list[Said]:
        e = self.e
        if e.probes_ok is None or e.probed_ms is None:
            return []
        age = self.age(e.probed_ms)
        if e.probes_ok:
            return [say("The last probe of our own network, {age} ago, reached its reference points.", age=age)]
        return [say("The last probe of our own network, {age} ago, failed.", age=age)]

    def up_since(self) -> list[Said]:
        if self.e.up_since_ms is None:
            return [say("Our station is down.")]
        return [say("Our station came up {age} ago.", age=self.age(self.e.up_since_ms))]

    # ---- what third parties say

    def relays(self, attached: bool | None = None) -> list[Said]:
        """What each relay says; with `attached`, only those that are in touch with us and say so."""
        words = self.e.relays
        if attached is not None:
            words = tuple(word for word in words if word.in_touch and word.attached is attached)
        return [self._relay(word) for word in words]

    def _relay(self, word: RelayWord) -> Said:
        relay, age = word.carrier, self.age(word.at_ms)
        if not word.in_touch:
            return say("We are not in touch with the relay {relay}, so it says nothing now.", relay=relay)
        if word.attached is None:
            return say("The relay {relay} has not said whether their station is attached.", relay=relay)
        if word.attached:
            return say(
                "The relay {relay} says that their station is attached; it said so {age} ago.", relay=relay, age=age
            )
        return say(
            "The relay {relay} says that their station is not attached; it said so {age} ago.", relay=relay, age=age
        )

    def down(self) -> list[Said]:
        """What our own end of the line's carriers says, before any pulse has had time to be missed."""
        return [say("Our own end says that {carrier} is down.", carrier=carrier) for carrier in self.e.carriers_down]

    def statements(self) -> list[Said]:
        """What was said in public, which proves nothing about this line."""
        return [
            say("Whether a public statement, noted by our officer, explains it: {statement}.",
                statement=quoted(statement))
            for statement in self.e.statements
        ]  # fmt: skip

    def gaps(self) -> list[Said]:
        """Gaps in our own watch that hide something: since anything of theirs came here, or at a missed check-in."""
        e = self.e
        silent = e.heard_here is None or not self.fresh(e.heard_here.at_ms)
        heard_s = 0 if e.heard_here is None else e.now_s - (self.now_ms - e.heard_here.at_ms) // 1000
        due_s = e.missed_check_in_s
        found = []
        for gap in e.gaps:
            why = self._gap(gap)
            if due_s is not None and gap.from_s <= due_s + RING_S and (gap.until_s is None or gap.until_s >= due_s):
                found.append(say("Who was here for the check-in due {due}: {why}.", due=self.at(due_s), why=why))
            elif silent and (gap.until_s is None or gap.until_s > heard_s):
                found.append(say("Whether they tried to reach us meanwhile: {why}.", why=why))
        return found

    def _gap(self, gap: Gap) -> Said:
        """From when to when; to the minute or so, for a station that was killed could not note when."""
        start = self.at(gap.from_s)
        if gap.until_s is None:
            if gap.down:
                return say("our station did not run since {start}", start=start)
            return say("nobody held our watch since {start}", start=start)
        end = self.at(gap.until_s)
        if gap.down:
            return say("our station did not run between {start} and {end}", start=start, end=end)
        return say("nobody held our watch between {start} and {end}", start=start, end=end)

    # ---- what the record says

    def demand(self, demand: Demand | None) -> list[Said]:
        """How far one demand of ours got."""
        if demand is None:
            return []
        at = self.at(demand.at_s)
        if demand.what == "message":
            return [_message(demand, at)]
        which = say("that ended {at}", at=at)
        if demand.due_s:
            which = say("for the check-in due {due}", due=self.at(demand.due_s))
        return [say("Our call {which} {outcome}.", which=which, outcome=OUTCOMES[demand.outcome or Outcome.NOT_RUNG])]

    def missed(self) -> list[Said]:
        """A check-in that was not completed, unless it is the very call that is told as our demand."""
        due_s = self.e.missed_check_in_s
        if due_s is None or (self.e.demand is not None and self.e.demand.due_s == due_s):
            return []
        return [say("The check-in due {due} was not completed.", due=self.at(due_s))]

    def run(self) -> list[Said]:
        """The run of unanswered check-ins that lasts, where there are several."""
        h = self.e.history
        if h.in_a_row < 2:
            return []
        if not h.answered_s:
            return [
                say("{count} check-ins in a row have brought no answer; none was ever answered.", count=h.in_a_row)
            ]
        return [
            say("{count} check-ins in a row have brought no answer; the last answered one was due {due}.",
                count=h.in_a_row, due=self.at(h.answered_s))
        ]  # fmt: skip

    def single(self) -> list[Said]:
        """The warning that belongs to one missed call, and to no longer silence."""
        demand = self.e.demand
        call = demand is not None and demand.what == "call" and demand.outcome is not Outcome.ANSWERED
        return [SINGLE] if (call or self.e.missed_check_in_s is not None) and self.e.history.in_a_row < 2 else []

    def history(self, *, ended: bool) -> list[Said]:
        """What became of earlier silences; with `ended`, told only if some did end by the next scheduled call."""
        h = self.e.history
        if not h.silences or bool(h.ended_by_next) is not ended:
            return []
        if h.silences == 1:
            return [
                say("In the record, {ended} of {all} such silence here ended by the next scheduled call.",
                    ended=h.ended_by_next, all=h.silences)
            ]  # fmt: skip
        return [
            say("In the record, {ended} of {all} such silences here ended by the next scheduled call.",
                ended=h.ended_by_next, all=h.silences)
        ]  # fmt: skip

    def their_word(self) -> list[Said]:
        """Check-ins that the other side called, where nothing of ours says what it says became of them."""
        if not self.e.history.their_word:
            return []
        return [
            say("What became of check-ins that they called: of {count} only they tell, and none of those is counted.",
                count=self.e.history.their_word)
        ]  # fmt: skip

    def presence(self) -> list[Said]:
        if not self.e.they_withhold:
            return []
        return [
            say("They withhold presence, as their signed entry says: no pulse is due from them, which is their right.")
        ]

    def suspensions(self) -> list[Said]:
        return [self.suspension(cut) for cut in self.e.cuts]

    def suspension(self, cut: Cut) -> Said:
        at = self.at(cut.from_s)
        if cut.reason:
            reason = quoted(cut.reason)
            if cut.ours:
                return say("We suspended it from {at}, giving as reason {reason}.", at=at, reason=reason)
            return say("They suspended it from {at}, giving as reason {reason}.", at=at, reason=reason)
        if cut.ours:
            return say("We suspended it from {at}, giving no reason.", at=at)
        return say("They suspended it from {at}, giving no reason.", at=at)

    def offer(self, offer: Offer) -> Said:
        at = self.at(offer.effective_s)
        match offer.ours, offer.accepted:
            case True, True:
                return say(
                    "Our proposal to restore it at {at} is accepted and waits for our confirmation;"
                    " it changes nothing until then.", at=at,
                )  # fmt: skip
            case True, False:
                return say(
                    "Our proposal to restore it at {at} waits for their answer; it changes nothing until then.", at=at
                )
            case False, True:
                return say(
                    "Their proposal to restore it at {at} is accepted and waits for their confirmation;"
                    " it changes nothing until then.", at=at,
                )  # fmt: skip
        return say("Their proposal to restore it at {at} waits for our answer; it changes nothing until then.", at=at)

    def next_call(self) -> list[Said]:
        due_s = self.e.next_check_in_s
        if due_s is None:
            return []
        return [say("The next scheduled call on this line is due {due}.", due=self.at(due_s))]


def _message(demand: Demand, due: Moment) -> Said:
    if demand.answered:
        return say("Our message {cite} fell due {due}; it was answered.", cite=demand.cite, due=due)
    if demand.shown:
        return say(
            "Our message {cite} fell due {due}; it was opened there, as their station says and signed;"
            " the record holds no answer.", cite=demand.cite, due=due,
        )  # fmt: skip
    return say(
        "Our message {cite} fell due {due}; their station has not said that anybody opened it.", cite=demand.cite,
        due=due,
    )  # fmt: skip


def span(ms: int) -> str:
    """A length of time in the one unit that is read at a glance."""
    return str(Length.of(ms))


def quoted(text: str) -> str:
    """What others wrote, on one line."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f"“{line if len(line) <= QUOTED_MAX else line[:QUOTED_MAX] + '…'}”"
