"""Carried by hand: a load for the other side to download, and what somebody brought from them to take in.

Rules of this file:
1. The page moves whole files and looks into none: the station packs them, and says what came of each.
2. One damaged file stops no other; whoever brought it is told which, and that an answer has to go back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from starlette.datastructures import UploadFile
from starlette.responses import Response

from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.downloads import streamed
from openline.console.places import Place
from openline.station.api import types as t
from openline.station.api.answers import part
from openline.wire.errors import CarrierFault
from openline.wire.limits import LOAD_FILE_BYTES_MAX

FILES_MAX: Final = 4  # of one form; a load of more goes in several times
NAME_MAX: Final = 100


class Brought(NamedTuple):
    """What came of one file; `why`: why nothing of it was taken, "" if it was."""

    name: str
    told: t.Unpacked | None
    why: str


async def courier(asked: Asked) -> Response:
    return await _page(asked, ())


async def _page(asked: Asked, brought: tuple[Brought, ...], status: int = 200, *, chosen: bool = True) -> Response:
    look = await asked.look()
    couriers = [each for each in look.agreed.carriers if each.kind == "courier"]
    return await asked.page(
        "courier.html", status=status, couriers=couriers, brought=brought, chosen=chosen, most=FILES_MAX
    )


async def pack(asked: Asked) -> Response:
    """All that the other side lacks, as load files in an archive."""
    look = await asked.look()
    at = datetime.fromtimestamp(look.status.now_s, UTC)
    return await streamed(f"load-{at:%Y%m%dT%H%M%SZ}.zip", asked.console.link.stream("POST", "/v1/courier/load"))


async def unpack(asked: Asked) -> Response:
    """Hand load files to the station, each by itself."""
    form = await asked.form()
    files = [each for each in form.data.getlist("load") if isinstance(each, UploadFile) and each.filename]
    if not files:
        return await _page(asked, (), 400, chosen=False)
    return await _page(asked, tuple([await _take(asked, each) for each in files]))


async def _take(asked: Asked, file: UploadFile) -> Brought:
    _, name = asked.words, (file.filename or "")[:NAME_MAX]
    data = await file.read(LOAD_FILE_BYTES_MAX + 1)
    if len(data) > LOAD_FILE_BYTES_MAX:
        return Brought(name, None, _("This is larger than a load file can be."))
    try:
        told = await asked.console.link.post(f"/v1/courier/file?name={part(name)}", data, t.Unpacked)
    except CarrierFault as error:
        return Brought(name, None, asked.fault(error)["what"])
    return Brought(name, told, "")


PLACES: Final = (
    Place("GET", "/courier", courier, ANYONE, "Carried by hand"),
    Place("POST", "/courier/pack", pack, DUTY),
    Place("POST", "/courier/unpack", unpack, DUTY),
)
