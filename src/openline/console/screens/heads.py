"""Heads held against theirs: read out on a call, brought as a file, or whole, as an export.

Rules of this file: what came from the other side is held by the station, or by a process of its own, and nothing of it
is kept; what differs is said with what to do before anything else is written.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from openline.console.acting import ANYONE
from openline.console.asked import Asked
from openline.console.downloads import attachment
from openline.console.places import Place
from openline.console.screens.record import grouped
from openline.station import heads_file
from openline.station.api import types_record
from openline.wire.errors import Misuse, OpenlineError, Refused

READ_OUT: Final = 16  # digits of an id that are read out: a forger would need 2^64 tries


async def heads(asked: Asked) -> Response:
    """Our heads to read out, and theirs held against this record. Query: `place`, `id`, as the other side read them."""
    place, identity = asked.query.get("place", "").strip(), asked.query.get("id", "").strip()
    link, error, compared = asked.console.link, {}, None
    held = await link.get("/v1/record/heads", types_record.RecordHeads)
    if place or identity:
        try:
            compared = await link.get("/v1/record/compare", types_record.Compared, place=place, id=identity)
        except Misuse as misuse:
            error = asked.fault(misuse)
    return await _heads_page(asked, held, error, compared=compared, place=place, identity=identity)


async def _heads_page(
    asked: Asked, held: types_record.RecordHeads, error: dict[str, str] | None = None, **more: Any
) -> Response:
    nothing = {"compared": None, "place": "", "identity": "", "file_error": None, "found": None}
    shown = {**nothing, "heads_error": None, "told": [], **more}
    return await asked.page(
        "record_heads.html",
        status=400 if error or shown["file_error"] or shown["heads_error"] else 200,
        error=error or {},
        heads=held,
        read_out=[(each, grouped(each.id[:READ_OUT])) for each in held.chains],
        **shown,
    )


async def compare(asked: Asked) -> Response:
    """Hold an export that was brought against this station's record; nothing of it is kept."""
    _, held = asked.words, await asked.console.link.get("/v1/record/heads", types_record.RecordHeads)
    try:
        form = await asked.form()
        file, comparing = form.file("export"), asked.console.comparing
        if file is None:
            raise Misuse(_("No file was chosen."), next_step=_("Choose the export that they gave you."))
        if comparing.busy:
            raise Refused(_("Another export is being compared."), next_step=_("Try again when it is done."))
        found = await comparing.compare(file, asked.console.link.stream("GET", "/v1/record/export"))
        if found is None:
            what = _("This file is no export of a record, or takes longer than a page waits.")
            raise Misuse(what, next_step=_("On the command line: {how}").format(how="openline record compare"))
    except OpenlineError as error:
        return await _heads_page(asked, held, file_error=asked.fault(error))
    return await _heads_page(asked, held, found=found)


async def save(asked: Asked) -> Response:
    """Our heads as a file to give to the other side: what is read out, and no more."""
    look, held = await asked.look(), await asked.console.link.get("/v1/record/heads", types_record.RecordHeads)
    return attachment(f"heads-{look.us.name}.json", msgspec.json.format(msgspec.json.encode(held)) + b"\n")


async def brought(asked: Asked) -> Response:
    """Hold a file of heads that the other side gave against this record."""
    _, link = asked.words, asked.console.link
    held = await link.get("/v1/record/heads", types_record.RecordHeads)
    try:
        file = (await asked.form()).file("heads")
        if file is None:
            raise Misuse(_("No file was chosen."), next_step=_("Choose the file of heads that they gave you."))
        theirs = heads_file.read(await file.read(heads_file.BYTES_MAX + 1), held.accord)
        told = [
            await link.get("/v1/record/compare", types_record.Compared, place=each.place, id=each.id)
            for each in theirs.chains
        ]
    except OpenlineError as error:
        return await _heads_page(asked, held, heads_error=asked.fault(error))
    return await _heads_page(asked, held, told=told)


PLACES: Final = (
    Place("GET", "/record/heads", heads, ANYONE),
    Place("GET", "/record/heads/file", save, ANYONE),
    Place("POST", "/record/heads", brought, ANYONE),
    Place("POST", "/record/compare", compare, ANYONE),
)
