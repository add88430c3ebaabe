"""A play whose two stations answer the local API, each on a socket of its own, while time passes in it.

Rules of this file: one process and one event loop hold both stations; each socket gives what that side's station would,
and how the play stands; nothing of the other side.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette

from openline.play import control
from openline.play.engine import Player
from openline.play.pacing import Pacing
from openline.play.scenario import Scenario
from openline.play.served import Side
from openline.play.station import Station
from openline.station.api import app as apis
from openline.station.api.routes import ROUTES
from openline.station.api.serving import serving, unix_socket


@asynccontextmanager
async def served(scenario: Scenario, seed: int, folder: Path, sockets: Sequence[Path]) -> AsyncIterator[Pacing]:
    """Play a scenario, both stations answering on `sockets`, for as long as the context lasts. `folder`: where the two
    stores live.

    Raises:
        Misuse: a socket cannot be made.
        A defect in the play, which ended a task of what is given.
    """
    sides: list[Side] = []

    def watch(station: Station) -> Side:
        sides.append(Side(station))
        return sides[-1]

    player = Player(scenario, seed, folder, watchers=watch)
    try:
        for side in sides:
            side.settle = player.settle
        pacing = Pacing(player, (sides[0], sides[1]))
        async with AsyncExitStack() as stack:
            for side, path in zip(sides, sockets, strict=True):
                on = unix_socket(path)
                stack.callback(path.unlink, missing_ok=True)
                await stack.enter_async_context(serving(application(pacing, side), on))
            running = asyncio.create_task(pacing.run())
            pacing.tasks.append(running)
            try:
                yield pacing
            finally:
                for side in sides:
                    side.end()
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
    finally:
        player.close()


def application(pacing: Pacing, side: Side) -> Starlette:
    """The API of one side of a play."""
    played = control.Control(pacing, side)
    parts = (apis.application(control.ROUTES, lambda: played), apis.application(ROUTES, side.found))
    return Starlette(routes=[route for part in parts for route in part.routes])
