"""The steps of a scenario file, read in order (spec 12.1.4).

Rules of this file: a step is read knowing only the steps before it. What depends on the state of the two stations (a
ref that a side does not hold, a past `effective`) is refused when it is played and is no fault of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from openline.play import durations
from openline.play import loading_values as read
from openline.play.loading_table import ONE_OF, Field, Spot, check_keys, check_table, keys_text, read_field, read_table
from openline.play.loading_values import Known, choices
from openline.play.loading_verbs import CHANGES, CHECKS, DEFINING, EXPECT, FAULTS, NEEDS_LINE, NEEDS_REF, RATES, VERBS
from openline.play.scenario import Action, Do, Expect, FaultStep, Person, Step

KINDS: Final = ("do", "fault", "expect")
TIMES: Final[Mapping[str, Field[Known]]] = {"at": Field(read.instant, ONE_OF), "after": Field(read.duration_ms, ONE_OF)}
REMARKS: Final[Mapping[str, Field[Known]]] = {
    "note": Field(read.text(least=0), ""),
    "invented": Field(read.flag, False),
    "source": Field(read.text(least=0), ""),
}


class StepReader:
    """Reads the steps one after the other; holds what the steps so far define."""

    def __init__(self, known: Known, start_ms: int) -> None:
        self._refs: set[str] = set()
        self._void: set[str] = set()
        self._backups: set[tuple[int, str]] = set()
        self._letters: dict[str, Person] = {}
        self._last_do: Do | None = None
        self._at_ms = start_ms
        self._known = replace(known, refs=self._refs, void=self._void, backups=self._backups)

    def step(self, spot: Spot, number: int) -> Step:
        """The next step, `number` counting from 1.

        Raises:
            ScenarioFault: it breaks a rule of spec 12.
        """
        check_table(spot, f"one of {', '.join(KINDS)}")
        kind = _kind(spot)
        check_keys(spot, _fields(spot, kind))
        at_ms = self._instant(spot, number)
        remarks = {key: read_field(spot, key, field, self._known) for key, field in REMARKS.items()}
        action: Action
        if kind == "do":
            action = self._do(spot)
        elif kind == "fault":
            action = self._fault(spot, at_ms)
        else:
            action = self._expect(spot.inner("expect"))
        self._at_ms = at_ms
        return Step(number, spot.line, at_ms, action, **remarks)

    def _instant(self, spot: Spot, number: int) -> int:
        """`at`, or `after` counted from the step before (the first from `start`)."""
        at_ms: int | None = read_field(spot, "at", TIMES["at"], self._known)
        if at_ms is None:
            at_ms = self._at_ms + int(TIMES["after"].reader(spot.inner("after"), self._known))
            if not durations.in_span(at_ms):
                raise spot.inner("after").fault("goes too far", f"times before the year {durations.YEAR_MAX}")
        elif at_ms < self._at_ms:
            earliest = durations.local_text(self._at_ms, self._known.zone)
            before = f"step {number - 1}" if number > 1 else "start"
            what = f"{durations.local_text(at_ms, self._known.zone)} is before {before}"
            raise spot.inner("at").fault(what, f"{earliest} or later")
        return at_ms

    def _do(self, spot: Spot) -> Do:
        by = read.side(spot.inner("by"), self._known)
        verb = spot.value["do"]
        fields = VERBS[verb]
        known = replace(self._known, by=by)
        args = {field.name or key: read_field(spot, key, field, known) for key, field in fields.items()}
        if verb == "amend" and all(args[change] is None for change in CHANGES):
            raise spot.inner("do").fault("changes nothing", f"at least one of {', '.join(CHANGES)}")
        do = Do(by, verb, args)
        self._define(do)
        return do

    def _define(self, do: Do) -> None:
        """Remember what `do` defines for later steps."""
        if do.verb in DEFINING:
            self._refs.add(do.args["ref"])
            self._void.discard(do.args["ref"])
        if do.verb == "letter":
            self._letters[do.args["ref"]] = do.args["to"]
        if do.verb == "backup":
            self._backups.add((do.by, do.args["name"]))
        self._last_do = do

    def _fault(self, spot: Spot, at_ms: int) -> FaultStep:
        kind = spot.value["fault"]
        args = {field.name or key: read_field(spot, key, field, self._known) for key, field in FAULTS[kind].items()}
        if kind == "carrier_lossy" and not any(rate in spot.value for rate in RATES):
            raise spot.missing("loss").fault("is missing", f"at least one of {', '.join(RATES)}")
        if kind == "clock_skew" and not durations.in_span(at_ms + args["skew_ms"]):
            raise spot.inner("seconds").fault("puts the clock before 1970", "an offset that leaves the clock after it")
        where = {key: args.pop(key, None) for key in ("carrier", "side")}
        return FaultStep(kind, **where, args=args)

    def _expect(self, spot: Spot) -> Expect:
        check_keys(spot, EXPECT)
        view = read.side(spot.inner("side"), self._known)
        row = read_table(spot, EXPECT, replace(self._known, by=view))
        names = [key for key in spot.value if key in CHECKS]
        if not names:
            raise spot.fault("checks nothing", f"at least one of {', '.join(CHECKS)}")
        for name in names:
            for key, needing in (("line", NEEDS_LINE), ("ref", NEEDS_REF)):
                if name in needing and key not in spot.value:
                    raise spot.missing(key).fault(f"is missing beside {name}", keys_text(EXPECT))
        if "refused" in names:
            self._refused(spot.inner("refused"))
        if "readable_by" in names:
            row["readable_by"] = self._reader_of(row["ref"], row["readable_by"])
        return Expect(view, row["line"], row["lane"], row["ref"], tuple((name, row[name]) for name in names))

    def _refused(self, spot: Spot) -> None:
        """A `do` that is expected to be refused defines no ref."""
        if self._last_do is None:
            raise spot.fault("has no do before it", "refused = true after a step with do")
        if self._last_do.verb in DEFINING:
            self._void.add(self._last_do.args["ref"])

    def _reader_of(self, ref: str, person: Person) -> Person:
        """The letter's addressee, where both sides have a principal of that name."""
        addressee = self._letters.get(ref, person)
        names = self._known.principals
        same = names[addressee.side][addressee.number] == names[person.side][person.number]
        return addressee if same else person


def _kind(spot: Spot) -> str:
    """Which of do, fault and expect the step is."""
    there = [kind for kind in spot.value if kind in KINDS]
    if not there:
        raise spot.missing("do").fault("is missing", f"exactly one of {', '.join(KINDS)}")
    if len(there) > 1:
        raise spot.inner(there[1]).fault(f"is there beside {there[0]}", f"exactly one of {', '.join(KINDS)}")
    return str(there[0])


def _fields(spot: Spot, kind: str) -> Mapping[str, Field[Known]]:
    """All keys that this step may have; `do` and `fault` say which."""
    own: Mapping[str, Field[Known]] = {}
    if kind != "expect":
        table = VERBS if kind == "do" else FAULTS
        chosen = spot.inner(kind)
        if type(chosen.value) is not str or chosen.value not in table:
            raise chosen.wrong(choices(list(table)))
        own = table[chosen.value]
    by: Mapping[str, Field[Known]] = {"by": Field(read.side)} if kind == "do" else {}
    return {**TIMES, kind: Field(read.as_it_is), **by, **own, **REMARKS}
