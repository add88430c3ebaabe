"""The routes of a play: how time runs in it, and who sits at a side's desk. Only a played station has them.

Rules of this file: as `station.api.routes`; they answer whether the side's station runs or not, for the play goes on
without it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from openline.play.pacing import Pacing
from openline.play.served import Side
from openline.station.api import types_play as t
from openline.station.api.app import Asked, Route


class Control(NamedTuple):
    """A play as one side's console has it."""

    pacing: Pacing
    side: Side

    def told(self) -> t.Play:
        return self.pacing.as_told(self.side)


async def _play(control: Control, asked: Asked) -> t.Play:
    return control.told()


async def _speed(control: Control, asked: Asked) -> t.Play:
    control.pacing.set_speed(asked.body.speed)
    return control.told()


async def _next(control: Control, asked: Asked) -> t.Play:
    control.pacing.hurry()
    return control.told()


async def _attend(control: Control, asked: Asked) -> t.Play:
    control.side.station.set_attended(asked.body.attended)
    control.pacing.changed()
    return control.told()


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/play", "How the play stands.", _play, gives=t.Play),
    Route("POST", "/v1/play/speed", "How fast time runs from here on.", _speed, takes=t.SetSpeed, gives=t.Play),
    Route("POST", "/v1/play/next", "Run on to the next step as fast as the machine can.", _next, gives=t.Play),
    Route(
        "POST", "/v1/play/desk", "Who sits at this side's desk: a person, or its robots.", _attend,
        takes=t.Attend, gives=t.Play,
    ),
)  # fmt: skip
