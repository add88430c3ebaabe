"""Routes that keep a station's record safe and carry it by hand: copies, exports, keys, loads.

Rules of this file: as in `routes`; a load goes in and out in pieces, so that none of it is held whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import StreamingResponse

from openline.station.api import types as t
from openline.station.api.app import Asked, Route
from openline.station.exporting import export

if TYPE_CHECKING:
    from openline.station.api.routes import Service


async def _copy(service: Service, asked: Asked) -> StreamingResponse:
    store = service.runner.store
    return await service.copies.made(lambda path: store.copy_to(str(path)))


async def _export(service: Service, asked: Asked) -> StreamingResponse:
    ctx = service.runner.desk.ctx
    held, key, time_s = await service.runner.ask(
        lambda desk, now: (desk.ctx.store.snapshot(), desk.ctx.station_key(), now.clock_s)
    )

    def make(path: Path) -> None:
        with path.open("xb") as out:
            export(out, held, ctx.signed, ctx.us, key, time_s)

    try:
        return await service.copies.made(make)
    finally:
        held.close()


async def _rotate(service: Service, asked: Asked) -> t.Done:
    made = await service.keeper.rotate(service.runner)
    place = service.citations.place(made.place)
    return t.Done(entry=t.Entry(id=made.id.hex(), place=place, ref=place))


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/record/copy", "A copy of the store as of one moment, as a SQLite file.", _copy, gives=bytes),
    Route("GET", "/v1/record/export", "The record as one file that anyone can audit.", _export, gives=bytes),
    Route("POST", "/v1/keys", "Take a new station key and a new prekey into use.", _rotate),
)  # fmt: skip
