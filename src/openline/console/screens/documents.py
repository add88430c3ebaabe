"""Documents: pages as pixels and never as what they came as; the original only to be carried off; sending one.

Rules of this file:
1. What is shown of a document was drawn anew by a process that can do nothing else (`pixels.py`).
2. The original leaves as a download that no browser opens by itself, and is marked: it may hold what runs.
3. A document's number, time and digest stand beside every page, on the screen and on paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from openline.console import telling
from openline.console.acting import ANYONE, DUTY
from openline.console.asked import Asked
from openline.console.composing import Typed
from openline.console.pixels import Drawn
from openline.console.places import Place
from openline.console.screens import items, write
from openline.console.words import marked as _
from openline.station.api import types_items
from openline.wire.errors import Misuse
from openline.wire.limits import BLOB_BYTES_MAX

if TYPE_CHECKING:
    from openline.console.app import Console

LISTED: Final = 50
PAGES_MAX: Final = 2000  # of one document that are drawn
PRINTED_MAX: Final = 60
MAGIC: Final = ((b"%PDF-", "pdf"), (b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpg"), (b"II*\0", "tif"), (b"MM\0*", "tif"))


WHY: Final = {
    "libraries": _("Pages cannot be drawn here: what draws them is not installed (the extra “pages” of Openline)."),
    "kind": _("This is no PDF and no image that is drawn here. Only the original can be carried off."),
    "damaged": _("This cannot be drawn: it is damaged, or made to look so."),
    "page": _("This document has no such page."),
    "costly": _("This was not drawn: it took more time or memory than a page may."),
}


async def documents(asked: Asked) -> Response:
    """Of both sides, newest first, a page at a time."""
    before = {"before": ref} if (ref := asked.query.get("before", "")) else {}
    found = await asked.console.link.get("/v1/documents", types_items.Documents, limit=LISTED, **before)
    return await asked.page("documents.html", found=found, before=ref, telling=telling)


async def document(asked: Asked) -> Response:
    """One page of one document."""
    item = await _document(asked)
    number = _number(asked.query.get("page", "1"))
    drawn = await _page(asked.console, item, number) if item.pages_here else None
    status = 404 if drawn is not None and drawn.why == "page" else 200
    return await asked.page("document.html", status=status, item=item, drawn=drawn, number=number, **_shared())


async def printed(asked: Asked) -> Response:
    """All pages, to be put on paper."""
    item = await _document(asked)
    first = await _page(asked.console, item, 1) if item.pages_here else None
    pages = 0 if first is None else min(first.pages, PRINTED_MAX)
    return await asked.page("document_print.html", item=item, drawn=first, pages=pages, **_shared())


async def pixels(asked: Asked) -> Response:
    """A page's pixels."""
    item = await _document(asked)
    drawn = await _page(asked.console, item, _number(asked.path["page"].removesuffix(".png")))
    if drawn.why:
        return Response(status_code=404)
    return Response(drawn.png, media_type="image/png")


async def original(asked: Asked) -> Response:
    """The document as it came, to be saved and looked at where nothing can be harmed."""
    item = await _document(asked)
    data = await _fetch(asked.console, item)
    ending = next((ending for magic, ending in MAGIC if data.startswith(magic)), "bin")
    return Response(
        data, media_type="application/octet-stream",
        headers={"content-disposition": f'attachment; filename="document-{item.digest[:16]}.{ending}"'},
    )  # fmt: skip


async def check(asked: Asked) -> Response:
    """Hand a file's pages in to the station; then as for anything else that is written."""
    form = await asked.form()
    typed, file = Typed.of(form), form.file("file")
    typed.values["kind"] = "document"
    typed.values.pop("file", None)
    data = b"" if file is None else await file.read(BLOB_BYTES_MAX + 1)
    await form.data.close()  # what a large file was kept in
    if file is not None:
        if len(data) > BLOB_BYTES_MAX:
            long = asked.words("The file is too long for a document.")
            raise Misuse(long, next_step=asked.words("Send less at once."))
        if data:
            kept: dict[str, str] = await asked.console.link.post("/v1/pages", data, dict[str, str])
            name = (file.filename or "")[:200]
            typed.values |= {"pages": kept["pages"], "size": f"{len(data):,}", "file_name": name}
            typed.values["title"] = typed["title"] or name
    return await write.checked(asked, typed)


async def _document(asked: Asked) -> types_items.Item:
    item = await items.found(asked, asked.path["ref"])
    if item.kind != "document":
        raise Misuse(asked.words("This is no document."), next_step=asked.words("Go to the documents."))
    return item


async def _page(console: Console, item: types_items.Item, number: int) -> Drawn:
    if not 1 <= number <= PAGES_MAX:
        return Drawn(why="page")
    return await console.pixels.page(item.digest, number, lambda: _fetch(console, item))


async def _fetch(console: Console, item: types_items.Item) -> bytes:
    return await console.link.get("/v1/inbox/pages", bytes, ref=item.id)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _shared() -> dict[str, Any]:
    return {"why": WHY, "telling": telling}


PLACES: Final = (
    Place("GET", "/documents", documents, ANYONE, "Documents"),
    Place("POST", "/documents/check", check, DUTY),
    Place("GET", "/documents/{ref}", document, ANYONE, "Document"),
    Place("GET", "/documents/{ref}/print", printed, ANYONE, "Document"),
    Place("GET", "/documents/{ref}/original", original, ANYONE),
    Place("GET", "/documents/{ref}/pages/{page}", pixels, ANYONE),
)
