"""The player: two whole stations through a scenario on a simulated clock (spec 12).

Rules of this file:
1. Everything due at or before a step's instant happens before the step; steps of one instant run in file order.
2. A refused `do` stops the play unless an expectation before the next `do` foresees the refusal.
3. The transcript holds refs, times, states and verdicts, and no hash: the same seed gives the same transcript.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openline.keys.entropy import SeededEntropy
from openline.keys.founding import SideKeys, found
from openline.play.carrying import Carriers
from openline.play.doing import Doing
from openline.play.expecting import Expecting
from openline.play.faulting import Faulting
from openline.play.pulses import Pulses
from openline.play.rounds import Rounds
from openline.play.scenario import Do, Expect, FaultStep, Person, Scenario, Step
from openline.play.station import Station, Watcher
from openline.play.world import World
from openline.wire.accord import Carrier, Line
from openline.wire.errors import Refused
from openline.wire.limits import NAME_BYTES_MAX

OFFICERS: Final = ("Officer 1", "Officer 2")


@dataclass(frozen=True)
class Outcome:
    """What one step came to. `found` maps each check's name to what was found."""

    step: Step
    ok: bool
    refused: str = ""
    text: str = ""
    found: tuple[tuple[str, Any, Any, bool], ...] = ()  # (name, expected, found, holds)


class Player:
    """Plays one scenario in `folder`, where the two stores live. `watchers`: who watches each station, if anybody."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        folder: Path,
        *,
        watchers: Callable[[Station], Watcher | None] = lambda station: None,
    ) -> None:
        self.scenario = scenario
        self.world = World(scenario, seed)
        entropy = SeededEntropy(hashlib.sha256(f"openline play {seed}".encode()).digest())
        keys = tuple(
            SideKeys.generate(entropy, officers=OFFICERS, principals=scenario.principals[side]) for side in (0, 1)
        )
        psk = entropy.bytes(32)
        self.stations = (
            Station(self.world, 0, keys[0], psk, folder, entropy.bytes(32)),
            Station(self.world, 1, keys[1], psk, folder, entropy.bytes(32)),
        )
        self.carriers = Carriers(self.world, self.stations)
        self.pulses = Pulses(self.world, self.stations, self.carriers)
        self.rounds = Rounds(self.world, self.stations, self.carriers)
        self.doing = Doing(self.world, self.stations, self.carriers)
        self.faulting = Faulting(self.world, self.stations, self.carriers)
        self.expecting = Expecting(self.world, self.stations, self.doing)
        self._marks: dict[int, tuple[int, int, bool]] = {}
        for station in self.stations:
            station.watcher = watchers(station)
        self._found(keys, psk)

    def _found(self, keys: tuple[SideKeys, ...], psk: bytes) -> None:
        """The table: the accord is founded, both stations come up, every desk answers."""
        scenario = self.scenario
        public = tuple(keys[side].public_side(scenario.sides[side], scenario.zone) for side in (0, 1))
        signed = found(
            _short(scenario.title),
            scenario.start_ms // 1000,
            (keys[0], keys[1]),
            [Carrier(id=c.id, kind=c.kind, latency_ms=c.latency_ms) for c in scenario.carriers],
            [
                Line(
                    id=line.id,
                    carriers=line.carriers,
                    check_ins=line.check_ins,
                    expires_s=line.expires_s,
                    holidays=line.holidays,
                    pulse_s=line.pulse_s,
                )
                for line in scenario.lines
            ],
            psk,
            public=(public[0], public[1]),
        )
        self.carriers.before_change = self._before_change
        self.carriers.after_change = self._after_change
        for station in self.stations:
            station.signed = signed
            station.deliver = self.carriers.deliver
            station.before_turn = self.rounds.resume
            station.after_turn = self._after_turn
            station.next_ms = self.rounds.next_ms
        for station in self.stations:
            station.start(first=True)
        self.carriers.bring_up()
        self.pulses.begin()

    def settle(self) -> None:
        """Give both stations what they have heard up to now of what is computed instead of carried."""
        self.pulses.settle()
        self.rounds.settle()

    def _before_change(self) -> None:
        self.settle()
        self.pulses.flight()

    def _after_change(self) -> None:
        self.pulses.begin()
        self.rounds.changed()

    def _after_turn(self, station: Station) -> None:
        """A turn that changed how pulses are sent (presence, an amendment) begins a new regime."""
        desk = station.desk
        if desk is None:
            return
        self.pulses.note_frontier(station)
        mark = (desk.ctx.record.ledger.acts_version, desk.amendments_in_force(), desk.ctx.restoring)
        if self._marks.get(station.side) != mark:
            self._marks[station.side] = mark
            if self.pulses.changed():
                self._before_change()
                self.pulses.begin()

    # ---- steps

    def play(self, watching: Callable[[Outcome], None] = lambda outcome: None) -> list[Outcome]:
        """Run every step, up to the first that does not hold; `watching` is told each outcome as it comes."""
        outcomes = []
        for outcome in self.outcomes():
            outcomes.append(outcome)
            watching(outcome)
            if not outcome.ok:
                break
        return outcomes

    def outcomes(self) -> Iterator[Outcome]:
        """Run one step each time the next outcome is asked for, whether the one before held or not."""
        steps = self.scenario.steps
        last_do: Outcome | None = None
        for index, step in enumerate(steps):
            self.world.run_until(step.at_ms)
            if isinstance(step.action, Do):
                last_do = self._do(step, step.action, steps[index + 1 :])
                yield last_do
            else:
                yield self._step(step, last_do)

    def _step(self, step: Step, last_do: Outcome | None) -> Outcome:
        action = step.action
        if isinstance(action, FaultStep):
            try:
                self.faulting.fault(action)
            except Refused as refusal:
                return Outcome(step, False, refused=refusal.what)
            return Outcome(step, True)
        return self._expect(step, action, last_do) if isinstance(action, Expect) else Outcome(step, True)

    def _do(self, step: Step, do: Do, following: Sequence[Step]) -> Outcome:
        try:
            text = self.doing.do(do)
        except Refused as refusal:
            return Outcome(step, _foreseen(following), refused=refusal.what)
        return Outcome(step, True, text=text)

    def _expect(self, step: Step, expect: Expect, last_do: Outcome | None) -> Outcome:
        self.settle()
        rows = []
        for name, value in expect.checks:
            if name == "refused":
                was = last_do is not None and bool(last_do.refused)
                rows.append((name, value, was, was == value))
            else:
                found = self.expecting.found(expect, name, value)
                rows.append((name, self._shown(value), self._shown(found), found == value))
        return Outcome(step, all(row[3] for row in rows), found=tuple(rows))

    def _shown(self, value: Any) -> Any:
        if isinstance(value, Person):
            return self.scenario.principals[value.side][value.number]
        return value

    def close(self) -> None:
        for station in self.stations:
            if station.store is not None:
                station.store.close()


def _foreseen(following: Sequence[Step]) -> bool:
    """Whether an expectation of refusal comes before the next `do`."""
    for step in following:
        if isinstance(step.action, Do):
            return False
        if isinstance(step.action, Expect) and any(name == "refused" for name, _ in step.action.checks):
            return True
    return False


def _short(title: str) -> str:
    """The scenario's title as the accord's name, cut to what a name may hold."""
    return title.encode()[:NAME_BYTES_MAX].decode(errors="ignore") or "scenario"
