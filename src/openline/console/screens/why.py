"""Why a line is silent, or is not: what was agreed and what is observed, never merged; the evidence; what to do.

Rules of this file:
1. It shows the station's explanation and adds no verdict; each layer has its age and says whose word it is.
2. What one may do about a silence is offered and never done by itself.
3. A public statement is noted with its source and time, or not at all.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from starlette.responses import Response

from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.forms import Problems, Typed
from openline.console.layers import counts, layers
from openline.console.link import Link
from openline.console.live import Look
from openline.console.moments import typed_s
from openline.console.places import Place
from openline.console.words import Words
from openline.station.api import types as t
from openline.station.api import types_duty
from openline.station.api.answers import part
from openline.wire.errors import Misuse

if TYPE_CHECKING:
    from openline.console.app import Console

TEXT_MAX: Final = 1000
SOURCE_MAX: Final = 100


def path_of(line: str) -> str:
    """The address of this screen for a line."""
    return f"/lines/{quote(line, safe='')}/why"


async def why(asked: Asked) -> Response:
    return await _page(asked, Problems(), Typed())


async def _page(asked: Asked, problems: Problems, typed: Typed) -> Response:
    line, look = asked.path["line"], await asked.look()
    noted = await asked.console.link.get(f"/v1/lines/{part(line)}/statements", tuple[types_duty.NotedStatement, ...])
    return await asked.page(
        "why.html",
        status=400 if problems else 200,
        line=line,
        region=f"why:{quote(line, safe='')}",
        drilled=f"drill:{quote(line, safe='')}",
        told=await _told(asked.console, look, asked.words, line),
        drill=await _drill(asked.console.link, line),
        noted=noted,
        problems=problems,
        typed=typed,
    )


async def note(asked: Asked) -> Response:
    """Note what was said in public about the line."""
    form, _ = await asked.form(), asked.words
    problems, typed, look = Problems(), Typed(form), await asked.look()
    for name, most, lacks in (
        ("text", TEXT_MAX, _("Write what was said.")),
        ("source", SOURCE_MAX, _("Say who said it, and where.")),
    ):
        if not form[name]:
            problems[name] = lacks
        elif len(form[name]) > most:
            problems[name] = _("This is too long.")
    at_s = typed_s(_, form["said_day"], form["said_time"], look.us.zone)
    if isinstance(at_s, str):
        problems["said_day"] = at_s
    elif at_s > look.status.now_s:
        problems["said_day"] = _("This has not been yet. Give when it was said.")
    if problems or isinstance(at_s, str):
        return await _page(asked, problems, typed)
    asks = types_duty.NoteStatement(
        line=asked.path["line"], text=form["text"], source=form["source"], at_s=at_s, officer=asked.officer
    )
    await asked.console.link.post("/v1/statements", asks, types_duty.NotedStatement)
    return asked.go(path_of(asked.path["line"]) + "#noted")


async def order(asked: Asked) -> Response:
    """Order the drill for a missed call on the line."""
    asks = types_duty.OrderDrill(line=asked.path["line"], officer=asked.officer)
    await asked.console.link.post("/v1/drills", asks, types_duty.Drill)
    return asked.go(path_of(asked.path["line"]) + "#drill")


async def stop(asked: Asked) -> Response:
    """Break the drill off."""
    await asked.console.link.delete(f"/v1/drills/{part(asked.path['line'])}")
    return asked.go(path_of(asked.path["line"]) + "#drill")


# ---- what the page follows live


async def _told(console: Console, look: Look, words: Words, line: str) -> str:
    """Both states, the evidence, what to do."""
    path = f"/v1/lines/{part(line)}/why"
    liaison, safety = await asyncio.gather(
        *(console.link.get(path, t.Explained, lane=lane) for lane in ("liaison", "safety"))
    )
    others = [each.id for each in look.status.lines if each.id != line and each.observed == "through"]
    return console.pages.part(
        "why_part.html", words, look=look, line=line, liaison=liaison, safety=safety, others=others,
        layers=layers(liaison, look, words), counts=counts(liaison),
    )  # fmt: skip


async def _drill(link: Link, line: str) -> types_duty.Drill | None:
    """The line's last drill; None where there was none since the station came up."""
    try:
        return await link.get(f"/v1/drills/{part(line)}", types_duty.Drill)
    except Misuse:
        return None


async def _drill_region(console: Console, look: Look, words: Words, argument: str) -> str:
    line = unquote(argument)
    drill = await _drill(console.link, line)
    return console.pages.part("why_drill.html", words, look=look, line=line, drill=drill)


async def _region(console: Console, look: Look, words: Words, argument: str) -> str:
    return await _told(console, look, words, unquote(argument))


REGIONS: Final = {"why": _region, "drill": _drill_region}

PLACES: Final = (
    Place("GET", "/lines/{line}/why", why, ANYONE, "Why silent"),
    Place("POST", "/lines/{line}/statements", note, DUTY),
    Place("POST", "/lines/{line}/drill", order, DUTY),
    Place("POST", "/lines/{line}/drill/stop", stop, DUTY),
)
