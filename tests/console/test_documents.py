"""Documents: pages as pixels drawn by a process that can do nothing, originals that no browser opens, sending one."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import pypdfium2
import pytest
from PIL import Image

from openline.console import pixels, pixels_child
from openline.station.api import types as t
from openline.station.api import types_items as items
from tests.console import hostile
from tests.integration.pairs import Pair

PNG = b"\x89PNG\r\n\x1a\n"


def pdf(pages: int = 2) -> bytes:
    made, kept = pypdfium2.PdfDocument.new(), io.BytesIO()
    for _ in range(pages):
        made.new_page(300, 200)
    made.save(kept)
    found = kept.getvalue()
    made.close()
    return found


def picture(kind: str, frames: int = 1) -> bytes:
    kept = io.BytesIO()
    first, *more = [Image.new("RGB", (40, 30), (255, 40 * number, 0)) for number in range(frames)]
    first.save(kept, kind, **({"save_all": True, "append_images": more} if more else {}))
    return kept.getvalue()


def come(pair: Pair, data: bytes, title: str = "map") -> t.Entry:
    kept = pair.north.asking.post("/v1/pages", data, dict[str, str])
    entry = pair.north.draft(t.Document(line="liaison", pages=kept["pages"], title=title)).entry
    assert entry is not None
    pair.south.wait_until(lambda: _here(pair, entry))
    return entry


def _here(pair: Pair, entry: t.Entry) -> bool:
    pair.wait_equal()
    one = pair.south.asking.get("/v1/inbox/item", items.One, ref=entry.id)
    return one.item is not None and one.item.pages_here


@pytest.fixture
def run(browser):
    """Run something of the console's on its own loop."""
    return browser.portal.call


@pytest.mark.parametrize(
    ("data", "number", "pages"),
    [
        (pdf(3), 3, 3), (picture("PNG"), 1, 1), (picture("JPEG"), 1, 1), (picture("TIFF", 2), 2, 2),
        (picture("GIF"), 1, 1), (picture("WEBP"), 1, 1),
    ],
    ids=["pdf", "png", "jpeg", "tiff", "gif", "webp"],
)  # fmt: skip
def test_pages_are_drawn_anew(run, data, number, pages):
    """PDF and images, page by page; what comes out is a PNG of our own making."""
    drawn = run(pixels.draw, data, number)
    assert (drawn.pages, drawn.why, drawn.png[:8]) == (pages, "", PNG)
    assert Image.open(io.BytesIO(drawn.png)).size[0] <= pixels_child.SIDE_PIXELS_MAX


