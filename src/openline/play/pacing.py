"""How time runs in a play that people watch: as fast as theirs, sixty times as fast, paused, or on to the next step.

Rules of this file:
1. A step happens at its simulated instant, after all that is due by then; steps of one instant happen together.
2. A stretch of play is computed a piece at a time, so that whoever asks something meanwhile is answered.
3. Both sides are looked at each second of real time, at every change of conditions, and, where time runs on to the next
   step, each `LOOK_MS` of the play's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

from openline.play.engine import Outcome, Player
from openline.play.scenario import Scenario, Step
from openline.play.served import Side
from openline.play.telling import title
from openline.station.api.types_play import Play, PlayedStep, Speed

PIECE_S: Final = 0.02  # chosen: nobody who asks something notices that it waited so long
TICK_S: Final = 0.05
LOOK_S: Final = 1.0
LOOK_MS: Final = 6 * 3600_000  # chosen: four looks a day where a play runs on for months
LATE_S: Final = 1.0  # chosen: a machine that slept longer does not make the play rush after it


class Pacing:
    """Drives a play. `real`: seconds of a steady clock."""

    def __init__(self, player: Player, sides: tuple[Side, Side], real: Callable[[], float] = monotonic) -> None:
        self.player = player
        self.world = player.world
        self.sides = sides
        self.speed: Speed = 1
        self.hurrying = False
        self.told: list[Outcome] = []
        self.tasks: list[asyncio.Task[None]] = []  # what drives it; one that ends, ended by a defect
        self._real = real
        self._outcomes = player.outcomes()
        self._wake = asyncio.Event()
        self._at_s = real()
        self._looked_s = self._at_s
        self._looked_ms = self.world.now_ms
        self._rest_ms = 0.0  # of time that has passed and makes no whole millisecond yet
        before = player.carriers.before_change

        def look_before() -> None:
            before()
            self._look()

        player.carriers.before_change = look_before

    # ---- what people choose

    def set_speed(self, speed: Speed) -> None:
        """Let time run so fast from here on."""
        self.advance()
        self.speed = speed
        self.changed()

    def hurry(self) -> None:
        """Run on to the next step as fast as the machine can; nothing happens after the last one."""
        self.advance()
        self._set_hurrying(self.next_step is not None)
        self.changed()

    def changed(self) -> None:
        """Somebody chose something: whoever watches either side is told, though neither did anything."""
        self._wake.set()
        for side in self.sides:
            side.turned()

    def _set_hurrying(self, hurrying: bool) -> None:
        self.hurrying = hurrying
        for side in self.sides:
            side.quick = hurrying

    @property
    def next_step(self) -> Step | None:
        steps = self.player.scenario.steps
        return steps[len(self.told)] if len(self.told) < len(steps) else None

    # ---- running

    async def run(self) -> None:
        """Let time pass until cancelled."""
        while True:
            if self.advance():
                await _breath()
                continue
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()

    def advance(self) -> bool:
        """Play what is due by now, for `PIECE_S` at most; whether there is more."""
        real_s = self._real()
        passed_s, self._at_s = min(real_s - self._at_s, LATE_S), real_s
        if self.hurrying:
            more = self._play(None, real_s + PIECE_S)
        else:
            due_ms = self.world.now_ms + self._rest_ms + 1000 * self.speed * passed_s
            target_ms = int(due_ms)
            self._rest_ms = due_ms - target_ms
            more = self._play(target_ms, real_s + PIECE_S)
        if self.speed and real_s - self._looked_s >= LOOK_S and not self.hurrying:
            self._look()
        return more

    def _play(self, target_ms: int | None, until_s: float) -> bool:
        """Play up to an instant, or else to the next step, unless that takes too long; whether it did."""
        while self._real() < until_s:
            step, due_ms = self.next_step, self.world.next_ms()
            limit_ms = target_ms
            if step is not None and (limit_ms is None or step.at_ms <= limit_ms):
                limit_ms = step.at_ms
            if limit_ms is None:
                return False
            if due_ms is not None and due_ms <= limit_ms:
                self.world.run_until(due_ms)
                if self.hurrying and self.world.now_ms - self._looked_ms >= LOOK_MS:
                    self._look()
                continue
            if step is None or step.at_ms > limit_ms:
                self.world.run_until(limit_ms)
                return False
            self._step()
            if self.hurrying and (self.next_step is None or self.next_step.at_ms > step.at_ms):
                self._set_hurrying(False)
                self._look()
                return False
        return True

    def _step(self) -> None:
        self.told.append(next(self._outcomes))

    def _look(self) -> None:
        self._looked_s, self._looked_ms = self._real(), self.world.now_ms
        self.player.settle()
        for side in self.sides:
            side.look_now()

    # ---- telling

    def as_told(self, side: Side) -> Play:
        """How the play stands, for one side."""
        scenario = self.player.scenario
        last = self.told[-1] if self.told else None
        return Play(
            title=scenario.title,
            zone=scenario.zone,
            now_s=self.world.now_ms // 1000,
            speed=self.speed,
            hurrying=self.hurrying,
            attended=side.station.attended,
            apart=any(not outcome.ok for outcome in self.told),
            steps=len(scenario.steps),
            last=None if last is None else _told(scenario, last.step, last.ok),
            next=None if self.next_step is None else _told(scenario, self.next_step, None),
        )


def _told(scenario: Scenario, step: Step, held: bool | None) -> PlayedStep:
    return PlayedStep(
        number=step.number,
        at_s=step.at_ms // 1000,
        words=title(scenario, step),
        invented=step.invented,
        source=step.source,
        held=held,
    )


async def _breath() -> None:
    """Let everything else in the loop have its turn."""
    turn = asyncio.Event()
    asyncio.get_running_loop().call_soon(turn.set)
    await turn.wait()
