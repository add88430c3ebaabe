"""One page of a document, drawn anew as pixels: a program of its own, run by `pixels.py` for each page.

It reads the document from standard input and writes a line of JSON, then a PNG. Whatever a document makes its reader
do, it does here: to a process that can open no file and no socket, write nothing, start nothing, and lives for seconds.

Rules of this file: the libraries are loaded before the limits are set, the document is looked at after; what is known
to be no page is said by a word; a reader that trips over a hostile file ends this process, and its exit says so.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
from typing import Any, Final

MEMORY_BYTES: Final = 1 << 30
CPU_S: Final = 20
SIDE_PIXELS_MAX: Final = 2200  # A4 at 188 dpi
SCALE_MAX: Final = 4.0
PIXELS_MAX: Final = 64_000_000  # as openline.wire.limits has it: this file imports nothing of ours
FORMATS: Final = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP")
STANDARD_FILES: Final = 3  # the pipes that are open already: no file or socket more


class NotDrawn(Exception):
    """Why not, in one word: libraries, kind, damaged, page."""


def main() -> None:
    """Draw the page whose number, from 1, is the argument."""
    try:
        pdfium, image = _libraries()
        _limit()
        pages, png = _draw(pdfium, image, sys.stdin.buffer.read(), int(sys.argv[1]))
    except NotDrawn as error:
        told, png = {"why": error.args[0]}, b""
    else:
        told = {"pages": pages}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + png)


def _libraries() -> tuple[Any, Any]:
    try:
        import pypdfium2  # type: ignore[import-untyped]
        from PIL import Image
    except ImportError:
        raise NotDrawn("libraries") from None
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX // 2  # Pillow refuses twice of this
    Image.init()
    # Everything that is loaded when it is first used, is used once now.
    image = Image.new("RGB", (8, 8))
    for name in FORMATS:
        kept = io.BytesIO()
        image.save(kept, name)
        Image.open(kept, formats=FORMATS).convert("RGB").resize((4, 4))
    _pdf_page(pypdfium2, Image, _small_pdf(pypdfium2), 1)
    return pypdfium2, Image


def _small_pdf(pdfium: Any) -> bytes:
    made, kept = pdfium.PdfDocument.new(), io.BytesIO()
    made.new_page(20, 20)
    made.save(kept)
    return kept.getvalue()


def _limit() -> None:
    os.nice(10)  # a station may share this machine, and a page can wait
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_NOFILE, STANDARD_FILES),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def _draw(pdfium: Any, image: Any, data: bytes, number: int) -> tuple[int, bytes]:
    if data.lstrip()[:5] == b"%PDF-":
        pages, drawn = _pdf_page(pdfium, image, data, number)
    else:
        pages, drawn = _image_page(image, data, number)
    drawn.thumbnail((SIDE_PIXELS_MAX, SIDE_PIXELS_MAX))
    kept = io.BytesIO()
    drawn.convert("RGB").save(kept, "PNG")
    return pages, kept.getvalue()


def _pdf_page(pdfium: Any, image: Any, data: bytes, number: int) -> tuple[int, Any]:
    document = pdfium.PdfDocument(data)
    pages = len(document)
    if not 1 <= number <= pages:
        raise NotDrawn("page")
    page = document[number - 1]
    longest = max(*page.get_size(), 1.0)
    bitmap = page.render(scale=min(SIDE_PIXELS_MAX / longest, SCALE_MAX), may_draw_forms=False)
    return pages, bitmap.to_pil().convert("RGB")


def _image_page(image: Any, data: bytes, number: int) -> tuple[int, Any]:
    try:
        opened = image.open(io.BytesIO(data), formats=FORMATS)
    except image.DecompressionBombError:
        raise NotDrawn("damaged") from None
    except OSError:  # Pillow's word for "no image that I know"
        raise NotDrawn("kind") from None
    pages = getattr(opened, "n_frames", 1)
    if not 1 <= number <= pages:
        raise NotDrawn("page")
    opened.seek(number - 1)
    white = image.new("RGB", opened.size, "white")
    shown = opened.convert("RGBA")
    white.paste(shown, mask=shown.getchannel("A"))
    return pages, white


if __name__ == "__main__":
    main()
