"""Routes for programs that show a station to people: what was agreed, by names, and word that something changed.

Rules of this file: as for `routes`. Who waits for a change is answered at once when there was one, and in any case
within `WAIT_S`, so that what only time changes is looked at too.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from openline.core import state
from openline.keys.letters import recipient
from openline.station.api import types_agreed as t
from openline.station.api.app import Asked, Route
from openline.station.api.asking import whole
from openline.station.api.translate import check_in_told, day_text
from openline.station.context import Context
from openline.wire import accord as accords
from openline.wire import bodies
from openline.wire.accord import Line, Side

if TYPE_CHECKING:
    from openline.station.api.routes import Service

WAIT_S: Final = 5.0
TURNS_MAX: Final = 10**9 - 1


def agreed(ctx: Context, now_s: int) -> t.Agreed:
    """The accord by names, its lines as they are in force at `now_s`."""
    accord, ledger = ctx.accord, ctx.record.ledger
    lines = [state.line_in_force(ledger, n, now_s) for n in range(len(accord.lines))]
    first, second = (_side(side, lines) for side in accord.sides)
    return t.Agreed(
        id=ctx.accord_id.hex(),
        name=accord.name,
        founded_s=accord.founded_s,
        digits=accords.digits(ctx.accord_id),
        us=ctx.us,
        sides=(first, second),
        lines=tuple(_line(ctx, line) for line in lines),
        carriers=tuple(
            t.AgreedCarrier(id=x.id, kind=x.kind.name.lower(), latency_ms=x.latency_ms) for x in accord.carriers
        ),
        two_person=tuple(bodies.kind_name(bodies.KINDS[x]) for x in accord.two_person if x in bodies.KINDS),
    )


def _side(side: Side, lines: list[Line]) -> t.AgreedSide:
    return t.AgreedSide(
        name=side.name,
        language=side.language,
        zone=side.zone,
        officers=tuple(t.AgreedOfficer(name=x.name, key=x.key.hex()) for x in side.officers),
        principals=tuple(
            t.AgreedPrincipal(name=x.name, recipient=recipient(x.xwing), key=x.key.hex()) for x in side.principals
        ),
        posts=tuple(t.AgreedPost(name=x.name, lines=tuple(lines[n].id for n in x.lines)) for x in side.posts),
    )


def _line(ctx: Context, line: Line) -> t.AgreedLine:
    return t.AgreedLine(
        id=line.id,
        carriers=tuple(ctx.accord.carriers[n].id for n in line.carriers),
        check_ins=tuple(check_in_told(ctx.accord, x) for x in line.check_ins),
        holidays=tuple(map(day_text, line.holidays)),
        expires_s=line.expires_s,
        pulse_s=line.pulse_s,
    )


async def _agreed(service: Service, asked: Asked) -> t.Agreed:
    return agreed(service.runner.desk.ctx, service.runner.clock.now().clock_s)


async def _changes(service: Service, asked: Asked) -> t.Changes:
    runner = service.runner
    known = whole(asked, "after", 0, TURNS_MAX, least=0)
    if runner.turns == known:
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                await runner.until(lambda desk: True if runner.turns != known else None)
    return t.Changes(turns=runner.turns, started_s=service.views.started_s)


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/agreed", "What was agreed, by names.", _agreed, gives=t.Agreed),
    Route(
        "GET", "/v1/changes", "Word that the station has done something since; answers within seconds in any case.",
        _changes, gives=t.Changes, query=(("after", "the count of turns that is known"),),
    ),
)  # fmt: skip
