"""The evidence about a line, layer by layer: what each says, how old it is, and whose word it is (spec 11.1).

Rules of this file: it restates the evidence of the station's explanation and concludes nothing; a word of the other
side or of a relay is called theirs; ages are of the station's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from openline.console import signs
from openline.console.live import Look
from openline.console.words import Words
from openline.station.api import types as t


class Layer(NamedTuple):
    """One layer. `about`: the carrier or line that it is about, as named in the accord; `at_s`: when, by the station's
    clock, 0 where it has no instant; `shape`: ● says so, ○ does not, ? unknown."""

    what: str
    about: str
    shape: str
    says: str
    at_s: int
    whose: str


class Counts(NamedTuple):
    """What the record holds of silences at check-ins (spec 11.4); instants in seconds, 0 for none."""

    silences: int
    ended_by_next: int
    in_a_row: int
    answered_s: int
    missed_s: int


SAYS: Final = {True: "●", False: "○", None: "?"}


def counts(found: t.Explained) -> Counts:
    history = found.evidence.get("history", {})
    return Counts(
        silences=history.get("silences", 0),
        ended_by_next=history.get("ended_by_next", 0),
        in_a_row=history.get("in_a_row", 0),
        answered_s=history.get("answered_s", 0),
        missed_s=found.evidence.get("missed_check_in_s") or 0,
    )


def layers(found: t.Explained, look: Look, words: Words) -> tuple[Layer, ...]:
    """Every layer, ours first, then what came of theirs, then what others say."""
    seen = _Seen(found.evidence, look, words)
    return (*seen.ours(), *seen.carriers(), *seen.theirs(), *seen.others())


class _Seen:
    """One explanation's evidence."""

    def __init__(self, evidence: dict[str, Any], look: Look, words: Words) -> None:
        self.e = evidence
        self.words = words
        self.us, self.them = look.us.name, look.them.name
        self.now_s: int = evidence["now_s"]
        self.now_ms: int = evidence["now_ms"]

    def at_s(self, at_ms: int | None) -> int:
        """An elapsed instant by the station's clock."""
        return 0 if at_ms is None else self.now_s - max(self.now_ms - at_ms, 0) // 1000

    def fresh(self, at_ms: int | None) -> bool:
        return at_ms is not None and self.now_ms - at_ms <= 3 * self.e["pulse_ms"]

    def ours(self) -> Iterator[Layer]:
        _, e = self.words, self.e
        up = e["up_since_ms"]
        state = _("is up") if up is not None else _("is down")
        state = _("fetches its record back") if e.get("restoring") else state
        yield Layer(_("Our station"), self.us, SAYS[up is not None], state, self.at_s(up), _("we ourselves"))
        probes = e.get("probes_ok")
        says = {True: _("it answers"), False: _("does not answer"), None: _("no probes are configured")}[probes]
        yield Layer(_("Our own network"), "", SAYS[probes], says, self.at_s(e.get("probed_ms")), _("our own probes"))
        for gap in e.get("gaps", ()):
            state = _("our station did not run, from") if gap["down"] else _("nobody held the watch, from")
            yield Layer(_("A gap in our watch"), "", "○", state, gap["from_s"], _("we ourselves"))

    def carriers(self) -> Iterator[Layer]:
        _, e = self.words, self.e
        for carrier in e.get("line_carriers", ()):
            down = carrier in e.get("carriers_down", ())
            state = _("does not stand at our end") if down else _("stands at our end")
            yield Layer(_("Carrier of this line"), carrier, SAYS[not down], state, 0, _("our own station"))
        key = self._key()
        for carrier, at_ms in sorted(e.get("heard_carriers", {}).items()):
            says = _("something of theirs came")
            yield Layer(_("Anything by a carrier"), carrier, SAYS[self.fresh(at_ms)], says, self.at_s(at_ms), key)

    def theirs(self) -> Iterator[Layer]:
        _, e, key = self.words, self.e, self._key()
        heard = e.get("heard_here")
        if heard is None:
            yield Layer(_("Sign of life on this line"), "", "○", _("none came"), 0, _("our own station"))
        else:
            at_ms, echo = heard["at_ms"], heard["echo_ms"]
            says = _("came")
            yield Layer(_("Sign of life on this line"), "", SAYS[self.fresh(at_ms)], says, self.at_s(at_ms), key)
            if echo is not None:
                says = _("they heard ours")
                yield Layer(_("Its echo of ours"), "", SAYS[self.fresh(echo)], says, self.at_s(echo), key)
        for carrier, at_ms in sorted(e.get("heard_by_carrier", {}).items()):
            says = _("came")
            yield Layer(_("Sign of life by carrier"), carrier, SAYS[self.fresh(at_ms)], says, self.at_s(at_ms), key)
        for line, at_ms in sorted(e.get("heard_lines", {}).items()):
            says = _("came")
            yield Layer(_("Sign of life on another line"), line, SAYS[self.fresh(at_ms)], says, self.at_s(at_ms), key)
        if e.get("they_withhold"):
            signed = _("their signed word in the record: {side}").format(side=self.them)
            yield Layer(_("Their presence"), "", "○", _("they withhold it, which is lawful"), 0, signed)
        if not e.get("we_send_pulses", True):
            yield Layer(_("Our presence"), "", "○", _("we withhold it"), 0, _("we ourselves"))
        yield from self._demand()

    def _demand(self) -> Iterator[Layer]:
        """How far our latest call or message got."""
        _, demand = self.words, self.e.get("demand")
        if demand is None:
            return
        signed = _("their station's signed word: {side}").format(side=self.them)
        if demand["what"] == "call":
            outcome = demand["outcome"] or ""
            mine = outcome in ("", "not_rung", "interrupted")
            says = _(signs.OUTCOMES.get(outcome, outcome))
            whose = _("our own record") if mine else signed
            yield Layer(_("Our latest call"), "", SAYS[outcome == "answered"], says, demand["at_s"], whose)
        else:
            says = _("opened, no reply") if demand["shown"] else _("not opened")
            says = _("answered") if demand["answered"] else says
            whose = signed if demand["shown"] or demand["answered"] else _("our own record")
            yield Layer(_("Our latest message that is due"), demand["cite"], SAYS[demand["answered"]], says,
                        demand["at_s"], whose)  # fmt: skip

    def others(self) -> Iterator[Layer]:
        _ = self.words
        for relay in self.e.get("relays", ()):
            attached = relay["attached"] if relay["in_touch"] else None
            says = {
                True: _("says that they are attached"), False: _("says that they are not attached"),
                None: _("says nothing of them now"),
            }[attached]  # fmt: skip
            whose = _("the relay's word, which is not proven")
            yield Layer(_("Relay"), relay["carrier"], SAYS[attached], says, self.at_s(relay["at_ms"]), whose)

    def _key(self) -> str:
        return self.words("sealed with their station's key: {side}").format(side=self.them)