@pytest.mark.parametrize(
    ("data", "number", "why"),
    [
        (b"", 1, "kind"), (b"<html><script>alert(1)</script>", 1, "kind"), (b"PK\x03\x04", 1, "kind"),
        (b"%PDF-1.7\nnothing", 1, "damaged"), (pdf(1)[:200], 1, "damaged"), (picture("PNG")[:60], 1, "damaged"),
        (pdf(1), 2, "page"), (pdf(1), 0, "page"), (picture("PNG"), 2, "page"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said_in_a_word(run, data, number, why):
    """Damaged, of another kind, or beyond its end: never a traceback, never half a picture."""
    assert run(pixels.draw, data, number) == pixels.Drawn(why=why)


def test_an_image_that_unfolds_without_end_is_not_drawn(run):
    """A few bytes that say they are thousands of millions of pixels."""
    header = bytearray(picture("PNG"))
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    assert run(pixels.draw, bytes(header), 1).why == "damaged"


LIMITED = """
import socket, sys
sys.path.insert(0, {folder!r})
import pixels_child
pixels_child._libraries()
pixels_child._limit()
tries = {{
    "read": lambda: open("/etc/passwd"),
    "write": lambda: open("/tmp/never-written", "w"),
    "talk": lambda: socket.socket(),
    "grow": lambda: bytearray(2 << 30),
}}
for name, each in tries.items():
    try:
        each()
    except (OSError, MemoryError):
        continue
    print(name)
"""


def test_the_drawing_process_can_do_nothing_else():
    """No file is opened, none written, no socket made, no memory without end."""
    script = LIMITED.format(folder=str(Path(pixels_child.__file__).parent))
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ""


@pytest.mark.parametrize("said", [b"", b"junk", b'{"pages": 1}\nGIF89a', b'{"pages": 0}\n' + PNG, b'{"pages": "x"}\n'])
def test_what_the_drawing_process_says_is_not_trusted(said):
    """It has looked at a hostile file: only a PNG with a count of pages is a page."""
    assert pixels.read(said, 0).why in ("costly", "damaged")


def test_a_document_is_shown_as_pixels_with_its_stamp(browser, pair):
    """Its number, time and digest stand with every page; nothing of the file itself is on the page."""
    data = pdf(2)
    entry = come(pair, data, hostile.TEXT)
    page = browser.get(f"/documents/{entry.id}").text
    hostile.hold(page)
    assert "Not opened: nobody on the other side is told" in page
    browser.post(f"/items/{entry.id}/open")
    page = browser.get(f"/documents/{entry.id}?page=2").text
    assert "2 / 2" in page
    assert re.search("SHA-256 [0-9a-f]{64}", page)
    drawn = browser.get(f"/documents/{entry.id}/pages/2.png")
    assert (drawn.headers["content-type"], drawn.content[:8]) == ("image/png", PNG)
    assert drawn.headers["x-content-type-options"] == "nosniff"
    assert browser.get(f"/documents/{entry.id}/pages/3.png").status_code == 404
    assert browser.get(f"/documents/{entry.id}?page=9").status_code == 404
    printed = browser.get(f"/documents/{entry.id}/print").text
    assert printed.count("<figure") == 2
    assert printed.count(entry.ref) >= 3
    assert entry.id in browser.get("/documents").text


def test_the_original_is_a_download_and_nothing_else(browser, pair):
    """Whatever it is, and whatever its title says: an attachment of no type, under a name of ours."""
    data = b"<html><script>alert(1)</script></html>"
    entry = come(pair, data, '"; filename="x.html')
    page = browser.get(f"/documents/{entry.id}").text
    assert "may hold what runs" in page
    assert "This is no PDF and no image" in page
    answer = browser.get(f"/documents/{entry.id}/original")
    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert re.fullmatch(r'attachment; filename="document-[0-9a-f]{16}\.bin"', answer.headers["content-disposition"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_page_that_was_drawn_is_not_drawn_again(browser, pair, monkeypatch):
    """It is kept, in bounded memory, under the digest of the document."""
    entry = come(pair, pdf(1) + b"%once")
    first = browser.get(f"/documents/{entry.id}/pages/1.png").content

    async def never(data, number):
        raise AssertionError("drawn again")

    monkeypatch.setattr(pixels, "draw", never)
    assert browser.get(f"/documents/{entry.id}/pages/1.png").content == first


def test_a_console_without_the_drawing_part_says_so(browser, pair, monkeypatch):
    """The pages are not shown as anything else instead."""

    async def lacking(data, number):
        return pixels.Drawn(why="libraries")

    monkeypatch.setattr(pixels, "draw", lacking)
    entry = come(pair, pdf(1) + b"%lacking")
    assert "is not installed" in browser.get(f"/documents/{entry.id}").text


def test_a_document_is_sent_as_it_was_chosen(browser, pair):
    """File, title and marks are checked on the page before it goes; the other side has its very bytes."""
    data = picture("PNG")
    fields = {"line": "liaison", "lane": "liaison", "title": "", "precedence": "PRIORITY", "due": "none"}
    checked = browser.post("/documents/check", data=fields, files={"file": ("map <b>.png", data, "image/png")})
    assert checked.status_code == 200
    assert "map &lt;b&gt;.png" in checked.text
    values = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', checked.text))
    values["title"] = "map"
    answer = browser.post("/write/send", data=values)
    assert answer.status_code == 303, answer.text
    identity = answer.headers["location"].removeprefix("/items/").partition("?")[0]
    pair.wait_equal()
    one = pair.north.asking.get("/v1/inbox/item", items.One, ref=identity).item
    assert one is not None
    assert (one.title, one.precedence) == ("map", "PRIORITY")
    assert pair.north.wait_until(lambda: pair.north.asking.get("/v1/inbox/pages", bytes, ref=identity)) == data


def test_what_is_wrong_with_a_document_keeps_the_pages_that_were_handed_in(browser):
    """A browser gives no file twice by itself: the page carries on what the station has of it."""
    files = {"file": ("map.png", picture("PNG"), "image/png")}
    answer = browser.post("/documents/check", data={"line": ""}, files=files)
    assert answer.status_code == 400
    assert '<a href="#line">' in answer.text
    assert "Handed in already" in answer.text
    pages = re.search('name="pages" value="([0-9a-f]{64})"', answer.text)
    assert pages is not None
    values = {"kind": "document", "line": "liaison", "pages": pages[1], "file_name": "map.png", "size": "9"}
    again = browser.post("/documents/check", data=values, files={"file": ("", b"", "application/octet-stream")})
    assert again.status_code == 200


def test_a_message_is_no_document(browser, pair):
    """Said, not drawn."""
    entry = pair.south.message("no pages")
    for path in ("", "/print", "/original", "/pages/1.png"):
        assert browser.get(f"/documents/{entry.id}{path}").status_code == 400


def test_a_document_that_is_too_costly_is_so_once(monkeypatch):
    """A page to print asks for sixty pages at once: those that began are paid for, the others are refused; another
    document is drawn meanwhile, and this one is tried again after a minute."""
    tried: list[bytes] = []
    now_s = [1_000.0]

    async def draws(data: bytes, _number: int) -> pixels.Drawn:
        tried.append(data)
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(2)))
        return pixels.Drawn(why="costly") if data == b"costly" else pixels.Drawn(1, b"")

    async def fetched(data: bytes) -> bytes:
        return data

    async def act() -> None:
        drawer = pixels.Pixels()
        pages = [drawer.page("one", number, lambda: fetched(b"costly")) for number in range(1, 61)]
        other = drawer.page("two", 1, lambda: fetched(b"well"))
        *found, well = await asyncio.gather(*pages, other)
        assert {each.why for each in found} == {"costly"}
        assert not well.why
        assert tried.count(b"costly") <= pixels.AT_ONCE
        before = len(tried)
        now_s[0] += pixels.COSTLY_S
        await drawer.page("one", 1, lambda: fetched(b"costly"))
        assert len(tried) == before + 1

    monkeypatch.setattr(pixels, "draw", draws)
    monkeypatch.setattr(pixels, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    asyncio.run(act())
