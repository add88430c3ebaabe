"""A strip of each line over a whole play: what was agreed above, what was observed below (spec 12.7).

Rules of this file: how a strip is drawn is `station.strip`'s to say. Looking changes nothing: a play with a chart
tells, records and sends the same as one without.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from openline.play.engine import Outcome, Player
from openline.play.scenario import Expect, Scenario
from openline.play.seeing import states
from openline.station import strip
from openline.station.columns import NO_RECORD, column_of, worse
from openline.station.strip import Strip

LOOKS: Final = 5  # chosen: a look a day where 16 months go into 85 columns


class Samples:
    """What one side saw of every line: at `LOOKS` even instants of each column, and at each expectation."""

    def __init__(self, player: Player, side: int, columns: int) -> None:
        scenario = player.scenario
        self.player, self.side, self.columns = player, side, columns
        self.start_ms, self.end_ms = scenario.start_ms, max(_end_ms(scenario), scenario.start_ms + 1)
        self.agreed: list[list[str]] = [[NO_RECORD] * columns for _ in scenario.lines]
        self.observed: list[list[str | None]] = [[None] * columns for _ in scenario.lines]
        looks = columns * LOOKS
        for look in range(1, looks + 1):
            player.world.at(self.start_ms + (self.end_ms - self.start_ms) * look // looks, self.look)

    def watch(self, outcome: Outcome) -> None:
        """An expectation was checked: what there is to see now is worth a look."""
        if isinstance(outcome.step.action, Expect):
            self.look()

    def look(self) -> None:
        """Note what this side sees of every line now."""
        column = self.column(self.player.world.now_ms)
        for line, (agreed, observed) in enumerate(zip(self.agreed, self.observed, strict=True)):
            formal, seen = states(self.player, self.side, line)
            before = observed[column]
            agreed[column] = formal
            observed[column] = worse(seen, before)

    def column(self, at_ms: int) -> int:
        """The column whose stretch of time holds an instant."""
        return column_of(at_ms, self.start_ms, self.end_ms, self.columns)


def chart(samples: Samples) -> Iterator[str]:
    """The chart, a row at a time."""
    scenario = samples.player.scenario
    strips = [
        Strip(line.id, agreed, observed)
        for line, agreed, observed in zip(scenario.lines, samples.agreed, samples.observed, strict=True)
    ]
    side = scenario.sides[samples.side]
    return strip.draw(strips, samples.start_ms, samples.end_ms, scenario.zone, side)


def label_width(scenario: Scenario) -> int:
    """The columns that the names of lines take."""
    return strip.label_width([line.id for line in scenario.lines])


def _end_ms(scenario: Scenario) -> int:
    return scenario.steps[-1].at_ms if scenario.steps else scenario.start_ms
