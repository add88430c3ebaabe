"""A strip of each line over a whole play: what was agreed above, what was observed below (spec 12.7).

Rules of this file: a state is a letter and a colour, never a colour alone; a column shows the latest sample in it; the
samples are taken between events and change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import click

from openline.core import silence
from openline.play.engine import Player
from openline.play.scenario import Scenario
from openline.wire.terms import Lane

FORMAL: Final = {
    "open": ("█", "green"),
    "suspended": ("s", "red"),
    "restoring": ("r", "yellow"),
    "expired": ("x", "magenta"),
    "disputed": ("!", "magenta"),
}
OBSERVED: Final = {
    "through": ("█", "green"),
    "rang_unanswered": ("u", "red"),
    "read_no_reply": ("n", "yellow"),
    "declined": ("d", "yellow"),
    "deferred": ("f", "yellow"),
    "not_expected": ("·", "blue"),
    "agreed_not_through": ("a", "magenta"),
    "path_down": ("p", "magenta"),
    "their_station_down": ("t", "magenta"),
    "our_side_cut": ("o", "cyan"),
    "not_watching": ("w", "cyan"),
    "cannot_tell": ("?", "white"),
}


@dataclass
class Samples:
    """What one side saw at even intervals: a row of (formal, observed) for each line."""

    columns: int
    rows: list[list[tuple[str, str]]] = field(default_factory=list)

    def watch(self, player: Player, side: int) -> None:
        """Take the samples as the play goes by."""
        steps = player.scenario.steps
        start, end = player.scenario.start_ms, steps[-1].at_ms if steps else player.scenario.start_ms
        self.rows = [[] for _ in player.scenario.lines]
        for column in range(self.columns):
            at = start + (end - start) * (column + 1) // self.columns
            player.world.at(at, lambda: self._sample(player, side))

    def _sample(self, player: Player, side: int) -> None:
        station, now = player.stations[side], player.world.now(side)
        desk = station.desk
        if desk is not None:
            player.pulses.settle()
        for line, row in enumerate(self.rows):
            if desk is None:
                row.append(("", "not_watching"))
                continue
            observed = silence.verdict(desk.evidence(line, Lane.LIAISON, now), now.elapsed_ms)
            row.append((desk.formal(line, Lane.LIAISON, now).value, observed.value))


def strips(scenario: Scenario, samples: Samples) -> str:
    """The chart: two rows a line, months beneath, and what the letters mean."""
    width = max(len(line.id) for line in scenario.lines)
    out = []
    for line, row in zip(scenario.lines, samples.rows, strict=True):
        out.append(f"{line.id:{width}}  agreed    " + "".join(_cell(FORMAL, formal) for formal, _ in row))
        out.append(f"{'':{width}}  observed  " + "".join(_cell(OBSERVED, observed) for _, observed in row))
    out.append(f"{'':{width}}            {_months(scenario, samples.columns)}")
    used = [{pair[n] for row in samples.rows for pair in row} for n in (0, 1)]
    for title, letters, seen in (("agreed", FORMAL, used[0]), ("observed", OBSERVED, used[1])):
        words = [f"{letter} {name}" for name, (letter, _) in letters.items() if name in seen]
        out.append(f"{title}: " + "  ".join(words))
    return "\n".join(out)


def _cell(letters: dict[str, tuple[str, str]], name: str) -> str:
    letter, colour = letters.get(name, (" ", "white"))
    return click.style(letter, fg=colour)


def _months(scenario: Scenario, columns: int) -> str:
    """The month's name where a column begins a new one and there is room."""
    start, end = scenario.start_ms, scenario.steps[-1].at_ms
    zone = ZoneInfo(scenario.zone)
    axis = [" "] * columns
    before, free = "", 0
    for column in range(columns):
        at = datetime.fromtimestamp((start + (end - start) * (column + 1) // columns) / 1000, zone)
        name = at.strftime("%Y") if at.month == 1 else at.strftime("%b")
        if at.strftime("%Y%m") != before and column >= free and column + len(name) <= columns:
            axis[column : column + len(name)] = name
            free = column + len(name) + 1
        before = at.strftime("%Y%m")
    return "".join(axis)
