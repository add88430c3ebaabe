"""The band of a play or a trial: that it is one, which time it is there, how fast it runs, who sits at the desk.

Rules of this file: a station that is neither has no band and none of these acts; what the scenario says is a file's
words, and is marked where no source tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, get_args

from starlette.responses import Response

from openline.console.acting import ANYONE
from openline.console.asked import Asked
from openline.console.live import Look
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api.types_play import Attend, Play, SetSpeed, Speed
from openline.wire.errors import Misuse
from openline.wire.said import say

if TYPE_CHECKING:
    from openline.console.app import Console


async def speed(asked: Asked) -> Response:
    form = await asked.form()
    if form["speed"] not in map(str, get_args(Speed)):
        raise Misuse(say("time does not run so fast in a play"), next_step=say("Choose a pace of the band."))
    chosen = SetSpeed(speed=cast(Speed, int(form["speed"])))
    await asked.console.link.post("/v1/play/speed", chosen, Play)
    return asked.go_back(form)


async def step(asked: Asked) -> Response:
    await asked.console.link.post("/v1/play/next", None, Play)
    return asked.go_back(await asked.form())


async def desk(asked: Asked) -> Response:
    form = await asked.form()
    await asked.console.link.post("/v1/play/desk", Attend(attended=form["attended"] == "yes"), Play)
    return asked.go_back(form)


async def band(console: Console, look: Look, words: Words, argument: str) -> str:
    """The region of the band. `argument`: the path of the page that shows it."""
    return console.pages.part("band_play.html", words, play=look.play, zone=look.us.zone, here=argument)


REGIONS: Final = {"band": band}

PLACES: Final = (
    Place("POST", "/play/speed", speed, ANYONE),
    Place("POST", "/play/next", step, ANYONE),
    Place("POST", "/play/desk", desk, ANYONE),
)
