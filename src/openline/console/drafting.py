"""From a form to a draft at the station; and what the station then says of it.

Rules of this file: what waits for officers is looked at and signed on the release page; what is recorded at once is
said with where it stands.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from openline.console import sending
from openline.console.asked import Asked
from openline.console.live import Look
from openline.station.api import types as t


async def drafted(asked: Asked, command: t.AnyCommand, back: str) -> Response:
    """Draft a command; then to its release, or `back` with where it is recorded.

    Raises:
        Refused: a rule refuses it. Misuse: a name in it means nothing.
    """
    told = await sending.send(asked, command)
    recorded = "" if told.entry is None else f"{back}?{urlencode({'recorded': told.entry.ref})}"
    return sending.onwards(asked, told, recorded)


def officers_needed(look: Look, kind: str) -> int:
    """How many officers release an act of this kind, as the accord says."""
    return 2 if kind in look.agreed.two_person else 1
