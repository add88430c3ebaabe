"""Routes that keep a station's record safe and carry it by hand: copies, exports, keys, loads.

Rules of this file: as in `routes`; a load goes in and out in pieces, so that none of it is held whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import StreamingResponse

from openline.station.api import frames, hand
from openline.station.api import types as t
from openline.station.api.app import BYTES, Asked, Route
from openline.station.api.views import BACKED_UP
from openline.station.exporting import export
from openline.wire.limits import LOAD_FILE_BYTES_MAX

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


async def _backed_up(service: Service, asked: Asked) -> t.Done:
    await service.runner.ask(lambda desk, now: desk.ctx.remember(BACKED_UP, str(now.clock_s).encode()))
    return t.Done()


async def _pack(service: Service, asked: Asked) -> StreamingResponse:
    hand.courier_of(service.runner.desk, asked.query.get("carrier"))
    return StreamingResponse(hand.packed(service.runner), media_type=BYTES)


async def _unpack(service: Service, asked: Asked) -> t.Unpacked:
    carrier = hand.courier_of(service.runner.desk, asked.query.get("carrier"))
    return await hand.unpacked(service.runner, service.citations, carrier, frames.split(asked.body))


async def _load(service: Service, asked: Asked) -> StreamingResponse:
    hand.courier_of(service.runner.desk, asked.query.get("carrier"))
    return await hand.zipped(service.runner, service.copies)


async def _file(service: Service, asked: Asked) -> t.Unpacked:
    carrier = hand.courier_of(service.runner.desk, asked.query.get("carrier"))
    name = asked.query.get("name", "")
    return await hand.unpacked_file(service.runner, service.citations, carrier, name, asked.body)


CARRIER: Final = (("carrier", "the courier's id, where the accord has more than one"),)

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/record/copy", "A copy of the store as of one moment, as a SQLite file.", _copy, gives=bytes),
    Route("GET", "/v1/record/export", "The record as one file that anyone can audit.", _export, gives=bytes),
    Route("POST", "/v1/backed-up", "Note that a backup is whole.", _backed_up),
    Route("POST", "/v1/keys", "Take a new station key and a new prekey into use.", _rotate),
    Route("POST", "/v1/courier/pack", "All that the other side lacks, framed.", _pack, gives=bytes, query=CARRIER),
    Route(
        "POST", "/v1/courier/unpack", "Take framed bundles in that a person carried here.", _unpack, takes=bytes,
        gives=t.Unpacked, query=CARRIER, body_max=frames.PIECE_BYTES_MAX,
    ),
    Route(
        "POST", "/v1/courier/load", "All that the other side lacks, as load files in an archive.", _load, gives=bytes,
        query=CARRIER,
    ),
    Route(
        "POST", "/v1/courier/file", "Take a load file in that a person carried here.", _file, takes=bytes,
        gives=t.Unpacked, query=(*CARRIER, ("name", "the file's name, as it lay on the stick")),
        body_max=LOAD_FILE_BYTES_MAX,
    ),
)  # fmt: skip
