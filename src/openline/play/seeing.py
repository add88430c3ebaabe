"""What one side of a play sees of a line now, as evidence (spec 11.1), whether its station runs or not.

Rules of this file: looking changes nothing that is told, recorded or sent: a play that is watched is the same play.
"""

from __future__ import annotations

from dataclasses import replace

from openline.core import silence
from openline.core.explain import Explanation
from openline.core.explain import explain as explained
from openline.core.silence import Evidence
from openline.play.engine import Player
from openline.wire.terms import Lane


def evidence(player: Player, side: int, line: int, lane: Lane) -> Evidence:
    """What a side sees of a line at this instant. A station that is down sees nothing new: what it had heard and its
    record are read where they were left; a destroyed site has neither."""
    station, now = player.stations[side], player.world.now(side)
    player.settle()
    if station.desk is not None:
        return station.desk.evidence(line, lane, now)
    desk, spec = station.durable(), player.scenario.lines[line]
    if desk is None:
        return Evidence(
            line=spec.id, formal="", pulse_ms=spec.pulse_s * 1000, up_since_ms=None, lane=lane.name.lower(),
            now_s=now.clock_s, zone=player.scenario.zone,
        )
    with station.reading() as store:
        desk.ctx.store = store
        desk.watch.load()
    return replace(desk.evidence(line, lane, now), up_since_ms=None)


def explain(player: Player, side: int, line: int, lane: Lane) -> Explanation:
    return explained(evidence(player, side, line, lane), player.world.now_ms)


def states(player: Player, side: int, line: int) -> tuple[str, str]:
    """The formal state of a line's liaison lane ("" where the site is destroyed), and the observed one."""
    seen = evidence(player, side, line, Lane.LIAISON)
    return seen.formal, silence.verdict(seen, player.world.now_ms).value
