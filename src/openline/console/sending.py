"""From a form to the record: have the station draft a command, and go where it is now.

Rules of this file: whoever acts is named as who drafted; a draft that needs officers is shown on its own page, where
they sign; the console itself signs nothing.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from openline.console import telling
from openline.console.asked import Asked
from openline.station.api import types as t


async def send(asked: Asked, command: t.Command) -> t.Drafted:
    """Draft `command` in the name of whoever acts.

    Raises:
        Refused, Misuse: as the station said.
    """
    by = urlencode({"by": asked.officer})
    return await asked.console.link.post(f"/v1/drafts?{by}", command, t.Drafted)


def onwards(asked: Asked, drafted: t.Drafted, recorded: str = "") -> Response:
    """To the draft, where it waits; where it is recorded already, to `recorded`, else to its item."""
    if drafted.entry is None:
        return asked.go(f"/drafts/{telling.named(drafted.id)}?new=1")
    return asked.go(recorded or f"/items/{telling.named(drafted.entry.id)}?sent=1")
