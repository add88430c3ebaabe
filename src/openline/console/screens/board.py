"""The board: every line's agreed and observed state, what sounds, what waits; and one acknowledgement for all of it.

Rules of this file: the agreed and the observed state are two columns and never one word; nothing here acts for an
officer.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from starlette.responses import Response

from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.live import Look
from openline.console.places import Place
from openline.console.screens import history
from openline.console.words import Words
from openline.station.api import types_duty
from openline.wire.errors import OpenlineError

if TYPE_CHECKING:
    from openline.console.app import Console


async def board(asked: Asked) -> Response:
    days = Markup("")
    with suppress(OpenlineError):  # the page itself says what is wrong with the station
        days = Markup(await history.days(asked.console, await asked.look(), asked.words, ""))
    return await asked.page("board.html", days=days)


async def acknowledge(asked: Asked) -> Response:
    form = await asked.form()
    known = types_duty.KnowAlarms(officer=asked.officer, comment=form["comment"])
    await asked.console.link.post("/v1/alarms/acknowledge", known, types_duty.Quieted)
    return asked.go_back(form)


async def table(console: Console, look: Look, words: Words, _argument: str) -> str:
    """The region of the lines."""
    return console.pages.part("board_lines.html", words, look=look)


async def bar(console: Console, look: Look, words: Words, _argument: str) -> str:
    """The region of what sounds, on every page."""
    return console.pages.part("bar.html", words, look=look)


async def waits(console: Console, look: Look, words: Words, _argument: str) -> str:
    """The region of what waits for an officer, in every page's head."""
    return console.pages.part("waits.html", words, look=look)


REGIONS: Final = {"board": table, "bar": bar, "waits": waits}

PLACES: Final = (
    Place("GET", "/", board, ANYONE, "Board", nav=1),
    Place("POST", "/alarms/acknowledge", acknowledge, DUTY),
)
